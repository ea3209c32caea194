/* Dfns: login by every credential, login codes, sessions, the family. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { b64 } from '../lib/authenticator.mjs';
import { cost } from '../lib/cost.mjs';
import { Key, beginLogin, codeTo, completeLogin, createOrg, isError, login,
  member, ofDefault, register, strangerTo, uuidOf } from '../lib/dfns.mjs';
import { run, start, until } from '../lib/instance.mjs';
import { mailsTo, partText } from '../lib/maildir.mjs';
import { peek } from '../lib/token.mjs';

const ORIGIN = 'http://localhost:8080';
const BAD_TOKEN = 'user token is missing or invalid';
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'webauthn.relying_party.origins': ORIGIN } });
  api = instance.client();
});
after(() => instance?.stop());

const someone = () => member(instance, `Login ${++count}`, freshAddress('m'));
const init = (...args) => beginLogin(api, ...args);
const complete = (...args) => completeLogin(api, ...args);
const list = (bearer, opts) =>
  api.call('GET', '/auth/credentials', undefined, { bearer, ...opts });
const sendCode = (who) => api.call('POST', '/auth/login/code',
  { orgId: who.orgId, username: who.username }, { status: 200 });

/* Somebody whose only credential is encrypted under a password. */
async function protectedOne() {
  const username = freshAddress('p');
  const orgId = await createOrg(instance, `Protected ${++count}`, username);
  const key = new Key();
  const encrypted = 'eyJrZXkiOiLDpCsvPT0ifQ==\n+/';
  const code = await codeTo(instance.mailDir, username);
  await register(api, orgId, username, code, (challenge) =>
    key.create(challenge, { kind: 'PasswordProtectedKey', encrypted }));
  return { orgId, username, key, encrypted };
}

test('the challenge, and the claims of the token', async () => {
  const who = await someone();
  const begun = await init(who, {}, { status: 200 });
  assert.deepEqual(begun.body.allowCredentials, {
    key: [{ type: 'public-key', id: who.key.credId }], webauthn: [] });
  assert.deepEqual(begun.body.supportedCredentialKinds,
    [{ kind: 'Key', factor: 'either', requiresSecondFactor: false }]);
  const done = await complete(begun, who.key.get(begun.body.challenge),
    { status: 200 });
  const { header, payload } = peek(done.body.token);
  assert.equal(header.alg, 'EdDSA');
  assert.deepEqual(payload.aud, ['dfns:auth:user']);
  assert.equal(payload.sub, who.orgId);
  assert.equal(payload['https://custom/username'], who.username);
  assert.deepEqual(payload['https://custom/app_metadata'], {
    userId: who.user.id, orgId: who.orgId, tokenKind: 'Token',
    tokenId: payload.jti });
  assert.equal(payload.exp - payload.iat, 6 * 3600);
  const key = await until(async () => (await api.call('GET',
    '/.well-known/jwks.json')).body.keys.find(({ kid }) => kid === header.kid),
  'its key');
  assert.equal(key.crv, 'Ed25519');
});

test('an organisation by the name that newer clients have for it',
  async () => {
    const who = await someone();
    const { orgId, username } = who;
    for (const named of [{ tenantId: orgId }, { tenantId: orgId, orgId }])
      for (const [method, path] of [['POST', '/auth/login/code'],
        ['POST', '/auth/recover/user/code'],
        ['PUT', '/auth/registration/code'], ['POST', '/auth/login/init']])
        await api.call(method, path, { username, ...named }, { status: 200 });
    const begun = await api.call('POST', '/auth/login/init',
      { username, tenantId: orgId }, { status: 200 });
    assert.deepEqual(begun.body.allowCredentials.key.map(({ id }) => id),
      [who.key.credId]);
    for (const [named, message] of [
      [{ orgId, tenantId: strangerTo(orgId) },
        'orgId and tenantId must be the same'],
      [{}, 'orgId is a required field'],
      [{ tenantId: '' }, 'orgId is a required field']])
      for (const path of ['/auth/login/code', '/auth/login/init'])
        isError(await api.call('POST', path, { username, ...named }), 400,
          `Invalid request: ${message}`);
  });

