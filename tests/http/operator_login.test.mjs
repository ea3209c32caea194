/*
 * Operators log in by a passkey: what opens the way, what a session is worth,
 * where, and when it ends.  Everything that could be taken for one is tried.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Api, freshAddress } from '../lib/api.mjs';
import { UV, b64 } from '../lib/authenticator.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';

let instance;
let origin; /* of the page of operators */
let site; /* of everybody's */
let org;

before(async () => {
  instance = await start({ admin: true, set: { 'username.enabled': 'true',
    'audit_log.storage.enabled': 'true', 'audit_log.mask': 'true',
    'mfa.security_keys.user_verification': 'preferred' } });
  origin = new URL(instance.adminUrl).origin;
  site = new URL(instance.url).origin;
  org = await createOrg(instance, 'Other', freshAddress('first'));
});
after(() => instance?.stop());

const hex = (id) => id.replaceAll('-', '');
const mark = async (...words) => assert.equal((await instance.postern(
  'operator', 'add', ...words)).status, 0);
const unmark = (who) => instance.postern('operator', 'remove', who);

/* A browser on the page of operators, with a cookie jar of its own. */
const browser = (more = {}) => new Api(instance.adminUrl, {
  description: 'admin ', headers: { Origin: origin }, ...more });

/* Somebody with a passkey, which signs on the page of operators. */
async function member(name, options = {}) {
  const api = instance.client();
  const email = freshAddress(name);
  const { user_id: id } = await api.signUp(email);
  const key = await api.addPasskey({ origin: site, ...options });
  key.origin = origin;
  return { api, email, id, key };
}

async function operator(name, ...words) {
  const who = await member(name);
  await mark(...words, who.email);
  return who;
}

const begin = async (page = browser(), prefix = '') => (await page.call('POST',
  `${prefix}/operator/login/initialize`, undefined, { status: 200 })).body
  .publicKey;
const finish = (page, answer, status, prefix = '') => page.call('POST',
  `${prefix}/operator/login/finalize`, answer, { status });

async function logIn({ key }, page = browser(), prefix = '') {
  await finish(page, key.get(await begin(page, prefix)), 200, prefix);
  return page;
}

const recorded = async (type) => (await instance.sql(`SELECT actor_operator,
  LOWER(HEX(actor_user_id)), LOWER(HEX(subject_user_id)), error
  FROM audit_logs WHERE type = '${type}'
  ORDER BY created_at DESC, id LIMIT 1`))[0];

/* Whatever is tried, it is the same, and no cookie comes of it. */
async function refused(answer, why, page = browser()) {
  const { headers, body, cookies } = await finish(page, answer, 401);
  assert.deepEqual(body, { code: 401, message: 'Unauthorized' });
  assert.equal(headers['www-authenticate'], 'Bearer');
  assert.deepEqual(cookies, []);
  if (why)
    assert.equal((await recorded('operator_login_failed'))[3], why);
}

