/* Users come in from a file with what they log in by, and go out again. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import * as wa from '../lib/authenticator.mjs';
import { encodePairs } from '../lib/cbor.mjs';
import { cost } from '../lib/cost.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, top } from '../lib/instance.mjs';
import { totp } from '../lib/totp.mjs';

const password = 'Tr0ub4dor&3 ünï';
/* [kind, hash], one of each maker. */
const hashes = readFileSync(join(top, 'tests/vectors/pwhash.tsv'), 'utf8')
  .split('\n').filter((line) => line && !line.startsWith('#'))
  .map((line) => line.split('\t'));
const kinds = new Set(['firebase', ...hashes.map(([kind]) =>
  kind.replace(' weak', ''))]);
const settings = { 'log.level': 'debug', 'username.enabled': 'true',
  'mfa.device_trust_policy': 'never', 'audit_log.storage.enabled': 'true',
  'password.import.allow': [...kinds].join(',') };
const bcrypt = hashes.find(([kind]) => kind === 'bcrypt')[1];
const phpass = hashes.find(([kind]) => kind === 'phpass weak')[1];

let instance, other;
let count = 0;

before(async () => {
  [instance, other] = await Promise.all([start({ set: settings }),
    start({ set: settings })]);
});
after(() => Promise.all([instance?.stop(), other?.stop()]));

const unhex = (id) => `UNHEX('${id.replaceAll('-', '')}')`;
const only = (address) => [{ address, is_primary: true, is_verified: true }];
const person = (more = {}) => {
  const address = freshAddress('import');
  return { user_id: randomUUID(), emails: only(address), ...more };
};
/* An object in an object, so many. */
const nested = (n) => (n > 1 ? { a: nested(n - 1) } : {});
const lines = (users) => `${users.map((one) =>
  typeof one === 'string' ? one : JSON.stringify(one)).join('\n')}\n`;

/* Take a file in: { status, stdout, told: [[line, why]] }. */
async function take(text, { at = instance, words = [] } = {}) {
  const file = join(at.dir, `users-${++count}.json`);
  writeFileSync(file, text);
  const { status, stdout, stderr } = await at.postern('user', 'import',
    ...words, file);
  const told = stderr.split('\n').filter((line) => line.startsWith(file))
    .map((line) => /^.*?:(\d+): (.*)$/.exec(line).slice(1));
  return { status, stdout, stderr, told };
}

async function takes(users, n = users.length, options) {
  const done = await take(lines(users), options);
  assert.deepEqual(done.told, [], done.stderr);
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, new RegExp(`^imported ${n}, `));
  return done;
}

const login = async (user_id, pw, opts, at = instance) =>
  (await at.client()).call('POST', '/password/login',
    { user_id, password: pw }, opts);

const rows = async (sql, at = instance) => Number((await at.sql(sql))[0][0]);
const stored = (id, at = instance) => at.sql(`SELECT hash, norm
  FROM password_credentials WHERE user_id = ${unhex(id)}`);

test('a hash of every maker: in by the old password, then by our own hash',
  async () => {
    const users = hashes.map(([, hash]) =>
      person({ password: { password: hash } }));
    await takes(users);
    const weak = users.filter((_, i) => hashes[i][0].endsWith(' weak'));
    for (const { user_id, password: { password: hash } } of weak) {
      const [[at]] = await stored(user_id);
      assert.match(at, /^\$wrapped\$argon2id\$v=19\$/);
      assert.ok(!at.includes(hash.split('$').at(-1).slice(6)), at);
    }
    for (const { user_id, password: { password: hash } } of users) {
      await login(user_id, 'wrong password', { status: 401 });
      await login(user_id, password, { status: 200 });
      const [[at, norm]] = await stored(user_id);
      assert.match(at, /^\$argon2id\$v=19\$m=\d+,t=\d+,p=1\$/, hash);
      assert.notEqual(at, hash);
      assert.equal(norm, '1');
      await login(user_id, password, { status: 200 });
    }
  });

test('a log-in that fails is no less work than that of nobody', async () => {
  const users = [bcrypt, phpass].map((hash) =>
    person({ password: { password: hash } }));
  await takes(users);
  const tried = async (user_id) => cost(instance, await instance.client(),
    'POST', '/password/login', { user_id, password: 'wrong password' },
    { status: 401 });
  const nobody = await tried(randomUUID());
  assert.equal(nobody.hashes, 1);
  for (const { user_id } of users) {
    const one = await tried(user_id);
    assert.equal(one.hashes, 2); /* its own, and Argon2id */
    assert.equal(one.statements, nobody.statements);
    assert.equal(one.response.text, nobody.response.text);
  }
});

