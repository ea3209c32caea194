/* Webhooks as an operator sees, makes, changes and removes them. */
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { freshAddress } from '../lib/api.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start, top, until } from '../lib/instance.mjs';
import { Receiver, status } from '../lib/receiver.mjs';

let dir;
let receiver;
let instance;
let admin;
let foreign;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-hooks-'));
  chmodSync(dir, 0o755);
  receiver = await Receiver.listen(dir);
  instance = await start({ admin: true, oneConnection: true, set: {
    'webhooks.enabled': 'true', 'webhooks.ca_file': join(dir, 'own.pem'),
    'webhooks.allow_networks': '127.0.0.0/8',
    'webhooks.hooks.0.callback': receiver.url('/file'),
    'webhooks.hooks.0.events': '[user.delete,email.send]',
    'audit_log.storage.enabled': 'true' } });
  admin = instance.admin();
  const org = await createOrg(instance, 'Other', freshAddress('other'));
  foreign = instance.admin(await instance.adminKey('foreign', '--tenant',
    'Other'));
  foreign.org = org;
});
after(async () => {
  receiver?.close();
  rmSync(dir, { recursive: true, force: true });
  await instance?.stop();
});

const call = async (method, path, code, body, more = {}) =>
  (await admin.call(method, path, body, { status: code, ...more })).body;
const create = (path, ...events) => call('POST', '/webhooks', 201,
  { callback: receiver.url(path), events });
const remove = ({ id }) => call('DELETE', `/webhooks/${id}`, 204);
const listed = async () => (await call('GET', '/webhooks', 200)).database;
const recorded = async (id) => (await instance.sql(`SELECT type,
  actor_operator FROM audit_logs WHERE error = '${id}' ORDER BY created_at`));
const due = () => instance.sql("UPDATE outbox SET next_try_at = "
  + "UTC_TIMESTAMP(6) WHERE kind = 'webhook' AND claim IS NULL");
const told = (path, n) => until(async () => {
  await due();
  return receiver.of(path).length >= n;
}, `${n} at ${path}`);
const somebody = () => instance.client().signUp(freshAddress('told'));

