/* Users, as an operator lists, makes, changes and deletes them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
import { explain, rowsRead, watch } from '../lib/ran.mjs';

let instance;
let admin;
let other; /* by a key of another organisation */

before(async () => {
  instance = await start({ admin: true, oneConnection: true,
    set: { 'username.enabled': 'true', 'audit_log.storage.enabled': 'true' } });
  admin = instance.admin();
  await createOrg(instance, 'Other', freshAddress('first'));
  other = instance.admin(await instance.adminKey('other', '--tenant', 'Other'));
});
after(() => instance?.stop());

let count = 0;
const fresh = (name = 'name') => `${name}_${process.pid}_${++count}`;
const address = (text = freshAddress(), more = { is_primary: true }) =>
  ({ address: text, ...more });
const create = async (body, client = admin) =>
  (await client.call('POST', '/users', body, { status: 200 })).body;
const list = async (query, client = admin) =>
  (await client.call('GET', `/users?${query}`, undefined, { status: 200 }));
const ids = async (query, client) =>
  (await list(query, client)).body.map(({ id }) => id);
const says = async (method, path, body, status, message, opts = {}) => {
  const done = await admin.call(method, path, body, { status, ...opts });
  if (message)
    assert.match(done.body.message, message);
};

describe('a new user', () => {
  test('has what was given, in the form that people log in by', async () => {
    const [first, second] = [freshAddress('A'), freshAddress('b')];
    const name = fresh('Ada');
    const made = await create({ username: name, emails: [
      address(first, { is_verified: true, is_primary: false }),
      address(second)] });
    assert.equal(made.username.username, name.toLowerCase());
    assert.deepEqual(made.emails.map((one) =>
      [one.address, one.is_primary, one.is_verified]).sort(), [
      [first.toLowerCase(), false, true], [second.toLowerCase(), true, false],
    ].sort());
    assert.equal(made.password, undefined);
    const shown = await admin.call('GET', `/users/${made.id}`, undefined,
      { status: 200 });
    assert.deepEqual(shown.body, made);
    const [[operator, subject]] = await instance.sql(`SELECT actor_operator,
      LOWER(HEX(subject_user_id)) FROM audit_logs WHERE type = 'user_created'
      ORDER BY created_at DESC LIMIT 1`);
    assert.deepEqual([operator, subject],
      ['key:quickstart', made.id.replaceAll('-', '')]);
  });

  test('logs in', async () => {
    const mail = freshAddress();
    const { id } = await create({ emails: [address(mail,
      { is_primary: true, is_verified: true })] });
    const person = instance.client();
    assert.equal((await person.passcodeLogin(mail)).user_id, id);
  });

  test('has the id and the time that were asked for', async () => {
    const id = randomUUID();
    const made = await create({ id: id.toUpperCase(), username: fresh(),
      emails: null, created_at: '2020-02-03T04:05:06Z' });
    assert.equal(made.id, id);
    assert.equal(made.created_at, '2020-02-03T04:05:06Z');
    assert.notEqual(made.updated_at, made.created_at);
    await says('POST', '/users', { id, username: fresh() }, 409,
      /^user already exists$/);
  });

  test('gets an address that was claimed, and none that is owned', async () => {
    const mail = freshAddress();
    await instance.client().call('POST', '/users', { email: mail });
    await create({ emails: [address(mail)] });
    const name = fresh();
    await says('POST', '/users', { username: name, emails: [address(mail)] },
      409, /^email already exists$/);
    await create({ username: name });
    const left = freshAddress();
    await says('POST', '/users', { username: name, emails: [address(left)] },
      409, /^username already exists$/);
    assert.equal((await ids(`email=${encodeURIComponent(left)}`)).length, 0);
  });

  test('is refused in words', async () => {
    const good = freshAddress();
    for (const [body, message] of [
      [{}, /at least one of \[Emails, Username\]/],
      [{ username: '' }, /at least one of/],
      [{ emails: [] }, /at least one of/],
      [{ emails: [{ address: good }] }, /at least one primary email/],
      [{ emails: [address(good), address()] }, /only one primary email/],
      [{ emails: [address(good), address(good.toUpperCase(), {})] },
        /not unique/],
      [{ emails: [{ is_primary: true }] }, /address is a required field/],
      [{ emails: ['x'] }, /address is a required field/],
      [{ emails: [address('x')] }, /must be a valid email address/],
      [{ emails: [address(good, { is_primary: 1 })] }, /must be a boolean/],
      [{ emails: {} }, /emails must be an array/],
      [{ username: 'no spaces' }, /username is invalid/],
      [{ username: 1 }, /username must be a string/],
      [{ username: fresh(), id: 'x' }, /id must be a valid uuid/],
      [{ username: fresh(), created_at: 'soon' }, /must be a time/],
      [{ username: fresh(), created_at: '2999-01-01T00:00:00Z' }, /the past/],
      [{ username: fresh(), created_at: 0 }, /the past/],
    ])
      await says('POST', '/users', body, 400, message);
    await admin.call('POST', '/users', undefined, { raw: 'x', type: 'text/xml',
      status: 415 });
    await admin.call('POST', '/users', undefined, { raw: '{', status: 400 });
    await admin.call('POST', '/users', undefined, { status: 400 });
  });

  test('is of the organisation of the key', async () => {
    const mail = freshAddress();
    const here = await create({ emails: [address(mail)] });
    const there = await create({ emails: [address(mail)] }, other);
    assert.notEqual(here.id, there.id);
    await says('GET', `/users/${there.id}`, undefined, 404, /user not found/);
    await says('PATCH', `/users/${there.id}`, { name: 'x' }, 404);
    assert.deepEqual(await ids(`user_id=${there.id}`), []);
    assert.deepEqual(await ids(`user_id=${here.id}`, other), []);
    assert.deepEqual(await ids(`user_id=${there.id}`, other), [there.id]);
  });
});

