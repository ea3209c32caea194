/* Mail: what it says, how it leaves, and what happens when it cannot. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
  from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { certify } from '../lib/certificate.mjs';
import { run, start, until } from '../lib/instance.mjs';
import { SmtpServer } from '../lib/smtp.mjs';

let instance;
let smtp;
let dir; /* readable by everybody: a certificate and a script lie here */
let tls;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-mail-'));
  chmodSync(dir, 0o755);
  tls = await certify(dir);
  smtp = new SmtpServer();
  await smtp.listen();
  instance = await start({ set: settings({ 'log.level': 'debug' }) });
});
after(async () => {
  await instance?.stop();
  await smtp?.close();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => { smtp.script = {}; });

function settings(more = {}) {
  return {
    'rate_limiter.enabled': 'false',
    'service.name': "Bob's <Shop> & Söhne",
    'email_delivery.smtp.host': 'localhost',
    'email_delivery.smtp.port': smtp.port,
    'email_delivery.smtp.tls': 'none',
    ...more,
  };
}

/* Ask for a passcode: a new user, or another code for the same. */
async function ask(email = freshAddress(), headers = {}) {
  const api = await instance.client();
  const { body } = await api.call('POST', '/users', { email },
    { status: 200 });
  await api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id, email_id: body.email_id },
    { status: 200, headers });
  return email;
}

const outbox = async () =>
  Number((await instance.sql('SELECT COUNT(*) FROM outbox'))[0][0]);
const outboxEmpty = () =>
  until(async () => await outbox() === 0, 'an empty outbox');
const hurry = () => instance.sql(
  'UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6), claimed_until = NULL');
/* It may meet the courier, and then it is tried again. */
const dueNow = () => instance.sql(
  `UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6)
    WHERE claim IS NULL AND attempts > 0`).catch(() => {});

/*
 * A mail failed once: it is due now, not in some seconds, and another request
 * wakes the courier, who else looks by himself every few seconds.
 */
async function nextTry() {
  await until(async () => (await instance.sql(
    'SELECT attempts FROM outbox'))[0]?.[0] !== '0', 'a first attempt');
  await dueNow();
  await ask();
}

async function courierOnce() {
  const { status, stderr } = await instance.courier();
  assert.equal(status, 0, stderr);
}

/* ---------------------------------------------------------- what it says */

const languages = [
  [undefined, 'en', 'is your passcode for', 'valid for 5 minutes'],
  ['de', 'de', 'ist Ihr Passcode für', '5 Minuten gültig'],
  ['fr-CA, en;q=0.5', 'fr', 'est votre code', '5 minutes'],
  ['it', 'it', 'è il tuo codice', '5 minuti'],
  ['es-MX', 'es', 'es tu código', '5 minutos'],
  ['nl', 'nl', 'is je toegangscode', '5 minuten'],
  ['pt-BR', 'pt-BR', 'é o seu código', '5 minutos'],
  ['zh-CN', 'zh', '验证码', '5 分钟'],
  ['xx, de;q=0', 'en', 'is your passcode for', 'valid for 5 minutes'],
  ['de;q=x,,;', 'en', 'is your passcode for', 'valid for 5 minutes'],
];

for (const [accept, tag, subject, validity] of languages)
  test(`a passcode in ${tag} for ${accept}`, async () => {
    const to = await ask(undefined,
      accept === undefined ? {} : { 'Accept-Language': accept });
    const mail = await smtp.waitFor(to);
    assert.match(mail.subject, /^\d{6} /);
    assert.ok(mail.subject.includes(subject), mail.subject);
    assert.ok(mail.subject.includes("Bob's <Shop> & Söhne"), mail.subject);
    for (const part of [mail.text, mail.html]) {
      assert.ok(part.includes(mail.code), part);
      assert.ok(part.includes(validity), part);
    }
    assert.ok(mail.html.includes(`<html lang="${tag}">`));
  });

test('escaped in the HTML part, and only there', async () => {
  const mail = await smtp.waitFor(await ask());
  assert.ok(mail.text.includes("Bob's <Shop> & Söhne"));
  assert.ok(mail.html.includes('Bob&#39;s &lt;Shop&gt; &amp; Söhne'));
  assert.ok(!mail.html.includes('<Shop>'));
  assert.doesNotMatch(mail.html, /href=|src=/i);
});

