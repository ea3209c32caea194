/* The mail server goes: requests do not notice, mails wait for it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cannotHold, hold } from '../lib/hold.mjs';
import { start, until } from '../lib/instance.mjs';
import { SmtpServer } from '../lib/smtp.mjs';

let instance;

before(async () => {
  instance = await start();
});
after(() => instance?.stop());

async function ask(email, whom = instance) {
  const api = await whom.client();
  const { body } = await api.call('POST', '/users', { email },
    { status: 200 });
  const sent = await api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id, email_id: body.email_id }, { status: 200 });
  return { api, id: sent.body.id };
}

const waiting = async (whom = instance) =>
  Number((await whom.sql('SELECT COUNT(*) FROM outbox'))[0][0]);

const comm = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return '';
  }
};
const couriersOf = (whom) => whom.children().filter((pid) =>
  /courier/.test(comm(pid)));

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
  const couriers = couriersOf(instance);
  assert.equal(couriers.length, 1);
  process.kill(couriers[0], 'SIGKILL');
  await instance.sql(`UPDATE outbox SET claimed_until = UTC_TIMESTAMP(6),
    next_try_at = UTC_TIMESTAMP(6)`);
  await instance.service('start', 'smtp');
  assert.match(await api.codeFor(email), /^\d{6}$/);
});

/*
 * A mail server that has got a mail and says so when it is told to; meanwhile
 * something happens to the courier that waits for that.
 */
async function inDelivery(happens) {
  let answer, asked;
  const told = new Promise((done) => { answer = () => done(null); });
  const begun = new Promise((done) => { asked = done; });
  const smtp = new SmtpServer({ script: {
    message: [() => { asked(); return told; }] } });
  const port = await smtp.listen();
  const own = await start({ set: { 'email_delivery.smtp.host': '127.0.0.1',
    'email_delivery.smtp.port': String(port),
    'email_delivery.smtp.tls': 'none', 'server.workers': '2' } });
  try {
    await ask(freshAddress(), own);
    await begun;
    const [courier] = couriersOf(own);
    await happens({ own, courier, answer });
    await until(() => couriersOf(own).some((pid) => pid !== courier),
      'another courier');
    answer();
    await until(async () => await waiting(own) === 0, 'an empty outbox');
    assert.equal(smtp.received.length, 1);
    assert.match(own.log(), /: its courier died/);
    assert.match(own.log(), /: sent \(attempt 1\)/);
  } finally {
    answer();
    await own.stop();
    await smtp.close();
  }
}

test('the courier dies in a delivery: the next one learns how it went', () =>
  inDelivery(({ courier }) => process.kill(courier, 'SIGKILL')));

test('the same where it ends while the courier hangs', { skip: cannotHold },
  () => inDelivery(async ({ own, courier, answer }) => {
    const holder = await hold(courier);
    answer();
    const task = `/proc/${courier}/task/${courier}/children`;
    await until(() => readFileSync(task, 'utf8').trim().split(' ')
      .every((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))),
    'the end of the delivery');
    process.kill(courier, 'SIGKILL');
    holder.kill();
  }));
