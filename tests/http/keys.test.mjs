/* The keys that sign: of which kind, who publishes them, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

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

test('a rotated key is published before it signs', async () => {
  const instance = await start({ set: { 'session.limit': '1000',
    'session.key_refresh': '1s' } });
  try {
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
      WHERE id = UNHEX('${fresh.replaceAll('-', '')}')`);
    await until(async () => {
      await again.passcodeLogin(email);
      return peek(again.token).header.kid === fresh;
    }, 'a token of the new key');
    await api.call('GET', '/me', undefined, { status: 200 });
    await again.call('GET', '/me', undefined, { status: 200 });
  } finally {
    await instance.stop();
  }
});