test('the form of a message', async () => {
  const to = await ask();
  const mail = await smtp.waitFor(to);
  const raw = mail.data.toString('latin1');
  const { headers } = mail;
  assert.equal(headers.to, to);
  assert.match(headers.from, /^"?[^<"]+"? <[^<>@\s]+@[^<>@\s]+>$/);
  assert.match(headers['message-id'], /^<[0-9a-f]{32}@[^@\s]+>$/);
  assert.equal(headers['auto-submitted'], 'auto-generated');
  assert.equal(headers['mime-version'], '1.0');
  assert.match(headers['content-type'], /^multipart\/alternative;/);
  assert.ok(Math.abs(Date.parse(headers.date) - Date.now()) < 60000);
  assert.doesNotMatch(raw, /(^|[^\r])\n|\r(?!\n)/);
  for (const line of raw.split('\r\n')) {
    assert.ok(line.length <= 78, line);
    assert.match(line, /^[\t -~]*$/);
  }
});

test('an internationalised domain leaves as A-labels', async () => {
  const local = `u${randomUUID().slice(0, 8)}`;
  await ask(`${local}@München.example`);
  const mail = await smtp.waitFor(`${local}@xn--mnchen-3ya.example`);
  assert.equal(mail.headers.to, `${local}@xn--mnchen-3ya.example`);
});

test('an address cannot bring a header or a recipient along', async () => {
  const seen = smtp.received.length;
  const api = await instance.client();
  for (const email of ['a@b.example\r\nBcc: eve@x.example',
    'a@b.example>\r\nRCPT TO:<eve@x.example', '<a@b.example>',
    'a@b.example, eve@x.example', 'a\0@b.example'])
    assert.equal((await api.call('POST', '/users', { email })).status, 400);
  assert.equal(smtp.received.length, seen);
});

test('neither code nor address is in the log', async () => {
  const to = await ask();
  const mail = await smtp.waitFor(to);
  await outboxEmpty();
  assert.ok(!instance.log().includes(mail.code));
  assert.ok(!instance.log().includes(to));
});

/* ------------------------------------------------------- when it cannot */

test('SMTP is down: the request succeeds, the mail comes later', async () => {
  const { port } = smtp;
  await smtp.close();
  const to = await ask();
  await until(async () => (await instance.sql(
    'SELECT attempts FROM outbox'))[0]?.[0] !== '0', 'a first attempt');
  assert.equal(await outbox(), 1);
  await smtp.listen(port);
  await nextTry();
  await smtp.waitFor(to);
  await outboxEmpty();
  assert.equal(smtp.to(to).length, 1);
});

for (const stage of ['connect', 'mail', 'rcpt', 'data', 'message'])
  test(`a passing fault at ${stage} is tried again`, async () => {
    smtp.script = { [stage]: ['451 4.3.0 later'] };
    const to = await ask();
    await nextTry();
    await smtp.waitFor(to);
    await outboxEmpty();
    assert.equal(smtp.to(to).length, 1);
  });

test('a refusal for good ends it, and nobody else waits', async () => {
  smtp.script = { rcpt: (to) => (to.startsWith('gone') ? '550 5.1.1 no' : null) };
  const gone = await ask(`gone-${freshAddress()}`);
  const to = await ask();
  await smtp.waitFor(to);
  await outboxEmpty();
  assert.equal(smtp.to(gone).length, 0);
  assert.match(instance.log(), /dropped: refused at RCPT: 550 5\.1\.1 no/);
});

test('who refuses us does not lose the mail', async () => {
  smtp.script = { rcpt: ['504 5.5.2 <x>: Helo command rejected'] };
  const to = await ask();
  await nextTry();
  await smtp.waitFor(to);
  await outboxEmpty();
  assert.equal(smtp.to(to).length, 1);
  assert.match(instance.log(), /attempt 1 failed: it refuses us at RCPT: 504 /);
});

