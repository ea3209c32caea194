/* Security keys in flows: set up, asked for, and good for nothing else. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import * as wa from '../lib/authenticator.mjs';
import { Flow } from '../lib/flow.mjs';
import { authDataLies, clientLies, envelopes, lookAlikes, whatever }
  from '../lib/passkeylies.mjs';
import { Site } from '../lib/site.mjs';
import { totp } from '../lib/totp.mjs';

const PASSWORD = 'correct horse battery';
const ABLE = { webauthn_available: true,
  webauthn_conditional_mediation_available: false,
  webauthn_platform_authenticator_available: false };
const UNABLE = { webauthn_available: false };

const common = {
  'rate_limiter.enabled': 'false',
  'mfa.device_trust_policy': 'never',
  'passkey.acquire_on_registration': 'never',
  'passkey.acquire_on_login': 'never',
  'password.optional': 'true',
};

let site;
/* Where everybody must have a second factor, and knows who it was. */
let strict;

before(async () => {
  [site, strict] = await Promise.all([Site.open(common), Site.open({
    ...common,
    'mfa.optional': 'false',
    'mfa.security_keys.user_verification': 'required',
    'mfa.security_keys.limit': '2',
    'email.use_for_authentication': 'false',
  })]);
});
after(() => Promise.all([site?.close(), strict?.close()]));

const request = (flow) => flow.last.body.payload.request_options?.publicKey;
const creation = (flow) => flow.last.body.payload.creation_options?.publicKey;
const ids = (list) => list?.map(({ id }) => id);

const assertion = (flow, assertion_response, opts) =>
  flow.act('webauthn_verify_assertion_response', { assertion_response }, opts);
const attestation = (flow, public_key, opts) =>
  flow.act('webauthn_verify_attestation_response', { public_key }, opts);

/* At mfa_method_chooser, of a sign-up; or where it is not. */
async function choosing(where = site, able = ABLE) {
  const email = freshAddress('key');
  const flow = await Flow.ready(await where.instance.client(),
    'registration', able);
  await flow.act('register_login_identifier', { email }, { status: 200 });
  await flow.act('register_password', { new_password: PASSWORD });
  return { flow, email };
}

/* At onboarding_verify_passkey_attestation, with a security key to make. */
async function making(where = site) {
  const { flow, email } = await choosing(where);
  await flow.act('continue_to_security_key_creation', {}, { status: 200 });
  assert.equal(flow.state, 'mfa_security_key_creation');
  assert.deepEqual(flow.actions,
    ['back', 'webauthn_generate_creation_options']);
  await flow.act('webauthn_generate_creation_options', {}, { status: 200 });
  assert.equal(flow.state, 'onboarding_verify_passkey_attestation');
  return { flow, email };
}

/* Somebody who has one. */
async function member(where = site) {
  const { flow, email } = await making(where);
  const key = where.authenticator();
  await attestation(flow, key.create(creation(flow)), { status: 200 });
  assert.equal(flow.state, 'success', flow.last.text);
  const { user } = flow.last.body.payload;
  return { api: flow.api, email, key, id: user.id, user };
}

/* Behind the password. */
async function firstFactor({ email }, where = site, able = ABLE) {
  const flow = await Flow.ready(await where.instance.client(), 'login', able);
  await flow.act('continue_with_login_identifier', { email },
    { status: 200 });
  if (flow.state === 'login_method_chooser')
    await flow.act('continue_to_password_login', {}, { status: 200 });
  return flow.act('password_login', { password: PASSWORD });
}

/* At login_passkey, as a second factor. */
async function asked(who, where = site) {
  const flow = await firstFactor(who, where);
  assert.equal(flow.state, 'login_security_key', flow.last.text);
  await flow.act('webauthn_generate_request_options', {}, { status: 200 });
  assert.equal(flow.state, 'login_passkey');
  return flow;
}

const profileOf = ({ api }, able = ABLE) => Flow.ready(api, 'profile', able);

/* An app, beside the key. */
async function withApp(who) {
  const flow = await profileOf(who);
  await flow.act('continue_to_otp_secret_creation', {}, { status: 200 });
  await flow.act('otp_code_verify', { otp_code:
    totp(flow.last.body.payload.otp_secret) }, { status: 200 });
  return flow;
}