test('a challenge is good for one try', async () => {
  const who = await someone();
  const begun = await init(who);
  const factor = who.key.get(begun.body.challenge);
  await complete(begun, factor, { status: 200 });
  isError(await complete(begun, factor), 400, 'Challenge token is not valid.');
  const spoilt = await init(who);
  isError(await complete(spoilt, who.key.get('b3RoZXI')), 401, 'Unauthorized');
  isError(await complete(spoilt, who.key.get(spoilt.body.challenge)), 400,
    'Challenge token is not valid.');
});

test('20 parallel answers: one session', async () => {
  const who = await someone();
  const begun = await init(who);
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    complete(begun, who.key.get(begun.body.challenge))));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
  assert.ok(answers.every(({ status }) => status === 200 || status === 400));
});

test('what is refused, and all with the same words', async () => {
  const who = await someone();
  const other = await someone();
  const lies = {
    'another key': (c) => new Key('p256', who.key.credId).get(c),
    'another credential': (c) => other.key.get(c),
    'another kind': (c) => who.key.get(c, 'PasswordProtectedKey'),
    'another type': (c) => who.key.get(c, 'Key', { type: 'key.create' }),
    'another challenge': () => who.key.get('YWJj'),
    'raw r and s': (c) => {
      const f = who.key.get(c);
      f.credentialAssertion.signature = b64(Buffer.alloc(64, 1));
      return f;
    },
    'a byte behind the DER': (c) => {
      const f = who.key.get(c);
      f.credentialAssertion.signature = b64(Buffer.concat([
        Buffer.from(f.credentialAssertion.signature, 'base64url'),
        Buffer.alloc(1)]));
      return f;
    },
  };
  for (const [what, lie] of Object.entries(lies)) {
    const begun = await init(who);
    const answer = await complete(begun, lie(begun.body.challenge));
    assert.equal(answer.status, 401, what);
    isError(answer, 401, 'Unauthorized');
  }
  const two = await init(other);
  isError(await complete(two, who.key.get(two.body.challenge)), 401,
    'Unauthorized');
});

test('a second factor that is sent is verified', async () => {
  const who = await someone();
  const answer = async (second) => {
    const { body } = await init(who);
    return api.call('POST', '/auth/login', {
      challengeIdentifier: body.challengeIdentifier,
      firstFactor: who.key.get(body.challenge),
      secondFactor: second(body.challenge) });
  };
  isError(await answer((c) => new Key().get(c)), 401, 'Unauthorized');
  assert.equal((await answer((c) => who.key.get(c))).status, 200);
});

test('both encodings of the challenge', async () => {
  const who = await someone();
  const begun = await init(who);
  await complete(begun, who.key.get(b64(begun.body.challenge)),
    { status: 200 });
});

test('malformed input is 400 and says where', async () => {
  const who = await someone();
  const begun = await init(who);
  isError(await complete(begun, { kind: 'Key' }), 400,
    'Invalid request: firstFactor/credentialAssertion is missing or malformed');
  assert.equal((await complete(begun, { kind: 'RecoveryKey' })).status, 400);
  for (const body of [{}, { username: 1, orgId: 'x' }, [], null,
    { orgId: who.orgId }, { orgId: who.orgId, username: '' }])
    assert.equal((await api.call('POST', '/auth/login/init', body)).status,
      400);
  assert.equal((await api.call('POST', '/auth/login/init', undefined,
    { raw: '{"username":' })).status, 400);
  await complete(begun, who.key.get(begun.body.challenge), { status: 200 });
});

