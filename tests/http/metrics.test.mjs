/*
 * GET /metrics: what happens changes the row that one would look at, nothing
 * ever goes down, and Prometheus' own tool has nothing to say about it.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { run, start, top, until } from '../lib/instance.mjs';
import { Receiver, status as answers } from '../lib/receiver.mjs';

/* What needs no database. */
const KEY = 'Aq0-._~+/bcdefghijklmnopqrstuvwxyz01==';
let dir;
let receiver;
let instance;
let reader;
let scraper;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-metrics-'));
  chmodSync(dir, 0o755);
  receiver = await Receiver.listen(dir);
  instance = await start({ admin: true, set: { 'mfa.enabled': 'false',
    'server.workers': '4', 'metrics.key': KEY, 'webhooks.enabled': 'true',
    'webhooks.allow_networks': '127.0.0.0/8',
    'webhooks.ca_file': join(dir, 'own.pem') } });
  reader = instance.admin(await instance.adminKey('prometheus', '--read-only'));
  scraper = instance.admin(KEY);
});
after(async () => {
  receiver?.close();
  rmSync(dir, { recursive: true, force: true });
  await instance?.stop();
});

const promtool = (...args) => {
  const options = args.at(-1)?.input !== undefined ? args.pop() : {};
  return run('promtool', args, { ...options, env: { ...process.env,
    PATH: `${process.env.PATH}:${join(top, 'tests/node_modules/.bin')}` } });
};

const scrape = async () =>
  (await reader.call('GET', '/metrics', undefined, { status: 200 })).text;

/* { 'name{labels}': value } of all lines. */
const values = async (text) => Object.fromEntries((text ?? await scrape())
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => [line.slice(0, line.lastIndexOf(' ')),
    Number(line.slice(line.lastIndexOf(' ') + 1))]));

/* By how much each row has changed, of those that have. */
function changes(old, now) {
  return Object.fromEntries(Object.entries(now)
    .map(([row, value]) => [row, value - (old[row] ?? 0)])
    .filter(([, by]) => by !== 0));
}

const counted = (row) => /_(total|bucket|count|sum)\b/.test(row);

/* No counter is lower than it was, and none is gone. */
function nothingLost(old, now) {
  for (const [row, value] of Object.entries(old))
    assert.ok(!counted(row) || now[row] >= value,
      `${row}: ${value}, now ${now[row]}`);
}

test('only a key of all organisations may see them', async () => {
  const { headers } = await reader.call('GET', '/metrics', undefined,
    { status: 200 });
  assert.equal(headers['content-type'],
    'text/plain; version=0.0.4; charset=utf-8');
  await instance.admin('').call('GET', '/metrics', undefined, { status: 401 });
  await createOrg(instance, 'Other', freshAddress('other'));
  const bound = instance.admin(await instance.adminKey('bound', '--tenant',
    'Other'));
  await bound.call('GET', '/metrics', undefined, { status: 403 });
  await instance.client().call('GET', '/metrics', undefined, { status: 404 });
});

test('promtool finds nothing to complain of', async () => {
  const checked = await promtool('check', 'metrics',
    { input: await scrape() });
  assert.deepEqual([checked.status, checked.stderr], [0, '']);
  const rules = await promtool('check', 'rules',
    join(top, 'etc/prometheus/postern.rules.yml'));
  assert.equal(rules.status, 0, rules.stderr);
});

test('each query of the dashboard has its metric', async () => {
  const text = await scrape();
  const { panels } = JSON.parse(readFileSync(
    join(top, 'etc/grafana/postern.json'), 'utf8'));
  const queries = panels.flatMap(({ targets }) => targets)
    .map(({ expr }) => expr);
  assert.ok(queries.length > 20);
  for (const query of queries) {
    const names = query.match(/postern_\w+/g);
    assert.ok(names?.length > 0, query);
    for (const name of names)
      assert.ok(text.split('\n').some((line) => line.startsWith(`${name}{`)
        || line.startsWith(`${name} `)), name);
    const plain = query.replaceAll('$__rate_interval', '5m');
    const { status, stderr } = await promtool('query', 'instant',
      'http://127.0.0.1:9', plain);
    assert.ok(status !== 0 && !/parse error/.test(stderr), stderr);
  }
});