test('that it refuses us is known, until it takes us', async () => {
  const api = await instance.client();
  const ready = async () => (await api.call('GET', '/health/ready', undefined,
    { status: 200 })).body;
  assert.deepEqual(await ready(), { ready: true });
  smtp.script = { ehlo: '550 5.7.1 not you' };
  const to = await ask();
  await until(async () => (await ready()).mail === 'refused', 'a refusal');
  assert.match(instance.log(), /the mail server does not take us: it refuses us/);
  smtp.script = {};
  await nextTry();
  await smtp.waitFor(to);
  await until(async () => (await ready()).mail === undefined, 'its end');
  await outboxEmpty();
});

test('a lost final reply costs one duplicate at most', async () => {
  smtp.script = { message: ['lose'] };
  const to = await ask();
  await smtp.waitFor(to);
  await nextTry();
  await outboxEmpty();
  assert.equal(smtp.to(to).length, 2);
});

test('a server that stalls on one mail does not hold up the next', async () => {
  smtp.script = { rcpt: (to) => (to.startsWith('slow') ? 'tarpit' : null) };
  const slow = [];
  for (let i = 0; i < 3; i++)
    slow.push(await ask(`slow-${freshAddress()}`));
  for (let i = 0; i < 3; i++)
    await smtp.waitFor(await ask());
  assert.equal(slow.flatMap((to) => smtp.to(to)).length, 0);
  assert.deepEqual(await instance.sql(
    'SELECT COUNT(*) FROM outbox WHERE attempts > 0'), [['0']],
  'nobody had given up');
  await instance.sql('DELETE FROM outbox');
});

test('an expired code is not sent', async () => {
  smtp.script = { connect: ['421 later'] };
  const to = await ask();
  await until(async () => (await instance.sql(
    'SELECT attempts FROM outbox'))[0]?.[0] === '1', 'a first attempt');
  await instance.sql(`UPDATE outbox SET claimed_until = NULL,
    next_try_at = UTC_TIMESTAMP(6),
    expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND`);
  await courierOnce();
  assert.equal(await outbox(), 0);
  assert.equal(smtp.to(to).length, 0);
});

test('a row that no secret opens is dropped', async () => {
  smtp.script = { connect: ['421 later'] };
  const to = await ask();
  await until(async () => (await instance.sql(
    'SELECT attempts FROM outbox'))[0]?.[0] === '1', 'a first attempt');
  /* Sealed to its row: under another id it does not open. */
  await instance.sql(`UPDATE outbox SET id = UNHEX(REPLACE(UUID(), '-', '')),
    claim = NULL, claimed_until = NULL, next_try_at = UTC_TIMESTAMP(6)`);
  await ask();
  await outboxEmpty();
  assert.equal(smtp.to(to).length, 0);
  assert.match(instance.log(), /cannot be opened \(denied\) and is dropped/);
});

/* ---------------------------------------------------------- courier --once */

test('courier --once sends what is due and expires what is old', async () => {
  const { port } = smtp;
  await smtp.close();
  const to = await ask();
  await ask();
  await instance.service('stop', 'postern');
  await smtp.listen(port);
  await hurry();
  await instance.sql(oldRows);
  await courierOnce();
  assert.equal(smtp.to(to).length, 1);
  assert.equal(await outbox(), 0);
  assert.deepEqual(await instance.sql(countOldRows),
    [['users', '1'], ['emails', '1'], ['sessions', '1'], ['passcodes', '1'],
      ['rate_limits', '1'], ['audit_logs', '1']]);
  await instance.service('start', 'postern');
});

