/*
 * Set-up by the web, for who has neither root nor a shell: a web server starts
 * the program, and a token lies where the configuration will be.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync,
  utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Foreign } from '../lib/foreign.mjs';
import { freePort } from '../lib/instance.mjs';
import { UnsetHost, dbPassword, sentence, told, token }
  from '../lib/unsethost.mjs';

const mysql = new Foreign('8.0.40');
let dbPort;
let host;
let folder;
let file;
let mysqlPort;

before(async () => {
  dbPort = await freePort();
  process.env.POSTERN_MARIADB_OPTIONS = '--skip-networking=0 '
    + `--port=${dbPort} --bind-address=127.0.0.1`;
  host = await UnsetHost.fresh('websetup');
  mysqlPort = await mysql.listen();
  ({ folder, file } = host);
  await host.machine.sql(`CREATE DATABASE taken;
    CREATE TABLE taken.users (id INT); INSERT INTO taken.users VALUES (7);
    CREATE USER weak@localhost IDENTIFIED BY '${dbPassword}';
    GRANT SELECT ON space.* TO weak@localhost;
    CREATE DATABASE theirs;
    CREATE TABLE theirs.jwks (id BINARY(16), sealed VARBINARY(99));
    INSERT INTO theirs.jwks VALUES ('0123456789abcdef', 'not by us');
    CREATE USER blind@localhost IDENTIFIED BY '${dbPassword}';
    GRANT INSERT ON theirs.* TO blind@localhost;
    CREATE USER strong@localhost IDENTIFIED BY '${dbPassword}';
    GRANT ALL ON *.* TO strong@localhost;
    DROP USER IF EXISTS root@127.0.0.1;
    GRANT ALL ON theirs.* TO space@localhost;
    GRANT ALL ON taken.* TO space@localhost`);
});
after(async () => {
  await mysql.close();
  await host?.stop();
});
beforeEach(() => host.clear());

const putToken = (...args) => host.putToken(...args);
const answers = () => host.answers();
const post = (...args) => host.post(...args);

async function isNeutral(reply, why) {
  const { status, body } = await told(reply);
  assert.equal(status, 503, why);
  assert.equal(body, sentence, why);
}

test('strangers are told the same, be there a token or not', async () => {
  const all = async () => {
    const got = [];
    for (const [path, options] of [['/setup'], ['/setup?token=' + token],
      ['/'], ['/setup', { method: 'POST' }],
      ['/setup', { method: 'POST', body: `token=${token}` }]])
      got.push(await told(await fetch(host.url + path, options)));
    got.push(await told(await post({ token: 'x'.repeat(32) })));
    got.push(await told(await post({ token: '' })));
    got.push(await told(await post({ token }, {})));
    got.push(await told(await post({ token }, { 'X-Tls': 'no' })));
    got.push(await told(await post({ ...answers(), token: token.slice(1) })));
    return got;
  };
  const without = await all();
  putToken();
  const there = await all();
  assert.deepEqual(there, without);
  for (const one of there) {
    assert.equal(one.status, 503);
    assert.equal(one.body, sentence);
  }
});

test('a token that came by plain HTTP is spent, and nobody is told', async () => {
  putToken();
  await isNeutral(await post({ token: `${token}1` }, {}));
  assert.deepEqual(host.names(), ['setup-token.1']);
  await isNeutral(await post({ token }, {}));
  assert.deepEqual(host.names(), []);
  assert.match(host.space.said(), /the token came by plain HTTP/);
  await isNeutral(await post({ token }));
  putToken();
  await isNeutral(await post(answers(), { 'X-Tls': 'no' }));
  assert.deepEqual(host.names(), []);
});

test('one in the folder of the site is not taken', async () => {
  const below = host.mount('below', join(host.space.folder('below'),
    'postern.yaml'));
  const lies = join(below, 'setup-token');
  putToken(undefined, undefined, lies);
  await isNeutral(await post({ token }, undefined, 'below'));
  assert.ok(existsSync(lies));
  assert.match(host.space.said(), /below\/setup-token: lies in the site \(/);
  /* Nor by another way to the same folder. */
  host.mount('linked', join(host.machine.dir, 'link/postern.yaml'));
  symlinkSync(below, join(host.machine.dir, 'link'));
  await isNeutral(await post({ token }, undefined, 'linked'));
  assert.ok(existsSync(lies));
  /* One beside the site, of a name that begins like it, is. */
  const beside = `${host.space.dir}/site-of-mine`;
  mkdirSync(beside);
  host.own(beside);
  host.mount('beside', join(beside, 'postern.yaml'));
  putToken(undefined, undefined, join(beside, 'setup-token'));
  assert.equal((await post({ token }, undefined, 'beside')).status, 200);
});

