/*
 * Dfns: what a mailbox opens is not enough here.  Whoever reads the mail of a
 * member gets a session of the public API by a passcode, and everything that
 * session can ask; a passkey from there is admitted by a signed action alone,
 * and what a registered member has is not changed from there.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { Key, admit, announce, beginLogin, codeTo, codesTo,
  completeLogin, createPasskey, credentialsOf, fromHanko, getPasskey, isError,
  loggedIn, login, passkey, registerHere, sentCode, signed, uuidOf, withToken }
  from '../lib/dfns.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, top } from '../lib/instance.mjs';
import { mailsTo, partText } from '../lib/maildir.mjs';

const ORIGIN = 'http://localhost:8080';
const MADE_HERE = { origin: ORIGIN };
let instance;
let count = 0;

before(async () => {
  instance = await start({ set: { 'dfns.usernameless': 'true',
    'account.allow_deletion': 'true',
    'audit_log.storage.enabled': 'true',
    'email.limit': '10',
    'rate_limiter.enabled': 'false',
    'webauthn.relying_party.origins': ORIGIN } });
});
after(() => instance?.stop());

/* Somebody of both APIs, registered here with a Key. */
const member = async () =>
  registerHere(instance, await fromHanko(instance, MADE_HERE));

/* Somebody else with the member's mailbox: a session, by a passcode. */
async function thiefOf(who) {
  const thief = instance.client();
  await thief.passcodeLogin(who.username);
  return thief;
}

const one = async (sql) => (await instance.sql(sql))[0];

const itemOf = async (who, device) => (await credentialsOf(who))
  .find(({ credentialId }) => credentialId === b64(device.id));

const asks = (who, method, path, body, device) =>
  signed(who, method, path, body, device && passkey(device));

/* ------------------------------------------------- in by the weaker way */

test('a passkey that a passcode opened the way for is listed, and no more',
  async () => {
    const who = await member();
    const device = await (await thiefOf(who)).addPasskey(MADE_HERE);
    const item = await itemOf(who, device);
    assert.equal(item.isActive, false);
    assert.equal(item.name, 'Default Credential (Hanko API)');
    const begun = await beginLogin(who.api, who, {}, { status: 200 });
    assert.deepEqual(begun.body.allowCredentials.webauthn, []);
    isError(await completeLogin(who.api, begun,
      getPasskey(device, begun.body.challenge)), 401, 'Unauthorized');
    const nameless = await who.api.call('POST', '/auth/login/init',
      { orgId: who.orgId }, { status: 200 });
    isError(await completeLogin(who.api, nameless,
      getPasskey(device, nameless.body.challenge)), 401, 'Unauthorized');
    const asked = await announce(who, 'PUT', '/auth/credentials/activate',
      '{}', { status: 200 });
    assert.deepEqual(asked.body.allowCredentials.webauthn, []);
    isError(await who.call('POST', '/auth/action', {
      challengeIdentifier: asked.body.challengeIdentifier,
      firstFactor: getPasskey(device, asked.body.challenge) }), 401,
    'Unauthorized');
    /* It is on an authenticator all the same. */
    const more = await who.call('POST', '/auth/credentials/init',
      { kind: 'Fido2' }, { status: 200 });
    assert.ok(more.body.excludeCredentials.some(({ id }) =>
      id === b64(device.id)));
  });

test('a signed activation admits it: it logs in, and signs', async () => {
  const who = await member();
  await admit(who, who.device);
  const item = await itemOf(who, who.device);
  assert.equal(item.isActive, true);
  assert.equal(item.name, 'Default Credential');
  const token = await login(who.api, who.orgId, who.username,
    passkey(who.device));
  const me = withToken(who, token);
  const { credentialUuid } = item;
  assert.equal((await asks(me, 'PUT', '/auth/credentials/deactivate',
    { credentialUuid }, who.device)).status, 200);
  /* Switched off it logs in nowhere; on again it is admitted still. */
  const options = (await instance.client().call('POST',
    '/webauthn/login/initialize')).body.publicKey;
  await instance.client().call('POST', '/webauthn/login/finalize',
    who.device.get(options), { status: 401 });
  assert.equal((await itemOf(who, who.device)).name, 'Default Credential');
  await admit(who, who.device);
  await login(who.api, who.orgId, who.username, passkey(who.device));
});

