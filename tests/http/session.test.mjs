/* Sessions: presented, validated, listed, ended; and tokens that lie. */
import assert from 'node:assert/strict';
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, until } from '../lib/instance.mjs';
import { forge, forgeHmac, peek, rsaKey } from '../lib/token.mjs';

const PASSWORD = 'correct horse battery';
const plain = { 'mfa.enabled': 'false',
  'passkey.acquire_on_login': 'never', 'email.acquire_on_login': 'false' };
let instance;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug' } });
});
after(() => instance?.stop());

async function loggedIn(at = instance) {
  const api = await at.client();
  const user = await api.signUp(freshAddress());
  return { api, ...user, token: api.token };
}

/* What both forms of /sessions/validate say of a token. */
async function validity(token, at = instance) {
  const api = await at.client();
  const get = await api.call('GET', '/sessions/validate', undefined,
    { bearer: token, status: 200 });
  const post = await api.call('POST', '/sessions/validate',
    { session_token: token }, { status: 200 });
  assert.equal(get.body.is_valid, post.body.is_valid);
  return get.body;
}

test('a token says who, until when, and to whom', async () => {
  const { token, user_id, email } = await loggedIn();
  const { header, payload } = peek(token);
  assert.deepEqual(Object.keys(header), ['alg', 'kid', 'typ']);
  assert.equal(header.alg, 'RS256');
  assert.equal(header.typ, 'JWT');
  assert.equal(payload.sub, user_id);
  assert.equal(payload.exp - payload.iat, 43200);
  assert.deepEqual(payload.aud, ['localhost']);
  assert.deepEqual(payload.email, { address: email, is_primary: true,
    is_verified: true });
  assert.deepEqual(Object.keys(payload).sort(),
    ['amr', 'aud', 'email', 'exp', 'iat', 'session_id', 'sub']);
  assert.deepEqual(payload.amr, ['otp']);
  const jwks = await (await instance.client()).call('GET',
    '/.well-known/jwks.json');
  const jwk = jwks.body.keys.find(({ kid }) => kid === header.kid);
  const [input, signature] = [token.slice(0, token.lastIndexOf('.')),
    token.slice(token.lastIndexOf('.') + 1)];
  assert.ok(verify('sha256', Buffer.from(input),
    createPublicKey({ key: jwk, format: 'jwk' }),
    Buffer.from(signature, 'base64url')));
});

test('validate tells what the token says', async () => {
  const { token, user_id, email } = await loggedIn();
  const body = await validity(token);
  const { payload } = peek(token);
  assert.equal(body.is_valid, true);
  assert.equal(body.user_id, user_id);
  assert.equal(body.claims.subject, user_id);
  assert.equal(body.claims.session_id, payload.session_id);
  assert.equal(Date.parse(body.claims.expiration), payload.exp * 1000);
  assert.equal(body.expiration_time, body.claims.expiration);
  assert.equal(Date.parse(body.claims.issued_at), payload.iat * 1000);
  assert.equal(body.claims.email.address, email);
  assert.equal(body.idle_expires_at, undefined);
  const api = await instance.client();
  const none = await api.call('GET', '/sessions/validate');
  assert.deepEqual(none.body, { is_valid: false });
  await api.call('POST', '/sessions/validate', {}, { status: 400 });
});

test('validate costs one SELECT and nothing else', async () => {
  const { api, token } = await loggedIn();
  for (const opts of [{}, { bearer: token, noJar: true }]) {
    await api.call('GET', '/sessions/validate', undefined, opts);
    const { statements, hashes, response } = await cost(instance, api, 'GET',
      '/sessions/validate', undefined, opts);
    assert.equal(response.body.is_valid, true);
    assert.deepEqual({ statements, hashes }, { statements: 1, hashes: 0 });
  }
  const nobody = await instance.client();
  assert.equal((await cost(instance, nobody, 'GET',
    '/sessions/validate')).statements, 0);
  const before_ = await instance.sql('SELECT MAX(last_used) FROM sessions');
  await api.call('GET', '/sessions/validate');
  assert.deepEqual(await instance.sql('SELECT MAX(last_used) FROM sessions'),
    before_);
});