test('one comes, is told, changes and goes', async () => {
  const one = await create('/one', 'user.create', 'email.send');
  assert.equal(one.enabled, true);
  assert.deepEqual(one.events.map(({ event }) => event),
    ['user.create', 'email.send']);
  assert.notEqual(one.events[0].id, one.events[1].id);
  const { secret, ...shown } = one;
  assert.deepEqual((await listed()), [shown]);
  assert.deepEqual(await call('GET', `/webhooks/${one.id}`, 200), shown);
  assert.equal((await instance.postern('webhook', 'secret', one.id)).stdout,
    `${secret}\n`);

  await somebody();
  await told('/one', 2);
  const [{ headers, text }] = receiver.of('/one');
  assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256',
    Buffer.from(secret.slice(6), 'base64')).update(`${headers['webhook-id']}.${
    headers['webhook-timestamp']}.${text}`).digest('base64')}`);

  const changed = await call('PUT', `/webhooks/${one.id.toUpperCase()}`, 200,
    { callback: receiver.url('/two'), events: ['session'], enabled: true });
  assert.equal(changed.callback, receiver.url('/two'));
  assert.deepEqual(changed.events.map(({ event }) => event), ['session']);
  assert.equal(changed.created_at, one.created_at);
  await somebody();
  await told('/two', 1);
  assert.equal(receiver.of('/one').length, 2);

  await remove(one);
  assert.deepEqual(await listed(), []);
  await call('GET', `/webhooks/${one.id}`, 404);
  await call('PUT', `/webhooks/${one.id}`, 404,
    { callback: receiver.url('/x'), events: ['user'], enabled: true });
  await call('DELETE', `/webhooks/${one.id}`, 404);
  assert.deepEqual(await recorded(one.id), [
    ['webhook_created', 'key:quickstart'],
    ['webhook_changed', 'key:quickstart'],
    ['webhook_deleted', 'key:quickstart']]);
});

test('what is off is told nothing; what was switched off is on again',
  async () => {
    const one = await create('/off', 'user.create');
    const off = await call('PUT', `/webhooks/${one.id}`, 200,
      { callback: one.callback, events: ['user.create'], enabled: false });
    assert.equal(off.enabled, false);
    await somebody();
    assert.equal((await call('GET', `/webhooks/${one.id}`, 200)).waiting, 0);
    receiver.answers['/off'] = status(500);
    await call('PUT', `/webhooks/${one.id}`, 200,
      { callback: one.callback, events: ['user.create'], enabled: true });
    await instance.sql('UPDATE webhooks SET failures = 29');
    await somebody();
    const parked = await until(async () => {
      await due();
      const now = await call('GET', `/webhooks/${one.id}`, 200);
      return !now.enabled && now;
    }, 'switched off');
    assert.deepEqual([parked.parked, parked.waiting], [1, 0]);
    receiver.answers['/off'] = status(200);
    const on = await call('PUT', `/webhooks/${one.id}`, 200,
      { callback: one.callback, events: ['user.create'], enabled: true });
    assert.deepEqual([on.enabled, on.failures, on.parked], [true, 0, 1]);
    await remove(one);
  });

describe('what cannot be', () => {
  test('a callback, a name, a body', async () => {
    const callback = 'https://a.example/';
    for (const [body, why] of [
      [{ callback: 'ftp://a.example', events: ['user'] }, /begin with https/],
      [{ callback: 'http://a.example', events: ['user'] }, /allow_http/],
      [{ callback: 'https://a:b@c.example', events: ['user'] }, /user in it/],
      [{ callback: 'https://a.example/#x', events: ['user'] }, /no address/],
      [{ callback: 'https://a.example/\r\nheader x: y', events: ['user'] },
        /no address/],
      [{ callback: `https://a.example/${'a'.repeat(2048)}`, events: ['user'] },
        /too long/],
      [{ callback, events: [] }, /must be an event/],
      [{ callback, events: ['user', 'user'] }, /stands there twice/],
      [{ callback, events: ['user', 'nothing'] }, /events\[1\] is no event/],
      [{ callback, events: ['user email.send'] }, /events\[0\] is no event/],
      [{ callback, events: ['user', 7] }, /events\[1\] is no event/],
      [{ callback, events: 'user' }, /must be an array/],
      [{ callback }, /events is a required field/],
      [{ events: ['user'] }, /callback is a required field/],
    ]) {
      const made = await call('POST', '/webhooks', 400, body);
      assert.match(made.message, why);
    }
    assert.deepEqual(await listed(), []);
    const one = await create('/bad', 'user');
    const path = `/webhooks/${one.id}`;
    assert.match((await call('PUT', path, 400,
      { callback: 'http://a.example', events: ['user'], enabled: true }))
      .message, /allow_http/);
    assert.match((await call('PUT', path, 400, { callback, events: ['user'] }))
      .message, /enabled is a required field/);
    for (const method of ['POST', 'PUT'])
      await call(method, method === 'PUT' ? path : '/webhooks', 415, undefined,
        { raw: 'x=y', headers: { 'Content-Type': 'text/plain' } });
    for (const id of ['nothing', `${one.id}0`, '%20'])
      for (const method of ['GET', 'DELETE'])
        await call(method, `/webhooks/${id}`, 400);
    await call('PUT', '/webhooks/nothing', 400,
      { callback, events: ['user'], enabled: true });
    assert.equal((await call('GET', path, 200)).callback, one.callback);
    await remove(one);
  });

  test('every name of the description is one', async () => {
    const { components: { schemas: { HookEvent } } } = parse(readFileSync(
      join(top, 'fcgi/openapi-admin.yaml'), 'utf8'));
    const one = await create('/names', ...HookEvent.enum);
    assert.deepEqual(one.events.map(({ event }) => event), HookEvent.enum);
    await remove(one);
  });

  test('two operators, of whom none overwrites the other', async () => {
    const one = await create('/race', 'user');
    const path = `/webhooks/${one.id}`;
    const body = (event) => ({ callback: one.callback, events: [event],
      enabled: true });
    const { headers: { etag } } = await admin.call('GET', path, undefined,
      { status: 200 });
    const codes = (await Promise.all(['user', 'session', 'email.send']
      .map((event) => admin.call('PUT', path, body(event),
        { headers: { 'if-match': etag } })))).map((it) => it.status);
    assert.deepEqual(codes.sort(), [200, 412, 412]);
    for (const tag of [etag, '"', 'x', '""', '"1"x', `W/${etag}`,
      `"${'9'.repeat(30)}"`])
      await call('PUT', path, 412, body('user'),
        { headers: { 'if-match': tag } });
    await call('PUT', path, 200, body('user'), { headers: { 'if-match': '*' } });
    await remove(one);
  });

  test('more than so many', async () => {
    await instance.sql(`INSERT INTO webhooks SELECT UNHEX(MD5(seq)), t.id,
      'https://a.example', 'session', 0, 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6),
      UTC_TIMESTAMP(6) FROM tenants t, seq_1_to_100 WHERE name = 'default'`);
    const { message } = await call('POST', '/webhooks', 409,
      { callback: 'https://a.example', events: ['user'] });
    assert.match(message, /as many webhooks as there may be/);
    const { status: code, stderr } = await instance.postern('webhook', 'add',
      'https://a.example', 'user');
    assert.equal(code, 1);
    assert.match(stderr, /as many webhooks as there may be/);
    await foreign.call('POST', '/webhooks', { callback: 'https://a.example',
      events: ['user'] }, { status: 201 });
    await instance.sql('DELETE FROM webhooks');
  });
});

