/*
 * Dfns: signatures, challenges and people that are not what they seem: the
 * documented 4xx, and never a 5xx.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { Key, announce, answerWith, approve, beginLogin, codeTo,
  completeLogin, createOrg, createPasskey, getPasskey, header, isError,
  loggedIn, login, member, ofDefault, passkey, register, sentCode, signed,
  uuidOf, withToken } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const ORIGIN = 'http://localhost:8080';
const BAD_TOKEN = 'user token is missing or invalid';
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'webauthn.relying_party.origins': ORIGIN } });
  api = instance.client();
});
after(() => instance?.stop());

const b64url = (data) => Buffer.from(data).toString('base64url');
const name = () => `Refused ${++count}`;
const init = (...args) => beginLogin(api, ...args);
const complete = (...args) => completeLogin(api, ...args);
const wish = (...args) => sentCode(instance, ...args);
const visitor = () => ofDefault(instance, { origin: ORIGIN });
const someone = (type) =>
  loggedIn(instance, name(), freshAddress('refused'), type);
const list = (bearer) =>
  api.call('GET', '/auth/credentials', undefined, { bearer });

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
    const answer = await answerWith(api, malleated, (assertion) => {
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
      isError(await answerWith(api, await someone(type), (assertion) => {
        assertion.clientData = b64url(change(
          Buffer.from(assertion.clientData, 'base64url').toString()));
      }), 401, 'Unauthorized');
  });

const named = (who, algorithm) => answerWith(api, who, (assertion) => {
  assertion.algorithm = algorithm;
});
const NO_ALGORITHM = 'Invalid request: firstFactor/credentialAssertion/'
  + 'algorithm is none of SHA-256, SHA-512 and EdDSA';

test('a digest is known by any spelling of its name', async () => {
  for (const type of ['p256', 'rsa', 'ed25519']) {
    const who = await someone(type);
    for (const name of ['SHA256', 'SHA-256', 'sha-256', 'Sha_256', '', null,
      'RSA-SHA256'])
      assert.equal((await named(who, name)).status, 200, `${type} ${name}`);
  }
  assert.equal((await named(await someone('ed25519'), 'EdDSA')).status, 200);
});

test('an algorithm that is none is 400; one that was not used, 401',
  async () => {
    const who = await someone();
    for (const name of ['SHA512', 'sha-512', 'Ed25519'])
      isError(await named(who, name), 401, 'Unauthorized');
    /* Whoever signs: it does not say whether the account exists. */
    const nobody = { ...who, username: 'nobody@example.org' };
    for (const one of [who, nobody, await someone('ed25519')])
      for (const name of ['MD5', 'SHA384', '-'])
        isError(await named(one, name), 400, NO_ALGORITHM);
    isError(await named(nobody, 'Ed25519'), 401, 'Unauthorized');
  });

test('a new key names its digest in any spelling, and one that fits',
  async () => {
    const who = await loggedIn(instance, 'Digests', freshAddress('d'));
    const attest = async (algorithm, digest) => {
      const { body } = await who.call('POST', '/auth/credentials/init',
        { kind: 'Key' }, { status: 200 });
      const key = new Key();
      key.digest = digest;
      const made = key.create(body.challenge, { name: 'New' });
      const info = made.credentialInfo;
      info.attestationData = b64url(JSON.stringify({ ...JSON.parse(
        Buffer.from(info.attestationData, 'base64url')), algorithm }));
      return signed(who, 'POST', '/auth/credentials',
        { challengeIdentifier: body.challengeIdentifier, ...made });
    };
    assert.equal((await attest('SHA-256', 'sha256')).status, 200);
    assert.equal((await attest('sha_512', 'sha512')).status, 200);
    for (const name of ['MD5', 'EdDSA'])
      isError(await attest(name, 'sha256'), 400, 'Invalid request: '
        + 'credentialInfo/attestationData/algorithm does not fit the key: '
        + 'SHA-256 or SHA-512, for Ed25519 EdDSA');
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
  const [one, two] = [await visitor(), await visitor()];
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

/* Somebody of the default organisation, with a recovery key as well. */
async function recoverable() {
  const person = { ...await visitor(), api, recovery: new Key() };
  const begun = await init(person, {}, { status: 200 });
  const { body: { token } } = await complete(begun, getPasskey(person.device,
    begun.body.challenge), { status: 200 });
  const who = withToken(person, token);
  const { body } = await who.call('POST', '/auth/credentials/init',
    { kind: 'RecoveryKey' }, { status: 200 });
  const { credentialKind, credentialInfo } = who.recovery.create(
    body.challenge, { kind: 'RecoveryKey' });
  const made = await signed(who, 'POST', '/auth/credentials',
    { challengeIdentifier: body.challengeIdentifier, credentialName: 'r',
      credentialKind, credentialInfo }, passkey(who.device));
  assert.equal(made.status, 200, made.text);
  return who;
}

/* A recovery of theirs, ready to be sent. */
async function recoveryOf(who, key) {
  const begun = await api.call('POST', '/auth/recover/user/init', {
    orgId: who.orgId, username: who.username,
    credentialId: who.recovery.credId,
    verificationCode: await wish(who, '/auth/recover/user/code') },
  { status: 200 });
  const newCredentials = { firstFactorCredential:
    key.create(begun.body.challenge) };
  return () => api.call('POST', '/auth/recover/user', { newCredentials,
    recovery: who.recovery.get(b64url(JSON.stringify(newCredentials)),
      'RecoveryKey') },
  { bearer: begun.body.temporaryAuthenticationToken });
}

test('a recovery ends passkeys and sessions of both APIs', async () => {
  const who = await recoverable();
  const key = new Key();
  const recover = await recoveryOf(who, key);
  await who.hanko.call('GET', '/me', undefined, { status: 200 });
  assert.equal((await recover()).status, 200);
  isError(await list(who.token), 401, BAD_TOKEN);
  await who.hanko.call('GET', '/me', undefined, { status: 401 });
  const begun = await init(who, {}, { status: 200 });
  assert.deepEqual(begun.body.allowCredentials, { webauthn: [],
    key: [{ type: 'public-key', id: key.credId }] });
  isError(await complete(begun, getPasskey(who.device,
    begun.body.challenge)), 401, 'Unauthorized');
  const hanko = instance.client();
  const options = (await hanko.call('POST', '/webauthn/login/initialize'))
    .body.publicKey;
  await hanko.call('POST', '/webauthn/login/finalize',
    who.device.get(options), { status: 401 });
  await login(api, who.orgId, who.username, key);
});

test('a recovery of somebody who was deactivated meanwhile is 400',
  async () => {
    const who = await recoverable();
    const recover = await recoveryOf(who, new Key());
    await instance.sql('UPDATE members SET active = 0 WHERE username ='
      + ` '${who.username}'`);
    isError(await recover(), 400, 'User account has been deactivated.');
    await instance.sql('UPDATE members SET active = 1 WHERE username ='
      + ` '${who.username}'`);
    const begun = await init(who, {}, { status: 200 });
    assert.equal((await complete(begun, getPasskey(who.device,
      begun.body.challenge))).status, 200);
  });
