/* Dfns: what the owners of an organisation do to its members. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { ID, Key, approve, beginLogin, codeTo, codesTo, header, isError,
  loggedIn, login, register, service, signed, uuidOf, withToken }
  from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const BAD_TOKEN = 'user token is missing or invalid';
const NOT_SIGNED = 'user action signature is missing or invalid';
const USED = 'user action has already been used';
const NO_USER = 'user not found';
const USERS = '/auth/users';
const NOBODY = 'us-2r1sn-m874t-9olbf8bd5s69kjgh';
let instance;
let count = 0;

before(async () => {
  instance = await start({ prefix: '', set: { 'log.level': 'debug',
    'audit_log.storage.enabled': 'true', 'audit_log.mask': 'false' } });
});
after(() => instance?.stop());

/* The first member of an organisation of their own, who is its owner. */
const owner = () =>
  loggedIn(instance, `Users ${++count}`, freshAddress('owner'));

const clientOf = (who) => new sdk.DfnsApiClient({ baseUrl: instance.url,
  orgId: who.orgId, authToken: who.token,
  signer: new keysigner.AsymmetricKeySigner({ credId: who.key.credId,
    privateKey: who.key.privateKey.export({ type: 'pkcs8', format: 'pem' }) }),
}).auth;

const listed = async (who, query = '') =>
  (await who.call('GET', USERS + query, undefined, { status: 200 })).body;
const invite = (who, email = freshAddress('guest'), more = {}) =>
  signed(who, 'POST', USERS, { email, kind: 'CustomerEmployee', ...more });
const change = (who, id, verb) =>
  signed(who, 'PUT', `${USERS}/${id}/${verb}`, {});
const archive = (who, id) => signed(who, 'DELETE', `${USERS}/${id}`, {});
const role = async (who, name, what) => assert.equal((await instance.postern(
  'org', 'role', who.orgId, name, what)).status, 0);

/* Somebody whom an owner has invited, registered and logged in. */
async function colleague(who) {
  const username = freshAddress('colleague');
  const { body } = await invite(who, username);
  const key = new Key();
  const api = instance.client();
  const done = await register(api, who.orgId, username,
    await codeTo(instance.mailDir, username), (c) => key.create(c));
  assert.equal(done.body.user.id, body.userId);
  const one = { api, orgId: who.orgId, username, key, user: done.body.user };
  return withToken(one, await login(api, who.orgId, username, key));
}

const refusal = (kind, id, what) => `${kind} ${id} is not authorized to`
  + ` perform operation (${what})`;

/* ------------------------------------------------------------ the client */

/* As an operator does it. */
const lockOut = ({ user }) => instance.sql('UPDATE users'
  + ` SET locked_at = UTC_TIMESTAMP(6) WHERE id = UNHEX('${uuidOf(user.id)}')`);

test('the client of Dfns invites, lists, shows, switches and archives',
  async () => {
    const who = await owner();
    const auth = clientOf(who);
    const email = freshAddress('sdk');
    const made = await auth.createUser({ body: { email,
      kind: 'CustomerEmployee', externalId: 'e-1' } });
    assert.match(made.userId, ID);
    assert.deepEqual(made, { username: email, name: email,
      userId: made.userId, kind: 'CustomerEmployee', credentialUuid: '',
      orgId: who.orgId, permissions: [], scopes: [], isActive: true,
      isServiceAccount: false, isRegistered: false, isSSORequired: false,
      permissionAssignments: [] });
    assert.deepEqual(await auth.getUser({ userId: made.userId }), made);
    const { items, nextPageToken } = await auth.listUsers();
    assert.equal(nextPageToken, undefined);
    assert.deepEqual(items.map(({ username }) => username),
      [who.username, email]);
    assert.deepEqual(items[1], made);
    const body = { orgId: who.orgId, username: email };
    await auth.resendRegistrationCode({ body });
    await codeTo(instance.mailDir, email, 2);
    const path = { userId: made.userId };
    assert.deepEqual(await auth.deactivateUser(path),
      { ...made, isActive: false });
    assert.deepEqual(await auth.activateUser(path), made);
    assert.deepEqual(await auth.archiveUser(path),
      { ...made, isActive: false });
    await assert.rejects(auth.getUser(path), { httpStatus: 404,
      message: NO_USER });
    assert.equal((await auth.listUsers()).items.length, 1);
    const [[external]] = await instance.sql('SELECT external_id FROM members'
      + ` WHERE user_id = UNHEX('${uuidOf(made.userId)}')`);
    assert.equal(external, 'e-1');
  });

