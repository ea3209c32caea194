/* Dfns: recovery by mail and recovery key. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import { freshAddress } from '../lib/api.mjs';
import { Key, codeTo, createOrg, isError, login } from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

const b64 = (text) => Buffer.from(text).toString('base64url');
const BAD_TOKEN = 'user token is missing or invalid';
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug' } });
  api = instance.client();
});
after(() => instance?.stop());

/* A member with a Key and an encrypted recovery key. */
async function someone() {
  const username = freshAddress('r');
  const orgId = await createOrg(instance, `Recovery ${++count}`, username);
  const [key, recovery] = [new Key(), new Key()];
  const begun = await api.call('POST', '/auth/registration/init', { orgId,
    username, registrationCode: await codeTo(instance.mailDir, username) });
  const c = begun.body.challenge;
  await api.call('POST', '/auth/registration', {
    firstFactorCredential: key.create(c),
    recoveryCredential: recovery.create(c,
      { kind: 'RecoveryKey', encrypted: 'sealed+/=' }),
  }, { bearer: begun.body.temporaryAuthenticationToken, status: 200 });
  return { orgId, username, key, recovery };
}

async function codeOf(who, method = 'POST') {
  await api.call(method, '/auth/recover/user/code',
    { orgId: who.orgId, username: who.username }, { status: 200 });
  return codeTo(instance.mailDir, who.username, 2);
}

const init = (who, verificationCode, more = {}) => api.call('POST',
  '/auth/recover/user/init', { orgId: who.orgId, username: who.username,
    verificationCode, credentialId: who.recovery.credId, ...more });

/* The body of a recovery; change is done to what was not signed. */
function body(who, begun, { key = new Key(), signer = who.recovery, text } = {}) {
  const newCredentials = {
    firstFactorCredential: key.create(begun.body.challenge) };
  const signed = text ?? b64(JSON.stringify(newCredentials));
  return { recovery: signer.get(signed, 'RecoveryKey'), newCredentials };
}

const recover = (begun, what, opts) => api.call('POST', '/auth/recover/user',
  what, { bearer: begun.body.temporaryAuthenticationToken, ...opts });

test('all that was goes, and the new credential logs in', async () => {
  const who = await someone();
  const token = await login(api, who.orgId, who.username, who.key);
  const code = await codeOf(who);
  const begun = await init(who, code);
  assert.equal(begun.status, 200);
  assert.equal((await recover(begun, undefined,
    { raw: '{}', type: 'text/plain' })).status, 415);
  assert.deepEqual(begun.body.allowedRecoveryCredentials,
    [{ id: who.recovery.credId, encryptedRecoveryKey: 'sealed+/=' }]);
  const { payload } = peek(begun.body.temporaryAuthenticationToken);
  assert.equal(payload['https://custom/app_metadata'].tokenKind, 'Recovery');
  const key = new Key('ed25519');
  const what = body(who, begun, { key });
  const done = await recover(begun, what, { status: 200 });
  assert.equal(done.body.user.username, who.username);
  isError(await api.call('GET', '/auth/credentials', undefined,
    { bearer: token }), 401, BAD_TOKEN);
  isError(await recover(begun, what), 401, BAD_TOKEN);
  const fresh = await login(api, who.orgId, who.username, key);
  const { items } = (await api.call('GET', '/auth/credentials', undefined,
    { bearer: fresh })).body;
  assert.deepEqual(items.map(({ credentialId }) => credentialId),
    [key.credId]);
  const old = await api.call('POST', '/auth/login/init',
    { orgId: who.orgId, username: who.username });
  isError(await api.call('POST', '/auth/login', {
    challengeIdentifier: old.body.challengeIdentifier,
    firstFactor: who.key.get(old.body.challenge) }), 401, 'Unauthorized');
});

test('nobody is known any more, but the browser that recovered', async () => {
  const shared = [instance, api];
  try {
    instance = await start({ set: { 'rate_limiter.enabled': 'true' } });
    api = instance.client();
    const who = await someone();
    await login(api, who.orgId, who.username, who.key);
    const before_ = api.jar.get('hanko_device');
    const begun = await init(who, await codeOf(who));
    const done = await recover(begun, body(who, begun), { status: 200 });
    assert.match(done.cookies[0], /^hanko_device=.*; Max-Age=7776000; HttpOnly/);
    assert.notEqual(api.jar.get('hanko_device'), before_);
    assert.deepEqual(await instance.sql(`SELECT known_epoch, COUNT(network)
      FROM known_networks JOIN users ON id = user_id GROUP BY id`),
    [['1', '1']]);
  } finally {
    await instance.stop();
    [instance, api] = shared;
  }
});

test('what was not signed by the recovery key is 401, five times', async () => {
  const who = await someone();
  const begun = await init(who, await codeOf(who, 'PUT'));
  const tampered = body(who, begun);
  tampered.newCredentials.firstFactorCredential.credentialName = 'x';
  const stale = body(who, { body: { challenge: 'b3RoZXI' } });
  for (const what of [tampered, stale,
    body(who, begun, { signer: new Key('p256', who.recovery.credId) }),
    body(who, begun, { signer: who.key }),
    body(who, begun, { text: begun.body.challenge })])
    isError(await recover(begun, what), 401, 'Unauthorized');
  isError(await recover(begun, body(who, begun)), 401, BAD_TOKEN);
  await login(api, who.orgId, who.username, who.key);
});

