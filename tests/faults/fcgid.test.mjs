/*
 * A shared host, where Apache's mod_fcgid starts the program out of a folder
 * of the site, by etc/htaccess and nothing else.
 */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, readFileSync, realpathSync, renameSync,
  rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api, freshAddress } from '../lib/api.mjs';
import { start, until } from '../lib/instance.mjs';
import { description } from '../lib/openapi.mjs';
import { peek } from '../lib/token.mjs';
import { WebSpace } from '../lib/webspace.mjs';

const password = 'correct horse battery staple';
let instance;
let host;

function addFiles(folder) {
  for (const name of ['notes.yaml', '.hidden', '.well-known.bak'])
    writeFileSync(join(folder, name), 'not for everybody\n');
  mkdirSync(join(folder, 'sub'));
  writeFileSync(join(folder, 'sub/.hidden'), 'not for everybody\n');
}

before(async () => {
  instance = await start();
  /* What an ordinary user reaches; our own folder may be root's alone. */
  const dir = join(realpathSync(join(instance.dir, 'run')), 'host');
  const config = realpathSync(instance.env.POSTERN_CONFIG);
  const { uid, gid } = statSync(config);
  const space = new WebSpace({ dir, log: `${instance.dir}/log/fcgid.log`,
    ids: [uid, gid] });
  const mount = (name, file) => space.mount(name, { config: file,
    program: realpathSync(instance.env.POSTERN_BIN),
    args: ['--set', `server.public.base_path=/${name}`] });
  const unset = join(dir, 'unset.yaml');
  const folder = mount('id', config);
  addFiles(folder);
  mount('unset', unset);
  mount('later', join(dir, 'later.yaml'));
  await space.start('apache');
  host = { url: `${space.url}/id`, folder, space, config, unset };
  await until(async () => (await fetch(`${host.url}/health/ready`)
    .catch(() => ({}))).status === 200, 'an answer');
});
after(async () => {
  await host?.space.stop();
  await instance?.stop();
});

const client = () => new Api(host.url, { mailDir: instance.mailDir });

test('signs up, logs in and out', async () => {
  const api = client();
  const { user_id } = await api.signUp(freshAddress('fcgid'));
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  await api.call('POST', '/logout', undefined, { status: 204 });
  await api.call('GET', '/me', undefined, { status: 401 });
  await api.call('POST', '/password/login', { user_id, password },
    { status: 200 });
  assert.equal((await api.call('GET', '/me', undefined, { status: 200 }))
    .body.id, user_id);
});

test('the header Authorization arrives', async () => {
  const api = client();
  const { user_id } = await api.signUp(freshAddress('bearer'));
  const { body } = await api.call('GET', '/me', undefined,
    { noJar: true, bearer: api.token, status: 200 });
  assert.equal(body.id, user_id);
});

test('an answer says how long it is', async () => {
  const reply = await fetch(`${host.url}/health/ready`);
  const { length } = Buffer.from(await reply.arrayBuffer());
  assert.equal(reply.headers.get('content-length'), String(length));
});

/* An answer of Apache's own has no request id. */
test('every public path is answered by Postern', async () => {
  const { paths } = description().doc;
  assert.ok('/.well-known/jwks.json' in paths);
  for (const [path, item] of Object.entries(paths)) {
    const url = host.url + path.replaceAll(/\{[^}]+\}/g,
      '7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11');
    for (const method of ['get', 'post', 'put', 'patch', 'delete']
      .filter((name) => item[name])) {
      const reply = await fetch(url, { method: method.toUpperCase() });
      assert.match(reply.headers.get('x-request-id') ?? '', /./,
        `${method} ${path}: ${reply.status}`);
    }
  }
});

test('the key set is published', async () => {
  const api = client();
  await api.signUp(freshAddress('keys'));
  const { body } = await api.call('GET', '/.well-known/jwks.json', undefined,
    { status: 200 });
  assert.ok(body.keys.some(({ kid }) => kid === peek(api.token).header.kid));
  await api.call('GET', '/.well-known/config', undefined, { status: 200 });
});

test('what is no endpoint is Postern\'s 404, its program too', async () => {
  for (const path of ['/nothing', '/postern.fcgi', '/postern.fcgi/me',
    '/me/..%2e']) {
    const reply = await fetch(`${host.url}${path}`);
    assert.equal(reply.status, 404, path);
    assert.match(reply.headers.get('content-type'), /^application\/json/);
  }
});

test('files of the folder are not told', async () => {
  for (const name of ['.htaccess', 'notes.yaml', '.hidden', '.well-known.bak',
    'sub/.hidden'])
    assert.equal((await fetch(`${host.url}/${name}`)).status, 403, name);
});

