/* The audit log: rows and lines, masked, and nothing secret in either. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';

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
