/*
 * Every refusal of WebAuthn Level 3, section 7.1, by an authenticator that
 * lies.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import * as wa from '../lib/authenticator.mjs';
import { Raw, encode, encodeIndefinite, encodePairs, head, nested }
  from '../lib/cbor.mjs';
import { authDataLies, clientLies, envelopes, lookAlikes, whatever }
  from '../lib/passkeylies.mjs';
import { Site } from '../lib/site.mjs';

const { b64, cosePairs, makeKey } = wa;

describe('registering a passkey is refused', () => {
  let site, user;

  before(async () => {
    site = await Site.open({ 'passkey.limit': '1000' });
    user = await site.user();
  });

  after(() => site?.close());

  async function refused(lie, { spent = true, options = {} } = {}) {
    const key = site.authenticator(options);
    const creation = await site.creation(user.api);
    const lies = whatever(lie, creation, key);
    await site.attest(user.api, key.create(creation, lies), 400);
    assert.equal(await site.stored(key), undefined);
    await site.attest(user.api, site.authenticator().create(creation),
      spent ? 400 : 200);
  }

  for (const [how, { lie, spent }] of Object.entries(clientLies))
    test(`with ${how}`, () => refused(lie, { spent }));

  test('with the type of a login', () =>
    refused({ client: { type: 'webauthn.get' } }));

  test('from other origins', async () => {
    for (const origin of lookAlikes(site.origin))
      await refused({ client: { origin } });
  });

  for (const [how, { lie }] of Object.entries(authDataLies))
    test(`with ${how}`, () => refused(lie));

  const ec = (change) => () => {
    const pairs = new Map(cosePairs(wa.ES256, makeKey(wa.ES256)));
    for (const [label, value] of Object.entries(change))
      if (value === undefined)
        pairs.delete(Number(label));
      else
        pairs.set(Number(label), value);
    return { key: [...pairs] };
  };
  const rsa = (change) => () => ({ key: cosePairs(wa.RS256,
    makeKey(wa.RS256)).map(([label, value]) =>
    [label, change[label] ?? value]) });
  const good = () => cosePairs(wa.ES256, makeKey(wa.ES256));
  const p384 = () => new Map(cosePairs(wa.ES384, makeKey(wa.ES384)));

  const keys = {
    'no attested credential': { flags: wa.UP | wa.UV },
    'a key that is no CBOR': { key: Buffer.from([0xff]) },
    'a key that is a list': { key: encode([1, 2]) },
    'an empty key': { key: encode({}) },
    'a key of no end': () => ({ key: encodeIndefinite(good()) }),
    'a key with a label twice': () => ({ key: [...good(), [3, wa.ES256]] }),
    'a key nested deeply': () => ({ key: [...good(), [-70000, nested(100)]] }),
    'an unknown type of key': ec({ 1: 9 }),
    'a symmetric key': { key: [[1, 4], [3, wa.ES256], [-1, randomBytes(32)]] },
    'an algorithm that was not offered': () => ({ key:
      cosePairs(wa.ES512, makeKey(wa.ES512)) }),
    'an algorithm that nobody knows': ec({ 3: -60000 }),
    'no algorithm': ec({ 3: undefined }),
    'an algorithm as text': ec({ 3: 'ES256' }),
    'the algorithm of another type': ec({ 3: wa.RS256 }),
    'another curve': ec({ '-1': 2 }),
    'the curve of another algorithm': () => ({ key:
      [...p384().set(3, wa.ES256)] }),
    'a point that is not on the curve': ec({ '-2': randomBytes(32) }),
    'the point at infinity': ec({ '-2': Buffer.alloc(32),
      '-3': Buffer.alloc(32) }),
    'a coordinate that is short': ec({ '-2': randomBytes(31) }),
    'half a point': ec({ '-3': undefined }),
    'a compressed point': ec({ '-3': true }),
    'RSA with the exponent 1': rsa({ '-2': Buffer.from([1]) }),
    'RSA with an even exponent': rsa({ '-2': Buffer.from([1, 0, 0]) }),
    'RSA with an empty exponent': rsa({ '-2': Buffer.alloc(0) }),
    'RSA with a huge exponent': rsa({ '-2':
      Buffer.concat([Buffer.from([1]), Buffer.alloc(31), Buffer.from([1])]) }),
    'RSA of 1024 bits': () => ({ key: cosePairs(wa.RS256,
      makeKey(wa.RS256, { modulusLength: 1024 })) }),
    'RSA of 8192 bits': () => ({ key: rsa({ '-1':
      Buffer.concat([Buffer.from([0x80]), randomBytes(1022),
        Buffer.from([1])]) })().key }),
    'RSA with an even modulus': rsa({ '-1': Buffer.concat([
      Buffer.from([0x80]), randomBytes(254), Buffer.from([2])]) }),
    'Ed25519 on another curve': () => ({ key: cosePairs(wa.EDDSA,
      makeKey(wa.EDDSA)).map(([label, value]) =>
      [label, label === -1 ? 7 : value]) }),
  };
  for (const [how, lie] of Object.entries(keys))
    test(`with ${how}`, () => refused(lie));

  const credId = (bytes, claimed) => ({ authData: (data) => Buffer.concat([
    data.subarray(0, 53), Buffer.from([claimed >> 8, claimed & 255]),
    bytes, encodePairs(good())]) });
  const ids = {
    'an empty credential id': credId(Buffer.alloc(0), 0),
    'a credential id of 1024 bytes': credId(randomBytes(1024), 1024),
    'a credential id of 65535 bytes, which are not there':
      credId(randomBytes(32), 65535),
    'a credential id that reaches into the key': credId(randomBytes(32), 40),
    'another credential id than the answer says': () =>
      ({ body: { id: b64(randomBytes(32)) } }),
  };
  for (const [how, lie] of Object.entries(ids))
    test(`with ${how}`, () => refused(lie));

  const objects = {
    'an attestation object that is no CBOR': { object: () =>
      Buffer.from('nonsense') },
    'an empty attestation object': { object: () => Buffer.from([0xa0]) },
    'an attestation object that is cut': { object: (pairs) =>
      encodePairs(pairs).subarray(0, -1) },
    'an attestation object with more behind': { object: (pairs) =>
      Buffer.concat([encodePairs(pairs), Buffer.from([0])]) },
    'an attestation object of no end': { object: encodeIndefinite },
    'an attestation object with a name twice': { object: (pairs) =>
      encodePairs([...pairs, ['fmt', 'none']]) },
    'an attestation object that is a list': { object: (pairs) =>
      encode(pairs.map(([, value]) => value)) },
    'an attestation object nested deeply': { object: (pairs) =>
      encodePairs([...pairs, ['x', nested(200)]]) },
    'an attestation object with a length of 4 GiB': { object: () =>
      Buffer.concat([Buffer.from([0xa3]), encode('authData'),
        head(2, 0xffffffff)]) },
    'an attestation object that is huge': { object: (pairs) =>
      encodePairs([...pairs, ['x', randomBytes(33000)]]) },
    'no format': { object: (pairs) => encodePairs(pairs.slice(1)) },
    'a format that is a number': { fmt: 7 },
    'no statement': { object: ([fmt, , data]) => encodePairs([fmt, data]) },
    'a statement that is text': { stmt: 'none' },
    'no data in the object': { object: (pairs) =>
      encodePairs(pairs.slice(0, 2)) },
    'data in the object that are text': { object: ([fmt, stmt]) =>
      encodePairs([fmt, stmt, ['authData', 'x'.repeat(200)]]) },
    'text in the object that is no UTF-8': { object: (pairs) =>
      encodePairs([...pairs, [new Raw([0x61, 0xff]), 1]]) },
  };
  for (const [how, lie] of Object.entries(objects))
    test(`with ${how}`, () => refused(lie,
      { spent: !how.endsWith('is huge') }));

  for (const [how, change] of Object.entries({ ...envelopes,
    'no attestation object': (answer) => ({ ...answer,
      response: { ...answer.response, attestationObject: undefined } }) }))
    test(`with ${how} in the envelope`, async () => {
      const key = site.authenticator();
      const answer = key.create(await site.creation(user.api));
      const { body } = await site.attest(user.api, change(answer), 400);
      assert.equal(body.message, 'Parse error for Registration');
    });

  test('in another form', async () => {
    const key = site.authenticator();
    const path = '/webauthn/registration/finalize';
    const answer = key.create(await site.creation(user.api));
    await user.api.call('POST', path, answer,
      { type: 'text/plain', status: 415 });
    await user.api.call('POST', path, { pad: 'x'.repeat(70000) },
      { status: 413 });
    await user.api.call('POST', path, undefined,
      { raw: `${JSON.stringify(answer)}{}`, status: 400 });
    await user.api.call('POST', path, undefined,
      { raw: '[]', status: 400 });
    const nobody = await site.instance.client();
    await site.attest(nobody, answer, 401);
    await site.attest(user.api, answer, 200);
  });
});
