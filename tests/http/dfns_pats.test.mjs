/* Dfns: personal access tokens, by which programs act as somebody. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { ID, Key, announce, approve, header, isError, loggedIn, login, sentCode,
  signed, uuidOf, withToken } from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';
import { mailsTo, partText } from '../lib/maildir.mjs';
import { peek } from '../lib/token.mjs';

const BAD_TOKEN = 'user token is missing or invalid';
const NOT_SIGNED = 'user action signature is missing or invalid';
const USED = 'user action has already been used';
const NONE = 'personal access token not found';
const TAKEN = 'personal access token already exists';
const PATH = '/auth/pats';
const META = 'https://custom/app_metadata';
let instance;
let count = 0;

before(async () => {
  instance = await start({ prefix: '', set: {
    'audit_log.storage.enabled': 'true', 'audit_log.mask': 'false' } });
});
after(() => instance?.stop());

const person = () =>
  loggedIn(instance, `Tokens ${++count}`, freshAddress('pat'));
const clientOf = (who) => new sdk.DfnsApiClient({ baseUrl: instance.url,
  orgId: who.orgId, authToken: who.token,
  signer: new keysigner.AsymmetricKeySigner({ credId: who.key.credId,
    privateKey: who.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
}).auth;

const make = (who, name, more = {}, key = new Key('ed25519')) => signed(who,
  'POST', PATH, { name, publicKey: key.pem, ...more });

/* One that was made: it calls by its token and signs by its key. */
async function tokenOf(who, name = `token ${++count}`, more = {}) {
  const key = new Key('ed25519');
  const { body, status, text } = await make(who, name, more, key);
  assert.equal(status, 200, text);
  key.credId = body.credId;
  return withToken({ ...who, key, name, answer: body, id: body.tokenId },
    body.accessToken);
}

const own = (pat) => `${PATH}/${pat.id}`;
const change = (who, pat, verb) =>
  signed(who, 'PUT', `${own(pat)}/${verb}`, {});
const archive = (who, pat) => signed(who, 'DELETE', own(pat), {});
const listed = async (who) =>
  (await who.call('GET', PATH, undefined, { status: 200 })).body.items;
const works = async (pat) => (await announce(pat, 'POST', '/x', '{}')).status;
const row = (id) => `UNHEX('${uuidOf(id)}')`;
const cli = (...args) => instance.postern('org', ...args);
const permissionOf = async (who) => (await who.call('GET',
  `/auth/users/${who.user.id}`)).body.permissionAssignments[0].permissionId;

test('the client of Dfns makes, lists, changes, switches and ends one',
  async () => {
    const who = await person();
    const auth = clientOf(who);
    const key = new Key('ed25519');
    const { accessToken, ...token } = await auth.createPersonalAccessToken({
      body: { name: 'laptop', publicKey: key.pem, daysValid: 30,
        externalId: 'e-1' } });
    assert.match(token.tokenId, ID);
    assert.equal(token.kind, 'Pat');
    assert.equal(token.isActive, true);
    assert.equal(token.linkedUserId, who.user.id);
    assert.equal(token.orgId, who.orgId);
    assert.deepEqual(token.permissionAssignments, []);
    assert.match(Buffer.from(token.credId, 'base64url').toString(),
      /^ci-[0-7][0-9a-v]{4}-[0-9a-v]{5}-[0-9a-v]{16}$/);
    const { payload } = peek(accessToken);
    assert.equal(payload.exp - payload.iat, 30 * 86400);
    assert.equal(payload.jti, token.tokenId);
    assert.deepEqual(payload.aud, ['dfns:auth:pat']);
    assert.equal(payload[META].tokenKind, 'Pat');
    assert.equal(payload[META].userId, who.user.id);
    assert.equal(payload['https://custom/username'], who.username);
    const path = { tokenId: token.tokenId };
    assert.deepEqual(await auth.getPersonalAccessToken(path), token);
    assert.deepEqual((await who.call('GET', `${PATH}/${token.tokenId}`,
      undefined, { status: 200 })).body, token);
    assert.deepEqual((await auth.listPersonalAccessTokens()).items, [token]);
    const renamed = await auth.updatePersonalAccessToken({ ...path,
      body: { name: 'desktop', externalId: 'e-2' } });
    assert.deepEqual(renamed, { ...token, name: 'desktop' });
    assert.deepEqual(await auth.deactivatePersonalAccessToken(path),
      { ...renamed, isActive: false });
    assert.deepEqual(await auth.activatePersonalAccessToken(path), renamed);
    assert.equal((await auth.archivePersonalAccessToken(path)).isActive, false);
    await assert.rejects(auth.getPersonalAccessToken(path), { httpStatus: 404,
      message: NONE });
    assert.deepEqual((await auth.listPersonalAccessTokens()).items, []);
  });

