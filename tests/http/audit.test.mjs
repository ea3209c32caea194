/*
 * The audit log: rows and lines, masked, nothing secret in either, and no
 * change without them.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start, until } from '../lib/instance.mjs';

const password = 'canary-password-4711';
let instance;

before(async () => {
  instance = await start({ set: { 'audit_log.storage.enabled': 'true',
    'log.level': 'debug' } });
});
after(() => instance?.stop());

const lines = () => instance.log().split('\n')
  .filter((line) => line.includes('"audience":"audit"'))
  .map((line) => JSON.parse(line));

test('a life in events', async () => {
  const api = await instance.client({ headers: { 'User-Agent': 'probe/1' } });
  const email = `abcdef-long${freshAddress()}`;
  const { user_id } = await api.signUp(email);
  await api.call('PUT', '/password', { user_id, password: 'short' },
    { status: 400 });
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  await api.call('POST', '/password/login',
    { user_id, password: 'canary-wrong-4712' }, { status: 401 });
  const id = `audit-${randomUUID()}`;
  await api.call('POST', '/password/login', { user_id, password },
    { status: 200, headers: { 'X-Request-Id': id } });
  await api.call('POST', '/logout', undefined, { status: 204 });
  const hex = user_id.replaceAll('-', '');
  const rows = await instance.sql(`SELECT type, error, actor_email,
    http_request_id, source_ip, user_agent FROM audit_logs
    WHERE actor_user_id = UNHEX('${hex}') ORDER BY created_at, type`);
  assert.deepEqual(rows.map(([type]) => type).sort(), [
    'email_verified', 'passcode_login_final_succeeded',
    'passcode_login_init_succeeded', 'password_login_failed',
    'password_login_succeeded', 'password_set_failed',
    'password_set_succeeded', 'primary_email_changed', 'user_created',
    'user_logged_out']);
  const failed = rows.find(([type]) => type === 'password_login_failed');
  assert.equal(failed[1], 'password hash not equal');
  for (const row of rows) {
    assert.equal(row[2], 'abc***@example.org'.replace('***',
      row[2].slice(3, row[2].indexOf('@'))));
    assert.match(row[2], /^abc\*+@example\.org$/);
    assert.equal(row[5], 'probe/1');
    assert.match(row[4], /^(127\.0\.0\.1|::1)$/);
  }
  assert.ok(rows.some(([type, , , request]) =>
    type === 'password_login_succeeded' && request === id));
  const told = lines().filter((line) => line.user_id === user_id);
  assert.deepEqual(told.map(({ type }) => type).sort(),
    rows.map(([type]) => type).sort());
  assert.ok(told.every((line) => line.user_email === rows[0][2]));
});

test('nothing secret is written anywhere', async () => {
  const api = await instance.client();
  const email = freshAddress();
  const { user_id } = await api.signUp(email);
  const { token } = api;
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  await api.passwordLogin(user_id, password);
  await api.call('POST', '/sessions/validate', { session_token: token });
  const log = instance.log();
  assert.ok(!log.includes(password));
  assert.ok(!log.includes(token));
  assert.ok(!log.includes(token.split('.')[2]));
  const dump = JSON.stringify(await instance.sql('SELECT * FROM audit_logs'));
  assert.ok(!dump.includes(password) && !dump.includes(token));
});

test('a request cannot forge a line', async () => {
  const agent = 'x" , "audience":"audit","type":"forged';
  const api = await instance.client({ headers: { 'User-Agent': agent } });
  await api.call('POST', '/users', { email: freshAddress() });
  assert.ok(lines().some(({ user_agent }) => user_agent === agent));
  assert.ok(lines().every(({ type }) => type !== 'forged'));
  for (const line of instance.log().split('\n')
    .filter((one) => one.startsWith('{')))
    JSON.parse(line);
  assert.ok(!instance.log().includes('\n" , "audience"'));
});

/* Whatever the client says of itself: cut or mended, never a reason to fail. */
for (const [what, agent, kept] of [
  ['is long', 'x'.repeat(256), 'x'.repeat(255)],
  ['is very long', `${'x'.repeat(254)}\u00c3\u00a9${'x'.repeat(3000)}`,
    'x'.repeat(254)],
  ['is malformed', 'a\u00ff\u00feb\u00c3', 'a??b?'],
])
  test(`a User-Agent that ${what} is no reason to refuse`, async () => {
    const api = await instance.client({ headers: { 'User-Agent': agent } });
    const { user_id } = await api.signUp(freshAddress());
    await api.call('PUT', '/password', { user_id, password }, { status: 201 });
    await api.call('POST', '/password/login',
      { user_id, password: 'canary-wrong-4712' }, { status: 401 });
    await api.call('POST', '/password/login', { user_id, password },
      { status: 200 });
    const hex = user_id.replaceAll('-', '');
    const rows = await instance.sql(`SELECT DISTINCT user_agent
      FROM audit_logs WHERE actor_user_id = UNHEX('${hex}')`);
    assert.deepEqual(rows, [[kept]]);
    const { body } = await api.call('GET', '/sessions', undefined,
      { status: 200 });
    assert.deepEqual(body.map((one) => one.user_agent), [kept]);
  });