test('endpoints have their pattern, and nothing that was asked', async () => {
  const old = await values();
  const api = instance.client();
  for (let i = 0; i < 3; i++)
    await api.call('GET', `/users/secret-${i}?also=secret-${i}`);
  await api.call('GET', '/nowhere/secret', undefined, { status: 404 });
  const text = await scrape();
  assert.ok(!text.includes('secret'));
  const rows = changes(old, await values());
  const row = (name, more) =>
    `${name}{side="public",method="GET",route="/users/{id}",${more}}`;
  assert.equal(rows[row('postern_requests_total', 'status="401"')], 3);
  assert.equal(rows[row('postern_request_duration_seconds_bucket',
    'le="+Inf"')], 3);
  assert.equal(rows['postern_requests_total{side="public",method="other",'
    + 'route="other",status="404"}'], 1);
});

test('a storm of log-ins', async () => {
  const api = instance.client();
  const { user_id } = await api.signUp(freshAddress('storm'));
  const password = 'correct horse battery';
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  const old = await values();
  await Promise.all(Array.from({ length: 12 }, () =>
    instance.client().passwordLogin(user_id, 'wrong horse battery')));
  await api.passwordLogin(user_id, password);
  const now = await values();
  nothingLost(old, now);
  const rows = changes(old, now);
  const failed = rows['postern_logins_total{method="password",'
    + 'result="failed"}'];
  assert.equal(rows['postern_logins_total{method="password",'
    + 'result="succeeded"}'], 1);
  /* Those that found no place were told so: none is uncounted. */
  assert.equal(failed + (rows.postern_hashing_refused_total ?? 0), 12);
  assert.equal(rows.postern_hashing_duration_seconds_count, failed + 1);
  assert.equal(rows.postern_hashing_wait_seconds_count, failed + 1);
  assert.ok(rows.postern_hashing_duration_seconds_sum > 0);
  assert.equal(now.postern_hashing_slots_used, 0);
  assert.equal(now.postern_hashing_queue_length, 0);
});

test('an outage of the mail', async () => {
  await instance.allSent();
  const api = instance.client();
  const email = freshAddress('outage');
  const user = await api.signUp(email);
  await instance.service('stop', 'smtp');
  const old = await values();
  await api.call('POST', '/passcode/login/initialize', user, { status: 200 });
  const failed = 'postern_mail_tries_total{result="failed"}';
  await until(async () => (await values())[failed] > old[failed],
    'a try that fails');
  await instance.sql('UPDATE outbox SET created_at = created_at'
    + ' - INTERVAL 500 SECOND');
  const out = await values();
  assert.equal(changes(old, out)['postern_codes_total{api="public",'
    + 'what="queued"}'], 1);
  assert.equal(out['postern_outbox_rows{kind="mail"}'], 1);
  assert.ok(out['postern_outbox_oldest_age_seconds{kind="mail"}'] >= 500);
  await instance.service('start', 'smtp');
  await instance.sql('UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6)');
  await instance.allSent();
  const now = await values();
  nothingLost(old, now);
  assert.ok(changes(old, now)['postern_mail_tries_total{result="sent"}'] >= 1);
  assert.equal(now['postern_outbox_oldest_age_seconds{kind="mail"}'], 0);
});

test('webhooks that are told, refuse, are off', async () => {
  const hook = async (path) => (await instance.admin().call('POST', '/webhooks',
    { callback: receiver.url(path), events: ['user.create'] },
    { status: 201 })).body;
  const [good, bad, down] = [await hook('/good'), await hook('/bad'),
    await hook('/down')];
  receiver.answers = { '/bad': answers(422), '/down': answers(500) };
  await instance.sql('UPDATE webhooks SET failures = 29 WHERE callback LIKE '
    + "'%/down'");
  const old = await values();
  const person = instance.client();
  await person.signUp(freshAddress('hooked'));
  const now = await until(async () => {
    await instance.sql('UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6) WHERE '
      + "kind = 'webhook' AND claim IS NULL");
    const seen = await values();
    return seen['postern_outbox_rows{kind="webhook"}'] === 0 && seen;
  }, 'all is told or parked');
  nothingLost(old, now);
  const rows = changes(old, now);
  const tries = (result) =>
    rows[`postern_webhook_tries_total{result="${result}"}`];
  assert.deepEqual(['told', 'failed', 'refused'].map(tries), [1, 1, 5]);
  assert.equal(rows['postern_webhook_given_up_total{reason="refused"}'], 1);
  assert.equal(rows.postern_webhook_switched_off_total, 1);
  assert.equal(now['postern_outbox_rows{kind="webhook_parked"}'], 2);
  assert.deepEqual([now['postern_webhooks{state="on"}'],
    now['postern_webhooks{state="off"}']], [2, 1]);
  receiver.answers = {};
  await instance.sql('UPDATE outbox SET created_at = created_at'
    + ' - INTERVAL 700 SECOND');
  assert.ok((await values())['postern_outbox_oldest_age_seconds'
    + '{kind="webhook_parked"}'] >= 700);
  for (const { id } of [good, bad, down])
    await instance.admin().call('DELETE', `/webhooks/${id}`, undefined,
      { status: 204 });
});

