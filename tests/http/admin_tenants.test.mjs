/*
 * Tenants by the Admin API and by "postern tenant": made, configured and
 * deleted, each without a trace in the others.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';

const FRESH_MS = 1100; /* how long a row may be kept, and a little */
const DEFAULT = "SELECT LOWER(HEX(id)) FROM tenants WHERE name = 'default'";

let instance;
let admin;

before(async () => {
  instance = await start({ prefix: '', admin: true, set: {
    'log.level': 'debug', 'tenants.refresh': '1s', 'mfa.enabled': 'false',
    'multi_tenancy.enabled': 'true',
    'audit_log.storage.enabled': 'true', 'webhooks.allow_http': 'true',
    'server.public.cors.allow_origins': 'https://default.example',
    'tenants.paths': '/one one,/two two,/three three,/conf conf' } });
  admin = instance.admin();
});
after(() => instance?.stop());

const call = async (method, path, status, body, opts = {}) =>
  (await admin.call(method, path, body, { status, ...opts })).body;
const make = (name, config) =>
  call('POST', '/tenants', 201, { id: randomUUID(), name, config });
/* One that is served at its path; who served it before has forgotten that. */
const mounted = async (name, config) => {
  const made = await make(name, config);
  await sleep(FRESH_MS);
  return made;
};
const drop = (tenant) => call('DELETE', `/tenants/${tenant.id}`, 204);
const atPath = (path) => new Api(instance.url + path,
  { mailDir: instance.mailDir });
const uuid = (hex) => hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const theDefault = async () => uuid((await instance.sql(DEFAULT))[0][0]);
const refused = async (config) => (await admin.call('POST', '/tenants',
  { config }, { status: 400 })).body.message;

