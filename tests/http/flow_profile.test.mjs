/* The profile, by its flow: who may have it, what it shows, what it changes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, until } from '../lib/instance.mjs';
import { hold, transactions } from '../lib/locks.mjs';
import { mailsTo } from '../lib/maildir.mjs';

const ORIGIN = 'http://localhost:8080';
const PASSWORD = 'correct horse battery';
const OTHER = 'another long one';
let instance;

before(async () => {
  instance = await start({ set: { 'rate_limiter.enabled': 'false',
    'password.optional': 'true', 'audit_log.storage.enabled': 'true',
    'webauthn.relying_party.origins': ORIGIN } });
});
after(() => instance?.stop());

/* Somebody who has logged in by a passcode. */
async function somebody() {
  const api = instance.client();
  const email = freshAddress('profile');
  await api.signUp(email);
  return { api, email };
}

const profileOf = ({ api }) => Flow.ready(api, 'profile');

const refused = (flow, status, code) => {
  assert.equal(flow.last.status, status);
  assert.equal(flow.error, code);
  assert.equal(flow.state, 'error');
  assert.deepEqual(flow.actions, []);
  assert.equal(flow.last.body.csrf_token, '');
};

const errorOf = (flow, action, input) =>
  flow.last.body.actions[action].inputs[input].error?.code;

/* ----------------------------------------------------------- who may */

test('without a session there is none', async () => {
  const flow = await Flow.begin(instance.client(), 'profile');
  refused(flow, 401, 'unauthorized');
});

test('a session that has died of idleness is none, and its cookie goes',
  async () => {
    const short = await start({ set: { 'session.idle_timeout': '10m' } });
    try {
      const api = short.client();
      await api.signUp(freshAddress('idle'));
      await short.sql(`UPDATE sessions SET last_used =
        UTC_TIMESTAMP(6) - INTERVAL 700 SECOND`);
      const flow = await Flow.begin(api, 'profile');
      refused(flow, 401, 'unauthorized');
      assert.match(flow.last.cookies.join('\n'), /hanko=;.*Max-Age=0/);
    } finally {
      await short.stop();
    }
  });

test('it is of whoever began it', async () => {
  const flow = await profileOf(await somebody());
  const theirs = await somebody();
  flow.api = theirs.api;
  await flow.act('password_create', { password: PASSWORD });
  refused(flow, 403, 'operation_not_permitted_error');
  flow.api = instance.client();
  await flow.act('password_create', { password: PASSWORD });
  refused(flow, 401, 'unauthorized');
});

test('another session of theirs goes on with it', async () => {
  const me = await somebody();
  const flow = await profileOf(me);
  flow.api = instance.client();
  await flow.api.passcodeLogin(me.email);
  await flow.act('password_create', { password: PASSWORD }, { status: 200 });
});

/* Whoever has logged out while it was under way has no say any more. */
test('a session that has ended takes no step', async () => {
  const me = await somebody();
  const flow = await profileOf(me);
  const end = () => instance.sql(`DELETE FROM sessions WHERE user_id =
    (SELECT user_id FROM emails WHERE address = '${me.email}')`);
  /* One that is known already as theirs, and waits. */
  const held = await hold(instance, `SELECT id FROM flows
    WHERE id = UNHEX('${flow.id.replaceAll('-', '')}')`);
  const step = flow.act('password_create', { password: PASSWORD });
  await until(() => transactions(instance, "trx_state = 'LOCK WAIT'"),
    'the wait for the lock');
  await end();
  await held.release();
  await step;
  refused(flow, 403, 'operation_not_permitted_error');
  await flow.act('password_create', { password: PASSWORD });
  refused(flow, 401, 'unauthorized');
});

test('its actions are none of preflight', async () => {
  const flow = await Flow.begin((await somebody()).api, 'profile');
  await flow.act('password_create', { password: PASSWORD });
  refused(flow, 403, 'operation_not_permitted_error');
});

/* ----------------------------------------------------- what it shows */

