/*
 * Dfns: every worked example of tests/vectors/dfns-vectors.json that speaks of
 * requests, through the real server.  Ids and challenges are those of the
 * file: they are put into the database in the place of those that were drawn.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import { codeTo, createOrg, isError } from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

const V = JSON.parse(readFileSync(
  join(top, 'tests/vectors/dfns-vectors.json'), 'utf8'));
const { fixture } = V;
const who = { orgId: fixture.orgId, username: fixture.username };
let instance;
let api;
let codes = 0; /* that came by mail */

/* "or-..." as the hexadecimal of its UUID. */
function hexOf(id) {
  let n = 0n;
  for (const digit of id.slice(3).replaceAll('-', ''))
    n = n * 32n + BigInt(Number.parseInt(digit, 32));
  return n.toString(16).padStart(32, '0');
}

/* Give a row, and all that names it, the id of the file. */
async function rename(table, column, from, id) {
  const rows = await instance.sql(`SELECT table_name FROM
    information_schema.columns WHERE table_schema = DATABASE()
    AND column_name = '${column}'`);
  const where = `= UNHEX('${from}')`;
  await instance.sql(`SET FOREIGN_KEY_CHECKS = 0;
    UPDATE ${table} SET id = UNHEX('${hexOf(id)}') WHERE id ${where};
    ${rows.map(([name]) => `UPDATE ${name} SET ${column} =
      UNHEX('${hexOf(id)}') WHERE ${column} ${where};`).join('\n')}`);
}

before(async () => {
  instance = await start({ prefix: '', set: { 'log.level': 'debug',
    'audit_log.storage.enabled': 'true' } });
  api = instance.client();
  const orgId = await createOrg(instance, fixture.rpName, fixture.username,
    fixture.rpId, fixture.origin);
  const [[user]] = await instance.sql('SELECT HEX(user_id) FROM members');
  await codeTo(instance.mailDir, fixture.username, ++codes);
  await rename('tenants', 'tenant_id', hexOf(orgId), fixture.orgId);
  await rename('users', 'user_id', user, fixture.userId);
});
after(() => instance?.stop());

const b64url = (data) => Buffer.from(data).toString('base64url');
const sql = (text) => instance.sql(text);
const inject = (challenge) =>
  sql(`UPDATE ceremonies SET challenge = '${challenge}'`);
const code = () => codeTo(instance.mailDir, who.username, ++codes);

/* The reason of the last refusal, as the audit log has it. */
async function whyNot() {
  const [[error]] = await sql(`SELECT error FROM audit_logs
    WHERE error IS NOT NULL ORDER BY created_at DESC LIMIT 1`);
  return error;
}

/* Begin anew: nobody has registered. */
async function beginRegistration(challenge) {
  for (const table of ['key_credentials', 'webauthn_credentials',
    'ceremonies', 'sessions', 'passcodes'])
    await sql(`DELETE FROM ${table}`);
  await sql('UPDATE members SET registered = 0');
  await api.call('PUT', '/auth/registration/code', who, { status: 200 });
  const begun = await api.call('POST', '/auth/registration/init',
    { ...who, registrationCode: await code() }, { status: 200 });
  assert.equal(begun.body.user.id, fixture.userId);
  assert.deepEqual(begun.body.rp,
    { id: fixture.rpId, name: fixture.rpName });
  await inject(challenge);
  return (body, opts) => api.call('POST', '/auth/registration', body,
    { bearer: begun.body.temporaryAuthenticationToken, ...opts });
}

/* Register with the credentials of these examples. */
async function register(first, more = {}) {
  const v = V.registration[first];
  const complete = await beginRegistration(v.challenge);
  const done = await complete({ firstFactorCredential: v.request, ...more });
  assert.equal(done.status, 200, `${first}: ${done.text}`);
  return done.body;
}

/* The example that registers what another signs with. */
const registrationOf = (credId) => Object.keys(V.registration).find((name) =>
  V.registration[name].request?.credentialInfo.credId === credId);

async function beginLogin(challenge, withCode = false) {
  let loginCode;
  if (withCode) {
    await api.call('POST', '/auth/login/code', who, { status: 200 });
    loginCode = await code();
  }
  const begun = await api.call('POST', '/auth/login/init',
    { ...who, loginCode }, { status: 200 });
  await inject(challenge);
  return (firstFactor) => api.call('POST', '/auth/login', { firstFactor,
    challengeIdentifier: begun.body.challengeIdentifier });
}