describe('a list', () => {
  test('has pages, and says where they are', async () => {
    const group = fresh('group');
    const made = [];
    for (let i = 0; i < 5; i++)
      made.push((await create({ username: `${group}_${i}` })).id);
    const page = await list(`per_page=2&username=${group.toUpperCase()}&page=2`);
    assert.deepEqual(page.body.map(({ id }) => id), [made[2], made[1]]);
    assert.equal(page.headers['x-total-count'], '5');
    const url = (n) => `<${instance.adminUrl}/users?page=${n}&per_page=2`
      + `&username=${group.toUpperCase()}>`;
    assert.equal(page.headers.link, `${url(1)}; rel="first",${url(3)}; `
      + `rel="last",${url(3)}; rel="next",${url(1)}; rel="prev"`);
    const rels = async (query) => [...(await list(query)).headers.link
      .matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel).join(' ');
    assert.equal(await rels(`username=${group}`), 'first');
    assert.equal(await rels(`username=${group}&per_page=2`), 'last next');
    assert.equal(await rels(`username=${group}&per_page=2&page=3`),
      'first prev');
    assert.equal(await rels('username=nobody'), 'first');
    assert.deepEqual(await ids(`username=${group}&page=9`), []);
  });

  test('is in the order that is asked for, without a filter, too', async () => {
    const [a, b] = [await create({ username: fresh() }),
      await create({ username: fresh() })];
    await admin.call('PATCH', `/users/${a.id}`, { name: 'Later' },
      { status: 200 });
    const both = `user_id=${a.id},${b.id}`;
    assert.deepEqual(await ids(both), [b.id, a.id]);
    assert.deepEqual(await ids(`${both}&sort_direction=asc`), [a.id, b.id]);
    assert.deepEqual(await ids(`${both}&sort_by=updated_at`), [a.id, b.id]);
    assert.deepEqual(await ids(`${both}&sort_by=updated_at&sort_direction=asc`),
      [b.id, a.id]);
    const total = Number((await list('per_page=1')).headers['x-total-count']);
    assert.equal((await ids('per_page=1'))[0], b.id);
    assert.equal((await ids('per_page=1&sort_by=updated_at'))[0], a.id);
    assert.equal((await ids(`per_page=1&sort_direction=asc&page=${total}`))[0],
      b.id);
    assert.equal((await ids(`per_page=1&sort_direction=asc&sort_by=updated_at`
      + `&page=${total}`))[0], a.id);
  });

  test('tells by updated_at of a username that its user chose', async () => {
    const person = instance.client();
    const { user_id } = await person.signUp(freshAddress());
    const first = async () => (await ids('per_page=1&sort_by=updated_at'))[0];
    await create({ username: fresh() });
    assert.notEqual(await first(), user_id);
    const flow = await Flow.ready(person, 'profile');
    for (const [action, input] of [
      ['username_create', { username: fresh() }],
      ['username_update', { username: fresh() }], ['username_delete', {}]]) {
      await flow.act(action, input, { status: 200 });
      assert.equal(await first(), user_id, action);
      await create({ username: fresh() });
      assert.notEqual(await first(), user_id);
    }
  });

  test('is in one order of those made at the same time', async () => {
    const made = [];
    for (let i = 0; i < 4; i++)
      made.push((await create({ username: fresh(),
        created_at: '2001-02-03T04:05:06Z' })).id);
    made.sort();
    const some = `user_id=${made.join()}`;
    assert.deepEqual(await ids(`${some}&sort_direction=asc`), made);
    assert.deepEqual(await ids('per_page=4&sort_direction=asc'), made);
    assert.deepEqual(await ids(some), made.toReversed());
  });

  test('has who fits, by parts of addresses and names', async () => {
    const mark = fresh('mark');
    const a = await create({ emails: [address(`100%_${mark}@example.org`)] });
    const b = await create({ username: mark });
    const find = (query) => ids(query.replaceAll('%', '%25'));
    assert.deepEqual(await find(`email=${mark.toUpperCase()}@EXAMPLE`), [a.id]);
    assert.deepEqual(await find(`email=0%_${mark}`), [a.id]);
    assert.deepEqual(await find(`email=1%${mark}`), []);
    assert.deepEqual(await find(`username=${mark.replaceAll('_', '%')}`), []);
    assert.deepEqual(await find(`email=${mark}&username=${mark}`),
      [b.id, a.id]);
    assert.deepEqual(await find(`email=${mark}&username=${mark}&user_id=${b.id}`),
      [b.id]);
    await admin.call('PATCH', `/users/${a.id}`, { name: `Ärger ${mark}` },
      { status: 200 });
    for (const word of ['Ärger', 'ärger', 'ÄRGER'])
      assert.deepEqual(await ids(`name=${encodeURIComponent(word)}+${mark}`),
        [a.id]);
    await admin.call('PATCH', `/users/${b.id}`, { given_name: 'Ada',
      family_name: `Lovelace ${mark}` }, { status: 200 });
    assert.deepEqual(await find(`name=ada+lovelace+${mark.toUpperCase()}`),
      [b.id]);
  });

  test('shows what a list shows', async () => {
    const mail = freshAddress();
    const person = instance.client();
    const { user_id } = await person.signUp(mail);
    await person.addPasskey({ origin: new URL(instance.url).origin });
    await person.call('PUT', '/password', { user_id,
      password: 'correct horse battery' });
    const [row] = (await list(`user_id=${user_id}`)).body;
    assert.equal(row.emails[0].address, mail);
    assert.equal(row.webauthn_credentials.length, 1);
    assert.equal(row.password, undefined);
    const one = (await admin.call('GET', `/users/${user_id}`, undefined,
      { status: 200 })).body;
    assert.equal(one.password.id, user_id);
    assert.deepEqual(one.webauthn_credentials, row.webauthn_credentials);
  });

  test('is refused in words', async () => {
    for (const query of ['page=-1', 'page=x', 'per_page=101', 'per_page=-1',
      'page=99999999999', 'per_page=1.5', 'page=', 'user_id=x',
      `user_id=${randomUUID()},x`, 'user_id=', 'sort_direction=up',
      'sort_by=name', 'email=%FF', 'email=%80',
      `user_id=${Array(101).fill(randomUUID()).join()}`])
      await says('GET', `/users?${query}`, undefined, 400, undefined,
        { front: true });
    await list('page=0&per_page=0&unknown=1');
  });
});

