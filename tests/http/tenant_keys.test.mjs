/*
 * Signing keys that a tenant has of its own ("postern jwk rotate --tenant"):
 * what they sign is nothing to others, by whatever endpoint takes a token.
 */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Api, freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { Key, codeTo, createOrg, login, register } from '../lib/dfns.mjs';
import { AUTHORIZER, call as fastcgi } from '../lib/fastcgi.mjs';
import { start, until } from '../lib/instance.mjs';
import { Receiver } from '../lib/receiver.mjs';
import { peek } from '../lib/token.mjs';

const NAMES = ['one', 'two', 'three'];
let dir;
let receiver;
let instance;
let socket;
const org = {}; /* ids as the Dfns API has them */
const uuid = {};

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-tenant-keys-'));
  chmodSync(dir, 0o755);
  receiver = await Receiver.listen(dir);
  instance = await start({ prefix: '', admin: true, set: {
    'log.level': 'debug', 'log.log_health_and_metrics': 'true',
    'session.key_refresh': '1s', 'session.limit': '1000',
    'tenants.refresh': '1s', 'multi_tenancy.enabled': 'true',
    'webhooks.enabled': 'true', 'webhooks.ca_file': join(dir, 'own.pem'),
    'webhooks.allow_networks': '127.0.0.0/8',
    'tenants.paths': NAMES.map((name) => `/${name} ${name}`).join(',') } });
  for (const name of NAMES)
    org[name] = await createOrg(instance, name, freshAddress(name));
  for (const [name, hex] of await instance.sql(
    'SELECT name, LOWER(HEX(id)) FROM tenants'))
    uuid[name] = hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const { stdout } = await instance.postern('config', 'print');
  [, socket] = /address: "unix:([^"]+public[^"]*)"/.exec(stdout);
});
after(async () => {
  receiver?.close();
  rmSync(dir, { recursive: true, force: true });
  await instance?.stop();
});

const at = (name) => new Api(instance.url + (name ? `/${name}` : ''),
  { mailDir: instance.mailDir });
const setOf = async (name) => (await at(name).call('GET',
  '/.well-known/jwks.json', undefined, { status: 200 })).body.keys;
const kidsOf = async (name) => (await setOf(name)).map(({ kid }) => kid);

async function run(...words) {
  const { status, stdout, stderr } = await instance.postern(...words);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}
const rotate = (...words) => run('jwk', 'rotate', ...words);

/* A new key, once every worker must have it. */
async function rotated(name, ...words) {
  const kid = await rotate('--now', ...words,
    ...name ? ['--tenant', name] : []);
  await until(async () => {
    for (let i = 0; i < 10; i++)
      if (!(await kidsOf(name)).includes(kid))
        return false;
    return true;
  }, 'the new key');
  return kid;
}

async function member(name) {
  const api = at(name);
  await api.signUp(freshAddress('keys'));
  return api;
}
const kidOf = (api) => peek(api.token).header.kid;

/* Time passes for a key, and every worker looks. */
const age = (kid, seconds) => instance.sql(`UPDATE jwks SET
  signs_from = signs_from - INTERVAL ${seconds} SECOND,
  created_at = created_at - INTERVAL ${seconds} SECOND
  WHERE id = UNHEX('${kid.replaceAll('-', '')}')`);

/* Whoever takes a token refuses this one. */
async function refused(name, bearer) {
  for (const [method, path] of [['GET', '/me'], ['GET', '/sessions'],
    ['GET', '/authorize'], ['GET', '/emails'], ['GET', '/sessions/validate'],
    ['POST', '/logout']]) {
    const opts = path === '/sessions/validate' ? {} : { status: 401 };
    const { body } = await at(name).call(method, path, undefined,
      { bearer, ...opts });
    if (path === '/sessions/validate')
      assert.deepEqual(body, { is_valid: false });
  }
  const cookie = at(name);
  cookie.jar.set('hanko', bearer);
  await cookie.call('GET', '/me', undefined, { status: 401 });
  const { body } = await at(name).call('POST', '/sessions/validate',
    { session_token: bearer }, { status: 200 });
  assert.deepEqual(body, { is_valid: false });
  const site = await fastcgi(socket, 'GET', name ? `/${name}/members/` : '/',
    { role: AUTHORIZER, headers: { host: 'localhost',
      cookie: `hanko=${bearer}` } });
  assert.equal(site.status, 401);
}

