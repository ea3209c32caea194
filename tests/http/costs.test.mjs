/*
 * Requests that are answered alike so that something is not told cost alike,
 * too: as many statements, statements that write, and hashes.  Here are those
 * that no test of their endpoint compares.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { cost } from '../lib/cost.mjs';
import { App, Key, codeTo, createOrg, credentialsOf, approve, header, loggedIn,
  sentCode, signed } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const PASSWORD = 'correct horse battery staple';
const MANY = Object.fromEntries(['passcode', 'password', 'account', 'hash',
  'answer', 'lookup', 'signup', 'challenge', 'name', 'wish', 'typed', 'mail',
  'mail_from', 'mail_network'].map((name) =>
  [`rate_limiter.${name}_limits.tokens`, '100000']));
let instance;

before(async () => {
  instance = await start({ set: { ...MANY, 'log.level': 'debug',
    'audit_log.storage.enabled': 'true', 'rate_limiter.enabled': 'true',
    'account.allow_deletion': 'true', 'dfns.password': 'true',
    'server.trusted_proxies': '127.0.0.0/8,::1/128' } });
});
after(() => instance?.stop());

/* What is seen of an answer, but for what is drawn for each, and its price. */
async function price(api, method, path, body, opts) {
  const { response, ...spent } = await cost(instance, api, method, path, body,
    opts);
  return { ...spent, status: response.status,
    text: response.text.replace(/"id":"?\d+"?/, '"id":0'),
    headers: Object.keys(response.headers).sort() };
}

/* All of these are answered with this status, alike. */
async function alike(t, status, requests) {
  const seen = [];
  for (const [what, request] of requests)
    seen.push([what, await price(...request)]);
  const [[first, one]] = seen;
  t.diagnostic(`${one.statements} statements, ${one.writes} writes`);
  assert.equal(one.status, status, one.text);
  for (const [what, other] of seen)
    assert.deepEqual(other, one, `${what}, ${first}`);
}

/* A user of the other API, with a passkey: { api, user_id, email_id, ... }. */
async function user() {
  const api = instance.client();
  const who = await api.signUp(freshAddress('cost'));
  const device = await api.addPasskey(
    { origin: new URL(instance.url).origin });
  const sessions = (await api.call('GET', '/sessions', undefined,
    { status: 200 })).body;
  return { api, ...who, device, session_id: sessions[0].id };
}

test('what belongs to somebody else is what nobody has', async (t) => {
  const [ada, bob] = [await user(), await user()];
  const { api } = ada;
  const nobody = randomUUID();
  await alike(t, 404, [
    ['nobody\'s', [api, 'DELETE', `/emails/${nobody}`]],
    ['somebody\'s', [api, 'DELETE', `/emails/${bob.email_id}`]]]);
  await alike(t, 404, [
    ['nobody\'s', [api, 'POST', `/emails/${nobody}/set_primary`]],
    ['somebody\'s', [api, 'POST', `/emails/${bob.email_id}/set_primary`]]]);
  await alike(t, 404, [
    ['nobody\'s', [api, 'DELETE', `/sessions/${nobody}`]],
    ['somebody\'s', [api, 'DELETE', `/sessions/${bob.session_id}`]]]);
  await alike(t, 403, [
    ['nobody\'s', [api, 'GET', `/users/${nobody}`]],
    ['somebody\'s', [api, 'GET', `/users/${bob.user_id}`]]]);
  const [none, his] = [randomBytes(32), bob.device.id].map((id) =>
    `/webauthn/credentials/${b64(id)}`);
  await alike(t, 404, [
    ['nobody\'s', [api, 'PATCH', none, { name: 'x' }]],
    ['somebody\'s', [api, 'PATCH', his, { name: 'x' }]]]);
  await alike(t, 404, [
    ['nobody\'s', [api, 'DELETE', none]],
    ['somebody\'s', [api, 'DELETE', his]]]);
});

