/* What is kept about a user: who changes it, who sees it, who is found. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';

let instance;
let admin;
let other; /* by a key of another organisation */

before(async () => {
  instance = await start({ admin: true, oneConnection: true, set: {
    'mfa.enabled': 'false', 'audit_log.storage.enabled': 'true',
    'session.jwt_template.claims.plan': '{{ .User.Metadata.Public "plan" }}',
    'session.jwt_template.claims.theme': '{{ .User.Metadata.Unsafe "theme" }}',
  } });
  admin = instance.admin();
  await createOrg(instance, 'Other', freshAddress('first'));
  other = instance.admin(await instance.adminKey('other', '--tenant', 'Other'));
});
after(() => instance?.stop());

async function create(metadata, client = admin) {
  const email = freshAddress();
  const { body } = await client.call('POST', '/users', { metadata,
    emails: [{ address: email, is_primary: true, is_verified: true }] },
  { status: 200 });
  return { ...body, email, at: `/users/${body.id}/metadata` };
}
const patch = async (user, body, status = 200, opts = {}) =>
  (await admin.call('PATCH', user.at, body, { status, ...opts })).body;
const show = async (user, status = 200) =>
  (await admin.call('GET', user.at, undefined, { status })).body;
const events = async ({ id }) => (await instance.sql(`SELECT actor_operator
  FROM audit_logs WHERE type = 'user_metadata_changed'
  AND subject_user_id = UNHEX('${id.replaceAll('-', '')}')`))
  .map(([by]) => by);

test('it is merged, and cleared by null', async () => {
  const user = await create();
  assert.equal(await show(user, 204), '');
  const first = { public_metadata: { plan: 'pro', deep: { a: 1, b: [1, 2] } },
    private_metadata: { note: 'x' }, unsafe_metadata: { theme: 'dark' } };
  assert.deepEqual(await patch(user, { ...first, unknown: 1 }), first);
  assert.deepEqual(await show(user), first);
  assert.deepEqual(await patch(user, { public_metadata: { plan: null,
    deep: { b: [3], c: {} } }, private_metadata: null, unsafe_metadata: {} }),
  { public_metadata: { deep: { a: 1, b: [3], c: {} } },
    unsafe_metadata: { theme: 'dark' } });
  const kept = await show(user);
  assert.deepEqual(await patch(user, {}), kept);
  assert.deepEqual(await patch(user, { public_metadata: { deep: null } }),
    { unsafe_metadata: { theme: 'dark' } });
  assert.equal(await patch(user, null, 204), '');
  assert.equal(await show(user, 204), '');
  assert.equal(await patch(user, { private_metadata: { a: null } }, 204), '');
  /* What changes nothing is no event. */
  assert.deepEqual(await events(user), Array(4).fill('key:quickstart'));
});

test('what it cannot be is refused, and changes nothing', async () => {
  const user = await create({ public_metadata: { a: 1 } });
  const long = { x: 'é'.repeat(2993) }; /* {"x":"..."} is 3001 characters */
  for (const [body, message] of [
    [[], /must be a JSON object/], ['text', /must be a JSON object/],
    [7, /must be a JSON object/],
    [{ public_metadata: 'x', private_metadata: { b: 1 } },
      /^public_metadata must be an object/],
    [{ private_metadata: [1], unsafe_metadata: 1 },
      /^private_metadata must .*, unsafe_metadata must/],
    [{ public_metadata: long, unsafe_metadata: long },
      /^metadata limit exceeded: public_metadata .*, unsafe_metadata has/],
    [{ private_metadata: { b: 1 }, public_metadata: { b: 1, ...long } },
      /^metadata limit exceeded: public_metadata has/]])
    assert.match((await patch(user, body, 400)).message, message);
  for (const raw of ['', '{', 'nul', '{"a":1,"a":2}',
    '{"public_metadata":{"n":12345678901234567890}}',
    `{"public_metadata":${'{"a":'.repeat(40)}1${'}'.repeat(40)}}`])
    await patch(user, undefined, 400, { raw });
  await patch(user, undefined, 415, { raw: 'null', type: 'text/plain' });
  assert.deepEqual(await show(user), { public_metadata: { a: 1 } });
  assert.deepEqual(await events(user), []);
  await patch(user, { unsafe_metadata: { x: 'é'.repeat(2992) } });
  for (const [id, status] of [['x', 400], [randomUUID(), 404]]) {
    await patch({ at: `/users/${id}/metadata` }, {}, status);
    await show({ at: `/users/${id}/metadata` }, status);
  }
});

