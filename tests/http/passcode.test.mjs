/* Passcodes: sent, judged, used up, and used once. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';
import { languages } from '../lib/maildir.mjs';

let instance;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug' } });
});
after(() => instance?.stop());

/* A code that is not this one. */
const other = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');
const unhex = (id) => `UNHEX('${id.replaceAll('-', '')}')`;

async function begin(api, email = freshAddress()) {
  const { body } = await api.call('POST', '/users', { email },
    { status: 200 });
  const sent = await api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id, email_id: body.email_id }, { status: 200 });
  const code = await api.codeFor(email);
  return { email, user_id: body.user_id, email_id: body.email_id,
    id: sent.body.id, ttl: sent.body.ttl, code };
}

const finalize = (api, id, code, opts) =>
  api.call('POST', '/passcode/login/finalize', { id, code }, opts);

test('a right code is a session, once', async () => {
  const api = await instance.client();
  const p = await begin(api);
  assert.equal(p.ttl, 300);
  const done = await finalize(api, p.id, p.code, { status: 200 });
  assert.equal(done.body.id, p.id);
  assert.equal(done.headers['x-session-lifetime'], '43200');
  assert.match(done.cookies[0],
    /^hanko=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  await finalize(await instance.client(), p.id, p.code, { status: 401 });
});

test('wrong codes: 401, 401, 410, and then it is gone', async () => {
  const api = await instance.client();
  const p = await begin(api);
  const wrong = other(p.code);
  assert.equal((await finalize(api, p.id, wrong)).status, 401);
  assert.equal((await finalize(api, p.id, wrong)).status, 401);
  const last = await finalize(api, p.id, wrong);
  assert.deepEqual(last.body, { code: 410, message: 'max attempts reached' });
  const after_ = await finalize(api, p.id, p.code, { status: 401 });
  assert.equal(after_.body.message, 'passcode not found');
});

test('a code that is not six digits is 400 and costs no attempt', async () => {
  const api = await instance.client();
  const p = await begin(api);
  for (const code of ['', '12345', '1234567', 'abcdef', '12 456', '１２３４５６',
    123456, null, ['123456']])
    await finalize(api, p.id, code, { status: 400 });
  await finalize(api, p.id, p.code, { status: 200 });
});

test('50 parallel wrong codes: at most three are judged', async () => {
  const p = await begin(await instance.client());
  const answers = await Promise.all(Array.from({ length: 50 }, async () =>
    finalize(await instance.client(), p.id, other(p.code))));
  const judged = answers.filter(({ body }) =>
    body.message !== 'passcode not found');
  assert.equal(judged.length, 3);
  assert.equal(judged.filter(({ status }) => status === 410).length, 1);
  assert.ok(answers.every(({ status }) => status === 401 || status === 410));
});

test('20 parallel right codes: one session', async () => {
  const p = await begin(await instance.client());
  const answers = await Promise.all(Array.from({ length: 20 }, async () =>
    finalize(await instance.client(), p.id, p.code)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.ok(answers.every(({ status }) => status === 200 || status === 401));
  assert.deepEqual(await instance.sql(
    `SELECT COUNT(*) FROM sessions WHERE user_id = ${unhex(p.user_id)}`),
  [['1']]);
});

test('an expired passcode is 408, whatever the code', async () => {
  const api = await instance.client();
  const p = await begin(api);
  await instance.sql(`UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)
    - INTERVAL 1 SECOND WHERE id = ${unhex(p.id)}`);
  for (const code of [p.code, other(p.code)]) {
    const { body } = await finalize(api, p.id, code, { status: 408 });
    assert.equal(body.message, 'passcode request timed out');
  }
});

test('a new passcode kills the older one of this user and address', async () => {
  const api = await instance.client();
  const p = await begin(api);
  const again = await api.call('POST', '/passcode/login/initialize',
    { user_id: p.user_id, email_id: p.email_id }, { status: 200 });
  await finalize(api, p.id, p.code, { status: 401 });
  await finalize(api, again.body.id, await api.codeFor(p.email),
    { status: 200 });
});

test('two users prove one address at once: one owner', async () => {
  const email = freshAddress();
  const rivals = [];
  for (let i = 0; i < 2; i++)
    rivals.push(await begin(await instance.client(), email));
  const answers = await Promise.all(rivals.map(async (p) =>
    finalize(await instance.client(), p.id, p.code)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403]);
  const lost = answers.find(({ status }) => status === 403);
  assert.equal(lost.body.message,
    'email address has been claimed by another user');
  const [[n]] = await instance.sql(
    `SELECT COUNT(*) FROM primary_emails p JOIN emails e ON e.id = p.email_id
     WHERE e.address = '${email}'`);
  assert.equal(n, '1');
});

test('who may ask for a code', async () => {
  const ada = await instance.client();
  const a = await ada.signUp(freshAddress('ada'));
  const bob = await instance.client();
  const b = await bob.signUp(freshAddress('bob'));
  const ask = (api, body, status) =>
    api.call('POST', '/passcode/login/initialize', body, { status });
  await ask(ada, { user_id: randomUUID() }, 400);
  await ask(ada, { user_id: 'x' }, 400);
  await ask(ada, { user_id: a.user_id.toUpperCase() }, 400);
  const lax = await ask(ada, { user_id: a.user_id, email_id: 'x' }, 400);
  assert.equal(lax.body.message, 'failed to parse emailId as uuid');
  const unknown = await ask(ada,
    { user_id: a.user_id, email_id: randomUUID() }, 400);
  assert.equal(unknown.body.message,
    'the specified emailId is not available');
  await ask(ada, { user_id: b.user_id }, 403);
  const nobody = await instance.client();
  await ask(nobody, { user_id: a.user_id, email_id: b.email_id }, 403);
  await ask(nobody, { user_id: a.user_id,
    email_id: a.email_id.toUpperCase() }, 200);
  await ask(nobody, { user_id: a.user_id,
    email_id: '00000000-0000-0000-0000-000000000000' }, 200);
});

test('a revoked session of somebody else does not stand in the way', async () => {
  const api = await instance.client();
  await api.signUp(freshAddress('ada'));
  const { token } = api;
  await api.call('POST', '/logout', undefined, { status: 204 });
  const bob = await (await instance.client()).signUp(freshAddress('bob'));
  api.jar.set('hanko', token);
  await api.call('POST', '/passcode/login/initialize',
    { user_id: bob.user_id }, { status: 200 });
});

test('a right code of somebody else\'s session is 403 and spent', async () => {
  const p = await begin(await instance.client());
  const bob = await instance.client();
  await bob.signUp(freshAddress('bob'));
  await finalize(bob, p.id, p.code, { status: 403 });
  await finalize(await instance.client(), p.id, p.code, { status: 401 });
});

test('an unowned address of a user who has one needs their session', async () => {
  const api = await instance.client();
  const { user_id } = await api.signUp(freshAddress());
  const stranger = await instance.client();
  const email = freshAddress('second');
  const { body } = await stranger.call('POST', '/users', { email });
  const ask = { user_id, email_id: body.email_id };
  const sent = await stranger.call('POST', '/passcode/login/initialize', ask,
    { status: 200 });
  await finalize(stranger, sent.body.id, await stranger.codeFor(email),
    { status: 403 });
  const again = await api.call('POST', '/passcode/login/initialize', ask,
    { status: 200 });
  await finalize(api, again.body.id, await api.codeFor(email),
    { status: 200 });
  const me = await api.call('GET', '/me');
  assert.deepEqual(me.body.emails.map(({ is_primary }) => is_primary),
    [true, false]);
});

test('an old client names its address by cookie', async () => {
  const api = await instance.client();
  const email = freshAddress();
  const { body } = await api.call('POST', '/users', { email });
  assert.equal(api.jar.get('hanko_email_id'), body.email_id);
  await api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id }, { status: 200 });
  await api.codeFor(email);
  api.jar.delete('hanko_email_id');
  const none = await api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id }, { status: 400 });
  assert.equal(none.body.message, 'an emailId needs to be specified');
});