test('it shows what GET /me shows, and the sessions', async () => {
  const me = await somebody();
  const flow = await profileOf(me);
  assert.equal(flow.state, 'profile_init');
  const { user, sessions } = flow.last.body.payload;
  assert.deepEqual(user, (await me.api.call('GET', '/me')).body);
  assert.equal(sessions.length, 1);
  assert.equal(sessions[0].current, true);
  assert.ok(!flow.actions.includes('session_delete'));
});

test('what is hidden is hidden for all APIs', async () => {
  const hidden = await start({ set: { 'session.show_on_profile': 'false',
    'session.allow_revocation': 'false',
    'session.acquire_ip_address': 'false' } });
  try {
    const api = hidden.client();
    const email = freshAddress('hidden');
    await api.signUp(email);
    await hidden.client().passcodeLogin(email);
    const flow = await Flow.ready(api, 'profile');
    assert.equal(flow.state, 'profile_init');
    assert.equal(flow.last.body.payload.sessions, undefined);
    assert.ok(!flow.actions.includes('session_delete'));
    await api.call('GET', '/sessions', undefined, { status: 404 });
    await api.call('DELETE', '/sessions', undefined, { status: 404 });
  } finally {
    await hidden.stop();
  }
});

/* ------------------------------------------------------ the password */

test('a password is set, changed and given up', async () => {
  const me = await somebody();
  const flow = await profileOf(me);
  const { id } = flow.last.body.payload.user;
  const logIn = (password, status) => instance.client().call('POST',
    '/password/login', { user_id: id, password }, { status });
  assert.ok(!flow.actions.includes('password_update'));
  await flow.act('password_create', { password: PASSWORD }, { status: 200 });
  assert.equal(flow.state, 'profile_init');
  assert.ok(!flow.actions.includes('password_create'));
  await logIn(PASSWORD, 200);
  await flow.act('password_update', { password: OTHER }, { status: 200 });
  /* The other session has ended: one is left. */
  assert.equal(flow.last.body.payload.sessions.length, 1);
  await logIn(PASSWORD, 401);
  await logIn(OTHER, 200);
  await flow.act('password_delete', {}, { status: 200 });
  await logIn(OTHER, 401);
  assert.ok(flow.actions.includes('password_create'));
  assert.equal(flow.last.body.payload.sessions.length, 1);
  await instance.allSent();
  const subjects = mailsTo(instance.mailDir, me.email)
    .map(({ mail }) => mail.headers.subject);
  assert.equal(subjects.filter((s) => /password was set/.test(s)).length, 2);
  assert.equal(subjects.filter((s) => /were changed/.test(s)).length, 1);
  const rows = await instance.sql(`SELECT type FROM audit_logs
    WHERE actor_user_id = UNHEX('${id.replaceAll('-', '')}')
    AND type LIKE 'password_deleted'`);
  assert.equal(rows.length, 1);
});

test('what is no password is told at its input', async () => {
  const flow = await profileOf(await somebody());
  const tries = [
    [{}, 'value_missing_error'],
    [{ password: 7 }, 'value_missing_error'],
    [{ password: 'short' }, 'value_too_short_error'],
    [{ password: 'x'.repeat(73) }, 'value_too_long_error'],
    [{ password: 'é'.repeat(7) }, 'value_invalid_error'],
    [{ password: 'with a \u0007 bell' }, 'value_invalid_error'],
  ];
  for (const [input, code] of tries) {
    await flow.act('password_create', input, { status: 400 });
    assert.equal(flow.error, 'form_data_invalid_error');
    assert.equal(flow.state, 'profile_init');
    assert.equal(errorOf(flow, 'password_create', 'password'), code);
    assert.ok(flow.last.body.payload.user);
  }
  await flow.act('password_create', { password: PASSWORD }, { status: 200 });
});

test('a password that everybody has stays', async () => {
  const strict = await start();
  try {
    const api = strict.client();
    await api.signUp(freshAddress('strict'));
    const flow = await Flow.ready(api, 'profile');
    await flow.act('password_create', { password: PASSWORD }, { status: 200 });
    assert.ok(!flow.actions.includes('password_delete'));
    await flow.act('password_delete');
    refused(flow, 403, 'operation_not_permitted_error');
  } finally {
    await strict.stop();
  }
});

