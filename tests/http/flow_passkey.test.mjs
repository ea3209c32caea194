/* Flows with passkeys: logging in by one, and setting one up, and a password. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import * as wa from '../lib/authenticator.mjs';
import { cost } from '../lib/cost.mjs';
import { Flow } from '../lib/flow.mjs';
import { mailsTo } from '../lib/maildir.mjs';
import { authDataLies, clientLies, envelopes, lookAlikes, whatever }
  from '../lib/passkeylies.mjs';
import { Site } from '../lib/site.mjs';

const PASSWORD = 'correct horse battery';
const ABLE = { webauthn_available: true,
  webauthn_conditional_mediation_available: true,
  webauthn_platform_authenticator_available: true };
const BY_BUTTON = { ...ABLE, webauthn_conditional_mediation_available: false };

let site;

before(async () => {
  site = await Site.open({ 'rate_limiter.enabled': 'false',
    'mfa.acquire_on_registration': 'false',
    'password.optional': 'true', 'log.level': 'debug' });
});
after(() => site?.close());

const client = () => site.instance.client();
const request = (flow) => flow.last.body.payload.request_options?.publicKey;
const creation = (flow) => flow.last.body.payload.creation_options?.publicKey;

const assertion = (flow, assertion_response, opts) =>
  flow.act('webauthn_verify_assertion_response', { assertion_response }, opts);
const attestation = (flow, public_key, opts) =>
  flow.act('webauthn_verify_attestation_response', { public_key }, opts);

const loggingIn = async (able = ABLE) =>
  Flow.ready(await client(), 'login', able);

/* At login_passkey. */
async function asked() {
  const flow = await loggingIn(BY_BUTTON);
  await flow.act('webauthn_generate_request_options', {}, { status: 200 });
  assert.equal(flow.state, 'login_passkey');
  return flow;
}

async function registering(email = freshAddress('key'), able = ABLE,
  from = site.instance) {
  const flow = await Flow.ready(await from.client(), 'registration', able);
  await flow.act('register_login_identifier', { email });
  return flow;
}

/* At onboarding_verify_passkey_attestation, of a sign-up. */
async function making(email) {
  const flow = await registering(email);
  await flow.act('webauthn_generate_creation_options', {}, { status: 200 });
  assert.equal(flow.state, 'onboarding_verify_passkey_attestation');
  return flow;
}

const isIn = async ({ api }, user_id) => {
  const { body } = await api.call('GET', '/me', undefined, { status: 200 });
  assert.equal(body.id, user_id);
  return body;
};

const users = async (email) => Number((await site.instance.sql(
  `SELECT COUNT(*) FROM emails WHERE address = '${email}'
    AND user_id IS NOT NULL`))[0][0]);