test('forged, truncated, altered and foreign tokens are no sessions', async () => {
  const { token, user_id } = await loggedIn();
  const { header, payload } = peek(token);
  const jwks = await (await instance.client()).call('GET',
    '/.well-known/jwks.json');
  const [h, p, s] = token.split('.');
  const flipped = Buffer.from(s, 'base64url');
  flipped[10] ^= 1;
  const ours = rsaKey();
  const jwk = createPublicKey(ours).export({ format: 'jwk' });
  const bad = {
    none: forge({ ...header, alg: 'none' }, payload),
    'none with signature': `${forge({ ...header, alg: 'none' },
      payload)}${s}`,
    hmac: forgeHmac(header, payload, jwks.body.keys[0]),
    'other key': forge(header, payload, ours),
    'unknown kid': forge({ ...header, kid: randomUUID() }, payload, ours),
    'no kid': forge({ alg: 'RS256', typ: 'JWT' }, payload, ours),
    'embedded jwk': forge({ ...header, jwk }, payload, ours),
    'jku': forge({ ...header, jku: 'http://127.0.0.1:9/' }, payload, ours),
    'crit': forge({ ...header, crit: ['x'], x: 1 }, payload, ours),
    'kid of another type': forge({ ...header, kid: 7 }, payload, ours),
    'flipped bit': `${h}.${p}.${flipped.toString('base64url')}`,
    'other payload': `${h}.${Buffer.from(JSON.stringify({ ...payload,
      exp: payload.exp + 1 })).toString('base64url')}.${s}`,
    'two parts': `${h}.${p}`,
    'four parts': `${token}.x`,
    'no signature': `${h}.${p}.`,
    'cut': token.slice(0, -10),
    'padded': `${token}==`,
    'standard alphabet': `${h}.${p}.${Buffer.from(s, 'base64url')
      .toString('base64')}`,
    'empty parts': '..',
    'not a token': 'hello',
    'long': `${h}.${'a'.repeat(7000)}.${s}`,
  };
  for (const [what, lie] of Object.entries(bad)) {
    const body = await validity(lie);
    assert.deepEqual(body, { is_valid: false }, what);
    const api = await instance.client();
    await api.call('GET', `/users/${user_id}`, undefined,
      { bearer: lie, status: 401 });
    api.jar.set('hanko', lie);
    await api.call('GET', '/me', undefined, { status: 401 });
  }
  assert.equal((await validity(token)).is_valid, true);
});

test('bearer first, then cookie; a bad bearer does not end the search', async () => {
  const ada = await loggedIn();
  const bob = await loggedIn();
  const who = async (opts) =>
    (await ada.api.call('GET', '/me', undefined, opts)).body.id;
  assert.equal(await who({}), ada.user_id);
  assert.equal(await who({ bearer: bob.token }), bob.user_id);
  assert.equal(await who({ bearer: 'nonsense' }), ada.user_id);
  assert.equal(await who({ noJar: true,
    headers: { Authorization: `bEaReR   ${bob.token}` } }), bob.user_id);
  await ada.api.call('GET', '/me', undefined, { noJar: true,
    headers: { Authorization: `Basic ${bob.token}` }, status: 401 });
  await ada.api.call('GET', '/me', undefined, { noJar: true,
    headers: { Cookie: `hanko=${bob.token}; hanko=${ada.token}` },
    status: 401 });
});

test('a cookie from a foreign page is not looked at', async () => {
  const { api, token, user_id } = await loggedIn();
  await api.call('GET', '/me', undefined,
    { headers: { Origin: 'https://evil.example' }, status: 401 });
  await api.call('POST', '/logout', undefined,
    { headers: { Origin: 'https://evil.example' }, status: 401 });
  await api.call('GET', '/me', undefined,
    { headers: { Origin: new URL(instance.url).origin }, status: 200 });
  const me = await api.call('GET', '/me', undefined, { noJar: true,
    bearer: token, headers: { Origin: 'https://app.example' }, status: 200 });
  assert.equal(me.body.id, user_id);
});

test('logout ends this session, at once, and no other', async () => {
  const { api, token, email } = await loggedIn();
  const other = await instance.client();
  await other.passcodeLogin(email);
  const out = await api.call('POST', '/logout', undefined, { status: 204 });
  assert.match(out.cookies[0], /^hanko=; Path=\/; Max-Age=0; HttpOnly;/);
  assert.deepEqual(await validity(token), { is_valid: false });
  await api.call('POST', '/logout', undefined,
    { bearer: token, status: 401 });
  await other.call('GET', '/me', undefined, { status: 200 });
});