test('forged and foreign identifiers', async () => {
  const who = await someone();
  const token = await login(api, who.orgId, who.username, who.key);
  const begun = await init(who);
  const [head, , tail] = begun.body.challengeIdentifier.split('.');
  const forged = [head, b64(JSON.stringify({
    ...peek(begun.body.challengeIdentifier).payload, sub: who.orgId,
    exp: 9999999999 })), tail].join('.');
  for (const challengeIdentifier of [token, forged, 'x', 'a.b.c'])
    isError(await api.call('POST', '/auth/login', { challengeIdentifier,
      firstFactor: who.key.get(begun.body.challenge) }), 400,
    'Challenge token is not valid.');
  isError(await list(begun.body.challengeIdentifier), 401, BAD_TOKEN);
  await instance.sql('UPDATE ceremonies SET expires_at = UTC_TIMESTAMP(6)'
    + ' - INTERVAL 1 SECOND');
  isError(await complete(begun, who.key.get(begun.body.challenge)), 400,
    'Challenge token is not valid.');
});

test('an encrypted key is not handed out without a right code', async () => {
  const who = await protectedOne();
  const bare = await init(who, {}, { status: 200 });
  assert.deepEqual(bare.body.allowCredentials, { key: [], webauthn: [] });
  assert.equal(bare.body.supportedCredentialKinds[0].kind,
    'PasswordProtectedKey');
  isError(await complete(bare, who.key.get(bare.body.challenge,
    'PasswordProtectedKey')), 401, 'Unauthorized');
  await sendCode(who);
  const loginCode = await codeTo(instance.mailDir, who.username, 2);
  isError(await init(who, { loginCode: '0000-0000-0000-0000' }), 403,
    'Invalid code');
  isError(await init(who, { loginCode: 'no code' }), 403, 'Invalid code');
  const begun = await init(who, { loginCode: loginCode.replaceAll('-', ' ') },
    { status: 200 });
  assert.deepEqual(begun.body.allowCredentials.passwordProtectedKey, [{
    type: 'public-key', id: who.key.credId,
    encryptedPrivateKey: who.encrypted }]);
  isError(await init(who, { loginCode }), 403, 'Invalid code');
  const again = await init(who);
  isError(await complete(again, who.key.get(again.body.challenge,
    'PasswordProtectedKey')), 401, 'Unauthorized');
  await complete(begun, who.key.get(begun.body.challenge,
    'PasswordProtectedKey'), { status: 200 });
});

test('wrong codes do nothing to the right one, in parallel too', async () => {
  const who = await protectedOne();
  await sendCode(who);
  const loginCode = await codeTo(instance.mailDir, who.username, 2);
  const answers = await Promise.all(Array.from({ length: 50 }, () =>
    init(who, { loginCode: '0000-0000-0000-0001' })));
  assert.ok(answers.every(({ status }) => status === 403));
  await init(who, { loginCode }, { status: 200 });
  isError(await init(who, { loginCode }), 403, 'Invalid code');
});

test('a code of another purpose, user or organisation is none', async () => {
  const who = await protectedOne();
  const username = freshAddress('inv');
  const orgId = await createOrg(instance, `Codes ${++count}`, username);
  const registration = await codeTo(instance.mailDir, username);
  isError(await init({ orgId, username }, { loginCode: registration }), 403,
    'Invalid code');
  await sendCode(who);
  const loginCode = await codeTo(instance.mailDir, who.username, 2);
  const other = await protectedOne();
  isError(await init(other, { loginCode }), 403, 'Invalid code');
  isError(await init({ ...who, orgId }, { loginCode }), 403, 'Invalid code');
  isError(await api.call('POST', '/auth/registration/init', { ...who,
    key: undefined, registrationCode: loginCode }), 403, 'Invalid code');
  await init(who, { loginCode }, { status: 200 });
});

test('20 parallel right codes: one', async () => {
  const who = await protectedOne();
  await sendCode(who);
  const loginCode = await codeTo(instance.mailDir, who.username, 2);
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    init(who, { loginCode })));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test('an expired login code is 403', async () => {
  const who = await protectedOne();
  await sendCode(who);
  const loginCode = await codeTo(instance.mailDir, who.username, 2);
  await instance.sql('UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)'
    + ' - INTERVAL 1 SECOND');
  isError(await init(who, { loginCode }), 403, 'Invalid code');
});

