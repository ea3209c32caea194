/* Dfns: organisations, registration codes, and the first credentials. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { Key, codeTo, codesTo, createOrg, isError, login, register }
  from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { peek } from '../lib/token.mjs';

let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug' } });
  api = instance.client();
});
after(() => instance?.stop());

/* An organisation with one member who was invited. */
async function invited(...rp) {
  const username = freshAddress('invited');
  const orgId = await createOrg(instance, `Org ${++count}`, username, ...rp);
  return { orgId, username, code: await codeTo(instance.mailDir, username) };
}

const init = (who, opts) => api.call('POST', '/auth/registration/init', {
  orgId: who.orgId, username: who.username, registrationCode: who.code,
}, opts);

const complete = (begun, body, opts) => api.call('POST', '/auth/registration',
  body, { bearer: begun.body.temporaryAuthenticationToken, ...opts });

const first = (begun, key = new Key(), options) => ({
  firstFactorCredential: key.create(begun.body.challenge, options),
});

test('org list has what org create made, and the default one', async () => {
  const { orgId } = await invited('example.org', 'https://app.example.org');
  const { status, stdout } = await instance.postern('org', 'list');
  assert.equal(status, 0);
  assert.match(stdout, /^or-\S+ +active +localhost +default$/m);
  assert.match(stdout, new RegExp(`^${orgId} +active +example.org +Org`, 'm'));
});

test('org create refuses a name twice and an address that is none', async () => {
  const name = 'Twice';
  await createOrg(instance, name, freshAddress());
  for (const args of [[name, freshAddress()], ['Other', 'nobody']]) {
    const { status, stdout } = await instance.postern('org', 'create', ...args);
    assert.equal(status, 1);
    assert.equal(stdout, '');
  }
  assert.equal((await instance.postern('org', 'create', 'x')).status, 2);
});

test('the challenge is what the client needs', async () => {
  const who = await invited('example.org', 'https://app.example.org');
  const { body } = await init(who, { status: 200 });
  assert.equal(body.user.name, who.username);
  assert.deepEqual(body.rp.id, 'example.org');
  assert.deepEqual(body.excludeCredentials, []);
  const claims = peek(body.temporaryAuthenticationToken).payload;
  assert.deepEqual(claims.aud, ['dfns:auth:registration']);
  assert.equal(claims['https://custom/app_metadata'].orgId, who.orgId);
});

for (const type of ['p256', 'p384', 'secp256k1', 'ed25519', 'rsa'])
  test(`a Key of ${type} registers and logs in`, async () => {
    const who = await invited();
    const key = new Key(type);
    const done = await register(api, who.orgId, who.username, who.code,
      (challenge) => key.create(challenge, { name: 'mine' }));
    assert.equal(done.body.credential.kind, 'Key');
    assert.equal(done.body.credential.name, 'mine');
    assert.equal(done.body.user.orgId, who.orgId);
    const token = await login(api, who.orgId, who.username, key);
    const { body } = await api.call('GET', '/auth/credentials', undefined,
      { bearer: token, status: 200 });
    assert.equal(body.items.length, 1);
    assert.equal(body.items[0].credentialId, key.credId);
    assert.equal(body.items[0].credentialUuid, done.body.credential.uuid);
  });

test('a passkey registers, and the client chose its origin', async () => {
  const origin = 'https://app.example.org';
  const who = await invited('example.org', origin);
  const begun = await init(who, { status: 200 });
  const device = new Authenticator({ origin, rpId: 'example.org' });
  const made = device.create({
    rp: begun.body.rp,
    user: begun.body.user,
    challenge: Buffer.from(begun.body.challenge).toString('base64url'),
  }, { set: 0x04 });
  const done = await complete(begun, { firstFactorCredential: {
    credentialKind: 'Fido2',
    credentialInfo: {
      credId: made.id,
      clientData: made.response.clientDataJSON,
      attestationData: made.response.attestationObject,
    },
  } }, { status: 200 });
  assert.equal(done.body.credential.kind, 'Fido2');
  assert.equal(done.body.credential.name, 'Default Credential');
});

test('a PasswordProtectedKey needs its encrypted half', async () => {
  const who = await invited();
  const begun = await init(who, { status: 200 });
  const kind = 'PasswordProtectedKey';
  isError(await complete(begun, first(begun, new Key(), { kind })), 400,
    'Invalid request: firstFactorCredential/encryptedPrivateKey is missing'
      + ' or malformed');
  await complete(begun, first(begun, new Key(),
    { kind, encrypted: 'b64+/==' }), { status: 200 });
});