/* What somebody brings who has everything. */
function everything(device) {
  const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
  const user_id = randomUUID();
  const second = freshAddress('second');
  device.userHandle = Buffer.from(user_id.replaceAll('-', ''), 'hex');
  return { user_id, username: `Name_${user_id.slice(0, 8)}`,
    emails: [{ address: second, is_primary: false, is_verified: false },
      ...only(freshAddress('first'))],
    password: { password: bcrypt },
    otp_secret: { secret },
    webauthn_credentials: [{ id: wa.b64(device.id),
      public_key: wa.b64(encodePairs(wa.cosePairs(device.alg, device.key))),
      attestation_type: 'none', name: 'My key', sign_count: 1,
      aaguid: 'ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4',
      transports: ['internal', 'hybrid'], backup_eligible: false,
      backup_state: false, user_handle_bytes: wa.b64(device.userHandle),
      created_at: '2021-02-03T04:05:06Z',
      last_used_at: '2022-02-03T04:05:06Z' }],
    metadata: { public_metadata: nested(16),
      private_metadata: { note: 'x' },
      unsafe_metadata: { theme: 'dark', n: [1, { a: true }] } },
    created_at: '2020-01-02T03:04:05.678Z',
    updated_at: '2020-02-02T03:04:05Z', unknown: 'is passed over' };
}

async function byPasskey(at, device) {
  device.origin = new URL(at.url).origin;
  const api = await at.client();
  const { body: { publicKey } } = await api.call('POST',
    '/webauthn/login/initialize', {}, { status: 200 });
  const done = await api.call('POST', '/webauthn/login/finalize',
    device.get(publicKey), { status: 200 });
  assert.match(done.cookies[0], /^hanko=/);
  return done.body.user_id;
}

async function byPassword(at, { emails, otp_secret }) {
  const flow = await Flow.ready(await at.client(), 'login');
  await flow.act('continue_with_login_identifier', { identifier:
    emails.find(({ is_primary }) => is_primary).address }, { status: 200 });
  if (flow.state === 'login_method_chooser')
    await flow.act('continue_to_password_login', {}, { status: 200 });
  await flow.act('password_login', { password }, { status: 200 });
  assert.equal(flow.state, 'login_otp');
  await flow.act('otp_code_validate', { otp_code: totp(otp_secret.secret) },
    { status: 200 });
  assert.equal(flow.state, 'success');
  return flow.last.body.payload.user;
}

async function comesIn(at, user, device) {
  assert.equal(await byPasskey(at, device), user.user_id);
  const found = await byPassword(at, user);
  assert.equal(found.user_id ?? found.id, user.user_id);
  assert.equal(found.username?.username, user.username.toLowerCase());
  const { private_metadata, ...theirs } = user.metadata;
  assert.ok(private_metadata);
  assert.deepEqual(found.metadata, theirs);
  assert.deepEqual(found.emails.map((one) =>
    [one.address, one.is_primary, one.is_verified]).sort(),
  user.emails.map((one) =>
    [one.address, one.is_primary, one.is_verified]).sort());
  assert.equal(found.created_at, user.created_at);
  return found;
}

test('everything comes in, goes out, and comes in elsewhere', async () => {
  const device = new wa.Authenticator({});
  const user = everything(device);
  await takes([user]);
  await comesIn(instance, user, device);
  /* The code of this step is used up, there as here. */
  const { stdout, status, stderr } = await instance.postern('user', 'export');
  assert.equal(status, 0, stderr);
  const all = stdout.split('\n').filter(Boolean).map((line) =>
    JSON.parse(line));
  const ids = all.map(({ user_id }) => user_id);
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(ids.length, await rows('SELECT COUNT(*) FROM users'));
  assert.ok(!stdout.includes('is passed over'));
  await takes(stdout.split('\n').filter(Boolean), ids.length, { at: other });
  await other.sql(`UPDATE otp_secrets SET last_step = last_step - 4
    WHERE user_id = ${unhex(user.user_id)}`);
  await comesIn(other, user, device);
  const again = await other.postern('user', 'export');
  const [mine, theirs] = [all, again.stdout.split('\n').filter(Boolean)
    .map((line) => JSON.parse(line))].map((list) =>
    list.find(({ user_id }) => user_id === user.user_id));
  for (const one of [mine, theirs]) {
    delete one.otp_secret.last_step;
    delete one.updated_at;
    for (const key of one.webauthn_credentials)
      for (const name of ['sign_count', 'last_used_at', 'updated_at'])
        delete key[name];
  }
  assert.deepEqual(theirs, mine);
});

