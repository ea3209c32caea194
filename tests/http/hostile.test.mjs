/*
 * A database server with settings that are not Postern's: the main jobs do
 * what they say, and what was done is done for everybody.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start, top, until } from '../lib/instance.mjs';

const password = 'correct horse battery';
const settings = readFileSync(join(top, 'tests/lib/hostile.sql'), 'utf8');
let instance;

/* What it takes to ask something there: the tests' own connection. */
const ours = `SET SESSION autocommit = 1, completion_type = 0,
  tx_read_only = 0, sql_big_selects = 1, sql_safe_updates = 0,
  sql_select_limit = 1000, sql_mode = 'STRICT_ALL_TABLES';`;
const sql = (text) => instance.sql(`${ours}\n${text}`);

before(async () => {
  process.env.POSTERN_MARIADB_OPTIONS =
    '--character-set-client-handshake=OFF --character-set-server=latin1';
  instance = await start({ set: { 'server.workers': '4' } });
  await instance.sql(settings);
  const old = instance.children();
  process.kill(instance.supervisor, 'SIGHUP');
  await until(() => instance.children().every((pid) => !old.includes(pid)),
    'new workers');
});
after(() => instance?.stop());

/* Of many askers at once, each worker has some. */
async function everybody(ask, rounds = 10) {
  const said = [];
  for (let i = 0; i < rounds; i++)
    said.push(...await Promise.all(Array.from({ length: 6 }, ask)));
  return said;
}

test('a session that was ended is ended for every worker', async () => {
  const api = await instance.client();
  await api.signUp(freshAddress());
  const { token } = api;
  const asks = async () => (await api.call('GET', '/sessions/validate',
    undefined, { bearer: token, noJar: true, status: 200 })).body.is_valid;
  assert.ok((await everybody(asks)).every(Boolean));
  await api.call('POST', '/logout', undefined, { status: 204 });
  assert.equal((await everybody(asks, 30)).filter(Boolean).length, 0);
});

test('password, addresses and sessions', async () => {
  const api = await instance.client();
  const { user_id, email_id } = await api.signUp(freshAddress());
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  let other;
  for (let i = 0; i < 3; i++) {
    other = await instance.client();
    assert.equal((await other.passwordLogin(user_id, password)).status, 200);
  }
  assert.equal((await api.call('GET', '/sessions')).body.length, 4);
  const second = freshAddress('zw\u00f6lf');
  const added = await api.call('POST', '/emails', { address: second },
    { status: 200 });
  await api.passcodeFor(added.body.address,
    { user_id, email_id: added.body.id });
  const listed = await api.call('GET', '/emails', undefined, { status: 200 });
  assert.deepEqual(listed.body.map((one) => one.id).sort(),
    [email_id, added.body.id].sort());
  await api.call('DELETE', `/emails/${added.body.id}`, undefined,
    { status: 204 });
  await api.call('DELETE', '/sessions', undefined, { status: 204 });
  const known = await everybody(async () =>
    (await other.call('GET', '/me')).status);
  assert.ok(known.every((status) => status === 401));
  assert.equal((await api.call('GET', '/sessions')).body.length, 1);
});

/* Each was written once, and what was sent is gone. */
test('mail leaves once', async () => {
  const api = await instance.client();
  const email = freshAddress();
  await api.signUp(email);
  await instance.allSent();
  await assert.rejects(api.mailFor(email, { timeout_ms: 500 }));
});

test('a schema that was made is there', async () => {
  const set = ['--set', 'database.database=anew'];
  await sql(`CREATE DATABASE anew;
    GRANT ALL ON anew.* TO postern_migrate@localhost;
    GRANT SELECT, INSERT, UPDATE, DELETE ON anew.* TO postern@localhost;`);
  const made = await instance.postern(...set, 'migrate', 'up');
  assert.equal(made.status, 0, made.stderr);
  const checked = await instance.postern(...set, 'config', 'check');
  assert.equal(checked.status, 0, checked.stderr);
  const status = await instance.postern(...set, 'migrate', 'status');
  assert.doesNotMatch(status.stdout, /pending|interrupted/);
  assert.deepEqual(await sql('SELECT COUNT(*) FROM anew.tenants'), [['1']]);
});