test('a signed deactivation keeps one out that was never admitted', async () => {
  const who = await member();
  const thief = await thiefOf(who);
  const device = await thief.addPasskey(MADE_HERE);
  const { credentialUuid } = await itemOf(who, device);
  assert.equal((await asks(who, 'PUT', '/auth/credentials/deactivate',
    { credentialUuid })).status, 200);
  const options = (await thief.call('POST', '/webauthn/login/initialize'))
    .body.publicKey;
  await thief.call('POST', '/webauthn/login/finalize', device.get(options),
    { status: 401 });
  assert.equal((await itemOf(who, device)).name,
    'Default Credential (Hanko API)');
});

test('only the owner admits a passkey', async () => {
  const who = await member();
  const other = await member();
  const { credentialUuid } = await itemOf(who, who.device);
  isError(await asks(other, 'PUT', '/auth/credentials/activate',
    { credentialUuid }), 404, 'credential not found');
  isError(await who.call('PUT', '/auth/credentials/activate',
    { credentialUuid }), 403, 'user action signature is missing or invalid');
  assert.equal((await itemOf(who, who.device)).isActive, false);
});

/* ------------------------------------------ every route of the other API */

/* All that the Dfns API has of somebody; what a passkey of there adds is not
   of it. */
const having = async (who) => instance.sql(`
  SELECT 'user', HEX(id) FROM users WHERE id = UNHEX('${uuidOf(who.user.id)}')
  UNION SELECT 'member', CONCAT_WS('|', username, kind, active, registered,
    HEX(email_id), IFNULL(archived_at, '')) FROM members
    WHERE user_id = UNHEX('${uuidOf(who.user.id)}')
  UNION SELECT 'address', CONCAT_WS('|', e.address, e.verified) FROM members m
    JOIN emails e ON e.id = m.email_id AND e.user_id = m.user_id
    WHERE m.user_id = UNHEX('${uuidOf(who.user.id)}')
  UNION SELECT 'key', CONCAT_WS('|', cred_id, name, active, pem) FROM
    key_credentials WHERE user_id = UNHEX('${uuidOf(who.user.id)}')
  UNION SELECT 'passkey', CONCAT_WS('|', HEX(id_hash), IFNULL(name, ''),
    HEX(public_key), active, api, admitted) FROM webauthn_credentials
    WHERE user_id = UNHEX('${uuidOf(who.user.id)}') AND admitted = 1
  ORDER BY 1, 2`);

/*
 * Each route that asks for a session, or takes one, and what somebody with a
 * passcode's session would ask of it; null: it is asked elsewhere in these
 * tests, or asks for no session.
 */