test('wrong codes are 403 and do nothing to the right one', async () => {
  const who = await invited();
  const answers = await Promise.all(Array.from({ length: 50 }, () =>
    init({ ...who, code: '1111-1111-1111-1111' })));
  assert.ok(answers.every(({ status }) => status === 403));
  await init(who, { status: 200 });
});

test('an expired code is told as such, to who has it', async () => {
  const who = await invited();
  await instance.sql('UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)'
    + " - INTERVAL 1 SECOND WHERE purpose = 'registration'");
  isError(await init({ ...who, code: '0000-0000-0000-0000' }), 403,
    'Invalid code');
  isError(await init(who), 400, 'Registration code expired');
});

test('unknown user, unknown organisation, registered: all the same', async () => {
  const who = await invited();
  const other = await invited();
  await register(api, who.orgId, who.username, who.code,
    (challenge) => new Key().create(challenge));
  for (const [orgId, username] of [
    [who.orgId, who.username], [who.orgId, 'nobody@example.org'],
    [who.orgId, other.username], [other.orgId, who.username],
    ['or-34513-nip9c-8bppvgqgj28dbodrc', who.username], ['or-x', 'y'],
  ])
    isError(await init({ orgId, username, code: who.code }), 403,
      'Invalid code');
});

test('a new beginning ends the one before; a completion all', async () => {
  const who = await invited();
  const one = await init(who, { status: 200 });
  const two = await init(who, { status: 200 });
  isError(await complete(one, first(one)), 401,
    'user token is missing or invalid');
  await complete(two, first(two), { status: 200 });
  isError(await complete(two, first(two)), 401,
    'user token is missing or invalid');
  isError(await init(who), 403, 'Invalid code');
});

test('what was not proved is 401, five times at most', async () => {
  const who = await invited();
  const begun = await init(who, { status: 200 });
  const lies = [
    new Key().create('b3RoZXI'),
    { ...new Key().create(begun.body.challenge), credentialInfo: {
      ...new Key().create(begun.body.challenge).credentialInfo,
      attestationData: new Key().create(begun.body.challenge)
        .credentialInfo.attestationData,
    } },
  ];
  lies[1].credentialInfo.clientData = Buffer.from(
    JSON.stringify({ type: 'key.get', challenge: begun.body.challenge }))
    .toString('base64url');
  for (let i = 0; i < 5; i++)
    isError(await complete(begun,
      { firstFactorCredential: lies[i % lies.length] }), 401, 'Unauthorized');
  isError(await complete(begun, first(begun)), 401,
    'user token is missing or invalid');
});

test('20 parallel completions: one', async () => {
  const who = await invited();
  const begun = await init(who, { status: 200 });
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    complete(begun, first(begun))));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.ok(answers.every(({ status }) => status === 200 || status === 401));
});

test('second factor and recovery key come along; the same id twice does not',
  async () => {
    const who = await invited();
    const begun = await init(who, { status: 200 });
    const key = new Key();
    const recovery = new Key();
    const c = begun.body.challenge;
    isError(await complete(begun, { firstFactorCredential: key.create(c),
      secondFactorCredential: key.create(c) }), 400,
    'credential already exists');
    await complete(begun, { firstFactorCredential: key.create(c),
      secondFactorCredential: new Key('ed25519').create(c),
      recoveryCredential: recovery.create(c, { kind: 'RecoveryKey' }) },
    { status: 200 });
    const token = await login(api, who.orgId, who.username, key);
    const { body } = await api.call('GET', '/auth/credentials', undefined,
      { bearer: token });
    assert.deepEqual(body.items.map(({ kind }) => kind).sort(),
      ['Key', 'Key', 'RecoveryKey']);
  });

test('a recovery key is no first factor, and a Key no recovery', async () => {
  const who = await invited();
  const begun = await init(who, { status: 200 });
  const c = begun.body.challenge;
  for (const body of [
    { firstFactorCredential: new Key().create(c, { kind: 'RecoveryKey' }) },
    { firstFactorCredential: new Key().create(c),
      recoveryCredential: new Key().create(c) },
    {}, { firstFactorCredential: 1 }, { firstFactorCredential: {} },
  ])
    assert.equal((await complete(begun, body)).status, 400);
  await complete(begun, first(begun), { status: 200 });
});

test('a code that is sent again takes the place of the old', async () => {
  const who = await invited();
  const again = (orgId, username) => api.call('PUT',
    '/auth/registration/code', { orgId, username }, { status: 200 });
  await again(who.orgId, who.username);
  const code = await codeTo(instance.mailDir, who.username, 2);
  isError(await init(who), 403, 'Invalid code');
  await again(who.orgId, 'nobody@example.org');
  await again('or-nowhere', who.username);
  await init({ ...who, code }, { status: 200 });
});

