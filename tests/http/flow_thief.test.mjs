/*
 * Flows under attack: what is learnt of an address by what limits count, and
 * what one gets to do beyond them.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { cost } from '../lib/cost.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
import { codeIn, mailsTo } from '../lib/maildir.mjs';
import { totp } from '../lib/totp.mjs';

const ORIGIN = 'http://localhost:8080';
const PASSWORD = 'correct horse battery';
const ABLE = { webauthn_available: true };

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
    const few = await instance.other({ set: { ...SET, 'log.level': 'debug',
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
      /* What is held back takes nothing of what has arrived. */
      await few.sql('DELETE FROM rate_limits');
      const flow = await loggingIn(client(elsewhere(), few), known);
      await few.allSent();
      await flow.act('resend_passcode', {}, { status: 200 });
      await few.allSent();
      const code = codeIn(mailsTo(few.mailDir, known).at(-1));
      for (let i = 0; i < 3; i++)
        await flow.act('resend_passcode', {}, { status: 200 });
      await few.allSent();
      assert.equal(codeIn(mailsTo(few.mailDir, known).at(-1)), code);
      await flow.act('verify_passcode', { code }, { status: 200 });
    } finally {
      await few.stop();
    }
  });

/* ------------------------------------------- what is switched off meanwhile */

const ON = { 'rate_limiter.enabled': 'false',
  'webauthn.relying_party.origins': ORIGIN,
  'email.require_verification': 'false',
  'mfa.device_trust_policy': 'never' };

async function signingUp(one, able) {
  const email = freshAddress('off');
  const flow = await Flow.ready(one.client(), 'registration', able);
  await flow.act('register_login_identifier', { email }, { status: 200 });
  assert.equal(flow.state, 'password_creation');
  return { email, flow };
}

/* Somebody with a password, and with an authenticator app. */
async function signedUp(one) {
  const { email, flow } = await signingUp(one);
  await flow.act('register_password', { new_password: PASSWORD },
    { status: 200 });
  await flow.act('continue_to_otp_secret_creation', {}, { status: 200 });
  const { otp_secret: secret } = flow.last.body.payload;
  await flow.act('otp_code_verify', { otp_code: totp(secret) },
    { status: 200 });
  assert.equal(flow.state, 'success');
  await one.sql('UPDATE otp_secrets SET last_step = last_step - 4');
  return { api: flow.api, email, secret };
}

/* Each gives a flow that is under way, and the steps that it would go on by. */
const begun = {
  async passcode(one) {
    const { email } = await signedUp(one);
    const flow = await loggingIn(one.client(), email);
    const code = await flow.api.codeFor(email);
    return { flow, steps: { verify_passcode: { code }, resend_passcode: {} } };
  },
  async passkey(one) {
    const { api } = await signedUp(one);
    const device = await api.addPasskey({ origin: ORIGIN });
    const flow = await Flow.ready(one.client(), 'login', ABLE);
    await flow.act('webauthn_generate_request_options', {}, { status: 200 });
    const assertion_response = device.get(
      flow.last.body.payload.request_options.publicKey);
    return { flow,
      steps: { webauthn_verify_assertion_response: { assertion_response } } };
  },
  async newPasskey(one) {
    const { flow } = await signingUp(one, ABLE);
    await flow.act('register_password', { new_password: PASSWORD },
      { status: 200 });
    await flow.act('skip', {}, { status: 200 });
    await flow.act('webauthn_generate_creation_options', {}, { status: 200 });
    const public_key = new Authenticator({ origin: ORIGIN }).create(
      flow.last.body.payload.creation_options.publicKey);
    return { flow,
      steps: { webauthn_verify_attestation_response: { public_key } } };
  },
  async newPassword(one) {
    const { flow } = await signingUp(one);
    return { flow, steps: { register_password: { new_password: PASSWORD } } };
  },
  async secondFactor(one) {
    const { email, secret } = await signedUp(one);
    const flow = await Flow.identified(one.client(), email, 'password_login');
    await flow.act('password_login', { password: PASSWORD }, { status: 200 });
    assert.equal(flow.state, 'login_otp');
    return { flow, steps: { otp_code_validate: { otp_code: totp(secret) } } };
  },
  async recovery(one) {
    const { email } = await signedUp(one);
    const flow = await Flow.identified(one.client(), email, 'password_login');
    await flow.act('continue_to_passcode_confirmation_recovery', {},
      { status: 200 });
    const code = await flow.api.codeFor(email);
    return { flow, steps: { verify_passcode: { code }, resend_passcode: {} } };
  },
};