describe('a log-in', () => {
  test('is of an operator, and on record with their name', async () => {
    const who = await operator('ada');
    const page = browser();
    const options = await begin(page);
    assert.deepEqual([options.userVerification, options.rpId,
      options.allowCredentials], ['required', 'localhost', undefined]);
    const { body, cookies } = await finish(page, who.key.get(options), 200);
    const { expires_at, ...rest } = body;
    assert.deepEqual(rest, { kind: 'operator', name: who.email,
      user_id: who.id, read_only: false });
    assert.match(cookies[0], /^postern_operator=ptno_[\w-]{64}; Path=\/; Max-Age=28800; HttpOnly; SameSite=Strict$/);
    assert.deepEqual((await recorded('operator_login_succeeded'))[1],
      hex(who.id));

    const { body: shown } = await page.call('GET', '/operator', undefined,
      { status: 200 });
    assert.deepEqual(shown, body);
    assert.ok(Date.parse(expires_at) > Date.now());
    const other = await member('other');
    await page.call('PATCH', `/users/${other.id}`, { name: 'Mine' },
      { status: 200 });
    const [name, actor, subject] = await recorded('user_changed');
    assert.match(name, /^operator:a.*@/);
    assert.ok(!name.includes(who.email), name);
    assert.deepEqual([actor, subject], [hex(who.id), hex(other.id)]);

    const left = await page.call('POST', '/operator/logout', undefined,
      { status: 204 });
    assert.match(left.cookies[0], /^postern_operator=; Path=\/; Max-Age=0;/);
    assert.equal((await recorded('operator_logged_out'))[1], hex(who.id));
    await page.call('GET', '/operator', undefined, { status: 401 });
  });

  test('takes a cookie that is dead for none', async () => {
    const who = await operator('left');
    const page = await logIn(who);
    const value = page.jar.get('postern_operator');
    const headers = { Cookie: `postern_operator=${value}` };
    await page.call('POST', '/operator/logout', undefined, { status: 204 });
    await browser().call('GET', '/operator', undefined, { status: 401,
      headers });
    assert.equal((await recorded('admin_denied'))[3], 'no session');
  });

  test('shows a username where there is one', async () => {
    const who = await operator('named');
    await instance.admin().call('PATCH', `/users/${who.id}`,
      { username: 'grace' }, { status: 200 });
    const page = await logIn(who);
    assert.equal((await page.call('GET', '/operator')).body.name, 'grace');
    await page.call('POST', `/users/${(await member('x')).id}/lock`, undefined,
      { status: 204 });
    assert.equal((await recorded('user_locked'))[0], 'operator:grace');
  });

  test('to look is not one to change', async () => {
    const page = await logIn(await operator('reader', '--read-only'));
    const { id } = await member('looked-at');
    await page.call('GET', `/users/${id}`, undefined, { status: 200 });
    const { body } = await page.call('DELETE', `/users/${id}`, undefined,
      { status: 403 });
    assert.equal(body.message, 'this operator is read-only');
    await page.call('POST', '/operator/logout', undefined, { status: 204 });
  });

  test('of one tenant reaches it alone, and no other operator', async () => {
    const who = await operator('bound', '--tenant', 'default');
    const first = await operator('first');
    const page = await logIn(who);
    const { body } = await page.call('GET', '/operator');
    const [[tenant]] = await instance.sql(
      "SELECT LOWER(HEX(id)) FROM tenants WHERE name = 'default'");
    assert.equal(hex(body.tenant_id), tenant);
    await page.call('GET', `/${org}/users`, undefined, { status: 404 });
    await page.call('GET', '/tenants', undefined, { status: 403 });
    await page.call('GET', `/users/${first.id}`, undefined, { status: 404 });
    const all = await logIn(first);
    await all.call('GET', `/${org}/users`, undefined, { status: 200 });
    await all.call('GET', `/users/${who.id}`, undefined, { status: 200 });
  });

  test('is none of a key', async () => {
    const admin = instance.admin();
    const { body } = await admin.call('GET', '/operator', undefined,
      { status: 200 });
    assert.deepEqual(body, { kind: 'key', name: 'quickstart',
      read_only: false });
    await admin.call('POST', '/operator/logout', undefined, { status: 409 });
    const page = await logIn(await operator('both'));
    const bearer = await instance.adminKey('beside', '--read-only');
    assert.equal((await page.call('GET', '/operator', undefined, { bearer }))
      .body.name, 'beside');
    await page.call('GET', '/operator', undefined, { bearer: 'ptna_x',
      status: 401 });
  });
});