/* The default organisation: that of those who sign up at the other API. */
async function defaultOrg() {
  const { stdout } = await instance.postern('org', 'list');
  return /^(or-\S+) .* default$/m.exec(stdout)[1];
}

/* Somebody who signed up at the other API, and what they asked for here. */
async function signedUp() {
  const other = instance.client();
  const { user_id, email } = await other.signUp(freshAddress('signed-up'));
  const who = { orgId: await defaultOrg(), username: email, user_id, other };
  who.ask = () => api.call('PUT', '/auth/registration/code',
    { orgId: who.orgId, username: email }, { status: 200 });
  return who;
}

test('who signed up at the other API registers with a code', async () => {
  const who = await signedUp();
  await who.ask();
  who.code = await codeTo(instance.mailDir, who.username);
  const begun = await init({ ...who, username: ` ${who.username
    .toUpperCase()}` }, { status: 200 });
  assert.equal(begun.body.user.name, who.username);
  const key = new Key();
  const done = await complete(begun, first(begun, key), { status: 200 });
  assert.equal(done.body.user.username, who.username);
  const token = await login(api, who.orgId, who.username, key);
  assert.equal(peek(token).payload['https://custom/username'], who.username);
  assert.deepEqual(await instance.sql(`SELECT kind, registered FROM members
    WHERE username = '${who.username}'`), [['EndUser', '1']]);
  await who.other.call('GET', '/me', undefined, { status: 200 });

  isError(await init(who), 403, 'Invalid code');
  await who.ask();
  await who.ask();
  await instance.allSent();
  assert.equal(codesTo(instance.mailDir, who.username).length, 1);
});

test('20 parallel completions of who signed up: one', async () => {
  const who = await signedUp();
  await who.ask();
  who.code = await codeTo(instance.mailDir, who.username);
  const begun = await init(who, { status: 200 });
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    complete(begun, first(begun))));
  assert.ok(answers.every(({ status }) => status === 200 || status === 401));
  const [[members, keys]] = await instance.sql(`SELECT
    (SELECT COUNT(*) FROM members WHERE username = '${who.username}'),
    (SELECT COUNT(*) FROM key_credentials k JOIN members m USING (user_id)
      WHERE m.username = '${who.username}')`);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.deepEqual([members, keys], ['1', '1']);
});

test('a passkey of the other API is no registration', async () => {
  const who = await signedUp();
  const options = await who.other.call('POST',
    '/webauthn/registration/initialize', undefined, { status: 200 });
  const device = new Authenticator(
    { origin: `http://localhost:${instance.port}`, rpId: 'localhost' });
  await who.other.call('POST', '/webauthn/registration/finalize',
    device.create(options.body.publicKey), { status: 200 });
  const { body } = await api.call('POST', '/auth/login/init',
    { orgId: who.orgId, username: who.username }, { status: 200 });
  assert.ok(!JSON.stringify(body).includes(b64(device.id)));
  await who.ask();
  who.code = await codeTo(instance.mailDir, who.username);
  await init(who, { status: 200 });
});

test('no other token completes a registration', async () => {
  const who = await invited();
  const key = new Key();
  await register(api, who.orgId, who.username, who.code,
    (challenge) => key.create(challenge));
  const token = await login(api, who.orgId, who.username, key);
  for (const bearer of [token, 'x', undefined])
    isError(await api.call('POST', '/auth/registration',
      { firstFactorCredential: key.create('x') }, { bearer }), 401,
    'user token is missing or invalid');
});

test('the documented answers, where they are asked for', async () => {
  const one = await start({ set: { 'dfns.enumeration': 'documented' } });
  try {
    const username = freshAddress();
    const orgId = await createOrg(one, 'Told', username);
    const registrationCode = await codeTo(one.mailDir, username);
    const told = one.client();
    const ask = (body) => told.call('POST', '/auth/registration/init',
      { orgId, username, registrationCode, ...body });
    isError(await ask({ username: 'x@example.org' }), 401, 'User not found');
    isError(await ask({ orgId: 'or-x' }), 401, 'User not found');
    isError(await told.call('POST', '/auth/login/code',
      { orgId, username: 'x' }), 401, 'User not found');
    isError(await told.call('POST', '/auth/login/init', { orgId, username }),
      401, 'User does not have a credential that can be used for the'
        + ' application.');
    await register(told, orgId, username, registrationCode,
      (challenge) => new Key().create(challenge));
    isError(await ask({}), 401, 'User already exists.');
    await one.sql('UPDATE members SET active = 0');
    isError(await told.call('POST', '/auth/login/init', { orgId, username }),
      400, 'User account has been deactivated.');
    isError(await told.call('POST', '/auth/login/code', { orgId, username }),
      400, 'User account has been deactivated.');
  } finally {
    await one.stop();
  }
});
