/* Dfns: the unmodified client from npm against the real thing. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { Key, codeTo, createOrg, login, member } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const { DfnsApiClient, DfnsAuthenticator, DfnsError } = sdk;
const { AsymmetricKeySigner } = keysigner;
let instance;
let count = 0;

before(async () => {
  /* The client drops the path of its baseUrl. */
  instance = await start({ prefix: '', set: { 'log.level': 'debug' } });
});
after(() => instance?.stop());

/* The client object of a member; more: its other options. */
const client = (who, more = {}) => new DfnsApiClient({
  baseUrl: instance.url, orgId: who.orgId, ...more });
const signer = (key) => new AsymmetricKeySigner({ credId: key.credId,
  privateKey: key.privateKey.export({ type: 'pkcs8', format: 'pem' }) });
const someone = (type) =>
  member(instance, `Sdk ${++count}`, freshAddress('sdk'), type);
const refused = (status, message) => (error) => {
  assert.ok(error instanceof DfnsError, String(error));
  assert.equal(error.httpStatus, status);
  assert.equal(error.message, message);
  return true;
};

test('DfnsAuthenticator registers, with orgId configured', async () => {
  const username = freshAddress('sdk');
  const orgId = await createOrg(instance, `Sdk ${++count}`, username);
  const key = new Key();
  const authenticator = new DfnsAuthenticator({ baseUrl: instance.url, orgId,
    signer: { create: async ({ challenge }) => key.create(challenge),
      sign: async ({ challenge }) => key.get(challenge) } });
  const done = await authenticator.register({ orgId, username,
    registrationCode: await codeTo(instance.mailDir, username) });
  assert.equal(done.user.orgId, orgId);
  const { token } = await authenticator.login({ orgId, username });
  const { items } = await client({ orgId }, { authToken: token })
    .auth.listCredentials();
  assert.equal(items[0].credentialId, key.credId);
});

for (const type of ['p256', 'p384', 'secp256k1', 'ed25519', 'rsa'])
  test(`AsymmetricKeySigner logs in with ${type}`, async () => {
    const who = await someone(type);
    const authenticator = new DfnsAuthenticator({ baseUrl: instance.url,
      orgId: who.orgId, signer: signer(who.key) });
    const { token } = await authenticator.login(
      { orgId: who.orgId, username: who.username });
    assert.equal(token.split('.').length, 3);
  });

test('sendLoginCode, createLoginChallenge and login with the code', async () => {
  const who = await someone();
  const { auth } = client(who);
  const { orgId, username } = who;
  assert.deepEqual(await auth.sendLoginCode({ body: { orgId, username } }),
    { message: 'success' });
  const loginCode = await codeTo(instance.mailDir, username, 2);
  await assert.rejects(auth.createLoginChallenge({ body: { orgId, username,
    loginCode: '0000-0000-0000-0000' } }), refused(403, 'Invalid code'));
  const challenge = await auth.createLoginChallenge({ body: { orgId, username,
    loginCode } });
  assert.deepEqual(challenge.allowCredentials.passwordProtectedKey, []);
  const body = { challengeIdentifier: challenge.challengeIdentifier,
    firstFactor: who.key.get(challenge.challenge) };
  const { token } = await auth.login({ body });
  assert.ok(token);
  await assert.rejects(auth.login({ body }),
    refused(400, 'Challenge token is not valid.'));
});

test('resendRegistrationCode and createRegistrationChallenge', async () => {
  const username = freshAddress('sdk');
  const orgId = await createOrg(instance, `Sdk ${++count}`, username);
  await codeTo(instance.mailDir, username);
  const { auth } = client({ orgId });
  assert.deepEqual(await auth.resendRegistrationCode(
    { body: { orgId, username } }), { message: 'success' });
  const registrationCode = await codeTo(instance.mailDir, username, 2);
  const challenge = await auth.createRegistrationChallenge(
    { body: { orgId, username, registrationCode } });
  const key = new Key('ed25519');
  const done = await client({ orgId },
    { authToken: challenge.temporaryAuthenticationToken })
    .auth.register({ body: {
      firstFactorCredential: key.create(challenge.challenge) } });
  assert.equal(done.user.username, username);
});

