/* Dfns: a login by a passkey that says whose it is. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { cost } from '../lib/cost.mjs';
import { Key, codeTo, createOrg, isError, member, ofDefault, register,
  strangerTo } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

const ORIGIN = 'http://localhost:8080';
const NOBODY = 'us-2ba0h-lvp2q-8v1860pcj1bh5irf';
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'dfns.usernameless': 'true',
    'webauthn.relying_party.origins': ORIGIN } });
  api = instance.client();
});
after(() => instance?.stop());

const init = (orgId, more = {}, opts = {}) =>
  api.call('POST', '/auth/login/init', { orgId, ...more }, opts);
const answering = (begun, firstFactor) => ({ challengeIdentifier:
  begun.body.challengeIdentifier, firstFactor });
const complete = (begun, firstFactor, more = {}, opts = {}) =>
  api.call('POST', '/auth/login',
    { ...answering(begun, firstFactor), ...more }, opts);

/* What a passkey says; lies as of the authenticator. */
function said(begun, device, lies = {}) {
  const { id, response } = device.get(
    { challenge: b64(begun.body.challenge) }, lies);
  return { kind: 'Fido2', credentialAssertion: { credId: id,
    clientData: response.clientDataJSON,
    authenticatorData: response.authenticatorData,
    signature: response.signature,
    userHandle: response.userHandle ?? undefined } };
}

/* A member whose only credential is a passkey. */
async function someone() {
  const username = freshAddress('n');
  const orgId = await createOrg(instance, `Nameless ${++count}`, username);
  const device = new Authenticator({ origin: ORIGIN });
  const done = await register(api, orgId, username,
    await codeTo(instance.mailDir, username), (challenge, { user }) => {
      const { id, response } = device.create({ challenge: b64(challenge),
        user: { id: b64(user.id) } });
      return { credentialKind: 'Fido2', credentialInfo: { credId: id,
        clientData: response.clientDataJSON,
        attestationData: response.attestationObject } };
    });
  return { orgId, username, device, user: done.body.user };
}

/* Somebody whose passkey came through the other API, and was admitted here. */
const hankoUser = () => ofDefault(instance, { origin: ORIGIN });

test('the challenge names nobody, and the passkey says who', async () => {
  const who = await someone();
  const begun = await init(who.orgId, {}, { status: 200 });
  assert.deepEqual(begun.body.allowCredentials, { key: [], webauthn: [] });
  assert.deepEqual(begun.body.supportedCredentialKinds,
    [{ kind: 'Fido2', factor: 'either', requiresSecondFactor: false }]);
  const factor = said(begun, who.device);
  assert.equal(Buffer.from(factor.credentialAssertion.userHandle,
    'base64url').toString(), who.user.id);
  const done = await complete(begun, factor, {}, { status: 200 });
  const { payload } = peek(done.body.token);
  assert.equal(payload['https://custom/username'], who.username);
  assert.equal(payload['https://custom/app_metadata'].userId, who.user.id);
  await api.call('GET', '/auth/credentials', undefined,
    { bearer: done.body.token, status: 200 });
  isError(await complete(begun, said(begun, who.device)), 400,
    'Challenge token is not valid.');
});

test('a passkey of the other API, whose handle has 16 bytes', async () => {
  const who = await hankoUser();
  const begun = await init(who.orgId, {}, { status: 200 });
  const factor = said(begun, who.device);
  assert.equal(Buffer.from(factor.credentialAssertion.userHandle,
    'base64url').length, 16);
  const done = await complete(begun, factor, {}, { status: 200 });
  assert.equal(peek(done.body.token).payload['https://custom/username'],
    who.username);
});

test('a passkey that was registered elsewhere, with a handle of its own',
  async () => {
    for (const handle of [Buffer.alloc(16, 9), Buffer.alloc(32, 9)]) {
      const who = await hankoUser();
      const id = Buffer.from(said(await init(who.orgId), who.device)
        .credentialAssertion.credId, 'base64url').toString('hex');
      await instance.sql(`UPDATE webauthn_credentials SET user_handle =
        UNHEX('${handle.toString('hex')}')
        WHERE id_hash = UNHEX(SHA2(UNHEX('${id}'), 256))`);
      const begun = await init(who.orgId, {}, { status: 200 });
      const done = await complete(begun, said(begun, who.device,
        { userHandle: handle }), {}, { status: 200 });
      assert.equal(peek(done.body.token).payload['https://custom/username'],
        who.username);
      /* Of another passkey it is nobody's. */
      const other = await hankoUser();
      const again = await init(who.orgId);
      isError(await complete(again, said(again, other.device,
        { userHandle: handle })), 401, 'Unauthorized');
    }
  });

