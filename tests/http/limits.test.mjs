/*
 * Limits under attack: what one who guesses, floods or mails without end gets
 * to do, and that whoever was here before gets in meanwhile.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { login, member } from '../lib/dfns.mjs';
import { run, start, until } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';

const PASSWORD = 'correct horse battery';
const proxies = { 'rate_limiter.enabled': 'true',
  'server.trusted_proxies': '127.0.0.0/8,::1/128' };
/* Whatever else stands in the way of guesses is away. */
const guessing = { ...proxies,
  'rate_limiter.passcode_limits.tokens': '100000',
  'rate_limiter.mail_limits.tokens': '1000',
  'rate_limiter.mail_limits.interval': '24h',
  'rate_limiter.mail_from_limits.tokens': '1000',
  'rate_limiter.mail_network_limits.tokens': '1000',
  'rate_limiter.mail_network_limits.interval': '24h',
  'rate_limiter.challenge_limits.tokens': '1000',
  'rate_limiter.challenge_limits.interval': '24h',
  'rate_limiter.name_limits.tokens': '1000',
  'rate_limiter.name_limits.interval': '24h',
  'rate_limiter.answer_limits.tokens': '100000' };

let instance;

before(async () => {
  instance = await start({ set: guessing });
});
after(() => instance?.stop());

const from = (ip) => ({ headers: { 'X-Forwarded-For': ip } });
const other = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');

/* Somebody who has signed up, from an address of their own. */
async function someone(one, ip = '192.0.2.77') {
  const api = await one.client();
  const email = freshAddress();
  const { body } = await api.call('POST', '/users', { email },
    { ...from(ip), status: 200 });
  const who = { api, email, user_id: body.user_id, email_id: body.email_id };
  const sent = await ask(api, who, ip, { status: 200 });
  await enter(api, sent.body.id, await lastCode(api, who), ip,
    { status: 200 });
  return who;
}

/* Mails that were asked for and not looked at yet, by address. */
const due = new Map();

async function ask(api, { email, user_id, email_id }, ip, opts) {
  const response = await api.call('POST', '/passcode/login/initialize',
    { user_id, email_id }, { ...from(ip), ...opts });
  if (response.status === 200)
    due.set(email, (due.get(email) ?? 0) + 1);
  return response;
}

async function lastCode(api, { email }) {
  const count = due.get(email);
  due.delete(email);
  return api.codeFor(email, { count });
}

const enter = (api, id, code, ip, opts) =>
  api.call('POST', '/passcode/login/finalize', { id, code },
    { ...from(ip), ...opts });

/*
 * Guess with a new code for every three guesses, and a new network for each
 * code; returns the statuses.
 */
async function attack(one, who, codes, network) {
  const statuses = [];
  for (let i = 0; i < codes; i++) {
    const api = await one.client();
    const ip = network(i);
    const { status, body } = await ask(api, who, ip);
    statuses.push(...status !== 200 ? [status]
      : await Promise.all([0, 1, 2].map(async () =>
        (await enter(api, body.id, '000000', ip)).status)));
  }
  return statuses;
}

const judged = (statuses) =>
  statuses.filter((status) => [401, 410].includes(status)).length;

/* Time passes for every bucket. */
const pass = (one, seconds) => one.sql(`UPDATE rate_limits
  SET expires_at = expires_at - INTERVAL ${seconds} SECOND`);

async function oneGuess(api, who, ip) {
  const { body } = await ask(api, who, ip, { status: 200 });
  return [(await enter(api, body.id, '000000', ip)).status];
}

async function logIn(api, who, ip, opts) {
  /* Mails may overtake each other: the others are here first. */
  if (due.has(who.email))
    await lastCode(api, who);
  const { body } = await ask(api, who, ip, { status: 200 });
  return enter(api, body.id, await lastCode(api, who), ip, opts);
}

test('new codes from the networks of one /48, or of many: ten guesses',
  async () => {
    for (const network of [(i) => `2001:db8:7:${i.toString(16)}::1`,
      (i) => `2001:db8:${(i + 256).toString(16)}::1`,
      (i) => `10.${i}.0.1`]) {
      const who = await someone(instance);
      const statuses = await attack(instance, who, 20, network);
      assert.equal(statuses.length, 60);
      assert.equal(judged(statuses), 10);
      assert.ok(statuses.every((status) => [401, 410, 429].includes(status)));
    }
  });

