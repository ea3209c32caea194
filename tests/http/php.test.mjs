/*
 * The back end's side: etc/examples/verify.php takes a token and the published
 * key set, and nothing else.  First tokens made here, then real ones.
 */
import assert from 'node:assert/strict';
import { createHmac, randomUUID, sign } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { run, start, top } from '../lib/instance.mjs';
import { keyPair } from '../lib/keypair.mjs';

const script = join(top, 'etc/examples/verify.php');
const audience = 'example.org';
let dir;

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'verify-'));
});

after(() => rmSync(dir, { recursive: true, force: true }));

/* { status, stdout, stderr } of verify.php. */
function verify(token, keys, ...rest) {
  return run('php', [script, keys, ...(rest.length ? rest : [audience])],
    { input: token });
}

function keyFile(...jwks) {
  const file = join(dir, `${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ keys: jwks }));
  return file;
}

const kinds = {
  RS256: ['rsa', { modulusLength: 2048 }, 'sha256'],
  ES256: ['ec', { namedCurve: 'P-256' }, 'sha256'],
  EdDSA: ['ed25519', {}, null],
};

function makeKey(alg) {
  const [type, options, digest] = kinds[alg];
  const { publicKey, privateKey } = keyPair(type, options);
  const kid = randomUUID();
  return { kid, alg, digest, privateKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } };
}

const encode = (value) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    .toString('base64url');

function makeToken(key, claims = {}, header = {}) {
  const now = Math.floor(Date.now() / 1000);
  const text = [
    { alg: key.alg, kid: key.kid, typ: 'JWT', ...header },
    { sub: randomUUID(), session_id: randomUUID(), iat: now, exp: now + 60,
      aud: [audience], ...claims },
  ].map(encode).join('.');
  const signature = sign(key.digest, Buffer.from(text),
    { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

for (const alg of Object.keys(kinds))
  describe(`a token signed with ${alg}`, () => {
    const key = makeKey(alg);
    const other = makeKey(alg);
    let keys;

    before(() => {
      keys = keyFile(other.jwk, key.jwk);
    });

    test('is good', async () => {
      const sub = randomUUID();
      const { status, stdout, stderr } =
        await verify(makeToken(key, { sub }), keys);
      assert.equal(status, 0, stderr);
      assert.equal(JSON.parse(stdout).sub, sub);
    });

    const now = Math.floor(Date.now() / 1000);
    const [head, payload, signature] = makeToken(key).split('.');
    const refused = {
      'with other claims':
        [head, encode({ sub: 'x', iat: now, exp: now + 60, aud: [audience] }),
          signature].join('.'),
      'with a broken signature':
        `${head}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${
          signature.slice(1)}`,
      'without a signature': `${head}.${payload}.`,
      'with padding': `${head}.${payload}.${signature}=`,
      'cut short': makeToken(key).slice(0, -3),
      'with the name of another key':
        makeToken(key, {}, { kid: other.kid }),
      'with an unknown key': makeToken(makeKey(alg)),
      'with a critical header': makeToken(key, {}, { crit: ['b64'] }),
      'that has expired': makeToken(key, { exp: now - 1 }),
      'without an end': makeToken(key, { exp: undefined }),
      'with an end that is text': makeToken(key, { exp: `${now + 60}` }),
      'from the future': makeToken(key, { iat: now + 600 }),
      'not valid yet': makeToken(key, { nbf: now + 600 }),
      'for somebody else': makeToken(key, { aud: ['example.net'] }),
      'for nobody': makeToken(key, { aud: undefined }),
      'of nobody': makeToken(key, { sub: undefined }),
      'of no session': makeToken(key, { session_id: undefined }),
      'of another type': makeToken(key, {}, { typ: 'webhook+jwt' }),
    };
    for (const [how, token] of Object.entries(refused))
      test(`is refused ${how}`, async () => {
        const { status, stdout, stderr } = await verify(token, keys);
        assert.equal(status, 1, stdout + stderr);
        assert.equal(stdout, '');
      });

    test('is refused from another issuer', async () => {
      const token = makeToken(key, { iss: 'https://login.example.org' });
      const good = await verify(token, keys, audience,
        'https://login.example.org');
      assert.equal(good.status, 0, good.stderr);
      const bad = await verify(token, keys, audience, 'https://example.net');
      assert.equal(bad.status, 1, bad.stdout);
    });
  });

test('a token that says alg none is refused', async () => {
  const key = makeKey('RS256');
  const [, payload] = makeToken(key).split('.');
  for (const alg of ['none', 'None', 'NONE']) {
    const token = `${encode({ alg, kid: key.kid })}.${payload}.`;
    assert.equal((await verify(token, keyFile(key.jwk))).status, 1);
  }
});

test('a public key is no secret to sign with', async () => {
  const key = makeKey('RS256');
  const [, payload] = makeToken(key).split('.');
  const text = `${encode({ alg: 'HS256', kid: key.kid })}.${payload}`;
  const mac = createHmac('sha256', JSON.stringify(key.jwk)).update(text);
  const token = `${text}.${mac.digest('base64url')}`;
  assert.equal((await verify(token, keyFile(key.jwk))).status, 1);
  assert.equal((await verify(token,
    keyFile({ ...key.jwk, alg: 'HS256' }))).status, 1);
});

test('an RSA key that is too short is refused', async () => {
  const { publicKey, privateKey } =
    keyPair('rsa', { modulusLength: 1024 });
  const key = { kid: 'short', alg: 'RS256', digest: 'sha256', privateKey };
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'short',
    alg: 'RS256', use: 'sig' };
  assert.equal((await verify(makeToken(key), keyFile(jwk))).status, 1);
});

test('what is no token is refused', async () => {
  const keys = keyFile(makeKey('ES256').jwk);
  for (const text of ['', '.', '..', 'a.b.c', 'x'.repeat(10000), '....',
    `${encode('[]')}.${encode('{}')}.AA`])
    assert.equal((await verify(text, keys)).status, 1);
});

describe('Postern\'s own tokens', () => {
  let instance;

  before(async () => {
    instance = await start({ set: {
      'session.audience': audience,
      'session.key_publish_delay': '0s',
    } });
  });

  after(() => instance?.stop());

  for (const alg of Object.keys(kinds))
    test(`signed with ${alg} are good`, async () => {
      await instance.up({ ...instance.options.set,
        'session.signing_algorithm': alg });
      const api = await instance.client();
      const user = await api.signUp(freshAddress('php'));
      const [header] = api.token.split('.');
      assert.equal(JSON.parse(Buffer.from(header, 'base64url')).alg, alg);

      const { status, stdout, stderr } = await verify(api.token,
        `${instance.url}/.well-known/jwks.json`);
      assert.equal(status, 0, stderr);
      const claims = JSON.parse(stdout);
      assert.equal(claims.sub, user.user_id);
      assert.equal(claims.email.address, user.email);
    });
});