describe('nobody comes in', () => {
  test('without a mark, or by a passkey that is younger', async () => {
    const who = await member('nobody');
    await refused(who.key.get(await begin()), 'no passkey of an operator');
    await mark(who.email);
    const later = await who.api.addPasskey({ origin: site });
    later.origin = origin;
    await refused(later.get(await begin()), 'no passkey of an operator');
    await logIn(who);
    await mark(who.email);
    await logIn({ key: later });
    await unmark(who.email);
    await refused(who.key.get(await begin()), 'no passkey of an operator');
  });

  test('who is unknown, locked, or has gone', async () => {
    const who = await operator('locked');
    const other = await member('stranger');
    await refused(other.key.get(await begin(), { id: Buffer.alloc(32, 7) }),
      'unknown credential');
    await refused(who.key.get(await begin(), { userHandle: null }),
      'no usable user handle');
    await refused(who.key.get(await begin(), { userHandle:
      other.key.userHandle }), 'unknown credential');
    await instance.postern('user', 'lock', who.email);
    await refused(who.key.get(await begin()), 'unknown credential');
    await instance.postern('user', 'unlock', who.email);
    await logIn(who);
    await instance.postern('user', 'delete', who.email);
    await refused(who.key.get(await begin()), 'unknown credential');
  });

  test('by what lies', async () => {
    const who = await operator('liar');
    const lie = async (lies) => who.key.get(await begin(), lies);
    await refused(await lie({ clear: UV }));
    await refused(await lie({ client: { origin: site } }));
    await refused(await lie({ client: { origin: 'https://evil.example' } }));
    await refused(await lie({ rpId: 'evil.example' }));
    await refused(await lie({ client: { crossOrigin: true } }));
    await refused(await lie({ client: { type: 'webauthn.create' } }));
    await refused(await lie({ counter: 1 }));
    await refused(await lie({ signature: (one) => Buffer.from(one).fill(1,
      10, 20) }));
    await refused(await lie({ clientJSON: () => '{' }));
    await logIn(who);
  });

  test('twice by one answer, or by a challenge of the other side', async () => {
    const who = await operator('again');
    const answer = who.key.get(await begin());
    await finish(browser(), answer, 200);
    await refused(answer, 'unknown challenge');

    const pub = instance.client();
    const theirs = (await pub.call('POST', '/webauthn/login/initialize',
      undefined, { status: 200 })).body.publicKey;
    await refused(who.key.get(theirs), 'unknown challenge');
    const ours = who.key.get(await begin(), { client: { origin: site } });
    await pub.call('POST', '/webauthn/login/finalize', ours, { status: 401 });
    await refused(who.key.get(await begin(), { client: { challenge:
      b64(Buffer.alloc(32, 1)) } }), 'unknown challenge');
  });

  test('by a challenge that is too old', async () => {
    const who = await operator('late');
    const answer = who.key.get(await begin());
    await instance.sql(`UPDATE webauthn_challenges SET expires_at =
      UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE operation = 'operator'`);
    await refused(answer, 'expired challenge');
  });

  test('of another tenant', async () => {
    const who = await operator('ours');
    const there = await begin(browser(), `/${org}`);
    await refused(who.key.get(there), 'unknown challenge');
    const page = browser();
    const answer = who.key.get(await begin(page, `/${org}`));
    await finish(page, answer, 401, `/${org}`);
    const nowhere = '/7d7a2c0e-52c5-4d39-9c7b-0c1c6d5f3b11';
    await page.call('POST', `${nowhere}/operator/login/initialize`, undefined,
      { status: 401 });
  });

  test('by a credential of the Dfns API, or one that is a factor', async () => {
    const who = await operator('dfns');
    const change = (what) => instance.sql(`UPDATE webauthn_credentials
      SET ${what} WHERE HEX(user_id) = '${hex(who.id)}'`);
    await change("api = 'dfns'");
    await refused(who.key.get(await begin()), 'no passkey of an operator');
    await change("api = 'hanko', mfa_only = 1");
    await refused(who.key.get(await begin()), 'a security key lets nobody in');
    await change('mfa_only = 0');
    await logIn(who);
  });

  test('by what is malformed', async () => {
    const who = await operator('form');
    await finish(browser(), { id: 'x' }, 400);
    await finish(browser(), who.key.get(await begin(), { body:
      { type: 'password' } }), 400);
    await browser().call('POST', '/operator/login/finalize', undefined,
      { raw: 'a=b', type: 'application/x-www-form-urlencoded', status: 415 });
  });

  test('from a page of another origin, or of none', async () => {
    const who = await operator('elsewhere');
    for (const Origin of [site, 'null', 'https://evil.example', undefined,
      origin.replace('http:', 'https:'), `${origin}.evil.example`]) {
      const page = browser({ headers: Origin ? { Origin } : {} });
      await page.call('POST', '/operator/login/initialize', undefined,
        { status: 401 });
      await finish(page, who.key.get(await begin()), 401);
    }
    assert.equal((await recorded('admin_denied'))[3],
      'a page of another origin');
  });
});