test('the database has its digest; how long it is good is said in two ways',
  async () => {
    const who = await person();
    const life = async (more) => {
      const { payload } = peek((await tokenOf(who, undefined, more)).token);
      return payload.exp - payload.iat;
    };
    assert.equal(await life({}), 730 * 86400);
    assert.equal(await life({ secondsValid: 90 }), 90);
    assert.equal(await life({ secondsValid: 90, daysValid: 3 }), 90);
    const pat = await tokenOf(who);
    const [[hash, name]] = await instance.sql('SELECT LOWER(HEX(hash)), name'
      + ` FROM access_tokens WHERE id = ${row(pat.id)}`);
    assert.equal(hash, createHash('sha256').update(pat.token).digest('hex'));
    assert.equal(name, pat.name);
  });

test('it acts as its owner, and signs by its own key alone', async () => {
  const who = await person();
  const permissionId = await permissionOf(who);
  const pat = await tokenOf(who, 'managing', { permissionId });
  assert.equal(pat.answer.permissionAssignments[0].permissionId, permissionId);
  const { body } = await announce(pat, 'POST', '/x', '{}', { status: 200 });
  assert.deepEqual(body.allowCredentials,
    { key: [{ type: 'public-key', id: pat.key.credId }], webauthn: [],
      passwordProtectedKey: [] });
  const { items } = (await pat.call('GET', '/auth/users', undefined,
    { status: 200 })).body;
  assert.equal(items[0].userId, who.user.id);
  assert.notEqual(items[0].credentialUuid, '');
  const email = freshAddress('invited');
  const done = await signed(pat, 'POST', '/auth/users',
    { email, kind: 'CustomerEmployee' });
  assert.equal(done.status, 200, done.text);
  const logs = (await who.call('GET', '/auth/action/logs')).body.items;
  assert.equal(logs[0].userId, who.user.id);
  const [[key, used]] = await instance.sql('SELECT cred_id,'
    + ' last_used_at IS NOT NULL FROM key_credentials WHERE of_token = 1'
    + ` AND user_id = ${row(who.user.id)}`);
  assert.deepEqual([key, used], [pat.key.credId, '1']);
});

test('neither key signs for the other', async () => {
  const who = await person();
  const pat = await tokenOf(who);
  const other = await tokenOf(who);
  const answer = async (by, key) => {
    const begun = await announce(by, 'POST', '/x', '{}', { status: 200 });
    return { begun, send: (asker) => asker.call('POST', '/auth/action', {
      challengeIdentifier: begun.body.challengeIdentifier,
      firstFactor: key.get(begun.body.challenge) }) };
  };
  for (const [by, key] of [[who, pat.key], [pat, who.key], [pat, other.key]])
    isError(await (await answer(by, key)).send(by), 401, 'Unauthorized');
  for (const [by, key, asker] of [[who, who.key, pat], [pat, pat.key, who],
    [pat, pat.key, other]])
    isError(await (await answer(by, key)).send(asker), 400,
      'Challenge token is not valid.');
  /* Nor is the approval of one good for a request of the other. */
  const body = { name: 'x', publicKey: new Key('ed25519').pem };
  const { headers } = header(await approve(pat, 'POST', PATH,
    JSON.stringify(body)));
  isError(await who.call('POST', PATH, body, { headers }), 403, NOT_SIGNED);
});