test('it is no lock: time gives guesses back',
  async () => {
    const who = await someone(instance);
    const network = (i) => `198.51.${i}.1`;
    assert.equal(judged(await attack(instance, who, 8, network)), 10);
    await pass(instance, 36 * 60);
    assert.equal(judged(await attack(instance, who, 2, network)), 1);
    await pass(instance, 6 * 3600);
    assert.equal(judged(await attack(instance, who, 8, network)), 10);
  });

test('the owner gets in meanwhile: by browser, and by network', async () => {
  const who = await someone(instance, '192.0.2.50');
  await attack(instance, who, 8, (i) => `203.0.${i}.1`);
  /* The session is gone; the browser is known from anywhere. */
  const session = who.api.jar.get('hanko');
  who.api.jar.delete('hanko');
  assert.equal(judged(await oneGuess(who.api, who, '203.0.113.200')), 1);
  await logIn(who.api, who, '203.0.113.200', { status: 200 });
  assert.notEqual(who.api.jar.get('hanko'), session);
  /* Another browser, where they were before. */
  await logIn(await instance.client(), who, '192.0.2.50', { status: 200 });
  /* A stranger's right code is not judged, and says so. */
  const refused = await logIn(await instance.client(), who, '203.0.113.9');
  assert.equal(refused.status, 429);
  assert.match(refused.headers['retry-after'], /^\d+$/);
  assert.ok(Number(refused.headers['retry-after']) <= 36 * 60);
});

test("a stranger's new code does not kill that of a known browser",
  async () => {
    const who = await someone(instance, '192.0.2.51');
    who.api.jar.delete('hanko');
    const mine = await ask(who.api, who, '203.0.113.1', { status: 200 });
    const code = await lastCode(who.api, who);
    const stranger = await instance.client();
    const theirs = await ask(stranger, who, '203.0.113.2', { status: 200 });
    const second = await lastCode(stranger, who);
    await ask(stranger, who, '203.0.113.3', { status: 200 });
    /* A stranger's is killed by the next of a stranger. */
    await enter(stranger, theirs.body.id, second, '203.0.113.2',
      { status: 401 });
    await enter(who.api, mine.body.id, code, '203.0.113.1', { status: 200 });
  });

test('the cookie of a browser: signed, HttpOnly, 90 days, and no session',
  async () => {
    const who = await someone(instance, '192.0.2.52');
    const line = who.api.jar.all().find((one) => one.includes('_device='));
    assert.match(line,
      /^hanko_device=[\w-]+; Path=\/; Max-Age=7776000; HttpOnly; SameSite=Strict$/);
    const other_ = await instance.client();
    other_.jar.set('hanko_device', who.api.jar.get('hanko_device'));
    await other_.call('GET', '/me', undefined, { status: 401 });
    /* Of another user it knows nothing, and a changed one knows nobody. */
    const victim = await someone(instance, '192.0.2.53');
    await attack(instance, victim, 8, (i) => `203.1.${i}.1`);
    const guess = (jar) => {
      other_.jar.set('hanko_device', jar);
      return oneGuess(other_, victim, '203.0.113.4');
    };
    assert.deepEqual(await guess(who.api.jar.get('hanko_device')), [429]);
    const theirs = victim.api.jar.get('hanko_device');
    assert.deepEqual(await guess(theirs.slice(0, -2) + 'AA'), [429]);
    assert.deepEqual(await guess(theirs), [401]);
  });