test('who has no account gets the same answer, work, and no mail', async () => {
  const who = await someone();
  const invitee = freshAddress('inv');
  const org = await createOrg(instance, `Mask ${++count}`, invitee);
  await codeTo(instance.mailDir, invitee);
  const same = [
    { orgId: who.orgId, username: who.username },
    { orgId: who.orgId, username: 'nobody@example.org' },
    { orgId: 'or-34513-nip9c-8bppvgqgj28dbodrc', username: who.username },
    { orgId: strangerTo(who.orgId), username: who.username },
    { orgId: org, username: invitee },
  ];
  const ask = async (path) => {
    const all = [];
    for (const body of same)
      all.push(await cost(instance, api, 'POST', path, body,
        { status: 200 }));
    for (const { statements, writes } of all)
      assert.deepEqual({ statements, writes }, { statements:
        all[0].statements, writes: all[0].writes });
    return all.map(({ response }) => response.body);
  };
  for (const body of await ask('/auth/login/code'))
    assert.deepEqual(body, { message: 'success' });
  await codeTo(instance.mailDir, who.username, 2);
  assert.equal(mailsTo(instance.mailDir, 'nobody@example.org').length, 0);
  assert.equal(mailsTo(instance.mailDir, invitee).length, 1);
  const inits = await ask('/auth/login/init');
  for (const body of inits)
    assert.deepEqual(Object.keys(body), Object.keys(inits[0]));
  const [one, two] = [await init(same[1]), await init(same[1])]
    .map(({ body }) => body.allowCredentials);
  assert.deepEqual(one, two);
  const begun = await init(same[1]);
  isError(await complete(begun, who.key.get(begun.body.challenge)), 401,
    'Unauthorized');
  isError(await init(same[1], { loginCode: '0000-0000-0000-0000' }), 403,
    'Invalid code');
});

test('a deactivated user, and a deactivated organisation', async () => {
  const who = await someone();
  const token = await login(api, who.orgId, who.username, who.key);
  const begun = await init(who);
  await instance.sql('UPDATE members SET active = 0 WHERE username = '
    + `'${who.username}'`);
  isError(await list(token), 401, BAD_TOKEN);
  isError(await complete(begun, who.key.get(begun.body.challenge)), 400,
    'User account has been deactivated.');
  const masked = await init(who, {}, { status: 200 });
  assert.notEqual(masked.body.allowCredentials.key[0]?.id, who.key.credId);

  const other = await someone();
  const live = await login(api, other.orgId, other.username, other.key);
  const late = await init(other);
  await instance.sql('UPDATE tenants SET active = 0 WHERE name LIKE \'Login'
    + ` ${count}'`);
  isError(await list(live), 401, BAD_TOKEN);
  isError(await complete(late, other.key.get(late.body.challenge)), 401,
    'User not found');
});

test('a deactivated credential neither shows nor answers', async () => {
  const who = await someone();
  const token = await login(api, who.orgId, who.username, who.key);
  const begun = await init(who);
  await instance.sql('UPDATE key_credentials SET active = 0 WHERE cred_id = '
    + `'${who.key.credId}'`);
  isError(await complete(begun, who.key.get(begun.body.challenge)), 401,
    'Unauthorized');
  const { body } = await list(token, { status: 200 });
  assert.equal(body.items[0].isActive, false);
});

