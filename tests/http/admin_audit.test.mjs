/* The audit log, as an operator looks things up in it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';

let instance;
let admin;
let person;

before(async () => {
  instance = await start({ admin: true, oneConnection: true,
    set: { 'audit_log.storage.enabled': 'true' } });
  admin = instance.admin();
  person = await someone(`abcdef-long-${freshAddress()}`);
});
after(() => instance?.stop());

/* Who signs up, logs out, and in again. */
async function someone(email) {
  const api = instance.client();
  const { user_id } = await api.signUp(email);
  await api.call('POST', '/logout', undefined, { status: 204 });
  await api.passcodeLogin(email);
  return { id: user_id, email };
}

/* [name, value], ...: as a query has it. */
const query = (...filters) => new URLSearchParams(filters).toString();
const list = (...filters) => admin.call('GET', `/audit_logs?${query(...filters)}`,
  undefined, { status: 200 });
const rows = async (...filters) => (await list(['per_page', '100'], ...filters))
  .body;
const ids = async (...filters) => (await rows(...filters)).map(({ id }) => id);
const ofPerson = (...filters) => rows(['actor_user_id', person.id], ...filters);

test('an entry says what happened, to whom, and by which request', async () => {
  const id = `audit-${randomUUID()}`;
  const { body } = await admin.call('POST', '/users', { username: null, emails: [
    { address: freshAddress(), is_primary: true }] },
  { status: 200, headers: { 'X-Request-Id': id, 'User-Agent': 'probe/1' } });
  const [row] = await rows(['type', 'user_created']);
  assert.ok(row.id && row.meta_source_ip && row.created_at);
  assert.deepEqual([row.type, row.meta_http_request_id, row.meta_user_agent,
    row.actor_operator, row.subject_user_id, row.actor_user_id, row.updated_at],
  ['user_created', id, 'probe/1', 'key:quickstart', body.id, undefined,
    row.created_at]);
  assert.deepEqual(await rows(['q', body.id]), [row]);
  for (const nobody of [body.id, '00000000-0000-0000-0000-000000000000'])
    assert.deepEqual(await rows(['actor_user_id', nobody]), []);
});

test('what a command did came with no request', async () => {
  await instance.adminKey('listed');
  const [row] = await rows(['type', 'admin_key_created']);
  assert.deepEqual([row.meta_http_request_id, row.meta_source_ip,
    row.meta_user_agent], [null, null, null]);
  assert.ok(row.actor_operator);
});

test('the newest is first, page by page', async () => {
  const all = await ofPerson();
  assert.ok(all.length >= 4, `${all.length}`);
  assert.deepEqual(all.map(({ created_at }) => created_at),
    all.map(({ created_at }) => created_at).sort().reverse());
  const part = await list(['per_page', '2'], ['page', '2'],
    ['actor_user_id', person.id]);
  assert.deepEqual(part.body, all.slice(2, 4));
  assert.equal(part.headers['x-total-count'], `${all.length}`);
  assert.match(part.headers.link, new RegExp(
    `<[^>]*/audit_logs\\?actor_user_id=${person.id}&page=1&per_page=2>; rel="prev"`));
  /* The same by the key, and whatever the page. */
  const whole = await list(['per_page', '100']);
  assert.equal(whole.headers['x-total-count'], `${whole.body.length}`);
  assert.deepEqual((await list(['per_page', '3'], ['page', '2'])).body,
    whole.body.slice(3, 6));
  assert.deepEqual((await list(['page', '1000'])).body, []);
});

test('filters are strict, and all have to fit', async () => {
  const all = await ofPerson();
  const [last, , first] = all;
  assert.deepEqual(await ofPerson(['start_time', first.created_at],
    ['end_time', last.created_at]), [all[1]]);
  assert.deepEqual(await ids(['start_time', first.created_at],
    ['end_time', last.created_at], ['actor_user_id', randomUUID()]), []);
  assert.equal((await ids(['start_time', first.created_at],
    ['end_time', last.created_at])).length, 1);
  assert.deepEqual(await ids(['end_time', '1969-01-01T00:00:00Z']), []);
  assert.deepEqual(await ofPerson(['start_time', '1969-01-01T00:00:00+02:00']),
    all);
  const kinds = [last.type, all.find(({ type }) => type !== last.type).type];
  assert.deepEqual(await ofPerson(...kinds.map((type) => ['type', type])),
    all.filter(({ type }) => kinds.includes(type)));
  assert.deepEqual(await ofPerson(['type', last.type]),
    all.filter(({ type }) => type === last.type));
  assert.deepEqual(await ofPerson(['type', 'no_such']), []);
  assert.deepEqual(await ofPerson(['type', ''], ['q', ''], ['actor_email', ''],
    ['start_time', '']), all);
  assert.deepEqual(await ids(['actor_user_id', person.id.toUpperCase()]),
    all.map(({ id }) => id));
});

test('an address finds its owner, masked as it is', async () => {
  const all = await ofPerson();
  const seen = all.find(({ actor_email }) => actor_email);
  assert.ok(seen && seen.actor_email !== person.email, 'it is masked');
  for (const name of ['actor_email', 'q']) {
    assert.deepEqual(await rows([name, person.email.toUpperCase()]), all);
    assert.ok((await ids([name, seen.actor_email.toUpperCase()]))
      .includes(seen.id));
    assert.deepEqual(await ids([name, freshAddress()]), []);
    assert.deepEqual(await ids([name, '%@%']), []);
  }
});

