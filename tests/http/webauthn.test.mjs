/*
 * Passkeys: registering, logging in, managing, and what is configured.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import * as wa from '../lib/authenticator.mjs';
import { encode } from '../lib/cbor.mjs';
import { Site } from '../lib/site.mjs';

const { b64, cosePairs, makeKey, statements } = wa;

describe('passkeys', () => {
  let site;

  before(async () => {
    site = await Site.open();
  });

  after(() => site?.close());

  test('the options for a new one', async () => {
    const { api, user_id, email } = await site.user();
    const options = await site.creation(api);
    assert.deepEqual(options.rp, { id: 'localhost', name: 'Postern' });
    assert.deepEqual(options.user, { name: email, displayName: email,
      id: b64(Buffer.from(user_id.replaceAll('-', ''), 'hex')) });
    assert.deepEqual(options.pubKeyCredParams.map(({ alg }) => alg),
      [-7, -8, -35, -257]);
    assert.equal(options.timeout, 300000);
    assert.equal(options.attestation, 'none');
    assert.deepEqual(options.authenticatorSelection, {
      requireResidentKey: true, residentKey: 'required',
      userVerification: 'preferred' });
    assert.notEqual(options.challenge, (await site.creation(api)).challenge);
    const nobody = await site.instance.client();
    await nobody.call('POST', '/webauthn/registration/initialize', undefined,
      { status: 401 });
  });

  test('a user without a primary address cannot be named', async () => {
    const { api, user_id } = await site.user();
    await site.instance.sql(`DELETE FROM primary_emails
      WHERE user_id = UNHEX('${user_id.replaceAll('-', '')}')`);
    await api.call('POST', '/webauthn/registration/initialize', undefined,
      { status: 400 });
  });

  for (const [alg, name] of [[wa.ES256, 'ES256'], [wa.EDDSA, 'EdDSA'],
    [wa.ES384, 'ES384'], [wa.RS256, 'RS256']])
    test(`with ${name}: register, log in, by name and without`, async () => {
      const { api, user_id, email } = await site.user();
      const key = site.authenticator({ alg });
      const { body } = await site.register(api, key);
      assert.deepEqual(body, { credential_id: b64(key.id), user_id });
      const [cose] = await site.stored(key);
      assert.equal(cose.toLowerCase().includes(
        Buffer.from(cosePairs(alg, key.key).find(([label]) =>
          label === (alg === wa.RS256 ? -1 : -2))[1]).toString('hex')), true);

      const info = await api.call('POST', '/user', { email });
      assert.equal(info.body.has_webauthn_credential, true);

      const named = await site.request(user_id);
      assert.deepEqual(named.options.allowCredentials,
        [{ type: 'public-key', id: b64(key.id) }]);
      assert.equal(named.options.rpId, 'localhost');
      assert.equal(named.options.userVerification, 'preferred');
      const done = await site.assert(named.api, key.get(named.options), 200);
      assert.deepEqual(done.body, { credential_id: b64(key.id), user_id });
      assert.equal(done.headers['x-session-lifetime'], '43200');
      assert.equal((await named.api.call('GET', '/me')).body.id, user_id);

      const unnamed = await site.request();
      assert.equal(unnamed.options.allowCredentials, undefined);
      await site.assert(unnamed.api, key.get(unnamed.options), 200);
      assert.equal((await unnamed.api.call('GET', '/me')).body.id, user_id);
      assert.equal((await site.stored(key))[2], String(key.counter));
    });

  test('RSA keys of up to 4096 bits', async () => {
    const { api, user_id } = await site.user();
    for (const modulusLength of [3072, 4096]) {
      const key = site.authenticator({ alg: wa.RS256,
        key: makeKey(wa.RS256, { modulusLength }) });
      await site.register(api, key);
      await site.login(key, user_id);
    }
  });

  test('credential ids of 1 to 1023 bytes', async () => {
    const { api, user_id } = await site.user();
    for (const idLength of [1, 16, 1023]) {
      const key = site.authenticator({ idLength });
      await site.register(api, key);
      const { done } = await site.login(key, user_id);
      assert.equal(done.body.credential_id, b64(key.id));
      await api.call('PATCH', `/webauthn/credentials/${b64(key.id)}`,
        { name: `of ${idLength}` }, { status: 200 });
      await api.call('DELETE', `/webauthn/credentials/${b64(key.id)}`,
        undefined, { status: 204 });
    }
  });

  test('client data by the name that the original describes', async () => {
    const { api, user_id } = await site.user();
    const key = site.authenticator();
    const spell = (answer, keep) => {
      answer.response.clientDataJson = answer.response.clientDataJSON;
      if (!keep)
        delete answer.response.clientDataJSON;
      return answer;
    };
    for (const keep of [false, true]) {
      const options = await site.creation(api);
      await site.attest(api, spell(site.authenticator().create(options), keep),
        200);
    }
    await site.attest(api, key.create(await site.creation(api)), 200);
    for (const keep of [false, true]) {
      const asked = await site.request(user_id);
      await site.assert(asked.api, spell(key.get(asked.options), keep), 200);
    }
    const asked = await site.request(user_id);
    const two = spell(key.get(asked.options), true);
    two.response.clientDataJson = 'e30';
    await site.assert(asked.api, two, 400);
  });

  test('what browsers may add is passed over', async () => {
    const { api, user_id } = await site.user();
    const key = site.authenticator();
    const extensions = encode({ credProtect: 2 });
    const options = await site.creation(api);
    const answer = key.create(options, { extensions,
      client: { unheard: 'of', other_keys_can_be_added_here: 'do not compare' },
      body: { clientExtensionResults: { credProps: { rk: true } } } });
    answer.id += '='.repeat((4 - (answer.id.length % 4)) % 4);
    answer.response.clientDataJSON += '='.repeat(
      (4 - (answer.response.clientDataJSON.length % 4)) % 4);
    delete answer.authenticatorAttachment;
    await site.attest(api, answer, 200);
    await site.login(key, user_id, { extensions,
      client: { unheard: 'of' } });
    await site.login(key, user_id,
      { client: { origin: site.origin.toUpperCase() } });
    await site.login(key, user_id, { client: { crossOrigin: undefined } });
    await site.login(key, user_id, { userHandle: null });
  });

  test('transports of the answer, or else of the envelope', async () => {
    const { api } = await site.user();
    const cases = [
      [['usb', 'hybrid'], ['nfc'], ['usb', 'hybrid']],
      [[], ['nfc', ''], ['nfc']],
      [undefined, undefined, []],
      [['internal', 7, 'a b', 'x'.repeat(100)], undefined, ['internal']],
    ];
    for (const [inner, outer, want] of cases) {
      const key = site.authenticator();
      const answer = key.create(await site.creation(api));
      answer.response.transports = inner;
      answer.transports = outer;
      await site.attest(api, answer, 200);
      const { body } = await api.call('GET', '/webauthn/credentials');
      assert.deepEqual(body.at(-1).transports, want);
    }
  });

  test('are listed, named and deleted by their owner alone', async () => {
    const ada = await site.member({ aaguid:
      Buffer.from('d548826e79b44db0a3d811116f7e8349', 'hex') });
    const bob = await site.member();
    const path = `/webauthn/credentials/${b64(ada.key.id)}`;
    const list = async () => (await ada.api.call('GET',
      '/webauthn/credentials', undefined, { status: 200 })).body;

    const [one] = await list();
    assert.equal(one.id, b64(ada.key.id));
    assert.equal(one.aaguid, 'd548826e-79b4-4db0-a3d8-11116f7e8349');
    assert.equal(one.attestation_type, 'none');
    assert.deepEqual(one.transports, ['internal']);
    assert.equal(one.backup_eligible, false);
    assert.ok(one.last_used_at);

    await bob.api.call('PATCH', path, { name: 'mine' }, { status: 404 });
    await bob.api.call('DELETE', path, undefined, { status: 404 });
    const nobody = await site.instance.client();
    await nobody.call('GET', '/webauthn/credentials', undefined,
      { status: 401 });
    await nobody.call('PATCH', path, { name: 'mine' }, { status: 401 });
    await nobody.call('DELETE', path, undefined, { status: 401 });
    for (const id of ['AAAA', 'not*base64url', 'a', b64(randomBytes(2000))]) {
      await ada.api.call('PATCH', `/webauthn/credentials/${id}`,
        { name: 'x' }, { status: 404 });
      await ada.api.call('DELETE', `/webauthn/credentials/${id}`, undefined,
        { status: 404 });
    }

    const done = await ada.api.call('PATCH', path, { name: 'Schlüssel 🔑' },
      { status: 200 });
    assert.equal(done.text, '');
    assert.equal(done.headers['content-type'], undefined);
    assert.equal((await list())[0].name, 'Schlüssel 🔑');
    await ada.api.call('PATCH', path, { name: null }, { status: 200 });
    await ada.api.call('PATCH', path, {}, { status: 200 });
    assert.equal((await list())[0].name, 'Schlüssel 🔑');
    await ada.api.call('PATCH', path, { name: '' }, { status: 200 });
    assert.equal((await list())[0].name, '');
    await ada.api.call('PATCH', path, { name: 'x'.repeat(255) },
      { status: 200 });
    await ada.api.call('PATCH', path, { name: 'x'.repeat(256) },
      { status: 400 });
    await ada.api.call('PATCH', path, { name: 7 }, { status: 400 });
    await ada.api.call('PATCH', path, { name: 'x' },
      { type: 'text/plain', status: 415 });
    await ada.api.call('PATCH', path, { name: 'x'.repeat(70000) },
      { status: 413 });

    const me = await ada.api.call('GET', '/me');
    assert.deepEqual(me.body.passkeys.map(({ id }) => id), [one.id]);
    const shown = await ada.api.call('GET', `/users/${ada.user_id}`);
    assert.deepEqual(shown.body.webauthn_credentials.map(({ id }) => id),
      [one.id]);

    await ada.api.call('DELETE', path, undefined, { status: 204 });
    await ada.api.call('DELETE', path, undefined, { status: 404 });
    assert.deepEqual(await list(), []);
    assert.equal((await ada.api.call('GET', '/me')).body.passkeys, undefined);
    assert.equal((await ada.api.call('GET', `/users/${ada.user_id}`)).body
      .webauthn_credentials, null);
    await site.login(ada.key, undefined, {}, 401);
  });

  test('are named after their model', async () => {
    const { api } = await site.user();
    for (const [aaguid, name] of [
      ['d548826e79b4db40a3d811116f7e8349', 'Bitwarden'],
      ['ee882879721c491397753dfcce97072a', 'YubiKey 5'],
      ['00000000000000000000000000000000', undefined],
      [randomBytes(16).toString('hex'), undefined]]) {
      await site.register(api, site.authenticator(
        { aaguid: Buffer.from(aaguid, 'hex') }));
      const { body } = await api.call('GET', '/webauthn/credentials');
      assert.equal(body.at(-1).name, name);
    }
  });

  test('a backup is noted, its possibility does not change', async () => {
    const { api, user_id } = await site.user();
    const synced = site.authenticator(
      { flags: wa.UP | wa.UV | wa.BE, counter: 0, step: 0 });
    await site.register(api, synced);
    await site.login(synced, user_id, { set: wa.BS });
    assert.deepEqual((await site.stored(synced)).slice(3, 5), ['1', '1']);
    await site.login(synced, user_id);
    assert.deepEqual((await site.stored(synced)).slice(3, 5), ['1', '0']);
  });

  test('login initialize tells what the contract tells', async () => {
    const { user_id } = await site.user();
    const api = await site.instance.client();
    const path = '/webauthn/login/initialize';
    for (const user of ['', 'nonsense', '7', user_id.slice(1)])
      await api.call('POST', path, { user_id: user }, { status: 400 });
    await api.call('POST', path, { user_id: randomUUID() }, { status: 400 });
    await api.call('POST', path, { user_id: null }, { status: 200 });
    await api.call('POST', path, {}, { status: 200 });
    await api.call('POST', path, { user_id: 7 }, { status: 400 });
    await api.call('POST', path, {}, { type: 'text/plain', status: 415 });
    await api.call('POST', path, { pad: 'x'.repeat(70000) }, { status: 413 });
    const none = await api.call('POST', path, { user_id }, { status: 200 });
    assert.equal(none.body.publicKey.allowCredentials, undefined);
  });

  test('an account that is deleted takes its passkeys along', async () => {
    const { key, user_id } = await site.member();
    await site.instance.sql(`DELETE FROM primary_emails
      WHERE user_id = UNHEX('${user_id.replaceAll('-', '')}');
      DELETE FROM users WHERE id = UNHEX('${user_id.replaceAll('-', '')}')`);
    assert.equal(await site.stored(key), undefined);
    await site.login(key, undefined, {}, 401);
  });

  test('statements of every format are stored as none', async () => {
    const { api, user_id } = await site.user();
    for (const fmt of ['packed', 'fido-u2f', 'tpm', 'android-key',
      'android-safetynet', 'apple', 'unheard']) {
      const key = site.authenticator();
      await site.register(api, key, { fmt, stmt: wa.falseStatement(fmt) });
      assert.equal((await site.stored(key))[1], 'none', fmt);
      await site.login(key, user_id);
    }
  });

  test('a challenge serves once, whoever is first', async () => {
    const { api, key, user_id } = await site.member();
    const created = await site.creation(api);
    const keys = Array.from({ length: 8 }, () => site.authenticator());
    const made = await Promise.all(keys.map((one) =>
      site.attest(api, one.create(created))));
    assert.deepEqual(made.map(({ status }) => status).sort(),
      [200, ...Array(7).fill(400)]);

    const { options } = await site.request(user_id);
    const answer = key.get(options);
    const tries = await Promise.all(Array.from({ length: 8 }, async () =>
      site.assert(await site.instance.client(), answer)));
    assert.deepEqual(tries.map(({ status }) => status).sort(),
      [200, ...Array(7).fill(401)]);
  });

  test('a challenge is for one ceremony and one user', async () => {
    const ada = await site.member();
    const bob = await site.member();
    const message = 'Stored challenge and received challenge do not match';

    const login = await site.request(ada.user_id);
    const creation = await site.creation(ada.api);
    const crossed = await site.attest(ada.api, site.authenticator()
      .create({ ...creation, challenge: login.options.challenge }), 400);
    assert.equal(crossed.body.message, message);
    await site.assert(login.api, ada.key.get(login.options), 401);

    const other = await site.creation(ada.api);
    const asked = await site.request(ada.user_id);
    await site.assert(asked.api, ada.key.get(
      { ...asked.options, challenge: other.challenge }), 401);
    await site.attest(ada.api, site.authenticator().create(other), 400);

    const hers = await site.creation(ada.api);
    const stolen = await site.attest(bob.api,
      site.authenticator().create(hers), 400);
    assert.equal(stolen.body.message, message);
    await site.attest(ada.api, site.authenticator().create(hers), 400);

    const bound = await site.request(ada.user_id);
    await site.assert(bound.api, bob.key.get(bound.options), 401);
    const again = await site.request(ada.user_id);
    await site.assert(again.api, bob.key.get(again.options,
      { userHandle: null }), 401);
  });

  test('a challenge expires', async () => {
    const { api, key, user_id } = await site.member();
    const creation = await site.creation(api);
    const { api: other, options } = await site.request(user_id);
    await site.expire();
    const late = await site.attest(api, site.authenticator().create(creation),
      400);
    assert.equal(late.body.message, 'failed to validate attestation');
    const login = await site.assert(other, key.get(options), 401);
    assert.equal(login.body.message, 'failed to validate assertion');
  });

  test('a credential is registered once, and nobody learns for whom',
    async () => {
      const ada = await site.member();
      const bob = await site.user();
      const own = await site.register(ada.api, ada.key, {}, 400);
      const foreign = await site.register(bob.api, ada.key, {}, 400);
      const thief = site.authenticator();
      const other = await site.register(bob.api, thief,
        { credId: ada.key.id }, 400);
      assert.deepEqual(foreign.body, own.body);
      assert.deepEqual(other.body, own.body);
      ada.key.userHandle = Buffer.from(ada.user_id.replaceAll('-', ''), 'hex');
      await site.login(ada.key, ada.user_id);
      const { body } = await bob.api.call('GET', '/webauthn/credentials');
      assert.deepEqual(body, []);
    });

  test('refusals of a login do not tell one thing from another', async () => {
    const ada = await site.member();
    const stranger = site.authenticator();
    stranger.userHandle = ada.key.userHandle;
    const unknown = site.authenticator();
    unknown.userHandle = randomBytes(16);
    const told = [];
    const one = async (key, lies) => told.push(
      (await site.login(key, undefined, lies, 401)).done.body);
    await one(ada.key, { signKey: makeKey(wa.ES256) });
    await one(stranger);
    await one(unknown);
    await one(ada.key, { userHandle: randomBytes(16) });
    await one(ada.key, { client: { origin: 'https://evil.example' } });
    for (const body of told)
      assert.deepEqual(body, told[0]);
  });
});

describe('user verification that is required', () => {
  let site;

  before(async () => {
    site = await Site.open({ 'passkey.user_verification': 'required' });
  });

  after(() => site?.close());

  test('is asked for, and looked for', async () => {
    const user = await site.user();
    const key = site.authenticator();
    assert.equal((await site.creation(user.api)).authenticatorSelection
      .userVerification, 'required');
    const lax = await site.register(user.api, key, { clear: wa.UV }, 422);
    assert.match(lax.body.message, /User verification required/);
    await site.register(user.api, key);
    const { options } = await site.request(user.user_id);
    assert.equal(options.userVerification, 'required');
    await site.login(key, user.user_id, { clear: wa.UV }, 401);
    await site.login(key, user.user_id);
  });
});

describe('attestation that is asked for', () => {
  let site, user;

  before(async () => {
    site = await Site.open({ 'passkey.attestation_preference': 'direct',
      'webauthn.relying_party.top_origins': 'https://frame.example',
      'webauthn.timeouts.registration': '60000',
      'webauthn.timeouts.login': '30000' });
    user = await site.user();
  });

  after(() => site?.close());

  test('says so, with the time-outs of the configuration', async () => {
    const options = await site.creation(user.api);
    assert.equal(options.attestation, 'direct');
    assert.equal(options.timeout, 60000);
    assert.equal((await site.request()).options.timeout, 30000);
  });

  const aaguid = randomBytes(16);
  const formats = {
    none: ['none', 'none', wa.ES256],
    'packed, self': ['packed', 'packed', wa.ES256],
    'packed, self, with EdDSA': ['packed', 'packed', wa.EDDSA, 'packed, self'],
    'packed, self, with RS256': ['packed', 'packed', wa.RS256, 'packed, self'],
    'packed, certified': ['packed', 'packed', wa.ES256],
    'fido-u2f': ['fido-u2f', 'fido-u2f', wa.ES256],
    apple: ['apple', 'apple', wa.ES256],
  };
  for (const [name, [fmt, stored, alg, made]] of Object.entries(formats))
    test(`verifies ${name}`, async () => {
      const key = site.authenticator({ alg,
        aaguid: fmt === 'fido-u2f' ? Buffer.alloc(16) : aaguid });
      const stmt = statements[made ?? name](key);
      const clear = fmt === 'fido-u2f' ? wa.UV : 0;
      await site.register(user.api, key, { fmt, stmt, clear });
      assert.equal((await site.stored(key))[1], stored);
      await site.login(key, user.user_id);
      if (fmt === 'none')
        return;
      /* And refuses it with a signature of other data, or another id. */
      const other = site.authenticator({ alg, aaguid: key.aaguid });
      await site.register(user.api, other,
        { fmt, stmt: (input) => stmt({ ...input, message: randomBytes(99),
          clientDataHash: randomBytes(32) }) }, 400);
      assert.equal(await site.stored(other), undefined);
    });

  for (const fmt of ['packed', 'fido-u2f', 'tpm', 'android-key', 'apple',
    'android-safetynet', 'unheard'])
    test(`refuses ${fmt} that does not hold`, async () => {
      const key = site.authenticator();
      await site.register(user.api, key,
        { fmt, stmt: wa.falseStatement(fmt) }, 400);
      await site.register(user.api, key, { fmt, stmt: {} }, 400);
      assert.equal(await site.stored(key), undefined);
    });

  test('refuses none with a statement', async () => {
    await site.register(user.api, site.authenticator(),
      { fmt: 'none', stmt: { sig: randomBytes(70) } }, 400);
  });

  test('takes a frame of a page that is named', async () => {
    const key = site.authenticator();
    const frame = { client: { crossOrigin: true,
      topOrigin: 'https://frame.example' } };
    await site.register(user.api, key, frame);
    await site.login(key, user.user_id, frame);
    const other = { client: { crossOrigin: true,
      topOrigin: 'https://evil.example' } };
    await site.register(user.api, site.authenticator(), other, 400);
    await site.login(key, user.user_id, other, 401);
    await site.login(key, user.user_id, { client: { crossOrigin: true } },
      401);
  });
});

