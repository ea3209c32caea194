/*
 * A line of the log for each request, and the trace that a request is a part
 * of in all of its lines.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { call } from '../lib/fastcgi.mjs';
import { start } from '../lib/instance.mjs';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';
let instance;
let api;

before(async () => {
  instance = await start({ set: { 'log.access': 'true', 'log.level': 'debug',
    'mfa.enabled': 'false' } });
  api = await instance.client();
});
after(() => instance?.stop());

/* All lines of the request that had this id. */
function lines(id) {
  return instance.log().split('\n').filter((line) => line.includes(id))
    .map((line) => JSON.parse(line)).filter((line) => line.request_id === id);
}

/* Its line of the access log. */
function access(id) {
  const found = lines(id).filter((line) => line.message === 'request');
  assert.equal(found.length, 1, JSON.stringify(lines(id)));
  return found[0];
}

let count = 0;
const ask = async (method, path, headers = {}, body = undefined) => {
  const id = `log-test-${count += 1}`;
  const answer = await api.call(method, path, body,
    { headers: { 'X-Request-ID': id, ...headers } });
  return { id, answer };
};

test('a line says what was asked and answered, by patterns', async () => {
  const { id, answer } = await ask('GET',
    '/users/0123abcd-secret-of-a-path?token=secret-of-a-query');
  const { time, pid, duration_us: us, client, ...rest } = access(id);
  assert.match(time, /^\d{4}-.*Z$/);
  assert.ok(Number.isInteger(pid) && Number.isInteger(us) && us >= 0);
  assert.match(client, /^(127\.0\.0\.1|::1)$/);
  assert.deepEqual(rest, { level: 'info', process: 'worker', request_id: id,
    side: 'public', method: 'GET', route: '/users/{id}',
    status: answer.status, bytes: answer.text.length, message: 'request' });
  assert.doesNotMatch(instance.log(), /secret-of-a/);
});

test('what has no route, and what has no body', async () => {
  const nowhere = access((await ask('GET', '/nowhere/secret-of-a-path')).id);
  assert.deepEqual([nowhere.route, nowhere.status], ['other', 404]);
  const head = access((await ask('HEAD', '/me')).id);
  assert.deepEqual([head.method, head.route, head.status, head.bytes],
    ['HEAD', '/me', 401, 0]);
  assert.doesNotMatch(instance.log(), /secret-of-a/);
});

test('health and key set have none unless it is asked for', async () => {
  assert.deepEqual(lines((await ask('GET', '/health/alive')).id), []);
  assert.deepEqual(lines((await ask('GET', '/.well-known/jwks.json')).id), []);
});

test('nothing of a password, a code or a session is in a line', async () => {
  const user = await instance.client();
  const email = freshAddress('log');
  await user.signUp(email);
  const password = 'a long and secret password';
  const { body: me } = await user.call('GET', '/me');
  await user.call('PUT', '/password', { user_id: me.id, password });
  await user.call('POST', '/password/login', { user_id: me.id, password });
  const mine = instance.log().split('\n')
    .filter((line) => line.includes('"message":"request"')).join('\n');
  assert.ok(mine.includes('/password/login'));
  for (const secret of [password, email, me.id, 'eyJ'])
    assert.ok(!mine.includes(secret), secret);
});

test('a traceparent is in every line of its request', async () => {
  const { id } = await ask('GET', '/me',
    { traceparent: `00-${trace}-${parent}-01` });
  assert.ok(lines(id).length >= 2);
  for (const line of lines(id))
    assert.deepEqual([line.trace_id, line.parent_id], [trace, parent]);
  const { id: next } = await ask('GET', '/me');
  assert.ok(lines(next).length >= 2);
  for (const line of lines(next))
    assert.ok(!('trace_id' in line) && !('parent_id' in line));
});

test('one that is malformed, or there twice, is ignored', async () => {
  for (const text of [`00-${trace.toUpperCase()}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`, `00-${trace}-${parent}-01-more`,
    `ff-${trace}-${parent}-01`, 'x'.repeat(4000)]) {
    const { id } = await ask('GET', '/me', { traceparent: text });
    assert.ok(!('trace_id' in access(id)), text);
  }
  const one = `00-${trace}-${parent}-01`;
  await call(join(instance.dir, 'run/public.sock'), 'GET', '/me', {
    headers: [['X-Request-ID', 'twice-1'], ['traceparent', one],
      ['traceparent', one]] });
  assert.ok(!('trace_id' in access('twice-1')));
});