test('sources and ids are found by a part', async () => {
  const all = await ofPerson();
  const part = person.id.slice(3, 21).toUpperCase();
  assert.deepEqual(await rows(['q', part]), all);
  const ip = all[0].meta_source_ip;
  assert.ok((await ids(['meta_source_ip', ip.slice(0, -1)]))
    .includes(all[0].id));
  assert.ok((await ids(['q', ip])).includes(all[0].id));
  assert.deepEqual(await ids(['meta_source_ip', '203.0.113.7']), []);
});

test('what is malformed is refused in words', async () => {
  for (const [bad, message] of [['start_time=today', /RFC 3339/],
    ['end_time=2026-02-30T00:00:00Z', /RFC 3339/], ['per_page=101', /per_page/],
    ['actor_user_id=x', /actor_user_id/], ['type=%FF'], ['q=%80']]) {
    const { body } = await admin.call('GET', `/audit_logs?${bad}`, undefined,
      { status: 400, front: true });
    if (message)
      assert.match(body.message, message);
  }
});

test('another organisation is told of its own', async () => {
  await createOrg(instance, 'Other', freshAddress('first'));
  const other = instance.admin(await instance.adminKey('other', '--tenant',
    'Other'));
  const mine = new Set(await ids());
  for (const filter of ['', `actor_user_id=${person.id}`, `q=${person.id}`,
    query(['actor_email', person.email]), query(['q', person.email])]) {
    const { body } = await other.call('GET', `/audit_logs?per_page=100&${filter}`,
      undefined, { status: 200 });
    assert.ok(body.every(({ id }) => !mine.has(id)), filter);
    assert.equal(body.length > 0, filter === '', filter);
  }
});

/* How many rows the database touches meanwhile. */
async function touched(work) {
  const sum = async () => (await instance.sql(
    "SHOW GLOBAL STATUS LIKE 'Handler_read%'"))
    .reduce((all, [, n]) => all + Number(n), 0);
  const before = await sum();
  const result = await work();
  return { result, rows: await sum() - before };
}

test('however many there are, so many are looked at, and the rest is told of',
  async () => {
    const owner = randomUUID();
    const hex = owner.replaceAll('-', '');
    await instance.sql(`INSERT INTO audit_logs (id, tenant_id, type, source_ip,
      actor_user_id, created_at) SELECT UNHEX(MD5(seq)), t.id, 'many',
      '192.0.2.1', IF(seq % 1100 = 0, UNHEX('${hex}'), UNHEX(MD5(seq))),
      '2020-01-01' - INTERVAL seq SECOND FROM tenants t, seq_1_to_22000
      WHERE name = 'default'`);
    const end = ['end_time', '2020-01-01T00:00:00Z'];
    for (const filter of [[], ['q', 'nowhere'], ['actor_email', 'nobody'],
      ['meta_source_ip', '192.0.2.1'], ['type', 'many'],
      ['page', '1000000000']]) {
      const { result: { headers, body }, rows: n } = await touched(() =>
        list(end, ...(filter.length ? [filter] : [])));
      const none = /nowhere|nobody/.test(filter[1]);
      assert.equal(headers['x-total-count'], none ? '0' : '10000', filter[0]);
      assert.equal(body.length, none || filter[0] === 'page' ? 0 : 20);
      assert.ok(n < 36000, `${filter}: ${n}`);
    }
    /* One after the other, they are all that there are. */
    let sum = 0;
    let next = end[1];
    for (let i = 0; next !== undefined; i++) {
      assert.ok(i < 5, 'no end');
      const { headers } = await list(['end_time', next], ['type', 'many']);
      sum += Number(headers['x-total-count']);
      next = headers['x-next-end-time'];
    }
    assert.equal(sum, 22000);
    /* What one user did is found however long ago it was. */
    const { result, rows: few } = await touched(() =>
      list(['actor_user_id', owner]));
    assert.equal(result.headers['x-total-count'], '20');
    assert.equal(result.headers['x-next-end-time'], undefined);
    assert.ok(few < 3000, `${few}`);
    await instance.sql("DELETE FROM audit_logs WHERE type = 'many'");
  });

/* How a statement of ours is run with these values, words of SQL. */
const statements = readFileSync(join(top, 'sql/queries/audit.sql'), 'utf8');
function explain(name, values) {
  const text = statements.split(`-- name: ${name}\n`)[1]
    .replaceAll(/^--.*$/gm, '').split(';')[0].replaceAll("'", "''");
  return instance.sql(`EXECUTE IMMEDIATE 'EXPLAIN ${text.replaceAll('\n', ' ')}'
    USING ${values.join(', ')}`);
}

test('a page is found by a key', async () => {
  const [[tenant]] = await instance.sql(
    "SELECT CONCAT('0x', HEX(id)) FROM tenants WHERE name = 'default'");
  const filters = Array(17).fill('NULL');
  const time = ['NULL', 'NULL'];
  for (const plan of [
    await explain('audit_page', ['1', tenant, ...time, '20', '20', '1', tenant,
      ...time, ...filters, '20', '20', tenant]),
    await explain('audit_count', ['1', tenant, ...time, '1', tenant, ...time,
      ...filters]),
  ]) {
    const one = plan.filter((row) => row.includes('audit_logs_list'));
    assert.equal(one.length, 1, plan.join('\n'));
    assert.match(one[0].at(-1), /Using index/);
    assert.doesNotMatch(one[0].at(-1), /filesort/);
    assert.ok(plan.some((row) => /Impossible WHERE/.test(row.at(-1))));
    assert.ok(plan.every((row) => row[3] !== 'ALL' || row[2]?.startsWith('<')),
      plan.join('\n'));
  }
});