test('the last way in stays', async () => {
  const bare = await start({ set: { 'password.optional': 'true',
    'email.use_for_authentication': 'false',
    'email.require_verification': 'false' } });
  try {
    const api = bare.client();
    await api.call('POST', '/users', { email: freshAddress('bare') });
    const flow = await Flow.ready(api, 'profile');
    await flow.act('password_create', { password: PASSWORD }, { status: 200 });
    assert.ok(!flow.actions.includes('password_delete'));
  } finally {
    await bare.stop();
  }
});

/* --------------------------------------------------------- addresses */

const addressesOf = (flow) => flow.last.body.payload.user.emails ?? [];
const idOf = (flow, address) =>
  addressesOf(flow).find((e) => e.address === address)?.id;
const spare = (flow) => (flow.last.body.actions.email_delete.inputs.email_id
  .allowed_values ?? []).map(({ name }) => name);

test('an address is added, proved, made the primary one and removed',
  async () => {
    const me = await somebody();
    const flow = await profileOf(me);
    assert.deepEqual(spare(flow), []);
    const work = freshAddress('work');
    await flow.act('email_create', { email: ` ${work.toUpperCase()} ` },
      { status: 200 });
    assert.equal(flow.state, 'passcode_confirmation');
    assert.deepEqual(flow.actions, ['back', 'resend_passcode',
      'verify_passcode']);
    assert.deepEqual(await instance.sql(`SELECT id FROM emails
      WHERE address = '${work}'`), []);
    await flow.act('verify_passcode', { code: await me.api.codeFor(work) },
      { status: 200 });
    assert.equal(flow.state, 'profile_init');
    assert.ok(addressesOf(flow).find((e) => e.address === work).is_verified);
    assert.deepEqual(spare(flow), [work]);
    await flow.act('email_set_primary', { email_id: idOf(flow, work) },
      { status: 200 });
    assert.deepEqual(spare(flow), [me.email]);
    await flow.act('email_delete', { email_id: idOf(flow, work) },
      { status: 400 });
    assert.equal(errorOf(flow, 'email_delete', 'email_id'),
      'value_invalid_error');
    await flow.act('email_delete', { email_id: idOf(flow, me.email) },
      { status: 200 });
    assert.deepEqual(addressesOf(flow).map((e) => e.address), [work]);
    await flow.act('email_delete', { email_id: idOf(flow, work) },
      { status: 403 });
    assert.equal(flow.state, 'profile_init');
    assert.equal(flow.error, 'operation_not_permitted_error');
    /* Told: at the one that was the primary one, of each change. */
    await instance.allSent();
    const told = (address) => mailsTo(instance.mailDir, address)
      .filter(({ mail }) => /addresses .* were changed/
        .test(mail.headers.subject)).length;
    assert.equal(told(me.email), 2);
    assert.equal(told(work), 1);
  });

test('one that another has goes the same way, and leads nowhere', async () => {
  const theirs = await somebody();
  const me = await somebody();
  const flow = await profileOf(me);
  await flow.act('email_create', { email: theirs.email }, { status: 200 });
  assert.equal(flow.state, 'passcode_confirmation');
  await flow.act('verify_passcode', { code: '000000' }, { status: 400 });
  await flow.act('back', {}, { status: 200 });
  assert.equal(flow.state, 'profile_init');
  assert.deepEqual(addressesOf(flow).map((e) => e.address), [me.email]);
  await flow.act('email_create', { email: me.email }, { status: 400 });
  assert.equal(errorOf(flow, 'email_create', 'email'), 'email_already_exists');
});

/* The passcode was right, but somebody else was first. */
test('an address that was taken meanwhile is told', async () => {
  const me = await somebody();
  const flow = await profileOf(me);
  const email = freshAddress('race');
  await flow.act('email_create', { email }, { status: 200 });
  const code = await me.api.codeFor(email);
  await instance.client().signUp(email);
  await flow.act('verify_passcode', { code }, { status: 400 });
  assert.equal(flow.state, 'profile_init');
  assert.equal(flow.error, 'email_already_exists');
  assert.deepEqual(addressesOf(flow).map((e) => e.address), [me.email]);
});

