/* Dfns: the signers of the client from npm, unmodified. */
import assert from 'node:assert/strict';
import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import browser from '@dfns/sdk-browser';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { Key, codeTo, createOrg, register } from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';

const ORIGIN = 'http://localhost:8080';
const V = JSON.parse(readFileSync(
  join(top, 'tests/vectors/dfns-vectors.json'), 'utf8'));
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ prefix: '', set: { 'log.level': 'debug',
    'webauthn.relying_party.origins': ORIGIN } });
  api = instance.client();
});
after(() => instance?.stop());

const b64url = (data) => Buffer.from(data).toString('base64url');
const name = () => `Signers ${++count}`;

/* What those find in a browser. */
globalThis.crypto ??= webcrypto; /* not in Node 18 */
let device; /* behind navigator.credentials */
const bytesOf = (response) => Object.fromEntries(Object.entries(response)
  .filter(([, value]) => typeof value === 'string')
  .map(([member, value]) => [member, Buffer.from(value, 'base64url')]));
const ask = (how, publicKey) => {
  const { id, response } = device[how]({ ...publicKey,
    challenge: b64url(publicKey.challenge),
    user: publicKey.user && { ...publicKey.user,
      id: b64url(publicKey.user.id) } });
  return { id, response: bytesOf(response) };
};
Object.defineProperty(globalThis, 'navigator', { value: { credentials: {
  create: async ({ publicKey }) => ask('create', publicKey),
  get: async ({ publicKey }) => ask('get', publicKey) } } });

/* DfnsAuthenticator registers and logs in with a signer, n times. */
async function authenticate(signer, orgId, username, n) {
  const authenticator = new sdk.DfnsAuthenticator(
    { baseUrl: instance.url, orgId, signer });
  const done = await authenticator.register({ orgId, username,
    registrationCode: await codeTo(instance.mailDir, username) });
  assert.equal(done.user.username, username);
  for (let i = 0; i < n; i++) {
    const { token } = await authenticator.login({ orgId, username });
    const { auth } = new sdk.DfnsApiClient({ baseUrl: instance.url, orgId,
      authToken: token, signer });
    const [{ credentialUuid }] = (await auth.listCredentials()).items;
    assert.deepEqual(await auth.activateCredential(
      { body: { credentialUuid } }), { message: 'success' });
  }
  return done;
}

test('BrowserKeySigner', async () => {
  const username = freshAddress('browser');
  const orgId = await createOrg(instance, name(), username);
  const keyPair = await crypto.subtle.generateKey({ name: 'ECDSA',
    namedCurve: 'P-256' }, true, ['sign', 'verify']);
  /* Often enough for an r or s that is shorter, or has its top bit set. */
  await authenticate(new browser.BrowserKeySigner({ keyPair }), orgId,
    username, 20);
});

test('WebAuthnSigner, with an authenticator of software', async () => {
  const username = freshAddress('browser');
  const orgId = await createOrg(instance, name(), username, 'localhost',
    ORIGIN);
  device = new Authenticator({ origin: ORIGIN });
  const done = await authenticate(new browser.WebAuthnSigner({ relyingParty:
    { id: 'localhost', name: 'Conformance' } }), orgId, username, 2);
  assert.equal(done.credential.kind, 'Fido2');
});

test('AsymmetricKeySigner with an RSA key whose PEM is PKCS#1', async () => {
  const { private_pem, public_pem } = V.keys.rsa2048_pkcs1;
  const key = new Key('rsa');
  key.privateKey = createPrivateKey(private_pem);
  key.pem = public_pem;
  assert.match(public_pem, /BEGIN RSA PUBLIC KEY/);
  const username = freshAddress('pkcs1');
  const orgId = await createOrg(instance, name(), username);
  await register(api, orgId, username,
    await codeTo(instance.mailDir, username), (c) => key.create(c));
  const { token } = await new sdk.DfnsAuthenticator({ baseUrl: instance.url,
    orgId, signer: new keysigner.AsymmetricKeySigner({ credId: key.credId,
      privateKey: private_pem }) }).login({ orgId, username });
  assert.equal((await api.call('GET', '/auth/credentials', undefined,
    { bearer: token })).body.items[0].publicKey,
    V.keys.rsa2048_pkcs1.spki_sha256_fingerprint);
});