test('what is its owner\'s alone it does not touch', async () => {
  const who = await person();
  const pat = await tokenOf(who, 'strong',
    { permissionId: await permissionOf(who) });
  const calls = [['GET', '/auth/credentials'],
    ['POST', '/auth/credentials/init'], ['POST', '/auth/credentials'],
    ['POST', '/auth/credentials/code'], ['PUT', '/auth/credentials/activate'],
    ['PUT', '/auth/credentials/deactivate'],
    ['DELETE', '/auth/credentials/x', '/auth/credentials/{id}'],
    ['PUT', '/auth/logout'], ['GET', PATH], ['POST', PATH],
    ['GET', own(pat), `${PATH}/{id}`], ['PUT', own(pat), `${PATH}/{id}`],
    ['DELETE', own(pat), `${PATH}/{id}`],
    ['PUT', `${own(pat)}/activate`, `${PATH}/{id}/activate`],
    ['PUT', `${own(pat)}/deactivate`, `${PATH}/{id}/deactivate`],
    ['POST', '/auth/service-accounts'],
    ['PUT', '/auth/service-accounts/x/activate',
      '/auth/service-accounts/{id}/activate'],
    ['POST', '/auth/login/delegated'], ['POST', '/auth/registration/delegated'],
    ['POST', '/auth/recover/user/delegated']];
  for (const [method, path, route = path] of calls) {
    const opts = method === 'GET' ? {}
      : header(await approve(pat, method, path, '{}'));
    isError(await pat.call(method, path, method === 'GET' ? undefined : {},
      opts), 403, `CustomerEmployee ${who.user.id} is not authorized to`
      + ` perform operation (${method} ${route})`);
  }
  for (const path of ['/auth/registration', '/auth/recover/user'])
    isError(await pat.call('POST', path, {}), 401, BAD_TOKEN);
  assert.equal((await listed(who)).length, 1);
});

test('its key is no credential: not listed, no log-in, no recovery',
  async () => {
    const who = await person();
    const pat = await tokenOf(who);
    const { body } = await who.call('GET', '/auth/credentials');
    assert.deepEqual(body.items.map(({ credentialId }) => credentialId),
      [who.key.credId]);
    isError(await signed(who, 'PUT', '/auth/credentials/deactivate',
      { credentialUuid: body.items[0].credentialUuid }), 400,
    'cannot deactivate the last active credential');
    const begun = await who.api.call('POST', '/auth/login/init',
      { orgId: who.orgId, username: who.username }, { status: 200 });
    assert.deepEqual(begun.body.allowCredentials.key.map(({ id }) => id),
      [who.key.credId]);
    isError(await who.api.call('POST', '/auth/login', {
      challengeIdentifier: begun.body.challengeIdentifier,
      firstFactor: pat.key.get(begun.body.challenge) }), 401, 'Unauthorized');
    isError(await who.api.call('POST', '/auth/recover/user/init', {
      orgId: who.orgId, username: who.username, credentialId: pat.key.credId,
      verificationCode: await sentCode(instance, who,
        '/auth/recover/user/code') }), 401,
    'Credential cannot be used as a recovery factor.');
  });

test('it manages what it was given, as long as its owner does', async () => {
  const who = await person();
  const other = await person();
  const permissionId = await permissionOf(who);
  const strong = await tokenOf(who, 'strong', { permissionId });
  const weak = await tokenOf(who, 'weak');
  const users = (pat) => pat.call('GET', '/auth/users');
  assert.equal((await users(strong)).status, 200);
  isError(await users(weak), 403, `CustomerEmployee ${who.user.id} is not`
    + ' authorized to perform operation (GET /auth/users)');
  assert.equal((await cli('role', who.orgId, who.username, 'member')).status,
    0);
  assert.equal((await users(strong)).status, 403);
  isError(await make(who, 'again', { permissionId }), 400,
    'Invalid request: permissionId is not the caller\'s to give');
  for (const wrong of [await permissionOf(other), 'pm-x', ''])
    assert.equal((await make(other, 'x', { permissionId: wrong })).status,
      wrong.startsWith('pm-') && wrong !== 'pm-x' ? 200 : 400, wrong);
});

