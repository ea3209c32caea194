/* What is published: keys, configuration, health, and the standing headers. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

let instance;

before(async () => {
  instance = await start({ set: { 'session.limit': '1000',
    'session.key_refresh': '1s' } });
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

/* Those who convert a whole set fail at a kind of key that they do not know. */
test('the key of the Dfns API, where that is in use', async () => {
  const kinds = async (api) => (await api.call('GET', '/.well-known/jwks.json',
    undefined, { status: 200 })).body.keys.map(({ kty }) => kty);
  const begun = [
    (at) => createOrg(at, 'acme', freshAddress('acme')),
    async (at) => {
      const invited = await at.postern('org', 'invite', 'default',
        freshAddress('invited'));
      assert.equal(invited.status, 0, invited.stderr);
    },
  ];
  for (const begin of begun) {
    const other = await start({ set: { 'log.level': 'debug',
      'log.log_health_and_metrics': 'true' } });
    try {
      const api = await other.client();
      await api.signUp(freshAddress('user'));
      assert.deepEqual(await kinds(api), ['RSA']);
      await begin(other);
      const { keys } = await until(async () => {
        const { body } = await api.call('GET', '/.well-known/jwks.json');
        return body.keys.length === 2 && body;
      }, 'its key');
      assert.deepEqual(Object.keys(keys[1]).sort(),
        ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
      assert.equal(keys[1].crv, 'Ed25519');
      const { stdout } = await other.postern('jwk', 'list', '--dfns');
      assert.ok(stdout.includes(keys[1].kid));
      assert.equal((await cost(other, api, 'GET', '/.well-known/jwks.json'))
        .statements, 0);
    } finally {
      await other.stop();
    }
  }
});

test('the configuration for clients', async () => {
  const api = await instance.client();
  const { body } = await api.call('GET', '/.well-known/config');
  assert.deepEqual(body, {
    password: { enabled: true, min_password_length: 8 },
    emails: { require_verification: true, max_num_of_addresses: 5 },
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

for (const alg of ['ES256', 'EdDSA'])
  test(`tokens signed with ${alg}`, async () => {
    const other = await start({ set: { 'session.signing_algorithm': alg } });
    try {
      const api = await other.client();
      await api.signUp(freshAddress());
      const { header } = peek(api.token);
      assert.equal(header.alg, alg);
      const { body } = await api.call('GET', '/.well-known/jwks.json');
      assert.equal(body.keys[0].kid, header.kid);
      assert.equal(body.keys[0].d, undefined);
      await api.call('GET', '/me', undefined, { status: 200 });
    } finally {
      await other.stop();
    }
  });

test('a rotated key is published before it signs; old tokens live on', async () => {
  const api = await instance.client();
  const { email } = await api.signUp(freshAddress());
  const before_ = peek(api.token).header.kid;
  const rotated = await instance.postern('jwk', 'rotate');
  assert.equal(rotated.status, 0, rotated.stderr);
  const keys = await until(async () => {
    const { body } = await api.call('GET', '/.well-known/jwks.json');
    return body.keys.length === 2 && body.keys;
  }, 'the new key');
  const fresh = keys.find(({ kid }) => kid !== before_).kid;
  const again = await instance.client();
  await again.passcodeLogin(email);
  assert.equal(peek(again.token).header.kid, before_);
  /* the time of publication passes */
  await instance.sql(`UPDATE jwks SET signs_from = UTC_TIMESTAMP(6)
    - INTERVAL 1 SECOND WHERE id = UNHEX('${fresh.replaceAll('-', '')}')`);
  await until(async () => {
    await again.passcodeLogin(email);
    return peek(again.token).header.kid === fresh;
  }, 'a token of the new key');
  await api.call('GET', '/me', undefined, { status: 200 });
  await again.call('GET', '/me', undefined, { status: 200 });
});