const meanwhile = [
  ['passcodes', { 'email.use_for_authentication': 'false' },
    { passcode: 403 }],
  ['passkeys', { 'passkey.enabled': 'false' },
    { passkey: 401, newPasskey: 401 }],
  ['passwords', { 'password.enabled': 'false' },
    { newPassword: 403, secondFactor: 403, recovery: 403 }],
  ['addresses', { 'email.enabled': 'false', 'username.enabled': 'true' },
    { passcode: 403, recovery: 403 }],
  ['recovery', { 'password.recovery': 'false' }, { recovery: 403 }],
  ['authenticator apps', { 'mfa.totp.enabled': 'false' },
    { secondFactor: 403 }],
  ['second factors', { 'mfa.enabled': 'false' }, { secondFactor: 403 }],
];

for (const [what, off, refused] of meanwhile)
  test(`switched off, they let nobody in who was under way: ${what}`,
    async () => {
      const one = await instance.other({ set: ON });
      try {
        const flows = [];
        for (const [name, status] of Object.entries(refused))
          flows.push({ name, status, ...await begun[name](one) });
        await one.reload({ ...ON, ...off });
        const seen = [];
        for (const { name, status, flow, steps } of flows)
          for (const [action, input_data] of Object.entries(steps)) {
            const answer = await one.client().call('POST', flow.hrefOf(action),
              { csrf_token: flow.token, input_data });
            assert.deepEqual(answer.cookies, []);
            seen.push([name, action, answer.status, status]);
          }
        for (const [name, action, is, wanted] of seen)
          assert.equal(is, wanted, `${name}: ${action}`);
      } finally {
        await one.stop();
      }
    });

/* What the owner does meanwhile, and the password that is theirs then. */
const endings = {
  'another password': async (api, user_id) => {
    await api.call('PUT', '/password',
      { user_id, password: 'another horse battery' }, { status: 200 });
    return 'another horse battery';
  },
  'all sessions': async (api) => {
    await api.call('DELETE', '/sessions', undefined, { status: 204 });
    return PASSWORD;
  },
};

test('what was proved does not outlive another password, nor all sessions',
  async (t) => {
    const one = await instance.other({ set: { 'rate_limiter.enabled': 'false',
      'passkey.acquire_on_login': 'always', 'passkey.optional': 'true' } });
    /* One that waits behind its passcode. */
    const proved = async (email, ...ways) => {
      const flow = await Flow.begin(one.client(), 'login');
      await flow.act('register_client_capabilities',
        { webauthn_available: true });
      await flow.act('continue_with_login_identifier', { email });
      for (const way of ways)
        await flow.act(way, {}, { status: 200 });
      const code = await flow.api.codeFor(email);
      return flow.act('verify_passcode', { code }, { status: 200 });
    };
    try {
      for (const [how, end] of Object.entries(endings))
        await t.test(how, async () => {
          const api = one.client();
          const email = freshAddress('waits');
          const { user_id } = await api.signUp(email);
          await api.call('PUT', '/password', { user_id, password: PASSWORD },
            { status: 201 });
          const login = await proved(email,
            'continue_to_passcode_confirmation');
          const recovery = await proved(email, 'continue_to_password_login',
            'continue_to_passcode_confirmation_recovery');
          assert.equal(recovery.state, 'login_password_recovery');
          const password = await end(api, user_id);
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
            password);
          assert.equal(status, 200);
        });
    } finally {
      await one.stop();
    }
  });

test('a code that was mailed to log in is none to recover', async () => {
  const api = client();
  const email = freshAddress('codes');
  const { user_id } = await api.signUp(email);
  await api.call('PUT', '/password', { user_id, password: PASSWORD },
    { status: 201 });
  await instance.sql('DELETE FROM rate_limits');
  const flow = await loggingIn(client(), email);
  const first = await flow.api.codeFor(email);
  await flow.act('back', {}, { status: 200 });
  await flow.act('continue_to_password_login', {}, { status: 200 });
  await flow.act('continue_to_passcode_confirmation_recovery', {},
    { status: 200 });
  const second = await flow.api.codeFor(email);
  assert.notEqual(second, first);
  await flow.act('verify_passcode', { code: first }, { status: 400 });
  await flow.act('verify_passcode', { code: second }, { status: 200 });
  assert.equal(flow.state, 'login_password_recovery');
});