test('it is of the organisation of the key', async () => {
  const user = await create({ private_metadata: { a: 1 } });
  for (const [method, body] of [['GET'], ['PATCH', null],
    ['PATCH', { private_metadata: { a: 2 } }]])
    assert.match((await other.call(method, user.at, body, { status: 404 }))
      .body.message, /^user not found$/);
  assert.deepEqual(await show(user), { private_metadata: { a: 1 } });
});

test('it is not changed over somebody else\'s', async () => {
  const user = await create();
  const tag = async () => (await admin.call('GET', user.at)).headers.etag;
  const seen = await tag();
  const on = (etag) => ({ headers: { 'If-Match': etag } });
  const changed = await admin.call('PATCH', user.at,
    { public_metadata: { a: 1 } }, { status: 200, ...on(seen) });
  assert.match((await patch(user, null, 412, on(seen))).message, /meanwhile/);
  assert.equal(changed.headers.etag, await tag());
  await patch(user, { public_metadata: { a: 2 } }, 200, on('*'));
  await patch(user, null, 204, on(await tag()));
  assert.equal(await tag(), seen);
});

test('of many who change it at once, nothing is lost', async () => {
  const user = await create();
  await Promise.all(Array.from({ length: 20 }, (_, i) =>
    patch(user, { public_metadata: { [`n${i}`]: i } })));
  assert.equal(Object.keys((await show(user)).public_metadata).length, 20);
});

test('its user sees what is public, and a claim of it', async () => {
  const user = await create({ public_metadata: { plan: 'pro' },
    private_metadata: { secret: 'kept from them' },
    unsafe_metadata: { theme: 'x' } });
  assert.deepEqual((await admin.call('GET', `/users/${user.id}`)).body.metadata,
    user.metadata);
  const person = instance.client();
  await person.passcodeLogin(user.email);
  const { private_metadata, ...theirs } = user.metadata;
  assert.deepEqual(private_metadata, { secret: 'kept from them' });
  const me = await person.call('GET', '/me');
  assert.deepEqual(me.body.metadata, theirs);
  const { body } = await person.call('GET', '/sessions/validate');
  assert.deepEqual([body.claims.plan, body.claims.theme], ['pro', 'x']);
  const flow = await Flow.ready(person, 'profile');
  assert.deepEqual(flow.last.body.payload.user.metadata, theirs);
  await flow.act('patch_metadata', { patch_metadata: null }, { status: 200 });
  assert.deepEqual(flow.last.body.payload.user.metadata,
    { public_metadata: { plan: 'pro' } });
  await flow.act('patch_metadata', { patch_metadata: {
    private_metadata: 1, public_metadata: { plan: 'free' } } },
  { status: 200 });
  assert.deepEqual(await show(user), { public_metadata: { plan: 'pro' },
    private_metadata, unsafe_metadata: { private_metadata: 1,
      public_metadata: { plan: 'free' } } });
  assert.doesNotMatch(flow.last.text + me.text, /kept from them/);
});

test('a new user may have some', async () => {
  const user = await create({ public_metadata: { a: null, b: 1 },
    private_metadata: {}, unsafe_metadata: null, unknown: 1 });
  assert.deepEqual(user.metadata, { public_metadata: { b: 1 } });
  assert.deepEqual(await show(user), user.metadata);
  assert.equal((await create({})).metadata, undefined);
  assert.equal((await create(null)).metadata, undefined);
  for (const [metadata, message] of [['x', /metadata must be an object/],
    [{ public_metadata: 1 }, /^public_metadata must be an object/],
    [{ unsafe_metadata: { x: 'x'.repeat(3000) } }, /^metadata limit exceeded/]])
    assert.match((await admin.call('POST', '/users', { metadata,
      username: 'never_made' }, { status: 400 })).body.message, message);
});