test('cookies of others and rubbish in front leave a known browser known',
  async () => {
    const victim = await someone(instance, '192.0.2.61');
    const other_ = await someone(instance, '192.0.2.62');
    await attack(instance, victim, 8, (i) => `203.6.${i}.1`);
    const mine = victim.api.jar.get('hanko_device');
    const theirs = other_.api.jar.get('hanko_device');
    const status = async (...values) => {
      const Cookie = values.map((one) => `hanko_device=${one}`).join('; ');
      const { body } = await ask(await instance.client(), victim,
        '203.0.113.61', { status: 200 });
      return (await instance.client().call('POST',
        '/passcode/login/finalize', { id: body.id, code: '000000' },
        { noJar: true, headers: { ...from('203.0.113.61').headers, Cookie } }))
        .status;
    };
    assert.equal(await status(theirs), 429);
    assert.equal(await status(theirs, mine), 401);
    assert.equal(await status('a', 'b', 'c', 'd', mine), 401);
    assert.equal(await status(...Array(19).fill('a'), mine), 401);
    assert.equal(await status(...Array(20).fill('a'), mine), 429);
    await lastCode(victim.api, victim);
    /* Who logs in goes on in the cookie that knew them. */
    victim.api.jar.delete('hanko');
    const asked = await ask(victim.api, victim, '203.0.113.62',
      { status: 200 });
    const { cookies } = await enter(await instance.client(), asked.body.id,
      await lastCode(victim.api, victim), '203.0.113.62',
      { noJar: true, status: 200, headers: { ...from('203.0.113.62').headers,
        Cookie: `hanko_device=${theirs}; hanko_device=${mine}` } });
    const id = (value) => Buffer.from(value, 'base64url').toString('hex', 1,
      17);
    const fresh = cookies.map((one) => /^hanko_device=([^;]+)/.exec(one)?.[1])
      .find(Boolean);
    assert.equal(id(fresh), id(mine));
  });

test("nobody in its network kills or uses up a known browser's code",
  async () => {
    const ip = '192.0.2.57';
    const who = await someone(instance, ip);
    who.api.jar.delete('hanko');
    const mine = await ask(who.api, who, ip, { status: 200 });
    const code = await lastCode(who.api, who);
    const colleague = await instance.client();
    for (let i = 0; i < 2; i++) {
      const theirs = await ask(colleague, who, ip, { status: 200 });
      for (let j = 0; j < 3; j++)
        await enter(colleague, theirs.body.id, '000000', ip);
    }
    due.delete(who.email);
    await enter(who.api, mine.body.id, code, ip, { status: 200 });
  });

/* ------------------------------------------------------ and known no more */

const setPassword = (who, ip, password, status) => who.api.call('PUT',
  '/password', { user_id: who.user_id, password }, { ...from(ip), status });

/* Whoever comes with such a cookie, from there. */
async function asBrowser(device, who, ip) {
  const api = await instance.client();
  if (device)
    api.jar.set('hanko_device', device);
  return oneGuess(api, who, ip);
}

for (const [what, change] of [
  ['a new password', (who, ip) =>
    setPassword(who, ip, `${PASSWORD} anew`, 200)],
  ['the end of all other sessions', (who, ip) =>
    who.api.call('DELETE', '/sessions', undefined,
      { ...from(ip), status: 204 })],
])
  test(`${what} makes old cookies and networks a stranger's`, async () => {
    const [home, now] = ['192.0.2.55', '192.0.2.56'];
    const who = await someone(instance, home);
    await setPassword(who, home, PASSWORD, 201);
    const old = who.api.jar.get('hanko_device');
    await attack(instance, who, 8, (i) => `203.3.${i}.1`);
    assert.deepEqual(await asBrowser(old, who, '203.0.113.5'), [401]);
    assert.deepEqual(await asBrowser(null, who, home), [401]);
    const { cookies } = await change(who, now);
    const line = cookies.find((one) => one.startsWith('hanko_device='));
    assert.match(line, /; Max-Age=7776000; HttpOnly/);
    const fresh = who.api.jar.get('hanko_device');
    assert.notEqual(fresh, old);
    assert.deepEqual(await asBrowser(old, who, '203.0.113.5'), [429]);
    assert.deepEqual(await asBrowser(null, who, home), [429]);
    assert.deepEqual(await asBrowser(fresh, who, '203.0.113.5'), [401]);
    assert.deepEqual(await asBrowser(null, who, now), [401]);
  });

test('many known browsers of one account guess as often as two', async () => {
  const who = await someone(instance, '192.0.2.58');
  const devices = [];
  for (let i = 0; i < 5; i++) {
    const api = await instance.client();
    await logIn(api, who, `198.18.${i}.1`, { status: 200 });
    devices.push(api.jar.get('hanko_device'));
  }
  const statuses = [];
  for (const [i, device] of devices.entries())
    for (let j = 0; j < 11; j++)
      statuses.push(...await asBrowser(device, who, `203.4.${i}.${j}`));
  assert.equal(judged(statuses), 20);
  /* What strangers have is not used up by it. */
  assert.deepEqual(await asBrowser(null, who, '203.4.9.1'), [401]);
});