describe('a session', () => {
  let who;
  let page;

  before(async () => {
    who = await operator('session');
    page = await logIn(who);
  });

  const cookie = () => `postern_operator=${page.jar.get('postern_operator')}`;

  test('counts for the page of operators alone', async () => {
    const { id } = await member('target');
    const bare = browser({ headers: {} });
    const sent = (Origin, more = {}) => ({ headers: { Cookie: cookie(),
      ...Origin && { Origin }, ...more } });
    for (const Origin of [undefined, site, 'null', 'https://evil.example'])
      for (const [method, path] of [['POST', `/users/${id}/lock`],
        ['DELETE', `/users/${id}`], ['PATCH', `/users/${id}`],
        ['POST', '/operator/logout']])
        await bare.call(method, path, undefined, { ...sent(Origin),
          status: 401 });
    await bare.call('POST', `/users/${id}/password`, undefined, { ...sent(site,
      { 'Content-Type': 'application/x-www-form-urlencoded' }),
    raw: 'password=battery+horse', status: 401 });
    for (const from of ['same-site', 'cross-site', 'none'])
      await bare.call('GET', '/operator', undefined, { ...sent(undefined,
        { 'Sec-Fetch-Site': from }), status: 401 });
    await bare.call('GET', '/operator', undefined, { ...sent(site),
      status: 401 });
    for (const headers of [{}, { 'Sec-Fetch-Site': 'same-origin' }])
      await bare.call('GET', '/operator', undefined, { ...sent(undefined,
        headers), status: 200 });
    await bare.call('GET', `/users/${id}`, undefined, { ...sent(origin),
      status: 200 });
    const [[locked]] = await instance.sql(`SELECT locked_at FROM users
      WHERE HEX(id) = '${hex(id)}'`);
    assert.equal(locked, null);
  });

  test('is worth nothing on the public side, nor one of it here', async () => {
    const value = page.jar.get('postern_operator');
    const pub = instance.client();
    for (const headers of [{ Cookie: cookie() },
      { Cookie: `hanko=${value}` }, { Authorization: `Bearer ${value}` }])
      await pub.call('GET', '/me', undefined, { headers, status: 401 });
    const { token } = who.api;
    for (const headers of [{ Cookie: `hanko=${token}`, Origin: origin },
      { Cookie: `postern_operator=${token}`, Origin: origin },
      { Authorization: `Bearer ${token}`, Origin: origin },
      { Authorization: `Bearer ${value}`, Origin: origin },
      { Cookie: `postern_operator=${instance.env.POSTERN_ADMIN_KEY}`,
        Origin: origin }])
      await browser().call('GET', '/operator', undefined, { headers,
        status: 401 });
  });

  test('is no other by a part of it', async () => {
    const value = page.jar.get('postern_operator');
    for (const one of ['', 'x', value.slice(0, -1), `${value}A`,
      `ptno_${'A'.repeat(64)}`, value.slice(0, 26) + 'A'.repeat(43),
      value.replace('ptno', 'ptna')])
      await browser().call('GET', '/operator', undefined, { headers: {
        Cookie: `postern_operator=${one}` }, status: 401 });
    await browser().call('GET', '/operator', undefined, { headers: { Cookie:
      `postern_operator=ptno_${'A'.repeat(64)}; ${cookie()}` }, status: 200 });
  });

  test('is a new one at each log-in, whatever was there', async () => {
    const planted = browser();
    const value = `ptno_${'B'.repeat(64)}`;
    const { cookies } = await planted.call('POST', '/operator/login/finalize',
      who.key.get(await begin()), { status: 200, headers: { Origin: origin,
        Cookie: `postern_operator=${value}` } });
    assert.ok(!cookies[0].includes(value));
    assert.notEqual(planted.jar.get('postern_operator'),
      page.jar.get('postern_operator'));
    const [[kept]] = await instance.sql(`SELECT COUNT(*) FROM operator_sessions
      WHERE HEX(user_id) = '${hex(who.id)}'`);
    assert.equal(kept, '2');
  });

  test('is stored as its digest', async () => {
    const value = page.jar.get('postern_operator').slice(5);
    const secret = Buffer.from(value, 'base64url').subarray(16);
    const rows = await instance.sql(`SELECT COUNT(*) FROM operator_sessions
      WHERE LOWER(HEX(digest)) = SHA2(UNHEX('${secret.toString('hex')}'), 256)`);
    assert.deepEqual(rows, [['1']]);
  });

  /* Each is done to a session of its own, which ends of it. */
  const ends = {
    'the mark is taken away': (one) => unmark(one.email),
    'the user is locked': (one) => instance.admin().call('POST',
      `/users/${one.id}/lock`, undefined, { status: 204 }),
    'the user is deleted': (one) => instance.admin().call('DELETE',
      `/users/${one.id}`, undefined, { status: 204 }),
    'the passkey is taken away': (one) => instance.admin().call('DELETE',
      `/users/${one.id}/webauthn_credentials/${b64(one.key.id)}`, undefined,
      { status: 204 }),
    'all of the user\'s sessions are ended': (one) => instance.admin().call(
      'DELETE', `/users/${one.id}/sessions`, undefined, { status: 204 }),
    'they are by the command, of somebody who has no other': async (one) => {
      await one.api.call('POST', '/logout', undefined, { status: 204 });
      await instance.postern('user', 'sessions', '--end', 'all', one.email);
    },
    'the user ends all others': (one) => one.api.call('DELETE', '/sessions',
      undefined, { status: 204 }),
    'the password is set anew': async (one) => {
      for (const [method, password] of [['POST', 'battery horse'],
        ['PUT', 'battery cow']])
        await instance.admin().call(method, `/users/${one.id}/password`,
          { password });
    },
    'its time is over': (one) => instance.sql(`UPDATE operator_sessions
      SET expires_at = UTC_TIMESTAMP(6) WHERE HEX(user_id) = '${hex(one.id)}'`),
    'nothing was asked for': (one) => instance.sql(`UPDATE operator_sessions
      SET last_used = UTC_TIMESTAMP(6) - INTERVAL 31 MINUTE
      WHERE HEX(user_id) = '${hex(one.id)}'`),
  };
  for (const [when, act] of Object.entries(ends))
    test(`ends when ${when}`, async () => {
      const one = await operator('ending');
      const mine = await logIn(one);
      await mine.call('GET', '/operator', undefined, { status: 200 });
      await act(one);
      await mine.call('GET', '/operator', undefined, { status: 401 });
    });

  test('does not come back with the user', async () => {
    const one = await operator('back');
    const mine = await logIn(one);
    await instance.postern('user', 'lock', one.email);
    await instance.postern('user', 'unlock', one.email);
    await mine.call('GET', '/operator', undefined, { status: 401 });
  });

  test('goes on while it is used, and what is over is removed', async () => {
    const one = await operator('used');
    const mine = await logIn(one);
    const age = (minutes, column) => instance.sql(`UPDATE operator_sessions
      SET ${column} = UTC_TIMESTAMP(6) - INTERVAL ${minutes} MINUTE
      WHERE HEX(user_id) = '${hex(one.id)}'`);
    for (let i = 0; i < 3; i++) {
      await age(29, 'last_used');
      await mine.call('GET', '/operator', undefined, { status: 200 });
    }
    const [[fresh]] = await instance.sql(`SELECT last_used >
      UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE FROM operator_sessions
      WHERE HEX(user_id) = '${hex(one.id)}'`);
    assert.equal(fresh, '1');
    await age(1, 'expires_at');
    await instance.courier();
    assert.deepEqual(await instance.sql(`SELECT 1 FROM operator_sessions
      WHERE HEX(user_id) = '${hex(one.id)}'`), []);
  });
});

