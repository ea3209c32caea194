/* Whose request it is: one address, however it is spelt and handed on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { exchange, request } from '../lib/fastcgi.mjs';
import { start } from '../lib/instance.mjs';

const password = 'correct horse battery';
let instance;

before(async () => {
  instance = await start({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.password_limits.tokens': '5',
    'rate_limiter.password_limits.interval': '1h',
    'audit_log.storage.enabled': 'true',
    'server.trusted_proxies': '127.0.0.0/8,::1,10.0.0.0/8' } });
});
after(() => instance?.stop());

async function member() {
  const api = await instance.client();
  const user = await api.signUp(freshAddress('where'));
  await api.call('PUT', '/password', { user_id: user.user_id, password },
    { status: 201 });
  return { ...user, api };
}

async function login(user_id, headers, word = password) {
  const api = await instance.client();
  const { status } = await api.call('POST', '/password/login',
    { user_id, password: word }, { headers });
  return { api, status };
}

/* The address that a new session of theirs has in its row. */
async function seenAs(user, headers) {
  const { api, status } = await login(user.user_id, headers);
  assert.equal(status, 200);
  const { body } = await api.call('GET', '/sessions', undefined,
    { status: 200 });
  return body.find(({ current }) => current).ip_address;
}

const from = (...lines) => lines.map((ip) => ['X-Forwarded-For', ip]);

test('IPv4 in its mapped form is that IPv4 address, in rows', async () => {
  const user = await member();
  for (const [sent, seen] of [['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'], ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, ::ffff:10.1.2.3', '203.0.113.7'],
    ['2001:DB8:0::7', '2001:db8::7']])
    assert.equal(await seenAs(user, from(sent)), seen, sent);
  const rows = await instance.sql(`SELECT DISTINCT source_ip
    FROM audit_logs WHERE type = 'password_login_succeeded' ORDER BY 1`);
  assert.deepEqual(rows.flat(), ['2001:db8::7', '203.0.113.7']);
});

test('and in limits', async () => {
  const { user_id } = await member();
  const status = async (...args) => (await login(user_id, ...args)).status;
  for (let i = 0; i < 5; i++)
    assert.equal(await status(from('::ffff:203.0.113.9'), 'wrong'), 401);
  assert.equal(await status(from('203.0.113.9')), 429);
  assert.equal(await status(from('::ffff:cb00:7109')), 429);
  assert.equal(await status(from('::ffff:198.51.100.9')), 200);
});

/* As nginx hands it on that listens on [::]:443 with ipv6only=off. */
test('and in server.trusted_proxies', async () => {
  const user = await member();
  const { stdout } = await instance.postern('config', 'print');
  const [, socket] = /address: "unix:([^"]+public[^"]*)"/.exec(stdout);
  const body = JSON.stringify({ user_id: user.user_id, password });
  const answer = await exchange(socket, request([['REQUEST_METHOD', 'POST'],
    ['REQUEST_URI', new URL(`${instance.url}/password/login`).pathname],
    ['CONTENT_TYPE', 'application/json'],
    ['CONTENT_LENGTH', String(Buffer.byteLength(body))],
    ['REMOTE_ADDR', '::ffff:127.0.0.1'],
    ['HTTP_X_FORWARDED_FOR', '203.0.113.77']], body));
  assert.match(answer.toString('latin1'), /Status: 200/);
  const { body: sessions } = await user.api.call('GET', '/sessions', undefined,
    { status: 200 });
  assert.ok(sessions.some((one) => one.ip_address === '203.0.113.77'));
});

test('several lines of X-Forwarded-For are one list', async () => {
  const user = await member();
  assert.equal(await seenAs(user, from('203.0.113.1', '203.0.113.2')),
    '203.0.113.2');
  assert.equal(await seenAs(user, from('203.0.113.3', '10.0.0.1, 10.0.0.2')),
    '203.0.113.3');
});

/* Some web servers hand it on under the name of the other. */
test('a header with underscores is not one of them', async () => {
  const user = await member();
  const seen = await seenAs(user, [...from('203.0.113.4'),
    ['X_Forwarded_For', '203.0.113.5']]);
  assert.notEqual(seen, '203.0.113.5');
});