test('an owner is shown as one, with the oldest credential', async () => {
  const who = await owner();
  const { body } = await who.call('GET', `${USERS}/${who.user.id}`, undefined,
    { status: 200 });
  const [{ credentialUuid }] = (await who.call('GET', '/auth/credentials',
    undefined, { status: 200 })).body.items;
  assert.equal(body.credentialUuid, credentialUuid);
  assert.equal(body.isRegistered, true);
  const [one] = body.permissionAssignments;
  assert.equal(one.permissionName, 'DfnsFullAdminAccess');
  assert.match(one.permissionId, /^pm-/);
  assert.match(one.assignmentId, /^as-/);
  for (const [noun, ...verbs] of [['Users', 'Read', 'Create', 'Update',
    'Activate', 'Deactivate', 'Delete'], ['ServiceAccounts', 'Read', 'Create',
    'Update', 'Activate', 'Deactivate', 'Delete'], ['Logs', 'Read']])
    for (const verb of verbs)
      assert.ok(one.operations.includes(`Auth:${noun}:${verb}`), verb);
});

/* ------------------------------------------------------------- the list */

test('pages have each once, in order, and end', async () => {
  const who = await owner();
  const names = [who.username];
  for (let i = 0; i < 4; i++) {
    names.push(freshAddress('page'));
    await invite(who, names.at(-1));
  }
  const seen = [];
  let query = '?limit=2';
  for (let i = 0; query !== undefined; i++) {
    const { items, nextPageToken } = await listed(who, query);
    seen.push(...items.map(({ username }) => username));
    query = nextPageToken
      && `?limit=2&paginationToken=${encodeURIComponent(nextPageToken)}`;
    assert.ok(i < 3);
  }
  assert.deepEqual(seen, names);
  assert.equal((await listed(who, '?limit=5')).nextPageToken, undefined);
  assert.equal((await listed(who, '?kind=EndUser')).items.length, 0);
  assert.equal((await listed(who, '?kind=CustomerEmployee')).items.length, 5);
});

test('a limit, a token or a kind that is none is 400', async () => {
  const who = await owner();
  for (const query of ['limit=0', 'limit=201', 'limit=-1', 'limit=1x', 'limit=',
    'limit=9999999999', 'kind=DfnsStaff', 'kind=', 'paginationToken=x',
    'paginationToken=', 'paginationToken=AAAA',
    `paginationToken=${Buffer.from('1.us-x').toString('base64url')}`,
    `paginationToken=${Buffer.from(`-1.${NOBODY}`).toString('base64url')}`,
    `paginationToken=${Buffer.from(`${'9'.repeat(17)}.${NOBODY}`)
      .toString('base64url')}`,
    `paginationToken=${'A'.repeat(4000)}`])
    assert.equal((await who.call('GET', `${USERS}?${query}`)).status, 400,
      query);
});

test('end users are listed, service accounts are not', async () => {
  const who = await owner();
  const account = await service(instance, who.orgId, 'backend');
  const email = freshAddress('end');
  await signed(account, 'POST', '/auth/registration/delegated',
    { email, kind: 'EndUser' });
  const { items } = await listed(who, '?kind=EndUser');
  assert.deepEqual(items.map(({ username }) => username), [email]);
  assert.equal((await listed(who)).items.length, 2);
  isError(await who.call('GET', `${USERS}/${account.userId}`), 404, NO_USER);
  isError(await change(who, account.userId, 'deactivate'), 404, NO_USER);
  await approve(account, 'POST', '/x', '');
});

