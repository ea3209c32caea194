/*
 * A worker is killed in the worst moments: while it hashes, in a transaction,
 * with rows locked.  Nobody but its own client notices.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshAddress } from '../lib/api.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, until } from '../lib/instance.mjs';
import { hold, transactions } from '../lib/locks.mjs';

const password = 'correct horse battery';
const instances = [];

after(() => Promise.all(instances.map((one) => one.stop())));

async function instanceWith(set) {
  const instance = await start({ set });
  instances.push(instance);
  return instance;
}

const comm = (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8');
const workers = (instance) =>
  instance.children().filter((pid) => comm(pid).includes('worker'));

/* R: running, so it computes; S: it waits. */
const state = (pid) => /\) (\w)/.exec(
  readFileSync(`/proc/${pid}/stat`, 'utf8'))[1];

async function person(instance) {
  const api = await instance.client();
  const user = await api.signUp(freshAddress());
  await api.call('PUT', '/password', { user_id: user.user_id, password },
    { status: 201 });
  return { api, ...user };
}

const login = async (instance, user_id) => (await instance.client()).call(
  'POST', '/password/login', { user_id, password }, { front: true });

test('killed while it hashes: its slot is free again', async () => {
  const instance = await instanceWith({ 'password.argon2.iterations': '40',
    'hashing.slots': '2', 'hashing.queue': '2', 'hashing.wait': '60s' });
  const ada = await person(instance);
  const before = workers(instance);
  const logins = [1, 2, 3, 4].map(() => login(instance, ada.user_id));
  const victim = await until(async () => {
    const busy = before.filter((pid) => state(pid) === 'R');
    await sleep(30);
    return busy.find((pid) => state(pid) === 'R');
  }, 'a worker that hashes');
  process.kill(victim, 'SIGKILL');
  const answers = (await Promise.all(logins)).map(({ status }) => status);
  assert.equal(answers.filter((status) => status === 200).length, 3, answers);
  assert.equal(answers.filter((status) => status >= 500).length, 1, answers);
  await until(() => workers(instance).length === before.length,
    'a replacement');
  const again = await Promise.all([1, 2, 3, 4].map(() =>
    login(instance, ada.user_id)));
  assert.deepEqual(again.map(({ status }) => status), [200, 200, 200, 200]);
});

test('killed in a transaction, with rows locked: all locks go', async () => {
  const instance = await instanceWith({ 'server.workers': '1' });
  const ada = await person(instance);
  const stranger = await instance.client();
  const sent = await stranger.call('POST', '/passcode/login/initialize',
    { user_id: ada.user_id }, { status: 200 });
  const code = await stranger.codeFor(ada.email);
  const held = await hold(instance,
    `SELECT id FROM emails WHERE address = '${ada.email}'`);
  const stuck = stranger.call('POST', '/passcode/login/finalize',
    { id: sent.body.id, code }, { front: true });
  /* it has the user's row by now, and waits for the address */
  await until(() => transactions(instance, "trx_state = 'LOCK WAIT'"),
    'the wait for the lock');
  const [victim] = workers(instance);
  process.kill(victim, 'SIGKILL');
  assert.ok((await stuck).status >= 500);
  await until(() => workers(instance).some((pid) => pid !== victim),
    'a replacement');
  /* the user's row is free while the other host still holds the address */
  assert.equal((await ada.api.call('GET', '/me')).status, 200);
  assert.equal((await login(instance, ada.user_id)).status, 200);
  await held.release();
  /* the code was consumed before its effects, and there were none */
  await stranger.call('POST', '/passcode/login/finalize',
    { id: sent.body.id, code }, { status: 401 });
  const sessions = await ada.api.call('GET', '/sessions');
  assert.equal(sessions.body.length, 2);
  await stranger.passcodeLogin(ada.email);
});

let one; /* whose only worker takes the steps of flows */

const flowing = () => (one ??= instanceWith({ 'server.workers': '1',
  'mfa.enabled': 'false', 'session.limit': '100' }));

/* A log-in of somebody, one step before its end; and the step, at any time. */
async function almostIn(instance, ada) {
  const flow = await Flow.identified(await instance.client(), ada.email,
    'password_login');
  return () => flow.api.call('POST', flow.hrefOf('password_login'),
    { input_data: { password }, csrf_token: flow.token }, { front: true });
}

const sessionsOf = async (instance, { user_id }) =>
  Number((await instance.sql(`SELECT COUNT(*) FROM sessions
    WHERE user_id = UNHEX('${user_id.replaceAll('-', '')}')`))[0][0]);

test('killed in a step of a flow, with rows locked: it was not', async () => {
  const instance = await flowing();
  const ada = await person(instance);
  const step = await almostIn(instance, ada);
  const before = await sessionsOf(instance, ada);
  const held = await hold(instance, 'SELECT id FROM users');
  const stuck = step();
  await until(() => transactions(instance, "trx_state = 'LOCK WAIT'"),
    'the wait for the lock');
  const [victim] = workers(instance);
  process.kill(victim, 'SIGKILL');
  assert.ok((await stuck).status >= 500);
  await held.release();
  await until(() => workers(instance).some((pid) => pid !== victim),
    'a replacement');
  assert.equal(await sessionsOf(instance, ada), before);
  /* the token is good for it still, and for it alone */
  const { status, body } = await step();
  assert.deepEqual([status, body.name], [200, 'success']);
  assert.equal(await sessionsOf(instance, ada), before + 1);
  assert.equal((await step()).status, 403);
});

test('killed at any time in a step: it was whole, or was not', async () => {
  const instance = await flowing();
  const ada = await person(instance);
  for (let i = 0; i < 6; i++) {
    const step = await almostIn(instance, ada);
    const before = await sessionsOf(instance, ada);
    const [victim] = workers(instance);
    const under = step().catch(() => null);
    await sleep(10 * i);
    process.kill(victim, 'SIGKILL');
    await under;
    await until(() => workers(instance).some((pid) => pid !== victim),
      'a replacement');
    const made = await sessionsOf(instance, ada) - before;
    const { status } = await step();
    assert.deepEqual([made, status], made ? [1, 403] : [0, 200], `${i}`);
    assert.equal(await sessionsOf(instance, ada), before + 1);
  }
});
