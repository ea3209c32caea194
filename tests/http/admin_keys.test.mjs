/*
 * The socket of operators: nothing but health without a key, and with one no
 * more than it is for.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { ADMIN_DESCRIPTION } from '../lib/openapi.mjs';
import { problems } from '../openapi/lint.mjs';

const nobody = '7d7a2c0e-52c5-4d39-9c7b-0c1c6d5f3b11';
let instance;
let admin;
let org; /* "or-..." of an organisation, and a key of it alone */
let bound;
let reader;

before(async () => {
  instance = await start({ admin: true, set: { 'emails.require_verification':
    'false', 'audit_log.storage.enabled': 'true' } });
  admin = instance.admin();
  org = await createOrg(instance, 'Other', freshAddress('other'));
  bound = instance.admin(await instance.adminKey('bound', '--tenant',
    'Other'));
  reader = instance.admin(await instance.adminKey('reader', '--read-only',
    '--expires', '1'));
});
after(() => instance?.stop());

const signUp = async () => (await instance.client()
  .signUp(freshAddress())).user_id;
const exists = async (id) => (await instance.sql(
  `SELECT 1 FROM users WHERE HEX(id) = '${id.replaceAll('-', '')}'`)).length;

/* Of a row of the audit log: operator, subject, why. */
const recorded = async (type) => (await instance.sql(`SELECT actor_operator,
  LOWER(HEX(subject_user_id)), error FROM audit_logs WHERE type = '${type}'
  ORDER BY created_at DESC, id LIMIT 1`))[0];

test('the description is well-formed', async () => {
  assert.deepEqual(await problems(ADMIN_DESCRIPTION), []);
});

describe('without a key', () => {
  test('there is health, and nothing else', async () => {
    const bare = instance.admin('');
    await bare.call('GET', '/health/alive', undefined, { status: 200 });
    await bare.call('GET', '/health/ready', undefined, { status: 200 });
    for (const [method, path] of [['GET', '/'], ['GET', '/me'],
      ['GET', '/nothing'], ['DELETE', `/users/${nobody}`],
      ['PUT', `/users/${nobody}`], ['OPTIONS', '/'], ['GET', '/a%2Fb'],
      ['GET', `/${org}/`]]) {
      const { body, headers } = await bare.call(method, path, undefined,
        { status: 401 });
      assert.deepEqual(body, { code: 401, message: 'Unauthorized' });
      assert.equal(headers.allow, undefined, path);
    }
    await bare.call('POST', '/', undefined, { raw: 'x'.repeat(70000),
      status: 401 });
  });

  test('none of those that are none helps', async () => {
    const user = await signUp();
    const last = admin.bearer.at(-1) === 'A' ? 'E' : 'A';
    for (const bearer of ['x', 'ptna_', `ptna_${'A'.repeat(64)}`,
      `${admin.bearer}A`, admin.bearer.slice(0, -1) + last,
      `ptna_${admin.bearer.slice(5, 26)}${'A'.repeat(43)}`,
      admin.bearer.toUpperCase(), admin.bearer.slice(5)])
      await admin.call('DELETE', `/users/${user}`, undefined,
        { bearer, status: 401 });
    const alone = { headers: { Authorization: `Bearer${admin.bearer}` } };
    await admin.call('DELETE', `/users/${user}`, undefined,
      { ...alone, status: 401 });
    const session = instance.client();
    await session.signUp(freshAddress());
    await admin.call('GET', '/', undefined, { bearer: session.token,
      status: 401 });
    assert.equal(await exists(user), 1);
    assert.deepEqual(await recorded('admin_denied'),
      [null, null, 'unknown key']);
  });

  test('who has expired or was revoked is nobody', async () => {
    const old = await instance.adminKey('old', '--expires', '1');
    const gone = await instance.adminKey('gone');
    await instance.sql(`UPDATE admin_keys SET expires_at = UTC_TIMESTAMP(6)
      WHERE name = 'old'`);
    const listed = (await instance.postern('admin-key', 'list')).stdout;
    assert.match(listed, /^old +expired +change /m);
    assert.match(listed, /^reader +good +read .* -$/m);
    assert.match(listed, /^bound +good +change .* Other$/m);
    assert.doesNotMatch(listed, /ptna_/);
    await admin.call('GET', '/', undefined, { bearer: gone, status: 200 });
    assert.equal((await instance.postern('admin-key', 'revoke', 'gone'))
      .status, 0);
    await admin.call('GET', '/', undefined, { bearer: gone, status: 401 });
    await admin.call('GET', '/', undefined, { bearer: old, status: 401 });
    assert.deepEqual(await recorded('admin_denied'),
      [null, null, 'expired key']);
  });

  test('a network that goes on is told to wait', async () => {
    const other = await instance.other({ set: { 'rate_limiter.enabled': 'true',
      'rate_limiter.admin_limits.tokens': '2' } });
    for (const path of ['/', '/nothing'])
      await admin.call('GET', path, undefined, { bearer: 'x', status: 401 });
    for (const path of ['/nothing', '/'])
      await admin.call('GET', path, undefined, { bearer: 'x', status: 429 });
    await admin.call('GET', '/', undefined, { status: 200 });
    await other.stop();
  });
});