/* At webauthn_credential_verification. */
async function adding(who, what) {
  const flow = await profileOf(who);
  await flow.act(what, {}, { status: 200 });
  assert.equal(flow.state, 'webauthn_credential_verification');
  return flow;
}

async function withPasskey(who, where = site) {
  const flow = await adding(who, 'webauthn_credential_create');
  const passkey = where.authenticator();
  await attestation(flow, passkey.create(creation(flow)), { status: 200 });
  return { ...who, passkey, flow };
}

test('set up at registration, and asked for at log-in', async () => {
  const { flow, email } = await making();
  const options = creation(flow);
  assert.deepEqual(options.authenticatorSelection, {
    authenticatorAttachment: 'cross-platform', requireResidentKey: false,
    residentKey: 'discouraged', userVerification: 'discouraged' });
  assert.equal(options.attestation, 'direct');
  assert.equal(options.timeout, 120000);
  assert.equal(options.user.name, email);
  assert.equal(options.excludeCredentials, undefined);
  const key = site.authenticator({ flags: wa.UP });
  await attestation(flow, key.create(options), { status: 200 });
  assert.equal(flow.state, 'success');
  const { user, claims } = flow.last.body.payload;
  assert.deepEqual(claims.amr, ['pwd', 'security_key']);
  assert.deepEqual(ids(user.security_keys), [wa.b64(key.id)]);
  assert.equal(user.security_keys[0].mfa_only, true);
  assert.equal(user.passkeys, undefined);
  assert.equal(user.mfa_config.security_keys_enabled, true);

  const login = await firstFactor({ email });
  assert.equal(login.state, 'login_security_key');
  assert.deepEqual(login.actions, ['webauthn_generate_request_options']);
  assert.deepEqual(login.last.cookies, []);
  await login.act('webauthn_generate_request_options', {}, { status: 200 });
  assert.deepEqual(ids(request(login).allowCredentials), [wa.b64(key.id)]);
  assert.equal(request(login).userVerification, 'discouraged');
  await login.act('back', {}, { status: 200 });
  assert.equal(login.state, 'login_security_key');
  await login.act('webauthn_generate_request_options', {}, { status: 200 });
  await assertion(login, key.get(request(login), { userHandle: null }),
    { status: 200 });
  assert.equal(login.state, 'success');
  assert.deepEqual(login.last.body.payload.last_login,
    { login_method: 'password', mfa_method: 'security_key' });
  assert.deepEqual(login.last.body.payload.claims.amr,
    ['pwd', 'security_key']);
});

test('the other endpoints, which cannot ask for it, refuse', async () => {
  const { id } = await member();
  const api = await site.instance.client();
  await api.call('POST', '/password/login',
    { user_id: id, password: PASSWORD }, { status: 403 });
});

describe('one lets nobody in by itself', () => {
  let ada;
  before(async () => {
    ada = await member();
  });

  test('in flows', async () => {
    for (const conditional of [false, true]) {
      const flow = await Flow.ready(await site.instance.client(), 'login',
        { ...ABLE, webauthn_conditional_mediation_available: conditional });
      if (!conditional)
        await flow.act('webauthn_generate_request_options', {},
          { status: 200 });
      const { state } = flow;
      await assertion(flow, ada.key.get(request(flow)), { status: 401 });
      assert.equal(flow.error, 'webauthn_credential_invalid_mfa_only');
      assert.equal(flow.state, state);
      assert.deepEqual(flow.last.cookies, []);
    }
  });

  test('at the other endpoints', async () => {
    const named = await site.request(ada.id);
    assert.equal(named.options.allowCredentials, undefined);
    for (const { api, options } of [named, await site.request()]) {
      await site.assert(api, ada.key.get(options), 401);
      await api.call('GET', '/me', undefined, { status: 401 });
    }
  });

  test('but is among the credentials of its owner', async () => {
    const { api } = ada;
    const list = await api.call('GET', '/webauthn/credentials', undefined,
      { status: 200 });
    assert.deepEqual(list.body.map(({ id, mfa_only }) => [id, mfa_only]),
      [[wa.b64(ada.key.id), true]]);
    const me = await api.call('GET', '/me');
    assert.deepEqual(ids(me.body.security_keys), [wa.b64(ada.key.id)]);
  });
});

