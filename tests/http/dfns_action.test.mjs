/* Dfns: user actions, and the credentials that they change. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { Key, announce, approve, header, isError, loggedIn, login, signed }
  from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const NOT_SIGNED = 'user action signature is missing or invalid';
const USED = 'user action has already been used';
let instance;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug' } });
});
after(() => instance?.stop());

/* A member who is logged in. */
async function someone() {
  const who = await loggedIn(instance, `Action ${++count}`,
    freshAddress('a'));
  who.list = async () =>
    (await who.call('GET', '/auth/credentials')).body.items;
  return who;
}

/* How often something was refused for a reason, as the audit log has it. */
const noted = (type, error) => instance.log().split('\n')
  .filter((line) => line.includes('"audience":"audit"'))
  .map((line) => JSON.parse(line))
  .filter((line) => line.type === type && line.error === error).length;

/* One more Key for somebody. */
async function addKey(who, key = new Key(), kind = 'Key', more = {}) {
  const { body } = await who.call('POST', '/auth/credentials/init', { kind },
    { status: 200 });
  const { credentialKind, credentialInfo, encryptedPrivateKey } =
    key.create(body.challenge, { kind, ...more });
  const done = await signed(who, 'POST', '/auth/credentials', {
    challengeIdentifier: body.challengeIdentifier, credentialName: 'second',
    credentialKind, credentialInfo, encryptedPrivateKey });
  assert.equal(done.status, 200, done.text);
  return { key, credential: done.body };
}

test('a credential is created, shows, logs in, is switched off and on',
  async () => {
    const who = await someone();
    const { key, credential } = await addKey(who, new Key('ed25519'));
    assert.equal(credential.credentialId, key.credId);
    assert.equal(credential.name, 'second');
    assert.equal((await who.list()).length, 2);
    await login(who.api, who.orgId, who.username, key);
    const body = { credentialUuid: credential.credentialUuid };
    const off = await signed(who, 'PUT', '/auth/credentials/deactivate', body);
    assert.deepEqual(off.body, { message: 'success' });
    const begun = await who.api.call('POST', '/auth/login/init',
      { orgId: who.orgId, username: who.username });
    assert.deepEqual(begun.body.allowCredentials.key.map(({ id }) => id),
      [who.key.credId]);
    const listed = (await who.list()).find(({ credentialUuid }) =>
      credentialUuid === credential.credentialUuid);
    assert.equal(listed.isActive, false);
    await signed(who, 'PUT', '/auth/credentials/activate', body);
    await login(who.api, who.orgId, who.username, key);
  });

test('an encrypted key is shown to its owner without a code', async () => {
  const who = await someone();
  const { key } = await addKey(who, new Key(), 'PasswordProtectedKey',
    { encrypted: 'secret' });
  const { body } = await announce(who, 'PUT', '/x', '{}', { status: 200 });
  assert.deepEqual(body.allowCredentials.passwordProtectedKey, [{
    type: 'public-key', id: key.credId, encryptedPrivateKey: 'secret' }]);
});

test('the last credential that logs in stays', async () => {
  const who = await someone();
  await addKey(who, new Key(), 'RecoveryKey');
  const [{ credentialUuid }] = (await who.list()).filter(({ kind }) =>
    kind === 'Key');
  isError(await signed(who, 'PUT', '/auth/credentials/deactivate',
    { credentialUuid }), 400, 'cannot deactivate the last active credential');
});

/* Give up a credential of theirs, as the newer clients do: without a body. */
async function discard(who, uuid, signer) {
  const path = `/auth/credentials/${uuid}`;
  const action = await approve(who, 'DELETE', path, '', signer);
  const answer = await who.call('DELETE', path, undefined, header(action));
  return { answer, action };
}

test('a credential is deleted: no use, not listed, its id never free',
  async () => {
    const who = await someone();
    const { key, credential } = await addKey(who, new Key('ed25519'));
    const listed = (await who.list()).find(({ credentialUuid }) =>
      credentialUuid === credential.credentialUuid);
    const { answer, action } = await discard(who, credential.credentialUuid);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.body, { ...listed, isActive: false });
    assert.deepEqual((await who.list()).map(({ credentialId }) =>
      credentialId), [who.key.credId]);
    const begun = await who.api.call('POST', '/auth/login/init',
      { orgId: who.orgId, username: who.username });
    isError(await who.api.call('POST', '/auth/login', {
      challengeIdentifier: begun.body.challengeIdentifier,
      firstFactor: key.get(begun.body.challenge) }), 401, 'Unauthorized');
    isError(await who.call('DELETE',
      `/auth/credentials/${credential.credentialUuid}`, undefined,
      header(action)), 400, USED);
    isError((await discard(who, credential.credentialUuid)).answer, 404,
      'credential not found');
    const { body } = await who.call('POST', '/auth/credentials/init',
      { kind: 'Key' }, { status: 200 });
    isError(await signed(who, 'POST', '/auth/credentials', {
      challengeIdentifier: body.challengeIdentifier,
      ...key.create(body.challenge, { name: 'Again' }) }), 400,
    'credential already exists');
  });