test('an organisation has its own, and knows no others', async () => {
  const mine = await create('/mine', 'user');
  const { body: theirs } = await foreign.call('POST', '/webhooks',
    { callback: receiver.url('/theirs'), events: ['user'] }, { status: 201 });
  const { body: all } = await foreign.call('GET', '/webhooks', undefined,
    { status: 200 });
  assert.deepEqual(all.database.map(({ id }) => id), [theirs.id]);
  assert.deepEqual(all.config, []);
  const own = await call('GET', '/webhooks', 200);
  assert.deepEqual(own.database.map(({ id }) => id), [mine.id]);
  assert.deepEqual(own.config, [{ callback: receiver.url('/file'),
    events: ['user.delete', 'email.send'] }]);
  for (const id of [mine.id, randomUUID()]) {
    await foreign.call('GET', `/webhooks/${id}`, undefined, { status: 404 });
    await foreign.call('PUT', `/webhooks/${id}`, { callback: mine.callback,
      events: ['user'], enabled: false }, { status: 404 });
    await foreign.call('DELETE', `/webhooks/${id}`, undefined, { status: 404 });
  }
  assert.equal((await call('GET', `/webhooks/${mine.id}`, 200)).enabled, true);
  const there = await call('GET', `/${foreign.org}/webhooks`, 200);
  assert.deepEqual(there.database.map(({ id }) => id), [theirs.id]);
  await somebody();
  await told('/mine', 1);
  assert.equal(receiver.of('/theirs').length, 0);
  await remove(mine);
});

test('those of the file have no path', async () => {
  const { stdout } = await instance.postern('webhook', 'list', '--json');
  const { id } = JSON.parse(stdout).find(({ state }) => state === 'file');
  await call('GET', `/webhooks/${id}`, 404);
  await call('PUT', `/webhooks/${id}`, 404, { callback: receiver.url('/x'),
    events: ['user'], enabled: true });
  await call('DELETE', `/webhooks/${id}`, 404);
});

test('a read-only key sees all but the secret, and changes nothing',
  async () => {
    const one = await create('/read', 'user');
    const reader = instance.admin(await instance.adminKey('eyes',
      '--read-only'));
    const { text } = await reader.call('GET', '/webhooks', undefined,
      { status: 200 });
    assert.ok(text.includes(one.id) && !text.includes('whsec_'));
    await reader.call('DELETE', `/webhooks/${one.id}`, undefined,
      { status: 403 });
    await remove(one);
  });
