/* Dfns: a credential for another device, by a code. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { Key, header, approve, isError, login, member, signed }
  from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const ORIGIN = 'http://localhost:8080';
const CODE = '/auth/credentials/code';
const FORM = /^[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}-[2-9A-HJ-NP-Z]{3}$/;
const BAD_CODE = 'Invalid code';
const BAD_CHALLENGE = 'Challenge token is not valid.';
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'audit_log.storage.enabled': 'true',
    'webauthn.relying_party.origins': ORIGIN } });
  api = instance.client();
});
after(() => instance?.stop());

/* A member who is logged in. */
async function someone() {
  const who = await member(instance, `Code ${++count}`, freshAddress('c'));
  who.token = await login(who.api, who.orgId, who.username, who.key);
  return who;
}

const ahead = (ms) => new Date(Date.now() + ms).toISOString();

/* What POST /auth/credentials/code answers; and its code alone. */
const ask = (who, expiration = ahead(60000)) =>
  signed(who, 'POST', CODE, { expiration });
async function codeOf(who) {
  const { status, body, text } = await ask(who);
  assert.equal(status, 200, text);
  return body.code;
}

const init = (code, more = {}, opts = {}) => api.call('POST', `${CODE}/init`,
  { code, credentialKind: 'Key', ...more }, opts);

/* What a Key says to a challenge. */
function said(begun, key = new Key(), { kind = 'Key', ...more } = {}) {
  const { credentialInfo, encryptedPrivateKey } = key.create(
    begun.body.challenge, { kind, ...more });
  return { challengeIdentifier: begun.body.challengeIdentifier,
    credentialName: 'by code', credentialKind: kind, credentialInfo,
    encryptedPrivateKey };
}

const verify = (body, opts) =>
  api.call('POST', `${CODE}/verify`, body, opts);
const credentials = async (who) => (await api.call('GET', '/auth/credentials',
  undefined, { bearer: who.token, status: 200 })).body.items;

