/* What an operator does on the command line is on record: who, and to whom. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Key, uuidOf } from '../lib/dfns.mjs';
import { run, start } from '../lib/instance.mjs';

let instance;
let count = 0;

/* Something that always changes something. */
let changes = 0;
const change = () =>
  ['org', 'set', 'default', '--rp-name', `Any ${++changes}`];

before(async () => {
  instance = await start({ set: { 'audit_log.storage.enabled': 'true' } });
});
after(() => instance?.stop());

/* postern, run by somebody; as of node itself, without SUDO_USER. */
function command(by, ...words) {
  const { SUDO_USER: _, ...env } = process.env;
  if (by !== null)
    env.SUDO_USER = by;
  return run(instance.env.POSTERN_BIN, words,
    { env: { ...env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });
}

const hex = (id) => id?.replaceAll('-', '').toUpperCase() ?? null;

/* The lines of the audit log that a command wrote; the rest must be none. */
function linesOf(stderr) {
  const all = stderr.split('\n').filter(Boolean).map((line) =>
    JSON.parse(line));
  return all.filter(({ audience }) => audience === 'audit');
}

const rowsBy = (by) => instance.sql(`SELECT type, error,
  HEX(tenant_id), HEX(subject_user_id), http_request_id, source_ip,
  user_agent, actor_user_id, actor_email FROM audit_logs
  WHERE actor_operator = '${by}' ORDER BY created_at, id`);

/* A command, its output, and its events: as rows, and the same as lines. */
async function done(words, by = `op-${++count}`) {
  const { status, stdout, stderr } = await command(by, ...words);
  assert.equal(status, 0, stderr);
  const rows = await rowsBy(by);
  const lines = linesOf(stderr);
  for (const row of rows)
    assert.deepEqual(row.slice(4), [null, null, null, null, null]);
  for (const { operator, time, time_unix } of lines) {
    assert.equal(operator, by);
    assert.equal(Math.floor(Date.parse(time) / 1000), time_unix);
  }
  assert.deepEqual(lines.map((line) => [line.type, line.error ?? null,
    hex(line.tenant_id), hex(line.subject_id)]),
  rows.map((row) => row.slice(0, 4)));
  return { stdout, events: rows.map(([type, detail, tenant, subject]) =>
    ({ type, detail, tenant, subject })) };
}

/* The events of a command, of one tenant, with the subject of each. */
async function expect(words, orgId, ...events) {
  const { stdout, events: found } = await done(words);
  const at = orgId ?? stdout.trim();
  assert.deepEqual(found, events.map(([type, subject = null]) => ({ type,
    detail: null, tenant: uuidOf(at), subject: subject && uuidOf(subject) })));
  return stdout.trim();
}

/* One that fails, or only looks: it leaves neither row nor line. */
async function nothing(status, ...words) {
  const by = `op-${++count}`;
  const answer = await command(by, ...words);
  assert.equal(answer.status, status, answer.stderr);
  assert.ok(!answer.stderr.includes('"audience":"audit"'), answer.stderr);
  assert.deepEqual(await rowsBy(by), []);
}

async function createdBy(by, name, address) {
  const { stdout, events } = await done(['org', 'create', name, address], by);
  const orgId = stdout.trim();
  return { orgId, events };
}

test('an organisation, its members and its accounts', async () => {
  const name = `Operated ${++count}`;
  const guest = freshAddress('guest');
  const { orgId, events } = await createdBy('alice', name,
    freshAddress('boss'));
  const [[boss]] = await instance.sql('SELECT HEX(user_id) FROM members'
    + ` WHERE tenant_id = UNHEX('${uuidOf(orgId)}')`);
  const of = { detail: null, tenant: uuidOf(orgId) };
  assert.deepEqual(events, [
    { type: 'org_created', ...of, subject: null },
    { type: 'member_invited', ...of, subject: boss }]);
  await expect(['org', 'set', name, '--rp-name', 'Other'], orgId,
    ['org_changed']);
  const invited = await done(['org', 'invite', orgId, guest]);
  const user = invited.stdout.trim();
  assert.deepEqual(invited.events, [{ type: 'member_invited', ...of,
    subject: uuidOf(user) }]);
  await expect(['org', 'deactivate', orgId, guest], orgId,
    ['member_deactivated', user]);
  await expect(['org', 'activate', orgId, user], orgId,
    ['member_activated', user]);
  await expect(['org', 'deactivate', orgId], orgId, ['org_deactivated']);
  await expect(['org', 'activate', orgId], orgId, ['org_activated']);
  /* They are so already: nothing happens. */
  await expect(['org', 'activate', orgId], orgId);
  await expect(['org', 'set', name, '--rp-name', 'Other'], orgId);
  await expect(['org', 'activate', orgId, user], orgId);
  const file = join(instance.dir, 'operator.pem');
  writeFileSync(file, new Key('ed25519').pem);
  const made = await done(['org', 'service-account', 'create', orgId,
    'backend', '--public-key', file]);
  const said = Object.fromEntries(made.stdout.trim().split('\n')
    .map((line) => line.split(' ')));
  assert.deepEqual(made.events, [{ type: 'service_account_created', ...of,
    subject: uuidOf(said.userId) }]);
  await expect(['org', 'service-account', 'revoke', orgId, said.tokenId],
    orgId, ['service_account_revoked', said.userId]);
});

test('a key that was ordered, of either API', async () => {
  const [[tenant]] = await instance.sql(
    "SELECT HEX(id) FROM tenants WHERE name = 'default'");
  for (const [api, ...flags] of [['hanko'], ['hanko', '--now'],
    ['dfns', '--dfns']]) {
    const { stdout, events } = await done(['jwk', 'rotate', ...flags]);
    assert.match(stdout, /^[0-9a-f-]{36}\n$/);
    assert.deepEqual(events, [{ type: 'key_rotated', tenant, subject: null,
      detail: `${api} ${stdout.trim()}` }]);
  }
});

test('without sudo it is the owner of the process', async () => {
  const { stdout: me } = await run('id', ['-un']);
  for (const by of [null, '']) {
    const { status, stderr } = await command(by, ...change());
    assert.equal(status, 0, stderr);
    assert.deepEqual(linesOf(stderr).map(({ type, operator }) =>
      [type, operator]), [['org_changed', me.trim()]]);
  }
});

test('a name that does not fit is cut', async () => {
  const long = 'ø'.repeat(40);
  const { status, stderr } = await command(long, ...change());
  assert.equal(status, 0, stderr);
  assert.equal(linesOf(stderr)[0].operator, 'ø'.repeat(32));
  assert.equal((await rowsBy('ø'.repeat(32))).length, 1);
});

test('what fails, and what only looks, leaves none', async () => {
  const guest = freshAddress('guest');
  const { orgId } = await createdBy('bob', `Operated ${++count}`, guest);
  const file = join(instance.dir, 'no.pem');
  writeFileSync(file, 'no key');
  await nothing(1, 'org', 'create', `Operated ${count}`, freshAddress());
  await nothing(1, 'org', 'create', `Other ${++count}`, 'no address');
  await nothing(1, 'org', 'invite', orgId, 'no address');
  await nothing(1, 'org', 'deactivate', orgId, freshAddress());
  await nothing(1, 'org', 'deactivate', 'Nobody');
  await nothing(1, 'org', 'set', orgId, '--rp-id', 'no domain');
  await nothing(1, 'org', 'service-account', 'create', orgId, 'x',
    '--public-key', file);
  await nothing(1, 'org', 'service-account', 'revoke', orgId, 'to-x');
  await nothing(2, 'org', 'create', 'x');
  for (const words of [['org', 'list'], ['org', 'members', orgId],
    ['org', 'service-account', 'list', orgId], ['jwk', 'list'],
    ['config', 'check'], ['config', 'print']])
    await nothing(0, ...words);
});

test('either is switched off by itself', async () => {
  const by = `op-${++count}`;
  const off = (key) => ['--set', `audit_log.${key}=false`];
  const quiet = await command(by, ...off('console_output.enabled'),
    ...change());
  assert.deepEqual([quiet.status, quiet.stderr], [0, '']);
  assert.equal((await rowsBy(by)).length, 1);
  const light = await command(by, ...off('storage.enabled'), ...change());
  assert.equal(light.status, 0, light.stderr);
  assert.equal(linesOf(light.stderr).length, 1);
  assert.equal((await rowsBy(by)).length, 1);
});

test('an option that nobody has is named', async () => {
  const cases = [['--bogus'], ['--bogus', 'serve'], ['serve', '--bogus'],
    ['config', 'check', '--bogus'], ['migrate', '--bogus', 'up'],
    ['jwk', 'rotate', '--bogus=1'], ['limits', 'show', '--bogus', 'x'],
    ['courier', '--bogus'], ['doctor', '--bogus'], ['backup', '--bogus', 'x'],
    ['snippet', '--bogus'], ['setup', '--bogus'],
    ['org', 'list', '--bogus'], ['org', 'set', 'default', '--bogus', 'x'],
    ['org', 'service-account', 'create', 'default', 'x', '--bogus', 'y']];
  for (const words of cases) {
    const { status, stdout, stderr } = await command(null, ...words);
    assert.deepEqual([status, stdout], [2, ''], words.join(' '));
    assert.match(stderr, /there is no (option )?"?--bogus/, words.join(' '));
  }
});