const routes = {
  'GET /': null,
  'GET /health/alive': null,
  'GET /health/ready': null,
  'POST /doctor/{id}': null,
  'GET /.well-known/jwks.json': null,
  'GET /.well-known/config': null,
  'POST /user': (a) => a.thief.call('POST', '/user', { email: a.username }),
  'POST /users': (a) => a.thief.call('POST', '/users', { email: a.username }),
  'GET /users/{id}': (a) => a.thief.call('GET', `/users/${a.id}`),
  'GET /me': (a) => a.thief.call('GET', '/me'),
  'DELETE /user': (a) => a.thief.call('DELETE', '/user'),
  'POST /passcode/login/initialize': async (a) => {
    const sent = await a.thief.call('POST', '/passcode/login/initialize',
      { user_id: a.id, email_id: a.bound });
    await a.thief.codeFor(a.username);
    return sent;
  },
  'POST /passcode/login/finalize': (a) => a.thief.passcodeLogin(a.username),
  'POST /password/login': (a) => a.thief.call('POST', '/password/login',
    { user_id: a.id, password: 'password of a thief' }),
  'PUT /password': (a) => a.thief.call('PUT', '/password',
    { user_id: a.id, password: 'password of a thief' }),
  'GET /emails': (a) => a.thief.call('GET', '/emails'),
  'POST /emails': async (a) => {
    const address = freshAddress('thief');
    const made = await a.thief.call('POST', '/emails', { address },
      { status: 200 });
    await a.thief.passcodeFor(address, { user_id: a.id,
      email_id: made.body.id });
    a.other = made.body.id;
    return made;
  },
  'POST /emails/{id}/set_primary': (a) => a.thief.call('POST',
    `/emails/${a.other}/set_primary`, undefined, { status: 204 }),
  'DELETE /emails/{id}': (a) => a.thief.call('DELETE', `/emails/${a.bound}`),
  'POST /webauthn/registration/initialize': (a) => a.thief.call('POST',
    '/webauthn/registration/initialize'),
  'POST /webauthn/registration/finalize': async (a) => {
    /* One of its own; and over the one that is admitted. */
    await a.thief.addPasskey(MADE_HERE);
    const options = (await a.thief.call('POST',
      '/webauthn/registration/initialize')).body.publicKey;
    const device = new Authenticator(MADE_HERE);
    device.id = a.device.id;
    return a.thief.call('POST', '/webauthn/registration/finalize',
      device.create(options), { status: 400 });
  },
  'POST /webauthn/login/initialize': (a) => a.thief.call('POST',
    '/webauthn/login/initialize', { user_id: a.id }),
  'POST /webauthn/login/finalize': null,
  'GET /webauthn/credentials': (a) => a.thief.call('GET',
    '/webauthn/credentials'),
  'PATCH /webauthn/credentials/{id}': (a) => a.thief.call('PATCH',
    `/webauthn/credentials/${b64(a.device.id)}`, { name: 'thief' }),
  'DELETE /webauthn/credentials/{id}': (a) => a.thief.call('DELETE',
    `/webauthn/credentials/${b64(a.device.id)}`),
  'GET /authorize': (a) => a.thief.call('GET', '/authorize'),
  'GET /sessions/validate': (a) => a.thief.call('GET', '/sessions/validate'),
  'POST /sessions/validate': (a) => a.thief.call('POST', '/sessions/validate',
    { session_token: a.thief.token }),
  'GET /sessions': (a) => a.thief.call('GET', '/sessions'),
  'DELETE /sessions': (a) => a.thief.call('DELETE', '/sessions'),
  'DELETE /sessions/{id}': null,
  'POST /registration': async (a) => {
    const flow = await Flow.ready(a.thief, 'registration');
    return (await flow.act('register_login_identifier',
      { email: a.username })).last;
  },
  'POST /login': async (a) => {
    const flow = await Flow.identified(a.thief, a.username);
    return (await flow.act('verify_passcode',
      { code: await a.thief.codeFor(a.username) })).last;
  },
  'POST /token_exchange': (a) => a.thief.call('POST', '/token_exchange'),
  'POST /profile': async (a) => {
    /* The account is not offered; the rest is refused as it is above. */
    const flow = await Flow.ready(a.thief, 'profile');
    assert.ok(!flow.actions.includes('account_delete'));
    const passkey_id = b64(a.device.id);
    await flow.act('webauthn_credential_rename',
      { passkey_id, passkey_name: 'thief' });
    await flow.act('email_delete', { email_id: a.bound });
    return (await flow.act('webauthn_credential_delete', { passkey_id })).last;
  },
  'POST /logout': (a) => a.thief.call('POST', '/logout'),
};

const GUARDED = {
  'DELETE /user': /registered with the Dfns API.*operator/,
  'DELETE /emails/{id}': /Dfns API.*operator/,
  'PATCH /webauthn/credentials/{id}': /Dfns API.*signed PUT \/auth\/cred/,
  'DELETE /webauthn/credentials/{id}': /Dfns API.*signed PUT \/auth\/cred/,
};