test('a passkey will do as one, and another\'s will not', async () => {
  const ada = await withPasskey(await member());
  const bob = await withPasskey(await member());
  const flow = await asked(ada);
  assert.deepEqual(ids(request(flow).allowCredentials),
    [wa.b64(ada.passkey.id), wa.b64(ada.key.id)]);
  const options = request(flow);
  for (const other of [bob.key, bob.passkey])
    for (const userHandle of [undefined, null, ada.key.userHandle]) {
      await assertion(flow, other.get(options, { userHandle }),
        { status: 401 });
      assert.equal(flow.error, 'passkey_invalid');
    }
  await assertion(flow, ada.passkey.get(options), { status: 200 });
  assert.deepEqual(flow.last.body.payload.claims.amr,
    ['pwd', 'security_key']);
});

/* Of an assertion or attestation, what is refused where it is shown. */
const lies = (origin) => [
  ...Object.entries(clientLies).map(([how, { lie }]) => [how, lie]),
  ...Object.entries(authDataLies).map(([how, { lie }]) => [how, lie]),
  ...lookAlikes(origin).slice(0, 6).map((o) => [o, { client: { origin: o } }]),
];

describe('each lie is refused', () => {
  test('about a second factor', async () => {
    const ada = await member();
    const flow = await asked(ada);
    const options = request(flow);
    const refused = async (how, answer) => {
      await assertion(flow, answer, { status: 401 });
      assert.equal(flow.error, 'passkey_invalid', how);
      assert.equal(flow.state, 'login_passkey', how);
      assert.deepEqual(flow.last.cookies, [], how);
    };
    for (const [how, lie] of lies(site.origin))
      await refused(how, ada.key.get(options, whatever(lie, options)));
    for (const [how, change] of Object.entries(envelopes))
      await refused(how, change(ada.key.get(options)));
    await refused('signature', ada.key.get(options, { signature: (s) =>
      Buffer.from(s.map((b, i) => (i === 20 ? b ^ 1 : b))) }));
    await refused('another key', ada.key.get(options,
      { signKey: wa.makeKey(wa.ES256) }));
    await refused('unknown', site.authenticator().get(options));
    await refused('its creation', ada.key.create({ ...options,
      user: { id: wa.b64(ada.key.userHandle) } }));
    const answer = ada.key.get(options);
    await assertion(flow, answer, { status: 200 });
    assert.equal(flow.state, 'success');
    await assertion(flow, answer, { status: 403 });
    /* Nor is it good again, nor with the counter that it had. */
    const again = await asked(ada);
    const next = request(again);
    await assertion(again, answer, { status: 401 });
    await assertion(again, ada.key.get(next, { counter: 1 }),
      { status: 401 });
  });

  test('about a new one, at registration', async () => {
    const { flow } = await making();
    const options = creation(flow);
    const key = site.authenticator();
    const refused = async (how, answer) => {
      await attestation(flow, answer, { status: 401 });
      assert.equal(flow.error, 'passkey_invalid', how);
      assert.equal(flow.state, 'onboarding_verify_passkey_attestation', how);
      assert.deepEqual(flow.last.cookies, [], how);
    };
    for (const [how, lie] of lies(site.origin))
      if (how !== 'the type in capitals')
        await refused(how, key.create(options, whatever(lie, options)));
    for (const [how, change] of Object.entries(envelopes))
      await refused(how, change(key.create(options)));
    await attestation(flow, key.create(options), { status: 200 });
    assert.equal(flow.state, 'success');
  });

  test('about a new one, in the profile', async () => {
    const ada = await member();
    for (const what of ['security_key_create', 'webauthn_credential_create']) {
      const key = site.authenticator();
      const flow = await profileOf(ada);
      for (const [how, lie] of lies(site.origin)) {
        await flow.act(what, {}, { status: 200 });
        const options = creation(flow);
        await attestation(flow, key.create(options, whatever(lie, options)),
          { status: 401 });
        assert.equal(flow.error, 'passkey_invalid', how);
        assert.equal(flow.state, 'profile_init', how);
      }
      /* What is registered is registered, as whatever it was. */
      await flow.act(what, {}, { status: 200 });
      await attestation(flow, ada.key.create(creation(flow)),
        { status: 401 });
      const { security_keys, passkeys } = flow.last.body.payload.user;
      assert.deepEqual(ids(security_keys), [wa.b64(ada.key.id)]);
      assert.equal(passkeys, undefined);
    }
  });
});