test('a passkey that nobody has, another\'s, and a wrong signature',
  async (t) => {
    const [ada, bob] = [await user(), await user()];
    const { origin } = new URL(instance.url);
    const answer = async (user_id, device, lies) => {
      const api = instance.client();
      const { body } = await api.call('POST', '/webauthn/login/initialize',
        user_id && { user_id }, { status: 200 });
      return [api, 'POST', '/webauthn/login/finalize',
        device.get(body.publicKey, lies)];
    };
    const forged = { signature: () => Buffer.alloc(70, 1) };
    const stranger = new Authenticator({ origin });
    stranger.userHandle = ada.device.userHandle;
    for (const id of [ada.user_id, undefined])
      await alike(t, 401, [
        ['forged', await answer(id, ada.device, forged)],
        ['nobody\'s', await answer(id, stranger)],
        ['another\'s', await answer(id, Object.assign(Object.create(
          bob.device), { userHandle: ada.device.userHandle }))]]);
  });

test('an address that somebody has claimed is nobody\'s', async (t) => {
  const claimed = freshAddress('claimed');
  const api = instance.client();
  await api.call('POST', '/users', { email: claimed }, { status: 200 });
  await alike(t, 404, [
    ['claimed', [api, 'POST', '/user', { email: claimed }]],
    ['nobody\'s', [api, 'POST', '/user', { email: freshAddress('free') }]]]);
});

test('a session that ended, and one that never was', async (t) => {
  const ada = await user();
  const { api } = ada;
  const old = api.authToken ?? api.jar.get('hanko');
  await api.call('POST', '/logout', undefined, { status: 204 });
  const bob = await user();
  const gone = bob.api.authToken ?? bob.api.jar.get('hanko');
  await bob.api.call('DELETE', '/user', undefined, { status: 204 });
  const anybody = instance.client();
  for (const [method, path, status] of [['GET', '/me', 401],
    ['GET', '/sessions/validate', 200]])
    await alike(t, status, [
      ['ended', [anybody, method, path, undefined, { bearer: old }]],
      ['deleted', [anybody, method, path, undefined, { bearer: gone }]]]);
});

/* Somebody with a password and an app, who has logged in from there. */
async function withPassword(from) {
  const username = freshAddress('pw');
  const orgId = await createOrg(instance, `Cost ${username}`, username);
  const api = from();
  const { body } = await api.call('POST', '/auth/registration/init', { orgId,
    username, registrationCode: await codeTo(instance.mailDir, username) },
  { status: 200 });
  const app = new App(body.otpUrl);
  await api.call('POST', '/auth/registration', {
    firstFactorCredential: { credentialKind: 'Password',
      credentialInfo: { password: PASSWORD } },
    secondFactorCredential: { credentialKind: 'Totp',
      credentialInfo: app.get() } },
  { bearer: body.temporaryAuthenticationToken, status: 200 });
  await instance.sql('UPDATE totp_factors SET last_step = 0');
  const who = { orgId, username, app };
  assert.equal((await api.call(...await answering(api, who, PASSWORD)))
    .status, 200);
  return who;
}

async function answering(api, { orgId, username, app }, password) {
  const { body } = await api.call('POST', '/auth/login/init',
    { orgId, username }, { status: 200 });
  return ['POST', '/auth/login', {
    challengeIdentifier: body.challengeIdentifier,
    firstFactor: { kind: 'Password', password },
    secondFactor: app.get() }];
}

test('from where somebody logged in, a name is still no account',
  async (t) => {
    const from = () => instance.client(
      { headers: { 'X-Forwarded-For': '192.0.2.77' } });
    const who = await withPassword(from);
    const nobody = { ...who, username: freshAddress('nobody') };
    const ask = async (one) => {
      const api = from();
      return [api, ...await answering(api, one, 'a wrong password')];
    };
    await alike(t, 401, [['able', await ask(who)],
      ['nobody', await ask(nobody)]]);
  });

test('from where somebody logged in, an id is still no user', async (t) => {
  const from = () => instance.client(
    { headers: { 'X-Forwarded-For': '192.0.2.78' } });
  const api = from();
  const { user_id } = await api.signUp(freshAddress('known'));
  const login = (id) => [from(), 'POST', '/password/login',
    { user_id: id, password: 'a wrong password' }];
  await alike(t, 401, [['known', login(user_id)],
    ['nobody', login(randomUUID())]]);
});