test('no route is missing in the list of those that are tried', () => {
  const table = readFileSync(join(top, 'fcgi/routes.c'), 'utf8');
  const all = [...table.matchAll(/\{ (?:PUBLIC|FLOW), +(\w+), +"([^"]+)"/g)]
    .map(([, method, path]) => `${method} ${path}`);
  assert.ok(all.length > 20);
  assert.deepEqual(all.sort(), Object.keys(routes).sort());
});

/* What each route answered, in a member's account that somebody has got into.
   */
async function attack(who) {
  const thief = await thiefOf(who);
  const emails = (await thief.call('GET', '/emails')).body;
  const a = { ...who, thief, bound: emails[0].id,
    id: (await thief.call('GET', '/me')).body.id };
  const answers = {};
  for (const [route, ask] of Object.entries(routes)) {
    if (ask === null)
      continue;
    answers[route] = await ask(a);
    assert.deepEqual(await having(who), a.before ??= await having(who), route);
  }
  return { answers, a };
}

test('none of them changes what a registered member has', async () => {
  const who = await member();
  await admit(who, who.device);
  const was = await having(who);
  assert.equal(was.filter(([what]) => what === 'passkey').length, 1);
  const { answers, a } = await attack(who);
  assert.deepEqual(await having(who), was);
  for (const [route, why] of Object.entries(GUARDED)) {
    assert.equal(answers[route].status, 403, route);
    assert.match(answers[route].body.message, why, route);
  }
  /* And what is switched off for everybody: /token_exchange. */
  assert.equal(Object.values(answers)
    .filter(({ status }) => status === 403).length, 6);
  /* What was refused is on record. */
  assert.deepEqual((await instance.sql(`SELECT error FROM audit_logs
    WHERE type = 'change_refused' AND actor_user_id =
    UNHEX('${uuidOf(who.user.id)}') ORDER BY error`)).flat(),
  ['account', 'address', 'address', 'passkey', 'passkey', 'passkey',
    'passkey']);
  /* The member gets in by both, and their codes come where they came. */
  await login(who.api, who.orgId, who.username, who.key);
  await login(who.api, who.orgId, who.username, passkey(who.device));
  const [[primary]] = await instance.sql(`SELECT e.address FROM primary_emails p
    JOIN emails e ON e.id = p.email_id WHERE p.user_id =
    UNHEX('${uuidOf(who.user.id)}')`);
  assert.notEqual(primary, who.username);
  await sentCode(instance, who, '/auth/login/code');
  await sentCode(instance, who, '/auth/recover/user/code');
  await instance.allSent();
  assert.deepEqual(codesTo(instance.mailDir, primary), []);
  assert.ok(a.other);
});

test('either API ends the sessions of the other: that lets nobody in',
  async () => {
    const alive = async (who) =>
      (await who.call('GET', '/auth/credentials')).status;
    const who = await member();
    const thief = await thiefOf(who);
    assert.equal(await alive(who), 200);
    await thief.call('DELETE', '/sessions', undefined, { status: 204 });
    assert.equal(await alive(who), 401);
    await thief.call('GET', '/me', undefined, { status: 200 });
    /* Who was logged out logs in, and ends the thief's in turn. */
    const back = withToken(who,
      await login(who.api, who.orgId, who.username, who.key));
    assert.equal(await alive(back), 200);
    await back.call('PUT', '/auth/logout', { allSessions: true },
      { status: 200 });
    await thief.call('GET', '/me', undefined, { status: 401 });
  });

test('being registered is not taken back with the last passkey', async () => {
  const who = await member();
  const thief = await thiefOf(who);
  await thief.call('DELETE', `/webauthn/credentials/${b64(who.device.id)}`,
    undefined, { status: 204 });
  const had = codesTo(instance.mailDir, who.username).length;
  await who.api.call('PUT', '/auth/registration/code',
    { orgId: who.orgId, username: who.username }, { status: 200 });
  await instance.allSent();
  assert.equal(codesTo(instance.mailDir, who.username).length, had);
});

test('who is not registered here is nobody\'s ward', async () => {
  const who = await fromHanko(instance, MADE_HERE);
  const id = b64(who.device.id);
  await who.hanko.call('PATCH', `/webauthn/credentials/${id}`, { name: 'x' },
    { status: 200 });
  await who.hanko.call('DELETE', `/webauthn/credentials/${id}`, undefined,
    { status: 204 });
  await who.hanko.call('DELETE', '/user', undefined, { status: 204 });
});

test('a passkey that is not admitted is the other API\'s to change',
  async () => {
    const who = await member();
    const id = b64(who.device.id);
    await who.hanko.call('PATCH', `/webauthn/credentials/${id}`, { name: 'x' },
      { status: 200 });
    assert.equal((await itemOf(who, who.device)).name, 'x (Hanko API)');
    await who.hanko.call('DELETE', `/webauthn/credentials/${id}`, undefined,
      { status: 204 });
    assert.equal(await itemOf(who, who.device), undefined);
  });

test('a code proves the address that it was sent to, and binds it',
  async () => {
    const who = await fromHanko(instance, MADE_HERE,
      freshAddress('first').replace(/@.*/, '@xn--bcher-kva.example'));
    const { hanko } = who;
    const { api, orgId, username } = { ...who, api: instance.client() };
    const code = await sentCode(instance, who, '/auth/registration/code',
      'PUT');
    const begun = await api.call('POST', '/auth/registration/init',
      { orgId, username, registrationCode: code }, { status: 200 });
    const address = freshAddress('moved');
    const id = (await hanko.call('GET', '/me')).body.id;
    const made = await hanko.call('POST', '/emails', { address },
      { status: 200 });
    await hanko.passcodeFor(address, { user_id: id, email_id: made.body.id });
    await hanko.call('POST', `/emails/${made.body.id}/set_primary`, undefined,
      { status: 204 });
    await instance.sql(`UPDATE emails SET verified = 0 WHERE address =
      '${address}'`);
    const key = new Key();
    const done = await api.call('POST', '/auth/registration',
      { firstFactorCredential: key.create(begun.body.challenge) },
      { bearer: begun.body.temporaryAuthenticationToken, status: 200 });
    assert.deepEqual(await one(`SELECT e.address FROM members m JOIN emails e
      ON e.id = m.email_id WHERE m.user_id =
      UNHEX('${uuidOf(done.body.user.id)}')`), [username]);
    assert.deepEqual(await one(`SELECT verified FROM emails WHERE address =
      '${address}'`), ['0']);
    assert.equal(done.body.user.username,
      username.replace('xn--bcher-kva', 'bücher'));
    await sentCode(instance, who, '/auth/login/code');
  });

test('a code is wrong where the primary address has moved since', async () => {
  const who = await fromHanko(instance, MADE_HERE);
  const code = await sentCode(instance, who, '/auth/registration/code', 'PUT');
  const address = freshAddress('moved');
  const id = (await who.hanko.call('GET', '/me')).body.id;
  const made = await who.hanko.call('POST', '/emails', { address },
    { status: 200 });
  await who.hanko.passcodeFor(address, { user_id: id,
    email_id: made.body.id });
  await who.hanko.call('POST', `/emails/${made.body.id}/set_primary`,
    undefined, { status: 204 });
  isError(await instance.client().call('POST', '/auth/registration/init',
    { orgId: who.orgId, username: who.username, registrationCode: code }), 403,
  'Invalid code');
});

/* -------------------------------------------------- and the other way round */

test('a passkey that was made here logs in at the other API', async () => {
  const who = await registerHere(instance, await fromHanko(instance,
    MADE_HERE));
  const { body } = await who.call('POST', '/auth/credentials/init',
    { kind: 'Fido2' }, { status: 200 });
  const device = new Authenticator(MADE_HERE);
  const made = await signed(who, 'POST', '/auth/credentials', {
    challengeIdentifier: body.challengeIdentifier, credentialName: 'here',
    ...createPasskey(device, body) });
  assert.equal(made.status, 200, made.text);
  assert.equal(device.userHandle.toString(), who.user.id);
  const hanko = instance.client();
  const user_id = (await who.hanko.call('GET', '/me')).body.id;
  for (const input of [{ user_id }, undefined]) {
    const { publicKey } = (await hanko.call('POST',
      '/webauthn/login/initialize', input, { status: 200 })).body;
    const done = await hanko.call('POST', '/webauthn/login/finalize',
      device.get(publicKey), { status: 200 });
    assert.equal(done.body.user_id, user_id);
  }
  /* The handle of somebody else opens nothing. */
  const other = await member();
  const { publicKey } = (await hanko.call('POST',
    '/webauthn/login/initialize')).body;
  for (const handle of [other.user.id, 'us-x', `${who.user.id}0`])
    await hanko.call('POST', '/webauthn/login/finalize', device.get(publicKey,
      { userHandle: Buffer.from(handle) }), { status: 401 });
});

/* ----------------------------------------------------------------- notices */

/* The notices to somebody, oldest first: subject and by what it was done. */
async function noticesTo(address) {
  await instance.allSent();
  return mailsTo(instance.mailDir, address).map(({ mail }) => mail)
    .map((mail) => [mail.headers.subject.replace(/ (to|of|for) your .*/, ''),
      /; ([^;)]+)\)/.exec(partText(mail, 'text/plain'))?.[1]])
    .filter(([, by]) => by);
}