describe('a tenant', () => {
  test('is made, shown, listed, changed and deleted', async () => {
    const id = randomUUID();
    const made = await admin.call('POST', '/tenants',
      { id: id.toUpperCase(), config: { account: { allow_signup: false } } },
      { status: 201 });
    assert.deepEqual({ ...made.body, created_at: 0, updated_at: 0 },
      { id, name: id, active: true, created_at: 0, updated_at: 0,
        config: { account: { allow_signup: false } } });
    const shown = await admin.call('GET', `/tenants/${id}`, undefined,
      { status: 200 });
    assert.deepEqual(shown.body, made.body);
    const [first, ...rest] = await call('GET', '/tenants', 200);
    assert.deepEqual(first, made.body);
    assert.equal(rest.at(-1).name, 'default');
    const put = await admin.call('PUT', `/tenants/${id}`,
      { config: { session: { lifespan: '1h' } } }, { status: 200 });
    assert.deepEqual(put.body.config, { session: { lifespan: '3600s' } });
    assert.ok(put.body.updated_at > made.body.updated_at);
    assert.deepEqual((await call('PUT', `/tenants/${id}`, 200,
      { config: null })).config, {});
    await call('DELETE', `/tenants/${id}`, 204);
    for (const method of ['GET', 'DELETE'])
      await call(method, `/tenants/${id}`, 404);
    await call('PUT', `/tenants/${id}`, 404, { config: {} });
  });

  test('may have its id and name from us', async () => {
    const made = await call('POST', '/tenants', 201, {});
    assert.equal(made.name, made.id);
    assert.deepEqual(made.config, {});
    await drop(made);
  });

  test('is one of a page', async () => {
    const made = [];
    for (let i = 0; i < 3; i++)
      made.unshift(await make(`page ${i}`));
    const { body, headers } = await admin.call('GET',
      '/tenants?page=2&per_page=1', undefined, { status: 200 });
    assert.deepEqual(body, [made[1]]);
    assert.equal(headers['x-total-count'], '4');
    assert.match(headers.link, /page=1&per_page=1>; rel="first"/);
    assert.match(headers.link, /page=3&per_page=1>; rel="next"/);
    await call('GET', '/tenants?page=x', 400);
    await call('GET', '/tenants?per_page=101', 400);
    for (const one of made)
      await drop(one);
  });

  test('is taken once', async () => {
    const made = await make('taken');
    await call('POST', '/tenants', 409, { id: made.id, name: 'other' });
    await call('POST', '/tenants', 409, { id: randomUUID(), name: 'taken' });
    await drop(made);
  });

  test('is what nothing malformed makes', async () => {
    const before = await instance.sql('SELECT * FROM tenants');
    for (const body of [{ id: 'x' }, { name: 'x'.repeat(65) }, { name: ' x' },
      { name: '' }, { name: randomUUID() },
      { name: 'or-2ba0h-lvp2q-8v1860pcj1bh5irf' }, { config: [] },
      { config: 'x' }])
      await call('POST', '/tenants', 400, body);
    await call('POST', '/tenants', 400, undefined, { raw: '{' });
    await call('POST', '/tenants', 415, undefined, { raw: 'x',
      headers: { 'Content-Type': 'text/plain' } });
    for (const id of ['x', 'or-2ba0h-lvp2q-8v1860pcj1bh5irf']) {
      await call('GET', `/tenants/${id}`, 400);
      await call('PUT', `/tenants/${id}`, 400, { config: {} });
      await call('DELETE', `/tenants/${id}`, 400);
    }
    assert.deepEqual(await instance.sql('SELECT * FROM tenants'), before);
  });

  test('that others have changed is not overwritten', async () => {
    const made = await make('seen');
    const path = `/tenants/${made.id}`;
    const put = (tag, status, config = {}) => admin.call('PUT', path,
      { config }, { status, headers: { 'If-Match': tag } });
    const { headers: { etag } } = await admin.call('GET', path, undefined,
      { status: 200 });
    const next = await put(etag, 200, { username: { enabled: true } });
    for (const tag of [etag, 'x', '""', '"0"', '"zz"', `W/${etag}`])
      await put(tag, 412);
    assert.deepEqual((await call('GET', path, 200)).config,
      { username: { enabled: true } });
    await put(next.headers.etag, 200);
    await put('*', 200);
    await call('PUT', path, 400, {});
    await call('PUT', path, 415, undefined, { raw: 'x',
      headers: { 'Content-Type': 'text/plain' } });
    await drop(made);
  });

  test('is none of a key for one, or to read', async () => {
    const made = await make('kept');
    const [own, reader] = [await instance.adminKey('own', '--tenant', 'kept'),
      await instance.adminKey('sees', '--read-only')];
    for (const [method, path, body] of [['GET', '/tenants'],
      ['POST', '/tenants', {}], ['GET', `/tenants/${made.id}`],
      ['PUT', `/tenants/${made.id}`, { config: {} }],
      ['DELETE', `/tenants/${made.id}`]])
      for (const prefix of ['', `/${made.id}`]) {
        await call(method, prefix + path, 403, body, { bearer: own });
        await call(method, prefix + path, method === 'GET' ? 200 : 403, body,
          { bearer: reader });
      }
    await drop(made);
    await call('GET', '/tenants', 401, undefined, { bearer: own });
  });

  test('by default can neither be configured here nor deleted', async () => {
    const path = `/tenants/${await theDefault()}`;
    await call('PUT', path, 409, { config: {} });
    await call('DELETE', path, 409);
    assert.equal((await call('GET', path, 200)).name, 'default');
  });

  test('is on record', async () => {
    const made = await make('record');
    await call('PUT', `/tenants/${made.id}`, 200, { config: {} });
    const types = async (where) => (await instance.sql(
      `SELECT type, actor_operator FROM audit_logs WHERE ${where}
       ORDER BY created_at, id`)).map((row) => row.join(' '));
    assert.deepEqual(await types(
      `HEX(tenant_id) = '${made.id.replaceAll('-', '')}'`),
    ['org_created key:quickstart', 'org_changed key:quickstart']);
    await drop(made);
    assert.deepEqual(await types(`error = '${made.id}'`),
      ['org_deleted key:quickstart']);
  });
});