describe('logging in by a passkey', () => {
  let ada, bob;

  before(async () => {
    ada = await site.member();
    bob = await site.member();
  });

  test('that the browser offers by itself', async () => {
    const flow = await loggingIn();
    assert.equal(flow.state, 'login_init');
    assert.deepEqual(flow.actions, ['continue_with_login_identifier',
      'webauthn_generate_request_options',
      'webauthn_verify_assertion_response']);
    const options = request(flow);
    assert.equal(options.rpId, 'localhost');
    assert.equal(options.timeout, 300000);
    assert.equal(options.allowCredentials, undefined);
    await assertion(flow, ada.key.get(options), { status: 200 });
    assert.equal(flow.state, 'success');
    assert.deepEqual(flow.last.body.payload.last_login,
      { login_method: 'passkey' });
    await isIn(flow, ada.user_id);
  });

  test('that is asked for, and back', async () => {
    const flow = await asked();
    assert.deepEqual(flow.actions, ['back',
      'webauthn_verify_assertion_response']);
    const before_back = request(flow);
    await flow.act('back', {}, { status: 200 });
    assert.equal(flow.state, 'login_init');
    assert.equal(request(flow), undefined);
    await flow.act('webauthn_generate_request_options');
    await assertion(flow, ada.key.get(before_back), { status: 401 });
    await assertion(flow, ada.key.get({ challenge:
      wa.b64(Buffer.alloc(32)) }), { status: 401 });
    assert.equal(flow.state, 'login_passkey');
    assert.equal(request(flow), undefined);
  });

  test('what is offered is good after an error, and after back', async () => {
    const flow = await loggingIn();
    await flow.act('continue_with_login_identifier', { email: 'nobody' },
      { status: 400 });
    const { challenge } = request(flow);
    await flow.act('continue_with_login_identifier', { email: ada.email },
      { status: 200 });
    assert.equal(flow.state, 'login_method_chooser');
    assert.ok(flow.actions.includes('webauthn_generate_request_options'));
    await flow.act('back', {}, { status: 200 });
    assert.notEqual(request(flow).challenge, challenge);
    await assertion(flow, ada.key.get(request(flow), { clear: wa.UP }),
      { status: 401 });
    assert.equal(flow.error, 'passkey_invalid');
    assert.equal(flow.state, 'login_init');
    await assertion(flow, ada.key.get(request(flow)), { status: 200 });
    await isIn(flow, ada.user_id);
  });

  test('whoever was named before: it says itself whose it is', async () => {
    const flow = await loggingIn(BY_BUTTON);
    await flow.act('continue_with_login_identifier', { email: ada.email });
    await flow.act('webauthn_generate_request_options', {}, { status: 200 });
    await assertion(flow, bob.key.get(request(flow)), { status: 200 });
    const me = await isIn(flow, bob.user_id);
    assert.equal(me.emails[0].address, bob.email);
  });

  test('a challenge of another flow is none', async () => {
    const one = await asked();
    const other = await asked();
    await assertion(one, ada.key.get(request(other)), { status: 401 });
    await assertion(other, ada.key.get(request(other)), { status: 200 });
  });

  test('what was signed is good once', async () => {
    const flow = await asked();
    const answer = ada.key.get(request(flow));
    await assertion(flow, answer, { status: 200 });
    await assertion(flow, answer, { status: 403 });
    const again = await asked();
    await assertion(again, answer, { status: 401 });
  });

  test('it costs no more than by the other endpoints', async () => {
    const flow = await asked();
    const { response, statements } = await cost(site.instance, flow.api,
      'POST', flow.hrefOf('webauthn_verify_assertion_response'), {
        csrf_token: flow.token,
        input_data: { assertion_response: ada.key.get(request(flow)) } });
    assert.equal(response.status, 200);
    const { api, options } = await site.request();
    const rest = await cost(site.instance, api, 'POST',
      '/webauthn/login/finalize', ada.key.get(options));
    assert.equal(rest.response.status, 200);
    /* The row of the flow instead of that of the challenge; and the profile. */
    assert.ok(statements <= rest.statements + 4,
      `${statements}, ${rest.statements}`);
  });

  /* At login_init, by itself, and at login_passkey. */
  async function refused(lie) {
    for (const flow of [await loggingIn(), await asked()]) {
      const { state } = flow;
      const options = request(flow);
      await assertion(flow, ada.key.get(options, whatever(lie, options)),
        { status: 401 });
      assert.equal(flow.error, 'passkey_invalid');
      assert.equal(flow.state, state);
      assert.deepEqual(flow.last.cookies, []);
      await assertion(flow, ada.key.get(request(flow) ?? options),
        { status: 200 });
    }
  }

  for (const [how, { lie }] of [...Object.entries(clientLies),
    ...Object.entries(authDataLies)])
    test(`is refused with ${how}`, () => refused(lie));

  test('is refused from other origins', async () => {
    for (const origin of lookAlikes(site.origin).slice(0, 6))
      await refused({ client: { origin } });
  });

  test('is refused in the name of somebody else, or of nobody', async () => {
    await refused({ userHandle: bob.key.userHandle });
    await refused({ userHandle: Buffer.alloc(16) });
    await refused({ userHandle: null });
    await refused({ id: bob.key.id });
    await refused({ signKey: wa.makeKey(wa.ES256) });
  });

  test('is refused in any other form', async () => {
    const flow = await asked();
    const options = request(flow);
    for (const spoil of Object.values(envelopes))
      await assertion(flow, spoil(ada.key.get(options)), { status: 401 });
    for (const none of [undefined, null, {}, [], 'x', 7, true])
      await assertion(flow, none, { status: 401 });
    assert.equal(flow.error, 'passkey_invalid');
    await assertion(flow, ada.key.get(options), { status: 200 });
  });

  test('an attestation is none', async () => {
    const flow = await asked();
    await assertion(flow, ada.key.create({ ...request(flow),
      user: { id: wa.b64(ada.key.userHandle) } }), { status: 401 });
  });
});