/* This goes first: from then on the tenant has keys of its own. */
test('the first one is shown before it signs, and there alone', async () => {
  const before_ = await member('one');
  const shared = kidOf(before_);
  assert.deepEqual(await kidsOf('one'), await kidsOf());
  const own = await rotate('--tenant', 'one');
  await until(async () => (await kidsOf('one')).includes(own), 'it');
  assert.equal(kidOf(await member('one')), shared);
  assert.equal(await run('jwk', 'rotate', '--tenant', 'one', '--now').then(
    (kid) => kid.length), 36);
  const list = (await run('jwk', 'list', '--tenant', 'one')).split('\n');
  assert.deepEqual(list.map((line) => line.split(/ +/)[2]),
    ['STATE', 'signing', 'waiting', 'retired']);
  const signs = list[1].slice(0, 36);
  await until(async () => kidOf(await member('one')) === signs, 'it signs');
  for (const name of [undefined, 'two', 'three'])
    for (const kid of [own, signs])
      assert.equal((await kidsOf(name)).includes(kid), false);
  for (const words of [[], ['--tenant', 'two'], ['--tenant', 'default']]) {
    const text = await run('jwk', 'list', ...words);
    assert.match(text, new RegExp(`${shared} .* signing`));
    assert.doesNotMatch(text, new RegExp(signs));
  }
  assert.deepEqual((await kidsOf(uuid.one)).sort(),
    (await kidsOf('one')).sort());
  /* what was signed before goes on */
  await before_.call('GET', '/me', undefined, { status: 200 });
});

describe('what a key of its own signs', () => {
  test('is nothing to another tenant', async () => {
    await rotated('two');
    const members = { one: await member('one'), two: await member('two'),
      three: await member('three'), '': await member() };
    const kids = Object.values(members).map(kidOf);
    assert.equal(new Set(kids).size, 3);
    assert.equal(kids[2], kids[3]);
    for (const [name, api] of Object.entries(members)) {
      await api.call('GET', '/me', undefined, { status: 200 });
      for (const other of Object.keys(members))
        if (other !== name)
          await refused(other || undefined, api.token);
    }
  });

  test('is not taken for what another key of the set signed', async () => {
    const [one, two] = [await member('one'), await member('two')];
    const [header, ...rest] = one.token.split('.');
    const swapped = Buffer.from(JSON.stringify({ ...peek(one.token).header,
      kid: kidOf(two) })).toString('base64url');
    assert.notEqual(swapped, header);
    for (const name of ['one', 'two', undefined])
      await refused(name, [swapped, ...rest].join('.'));
  });

  test('verifies with what its set shows, and with nothing else', async () => {
    const { token } = await member('two');
    const [head, body, signature] = token.split('.');
    const good = (keys) => keys.filter((jwk) => jwk.kty === 'RSA' && verify(
      'sha256', Buffer.from(`${head}.${body}`),
      createPublicKey({ key: jwk, format: 'jwk' }),
      Buffer.from(signature, 'base64url'))).map(({ kid }) => kid);
    assert.deepEqual(good(await setOf('two')), [peek(token).header.kid]);
    for (const name of ['one', 'three', undefined])
      assert.deepEqual(good(await setOf(name)), []);
  });

  test('costs no statement more', async () => {
    const api = await member('two');
    const spent = async (...call) => (await cost(instance, api, ...call))
      .statements;
    for (let i = 0; i < 4; i++) {
      assert.equal(await spent('GET', '/sessions/validate'), 1);
      assert.equal(await spent('GET', '/.well-known/jwks.json'), 0);
    }
  });
});