/* Somebody who is logged in with the P-256 key of the file. */
async function loggedIn() {
  await register('key_p256_sdk_browser');
  const { challenge, firstFactor } = V.login.key_p256;
  return (await (await beginLogin(challenge))(firstFactor)).body.token;
}

for (const [name, v] of Object.entries(V.registration)
  .filter(([, { request }]) => request))
  test(`registration/${name}`, async () => {
    const { credentialKind, credentialInfo, encryptedPrivateKey } = v.request;
    const recovery = credentialKind === 'RecoveryKey';
    const passkey = credentialKind === 'Fido2';
    const done = recovery
      ? await register('key_p256_sdk_browser',
        { recoveryCredential: v.request })
      : await register(name);
    assert.equal(done.credential.kind, recovery ? 'Key' : credentialKind);
    assert.equal(done.user.id, fixture.userId);
    assert.equal(done.user.orgId, fixture.orgId);
    const stored = passkey
      ? await sql('SELECT HEX(credential_id), sign_count, rp_id, origin'
        + ' FROM webauthn_credentials')
      : await sql('SELECT cred_id, fingerprint, encrypted_private_key'
        + ` FROM key_credentials WHERE kind = '${credentialKind}'`);
    assert.equal(stored.length, 1);
    const { spki_sha256_fingerprint: fingerprint } = V.keys[v.key];
    const origin = JSON.parse(Buffer.from(credentialInfo.clientData,
      'base64url')).origin;
    assert.deepEqual(stored[0], passkey
      ? [Buffer.from(credentialInfo.credId, 'base64url').toString('hex')
        .toUpperCase(), String(v.signCount ?? 0), fixture.rpId, origin]
      : [credentialInfo.credId, fingerprint, encryptedPrivateKey ?? null]);
    /* The same over another challenge is refused. */
    const complete = await beginRegistration('b3RoZXI');
    isError(await complete(recovery
      ? { firstFactorCredential: V.registration.key_p256_sdk_browser.request,
        recoveryCredential: v.request }
      : { firstFactorCredential: v.request }), 401, 'Unauthorized');
    assert.equal(await whyNot(), 'challenge');
  });

for (const [name, v] of Object.entries(V.login)
  .filter(([, { firstFactor }]) => firstFactor))
  test(`login/${name}`, async () => {
    const { credentialAssertion, kind } = v.firstFactor;
    await register(registrationOf(credentialAssertion.credId));
    const complete = await beginLogin(v.challenge,
      kind === 'PasswordProtectedKey');
    const done = await complete(v.firstFactor);
    assert.equal(done.status, 200, done.text);
    const { header, payload } = peek(done.body.token);
    const model = peek(V.jwt.tokens.user_token.token);
    assert.equal(header.alg, V.jwt.jwk.alg);
    assert.deepEqual(Object.keys(payload).sort(),
      Object.keys(model.payload).sort());
    for (const claim of ['aud', 'sub', 'https://custom/username', 'scope',
      'permissions'])
      assert.deepEqual(payload[claim], model.payload[claim], claim);
    assert.deepEqual({ ...payload['https://custom/app_metadata'],
      tokenId: undefined }, { ...model.payload['https://custom/app_metadata'],
      tokenId: undefined });
  });

/* Passwords are off: what is well-formed gets no further than that. */
test('login/password_totp is read, not malformed', async () => {
  await register('key_p256_sdk_browser');
  const { firstFactor, secondFactor } = V.login.password_totp.request;
  const { body } = await api.call('POST', '/auth/login/init', who);
  isError(await api.call('POST', '/auth/login', { firstFactor, secondFactor,
    challengeIdentifier: body.challengeIdentifier }), 401, 'Unauthorized');
});

for (const v of V.negative.cases)
  test(`negative: ${v.name}`, async () => {
    await register('key_p256_sdk_browser');
    const complete = await beginLogin(V.negative.challenge);
    isError(await complete({ kind: v.kind ?? 'Key',
      credentialAssertion: v.credentialAssertion }), 401, 'Unauthorized');
    assert.equal(await whyNot(), v.failing_check);
  });

