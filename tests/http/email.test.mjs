/* The addresses of an account: listed, claimed, proved, made primary, gone. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

let instance;

before(async () => {
  instance = await start({ set: { 'email.limit': '3' } });
});

after(() => instance?.stop());

async function user(at = instance) {
  const api = await at.client();
  return { api, ...await api.signUp(freshAddress('owner')) };
}

const list = async (api) =>
  (await api.call('GET', '/emails', undefined, { status: 200 })).body;

const claim = (api, address, status = 200) =>
  api.call('POST', '/emails', { address }, { status });

/* Send a code to a claimed address; returns how to enter it. */
async function send(api, user_id, email_id, address) {
  const sent = await api.call('POST', '/passcode/login/initialize',
    { user_id, email_id }, { status: 200 });
  const code = await api.codeFor(address);
  return (status = 200) => api.call('POST', '/passcode/login/finalize',
    { id: sent.body.id, code }, { status: status ?? undefined });
}

/* Claim and prove: the id. */
async function add(api, user_id, address = freshAddress('more')) {
  const { body } = await claim(api, address);
  await (await send(api, user_id, body.id, address))();
  return body.id;
}

test('one address at first, which is the primary one', async () => {
  const { api, email_id, email } = await user();
  assert.deepEqual(await list(api), [{ id: email_id, address: email,
    is_verified: true, is_primary: true }]);
});

test('nothing without a session', async () => {
  const { email_id } = await user();
  const nobody = await instance.client();
  await nobody.call('GET', '/emails', undefined, { status: 401 });
  await nobody.call('POST', '/emails', { address: freshAddress() },
    { status: 401 });
  await nobody.call('DELETE', `/emails/${email_id}`, undefined,
    { status: 401 });
  await nobody.call('POST', `/emails/${email_id}/set_primary`, undefined,
    { status: 401 });
});

test('a second address is claimed, proved and listed', async () => {
  const { api, user_id, email_id } = await user();
  const address = freshAddress('second');
  const { body } = await claim(api, address.toUpperCase());
  assert.equal(body.address, address);
  assert.equal(body.verified, false);
  assert.equal(body.user_id, undefined);
  assert.equal((await list(api)).length, 1, 'nobody has proved it yet');
  assert.equal((await claim(api, address)).body.id, body.id);

  await (await send(api, user_id, body.id, address))();
  assert.deepEqual((await list(api)).map(({ id, is_verified, is_primary }) =>
    [id, is_verified, is_primary]),
  [[email_id, true, true], [body.id, true, false]]);
  const found = await api.call('POST', '/user', { email: address });
  assert.equal(found.body.id, user_id);
});

test('an address with an owner is refused, in every spelling', async () => {
  const ada = await user();
  const bob = await user();
  for (const address of [ada.email, ada.email.toUpperCase(),
    ada.email.replace('@example', '@EXAMPLE'),
    ada.email.replace('owner', 'oWNER')]) {
    await claim(ada.api, address, 400);
    await claim(bob.api, address, 400);
  }
});

test('one form of an address: case, composition, domain', async () => {
  const { api } = await user();
  const local = freshAddress().split('@')[0];
  const ids = [];
  for (const address of [`${local}-é@bücher.example`,
    `${local.toUpperCase()}-É@BÜCHER.example`,
    `${local}-e\u0301@xn--bcher-kva.example`])
    ids.push((await claim(api, address)).body.id);
  assert.equal(new Set(ids).size, 1);
  const rows = await instance.sql(
    `SELECT address FROM emails WHERE address LIKE '${local}%'`);
  assert.deepEqual(rows, [[`${local}-é@xn--bcher-kva.example`]]);
});