/* ------------------------------------------------------------ permission */

/* Everything that owners alone may ask. */
const calls = (id) => [['GET', USERS], ['GET', `${USERS}/${id}`],
  ['POST', USERS, { email: freshAddress('no'), kind: 'CustomerEmployee' }],
  ['PUT', `${USERS}/${id}/activate`, {}],
  ['PUT', `${USERS}/${id}/deactivate`, {}], ['DELETE', `${USERS}/${id}`, {}]];
const template = (path) => path.replace(/us-[^/]+/, '{id}');

test('a member, an end user and a service account manage nothing',
  async () => {
    const boss = await owner();
    const peer = await colleague(boss);
    const account = await service(instance, boss.orgId, 'backend');
    for (const [who, id] of [[peer, peer.user.id], [account, account.userId]])
      for (const [method, path, body] of calls(boss.user.id)) {
        const answer = method === 'GET' ? await who.call(method, path)
          : await signed(who, method, path, body);
        isError(answer, 403, refusal('CustomerEmployee', id,
          `${method} ${template(path)}`));
      }
    assert.equal((await listed(boss)).items.length, 2);
  });

test('without a token 401, without a signed action 403', async () => {
  const boss = await owner();
  for (const [method, path, body] of calls(boss.user.id)) {
    isError(await boss.api.call(method, path, body), 401, BAD_TOKEN);
    if (method !== 'GET')
      isError(await boss.call(method, path, body), 403, NOT_SIGNED);
  }
});

test('a service account that is an owner manages, by its own key',
  async () => {
    const boss = await owner();
    const account = await service(instance, boss.orgId, 'backend');
    await role(boss, 'backend', 'owner');
    assert.equal((await listed(account)).items.length, 1);
    const { body } = await invite(account);
    assert.equal((await change(account, body.userId, 'deactivate')).status,
      200);
    const lastOne = async () => isError(await change(account, boss.user.id,
      'deactivate'), 400, 'the last owner of an organisation stays active');
    await lastOne();
    const peer = await colleague(boss);
    await role(boss, peer.username, 'owner');
    await lockOut(peer);
    await lastOne();
    await role(boss, 'backend', 'member');
    isError(await account.call('GET', USERS), 403,
      refusal('CustomerEmployee', account.userId, `GET ${USERS}`));
  });

test('of another organisation nothing is seen, and nothing changed',
  async () => {
    const who = await owner();
    const other = await owner();
    const peer = await colleague(other);
    for (const id of [peer.user.id, other.user.id, NOBODY, 'us-x',
      'us-00000-00000-0000000000000000', 'x'.repeat(64)]) {
      isError(await who.call('GET', `${USERS}/${id}`), 404, NO_USER);
      for (const verb of ['activate', 'deactivate'])
        isError(await change(who, id, verb), 404, NO_USER);
      isError(await archive(who, id), 404, NO_USER);
    }
    assert.equal((await listed(other)).items.length, 2);
    assert.equal((await listed(who)).items.length, 1);
    /* A place in their list is none in ours. */
    const { nextPageToken } = await listed(other, '?limit=1');
    assert.deepEqual((await listed(who,
      `?paginationToken=${nextPageToken}`)).items, []);
    await peer.call('GET', '/auth/credentials', undefined, { status: 200 });
  });

/* ------------------------------------------------------- what becomes of it */

