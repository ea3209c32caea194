/* The mail server goes: requests do not notice, mails wait for it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start, until } from '../lib/instance.mjs';

let instance;

before(async () => {
  instance = await start();
});
after(() => instance?.stop());

async function ask(email) {
  const api = await instance.client();
  const { body } = await api.call('POST', '/users', { email },
    { status: 200 });
  const sent = await api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id, email_id: body.email_id }, { status: 200 });
  return { api, id: sent.body.id };
}

const waiting = async () =>
  Number((await instance.sql('SELECT COUNT(*) FROM outbox'))[0][0]);

test('SMTP gone: the request succeeds, the mail arrives later', async () => {
  await instance.service('stop', 'smtp');
  const email = freshAddress();
  const { api, id } = await ask(email);
  assert.equal(await waiting(), 1);
  await until(async () => Number((await instance.sql(
    'SELECT attempts FROM outbox'))[0][0]) >= 1, 'a failed attempt');
  await instance.service('start', 'smtp');
  const code = await api.codeFor(email);
  await api.call('POST', '/passcode/login/finalize', { id, code },
    { status: 200 });
  await until(async () => await waiting() === 0, 'an empty outbox');
});

test('a code that expired meanwhile is not mailed', async () => {
  await instance.service('stop', 'smtp');
  const late = freshAddress('late');
  await ask(late);
  await instance.sql(`UPDATE outbox SET expires_at = UTC_TIMESTAMP(6)`);
  await instance.service('start', 'smtp');
  const email = freshAddress('prompt');
  const { api } = await ask(email);
  await api.codeFor(email);
  /* A courier looks for what has expired every minute, and when it starts. */
  process.kill(instance.supervisor, 'SIGHUP');
  await until(async () => await waiting() === 0, 'an empty outbox');
  await assert.rejects(api.mailFor(late, { timeout_ms: 500 }));
});

test('mail in flight survives the death of the courier', async () => {
  await instance.service('stop', 'smtp');
  const email = freshAddress();
  const { api } = await ask(email);
  const couriers = instance.children().filter((pid) =>
    /courier/.test(readFileSync(`/proc/${pid}/comm`, 'utf8')));
  assert.equal(couriers.length, 1);
  process.kill(couriers[0], 'SIGKILL');
  await instance.sql(`UPDATE outbox SET claimed_until = UTC_TIMESTAMP(6),
    next_try_at = UTC_TIMESTAMP(6)`);
  await instance.service('start', 'smtp');
  assert.match(await api.codeFor(email), /^\d{6}$/);
});
