/*
 * The client side of the Dfns API: codes, from the mail and from an app, and
 * an organisation with a member to begin with.
 */
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshAddress } from './api.mjs';
import { Authenticator, b64 } from './authenticator.mjs';
import { until } from './instance.mjs';
import { Key } from './key.mjs';
import { mailsTo, partText } from './maildir.mjs';

export { Key };

/* An authenticator app that has taken an otpUrl (RFC 6238). */
export class App {
  constructor(otpUrl) {
    const url = new URL(otpUrl);
    assert.equal(url.protocol, 'otpauth:');
    this.issuer = url.searchParams.get('issuer');
    this.secret = url.searchParams.get('secret');
    const bits = [...this.secret].map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter)
        .toString(2).padStart(5, '0')).join('');
    this.key = Buffer.from(bits.match(/.{8}/g).map((one) =>
      parseInt(one, 2)));
  }

  /* The code of a step: of this one, or of one before or behind it. */
  code(offset = 0) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + offset));
    const mac = createHmac('sha1', this.key).update(counter).digest();
    const n = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
    return String(n % 1000000).padStart(6, '0');
  }

  /* A factor, and a new credential. */
  get(offset) {
    return { kind: 'Totp', otpCode: this.code(offset) };
  }

  create(offset) {
    return { credentialKind: 'Totp',
      credentialInfo: { otpCode: this.code(offset) } };
  }
}

/* A passkey (authenticator.mjs) as a new credential, and as a factor. */
export function createPasskey(device, { challenge, user, rp }) {
  const made = device.create({ challenge: b64(challenge), rp,
    user: { ...user, id: b64(user.id) } });
  return {
    credentialKind: 'Fido2',
    credentialInfo: {
      credId: made.id,
      clientData: made.response.clientDataJSON,
      attestationData: made.response.attestationObject,
    },
  };
}

export function getPasskey(device, challenge, lies) {
  const said = device.get({ challenge: b64(challenge) }, lies);
  return { kind: 'Fido2', credentialAssertion: {
    credId: said.id,
    clientData: said.response.clientDataJSON,
    authenticatorData: said.response.authenticatorData,
    signature: said.response.signature,
    userHandle: said.response.userHandle ?? undefined,
  } };
}

/* The same as something that signs like a Key. */
export const passkey = (device) =>
  ({ get: (challenge) => getPasskey(device, challenge) });

/* The codes that came to an address, oldest first. */
export const codesTo = (mailDir, address) => mailsTo(mailDir, address)
  .map(({ mail }) => /\b\d{4}-\d{4}-\d{4}-\d{4}\b/.exec(
    partText(mail, 'text/plain'))?.[0])
  .filter(Boolean);

/* The code of the n-th mail to an address that brings one. */
export async function codeTo(mailDir, address, n = 1) {
  const codes = () => codesTo(mailDir, address);
  const all = await until(() => codes().length >= n && codes(),
    `code ${n} to ${address}`);
  return all[n - 1];
}

/*
 * postern org create: the organisation's id.  The invitation is sent at once:
 * a command wakes no courier, and the server's own looks every few seconds.
 */
export async function createOrg(instance, name, address, ...rp) {
  const { status, stdout, stderr } = await instance.postern('org', 'create',
    name, address, ...rp);
  assert.equal(status, 0, stderr);
  await instance.courier();
  assert.match(stdout, /^or-[0-7][0-9a-v]{4}-[0-9a-v]{5}-[0-9a-v]{16}\n$/);
  return stdout.trim();
}

/* The id of an organisation that is not there, one letter from this one. */
export const strangerTo = (orgId) =>
  orgId.replace(/^or-./, orgId[3] === '0' ? 'or-1' : 'or-0');

/* The answer to an error, all of it. */
export function isError(response, status, message) {
  assert.equal(response.status, status, response.text);
  assert.equal(response.body.error.status, status);
  assert.equal(response.body.error.message, message);
  assert.match(response.body.error.id, /^\d+$/);
  assert.deepEqual(response.body.error.details, {});
}