/* Of each table a row that must go (ids ff..01) and one that must stay. */
const id = (n) => `UNHEX('ffffffffffffffffffffffffffffff0${n}')`;
const tenant = '(SELECT MIN(id) FROM tenants)';
const days = (n) => `UTC_TIMESTAMP(6) - INTERVAL ${n} DAY`;
const oldRows = `
  INSERT INTO users (id, tenant_id, created_at, updated_at) VALUES
    (${id(1)}, ${tenant}, ${days(2)}, ${days(2)}),
    (${id(2)}, ${tenant}, ${days(2)}, ${days(2)});
  INSERT INTO emails (id, tenant_id, user_id, address, verified, created_at,
    updated_at) VALUES
    (${id(1)}, ${tenant}, NULL, 'old1@x.example', 0, ${days(2)}, ${days(2)}),
    (${id(2)}, ${tenant}, ${id(2)}, 'old2@x.example', 1, ${days(2)},
      ${days(2)});
  INSERT INTO sessions (id, tenant_id, user_id, created_at, last_used,
    expires_at) VALUES
    (${id(1)}, ${tenant}, ${id(2)}, ${days(2)}, ${days(2)}, ${days(1)}),
    (${id(2)}, ${tenant}, ${id(2)}, ${days(2)}, ${days(2)}, ${days(-1)});
  INSERT INTO passcodes (id, tenant_id, user_id, email_id, code, ttl_s,
    try_count, created_at, expires_at) VALUES
    (${id(1)}, ${tenant}, ${id(2)}, ${id(1)}, '', 300, 0, ${days(2)},
      ${days(2)}),
    (${id(2)}, ${tenant}, ${id(2)}, ${id(2)}, '', 300, 0, ${days(0)},
      ${days(0)});
  INSERT INTO rate_limits (tenant_id, bucket, state, expires_at) VALUES
    (${tenant}, REPEAT(CHAR(255), 32), 1, ${days(2)}),
    (${tenant}, REPEAT(CHAR(254), 32), 1, ${days(0)});
  INSERT INTO audit_logs (id, tenant_id, type, created_at) VALUES
    (${id(1)}, ${tenant}, 'x', ${days(31)}),
    (${id(2)}, ${tenant}, 'x', ${days(29)});`;
const countOldRows = [
  ...['users', 'emails', 'sessions', 'passcodes'].map((t) =>
    `SELECT '${t}', COUNT(*) FROM ${t} WHERE id IN (${id(1)}, ${id(2)})`),
  `SELECT 'rate_limits', COUNT(*) FROM rate_limits
    WHERE bucket >= REPEAT(CHAR(254), 32)`,
  `SELECT 'audit_logs', COUNT(*) FROM audit_logs
    WHERE id IN (${id(1)}, ${id(2)})`,
].join(' UNION ALL ');

/* ------------------------------------------------------------- transports */

test('STARTTLS, AUTH and a CA of one\'s own, by configuration', async (t) => {
  const secure = new SmtpServer({ starttls: true, tls,
    auth: { user: 'postern', pass: 'p w=\\"' } });
  await secure.listen();
  t.after(() => secure.close());
  await instance.up(settings({
    'email_delivery.smtp.port': secure.port,
    'email_delivery.smtp.tls': 'auto',
    'email_delivery.smtp.user': 'postern',
    'email_delivery.smtp.password': 'p w=\\"',
    'email_delivery.smtp.ca_file': join(dir, 'own.pem'),
  }));
  const mail = await secure.waitFor(await ask());
  assert.equal(mail.secure, true);
  assert.equal(mail.user, 'postern');
});

test('a local sendmail', async () => {
  const seen = join(dir, 'seen');
  const program = join(dir, 'sendmail');
  writeFileSync(seen, '');
  chmodSync(seen, 0o666);
  writeFileSync(program,
    `#!/bin/sh\n{ echo "$@"; cat; } >"${seen}"\n`, { mode: 0o755 });
  await instance.up(settings({
    'email_delivery.transport': 'sendmail',
    'email_delivery.sendmail.path': program,
    'email_delivery.from_address': 'noreply@example.org',
  }));
  const to = await ask();
  await outboxEmpty();
  const [args, ...message] = readFileSync(seen, 'utf8').split('\n');
  assert.equal(args, `-i -f noreply@example.org -- ${to}`);
  assert.ok(message.includes(`To: ${to}`));
  /* One that is set-group-id would not do under some, which is said. */
  const forbidden = await instance.courier('setpriv', '--no-new-privs');
  assert.equal(forbidden.status, 0, forbidden.stderr);
  assert.match(forbidden.stderr, /no_new_privs is set: if \S+sendmail is/);
  assert.doesNotMatch((await instance.courier()).stderr, /no_new_privs/);
});

/* postern-smtp alone: settings, an empty line, the message. */
async function smtpHelper(given, message = 'Subject: x\r\n\r\n.\r\nend\r\n') {
  const set = { host: 'localhost', tls: 'none', from: 'a@b.example',
    to: 'c@d.example', ...given };
  const lines = Object.entries(set).map(([k, v]) => `${k} ${v}\n`).join('');
  const bin = dirname(instance.env.POSTERN_BIN);
  return run(join(bin, 'postern-smtp'), [],
    { input: Buffer.from(`${lines}\n${message}`) });
}

