/* Dfns: what is kept of a signature shows, alone, what was signed. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, ES256, ES384, EDDSA, RS256 }
  from '../lib/authenticator.mjs';
import { App, Key, announce, approve, codeTo, createOrg, createPasskey,
  getPasskey, header, isError, loggedIn, ofDefault, passkey, service, signed,
  withToken }
  from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

const ORIGIN = 'http://localhost:8080';
const PATH = '/auth/credentials/activate';
const COLUMNS = ['username', 'method', 'path', 'payload_hash', 'nonce', 'kind',
  'cred_id', 'digest', 'http_request_id', 'used_at'];
const BLOBS = ['public_key', 'client_data', 'authenticator_data', 'signature'];
let instance;
let count = 0;

before(async () => {
  instance = await start({ set: { 'audit_log.storage.enabled': 'true',
    'dfns.password': 'true',
    'webauthn.relying_party.origins': ORIGIN } });
});
after(() => instance?.stop());

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const b64url = (bytes) => Buffer.from(bytes).toString('base64url');
const someone = (type) =>
  loggedIn(instance, `Evidence ${++count}`, freshAddress('evidence'), type);

/* What was kept of a user's signatures, oldest first. */
async function recordsOf(who) {
  const rows = await instance.sql(`SELECT ${COLUMNS.join()},
    ${BLOBS.map((name) => `HEX(${name})`).join()} FROM action_signatures
    WHERE user_id IN (SELECT user_id FROM members
      WHERE username = '${who.username}') ORDER BY signed_at`);
  return rows.map((row) => Object.fromEntries([...COLUMNS, ...BLOBS]
    .map((name, i) => [name, i < COLUMNS.length || row[i] === null ? row[i]
      : Buffer.from(row[i], 'hex')])));
}

/* Does a record prove itself?  Nothing but the record is asked. */
function proves(record) {
  const key = createPublicKey({ key: record.public_key, format: 'der',
    type: 'spki' });
  const message = record.authenticator_data === null ? record.client_data
    : Buffer.concat([record.authenticator_data, sha256(record.client_data)]);
  const { challenge } = JSON.parse(record.client_data);
  const bound = b64url(sha256(Buffer.concat([
    Buffer.from(record.nonce, 'hex'),
    Buffer.from(`${record.method}\0${record.path}\0`),
    Buffer.from(record.payload_hash, 'hex')])).toString('hex'));
  return [bound, b64url(bound)].includes(challenge)
    && verify(record.digest === '' ? null : record.digest.toLowerCase(),
      message, key, record.signature);
}

/* An action of somebody's, signed by key, and what was kept of it. */
async function act(who, key) {
  const { credentialUuid } = (await who.call('GET', '/auth/credentials'))
    .body.items[0];
  const body = { credentialUuid };
  const done = await signed(who, 'PUT', PATH, body, key);
  assert.equal(done.status, 200, done.text);
  const record = (await recordsOf(who)).at(-1);
  assert.equal(record.payload_hash, sha256(JSON.stringify(body))
    .toString('hex'));
  assert.equal(record.method, 'PUT');
  assert.equal(record.path, PATH);
  assert.notEqual(record.used_at, null);
  return record;
}

/* One more credential, made by make(challenge, answer). */
async function add(who, kind, make) {
  const { body } = await who.call('POST', '/auth/credentials/init', { kind },
    { status: 200 });
  const { credentialKind, credentialInfo, encryptedPrivateKey } = make(body);
  const done = await signed(who, 'POST', '/auth/credentials', {
    challengeIdentifier: body.challengeIdentifier, credentialName: 'more',
    credentialKind, credentialInfo, encryptedPrivateKey });
  assert.equal(done.status, 200, done.text);
}

for (const [type, digest] of Object.entries({ p256: 'SHA256', p384: 'SHA256',
  secp256k1: 'SHA256', ed25519: '', rsa: 'SHA256' }))
  test(`a Key of ${type}: the record proves itself, and no other`,
    async () => {
      const who = await someone(type);
      const record = await act(who);
      assert.equal(record.kind, 'Key');
      assert.equal(record.cred_id, who.key.credId);
      assert.equal(record.digest, digest);
      assert.equal(record.authenticator_data, null);
      assert.match(record.username, /^evi\*{5}@example\.org$/);
      assert.ok(record.http_request_id);
      assert.ok(proves(record));
      for (const lie of [{ method: 'POST' }, { path: `${PATH}/` },
        { payload_hash: sha256('{}').toString('hex') },
        { nonce: sha256('x').toString('hex') },
        { public_key: (await act(await someone(type))).public_key },
        { client_data: Buffer.from(`${record.client_data} `) }])
        assert.ok(!proves({ ...record, ...lie }), Object.keys(lie)[0]);
    });

