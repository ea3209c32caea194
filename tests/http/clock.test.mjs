/*
 * Rows live and die by the clock of the database, which all hosts share, and
 * by no other: here it goes five minutes before ours, and behind.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { announce, beginLogin, completeLogin, loggedIn }
  from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';

const ORIGIN = 'http://localhost:8080';
const APART_S = 300;
let count = 0;

/* Of a user of the database who is not root, time is so much later. */
async function shifted(seconds) {
  const instance = await start({ set: {
    'webauthn.relying_party.origins': ORIGIN, 'rate_limiter.enabled': 'true',
    'rate_limiter.password_limits.tokens': '1',
    'rate_limiter.password_limits.interval': '1h' } });
  await instance.sql(`SET GLOBAL init_connect =
    'SET timestamp = UNIX_TIMESTAMP() + ${seconds}'`);
  const old = instance.children();
  process.kill(instance.supervisor, 'SIGHUP');
  await until(() => instance.children().every((pid) => !old.includes(pid)),
    'new workers');
  return instance;
}

const member = (instance) => loggedIn(instance, `Clock ${++count}`,
  freshAddress('clock'));

/* What has an end, its rows, and what is answered before and after. */
const things = {
  async passcode(instance) {
    const api = instance.client();
    const email = freshAddress();
    const { body } = await api.call('POST', '/users', { email },
      { status: 200 });
    const sent = await api.call('POST', '/passcode/login/initialize',
      { user_id: body.user_id, email_id: body.email_id }, { status: 200 });
    const code = await api.codeFor(email);
    return ['passcodes', [200, 408], () => api.call('POST',
      '/passcode/login/finalize', { id: sent.body.id, code })];
  },
  async session(instance) {
    const api = instance.client();
    await api.signUp(freshAddress());
    return ['sessions', [200, 401], () => api.call('GET', '/me')];
  },
  async 'challenge of a passkey'(instance) {
    const api = instance.client();
    await api.signUp(freshAddress());
    const device = await api.addPasskey({ origin: ORIGIN });
    const { body } = await instance.client().call('POST',
      '/webauthn/login/initialize', {}, { status: 200 });
    const answer = device.get(body.publicKey);
    return ['webauthn_challenges', [200, 401], () => instance.client().call(
      'POST', '/webauthn/login/finalize', answer)];
  },
  async 'challenge of a Dfns log-in'(instance) {
    const who = await member(instance);
    const begun = await beginLogin(who.api, who, {}, { status: 200 });
    return ['ceremonies', [200, 400], () => completeLogin(who.api, begun,
      who.key.get(begun.body.challenge))];
  },
  async 'challenge of a user action'(instance) {
    const who = await member(instance);
    const { body } = await announce(who, 'POST', '/x', '{}', { status: 200 });
    const firstFactor = who.key.get(body.challenge);
    return ['ceremonies', [200, 400], () => who.call('POST', '/auth/action',
      { challengeIdentifier: body.challengeIdentifier, firstFactor })];
  },
  async 'limit that is reached'(instance) {
    const api = instance.client();
    const wrong = { user_id: randomUUID(), password: 'wrong password' };
    await api.call('POST', '/password/login', wrong, { status: 401 });
    return ['rate_limits', [429, 401], () => api.call('POST',
      '/password/login', wrong)];
  },
};

for (const apart of [APART_S, -APART_S])
  describe(`a database whose clock is ${apart} s off`, () => {
    let instance;

    before(async () => {
      instance = await shifted(apart);
    });
    after(() => instance?.stop());

    test('tokens are dated by it', async () => {
      const api = instance.client();
      await api.signUp(freshAddress());
      const [, payload] = api.jar.get('hanko').split('.');
      const { iat } = JSON.parse(Buffer.from(payload, 'base64url'));
      const ahead_s = iat - Date.now() / 1000;
      assert.ok(Math.abs(ahead_s - apart) < APART_S / 2, String(ahead_s));
      await api.call('GET', '/me', undefined, { status: 200 });
    });

    for (const [name, make] of Object.entries(things))
      test(name, async () => {
        const [table, [alive, dead], use] = await make(instance);
        /* Between the two clocks: it has ended by the one that is ahead. */
        await instance.sql(`UPDATE ${table} SET expires_at =
          UTC_TIMESTAMP(6) + INTERVAL ${apart / 2} SECOND`);
        const { status, text } = await use();
        assert.equal(status, apart > 0 ? dead : alive, text);
      });
  });
