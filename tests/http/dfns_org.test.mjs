/* Dfns: what an operator does to organisations, by postern org. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Key, codeTo, codesTo, createOrg, isError, login, member, register }
  from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

let instance;
let api;
let count = 0;

before(async () => {
  instance = await start();
  api = instance.client();
});
after(() => instance?.stop());

const fresh = () => member(instance, `Org ${++count}`, freshAddress('org'));

const org = (...words) => instance.postern('org', ...words);

/* It does, and says no more than is expected. */
async function does(words, stdout = /^$/) {
  const done = await org(...words);
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, stdout);
  return done.stdout;
}

/* It does not, says why, and changes nothing. */
async function refuses(words, why, status = 1) {
  const tables = 'SELECT * FROM tenants ORDER BY id; SELECT * FROM members'
    + ' ORDER BY user_id; SELECT * FROM users ORDER BY id';
  const rows = await instance.sql(tables);
  const done = await org(...words);
  assert.equal(done.status, status, done.stdout + done.stderr);
  assert.equal(done.stdout, '');
  assert.match(done.stderr, why);
  assert.deepEqual(await instance.sql(tables), rows);
}

/* A challenge that this one could log in with. */
const challenge = async (who) => (await api.call('POST', '/auth/login/init',
  { orgId: who.orgId, username: who.username }, { status: 200 })).body;

const answer = (who, begun) => api.call('POST', '/auth/login', {
  challengeIdentifier: begun.challengeIdentifier,
  firstFactor: who.key.get(begun.challenge) });

const credentials = (bearer) => api.call('GET', '/auth/credentials', undefined,
  { bearer });

async function keptOut(who) {
  isError(await answer(who, await challenge(who)), 401, 'Unauthorized');
}

test('wrong words are told, and where to read', async () => {
  for (const words of [[], ['what'], ['list', 'x'], ['invite', 'default'],
    ['members'], ['deactivate'], ['activate', 'a', 'b', 'c'], ['set', 'default'],
    ['set', 'default', '--rp-id'], ['set', 'default', 'rp.example'],
    ['create', 'X', 'x@example.org', 'rp.example']]) {
    const done = await org(...words);
    assert.equal(done.status, 2, words.join(' '));
    assert.match(done.stderr,
      /^(Command failed: .*\n)?postern: org.*: .*\nTry "postern org --help"\.\n$/);
  }
});

test('an organisation that is not there', async () => {
  for (const name of ['Nobody', '', 'or-00000-00000-0000000000000000', 'or-x'])
    for (const words of [['invite', name, freshAddress()], ['members', name],
      ['activate', name], ['deactivate', name, 'x'],
      ['set', name, '--rp-id', 'rp.example']])
      await refuses(words, /there is no such organisation/);
});

test('create wants a name, a domain and origins', async () => {
  const address = freshAddress();
  for (const name of ['', ' x', 'x ', 'a\nb', 'x'.repeat(65),
    'or-01hsu-1supa-9h6psno14d2mf2db'])
    await refuses(['create', name, address], /no name for an organisation/);
  for (const [id, ...origins] of [['no domain', 'https://a.example'],
    ['192.0.2.1', 'https://a.example'], ['a.example', 'a.example'],
    ['a.example', 'https://a.example/'], ['a.example', 'https://*.a.example'],
    ['a.example', 'https://a.example', '*'],
    ['a.example', ...Array.from({ length: 65 }, () => 'https://a.example')]])
    await refuses(['create', `Bad ${++count}`, address, id, ...origins],
      /domain|origin/);
});

test('who is invited gets a code, and becomes a member', async () => {
  const orgId = await createOrg(instance, `Org ${++count}`, freshAddress());
  const username = freshAddress('guest');
  const id = (await does(['invite', orgId, username], /^us-\S+\n$/)).trim();
  const code = await codeTo(instance.mailDir, username);
  const key = new Key();
  const done = await register(api, orgId, username, code,
    (text) => key.create(text));
  assert.equal(done.body.user.id, id);
  await credentials(await login(api, orgId, username, key))
    .then(({ status }) => assert.equal(status, 200));
});

test('many at once make one', async () => {
  const name = `Many ${++count}`;
  const username = freshAddress('many');
  const founded = await Promise.all(Array.from({ length: 5 }, () =>
    org('create', name, freshAddress())));
  assert.deepEqual(founded.map(({ status }) => status).sort(),
    [0, 1, 1, 1, 1]);
  const invited = (await Promise.all(Array.from({ length: 5 }, () =>
    org('invite', name, username)))).filter(({ status }) => status === 0);
  assert.ok(invited.length > 0);
  assert.equal(new Set(invited.map(({ stdout }) => stdout)).size, 1);
  const lines = await does(['members', name], /./);
  assert.equal(lines.split('\n').length, 3);
});