describe('in the profile', () => {
  test('made, named and removed', async () => {
    const ada = await withPasskey(await member());
    const { flow } = ada;
    await flow.act('security_key_create', {}, { status: 200 });
    assert.deepEqual(ids(creation(flow).excludeCredentials),
      [wa.b64(ada.passkey.id), wa.b64(ada.key.id)]);
    const second = site.authenticator();
    await attestation(flow, second.create(creation(flow)), { status: 200 });
    const keys = () => ids(flow.last.body.payload.user.security_keys);
    assert.deepEqual(keys(), [wa.b64(ada.key.id), wa.b64(second.id)]);
    await flow.act('webauthn_credential_rename',
      { passkey_id: wa.b64(second.id), passkey_name: 'Second' },
      { status: 200 });
    assert.equal(flow.last.body.payload.user.security_keys[1].name, 'Second');
    /* Each kind by its own action. */
    for (const security_key_id of [wa.b64(ada.passkey.id), 'AAAA', '*'])
      await flow.act('security_key_delete', { security_key_id },
        { status: 404 });
    await flow.act('webauthn_credential_delete',
      { passkey_id: wa.b64(second.id) }, { status: 404 });
    const bob = await member();
    await flow.act('security_key_delete',
      { security_key_id: wa.b64(bob.key.id) }, { status: 404 });
    for (const { id } of [second, ada.key])
      await flow.act('security_key_delete',
        { security_key_id: wa.b64(id) }, { status: 200 });
    assert.equal(keys(), undefined);
    assert.equal((await firstFactor(ada)).state, 'success');
  });

  test('no more than there may be', async () => {
    const ada = await member(strict);
    const flow = await adding(ada, 'security_key_create');
    const late = await adding(ada, 'security_key_create');
    await attestation(flow, strict.authenticator().create(creation(flow)),
      { status: 200 });
    assert.ok(!flow.actions.includes('security_key_create'));
    await attestation(late, strict.authenticator().create(creation(late)),
      { status: 403 });
  });

  test('whoever must verify their user does', async () => {
    const ada = await member(strict);
    const flow = await asked(ada, strict);
    const options = request(flow);
    assert.equal(options.userVerification, 'required');
    assert.equal(options.timeout, 300000);
    await assertion(flow, ada.key.get(options, { clear: wa.UV }),
      { status: 401 });
    await assertion(flow, ada.key.get(options), { status: 200 });
    const made = await making(strict);
    await attestation(made.flow, strict.authenticator().create(
      creation(made.flow), { clear: wa.UV }), { status: 401 });
  });
});