test('who is deactivated is out, at once, and comes back by a log-in',
  async () => {
    const boss = await owner();
    const peer = await colleague(boss);
    const { body } = await change(boss, peer.user.id, 'deactivate');
    assert.equal(body.isActive, false);
    isError(await peer.call('GET', '/auth/credentials'), 401, BAD_TOKEN);
    const begun = await beginLogin(peer.api, peer);
    assert.ok(begun.body.allowCredentials === undefined
      || !begun.body.allowCredentials.key.some(
        ({ id }) => id === peer.key.credId));
    const had = codesTo(instance.mailDir, peer.username).length;
    await peer.api.call('POST', '/auth/login/code', { orgId: boss.orgId,
      username: peer.username }, { status: 200 });
    await instance.allSent();
    assert.equal(codesTo(instance.mailDir, peer.username).length, had);
    assert.equal((await change(boss, peer.user.id, 'activate')).body.isActive,
      true);
    isError(await peer.call('GET', '/auth/credentials'), 401, BAD_TOKEN);
    await login(peer.api, boss.orgId, peer.username, peer.key);
  });

test('nobody puts themselves out, nor the last owner', async () => {
  const boss = await owner();
  for (const done of [await change(boss, boss.user.id, 'deactivate'),
    await archive(boss, boss.user.id)])
    isError(done, 400, 'user cannot modify its own state');
  const peer = await colleague(boss);
  await role(boss, peer.username, 'owner');
  assert.equal((await change(peer, boss.user.id, 'deactivate')).status, 200);
  isError(await boss.call('GET', USERS), 401, BAD_TOKEN);
});

test('of two owners who put each other out one stays', async () => {
  const boss = await owner();
  const peer = await colleague(boss);
  await role(boss, peer.username, 'owner');
  const asked = async (who, whom) => {
    const path = `${USERS}/${whom.user.id}/deactivate`;
    const { headers } = header(await approve(who, 'PUT', path, '{}'));
    return () => who.call('PUT', path, {}, { headers });
  };
  const both = [await asked(boss, peer), await asked(peer, boss)];
  const done = await Promise.all(both.map((go) => go()));
  assert.equal(done.filter(({ status }) => status === 200).length, 1);
  const [[active]] = await instance.sql('SELECT SUM(active) FROM members'
    + ` WHERE tenant_id = UNHEX('${uuidOf(boss.orgId)}') AND role = 'owner'`);
  assert.equal(active, '1');
});

test('a role that is taken away counts while the request is under way',
  async () => {
    const boss = await owner();
    const peer = await colleague(boss);
    await role(boss, peer.username, 'owner');
    const path = `${USERS}/${boss.user.id}/deactivate`;
    const { headers } = header(await approve(peer, 'PUT', path, '{}'));
    await role(boss, peer.username, 'member');
    isError(await peer.call('PUT', path, {}, { headers }), 403,
      refusal('CustomerEmployee', peer.user.id,
        `PUT ${USERS}/{id}/deactivate`));
  });

test('what an operator has locked is not activated by an owner', async () => {
  const boss = await owner();
  const peer = await colleague(boss);
  await lockOut(peer);
  assert.equal((await listed(boss)).items[1].isActive, false);
  assert.equal((await change(boss, peer.user.id, 'activate')).body.isActive,
    false);
  const begun = await beginLogin(peer.api, peer);
  assert.notEqual(begun.body.allowCredentials?.key[0]?.id, peer.key.credId);
});

test('who is archived is gone for good, and the name is not theirs',
  async () => {
    const boss = await owner();
    const peer = await colleague(boss);
    assert.equal((await archive(boss, peer.user.id)).status, 200);
    isError(await peer.call('GET', '/auth/credentials'), 401, BAD_TOKEN);
    for (const done of [await change(boss, peer.user.id, 'activate'),
      await archive(boss, peer.user.id)])
      isError(done, 404, NO_USER);
    isError(await invite(boss, peer.username), 401, 'User already exists.');
  });

/* ------------------------------------------------------------ invitations */

