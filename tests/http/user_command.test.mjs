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

const unhex = (id) => `UNHEX('${id.replaceAll('-', '')}')`;
const events = async (type, id) => Number((await instance.sql(`SELECT COUNT(*)
  FROM audit_logs WHERE type = '${type}' AND actor_operator IS NOT NULL
    AND subject_user_id = ${unhex(id)}`))[0][0]);

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
  assert.equal((await done('', 'sessions', email)).split('\n').length, 3);
  await login(user_id, 'correct horse battery', 200);
  const lines = (await done('', 'sessions', email)).split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[0], /^ID +CREATED +USED +ADDRESS +PROGRAM$/);
  assert.match(lines[1], /^[0-9a-f-]{36} {2}20\d\d-\d\d-\d\dT\S+ +20\d\d-\S+ +/);
});

test('sessions: --json, what would steer a terminal, and their end',
  async () => {
    const { api, email, user_id } = await member();
    const sessions = async () => JSON.parse(await done('', 'sessions',
      '--json', email));
    await done('correct horse battery\n', 'set-password', email);
    await login(user_id, 'correct horse battery', 200);
    const list = await sessions();
    assert.equal(list.length, 2);
    assert.equal(list[0].user_id, user_id);
    await instance.sql(`UPDATE sessions SET user_agent = CONCAT('a', CHAR(27),
      '[2J', _utf8mb4 x'E280AE', 'z') WHERE user_id = ${unhex(user_id)}`);
    assert.match(await done('', 'sessions', email), / a\?\[2J\?z\n/);
    await fails('they have no such session', '', 'sessions', '--end',
      randomUUID(), email);
    await fails('they have no such session', '', 'sessions', '--end', 'x',
      email);
    await done('', 'sessions', '--end', list[0].id, email);
    assert.deepEqual((await sessions()).map(({ id }) => id), [list[1].id]);
    await api.call('GET', '/me', undefined, { status: 200 });
    await done('', 'sessions', '--end', 'all', email);
    await api.call('GET', '/me', undefined, { status: 401 });
    assert.deepEqual(await sessions(), []);
    await done('', 'sessions', '--end', 'all', email);
  });

test('create, add-email, and show', async () => {
  const [first, second, third] = ['a', 'b', 'c'].map(freshAddress);
  const name = `Made_${randomUUID().slice(0, 8)}`;
  const id = (await done('', 'create', '--email', first.toUpperCase(),
    '--email', second, '--verified', '--username', name)).trim();
  assert.equal(await events('user_created', id), 1);
  await done('', 'add-email', name, third);
  const shown = JSON.parse(await done('', 'show', '--json', name));
  assert.equal(shown.id, id);
  assert.equal(shown.username.username, name.toLowerCase());
  assert.deepEqual(Object.fromEntries(shown.emails.map((one) =>
    [one.address, [one.is_primary, one.is_verified]])),
  { [first]: [true, true], [second]: [false, true], [third]: [false, false] });
  await instance.sql(`UPDATE users SET name = CONCAT('Eve', CHAR(10), 'id')
    WHERE id = ${unhex(id)}`);
  const text = await done('', 'show', second);
  assert.match(text, new RegExp(`^id +${id}\ncreated +20`));
  assert.match(text, /\nname +Eve\?id\n/);
  assert.ok(text.includes(`${first}, primary, verified\n`), text);
  assert.ok(text.includes(`${third}\n`), text);
  assert.ok(!text.includes('password'));
  await done('correct horse battery\n', 'set-password', id);
  assert.match(await done('', 'show', id), /\npassword +20/);
  for (const [why, ...words] of [
    ['an address has an owner already', '--email', freshAddress('d'),
      '--email', second],
    ['an address has an owner already', '--email', 'twice@example.org',
      '--email', 'Twice@example.org'],
    ['that is no e-mail address', '--email', 'nobody'],
    ['the username is somebody else\'s', '--username', name],
    ['a username has letters, digits and "_" alone', '--username', 'a b']])
    await fails(why, '', 'create', ...words);
  await fails('there is no such user', '', 'show', 'twice@example.org');
  await fails('that address has an owner already', '', 'add-email', id, second);
  await fails('that is no e-mail address', '', 'add-email', id, 'x');
  const { status, stderr } = await user('', 'create');
  assert.equal(status, 2);
  assert.match(stderr, /--email or --username is needed/);
});

test('add-email: no more than email.limit', async () => {
  const id = (await done('', 'create', '--username', 'many')).trim();
  const limit = 5;
  for (let i = 0; i < limit; i++)
    await done('', 'add-email', '--verified', id, freshAddress('many'));
  await fails('they have as many addresses as email.limit lets them', '',
    'add-email', id, freshAddress('many'));
});

test('lock and unlock: their sessions end, and no log-in succeeds',
  async () => {
    const { api, email, user_id } = await member();
    await done('correct horse battery\n', 'set-password', email);
    await done('', 'lock', email);
    await done('', 'lock', email);
    assert.equal(await events('user_locked', user_id), 1);
    await api.call('GET', '/me', undefined, { status: 401 });
    await login(user_id, 'correct horse battery', 401);
    assert.match(await done('', 'list', '--email', email), / locked /);
    assert.match(await done('', 'show', email), /\nlocked +20/);
    await done('', 'unlock', user_id);
    assert.equal(await events('user_unlocked', user_id), 1);
    await login(user_id, 'correct horse battery', 200);
  });

test('list: the newest first, by what they are called, and by page',
  async () => {
    const mark = randomUUID().slice(0, 8);
    const names = [1, 2, 3].map((i) => `list_${mark}_${i}`);
    for (const name of names) {
      await done('', 'create', '--username', name,
        '--email', `${name}@example.org`);
    }
    await instance.sql(`UPDATE users u JOIN usernames n ON n.user_id = u.id
      SET u.created_at = '2020-01-01' WHERE n.username = '${names[1]}'`);
    const table = (await done('', 'list', '--username', mark.toUpperCase()))
      .split('\n');
    assert.match(table[0], /^ID +CREATED +STATE +USERNAME +ADDRESS$/);
    assert.deepEqual(table.slice(1, -1).map((line) => line.split(/ +/).at(-1)),
      [2, 0, 1].map((i) => `${names[i]}@example.org`));
    const json = JSON.parse(await done('', 'list', '--json',
      '--email', `${names[1]}@`));
    assert.deepEqual(json.map(({ username }) => username.username),
      [names[1]]);
    assert.deepEqual(JSON.parse(await done('', 'list', '--json', '--name',
      mark)), []);
    await instance.sql(`INSERT INTO users (id, tenant_id, created_at,
      updated_at) SELECT UNHEX(MD5(CONCAT('${mark}', seq))), tenant_id,
        created_at, updated_at FROM users JOIN seq_1_to_120 WHERE id =
          (SELECT MIN(user_id) FROM usernames)`);
    const pages = [];
    let sum;
    for (const page of ['1', '2']) {
      const { stdout, stderr } = await user('', 'list', '--json', '--page',
        page);
      sum = Number(new RegExp(`^page ${page} of 2, of (\\d+) users\n$`)
        .exec(stderr)[1]);
      pages.push(...JSON.parse(stdout).map(({ id }) => id));
    }
    assert.equal(new Set(pages).size, sum);
    assert.equal((await user('', 'list', '--page', '0')).status, 2);
    assert.equal((await user('', 'list', '--page', 'x')).status, 2);
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