test('ids of nobody, and of others, are none of theirs', async () => {
  const theirs = await profileOf(await somebody());
  const flow = await profileOf(await somebody());
  const foreign = addressesOf(theirs)[0].id;
  const second = freshAddress('second');
  await flow.act('email_create', { email: second }, { status: 200 });
  await flow.act('verify_passcode', { code: await flow.api.codeFor(second) },
    { status: 200 });
  for (const email_id of [foreign, 'nonsense',
    '00000000-0000-4000-8000-000000000000']) {
    await flow.act('email_set_primary', { email_id }, { status: 404 });
    assert.equal(flow.error, 'not_found');
    assert.equal(flow.state, 'profile_init');
    await flow.act('email_delete', { email_id }, { status: 400 });
  }
  await theirs.act('email_delete', { email_id: foreign }, { status: 403 });
  /* Where none may go, what is none of theirs is wrong, and no input is. */
  await theirs.act('email_delete', { email_id: 'nonsense' }, { status: 400 });
  assert.equal(theirs.error, 'form_data_invalid_error');
  assert.equal(errorOf(theirs, 'email_delete', 'email_id'), undefined);
});

/* ---------------------------------------- passkeys, and what else there is */

test('a passkey is named and removed', async () => {
  const me = await somebody();
  const device = await me.api.addPasskey({ origin: ORIGIN });
  const passkey_id = device.id.toString('base64url');
  const flow = await profileOf(me);
  const shown = () => flow.last.body.payload.user.passkeys?.[0];
  await flow.act('webauthn_credential_rename',
    { passkey_id, passkey_name: 'My phone' }, { status: 200 });
  assert.equal(shown().name, 'My phone');
  await flow.act('webauthn_credential_rename', { passkey_id }, { status: 400 });
  assert.equal(errorOf(flow, 'webauthn_credential_rename', 'passkey_name'),
    'value_missing_error');
  await flow.act('webauthn_credential_rename',
    { passkey_id, passkey_name: 'x'.repeat(256) }, { status: 400 });
  for (const id of ['AAAA', '!', 'A'.repeat(2000)]) {
    await flow.act('webauthn_credential_delete', { passkey_id: id },
      { status: 404 });
    await flow.act('webauthn_credential_rename',
      { passkey_id: id, passkey_name: 'x' }, { status: 404 });
    assert.equal(flow.error, 'not_found');
  }
  await flow.act('webauthn_credential_delete', { passkey_id }, { status: 200 });
  assert.equal(shown(), undefined);
  assert.ok(!flow.actions.includes('webauthn_credential_delete'));
});

/* One whose browser can make passkeys. */
async function withWebauthn(api) {
  const flow = await Flow.begin(api, 'profile');
  return flow.act('register_client_capabilities',
    { webauthn_available: true }, { status: 200 });
}

const made = (device, flow, lies) => device.create(
  flow.last.body.payload.creation_options.publicKey, lies);

const show = (flow, public_key, status) =>
  flow.act('webauthn_verify_attestation_response', { public_key }, { status });

test('a passkey is made, and none that they have already', async () => {
  const me = await somebody();
  const flow = await withWebauthn(me.api);
  const passkeys = () => flow.last.body.payload.user.passkeys ?? [];
  const device = new Authenticator({ origin: ORIGIN });
  await flow.act('webauthn_credential_create', {}, { status: 200 });
  assert.equal(flow.state, 'webauthn_credential_verification');
  assert.deepEqual(flow.actions,
    ['back', 'webauthn_verify_attestation_response']);
  const { user, excludeCredentials } =
    flow.last.body.payload.creation_options.publicKey;
  assert.equal(user.name, me.email);
  assert.equal(excludeCredentials, undefined);
  await show(flow, made(device, flow), 200);
  assert.equal(flow.state, 'profile_init');
  assert.deepEqual(passkeys().map(({ id }) => id), [b64(device.id)]);
  await flow.act('webauthn_credential_create', {}, { status: 200 });
  assert.deepEqual(flow.last.body.payload.creation_options.publicKey
    .excludeCredentials.map(({ id }) => id), [b64(device.id)]);
  await show(flow, made(device, flow), 401);
  assert.equal(flow.state, 'profile_init');
  assert.equal(flow.error, 'passkey_invalid');
  assert.equal(passkeys().length, 1);
  /* It logs in by the other API, too. */
  const options = (await instance.client().call('POST',
    '/webauthn/login/initialize')).body.publicKey;
  await instance.client().call('POST', '/webauthn/login/finalize',
    device.get(options), { status: 200 });
});