test('who has much goes out and comes in as others do', async () => {
  const { webauthn_credentials: [key] } =
    everything(new wa.Authenticator({}));
  delete key.user_handle_bytes;
  const user = person({ webauthn_credentials: Array.from({ length: 300 },
    () => ({ ...key, id: wa.b64(randomBytes(64)) })) });
  for (let i = 0; i < 99; i++)
    user.emails.push({ address: freshAddress('many'), is_verified: true });
  await takes([user]);
  const { stdout, status, stderr } = await instance.postern('user', 'export');
  assert.equal(status, 0, stderr);
  const line = stdout.split('\n').find((one) => one.includes(user.user_id));
  await takes([line], 1, { at: other });
  for (const [table, n] of [['emails', 100], ['webauthn_credentials', 300]])
    assert.equal(await rows(`SELECT COUNT(*) FROM ${table}
      WHERE user_id = ${unhex(user.user_id)}`, other), n);
});

test('names go along, and who is kept out stays out', async () => {
  const named = { name: 'Ada  King', given_name: 'Ada', family_name: 'Lövelace',
    picture: 'https://example.org/a.png' };
  const of = ({ name, given_name, family_name, picture, locked_at }) =>
    ({ name, given_name, family_name, picture, locked_at });
  const user = person({ password: { password: bcrypt }, ...named,
    given_name: ' Ada\n' });
  const kept = person({ password: { password: bcrypt },
    locked_at: '2024-01-02T03:04:05Z', name: null, family_name: ' ' });
  await takes([user, kept]);
  const exported = async (at) => {
    const { stdout } = await at.postern('user', 'export');
    return [user, kept].map(({ user_id }) => stdout.split('\n')
      .find((line) => line.includes(user_id)));
  };
  const out = await exported(instance);
  assert.deepEqual(of(JSON.parse(out[0])), { ...named, locked_at: undefined });
  assert.deepEqual(of(JSON.parse(out[1])), { name: undefined,
    given_name: undefined, family_name: undefined, picture: undefined,
    locked_at: kept.locked_at });
  await takes(out, 2, { at: other });
  assert.deepEqual((await exported(other)).map((line) => of(JSON.parse(line))),
    out.map((line) => of(JSON.parse(line))));
  for (const at of [instance, other]) {
    await login(user.user_id, password, { status: 200 }, at);
    await login(kept.user_id, password, { status: 401 }, at);
    const { status, stderr } = await at.postern('user', 'unlock',
      kept.user_id);
    assert.equal(status, 0, stderr);
    await login(kept.user_id, password, { status: 200 }, at);
  }
});

test('a second run skips who is there, and takes the rest', async () => {
  const users = Array.from({ length: 20 }, () => person());
  const nameless = { ...person(), user_id: '' };
  const done = await takes([...users.slice(0, 11), nameless], 12);
  assert.equal(done.stdout, 'imported 12, there already 0, refused 0\n');
  const again = await takes([...users, nameless], 9);
  assert.equal(again.stdout, 'imported 9, there already 12, refused 0\n');
  const events = await rows(`SELECT COUNT(*) FROM audit_logs
    WHERE type = 'user_created' AND actor_operator IS NOT NULL
      AND subject_user_id IN (${users.map(({ user_id }) =>
    unhex(user_id)).join()})`);
  assert.equal(events, 20);
});

test('killed again and again, it goes on: whole, and nothing twice',
  async () => {
    const users = Array.from({ length: 300 }, () => person({
      username: `k${randomBytes(6).toString('hex')}`,
      password: { password: bcrypt } }));
    const file = join(instance.dir, 'killed.json');
    writeFileSync(file, lines(users));
    const ids = users.map(({ user_id }) => unhex(user_id)).join();
    const of = (table, column = 'user_id') => rows(
      `SELECT COUNT(*) FROM ${table} WHERE ${column} IN (${ids})`);
    for (let i = 0; i < 5; i++) {
      const child = spawn(instance.env.POSTERN_BIN, ['user', 'import', file], {
        env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG },
        stdio: 'ignore' });
      const ended = new Promise((done) => { child.once('exit', done); });
      const enough = await of('users', 'id') + 1
        + Math.floor(Math.random() * 40);
      while (child.exitCode === null && await of('users', 'id') < enough)
        ;
      child.kill('SIGKILL');
      await ended;
      const n = await of('users', 'id');
      for (const table of ['emails', 'usernames', 'password_credentials'])
        assert.equal(await of(table), n, table);
    }
    const before = await of('users', 'id');
    const done = await takes(users, 300 - before);
    assert.equal(done.stdout,
      `imported ${300 - before}, there already ${before}, refused 0\n`);
    assert.equal(await of('emails'), 300);
    assert.equal(await rows(`SELECT COUNT(*) FROM audit_logs
      WHERE type = 'user_created' AND subject_user_id IN (${ids})`), 300);
  });