test('an organisation goes by its name, too', async () => {
  const name = `By name ${++count}`;
  await createOrg(instance, name, freshAddress());
  const username = freshAddress('guest');
  await does(['invite', name, username], /^us-\S+\n$/);
  const lines = await does(['members', name], /pending +CustomerEmployee/);
  assert.equal(lines.split('\n').length, 3);
});

test('invited again: the same user, and a code', async () => {
  const orgId = await createOrg(instance, `Org ${++count}`, freshAddress());
  const username = freshAddress('again');
  const id = await does(['invite', orgId, username], /^us-/);
  await codeTo(instance.mailDir, username);
  assert.equal(await does(['invite', orgId, username], /^us-/), id);
});

test('who has an account is not invited', async () => {
  const who = await fresh();
  await refuses(['invite', who.orgId, who.username], /owner already/);
  await refuses(['invite', who.orgId, who.username.toUpperCase()],
    /owner already/);
  await refuses(['invite', who.orgId, 'nobody'], /no e-mail address/);
  const other = await fresh();
  await does(['invite', other.orgId, who.username], /^us-/);
  const visitor = instance.client();
  const { email } = await visitor.signUp(freshAddress('public'));
  await refuses(['invite', 'default', email], /owner already/);
});

test('without mail nobody is invited', async () => {
  const set = ['--set', 'email_delivery.enabled=false'];
  await refuses([...set, 'invite', 'default', freshAddress()],
    /email_delivery\.enabled/);
  await refuses([...set, 'create', `Mute ${++count}`, freshAddress()],
    /email_delivery\.enabled/);
});

test('members has everybody, whichever API they came by', async () => {
  const visitor = instance.client();
  const { email } = await visitor.signUp(freshAddress('public'));
  const lines = (await does(['members', 'default'], /./)).split('\n');
  assert.equal(lines.filter((line) => line.endsWith(`  ${email}`)).length, 1);
  assert.match(lines.find((line) => line.includes(email)),
    /^us-\S{28} +pending +EndUser +/);
});

test('members goes on behind the first hundred', async () => {
  const name = `Large ${++count}`;
  await createOrg(instance, name, freshAddress());
  await instance.sql(`INSERT INTO users (id, tenant_id, created_at, updated_at)
    SELECT UNHEX(MD5(seq)), t.id, '2026-01-01' + INTERVAL seq DIV 50 SECOND,
      UTC_TIMESTAMP(6) FROM seq_1_to_250, tenants t WHERE t.name = '${name}';
    INSERT INTO members SELECT u.id, u.tenant_id, HEX(u.id), HEX(u.id),
      'EndUser', 1, 1, 0, NULL, UTC_TIMESTAMP(6), NULL, NULL, NULL
      FROM users u JOIN tenants t ON t.id = u.tenant_id
      WHERE t.name = '${name}'
        AND u.id NOT IN (SELECT user_id FROM members)`);
  const lines = (await does(['members', name], /./)).split('\n');
  assert.equal(new Set(lines).size, 252);
});

test('a deactivated member is out at once, and tells nobody', async () => {
  const who = await fresh();
  const begun = await challenge(who);
  const token = await login(api, who.orgId, who.username, who.key);
  await does(['deactivate', who.orgId, who.username.toUpperCase()]);
  isError(await credentials(token), 401, 'user token is missing or invalid');
  isError(await answer(who, begun), 400, 'User account has been deactivated.');
  await keptOut(who);
  await does(['members', who.orgId], / inactive +owner /);
  await does(['deactivate', who.orgId, who.username]);
  await does(['activate', who.orgId, who.username]);
  isError(await credentials(token), 401, 'user token is missing or invalid');
  const again = await login(api, who.orgId, who.username, who.key);
  assert.equal((await credentials(again)).status, 200);
});

test('a stranger cannot tell a deactivated member from nobody', async () => {
  const who = await fresh();
  await does(['deactivate', who.orgId, who.user.id]);
  const known = await challenge(who);
  const unknown = await challenge({ ...who, username: freshAddress('x') });
  assert.deepEqual(Object.keys(known), Object.keys(unknown));
  assert.deepEqual(known.rp, unknown.rp);
  const before = codesTo(instance.mailDir, who.username).length;
  for (const path of ['/auth/login/code', '/auth/recover/user/code'])
    await api.call('POST', path, { orgId: who.orgId, username: who.username },
      { status: 200 });
  const witness = await fresh();
  await api.call('POST', '/auth/login/code', { orgId: witness.orgId,
    username: witness.username }, { status: 200 });
  await codeTo(instance.mailDir, witness.username, 2);
  assert.equal(codesTo(instance.mailDir, who.username).length, before);
});

test('only the one who is named, and only there', async () => {
  const one = await fresh();
  const two = await fresh();
  await refuses(['deactivate', one.orgId, two.username], /no such member/);
  await refuses(['deactivate', one.orgId, two.user.id], /no such member/);
  const token = await login(api, two.orgId, two.username, two.key);
  await does(['deactivate', one.orgId, one.username]);
  assert.equal((await credentials(token)).status, 200);
});