describe('what a tenant has of its own', () => {
  test('is refused if the file would refuse it', async () => {
    const cases = [
      [{ session: { lifespan: '1d' } }, /session\.lifespan: "1d" is not a dur/],
      [{ session: { lifespan: '13h' } }, /lifespan: must not be above that of/],
      [{ session: { lifespan: '1h', idle_timeout: '2h' } },
        /idle_timeout: must be shorter than session\.lifespan/],
      [{ session: { limit: 0 } }, /session\.limit: 0 is out of range/],
      [{ session: { limit: 1.5 } }, /session\.limit: is neither a text, a num/],
      [{ session: { limit: {} } }, /session\.limit: is neither/],
      [{ session: { limit: ['1'] } }, /limit: is one value, not a list/],
      [{ session: 1 }, /session: is a section, not a value/],
      [{ email: { enabled: 'yes' } }, /"yes" is neither true nor false; write/],
      [{ passkey: { user_verification: 'perhaps' } }, /is not one of required/],
      [{ username: { min_length: 200 } }, /min_length: 200 is out of range/],
      [{ server: { public: { cors: { allow_origins: ['*'] } } } },
        /server\.public\.cors\.allow_origins: "\*"/],
      [{ server: { public: { cors: { allow_origins: [1] } } } },
        /allow_origins: is neither/],
      [{ webauthn: { relying_party: { id: '127.0.0.1' } } },
        /the relying party is not a domain/],
      [{ webauthn: { relying_party: { origins: ['https://x/y'] } } },
        /an origin is not scheme:/],
      [{ webauthn: { relying_party: { origins: [] } } },
        /relying_party\.origins: needs at least one/],
      [{ webauthn: { relying_party: { origins: ['*'] } } },
        /relying_party\.origins: "\*" is no origin/],
      [{ mfa: { optional: false, totp: { enabled: false },
        security_keys: { enabled: false }, enabled: true } }, /mfa\.optional/],
      [{ service: { name: ' ' } }, /service\.name: must not be blank/],
    ];
    for (const [config, why] of cases)
      assert.match(await refused(config), why);
  });

  test('has no keys that do not exist, or may not differ', async () => {
    assert.match(await refused({ sesion: {} }),
      /^invalid config: sesion: is not a known key/);
    assert.match(await refused({ session: { lifspan: '1h' } }),
      /session\.lifspan: is not a known key; did you mean session\.lifespan/);
    assert.match(await refused({ 'session.lifespan': '1h' }), /is not a known/);
    assert.match(await refused({ ['x'.repeat(70)]: 1 }), /^invalid config: x{64}:/);
    for (const path of ['secrets.keys', 'session.cookie.name',
      'session.cookie.domain', 'server.trusted_proxies', 'database.host',
      'email_delivery.smtp.host', 'email_delivery.smtp.password',
      'email_delivery.sendmail.path', 'email_delivery.template_dir',
      'passkey.aaguid_file', 'mfa.device_trust_cookie_name', 'session.audience',
      'session.jwt_template.claims', 'webhooks.hooks', 'webhooks.ca_file', 'hashing.slots', 'server.user',
      'password.argon2.memory_kib', 'rate_limiter.enabled']) {
      const config = path.split('.').reduceRight((value, name) =>
        ({ [name]: value }), 'x');
      assert.equal(await refused(config),
        `invalid config: ${path}: may not differ from tenant to tenant`);
    }
    const many = Object.fromEntries(Array.from({ length: 3000 },
      (_, i) => [`k${i}`, 1]));
    assert.equal((await refused(many)).split('; k').length, 10);
    const long = { server: { public: { cors: { allow_origins: Array.from(
      { length: 200 }, (_, i) => `https://${i}.example.com`) } } } };
    assert.match(await refused(long), /config is larger than 4096 bytes/);
  });

  test('holds where it is mounted, and nowhere else', async () => {
    const made = await mounted('conf', {
      service: { name: 'Conf & Co' },
      session: { lifespan: '10m', cookie: { same_site: 'lax' } },
      webauthn: { relying_party: { id: 'conf.example', display_name: 'Conf',
        origins: ['https://conf.example', 'https://www.conf.example'] } },
      passkey: { user_verification: 'required' },
    });
    const [own, other] = [atPath('/conf'), instance.client()];
    const begin = async (api) => (await api.call('POST',
      '/webauthn/login/initialize', undefined, { status: 200 })).body.publicKey;
    assert.equal((await begin(own)).rpId, 'conf.example');
    assert.equal((await begin(own)).userVerification, 'required');
    assert.equal((await begin(other)).userVerification, 'preferred');
    const email = freshAddress('conf');
    await own.signUp(email);
    await other.signUp(email);
    const line = (api) => api.jar.all().find((one) => one.startsWith('hanko='));
    assert.match(line(own), /Max-Age=600;.*SameSite=Lax/);
    assert.match(line(other), /Max-Age=43200;.*SameSite=Strict/);
    const lasts = async (api) => {
      const { body } = await api.call('GET', '/sessions/validate', undefined,
        { status: 200 });
      return Date.parse(body.expiration_time)
        - Date.parse(body.claims.issued_at);
    };
    assert.equal(await lasts(own), 600000);
    assert.equal(await lasts(other), 43200000);

    /* Another one, within tenants.refresh. */
    await call('PUT', `/tenants/${made.id}`, 200, { config: {
      account: { allow_signup: false }, password: { enabled: false },
      server: { public: { cors: { allow_origins: ['https://a.example'] } } } } });
    await sleep(FRESH_MS);
    await own.call('POST', '/users', { email: freshAddress() },
      { status: 403 });
    await other.call('POST', '/users', { email: freshAddress() },
      { status: 200 });
    await own.call('POST', '/password/login', { user_id: randomUUID(),
      password: 'x' }, { status: 404 });
    assert.equal((await begin(own)).rpId, 'localhost');
    const allowed = async (api, Origin) => (await api.call('OPTIONS', '/me',
      undefined, { headers: { Origin }, status: 204 }))
      .headers['access-control-allow-origin'];
    assert.equal(await allowed(own, 'https://a.example'), 'https://a.example');
    assert.equal(await allowed(own, 'https://default.example'), undefined);
    assert.equal(await allowed(other, 'https://a.example'), undefined);
    await drop(made);
  });

  test('costs no statement more', async () => {
    const made = await mounted('conf', { session: { limit: 2 } });
    const spent = async (api) => {
      await api.signUp(freshAddress('cost'));
      return (await cost(instance, api, 'GET', '/sessions/validate', undefined,
        { status: 200 })).statements;
    };
    assert.equal(await spent(instance.client()), 1);
    assert.equal(await spent(atPath('/conf')), 1);
    await drop(made);
  });

  test('holds for commands, too', async () => {
    const made = await mounted('conf', { password: { min_length: 20 } });
    const email = freshAddress('command');
    await atPath('/conf').signUp(email);
    const set = (input) => spawnSync(instance.env.POSTERN_BIN, ['user',
      'set-password', '--tenant', 'conf', email], { input, encoding: 'utf8',
      env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });
    const short = set('correct horse');
    assert.equal(short.status, 1);
    assert.match(short.stderr, /shorter than password\.min_length/);
    assert.equal(set('correct horse battery').status, 0);
    await drop(made);
  });

  test('that the file does not go with closes it, and says so', async () => {
    const made = await mounted('conf', {});
    const email = freshAddress('broken');
    await atPath('/conf').signUp(email);
    await instance.sql(`UPDATE tenants SET config =
      '{"account":{"allow_signup":false},"session":{"lifespan":"99h"}}'
      WHERE name = 'conf'`);
    await sleep(FRESH_MS);
    await atPath('/conf').call('POST', '/user', { email }, { status: 503 });
    await instance.client().call('POST', '/user', { email }, { status: 404 });
    const said = await instance.postern('config', 'check');
    assert.equal(said.status, 1);
    assert.match(said.stderr, /tenant conf: session\.lifespan: must not be abo/);
    assert.deepEqual((await call('GET', `/tenants/${made.id}`, 200)).config,
      { account: { allow_signup: false }, session: { lifespan: '356400s' } });
    await call('PUT', `/tenants/${made.id}`, 200, { config: {} });
    await sleep(FRESH_MS);
    await atPath('/conf').call('POST', '/user', { email }, { status: 200 });
    await drop(made);
  });
});

