/* Dfns: what the owners of an organisation do to its service accounts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { ID, Key, announce, approve, header, isError, loggedIn, service,
  signed, uuidOf, withToken } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

const BAD_TOKEN = 'user token is missing or invalid';
const NOT_SIGNED = 'user action signature is missing or invalid';
const USED = 'user action has already been used';
const NONE = 'service account not found';
const PATH = '/auth/service-accounts';
const NOBODY = 'us-2r1sn-m874t-9olbf8bd5s69kjgh';
let instance;
let count = 0;

before(async () => {
  instance = await start({ prefix: '', set: {
    'audit_log.storage.enabled': 'true', 'audit_log.mask': 'false' } });
});
after(() => instance?.stop());

const owner = () =>
  loggedIn(instance, `Accounts ${++count}`, freshAddress('owner'));
const clientOf = (who) => new sdk.DfnsApiClient({ baseUrl: instance.url,
  orgId: who.orgId, authToken: who.token,
  signer: new keysigner.AsymmetricKeySigner({ credId: who.key.credId,
    privateKey: who.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
}).auth;

const make = (who, name, more = {}, key = new Key('ed25519')) => signed(who,
  'POST', PATH, { name, publicKey: key.pem, ...more });

/* One that was made, which calls by its token and signs by its key. */
async function account(who, name = `backend ${++count}`, more = {}) {
  const key = new Key('ed25519');
  const { body, status, text } = await make(who, name, more, key);
  assert.equal(status, 200, text);
  key.credId = body.accessTokens[0].credId;
  return withToken({ api: instance.client(), orgId: who.orgId, key, name,
    userId: body.userInfo.userId, answer: body },
  body.accessTokens[0].accessToken);
}

const change = (who, id, verb) =>
  signed(who, 'PUT', `${PATH}/${id}/${verb}`, {});
const archive = (who, id) => signed(who, 'DELETE', `${PATH}/${id}`, {});
const listed = async (who) =>
  (await who.call('GET', PATH, undefined, { status: 200 })).body.items;
const works = async (who) => (await announce(who, 'POST', '/x', '{}')).status;

test('the client of Dfns makes, lists, changes, switches and ends one',
  async () => {
    const auth = clientOf(await owner());
    const key = new Key('ed25519');
    const made = await auth.createServiceAccount({ body: { name: 'backend',
      publicKey: key.pem, daysValid: 30, externalId: 'e-1' } });
    const [{ accessToken, ...token }] = made.accessTokens;
    const shown = { ...made, accessTokens: [token] };
    assert.match(made.userInfo.userId, ID);
    assert.equal(made.userInfo.username, 'backend');
    assert.equal(made.userInfo.isServiceAccount, true);
    assert.equal(token.kind, 'ServiceAccount');
    assert.equal(token.linkedUserId, made.userInfo.userId);
    const { payload } = peek(accessToken);
    assert.equal(payload.exp - payload.iat, 30 * 86400);
    assert.equal(payload.jti, token.tokenId);
    const path = { serviceAccountId: made.userInfo.userId };
    assert.deepEqual(await auth.getServiceAccount(path), shown);
    assert.deepEqual((await auth.listServiceAccounts()).items, [shown]);
    const renamed = await auth.updateServiceAccount({ ...path,
      body: { name: 'frontend', externalId: 'e-2' } });
    assert.equal(renamed.userInfo.username, 'frontend');
    assert.equal(renamed.accessTokens[0].name, 'frontend');
    const off = await auth.deactivateServiceAccount({ ...path, body: {} });
    assert.equal(off.userInfo.isActive, false);
    assert.equal(off.accessTokens[0].isActive, false);
    assert.deepEqual(await auth.activateServiceAccount(path), renamed);
    const ended = await auth.archiveServiceAccount(path);
    assert.equal(ended.accessTokens[0].isActive, false);
    await assert.rejects(auth.getServiceAccount(path), { httpStatus: 404,
      message: NONE });
    assert.deepEqual((await auth.listServiceAccounts()).items, []);
  });