test('what cannot be invited is told, and nobody is', async () => {
  const boss = await owner();
  const peer = await colleague(boss);
  const guest = freshAddress('guest');
  await invite(boss, guest);
  for (const email of [boss.username, peer.username, guest,
    guest.toUpperCase()])
    isError(await invite(boss, email), 401, 'User already exists.');
  for (const [email, more] of [['x'], [''], ['a b@example.org'],
    [freshAddress(), { kind: 'EndUser' }], [freshAddress(), { kind: 'x' }],
    [freshAddress(), { isSSORequired: true }],
    [freshAddress(), { externalId: 'x'.repeat(256) }],
    [`${'x'.repeat(310)}@example.org`]])
    assert.equal((await invite(boss, email, more)).status, 400,
      `${email} ${JSON.stringify(more)}`);
  assert.equal((await listed(boss)).items.length, 3);
});

test('an action is for one change, once', async () => {
  const boss = await owner();
  const peer = await colleague(boss);
  const path = `${USERS}/${peer.user.id}`;
  for (const [method, where] of [['PUT', `${path}/deactivate`],
    ['PUT', `${path}/activate`], ['DELETE', path]]) {
    const { headers } = header(await approve(boss, method, where, '{}'));
    isError(await boss.call(method, where, { x: 1 }, { headers }), 403,
      NOT_SIGNED);
    await boss.call(method, where, {}, { headers, status: 200 });
    isError(await boss.call(method, where, {}, { headers }), 400, USED);
  }
});

test('an organisation invites so many a day', async () => {
  const one = await instance.other({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.invite_limits.tokens': '2' } });
  try {
    const boss = await owner();
    const at = withToken({ ...boss, api: one.client() }, boss.token);
    await invite(at);
    await invite(at);
    const answer = await invite(at);
    isError(answer, 429, 'Too Many Requests');
    assert.match(answer.headers['retry-after'], /^\d+$/);
    const limits = async (what) => (await one.postern('limits', what, '--org',
      boss.orgId, boss.username)).stdout;
    assert.match(await limits('show'), /^invite +2 of 2 /m);
    assert.ok(Number(await limits('clear')) >= 1);
    assert.doesNotMatch(await limits('show'), /invite/);
    assert.equal((await invite(at)).status, 200);
  } finally {
    await one.stop();
  }
});

test('what was done is on record, with who did it', async () => {
  const boss = await owner();
  const { body } = await invite(boss);
  await change(boss, body.userId, 'deactivate');
  await change(boss, body.userId, 'deactivate'); /* nothing happens */
  await change(boss, body.userId, 'activate');
  await archive(boss, body.userId);
  assert.deepEqual((await instance.sql(`SELECT type FROM audit_logs
    WHERE actor_user_id = UNHEX('${uuidOf(boss.user.id)}')
      AND subject_user_id = UNHEX('${uuidOf(body.userId)}')
    ORDER BY created_at, id`)).flat(), ['member_invited', 'member_deactivated',
    'member_activated', 'member_archived']);
});

test('a page costs two statements: the session, and the page', async () => {
  const boss = await owner();
  for (const path of [USERS, `${USERS}/${boss.user.id}`]) {
    const { statements, hashes } = await cost(instance, boss.api, 'GET', path,
      undefined, { bearer: boss.token });
    assert.deepEqual([statements, hashes], [2, 0], path);
  }
});

test('org role says who is an owner, and members shows it', async () => {
  const boss = await owner();
  const account = await service(instance, boss.orgId, 'backend');
  const email = freshAddress('end');
  await signed(account, 'POST', '/auth/registration/delegated',
    { email, kind: 'EndUser' });
  const org = (...words) => instance.postern('org', ...words);
  assert.match((await org('members', boss.orgId)).stdout,
    new RegExp(`active +owner +${boss.username}`));
  for (const [name, what, status, why] of [
    [email, 'owner', 1, /an end user/], ['nobody', 'owner', 1, /no such memb/],
    [boss.username, 'king', 2, /owner or member, not "king"/]]) {
    const done = await org('role', boss.orgId, name, what);
    assert.equal(done.status, status);
    assert.match(done.stderr, why);
  }
  await role(boss, boss.username, 'member');
  isError(await boss.call('GET', USERS), 403,
    refusal('CustomerEmployee', boss.user.id, `GET ${USERS}`));
});
