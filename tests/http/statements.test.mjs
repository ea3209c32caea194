/*
 * What requests may cost the database: statements, with BEGIN and COMMIT, as
 * they are without limits and an audit log; and that none of them scans.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
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

test('none of them scans', async () => {
  const { email } = await withPassword();
  const { ran, end } = await watch(instance);
  const flow = await Flow.identified(instance.client(), email,
    'password_login');
  const statements = await ran(() =>
    flow.act('password_login', { password: PASSWORD }, { status: 200 }),
  'SELECT version');
  await end();
  assert.ok(statements.length >= 6, statements.join('\n'));
  for (const one of statements.filter((text) => !/^INSERT/.test(text)))
    for (const row of await explain(instance, one))
      assert.doesNotMatch(row, / (ALL|index) /, one);
});