describe('several origins, and applications', () => {
  let site;
  const app = 'android:apk-key-hash:0hYZ_-Ab12';

  before(async () => {
    site = await Site.open({ 'webauthn.relying_party.origins':
      `https://a.localhost,https://b.localhost:8443,${app}` });
  });

  after(() => site?.close());

  test('each of them may, and no other', async () => {
    const user = await site.user();
    for (const origin of ['https://a.localhost', 'https://b.localhost:8443',
      app]) {
      const key = site.authenticator({ origin });
      await site.register(user.api, key);
      await site.login(key, user.user_id);
    }
    for (const origin of ['https://b.localhost', 'https://a.localhost:8443',
      'https://c.localhost', 'https://localhost', `${app}x`, app.slice(0, -1),
      app.toLowerCase()])
      await site.register(user.api, site.authenticator({ origin }), {}, 400);
  });
});

test('passkeys can be switched off', async () => {
  const site = await Site.open({ 'passkey.enabled': 'false' });
  try {
    const { api } = await site.user();
    for (const [method, path] of [
      ['POST', '/webauthn/registration/initialize'],
      ['POST', '/webauthn/registration/finalize'],
      ['POST', '/webauthn/login/initialize'],
      ['POST', '/webauthn/login/finalize'],
      ['GET', '/webauthn/credentials'],
      ['PATCH', '/webauthn/credentials/AAAA'],
      ['DELETE', '/webauthn/credentials/AAAA']])
      await api.call(method, path, undefined, { status: 404 });
    assert.equal((await api.call('GET', '/me')).body.passkeys, undefined);
  } finally {
    await site.close();
  }
});

test('there are as many as there may be', async () => {
  const site = await Site.open({ 'passkey.limit': '1' });
  try {
    const { api } = await site.user();
    const another = site.authenticator();
    const begun = await site.creation(api);
    await site.register(api, site.authenticator());
    await site.attest(api, another.create(begun), 403);
    assert.equal(await site.stored(another), undefined);
    await api.call('POST', '/webauthn/registration/initialize', undefined,
      { status: 403 });
  } finally {
    await site.close();
  }
});

test('SAML is off', async () => {
  const site = await Site.open();
  try {
    const api = await site.instance.client();
    await api.call('GET', '/saml/provider?domain=example.org', undefined,
      { status: 404 });
  } finally {
    await site.close();
  }
});
