/* Dfns: service accounts, and what they do for end users. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { Key, announce, approve, codeTo, createOrg, header, isError, login,
  member, service, signed, withToken } from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';
import { keyPair } from '../lib/keypair.mjs';
import { mailsTo } from '../lib/maildir.mjs';
import { forge, peek } from '../lib/token.mjs';

const BAD_TOKEN = 'user token is missing or invalid';
const NOT_SIGNED = 'user action signature is missing or invalid';
const USED = 'user action has already been used';
const NO_USER = 'User not found';
const EXISTS = 'User already exists.';
const DEACTIVATED = 'User account has been deactivated.';
const LOGIN = '/auth/login/delegated';
const REGISTER = '/auth/registration/delegated';
const RESTART = '/auth/registration/delegated/restart';
const RECOVER = '/auth/recover/user/delegated';
const META = 'https://custom/app_metadata';
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'audit_log.storage.enabled': 'true', 'audit_log.mask': 'false' } });
  api = instance.client();
});
after(() => instance?.stop());

const uuid = (id) => {
  const digits = id.split('-').slice(1).join('');
  let n = 0n;
  for (const digit of digits)
    n = n * 32n + BigInt(parseInt(digit, 32));
  return n.toString(16).padStart(32, '0');
};
const row = (id) => `UNHEX('${uuid(id)}')`;

/* A service account of an organisation of its own, and its first member. */
async function account() {
  const boss = freshAddress('boss');
  const orgId = await createOrg(instance, `Service ${++count}`, boss);
  return Object.assign(await service(instance, orgId, 'backend'), { boss });
}

const begin = (who, email, more = {}) => signed(who, 'POST', REGISTER,
  { email, kind: 'EndUser', ...more });

/* An end user with a Key and a recovery key. */
async function endUser(who, email = freshAddress('end')) {
  const begun = await begin(who, email);
  assert.equal(begun.status, 200, begun.text);
  const [key, recovery] = [new Key(), new Key()];
  const c = begun.body.challenge;
  const done = await api.call('POST', '/auth/registration/enduser', {
    firstFactorCredential: key.create(c), wallets: [],
    recoveryCredential: recovery.create(c,
      { kind: 'RecoveryKey', encrypted: 'sealed' }),
  }, { bearer: begun.body.temporaryAuthenticationToken, status: 200 });
  return withToken({ api, orgId: who.orgId, username: email, key, recovery,
    user: done.body.user, answer: done.body }, done.body.authentication.token);
}

const cli = (...args) => instance.postern('org', 'service-account', ...args);
const list = async (orgId) => (await cli('list', orgId)).stdout;

const ask = (who, bearer = who.token) =>
  announce(who, 'POST', '/x', '{}', { bearer });

/* --------------------------------------------------------- the account */

test('create prints the token once; the database has its digest', async () => {
  const who = await account();
  const { payload } = peek(who.token);
  assert.equal(payload[META].orgId, who.orgId);
  assert.equal(payload[META].tokenKind, 'ServiceAccount');
  assert.equal(payload[META].userId, who.userId);
  assert.equal(payload[META].tokenId, who.tokenId);
  assert.deepEqual(payload.aud, ['dfns:auth:service']);
  assert.equal(payload['https://custom/username'], 'backend');
  assert.equal(payload.exp - payload.iat, 730 * 86400);
  assert.match(Buffer.from(who.credId, 'base64url').toString(),
    /^ci-[0-7][0-9a-v]{4}-[0-9a-v]{5}-[0-9a-v]{16}$/);
  const [[hash]] = await instance.sql('SELECT LOWER(HEX(hash))'
    + ` FROM access_tokens WHERE id = ${row(who.tokenId)}`);
  assert.equal(hash, createHash('sha256').update(who.token).digest('hex'));
  assert.match(await list(who.orgId), new RegExp(
    `^${who.tokenId} +${who.userId} +active +\\S+Z +\\S+Z +- +backend$`, 'm'));
});