test('credentials of another member are nobody\'s', async (t) => {
  const [ada, bob] = [await loggedIn(instance, 'Cost A', freshAddress('a')),
    await loggedIn(instance, 'Cost B', freshAddress('b'))];
  const [{ credentialUuid }] = await credentialsOf(bob);
  const ask = async (method, path, body) => [ada.api, method, path, body,
    { bearer: ada.token, ...header(await approve(ada, method, path,
      body === undefined ? '' : JSON.stringify(body))) }];
  for (const verb of ['activate', 'deactivate'])
    await alike(t, 404, [
      ['nobody\'s', await ask('PUT', `/auth/credentials/${verb}`,
        { credentialUuid: randomUUID() })],
      ['another\'s', await ask('PUT', `/auth/credentials/${verb}`,
        { credentialUuid })]]);
  await alike(t, 404, [
    ['nobody\'s', await ask('DELETE', `/auth/credentials/${randomUUID()}`)],
    ['another\'s', await ask('DELETE',
      `/auth/credentials/${credentialUuid}`)]]);
});

test('a code for another device that is worth nothing any more',
  async (t) => {
    const path = '/auth/credentials/code';
    const off = async (set) => {
      const who = await loggedIn(instance, `Cost ${freshAddress()}`,
        freshAddress('c'));
      const { body } = await signed(who, 'POST', path,
        { expiration: new Date(Date.now() + 60000).toISOString() });
      await instance.sql(set(`WHERE username = '${who.username}'`));
      return body.code;
    };
    const codes = {
      wrong: '222-222-222',
      deactivated: await off((where) => `UPDATE members SET active = 0
        ${where}`),
      archived: await off((where) => `UPDATE members
        SET archived_at = UTC_TIMESTAMP(6) ${where}`),
      'of an organisation that is off': await off((where) => `UPDATE tenants
        SET active = 0 WHERE id = (SELECT tenant_id FROM members ${where})`),
      expired: await off((where) => `UPDATE credential_codes
        SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND
        WHERE user_id = (SELECT user_id FROM members ${where})`),
    };
    await alike(t, 403, Object.entries(codes).map(([what, code]) => [what,
      [instance.client(), 'POST', `${path}/init`,
        { code, credentialKind: 'Key' }]]));
  });

test('a code by mail that has expired is a wrong one', async (t) => {
  const who = await loggedIn(instance, 'Cost E', freshAddress('e'));
  const { orgId, username } = who;
  const api = instance.client();
  const login = await sentCode(instance, who, '/auth/login/code');
  const recovery = await sentCode(instance, who, '/auth/recover/user/code');
  await instance.sql('UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)'
    + ' - INTERVAL 1 SECOND');
  for (const [path, more, code, name] of [
    ['/auth/login/init', {}, login, 'loginCode'],
    ['/auth/recover/user/init', { credentialId: 'eA' }, recovery,
      'verificationCode']])
    await alike(t, 403, [['wrong', '0000-0000-0000-0001'], ['expired', code]]
      .map(([what, typed]) => [what, [api, 'POST', path,
        { orgId, username, ...more, [name]: typed }]]));
});

test('a recovery key that is the right one, with a wrong code',
  async (t) => {
    const username = freshAddress('rec');
    const orgId = await createOrg(instance, 'Cost R', username);
    const api = instance.client();
    const { body } = await api.call('POST', '/auth/registration/init', { orgId,
      username, registrationCode: await codeTo(instance.mailDir, username) },
    { status: 200 });
    const [key, recovery] = [new Key(), new Key()];
    await api.call('POST', '/auth/registration', {
      firstFactorCredential: key.create(body.challenge),
      recoveryCredential: recovery.create(body.challenge,
        { kind: 'RecoveryKey' }) },
    { bearer: body.temporaryAuthenticationToken, status: 200 });
    await alike(t, 403, [['right', recovery.credId], ['wrong', 'eA']]
      .map(([what, credentialId]) => [what, [api, 'POST',
        '/auth/recover/user/init', { orgId, username, credentialId,
          verificationCode: '0000-0000-0000-0001' }]]));
  });