describe('one of three that goes', () => {
  /* Each table with a tenant_id, and how many rows a tenant has there. */
  const tables = async () => (await instance.sql(`SELECT TABLE_NAME
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
    AND COLUMN_NAME = 'tenant_id'`)).map(([name]) => name);
  const rowsOf = async (id) => {
    const rows = {};
    for (const name of await tables())
      [[rows[name]]] = await instance.sql(`SELECT COUNT(*) FROM ${name}
        WHERE HEX(tenant_id) = '${id.replaceAll('-', '')}'`);
    return rows;
  };

  async function fill(name, tenant) {
    const api = atPath(`/${name}`);
    const { user_id } = await api.signUp(freshAddress(name));
    const { body: { publicKey } } = await api.call('POST',
      '/webauthn/login/initialize', undefined, { status: 200 });
    await api.addPasskey({ rpId: publicKey.rpId,
      origin: new URL(instance.url).origin });
    await api.call('PUT', '/password', { user_id,
      password: 'correct horse battery' }, { status: 201 });
    await api.call('POST', '/emails', { address: freshAddress(name) });
    await Flow.begin(atPath(`/${name}`), 'login');
    await instance.adminKey(`key-${name}`, '--tenant', name);
    await instance.postern('org', 'invite', name, freshAddress(name));
    const hex = `UNHEX('${tenant.id.replaceAll('-', '')}')`;
    await instance.sql(`INSERT INTO webhooks (id, tenant_id, callback, events,
      enabled, failures, expires_at, created_at, updated_at) VALUES (
      UNHEX(MD5(RAND())), ${hex}, 'https://x.example', 'user', 1, 0,
      UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`);
    await instance.sql(`INSERT INTO outbox (id, tenant_id, kind, sealed,
      attempts, next_try_at, created_at, expires_at) VALUES (
      UNHEX(MD5(RAND())), ${hex}, 'unsent', 'x', 0,
      UTC_TIMESTAMP(6) + INTERVAL 1 DAY, UTC_TIMESTAMP(6),
      UTC_TIMESTAMP(6) + INTERVAL 2 DAY)`);
    await instance.sql(`INSERT INTO rate_limits (bucket, tenant_id, state,
      expires_at) VALUES (RPAD('${name}', 32, 'x'), ${hex}, 1,
      UTC_TIMESTAMP(6) + INTERVAL 1 DAY)`);
    return api;
  }

  test('takes along what is its own, and nothing else', async () => {
    const names = ['one', 'two', 'three'];
    const made = [];
    const apis = [];
    for (const name of names)
      made.push(await make(name, {}));
    await sleep(FRESH_MS);
    for (const [i, name] of names.entries())
      apis.push(await fill(name, made[i]));
    const home = await theDefault();
    const others = [home, made[0].id, made[2].id];
    await instance.allSent();
    const before = [];
    for (const id of others)
      before.push(await rowsOf(id));
    const had = await rowsOf(made[1].id);
    for (const name of ['users', 'emails', 'sessions', 'webauthn_credentials',
      'password_credentials', 'admin_keys', 'webhooks', 'audit_logs', 'outbox',
      'rate_limits', 'members', 'flows'])
      assert.notEqual(had[name], '0', name);

    await drop(made[1]);
    assert.deepEqual(await rowsOf(made[1].id),
      Object.fromEntries(Object.keys(had).map((name) => [name, '0'])));
    const now = [];
    for (const id of others)
      now.push(await rowsOf(id));
    /* The deletion itself is on record at home. */
    before[0].audit_logs = String(Number(before[0].audit_logs) + 1);
    assert.deepEqual(now, before);
    await apis[0].call('GET', '/me', undefined, { status: 200 });
    await apis[2].call('GET', '/me', undefined, { status: 200 });
    await sleep(FRESH_MS);
    await apis[1].call('GET', '/me', undefined, { status: 503 });
    await drop(made[0]);
    await drop(made[2]);
  });

  test('goes a part at a time, if it has many users', async () => {
    const made = await mounted('one', {});
    const hex = `UNHEX('${made.id.replaceAll('-', '')}')`;
    await instance.sql(`INSERT INTO users (id, tenant_id, created_at,
      updated_at) SELECT UNHEX(MD5(CONCAT('many', seq))), ${hex},
      UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) FROM seq_1_to_5300`);
    await call('DELETE', `/tenants/${made.id}`, 503);
    assert.equal((await call('GET', `/tenants/${made.id}`, 200)).active, false);
    assert.equal((await rowsOf(made.id)).users, '300');
    await sleep(FRESH_MS);
    await atPath('/one').call('POST', '/users', { email: freshAddress() },
      { status: 503 });
    await drop(made);
    assert.equal((await rowsOf(made.id)).users, '0');
    const types = await instance.sql(`SELECT type FROM audit_logs
      WHERE error = '${made.id}' ORDER BY created_at, id`);
    assert.deepEqual(types, [['org_deactivated'], ['org_deleted']]);
  });

  test('goes while people sign up, and leaves none of them', async () => {
    const made = await mounted('one', {});
    const api = atPath('/one');
    const comers = Array.from({ length: 24 }, () => api.call('POST', '/users',
      { email: freshAddress() }));
    const gone = admin.call('DELETE', `/tenants/${made.id}`);
    const came = (await Promise.all(comers)).map(({ status }) => status);
    assert.ok(came.every((one) => [200, 409, 503].includes(one)), came);
    if ((await gone).status !== 204)
      await drop(made);
    const left = await rowsOf(made.id);
    for (const name of ['users', 'emails', 'primary_emails', 'flows'])
      assert.equal(left[name], '0', name);
    await call('GET', `/tenants/${made.id}`, 404);
  });

  test('goes once, whoever asks at the same time', async () => {
    const made = await mounted('one', {});
    await atPath('/one').signUp(freshAddress());
    const all = await Promise.all(Array.from({ length: 6 }, () => admin.call(
      'DELETE', `/tenants/${made.id}`)));
    const statuses = all.map(({ status }) => status).sort();
    assert.equal(statuses.filter((one) => one === 204).length, 1, statuses);
    assert.ok(statuses.every((one) => [204, 404, 503].includes(one)), statuses);
    const both = await Promise.all(Array.from({ length: 6 }, () => admin.call(
      'POST', '/tenants', { id: made.id, name: 'one' })));
    assert.deepEqual(both.map(({ status }) => status).sort(),
      [201, 409, 409, 409, 409, 409]);
    await drop(made);
  });
});

