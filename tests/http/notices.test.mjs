/* Changes of an account are told its owner by mail, whichever API made them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
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

test('a change that is made over and over fills no mailbox', async () => {
  const instance = await start({ set: { 'rate_limiter.enabled': 'true',
    'mfa.acquire_on_registration': 'false',
    'rate_limiter.notice_limits.tokens': '2',
    'rate_limiter.notice_limits.interval': '24h' } });
  try {
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
  } finally {
    await instance.stop();
  }
});

test('told of nothing that is switched off', async () => {
  assert.deepEqual(await tell(NAMES), [[], [], []]);
});