test('what is no token opens nothing, and is left alone', async () => {
  const now = Date.now() / 1000;
  const cases = {
    'readable by others': () => putToken(undefined, 0o644),
    'writable by a group': () => putToken(undefined, 0o620),
    'too old': () => { putToken(); utimesSync(file, now, now - 3700); },
    'of the future': () => { putToken(); utimesSync(file, now, now + 90); },
    'a link': () => { putToken(); renameSync(file, `${folder}/t`);
      symlinkSync(`${folder}/t`, file); },
    'a folder': () => mkdirSync(file),
    ...(process.getuid() === 0 && {
      'of another user': () => { putToken(); chownSync(file, 0, 0); } }),
  };
  for (const [why, make] of Object.entries(cases)) {
    make();
    await isNeutral(await post({ token }), why);
    assert.ok(existsSync(file), why);
    rmSync(file, { recursive: true });
    rmSync(`${folder}/t`, { force: true });
  }
  for (const weak of ['abcdefghijklmnop', '1'.repeat(64), 'a b'.repeat(20),
    '0123456789'.repeat(3), '']) {
    putToken(weak);
    await isNeutral(await post({ token: weak }), weak);
  }
});

test('after five wrong tries it is gone, 20 at once or not', async () => {
  putToken();
  for (let i = 0; i < 4; i++)
    await isNeutral(await post({ token: `${token}${i}` }));
  assert.equal((await post({ token })).status, 200);
  await Promise.all(Array.from({ length: 20 }, () => post({ token: 'no' })));
  await isNeutral(await post({ token }));
  assert.deepEqual(host.names(), []);
});

test('the page: strict, not kept, no secret but the token', async () => {
  putToken(`${token}\r\n`, 0o400);
  const { status, headers, body } = await told(await post({ token }));
  assert.equal(status, 200);
  assert.match(headers['content-security-policy'],
    /^default-src 'none'; style-src 'nonce-[\w-]{24}'; form-action 'self'/);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  assert.match(body, /value="https:\/\/localhost:\d+\/id"/);
  assert.ok(!body.includes('<script'));
});

test('errors stand at their field, and keep all but passwords', async () => {
  const cases = [
    [{ db_password: 'wrong-word' }, 'db_password', /does not take this user/],
    [{ db_host: 'no-such-host.invalid' }, 'db_host', /no host of this name/],
    [{ db_host: '127.0.0.1:1' }, 'db_host', /No database answers there/],
    [{ db_host: '/nowhere.sock' }, 'db_host', /No database answers there/],
    [{ db_host: 'a b' }, 'db_host', /neither a host nor/],
    [{ db_host: `127.0.0.1:${dbPort}` }, 'db_host', /nobody in from here/],
    [{ db_host: `127.0.0.1:${mysqlPort}` }, 'db_host', /This is no MariaDB/],
    [{ db_name: 'nothing', db_user: 'strong' }, 'db_name',
      /There is no database of this name/],
    [{ db_name: 'nothing' }, 'db_name', /may not use a database/],
    [{ db_user: 'weak' }, 'db_user', /all rights there/],
    [{ db_name: 'taken' }, 'db_name', /Another program has tables of our names there/],
    [{ db_name: 'theirs' }, 'db_name', /Another Postern was set up in this/],
    [{ db_name: 'theirs', db_user: 'blind' }, 'db_user', /not use the tables/],
    [{ db_name: '' }, 'db_name', /Say the name of the database/],
    [{ url: 'http://example.org/"><b>' }, 'url', /This is not https/],
    [{ mail_host: 'a b' }, 'mail_host', /neither a host nor a host and/],
    [{ mail_from: 'nobody' }, 'mail_from', /not a mail address/],
    [{ mail_user: 'me' }, 'mail_password', /password of the user there/],
    [{ mail: '' }, 'mail', /Choose one of the two/],
  ];
  putToken();
  for (const [more, field, message] of cases) {
    const { status, body } = await told(await post({ ...answers(), ...more }));
    const [, error] = new RegExp(`id="${field}-error">([^<]*)<`).exec(body)
      ?? [, body];
    assert.equal(status, 422, JSON.stringify(more));
    assert.match(error, message);
    assert.ok(body.includes('value="A &#34;space&#34;"'));
    assert.ok(!body.includes('wrong-word') && !body.includes('&#60;&#62;&#38;%')
      && !body.includes('<b>'), body);
    assert.deepEqual(host.names(), ['setup-token']);
  }
  assert.deepEqual(await host.machine.sql('SELECT * FROM taken.users'), [['7']]);
});

test('while another one runs, it is told', async () => {
  putToken();
  const lock = join(folder, 'postern.yaml.lock');
  writeFileSync(lock, '');
  host.own(lock);
  const other = spawn('flock', ['-x', lock, 'sh', '-c', 'echo; read x']);
  await new Promise((done) => { other.stdout.once('data', done); });
  const { status, body } = await told(await post(answers()));
  other.stdin.end('\n');
  assert.equal(status, 409);
  assert.match(body, /Another set-up is running now/);
});