for (const [alg, digest] of [[ES256, 'SHA256'], [EDDSA, ''],
  [RS256, 'SHA256']])
  test(`a passkey (${alg}): the record has its authenticator data`,
    async () => {
      const who = await someone();
      const device = new Authenticator({ origin: ORIGIN, alg });
      await add(who, 'Fido2', (body) => createPasskey(device, body));
      const record = await act(who, passkey(device));
      assert.equal(record.kind, 'Fido2');
      assert.equal(record.cred_id, b64url(device.id));
      assert.equal(record.digest, digest);
      assert.ok(record.authenticator_data.length >= 37);
      assert.ok(proves(record));
      assert.ok(!proves({ ...record, authenticator_data: null }));
    });

test('a passkey (-35) that came through the other API', async () => {
  const { orgId, username, api, device } = await ofDefault(instance,
    { origin: ORIGIN, alg: ES384 });
  const begun = await api.call('POST', '/auth/login/init',
    { orgId, username }, { status: 200 });
  const { body: { token: bearer } } = await api.call('POST', '/auth/login', {
    challengeIdentifier: begun.body.challengeIdentifier,
    firstFactor: getPasskey(device, begun.body.challenge) }, { status: 200 });
  const who = withToken({ username, api: instance.client() }, bearer);
  const record = await act(who, passkey(device));
  assert.equal(record.digest, 'SHA384');
  assert.ok(proves(record));
});

test('an encrypted key, and a digest of one\'s own', async () => {
  const who = await someone();
  const key = new Key();
  await add(who, 'PasswordProtectedKey', ({ challenge }) =>
    key.create(challenge, { kind: 'PasswordProtectedKey', encrypted: 'x' }));
  const record = await act(who, { get: (c) => {
    key.digest = 'sha512';
    const factor = key.get(c, 'PasswordProtectedKey');
    factor.credentialAssertion.algorithm = 'SHA512';
    return factor;
  } });
  assert.equal(record.kind, 'PasswordProtectedKey');
  assert.equal(record.digest, 'SHA512');
  assert.ok(proves(record));
});

test('a service account signs like anybody', async () => {
  const { orgId } = await someone();
  const who = await service(instance, orgId, 'backend');
  await approve(who, 'POST', '/auth/login/delegated', '{"username":"x"}');
  const [[username, cred_id, used_at]] = await instance.sql(`SELECT username,
    cred_id, used_at FROM action_signatures WHERE path LIKE '%/delegated'`);
  assert.equal(username, 'bac*****');
  assert.equal(cred_id, who.key.credId);
  assert.equal(used_at, null);
});

test('both factors are kept, under one action', async () => {
  const who = await someone();
  const second = new Key('ed25519');
  await add(who, 'Key', ({ challenge }) => second.create(challenge));
  const before = (await recordsOf(who)).length;
  const { body } = await announce(who, 'PUT', PATH, '{}', { status: 200 });
  const { body: { userAction } } = await who.call('POST', '/auth/action', {
    challengeIdentifier: body.challengeIdentifier,
    firstFactor: who.key.get(body.challenge),
    secondFactor: second.get(body.challenge) }, { status: 200 });
  const records = (await recordsOf(who)).slice(before);
  assert.deepEqual(records.map(({ cred_id }) => cred_id).sort(),
    [who.key.credId, second.credId].sort());
  assert.ok(records.every(proves));
  assert.equal(Number((await instance.sql(`SELECT COUNT(*)
    FROM action_signatures WHERE action_id = (SELECT id FROM ceremonies
      WHERE purpose = 'signed' ORDER BY created_at DESC LIMIT 1)`))[0][0]), 2);
  assert.ok(peek(userAction).payload.jti);
});

