/* Passwords: set, changed, checked; at the same cost for everybody. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { start, until } from '../lib/instance.mjs';
import { mailsTo, partText } from '../lib/maildir.mjs';

const password = 'correct horse battery';
let instance;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug' } });
});
after(() => instance?.stop());

async function withPassword(pw = password) {
  const api = await instance.client();
  const { user_id } = await api.signUp(freshAddress());
  await api.call('PUT', '/password', { user_id, password: pw },
    { status: 201 });
  return { api, user_id };
}

const login = async (user_id, pw, opts) => (await instance.client()).call(
  'POST', '/password/login', { user_id, password: pw }, opts);

test('set, log in, change, log in', async () => {
  const { api, user_id } = await withPassword();
  const done = await login(user_id, password, { status: 200 });
  assert.equal(done.text, 'null\n');
  assert.equal(done.headers['x-session-lifetime'], '43200');
  assert.match(done.cookies[0], /^hanko=/);
  await api.call('PUT', '/password', { user_id, password: 'another one' },
    { status: 200 });
  await login(user_id, password, { status: 401 });
  await login(user_id, 'another one', { status: 200 });
});

test('unknown, without password, wrong: same bytes, one hash each', async () => {
  const { user_id } = await withPassword();
  const bare = await (await instance.client()).signUp(freshAddress());
  const answers = [];
  for (const id of [user_id, bare.user_id, randomUUID()]) {
    const api = await instance.client();
    answers.push(await cost(instance, api, 'POST', '/password/login',
      { user_id: id, password: 'wrong password' }, { status: 401 }));
  }
  const shape = ({ response }) => {
    const headers = { ...response.headers };
    delete headers.date;
    delete headers['x-request-id'];
    return { text: response.text, headers };
  };
  for (const one of answers) {
    assert.equal(one.hashes, 1);
    assert.equal(one.statements, answers[0].statements);
    assert.equal(one.writes, answers[0].writes);
    assert.deepEqual(shape(one), shape(answers[0]));
  }
});

test('lengths: in characters below, in bytes above', async () => {
  const api = await instance.client();
  const { user_id } = await api.signUp(freshAddress());
  const put = (pw, status) => api.call('PUT', '/password',
    { user_id, password: pw }, { status });
  assert.equal((await put('1234567', 400)).body.message,
    'password must be at least 8 characters long');
  assert.equal((await put('x'.repeat(73), 400)).body.message,
    'password must not be longer than 72 bytes');
  await put('ü'.repeat(37), 400);
  await put('ü'.repeat(7), 400);
  await put('ü'.repeat(36), 201);
  await put('x'.repeat(72), 200);
  await login(user_id, 'x'.repeat(72), { status: 200 });
  await login(user_id, `${'x'.repeat(71)}y`, { status: 401 });
  await login(user_id, 'x'.repeat(71), { status: 401 });
  assert.equal((await login(user_id, 'x'.repeat(73), { status: 400 })).body
    .message, 'password must not be longer than 72 bytes');
  await put('', 400);
  await put('with\u0000nul', 400);
  await put('with\u0007bell', 400);
});

test('one password, however the keyboard composes it', async () => {
  const { user_id } = await withPassword('pa\u0301ssw\u00f6rt');
  await login(user_id, 'p\u00e1sswo\u0308rt', { status: 200 });
  await login(user_id, 'passwort', { status: 401 });
});

test('only one\'s own password can be set', async () => {
  const { user_id } = await withPassword();
  const bob = await instance.client();
  await bob.signUp(freshAddress('bob'));
  const put = (api, id, status) => api.call('PUT', '/password',
    { user_id: id, password }, { status });
  await put(bob, user_id, 403);
  await put(bob, randomUUID(), 401);
  await put(await instance.client(), user_id, 401);
  await login(user_id, password, { status: 200 });
});

test('a hash of other costs is made anew at login', async () => {
  const { user_id } = await withPassword();
  const hex = user_id.replaceAll('-', '');
  const stored = async () => (await instance.sql(`SELECT hash, norm
    FROM password_credentials WHERE user_id = UNHEX('${hex}')`))[0];
  assert.match((await stored())[0],
    /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  /* "correct horse battery", as an older system hashed it */
  const { stdout } = await import('../lib/instance.mjs').then(({ run }) =>
    run('php', ['-r', `echo password_hash('${password}', PASSWORD_BCRYPT,
      ['cost' => 5]);`]));
  await instance.sql(`UPDATE password_credentials SET norm = 0,
    hash = '${stdout.trim()}' WHERE user_id = UNHEX('${hex}')`);
  await login(user_id, 'wrong password', { status: 401 });
  assert.match((await stored())[0], /^\$2y\$05\$/);
  await login(user_id, password, { status: 200 });
  const [hash, norm] = await stored();
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.equal(norm, '1');
  await login(user_id, password, { status: 200 });
});

