/*
 * What each statement costs where tables have grown: it is found by a key, and
 * reads no more rows than it would in a small one.  Those that do are named
 * here, with the reason.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { grow, small } from '../lib/grown.mjs';
import { start, top } from '../lib/instance.mjs';
import { plans, statements } from '../lib/plans.mjs';

const ROWS = 5000; /* of a table */
const READ_MAX = 300; /* of them, a statement */
const all = statements();
const one = (name) => all.find((statement) => statement.name === name);

/* Those that read a table, or a tenant's part of it, from end to end. */
const reads = {
  audit_count: 'how many entries there are is part of a page of them',
  doctor_sealed: 'an operator asks whether each key can be opened',
  jwk_outlived: 'keys of tenants, once a minute',
  jwk_owners: 'a process asks once',
  outbox_depth: 'a metric: how much waits',
  outbox_heads: 'what waits for webhooks',
  outbox_sources: 'who has mail that waits',
  person_count: 'how many users there are is part of a page of them',
  person_find: 'what an operator looks for may be anywhere in an address',
  person_find_count: 'the same',
  provision_keys: 'set-up asks whether each key can be opened',
  tenant_count: 'how many tenants there are is part of a page of them',
  tenant_drop_ceremonies: 'a tenant goes once, these within the hour',
  tenant_drop_outbox: 'the same of what waits',
  tenant_drop_webauthn_challenges: 'the same of five minutes',
  tenant_list: 'a command tells of all of them',
  webhook_states: 'a metric: how many hooks there are',
};

/* Those of which EXPLAIN says so, but which stop after a few rows. */
const stops = {
  jwk_list: 'asks whether there is any member',
  tenant_page: 'along a key, as far as the page goes',
  webhooks_expired: 'a hundred of them; of hooks there are few',
};

let instance;
let grown;
let rows; /* that statements are asked about: late, early, of another tenant */

before(async () => {
  instance = await start();
  await instance.service('stop', 'postern'); /* it would expire them */
  grown = await grow((text) => instance.sql(text), ROWS);
  rows = [ROWS * 0.8 + 1, ROWS * 0.2 + 1, ROWS / 2].map(values);
});
after(() => instance?.stop());

/* Of inputs, by name, or else by type: of row i, or such as go with it. */
function values(i) {
  const id = `UNHEX(MD5(${i}))`;
  const address = `'u${i}@example.com'`;
  return {
    id, str: "'some'", bytes: `CONCAT(${id}, ${id})`, i64: '1',
    time: grown.madeAt(i),
    tenant_id: i % 10 === 0 ? `UNHEX(MD5('t${i / 10}'))` : grown.tenant, only_id: 'NULL', key: address, older_key: address,
    username: address, username_key: address, address, name: `'${i} name'`,
    kind: "'mail'", api: "'hanko'", purpose: `'${i} purpose'`,
    source: `LEFT(UNHEX(MD5(${i})), 8)`, busy: "''", whom: id,
    ids: `REPEAT(HEX(${id}), 20)`, 'n:i64': '20', max: '20', rows: '20', skip: '20',
    since: 'NULL', until: 'NULL', types: 'NULL', ip: 'NULL', email: 'NULL',
    any: 'NULL', any_address: 'NULL', wait_s: '0', since_h: '876000',
    retention_s: '31536000', news_s: '3600', version: '1000', seq: i,
    metadata: '0', private_metadata: "'{}'", public_metadata: "'{}'",
    unsafe_metadata: "'{}'",
  };
}

