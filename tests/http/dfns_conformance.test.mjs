/*
 * Dfns: what a conforming server does, line by line (errors, ids, encodings,
 * times, tokens), and what must be refused; as far as no other test of this
 * folder says it already.
 */
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
import { Key, announce, approve, codeTo, codesTo, createOrg, createPasskey,
  getPasskey, header, isError, loggedIn, login, member, register, signed }
  from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

const V = JSON.parse(readFileSync(
  join(top, 'tests/vectors/dfns-vectors.json'), 'utf8'));
const ID = /^([a-z]{2})-([0-7][0-9a-v]{4})-([0-9a-v]{5})-([0-9a-v]{16})$/;
const ORIGIN = 'http://localhost:8080';
const BAD_TOKEN = 'user token is missing or invalid';
const BAD_CHALLENGE = 'Challenge token is not valid.';
const NOT_SIGNED = 'user action signature is missing or invalid';
const META = 'https://custom/app_metadata';
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
const name = () => `Conformance ${++count}`;
const someone = (type) =>
  loggedIn(instance, name(), freshAddress('conform'), type);
const init = (who, more = {}, opts = {}) => api.call('POST',
  '/auth/login/init', { orgId: who.orgId, username: who.username, ...more },
  opts);
const complete = (begun, firstFactor, opts) => api.call('POST', '/auth/login',
  { challengeIdentifier: begun.body.challengeIdentifier, firstFactor }, opts);
const list = (bearer) =>
  api.call('GET', '/auth/credentials', undefined, { bearer });

/* What a login with a changed assertion comes to. */
async function answerWith(who, change, key = who.key) {
  const begun = await init(who, {}, { status: 200 });
  const factor = key.get(begun.body.challenge);
  change(factor.credentialAssertion, begun.body);
  return complete(begun, factor);
}

/* The UUID of an id, in hexadecimal. */
function uuidOf(id) {
  let n = 0n;
  for (const digit of ID.exec(id).slice(2).join(''))
    n = n * 32n + BigInt(Number.parseInt(digit, 32));
  return n.toString(16).padStart(32, '0').toUpperCase();
}

/* Somebody with a passkey, in an organisation of this relying party. */
async function withPasskey() {
  const username = freshAddress('passkey');
  const orgId = await createOrg(instance, name(), username, 'localhost',
    ORIGIN);
  const device = new Authenticator({ origin: ORIGIN });
  await register(api, orgId, username,
    await codeTo(instance.mailDir, username),
    (challenge, begun) => createPasskey(device, begun));
  return { orgId, username, device };
}

/* A user of the default organisation, who came through the other API. */
async function ofDefault() {
  const { stdout } = await instance.postern('org', 'list');
  const hanko = instance.client();
  const username = freshAddress('default');
  await hanko.signUp(username);
  const device = new Authenticator({ origin: ORIGIN });
  await hanko.call('POST', '/webauthn/registration/finalize', device.create(
    (await hanko.call('POST', '/webauthn/registration/initialize'))
      .body.publicKey), { status: 200 });
  return { orgId: /^(or-\S+) .* default$/m.exec(stdout)[1], username, device };
}

/* The code that a wish brings to somebody. */
async function sentCode(who, path, method = 'POST') {
  const had = codesTo(instance.mailDir, who.username).length;
  await api.call(method, path, { orgId: who.orgId, username: who.username },
    { status: 200 });
  return codeTo(instance.mailDir, who.username, had + 1);
}

/* ------------------------------------------- 15.1, 15.3: browser signers */

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

/* ------------------------------------------------- 15.2: every PEM there is */

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
  assert.equal((await list(token)).body.items[0].publicKey,
    V.keys.rsa2048_pkcs1.spki_sha256_fingerprint);
});

/* ------------------------------------------------------ 15.5, 15.6: codes */

/* Somebody whose only key is encrypted. */
async function protectedOne() {
  const username = freshAddress('protected');
  const who = { username, key: new Key(),
    orgId: await createOrg(instance, name(), username) };
  await register(api, who.orgId, username,
    await codeTo(instance.mailDir, username), (challenge) =>
      who.key.create(challenge, { kind: 'PasswordProtectedKey',
        encrypted: 'ä+/=\\"' }));
  return who;
}