const ADDED = 'A new credential was added';
const CHANGED = 'The credentials';

test('every change of credentials is told, with the API it came by',
  async () => {
    const who = await fromHanko(instance, MADE_HERE);
    const told = [[ADDED, 'Hanko API']];
    assert.deepEqual(await noticesTo(who.username), told);
    const path = `/webauthn/credentials/${b64(who.device.id)}`;
    await who.hanko.call('PATCH', path, { name: 'x' }, { status: 200 });
    told.push([CHANGED, 'Hanko API']);
    assert.deepEqual(await noticesTo(who.username), told);
    for (const name of [null, 'x'])
      await who.hanko.call('PATCH', path, { name }, { status: 200 });
    assert.deepEqual(await noticesTo(who.username), told);
    const me = await registerHere(instance, who);
    told.push([ADDED, 'Dfns API']);
    assert.deepEqual(await noticesTo(who.username), told);
    await admit(me, who.device);
    told.push([CHANGED, 'Dfns API']);
    assert.deepEqual(await noticesTo(who.username), told);
    const { credentialUuid } = await itemOf(me, who.device);
    /* What is so already is neither told nor recorded. */
    for (let i = 0; i < 2; i++)
      assert.equal((await asks(me, 'PUT', '/auth/credentials/deactivate',
        { credentialUuid })).status, 200);
    told.push([CHANGED, 'Dfns API']);
    assert.deepEqual(await noticesTo(who.username), told);
    for (let i = 0; i < 2; i++)
      assert.equal((await asks(me, 'PUT', '/auth/credentials/activate',
        { credentialUuid })).status, 200);
    told.push([CHANGED, 'Dfns API']);
    assert.deepEqual(await noticesTo(who.username), told);
    assert.equal((await asks(me, 'DELETE',
      `/auth/credentials/${credentialUuid}`)).status, 200);
    told.push([CHANGED, 'Dfns API']);
    assert.deepEqual(await noticesTo(who.username), told);
    assert.deepEqual(await instance.sql(`SELECT type, COUNT(*) FROM audit_logs
      WHERE type LIKE '%credential\\_updated' AND actor_user_id = @me
      OR type LIKE 'dfns\\_credential\\_%' AND actor_user_id = @me
      GROUP BY type ORDER BY type`.replaceAll('@me',
      `UNHEX('${uuidOf(me.user.id)}')`)), [
      ['dfns_credential_changed', '3'], ['dfns_credential_deleted', '1'],
      ['webauthn_credential_updated', '1']]);
    const more = await who.hanko.addPasskey(MADE_HERE);
    told.push([ADDED, 'Hanko API']);
    assert.deepEqual(await noticesTo(who.username), told);
    await who.hanko.call('DELETE', `/webauthn/credentials/${b64(more.id)}`,
      undefined, { status: 204 });
    told.push([CHANGED, 'Hanko API']);
    assert.deepEqual(await noticesTo(who.username), told);
  });