describe('a thousand tenants', () => {
  /* Which series there are, without their figures. */
  const series = async () => (await admin.call('GET', '/metrics', undefined,
    { status: 200 })).text.split('\n').filter((line) => !line.startsWith('#'))
    .map((line) => line.replace(/ [^ ]*$/, '')).sort();
  const id = (i) =>
    `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;

  before(() => instance.sql(`INSERT INTO tenants (id, name, created_at)
    SELECT UNHEX(CONCAT('0000000000004000800', LPAD(seq, 13, '0'))),
    CONCAT('Thousand ', seq), UTC_TIMESTAMP(6) FROM seq_1_to_1000`));
  after(() => instance.sql("DELETE FROM tenants WHERE name LIKE 'Thousand %'"));

  test('have no series of their own', async () => {
    const visit = (i) => atPath(`/${id(i)}`).call('GET', '/me', undefined,
      { status: 401 });
    await visit(1);
    await series();
    const first = await series();
    assert.ok(first.length > 100);
    for (let i = 2; i <= 100; i++)
      await visit(i);
    assert.deepEqual(await series(), first);
    assert.ok(first.every((line) => !/Thousand|00000000-0000/.test(line)));
  });

  test('are all looked at by config check', async () => {
    const put = (text) => instance.sql(`UPDATE tenants SET config = '${text}'
      WHERE name IN ('Thousand 1', 'Thousand 1000')`);
    await put('{"session":{"lifespan":"99h"}}');
    const { stderr } = await instance.postern('config', 'check');
    for (const n of [1, 1000])
      assert.match(stderr, new RegExp(`tenant Thousand ${n}: session`));
    await put('{}');
  });

  test('fit on a page, or it is said that they do not', async () => {
    const list = (status) => admin.call('GET', '/tenants?per_page=100',
      undefined, { status });
    const own = (n) => JSON.stringify({ server: { public: { cors: {
      allow_origins: Array.from({ length: n }, (_, i) =>
        `https://${i}.example.com`) } } } });
    const put = (text) => instance.sql(`UPDATE tenants SET config = '${text}'
      WHERE name LIKE 'Thousand %'`);
    await put(own(40));
    const { body } = await list(200);
    assert.equal(body.length, 100);
    assert.ok(body.every(({ config }) =>
      config.server.public.cors.allow_origins.length === 40));
    await put(own(150));
    assert.match((await list(400)).body.message, /ask for fewer by per_page/);
    await admin.call('GET', '/tenants?per_page=20', undefined,
      { status: 200 });
    await put('{}');
  });

  test('are listed by page, each served by its id', async () => {
    const { headers, body } = await admin.call('GET',
      '/tenants?per_page=100&page=3', undefined, { status: 200 });
    assert.equal(headers['x-total-count'], '1001');
    assert.equal(body.length, 100);
    await call('PUT', `/tenants/${id(1000)}`, 200,
      { config: { account: { allow_signup: false } } });
    await sleep(FRESH_MS);
    await atPath(`/${id(1000)}`).call('POST', '/users',
      { email: freshAddress() }, { status: 403 });
    await atPath(`/${id(999)}`).call('POST', '/users',
      { email: freshAddress() }, { status: 200 });
    for (const i of [1000, 999])
      await call('DELETE', `/tenants/${id(i)}`, 204);
  });
});