test('four wrong login codes leave the right one, five do not', async () => {
  for (const [wrong, status] of [[4, 200], [5, 403]]) {
    const who = await protectedOne();
    const loginCode = await sentCode(who, '/auth/login/code');
    for (let i = 0; i < wrong; i++)
      isError(await init(who, { loginCode: '0000-0000-0000-0000' }), 403,
        'Invalid code');
    const begun = await init(who, { loginCode });
    assert.equal(begun.status, status, `${wrong} wrong ones`);
    if (status === 200)
      assert.equal(begun.body.allowCredentials.passwordProtectedKey[0]
        .encryptedPrivateKey, 'ä+/=\\"');
  }
});

test('a Key assertion for a PasswordProtectedKey is 401', async () => {
  const who = await protectedOne();
  const loginCode = await sentCode(who, '/auth/login/code');
  const begun = await init(who, { loginCode }, { status: 200 });
  isError(await complete(begun, who.key.get(begun.body.challenge, 'Key')),
    401, 'Unauthorized');
});

test('a code of another user of the same organisation is none', async () => {
  const [one, two] = [await ofDefault(), await ofDefault()];
  assert.equal(one.orgId, two.orgId);
  const loginCode = await sentCode(one, '/auth/login/code');
  isError(await init(two, { loginCode }), 403, 'Invalid code');
  await init(one, { loginCode }, { status: 200 });
  isError(await init(one, { loginCode }), 403, 'Invalid code');
});

test('an expired recovery code is 403, and so is a burnt registration code',
  async () => {
    const who = await someone();
    const verificationCode = await sentCode(who, '/auth/recover/user/code');
    await instance.sql('UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)'
      + ' - INTERVAL 1 SECOND');
    const { orgId, username } = who;
    isError(await api.call('POST', '/auth/recover/user/init', { orgId,
      username, verificationCode, credentialId: who.key.credId }), 403,
    'Invalid code');
    isError(await api.call('POST', '/auth/registration/init', { orgId,
      username, registrationCode: await codeTo(instance.mailDir, username) }),
    403, 'Invalid code');
  });

/* -------------------------------------- 15.7, 1.10: no token for another */