describe('a change', () => {
  test('leaves what is absent and clears what is null', async () => {
    const { id } = await create({ username: fresh() });
    const patch = async (body, opts) => (await admin.call('PATCH',
      `/users/${id}`, body, { status: 200, ...opts })).body;
    const picture = 'https://example.org/ada.png';
    let now = await patch({ name: '  Ada Lovelace ', given_name: 'Ada',
      picture });
    assert.deepEqual([now.name, now.given_name, now.family_name, now.picture],
      ['Ada Lovelace', 'Ada', undefined, picture]);
    const before = now.updated_at;
    now = await patch({ given_name: null });
    assert.deepEqual([now.name, now.given_name], ['Ada Lovelace', undefined]);
    assert.notEqual(now.updated_at, before);
    assert.deepEqual(await patch({}), now);
    const name = fresh('Other');
    now = await patch({ username: ` ${name} ` });
    assert.equal(now.username.username, name.toLowerCase());
    now = await patch({ username: null, name: null });
    assert.equal(now.username, undefined);
    assert.equal((await ids(`user_id=${id}`)).length, 1);
  });

  test('is refused in words', async () => {
    const [a, b] = [await create({ username: fresh() }),
      await create({ username: fresh() })];
    for (const [body, message] of [
      [{ name: ' ' }, /^name must be a non-empty string or null/],
      [{ username: '' }, /^username must be a non-empty string or null/],
      [{ name: 1 }, /name must be a string/],
      [{ name: 'x'.repeat(256) }, /name is too long/],
      [{ picture: 'ftp://example.org/' }, /valid http\(s\) URL/],
      [{ picture: 'https:///x' }, /valid http\(s\) URL/],
      [{ picture: 'https://a:b@example.org/' }, /valid http\(s\) URL/],
      [{ picture: 'javascript:alert(1)' }, /valid http\(s\) URL/],
      [{ picture: `https://example.org/${'x'.repeat(2048)}` }, /too long/],
      [{ username: 'a-b' }, /username is invalid/]])
      await says('PATCH', `/users/${a.id}`, body, 400, message);
    await says('PATCH', `/users/${a.id}`, { username: b.username.username },
      409, /^username already exists$/);
    await says('PATCH', `/users/${randomUUID()}`, { name: 'x' }, 404);
    await says('PATCH', '/users/x', { name: 'x' }, 400, /userId/);
    await says('GET', '/users/x', undefined, 400, /userId/);
    await says('DELETE', '/users/x', undefined, 400, /userId/);
    await says('DELETE', `/users/${randomUUID()}`, undefined, 404);
    await admin.call('PATCH', `/users/${a.id}`, undefined, { raw: 'x',
      type: 'text/plain', status: 415 });
  });

  test('is not made over somebody else\'s', async () => {
    const { id } = await create({ username: fresh() });
    const { headers } = await admin.call('GET', `/users/${id}`);
    const seen = { headers: { 'If-Match': headers.etag } };
    await admin.call('PATCH', `/users/${id}`, { name: 'First' },
      { ...seen, status: 200 });
    await says('PATCH', `/users/${id}`, { name: 'Second' }, 412,
      /changed meanwhile/, seen);
    for (const tag of ['W/"1"', '"x"', 'x', '""'])
      await says('PATCH', `/users/${id}`, { name: 'x' }, 412, undefined,
        { headers: { 'If-Match': tag } });
    const { body } = await admin.call('PATCH', `/users/${id}`,
      { name: 'Third' }, { headers: { 'If-Match': '*' }, status: 200 });
    assert.equal(body.name, 'Third');
  });
});