describe('setting up', () => {
  test('a passkey, at registration: all at the end', async () => {
    const email = freshAddress('key');
    const flow = await registering(email);
    assert.equal(flow.state, 'onboarding_create_passkey');
    assert.deepEqual(flow.actions, ['back', 'skip',
      'webauthn_generate_creation_options']);
    await flow.act('webauthn_generate_creation_options', {}, { status: 200 });
    const options = creation(flow);
    assert.equal(options.user.name, email);
    assert.equal(options.excludeCredentials, undefined);
    const key = site.authenticator();
    await attestation(flow, key.create(options), { status: 200 });
    assert.equal(flow.state, 'password_creation');
    assert.deepEqual(flow.actions, ['register_password', 'skip']);
    assert.equal(await users(email), 0);
    assert.equal(await site.stored(key), undefined);
    await flow.act('register_password', { new_password: PASSWORD },
      { status: 200 });
    assert.equal(flow.state, 'success');
    const { user } = flow.last.body.payload;
    assert.equal(wa.b64(Buffer.from(user.id.replaceAll('-', ''), 'hex')),
      options.user.id);
    assert.deepEqual(user.passkeys.map(({ id }) => id), [wa.b64(key.id)]);
    await isIn(flow, user.id);
    /* By the other endpoints, too. */
    await site.login(key, user.id);
    await (await client()).call('POST', '/password/login',
      { user_id: user.id, password: PASSWORD }, { status: 200 });
    /* It begins with it: that is no news. */
    await site.instance.allSent();
    assert.deepEqual(mailsTo(site.instance.mailDir, email), []);
  });

  test('neither: skipped, and skipped', async () => {
    const flow = await registering();
    await flow.act('skip', {}, { status: 200 });
    assert.equal(flow.state, 'password_creation');
    assert.deepEqual(flow.actions, ['back', 'register_password', 'skip']);
    await flow.act('skip', {}, { status: 200 });
    assert.equal(flow.state, 'success');
    const user = flow.last.body.payload.user.id;
    assert.equal(flow.last.body.payload.user.passkeys, undefined);
    await (await client()).call('POST', '/password/login',
      { user_id: user, password: PASSWORD }, { status: 401 });
  });

  test('a password: what may be none', async () => {
    const flow = await registering(undefined, {});
    assert.equal(flow.state, 'password_creation');
    for (const [new_password, code] of [['', 'value_invalid_error'],
      ['short', 'value_too_short_error'], ['ééééééé', 'value_invalid_error'],
      ['x'.repeat(73), 'value_too_long_error'],
      [12345678, 'value_invalid_error'],
      ['with a \u0000 inside', 'value_invalid_error'],
      ['with a \u0007 inside', 'value_invalid_error']]) {
      await flow.act('register_password', { new_password }, { status: 400 });
      assert.equal(flow.state, 'password_creation');
      assert.equal(flow.last.body.actions.register_password.inputs.new_password
        .error.code, code, JSON.stringify(new_password));
    }
    await flow.act('register_password', { new_password: '        ' },
      { status: 200 });
    assert.equal(flow.state, 'success');
  });

  const lies = [...Object.entries(clientLies), ...Object.entries(authDataLies)]
    .filter(([how]) => how !== 'the type in capitals');
  for (const [how, { lie }] of lies)
    test(`a passkey is refused with ${how}`, async () => {
      const email = freshAddress('lie');
      const flow = await making(email);
      const options = creation(flow);
      const key = site.authenticator();
      await attestation(flow, key.create(options, whatever(lie, options)),
        { status: 401 });
      assert.equal(flow.error, 'passkey_invalid');
      assert.equal(flow.state, 'onboarding_verify_passkey_attestation');
      assert.deepEqual(flow.last.body.payload, {});
      assert.deepEqual(flow.last.cookies, []);
      assert.equal(await users(email), 0);
      await attestation(flow, key.create(options), { status: 200 });
    });

  test('a passkey is refused in any other form', async () => {
    const flow = await making();
    const options = creation(flow);
    const key = site.authenticator();
    for (const spoil of Object.values(envelopes))
      await attestation(flow, spoil(key.create(options)), { status: 401 });
    for (const none of [undefined, null, {}, [], 'nonsense', 7])
      await attestation(flow, none, { status: 401 });
    await attestation(flow, { ...key.create(options), id: wa.b64(
      Buffer.alloc(32, 1)) }, { status: 401 });
    await flow.act('back', {}, { status: 200 });
    assert.equal(flow.state, 'onboarding_create_passkey');
  });

  test('a passkey that somebody has is no other\'s', async () => {
    const { key } = await site.member();
    const email = freshAddress('twice');
    const flow = await making(email);
    await attestation(flow, key.create(creation(flow)));
    while (flow.actions.includes('skip'))
      await flow.act('skip');
    assert.equal(flow.last.status, 401);
    assert.equal(flow.state, 'error');
    assert.equal(flow.error, 'passkey_invalid');
    assert.deepEqual(flow.last.cookies, []);
    assert.equal(await users(email), 0);
  });
});