test('an address is longer masked than its column', async () => {
  const api = await instance.client();
  const email = `a@${[63, 63, 63, 60].map((n) => 'd'.repeat(n)).join('.')}`;
  assert.equal(email.length, 254);
  const { body } = await api.call('POST', '/users', { email },
    { status: 200 });
  const [[told]] = await instance.sql(`SELECT actor_email FROM audit_logs
    WHERE actor_user_id = UNHEX('${body.user_id.replaceAll('-', '')}')`);
  assert.equal(told, `a*****${email.slice(1)}`.slice(0, 254));
});

/* From here on the table of records is full for rows of this type. */
const recordNothing = (type) => instance.sql(`DELIMITER //
  CREATE OR REPLACE TRIGGER full BEFORE INSERT ON audit_logs FOR EACH ROW
  BEGIN
    IF NEW.type = '${type}' THEN
      SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1114;
    END IF;
  END //`);
const recordAll = () => instance.sql('DROP TRIGGER IF EXISTS full');

/* The passcode that is entered: used up by a first try, whatever follows. */
let used = '';

const count = async (table) =>
  (await instance.sql(`SELECT COUNT(*) FROM ${table}`))[0][0];

/* All that may be changed, once what was to be sent has been. */
async function everything() {
  await until(async () => await count('outbox') === '0', 'an empty outbox');
  return instance.sql(`SELECT
    (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM emails),
    (SELECT COUNT(*) FROM emails WHERE user_id IS NOT NULL),
    (SELECT COUNT(*) FROM primary_emails), (SELECT COUNT(*) FROM sessions),
    (SELECT COUNT(*) FROM audit_logs),
    (SELECT GROUP_CONCAT(HEX(id) ORDER BY id) FROM passcodes
      WHERE id <> UNHEX('${used}')),
    (SELECT GROUP_CONCAT(hash ORDER BY user_id) FROM password_credentials)`);
}

/* Calls that change something, and what they are on record as. */
const changes = {
  user_created: (api) =>
    ['POST', '/users', { email: freshAddress('unrecorded') }, 200],
  passcode_login_final_succeeded: async (api, user) => {
    const { body } = await api.call('POST', '/passcode/login/initialize',
      { user_id: user.user_id }, { status: 200 });
    const code = await api.codeFor(user.email);
    used = body.id.replaceAll('-', '');
    return ['POST', '/passcode/login/finalize', { id: body.id, code }, 401];
  },
  passcode_login_init_succeeded: (api, user) =>
    ['POST', '/passcode/login/initialize', { user_id: user.user_id }, 200],
  password_set_succeeded: (api, { user_id }) =>
    ['PUT', '/password', { user_id, password: `${password}-new` }, 200],
  password_login_succeeded: (api, { user_id }) =>
    ['POST', '/password/login', { user_id, password: `${password}-new` }, 200],
  email_created: () =>
    ['POST', '/emails', { address: freshAddress('unrecorded') }, 200],
  user_logged_out: () => ['POST', '/logout', undefined, 204],
};

test('what cannot be recorded is not done', async (t) => {
  const api = await instance.client();
  const user = await api.signUp(freshAddress());
  await api.call('PUT', '/password', { user_id: user.user_id, password },
    { status: 201 });
  try {
    for (const [type, change] of Object.entries(changes))
      await t.test(type, async () => {
        const [method, path, body, later] = await change(api, user);
        const before_ = await everything();
        await recordNothing(type);
        const refused = await api.call(method, path, body, { status: 503 });
        assert.deepEqual(refused.cookies, []);
        assert.deepEqual(await everything(), before_);
        await recordAll();
        await api.call(method, path, body, { status: later });
      });
  } finally {
    await recordAll();
  }
});
