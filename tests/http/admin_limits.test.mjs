/* What limits have counted of a user, as an operator sees and forgets it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';

let instance;
let admin;

before(async () => {
  instance = await start({ admin: true, oneConnection: true, set: {
    'rate_limiter.enabled': 'true', 'username.enabled': 'true',
    'rate_limiter.password_limits.interval': '24h',
    'rate_limiter.password_limits.tokens': '2',
    'audit_log.storage.enabled': 'true' } });
  admin = instance.admin();
});
after(() => instance?.stop());

const call = async (method, path, status, body) =>
  (await admin.call(method, path, body, { status })).body;
const limits = (id) => call('GET', `/users/${id}/limits`, 200);
const guess = (id, status) => instance.client().call('POST', '/password/login',
  { user_id: id, password: 'wrong horse battery' }, { status });

test('are shown, and forgotten', async () => {
  const person = instance.client();
  const { user_id: id } = await person.signUp(freshAddress('counted'));
  await call('DELETE', `/users/${id}/limits`, 204);
  assert.deepEqual(await limits(id), []);

  await guess(id, 401);
  await guess(id, 401);
  await guess(id, 429);
  const counted = await limits(id);
  const [one] = counted.filter(({ name }) => name === 'password');
  assert.deepEqual([one.used, one.limit], [2, 2]);
  assert.ok(Date.parse(one.expires_at) > 0, one.expires_at);
  const shown = await instance.postern('limits', 'show', id);
  assert.equal(shown.status, 0, shown.stderr);
  assert.deepEqual(counted.map(({ name }) => name).sort(), shown.stdout
    .split('\n').filter(Boolean).map((line) => line.slice(0, 24).trim())
    .sort());

  await call('DELETE', `/users/${id}/limits`, 204);
  assert.deepEqual(await limits(id), []);
  await guess(id, 401);
  const rows = await instance.sql(`SELECT actor_operator FROM audit_logs
    WHERE type = 'limits_cleared' AND subject_user_id =
    UNHEX('${id.replaceAll('-', '')}')`);
  assert.deepEqual(rows, [['key:quickstart'], ['key:quickstart']]);
});

test('of somebody without an address are theirs as well', async () => {
  const { id } = await call('POST', '/users', 200, { username:
    `nameless_${process.pid}` });
  await guess(id, 401);
  assert.ok((await limits(id)).some(({ name, used }) => name === 'password'
    && used === 1));
  await call('DELETE', `/users/${id}/limits`, 204);
  assert.deepEqual(await limits(id), []);
});

test('of nobody are none', async () => {
  for (const method of ['GET', 'DELETE']) {
    await call(method, `/users/${randomUUID()}/limits`, 404);
    await call(method, '/users/x/limits', 400);
  }
});