test('a dry run says the same, and changes nothing', async () => {
  const before = await instance.sql(`SELECT (SELECT COUNT(*) FROM users),
    (SELECT COUNT(*) FROM emails), (SELECT COUNT(*) FROM audit_logs)`);
  const good = person({ password: { password: phpass } });
  const done = await take(lines([good, { user_id: 'x' }]),
    { words: ['--dry-run'] });
  assert.equal(done.status, 1);
  assert.equal(done.stdout,
    'would be imported 1, there already 0, refused 1\n');
  assert.deepEqual(done.told, [['2', 'user_id is no UUID']]);
  assert.deepEqual(await instance.sql(`SELECT (SELECT COUNT(*) FROM users),
    (SELECT COUNT(*) FROM emails), (SELECT COUNT(*) FROM audit_logs)`), before);
});

test('what is wrong is told with its line, and the rest comes in', async () => {
  const address = freshAddress('taken');
  const first = { emails: only(address), username: 'first_one' };
  await takes([first]);
  const device = new wa.Authenticator({});
  const key = everything(device).webauthn_credentials[0];
  delete key.user_handle_bytes;
  const good = person();
  const twice = freshAddress();
  const cases = [
    ['{', 'unexpected end'],
    ['[]', 'it is no object'],
    ['null', 'it is null'],
    ['"x"', 'it is no object'],
    ['{"user_id":"\xff"}', null],
    ['{"emails":[],"emails":[]}', null],
    [`${'['.repeat(100)}${']'.repeat(100)}`, null],
    [{}, 'it has neither emails nor a username'],
    [{ emails: null }, 'it has neither emails nor a username'],
    [{ ...person(), user_id: 'x' }, 'user_id is no UUID'],
    [{ ...person(), user_id: 7 }, 'user_id is no string'],
    [{ ...person(), user_id: '00000000-0000-0000-0000-000000000000' },
      'user_id is no UUID'],
    [{ emails: {} }, 'emails are no array of at most 1000'],
    [{ emails: only('nobody') }, 'an address is none'],
    [{ emails: [{ address: twice, is_primary: true },
      { address: twice.toUpperCase() }] }, 'an address stands twice'],
    [{ emails: [{ address: twice }, { address: freshAddress() }] },
      'not exactly one address is the primary one'],
    [{ emails: [{ address: twice, is_primary: 'yes' }] },
      'what is to be true or false is something else'],
    [{ ...person(), emails: only(address) }, 'an address has an owner'],
    [{ ...person(), username: 'First_One' },
      "the username is somebody else's"],
    [{ ...person(), username: 'no spaces' },
      'a username has letters, digits and "_" alone'],
    [person({ name: 7 }), 'one of the names, or picture, is no string'],
    [person({ family_name: 'x'.repeat(256) }), 'one of the names is too long'],
    [person({ picture: 'javascript:alert(1)' }),
      'picture is no URL of http(s), or too long'],
    [person({ locked_at: true }), 'a time is not one of RFC 3339 after 1970'],
    [person({ password: {} }), 'the password has no hash'],
    [person({ password: { password: 'secret' } }),
      'it is of no kind that is known'],
    [person({ password: { password: `${bcrypt}x` } }), 'it is malformed'],
    [person({ password: { password: bcrypt.replace('$10$', '$31$') } }),
      'its costs are beyond the bounds'],
    [person({ password: { password:
      '$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$'
      + 'MDEyMzQ1Njc4OWFiY2RlZg' } }), 'its costs are beyond the bounds'],
    [person({ password: { password: bcrypt, norm: 2 } }), 'norm is unknown'],
    [person({ otp_secret: { secret: '1' } }), 'otp_secret is none in base32'],
    [person({ webauthn_credentials: [key, key] }),
      'a credential stands twice'],
    [person({ webauthn_credentials: [{ ...key, public_key: 'AAAA' }] }),
      'public_key is none in COSE and base64url'],
    [person({ webauthn_credentials: [{ ...key, id: '' }] }),
      'the id of a credential is none in base64url'],
    [person({ webauthn_credentials: [{ ...key, sign_count: -1 }] }),
      'a sign_count is none of 32 bits'],
    ...[{ user_handle: 'x'.repeat(65) }, { user_handle: 7 },
      { user_handle_bytes: '?' }, { user_handle_bytes: '' },
      { user_handle_bytes: 'A'.repeat(88) }].map((handle) =>
      [person({ webauthn_credentials: [{ ...key, ...handle }] }),
        'a user handle is none of at most 64 bytes']),
    [person({ metadata: { private_metadata: [] } }),
      'what metadata has is no object, or too long'],
    [person({ metadata: [] }), 'metadata is no object'],
    /* Deeper than what is read again. */
    [person({ metadata: { unsafe_metadata: nested(17) } }),
      'nested too deeply'],
    [person({ metadata: { unsafe_metadata: { x: 'y'.repeat(3000) } } }),
      'what metadata has is no object, or too long'],
    [person({ created_at: 'yesterday' }),
      'a time is not one of RFC 3339 after 1970'],
    [person({ webauthn_credentials: Array(1001).fill({}) }),
      'webauthn_credentials are no array of at most 1000'],
    [`{"x":"${'y'.repeat(8 << 20)}"}`, 'it is longer than 8388608 bytes'],
    [{ ...good, emails: only(freshAddress()) }, "user_id is somebody else's"],
  ];
  const users = await rows('SELECT COUNT(*) FROM users');
  const done = await take(Buffer.from(lines([good,
    ...cases.map(([entry]) => entry), '', '   ', good]), 'latin1'));
  assert.equal(done.status, 1);
  assert.equal(done.stdout, 'imported 1, there already 1, refused '
    + `${cases.length}\n`);
  assert.equal(await rows('SELECT COUNT(*) FROM users'), users + 1);
  const why = new Map(done.told.map(([line, text]) => [Number(line), text]));
  for (const [i, [entry, expected]] of cases.entries()) {
    assert.ok(why.has(i + 2), JSON.stringify(entry));
    if (expected !== null)
      assert.ok(why.get(i + 2).startsWith(expected),
        `${JSON.stringify(entry)}: ${why.get(i + 2)}`);
  }
  /* Nothing of it is left: the address that stood twice is free. */
  assert.equal(await rows(`SELECT COUNT(*) FROM emails
    WHERE address = '${twice}'`), 0);
});

