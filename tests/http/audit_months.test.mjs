/*
 * The audit log in months, by the statements of postern-guide(7): it is written,
 * listed and expired as before, and a month goes at once.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start, top } from '../lib/instance.mjs';

/* Displays of that part of the page: [make, next, drop]. */
const statements = () => readFileSync(join(top, 'etc/postern-guide.7'), 'utf8')
  .split('.Ss The audit log in months\n')[1].split('.Ss ')[0]
  .split('.Bd -literal').slice(1).map((one) =>
    one.slice(one.indexOf('\n') + 1, one.indexOf('\n.Ed')));

let instance;
let admin;

before(async () => {
  instance = await start({ admin: true,
    set: { 'audit_log.storage.enabled': 'true' } });
  admin = instance.admin();
});
after(() => instance?.stop());

const listed = async (...filter) => (await admin.call('GET',
  `/audit_logs?${new URLSearchParams(filter)}`, undefined, { status: 200 })).body;
const count = async (where = '1') => Number((await instance.sql(
  `SELECT COUNT(*) FROM audit_logs WHERE ${where}`))[0][0]);
const parts = async () => (await instance.sql(`SELECT PARTITION_NAME FROM
  information_schema.PARTITIONS WHERE TABLE_SCHEMA = DATABASE()
  AND TABLE_NAME = 'audit_logs' ORDER BY PARTITION_ORDINAL_POSITION`)).flat();

test('a table with rows is divided, and nothing is lost', async () => {
  await instance.client().signUp(freshAddress());
  const had = await count();
  assert.ok(had > 0);
  const [make, next] = statements();
  await instance.sql(make);
  assert.equal(await count(), had);
  await instance.sql(next);
  assert.deepEqual(await parts(), ['p2026_11', 'p2026_12', 'p2027_01',
    'later']);
  const { status, stderr } = await instance.postern('config', 'check');
  assert.equal(status, 0, stderr);
});

test('it is written and listed as before', async () => {
  const email = freshAddress();
  const { user_id } = await instance.client().signUp(email);
  const rows = await listed(['actor_user_id', user_id]);
  assert.ok(rows.length > 0);
  assert.deepEqual((await listed(['per_page', '1']))[0], rows[0]);
});

test('a month is dropped, and what is old expires in the others', async () => {
  await instance.sql(`UPDATE audit_logs SET created_at = '2026-11-15'
    ORDER BY created_at LIMIT 2`);
  assert.equal(await count("created_at < '2026-12-01'") >= 2, true);
  await instance.sql(statements()[2]);
  assert.equal(await count("created_at < '2026-12-01'"), 0);
  await instance.sql(`UPDATE audit_logs SET created_at =
    UTC_TIMESTAMP(6) - INTERVAL 1000 DAY ORDER BY created_at DESC LIMIT 1`);
  const old = 'created_at < UTC_TIMESTAMP(6) - INTERVAL 900 DAY';
  assert.equal(await count(old), 1);
  const { status, stderr } = await instance.courier();
  assert.equal(status, 0, stderr);
  assert.equal(await count(old), 0);
});
