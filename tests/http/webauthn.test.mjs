/*
 * Passkeys: registering, logging in, managing; and every refusal of WebAuthn
 * Level 3, sections 7.1 and 7.2, by an authenticator that lies.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import * as wa from '../lib/authenticator.mjs';
import { Raw, encode, encodeIndefinite, encodePairs, head, nested }
  from '../lib/cbor.mjs';
import { start } from '../lib/instance.mjs';

const { Authenticator, b64, cosePairs, makeKey, statements } = wa;
/* Without verification an account takes one request and no mail. */
const common = { 'email.require_verification': 'false',
  'session.limit': '1000' };

/* An instance, and what its users do. */
class Site {
  static async open(set = {}) {
    const site = new Site();
    site.instance = await start({ set: { ...common, ...set } });
    site.origin = new URL(site.instance.url).origin;
    return site;
  }

  close() {
    return this.instance?.stop();
  }

  /* A new user, logged in: { api, user_id, email_id, email }. */
  async user(name = 'ada') {
    const api = await this.instance.client();
    return { api, ...await api.signUp(freshAddress(name)) };
  }

  authenticator(options = {}) {
    return new Authenticator({ origin: this.origin, ...options });
  }

  async creation(api) {
    const { body } = await api.call('POST',
      '/webauthn/registration/initialize', undefined, { status: 200 });
    return body.publicKey;
  }

  attest(api, answer, status) {
    return api.call('POST', '/webauthn/registration/finalize', answer,
      { status });
  }

  async register(api, authenticator, lies, status = 200) {
    const options = await this.creation(api);
    return this.attest(api, authenticator.create(options, lies), status);
  }

  async request(user_id) {
    const api = await this.instance.client();
    const { body } = await api.call('POST', '/webauthn/login/initialize',
      user_id && { user_id }, { status: 200 });
    return { api, options: body.publicKey };
  }

  assert(api, answer, status) {
    return api.call('POST', '/webauthn/login/finalize', answer, { status });
  }

  async login(authenticator, user_id, lies, status = 200) {
    const { api, options } = await this.request(user_id);
    const done = await this.assert(api, authenticator.get(options, lies),
      status);
    return { api, done };
  }

  /* A user with a passkey: { api, user_id, ..., key }. */
  async member(options) {
    const user = await this.user();
    const key = this.authenticator(options);
    await this.register(user.api, key);
    return { ...user, key };
  }

  expire() {
    return this.instance.sql(`UPDATE webauthn_challenges
      SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND`);
  }

  async stored(key) {
    const [row] = await this.instance.sql(`SELECT HEX(public_key),
      attestation, sign_count, backup_eligible, backup_state, transports
      FROM webauthn_credentials
      WHERE credential_id = UNHEX('${key.id.toString('hex')}')`);
    return row;
  }
}

/* The same text with one place of its base64url changed. */
const spoilt = (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);

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

/*
 * Each lie, told once in the middle of an otherwise true ceremony.  "spent"
 * says whether the challenge is gone afterwards: it is, unless the server
 * could not read which one was meant.
 */
const lookAlikes = (origin) => {
  const { port } = new URL(origin);
  return ['https://evil.example', `https://localhost:${port}`,
    `http://localhost:${Number(port) + 1}`, 'http://localhost',
    `http://localhost.evil.example:${port}`, `http://evil-localhost:${port}`,
    `http://localh0st:${port}`, `http://loсalhost:${port}`,
    `http://127.0.0.1:${port}`, `http://localhost:${port}.evil.example`,
    `http://localhost:${port}@evil.example`, `${origin}/x`, `x${origin}`,
    'null', '', 'android:apk-key-hash:AAAA', 'file://'];
};

