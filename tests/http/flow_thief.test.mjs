/*
 * Flows under attack: what is learnt of an address by what limits count, and
 * what one gets to do beyond them.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';

let instance;
let networks = 0;

const SET = { 'rate_limiter.enabled': 'true',
  'server.trusted_proxies': '127.0.0.0/8,::1/128' };

before(async () => {
  instance = await start({ set: SET });
});
after(() => instance?.stop());

const elsewhere = () => `198.18.${(networks += 1)}.7`;
const client = (ip = elsewhere(), one = instance) =>
  one.client({ headers: { 'X-Forwarded-For': ip } });

async function member() {
  const email = freshAddress('thief');
  const api = client();
  await api.signUp(email);
  return { api, email };
}

async function registering(api, email) {
  const flow = await Flow.ready(api, 'registration');
  return flow.act('register_login_identifier', { email }, { status: 200 });
}

/* To the passcode, or to what refuses it. */
async function loggingIn(api, email) {
  const flow = await Flow.ready(api, 'login');
  await flow.act('continue_with_login_identifier', { email }, { status: 200 });
  return flow.act('continue_to_passcode_confirmation');
}

/* Of an address with an account, and of one without. */
async function ofBoth(fn) {
  const { email } = await member();
  return [await fn(email), await fn(freshAddress('thief'))];
}

test('mails of a sign-up and of a log-in are counted together', async () => {
  const statuses = await ofBoth(async (email) => {
    const ip = elsewhere();
    const signup = await registering(client(ip), email);
    for (const status of [200, 200, 429])
      await signup.act('resend_passcode', {}, { status });
    return (await loggingIn(client(ip), email)).last.status;
  });
  assert.deepEqual(statuses, [429, 429]);
});

test('and so are their wrong codes', async () => {
  const statuses = await ofBoth(async (email) => {
    let judged = 0;
    for (let flow; flow?.last.status !== 429;) {
      flow = await registering(client(), email);
      for (let i = 0; i < 3; i++) {
        await flow.act('verify_passcode', { code: 'x' });
        judged += flow.last.status === 429 ? 0 : 1;
      }
    }
    assert.equal(judged, 10);
    const login = await loggingIn(client(), email);
    await login.act('verify_passcode', { code: 'x' });
    return login.last.status;
  });
  assert.deepEqual(statuses, [429, 429]);
});

/* Five of one network, or of two; whoever has many accounts has no more. */
test('a mailbox that is not theirs gets as few from who is logged in',
  async () => {
    const email = freshAddress('victim');
    const ip = elsewhere();
    for (let i = 0; i < 4; i++) {
      const { api } = await member();
      api.headers['X-Forwarded-For'] = ip;
      const flow = await Flow.ready(api, 'profile');
      await flow.act('email_create', { email }, { status: 200 });
      for (let sent = 0; sent < 2; sent++)
        await flow.act('resend_passcode', {}, { status: 200 });
    }
    await instance.allSent();
    assert.equal(mailsTo(instance.mailDir, email).length, 5);
  });

test('whoever shares the network of a user learns nothing from their mailbox',
  async () => {
    const few = await start({ set: { ...SET, 'log.level': 'debug',
      'rate_limiter.passcode_limits.tokens': '100',
      'rate_limiter.mail_limits.tokens': '2' } });
    try {
      const ip = elsewhere();
      const known = freshAddress('thief');
      await client(ip, few).signUp(known);
      const seen = [];
      for (const email of [known, freshAddress('thief')]) {
        const api = client(ip, few);
        const flow = await loggingIn(api, email);
        const asked = [];
        for (let i = 0; i < 6; i++) {
          const { response, ...spent } = await cost(few, api, 'POST',
            flow.hrefOf('resend_passcode'), { csrf_token: flow.token });
          flow.token = response.body.csrf_token;
          asked.push({ status: response.status, ...spent });
        }
        assert.deepEqual(asked.map(({ status }) => status), Array(6).fill(200));
        seen.push(asked);
      }
      assert.deepEqual(seen[0], seen[1]);
    } finally {
      await few.stop();
    }
  });

test('a way in that is switched off lets nobody in who was under way',
  async () => {
    const set = { 'rate_limiter.enabled': 'false' };
    const one = await start({ set });
    try {
      const email = freshAddress('off');
      await one.client().signUp(email);
      const flow = await loggingIn(one.client(), email);
      const code = await flow.api.codeFor(email);
      await one.down();
      await one.up({ ...set, 'email.use_for_authentication': 'false' });
      const api = one.client();
      for (const [action, input_data] of [['verify_passcode', { code }],
        ['resend_passcode', {}]])
        await api.call('POST', flow.hrefOf(action),
          { csrf_token: flow.token, input_data }, { status: 403 });
    } finally {
      await one.stop();
    }
  });

test('what was proved does not outlive another password, nor all sessions',
  async () => {
    const one = await start({ set: { 'rate_limiter.enabled': 'false',
      'passkey.acquire_on_login': 'always', 'passkey.optional': 'true' } });
    try {
      const api = one.client();
      const email = freshAddress('waits');
      const { user_id } = await api.signUp(email);
      await api.call('PUT', '/password',
        { user_id, password: 'correct horse battery' }, { status: 201 });
      /* Two that wait behind their passcode, one of them to recover. */
      const proved = async (...ways) => {
        const flow = await Flow.begin(one.client(), 'login');
        await flow.act('register_client_capabilities',
          { webauthn_available: true });
        await flow.act('continue_with_login_identifier', { email });
        for (const way of ways)
          await flow.act(way, {}, { status: 200 });
        const code = await flow.api.codeFor(email);
        return flow.act('verify_passcode', { code }, { status: 200 });
      };
      const login = await proved('continue_to_passcode_confirmation');
      const recovery = await proved('continue_to_password_login',
        'continue_to_passcode_confirmation_recovery');
      assert.equal(recovery.state, 'login_password_recovery');
      await api.call('PUT', '/password',
        { user_id, password: 'another horse battery' }, { status: 200 });
      await recovery.act('password_recovery',
        { new_password: 'of whoever waited' });
      if (recovery.state === 'onboarding_create_passkey')
        await recovery.act('skip');
      await login.act('skip');
      for (const flow of [login, recovery]) {
        assert.equal(flow.last.status, 403);
        assert.equal(flow.state, 'error');
        assert.deepEqual(flow.last.cookies, []);
      }
      await api.call('GET', '/me', undefined, { status: 200 });
      const { status } = await one.client().passwordLogin(user_id,
        'another horse battery');
      assert.equal(status, 200);
    } finally {
      await one.stop();
    }
  });