test('logout: this session, or all of both kinds', async () => {
  const who = await someone();
  const [one, two] = [await login(api, who.orgId, who.username, who.key),
    await login(api, who.orgId, who.username, who.key)];
  const out = (bearer, body, method = 'PUT') =>
    api.call(method, '/auth/logout', body, { bearer });
  assert.deepEqual((await out(one)).body, { message: 'success' });
  isError(await out(one), 401, BAD_TOKEN);
  isError(await list(one), 401, BAD_TOKEN);
  const three = await login(api, who.orgId, who.username, who.key);
  assert.equal((await out(two, { allSessions: 1 })).status, 400);
  assert.deepEqual((await out(three, undefined, 'POST')).body,
    { message: 'success' });
  isError(await list(three), 401, BAD_TOKEN);
  assert.deepEqual((await out(two, { allSessions: true })).body,
    { message: 'success' });
  for (const bearer of [two, three, undefined])
    isError(await list(bearer), 401, BAD_TOKEN);
});

test('one person, both families: passkey, tokens, sessions', async () => {
  const { orgId, username, device, hanko } = await ofDefault(instance,
    { origin: ORIGIN });
  const begun = await init({ orgId, username }, {}, { status: 200 });
  assert.equal(begun.body.allowCredentials.webauthn.length, 1);
  const said = device.get({ challenge: b64(begun.body.challenge) });
  const done = await complete(begun, { kind: 'Fido2', credentialAssertion: {
    credId: said.id,
    clientData: said.response.clientDataJSON,
    authenticatorData: said.response.authenticatorData,
    signature: said.response.signature,
    userHandle: said.response.userHandle,
  } }, { status: 200 });
  const { token } = done.body;

  /* A token of one is nothing to the other. */
  await hanko.call('GET', '/me', undefined,
    { bearer: token, noJar: true, status: 401 });
  isError(await list(hanko.token), 401, BAD_TOKEN);
  /* One list, and one end. */
  const sessions = await hanko.call('GET', '/sessions', undefined,
    { status: 200 });
  assert.equal(sessions.body.length, 2);
  await hanko.call('DELETE', '/sessions', undefined, { status: 204 });
  isError(await list(token), 401, BAD_TOKEN);
});

test('all sessions end at both', async () => {
  const { orgId, username, device, hanko } = await ofDefault(instance,
    { origin: ORIGIN });
  const begun = await init({ orgId, username: username.toUpperCase() });
  const said = device.get({ challenge: begun.body.challenge });
  const done = await complete(begun, { kind: 'Fido2', credentialAssertion: {
    credId: said.id,
    clientData: said.response.clientDataJSON,
    authenticatorData: said.response.authenticatorData,
    signature: said.response.signature,
  } }, { status: 200 });
  await api.call('PUT', '/auth/logout', { allSessions: true },
    { bearer: done.body.token, status: 200 });
  await hanko.call('GET', '/me', undefined, { status: 401 });
});

test('a mailed code says when and from where it was requested', async () => {
  const { orgId, username } = await someone();
  for (const path of ['/auth/login/code', '/auth/recover/user/code'])
    await api.call('POST', path, { orgId, username },
      { status: 200, headers: { 'X-Forwarded-For': '198.51.100.9' } });
  await codeTo(instance.mailDir, username, 3);
  const [, ...mails] = mailsTo(instance.mailDir, username)
    .filter(({ mail }) => /\d{4}-\d{4}/.test(partText(mail, 'text/plain')));
  for (const { mail } of mails)
    for (const type of ['text/plain', 'text/html'])
      assert.match(partText(mail, type),
        /requested on \d{4}-\d\d-\d\d \d\d:\d\d UTC from (127\.0\.0\.|::)1\./);
  /* A locked phone shows the subject: the code is not in it.  Mails may
   * overtake each other. */
  assert.deepEqual(mails.map(({ mail }) => mail.headers.subject).sort(), [
    `Your login code for Login ${count}`,
    `Your recovery code for Login ${count}`]);
});

