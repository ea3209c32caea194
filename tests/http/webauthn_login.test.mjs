/*
 * Every refusal of WebAuthn Level 3, section 7.2, by an authenticator that
 * lies.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import * as wa from '../lib/authenticator.mjs';
import { authDataLies, clientLies, envelopes, lookAlikes, whatever }
  from '../lib/passkeylies.mjs';
import { Site, spoilt } from '../lib/site.mjs';

const { b64, makeKey } = wa;

describe('logging in with a passkey is refused', () => {
  let site, ada, bob;

  before(async () => {
    site = await Site.open();
    ada = await site.member();
    bob = await site.member();
  });

  after(() => site?.close());

  /* The same lie for a login by name, and for one without. */
  async function refused(lie, { status = 401, spent = true, key } = {}) {
    for (const user_id of [ada.user_id, undefined]) {
      const { api, options } = await site.request(user_id);
      const liar = key ?? ada.key;
      const done = await site.assert(api,
        liar.get(options, whatever(lie, options)), status);
      assert.deepEqual(done.cookies, []);
      await site.assert(api, ada.key.get(options), spent ? 401 : 200);
    }
  }

  for (const [how, { lie, spent, malformed }] of Object.entries(clientLies))
    test(`with ${how}`, () =>
      refused(lie, { spent, status: malformed ? 400 : 401 }));

  test('with the type of a registration', () =>
    refused({ client: { type: 'webauthn.create' } }));

  test('from other origins', async () => {
    for (const origin of lookAlikes(site.origin))
      await refused({ client: { origin } });
  });

  for (const [how, { lie, malformed }] of Object.entries(authDataLies))
    test(`with ${how}`, () => refused(lie, {
      status: malformed ? 400 : 401,
      /* Nothing at all is a fault of the envelope. */
      spent: how !== 'no authenticator data' }));

  test('with a new credential in the data', () => refused({
    authData: (bytes) => {
      const whole = Buffer.concat([bytes, ...ada.key.attested({})]);
      whole[32] |= wa.AT;
      return whole;
    } }, { status: 400 }));

  test('with another possibility of a backup', async () => {
    await refused({ set: wa.BE });
    await refused({ set: wa.BE | wa.BS });
  });

  const forged = {
    'of another key': () => ({ signKey: makeKey(wa.ES256) }),
    'of other data': { signature: () => wa.signWith(wa.ES256, ada?.key.key,
      Buffer.from('other data')) },
    'with a bit changed': { signature: (bytes) => {
      const other = Buffer.from(bytes);
      other[other.length - 1] ^= 1;
      return other;
    } },
    'with bytes behind it': { signature: (bytes) =>
      Buffer.concat([bytes, Buffer.from([0])]) },
    'with bytes behind it, inside': { signature: (bytes) => Buffer.concat([
      bytes.subarray(0, 1), Buffer.from([bytes[1] + 2]), bytes.subarray(2),
      Buffer.from([5, 0])]) },
    'that is cut': { signature: (bytes) => bytes.subarray(0, -1) },
    'of zeros': { signature: () => Buffer.alloc(70) },
    'of r = s = 0': { signature: () =>
      Buffer.from('3006020100020100', 'hex') },
    'that is no DER': { signature: () => randomBytes(64) },
  };
  for (const [how, lie] of Object.entries(forged))
    test(`with a signature ${how}`, () => refused(lie));

  test('when what was signed is changed', async () => {
    for (const name of ['clientDataJSON', 'authenticatorData']) {
      const { api, options } = await site.request(ada.user_id);
      const answer = ada.key.get(options);
      const bytes = Buffer.from(answer.response[name], 'base64url');
      /* A blank more in JSON, another counter in the data. */
      answer.response[name] = name === 'clientDataJSON'
        ? b64(Buffer.concat([bytes, Buffer.from(' ')]))
        : b64(Buffer.concat([bytes.subarray(0, 33),
          Buffer.from([0, 1, 0, 0])]));
      await site.assert(api, answer, 401);
    }
  });

  test('with a credential that nobody has', () =>
    refused(() => ({ id: randomBytes(32) })));

  test('with a credential of somebody else', () =>
    refused({ id: bob.key.id, signKey: bob.key.key }));

  test('in the name of somebody else', async () => {
    await refused({ userHandle: bob.key.userHandle });
    await refused(() => ({ userHandle: randomBytes(16) }));
    await refused({ userHandle: Buffer.alloc(16) });
  });

  test('with somebody else\'s passkey, in the name of this user', () =>
    refused({ userHandle: ada.key.userHandle }, { key: bob.key }));

  test('without a user handle, where only that tells who it is', async () => {
    for (const userHandle of [null, Buffer.alloc(0), randomBytes(15),
      randomBytes(17)])
      await site.login(ada.key, undefined, { userHandle }, 400);
    for (const userHandle of [randomBytes(15), randomBytes(17)])
      await site.login(ada.key, ada.user_id, { userHandle }, 401);
    await site.login(ada.key, undefined,
      { userHandle: randomBytes(65) }, 400);
  });

  test('with a counter that goes back, stays, or is lost', async () => {
    const before = (await site.stored(ada.key))[2];
    for (const counter of [Number(before) - 1, Number(before), 0])
      await refused({ counter }, { status: 400 });
    assert.equal((await site.stored(ada.key))[2], before);
    await site.login(ada.key, ada.user_id, { counter: 0xfffffffe });
    await site.login(ada.key, ada.user_id, { counter: 0xffffffff });
    await site.login(ada.key, ada.user_id, { counter: 0xffffffff }, 400);
    assert.equal((await site.stored(ada.key))[2], '4294967295');
    await site.instance.sql('UPDATE webauthn_credentials SET sign_count = 1');
  });

  test('never for a counter that is not kept', async () => {
    const still = await site.member({ counter: 0, step: 0 });
    await site.login(still.key, still.user_id);
    await site.login(still.key, still.user_id);
    await site.login(still.key, still.user_id, { counter: 1 });
    await site.login(still.key, still.user_id, {}, 400);
  });

  for (const [how, change] of Object.entries({ ...envelopes,
    'no authenticator data': (answer) => ({ ...answer,
      response: { ...answer.response, authenticatorData: undefined } }),
    'no signature': (answer) => ({ ...answer,
      response: { ...answer.response, signature: undefined } }),
    'an empty signature': (answer) => ({ ...answer,
      response: { ...answer.response, signature: '' } }),
    'a user handle that is a number': (answer) => ({ ...answer,
      response: { ...answer.response, userHandle: 7 } }) }))
    test(`with ${how} in the envelope`, async () => {
      const { api, options } = await site.request();
      const { body } = await site.assert(api, change(ada.key.get(options)),
        400);
      assert.equal(body.message, 'Parse error for Assertion');
    });

  test('in another form', async () => {
    const { api, options } = await site.request();
    const path = '/webauthn/login/finalize';
    const answer = ada.key.get(options);
    await api.call('POST', path, answer, { type: 'text/plain', status: 415 });
    await api.call('POST', path, { pad: 'x'.repeat(70000) }, { status: 413 });
    await api.call('POST', path, undefined,
      { raw: `${JSON.stringify(answer)}{}`, status: 400 });
    await site.assert(api, answer, 200);
  });

  test('for a challenge that was never issued, in other letters', async () => {
    const { api, options } = await site.request(ada.user_id);
    await site.assert(api, ada.key.get(options,
      { client: { challenge: spoilt(options.challenge) } }), 401);
    await site.assert(api, ada.key.get(options), 200);
  });
});