test('list tells when it last signed, and --days how long it is good',
  async () => {
    const { orgId } = await account();
    const short = await service(instance, orgId, 'short', '--days', '1');
    const { payload } = peek(short.token);
    assert.equal(payload.exp - payload.iat, 86400);
    await approve(short, 'POST', '/x', '');
    assert.match(await list(orgId), new RegExp(
      `^${short.tokenId} .* active +\\S+Z +\\S+Z +\\S+Z +short$`, 'm'));
  });

test('what is no service account is not made', async () => {
  const { orgId, boss } = await account();
  const file = join(instance.dir, 'key.pem');
  const bad = join(instance.dir, 'bad.pem');
  const long = join(instance.dir, 'long.pem');
  const pair = keyPair('ed25519');
  writeFileSync(file, new Key().pem);
  writeFileSync(bad, pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  writeFileSync(long, new Key().pem + ' '.repeat(5000));
  const make = (org, name, path, ...more) =>
    cli('create', org, name, '--public-key', path, ...more);
  for (const [status, why, answer] of [
    [1, /a user of that name/, await make(orgId, 'Backend', file)],
    [1, /no name/, await make(orgId, boss, file)],
    [1, /no name/, await make(orgId, ' ', file)],
    [1, /no public key/, await make(orgId, 'x', bad)],
    [1, /no public key/, await make(orgId, 'x', long)],
    [1, /No such file/, await make(orgId, 'x', `${file}.not`)],
    [1, /no such org/, await make('or-x', 'x', file)],
    [1, /no such org/, await make('or-0a3cm-3qjiv-99loovcu1sd2mf2d', 'x',
      file)],
    [2, /--days: 1 to 730/, await make(orgId, 'x', file, '--days', '731')],
    [2, /--days: 1 to 730/, await make(orgId, 'x', file, '--days', '0')],
    [2, /--days: 1 to 730/, await make(orgId, 'x', file, '--days', '1x')],
    [2, /Try "postern/, await cli('create', orgId, 'x')],
    [2, /Try "postern/, await cli('revoke', orgId)],
    [2, /Try "postern/, await cli('list', orgId, 'x')],
    [2, /Try "postern/, await cli('list', orgId, '--days', '3')],
    [2, /Try "postern/, await cli('list')],
    [2, /Try "postern/, await cli()],
    [1, /no such token/, await cli('revoke', orgId, 'to-x')],
    [1, /no such token/, await cli('revoke', orgId,
      'to-0a3cm-3qjiv-99loovcu1sd2mf2d')],
  ]) {
    assert.equal(answer.status, status, answer.stderr);
    assert.match(answer.stderr, why);
    assert.equal(answer.stdout, '');
  }
});

test('revoked is over, at once, and its name is free again', async () => {
  const who = await account();
  const { status } = await cli('revoke', who.orgId, who.tokenId);
  assert.equal(status, 0);
  isError(await ask(who), 401, BAD_TOKEN);
  assert.equal((await cli('revoke', who.orgId, who.tokenId)).status, 1);
  const next = await service(instance, who.orgId, 'backend');
  await endUser(next);
  assert.match(await list(who.orgId),
    new RegExp(`^${who.tokenId} .* revoked .* backend$`, 'm'));
});

test('of another organisation it cannot be revoked', async () => {
  const who = await account();
  const other = await account();
  assert.equal((await cli('revoke', other.orgId, who.tokenId)).status, 1);
  await approve(who, 'POST', '/x', '');
});

/* ----------------------------------------------------------- the token */

test('its own key alone signs for it', async () => {
  const who = await account();
  const { body } = await ask(who);
  assert.deepEqual(body.allowCredentials,
    { key: [{ type: 'public-key', id: who.credId }], webauthn: [],
      passwordProtectedKey: [] });
  await instance.sql('INSERT INTO key_credentials SELECT UNHEX(MD5(id)),'
    + " tenant_id, user_id, kind, 'b3RoZXI', UNHEX(SHA2(id, 224)), name, pem,"
    + ' fingerprint, algorithm, NULL, 1, created_at, NULL, NULL, 0'
    + ` FROM key_credentials WHERE user_id = ${row(who.userId)}`);
  assert.deepEqual((await ask(who)).body.allowCredentials,
    body.allowCredentials);
  await instance.sql('UPDATE key_credentials SET active = 0'
    + ` WHERE user_id = ${row(who.userId)}`);
  isError(await ask(who), 401, 'User does not have a credential that'
    + ' can be used for the application.');
});

for (const [state, change] of Object.entries({
  expired: (who) => 'UPDATE access_tokens SET expires_at ='
    + ` UTC_TIMESTAMP(6) WHERE id = ${row(who.tokenId)}`,
  revoked: (who) => 'UPDATE access_tokens SET revoked_at ='
    + ` UTC_TIMESTAMP(6) WHERE id = ${row(who.tokenId)}`,
  deactivated: (who) =>
    `UPDATE members SET active = 0 WHERE user_id = ${row(who.userId)}`,
  archived: (who) => 'UPDATE members SET archived_at = UTC_TIMESTAMP(6)'
    + ` WHERE user_id = ${row(who.userId)}`,
  'of an organisation that is switched off': (who) =>
    `UPDATE tenants SET active = 0 WHERE id = ${row(who.orgId)}`,
}))
  test(`a token that is ${state} is 401`, async () => {
    const who = await account();
    const { headers } = header(await approve(who, 'POST', LOGIN, '{"username":"x"}'));
    await instance.sql(change(who));
    isError(await ask(who), 401, BAD_TOKEN);
    isError(await api.call('POST', LOGIN, { username: 'x' },
      { bearer: who.token, headers }), 401, BAD_TOKEN);
  });

test('a token that was changed is 401', async () => {
  const who = await account();
  const other = await account();
  const { header, payload } = peek(who.token);
  const [head, body, signature] = who.token.split('.');
  const { privateKey } = keyPair('ed25519');
  for (const token of [
    forge(header, payload, privateKey),
    forge(header, { ...payload, sub: other.orgId }, privateKey),
    forge({ ...header, alg: 'none' }, payload),
    `${head}.${body}.${signature.slice(0, -1)}`,
    `${head}.${body}`, `${who.token}=`, who.token.slice(1), 'x', 'a.b.c'])
    isError(await ask(who, token), 401, BAD_TOKEN);
  isError(await ask(who, `${who.token} x`), 401, BAD_TOKEN);
});

test('it outlives the key that signed it', async () => {
  const who = await account();
  const { header } = peek(who.token);
  assert.equal((await instance.postern('jwk', 'rotate', '--now', '--dfns'))
    .status, 0);
  await instance.sql(
    `DELETE FROM jwks WHERE id = UNHEX('${header.kid.replaceAll('-', '')}')`);
  await instance.service('stop', 'postern');
  await instance.service('start', 'postern');
  const { username, key } = await endUser(who);
  await login(api, who.orgId, username, key);
});

test('a service account is no user, and a user no service account',
  async () => {
    const who = await account();
    const user = await member(instance, `Service ${++count}`,
      freshAddress('u'));
    user.token = await login(api, user.orgId, user.username, user.key);
    for (const [method, path] of [['PUT', '/auth/logout'],
      ['GET', '/auth/credentials'], ['POST', '/auth/credentials/init'],
      ['POST', '/auth/credentials'], ['PUT', '/auth/credentials/activate'],
      ['PUT', '/auth/credentials/deactivate']])
      isError(await api.call(method, path, method === 'GET' ? undefined : {},
        { bearer: who.token }), 403, `CustomerEmployee ${who.userId} is not`
        + ` authorized to perform operation (${method} ${path})`);
    for (const path of [LOGIN, REGISTER, RESTART, RECOVER]) {
      const { headers } = header(await approve(user, 'POST', path, '{}'));
      isError(await api.call('POST', path, {}, { bearer: user.token, headers }),
        403, `CustomerEmployee ${user.user.id} is not authorized to perform`
        + ` operation (POST ${path})`);
    }
    for (const path of ['/auth/registration', '/auth/registration/enduser',
      '/auth/recover/user'])
      isError(await api.call('POST', path, {}, { bearer: who.token }), 401,
        BAD_TOKEN);
    await login(api, user.orgId, user.username, user.key);
  });

test('a service account cannot log in', async () => {
  const who = await account();
  const begun = await api.call('POST', '/auth/login/init',
    { orgId: who.orgId, username: 'backend' }, { status: 200 });
  isError(await api.call('POST', '/auth/login', {
    challengeIdentifier: begun.body.challengeIdentifier,
    firstFactor: who.key.get(begun.body.challenge) }), 401, 'Unauthorized');
  const mine = await ask(who);
  isError(await api.call('POST', '/auth/login', {
    challengeIdentifier: mine.body.challengeIdentifier,
    firstFactor: who.key.get(mine.body.challenge) }), 400,
  'Challenge token is not valid.');
  isError(await signed(who, 'POST', LOGIN, { username: 'backend' }), 401,
    NO_USER);
});

test('nobody gives a service account an address, and logs in by that',
  async () => {
    const { stdout } = await instance.postern('org', 'list');
    const orgId = /^(or-\S+) .* default$/m.exec(stdout)[1];
    const who = await service(instance, orgId, `hanko ${++count}`);
    const email = freshAddress('thief');
    const { body } = await api.call('POST', '/users', { email },
      { status: 200 });
    const user_id = uuid(who.userId).replace(
      /^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    await api.call('POST', '/passcode/login/initialize',
      { user_id, email_id: body.email_id }, { status: 400 });
  });

/* ---------------------------------------------------- the user action */

test('an action is for one request of one account, once', async () => {
  const who = await account();
  const other = await service(instance, who.orgId, 'other');
  const user = await endUser(who);
  const body = { username: user.username };
  const { headers } = header(await approve(who, 'POST', LOGIN, JSON.stringify(body)));
  const call = (path, what, opts) => api.call('POST', path, what,
    { bearer: who.token, ...opts });
  isError(await call(LOGIN, body), 403, NOT_SIGNED);
  isError(await call(LOGIN, { username: 'x' }, { headers }), 403, NOT_SIGNED);
  isError(await call(RECOVER, body, { headers }), 403, NOT_SIGNED);
  isError(await call(LOGIN, body, { headers, bearer: other.token }), 403,
    NOT_SIGNED);
  isError(await call(LOGIN, body, { headers, bearer: user.token }), 403,
    `EndUser ${user.user.id} is not authorized to perform operation`
    + ` (POST ${LOGIN})`);
  isError(await call(LOGIN, body, { headers, bearer: undefined }), 401,
    BAD_TOKEN);
  await call(LOGIN, body, { headers, status: 200 });
  isError(await call(LOGIN, body, { headers }), 400, USED);
  const begun = await ask(who);
  isError(await api.call('POST', '/auth/action', {
    challengeIdentifier: begun.body.challengeIdentifier,
    firstFactor: who.key.get(begun.body.challenge) },
  { bearer: other.token }), 400, 'Challenge token is not valid.');
});

test('20 parallel uses: one; a refusal spends it too', async () => {
  const who = await account();
  const user = await endUser(who);
  const body = { username: user.username };
  const { headers } = header(await approve(who, 'POST', LOGIN, JSON.stringify(body)));
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    api.call('POST', LOGIN, body, { bearer: who.token, headers })));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const { status, body: said } of answers)
    assert.ok(status === 200
      || (status === 400 && said.error.message === USED));
  for (const [path, what] of [[LOGIN, { username: 'x@example.org' }],
    [REGISTER, { email: user.username, kind: 'EndUser' }],
    [RESTART, { email: freshAddress(), kind: 'EndUser' }],
    [RECOVER, { username: user.username, credentialId: 'eA' }]]) {
    const once = header(await approve(who, 'POST', path,
      JSON.stringify(what)));
    const again = () => api.call('POST', path, what,
      { bearer: who.token, ...once });
    assert.equal((await again()).status, 401, path);
    isError(await again(), 400, USED);
  }
});

/* -------------------------------------------------------- registration */

test('an end user is registered; the address stays unproved', async () => {
  const who = await account();
  const email = freshAddress('End');
  const begun = await begin(who, email, { externalId: 'customer 17' });
  assert.equal(begun.status, 200, begun.text);
  assert.equal(begun.body.user.name, email);
  assert.equal(begun.body.allowedRecoveryCredentials, undefined);
  assert.equal(peek(begun.body.temporaryAuthenticationToken)
    .payload[META].orgId, who.orgId);
  const key = new Key();
  const done = await api.call('POST', '/auth/registration', {
    firstFactorCredential: key.create(begun.body.challenge) },
  { bearer: begun.body.temporaryAuthenticationToken, status: 200 });
  assert.equal(done.body.user.id, begun.body.user.id);
  assert.equal(done.body.authentication, undefined);
  await login(api, who.orgId, email, key);
  assert.deepEqual(await instance.sql('SELECT m.kind, m.registered,'
    + ' m.service_account, m.external_id, e.address, e.verified'
    + ' FROM members m JOIN emails e ON e.user_id = m.user_id'
    + ` WHERE m.user_id = ${row(begun.body.user.id)}`),
  [['EndUser', '1', '0', 'customer 17', email.toLowerCase(), '0']]);
  isError(await begin(who, email), 401, EXISTS);
  isError(await begin(who, email.toUpperCase()), 401, EXISTS);
});

test('who has not finished begins again; what was begun is void',
  async () => {
    const who = await account();
    const email = freshAddress('end');
    const body = { email, kind: 'EndUser' };
    const begun = [await begin(who, email, { externalId: 'a' }),
      await begin(who, email), await signed(who, 'POST', RESTART, body)];
    assert.deepEqual(begun.map(({ status }) => status), [200, 200, 200]);
    assert.equal(new Set(begun.map(({ body: { user } }) => user.id)).size, 1);
    const finish = ({ body: { challenge, temporaryAuthenticationToken } }) =>
      api.call('POST', '/auth/registration', {
        firstFactorCredential: new Key().create(challenge) },
      { bearer: temporaryAuthenticationToken });
    isError(await finish(begun[0]), 401, BAD_TOKEN);
    isError(await finish(begun[1]), 401, BAD_TOKEN);
    assert.equal((await finish(begun[2])).status, 200);
    isError(await signed(who, 'POST', RESTART, body), 401, EXISTS);
    isError(await signed(who, 'POST', RESTART,
      { ...body, email: freshAddress() }), 401, NO_USER);
  });

test('10 parallel registrations of one address: one user', async () => {
  const who = await account();
  for (let round = 0; round < 4; round++) {
    const body = { email: freshAddress('end'), kind: 'EndUser' };
    const actions = [];
    for (let i = 0; i < 10; i++)
      actions.push(header(await approve(who, 'POST', REGISTER,
        JSON.stringify(body))));
    const answers = await Promise.all(actions.map((action) =>
      who.call('POST', REGISTER, body, action)));
    assert.deepEqual(answers.map(({ status }) => status),
      Array(10).fill(200));
    assert.equal(new Set(answers.map((one) => one.body.user.id)).size, 1);
    assert.equal((await instance.sql('SELECT id FROM ceremonies WHERE'
      + ` user_id = ${row(answers[0].body.user.id)}`)).length, 1);
  }
});

test('employees, the deactivated and the malformed are not registered',
  async () => {
    const who = await account();
    isError(await begin(who, who.boss), 401, EXISTS);
    const email = freshAddress('end');
    const { body: { user } } = await begin(who, email);
    await instance.sql('UPDATE members SET active = 0'
      + ` WHERE user_id = ${row(user.id)}`);
    isError(await begin(who, email), 400, DEACTIVATED);
    for (const [member_, body] of [
      ['kind', { email, kind: 'CustomerEmployee' }],
      ['email', { email: 'nobody', kind: 'EndUser' }],
      ['email', { email: 'a@b\n', kind: 'EndUser' }]])
      isError(await signed(who, 'POST', REGISTER, body), 400,
        `Invalid request: ${member_} is missing or malformed`);
    for (const body of [{}, { email }, { email, kind: 'EndUser',
      externalId: 7 }, { email, kind: 'EndUser', externalId: 'x'.repeat(256) }])
      assert.equal((await signed(who, 'POST', REGISTER, body)).status, 400);
  });

test('an address of the other API is taken, proved or not', async () => {
  const { stdout } = await instance.postern('org', 'list');
  const orgId = /^(or-\S+) .* default$/m.exec(stdout)[1];
  const who = await service(instance, orgId, `taken ${++count}`);
  const email = freshAddress('hanko');
  await instance.client().signUp(email);
  isError(await begin(who, email), 401, EXISTS);
  const other = freshAddress('hanko');
  await instance.client().signUp(other);
  await instance.sql(`UPDATE emails SET verified = 0 WHERE address = '${other}'`);
  isError(await begin(who, other), 401, EXISTS);
  const done = await signed(who, 'POST', LOGIN, { username: email });
  assert.equal(done.status, 200, done.text);
  /* Their first credential stays their own business. */
  isError(await begin(who, email), 401, EXISTS);
  await api.call('PUT', '/auth/registration/code', { orgId, username: email },
    { status: 200 });
  await api.call('POST', '/auth/registration/init', { orgId, username: email,
    registrationCode: await codeTo(instance.mailDir, email) },
  { status: 200 });
});

test('an end user gets no code by mail', async () => {
  const who = await account();
  const email = freshAddress('end');
  await begin(who, email);
  for (const username of [email, who.boss])
    await api.call('PUT', '/auth/registration/code',
      { orgId: who.orgId, username }, { status: 200 });
  await codeTo(instance.mailDir, who.boss, 2);
  assert.deepEqual(mailsTo(instance.mailDir, email), []);
});

test('enduser: a session, and no wallets; only for end users', async () => {
  const who = await account();
  const user = await endUser(who);
  assert.deepEqual(user.answer.wallets, []);
  assert.equal(user.answer.credential.kind, 'Key');
  assert.equal(peek(user.token).payload[META].tokenKind, 'Token');
  const { body } = await api.call('GET', '/auth/credentials', undefined,
    { bearer: user.token, status: 200 });
  assert.equal(body.items.length, 2);
  const invited = await api.call('POST', '/auth/registration/init', {
    orgId: who.orgId, username: who.boss,
    registrationCode: await codeTo(instance.mailDir, who.boss) });
  const bearer = invited.body.temporaryAuthenticationToken;
  const credentials = { firstFactorCredential:
    new Key().create(invited.body.challenge) };
  isError(await api.call('POST', '/auth/registration/enduser',
    { ...credentials, wallets: [] }, { bearer }), 401, BAD_TOKEN);
  for (const wallets of [undefined, {}, 'x', null])
    assert.equal((await api.call('POST', '/auth/registration/enduser',
      { ...credentials, wallets }, { bearer })).status, 400);
  await api.call('POST', '/auth/registration', credentials,
    { bearer, status: 200 });
});

/* --------------------------------------------------------------- login */

test('delegated login: reads, but no change without the user', async () => {
  const who = await account();
  const user = await endUser(who);
  const done = await signed(who, 'POST', LOGIN, { username: user.username });
  assert.equal(done.status, 200, done.text);
  const bearer = done.body.token;
  const { body: { items } } = await api.call('GET', '/auth/credentials',
    undefined, { bearer, status: 200 });
  const what = { credentialUuid: items[0].credentialUuid };
  const path = '/auth/credentials/activate';
  const { headers } = header(await approve(who, 'PUT', path, JSON.stringify(what)));
  isError(await api.call('PUT', path, what, { bearer, headers }), 403,
    NOT_SIGNED);
  const begun = await announce(withToken(user, bearer), 'PUT', path,
    JSON.stringify(what), { status: 200 });
  isError(await api.call('POST', '/auth/action', {
    challengeIdentifier: begun.body.challengeIdentifier,
    firstFactor: who.key.get(begun.body.challenge) }, { bearer }), 401,
  'Unauthorized');
  const own = await signed(withToken(user, bearer), 'PUT', path, what);
  assert.deepEqual(own.body, { message: 'success' });
  await api.call('PUT', '/auth/logout', {}, { bearer, status: 200 });
  isError(await api.call('GET', '/auth/credentials', undefined, { bearer }),
    401, BAD_TOKEN);
});

test('only end users of one\'s own organisation are logged in', async () => {
  const who = await account();
  const elsewhere = await account();
  const user = await endUser(who);
  const unfinished = freshAddress('end');
  await begin(who, unfinished);
  const employee = await member(instance, `Service ${++count}`,
    freshAddress('e'));
  const theirs = await service(instance, employee.orgId, 'backend');
  for (const [asking, username] of [[who, 'nobody@example.org'],
    [who, unfinished], [who, who.boss], [elsewhere, user.username],
    [theirs, employee.username]])
    isError(await signed(asking, 'POST', LOGIN, { username }), 401, NO_USER);
  const of = `WHERE user_id = ${row(user.user.id)}`;
  await instance.sql(`UPDATE members SET active = 0 ${of}`);
  isError(await signed(who, 'POST', LOGIN, { username: user.username }), 400,
    DEACTIVATED);
  await instance.sql('UPDATE members SET active = 1,'
    + ` archived_at = UTC_TIMESTAMP(6) ${of}`);
  isError(await signed(who, 'POST', LOGIN, { username: user.username }), 401,
    NO_USER);
});

/* ------------------------------------------------------------ recovery */

const b64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

function recovery(begun, user, key = new Key()) {
  const newCredentials = {
    firstFactorCredential: key.create(begun.challenge) };
  return { recovery: user.recovery.get(b64(newCredentials), 'RecoveryKey'),
    newCredentials };
}

test('delegated recovery: without a code, but with the recovery key',
  async () => {
    const who = await account();
    const user = await endUser(who);
    const wish = (change) => signed(who, 'POST', RECOVER, {
      username: user.username, credentialId: user.recovery.credId, ...change });
    isError(await wish({ credentialId: user.key.credId }), 401,
      'Credential cannot be used as a recovery factor.');
    isError(await wish({ username: who.boss }), 401, NO_USER);
    assert.equal((await wish({ credentialId: '' })).status, 400);
    const begun = await wish();
    assert.equal(begun.status, 200, begun.text);
    assert.deepEqual(begun.body.allowedRecoveryCredentials,
      [{ id: user.recovery.credId, encryptedRecoveryKey: 'sealed' }]);
    const bearer = begun.body.temporaryAuthenticationToken;
    const key = new Key('p384');
    isError(await api.call('POST', '/auth/recover/user',
      recovery(begun.body, { recovery: who.key }, key), { bearer }), 401,
    'Unauthorized');
    await api.call('POST', '/auth/recover/user',
      recovery(begun.body, user, key), { bearer, status: 200 });
    await login(api, who.orgId, user.username, key);
    isError(await api.call('GET', '/auth/credentials', undefined,
      { bearer: user.token }), 401, BAD_TOKEN);
    isError(await wish(), 401,
      'Credential cannot be used as a recovery factor.');
    assert.deepEqual(mailsTo(instance.mailDir, user.username), []);
  });

/* ----------------------------------------------------------- the rest */

test('what was done is on record: who asked, and for whom', async () => {
  const who = await account();
  const user = await endUser(who);
  await begin(who, user.username);
  await signed(who, 'POST', LOGIN, { username: user.username });
  await signed(who, 'POST', LOGIN, { username: 'nobody' });
  await signed(who, 'POST', RECOVER, { username: user.username,
    credentialId: user.recovery.credId });
  await signed(who, 'POST', RECOVER, { username: user.username,
    credentialId: 'eA' });
  const rows = await instance.sql('SELECT type, error, actor_email'
    + ` FROM audit_logs WHERE actor_user_id = ${row(who.userId)}`
    + " AND type LIKE 'dfns_delegated%' ORDER BY created_at");
  const { username } = user;
  assert.deepEqual(rows, [
    ['dfns_delegated_registration_init_succeeded', null, username],
    ['dfns_delegated_registration_init_failed', 'the user exists', username],
    ['dfns_delegated_login_succeeded', null, username],
    ['dfns_delegated_login_failed', 'unknown user', null],
    ['dfns_delegated_recovery_init_succeeded', null, username],
    ['dfns_delegated_recovery_init_failed', 'no recovery key', username]]);
});

/* It drops the path of its baseUrl, so it is not for a prefix. */
if (!process.env.POSTERN_PREFIX)
  test('the client from npm does all of it by itself', async () => {
    const who = await account();
    const options = { baseUrl: instance.url, orgId: who.orgId };
    const client = (authToken, more) =>
      new sdk.DfnsApiClient({ ...options, authToken, ...more }).auth;
    const mine = client(who.token, { signer: new keysigner.AsymmetricKeySigner({
      credId: who.credId, privateKey: who.key.privateKey.export(
        { type: 'pkcs8', format: 'pem' }) }) });
    const username = freshAddress('sdk');
    const begun = await mine.createDelegatedRegistrationChallenge(
      { body: { email: username, kind: 'EndUser', externalId: '1' } });
    const user = { key: new Key(), recovery: new Key() };
    const done = await client(begun.temporaryAuthenticationToken)
      .registerEndUser({ body: { wallets: [{ network: 'Ethereum' }],
        firstFactorCredential: user.key.create(begun.challenge),
        recoveryCredential: user.recovery.create(begun.challenge,
          { kind: 'RecoveryKey', encrypted: 'sealed' }) } });
    assert.deepEqual(done.wallets, []);
    const { token } = await mine.delegatedLogin({ body: { username } });
    /* The backend announces; the user, elsewhere, signs. */
    const theirs = new sdk.DfnsDelegatedApiClient(
      { ...options, authToken: token }).auth;
    const { items } = await theirs.listCredentials();
    const request = { body: { credentialUuid: items[0].credentialUuid } };
    const challenge = await theirs.activateCredentialInit(request);
    assert.deepEqual(await theirs.activateCredentialComplete(request, {
      challengeIdentifier: challenge.challengeIdentifier,
      firstFactor: user.key.get(challenge.challenge) }),
    { message: 'success' });
    const recover = await mine.createDelegatedRecoveryChallenge({ body: {
      username, credentialId: user.recovery.credId } });
    const again = await client(recover.temporaryAuthenticationToken)
      .recover({ body: recovery(recover, user) });
    assert.equal(again.user.username, username);
    await assert.rejects(mine.delegatedLogin({ body: { username: 'x' } }),
      { httpStatus: 401, message: NO_USER });
    await assert.rejects(mine.listCredentials(), { httpStatus: 403 });
  });

test('sizes, types and forms; no database', async () => {
  const who = await account();
  const user = await endUser(who);
  const BIG = { raw: `{"x":"${'y'.repeat(140000)}"}`, status: 413 };
  const bearer = who.token;
  const paths = [LOGIN, REGISTER, RESTART, RECOVER];
  const live = await begin(who, freshAddress('end'));
  const temporary = live.body.temporaryAuthenticationToken;
  const enduser = '/auth/registration/enduser';
  for (const path of paths) {
    await api.call('POST', path, undefined, BIG);
    await api.call('POST', path, {}, { status: 401 });
    await api.call('POST', path, {}, { bearer, status: 403 });
    for (const [raw, status, type] of [['{}', 400], ['{', 400], ['[]', 400],
      ['{}', 415, 'text/plain']])
      await api.call('POST', path, undefined, { bearer, raw, status, type,
        ...header(await approve(who, 'POST', path, raw)) });
  }
  await api.call('POST', enduser, undefined, BIG);
  await api.call('POST', enduser, undefined, { raw: '{}', type: 'text/plain',
    bearer: temporary, status: 415 });
  const last = { firstFactorCredential: new Key().create(live.body.challenge),
    wallets: [] };
  const body = { username: user.username };
  const { headers } = header(await approve(who, 'POST', LOGIN, JSON.stringify(body)));
  await instance.service('stop', 'mariadb');
  for (const path of paths)
    isError(await api.call('POST', path, body, { bearer, headers }), 503,
      'Service Unavailable');
  isError(await ask(who), 503, 'Service Unavailable');
  isError(await api.call('POST', enduser, last, { bearer: temporary }), 503,
    'Service Unavailable');
  await instance.service('start', 'mariadb');
  await until(async () => (await api.call('POST', LOGIN, body,
    { bearer, headers })).status === 200, 'the login');
  await api.call('POST', enduser, last, { bearer: temporary, status: 200 });
});