test('each token is good in its own place, and in no other', async () => {
  const who = await someone();
  const other = freshAddress('newcomer');
  const newOrg = await createOrg(instance, name(), other);
  const registration = await api.call('POST', '/auth/registration/init',
    { orgId: newOrg, username: other,
      registrationCode: await codeTo(instance.mailDir, other) });
  const recovery = new Key();
  const begunKey = await who.call('POST', '/auth/credentials/init',
    { kind: 'RecoveryKey' });
  const { credentialKind, credentialInfo } = recovery.create(
    begunKey.body.challenge, { kind: 'RecoveryKey' });
  await signed(who, 'POST', '/auth/credentials', { challengeIdentifier:
    begunKey.body.challengeIdentifier, credentialName: 'r', credentialKind,
  credentialInfo });
  const recovering = await api.call('POST', '/auth/recover/user/init', {
    orgId: who.orgId, username: who.username, credentialId: recovery.credId,
    verificationCode: await sentCode(who, '/auth/recover/user/code') },
  { status: 200 });
  const path = '/auth/credentials/activate';
  const tokens = {
    user: [who.token, 'dfns:auth:user', 'Token', 6 * 3600],
    registration: [registration.body.temporaryAuthenticationToken,
      'dfns:auth:registration', 'Temp', 900],
    recovery: [recovering.body.temporaryAuthenticationToken,
      'dfns:auth:recovery', 'Recovery', 900],
    login: [(await init(who)).body.challengeIdentifier,
      'dfns:auth:challenge', undefined, 300],
    credential: [(await who.call('POST', '/auth/credentials/init',
      { kind: 'Key' })).body.challengeIdentifier, 'dfns:auth:challenge',
    undefined, 600],
    action: [(await announce(who, 'PUT', path, '{}')).body
      .challengeIdentifier, 'dfns:auth:challenge', undefined, 300],
    signed: [await approve(who, 'PUT', path, '{}'), 'dfns:auth:action',
      undefined, 300],
  };
  const created = { firstFactorCredential: new Key().create('x') };
  const factor = who.key.get('x');
  const places = {
    user: (t) => [['GET', '/auth/credentials', undefined, { bearer: t }],
      401, BAD_TOKEN],
    registration: (t) => [['POST', '/auth/registration', created,
      { bearer: t }], 401, BAD_TOKEN],
    recovery: (t) => [['POST', '/auth/recover/user', { newCredentials: created,
      recovery: recovery.get('x', 'RecoveryKey') }, { bearer: t }], 401,
    BAD_TOKEN],
    login: (t) => [['POST', '/auth/login', { challengeIdentifier: t,
      firstFactor: factor }], 400, BAD_CHALLENGE],
    action: (t) => [['POST', '/auth/action', { challengeIdentifier: t,
      firstFactor: factor }, { bearer: who.token }], 400, BAD_CHALLENGE],
    signed: (t) => [['PUT', path, {}, { bearer: who.token, ...header(t) }],
      403, NOT_SIGNED],
  };
  for (const [kind, [token, aud, tokenKind, ttl]] of Object.entries(tokens)) {
    const { header: head, payload } = peek(token);
    assert.equal(head.typ, 'JWT', kind);
    assert.deepEqual(payload.aud, [aud], kind);
    assert.equal(payload.exp - payload.iat, ttl, kind);
    assert.ok(Number.isInteger(payload.iat));
    assert.equal(payload[META].orgId,
      kind === 'registration' ? newOrg : who.orgId);
    assert.equal(payload[META].tokenKind, tokenKind, kind);
    for (const [place, ask] of Object.entries(places)) {
      if (place === kind)
        continue;
      const [call, status, message] = ask(token);
      isError(await api.call(...call), status, message);
    }
  }
});

/* ------------------------------------------------ 15.13: always some JSON */

const ENDPOINTS = [
  ['POST', '/auth/login/code'], ['POST', '/auth/login/init'],
  ['POST', '/auth/login'], ['PUT', '/auth/logout'],
  ['PUT', '/auth/registration/code'], ['POST', '/auth/registration/init'],
  ['POST', '/auth/registration'], ['GET', '/auth/credentials'],
  ['POST', '/auth/credentials/init'], ['POST', '/auth/credentials'],
  ['PUT', '/auth/credentials/activate'],
  ['PUT', '/auth/credentials/deactivate'], ['POST', '/auth/action/init'],
  ['POST', '/auth/action'], ['POST', '/auth/recover/user/code'],
  ['PUT', '/auth/recover/user/code'], ['POST', '/auth/recover/user/init'],
  ['POST', '/auth/recover/user'], ['POST', '/auth/nowhere'],
  ['GET', '/auth/'], ['DELETE', '/auth/credentials/x'],
];
const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;
const BODIES = ['', '{', '[]', 'null', '"x"', '{}', '{"a":1,"a":2}', deep,
  '{"username":"a\\u0000b","orgId":"or-x"}', '{"username":"\xff"}',
  '{"username":{},"orgId":[],"loginCode":1}', '\ufeff{}',
  JSON.stringify({ username: 'x'.repeat(400), orgId: 'o'.repeat(65) }),
  JSON.stringify({ challengeIdentifier: 'x'.repeat(9000), firstFactor: {} }),
  JSON.stringify({ firstFactor: { kind: 'Key', credentialAssertion: {
    credId: '', clientData: '*', signature: '*' } }, challengeIdentifier: '' }),
  JSON.stringify({ firstFactorCredential: { credentialKind: 'Fido2',
    credentialInfo: { credId: 'eA', clientData: 'eA',
      attestationData: 'oA' } } }),
  JSON.stringify({ recovery: null, newCredentials: 1 }),
  JSON.stringify({ credentialUuid: 'cr-', kind: 'Nothing' })];