test('what is no address is 422, not 400', async () => {
  const { api } = await user();
  for (const address of ['', 'a', 'a@', '@example.org', 'a@localhost',
    'a b@example.org', 'a@example..org', 'a@[127.0.0.1]', 7, null,
    'a@example.org\r\nBcc: b@example.org', `${'a'.repeat(300)}@example.org`,
    'x'.repeat(2000)])
    await claim(api, address, 422);
  await api.call('POST', '/emails', {}, { status: 422 });
  await api.call('POST', '/emails', undefined, { status: 422 });
  await api.call('POST', '/emails', undefined, { raw: '{', status: 400 });
  await api.call('POST', '/emails', { address: 'a@example.org' },
    { type: 'text/plain', status: 415 });
  await api.call('POST', '/emails', { address: 'x'.repeat(70000) },
    { status: 413 });
});

test('the limit counts what is owned', async () => {
  const { api, user_id } = await user();
  const address = freshAddress('unproved');
  await claim(api, address);
  await add(api, user_id);
  const third = await add(api, user_id);
  await claim(api, freshAddress(), 409);
  await api.call('DELETE', `/emails/${third}`, undefined, { status: 204 });
  await claim(api, address);
});

test('the limit holds for codes that were sent before', async () => {
  const { api, user_id } = await user();
  const waiting = [];
  for (const name of ['a', 'b', 'c']) {
    const address = freshAddress(name);
    const { body } = await claim(api, address);
    waiting.push(await send(api, user_id, body.id, address));
  }
  for (const enter of waiting)
    await enter(null);
  assert.equal((await list(api)).length, 3);
});

test('two prove one address: the first has it', async () => {
  const ada = await user();
  const bob = await user();
  const address = freshAddress('contested');
  const first = await claim(ada.api, address);
  const second = await claim(bob.api, address);
  assert.equal(first.body.id, second.body.id);
  const adas = await send(ada.api, ada.user_id, first.body.id, address);
  const bobs = await send(bob.api, bob.user_id, first.body.id, address);
  await bobs(200);
  await adas(403);
  assert.equal((await list(bob.api)).length, 2);
  assert.equal((await list(ada.api)).length, 1);
  await claim(ada.api, address, 400);
});

test('two prove one address at once: never both', async () => {
  const users = await Promise.all([user(), user()]);
  const address = freshAddress('race');
  const enter = [];
  for (const { api, user_id } of users) {
    const { body } = await claim(api, address);
    enter.push(await send(api, user_id, body.id, address));
  }
  const done = await Promise.all(enter.map((one) => one(null)));
  assert.deepEqual(done.map(({ status }) => status).sort(), [200, 403]);
  const owned = await Promise.all(users.map(({ api }) => list(api)));
  assert.equal(owned.flat().filter((one) => one.address === address).length,
    1);
});

test('a claim and a sign-up meet: one owner', async () => {
  const ada = await user();
  const address = freshAddress('meeting');
  const claimed = await claim(ada.api, address);
  const api = await instance.client();
  const created = await api.call('POST', '/users', { email: address },
    { status: 200 });
  assert.equal(created.body.email_id, claimed.body.id);
  const adas = await send(ada.api, ada.user_id, claimed.body.id, address);
  const news = await send(api, created.body.user_id, claimed.body.id,
    address);
  await news(200);
  await adas(403);
  assert.equal((await list(api))[0].is_primary, true);
});

test('another address becomes the primary one', async () => {
  const { api, user_id, email_id, email } = await user();
  const address = freshAddress('primary');
  const id = await add(api, user_id, address);
  const primary = (which) => api.call('POST', `/emails/${which}/set_primary`,
    undefined, { status: 204 });
  await primary(email_id);
  await primary(id);
  await primary(id);
  assert.deepEqual((await list(api)).map((one) => one.is_primary),
    [false, true]);
  assert.equal((await api.call('GET', `/users/${user_id}`)).body.email,
    address);
  const fresh = await instance.client();
  await fresh.passcodeLogin(email);
  assert.equal(peek(fresh.token).payload.email.address, address);
});