test('sessions are listed and ended by their owner', async () => {
  const { api, email } = await loggedIn();
  const other = await instance.client();
  await other.passcodeLogin(email);
  const list = await api.call('GET', '/sessions', undefined, { status: 200 });
  assert.equal(list.body.length, 2);
  assert.deepEqual(list.body.map(({ current }) => current), [false, true]);
  const bob = await loggedIn();
  await bob.api.call('DELETE', `/sessions/${list.body[0].id}`, undefined,
    { status: 404 });
  await api.call('DELETE', '/sessions/nonsense', undefined, { status: 404 });
  await api.call('DELETE', `/sessions/${randomUUID()}`, undefined,
    { status: 404 });
  await api.call('DELETE', `/sessions/${list.body[0].id}`, undefined,
    { status: 204 });
  await other.call('GET', '/me', undefined, { status: 401 });
  const third = await instance.client();
  await third.passcodeLogin(email);
  await api.call('DELETE', '/sessions', undefined, { status: 204 });
  await third.call('GET', '/me', undefined, { status: 401 });
  const [self] = (await api.call('GET', '/sessions')).body;
  const gone = await api.call('DELETE', `/sessions/${self.id}`, undefined,
    { status: 204 });
  assert.match(gone.cookies[0], /Max-Age=0/);
  await api.call('GET', '/sessions', undefined, { status: 401 });
});

test('the oldest session gives way at the limit, under load too', async () => {
  const few = await instance.other({ set: { 'session.limit': '3',
    'log.level': 'debug' } });
  try {
    const { api, user_id } = await loggedIn(few);
    await api.call('PUT', '/password', { user_id, password: 'long enough' },
      { status: 201 });
    const first = api.token;
    const clients = await Promise.all(Array.from({ length: 6 }, async () => {
      const one = await few.client();
      let done;
      do {
        done = await one.passwordLogin(user_id, 'long enough');
        if (done.status === 503)
          await sleep(100);
      } while (done.status === 503);
      assert.equal(done.status, 200);
      return one;
    }));
    assert.deepEqual(await validity(first, few), { is_valid: false });
    const alive = await Promise.all(clients.map(async (one) =>
      (await one.call('GET', '/sessions/validate')).body.is_valid));
    assert.equal(alive.filter(Boolean).length, 3);
  } finally {
    await few.stop();
  }
});

test('idleness ends a session, use prolongs it', async () => {
  const lazy = await start({ set: { 'session.idle_timeout': '1h' } });
  /* Time passes for every session: its last use was so much earlier. */
  const pass = (minutes) => lazy.sql(`UPDATE sessions
    SET last_used = last_used - INTERVAL ${minutes} MINUTE`);
  const lastUsed = async () => Number((await lazy.sql(`SELECT
    UNIX_TIMESTAMP(CONVERT_TZ(last_used, '+00:00', @@time_zone))
    FROM sessions`))[0][0]) * 1000;
  try {
    const { api, token } = await loggedIn(lazy);
    const told = await validity(token, lazy);
    assert.ok(Math.abs(Date.parse(told.idle_expires_at)
      - await lastUsed() - 3600000) <= 1000, told.idle_expires_at);
    for (let i = 0; i < 3; i++) {
      await pass(50);
      const idle = await lastUsed();
      await api.call('GET', '/me', undefined, { status: 200 });
      assert.ok(await lastUsed() >= idle + 3000000, 'its use is noted');
    }
    await pass(61);
    /* Shown by a page that keeps its cookie all the same. */
    const asked = await api.call('GET', '/sessions/validate', undefined,
      { headers: { Cookie: `hanko=${token}` }, noJar: true });
    assert.deepEqual(asked.body, { is_valid: false });
    assert.match(asked.cookies[0], /^hanko=; .*Max-Age=0/);
    const dead = await api.call('GET', '/me', undefined, { status: 401 });
    assert.match(dead.cookies[0], /^hanko=; .*Max-Age=0/);
    assert.deepEqual(await lazy.sql('SELECT COUNT(*) FROM sessions'), [['0']]);
  } finally {
    await lazy.stop();
  }
});

test('a token dies with its lifespan', async () => {
  const brief = await instance.other({ set: { 'session.lifespan': '2s' } });
  const left_ms = (token) => peek(token).payload.exp * 1000 - Date.now();
  try {
    /* An answer that came too late says nothing: once more, then. */
    const { api, token } = await until(async () => {
      const one = await loggedIn(brief);
      const { is_valid } = await validity(one.token, brief);
      if (left_ms(one.token) <= 0)
        return null;
      assert.equal(is_valid, true);
      return one;
    }, 'an answer within two seconds');
    await sleep(left_ms(token) + 100);
    assert.equal((await validity(token, brief)).is_valid, false);
    await api.call('GET', '/me', undefined,
      { bearer: token, status: 401 });
  } finally {
    await brief.stop();
  }
});

/* Each way of the public API to log in again: a function of who does. */
const ways = {
  passcode: ({ api, email }) => api.passcodeLogin(email),
  password: ({ api, user_id }) => api.passwordLogin(user_id, PASSWORD),
  async passkey({ api, device }) {
    const { body } = await api.call('POST', '/webauthn/login/initialize', {},
      { status: 200 });
    await api.call('POST', '/webauthn/login/finalize',
      device.get(body.publicKey), { status: 200 });
  },
  async flow({ api, email }) {
    const flow = await Flow.identified(api, email, 'password_login');
    await flow.act('password_login', { password: PASSWORD }, { status: 200 });
    assert.equal(flow.state, 'success');
    api.authToken = flow.last.headers['x-auth-token'];
  },
};

