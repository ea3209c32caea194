/*
 * Many mails at once: over few connections, by few statements, and each with
 * an end of its own.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';
import { SmtpServer } from '../lib/smtp.mjs';

const MANY = 160;
let instance;
let smtp;
let connections;

before(async () => {
  smtp = new SmtpServer();
  await smtp.listen();
  smtp.server.on('connection', () => { connections++; });
  instance = await start({ set: { 'rate_limiter.enabled': 'false',
    'email_delivery.smtp.host': 'localhost',
    'email_delivery.smtp.port': smtp.port,
    'email_delivery.smtp.tls': 'none' } });
});
after(async () => {
  await instance?.stop();
  await smtp?.close();
});
beforeEach(() => {
  smtp.script = {};
  smtp.received.length = 0;
  connections = 0;
});

async function ask(api, email) {
  const { body } = await api.call('POST', '/users', { email }, { status: 200 });
  await api.call('POST', '/passcode/login/initialize',
    { user_id: body.user_id, email_id: body.email_id }, { status: 200 });
  return email;
}

const times = (n) => Array(n).fill('pile');

/* Mails that are due and that nobody has looked at; their addresses. */
async function pile(...names) {
  const api = await instance.client();
  await instance.sql(`CREATE TRIGGER not_yet BEFORE INSERT ON outbox
    FOR EACH ROW SET NEW.next_try_at = NEW.next_try_at + INTERVAL 1 DAY`);
  const all = [];
  for (const name of names)
    all.push(await ask(api, freshAddress(name)));
  await instance.sql('DROP TRIGGER not_yet');
  await instance.service('stop', 'postern');
  await instance.sql('UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6)');
  return all;
}

async function courierOnce() {
  const { status, stderr } = await instance.courier();
  assert.equal(status, 0, stderr);
  await instance.service('start', 'postern');
  return stderr;
}

const rows = (what = 'COUNT(*)') => instance.sql(`SELECT ${what} FROM outbox`);

async function statements() {
  const counts = await instance.sql(`SELECT SUM(VARIABLE_VALUE)
    FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN
    ('COM_STMT_EXECUTE', 'COM_BEGIN', 'COM_COMMIT')`);
  return Number(counts[0][0]);
}

test(`${MANY} mails share connections and statements`, async () => {
  const all = await pile(...times(MANY));
  const before = await statements();
  await courierOnce();
  const spent = await statements() - before;
  assert.deepEqual(await rows(), [['0']]);
  for (const to of all)
    assert.equal(smtp.to(to).length, 1, to);
  /* A program that takes its time carries fewer, but at least four. */
  assert.ok(connections <= MANY / 4 + 2, `${connections} connections`);
  assert.ok(spent <= MANY * 2, `${spent} statements`);
  console.log(`${MANY} mails: ${connections} connections, `
    + `${spent} statements`);
});

test('one that is refused is the only one', async () => {
  smtp.script = { rcpt: (to) => ({ never: '550 5.1.1 no', later: '450 not now' })[
    /^[a-z]+/.exec(to)[0]] ?? null };
  const [gone, late, ...fine] = await pile('never', 'later', ...times(6));
  const log = await courierOnce() + instance.log();
  for (const to of fine)
    assert.equal(smtp.to(to).length, 1, to);
  assert.equal(smtp.to(gone).length + smtp.to(late).length, 0);
  assert.match(log, /dropped: refused at RCPT: 550 5\.1\.1 no/);
  assert.match(log, /attempt 1 failed: not sent: .*450/);
  assert.deepEqual(await rows('attempts'), [['1']]);
  await instance.sql('DELETE FROM outbox');
});

test('a server that takes three a connection gets them all, once', async () => {
  const seen = new WeakMap();
  smtp.script = { mail: (from, dialogue) => {
    const n = (seen.get(dialogue) ?? 0) + 1;
    seen.set(dialogue, n);
    return n > 3 ? '421 too many for one connection' : null;
  } };
  const all = await pile(...times(12));
  await courierOnce();
  assert.deepEqual(await rows(), [['0']]);
  for (const to of all)
    assert.equal(smtp.to(to).length, 1, to);
});

test('a server that is not there costs each a try', async () => {
  smtp.script = { ehlo: '421 not now' };
  await pile(...times(6));
  await courierOnce();
  assert.equal(connections <= 6, true);
  assert.deepEqual(await rows('DISTINCT attempts'), [['1']]);
  await instance.sql('DELETE FROM outbox');
});

test('behind one that stalls the others go by another way', async () => {
  smtp.script = { rcpt: (to) => (to.startsWith('slow') ? 'tarpit' : null) };
  const [, ...all] = await pile('slow', ...times(6));
  await instance.service('start', 'postern');
  for (const to of all)
    await smtp.waitFor(to);
  for (const to of all)
    assert.equal(smtp.to(to).length, 1, to);
  await instance.sql('DELETE FROM outbox');
});

/* proc(5): the 19th field, and what is in brackets may have spaces. */
const niceOf = (pid) => Number(readFileSync(`/proc/${pid}/stat`, 'utf8')
  .replace(/^.*\) /, '').split(' ')[16]);

test('requests go before mails', () => {
  for (const pid of instance.children()) {
    const courier = /courier/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
    assert.equal(niceOf(pid) - niceOf(instance.supervisor), courier ? 10 : 0);
  }
});