for (const v of V.negative.fido2)
  test(`negative, Fido2: ${v.name}`, async () => {
    await register('fido2_none_sdk');
    const complete = await beginLogin(V.negative.challenge);
    isError(await complete({ kind: 'Fido2',
      credentialAssertion: v.credentialAssertion }), 401, 'Unauthorized');
    assert.equal(await whyNot(), v.failing_check);
  });

for (const which of ['registration', 'login'])
  test(`challenges/${which}: what it is made of`, () => {
    const { inner_utf8, challenge, double_encoded } = V.challenges[which];
    assert.equal(b64url(inner_utf8), challenge);
    assert.equal(b64url(challenge), double_encoded);
  });

test('user_action: announced, signed, done, and on record', async () => {
  const v = V.user_action;
  const bearer = await loggedIn();
  const call = (method, path, body, opts) =>
    api.call(method, path, body, { bearer, ...opts });
  const begun = await call('POST', '/auth/action/init', v.init_request,
    { status: 200 });
  /* The nonce of the file, in the place of the one that was drawn. */
  await sql(`UPDATE ceremonies SET challenge =
    '${v.recommended_challenge.challenge}', state = JSON_SET(state,
    '$.action.nonce', '${v.recommended_challenge.nonce_hex}')`);
  const { body: { userAction } } = await call('POST', '/auth/action',
    { ...v.sign_request,
      challengeIdentifier: begun.body.challengeIdentifier }, { status: 200 });
  const [[nonce, hash, client]] = await sql('SELECT nonce, payload_hash,'
    + ' client_data FROM action_signatures');
  const { method, path, body_utf8: raw } = v.final_request;
  assert.equal(hash, v.payload_sha256_hex);
  const inner = createHash('sha256').update(Buffer.from(nonce, 'hex'))
    .update(`${method}\0${path}\0`).update(Buffer.from(hash, 'hex'))
    .digest('hex');
  assert.equal(inner, v.recommended_challenge.inner_utf8);
  assert.equal(JSON.parse(client).challenge, b64url(inner));
  /* One more key, of the id that is to be switched off. */
  await sql(`INSERT INTO key_credentials SELECT
    UNHEX('${hexOf(JSON.parse(raw).credentialUuid)}'), tenant_id, user_id,
    kind, 'other', REPEAT('x', 32), name, pem, fingerprint, algorithm,
    encrypted_private_key, active, created_at, last_used_at, archived_at, 0
    FROM key_credentials`);
  const send = () => call(method, path, undefined,
    { raw, headers: { 'x-dfns-useraction': userAction } });
  assert.deepEqual((await send()).body, { message: 'success' });
  assert.deepEqual(await sql('SELECT active FROM key_credentials'
    + " WHERE cred_id = 'other'"), [['0']]);
  isError(await send(), 400, 'user action has already been used');
});

test('recovery: the request of the file, and no other text', async () => {
  const v = V.recovery;
  const begin = async () => {
    await register('key_p256_sdk_browser', { recoveryCredential:
      V.registration.recovery_key_double_encoded.request });
    await api.call('POST', '/auth/recover/user/code', who, { status: 200 });
    const begun = await api.call('POST', '/auth/recover/user/init', { ...who,
      verificationCode: await code(), credentialId:
        v.request.recovery.credentialAssertion.credId }, { status: 200 });
    assert.equal(begun.body.allowedRecoveryCredentials[0].encryptedRecoveryKey,
      V.registration.recovery_key_double_encoded.request.encryptedPrivateKey);
    await inject(v.challenge);
    return (body) => api.call('POST', '/auth/recover/user', body,
      { bearer: begun.body.temporaryAuthenticationToken });
  };
  const recover = await begin();
  const changed = structuredClone(v.request);
  changed.newCredentials.firstFactorCredential.credentialName = 'x';
  isError(await recover(changed), 401, 'Unauthorized');
  assert.equal(await whyNot(), 'challenge');
  assert.equal(JSON.stringify(v.request.newCredentials),
    v.newCredentials_utf8);
  const done = await recover(v.request);
  assert.equal(done.status, 200, done.text);
  assert.deepEqual((await sql('SELECT cred_id, archived_at IS NULL FROM'
    + ' key_credentials')).filter(([, alive]) => alive === '1')
    .map(([id]) => id),
  [v.request.newCredentials.firstFactorCredential.credentialInfo.credId]);
});