test('a recovery key may be deleted, the last that logs in not', async () => {
  const who = await someone();
  const { credential } = await addKey(who, new Key(), 'RecoveryKey');
  const [own] = (await who.list()).filter(({ kind }) => kind === 'Key');
  isError((await discard(who, own.credentialUuid)).answer, 400,
    'cannot delete the last active credential');
  assert.equal((await discard(who, credential.credentialUuid)).answer.status,
    200);
  assert.equal((await who.list()).length, 1);
});

test('what is deleted is one\'s own, and was signed', async () => {
  const who = await someone();
  const other = await someone();
  const [{ credentialUuid }] = await other.list();
  for (const uuid of [credentialUuid, 'cr-x', credentialUuid.toUpperCase(),
    'cr-0a3cm-3qjiv-99loovcu1sd2mf2d'])
    isError((await discard(who, uuid)).answer, 404, 'credential not found');
  isError(await other.call('DELETE', `/auth/credentials/${credentialUuid}`),
    403, NOT_SIGNED);
  assert.equal((await other.list()).length, 1);
});

for (const verb of ['activate', 'deactivate'])
  test(`${verb}: what is not one's own is 404, and the action is spent`,
  async () => {
    const who = await someone();
    const other = await someone();
    const path = `/auth/credentials/${verb}`;
    const [{ credentialUuid }] = await other.list();
    for (const uuid of [credentialUuid, 'cr-x',
      'cr-0a3cm-3qjiv-99loovcu1sd2mf2d']) {
      const body = { credentialUuid: uuid };
      const action = await approve(who, 'PUT', path, JSON.stringify(body));
      isError(await who.call('PUT', path, body, header(action)), 404,
        'credential not found');
      isError(await who.call('PUT', path, body, header(action)), 400, USED);
    }
  });

test('an action is for one request: method, path, body, user, session',
  async () => {
    const who = await someone();
    const other = await someone();
    const path = '/auth/credentials/activate';
    const body = { credentialUuid: (await who.list())[0].credentialUuid };
    const text = JSON.stringify(body);
    const action = await approve(who, 'PUT', path, text);
    const again = await login(who.api, who.orgId, who.username, who.key);
    for (const [what, answer] of Object.entries({
      missing: await who.call('PUT', path, body),
      forged: await who.call('PUT', path, body, header(`${action}x`)),
      'a user token': await who.call('PUT', path, body, header(who.token)),
      'another path': await who.call('PUT', '/auth/credentials/deactivate',
        body, header(action)),
      'another body': await who.call('PUT', path, { ...body, x: 1 },
        header(action)),
      'another method': await who.call('POST', '/auth/credentials', body,
        header(action)),
      'another user': await other.call('PUT', path, body, header(action)),
      'another session': await who.call('PUT', path, body,
        { ...header(action), bearer: again }),
      'as a bearer': await who.call('PUT', path, body,
        { ...header(action), bearer: action }),
    }))
      assert.equal(answer.status, what === 'as a bearer' ? 401 : 403, what);
    isError(await who.call('PUT', path, body), 403, NOT_SIGNED);
    /* The same value in other words is the same. */
    await who.call('PUT', path, undefined, { ...header(action),
      raw: `{ "credentialUuid" : "${body.credentialUuid}" }`, status: 200 });
    isError(await who.call('PUT', path, body, header(action)), 400, USED);
  });

test('20 parallel uses: one', async () => {
  const who = await someone();
  const path = '/auth/credentials/activate';
  const body = { credentialUuid: (await who.list())[0].credentialUuid };
  const action = await approve(who, 'PUT', path, JSON.stringify(body));
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    who.call('PUT', path, body, header(action))));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.ok(answers.every(({ status }) => status === 200 || status === 400));
});

test('an expired action is 403', async () => {
  const who = await someone();
  const path = '/auth/credentials/activate';
  const body = { credentialUuid: (await who.list())[0].credentialUuid };
  const action = await approve(who, 'PUT', path, JSON.stringify(body));
  await instance.sql('UPDATE ceremonies SET expires_at = UTC_TIMESTAMP(6)'
    + ' - INTERVAL 1 SECOND');
  isError(await who.call('PUT', path, body, header(action)), 403, NOT_SIGNED);
});