test('a code makes a credential, which logs in; then it is used', async () => {
  const who = await someone();
  const { body } = await ask(who);
  assert.match(body.code, FORM);
  assert.match(body.expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const begun = await init(body.code, {}, { status: 200 });
  assert.equal(begun.body.kind, 'Key');
  assert.equal(begun.body.user.name, who.username);
  assert.equal(begun.body.user.id, who.user.id);
  const key = new Key('ed25519');
  const done = await verify(said(begun, key), { status: 200 });
  assert.equal(done.body.credentialId, key.credId);
  assert.equal(done.body.name, 'by code');
  assert.deepEqual((await credentials(who)).map(({ credentialUuid }) =>
    credentialUuid).includes(done.body.credentialUuid), true);
  await login(api, who.orgId, who.username, key);
  isError(await init(body.code), 403, BAD_CODE);
  const events = await instance.sql('SELECT type, COUNT(*) FROM audit_logs'
    + ' WHERE type LIKE \'dfns_credential%\' GROUP BY type ORDER BY type');
  assert.deepEqual(events, [['dfns_credential_code_created', '1'],
    ['dfns_credential_code_failed', '1'], ['dfns_credential_created', '1']]);
});

test('a passkey, and an encrypted key, and a recovery key', async () => {
  const who = await someone();
  const device = new Authenticator({ origin: ORIGIN });
  const begun = await init(await codeOf(who), { credentialKind: 'Fido2' },
    { status: 200 });
  const made = device.create({ challenge: b64(begun.body.challenge),
    user: { id: b64(begun.body.user.id) } });
  await verify({ challengeIdentifier: begun.body.challengeIdentifier,
    credentialName: 'phone', credentialKind: 'Fido2', credentialInfo: {
      credId: made.id, clientData: made.response.clientDataJSON,
      attestationData: made.response.attestationObject } }, { status: 200 });
  for (const kind of ['PasswordProtectedKey', 'RecoveryKey']) {
    const next = await init(await codeOf(who), { credentialKind: kind },
      { status: 200 });
    await verify(said(next, new Key(), { kind, encrypted: 'x' }),
      { status: 200 });
  }
  assert.deepEqual((await credentials(who)).map(({ kind }) => kind).sort(),
    ['Fido2', 'Key', 'PasswordProtectedKey', 'RecoveryKey']);
});

test('it lives as long as asked for, for a minute at most', async () => {
  const who = await someone();
  /* Asked for one time, it ends between two, which have a second's play. */
  const ends = async (expiration, from, to) => {
    const { status, body, text } = await ask(who, expiration);
    assert.equal(status, 200, text);
    const end = Date.parse(body.expiration);
    assert.ok(end >= from - 1000 && end <= to() + 1000, body.expiration);
  };
  const iso = (ms) => new Date(ms).toISOString();
  for (const written of [iso, (ms) => iso(ms).replace('Z', '+00:00'),
    (ms) => ms, (ms) => ms / 1000, (ms) => Math.round(ms / 1000)]) {
    const in30 = Date.now() + 30000;
    await ends(written(in30), in30, () => in30);
  }
  const aMinute = () => Date.now() + 60000;
  for (const far of [ahead(3600000), Date.now() + 864e5, 99999999999,
    '9999-12-31T23:59:59Z'])
    await ends(far, aMinute(), aMinute);
});

test('what is no time to come is 400', async () => {
  const who = await someone();
  for (const expiration of [ahead(-1000), 0, -1, 1e300, -1e300, 'tomorrow',
    '', '1700000000', true, {}, [], null, '2024-02-30T00:00:00Z'])
    assert.equal((await ask(who, expiration)).status, 400, `${expiration}`);
  assert.equal((await signed(who, 'POST', CODE, {})).status, 400);
});

test('it is read in any spelling, and kept as a MAC', async () => {
  const who = await someone();
  const code = await codeOf(who);
  await init(code.toLowerCase().replaceAll('-', ' '), {}, { status: 200 });
  await init(code.replaceAll('-', ''), {}, { status: 200 });
  const rows = await instance.sql('SELECT LENGTH(mac), HEX(mac), c.*'
    + ' FROM credential_codes c');
  assert.equal(rows.at(-1)[0], '32');
  const plain = code.replaceAll('-', '');
  assert.ok(!JSON.stringify(rows).includes(plain));
  assert.ok(!JSON.stringify(rows).includes(
    Buffer.from(plain).toString('hex').toUpperCase()));
  assert.ok(!instance.log().includes(code));
});

test('wrong ones, and what is none', async () => {
  const who = await someone();
  const code = await codeOf(who);
  const other = (code[0] === '2' ? '3' : '2') + code.slice(1);
  for (const wrong of [other, `${code}2`, code.slice(1), '000-000-000',
    'A7U-KY6-9PI', 'x', '-', '1234-1234-1234-1234', 'é'.repeat(9)])
    isError(await init(wrong), 403, BAD_CODE);
  await init(code, {}, { status: 200 });
});

test('malformed members', async () => {
  const who = await someone();
  const code = await codeOf(who);
  for (const more of [{ code: undefined }, { code: '' }, { code: 1 },
    { code: 'A'.repeat(65) }, { code: null }, { credentialKind: undefined },
    { credentialKind: '' }, { credentialKind: 7 }, { credentialKind: 'x' },
    { credentialKind: 'Fido2 ' }])
    assert.equal((await init(code, more)).status, 400, JSON.stringify(more));
  const begun = await init(code, {}, { status: 200 });
  const right = said(begun);
  for (const more of [{ challengeIdentifier: undefined },
    { challengeIdentifier: 1 }, { credentialName: '' },
    { credentialName: undefined }, { credentialName: 'n'.repeat(256) },
    { credentialKind: undefined }, { credentialKind: 'x' },
    { credentialInfo: undefined }, { credentialInfo: 'x' },
    { credentialInfo: {} }, { credentialInfo: { ...right.credentialInfo,
      credId: '!' } }])
    assert.equal((await verify({ ...right, ...more })).status, 400,
      JSON.stringify(more));
  /* None of these was a try. */
  await verify(right, { status: 200 });
});

test('"kind" is taken where "credentialKind" is not', async () => {
  const who = await someone();
  const begun = await init(await codeOf(who));
  const { credentialKind: kind, ...rest } = said(begun);
  await verify({ kind, ...rest }, { status: 200 });
});

test('one code a user: a new one ends the old, and what that began',
  async () => {
    const who = await someone();
    const old = await codeOf(who);
    const begun = await init(old, {}, { status: 200 });
    const code = await codeOf(who);
    isError(await init(old), 403, BAD_CODE);
    isError(await verify(said(begun)), 400, BAD_CHALLENGE);
    await verify(said(await init(code)), { status: 200 });
  });

test('it begins as many as one likes, and one succeeds', async () => {
  const who = await someone();
  const code = await codeOf(who);
  const [one, two, three] = [await init(code), await init(code),
    await init(code)];
  /* A challenge is for one try, the code stays. */
  isError(await verify(said({ body: { ...one.body, challenge: 'b3RoZXI' } })),
    401, 'Unauthorized');
  isError(await verify(said(one)), 400, BAD_CHALLENGE);
  isError(await verify(said(two, who.key)), 400, 'credential already exists');
  await verify(said(three), { status: 200 });
  isError(await init(code), 403, BAD_CODE);
});

test('20 parallel answers to one code: one credential', async () => {
  const who = await someone();
  const code = await codeOf(who);
  const begun = [];
  for (let i = 0; i < 20; i++)
    begun.push(await init(code, {}, { status: 200 }));
  const answers = await Promise.all(begun.map((one) => verify(said(one))));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const answer of answers.filter(({ status }) => status !== 200))
    isError(answer, 400, BAD_CHALLENGE);
  assert.equal((await credentials(who)).length, 2);
});