test('a notice goes where the codes go', async () => {
  const who = await member();
  const { thief, answers } = (await attack(who)).a;
  assert.ok(thief && !answers);
  const [[primary]] = await instance.sql(`SELECT e.address FROM primary_emails p
    JOIN emails e ON e.id = p.email_id WHERE p.user_id =
    UNHEX('${uuidOf(who.user.id)}')`);
  assert.notEqual(primary, who.username);
  assert.deepEqual(await noticesTo(primary), []);
  assert.ok((await noticesTo(who.username)).length >= 4);
});

/* ---------------------------------------------------------- the operator */

async function does(args, says) {
  const { status, stdout, stderr } = await instance.postern('org', ...args);
  assert.equal(status, 0, stderr);
  if (says)
    assert.match(stdout, says);
  await instance.courier();
  return stdout;
}

async function refuses(args, why) {
  const { status, stderr } = await instance.postern('org', ...args);
  assert.equal(status, 1);
  assert.match(stderr, why);
}

test('org admit lets a member in whose keys are gone', async () => {
  const who = await member();
  const { credentialUuid } = await itemOf(who, who.device);
  await does(['credentials', who.orgId, who.username], new RegExp(
    `${credentialUuid} +not admitted +Fido2 +Hanko API .* Default Cred`));
  await instance.sql(`UPDATE key_credentials SET active = 0
    WHERE user_id = UNHEX('${uuidOf(who.user.id)}')`);
  await does(['admit', who.orgId, who.username, credentialUuid]);
  await does(['credentials', who.orgId, who.username], new RegExp(
    `${credentialUuid} +active `));
  await login(who.api, who.orgId, who.username, passkey(who.device));
  assert.deepEqual((await noticesTo(who.username)).at(-1),
    [CHANGED, 'postern']);
});