test('an array of JSON is read as lines are', async () => {
  const [a, b, c] = [person(), person(), person()];
  const pretty = JSON.stringify([a, { ...b, username: ']},{"' }, b, c], null, 2);
  const done = await take(`\ufeff\n${pretty}\n`);
  assert.equal(done.stdout, 'imported 3, there already 0, refused 1\n');
  assert.deepEqual(done.told, [['13',
    'a username has letters, digits and "_" alone']]);
  for (const text of ['null', '[]', '', ' \n', '[ ]\n'])
    assert.equal((await take(text)).stdout,
      'imported 0, there already 0, refused 0\n', text);
  for (const [text, why] of [['[', 'the array has no end'],
    ['[{}', 'the file ends within an entry'],
    ['[{]', 'the file ends within an entry'],
    ['["', 'the file ends within an entry'],
    ['[}]', 'a bracket closes nothing'],
    ['[]x', 'something follows the array'],
    [`[${JSON.stringify(a)},`, 'the array has no end']]) {
    const { told, status } = await take(text);
    assert.equal(status, 1, text);
    assert.equal(told.at(-1)[1], why, text);
  }
});

test('kinds that password.import.allow does not name are refused',
  async () => {
    const { status, told } = await (async () => {
      const file = join(instance.dir, 'fast.json');
      writeFileSync(file, lines([person({ password: { password: phpass } })]));
      const { status, stderr } = await instance.postern('--set',
        'password.import.allow=bcrypt', 'user', 'import', file);
      return { status, told: stderr };
    })();
    assert.equal(status, 1);
    assert.match(told, /:1: its kind is not in password\.import\.allow\n/);
  });

test('another tenant is another place', async () => {
  const made = await instance.postern('org', 'create', 'Elsewhere',
    freshAddress('org'));
  assert.equal(made.status, 0, made.stderr);
  const user = person();
  await takes([user], 1, { words: ['--tenant', 'Elsewhere'] });
  const { stdout, stderr: wrong } = await instance.postern('user', 'export',
    '--tenant', 'Elsewhere');
  assert.equal(wrong, '');
  assert.ok(stdout.includes(user.user_id));
  assert.ok(!(await instance.postern('user', 'export')).stdout
    .includes(user.user_id));
  await login(user.user_id, password, { status: 401 });
  /* An id is one user's, wherever they are. */
  const { told } = await take(lines([{ ...user,
    emails: only(freshAddress()) }]));
  assert.deepEqual(told, [['1', "user_id is somebody else's"]]);
  const { stderr } = await take('', { words: ['--tenant', 'nowhere'] });
  assert.match(stderr, /there is no such organisation/);
});
