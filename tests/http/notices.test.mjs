/* Changes of an account are told its owner by mail, whichever API made them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, until } from '../lib/instance.mjs';
import { mailsTo, partText } from '../lib/maildir.mjs';
import { totp } from '../lib/totp.mjs';

const ORIGIN = 'http://localhost:8888';
const password = 'correct horse battery';
const NAMES = ['password_update', 'primary_email_update', 'email_create',
  'email_delete', 'passkey_create', 'mfa_create', 'mfa_delete'];

/* Mails to an address that bring no code: what they are about. */
const toldOf = (instance, address) => mailsTo(instance.mailDir, address)
  .map(({ mail }) => mail)
  .filter((mail) => !/^\s*\d{6}\s*$/m.test(partText(mail, 'text/plain')))
  .map(({ headers }) => /password|addresses|credential|second factor/i
    .exec(headers.subject)?.[0].toLowerCase()).sort();

async function byRest(api, me) {
  const more = freshAddress('notice');
  const put = (path, body, status) =>
    api.call('PUT', path, body, { status });
  await put('/password', { user_id: me.id, password }, 201);
  await put('/password', { user_id: me.id, password: `${password} 2` }, 200);
  const { body: { id } } = await api.call('POST', '/emails', { address: more },
    { status: 200 });
  const { body: code } = await api.call('POST', '/passcode/login/initialize',
    { user_id: me.id, email_id: id }, { status: 200 });
  await api.call('POST', '/passcode/login/finalize',
    { id: code.id, code: await api.codeFor(more) }, { status: 200 });
  await api.call('POST', `/emails/${id}/set_primary`, undefined,
    { status: 204 });
  const { body: all } = await api.call('GET', '/emails', undefined,
    { status: 200 });
  const old = all.find(({ address }) => address === me.email);
  await api.call('DELETE', `/emails/${old.id}`, undefined, { status: 204 });
  await api.addPasskey({ origin: ORIGIN });
  return more;
}

async function byFlow(api, me) {
  const more = freshAddress('notice');
  const flow = await Flow.ready(api, 'profile', { webauthn_available: true });
  const act = (name, input) => flow.act(name, input, { status: 200 });
  await act('password_create', { password });
  await act('password_update', { password: `${password} 2` });
  await act('email_create', { email: more });
  await act('verify_passcode', { code: await api.codeFor(more) });
  const idOf = (address) => flow.last.body.payload.user.emails
    .find((one) => one.address === address).id;
  await act('email_set_primary', { email_id: idOf(more) });
  await act('email_delete', { email_id: idOf(me.email) });
  await act('webauthn_credential_create', {});
  await act('webauthn_verify_attestation_response', { public_key:
    new Authenticator({ origin: ORIGIN }).create(
      flow.last.body.payload.creation_options.publicKey) });
  return more;
}

/* What comes and goes beside the password: two times two. */
async function ofFactors(api, me) {
  const flow = await Flow.ready(api, 'profile', { webauthn_available: true });
  const act = (name, input) => flow.act(name, input, { status: 200 });
  await act('continue_to_otp_secret_creation');
  await act('otp_code_verify',
    { otp_code: totp(flow.last.body.payload.otp_secret) });
  await act('security_key_create');
  await act('webauthn_verify_attestation_response', { public_key:
    new Authenticator({ origin: ORIGIN }).create(
      flow.last.body.payload.creation_options.publicKey) });
  const [{ id }] = flow.last.body.payload.user.security_keys;
  await act('security_key_delete', { security_key_id: id });
  await act('otp_secret_delete');
  return me.email;
}

async function tell(off) {
  const instance = await start({ set: { 'mfa.acquire_on_registration': 'false',
    'password.acquire_on_registration': 'never',
    'webauthn.relying_party.origins': ORIGIN,
    ...Object.fromEntries(off.map((name) =>
      [`security_notifications.notifications.${name}.enabled`, 'false'])) } });
  try {
    const seen = [];
    for (const story of [byRest, byFlow, ofFactors]) {
      const api = instance.client();
      const me = { email: freshAddress('notice') };
      ({ user_id: me.id } = await api.signUp(me.email));
      const more = await story(api, me);
      await instance.allSent();
      seen.push([...new Set([me.email, more])]
        .flatMap((address) => toldOf(instance, address)));
    }
    return seen;
  } finally {
    await instance.stop();
  }
}

test('told of all, by either API', async () => {
  const [rest, flow, factors] = await tell([]);
  assert.deepEqual(rest, flow);
  assert.deepEqual([...new Set(rest)].sort(),
    ['addresses', 'password', 'credential'].sort());
  assert.deepEqual(factors,
    ['credential', 'credential', 'second factor', 'second factor']);
});