test('createCredentialCode, and a credential with it', async () => {
  const who = await someone();
  const authToken = await login(who.api, who.orgId, who.username, who.key);
  const { auth } = client(who, { authToken, signer: signer(who.key) });
  const { code, expiration } = await auth.createCredentialCode({ body: {
    expiration: new Date(Date.now() + 3600000).toISOString() } });
  assert.ok(Date.parse(expiration) <= Date.now() + 61000);
  /* On the other device nobody is logged in. */
  const device = client(who).auth;
  await assert.rejects(device.createCredentialChallengeWithCode({ body: {
    code: '222-222-222', credentialKind: 'Key' } }),
  refused(403, 'Invalid code'));
  const challenge = await device.createCredentialChallengeWithCode({ body: {
    code, credentialKind: 'Key' } });
  const key = new Key('ed25519');
  const body = { ...key.create(challenge.challenge), credentialName: 'tablet',
    challengeIdentifier: challenge.challengeIdentifier };
  const made = await device.createCredentialWithCode({ body });
  assert.equal(made.credentialId, key.credId);
  await assert.rejects(device.createCredentialWithCode({ body }),
    refused(400, 'Challenge token is not valid.'));
  await login(who.api, who.orgId, who.username, key);
});

test('logout, and all of it; then 401', async () => {
  const who = await someone();
  for (const argument of [undefined, {}, { body: { allSessions: true } }]) {
    const authToken = await login(who.api, who.orgId, who.username, who.key);
    const { auth } = client(who, { authToken });
    assert.deepEqual(await auth.logout(argument), { message: 'success' });
    await assert.rejects(auth.listCredentials(),
      refused(401, 'user token is missing or invalid'));
  }
});

/* Somebody who is logged in, with a signer for what they do. */
async function actor() {
  const who = await someone();
  const authToken = await login(who.api, who.orgId, who.username, who.key);
  return { who, auth: client(who,
    { authToken, signer: signer(who.key) }).auth };
}

test('a credential is created, switched off and on again', async () => {
  const { who, auth } = await actor();
  const key = new Key('ed25519');
  const begun = await auth.createCredentialChallenge(
    { body: { kind: 'Key' } });
  const { credentialInfo } = key.create(begun.challenge);
  const made = await auth.createCredential({ body: {
    challengeIdentifier: begun.challengeIdentifier, credentialKind: 'Key',
    credentialName: 'Second', credentialInfo } });
  assert.equal(made.name, 'Second');
  const body = { credentialUuid: made.credentialUuid };
  const active = async () => (await auth.listCredentials()).items
    .find(({ credentialId }) => credentialId === key.credId).isActive;
  assert.deepEqual(await auth.deactivateCredential({ body }),
    { message: 'success' });
  assert.equal(await active(), false);
  assert.deepEqual(await auth.activateCredential({ body }),
    { message: 'success' });
  assert.equal(await active(), true);
  await login(who.api, who.orgId, who.username, key);
});

test('an action is signed by hand', async () => {
  const { who, auth } = await actor();
  const challenge = await auth.createUserActionChallenge({ body: {
    userActionPayload: '{}', userActionHttpMethod: 'PUT',
    userActionHttpPath: '/auth/credentials/activate',
    userActionServerKind: 'Api' } });
  const { userAction } = await auth.createUserActionSignature({ body: {
    challengeIdentifier: challenge.challengeIdentifier,
    firstFactor: who.key.get(challenge.challenge) } });
  assert.equal(userAction.split('.').length, 3);
});

test('sendRecoveryCode, createRecoveryChallenge and recover', async () => {
  const { who, auth } = await actor();
  const { orgId, username } = who;
  const recovery = new Key();
  const begun = await auth.createCredentialChallenge(
    { body: { kind: 'RecoveryKey' } });
  const { credentialInfo } = recovery.create(begun.challenge);
  await auth.createCredential({ body: { credentialInfo,
    challengeIdentifier: begun.challengeIdentifier,
    credentialKind: 'RecoveryKey', credentialName: 'Recovery',
    encryptedPrivateKey: 'c2VhbGVk' } });

  assert.deepEqual(await auth.sendRecoveryCode({ body: { orgId, username } }),
    { message: 'success' });
  const challenge = await auth.createRecoveryChallenge({ body: { orgId,
    username, verificationCode: await codeTo(instance.mailDir, username, 2),
    credentialId: recovery.credId } });
  assert.deepEqual(challenge.allowedRecoveryCredentials,
    [{ id: recovery.credId, encryptedRecoveryKey: 'c2VhbGVk' }]);
  const key = new Key();
  const newCredentials = { firstFactorCredential:
    key.create(challenge.challenge) };
  await client(who, { authToken: challenge.temporaryAuthenticationToken })
    .auth.recover({ body: { newCredentials, recovery: recovery.get(
      Buffer.from(JSON.stringify(newCredentials)).toString('base64url'),
      'RecoveryKey') } });
  await assert.rejects(auth.listCredentials(),
    refused(401, 'user token is missing or invalid'));
  await login(who.api, orgId, username, key);
});