test('the mail speaks the language of the browser', async () => {
  const api = await instance.client();
  const subjects = {};
  for (const language of [...languages, 'xx', 'fr;q=0.3, de-CH;q=0.8']) {
    const email = freshAddress('lang');
    const { body } = await api.call('POST', '/users', { email });
    await api.call('POST', '/passcode/login/initialize',
      { user_id: body.user_id, email_id: body.email_id },
      { headers: { 'Accept-Language': language }, status: 200 });
    const { subject } = (await api.mailFor(email)).mail.headers;
    subjects[language] = subject.replace(/\d{6}/, 'CODE');
    assert.match(subject, /^\d{6} /);
  }
  assert.equal(subjects.xx, subjects.en);
  assert.equal(subjects['fr;q=0.3, de-CH;q=0.8'], subjects.de);
  assert.equal(new Set(Object.values(subjects)).size,
    languages.length);
});

test('neither database nor log holds a code', async () => {
  const p = await begin(await instance.client());
  assert.ok(!instance.log().includes(p.code));
  const columns = await instance.sql(
    `SELECT HEX(code) FROM passcodes WHERE id = ${unhex(p.id)}`);
  assert.equal(columns.length, 1);
  assert.ok(!Buffer.from(columns[0][0], 'hex').includes(p.code));
  await instance.allSent();
});

test('passcodes can be switched off', async () => {
  const off = await start({ set: { 'email.use_for_authentication': 'false' } });
  try {
    const api = await off.client();
    for (const path of ['initialize', 'finalize'])
      await api.call('POST', `/passcode/login/${path}`,
        { user_id: randomUUID(), id: randomUUID(), code: '123456' },
        { status: 404 });
  } finally {
    await off.stop();
  }
});