async function withServer(options, use) {
  const server = new SmtpServer(options);
  try {
    return await use(server, await server.listen());
  } finally {
    await server.close();
  }
}

test('postern-smtp: implicit TLS, and dots at line starts', () =>
  withServer({ implicit: true, tls }, async (server, port) => {
    const { status, stderr } = await smtpHelper({ port, tls: 'implicit',
      ca: join(dir, 'own.pem') });
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.equal(server.received[0].secure, true);
    assert.equal(server.received[0].data.toString(),
      'Subject: x\r\n\r\n.\r\nend\r\n');
  }));

/*
 * Later (75), we are refused (77), or this mail is for good (69); never a mail
 * in the clear.
 */
const faults = [
  ['a certificate nobody vouches for', { implicit: true }, { tls: 'implicit' }, 75],
  ['a certificate for somebody else', { implicit: true },
    { tls: 'implicit', host: '127.0.0.1', ca: 'own.pem' }, 75],
  ['a stripped STARTTLS', {}, { tls: 'starttls', ca: 'own.pem' }, 75],
  ['a refused STARTTLS', { starttls: true, script: { starttls: '454 no' } },
    { tls: 'starttls', ca: 'own.pem' }, 75],
  ['a wrong password', { auth: { user: 'u', pass: 'x' } },
    { user: 'u', password: 'y' }, 77],
  ['554 as a greeting', { script: { connect: '554 no' } }, {}, 77],
  ['421 as a greeting', { script: { connect: '421 no' } }, {}, 75],
  ['550 to EHLO', { script: { ehlo: '550 no' } }, {}, 77],
  ['550 to MAIL', { script: { mail: '550 no' } }, {}, 77],
  ['552 5.3.4 to MAIL', { script: { mail: '552 5.3.4 no' } }, {}, 69],
  ['450 to MAIL', { script: { mail: '450 no' } }, {}, 75],
  ['550 to RCPT', { script: { rcpt: '550 no' } }, {}, 69],
  ['450 to RCPT', { script: { rcpt: '450 no' } }, {}, 75],
  ['504 to RCPT', { script: { rcpt: '504 5.5.2 <x>: Helo command rejected: '
    + 'need fully-qualified hostname' } }, {}, 77],
  ['554 5.7.1 to RCPT', { script: { rcpt: '554 5.7.1 <c@d.example>: Relay '
    + 'access denied' } }, {}, 77],
  ['554 5.7.1 to RCPT, of the recipient', { script: { rcpt: '554 5.7.1 '
    + '<c@d.example>: Recipient address rejected: Access denied' } }, {}, 69],
  ['553 5.1.8 to RCPT', { script: { rcpt: '553 5.1.8 <a@b.example>: Sender '
    + 'address rejected: Domain not found' } }, {}, 77],
  ['554 to DATA', { script: { data: '554 no' } }, {}, 77],
  ['451 to DATA', { script: { data: '451 no' } }, {}, 75],
  ['554 to the message', { script: { message: '554 no' } }, {}, 77],
  ['552 5.2.2 to the message', { script: { message: '552 5.2.2 full' } }, {},
    69],
  ['452 to the message', { script: { message: '452 no' } }, {}, 75],
  ['a connection that breaks at once', { script: { connect: 'drop' } }, {}, 75],
  ['a connection that breaks in between', { script: { rcpt: 'drop' } }, {}, 75],
  ['a connection that breaks at the end', { script: { message: 'drop' } }, {}, 75],
  ['no SMTPUTF8 for an address that needs it', { smtputf8: false },
    { to: 'müller@d.example' }, 69],
];

for (const [what, options, set, status] of faults)
  test(`postern-smtp: ${what}`, () =>
    withServer({ tls, ...options }, async (server, port) => {
      const given = { port, ...set };
      if (given.ca)
        given.ca = join(dir, given.ca);
      const done = await smtpHelper(given);
      assert.equal(done.status, status, done.stderr);
      assert.match(done.stderr, /^[^\n]+\n$/);
      assert.equal(server.received.length, 0);
      if (set.tls)
        assert.ok(!server.seen.some((s) => s.startsWith('mail')));
    }));

