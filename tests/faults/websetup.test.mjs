/*
 * Set-up by the web, for who has neither root nor a shell: Apache's mod_fcgid
 * starts the program, and a token lies where the configuration will be.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync,
  readdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Api, freshAddress } from '../lib/api.mjs';
import { launch } from '../lib/browser.mjs';
import { Host } from '../lib/host.mjs';
import { freePort, run, top, until } from '../lib/instance.mjs';

const MODULES = '/usr/lib/apache2/modules';
const sentence = 'This service is not set up yet.\n';
const token = 'b7Zq0YtX3mKc9RwLh2VdJ5sNe8GfAu4P';
const dbPassword = 'a "web" space<>&%+';
let host;
let apache;
let url;
let folder;
let file;

const ids = await Promise.all(['-u', '-g'].map(async (flag) =>
  Number((await run('id', [flag, 'www-data'])).stdout)));
const own = (path) => process.getuid() === 0 && chownSync(path, ...ids);

function apacheConf(dir, port) {
  const modules = ['mpm_event', 'authz_core', 'fcgid', 'mime', 'rewrite',
    'setenvif'];
  return `ServerRoot "${dir}"
ServerName localhost
PidFile "${dir}/httpd.pid"
DefaultRuntimeDir "${dir}"
ErrorLog "${host.dir}/log/websetup.log"
${modules.map((name) =>
    `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
${process.getuid() === 0 ? `User #${ids[0]}\nGroup #${ids[1]}` : ''}
TypesConfig /dev/null
Listen 127.0.0.1:${port}
FcgidIPCDir "${dir}/ipc"
FcgidProcessTableFile "${dir}/ipc.table"
FcgidMaxProcesses 4
DocumentRoot "${dir}/site"
SetEnvIf X-Tls yes HTTPS=on
<Directory "${dir}/site">
  Options SymLinksIfOwnerMatch
  AllowOverride FileInfo AuthConfig Options=ExecCGI
  Require all granted
</Directory>
`;
}

before(async () => {
  host = await Host.fresh('websetup');
  const dir = join(host.dir, 'host');
  folder = join(dir, 'postern');
  const site = join(dir, 'site/id');
  mkdirSync(site, { recursive: true });
  mkdirSync(folder, { mode: 0o700 });
  own(folder);
  own(dir);
  cpSync(join(top, 'etc/htaccess'), join(site, '.htaccess'));
  const here = host.here().map((word, i) => (i % 2 ? `'${word}'` : word));
  writeFileSync(join(site, 'postern.fcgi'), `#!/bin/sh
POSTERN_CONFIG='${folder}/postern.yaml'
export POSTERN_CONFIG
exec '${host.bin}' ${here.join(' ')} serve
`);
  chmodSync(join(site, 'postern.fcgi'), 0o755);
  file = join(folder, 'setup-token.txt');
  await host.sql(`CREATE DATABASE space; CREATE DATABASE taken;
    CREATE TABLE taken.users (id INT); INSERT INTO taken.users VALUES (7);
    CREATE USER space@localhost IDENTIFIED BY '${dbPassword}';
    CREATE USER weak@localhost IDENTIFIED BY '${dbPassword}';
    GRANT SELECT ON space.* TO weak@localhost;
    GRANT ALL ON space.* TO space@localhost;
    GRANT ALL ON taken.* TO space@localhost`);
  const port = await freePort();
  url = `http://localhost:${port}/id`;
  writeFileSync(join(dir, 'httpd.conf'), apacheConf(dir, port));
  apache = spawn('/usr/sbin/apache2', ['-DFOREGROUND', '-f',
    join(dir, 'httpd.conf')], { stdio: 'ignore' });
  apache.gone = new Promise((done) => { apache.on('exit', done); });
  await until(async () => (await fetch(`${url}/me`).catch(() => ({})))
    .status === 503, 'an answer');
});
after(async () => {
  apache?.kill();
  await apache?.gone;
  await host?.stop();
});

function putToken(text = `${token}\n`, mode = 0o600) {
  writeFileSync(file, text);
  chmodSync(file, mode);
  own(file);
}

beforeEach(() => {
  for (const name of readdirSync(folder))
    if (name.startsWith('setup-token'))
      rmSync(join(folder, name), { recursive: true });
});

const answers = () => ({ token, sent: '1', url: 'https://localhost/id',
  name: 'A "space"', db_host: host.socket, db_name: 'space', db_user: 'space',
  db_password: dbPassword, mail: 'smtp', mail_host:
  `localhost:${host.smtpPort}`, mail_from: 'noreply@example.org' });

const post = (body, headers = { 'X-Tls': 'yes' }) => fetch(`${url}/setup`,
  { method: 'POST', headers, body: new URLSearchParams(body) });

async function told(reply) {
  const headers = Object.fromEntries([...reply.headers]
    .filter(([name]) => name !== 'date'));
  return { status: reply.status, headers, body: await reply.text() };
}

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
      got.push(await told(await fetch(url + path, options)));
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
  assert.deepEqual(readdirSync(folder), []);
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
    [{ db_name: 'nothing' }, 'db_name', /may not use a database/],
    [{ db_user: 'weak' }, 'db_user', /all rights there/],
    [{ db_name: 'taken' }, 'db_name', /Another program has tables of our names there/],
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
    assert.deepEqual(readdirSync(folder), ['setup-token.txt']);
  }
  assert.deepEqual(await host.sql('SELECT * FROM taken.users'), [['7']]);
});

test('while another one runs, it is told', async () => {
  putToken();
  const lock = join(folder, 'postern.yaml.lock');
  writeFileSync(lock, '');
  own(lock);
  const other = spawn('flock', ['-x', lock, 'sh', '-c', 'echo; read x']);
  await new Promise((done) => { other.stdout.once('data', done); });
  const { status, body } = await told(await post(answers()));
  other.stdin.end('\n');
  assert.equal(status, 409);
  assert.match(body, /Another set-up is running now/);
});

/* Of a run that was killed: secrets that count, answers that do not. */
function leaveBegun() {
  const begun = join(folder, 'postern.yaml.setup');
  writeFileSync(begun, 'secrets:\n  keys:\n    - "AEQvBxTQAUNMWE4hdfwglli0"\n'
    + 'webauthn:\n  relying_party:\n    id: "other.example"\n'
    + '    origins: ["https://other.example"]\n'
    + 'database:\n  user: "other"\n  password: "other"\n');
  chmodSync(begun, 0o600);
  own(begun);
}

