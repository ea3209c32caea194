/* Second factors in flows: an authenticator app, set up and asked for. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
import { notTotp, stepNow, totp } from '../lib/totp.mjs';

const password = 'correct horse battery';
const unhex = (id) => `UNHEX('${id.replaceAll('-', '')}')`;

const settings = {
  'email.require_verification': 'false',
  'passkey.enabled': 'false',
  'mfa.device_trust_policy': 'never',
};

let instance;

before(async () => {
  instance = await start({ set: settings });
});
after(() => instance?.stop());

/* One that has asked for an app, with its secret. */
async function settingUp(email = freshAddress('otp'), where = instance) {
  const api = await where.client();
  const flow = await Flow.ready(api, 'registration');
  await flow.act('register_login_identifier', { email }, { status: 200 });
  await flow.act('register_password', { new_password: password },
    { status: 200 });
  assert.equal(flow.state, 'mfa_method_chooser');
  await flow.act('continue_to_otp_secret_creation', {}, { status: 200 });
  assert.equal(flow.state, 'mfa_otp_secret_creation');
  const { otp_secret: secret } = flow.last.body.payload;
  return { api, email, flow, secret };
}

/* Somebody who has one.  A step later its codes are good again. */
async function member(where = instance) {
  const made = await settingUp(undefined, where);
  await made.flow.act('otp_code_verify', { otp_code: totp(made.secret) },
    { status: 200 });
  assert.equal(made.flow.state, 'success');
  const { id } = made.flow.last.body.payload.user;
  const next = () => where.sql(`UPDATE otp_secrets
    SET last_step = last_step - 4 WHERE user_id = ${unhex(id)}`);
  await next();
  return { ...made, id, next };
}

async function firstFactor({ email }, where = instance) {
  const flow = await Flow.identified(await where.client(), email,
    'password_login');
  return flow.act('password_login', { password }, { status: 200 });
}

test('set up at registration: nothing is stored before the end', async () => {
  const { flow, secret, email } = await settingUp();
  const { payload } = flow.last.body;
  assert.match(secret, /^[A-Z2-7]{32}$/);
  assert.match(payload.otp_image_source, /^data:image\/png;base64,/);
  assert.deepEqual(flow.actions, ['back', 'otp_code_verify']);
  for (const otp_code of [notTotp(secret), undefined, '', 123456, '1'.repeat(99)]) {
    await flow.act('otp_code_verify', { otp_code }, { status: 400 });
    assert.equal(flow.last.body.actions.otp_code_verify.inputs.otp_code.error
      .code, 'passcode_invalid');
    assert.deepEqual(flow.last.body.payload, payload);
  }
  assert.deepEqual(await instance.sql(
    `SELECT COUNT(*) FROM emails WHERE address = '${email}'`), [['0']]);
  await flow.act('otp_code_verify', { otp_code: totp(secret) },
    { status: 200 });
  assert.equal(flow.state, 'success');
  const { user, claims } = flow.last.body.payload;
  assert.equal(user.mfa_config.auth_app_set_up, true);
  assert.equal(user.mfa_config.totp_enabled, true);
  assert.deepEqual(claims.amr, ['pwd', 'totp']);
});

test('back and again: another secret, and the first is worth nothing', async () => {
  const { flow, secret } = await settingUp();
  await flow.act('back', {}, { status: 200 });
  assert.equal(flow.state, 'mfa_method_chooser');
  await flow.act('continue_to_otp_secret_creation', {}, { status: 200 });
  const again = flow.last.body.payload.otp_secret;
  assert.notEqual(again, secret);
  await flow.act('otp_code_verify', { otp_code: totp(secret) },
    { status: 400 });
  await flow.act('otp_code_verify', { otp_code: totp(again) },
    { status: 200 });
});

test('the secret is in no row as it is', async () => {
  const { secret } = await member();
  const rows = await instance.sql(`SELECT HEX(sealed) FROM otp_secrets
    UNION ALL SELECT HEX(data) FROM flows`);
  const hex = Buffer.from(secret).toString('hex').toUpperCase();
  for (const [row] of rows)
    assert.ok(!row.includes(hex));
});