test('its token calls, and its key signs; the command line sees it too',
  async () => {
    const boss = await owner();
    const who = await account(boss);
    await approve(who, 'POST', '/x', '{}');
    const email = freshAddress('end');
    assert.equal((await signed(who, 'POST', '/auth/registration/delegated',
      { email, kind: 'EndUser' })).status, 200);
    const { stdout } = await instance.postern('org', 'service-account', 'list',
      boss.orgId);
    assert.match(stdout, new RegExp(`^${who.answer.accessTokens[0].tokenId} +${
      who.userId} +active .*${who.name}$`, 'm'));
    const [[hashed]] = await instance.sql('SELECT COUNT(*) FROM access_tokens'
      + ` WHERE hash = UNHEX(SHA2('${who.token}', 256))`);
    assert.equal(hashed, '1');
  });

test('one that the command line has made is seen and ended', async () => {
  const boss = await owner();
  const who = await service(instance, boss.orgId, 'by hand');
  assert.deepEqual((await listed(boss)).map(({ userInfo }) =>
    userInfo.username), ['by hand']);
  assert.equal((await archive(boss, who.userId)).status, 200);
  isError(await announce(who, 'POST', '/x', '{}'), 401, BAD_TOKEN);
});

test('off it is out at once, and back when it is switched on', async () => {
  const boss = await owner();
  const who = await account(boss);
  assert.equal((await change(boss, who.userId, 'deactivate')).status, 200);
  assert.equal(await works(who), 401);
  assert.equal((await change(boss, who.userId, 'activate')).status, 200);
  assert.equal(await works(who), 200);
  assert.equal((await archive(boss, who.userId)).status, 200);
  assert.equal(await works(who), 401);
  for (const done of [await change(boss, who.userId, 'activate'),
    await archive(boss, who.userId)])
    isError(done, 404, NONE);
  /* Its name is free again. */
  await account(boss, who.name);
});

test('the permission of owners is given by its id, and no other is',
  async () => {
    const boss = await owner();
    const other = await owner();
    const idOf = async (who) => (await who.call('GET',
      `/auth/users/${who.user.id}`)).body.permissionAssignments[0].permissionId;
    const permissionId = await idOf(boss);
    const strong = await account(boss, 'strong', { permissionId });
    assert.equal(strong.answer.userInfo.permissionAssignments[0].permissionId,
      permissionId);
    assert.equal((await listed(strong)).length, 1);
    await account(strong, 'made by it');
    const weak = await account(boss, 'weak');
    assert.deepEqual(weak.answer.userInfo.permissionAssignments, []);
    isError(await weak.call('GET', PATH), 403, 'CustomerEmployee '
      + `${weak.userId} is not authorized to perform operation (GET ${PATH})`);
    const own = `${PATH}/${weak.userId}`;
    assert.equal((await weak.call('GET', own)).status, 403);
    const { body } = await boss.call('GET', own, undefined, { status: 200 });
    assert.equal(body.userInfo.userId, weak.userId);
    assert.equal((await boss.call('GET', `${PATH}?limit=x`)).status, 400);
    for (const wrong of [await idOf(other), 'pm-x', '', 'x'.repeat(65),
      permissionId.replace('pm-', 'as-')])
      assert.equal((await make(boss, 'wrong', { permissionId: wrong })).status,
        400, wrong);
    isError(await change(strong, strong.userId, 'deactivate'), 400,
      'user cannot modify its own state');
    assert.equal((await change(boss, strong.userId, 'deactivate')).status, 200);
  });