test('off, archived or expired it is refused at once', async () => {
  const who = await person();
  const pat = await tokenOf(who);
  const { headers } = header(await approve(pat, 'GET', '/x', ''));
  assert.equal((await change(who, pat, 'deactivate')).status, 200);
  isError(await announce(pat, 'POST', '/x', '{}'), 401, BAD_TOKEN);
  isError(await pat.call('GET', '/auth/users', undefined, { headers }), 401,
    BAD_TOKEN);
  assert.equal((await change(who, pat, 'activate')).status, 200);
  assert.equal(await works(pat), 200);
  const expired = await tokenOf(who, 'short');
  await instance.sql('UPDATE access_tokens SET expires_at = UTC_TIMESTAMP(6)'
    + ` WHERE id = ${row(expired.id)}`);
  assert.equal(await works(expired), 401);
  assert.deepEqual((await listed(who)).map(({ isActive }) => isActive),
    [true, false]);
  assert.equal((await change(who, expired, 'activate')).body.isActive, false);
  const other = await signed(who, 'PUT', own(expired), { name: 'past' });
  assert.deepEqual([other.status, other.body.name, other.body.isActive],
    [200, 'past', false]);
  assert.ok((await listed(who)).some((one) => one.name === 'past'));
  assert.equal((await archive(who, pat)).status, 200);
  assert.equal(await works(pat), 401);
  for (const done of [await change(who, pat, 'activate'),
    await archive(who, pat)])
    isError(done, 404, NONE);
  /* Both names are free again. */
  await tokenOf(who, pat.name);
  await tokenOf(who, 'past');
  assert.equal((await listed(who)).length, 2);
});

test('of somebody else nothing is seen, nor done', async () => {
  const who = await person();
  const theirs = await tokenOf(await person());
  for (const id of [theirs.id, 'to-2r1sn-m874t-9olbf8bd5s69kjgh', 'x'])
    for (const [method, more, body] of [['GET', ''], ['PUT', '', {}],
      ['DELETE', '', {}], ['PUT', '/activate', {}], ['PUT', '/deactivate', {}]])
      isError(method === 'GET' ? await who.call('GET', `${PATH}/${id}`)
        : await signed(who, method, `${PATH}/${id}${more}`, body), 404, NONE);
  assert.equal(await works(theirs), 200);
  const [head, body, signature] = theirs.token.split('.');
  for (const token of [`${head}.${body}`, `${theirs.token}=`,
    `${head}.${body}.${signature.slice(1)}`,
    `${head}.${Buffer.from(JSON.stringify({ ...peek(theirs.token).payload,
      sub: who.orgId })).toString('base64url')}.${signature}`])
    isError(await announce(theirs, 'POST', '/x', '{}', { bearer: token }), 401,
      BAD_TOKEN);
});

test('what is no token is not made, nor changed into one', async () => {
  const who = await person();
  const pat = await tokenOf(who, 'taken');
  for (const [name, more] of [['x', { publicKey: 'x' }], ['', {}], [' \t', {}],
    ['x'.repeat(256), {}], ['x', { daysValid: 0 }], ['x', { daysValid: 731 }],
    ['x', { secondsValid: 63072001 }], ['x', { secondsValid: 1.5 }],
    ['x', { externalId: 'x'.repeat(256) }]])
    assert.equal((await make(who, name, more)).status, 400,
      `${name} ${JSON.stringify(more)}`);
  for (const name of ['taken', ' taken\t'])
    isError(await make(who, name), 400, TAKEN);
  const second = await tokenOf(who, 'second');
  const rename = (body) => signed(who, 'PUT', own(second), body);
  isError(await rename({ name: 'taken' }), 400, TAKEN);
  assert.equal((await rename({ name: ' ' })).status, 400);
  assert.equal((await rename({ name: 'second' })).status, 200);
  assert.equal((await rename({})).body.name, 'second');
  assert.equal(await works(pat), 200);
  /* Of another it says nothing. */
  await tokenOf(await person(), 'taken');
});