test('whatever is sent: JSON of the documented shape, 200 or 4xx',
  async () => {
    const who = await someone();
    for (const [method, path] of ENDPOINTS)
      for (const text of method === 'GET' ? [undefined] : BODIES) {
        const answer = await api.call(method, path, undefined, { raw: text
          && Buffer.from(text, text.includes('\xff') ? 'latin1' : 'utf8'),
        bearer: path === '/auth/logout' ? undefined : who.token });
        const what = `${method} ${path} ${text?.slice(0, 40)}`;
        assert.ok(answer.status === 200
          || (answer.status >= 400 && answer.status < 500),
        `${what}: ${answer.status}`);
        assert.match(answer.headers['content-type'], /^application\/json/);
        assert.equal(answer.headers.location, undefined);
        assert.equal(typeof answer.body, 'object', what);
        if (answer.status !== 200)
          isError(answer, answer.status, answer.body.error.message);
      }
  });

test('the methods that a path has not are 405, in JSON, with Allow',
  async () => {
    for (const [method, path] of ENDPOINTS.slice(0, 18))
      for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
        if (ENDPOINTS.some(([m, p]) => m === other && p === path))
          continue;
        const answer = await api.call(other, path,
          other === 'GET' ? undefined : {});
        isError(answer, 405, 'Method Not Allowed');
        assert.ok(answer.headers.allow.split(', ').includes(method));
      }
  });

/* ------------------------------------------------ 15.14: an older client */

test('rp is in every challenge, and arrays are where clients map them',
  async () => {
    const who = await someone();
    const created = await who.call('POST', '/auth/credentials/init',
      { kind: 'Fido2' });
    for (const { body } of [await init(who),
      await announce(who, 'PUT', '/x', '{}')]) {
      assert.deepEqual(body.rp, created.body.rp);
      assert.ok(Array.isArray(body.allowCredentials.key));
      assert.ok(Array.isArray(body.allowCredentials.webauthn));
      assert.match(body.challenge, /^[A-Za-z0-9_-]{86}$/);
      assert.equal(body.userVerification, 'required');
      assert.equal(body.externalAuthenticationUrl, '');
    }
    const { body } = created;
    assert.equal(body.rp.id, 'localhost');
    assert.ok(Array.isArray(body.excludeCredentials));
    assert.ok(Array.isArray(body.pubKeyCredParams));
    assert.equal(body.temporaryAuthenticationToken, body.challengeIdentifier);
    assert.equal(body.user.id, who.user.id);
  });

/* ------------------------------------------ 15.16: two tenants, one name */

test('codes of a namesake in another organisation are none', async () => {
  const username = freshAddress('namesake');
  const people = [];
  for (let i = 0; i < 2; i++) {
    const who = { username, key: new Key(), recovery: new Key(),
      orgId: await createOrg(instance, name(), username) };
    const registrationCode = await codeTo(instance.mailDir, username,
      i + 1);
    const begun = await api.call('POST', '/auth/registration/init',
      { orgId: who.orgId, username, registrationCode }, { status: 200 });
    if (i === 1)
      isError(await api.call('POST', '/auth/registration/init', { username,
        orgId: people[0].orgId, registrationCode }), 403, 'Invalid code');
    await api.call('POST', '/auth/registration', {
      firstFactorCredential: who.key.create(begun.body.challenge),
      recoveryCredential: who.recovery.create(begun.body.challenge,
        { kind: 'RecoveryKey' }) },
    { bearer: begun.body.temporaryAuthenticationToken, status: 200 });
    people.push(who);
  }
  const [one, two] = people;
  const loginCode = await sentCode(one, '/auth/login/code');
  isError(await init(two, { loginCode }), 403, 'Invalid code');
  await init(one, { loginCode }, { status: 200 });
  const verificationCode = await sentCode(two, '/auth/recover/user/code');
  const recover = (who) => api.call('POST', '/auth/recover/user/init', {
    orgId: who.orgId, username, verificationCode,
    credentialId: who.recovery.credId });
  isError(await recover(one), 403, 'Invalid code');
  assert.equal((await recover(two)).status, 200);
  /* A challenge of one, signed by the key of the other. */
  const begun = await init(one);
  isError(await complete(begun, two.key.get(begun.body.challenge)), 401,
    'Unauthorized');
  /* A challenge and an action of one, with the token of the other. */
  for (const who of people) {
    who.token = await login(api, who.orgId, username, who.key);
    who.call = (method, path, body, opts) =>
      api.call(method, path, body, { bearer: who.token, ...opts });
  }
  const path = '/auth/credentials/activate';
  const asked = await announce(one, 'PUT', path, '{}', { status: 200 });
  isError(await two.call('POST', '/auth/action', { challengeIdentifier:
    asked.body.challengeIdentifier,
  firstFactor: two.key.get(asked.body.challenge) }), 400, BAD_CHALLENGE);
  const action = await approve(one, 'PUT', path, '{}');
  isError(await two.call('PUT', path, {}, header(action)), 403, NOT_SIGNED);
});