/* Whoever has an account learns of it, in the language of the request. */
test('is told by mail, as the mark is', async () => {
  const subjects = async ({ email }) => {
    await instance.allSent();
    return mailsTo(instance.mailDir, email).map(({ mail }) =>
      mail.headers.subject).filter((text) => /perator|Verwaltung/.test(text));
  };
  const who = await operator('told');
  const [first] = await subjects(who);
  assert.match(first, /^Your account at .* may log in where operators are$/);
  await logIn(who, browser({ headers: { Origin: origin,
    'Accept-Language': 'de' } }));
  await refused(who.key.get(await begin(), { clear: UV }));
  assert.deepEqual((await subjects(who)).sort().map((text) =>
    text.replace(/(bei|von) .*$/, '$1')), [
    'Eine Anmeldung bei', first].sort());
  const other = await instance.other({ set: {
    'security_notifications.notifications.operator.enabled': 'false' } });
  try {
    await logIn(who);
  } finally {
    await other.stop();
  }
  assert.equal((await subjects(who)).length, 2);
});

test('without server.admin.origins there is none', async () => {
  const who = await operator('off');
  const page = await logIn(who);
  const other = await instance.other({ set: { 'server.admin.origins': '' } });
  try {
    await page.call('GET', '/operator', undefined, { status: 401 });
    for (const path of ['login/initialize', 'login/finalize', 'logout'])
      await page.call('POST', `/operator/${path}`, undefined, { status: 401 });
    await instance.admin().call('POST', '/operator/login/initialize',
      undefined, { status: 404 });
  } finally {
    await other.stop();
  }
  await page.call('GET', '/operator', undefined, { status: 200 });
});