test('a challenge for an action is its own, and for one try', async () => {
  const who = await someone();
  const other = await someone();
  const answer = (asking, begun, key) => asking.call('POST', '/auth/action', {
    challengeIdentifier: begun.body.challengeIdentifier,
    firstFactor: key.get(begun.body.challenge) });
  const fresh = () => announce(who, 'PUT', '/auth/x', '{}');
  const bad = 'Challenge token is not valid.';
  const failed = 'dfns_user_action_failed';
  isError(await answer(other, await fresh(), who.key), 400, bad);
  assert.equal(noted(failed, 'challenge of another session'), 1);
  const spoilt = await fresh();
  isError(await answer(who, spoilt, other.key), 401, 'Unauthorized');
  assert.equal(noted(failed, 'unknown challenge'), 0);
  isError(await answer(who, spoilt, who.key), 400, bad);
  assert.equal(noted(failed, 'unknown challenge'), 1);
  const begun = await who.api.call('POST', '/auth/login/init',
    { orgId: who.orgId, username: who.username });
  isError(await answer(who, begun, who.key), 400, bad);
  const mine = await fresh();
  isError(await who.api.call('POST', '/auth/login', {
    challengeIdentifier: mine.body.challengeIdentifier,
    firstFactor: who.key.get(mine.body.challenge) }), 400, bad);
  assert.equal((await announce(who, 'HEAD', '/x', '')).status, 400);
  isError(await announce(who, 'PUT', '/x', '', { bearer: 'x' }), 401,
    'user token is missing or invalid');
  isError(await answer({ call: (...args) => who.call(...args,
    { bearer: 'x' }) }, await fresh(), who.key), 401,
  'user token is missing or invalid');
});

test('what a new credential must be', async () => {
  const who = await someone();
  const begin = (kind, opts) =>
    who.call('POST', '/auth/credentials/init', { kind }, opts);
  for (const kind of ['Totp', 'Password', 'x'])
    assert.equal((await begin(kind)).status, 400);
  isError(await begin('Key', { bearer: 'x' }), 401,
    'user token is missing or invalid');
  const create = async (begun, key, kind, name = 'n') => {
    const made = key.create(begun.body.challenge, { kind, encrypted: 'x' });
    return signed(who, 'POST', '/auth/credentials', {
      challengeIdentifier: begun.body.challengeIdentifier,
      credentialName: name, credentialKind: made.credentialKind,
      credentialInfo: made.credentialInfo,
      encryptedPrivateKey: kind === 'Key' ? undefined : 'x' });
  };
  const bad = 'Challenge token is not valid.';
  isError(await create(await begin('Key'), new Key(),
    'PasswordProtectedKey'), 400, bad);
  const twice = await begin('Key');
  isError(await create(twice, who.key, 'Key'), 400,
    'credential already exists');
  const failed = 'dfns_credential_failed';
  const unknown = noted(failed, 'unknown challenge');
  isError(await create(twice, new Key(), 'Key'), 400, bad);
  assert.equal(noted(failed, 'unknown challenge'), unknown + 1);
  assert.equal((await create(await begin('Key'), new Key(), 'Key', '')).status,
    400);
  const other = await begin('Key');
  other.body.challenge = 'b3RoZXI';
  isError(await create(other, new Key(), 'Key'), 401, 'Unauthorized');
});

/* It drops the path of its baseUrl, so it is not for a prefix. */
if (!process.env.POSTERN_PREFIX)
  test('the client from npm does all of it by itself', async () => {
    const who = await someone();
    const { auth } = new sdk.DfnsApiClient({ baseUrl: instance.url,
      orgId: who.orgId, authToken: who.token,
      signer: new keysigner.AsymmetricKeySigner({ credId: who.key.credId,
        privateKey: who.key.privateKey.export(
          { type: 'pkcs8', format: 'pem' }) }) });
    const challenge = await auth.createCredentialChallenge(
      { body: { kind: 'Key' } });
    const { credentialKind, credentialInfo } =
      new Key('p384').create(challenge.challenge);
    const made = await auth.createCredential({ body: {
      challengeIdentifier: challenge.challengeIdentifier,
      credentialName: 'by the client', credentialKind, credentialInfo } });
    const body = { credentialUuid: made.credentialUuid };
    assert.deepEqual(await auth.deactivateCredential({ body }),
      { message: 'success' });
    assert.deepEqual(await auth.activateCredential({ body }),
      { message: 'success' });
    const { items } = await auth.listCredentials();
    assert.equal(items.length, 2);
  });