for (const [name, { token }] of Object.entries(V.jwt.tokens))
  test(`jwt/tokens/${name}: of the right form, by a key that is not ours`,
    async () => {
      const bearer = token;
      for (const [method, path] of [['GET', '/auth/credentials'],
        ['PUT', '/auth/logout'], ['POST', '/auth/registration'],
        ['POST', '/auth/recover/user']])
        isError(await api.call(method, path,
          method === 'GET' ? undefined : {}, { bearer }), 401,
        'user token is missing or invalid');
      isError(await api.call('POST', '/auth/login', { firstFactor:
        V.login.key_p256.firstFactor, challengeIdentifier: token }), 400,
      'Challenge token is not valid.');
      const mine = await loggedIn();
      isError(await api.call('PUT', '/auth/credentials/activate',
        { credentialUuid: 'cr-x' }, { bearer: mine,
          headers: { 'x-dfns-useraction': token } }), 403,
      'user action signature is missing or invalid');
    });

test('jwt/sdk_org_check: the client takes our tokens as those', async () => {
  const { accepts, rejects } = V.jwt.sdk_org_check;
  const list = (orgId, authToken) => new sdk.DfnsApiClient(
    { baseUrl: instance.url, orgId, authToken }).auth.listCredentials();
  const mine = await loggedIn();
  const theirs = V.jwt.tokens.user_token.token;
  assert.equal((await list(accepts, mine)).items.length, 1);
  await assert.rejects(list(accepts, theirs), { httpStatus: 401 });
  for (const token of [mine, theirs])
    await assert.rejects(list(rejects, token), (error) =>
      error.httpStatus === undefined || error.httpStatus < 0);
});

test('legacy_nonce_header is taken, and not looked at', async () => {
  const { value, decoded_utf8 } = V.legacy_nonce_header;
  assert.equal(b64url(decoded_utf8), value);
  for (let i = 0; i < 2; i++)
    await api.call('POST', '/auth/login/init', who, { status: 200,
      headers: { 'x-dfns-nonce': value, 'x-dfns-appid': 'ap-x' } });
});

/* Byte for byte but for the tokens that stand there as "<jwt>". */
test('http_captured', async () => {
  const bearer = await loggedIn();
  const replay = async (name, ...tokens) => {
    const bytes = V.http_captured[name].replace(/<jwt>/g,
      () => tokens.shift());
    const [, method, path] = /^(\S+) (\S+)/.exec(bytes);
    return api.raw(bytes, { method, path, first: true });
  };
  const sent = await replay('send_login_code');
  assert.deepEqual([sent.status, sent.body], [200, { message: 'success' }]);
  const begun = await replay('login_init');
  assert.equal(begun.status, 200);
  assert.ok(begun.body.challengeIdentifier);
  const listed = await replay('list_credentials', bearer);
  assert.equal(listed.body.items.length, 1);
  const raw = V.http_captured.deactivate_credential.split('\r\n\r\n')[1];
  const { body } = await api.call('POST', '/auth/action/init', {
    userActionPayload: raw, userActionHttpMethod: 'PUT',
    userActionHttpPath: '/auth/credentials/deactivate' },
  { bearer, status: 200 });
  await sql(`UPDATE ceremonies SET challenge =
    '${V.user_action.recommended_challenge.challenge}'
    WHERE purpose = 'action'`);
  const { body: { userAction } } = await api.call('POST', '/auth/action',
    { ...V.user_action.sign_request, challengeIdentifier:
      body.challengeIdentifier }, { bearer, status: 200 });
  await sql(`INSERT INTO key_credentials SELECT
    UNHEX('${hexOf(JSON.parse(raw).credentialUuid)}'), tenant_id, user_id,
    kind, 'other', REPEAT('x', 32), name, pem, fingerprint, algorithm,
    encrypted_private_key, active, created_at, last_used_at, archived_at, 0
    FROM key_credentials`);
  const off = await replay('deactivate_credential', userAction, bearer);
  assert.deepEqual([off.status, off.body], [200, { message: 'success' }]);
  const out = await replay('logout', bearer);
  assert.deepEqual([out.status, out.body], [200, { message: 'success' }]);
  isError(await replay('logout', bearer), 401,
    'user token is missing or invalid');
});