test('the key of the file is good for this alone', async () => {
  const { text } = await scraper.call('GET', '/metrics', undefined,
    { status: 200 });
  const seen = await values(text);
  assert.equal(seen.postern_database_up, 1);
  assert.ok('postern_outbox_rows{kind="mail"}' in seen);
  for (const [method, path] of [['GET', '/users'], ['GET', '/'],
    ['GET', '/audit_logs'], ['GET', '/nowhere'], ['POST', '/metrics']])
    await scraper.call(method, path, undefined, { status: 401 });
  for (const key of [KEY.slice(0, -1), `${KEY}=`, KEY.toLowerCase(), ''])
    await instance.admin(key).call('GET', '/metrics', undefined,
      { status: 401 });
  const { stdout } = await instance.postern('config', 'print');
  assert.ok(!stdout.includes(KEY));
  assert.match(stdout, /metrics/);
});

test('processes that die, and a reload, take nothing away', async () => {
  const old = await values();
  assert.equal(old['postern_processes{role="worker"}'], 4);
  assert.equal(old['postern_processes{role="courier"}'], 1);
  assert.equal(old['postern_processes{role="receiver"}'], 1);
  for (const role of ['worker', 'courier', 'receiver'])
    assert.ok(old[`postern_memory_bytes{role="${role}"}`] > 100000, role);
  assert.equal(old.postern_workers_busy, 1);
  const children = instance.children();
  for (const pid of children)
    process.kill(pid, 'SIGKILL');
  await until(() => instance.children().length === children.length
    && !instance.children().some((pid) => children.includes(pid)), 'others');
  const now = await until(async () => {
    const seen = await values();
    return seen['postern_processes{role="worker"}'] === 4 && seen;
  }, 'four workers');
  nothingLost(old, now);
  const died = (role) => changes(old, now)[
    `postern_process_deaths_total{role="${role}",how="died"}`];
  assert.deepEqual(['worker', 'courier', 'receiver'].map(died), [4, 1, 1]);
  await instance.reload({ ...instance.options.set, 'server.workers': '3' });
  const reloaded = await values();
  nothingLost(now, reloaded);
  assert.equal(reloaded['postern_processes{role="worker"}'], 3);
  assert.equal(changes(now, reloaded)['postern_reloads_total'
    + '{result="succeeded"}'], 1);
});

test('a database that goes away, and comes back', async () => {
  const old = await values();
  await instance.service('stop', 'mariadb');
  await reader.call('GET', '/metrics', undefined, { status: 503 });
  for (let i = 0; i < 8; i++) { /* whichever worker */
    const { text } = await scraper.call('GET', '/metrics', undefined,
      { status: 200 });
    const away = await values(text);
    assert.equal(away.postern_database_up, 0);
    assert.ok(!('postern_outbox_rows{kind="mail"}' in away));
    assert.ok(!('postern_webhooks{state="on"}' in away));
    assert.equal(away['postern_processes{role="worker"}'], 3);
    nothingLost(Object.fromEntries(Object.entries(old)
      .filter(([row]) => counted(row))), away);
  }
  await instance.admin(KEY.replace('A', 'B')).call('GET', '/metrics', undefined,
    { status: 401 });
  await instance.client().call('POST', '/user', { email: freshAddress('x') },
    { status: 503 });
  await instance.service('start', 'mariadb');
  const now = await until(async () =>
    (await reader.call('GET', '/metrics')).status === 200 && values(),
  'metrics');
  nothingLost(old, now);
  assert.equal(now.postern_database_up, 1);
  const rows = changes(old, now);
  assert.ok(rows['postern_database_errors_total{kind="away"}'] >= 1);
  assert.ok(rows.postern_database_connects_total >= 1);
  assert.ok(rows['postern_requests_total{side="admin",method="GET",'
    + 'route="/metrics",status="503"}'] >= 1);
});