/* After a log-in: a site that asks for a passkey, and for a password. */
describe('after a log-in', () => {
  let other;

  before(async () => {
    other = site;
    site = await Site.open({ 'rate_limiter.enabled': 'false',
    'mfa.acquire_on_registration': 'false',
      'password.optional': 'true', 'password.acquire_on_login': 'always' });
  });
  after(async () => {
    await site.close();
    site = other;
  });

  /* Somebody with a password, who has just entered it. */
  async function entered() {
    const user = await site.user();
    await user.api.call('PUT', '/password',
      { user_id: user.user_id, password: PASSWORD }, { status: 201 });
    const flow = await loggingIn();
    await flow.act('continue_with_login_identifier', { email: user.email });
    await flow.act('continue_to_password_login');
    await flow.act('password_login', { password: PASSWORD }, { status: 200 });
    assert.equal(flow.state, 'onboarding_create_passkey');
    return { ...user, flow };
  }

  test('a passkey: asked for, made, not asked for again', async () => {
    const { flow, user_id, email, api } = await entered();
    assert.deepEqual(flow.actions, ['skip',
      'webauthn_generate_creation_options']);
    await flow.act('webauthn_generate_creation_options', {}, { status: 200 });
    const key = site.authenticator();
    await attestation(flow, key.create(creation(flow)), { status: 200 });
    assert.equal(flow.state, 'success');
    assert.deepEqual(flow.last.body.payload.last_login,
      { login_method: 'password' });
    await site.login(key, user_id);
    const again = await loggingIn();
    await again.act('continue_with_login_identifier', { email });
    await again.act('continue_to_password_login');
    await again.act('password_login', { password: PASSWORD });
    assert.equal(again.state, 'success');
    /* Another one of theirs is not made by the same authenticator. */
    await api.call('DELETE', `/webauthn/credentials/${wa.b64(key.id)}`,
      undefined, { status: 204 });
  });

  test('a password that is none any more adds nothing', async () => {
    const { flow, user_id, api } = await entered();
    await flow.act('webauthn_generate_creation_options');
    const key = site.authenticator();
    await api.call('PUT', '/password',
      { user_id, password: 'another long one' }, { status: 200 });
    await attestation(flow, key.create(creation(flow)), { status: 403 });
    assert.equal(flow.state, 'error');
    assert.deepEqual(flow.last.cookies, []);
    assert.equal(await site.stored(key), undefined);
  });

  test('a passkey that was given up meanwhile lets nobody in', async () => {
    const ada = await site.member();
    const flow = await asked();
    await assertion(flow, ada.key.get(request(flow)), { status: 200 });
    assert.equal(flow.state, 'password_creation');
    await ada.api.call('DELETE',
      `/webauthn/credentials/${wa.b64(ada.key.id)}`, undefined,
      { status: 204 });
    await flow.act('register_password', { new_password: PASSWORD },
      { status: 403 });
    assert.equal(flow.state, 'error');
    assert.deepEqual(flow.last.cookies, []);
    await (await client()).call('POST', '/password/login',
      { user_id: ada.user_id, password: PASSWORD }, { status: 401 });
  });

  test('a password, after a passkey; and one that came first', async () => {
    const ada = await site.member();
    const flow = await asked();
    await assertion(flow, ada.key.get(request(flow)), { status: 200 });
    const late = await asked();
    await assertion(late, ada.key.get(request(late)), { status: 200 });
    await flow.act('register_password', { new_password: PASSWORD },
      { status: 200 });
    assert.equal(flow.state, 'success');
    assert.deepEqual(flow.last.body.payload.last_login,
      { login_method: 'passkey' });
    await late.act('register_password', { new_password: 'too late for this' },
      { status: 403 });
    assert.equal(late.state, 'error');
    await (await client()).call('POST', '/password/login',
      { user_id: ada.user_id, password: PASSWORD }, { status: 200 });
  });
});