test('a network that goes on is told to wait', async () => {
  const who = await operator('waiting');
  const page = await logIn(who);
  const other = await instance.other({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.admin_limits.tokens': '2',
    'rate_limiter.challenge_limits.tokens': '5' } });
  try {
    for (const status of [401, 401, 429])
      await finish(browser(), who.key.get(await begin(), { clear: UV }),
        status);
    await page.call('GET', '/operator', undefined, { status: 200 });
    await logIn(who);
    await begin();
    await browser().call('POST', '/operator/login/initialize', undefined,
      { status: 429 });
  } finally {
    await other.stop();
  }
});

test('on https the cookie is for this host alone', async () => {
  const who = await operator('https');
  const secure = 'https://admin.localhost';
  const other = await instance.other({ set: { 'server.admin.origins':
    secure } });
  try {
    const page = browser({ headers: { Origin: secure } });
    who.key.origin = secure;
    const { cookies } = await finish(page, who.key.get(await begin(page)), 200);
    assert.match(cookies[0], /^__Host-postern_operator=ptno_[\w-]{64}; Path=\/; Max-Age=28800; HttpOnly; Secure; SameSite=Strict$/);
    const Cookie = cookies[0].split(';')[0];
    const shown = (text, status) => page.call('GET', '/operator', undefined,
      { status, headers: { Origin: secure, Cookie: text } });
    await shown(Cookie, 200);
    /* Any host beside this one could have set the other name. */
    await shown(Cookie.replace('__Host-', ''), 401);
  } finally {
    await other.stop();
  }
});