/* What it says of us, and where to look; of addresses, nothing. */
for (const [script, set, said] of [
  [{ rcpt: '504 5.5.2 <x>: Helo command rejected: need fully-qualified '
    + 'hostname' }, {}, 'at RCPT: 504 5.5.2 <x>: Helo command rejected: need '
    + 'fully-qualified hostname (see email_delivery.smtp.helo)'],
  [{ rcpt: '554 5.7.1 <c@d.example>: Relay access denied' }, {},
    'at RCPT: 554 5.7.1 <***********>: Relay access denied'],
  [{ mail: '550 5.7.1 not you' }, {}, 'at MAIL: 550 5.7.1 not you (see '
    + 'email_delivery.from_address)'],
  [{ message: '554 5.7.1 your 123456 is spam' }, {},
    'at the message: 554 5.7.1 '],
  [{ connect: '554 5.7.1 go away' }, {}, 'at the greeting: 554 5.7.1 go away'],
])
  test(`postern-smtp says: ${said.slice(0, 40)}`, () =>
    withServer({ script }, async (server, port) => {
      const { status, stderr } = await smtpHelper({ port, ...set });
      assert.equal(status, 77);
      assert.equal(stderr, `it refuses us ${said}\n`);
    }));

test('postern-smtp: a login that the server does not offer', () =>
  withServer({ mechanisms: 'GSSAPI XOAUTH9' }, async (server, port) => {
    const { status, stderr } = await smtpHelper({ port, user: 'u',
      password: 'p' });
    assert.equal(status, 77);
    assert.equal(stderr, 'it refuses us at AUTH: it offers AUTH GSSAPI '
      + 'XOAUTH9, none of which is known here (see '
      + 'email_delivery.smtp.user and .password)\n');
  }));

/* A name with a domain is what libcurl tries Kerberos with. */
test('postern-smtp: a password, where tickets are offered first', () =>
  withServer({ tls, starttls: true, mechanisms: 'GSSAPI EXTERNAL',
    auth: { user: 'ada@example.org', pass: 'p' } }, async (server, port) => {
    const { status, stderr } = await smtpHelper({ port, tls: 'starttls',
      ca: join(dir, 'own.pem'), user: 'ada@example.org', password: 'p' });
    assert.equal(status, 0, stderr);
    assert.equal(server.received[0].user, 'ada@example.org');
  }));

/* RFC 5321 section 4.1.1.1 */
test('postern-smtp: what it calls itself', () =>
  withServer({}, async (server, port) => {
    const names = [];
    server.script = { ehlo: (name) => { names.push(name); return null; } };
    for (const helo of [undefined, 'mail.example.org', '[192.0.2.1]',
      '[IPv6:2001:db8::1]'])
      assert.equal((await smtpHelper({ port, ...helo && { helo } })).status, 0);
    assert.match(names[0], /^(\[[\d.]+\]|\[IPv6:[\da-f:]+\]|[\w-]+(\.[\w-]+)+)$/);
    assert.deepEqual(names.slice(1), ['mail.example.org', '[192.0.2.1]',
      '[IPv6:2001:db8::1]']);
    for (const helo of ['host', 'a b', '[192.0.2.1', 'a.b/c', '[::1]'])
      assert.equal((await smtpHelper({ port, helo })).status, 78);
  }));

test('postern-smtp: nothing slips into the envelope', () =>
  withServer({}, async (server, port) => {
    for (const to of ['v@b.example>\r', 'v@b.example> <e@x.example', 'v',
      'v w@b.example', 'v@b.example\x01', `${'v'.repeat(250)}@b.example`])
      for (const given of [{ to }, { from: to }])
        assert.equal((await smtpHelper({ port, ...given })).status, 65);
    for (const given of [{ host: 'local/host' }, { host: 'a@b' },
      { host: '' }, { port: '0' }, { port: 'x' }, { tls: 'maybe' },
      { proxy: 'x' }])
      assert.equal((await smtpHelper({ port, ...given })).status, 78);
    assert.equal(server.seen.length, 0);
  }));