const clientLies = {
  'client data that are no JSON': { lie: { clientJSON: () => 'nonsense' },
    spent: false, malformed: true },
  'empty client data': { lie: { clientJSON: () => '' }, spent: false,
    malformed: true },
  'client data that are a list': { lie: { clientJSON: (text) => `[${text}]` },
    spent: false, malformed: true },
  'client data that are cut': {
    lie: { clientJSON: (text) => text.slice(0, -1) },
    spent: false, malformed: true },
  'client data with more behind': { lie: { clientJSON: (text) => `${text}{}` },
    spent: false, malformed: true },
  'client data in Latin-1': { lie: { clientJSON: (text) => Buffer.from(
    text.replace('{', '{"x":"\xe9",'), 'latin1') },
  spent: false, malformed: true },
  'client data nested deeply': { lie: { clientJSON: (text) =>
    text.replace('{', `{"x":${'['.repeat(200)}${']'.repeat(200)},`) },
  spent: false, malformed: true },
  'client data with a name twice': { lie: { clientJSON: (text) =>
    text.replace('{', '{"origin":"https://evil.example",') },
  spent: false, malformed: true },
  'client data that are huge': { lie: { client: { pad: 'x'.repeat(20000) } },
    spent: false, malformed: true },
  'client data without a type': { lie: { client: { type: undefined } },
    spent: false, malformed: true },
  'client data without an origin': { lie: { client: { origin: undefined } },
    spent: false, malformed: true },
  'client data without a challenge': {
    lie: { client: { challenge: undefined } }, spent: false, malformed: true },
  'a challenge that is a number': { lie: { client: { challenge: 7 } },
    spent: false, malformed: true },
  'another challenge': { lie: () => ({ client:
    { challenge: b64(randomBytes(32)) } }), spent: false },
  'an empty challenge': { lie: { client: { challenge: '' } }, spent: false },
  'a challenge that is cut': { lie: (options) => ({ client:
    { challenge: options.challenge.slice(0, -2) } }), spent: false },
  'a challenge of a page of another origin': {
    lie: { client: { crossOrigin: true } } },
  'the origin of a frame\'s page': {
    lie: { client: { topOrigin: 'https://evil.example' } } },
  'another type': { lie: { client: { type: 'payment.get' } } },
  'the type in capitals': { lie: { client: { type: 'WebAuthn.Create' } } },
};

const authDataLies = {
  'another relying party': { lie: { rpId: 'evil.example' } },
  'a sub-domain as relying party': { lie: { rpId: 'a.localhost' } },
  'nobody present': { lie: { clear: wa.UP } },
  'a reserved bit (1)': { lie: { set: 0x02 } },
  'a reserved bit (5)': { lie: { set: 0x20 } },
  'backed up without being eligible': { lie: { set: wa.BS } },
  'no authenticator data': { lie: { authData: () => Buffer.alloc(0) },
    malformed: true },
  'authenticator data of 36 bytes': {
    lie: { authData: (bytes) => bytes.subarray(0, 36) }, malformed: true },
  'authenticator data that are cut': {
    lie: { authData: (bytes) => bytes.subarray(0, -1) }, malformed: true },
  'authenticator data with more behind': {
    lie: { authData: (bytes) => Buffer.concat([bytes, Buffer.from([0])]) },
    malformed: true },
  'a flag for extensions that are not there': { lie: { set: wa.ED },
    malformed: true },
  'extensions that are no map': { lie: { extensions: encode([1]) },
    malformed: true },
  'extensions nested deeply': {
    lie: { extensions: encode({ x: nested(100) }) }, malformed: true },
  'extensions of no end': {
    lie: { extensions: encodeIndefinite([['x', 1]]) }, malformed: true },
  'extensions with a name twice': {
    lie: { extensions: encodePairs([['x', 1], ['x', 2]]) }, malformed: true },
};

const whatever = (lie, options) =>
  (typeof lie === 'function' ? lie(options) : lie);

/* Envelopes; the challenge is not looked at. */
const envelopes = {
  'no id': (answer) => ({ ...answer, id: undefined }),
  'an empty id': (answer) => ({ ...answer, id: '' }),
  'an id that is a number': (answer) => ({ ...answer, id: 7 }),
  'an id in the standard alphabet': (answer) => ({ ...answer, id: 'ab+/' }),
  'an id of 1024 bytes': (answer) =>
    ({ ...answer, id: b64(randomBytes(1024)) }),
  'no type': (answer) => ({ ...answer, type: undefined }),
  'another type': (answer) => ({ ...answer, type: 'password' }),
  'no response': (answer) => ({ ...answer, response: undefined }),
  'a response that is text': (answer) => ({ ...answer, response: 'x' }),
  'no client data': (answer) => ({ ...answer,
    response: { ...answer.response, clientDataJSON: undefined } }),
  'client data that are no base64url': (answer) => ({ ...answer,
    response: { ...answer.response, clientDataJSON: '*' } }),
};

describe('registering a passkey is refused', () => {
  let site, user;

  before(async () => {
    site = await Site.open();
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