test('a page in the folder is served, at the folder itself, too', async () => {
  for (const [path, name] of [['/', 'index.html'], ['/page.js', 'page.js']]) {
    const own = await fetch(`${host.url}${path}`);
    assert.match(own.headers.get('x-request-id') ?? '', /./);
    writeFileSync(join(host.folder, name), name);
    assert.equal(await (await fetch(`${host.url}${path}`)).text(), name);
    rmSync(join(host.folder, name));
  }
});

test('20 at once', async () => {
  const api = client();
  const { user_id } = await api.signUp(freshAddress('many'));
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  const all = await Promise.all(Array.from({ length: 20 }, () =>
    client().call('POST', '/password/login', { user_id, password })));
  for (const { status } of all)
    assert.ok([200, 503].includes(status), `${status}`);
  assert.ok(all.some(({ status }) => status === 200));
});

const sentence = 'This service is not set up yet.\n';
const ask = (path, options, folder = 'unset') =>
  fetch(host.url.replace(/id$/, folder) + path, options);

test('without a configuration, all that is told is that', async () => {
  for (const [path, options] of [['/'], ['/me'], ['/health/ready'],
    ['/.well-known/jwks.json'], ['/nothing?token=x'],
    ['/user', { method: 'POST', body: '{}' }],
    ['/password', { method: 'PUT', body: 'x'.repeat(100000) }]]) {
    const reply = await ask(path, options);
    assert.equal(reply.status, 503, path);
    assert.equal(await reply.text(), sentence);
    assert.match(reply.headers.get('content-type'), /^text\/plain/);
    assert.equal(reply.headers.get('cache-control'), 'no-store');
    assert.equal(reply.headers.get('set-cookie'), null);
  }
});

/* The web server itself says that the program failed, or ours that it is up. */
async function isNotTold() {
  const reply = await until(async () => {
    const one = await ask('/health/ready');
    const text = await one.text();
    return text !== sentence && { status: one.status, text };
  }, 'another answer', 20000);
  assert.ok(!reply.text.includes('not set up'), reply.text);
  return reply;
}

test('nor with one that is wrong, or cannot be read', async () => {
  symlinkSync(join(host.unset, 'nowhere'), host.unset);
  await ask('/me');
  assert.notEqual((await isNotTold()).status, 200);
  rmSync(host.unset);
  writeFileSync(host.unset, 'nonsense: 1\n', { mode: 0o644 });
  assert.notEqual((await isNotTold()).status, 200);
  rmSync(host.unset);
});

test('nor with one whose database is away', async () => {
  const { uid, gid } = statSync(host.config);
  writeFileSync(host.unset, readFileSync(host.config, 'utf8')
    .replace('mariadb.sock', 'nowhere.sock'), { mode: 0o600 });
  chownSync(host.unset, uid, gid);
  const reply = await isNotTold();
  assert.equal(reply.status, 503);
  rmSync(host.unset);
});

test('one that appears is taken', async () => {
  const { uid, gid } = statSync(host.config);
  const later = host.unset.replace('unset', 'later');
  const ready = () => ask('/health/ready', undefined, 'later');
  assert.equal(await (await ready()).text(), sentence);
  writeFileSync(later, readFileSync(host.config, 'utf8'), { mode: 0o600 });
  chownSync(later, uid, gid);
  await until(async () => (await ready()).status === 200, 'an answer');
});

/*
 * What an update by files is, as its README says: another program beside the
 * old one, and in its place by rename.  mod_fcgid goes by the file it is: the
 * old one's processes finish and are asked no more.
 */
test('an update: not one request fails, and the new one answers', async () => {
  const program = join(host.folder, 'postern.fcgi');
  let asked = 0;
  let updated = false;
  const bad = [];
  const least = async () => {
    const reply = await fetch(`${host.url}/.well-known/config`);
    const text = await reply.text();
    asked++;
    if (reply.status !== 200)
      bad.push(`${reply.status} ${text}`);
    return JSON.parse(text).password?.min_password_length;
  };
  const asker = async () => {
    while (!updated)
      await least().catch((error) => bad.push(String(error)));
  };
  const askers = [asker(), asker(), asker(), asker()];
  await until(() => asked > 50, 'answers of the old one');
  const text = readFileSync(program, 'utf8');
  const { mode } = statSync(program);
  writeFileSync(`${program}.new`, text.replace("'--set'",
    "--set password.min_length=11 '--set'"), { mode });
  assert.notEqual(readFileSync(`${program}.new`, 'utf8'), text);
  renameSync(`${program}.new`, program);
  await until(async () => await least() === 11, 'the new one');
  const before = asked;
  await until(() => asked > before + 50, 'answers of the new one');
  updated = true;
  await Promise.all(askers);
  assert.deepEqual(bad, []);
  for (let i = 0; i < 20; i++)
    assert.equal(await least(), 11);
});