test('who has what is asked for is found', async () => {
  const mark = randomUUID();
  const a = await create({ public_metadata: { mark, plan: 'pro', n: 1,
    deep: { list: ['x', 'y'], on: true } }, private_metadata: { vip: true } });
  const b = await create({ public_metadata: { mark, plan: 'free', n: '1',
    quote: `","plan":"pro` } });
  await create({ unsafe_metadata: { mark, plan: 'pro' } });
  await create({ public_metadata: { mark, plan: 'pro', n: 1 } }, other);
  const find = async (public_metadata, more) => (await admin.call('GET',
    `/users?metadata=${encodeURIComponent(JSON.stringify({ public_metadata:
      { mark, ...public_metadata }, ...more }))}`, undefined,
    { status: 200 }));
  const ids = async (...what) => (await find(...what)).body.map(({ id }) => id);
  assert.deepEqual(await ids({}), [b.id, a.id]);
  assert.equal((await find({})).headers['x-total-count'], '2');
  assert.equal((await find({})).body[0].metadata, undefined);
  for (const one of [{ plan: 'pro' }, { n: 1 }, { deep: { on: true } },
    { deep: { list: 'x' } }, { deep: { list: ['y', 'x'] } },
    { plan: 'pro', n: 1 }])
    assert.deepEqual(await ids(one), [a.id], JSON.stringify(one));
  assert.deepEqual(await ids({ n: '1' }), [b.id]);
  assert.deepEqual(await ids({ quote: '","plan":"pro' }), [b.id]);
  assert.deepEqual(await ids({}, { private_metadata: { vip: true } }), [a.id]);
  for (const one of [{ plan: 'p' }, { plan: ['pro', 'free'] }, { deep: {
    list: ['x', 'z'] } }, { n: 2 }, { other: 1 }, { plan: '%' },
  { deep: { list: ['x'], on: 1 } }, { plan: null }, { plan: 'pro', n: null }])
    assert.deepEqual(await ids(one), [], JSON.stringify(one));
  for (const bad of ['x', '', '[]', 'null', '"x"', '{"plan":"pro"}', '{',
    '{"public_metadata":1}', '{"public_metadata":null}',
    `{"public_metadata":{"x":"${'y'.repeat(3000)}"}}`])
    assert.match((await admin.call('GET',
      `/users?metadata=${encodeURIComponent(bad)}`, undefined,
      { status: 400 })).body.message, /^metadata must be an object/);
});

test('the command line does it, too', async () => {
  const user = await create();
  const does = async (status, ...words) => {
    const done = await instance.postern('user', ...words);
    assert.equal(done.status, status, done.stderr);
    return status === 0 ? done.stdout : done.stderr;
  };
  assert.equal(await does(0, 'metadata', user.email), '');
  const text = await does(0, 'metadata', user.email, '--patch',
    '{"public_metadata":{"plan":"command"},"private_metadata":{"a":1}}');
  assert.deepEqual(JSON.parse(text), await show(user));
  assert.equal((await events(user)).length, 1);
  assert.match(await does(0, 'show', user.email),
    /^public data {3}\{"plan":"command"\}$\n^private data {2}\{"a":1\}$/m);
  assert.match(await does(0, 'list', '--metadata',
    '{"public_metadata":{"plan":"command"}}'), new RegExp(user.id));
  for (const bad of ['{', '[]', '7', '{"public_metadata":1}',
    `{"public_metadata":{"x":"${'y'.repeat(3000)}"}}`])
    await does(1, 'metadata', user.email, '--patch', bad);
  await does(1, 'list', '--metadata', '{"plan":"command"}');
  await does(1, 'metadata', 'nobody');
  assert.equal(await does(0, 'metadata', user.id, '--patch', 'null'), '');
  await show(user, 204);
});