test('postern limits: what is counted of somebody, shown and cleared',
  async () => {
    const who = await someone(instance, '192.0.2.54');
    await attack(instance, who, 8, (i) => `203.2.${i}.1`);
    const postern = async (...args) => {
      const { status, stdout, stderr } = await run(instance.env.POSTERN_BIN,
        ['--config', instance.env.POSTERN_CONFIG, 'limits', ...args]);
      return { status, stdout, stderr };
    };
    const shown = await postern('show', who.user_id);
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stdout, /^code +10 of 10 +\d{4}-/m);
    assert.match((await postern('show', who.email)).stdout, /^mail /m);
    assert.match((await postern('show', '203.2.1.9')).stdout,
      /^mail-network wide +1 of 4000/m);
    const stranger = await instance.client();
    assert.deepEqual(await oneGuess(stranger, who, '203.2.200.1'), [429]);
    const cleared = await postern('clear', who.email);
    assert.equal(cleared.status, 0, cleared.stderr);
    assert.match(cleared.stdout, /^\d+\n/);
    assert.deepEqual(await oneGuess(stranger, who, '203.2.200.1'), [401]);
    for (const args of [[], ['show'], ['count', 'x'], ['show', 'a', 'b']])
      assert.equal((await postern(...args)).status, 2);
    const unknown = await postern('clear', 'nobody@example.org');
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /no such user/);
  });