/* ------------------------------------------------------- 15.17, 1.7: ids */

test('ids match the strict form and are the rows that they name',
  async () => {
    const who = await someone();
    const [{ credentialUuid }] = (await list(who.token)).body.items;
    const claims = peek(who.token).payload;
    const found = { or: who.orgId, us: who.user.id, cr: credentialUuid,
      to: claims.jti };
    for (const [prefix, id] of Object.entries(found))
      assert.equal(ID.exec(id)?.[1], prefix, id);
    for (const [prefix, table] of [['or', 'tenants'], ['us', 'users'],
      ['cr', 'key_credentials'], ['to', 'sessions']])
      assert.deepEqual(await instance.sql(`SELECT 1 FROM ${table}
        WHERE id = UNHEX('${uuidOf(found[prefix])}')`), [['1']], table);
    const challenge = (await init(who)).body.challengeIdentifier;
    assert.deepEqual(await instance.sql(`SELECT purpose FROM ceremonies
      WHERE id = UNHEX('${uuidOf(peek(challenge).payload.jti)}')`),
    [['login']]);
  });

test('the invented ids of the documentation are "not found"', async () => {
  const who = await someone();
  const ids = [...V.ids.documented_examples_that_do_not_match_strict_regex,
    'x', 'or-', '-'.repeat(64)];
  for (const orgId of ids) {
    const body = { orgId, username: who.username };
    assert.deepEqual((await api.call('POST', '/auth/login/code', body)).body,
      { message: 'success' });
    assert.equal((await api.call('POST', '/auth/login/init', body)).status,
      200);
    isError(await api.call('POST', '/auth/registration/init',
      { ...body, registrationCode: '1' }), 403, 'Invalid code');
    isError(await api.call('POST', '/auth/recover/user/init', { ...body,
      verificationCode: '1', credentialId: 'eA' }), 403, 'Invalid code');
    isError(await signed(who, 'PUT', '/auth/credentials/activate',
      { credentialUuid: orgId }), 404, 'credential not found');
  }
  for (const orgId of ['', 'o'.repeat(65)])
    assert.equal((await api.call('POST', '/auth/login/init',
      { orgId, username: who.username })).status, 400);
});

/* -------------------------------------------- 1.8, 1.9: bytes and times */

test('base64 of either alphabet, padded or not; hexadecimal of either case',
  async () => {
    const standard = (text) => Buffer.from(text, 'base64url')
      .toString('base64');
    const username = freshAddress('bytes');
    const orgId = await createOrg(instance, name(), username);
    const key = new Key('p256', '+/-_'.repeat(8));
    await register(api, orgId, username,
      await codeTo(instance.mailDir, username), (challenge) => {
        const made = key.create(challenge);
        const info = made.credentialInfo;
        const attestation = JSON.parse(
          Buffer.from(info.attestationData, 'base64url'));
        attestation.signature = attestation.signature.toUpperCase();
        info.attestationData = Buffer.from(JSON.stringify(attestation))
          .toString('base64');
        info.clientData = standard(info.clientData);
        return made;
      });
    const who = { orgId, username, key };
    for (const credId of [key.credId, '+/+/'.repeat(8), '-_-_'.repeat(8)])
      assert.equal((await answerWith(who, (assertion) => {
        assertion.credId = credId;
        assertion.clientData = standard(assertion.clientData);
        assertion.signature = standard(assertion.signature);
      })).status, 200, credId);
    const token = await login(api, orgId, username, key);
    const [item] = (await list(token)).body.items;
    assert.equal(item.credentialId, key.credId);
    assert.match(item.dateCreated,
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(new Date(item.dateCreated) - Date.now()) < 600000);
    assert.ok(Object.entries(item).every(([member, value]) =>
      typeof value === (member === 'isActive' ? 'boolean' : 'string')));
  });

