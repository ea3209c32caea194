/*
 * What requests may cost the database: statements, with BEGIN and COMMIT, as
 * they are without limits and an audit log; and that none of them scans.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { loggedIn } from '../lib/dfns.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
import { explain, watch } from '../lib/ran.mjs';

const PASSWORD = 'correct horse battery staple';
let instance;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'rate_limiter.enabled': 'false' } });
});
after(() => instance?.stop());

/* A request, answered so, costs so many statements. */
async function costs(statements, status, api, ...request) {
  const spent = await cost(instance, api, ...request);
  assert.equal(spent.response.status, status, spent.response.text);
  assert.equal(spent.statements, statements);
  return spent;
}

/* Somebody with a password. */
async function withPassword() {
  const email = freshAddress('cost');
  const api = instance.client();
  const { user_id } = await api.signUp(email);
  await api.call('PUT', '/password', { user_id, password: PASSWORD },
    { status: 201 });
  return { email, user_id };
}

/* A step of a flow: what it is sent. */
const step = (flow, action, input_data) => ['POST', flow.hrefOf(action),
  { input_data, csrf_token: flow.token }];

test('a flow begins with one statement', async () => {
  const api = await instance.client();
  await costs(1, 200, api, 'POST', '/login');
});

test('a step is what it asks for, and two of the flow', async () => {
  const { email } = await withPassword();
  const api = await instance.client();
  const identified = 'continue_with_login_identifier';
  for (const address of [email, freshAddress('nobody')]) {
    const flow = await Flow.ready(api, 'login');
    await costs(3, 200, api, ...step(flow, identified, { email: address }));
  }
  const flow = await Flow.identified(api, email, 'password_login');
  await costs(2, 200, api, ...step(flow, 'back', {}));
});

test('a log-in by password, as a step', async () => {
  const { email } = await withPassword();
  const into = () => Flow.identified(instance.client(), email,
    'password_login');
  let flow = await into();
  await costs(3, 400, flow.api,
    ...step(flow, 'password_login', { password: 'none of theirs' }));
  flow = await into();
  await costs(8, 200, flow.api,
    ...step(flow, 'password_login', { password: PASSWORD }));
});

test('a passcode', async () => {
  const api = instance.client();
  const { user_id } = await api.signUp(freshAddress('cost'));
  const stranger = instance.client();
  await costs(5, 200, stranger, 'POST', '/passcode/login/initialize',
    { user_id });
  await costs(3, 400, stranger, 'POST', '/passcode/login/initialize',
    { user_id: randomUUID() });
});

test('a log-in by a password', async () => {
  const { user_id } = await withPassword();
  const api = instance.client();
  await costs(5, 200, api, 'POST', '/password/login',
    { user_id, password: PASSWORD });
  for (const id of [user_id, randomUUID()])
    await costs(1, 401, api, 'POST', '/password/login',
      { user_id: id, password: 'none of theirs' });
});

test('a log-in by a passkey, and by one that is refused', async () => {
  const api = instance.client();
  const { user_id } = await api.signUp(freshAddress('cost'));
  const { origin } = new URL(instance.url);
  const device = await api.addPasskey({ origin });
  const answer = async (lies) => {
    const { body } = await api.call('POST', '/webauthn/login/initialize',
      { user_id }, { status: 200 });
    return ['POST', '/webauthn/login/finalize',
      device.get(body.publicKey, lies)];
  };
  const stranger = instance.client();
  await costs(7, 200, stranger, ...await answer());
  const forged = await answer({ signature: () => Buffer.alloc(70, 1) });
  await costs(5, 401, stranger, ...forged);
  await costs(2, 401, stranger, ...forged);
});

test('a log-in of the Dfns API', async () => {
  const { api, orgId, username, key } = await loggedIn(instance, 'Cost',
    freshAddress('cost'));
  const { response } = await costs(3, 200, api, 'POST', '/auth/login/init',
    { orgId, username });
  const { challenge, challengeIdentifier } = response.body;
  await costs(8, 200, api, 'POST', '/auth/login',
    { challengeIdentifier, firstFactor: key.get(challenge) });
});

/* What logs in: how the first of its statements begins, and the request. */
async function logIns() {
  const { email, user_id } = await withPassword();
  const api = instance.client();
  const flow = await Flow.identified(instance.client(), email,
    'password_login');
  const device = await api.signUp(freshAddress('cost')).then(() =>
    api.addPasskey({ origin: new URL(instance.url).origin }));
  const { body } = await api.call('POST', '/webauthn/login/initialize', {},
    { status: 200 });
  const who = await loggedIn(instance, 'Explained',
    freshAddress('cost'));
  const init = { orgId: who.orgId, username: who.username };
  const { body: asked } = await who.api.call('POST', '/auth/login/init', init,
    { status: 200 });
  return [
    ['SELECT version', flow.api,
      ...step(flow, 'password_login', { password: PASSWORD })],
    ['SELECT c.hash', api, 'POST', '/password/login',
      { user_id, password: PASSWORD }],
    ['SELECT e.id, e.address', instance.client(), 'POST',
      '/passcode/login/initialize', { user_id }],
    ['SELECT user_id, operation', instance.client(), 'POST',
      '/webauthn/login/finalize', device.get(body.publicKey)],
    ['SELECT c.user_id, c.purpose', who.api, 'POST', '/auth/login', {
      challengeIdentifier: asked.challengeIdentifier,
      firstFactor: who.key.get(asked.challenge) }],
  ];
}

test('none of them scans', async () => {
  const requests = await logIns();
  const { ran, end } = await watch(instance);
  for (const [begins, api, ...request] of requests) {
    const statements = await ran(() => api.call(...request, { status: 200 }),
      begins);
    assert.ok(statements.length >= 3, `${request[1]}\n${statements}`);
    for (const one of statements.filter((text) => !/^INSERT/.test(text)))
      for (const row of await explain(instance, one))
        /* Of a few rows all are read sooner than a key; but there is one. */
        assert.doesNotMatch(row, / (ALL|index) NULL /, one);
  }
  await end();
});