test('without a token 401, without a signed action 403, twice 400',
  async () => {
    const who = await person();
    const pat = await tokenOf(who);
    for (const [method, path, body] of [['GET', PATH], ['GET', own(pat)],
      ['POST', PATH, { name: 'x', publicKey: new Key('ed25519').pem }],
      ['PUT', own(pat), { name: 'y' }], ['PUT', `${own(pat)}/activate`, {}],
      ['PUT', `${own(pat)}/deactivate`, {}], ['DELETE', own(pat), {}]]) {
      isError(await who.api.call(method, path, body), 401, BAD_TOKEN);
      if (method === 'GET')
        continue;
      isError(await who.call(method, path, body), 403, NOT_SIGNED);
      const { headers } = header(await approve(who, method, path,
        JSON.stringify(body)));
      await who.call(method, path, body, { headers, status: 200 });
      isError(await who.call(method, path, body, { headers }), 400, USED);
    }
  });

test('somebody has so many, also where they are made at once', async () => {
  const one = await instance.other({ set: { 'dfns.access_tokens': '2' } });
  try {
    const who = await person();
    const ready = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => {
      const body = { name, publicKey: new Key('ed25519').pem };
      const { headers } = header(await approve(who, 'POST', PATH,
        JSON.stringify(body)));
      return () => who.call('POST', PATH, body, { headers });
    }));
    const done = await Promise.all(ready.map((go) => go()));
    assert.deepEqual(done.map(({ status }) => status).sort(),
      [200, 200, 400, 400]);
    isError(await make(who, 'e'), 400,
      'the user has as many personal access tokens as they may');
    const [first] = await listed(who);
    await instance.sql('UPDATE access_tokens SET expires_at ='
      + ` UTC_TIMESTAMP(6) WHERE id = ${row(first.tokenId)}`);
    await tokenOf(who, 'e');
    assert.equal((await listed(who)).length, 2);
  } finally {
    await one.stop();
  }
});

/* ------------------------------------------------------- what ends them */

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/* With a recovery key of theirs, and a key of their own afterwards. */
async function recover(who) {
  const recovery = new Key();
  const kind = { kind: 'RecoveryKey' };
  const begun = await who.call('POST', '/auth/credentials/init', kind,
    { status: 200 });
  const made = await signed(who, 'POST', '/auth/credentials', {
    challengeIdentifier: begun.body.challengeIdentifier,
    ...recovery.create(begun.body.challenge, kind),
    credentialName: 'recovery' });
  assert.equal(made.status, 200, made.text);
  const { body } = await who.api.call('POST', '/auth/recover/user/init', {
    orgId: who.orgId, username: who.username, credentialId: recovery.credId,
    verificationCode: await sentCode(instance, who,
      '/auth/recover/user/code') }, { status: 200 });
  const key = new Key();
  const newCredentials = {
    firstFactorCredential: key.create(body.challenge) };
  await who.api.call('POST', '/auth/recover/user', {
    recovery: recovery.get(b64(newCredentials), 'RecoveryKey'),
    newCredentials,
  }, { bearer: body.temporaryAuthenticationToken, status: 200 });
  return key;
}