/* ------------------------------------------------ what must be refused */

/* The two integers of an ECDSA-Sig-Value. */
function integersOf(der) {
  const r = der.subarray(4, 4 + der[3]);
  const at = 4 + der[3];
  return [r, der.subarray(at + 2, at + 2 + der[at + 1])];
}
const integer = (bytes) =>
  Buffer.concat([Buffer.from([2, bytes.length]), bytes]);
const sequence = (...parts) => {
  const all = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, all.length]), all]);
};

const ZERO = Buffer.alloc(1);
const MALLEATED = {
  'a longer r': ([r, s]) => sequence(integer(Buffer.concat([ZERO, ZERO, r])),
    integer(s)),
  'a length in two bytes': ([r, s]) => {
    const der = sequence(integer(r), integer(s));
    return Buffer.concat([Buffer.from([0x30, 0x81]), der.subarray(1)]);
  },
  'an indefinite length': ([r, s]) => Buffer.concat([
    Buffer.from([0x30, 0x80]), integer(r), integer(s), ZERO, ZERO]),
  'a third integer': ([r, s]) => sequence(integer(r), integer(s),
    integer(ZERO)),
  'a negative s': ([r, s]) => sequence(integer(r),
    integer(Buffer.concat([Buffer.from([0xff]), s]))),
  'r is zero': ([, s]) => sequence(integer(ZERO), integer(s)),
  'r and s exchanged': ([r, s]) => sequence(integer(s), integer(r)),
  'a byte behind': ([r, s]) => Buffer.concat([
    sequence(integer(r), integer(s)), ZERO]),
  'one byte less': ([r, s]) => sequence(integer(r), integer(s))
    .subarray(0, -1),
  nothing: () => Buffer.alloc(0),
};

let malleated; /* who tries all of them */
for (const [what, malleate] of Object.entries(MALLEATED))
  test(`a signature in DER, malleated: ${what}`, async () => {
    malleated ??= await someone();
    const answer = await answerWith(malleated, (assertion) => {
      assertion.signature = b64url(malleate(integersOf(
        Buffer.from(assertion.signature, 'base64url'))));
    });
    assert.ok([400, 401].includes(answer.status), answer.text);
    if (what !== 'nothing')
      isError(answer, 401, 'Unauthorized');
  });

const OTHER_BYTES = {
  'a blank more': (text) => text.replace('{', '{ '),
  'another order': (text) => {
    const { type, challenge } = JSON.parse(text);
    return JSON.stringify({ challenge, type });
  },
  'a member more': (text) => text.replace('}', ',"x":1}'),
  'a challenge twice': (text) => text.replace('}', ',"challenge":"eA"}'),
};

for (const [what, change] of Object.entries(OTHER_BYTES))
  test(`a signature over other bytes: ${what}`, async () => {
    for (const type of ['p256', 'ed25519', 'rsa'])
      isError(await answerWith(await someone(type), (assertion) => {
        assertion.clientData = b64url(change(
          Buffer.from(assertion.clientData, 'base64url').toString()));
      }), 401, 'Unauthorized');
  });

test('an algorithm that is none is 400; one that was not used, 401',
  async () => {
    const who = await someone();
    isError(await answerWith(who, (assertion) => {
      assertion.algorithm = 'SHA512';
    }), 401, 'Unauthorized');
    assert.equal((await answerWith(who, (assertion) => {
      assertion.algorithm = 'MD5';
    })).status, 400);
  });