test('who is not named, or is somebody else, is nobody', async () => {
  const who = await hankoUser();
  const other = await hankoUser();
  const elsewhere = await someone();
  const lies = {
    'no handle': { userHandle: null },
    'an empty handle': { userHandle: Buffer.alloc(0) },
    'another user': { userHandle: other.device.userHandle },
    'of another organisation': { userHandle: elsewhere.device.userHandle },
    'nobody': { userHandle: Buffer.from(NOBODY) },
    'nobody of 16 bytes': { userHandle: Buffer.alloc(16, 7) },
    'no id': { userHandle: Buffer.from('us-x') },
    'an id of another kind': { userHandle: Buffer.from(who.orgId) },
    'a forged signature': { signature: () => Buffer.alloc(70, 1) },
    'an unknown credential': { id: Buffer.alloc(32, 5) },
    'no verification': { clear: 4 },
    'another origin': { client: { origin: 'https://evil.example' } },
    'another challenge': { client: { challenge: 'b3RoZXI' } },
  };
  for (const [what, lie] of Object.entries(lies)) {
    const begun = await init(who.orgId);
    const answer = await complete(begun, said(begun, who.device, lie));
    assert.equal(answer.status, 401, what);
    isError(answer, 401, 'Unauthorized');
  }
  /* It is told in its own organisation only. */
  const begun = await init(who.orgId);
  isError(await complete(begun, said(begun, elsewhere.device)), 401,
    'Unauthorized');
  const there = await init(elsewhere.orgId);
  isError(await complete(there, said(there, who.device)), 401,
    'Unauthorized');
});

test('nothing but passkeys answers', async () => {
  const who = await member(instance, `Nameless ${++count}`, freshAddress('k'));
  for (const kind of ['Key', 'PasswordProtectedKey']) {
    const begun = await init(who.orgId);
    isError(await complete(begun, who.key.get(begun.body.challenge, kind)),
      401, 'Unauthorized');
  }
  const passkey = await someone();
  const begun = await init(passkey.orgId);
  isError(await complete(begun, said(begun, passkey.device),
    { secondFactor: new Key().get(begun.body.challenge) }), 401,
  'Unauthorized');
});

test('what was begun with a name is not answered without', async () => {
  const who = await someone();
  const begun = await init(who.orgId, { username: 'nobody@example.org' },
    { status: 200 });
  isError(await complete(begun, said(begun, who.device)), 401,
    'Unauthorized');
  isError(await init(who.orgId, { username: '' }), 400,
    'Invalid request: username is missing or malformed');
  for (const more of [{ username: 1 }, { username: {} }, { orgId: '' },
    { orgId: undefined }])
    assert.equal((await init(who.orgId, more)).status, 400);
  await init(who.orgId, { username: null }, { status: 200 });
});

test('a login code is of nobody', async () => {
  const who = await someone();
  isError(await init(who.orgId, { loginCode: '1234-1234-1234-1234' }), 403,
    'Invalid code');
});

test('20 parallel answers: one session', async () => {
  const who = await someone();
  const begun = await init(who.orgId);
  const factor = said(begun, who.device);
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    complete(begun, factor)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.ok(answers.every(({ status }) => status === 200 || status === 400));
});

test('a deactivated credential, user and organisation', async () => {
  for (const [off, status, message] of [
    ['webauthn_credentials SET active = 0', 401, 'Unauthorized'],
    ['members SET active = 0', 400, 'User account has been deactivated.'],
    ['members SET archived_at = UTC_TIMESTAMP(6)', 401, 'User not found'],
    ['tenants SET active = 0', 401, 'User not found'],
  ]) {
    const who = await someone();
    const begun = await init(who.orgId);
    await instance.sql(`UPDATE ${off} ORDER BY created_at DESC LIMIT 1`);
    /* Only who proves to be them learns of it. */
    const forged = await init(who.orgId);
    isError(await complete(forged, said(forged, who.device,
      { signature: () => Buffer.alloc(70, 1) })), 401, 'Unauthorized');
    isError(await complete(begun, said(begun, who.device)), status, message);
  }
});

test('who is unknown costs the same, an organisation too', async () => {
  const who = await someone();
  const post = (path, body) => cost(instance, api, 'POST', path, body);
  const seen = [];
  for (const [orgId, lie] of [
    [who.orgId, { signature: () => Buffer.alloc(70, 1) }],
    [who.orgId, { userHandle: Buffer.from(NOBODY) }],
    [who.orgId, { userHandle: null }],
    ['or-34513-nip9c-8bppvgqgj28dbodrc', {}],
    [strangerTo(who.orgId), {}],
  ]) {
    const begun = await post('/auth/login/init', { orgId });
    assert.equal(begun.response.status, 200);
    const done = await post('/auth/login', answering(begun.response,
      said(begun.response, who.device, lie)));
    isError(done.response, 401, 'Unauthorized');
    seen.push([Object.keys(begun.response.body), begun.statements,
      done.statements]);
  }
  for (const one of seen)
    assert.deepEqual(one, seen[0]);
});

test('limits count the network, for there is no account', async () => {
  const one = await start({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.challenge_limits.tokens': '60',
    'rate_limiter.challenge_limits.interval': '24h',
    'dfns.usernameless': 'true' } });
  try {
    const limited = one.client();
    const statuses = [];
    for (let i = 0; i < 61; i++)
      statuses.push((await limited.call('POST', '/auth/login/init',
        { orgId: NOBODY })).status);
    assert.deepEqual(statuses, [...Array(60).fill(200), 429]);
  } finally {
    await one.stop();
  }
});