test('what is no account is not made, nor changed into one', async () => {
  const boss = await owner();
  const who = await account(boss, 'taken');
  for (const [name, more] of [['x', { publicKey: 'x' }], [boss.username, {}],
    ['a@example.org', {}], [' a@example.org\t', {}], [' ', {}], ['', {}], ['x'.repeat(321), {}],
    ['x', { daysValid: 0 }], ['x', { daysValid: 731 }],
    ['x', { daysValid: 1.5 }], ['x', { daysValid: '30' }],
    ['x', { externalId: 'x'.repeat(256) }]])
    assert.equal((await make(boss, name, more)).status, 400,
      `${name} ${JSON.stringify(more)}`);
  isError(await make(boss, 'Taken'), 401, 'User already exists.');
  const second = await account(boss, 'second');
  const rename = (body) => signed(boss, 'PUT', `${PATH}/${second.userId}`,
    body);
  isError(await rename({ name: 'TAKEN' }), 401, 'User already exists.');
  for (const name of ['a@example.org', ' a@example.org'])
    assert.equal((await rename({ name })).status, 400);
  assert.equal((await rename({})).status, 200);
  assert.equal((await listed(boss)).length, 2);
  assert.equal(await works(who), 200);
});

const calls = (id) => [['GET', PATH], ['GET', `${PATH}/${id}`],
  ['POST', PATH, { name: 'x', publicKey: new Key('ed25519').pem }],
  ['PUT', `${PATH}/${id}`, { name: 'y' }], ['PUT', `${PATH}/${id}/activate`, {}],
  ['PUT', `${PATH}/${id}/deactivate`, {}], ['DELETE', `${PATH}/${id}`, {}]];

test('without a token 401, without a signed action 403, twice 400',
  async () => {
    const boss = await owner();
    const who = await account(boss);
    for (const [method, path, body] of calls(who.userId)) {
      isError(await boss.api.call(method, path, body), 401, BAD_TOKEN);
      if (method === 'GET')
        continue;
      isError(await boss.call(method, path, body), 403, NOT_SIGNED);
      const { headers } = header(await approve(boss, method, path,
        JSON.stringify(body)));
      await boss.call(method, path, body, { headers, status: 200 });
      isError(await boss.call(method, path, body, { headers }), 400, USED);
    }
  });

test('people are none, and of another organisation nothing is seen',
  async () => {
    const boss = await owner();
    const other = await owner();
    const theirs = await account(other);
    for (const id of [theirs.userId, boss.user.id, NOBODY, 'x'])
      for (const [method, path, body] of calls(id)) {
        if (path === PATH)
          continue;
        isError(method === 'GET' ? await boss.call(method, path)
          : await signed(boss, method, path, body), 404, NONE);
      }
    assert.equal(await works(theirs), 200);
    assert.deepEqual(await listed(boss), []);
    isError(await other.call('GET', `/auth/users/${theirs.userId}`), 404,
      'user not found');
  });

test('an organisation has so many, also where they are made at once',
  async () => {
    const one = await instance.other({ set: { 'dfns.service_accounts': '2' } });
    try {
      const boss = await owner();
      const ready = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => {
        const body = { name, publicKey: new Key('ed25519').pem };
        const { headers } = header(await approve(boss, 'POST', PATH,
          JSON.stringify(body)));
        return () => boss.call('POST', PATH, body, { headers });
      }));
      const done = await Promise.all(ready.map((go) => go()));
      assert.deepEqual(done.map(({ status }) => status).sort(),
        [200, 200, 400, 400]);
      const items = await listed(boss);
      assert.equal(items.length, 2);
      isError(await make(boss, 'e'), 400,
        'the organisation has as many service accounts as it may');
      await archive(boss, items[0].userInfo.userId);
      await account(boss, 'e');
    } finally {
      await one.stop();
    }
  });

test('what was done is on record, with who did it', async () => {
  const boss = await owner();
  const who = await account(boss);
  await signed(boss, 'PUT', `${PATH}/${who.userId}`, { externalId: 'e' });
  await change(boss, who.userId, 'deactivate');
  await change(boss, who.userId, 'activate');
  await archive(boss, who.userId);
  assert.deepEqual((await instance.sql(`SELECT type FROM audit_logs
    WHERE actor_user_id = UNHEX('${uuidOf(boss.user.id)}')
      AND subject_user_id = UNHEX('${uuidOf(who.userId)}')
    ORDER BY created_at, id`)).flat(), ['service_account_created',
    'service_account_changed', 'member_deactivated', 'member_activated',
    'service_account_revoked']);
});