test('a passkey: origin, counter, flags, user handle, key', async () => {
  const { orgId, username, device } = await withPasskey();
  const answer = async (lies) => {
    const begun = await init({ orgId, username }, {}, { status: 200 });
    return complete(begun, getPasskey(device, begun.body.challenge, lies));
  };
  assert.equal((await answer({})).status, 200);
  assert.ok(device.counter > 1);
  for (const [what, lies] of Object.entries({
    'a counter of 0': { counter: 0 },
    'the same counter': { counter: device.counter },
    'another origin': { client: { origin: 'https://evil.example' } },
    'another type': { client: { type: 'webauthn.create' } },
    'a page within a page': { client: { crossOrigin: true } },
    'another relying party': { rpId: 'evil.example' },
    'no user present': { clear: 0x01 },
    'no user verified': { clear: 0x04 },
    'another user': { userHandle: Buffer.from(
      'us-2r1sn-m874t-9olbf8bd5s69kjgh') },
    'a byte behind the DER': { signature: (bytes) =>
      Buffer.concat([bytes, ZERO]) },
    'another key': { signKey: new Authenticator({}).key },
  })) {
    const refused = await answer(lies);
    assert.equal(refused.status, 401, `${what}: ${refused.text}`);
    isError(refused, 401, 'Unauthorized');
  }
  assert.equal((await answer({ counter: 1000 })).status, 200);
});

test('a challenge for one user is not answered by another of the same'
  + ' organisation', async () => {
  const [one, two] = [await ofDefault(), await ofDefault()];
  const begun = await init(one);
  isError(await complete(begun, getPasskey(two.device, begun.body.challenge)),
    401, 'Unauthorized');
  const own = await init(one);
  assert.equal((await complete(own, getPasskey(one.device,
    own.body.challenge))).status, 200);
});

test('what was begun before a deactivation is not completed after it',
  async () => {
    const who = await someone();
    const asked = await announce(who, 'PUT', '/auth/credentials/activate',
      '{}', { status: 200 });
    const action = await approve(who, 'PUT', '/auth/credentials/activate',
      '{}');
    await instance.sql('UPDATE key_credentials SET active = 0 WHERE cred_id ='
      + ` '${who.key.credId}'`);
    isError(await who.call('POST', '/auth/action', { challengeIdentifier:
      asked.body.challengeIdentifier,
    firstFactor: who.key.get(asked.body.challenge) }), 401, 'Unauthorized');
    isError(await announce(who, 'PUT', '/x', '{}'), 401, 'User does not have'
      + ' a credential that can be used for the application.');
    await instance.sql('UPDATE members SET active = 0 WHERE username ='
      + ` '${who.username}'`);
    isError(await who.call('PUT', '/auth/credentials/activate', {},
      header(action)), 401, BAD_TOKEN);

    const username = freshAddress('late');
    const orgId = await createOrg(instance, name(), username);
    const begun = await api.call('POST', '/auth/registration/init', { orgId,
      username, registrationCode: await codeTo(instance.mailDir, username) });
    await instance.sql('UPDATE tenants SET active = 0 WHERE id ='
      + ` UNHEX('${uuidOf(orgId)}')`);
    isError(await api.call('POST', '/auth/registration', {
      firstFactorCredential: new Key().create(begun.body.challenge) },
    { bearer: begun.body.temporaryAuthenticationToken }), 401, BAD_TOKEN);
  });

test('50 parallel tries with one challenge: one session at most',
  async () => {
    const who = await member(instance, name(), freshAddress('race'));
    const begun = await init(who);
    const right = who.key.get(begun.body.challenge);
    const wrong = who.key.get('b3RoZXI');
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) =>
      complete(begun, i % 2 === 0 ? wrong : right)));
    assert.ok(answers.filter(({ status }) => status === 200).length <= 1);
    assert.ok(answers.every(({ status }) => [200, 400, 401].includes(status)));
    assert.equal(answers.filter(({ status }) => status !== 400).length, 1);
  });