test('what is no passkey leads back, and leaves nothing', async () => {
  const flow = await withWebauthn((await somebody()).api);
  const device = new Authenticator({ origin: ORIGIN });
  const lies = [
    (f) => made(device, f, { client: { origin: 'https://evil.example' } }),
    (f) => made(device, f, { client: { type: 'webauthn.get' } }),
    (f) => made(device, f, { client: { challenge: b64(Buffer.alloc(32)) } }),
    (f) => made(device, f, { rpId: 'evil.example' }),
    () => 'nonsense', () => ({}), () => null, () => [1], () => undefined,
  ];
  for (const lie of lies) {
    await flow.act('webauthn_credential_create', {}, { status: 200 });
    await show(flow, lie(flow), 401);
    assert.equal(flow.state, 'profile_init');
    assert.equal(flow.error, 'passkey_invalid');
    assert.equal(flow.last.body.payload.user.passkeys, undefined);
  }
  await flow.act('webauthn_credential_create', {}, { status: 200 });
  await flow.act('back', {}, { status: 200 });
  assert.equal(flow.state, 'profile_init');
});

test('there are as many passkeys as there may be', async () => {
  const few = await start({ set: { 'passkey.limit': '1',
    'webauthn.relying_party.origins': ORIGIN } });
  try {
    const api = few.client();
    await api.signUp(freshAddress('few'));
    const [flow, other] = [await withWebauthn(api), await withWebauthn(api)];
    for (const one of [flow, other])
      await one.act('webauthn_credential_create', {}, { status: 200 });
    await show(flow, made(new Authenticator({ origin: ORIGIN }), flow), 200);
    assert.ok(!flow.actions.includes('webauthn_credential_create'));
    /* The one that was begun meanwhile is one too many. */
    await show(other, made(new Authenticator({ origin: ORIGIN }), other), 403);
    assert.equal(other.state, 'profile_init');
    assert.equal(other.last.body.payload.user.passkeys.length, 1);
  } finally {
    await few.stop();
  }
});

test('who has no WebAuthn is offered none', async () => {
  const flow = await profileOf(await somebody());
  assert.ok(!flow.actions.includes('webauthn_credential_create'));
});

test('metadata is patched, and cleared by null', async () => {
  const me = await somebody();
  const flow = await profileOf(me);
  const kept = () => flow.last.body.payload.user.metadata?.unsafe_metadata;
  const patch = (patch_metadata, status) =>
    flow.act('patch_metadata', { patch_metadata }, { status });
  await patch({ theme: 'dark', n: 1.5, deep: { a: [1, null] } }, 200);
  assert.deepEqual(kept(), { theme: 'dark', n: 1.5, deep: { a: [1, null] } });
  assert.deepEqual((await me.api.call('GET', '/me')).body.metadata,
    { unsafe_metadata: kept() });
  await patch({ n: null, '<b>': '</script>' }, 200);
  assert.deepEqual(kept(), { theme: 'dark', deep: { a: [1, null] },
    '<b>': '</script>' });
  for (const bad of ['text', '{broken}', 7, [1], true,
    { big: 'x'.repeat(3000) }]) {
    await patch(bad, 400);
    assert.equal(errorOf(flow, 'patch_metadata', 'patch_metadata'),
      'invalid_metadata_error');
  }
  await flow.act('patch_metadata', {}, { status: 400 });
  assert.ok(kept());
  await patch('{"theme":null}', 200);
  assert.equal(kept().theme, undefined);
  await patch(null, 200);
  assert.equal(kept(), undefined);
  await patch({ again: true }, 200);
  await patch('null', 200);
  assert.equal(kept(), undefined);
});