test('postern limits finds what counts for a member of an organisation',
  async () => {
    const who = await member(instance, 'Counted', freshAddress('member'));
    const browser = instance.client();
    await login(browser, who.orgId, who.username, who.key);
    await browser.call('POST', '/auth/login/init',
      { orgId: who.orgId, username: who.username.toUpperCase() },
      { status: 200 });
    for (const api of [browser, instance.client()])
      await api.call('POST', '/auth/login/code',
        { orgId: who.orgId, username: who.username },
        { ...from('203.5.0.1'), status: 200 });
    await instance.allSent();
    const limits = async (command) => {
      const { status, stdout, stderr } = await run(instance.env.POSTERN_BIN,
        ['--config', instance.env.POSTERN_CONFIG, 'limits', command, '--org',
          who.orgId, who.username]);
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const shown = await limits('show');
    for (const line of [/^name +2 of /m, /^name browser +1 of /m,
      /^challenge browser +\d+ of /m, /^mail-again +1 of 1 /m,
      /^mail-again browser +1 of 1 /m, /^mail +\d+ of /m,
      /^mail browser +1 of 1000 /m, /^mail browsers +1 of 2000 /m])
      assert.match(shown, line);
    assert.ok(Number(await limits('clear')) >= 8);
    assert.equal(await limits('show'), '');
  });

/* ------------------------------------------------------- what was missing */

/* How often the log names a limit, since it had so many letters. */
const named = (one, word, since = 0) => one.log().slice(since).split('\n')
  .filter((line) => line.includes(`limit ${word} is reached`)).length;

test('every request that costs something has a limit by network', async () => {
  const three = ['lookup', 'signup', 'challenge', 'answer', 'hash',
    'mail_network', 'claim'];
  const one = await start({ set: { ...proxies, 'server.workers': '1',
    'audit_log.storage.enabled': 'true',
    ...Object.fromEntries(three.flatMap((name) => [
      [`rate_limiter.${name}_limits.tokens`, '3'],
      [`rate_limiter.${name}_limits.interval`, '24h']])) } });
  try {
    const email = freshAddress();
    const password = { user_id: randomUUID(), password: PASSWORD };
    const who = await someone(one, '203.0.113.7');
    const ofUsers = {
      challenge: ['POST', '/webauthn/registration/initialize', undefined],
      hash: ['PUT', '/password', { ...password, user_id: who.user_id }],
    };
    for (const [word, method, path, body] of [
      ['lookup', 'POST', '/user', () => ({ email })],
      ['signup', 'POST', '/users', () => ({ email: freshAddress() })],
      ['challenge', 'POST', '/webauthn/login/initialize', () => ({})],
      ['answer', 'POST', '/passcode/login/finalize',
        () => ({ id: randomUUID(), code: '000000' })],
      ['mail-network', 'POST', '/passcode/login/initialize',
        () => ({ user_id: randomUUID() })],
      ['hash', 'POST', '/password/login',
        () => ({ ...password, user_id: randomUUID() })],
    ]) {
      const call = async (ip) => (await one.client()).call(method, path,
        body(), from(ip));
      for (let i = 0; i < 3; i++)
        assert.notEqual((await call('192.0.2.1')).status, 429, path);
      const since = one.log().length;
      const refused = await call('192.0.2.1');
      assert.equal(refused.status, 429, path);
      assert.match(refused.headers['retry-after'], /^\d+$/);
      assert.equal(refused.headers['x-ratelimit-limit'], '3');
      await until(() => named(one, word, since) > 0, 'a line in the log');
      /* Whoever goes on all the same fills neither the log nor the disk. */
      for (let i = 0; i < 5; i++)
        assert.equal((await call('192.0.2.1')).status, 429);
      assert.equal(named(one, word, since), 1);
      assert.deepEqual(await one.sql(`SELECT COUNT(*) FROM audit_logs
        WHERE type = 'rate_limited' AND error = '${path}'`), [['1']]);
      /* A known browser there has as much for itself. */
      for (let i = 0; i < 4 && word in ofUsers; i++)
        assert.equal((await who.api.call(...ofUsers[word],
          from('192.0.2.1'))).status === 429, i === 3, word);
      /* Its neighbours have three times as much together. */
      for (let i = 0; i < 9; i++)
        assert.notEqual((await call(`192.0.2.${10 + i}`)).status, 429);
      assert.equal((await call('192.0.2.99')).status, 429);
      assert.equal(named(one, `${word} wide`, since), 1);
      assert.notEqual((await call('198.51.100.1')).status, 429);
    }
    const device = new Authenticator({ origin: 'http://localhost:8080' });
    device.userHandle = Buffer.from('somebody');
    await (await one.client()).call('POST', '/webauthn/login/finalize',
      device.get({ challenge: 'AAAA' }), { ...from('192.0.2.1'), status: 429 });
    for (const status of [200, 200, 200, 429])
      await who.api.call('POST', '/emails', { address: freshAddress() },
        { status });
  } finally {
    await one.stop();
  }
});

test('one network cannot fill the hashing gate', async (t) => {
  const one = await start({ set: { ...proxies,
    'rate_limiter.account_limits.tokens': '100000',
    'rate_limiter.password_limits.tokens': '100000' } });
  try {
    const who = await someone(one, '192.0.2.60');
    await who.api.call('PUT', '/password',
      { user_id: who.user_id, password: PASSWORD },
      { ...from('192.0.2.60'), status: 201 });
    who.api.jar.delete('hanko');
    const wave = (n) => Promise.all(Array.from({ length: n }, async () =>
      (await one.client().call('POST', '/password/login',
        { user_id: randomUUID(), password: PASSWORD },
        from('203.0.113.66'))).status));
    const right = async (api, ip) => (await api.call('POST',
      '/password/login', { user_id: who.user_id, password: PASSWORD },
      from(ip))).status;
    const flood = [], elsewhere = [], known = [];
    /* Until nothing is left of what may come at once. */
    while (flood.slice(-20).filter((status) => status === 429).length < 18)
      flood.push(...await wave(20));
    for (let i = 0; i < 20; i++) {
      const [one_, two, three] = await Promise.all([wave(40),
        right(one.client(), `198.51.100.${i}`),
        right(who.api, '203.0.113.66')]);
      who.api.jar.delete('hanko');
      flood.push(...one_);
      elsewhere.push(two);
      known.push(three);
    }
    const count = (status) => flood.filter((one_) => one_ === status).length;
    t.diagnostic(`flood of ${flood.length}: ${count(401)} x 401, `
      + `${count(429)} x 429, ${count(503)} x 503; right passwords: `
      + `${elsewhere.join()} elsewhere, ${known.join()} known browser`);
    assert.deepEqual(elsewhere, Array(20).fill(200));
    assert.deepEqual(known, Array(20).fill(200));
  } finally {
    await one.stop();
  }
});

/* ------------------------------------------------------------------- mails */

test('of what goes to a mailbox of nobody, everybody is a stranger',
  async () => {
    const one = await start({ set: { ...proxies,
      'rate_limiter.mail_limits.tokens': '3',
      'rate_limiter.mail_limits.interval': '24h',
      'rate_limiter.mail_from_limits.tokens': '1000',
      'rate_limiter.passcode_limits.tokens': '100000' } });
    try {
      const who = await someone(one, '192.0.2.70');
      const victim = freshAddress('victim');
      const { body } = await who.api.call('POST', '/users',
        { email: victim }, { ...from('192.0.2.70'), status: 200 });
      for (let i = 0; i < 5; i++)
        await who.api.call('POST', '/passcode/login/initialize',
          { user_id: who.user_id, email_id: body.email_id },
          { ...from('192.0.2.70'), status: 200 });
      await one.allSent();
      assert.equal(mailsTo(one.mailDir, victim).length, 3);
      assert.equal(named(one, 'mail'), 2);
    } finally {
      await one.stop();
    }
  });

test('one network does not keep the codes of a mailbox from all strangers',
  async () => {
    const one = await start({ set: { ...proxies,
      'rate_limiter.passcode_limits.tokens': '100000' } });
    try {
      const who = await someone(one, '192.0.2.71');
      who.api.jar.delete('hanko');
      const dfns = await member(one, 'Shut', freshAddress('shut'));
      const mails = () => [who.email, dfns.username].map((address) =>
        mailsTo(one.mailDir, address).length);
      await one.allSent();
      const before_ = mails();
      const wish = async (path, ip) => {
        await one.client().call('POST', `/auth/${path}/code`,
          { orgId: dfns.orgId, username: dfns.username },
          { ...from(ip), status: 200 });
        await one.allSent();
        await one.sql('DELETE FROM rate_limits WHERE what LIKE'
          + " 'mail-again%'");
      };
      const round = async (ip, times) => {
        for (let i = 0; i < times; i++) {
          await ask(await one.client(), who, ip, { status: 200 });
          await wish(i % 2 ? 'login' : 'recover/user', ip);
        }
        await one.allSent();
        return mails().map((count, i) => count - before_[i]);
      };
      assert.deepEqual(await round('203.0.113.1', 11), [5, 5]);
      assert.deepEqual(await round('203.0.113.200', 1), [5, 5]);
      assert.equal(named(one, 'mail-from'), 14);
      assert.equal(named(one, 'mail'), 0);
      assert.deepEqual(await round('198.51.100.1', 1), [6, 6]);
    } finally {
      await one.stop();
    }
  });

test('a mailbox gets so many codes; what is held back is not told',
  async () => {
    const one = await start({ set: { ...proxies,
      'rate_limiter.mail_limits.interval': '24h',
      'rate_limiter.passcode_limits.tokens': '100000' } });
    try {
      const who = await someone(one, '192.0.2.70');
      who.api.jar.delete('hanko');
      const before_ = mailsTo(one.mailDir, who.email).length;
      const asked = [];
      const mails = () => mailsTo(one.mailDir, who.email).length - before_;
      for (let i = 0; i < 30; i++) {
        asked.push(await ask(await one.client(), who, `203.0.${i}.1`,
          { status: 200 }));
        await until(() => mails() >= Math.min(i + 1, 9), 'the mail');
      }
      due.delete(who.email);
      await one.allSent();
      /* One was a stranger's, too: the first of all. */
      assert.equal(mails(), 9);
      /* All have the same members and headers, and an id of their own. */
      const shape = ({ body, headers }) => [Object.keys(body), body.ttl,
        Object.keys(headers).sort(), headers['x-ratelimit-limit'],
        headers['x-ratelimit-remaining']];
      assert.equal(new Set(asked.map(({ body }) => body.id)).size, 30);
      for (const response of asked)
        assert.deepEqual(shape(response), shape(asked[0]));
      assert.equal(named(one, 'mail'), 21);
      /* Nor does an answer to it tell; those before it are void. */
      const code = await one.client().codeFor(who.email);
      const stranger = await one.client();
      for (const [i, status] of [[7, 401], [28, 401], [29, 401], [29, 401],
        [29, 410], [29, 401]])
        await enter(stranger, asked[i].body.id, code, '203.0.113.7',
          { status });
      /* What was mailed is good: no number of further requests spoils it. */
      await enter(stranger, asked[8].body.id, code, '203.0.113.7',
        { status: 200 });
      /* Whoever is known gets one. */
      await logIn(who.api, who, '203.0.113.7', { status: 200 });
    } finally {
      await one.stop();
    }
  });