const uuid = (id) => uuidOf(id).toLowerCase().replace(
  /^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/* What is done to the owner, and what lets them in again; one that can. */
const ENDS = {
  'recovers': async (who) => ({ key: await recover(who) }),
  'is locked, and let in again': async (who) => {
    for (const verb of ['lock', 'unlock']) {
      const { status, stderr } = await instance.postern('user', verb,
        '--tenant', who.orgId, uuid(who.user.id));
      assert.equal(status, 0, stderr);
    }
    return { key: who.key };
  },
  'is deactivated, and let in again': async (who) => {
    for (const verb of ['deactivate', 'activate'])
      assert.equal((await cli(verb, who.orgId, who.username)).status, 0);
    return { key: who.key };
  },
};

for (const [what, end] of Object.entries(ENDS))
  test(`all end for good when their owner ${what}`, async () => {
    const who = await person();
    const [pat, off] = [await tokenOf(who), await tokenOf(who)];
    assert.equal((await change(who, off, 'deactivate')).status, 200);
    const { key } = await end(who);
    for (const one of [pat, off])
      isError(await announce(one, 'POST', '/x', '{}'), 401, BAD_TOKEN);
    const again = withToken({ ...who, key },
      await login(who.api, who.orgId, who.username, key));
    assert.deepEqual(await listed(again), []);
    isError(await change(again, pat, 'activate'), 404, NONE);
    await tokenOf(again, pat.name);
  });

test('without their owner, or their organisation, there are none',
  async () => {
    for (const [what, back] of [
      [(who) => cli('deactivate', who.orgId),
        (who) => cli('activate', who.orgId)],
      [(who) => instance.postern('tenant', 'delete', who.orgId)],
      [(who) => instance.postern('user', 'delete', '--tenant', who.orgId,
        uuid(who.user.id))],
    ]) {
      const who = await person();
      const pat = await tokenOf(who);
      const done = await what(who);
      assert.equal(done.status, 0, done.stderr);
      isError(await announce(pat, 'POST', '/x', '{}'), 401, BAD_TOKEN);
      if (back === undefined)
        continue;
      assert.equal((await back(who)).status, 0);
      assert.equal(await works(pat), 200);
    }
  });

test('who is made to leave while they make one has none', async () => {
  const who = await person();
  const body = { name: 'late', publicKey: new Key('ed25519').pem };
  const { headers } = header(await approve(who, 'POST', PATH,
    JSON.stringify(body)));
  const [done] = await Promise.all([
    who.call('POST', PATH, body, { headers }),
    cli('deactivate', who.orgId, who.username),
  ]);
  assert.ok([200, 401].includes(done.status), done.text);
  const [[n]] = await instance.sql('SELECT COUNT(*) FROM access_tokens'
    + ` WHERE user_id = ${row(who.user.id)} AND revoked_at IS NULL`);
  assert.equal(n, '0');
});

/* ------------------------------------------------------------- operators */

test('an operator sees them, and ends one', async () => {
  const who = await person();
  const pat = await tokenOf(who);
  const rest = await tokenOf(who);
  await approve(pat, 'POST', '/x', '{}');
  await change(who, rest, 'deactivate');
  const { stdout } = await cli('tokens', who.orgId, who.username);
  assert.match(stdout, new RegExp(`^${pat.id} +active +\\S+Z +\\S+Z +\\S+Z +${
    pat.name}\\n${rest.id} +inactive +\\S+Z +\\S+Z +- +${rest.name}\\n$`));
  for (const [why, ...args] of [[/no such member/, 'nobody', pat.id],
    [/no such token/, who.username, 'x'],
    [/no such token/, who.username, (await tokenOf(await person())).id]]) {
    const { status, stderr } = await cli('revoke', who.orgId, ...args);
    assert.equal(status, 1);
    assert.match(stderr, why);
  }
  assert.equal((await cli('tokens', who.orgId, 'nobody')).status, 1);
  assert.equal((await cli('revoke', who.orgId, who.username, pat.id)).status,
    0);
  assert.equal(await works(pat), 401);
  assert.deepEqual((await listed(who)).map(({ tokenId }) => tokenId),
    [rest.id]);
  /* By the command for service accounts it is none. */
  assert.equal((await cli('service-account', 'revoke', who.orgId, rest.id))
    .status, 1);
  assert.doesNotMatch((await cli('service-account', 'list', who.orgId)).stdout,
    /to-/);
});

test('what was done is on record, and told by mail', async () => {
  const who = await person();
  const pat = await tokenOf(who);
  await signed(who, 'PUT', own(pat), { name: 'other' });
  for (const verb of ['deactivate', 'deactivate', 'activate'])
    await change(who, pat, verb);
  await archive(who, pat);
  assert.deepEqual((await instance.sql(`SELECT type FROM audit_logs
    WHERE actor_user_id = ${row(who.user.id)}
      AND type LIKE 'dfns_access_token%'
    ORDER BY created_at, id`)).flat(), ['dfns_access_token_created',
    'dfns_access_token_changed', 'dfns_access_token_deactivated',
    'dfns_access_token_activated', 'dfns_access_token_archived']);
  const told = () => mailsTo(instance.mailDir, who.username)
    .map(({ mail }) => partText(mail, 'text/plain'))
    .filter((text) => /credential/i.test(text));
  await instance.courier();
  await until(() => told().length >= 6, 'the notices'); /* and registration */
  for (const text of told())
    assert.ok(!text.includes(pat.token));
});