test('org admit leaves alone what is admitted, and what is off', async () => {
  const who = await member();
  const { credentialUuid } = await itemOf(who, who.device);
  await does(['admit', who.orgId, who.username, credentialUuid]);
  const told = (await noticesTo(who.username)).length;
  await instance.sql(`UPDATE webauthn_credentials SET active = 0
    WHERE user_id = UNHEX('${uuidOf(who.user.id)}')`);
  await does(['admit', who.orgId, who.username, credentialUuid]);
  await does(['credentials', who.orgId, who.username], new RegExp(
    `${credentialUuid} +inactive `));
  assert.equal((await noticesTo(who.username)).length, told);
});

test('org admit refuses what it cannot', async () => {
  const who = await member();
  const { credentialUuid } = await itemOf(who, who.device);
  const other = await member();
  const stranger = await fromHanko(instance, MADE_HERE);
  await refuses(['admit', who.orgId, 'nobody', credentialUuid],
    /no such member/);
  await refuses(['admit', who.orgId, other.username, credentialUuid],
    /no such credential/);
  await refuses(['admit', who.orgId, who.username, 'cr-x'],
    /no such credential/);
  await refuses(['admit', who.orgId, stranger.username, credentialUuid],
    /not registered yet/);
  await refuses(['credentials', who.orgId, 'nobody'], /no such member/);
});

test('org address moves the codes, and voids those on their way', async () => {
  const who = await loggedIn(instance, `Moved ${++count}`,
    freshAddress('before'));
  const loginCode = await sentCode(instance, who, '/auth/login/code');
  const address = freshAddress('after');
  await does(['address', who.orgId, who.username, address.toUpperCase()]);
  assert.equal((await noticesTo(who.username)).at(-1)[0], 'Codes');
  isError(await beginLogin(who.api, who, { loginCode }), 403, 'Invalid code');
  const had = codesTo(instance.mailDir, who.username).length;
  await who.api.call('POST', '/auth/login/code',
    { orgId: who.orgId, username: who.username }, { status: 200 });
  await codeTo(instance.mailDir, address);
  assert.equal(codesTo(instance.mailDir, who.username).length, had);
  await does(['address', who.orgId, who.username, address]);
  const other = await loggedIn(instance, `Moved ${++count}`,
    freshAddress('owner'));
  await instance.sql(`UPDATE emails SET tenant_id = UNHEX('${
    uuidOf(who.orgId)}') WHERE address = '${other.username}'`);
  await refuses(['address', who.orgId, who.username, other.username],
    /another owner/);
  await refuses(['address', who.orgId, who.username, 'nobody'],
    /no e-mail address/);
});

/* ------------------------------------------------------ as it was before */

test('dfns.trust_passkeys brings the old behaviour', async () => {
  const trusting = await start({ set: { 'dfns.trust_passkeys': 'true',
    'account.allow_deletion': 'true',
    'rate_limiter.enabled': 'false',
    'webauthn.relying_party.origins': ORIGIN } });
  try {
    const who = await fromHanko(trusting, MADE_HERE);
    const api = trusting.client();
    const token = await login(api, who.orgId, who.username,
      passkey(who.device));
    const me = withToken({ ...who, api }, token);
    const [item] = await credentialsOf(me);
    assert.equal(item.isActive, true);
    assert.equal(item.name, 'Default Credential');
    assert.deepEqual(await trusting.sql('SELECT registered FROM members'),
      [['1']]);
    /* What has been used so is admitted for good. */
    await trusting.up({ ...trusting.options.set,
      'dfns.trust_passkeys': 'false' });
    await login(api, who.orgId, who.username, passkey(who.device));
    await who.hanko.call('DELETE', '/user', undefined, { status: 403 });
    await trusting.up({ ...trusting.options.set,
      'dfns.trust_passkeys': 'true' });
    await who.hanko.call('DELETE', `/webauthn/credentials/${
      b64(who.device.id)}`, undefined, { status: 204 });
    await who.hanko.call('DELETE', '/user', undefined, { status: 204 });
  } finally {
    await trusting.stop();
  }
});