test('20 parallel wishes: the last of them is the code', async () => {
  const who = await someone();
  const wishes = [];
  for (let i = 0; i < 20; i++) {
    const body = { expiration: ahead(3600000 + i) };
    wishes.push([body,
      await approve(who, 'POST', CODE, JSON.stringify(body))]);
  }
  const answers = await Promise.all(wishes.map(([body, action]) =>
    api.call('POST', CODE, body,
      { bearer: who.token, status: 200, ...header(action) })));
  const good = [];
  for (const { body } of answers)
    good.push((await init(body.code)).status);
  assert.equal(good.filter((status) => status === 200).length, 1);
  isError(await api.call('POST', CODE, wishes[0][0],
    { bearer: who.token, ...header(wishes[0][1]) }), 400,
  'user action has already been used');
});

test('a code expires, and later the challenge that it began', async () => {
  const who = await someone();
  const expire = (table) => instance.sql(`UPDATE ${table} SET expires_at =`
    + ' UTC_TIMESTAMP(6) - INTERVAL 1 SECOND');
  const code = await codeOf(who);
  const [one, two] = [await init(code), await init(code)];
  await expire('credential_codes');
  isError(await init(code), 403, BAD_CODE);
  await verify(said(one), { status: 200 });
  isError(await verify(said(two)), 400, BAD_CHALLENGE);
  const late = await init(await codeOf(who));
  await expire('ceremonies');
  isError(await verify(said(late)), 400, BAD_CHALLENGE);
});

test('challenges of one kind are none to another', async () => {
  const who = await someone();
  const begun = await init(await codeOf(who));
  isError(await verify({ ...said(begun), credentialKind: 'RecoveryKey' }), 400,
    BAD_CHALLENGE);
  const mine = await api.call('POST', '/auth/credentials/init',
    { kind: 'Key' }, { bearer: who.token, status: 200 });
  isError(await verify(said(mine)), 400, BAD_CHALLENGE);
  const next = await init(await codeOf(who));
  isError(await signed(who, 'POST', '/auth/credentials', said(next)), 400,
    BAD_CHALLENGE);
  isError(await api.call('POST', '/auth/login', {
    challengeIdentifier: next.body.challengeIdentifier,
    firstFactor: who.key.get(next.body.challenge) }), 400, BAD_CHALLENGE);
  isError(await verify({ ...said(next), challengeIdentifier: who.token }), 400,
    BAD_CHALLENGE);
  await verify(said(next), { status: 200 });
});

test('it is of its own organisation, whatever else is', async () => {
  const [who, other] = [await someone(), await someone()];
  const [code, theirs] = [await codeOf(who), await codeOf(other)];
  const begun = await init(code, { orgId: other.orgId, username:
    other.username }, { bearer: other.token, status: 200 });
  assert.equal(begun.body.user.id, who.user.id);
  await verify(said(begun), { bearer: other.token, status: 200 });
  assert.equal((await credentials(who)).length, 2);
  assert.equal((await credentials(other)).length, 1);
  isError(await init(code), 403, BAD_CODE);
  await verify(said(await init(theirs)), { status: 200 });
  assert.equal((await credentials(who)).length, 2);
  assert.equal((await credentials(other)).length, 2);
});

test('a deactivated user, a deactivated organisation', async () => {
  for (const off of [
    (who) => `members SET active = 0 WHERE username = '${who.username}'`,
    (who) => 'members SET archived_at = UTC_TIMESTAMP(6) WHERE username ='
      + ` '${who.username}'`,
    () => `tenants SET active = 0 WHERE name = 'Code ${count}'`,
  ]) {
    const who = await someone();
    const code = await codeOf(who);
    const begun = await init(code, {}, { status: 200 });
    await instance.sql(`UPDATE ${off(who)}`);
    isError(await init(code), 403, BAD_CODE);
    isError(await verify(said(begun)), 400, BAD_CHALLENGE);
    isError(await api.call('POST', CODE, { expiration: ahead(1000) },
      { bearer: who.token }), 401, 'user token is missing or invalid');
  }
});

test('it ends with the session that made it', async () => {
  const who = await someone();
  const code = await codeOf(who);
  const begun = await init(code, {}, { status: 200 });
  await api.call('PUT', '/auth/logout', undefined,
    { bearer: who.token, status: 200 });
  isError(await init(code), 403, BAD_CODE);
  isError(await verify(said(begun)), 400, BAD_CHALLENGE);
});