test('two organisations with the same username are strangers', async () => {
  const username = freshAddress('twin');
  const orgs = [await createOrg(instance, `Twin ${++count}`, username),
    await createOrg(instance, `Twin ${++count}`, username)];
  await codeTo(instance.mailDir, username, 2);
  const mails = mailsTo(instance.mailDir, username);
  const keys = [];
  for (const orgId of orgs) {
    const key = new Key();
    for (let n = 1; n <= mails.length; n++) {
      const begun = await api.call('POST', '/auth/registration/init', { orgId,
        username, registrationCode: await codeTo(instance.mailDir, username,
          n) });
      if (begun.status === 200)
        await api.call('POST', '/auth/registration', { firstFactorCredential:
          key.create(begun.body.challenge) },
        { bearer: begun.body.temporaryAuthenticationToken, status: 200 });
    }
    keys.push(key);
  }
  const [one, two] = orgs.map((orgId) => ({ orgId, username }));
  const begun = await init(one);
  isError(await complete(begun, keys[1].get(begun.body.challenge)), 401,
    'Unauthorized');
  const first = await login(api, one.orgId, username, keys[0]);
  const second = await login(api, two.orgId, username, keys[1]);
  assert.equal((await list(first)).body.items[0].credentialId,
    keys[0].credId);
  assert.equal((await list(second)).body.items[0].credentialId,
    keys[1].credId);
});

test('every error below /auth/ is JSON of this API', async () => {
  isError(await api.call('GET', '/auth/apps'), 404, 'Not Found');
  isError(await api.call('POST', '/auth/nowhere', {}), 404, 'Not Found');
  isError(await api.call('GET', '/auth/login'), 405, 'Method Not Allowed');
  isError(await api.call('POST', '/auth/login', { x: 'y'.repeat(140000) }),
    413, 'Content Too Large');
  isError(await api.call('POST', '/auth/login', undefined,
    { raw: 'x', type: 'text/plain' }), 415, 'Unsupported Media Type');
  assert.equal((await api.call('POST', '/auth/login',
    { x: 'y'.repeat(100000) })).status, 400);
  isError(await list('x'), 401, BAD_TOKEN);
});

test('a bearer token that is not asked for is ignored', async () => {
  const who = await someone();
  await init(who, {}, { bearer: 'expired', status: 200,
    headers: { 'X-DFNS-APPID': 'ap-x', 'X-DFNS-NONCE': 'x' } });
});

test('any page may call, and its preflight is answered', async () => {
  const headers = { Origin: 'https://elsewhere.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers':
      'authorization,x-dfns-useraction,x-dfns-sdk-version' };
  const preflight = await api.call('OPTIONS', '/auth/login/init', undefined,
    { headers, status: 200 });
  for (const name of ['x-dfns-useraction', 'x-dfns-sdk-version',
    'authorization', 'content-type'])
    assert.ok(preflight.headers['access-control-allow-headers']
      .includes(name));
  const refused = await api.call('GET', '/auth/credentials', undefined,
    { headers: { Origin: headers.Origin } });
  assert.equal(refused.status, 401);
  assert.equal(refused.headers['access-control-allow-origin'], '*');
  assert.equal(refused.headers['access-control-allow-credentials'], undefined);
});

for (const [what, limit, expected] of [
  ['none, whatever the other API has', {}, [200, 200, 200]],
  ['its own', { 'dfns.session_limit': '2' }, [401, 200, 200]]])
  test(`the session limit of this API: ${what}`, async () => {
    const one = await instance.other({ set: {
      'session.limit': '1', ...limit } });
    try {
      const who = await member(one, `Limit ${what}`, freshAddress());
      const tokens = [];
      for (let i = 0; i < 3; i++)
        tokens.push(await login(one.client(), who.orgId, who.username,
          who.key));
      const statuses = [];
      for (const bearer of tokens)
        statuses.push((await one.client().call('GET', '/auth/credentials',
          undefined, { bearer })).status);
      assert.deepEqual(statuses, expected);
    } finally {
      await one.stop();
    }
  });