describe('what is mandatory is mandatory', () => {
  test('the last one stays, whoever asks', async () => {
    const ada = await member(strict);
    const security_key_id = wa.b64(ada.key.id);
    const flow = await profileOf(ada);
    assert.ok(!flow.actions.includes('security_key_delete'));
    await flow.act('security_key_delete', { security_key_id },
      { status: 403 });
    const { body } = await ada.api.call('DELETE',
      `/webauthn/credentials/${security_key_id}`, undefined, { status: 403 });
    assert.match(body.message, /^this is the last second factor/);
    const both = await withApp(ada);
    assert.ok(both.actions.includes('otp_secret_delete'));
    await both.act('security_key_delete', { security_key_id },
      { status: 200 });
    await both.act('otp_secret_delete', {}, { status: 403 });
  });

  test('of two that go at once, one stays', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = await member(strict);
      const flows = [await withApp(ada), await profileOf(ada)];
      await Promise.all([
        flows[0].act('otp_secret_delete'),
        flows[1].act('security_key_delete',
          { security_key_id: wa.b64(ada.key.id) }),
      ]);
      assert.deepEqual(flows.map(({ last }) => last.status).sort(),
        [200, 403]);
      const { body } = await ada.api.call('GET', '/me');
      assert.equal((body.security_keys?.length ?? 0)
        + body.mfa_config.auth_app_set_up, 1);
    }
  });

  test('so it is with the last two ways in', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = await withPasskey(await member(strict), strict);
      const flows = [ada.flow, await profileOf(ada)];
      await Promise.all([
        flows[0].act('password_delete'),
        flows[1].act('webauthn_credential_delete',
          { passkey_id: wa.b64(ada.passkey.id) }),
      ]);
      const left = await Flow.ready(await strict.instance.client(),
        'login', ABLE);
      await left.act('webauthn_generate_request_options');
      await assertion(left, ada.passkey.get(request(left)));
      const byPassword = await firstFactor(ada, strict);
      assert.equal((left.state === 'success')
        + (byPassword.state === 'login_security_key'), 1,
      flows.map(({ last }) => last.text).join('\n'));
    }
  });

  test('who has a key is not let in by a browser without', async () => {
    const ada = await member();
    const flow = await firstFactor(ada, site, UNABLE);
    assert.equal(flow.last.status, 401);
    assert.equal(flow.state, 'error');
    assert.equal(flow.error, 'platform_authenticator_required');
    assert.deepEqual(flow.last.cookies, []);
    await withApp(ada);
    assert.equal((await firstFactor(ada, site, UNABLE)).state, 'login_otp');
    const able = await firstFactor(ada);
    assert.deepEqual(able.actions,
      ['continue_to_login_otp', 'webauthn_generate_request_options']);
    await able.act('continue_to_login_otp', {}, { status: 200 });
    await able.act('continue_to_login_security_key', {}, { status: 200 });
    assert.equal(able.state, 'login_security_key');
  });
});

test('where they are built in, others are not asked for', async () => {
  await strict.instance.down();
  await strict.instance.up({ ...strict.instance.options.set,
    'mfa.totp.enabled': 'false',
    'mfa.security_keys.authenticator_attachment': 'platform' });
  const { flow, email } = await choosing(strict);
  assert.equal(flow.last.status, 401);
  assert.equal(flow.state, 'error');
  assert.equal(flow.error, 'platform_authenticator_required');
  assert.deepEqual(flow.last.cookies, []);
  assert.deepEqual(await strict.instance.sql(
    `SELECT COUNT(*) FROM emails WHERE address = '${email}'`), [['0']]);
  const able = await choosing(strict,
    { ...ABLE, webauthn_platform_authenticator_available: true });
  assert.deepEqual(able.flow.actions, ['continue_to_security_key_creation']);
  await able.flow.act('skip', {}, { status: 403 });
  await able.flow.act('continue_to_security_key_creation');
  await able.flow.act('webauthn_generate_creation_options');
  assert.equal(creation(able.flow).authenticatorSelection
    .authenticatorAttachment, 'platform');
});