describe('with a key', () => {
  test('what is not there is said', async () => {
    await admin.call('GET', '/', undefined, { status: 200 });
    await admin.call('GET', '/nothing', undefined, { status: 404 });
    await admin.call('GET', '/me', undefined, { status: 404 });
    await admin.call('GET', '/a%2Fb', undefined, { status: 400 });
    await admin.call('PUT', `/users/${nobody}`, undefined, { status: 405 });
    await admin.call('OPTIONS', '/', undefined, { status: 405,
      headers: { Origin: instance.url } });
    await admin.call('POST', '/', undefined, { raw: 'x'.repeat(70000),
      status: 413 });
  });

  test('its name is on record', async () => {
    const user = await signUp();
    await admin.call('DELETE', `/users/${user}`, undefined, { status: 204 });
    assert.deepEqual(await recorded('user_deleted'),
      ['key:quickstart', user.replaceAll('-', ''), null]);
    const line = instance.log().split('\n').filter((one) =>
      one.includes('"user_deleted"')).at(-1);
    const { operator, subject_id, http_request_id, user_id } =
      JSON.parse(line.slice(line.indexOf('{')));
    assert.equal(operator, 'key:quickstart');
    assert.equal(subject_id, user);
    assert.ok(http_request_id);
    assert.equal(user_id, undefined);
  });

  test('to read, nothing is changed', async () => {
    const user = await signUp();
    await reader.call('GET', '/', undefined, { status: 200 });
    await reader.call('DELETE', `/users/${user}`, undefined, { status: 403 });
    assert.equal(await exists(user), 1);
    assert.deepEqual(await recorded('admin_denied'),
      ['key:reader', null, 'read-only key']);
  });

  test('of one organisation, that is all there is', async () => {
    const user = await signUp();
    const [[id]] = await instance.sql(
      "SELECT LOWER(HEX(id)) FROM tenants WHERE name = 'default'");
    const uuid = id.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    await bound.call('DELETE', `/users/${user}`, undefined, { status: 404 });
    for (const tenant of [uuid, nobody]) {
      const { body } = await bound.call('DELETE', `/${tenant}/users/${user}`,
        undefined, { status: 404 });
      assert.equal(body.message, 'tenant not found');
    }
    assert.equal(await exists(user), 1);
    await bound.call('GET', `/${org}`, undefined, { status: 200 });
    await bound.call('GET', `/${org}/`, undefined, { status: 200 });
    await admin.call('DELETE', `/${org}/users/${user}`, undefined,
      { status: 404 });
    await admin.call('DELETE', `/${nobody}/users/${user}`, undefined,
      { status: 404 });
    await admin.call('DELETE', `/${uuid}/users/${user}`, undefined,
      { status: 204 });
    assert.equal(await exists(user), 0);
  });

  test('the public side knows nothing of it', async () => {
    const user = await signUp();
    await instance.client().call('DELETE', '/user', undefined,
      { bearer: admin.bearer, status: 404 });
    await instance.client().call('GET', `/users/${user}`, undefined,
      { bearer: admin.bearer, status: 401 });
  });
});

describe('the command', () => {
  const refused = async (...words) => {
    const { status, stdout, stderr } = await instance.postern('admin-key',
      ...words);
    assert.notEqual(status, 0, words.join(' '));
    assert.equal(stdout, '');
    return stderr;
  };

  test('says what is wrong', async () => {
    assert.match(await refused('create', 'reader'), /a key of that name/);
    assert.match(await refused('create', 'a b'), /no name for it/);
    assert.match(await refused('create', 'x'.repeat(49)), /no name for it/);
    assert.match(await refused('create', 'x', '--tenant', 'Nobody'),
      /no such organisation/);
    for (const time of ['0', '-1', 'soon', '2020-01-01T00:00:00Z', '1d'])
      assert.match(await refused('create', 'x', `--expires=${time}`),
        /--expires: 1 to 36500 days/);
    assert.match(await refused('revoke', 'nobody'), /no such key/);
  });

  test('is on record', async () => {
    await instance.adminKey('noted', '--expires', '2100-01-01T00:00:00Z');
    const [operator, , name] = await recorded('admin_key_created');
    assert.ok(operator && !operator.startsWith('key:'));
    assert.equal(name, 'noted');
  });
});

test('without a database it says so, and is alive', async () => {
  await instance.service('stop', 'mariadb');
  await admin.call('GET', '/health/ready', undefined, { status: 503 });
  await admin.call('GET', '/', undefined, { status: 503 });
  await admin.call('GET', '/health/alive', undefined, { status: 200 });
  await instance.service('start', 'mariadb');
});
