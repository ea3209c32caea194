/*
 * Keys as the Dfns API wants them: pairs that are made here, what they sign,
 * and private halves sealed under a password.
 */
import { toBytes, toText } from './api.js';

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const utf8 = (text) => new TextEncoder().encode(text);
const sha256 = (bytes) => crypto.subtle.digest('SHA-256', bytes);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) =>
  byte.toString(16).padStart(2, '0')).join('');

/* With padding, and + and /. */
const base64 = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)));

export const makeKeyPair = () =>
  crypto.subtle.generateKey(ECDSA, true, ['sign', 'verify']);

export const randomId = () =>
  toText(crypto.getRandomValues(new Uint8Array(32)));

/* ------------------------------------------------ sealed under a password */

/*
 * Whoever steals what the server keeps can guess passwords at leisure, and
 * only the work of a guess is in their way.  PBKDF2 is what browsers have;
 * 600 000 rounds is what OWASP asks of it with SHA-256, and takes a phone
 * about a second.  The number is stored beside the key, so that it can grow.
 * Where none is stored it is that of the clients who wrote the scheme down.
 */
const ROUNDS = 600000;
const ROUNDS_UNSAID = 100000;

/* The username is the salt: it never changes. */
async function sealingKey(password, username, iterations) {
  const material = await crypto.subtle.importKey('raw',
    utf8(password.normalize('NFC')), 'PBKDF2', false, ['deriveKey']);

  return crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-256', iterations,
    salt: await sha256(utf8(username.trim().toLowerCase())) },
  material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/* The private half of a pair, as text for the server to keep. */
export async function seal(pair, password, username) {
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const key = await crypto.subtle.encrypt({ name: 'AES-GCM', iv },
    await sealingKey(password, username, ROUNDS),
    await crypto.subtle.exportKey('pkcs8', pair.privateKey));

  return btoa(JSON.stringify({ key: base64(key), iv: base64(iv),
    iterations: ROUNDS }));
}

/* The private key again; null if the password is another. */
export async function unseal(text, password, username) {
  const { key, iv, iterations = ROUNDS_UNSAID } = JSON.parse(atob(text));
  const sealing = await sealingKey(password, username, iterations);

  try {
    const opened = await crypto.subtle.decrypt(
      { name: 'AES-GCM', iv: toBytes(iv) }, sealing, toBytes(key));
    return await crypto.subtle.importKey('pkcs8', opened, ECDSA, false,
      ['sign']);
  } catch (error) {
    if (error.name !== 'OperationError')
      throw error;
    return null;
  }
}

/* ------------------------------------------------ what is signed */

/* An INTEGER of DER: no leading zeros but one before a set top bit. */
function integer(bytes) {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = [...bytes.subarray(first < 0 ? bytes.length - 1 : first)];

  if (short[0] > 127)
    short.unshift(0);
  return [2, short.length, ...short];
}

/* The browser signs in the raw form, r and s; the API wants DER. */
async function sign(privateKey, text) {
  const raw = new Uint8Array(await crypto.subtle.sign(ECDSA, privateKey,
    utf8(text)));
  const numbers = [...integer(raw.subarray(0, 32)),
    ...integer(raw.subarray(32))];

  return Uint8Array.from([0x30, numbers.length, ...numbers]);
}

async function pem({ publicKey }) {
  const body = base64(await crypto.subtle.exportKey('spki', publicKey));

  return ['-----BEGIN PUBLIC KEY-----', ...body.match(/.{1,64}/g),
    '-----END PUBLIC KEY-----'].join('\n');
}

/* A new credential, which signs the challenge of a registration. */
export async function newCredential(kind, challenge, pair, more) {
  const { credId, sealed, name } = more;
  const clientData = JSON.stringify({ type: 'key.create', challenge });
  const publicKey = await pem(pair);
  const signature = await sign(pair.privateKey, JSON.stringify({
    clientDataHash: hex(await sha256(utf8(clientData))), publicKey }));

  return {
    credentialKind: kind,
    credentialName: name,
    credentialInfo: {
      credId,
      clientData: toText(utf8(clientData)),
      attestationData: toText(utf8(JSON.stringify(
        { publicKey, signature: hex(signature) }))),
    },
    encryptedPrivateKey: sealed,
  };
}

/* A factor: the challenge, signed by a credential that is there. */
export async function factor(kind, challenge, credId, privateKey) {
  const clientData = JSON.stringify({ type: 'key.get', challenge });

  return {
    kind,
    credentialAssertion: {
      credId,
      clientData: toText(utf8(clientData)),
      signature: toText(await sign(privateKey, clientData)),
    },
  };
}

/* The factor that approves new credentials: they are its challenge. */
export const approval = (credentials, credId, privateKey) =>
  factor('RecoveryKey', toText(utf8(JSON.stringify(credentials))), credId,
    privateKey);

/* ------------------------------------------------ the recovery key */

/*
 * What a person keeps on paper: 160 bits in 32 signs that cannot be mistaken
 * for each other.  It seals the recovery credential as a password would, and
 * names it, too: nothing else has to be kept.
 */
const SIGNS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function drawRecoveryKey() {
  const random = crypto.getRandomValues(new Uint8Array(32));

  return Array.from(random, (byte) => SIGNS[byte % 32]).join('');
}

/* In groups, as it is shown. */
export const inGroups = (text) => text.match(/.{4}/g).join(' ');

/* As it was drawn, of what was typed; null for what is none. */
export function readRecoveryKey(typed) {
  const text = typed.toUpperCase().replaceAll(/[\s-]/g, '')
    .replaceAll('O', '0').replaceAll(/[IL]/g, '1');

  return text.length === 32 && [...text].every((sign) => SIGNS.includes(sign))
    ? text : null;
}

export const recoveryId = async (text) =>
  toText(await sha256(utf8(`recovery key ${text}`)));

/* The text of a token that says whose it is; the server alone verifies it. */
export function claims(token) {
  const json = new TextDecoder().decode(toBytes(token.split('.')[1]));
  const payload = JSON.parse(json);

  return { username: payload['https://custom/username'],
    userId: payload['https://custom/app_metadata'].userId,
    orgId: payload['https://custom/app_metadata'].orgId,
    until: payload.exp * 1000 };
}