test('asked for at log-in: wrong, right, and used', async () => {
  const who = await member();
  const flow = await firstFactor(who);
  assert.equal(flow.state, 'login_otp');
  assert.deepEqual(flow.actions, ['otp_code_validate']);
  assert.equal(flow.last.cookies.length, 0);
  const wrong = async (otp_code, code = 'passcode_invalid') => {
    await flow.act('otp_code_validate', { otp_code }, { status: 400 });
    assert.equal(flow.last.body.actions.otp_code_validate.inputs.otp_code.error
      .code, code);
  };
  await wrong(notTotp(who.secret));
  await wrong('12345');
  await wrong(undefined, 'value_missing_error');
  await wrong(totp(who.secret, stepNow() + 3));
  const code = totp(who.secret);
  await flow.act('otp_code_validate', { otp_code: code }, { status: 200 });
  assert.equal(flow.state, 'success');
  assert.deepEqual(flow.last.body.payload.last_login,
    { login_method: 'password', mfa_method: 'totp' });
  assert.deepEqual(flow.last.body.payload.claims.amr, ['pwd', 'totp']);
  const replay = await firstFactor(who);
  await replay.act('otp_code_validate', { otp_code: code }, { status: 400 });
  await who.next();
  await replay.act('otp_code_validate', { otp_code: totp(who.secret) },
    { status: 200 });
});

test('behind a passcode, too', async () => {
  const { email, secret } = await member();
  const api = await instance.client();
  const flow = await Flow.identified(api, email);
  await flow.act('verify_passcode', { code: await api.codeFor(email) },
    { status: 200 });
  assert.equal(flow.state, 'login_otp');
  await flow.act('otp_code_validate', { otp_code: totp(secret) },
    { status: 200 });
  assert.deepEqual(flow.last.body.payload.claims.amr, ['otp', 'totp']);
});

test('a forgotten password is no way around it, and ends the sessions', async () => {
  const who = await member();
  const api = await instance.client();
  const flow = await Flow.identified(api, who.email, 'password_login');
  await flow.act('continue_to_passcode_confirmation_recovery', {},
    { status: 200 });
  await flow.act('verify_passcode', { code: await api.codeFor(who.email) },
    { status: 200 });
  const rest = { login_otp: ['otp_code_validate',
    { otp_code: totp(who.secret) }], login_password_recovery: [
    'password_recovery', { new_password: 'another long one' }] };
  const went = [];
  for (; rest[flow.state]; await flow.act(...rest[went.at(-1)], { status: 200 })) {
    assert.equal(flow.last.cookies.length, 0);
    await who.api.call('GET', '/me', undefined, { status: 200 });
    went.push(flow.state);
  }
  assert.equal(flow.state, 'success');
  assert.deepEqual(went.toSorted(), Object.keys(rest));
  await who.api.call('GET', '/me', undefined, { status: 401 });
  await api.call('GET', '/me', undefined, { status: 200 });
});

test('the other endpoints, which cannot ask for it, refuse', async () => {
  const { id, email } = await member();
  const api = await instance.client();
  await api.call('POST', '/password/login', { user_id: id, password: 'wrong password' },
    { status: 401 });
  await api.call('POST', '/password/login', { user_id: id, password },
    { status: 403 });
  const init = await api.call('POST', '/passcode/login/initialize',
    { user_id: id }, { status: 200 });
  await api.call('POST', '/passcode/login/finalize',
    { id: init.body.id, code: await api.codeFor(email) }, { status: 403 });
  await api.call('GET', '/me', undefined, { status: 401 });
});

test('many with one code at once: one is in', async () => {
  const who = await member();
  const flows = [];
  while (flows.length < 10)
    flows.push(await firstFactor(who));
  const otp_code = totp(who.secret);
  await Promise.all(flows.map((flow) =>
    flow.act('otp_code_validate', { otp_code })));
  assert.equal(flows.filter(({ state }) => state === 'success').length, 1);
  for (const { state, last } of flows)
    if (state !== 'success')
      assert.equal(last.status, 400, last.text);
});