test('the keys of all end for it with the last token of theirs', async () => {
  const api = await member('three');
  const shared = kidOf(api);
  const own = await rotated('three');
  await api.call('GET', '/me', undefined, { status: 200 });
  assert.ok((await kidsOf('three')).includes(shared));
  await age(own, 12 * 3600 + 121);
  await until(async () => !(await kidsOf('three')).includes(shared),
    'the end of the others');
  await until(async () => (await api.call('GET', '/me')).status === 401,
    'its end in every worker');
  assert.ok((await kidsOf('one')).length > 0);
  const list = await run('jwk', 'list', '--tenant', 'three');
  assert.equal(list.split('\n').length, 2);
  /* a new one of all is none of its */
  const next = await rotated();
  assert.equal((await kidsOf('three')).includes(next), false);
  assert.equal(kidOf(await member('three')), own);
});

test('webhooks are signed for with it', async () => {
  await run('webhook', 'add', '--org', 'two', receiver.url('/two'), 'user');
  await run('webhook', 'add', receiver.url('/all'), 'user');
  const kid = kidOf(await member('two'));
  const other = kidOf(await member());
  for (const [path, expected] of [['/two', kid], ['/all', other]]) {
    const told = await until(() => receiver.of(path)[0], `one at ${path}`);
    assert.equal(told.header.kid, expected);
  }
});

test('the Dfns API has its own, for an organisation', async () => {
  const key = { one: new Key(), two: new Key() };
  const who = {};
  for (const name of ['one', 'two']) {
    who[name] = freshAddress('dfns');
    await run('org', 'invite', name, who[name]);
    const code = await codeTo(instance.mailDir, who[name]);
    await register(at(), org[name], who[name], code,
      (challenge) => key[name].create(challenge));
  }
  const before_ = await login(at(), org.one, who.one, key.one);
  const kid = await rotated('one', '--dfns');
  assert.equal((await kidsOf()).includes(kid), false);
  assert.equal((await kidsOf('two')).includes(kid), false);
  const token = await until(async () => {
    const one = await login(at(), org.one, who.one, key.one);
    return peek(one).header.kid === kid && one;
  }, 'a token of it');
  const other = await login(at(), org.two, who.two, key.two);
  assert.notEqual(peek(other).header.kid, kid);
  for (const bearer of [before_, token, other])
    await at().call('GET', '/auth/credentials', undefined,
      { bearer, status: 200 });
  const [, ...rest] = other.split('.');
  const swapped = Buffer.from(JSON.stringify({ ...peek(other).header, kid }))
    .toString('base64url');
  await at().call('GET', '/auth/credentials', undefined,
    { bearer: [swapped, ...rest].join('.'), status: 401 });
  const api = at();
  for (let i = 0; i < 4; i++)
    assert.equal((await cost(instance, api, 'GET', '/auth/credentials',
      undefined, { bearer: token, status: 200 })).statements,
    (await cost(instance, api, 'GET', '/auth/credentials', undefined,
      { bearer: other, status: 200 })).statements);
});

test('a tenant that goes takes its keys along, and no others', async () => {
  const count = async (name) => Number((await instance.sql(`SELECT COUNT(*)
    FROM jwks WHERE tenant_id ${name ? `= UNHEX('${uuid[name]
    .replaceAll('-', '')}')` : 'IS NULL'}`))[0][0]);
  const had = [await count('one'), await count('three'), await count()];
  assert.ok(await count('two') > 0);
  await instance.admin().call('DELETE', `/tenants/${uuid.two}`, undefined,
    { status: 204 });
  assert.equal(await count('two'), 0);
  assert.deepEqual([await count('one'), await count('three'), await count()],
    had);
  for (const name of ['one', 'three', undefined])
    await (await member(name)).call('GET', '/me', undefined, { status: 200 });
});

test('what an operator gets wrong', async () => {
  for (const [words, why] of [
    [['rotate', '--tenant', 'nobody'], /there is no such organisation/],
    [['list', '--tenant', 'nobody'], /there is no such organisation/]]) {
    const { status, stderr } = await instance.postern('jwk', ...words);
    assert.equal(status, 1);
    assert.match(stderr, why);
  }
  assert.equal((await instance.postern('jwk', 'list', '--tenant')).status, 2);
  const kid = await rotate('--tenant', 'default');
  assert.match(await run('jwk', 'list'), new RegExp(`${kid} .* waiting`));
});