test('a passkey that is demanded is demanded', async () => {
  const other = site;
  site = await Site.open({ 'email.require_verification': 'true',
    'passkey.optional': 'false' });
  try {
    const email = freshAddress('demanded');
    const flow = await registering(email, {});
    assert.equal(flow.last.status, 401);
    assert.equal(flow.state, 'error');
    assert.equal(flow.error, 'platform_authenticator_required');
    assert.deepEqual(flow.actions, []);
    await site.instance.allSent();
    assert.deepEqual(mailsTo(site.instance.mailDir, email), []);
    const user = await site.user();
    const login = await Flow.identified(await client(), user.email);
    await login.act('verify_passcode',
      { code: await login.api.codeFor(user.email) }, { status: 401 });
    assert.equal(login.state, 'error');
    assert.equal(login.error, 'platform_authenticator_required');
    assert.deepEqual(login.last.cookies, []);
  } finally {
    await site.close();
    site = other;
  }
});

test('only what there is, where that may be told', async () => {
  const other = site;
  site = await Site.open({ 'rate_limiter.enabled': 'false',
    'privacy.only_show_actual_login_methods': 'true',
    'email.use_for_authentication': 'false', 'password.optional': 'true' });
  try {
    const named = async (email, able = BY_BUTTON) => {
      const flow = await loggingIn(able);
      return flow.act('continue_with_login_identifier', { email });
    };
    const ada = await site.member();
    const bob = await site.member();
    const flow = await named(ada.email);
    assert.equal(flow.state, 'login_passkey');
    const theirs = request(flow);
    assert.deepEqual(theirs.allowCredentials, [{ type: 'public-key',
      id: wa.b64(ada.key.id), transports: ['internal'] }]);
    await assertion(flow, bob.key.get(theirs), { status: 401 });
    /* One of theirs needs no handle. */
    await assertion(flow, ada.key.get(theirs, { userHandle: null }),
      { status: 200 });
    await isIn(flow, ada.user_id);
    const unable = await named(ada.email, {});
    assert.equal(unable.state, 'error');
    assert.equal(unable.error, 'flow_discontinuity_error');
    await ada.api.call('PUT', '/password',
      { user_id: ada.user_id, password: PASSWORD }, { status: 201 });
    assert.equal((await named(ada.email, {})).state, 'login_password');
    const both = await named(ada.email);
    assert.equal(both.state, 'login_method_chooser');
    assert.deepEqual(both.actions, ['back', 'continue_to_password_login',
      'webauthn_generate_request_options']);
    await both.act('webauthn_generate_request_options');
    const again = request(both);
    await assertion(both, bob.key.get(again), { status: 401 });
    await assertion(both, ada.key.get(again), { status: 200 });
    const nobody = await named(freshAddress('nobody'));
    assert.equal(nobody.last.status, 400);
    assert.equal(nobody.error, 'flow_discontinuity_error');
  } finally {
    await site.close();
    site = other;
  }
});