test('what names a state is another one once anything shown is', async () => {
  const { id } = await create({ username: fresh() });
  const at = `/users/${id}`;
  const tag = async () => (await admin.call('GET', at, undefined,
    { status: 200 })).headers.etag;
  const seen = [await tag()];
  assert.equal(await tag(), seen[0]);
  assert.match(seen[0], /^"[\w-]{22}"$/);
  for (const [method, path, body] of [
    ['POST', '/emails', { address: freshAddress() }],
    ['POST', '/password', { password: 'correct horse battery' }],
    ['POST', '/lock'], ['POST', '/unlock']]) {
    await admin.call(method, at + path, body);
    const now = await tag();
    assert.ok(!seen.includes(now), path);
    await says('PATCH', at, { name: 'x' }, 412, undefined,
      { headers: { 'If-Match': seen.at(-1) } });
    seen.push(now);
  }
  await admin.call('PATCH', at, { name: 'x' }, { status: 200,
    headers: { 'If-Match': seen.at(-1) } });
});

test('who is deleted is out, and gone', async () => {
  const person = instance.client();
  const { user_id } = await person.signUp(freshAddress());
  await admin.call('DELETE', `/users/${user_id}`, undefined, { status: 204 });
  await person.call('GET', '/me', undefined, { status: 401 });
  await says('GET', `/users/${user_id}`, undefined, 404, /user not found/);
});

