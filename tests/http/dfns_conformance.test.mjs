/*
 * Dfns: what a conforming server does, line by line (errors, ids, encodings,
 * times, tokens, tenants), as far as no other test of this folder says it
 * already.  What must be refused: dfns_refused.test.mjs.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { ID, Key, announce, answerWith, approve, beginLogin, codeTo,
  completeLogin, createOrg, header, isError, loggedIn, login, ofDefault,
  register, sentCode, signed, uuidOf, withToken } from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';
import { description } from '../lib/openapi.mjs';
import { peek } from '../lib/token.mjs';

const V = JSON.parse(readFileSync(
  join(top, 'tests/vectors/dfns-vectors.json'), 'utf8'));
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
const init = (...args) => beginLogin(api, ...args);
const complete = (...args) => completeLogin(api, ...args);
const wish = (...args) => sentCode(instance, ...args);
const visitor = () => ofDefault(instance, { origin: ORIGIN });
const name = () => `Conformance ${++count}`;
const someone = (type) =>
  loggedIn(instance, name(), freshAddress('conform'), type);
const list = (bearer) =>
  api.call('GET', '/auth/credentials', undefined, { bearer });

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

/* Anybody can enter wrong ones: they take nothing from who has the right one. */
test('wrong login codes leave the right one', async () => {
  const who = await protectedOne();
  const loginCode = await wish(who, '/auth/login/code');
  for (let i = 0; i < 12; i++)
    isError(await init(who, { loginCode: '0000-0000-0000-0000' }), 403,
      'Invalid code');
  const { body } = await init(who, { loginCode }, { status: 200 });
  assert.equal(body.allowCredentials.passwordProtectedKey[0]
    .encryptedPrivateKey, 'ä+/=\\"');
});

test('a Key assertion for a PasswordProtectedKey is 401', async () => {
  const who = await protectedOne();
  const loginCode = await wish(who, '/auth/login/code');
  const begun = await init(who, { loginCode }, { status: 200 });
  isError(await complete(begun, who.key.get(begun.body.challenge, 'Key')),
    401, 'Unauthorized');
});

test('a code of another user of the same organisation is none', async () => {
  const [one, two] = [await visitor(), await visitor()];
  assert.equal(one.orgId, two.orgId);
  const loginCode = await wish(one, '/auth/login/code');
  isError(await init(two, { loginCode }), 403, 'Invalid code');
  await init(one, { loginCode }, { status: 200 });
  isError(await init(one, { loginCode }), 403, 'Invalid code');
});

test('an expired recovery code is 403, and so is a burnt registration code',
  async () => {
    const who = await someone();
    const verificationCode = await wish(who, '/auth/recover/user/code');
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
    verificationCode: await wish(who, '/auth/recover/user/code') },
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

/* All that the description knows; and what is nowhere. */
const ENDPOINTS = [...new Set(description().pairs()
  .map((pair) => pair.match(/^([A-Z]+ \/auth\/\S+) /)?.[1]).filter(Boolean))]
  .map((operation) => operation.replace('{id}', 'cr-x').split(' '));
const NOWHERE = [['POST', '/auth/nowhere'], ['GET', '/auth/'],
  ['DELETE', '/auth/credentials/x/y']];

/* A word behind the credentials may be an id, which can be deleted. */
const takes = (method, path) => ENDPOINTS.some(([m, p]) => m === method
  && (p === path || (p.endsWith('/cr-x')
    && path.match(/.*\//)[0] === p.match(/.*\//)[0])));
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
    for (const [method, path] of [...ENDPOINTS, ...NOWHERE])
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
    for (const [method, path] of ENDPOINTS)
      for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
        if (takes(other, path))
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
  const loginCode = await wish(one, '/auth/login/code');
  isError(await init(two, { loginCode }), 403, 'Invalid code');
  await init(one, { loginCode }, { status: 200 });
  const verificationCode = await wish(two, '/auth/recover/user/code');
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
  const [mine, theirs] = await Promise.all(people.map(async (who) =>
    withToken({ ...who, api },
      await login(api, who.orgId, username, who.key))));
  const path = '/auth/credentials/activate';
  const asked = await announce(mine, 'PUT', path, '{}', { status: 200 });
  isError(await theirs.call('POST', '/auth/action', { challengeIdentifier:
    asked.body.challengeIdentifier,
  firstFactor: two.key.get(asked.body.challenge) }), 400, BAD_CHALLENGE);
  const action = await approve(mine, 'PUT', path, '{}');
  isError(await theirs.call('PUT', path, {}, header(action)), 403, NOT_SIGNED);
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
      assert.equal((await answerWith(api, who, (assertion) => {
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