test('the end of all sessions, and a deactivation, end what is known',
  async () => {
    const one = await instance.other({ set: { 'rate_limiter.enabled': 'true',
      'log.level': 'debug' } });
    try {
      const who = await member(one, 'Known', freshAddress('k'));
      const device = ({ cookies }) => cookies.find((text) =>
        text.startsWith('hanko_device='));
      const known = async () => (await one.sql(`SELECT u.known_epoch,
        COUNT(k.network) FROM users u LEFT JOIN known_networks k
        ON k.user_id = u.id WHERE u.id = UNHEX('${
  uuidOf(who.user.id).replaceAll('-', '')}') GROUP BY u.id`))[0];
      const logOut = async (allSessions) => {
        const bearer = await login(who.api, who.orgId, who.username, who.key);
        const before_ = who.api.jar.get('hanko_device');
        assert.match(before_, /^[\w-]+$/);
        const done = await who.api.call('PUT', '/auth/logout',
          allSessions ? { allSessions } : {}, { bearer, status: 200 });
        assert.equal(who.api.jar.get('hanko_device') === before_,
          !allSessions);
        return device(done);
      };
      assert.equal(await logOut(false), undefined);
      assert.deepEqual(await known(), ['0', '1']);
      assert.match(await logOut(true), /; Max-Age=7776000; HttpOnly/);
      assert.deepEqual(await known(), ['1', '1']);
      const { status, stderr } = await run(one.env.POSTERN_BIN, ['--config',
        one.env.POSTERN_CONFIG, 'org', 'deactivate', who.orgId,
        who.username]);
      assert.equal(status, 0, stderr);
      assert.deepEqual(await known(), ['2', '0']);
    } finally {
      await one.stop();
    }
  });

test('limits: a user, a network, and mails in vain', async () => {
  const one = await instance.other({ set: { 'rate_limiter.enabled': 'true',
    'server.trusted_proxies': '127.0.0.0/8,::1/128',
    'rate_limiter.name_limits.interval': '1h',
    'rate_limiter.challenge_limits.tokens': '60',
    'rate_limiter.challenge_limits.interval': '24h' } });
  try {
    const limited = one.client();
    const username = freshAddress();
    const orgId = await createOrg(one, 'Rates', username);
    const ask = (name) => limited.call('POST', '/auth/login/init',
      { orgId, username: name });
    const statuses = [];
    for (let i = 0; i < 21; i++)
      statuses.push((await ask(username)).status);
    assert.deepEqual(statuses, [...Array(20).fill(200), 429]);
    /* It is one name, however it is written, and one network's alone. */
    for (const name of [username.toUpperCase(), ` ${username}`,
      `${username}\t`])
      isError(await ask(name), 429, 'Too Many Requests');
    const last = await ask(username);
    isError(last, 429, 'Too Many Requests');
    await one.client({ headers: { 'X-Forwarded-For': '192.0.2.9' } }).call(
      'POST', '/auth/login/init', { orgId, username }, { status: 200 });
    assert.match(last.headers['retry-after'], /^\d+$/);
    /* What was refused has cost nothing. */
    for (let i = 0; i < 40; i++)
      await ask(`other-${i}@example.org`);
    isError(await ask('one-more@example.org'), 429, 'Too Many Requests');
    const wish = () => limited.call('PUT', '/auth/registration/code',
      { orgId, username });
    for (let i = 0; i < 20; i++)
      assert.equal((await wish()).status, 200);
    isError(await wish(), 429, 'Too Many Requests');
    await one.allSent();
    /* One by the operator, who invited them, and one of 20. */
    assert.equal(mailsTo(one.mailDir, username).length, 2);
  } finally {
    await one.stop();
  }
});

test('switched off, it is not there', async () => {
  const one = await instance.other({ set: { 'dfns.enabled': 'false' } });
  try {
    const { body } = await one.client().call('POST', '/auth/login/init', {},
      { front: true }).catch((error) => ({ body: String(error) }));
    assert.match(JSON.stringify(body), /404/);
  } finally {
    await one.stop();
  }
});