test('a doctored hash is a denial, not an expense', async () => {
  const { user_id } = await withPassword();
  const hex = user_id.replaceAll('-', '');
  for (const hash of ['', 'x', '*0', '$1$abc$def',
    '$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA',
    '$2y$31$abcdefghijklmnopqrstuvabcdefghijklmnopqrstuvabcdefghijk'])  {
    await instance.sql(`UPDATE password_credentials SET hash = '${hash}'
      WHERE user_id = UNHEX('${hex}')`);
    await login(user_id, password, { status: 401 });
  }
});

/* Somebody with a password, who is logged in once more elsewhere. */
async function withTwoSessions(at = instance) {
  const email = freshAddress();
  const api = await at.client();
  const { user_id } = await api.signUp(email);
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  const other = await at.client();
  await other.call('POST', '/password/login', { user_id, password },
    { status: 200 });
  return { email, api, other, user_id };
}

const isValid = async (api) =>
  (await api.call('GET', '/sessions/validate')).body.is_valid;

test('a change ends the user\'s other sessions, and nobody else\'s',
  async () => {
    const { api, other, user_id } = await withTwoSessions();
    const stranger = await withTwoSessions();
    assert.ok(await isValid(api), 'setting a first one ends none');
    await api.call('PUT', '/password', { user_id, password: 'short' },
      { status: 400 });
    assert.ok(await isValid(other), 'what was refused ends none');
    await other.call('PUT', '/password', { user_id, password: 'another one' },
      { status: 200 });
    assert.ok(await isValid(other));
    assert.ok(!await isValid(api));
    assert.ok(await isValid(stranger.api) && await isValid(stranger.other));
  });

test('where password.end_sessions is off, the others go on', async () => {
  const off = await start({ set: { 'password.end_sessions': 'false' } });
  try {
    const { api, other, user_id } = await withTwoSessions(off);
    await other.call('PUT', '/password', { user_id, password: 'another one' },
      { status: 200 });
    assert.ok(await isValid(api) && await isValid(other));
  } finally {
    await off.stop();
  }
});

/* Change it, however many are waiting to be hashed. */
async function change(api, user_id, to) {
  for (;;) {
    const { status } = await api.call('PUT', '/password',
      { user_id, password: to });
    if (status !== 503)
      return status;
  }
}

test('nobody gets in by a password that has been changed meanwhile',
  async () => {
    const { api, other, user_id } = await withTwoSessions();
    const [changed, ...late] = await Promise.all([
      change(other, user_id, 'another one'),
      ...Array.from({ length: 8 }, async () => {
        const one = await instance.client();
        const { status } = await one.call('POST', '/password/login',
          { user_id, password });
        return { one, status };
      }),
    ]);
    assert.equal(changed, 200);
    for (const { one, status } of late) {
      assert.ok([200, 401, 503].includes(status));
      assert.ok(!await isValid(one), `answered ${status}`);
    }
    assert.ok(!await isValid(api));
    const { body } = await other.call('GET', '/sessions');
    assert.equal(body.length, 1);
  });

test('of two changes at a time, the session that lost changes nothing',
  async () => {
    for (let round = 0; round < 5; round++) {
      const { api, other, user_id } = await withTwoSessions();
      const tries = [api, other].map(async (one, i) => ({ one,
        pw: `mine ${i} of two`,
        status: await change(one, user_id, `mine ${i} of two`) }));
      const done = await Promise.all(tries);
      assert.deepEqual(done.map(({ status }) => status).sort(), [200, 401]);
      const won = done.find(({ status }) => status === 200);
      assert.ok(await isValid(won.one));
      await login(user_id, won.pw, { status: 200 });
    }
  });

test('a new password is told to its owner by mail', async () => {
  const { email, api, user_id } = await withTwoSessions();
  const told = (n) => until(() => mailsTo(instance.mailDir, email)
    .map(({ mail }) => mail)
    .filter(({ headers }) => /new password/.test(headers.subject))[n - 1],
  `notice ${n} to ${email}`);
  const first = await told(1);
  assert.equal(first.headers.subject,
    'A new password was set for your account at Postern');
  assert.ok(partText(first, 'text/plain').includes(email));
  await api.call('PUT', '/password', { user_id, password: 'another one' },
    { status: 200 });
  await told(2);
});

test('passwords can be switched off', async () => {
  const off = await start({ set: { 'password.enabled': 'false' } });
  try {
    const api = await off.client();
    const body = { user_id: randomUUID(), password };
    await api.call('POST', '/password/login', body, { status: 404 });
    await api.call('PUT', '/password', body, { status: 404 });
    const config = await api.call('GET', '/.well-known/config');
    assert.equal(config.body.password.enabled, false);
  } finally {
    await off.stop();
  }
});