test('the code: wrong, used, of another purpose, wrong 50 times', async () => {
  const who = await someone();
  const code = await codeOf(who);
  isError(await init(who, '0000-0000-0000-0000'), 403, 'Invalid code');
  isError(await api.call('POST', '/auth/login/init', { orgId: who.orgId,
    username: who.username, loginCode: code }), 403, 'Invalid code');
  assert.equal((await init(who, code)).status, 200);
  isError(await init(who, code), 403, 'Invalid code');
  const other = await someone();
  const live = await codeOf(other);
  isError(await init({ ...other, username: 'nobody@example.org' }, live), 403,
    'Invalid code');
  isError(await init(who, live), 403, 'Invalid code');
  await Promise.all(Array.from({ length: 50 }, () =>
    init(other, '0000-0000-0000-0001')));
  assert.equal((await init(other, live)).status, 200);
});

test('a wrong credential uses up a try of the code, not the code', async () => {
  const who = await someone();
  const code = await codeOf(who);
  const NO_KEY = 'Credential cannot be used as a recovery factor.';
  for (const credentialId of [who.key.credId, 'b3RoZXI', `${who.key.credId}x`])
    isError(await init(who, code, { credentialId }), 401, NO_KEY);
  isError(await init(who, '0000-0000-0000-0000'), 403, 'Invalid code');
  const begun = await init(who, code);
  assert.equal(begun.status, 200);
  isError(await init(who, code), 403, 'Invalid code');
  await recover(begun, body(who, begun), { status: 200 });
  const other = await someone();
  const spoilt = await codeOf(other);
  for (let i = 0; i < 5; i++)
    isError(await init(other, spoilt, { credentialId: 'b3RoZXI' }), 401,
      NO_KEY);
  isError(await init(other, spoilt), 403, 'Invalid code');
});

test('a Key is no recovery key; malformed bodies are 400', async () => {
  const who = await someone();
  isError(await init(who, await codeOf(who),
    { credentialId: who.key.credId }), 401,
  'Credential cannot be used as a recovery factor.');
  const other = await someone();
  const begun = await init(other, await codeOf(other));
  const right = body(other, begun);
  for (const what of [{}, { ...right, newCredentials: {} },
    { ...right, recovery: { ...right.recovery, kind: 'Key' } }])
    assert.equal((await recover(begun, what)).status, 400);
  assert.equal((await init(who, '')).status, 400);
  await recover(begun, right, { status: 200 });
});

test('a recovery key neither logs in nor registers, nor its token', async () => {
  const who = await someone();
  const begun = await init(who, await codeOf(who));
  const bearer = begun.body.temporaryAuthenticationToken;
  isError(await api.call('GET', '/auth/credentials', undefined, { bearer }),
    401, BAD_TOKEN);
  isError(await api.call('POST', '/auth/registration', {
    firstFactorCredential: new Key().create(begun.body.challenge) },
  { bearer }), 401, BAD_TOKEN);
  const challenge = await api.call('POST', '/auth/login/init',
    { orgId: who.orgId, username: who.username });
  assert.equal((await api.call('POST', '/auth/login', {
    challengeIdentifier: challenge.body.challengeIdentifier,
    firstFactor: who.recovery.get(challenge.body.challenge,
      'RecoveryKey') })).status, 400);
});

test('20 parallel recoveries: one', async () => {
  const who = await someone();
  const begun = await init(who, await codeOf(who));
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    recover(begun, body(who, begun))));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

/* It drops the path of its baseUrl, so it is not for a prefix. */
if (!process.env.POSTERN_PREFIX)
  test('the client from npm: code, challenge, recovery', async () => {
    const who = await someone();
    const { orgId, username } = who;
    const options = { baseUrl: instance.url, orgId };
    const { auth } = new sdk.DfnsApiClient(options);
    await auth.sendRecoveryCode({ body: { orgId, username } });
    const begun = { body: await auth.createRecoveryChallenge({ body: { orgId,
      username, verificationCode: await codeTo(instance.mailDir, username, 2),
      credentialId: who.recovery.credId } }) };
    const done = await new sdk.DfnsApiClient({ ...options,
      authToken: begun.body.temporaryAuthenticationToken })
      .auth.recover({ body: body(who, begun) });
    assert.equal(done.credential.kind, 'Key');
  });

test('without a database nothing is recovered, and nothing is lost', async () => {
  const who = await someone();
  const begun = await init(who, await codeOf(who));
  const what = body(who, begun);
  await instance.service('stop', 'mariadb');
  isError(await recover(begun, what), 503, 'Service Unavailable');
  await instance.service('start', 'mariadb');
  await until(async () => (await recover(begun, what)).status === 200,
    'the recovery');
});