/* Who has a password, a passkey, and a session in another browser, too. */
async function equipped(at) {
  const who = await loggedIn(at);
  const { api, user_id, token } = who;
  await api.call('PUT', '/password', { user_id, password: PASSWORD },
    { bearer: token, status: 201 });
  who.device = await api.addPasskey({ origin: new URL(at.url).origin });
  const elsewhere = at.client();
  await elsewhere.passcodeLogin(who.email);
  return { ...who, elsewhere: elsewhere.token };
}

test('a log-in ends the session that the browser brought', async () => {
  const at = await instance.other({ set: { ...plain } });
  try {
    const who = await equipped(at);
    for (const [way, logIn] of Object.entries(ways)) {
      const before_ = who.api.token;
      await logIn(who);
      assert.notEqual(who.api.token, before_, way);
      assert.equal((await validity(before_, at)).is_valid, false, way);
      assert.equal((await validity(who.api.token, at)).is_valid, true, way);
    }
    assert.equal((await validity(who.elsewhere, at)).is_valid, true);
  } finally {
    await at.stop();
  }
});

test('so does one that brings it in a header', async () => {
  const at = await instance.other({ set: { ...plain,
    'session.enable_auth_token_header': 'true' } });
  try {
    const who = await loggedIn(at);
    const { api, user_id, email, token } = who;
    await api.call('PUT', '/password', { user_id, password: PASSWORD },
      { bearer: token, status: 201 });
    for (const way of ['passcode', 'password', 'flow']) {
      const before_ = api.token;
      api.headers.Authorization = `Bearer ${before_}`;
      await ways[way](who);
      delete api.headers.Authorization;
      assert.equal((await validity(before_, at)).is_valid, false, way);
      assert.equal((await validity(api.token, at)).is_valid, true, way);
    }
    assert.ok(email);
  } finally {
    await at.stop();
  }
});

test('of somebody else it does not; who brings none pays nothing', async () => {
  const at = await instance.other({ set: { ...plain, 'log.level': 'debug' } });
  try {
    const [ada, bob] = [await equipped(at), await loggedIn(at)];
    const logIn = async (cookie) => {
      const api = at.client();
      if (cookie)
        api.jar.set('hanko', cookie);
      const { response, ...spent } = await cost(at, api, 'POST',
        '/password/login', { user_id: ada.user_id, password: PASSWORD });
      assert.equal(response.status, 200);
      return { token: api.token, ...spent };
    };
    const none = await logIn();
    const theirs = await logIn(bob.token);
    assert.equal((await validity(bob.token, at)).is_valid, true);
    const own = await logIn(none.token);
    assert.equal((await validity(none.token, at)).is_valid, false);
    assert.equal(theirs.statements, none.statements);
    assert.equal(own.statements, none.statements + 1);
    /* A wrong password ends nothing. */
    const api = at.client();
    api.jar.set('hanko', own.token);
    await api.call('POST', '/password/login',
      { user_id: ada.user_id, password: `${PASSWORD}!` }, { status: 401 });
    assert.equal((await validity(own.token, at)).is_valid, true);
  } finally {
    await at.stop();
  }
});

test('header mode hands the token out without a cookie', async () => {
  const header = await instance.other({ set: {
    'session.enable_auth_token_header': 'true',
    'session.issuer': 'https://login.example',
    'session.audience': 'app.example,api.example',
    'session.cookie.name': '__Host-login', 'session.cookie.secure': 'true' } });
  try {
    const { api, token } = await loggedIn(header);
    assert.ok(token);
    assert.deepEqual(api.jar.all().filter((line) =>
      line.startsWith('__Host-login')), []);
    const { payload } = peek(token);
    assert.deepEqual(payload.aud, ['app.example', 'api.example']);
    assert.equal(payload.iss, 'https://login.example');
    const body = await validity(token, header);
    assert.equal(body.claims.issuer, 'https://login.example');
    assert.deepEqual(body.claims.audience, ['app.example', 'api.example']);
    const out = await api.call('POST', '/logout', undefined,
      { bearer: token, status: 204 });
    assert.match(out.cookies[0],
      /^__Host-login=; Path=\/; Max-Age=0; HttpOnly; Secure; SameSite=Strict$/);
    api.jar.set('__Host-login', token);
    await api.call('GET', '/me', undefined, { status: 401 });
  } finally {
    await header.stop();
  }
});