/* Numbered users of the default organisation, each with an address. */
async function many(from, to) {
  const digit = `(SELECT 0 d ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) =>
    `UNION ALL SELECT ${i}`).join(' ')})`;
  const numbers = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d
    AS i FROM ${digit} a, ${digit} b, ${digit} c, ${digit} d, ${digit} e) n`;
  await instance.sql(`INSERT INTO users (id, tenant_id, created_at, updated_at)
    SELECT UNHEX(MD5(i)), t.id, '2002-01-01' + INTERVAL i SECOND,
      '2002-01-01' + INTERVAL i SECOND
    FROM ${numbers}, tenants t WHERE t.name = 'default'
      AND i >= ${from} AND i < ${to}`);
  await instance.sql(`INSERT INTO emails (id, tenant_id, user_id, address,
      verified, created_at, updated_at)
    SELECT id, tenant_id, id, CONCAT(HEX(id), '@example.org'), 1, created_at,
      updated_at FROM users
    WHERE created_at >= '2002-01-01' + INTERVAL ${from} SECOND
      AND created_at < '2002-01-01' + INTERVAL ${to} SECOND`);
}

/* The statements of a list, as they ran, behind that of who may ask. */
let log;
const asked = (query, begins = 'SELECT n, (SELECT COUNT(*)') =>
  log.ran(() => list(query), begins);
const read = async (statements) => {
  let sum = 0;
  for (const one of statements)
    sum += await rowsRead(instance, one);
  return sum;
};
const counts = (one) => one.startsWith('SELECT COUNT(*)');
const orders = ['', 'sort_direction=asc', 'sort_by=updated_at',
  'sort_by=updated_at&sort_direction=asc'];
const told = async (query = '', client = admin) => {
  const { headers } = await list(query, client);
  return [Number(headers['x-total-count']), headers['x-total-count-age']];
};

test('a page of 100,000 users reads no more than one of 100', async () => {
  log = await watch(instance);
  await many(0, 100);
  const few = [];
  for (const order of orders) {
    const all = await asked(order);
    assert.deepEqual(all.map(counts),
      [false, true, false, false, false, false]);
    few.push(await read(all));
  }
  const [before] = await told();
  await many(100, 100000);
  /* They are counted once, in a key alone. */
  const [, count, put] = await asked('');
  assert.match((await explain(instance, count)).join(), /Using index/);
  assert.match(put, /^INSERT INTO user_counts/);
  await instance.sql('UPDATE user_counts SET counted_at = UTC_TIMESTAMP(6)'
    + ' + INTERVAL 1 HOUR');
  for (const [i, order] of orders.entries()) {
    const all = await asked(order);
    assert.ok(!all.some(counts));
    const now = await read(all);
    assert.ok(now <= 5 * few[i], `${order}: ${few[i]}, then ${now}`);
    const key = order.includes('updated') ? 'updated' : 'created';
    const plan = (await explain(instance, all[1])).join('\n');
    assert.ok(plan.includes(`users_list_${key}`), plan);
    assert.doesNotMatch(plan, /filesort/);
  }
  assert.deepEqual(await told(), [before + 99900, '1']);
});

test('how many there are is said as it was, and when', async () => {
  const [before, age] = await told();
  assert.equal(age, '1');
  await create({ username: fresh() });
  assert.deepEqual(await told(), [before, '1']);
  /* Another organisation has few, which are counted each time. */
  const [few] = await told('', other);
  await create({ username: fresh() }, other);
  assert.deepEqual(await told('', other), [few + 1, undefined]);
  /* Who stands at the end is not sent away. */
  const last = Math.ceil(before / 100);
  assert.deepEqual(await told(`per_page=100&page=${last}`),
    [before + 1, undefined]);
  /* A minute is over. */
  await instance.sql('UPDATE user_counts SET n = 5,'
    + ' counted_at = UTC_TIMESTAMP(6) - INTERVAL 61 SECOND');
  assert.deepEqual(await told(), [before + 1, undefined]);
});

test('a filter reads each user once, with what it asks for', async () => {
  for (const query of ['email=0123456789', 'name=nobody',
    'metadata={"public_metadata":{"plan":"pro"}}']) {
    const [count] = await asked(query, 'SELECT COUNT(*) FROM users');
    assert.ok(counts(count));
    const n = await read([count]);
    assert.ok(n > 100000 && n < 450000, `${query}: ${n}`);
  }
  await log.end();
});