test('skipped, where that is allowed', async () => {
  const api = await instance.client();
  const flow = await Flow.ready(api, 'registration');
  await flow.act('register_login_identifier', { email: freshAddress('otp') },
    { status: 200 });
  await flow.act('register_password', { new_password: password },
    { status: 200 });
  await flow.act('skip', {}, { status: 200 });
  assert.equal(flow.state, 'success');
  assert.deepEqual(flow.last.body.payload.claims.amr, ['pwd']);
});

test('mandatory, and asked for at log-in: no way around it', async () => {
  const strict = await start({ set: { ...settings, 'mfa.optional': 'false',
    'mfa.acquire_on_registration': 'false', 'mfa.acquire_on_login': 'true' } });
  try {
    const email = freshAddress('otp');
    const flow = await Flow.ready(await strict.client(), 'registration');
    await flow.act('register_login_identifier', { email }, { status: 200 });
    await flow.act('register_password', { new_password: password },
      { status: 200 });
    assert.equal(flow.state, 'success');
    const login = await firstFactor({ email }, strict);
    assert.equal(login.state, 'mfa_method_chooser');
    assert.deepEqual(login.actions, ['continue_to_otp_secret_creation']);
    await login.act('skip', {}, { status: 403 });
    await login.act('continue_to_otp_secret_creation', {}, { status: 200 });
    await login.act('otp_code_verify',
      { otp_code: totp(login.last.body.payload.otp_secret) }, { status: 200 });
    assert.equal(login.state, 'success');
    assert.deepEqual(login.last.body.payload.last_login,
      { login_method: 'password' });
    const again = await firstFactor({ email }, strict);
    assert.equal(again.state, 'login_otp');
    /* Nor is it given up. */
    const profile = await Flow.ready(login.api, 'profile');
    assert.ok(!profile.actions.includes('otp_secret_delete'));
    await profile.act('otp_secret_delete', {}, { status: 403 });
  } finally {
    await strict.stop();
  }
});

test('guesses are limited', async () => {
  const few = await start({ set: { ...settings,
    'rate_limiter.enabled': 'true',
    'rate_limiter.otp_limits.tokens': '2' } });
  try {
    const who = await member(few);
    const flow = await firstFactor(who, few);
    for (let i = 0; i < 2; i++)
      await flow.act('otp_code_validate', { otp_code: notTotp(who.secret) },
        { status: 400 });
    await flow.act('otp_code_validate', { otp_code: totp(who.secret) },
      { status: 429 });
    assert.equal(flow.error, 'rate_limit_exceeded');
    assert.equal(flow.state, 'login_otp');
    assert.ok(flow.last.body.payload.retry_after > 0);
  } finally {
    await few.stop();
  }
});

test('switched off, nobody is asked', async () => {
  const off = await start({ set: { ...settings, 'mfa.enabled': 'false' } });
  try {
    const flow = await Flow.ready(await off.client(), 'registration');
    await flow.act('register_login_identifier',
      { email: freshAddress('otp') }, { status: 200 });
    await flow.act('register_password', { new_password: password },
      { status: 200 });
    assert.equal(flow.state, 'success');
  } finally {
    await off.stop();
  }
});

/* ------------------------------------------------------- in the profile */

test('set up in the profile, and given up', async () => {
  const email = freshAddress('otp');
  const api = await instance.client();
  const signup = await Flow.ready(api, 'registration');
  await signup.act('register_login_identifier', { email }, { status: 200 });
  await signup.act('register_password', { new_password: password },
    { status: 200 });
  await signup.act('skip', {}, { status: 200 });
  const flow = await Flow.ready(api, 'profile');
  assert.ok(!flow.actions.includes('otp_secret_delete'));
  await flow.act('otp_secret_delete', {}, { status: 403 });
  await flow.act('continue_to_otp_secret_creation', {}, { status: 200 });
  const { otp_secret: secret } = flow.last.body.payload;
  await flow.act('otp_code_verify', { otp_code: notTotp(secret) },
    { status: 400 });
  assert.equal(flow.last.body.payload.otp_secret, secret);
  await flow.act('otp_code_verify', { otp_code: totp(secret) },
    { status: 200 });
  assert.equal(flow.state, 'profile_init');
  assert.equal(flow.last.body.payload.user.mfa_config.auth_app_set_up, true);
  await flow.act('continue_to_otp_secret_creation', {}, { status: 403 });
  assert.equal((await firstFactor({ email })).state, 'login_otp');
  await flow.act('otp_secret_delete', {}, { status: 200 });
  assert.equal(flow.last.body.payload.user.mfa_config.auth_app_set_up, false);
  assert.equal((await firstFactor({ email })).state, 'success');
  /* Another time, it is another one. */
  await flow.act('continue_to_otp_secret_creation', {}, { status: 200 });
  assert.notEqual(flow.last.body.payload.otp_secret, secret);
  await flow.act('back', {}, { status: 200 });
  assert.equal(flow.state, 'profile_init');
});