describe('over and over', () => {
  let instance;
  let admin;

  before(async () => {
    instance = await start({ admin: true, set: { 'rate_limiter.enabled': 'true',
      'mfa.acquire_on_registration': 'false',
      'rate_limiter.notice_limits.tokens': '2',
      'rate_limiter.notice_limits.interval': '24h' } });
    admin = instance.admin();
  });
  after(() => instance?.stop());

  /* Somebody whom an operator made, with so many passkeys. */
  async function somebody(passkeys = 0) {
    const email = freshAddress('notice');
    const { body: { id } } = await admin.call('POST', '/users', { emails: [
      { address: email, is_primary: true, is_verified: true }] },
    { status: 200 });
    for (let i = 0; i < passkeys; i++)
      await instance.sql(`INSERT INTO webauthn_credentials (id_hash, tenant_id,
        credential_id, user_id, name, public_key, attestation, sign_count,
        backup_eligible, backup_state, transports, mfa_only, created_at,
        updated_at) SELECT UNHEX(SHA2('${id}${i}', 256)), tenant_id,
        '${id}${i}', id, 'k', 'k', 'none', 0, 1, 1, 'usb', 0,
        created_at, updated_at FROM users WHERE
        HEX(id) = '${id.replaceAll('-', '').toUpperCase()}'`);
    const call = (method, path, status, body) => admin.call(method,
      `/users/${id}${path}`, body, { status });
    const { body: { webauthn_credentials: keys = [] } } =
      await call('GET', '', 200);
    return { email, call, forget: async (i) => call('DELETE',
      `/webauthn_credentials/${keys[i].id}`, 204) };
  }

  const subjects = (...addresses) => addresses.flatMap((address) =>
    mailsTo(instance.mailDir, address)).map(({ mail }) =>
    /credentials of|addresses|password|many times/i
      .exec(mail.headers.subject)?.[0]).filter(Boolean).sort();

  test('it fills no mailbox', async () => {
    const api = instance.client();
    const email = freshAddress('notice');
    await api.signUp(email);
    for (let i = 0; i < 3; i++) {
      const flow = await Flow.ready(api, 'profile', {});
      const act = (name, input) => flow.act(name, input, { status: 200 });
      await act('continue_to_otp_secret_creation');
      await act('otp_code_verify',
        { otp_code: totp(flow.last.body.payload.otp_secret) });
      await act('otp_secret_delete');
      await instance.allSent();
    }
    const told = mailsTo(instance.mailDir, email)
      .map(({ mail }) => /credential was|factor|many times/i
        .exec(mail.headers.subject)?.[0]).filter(Boolean).sort();
    assert.deepEqual(told,
      ['credential was', 'factor', 'many times', 'many times']);
    const log = await instance.log();
    assert.equal(log.match(/limit notice is reached/g).length, 2);
  });

  test('credentials that go hide no password that goes', async () => {
    const { email, call, forget } = await somebody(3);
    await call('POST', '/password', 200, { password });
    for (let i = 0; i < 3; i++) {
      await forget(i);
      await instance.allSent();
    }
    assert.deepEqual(subjects(email),
      ['credentials of', 'many times', 'password']);
    await call('DELETE', '/password', 204);
    await instance.allSent();
    assert.deepEqual(subjects(email),
      ['credentials of', 'credentials of', 'many times', 'password']);
  });

  test('addresses that come hide no other primary one', async () => {
    const { email, call } = await somebody();
    const more = [1, 2, 3].map(() => freshAddress('more'));
    let last;
    for (const address of more) {
      last = await call('POST', '/emails', 201, { address, is_verified: true });
      await instance.allSent();
    }
    assert.deepEqual(subjects(email, ...more), ['addresses', 'many times']);
    await call('POST', `/emails/${last.body.id}/set_primary`, 204);
    await instance.allSent();
    assert.ok(subjects(email, ...more).filter((one) => one === 'addresses')
      .length > 1);
  });

  test('what the relay does not take is counted once, and comes', async () => {
    const { email, forget } = await somebody(2);
    const tried = (n) => until(async () => {
      const rows = await instance.sql("SELECT attempts FROM outbox WHERE "
        + "kind = 'notice'");
      await instance.sql("UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6), "
        + "expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY "
        + "WHERE kind = 'notice' AND claim IS NULL");
      return rows.length > 0 && rows.every(([tries]) => Number(tries) >= n);
    }, `${n} tries`);
    await instance.service('stop', 'smtp');
    await forget(0);
    await tried(3);
    const courier = instance.children().find((pid) => /courier/.test(
      readFileSync(`/proc/${pid}/comm`, 'utf8')));
    process.kill(courier, 'SIGKILL');
    await instance.sql('UPDATE outbox SET claim = NULL, claimed_until = NULL '
      + "WHERE kind = 'notice'");
    await tried(4);
    assert.deepEqual(subjects(email), []);
    await forget(1);
    await tried(1);
    await instance.service('start', 'smtp');
    await instance.sql("UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6)");
    await instance.allSent();
    assert.deepEqual(subjects(email), ['credentials of', 'many times']);
  });
});

test('told of nothing that is switched off', async () => {
  assert.deepEqual(await tell(NAMES), [[], [], []]);
});
