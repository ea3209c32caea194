/*
 * Each row of the Admin API's table, as it stands there: tried without a key,
 * with one that has expired, with a read-only one and with that of another
 * organisation, on a user who has one of everything; and with one of their
 * own, when they are an operator.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg, giveToken } from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';

/* { method, path, auth } of every row. */
const rows = [...readFileSync(join(top, 'fcgi/routes.c'), 'utf8').matchAll(
  /^\t\{ ADMIN, +(\w+), +"([^"]+)", *(\w+),/gm)].map(([, method, path, auth]) =>
  ({ method, path, auth, name: `${method} ${path}` }));

/* What is told of nobody, and not refused. */
const empty = ['GET /users/{id}/emails'];

let instance;
let admin;
let keys;
let user;
let ids;
let org;
let hook;

before(async () => {
  instance = await start({ admin: true, oneConnection: true,
    set: { 'audit_log.storage.enabled': 'true' } });
  admin = instance.admin();
  org = await createOrg(instance, 'Other', freshAddress('first'));
  keys = {
    none: '',
    expired: await instance.adminKey('expired', '--expires', '1'),
    reader: await instance.adminKey('reader', '--read-only'),
    foreign: await instance.adminKey('foreign', '--tenant', 'Other'),
  };
  await instance.sql(`UPDATE admin_keys SET expires_at = UTC_TIMESTAMP(6)
    WHERE name = 'expired'`);
  const person = instance.client();
  const email = freshAddress('walked');
  user = { ...await person.signUp(email), email };
  await person.addPasskey({ origin: new URL(instance.url).origin });
  await person.call('PUT', '/password', { user_id: user.user_id,
    password: 'correct horse battery' });
  const [shown, [session]] = [await state(), (await admin.call('GET',
    `/users/${user.user_id}/sessions`, undefined, { status: 200 })).body];
  const token = await giveToken(instance, user.user_id);
  ids = { id: user.user_id, token_id: token, email_id: shown.emails[0].id,
    credential_id: shown.webauthn_credentials[0].id, session_id: session.id };
  hook = (await admin.call('POST', '/webhooks', body(), { status: 201 })).body;
});
after(() => instance?.stop());

const state = async () => (await admin.call('GET', `/users/${user.user_id}`,
  undefined, { status: 200 })).body;
const sessions = async () => (await admin.call('GET',
  `/users/${user.user_id}/sessions`, undefined, { status: 200 })).body
  .map(({ id }) => id);

const hooks = async () => (await admin.call('GET', '/webhooks', undefined,
  { status: 200 })).body.database;

/* A body that is one for each of them. */
const body = () => ({ user_id: user.user_id, address: freshAddress(),
  callback: 'https://hooks.example/walked', events: ['user'], enabled: false,
  password: 'battery horse correct', name: 'Changed',
  username: `walk_${Math.random().toString(36).slice(2)}` });

function ask({ method, path }, bearer, prefix = '') {
  const full = path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    if (path === '/webhooks/{id}')
      return hook.id;
    assert.ok(ids[name], `${path}: say what ${name} is`);
    return ids[name];
  });
  return instance.admin(bearer).call(method, prefix + full,
    ['GET', 'DELETE'].includes(method) ? undefined : body());
}

test('there are rows', () => assert.ok(rows.length > 20, `${rows.length}`));

for (const row of rows)
  test(row.name, async () => {
    const before = [await state(), await sessions(), await hooks()];
    if (row.auth === 'ANYBODY')
      return void assert.equal((await ask(row, keys.none)).status, 200);
    if (row.auth === 'ENTRANT') /* no page of an operator asks */
      return void assert.equal((await ask(row, admin.bearer)).status, 401);
    for (const key of [keys.none, keys.expired])
      assert.equal((await ask(row, key)).status, 401);
    assert.ok(['READER', 'CHANGER', 'HOST', 'HOST_CHANGER', 'SCRAPER']
      .includes(row.auth), row.auth);
    const read = await ask(row, keys.reader);
    if (row.auth.endsWith('CHANGER'))
      assert.equal(read.status, 403, read.text);
    else
      assert.notEqual(read.status, 403, read.text);

    for (const prefix of ['', `/${org}`]) {
      const foreign = await ask(row, keys.foreign, prefix);
      assert.ok(!foreign.text.includes(user.user_id), foreign.text);
      assert.ok(!foreign.text.includes(user.email), foreign.text);
      assert.ok(!foreign.text.includes(hook.id), foreign.text);
      if (empty.includes(row.name))
        assert.deepEqual(foreign.body, []);
      else if (row.auth.startsWith('HOST') || row.auth === 'SCRAPER')
        assert.equal(foreign.status, 403, foreign.text);
      else if (row.path.includes('{'))
        assert.equal(foreign.status, 404, foreign.text);
    }
    const [[tenant]] = await instance.sql(
      "SELECT LOWER(HEX(id)) FROM tenants WHERE name = 'default'");
    const named = await ask(row, keys.foreign, `/${tenant.replace(
      /(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`);
    assert.equal(named.status, 404);
    assert.deepEqual([await state(), await sessions(), await hooks()], before);
    return undefined;
  });

describe('a user who is an operator', () => {
  let bound; /* of the tenant that they are of */
  let seen;

  before(async () => {
    bound = await instance.adminKey('bound', '--tenant', 'default');
    const shown = (await instance.admin(bound).call('GET', '/users')).body;
    assert.ok(shown.some(({ id }) => id === user.user_id));
    assert.equal((await instance.postern('operator', 'add', user.email))
      .status, 0);
    seen = [await state(), await sessions()];
  });
  after(() => instance.postern('operator', 'remove', user.email));

  for (const row of rows.filter(({ path }) => path.startsWith('/users/{')
    || path === '/sessions'))
    test(`is not reached by a key of one tenant: ${row.name}`, async () => {
      const answer = await ask(row, bound);
      assert.equal(answer.status, 404, answer.text);
      assert.ok(!answer.text.includes(user.email), answer.text);
      assert.deepEqual([await state(), await sessions()], seen);
    });

  test('stands in no list of such a key', async () => {
    const api = instance.admin(bound);
    for (const query of ['', '?sort_direction=asc', '?sort_by=updated_at',
      '?sort_by=updated_at&sort_direction=asc', `?user_id=${user.user_id}`,
      `?email=${user.email}`]) {
      const { body, headers } = await api.call('GET', `/users${query}`,
        undefined, { status: 200 });
      assert.ok(!body.some(({ id }) => id === user.user_id), query);
      assert.equal(headers['x-total-count'], String(body.length), query);
      assert.ok((await admin.call('GET', `/users${query}`)).body
        .some(({ id }) => id === user.user_id), query);
    }
  });

  test('is reached by a key of all of them', async () => {
    await admin.call('PATCH', `/users/${user.user_id}`, { name: 'By a key' },
      { status: 200 });
    assert.deepEqual(await instance.sql(`SELECT actor_operator,
      LOWER(HEX(subject_user_id)) FROM audit_logs WHERE type = 'user_changed'
      ORDER BY created_at DESC LIMIT 1`),
    [['key:quickstart', user.user_id.replaceAll('-', '')]]);
  });
});