/* Register with one credential, made by make(challenge). */
export async function register(api, orgId, username, registrationCode, make) {
  const init = await api.call('POST', '/auth/registration/init',
    { orgId, username, registrationCode }, { status: 200 });
  return api.call('POST', '/auth/registration',
    { firstFactorCredential: make(init.body.challenge, init.body) },
    { bearer: init.body.temporaryAuthenticationToken, status: 200 });
}

/* Log in with a Key; the user token. */
export async function login(api, orgId, username, key) {
  const init = await api.call('POST', '/auth/login/init',
    { orgId, username }, { status: 200 });
  const done = await api.call('POST', '/auth/login', {
    challengeIdentifier: init.body.challengeIdentifier,
    firstFactor: key.get(init.body.challenge),
  }, { status: 200 });
  return done.body.token;
}

/* A request of somebody who is logged in: who.api, who.token. */
const ask = (who, method, path, body, opts) =>
  who.api.call(method, path, body, { bearer: who.token, ...opts });

/* Announce a request, whose body will be the payload. */
export const announce = (who, method, path, payload, opts) =>
  ask(who, 'POST', '/auth/action/init', { userActionPayload: payload,
    userActionHttpMethod: method, userActionHttpPath: path,
    userActionServerKind: 'Api' }, opts);

/* Have it approved, by a Key or by factors as key() makes; the user action. */
export async function approve(who, method, path, payload, key = who.key) {
  const { body } = await announce(who, method, path, payload,
    { status: 200 });
  const factors = typeof key === 'function' ? key()
    : { firstFactor: key.get(body.challenge) };
  const done = await ask(who, 'POST', '/auth/action', {
    challengeIdentifier: body.challengeIdentifier, ...factors },
  { status: 200 });
  return done.body.userAction;
}

export const header = (action) => ({ headers: { 'X-DFNS-USERACTION': action } });

/* The same, and then the request itself. */
export async function signed(who, method, path, body, key) {
  const action = await approve(who, method, path, JSON.stringify(body), key);
  return ask(who, method, path, body, header(action));
}

/* An organisation whose only member has registered a Key. */
export async function member(instance, name, address, type) {
  const api = instance.client();
  const orgId = await createOrg(instance, name, address);
  const code = await codeTo(instance.mailDir, address);
  const key = new Key(type);
  const done = await register(api, orgId, address, code,
    (challenge) => key.create(challenge));
  return { api, orgId, key, username: address, user: done.body.user };
}

/* Somebody who calls with a token. */
export const withToken = (who, token) => ({ ...who, token,
  call: (method, path, body, opts) =>
    who.api.call(method, path, body, { bearer: token, ...opts }) });

/* postern org service-account create: the account, with what it printed. */
export async function service(instance, orgId, name, ...more) {
  const key = new Key('ed25519');
  const file = join(instance.dir, `${key.credId}.pem`);
  writeFileSync(file, key.pem);
  const { status, stdout, stderr } = await instance.postern('org',
    'service-account', 'create', orgId, name, '--public-key', file, ...more);
  assert.equal(status, 0, stderr);
  const said = Object.fromEntries(stdout.trim().split('\n')
    .map((line) => line.split(' ')));
  key.credId = said.credId;
  return withToken({ ...said, api: instance.client(), orgId, key },
    said.token);
}

/* A member who is logged in. */
export async function loggedIn(instance, name, address, type) {
  const who = await member(instance, name, address, type);
  return withToken(who,
    await login(who.api, who.orgId, who.username, who.key));
}

export const ID =
  /^([a-z]{2})-([0-7][0-9a-v]{4})-([0-9a-v]{5})-([0-9a-v]{16})$/;

/* The UUID of an id, in hexadecimal. */
export function uuidOf(id) {
  let n = 0n;
  for (const digit of ID.exec(id).slice(2).join(''))
    n = n * 32n + BigInt(Number.parseInt(digit, 32));
  return n.toString(16).padStart(32, '0').toUpperCase();
}

/* The code that a wish brings to somebody. */
export async function sentCode(instance, who, path, method = 'POST') {
  const had = codesTo(instance.mailDir, who.username).length;
  await instance.client().call(method, path,
    { orgId: who.orgId, username: who.username }, { status: 200 });
  return codeTo(instance.mailDir, who.username, had + 1);
}

