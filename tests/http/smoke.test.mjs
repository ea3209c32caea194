/*
 * The first question to a web server in front of Postern: does it answer, and
 * do the page and the API find their way.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';

let instance;
let api;

before(async () => {
  instance = await start({ admin: true });
  api = instance.client();
});
after(() => instance?.stop());

test('it is ready and alive', async () => {
  const ready = await api.call('GET', '/health/ready', undefined,
    { status: 200 });
  assert.deepEqual(ready.body, { ready: true });
  await api.call('GET', '/health/alive', undefined, { status: 200 });
});

test('files of the page win', async () => {
  const page = await fetch(`${instance.url}/`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type'), /^text\/html/);
  assert.match(await page.text(), /app\.js/);
  const script = await fetch(`${instance.url}/app.js`);
  assert.equal(script.status, 200);
  assert.match(script.headers.get('content-type'), /javascript/);
});

test('the page is in no frame of others, and no file is another', async () => {
  for (const path of ['', 'index.html', 'app.js', 'app.css', 'rest.html',
    'members/', 'me', 'health/ready', '.well-known/jwks.json']) {
    const { headers } = await fetch(`${instance.url}/${path}`);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.match(headers.get('content-security-policy'),
      /^(default-src 'none'; )?frame-ancestors 'none'$/, path);
  }
});

test('all else is the API', async () => {
  const missing = await api.call('GET', '/app.js/no', undefined,
    { status: 404 });
  assert.deepEqual(missing.body, { code: 404, message: 'Not Found' });
  await api.call('GET', '/me', undefined, { status: 401 });
});

test('an answer says how long it is', async () => {
  for (const path of ['/health/ready', '/me', '/nothing']) {
    const reply = await fetch(`${instance.url}${path}`);
    const { length } = Buffer.from(await reply.arrayBuffer());
    assert.equal(reply.headers.get('content-length'), String(length), path);
    assert.equal(reply.headers.get('transfer-encoding'), null, path);
  }
});

test('paths that only look different are refused', async () => {
  for (const path of ['/me%2F', '//me', '/x/../me', '/me%00', '/%6De%25']) {
    const reply = await api.call('GET', path, undefined, { front: true })
      .catch((error) => assert.fail(`${path}: ${error.message}`));
    assert.ok(reply.status >= 400 && reply.status < 500,
      `${path}: ${reply.status}`);
  }
});

test('the Authorization header arrives', async () => {
  await api.signUp(freshAddress());
  const bare = instance.client();
  const me = await bare.call('GET', '/me', undefined,
    { bearer: api.token, noJar: true });
  assert.equal(me.status, 200);
});

test('a cookie comes, counts, and goes', async () => {
  const user = instance.client();
  await user.signUp(freshAddress());
  assert.match(user.jar.all().at(-1), /^hanko=[^;]+; Path=\//);
  await user.call('GET', '/me', undefined, { status: 200 });
  const { cookies } = await user.call('POST', '/logout', undefined,
    { status: 204 });
  assert.match(cookies[0], /^hanko=; Path=\/;.*Max-Age=0/);
  await user.call('GET', '/me', undefined, { status: 401 });
});

test('only the mount is the API', async () => {
  const origin = new URL(instance.url).origin;
  assert.equal((await fetch(`${origin}/me`)).status,
    instance.prefix === '' ? 401 : 404);
  assert.equal((await fetch(`${origin}${instance.prefix || '/'}x/me`)).status,
    404);
});

test('a request that asks for more than there is gets 413', async () => {
  const big = await api.call('POST', '/users',
    { email: 'x'.repeat(1 << 20) });
  assert.equal(big.status, 413);
});

/* All that the tests see done is done so. */
test('who serves may read and write rows, and no more', async () => {
  const grants = (await instance.sql('SHOW GRANTS FOR postern@localhost'))
    .flat().map((line) => line.replace(/ IDENTIFIED .*/, ''));
  assert.deepEqual(grants.map((line) => line.replaceAll(/[`']/g, '')), [
    'GRANT USAGE ON *.* TO postern@localhost',
    'GRANT SELECT, INSERT, UPDATE, DELETE ON postern.* TO postern@localhost',
  ]);
  const users = await instance.sql(`SELECT DISTINCT user
    FROM information_schema.processlist WHERE db = DATABASE()
    AND user <> 'root'`);
  assert.deepEqual(users, [['postern']]);
});

test('the admin port is another socket', async () => {
  assert.ok(existsSync(`${instance.dir}/run/admin.sock`));
  const reply = await fetch(`${instance.adminUrl}/health/alive`);
  assert.ok(reply.headers.has('x-request-id'), 'not an answer of Postern');
});
