/* What an operator does with one user on the command line. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { run, start } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';

let instance;

before(async () => {
  instance = await start({ set: { 'username.enabled': 'true',
    'mfa.enabled': 'false', 'email.require_verification': 'false',
    'audit_log.storage.enabled': 'true',
    'audit_log.console_output.enabled': 'false' } });
});
after(() => instance?.stop());

const user = (input, ...words) => run(instance.env.POSTERN_BIN,
  ['user', ...words], { input, env: { ...process.env,
    POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });

async function done(input, ...words) {
  const { status, stdout, stderr } = await user(input, ...words);
  assert.equal(status, 0, stderr);
  return stdout;
}

async function fails(why, input, ...words) {
  const { status, stderr } = await user(input, ...words);
  assert.equal(status, 1);
  assert.equal(stderr, `postern: user ${words[0]}: ${why}\n`);
}

async function member() {
  const email = freshAddress('command');
  const api = await instance.client();
  return { api, email, ...await api.signUp(email) };
}

const login = async (user_id, password, status) => (await instance.client())
  .call('POST', '/password/login', { user_id, password }, { status });

const events = async (type, id) => Number((await instance.sql(`SELECT COUNT(*)
  FROM audit_logs WHERE type = '${type}' AND actor_operator IS NOT NULL
    AND subject_user_id = UNHEX('${id.replaceAll('-', '')}')`))[0][0]);

test('set-password: the first one, and another, from standard input',
  async () => {
    const { api, email, user_id } = await member();
    await instance.sql('UPDATE emails SET verified = 1'); /* to be told */
    await done('correct horse battery\n', 'set-password', email);
    await login(user_id, 'correct horse battery', 200);
    await done('another one', 'set-password', user_id);
    await login(user_id, 'correct horse battery', 401);
    await login(user_id, 'another one', 200);
    await api.call('GET', '/me', undefined, { status: 401 }); /* it has ended */
    assert.equal(await events('password_set_succeeded', user_id), 2);
    await instance.allSent();
    assert.equal((await mailsTo(instance.mailDir, email)).length, 2);
    await fails('it is shorter than password.min_length', 'short\n',
      'set-password', email);
    await fails('it is longer than password.max_bytes',
      `${'x'.repeat(73)}\n`, 'set-password', email);
    await fails('there is none', '', 'set-password', email);
    await login(user_id, 'another one', 200);
  });

test('sessions: one line each', async () => {
  const { email, user_id } = await member();
  await done('correct horse battery\n', 'set-password', email);
  /* That of the sign-up goes on: it was the first password. */
  assert.equal((await done('', 'sessions', email)).split('\n').length, 2);
  await login(user_id, 'correct horse battery', 200);
  const lines = (await done('', 'sessions', email)).split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0], /^[0-9a-f-]{36} {2}20\d\d-\d\d-\d\dT\S+ +20\d\d-\S+ +/);
});

test('delete: by id, address or name, and nobody else', async () => {
  const one = await member();
  const two = await member();
  await done('', 'delete', one.email.toUpperCase());
  await one.api.call('GET', '/me', undefined, { status: 401 });
  await two.api.call('GET', '/me', undefined, { status: 200 });
  assert.equal(await events('user_deleted', one.user_id), 1);
  for (const who of [one.email, one.user_id, randomUUID(), 'nobody', ''])
    await fails('there is no such user', '', 'delete', who);
  await done('', 'delete', two.user_id);
  await fails('there is no such organisation', '', 'delete', '--tenant',
    'nowhere', two.user_id);
});