test('somebody invited who was deactivated cannot register', async () => {
  const username = freshAddress('guest');
  const orgId = await createOrg(instance, `Org ${++count}`, username);
  const code = await codeTo(instance.mailDir, username);
  const begun = await api.call('POST', '/auth/registration/init',
    { orgId, username, registrationCode: code }, { status: 200 });
  await does(['deactivate', orgId, username]);
  isError(await api.call('POST', '/auth/registration', {
    firstFactorCredential: new Key().create(begun.body.challenge) },
  { bearer: begun.body.temporaryAuthenticationToken }), 400,
  'User account has been deactivated.');
  isError(await api.call('POST', '/auth/registration/init',
    { orgId, username, registrationCode: code }), 403, 'Invalid code');
  await refuses(['invite', orgId, username], /owner already/);
});

test('who came by the other API can be deactivated here', async () => {
  const visitor = instance.client();
  const { email } = await visitor.signUp(freshAddress('public'));
  await does(['deactivate', 'default', email]);
  await does(['members', 'default'], new RegExp(` inactive .*${email}`));
  await visitor.call('GET', '/me', undefined, { status: 200 });
});

test('a deactivated organisation keeps everybody out', async () => {
  const who = await fresh();
  const other = await fresh();
  const begun = await challenge(who);
  const token = await login(api, who.orgId, who.username, who.key);
  const free = await login(api, other.orgId, other.username, other.key);
  await does(['deactivate', who.orgId]);
  await does(['list'], new RegExp(`${who.orgId} +inactive`));
  isError(await credentials(token), 401, 'user token is missing or invalid');
  isError(await answer(who, begun), 401, 'User not found');
  await keptOut(who);
  const nobody = await challenge({ username: freshAddress('x'),
    orgId: 'or-01hsu-1supa-9h6psno14d2mf2db' });
  const closed = await challenge(who);
  assert.deepEqual(closed.rp, nobody.rp);
  isError(await answer(who, nobody), 401, 'Unauthorized');
  await refuses(['invite', who.orgId, freshAddress()], /is deactivated/);
  assert.equal((await credentials(free)).status, 200);
  await does(['activate', who.orgId]);
  isError(await credentials(token), 401, 'user token is missing or invalid');
  await login(api, who.orgId, who.username, who.key);
});

test('an id of nothing is an organisation that is not there', async () => {
  const orgId = 'or-00000-00000-0000000000000000';
  const username = freshAddress('x');
  await keptOut({ orgId, username, key: new Key() });
  for (const [method, path] of [['POST', '/auth/login/code'],
    ['PUT', '/auth/registration/code']])
    await api.call(method, path, { orgId, username }, { status: 200 });
  isError(await api.call('POST', '/auth/registration/init',
    { orgId, username, registrationCode: '0000-0000-0000-0000' }), 403,
  'Invalid code');
});

test('the relying party can be changed, whole or in part', async () => {
  const who = await fresh();
  const rp = async () => (await challenge(who)).rp;
  const row = async () => (await instance.sql('SELECT origins FROM tenants'
    + ` WHERE name = 'Org ${count}'`))[0][0];
  assert.deepEqual(await rp(), { id: 'localhost', name: `Org ${count}` });
  await does(['set', who.orgId, '--rp-id', 'acme.example', '--rp-name=Acme, Inc.',
    '--origin', 'https://a.acme.example', '--origin=https://b.acme.example']);
  assert.deepEqual(await rp(), { id: 'acme.example', name: 'Acme, Inc.' });
  assert.equal(await row(), 'https://a.acme.example https://b.acme.example');
  await does(['set', who.orgId, '--rp-name', 'Acme']);
  assert.deepEqual(await rp(), { id: 'acme.example', name: 'Acme' });
  assert.equal(await row(), 'https://a.acme.example https://b.acme.example');
  await does(['set', who.orgId, '--origin', '*']);
  assert.equal(await row(), '*');
  for (const words of [['--rp-id', 'no domain'], ['--rp-name', 'a\tb'],
    ['--origin', 'acme.example'], ['--origin', '*', '--origin',
      'https://a.acme.example']])
    await refuses(['set', who.orgId, '--rp-id', 'new.example', ...words],
      /domain|relying party|origin/);
  await does(['set', who.orgId, '--rp-id', '', '--rp-name', '', '--origin', '']);
  assert.deepEqual(await rp(), { id: 'localhost', name: 'Postern' });
  assert.equal(await row(), null);
});

test('without a database it is said so', async () => {
  await instance.service('stop', 'mariadb');
  try {
    for (const words of [['list'], ['members', 'default'],
      ['invite', 'default', 'a@example.org'], ['deactivate', 'default']]) {
      const done = await org(...words);
      assert.equal(done.status, 1);
      assert.match(done.stderr, /^(Command failed: .*\n)?postern: org: database: cannot connect: is MariaDB running\?[^\n]*\n$/);
    }
  } finally {
    await instance.service('start', 'mariadb');
  }
});