test('ids that are malformed, unknown, or somebody else\'s', async () => {
  const { api } = await user();
  const bob = await user();
  const pending = (await claim(api, freshAddress())).body.id;
  for (const id of ['nonsense', 'x'.repeat(36)]) {
    await api.call('DELETE', `/emails/${id}`, undefined, { status: 400 });
    await api.call('POST', `/emails/${id}/set_primary`, undefined,
      { status: 400 });
  }
  for (const id of [randomUUID(), randomUUID().toUpperCase(), bob.email_id,
    pending]) {
    await api.call('DELETE', `/emails/${id}`, undefined, { status: 404 });
    await api.call('POST', `/emails/${id}/set_primary`, undefined,
      { status: 404 });
  }
  assert.equal((await list(bob.api)).length, 1);
});

test('an address is given up, but for the primary one', async () => {
  const { api, user_id, email_id } = await user();
  const address = freshAddress('given-up');
  const id = await add(api, user_id, address);
  await api.call('DELETE', `/emails/${email_id}`, undefined, { status: 409 });
  const sent = await api.call('POST', '/passcode/login/initialize',
    { user_id, email_id: id }, { status: 200 });
  const code = await api.codeFor(address);
  await api.call('DELETE', `/emails/${id}`, undefined, { status: 204 });
  await api.call('DELETE', `/emails/${id}`, undefined, { status: 404 });
  await api.call('POST', '/passcode/login/finalize',
    { id: sent.body.id, code }, { status: 401 });
  assert.deepEqual((await list(api)).map((one) => one.id), [email_id]);

  const bob = await user();
  await add(bob.api, bob.user_id, address);
});

test('many at once change it: never two primaries, never too many', async () => {
  const { api, user_id, email_id } = await user();
  const second = await add(api, user_id);
  const tries = await Promise.all([
    ...[email_id, second, email_id, second].map((id) =>
      api.call('POST', `/emails/${id}/set_primary`)),
    ...[email_id, second].map((id) => api.call('DELETE', `/emails/${id}`)),
  ]);
  for (const { status } of tries)
    assert.ok([204, 404, 409].includes(status), String(status));
  const left = await list(api);
  assert.equal(left.filter((one) => one.is_primary).length, 1);
  const rows = await instance.sql(`SELECT COUNT(*) FROM primary_emails
    WHERE user_id = UNHEX('${user_id.replaceAll('-', '')}')`);
  assert.deepEqual(rows, [['1']]);
});

describe('without verification', () => {
  let open;

  before(async () => {
    open = await start({ set: { 'email.require_verification': 'false',
      'email.limit': '3' } });
  });

  after(() => open?.stop());

  test('an address is owned at once', async () => {
    const { api, user_id } = await user(open);
    const { body } = await claim(api, freshAddress('second'));
    assert.equal(body.user_id, user_id);
    assert.equal(body.verified, false);
    assert.deepEqual((await list(api)).map((one) =>
      [one.is_verified, one.is_primary]), [[false, true], [false, false]]);
    await claim(api, body.address, 400);
    await claim((await user(open)).api, body.address, 400);
  });

  test('many claim one address: one has it', async () => {
    const users = await Promise.all(Array.from({ length: 6 },
      () => user(open)));
    const address = freshAddress('wanted');
    const done = await Promise.all(users.map(({ api }) =>
      api.call('POST', '/emails', { address })));
    assert.deepEqual(done.map(({ status }) => status).sort(),
      [200, 400, 400, 400, 400, 400]);
  });

  test('the limit holds when many are claimed at once', async () => {
    const { api } = await user(open);
    const done = await Promise.all(Array.from({ length: 8 }, (_, i) =>
      api.call('POST', '/emails', { address: freshAddress(`n${i}`) })));
    assert.deepEqual(done.map(({ status }) => status).sort(),
      [200, 200, 409, 409, 409, 409, 409, 409]);
    assert.equal((await list(api)).length, 3);
  });
});
