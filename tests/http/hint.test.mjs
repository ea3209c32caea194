/*
 * What the log says of a web server that is set up wrongly: rarely, and not of
 * one that is not.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call } from '../lib/fastcgi.mjs';
import { start } from '../lib/instance.mjs';

const MANY = 40;
let instance;
let workers;

before(async () => {
  instance = await start({ prefix: '/id', set: { 'server.workers': '3' } });
  workers = 3;
});
after(() => instance?.stop());

/* As a web server hands it on. */
const ask = (uri, headers = {}, method = 'GET') =>
  call(join(instance.dir, 'run/public.sock'), method, uri, { headers });

const said = (what) => instance.log().split('\n')
  .filter((line) => line.includes(what));

/* At least once, and at most once by each worker. */
function rarely(what) {
  const lines = said(what);
  assert.ok(lines.length >= 1 && lines.length <= workers,
    `${lines.length} lines of ${MANY} requests`);
  return JSON.parse(lines[0]);
}

test('paths that are not below base_path', async () => {
  const what = 'is not below server.public.base_path';
  for (let i = 0; i < 5; i++)
    await ask('/id/health/alive');
  await ask('/id/nothing');
  assert.deepEqual(said(what), []);
  for (let i = 0; i < MANY; i++)
    await ask('/health/alive');
  const { level, message } = rarely(what);
  assert.equal(level, 'warn');
  assert.equal(message, '"/health/alive" is not below '
    + 'server.public.base_path (/id): the web server must pass paths on '
    + 'whole, and only those below it');
});

const missing = 'need Authorization come without it';

test('visitors who are not logged in are nothing special', async () => {
  for (let i = 0; i < MANY; i++)
    await ask('/id/me');
  assert.deepEqual(said(missing), []);
});

test('Authorization that never comes, though a page announced it', async () => {
  const origin = { Origin: 'https://app.example.com' };
  for (let i = 0; i < MANY; i++) {
    await ask('/id/me', { ...origin, 'Access-Control-Request-Method': 'GET',
      'Access-Control-Request-Headers': 'content-type,authorization' },
    'OPTIONS');
    await ask('/id/me', origin);
  }
  assert.match(rarely(missing).message, /CGIPassAuth On; "postern doctor"/);
});

test('the Dfns API without it; and not once it has come', async () => {
  const other = await start({ prefix: '', set: { 'server.workers': '1' } });
  const at = (uri, headers = {}) =>
    call(join(other.dir, 'run/public.sock'), 'GET', uri, { headers });
  const lines = () => other.log().split('\n')
    .filter((line) => line.includes(missing)).length;
  try {
    for (let i = 0; i < 2; i++)
      await at('/auth/credentials');
    assert.equal(lines(), 0);
    await at('/auth/credentials');
    assert.equal(lines(), 1);
    await other.up({ ...other.options.set, 'session.limit': '7' });
    const before = lines();
    await at('/auth/credentials', { Authorization: 'Bearer x' });
    for (let i = 0; i < MANY; i++)
      await at('/auth/credentials');
    assert.equal(lines(), before);
  } finally {
    await other.stop();
  }
});
