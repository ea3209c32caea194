/*
 * A user whom an operator keeps out: out at once, by every way, and nobody who
 * tries is told why.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { loggedIn, login, service, signed }
  from '../lib/dfns.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';

const password = 'correct horse battery staple';
let instance;
let admin;

before(async () => {
  instance = await start({ admin: true, oneConnection: true, set: {
    'log.level': 'debug', 'audit_log.storage.enabled': 'true',
    'mfa.enabled': 'false' } });
  admin = instance.admin();
});
after(() => instance?.stop());

const call = async (method, path, status, body) =>
  (await admin.call(method, path, body, { status })).body;
const mails = async (address) => {
  await instance.allSent();
  return mailsTo(instance.mailDir, address).length;
};

/* Somebody with one of everything. */
async function somebody() {
  const person = instance.client();
  const email = freshAddress('kept');
  const { user_id, email_id } = await person.signUp(email);
  const device = await person.addPasskey(
    { origin: new URL(instance.url).origin });
  await person.call('PUT', '/password', { user_id, password },
    { status: 201 });
  return { person, email, user_id, email_id, device, path: `/users/${user_id}` };
}

/* What is said to somebody, but for what is drawn, and what it cost. */
const price = async (...request) => {
  const { response, ...spent } = await cost(instance, instance.client(),
    ...request);
  return { ...spent, status: response.status,
    text: response.text.replace(/"(id|created_at)":"[^"]*"/g, '"$1":0') };
};

async function byPasskey(device) {
  const client = instance.client();
  const { body } = await client.call('POST', '/webauthn/login/initialize',
    {}, { status: 200 });
  return client.call('POST', '/webauthn/login/finalize',
    device.get(body.publicKey));
}

/* A flow to log in: its last answer. */
async function byFlow(email, words) {
  const flow = await Flow.identified(instance.client(), email,
    'password_login');
  return (await flow.act('password_login', { password: words })).last.body;
}

test('is out at once, and comes in by no way', async () => {
  const kept = await somebody();
  const free = await somebody();
  const second = instance.client();
  await second.passcodeLogin(kept.email);
  const waiting = await instance.client().call('POST',
    '/passcode/login/initialize', { user_id: kept.user_id,
      email_id: kept.email_id }, { status: 200 });
  const code = await instance.client().codeFor(kept.email);

  await call('POST', `${kept.path}/lock`, 204);
  await call('POST', `${kept.path}/lock`, 204);
  const shown = await call('GET', kept.path, 200);
  assert.ok(shown.locked_at);
  for (const one of [kept.person, second])
    await one.call('GET', '/me', undefined, { status: 401 });
  assert.deepEqual(await call('GET', `${kept.path}/sessions`, 200), []);

  /* A password, right or wrong, is what a wrong one is of anybody. */
  const guess = (who, words) => price('POST', '/password/login',
    { user_id: who.user_id, password: words });
  const wrong = await guess(free, 'wrong horse battery');
  assert.equal(wrong.status, 401);
  assert.deepEqual(await guess(kept, password), wrong);
  assert.deepEqual(await guess(kept, 'wrong horse battery'), wrong);

  /* A code is asked for as ever, and none is mailed. */
  const before = await mails(kept.email);
  const ask = (who) => price('POST', '/passcode/login/initialize',
    { user_id: who.user_id, email_id: who.email_id });
  assert.deepEqual(await ask(kept), await ask(free));
  assert.equal(await mails(kept.email), before);
  const enter = (digits) => instance.client().call('POST',
    '/passcode/login/finalize', { id: waiting.body.id, code: digits });
  const miss = await enter(code === '000000' ? '000001' : '000000');
  const last = await enter(code);
  assert.deepEqual([last.status, last.body], [401, miss.body]);
  assert.equal(miss.status, 401);

  assert.equal((await byPasskey(free.device)).status, 200);
  const passkey = await byPasskey(kept.device);
  const strange = await byPasskey((await somebodyElse()).device);
  assert.equal(passkey.status, 401);
  assert.deepEqual([strange.status, strange.body], [401, passkey.body]);

  const failed = await byFlow(free.email, 'wrong horse battery');
  const flow = await byFlow(kept.email, password);
  assert.deepEqual([flow.name, flow.status, flow.error],
    [failed.name, failed.status, failed.error]);
  assert.equal((await byFlow(free.email, password)).name, 'success');
  assert.equal(await mails(kept.email), before);

  await call('POST', '/sessions', 404, { user_id: kept.user_id });
  await call('PATCH', kept.path, 200, { name: 'Kept out' });
  await call('POST', `${kept.path}/unlock`, 204);
  await call('POST', `${kept.path}/unlock`, 204);
  assert.equal((await call('GET', kept.path, 200)).locked_at, undefined);
  assert.equal((await byPasskey(kept.device)).status, 200);
  assert.equal((await instance.client().passwordLogin(kept.user_id, password))
    .status, 200);
  await kept.person.call('GET', '/me', undefined, { status: 401 });
});

/* Whose passkey nobody knows any more. */
async function somebodyElse() {
  const gone = await somebody();
  await call('DELETE', gone.path, 204);
  return gone;
}

test('gets no code by a flow', async () => {
  const { email, path } = await somebody();
  await call('DELETE', `${path}/password`, 204);
  await call('POST', `${path}/lock`, 204);
  const before = await mails(email);
  const flow = await Flow.ready(instance.client(), 'login');
  await flow.act('continue_with_login_identifier', { email });
  if (flow.state === 'login_method_chooser')
    await flow.act('continue_to_passcode_confirmation');
  assert.equal(flow.state, 'passcode_confirmation');
  assert.equal(await mails(email), before);
});

test('is out of the Dfns API, too', async () => {
  const who = await loggedIn(instance, 'Kept', freshAddress('member'));
  const account = await service(instance, who.orgId, 'program');
  const org = (id) => `/${who.orgId}/users/${id}`;
  const [[hex]] = await instance.sql(`SELECT LOWER(HEX(user_id))
    FROM members WHERE service_account = 0 AND tenant_id =
    (SELECT id FROM tenants WHERE name = 'Kept')`);
  const member = org(hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'));
  const asks = (bearer) => who.api.call('GET', '/auth/credentials', undefined,
    { bearer });
  assert.equal((await asks(who.token)).status, 200);
  await call('POST', `${member}/lock`, 204);
  assert.equal((await asks(who.token)).status, 401);
  await assert.rejects(login(who.api, who.orgId, who.username, who.key));
  const delegated = async (username) => {
    const { status, body } = await signed(account, 'POST',
      '/auth/login/delegated', { username });
    return [status, body.error?.message];
  };
  const unknown = await delegated(freshAddress('nobody'));
  assert.equal(unknown[0], 401);
  assert.deepEqual(await delegated(who.username), unknown);
  await call('POST', `${member}/unlock`, 204);
  assert.equal((await asks(await login(who.api, who.orgId, who.username,
    who.key))).status, 200);
});

test('who is nobody cannot be kept out', async () => {
  for (const verb of ['lock', 'unlock']) {
    await call('POST', `/users/${randomUUID()}/${verb}`, 404);
    await call('POST', `/users/x/${verb}`, 400);
  }
});