describe('the command', () => {
  const postern = (...words) => instance.postern('tenant', ...words);
  const works = async (...words) => {
    const { status, stdout, stderr } = await postern(...words);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const file = (text) => {
    const path = join(instance.dir, 'own.json');
    writeFileSync(path, text);
    return path;
  };

  test('does all of it', async () => {
    const id = randomUUID();
    assert.equal(await works('create', '--id', id, 'By hand',
      file('{"session":{"limit":3}}')), `${id}\n`);
    const shown = JSON.parse(await works('show', 'By hand'));
    assert.deepEqual(shown, await call('GET', `/tenants/${id}`, 200));
    assert.deepEqual(shown.config, { session: { limit: 3 } });
    assert.match(await works('list'),
      new RegExp(`^${id}  active .*  By hand$`, 'm'));
    assert.deepEqual((await works('list', '--json')).trim().split('\n')
      .map((line) => JSON.parse(line)), await call('GET', '/tenants', 200));
    await works('set', id, file('{}'));
    assert.deepEqual((await call('GET', `/tenants/${id}`, 200)).config, {});
    await works('delete', id);
    await call('GET', `/tenants/${id}`, 404);
  });

  test('says what is wrong', async () => {
    const says = async (why, ...words) => {
      const { status, stdout, stderr } = await postern(...words);
      assert.notEqual(status, 0, words.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, why);
    };
    await says(/no such organisation/, 'show', 'Nobody');
    await says(/default tenant cannot be deleted/, 'delete', 'default');
    await says(/configured by the file/, 'set', 'default', file('{}'));
    await says(/tenant of that name or id/, 'create', 'default');
    await says(/--id: that is not a UUID/, 'create', '--id=x', 'x');
    await says(/no name for an organisation/, 'create', randomUUID());
    await says(/invalid config: a: is not a known/, 'create', 'x',
      file('{"a":1}'));
    await says(/that is not JSON/, 'create', 'x', file('{'));
    await says(/no object of JSON/, 'create', 'x', file('[]'));
    await says(/No such file/, 'create', 'x', '/nowhere');
    await says(/larger than 64 KiB/, 'create', 'x',
      file(' '.repeat(65537)));
    await says(/./, 'create');
    await says(/./, 'drop', 'x');
  });
});