async function look(page, name) {
  const shots = process.env.POSTERN_SCREENSHOTS;
  for (const [size, width] of [['phone', 375], ['desktop', 1280]]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() =>
      document.documentElement.scrollWidth > window.innerWidth);
    assert.ok(!wide, `${name} is too wide for a ${size}`);
    if (shots)
      await page.screenshot({ path: join(shots, `setup-${name}-${size}.png`),
        fullPage: true });
  }
}

async function findings(page) {
  await page.evaluate(readFileSync(join(top,
    'tests/node_modules/axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
}

test('by a browser, to a login; then the page is gone', async () => {
  putToken();
  cpSync(join(top, 'etc/bundle/setup.html'),
    join(folder, '../site/id/setup.html'));
  cpSync(join(top, 'etc/page/app.css'), join(folder, '../site/id/app.css'));
  const browser = await launch();
  const context = await browser.newContext({ bypassCSP: true,
    extraHTTPHeaders: { 'X-Tls': 'yes' } });
  const page = await context.newPage();
  await page.goto(`${url}/setup.html`);
  await look(page, 'token');
  await page.getByLabel('What is in that file').fill(token);
  await page.getByRole('button').click();
  assert.deepEqual(await findings(page), []);
  await look(page, 'form');
  for (const [name, value] of Object.entries({ ...answers(),
    db_password: 'wrong' }))
    if (!['token', 'sent', 'mail'].includes(name))
      await page.locator(`#${name}`).fill(value);
  await page.getByLabel('By a mail server').check();
  await page.getByRole('button').click();
  await page.locator('#db_password-error').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id),
    'db_password');
  assert.deepEqual(await findings(page), []);
  await look(page, 'error');
  await page.locator('#db_password').fill(dbPassword);
  leaveBegun();
  await page.getByRole('button').click();
  await page.getByText('What is left to do').waitFor();
  assert.deepEqual(await findings(page), []);
  assert.match(await page.content(), /courier --once/);
  await look(page, 'done');
  await browser.close();
  assert.deepEqual(readdirSync(folder), ['postern.yaml']);
  assert.equal(statSync(join(folder, 'postern.yaml')).mode & 0o777, 0o600);
  const written = readFileSync(join(folder, 'postern.yaml'), 'utf8');
  assert.match(written, /AEQvBxTQAUNMWE4hdfwglli0/);
  assert.doesNotMatch(written, /other/);
  /* Nobody restarts anything: the next request is the server's. */
  for (let i = 0; i < 8; i++)
    assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  assert.equal((await post({ token })).status, 404);
  const api = new Api(url, { mailDir: join(host.dir, 'mail') });
  await api.call('POST', '/user', { email: freshAddress() }, { status: 404 });
});

test('a database that is away offers nothing', async () => {
  putToken();
  await host.database('stop');
  const { status, body } = await told(await post({ token }));
  assert.equal(status, 404);
  assert.ok(!body.includes('Set up'));
  assert.ok(existsSync(file));
});
