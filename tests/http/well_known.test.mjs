/*
 * What is published: keys, configuration, health, and the standing headers.
 * How keys come and go: keys.test.mjs.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start } from '../lib/instance.mjs';

let instance;

before(async () => {
  instance = await start();
});
after(() => instance?.stop());

test('the key set holds public members only, and may be cached', async () => {
  const api = await instance.client();
  const { headers, body } = await api.call('GET', '/.well-known/jwks.json');
  assert.equal(headers['cache-control'], 'max-age=600');
  assert.equal(body.keys.length, 1);
  assert.deepEqual(Object.keys(body.keys[0]).sort(),
    ['alg', 'e', 'kid', 'kty', 'n', 'use']);
  assert.equal(Buffer.from(body.keys[0].n, 'base64url').length, 256);
});

test('the configuration for clients', async () => {
  const api = await instance.client();
  const { body } = await api.call('GET', '/.well-known/config');
  assert.deepEqual(body, {
    password: { enabled: true, min_password_length: 8 },
    emails: { require_verification: true, max_num_of_addresses: 5 },
    service: { name: 'Postern' },
    providers: null,
    account: { allow_deletion: false, allow_signup: true },
    use_enterprise: false,
  });
});

test('alive and ready', async () => {
  const api = await instance.client();
  assert.deepEqual((await api.call('GET', '/health/alive')).body,
    { alive: true });
  assert.deepEqual((await api.call('GET', '/health/ready')).body,
    { ready: true });
});

test('every reply has the standing headers, and its own request id', async () => {
  const api = await instance.client();
  for (const [method, path] of [['GET', '/health/alive'], ['GET', '/me'],
    ['GET', '/nothing-here'], ['OPTIONS', '/me']]) {
    const { headers } = await api.call(method, path, undefined,
      { front: true, headers: { 'X-Request-Id': 'probe-1' } });
    assert.equal(headers['x-request-id'], 'probe-1');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.match(headers.vary, /Origin/);
    assert.match(headers['content-security-policy'], /frame-ancestors/);
  }
  const { headers } = await api.call('GET', '/health/alive');
  assert.match(headers['x-request-id'], /^[A-Za-z]{32}$/);
});

test('cross-origin: configured origins only, exactly', async () => {
  const cors = await start({ set: { 'server.public.cors.allow_origins':
    'https://app.example,https://*.dev.example' } });
  try {
    const api = await cors.client();
    const ask = (origin, method = 'GET') => api.call(method, '/health/alive',
      undefined, { headers: { Origin: origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type' } });
    for (const origin of ['https://app.example', 'https://a.dev.example']) {
      const { headers } = await ask(origin);
      assert.equal(headers['access-control-allow-origin'], origin);
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.equal(headers['access-control-expose-headers'],
        'Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,'
        + 'X-RateLimit-Reset,X-Session-Lifetime,X-Session-Retention');
      const flight = await ask(origin, 'OPTIONS');
      assert.equal(flight.status, 204);
      assert.equal(flight.headers['access-control-allow-headers'],
        'content-type');
      assert.equal(flight.headers['access-control-max-age'], '7200');
    }
    for (const origin of ['https://app.example.evil', 'http://app.example',
      'https://app.example:8443', 'https://dev.example', 'null']) {
      const { status, headers } = await ask(origin);
      assert.equal(status, 200);
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.equal((await ask(origin, 'OPTIONS')).status, 204);
    }
  } finally {
    await cors.stop();
  }
});