/* Begin a login, and end it. */
export const beginLogin = (api, who, more = {}, opts = {}) => api.call('POST',
  '/auth/login/init', { orgId: who.orgId, username: who.username, ...more },
  opts);

export const completeLogin = (api, begun, firstFactor, opts) =>
  api.call('POST', '/auth/login', { firstFactor,
    challengeIdentifier: begun.body.challengeIdentifier }, opts);

/* What a login with a changed assertion comes to. */
export async function answerWith(api, who, change, key = who.key) {
  const begun = await beginLogin(api, who, {}, { status: 200 });
  const factor = key.get(begun.body.challenge);
  change(factor.credentialAssertion, begun.body);
  return completeLogin(api, begun, factor);
}

/*
 * A user of the default organisation, who came through the other API and has
 * a passkey there; its origin must be allowed.
 */
export async function fromHanko(instance, options,
  username = freshAddress('default')) {
  const { stdout } = await instance.postern('org', 'list');
  const hanko = instance.client();
  await hanko.signUp(username);
  const device = await hanko.addPasskey(options);
  return { orgId: /^(or-\S+) .* default$/m.exec(stdout)[1], username, device,
    hanko };
}

/* Register somebody like that here, with a Key; they are logged in. */
export async function registerHere(instance, who) {
  const api = instance.client();
  const key = new Key();
  const code = await sentCode(instance, who, '/auth/registration/code', 'PUT');
  const done = await register(api, who.orgId, who.username, code,
    (challenge) => key.create(challenge));
  return withToken({ ...who, api, key, user: done.body.user },
    await login(api, who.orgId, who.username, key));
}

/* Their credentials, as this API has them. */
export const credentialsOf = async (who) =>
  (await who.call('GET', '/auth/credentials', undefined, { status: 200 }))
    .body.items;

/* Admit a passkey by a signed action. */
export async function admit(who, device) {
  const { credentialUuid } = (await credentialsOf(who)).find(
    ({ credentialId }) => credentialId === b64(device.id));
  const done = await signed(who, 'PUT', '/auth/credentials/activate',
    { credentialUuid });
  assert.equal(done.status, 200, done.text);
}

/* The same user with the passkey admitted, and no other key that signs. */
export async function ofDefault(instance, options) {
  const who = await registerHere(instance, await fromHanko(instance, options));
  await admit(who, who.device);
  const key = (await credentialsOf(who)).find(({ kind }) => kind === 'Key');
  const done = await signed(who, 'PUT', '/auth/credentials/deactivate',
    { credentialUuid: key.credentialUuid });
  assert.equal(done.status, 200, done.text);
  await who.call('PUT', '/auth/logout', {}, { status: 200 });
  return who;
}

/* A user of the default organisation becomes a member, with a personal access
   token of that name, which is nobody's: its id. */
export async function giveToken(instance, userId, name = 'laptop') {
  const id = randomUUID();
  const now = 'UTC_TIMESTAMP(6)';
  const [token, user] = [id, userId].map((one) =>
    `UNHEX('${one.replaceAll('-', '')}')`);
  const from = "FROM tenants WHERE name = 'default'";
  await instance.sql(`INSERT INTO members (user_id, tenant_id, username,
    username_key, kind, active, registered, service_account, created_at)
    SELECT ${user}, id, '${userId}', '${userId}', 'CustomerEmployee', 1, 1, 0,
    ${now} ${from}`);
  await instance.sql(`INSERT INTO key_credentials (id, tenant_id, user_id, kind,
    cred_id, cred_hash, name, pem, fingerprint, algorithm, active, created_at,
    of_token) SELECT ${token}, id, ${user}, 'Key', 'c', 'h', 'n', 'p', 'f',
    'ES256', 1, ${now}, 1 ${from}`);
  await instance.sql(`INSERT INTO access_tokens (id, tenant_id, user_id, kind,
    name, credential_id, hash, created_at, expires_at) SELECT ${token}, id,
    ${user}, 'Pat', '${name}', ${token}, ${token}, ${now},
    ${now} + INTERVAL 1 DAY ${from}`);
  return id;
}
