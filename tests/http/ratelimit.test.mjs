/* Guess limits: rows that all workers share, per account and network. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';

let instance;

before(async () => {
  /* No window ends by itself before the test does, on no machine. */
  instance = await start({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.password_limits.tokens': '5',
    'rate_limiter.password_limits.interval': '1h',
    'rate_limiter.account_limits.tokens': '8',
    'rate_limiter.account_limits.interval': '3h',
    'server.trusted_proxies': '127.0.0.0/8,::1/128' } });
});
after(() => instance?.stop());

/* Time passes for every bucket: its window ends so much earlier. */
const pass = (seconds) => instance.sql(`UPDATE rate_limits
  SET expires_at = expires_at - INTERVAL ${seconds} SECOND`);

const from = (ip) => ({ 'X-Forwarded-For': ip });

async function guess(user_id, ip) {
  const api = await instance.client();
  return api.call('POST', '/password/login',
    { user_id, password: 'wrong password' }, { headers: from(ip) });
}

test('five guesses, then 429 until the window ends', async () => {
  const id = randomUUID();
  for (let left = 4; left >= 0; left--) {
    const { status, headers } = await guess(id, '192.0.2.1');
    assert.equal(status, 401);
    assert.equal(headers['x-ratelimit-limit'], '5');
    assert.equal(headers['x-ratelimit-remaining'], String(left));
    const reset = Number(headers['x-ratelimit-reset']);
    assert.ok(reset > 0 && reset <= 3600, `${reset}`);
  }
  for (let i = 0; i < 3; i++) {
    const { status, headers, body } = await guess(id, '192.0.2.1');
    assert.equal(status, 429);
    assert.equal(headers['retry-after'], headers['x-ratelimit-reset']);
    assert.equal(headers['x-ratelimit-remaining'], '0');
    assert.deepEqual(body, { code: 429, message: 'Too Many Requests' });
  }
  assert.equal((await guess(id, '192.0.2.2')).status, 401);
  assert.equal((await guess(randomUUID(), '192.0.2.1')).status, 401);
  await pass(1800);
  const halfway = await guess(id, '192.0.2.1');
  assert.equal(halfway.status, 429);
  assert.ok(Number(halfway.headers['retry-after']) <= 1800);
  await pass(1800);
  const anew = await guess(id, '192.0.2.1');
  assert.equal(anew.status, 401);
  assert.equal(anew.headers['x-ratelimit-remaining'], '4');
});

test('many guesses at once are counted one by one', async () => {
  const id = randomUUID();
  const tries = await Promise.all(Array.from({ length: 20 }, () =>
    guess(id, '192.0.2.3')));
  const judged = tries.filter(({ status }) => status !== 429);
  assert.equal(judged.length, 5);
  assert.ok(judged.every(({ status }) => [401, 503].includes(status)));
});

test('an IPv6 client is its /64', async () => {
  const id = randomUUID();
  for (let i = 1; i <= 5; i++)
    assert.equal((await guess(id, `2001:db8:0:1::${i}`)).status, 401);
  assert.equal((await guess(id, '2001:db8:0:1:ffff::1')).status, 429);
  assert.equal((await guess(id, '2001:db8:0:2::1')).status, 401);
});

test('many addresses are no way round the limit of an account', async () => {
  const id = randomUUID();
  for (let i = 1; i <= 8; i++)
    assert.equal((await guess(id, `198.51.100.${i}`)).status, 401);
  assert.equal((await guess(id, '198.51.100.99')).status, 429);
});

test('codes are sent three times a minute', async () => {
  const api = await instance.client();
  const { body } = await api.call('POST', '/users',
    { email: freshAddress() });
  const ask = () => api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id, email_id: body.email_id });
  for (let left = 2; left >= 0; left--)
    assert.equal((await ask()).headers['x-ratelimit-remaining'],
      String(left));
  const refused = await ask();
  assert.equal(refused.status, 429);
  const wait = Number(refused.headers['retry-after']);
  assert.ok(wait > 0 && wait <= 60, `${wait}`);
});

test('an address is believed from trusted proxies alone', async () => {
  const strict = await start({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.password_limits.interval': '1h' } });
  try {
    const api = await strict.client();
    const user_id = randomUUID();
    const seen = [];
    for (let i = 1; i <= 6; i++)
      seen.push((await api.call('POST', '/password/login',
        { user_id, password: 'wrong password' },
        { headers: from(`203.0.113.${i}`) })).status);
    assert.deepEqual(seen, [401, 401, 401, 401, 401, 429]);
  } finally {
    await strict.stop();
  }
});