/* Where these would not do, and what else is asked of them. */
const filtered = { plain: '0', user_id: 'NULL', address: 'NULL' };
const others = {
  audit_count: ({ id }) => [{ user_id: 'NULL' }, { ...filtered, user_id: id }],
  audit_floor: () => [{ user_id: 'NULL' }, {}],
  audit_page: ({ id }) => [{ user_id: 'NULL' }, { ...filtered, user_id: id }],
  evidence_page: () => [{ user_id: 'NULL' }, {}],
  members_page: () => [{ kind: "'CustomerEmployee'" }],
  outbox_sources: () => [{}, { kind: "'webhook'" }],
  passcode_target: () => [{}, { email_id: 'NULL' }],
  people_page: ({ id }) => ['NULL', "'EndUser'"].map((kind) =>
    ({ kind, service_account: '0' })).concat({ only_id: id, kind: 'NULL',
    service_account: '0', after_at: 'NULL', after_id: 'NULL' }),
  person_find: () => [{ name: 'NULL', username: 'NULL', ids: 'NULL',
    up: "'created'", down: "''" }],
  person_find_count: () => [{ name: 'NULL', username: 'NULL', ids: 'NULL' }],
  person_page: () => ['created', 'created_last', 'updated', 'updated_last']
    .map((on) => ({ created: '0', created_last: '0', updated: '0',
      updated_last: '0', [on]: '1' })),
};

/* Each of some statements with all the values that it is asked with. */
const asked = (some) => some.flatMap((statement) => rows.flatMap((usual) =>
  (others[statement.name]?.(usual) ?? [{}]).map((own) => [statement,
    Object.fromEntries(statement.inputs.map(([input, type]) =>
      [input, own[input] ?? usual[`${input}:${type}`] ?? usual[input]
        ?? usual[type]]))])));

/* Whether a step of a plan reads all of a table of ours that grows. */
function scans({ text }, { kind, table: alias, type }) {
  if (kind === 'INSERT' || !['ALL', 'index'].includes(type))
    return false;
  return grown.tables.some((table) => small[table] === undefined
    && (table === alias || text.includes(` ${table} ${alias} `)));
}

/* What is wrong with some: { name: [what] }. */
async function wrongs(some) {
  const list = asked(some);
  const told = await plans(instance, one('db_session').text, list);
  const found = {};
  for (const [i, { plan, read }] of told.entries()) {
    const [statement] = list[i];
    const what = plan.filter((step) => scans(statement, step))
      .map(({ table, type, key }) => `${type} ${table} ${key}`);
    if (plan.length === 0)
      what.push('no plan');
    if (read > READ_MAX)
      what.push(`reads ${read}`);
    if (what.length > 0)
      found[statement.name] = { what, read };
  }
  return found;
}

/* What the server is told, and what is asked of other programs' databases. */
const bare = ({ protocol }) => ['text', 'other'].includes(protocol);
const words = new RegExp('^(db|schema|provision)_\\w+: (SET|START|COMMIT'
  + '|ROLLBACK|SAVEPOINT|CREATE|ALTER|DROP|GRANT|SELECT (VERSION|@@))'
  + '|^(hanko|glewlwyd)_');

test('every statement that is not a word to the server is explained', () => {
  const names = readdirSync(join(top, 'sql/queries')).flatMap((file) =>
    [...readFileSync(join(top, 'sql/queries', file), 'utf8')
      .matchAll(/^-- *name: *(\w+)/gm)].map(([, name]) => name));
  assert.deepEqual(all.map(({ name }) => name).sort(), names.sort());
  for (const { name, text } of all.filter(bare))
    assert.match(`${name}: ${text}`, words);
});

test('none reads more where there is more, but for those named', async () => {
  for (const name of Object.keys({ ...reads, ...stops }))
    assert.ok(one(name), name);
  const found = await wrongs(all.filter((statement) => !bare(statement)));
  for (const [name, { what }] of Object.entries(found))
    assert.ok(reads[name] ?? stops[name], `${name}: ${what.join(', ')}`);
  for (const name of Object.keys(reads))
    assert.ok(found[name]?.read > READ_MAX, `${name} no longer does`);
  for (const name of Object.keys(stops))
    assert.ok(!(found[name]?.read > READ_MAX), `${name} does not`);
});

test('a table without its key, and a statement without one, are found',
  async () => {
    const some = [one('expire_sessions'), one('user_by_id'), { ...one(
      'user_by_id'), name: 'made_up', text: one('user_by_id').text
      .replace('AND id = ?', 'AND HEX(id) = HEX(?)') }];
    assert.deepEqual(Object.keys(await wrongs(some)), ['made_up']);
    await instance.sql('ALTER TABLE sessions DROP KEY sessions_expires');
    assert.deepEqual(Object.keys(await wrongs(some)),
      ['expire_sessions', 'made_up']);
  });