/* The more a QR code says, the larger it is. */
const sizeOf = (flow) => Buffer.from(flow.last.body.payload.otp_image_source
  .replace(/^.*,/, ''), 'base64').readUInt32BE(16);

test('the app is told whose it is, in the profile as at registration',
  async () => {
    const sizes = [];
    for (const email of [freshAddress('x'), freshAddress('x'.repeat(30))]) {
      const { api, flow, secret } = await settingUp(email);
      const size = sizeOf(flow);
      await flow.act('otp_code_verify', { otp_code: totp(secret) },
        { status: 200 });
      const profile = await Flow.ready(api, 'profile');
      await profile.act('otp_secret_delete', {}, { status: 200 });
      await profile.act('continue_to_otp_secret_creation', {},
        { status: 200 });
      assert.equal(sizeOf(profile), size);
      sizes.push(size);
    }
    assert.ok(sizes[0] < sizes[1], sizes.join());
  });

/* Of the device cookie, what the browser would send. */
const trustOf = ({ last }) => last.cookies
  .map((line) => /^hanko-device-token=([^;]+)/.exec(line)?.[1])
  .find((value) => value !== undefined);

async function provedBoth(where, who, Cookie) {
  const api = await where.client();
  const opts = { status: 200, noJar: true, ...Cookie && { headers: { Cookie } } };
  const flow = await Flow.identified(api, who.email, 'password_login');
  await flow.act('password_login', { password }, opts);
  if (flow.state !== 'login_otp')
    return flow;
  await who.next();
  await flow.act('otp_code_validate', { otp_code: totp(who.secret) }, opts);
  assert.equal(flow.state, 'device_trust');
  assert.deepEqual(flow.actions, ['skip', 'trust_device']);
  await flow.act('trust_device', {}, opts);
  return flow;
}

test('a trusted browser is not asked, until the password is another', async () => {
  const where = await start({ set: { ...settings,
    'mfa.device_trust_policy': 'prompt' } });
  try {
    const who = await member(where);
    const flow = await provedBoth(where, who);
    assert.equal(flow.state, 'success');
    const line = flow.last.cookies.find((one) => one.startsWith('hanko-device-token='));
    for (const part of ['Path=/', 'Max-Age=2592000', 'HttpOnly', 'Secure', 'SameSite=None'])
      assert.ok(line.split('; ').includes(part), part);
    const Cookie = `hanko-device-token=${trustOf(flow)}`;
    const again = await provedBoth(where, who, Cookie);
    assert.equal(again.state, 'success');
    assert.deepEqual(again.last.body.payload.claims.amr, ['pwd']);
    assert.equal(again.last.cookies.some((one) => one.startsWith('hanko-device-token')),
      false);
    const [, token] = /^([^:]+:.+)$/.exec(trustOf(flow));
    assert.deepEqual(await where.sql(`SELECT COUNT(*) FROM trusted_devices
      WHERE HEX(digest) LIKE '%${Buffer.from(token).toString('hex')}%'`), [['0']]);
    await where.sql(`UPDATE users SET known_epoch = known_epoch + 1
      WHERE id = ${unhex(who.id)}`);
    const asked = await Flow.identified(await where.client(), who.email,
      'password_login');
    await asked.act('password_login', { password },
      { status: 200, noJar: true, headers: { Cookie } });
    assert.equal(asked.state, 'login_otp');
  } finally {
    await where.stop();
  }
});