test('a password and its code sign nothing, and leave nothing', async () => {
  const username = freshAddress('evidence');
  const orgId = await createOrg(instance, `Evidence ${++count}`, username);
  const api = instance.client();
  const password = 'correct horse battery staple';
  const { body } = await api.call('POST', '/auth/registration/init', { orgId,
    username, registrationCode: await codeTo(instance.mailDir, username) },
  { status: 200 });
  const app = new App(body.otpUrl);
  await api.call('POST', '/auth/registration', { firstFactorCredential: {
    credentialKind: 'Password', credentialInfo: { password } },
  secondFactorCredential: app.create() },
  { bearer: body.temporaryAuthenticationToken, status: 200 });
  const factors = async (path, begun, bearer) => {
    await instance.sql('UPDATE totp_factors SET last_step = 0');
    return (await api.call('POST', path, {
      challengeIdentifier: begun.body.challengeIdentifier,
      firstFactor: { kind: 'Password', password }, secondFactor: app.get() },
    { bearer, status: 200 })).body;
  };
  const { token } = await factors('/auth/login', await api.call('POST',
    '/auth/login/init', { orgId, username }, { status: 200 }));
  const who = withToken({ api, username }, token);
  assert.ok((await factors('/auth/action', await announce(who, 'PUT', PATH,
    '{}', { status: 200 }), token)).userAction);
  assert.deepEqual(await recordsOf(who), []);
});

test('approved and not made: no time of use; replayed: the first', async () => {
  const who = await someone();
  const body = { credentialUuid: (await who.call('GET', '/auth/credentials'))
    .body.items[0].credentialUuid };
  const action = await approve(who, 'PUT', PATH, JSON.stringify(body));
  assert.equal((await recordsOf(who))[0].used_at, null);
  await who.call('PUT', PATH, { x: 1 }, { ...header(action), status: 403 });
  assert.equal((await recordsOf(who))[0].used_at, null);
  await who.call('PUT', PATH, body, { ...header(action), status: 200 });
  const [{ used_at }] = await recordsOf(who);
  assert.notEqual(used_at, null);
  isError(await who.call('PUT', PATH, body, header(action)), 400,
    'user action has already been used');
  assert.equal((await recordsOf(who))[0].used_at, used_at);
});

test('what was not accepted leaves nothing', async () => {
  const who = await someone();
  const { body } = await announce(who, 'PUT', PATH, '{}', { status: 200 });
  isError(await who.call('POST', '/auth/action', {
    challengeIdentifier: body.challengeIdentifier,
    firstFactor: new Key('p256', who.key.credId).get(body.challenge) }), 401,
  'Unauthorized');
  assert.deepEqual(await recordsOf(who), []);
});

test('it goes after the retention, and not before', async () => {
  const who = await someone();
  await act(who);
  await act(who);
  await instance.sql(`UPDATE action_signatures SET signed_at =
    UTC_TIMESTAMP(6) - INTERVAL 31 DAY WHERE user_id IN (SELECT user_id
      FROM members WHERE username = '${who.username}') LIMIT 1`);
  const { status, stderr } = await instance.courier();
  assert.equal(status, 0, stderr);
  assert.equal((await recordsOf(who)).length, 1);
});

test('it outlives the user', async () => {
  const who = await someone();
  const { http_request_id } = await act(who);
  for (const table of ['primary_emails', 'users'])
    await instance.sql(`DELETE t FROM ${table} t JOIN members m
      ON m.user_id = t.${table === 'users' ? 'id' : 'user_id'}
      WHERE m.username = '${who.username}'`);
  assert.equal((await instance.sql('SELECT 1 FROM action_signatures WHERE'
    + ` http_request_id = '${http_request_id}'`)).length, 1);
});

test('without rows there is no evidence, without the mask a name', async () => {
  const off = await start();
  try {
    const who = await loggedIn(off, 'Off', freshAddress());
    await signed(who, 'PUT', PATH, { credentialUuid: 'cr-x' });
    assert.deepEqual(await off.sql('SELECT * FROM action_signatures'), []);
    await off.up({ ...off.options.set, 'audit_log.storage.enabled': 'true',
      'audit_log.mask': 'false' });
    await approve(who, 'PUT', PATH, '{}');
    assert.deepEqual(await off.sql('SELECT username FROM action_signatures'),
      [[who.username]]);
  } finally {
    await off.stop();
  }
});