test('a username is chosen, changed and given up', async () => {
  const named = await start({ set: { 'username.enabled': 'true',
    'rate_limiter.enabled': 'false' } });
  try {
    const enter = async () => {
      const api = named.client();
      await api.signUp(freshAddress('named'));
      return Flow.ready(api, 'profile');
    };
    const flow = await enter();
    const other = await enter();
    const has = () => flow.last.body.payload.user.username?.username;
    const input = (action) =>
      flow.last.body.actions[action].inputs.username;
    await other.act('username_create', { username: 'bob' }, { status: 200 });
    assert.equal(input('username_create').value, null);
    for (const [username, code, value] of [
      [undefined, 'value_missing_error', ''],
      ['a b', 'invalid_username_error', 'a b'],
      ['x', 'value_too_short_error', 'x'],
      ['x'.repeat(33), 'value_too_long_error', 'x'.repeat(33)],
      ['BOB', 'username_already_exists', 'bob']]) {
      await flow.act('username_create', { username }, { status: 400 });
      assert.equal(input('username_create').error.code, code);
      assert.equal(input('username_create').value, value);
    }
    await flow.act('username_create', { username: ' Ada ' }, { status: 200 });
    assert.equal(has(), 'ada');
    await flow.act('username_update', { username: 'ada' }, { status: 400 });
    await flow.act('username_update', { username: 'bob' }, { status: 400 });
    await flow.act('username_update', { username: 'ada_2' }, { status: 200 });
    assert.equal(has(), 'ada_2');
    await flow.act('username_delete', {}, { status: 200 });
    assert.equal(has(), undefined);
    assert.ok(flow.actions.includes('username_create'));
  } finally {
    await named.stop();
  }
});

test('an account is deleted where it may be', async () => {
  const me = await somebody();
  const flow = await profileOf(me);
  assert.ok(!flow.actions.includes('account_delete'));
  await flow.act('account_delete');
  refused(flow, 403, 'operation_not_permitted_error');
  const free = await start({ set: { 'account.allow_deletion': 'true' } });
  try {
    const api = free.client();
    const email = freshAddress('gone');
    await api.signUp(email);
    const last = await Flow.ready(api, 'profile');
    await last.act('account_delete', {}, { status: 200 });
    assert.equal(last.state, 'account_deleted');
    assert.deepEqual(last.actions, []);
    assert.match(last.last.cookies.join('\n'), /hanko=;.*Max-Age=0/);
    await api.call('GET', '/me', undefined, { status: 401 });
    await free.client().signUp(email);
  } finally {
    await free.stop();
  }
});

/* ---------------------------------------------------------- sessions */

test('another session is ended, and not the one that asks', async () => {
  const me = await somebody();
  const other = instance.client();
  await other.passcodeLogin(me.email);
  const flow = await profileOf(me);
  const [mine, theirs] = [true, false].map((current) =>
    flow.last.body.payload.sessions.find((s) => s.current === current).id);
  const { allowed_values: allowed } =
    flow.last.body.actions.session_delete.inputs.session_id;
  assert.deepEqual(allowed, [{ value: theirs, name: theirs }]);
  for (const session_id of [mine, 'nonsense', '', theirs.toUpperCase()]) {
    await flow.act('session_delete', { session_id }, { status: 400 });
    assert.equal(flow.state, 'profile_init');
    assert.equal(errorOf(flow, 'session_delete', 'session_id'),
      session_id === '' ? 'value_missing_error' : 'value_invalid_error');
  }
  await flow.act('session_delete', { session_id: theirs }, { status: 200 });
  assert.equal(flow.last.body.payload.sessions.length, 1);
  assert.ok(!flow.actions.includes('session_delete'));
  await other.call('GET', '/me', undefined, { status: 401 });
  await me.api.call('GET', '/me', undefined, { status: 200 });
});