describe('what was proved does not outlive the factors it was of', () => {
  const waiting = (flow, what = 'continue_to_security_key_creation') =>
    flow.act(what, {}, { status: 200 });
  /* No session, no trust, no key: nothing but the error. */
  const isOut = ({ last, state }) => {
    assert.equal(last.status, 403, last.text);
    assert.equal(state, 'error');
    assert.deepEqual(last.cookies, []);
  };

  before(async () => {
    await site.instance.down();
    await site.instance.up({ ...site.instance.options.set,
      'mfa.acquire_on_registration': 'false', 'mfa.acquire_on_login': 'true',
      'mfa.device_trust_policy': 'prompt' });
  });

  after(async () => {
    await site.instance.down();
    await site.instance.up(site.instance.options.set);
  });

  async function nobodyYet() {
    const { flow, email } = await choosing();
    assert.equal(flow.state, 'success', flow.last.text);
    const thief = await firstFactor({ email });
    assert.equal(thief.state, 'mfa_method_chooser', thief.last.text);
    return { api: flow.api, email, thief };
  }

  async function withKey(who) {
    const flow = await adding(who, 'security_key_create');
    const key = site.authenticator();
    await attestation(flow, key.create(creation(flow)), { status: 200 });
    return { ...who, key, flow };
  }

  test('a key in the making, and an app comes', async () => {
    const { thief, ...owner } = await nobodyYet();
    await waiting(thief);
    await waiting(thief, 'webauthn_generate_creation_options');
    await withApp(owner);
    await attestation(thief, site.authenticator().create(creation(thief)));
    isOut(thief);
    const { body } = await owner.api.call('GET', '/me', undefined,
      { status: 200 });
    assert.equal(body.security_keys, undefined);
  });

  test('an app in the making, and a key comes', async () => {
    const { thief, ...owner } = await nobodyYet();
    await waiting(thief, 'continue_to_otp_secret_creation');
    await withKey(owner);
    await thief.act('otp_code_verify', { otp_code:
      totp(thief.last.body.payload.otp_secret) });
    isOut(thief);
    assert.equal((await firstFactor(owner)).state, 'login_security_key');
  });

  test('a key that is given up, and the trust that it gave', async () => {
    const { thief: flow, ...owner } = await nobodyYet();
    await flow.act('skip', {}, { status: 200 });
    const ada = await withKey(owner);
    const stolen = await asked(ada);
    await assertion(stolen, ada.key.get(request(stolen)), { status: 200 });
    assert.equal(stolen.state, 'device_trust', stolen.last.text);
    const trusted = await asked(ada);
    await assertion(trusted, ada.key.get(request(trusted)), { status: 200 });
    await trusted.act('trust_device', {}, { status: 200 });
    assert.equal(trusted.state, 'success');
    const other = await withKey(ada);
    await other.flow.act('security_key_delete',
      { security_key_id: wa.b64(ada.key.id) }, { status: 200 });
    await stolen.act('trust_device');
    isOut(stolen);
    /* Nor is the browser trusted any more. */
    const again = await Flow.ready(trusted.api, 'login', ABLE);
    await again.act('continue_with_login_identifier', { email: ada.email });
    if (again.state === 'login_method_chooser')
      await again.act('continue_to_password_login', {}, { status: 200 });
    await again.act('password_login', { password: PASSWORD });
    assert.equal(again.state, 'login_security_key', again.last.text);
  });

  test('one that they made in a log-in lets them in', async () => {
    for (const what of ['key', 'app']) {
      const { thief: flow, email } = await nobodyYet();
      if (what === 'key') {
        await waiting(flow);
        await waiting(flow, 'webauthn_generate_creation_options');
        await attestation(flow, site.authenticator().create(creation(flow)));
      } else {
        await waiting(flow, 'continue_to_otp_secret_creation');
        await flow.act('otp_code_verify', { otp_code:
          totp(flow.last.body.payload.otp_secret) });
      }
      assert.equal(flow.state, 'success', flow.last.text);
      assert.equal((await firstFactor({ email })).state,
        what === 'key' ? 'login_security_key' : 'login_otp');
    }
  });
});

test('switched off, they are neither asked for nor shown', async () => {
  const ada = await withPasskey(await member());
  const waiting = await asked(ada);
  await site.instance.down();
  await site.instance.up({ ...site.instance.options.set,
    'mfa.security_keys.enabled': 'false' });
  await assertion(waiting, ada.key.get(request(waiting)), { status: 401 });
  const flow = await firstFactor(ada);
  assert.equal(flow.state, 'success');
  const { user } = flow.last.body.payload;
  assert.equal(user.security_keys, undefined);
  assert.equal(user.mfa_config.security_keys_enabled, false);
  const profile = await profileOf({ api: flow.api });
  assert.ok(!profile.actions.includes('security_key_create'));
  /* And where passkeys are off, only a key is a second factor. */
  await site.instance.down();
  await site.instance.up({ ...site.instance.options.set,
    'mfa.security_keys.enabled': 'true', 'passkey.enabled': 'false' });
  const keyed = await asked(ada);
  assert.deepEqual(ids(request(keyed).allowCredentials),
    [wa.b64(ada.key.id)]);
  const options = request(keyed);
  await assertion(keyed, ada.passkey.get(options), { status: 401 });
  await assertion(keyed, ada.key.get(options), { status: 200 });
});
