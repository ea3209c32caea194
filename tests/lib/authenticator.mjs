/*
 * An authenticator and the browser in front of it, in software, that can lie
 * in every field.
 *
 *   const key = new Authenticator({ origin, alg: ES384 });
 *   const options = (await api.call('POST',
 *     '/webauthn/registration/initialize')).body.publicKey;
 *   await api.call('POST', '/webauthn/registration/finalize',
 *     key.create(options, { rpId: 'evil.example' }));
 *
 * Lies, of create() and get():
 * client	members of the client data, over the true ones; undefined
 *		leaves one out
 * clientJSON	function from the true JSON to the bytes that are sent
 * rpId		whose hash stands in the authenticator data
 * flags	the flags; set, clear: bits over the true ones
 * counter	the signature counter
 * extensions	CBOR behind the rest, with its flag
 * authData	function from the true bytes to those that are used
 * body		members of the answer, over the true ones
 *
 * Of create() alone: credId (bytes in the authenticator data), key (a COSE_Key
 * as pairs, or bytes), aaguid, fmt, stmt (or a function from what is to be
 * signed), object (function from pairs to bytes).
 * Of get() alone: id, userHandle (bytes or null), signKey, signature
 * (function from the true one).
 */
import { createHash, createPublicKey, randomBytes, sign } from 'node:crypto';
import { encode, encodePairs } from './cbor.mjs';
import { keyPair } from './keypair.mjs';

export const ES256 = -7;
export const EDDSA = -8;
export const ES384 = -35;
export const ES512 = -36;
export const RS256 = -257;

export const UP = 0x01;
export const UV = 0x04;
export const BE = 0x08;
export const BS = 0x10;
export const AT = 0x40;
export const ED = 0x80;

const kinds = {
  [ES256]: ['ec', { namedCurve: 'P-256' }, 'sha256'],
  [ES384]: ['ec', { namedCurve: 'P-384' }, 'sha384'],
  [ES512]: ['ec', { namedCurve: 'P-521' }, 'sha512'],
  [EDDSA]: ['ed25519', {}, null],
  [RS256]: ['rsa', { modulusLength: 2048 }, 'sha256'],
};

const curves = { 'P-256': 1, 'P-384': 2, 'P-521': 3, Ed25519: 6 };

export const b64 = (bytes) => Buffer.from(bytes).toString('base64url');
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/* A key pair for an algorithm; options as of keyPair(). */
export function makeKey(alg, options = {}) {
  const [type, usual] = kinds[alg];
  return keyPair(type, { ...usual, ...options }).privateKey;
}

/* The public part as the pairs of a COSE_Key (RFC 9053). */
export function cosePairs(alg, privateKey) {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const bytes = (name) => Buffer.from(jwk[name], 'base64url');
  if (jwk.kty === 'RSA')
    return [[1, 3], [3, alg], [-1, bytes('n')], [-2, bytes('e')]];
  const pairs = [[1, jwk.kty === 'EC' ? 2 : 1], [3, alg],
    [-1, curves[jwk.crv]], [-2, bytes('x')]];
  return jwk.kty === 'EC' ? [...pairs, [-3, bytes('y')]] : pairs;
}

export function signWith(alg, privateKey, message) {
  return sign(kinds[alg][2], message, privateKey);
}

/* What a browser hands over is bytes; what a lie makes of them, too. */
const through = (lie, value) => (typeof lie === 'function' ? lie(value)
  : value);

export class Authenticator {
  constructor({ origin, rpId = 'localhost', alg = ES256, key, aaguid,
    idLength = 32, flags = UP | UV, counter = 1, step = 1 } = {}) {
    Object.assign(this, { origin, rpId, alg, flags, counter, step });
    this.key = key ?? makeKey(alg);
    this.aaguid = aaguid ?? Buffer.alloc(16);
    this.id = randomBytes(idLength);
    this.userHandle = null;
  }

  /* The client data (WebAuthn 5.8.1). */
  clientData(type, challenge, lies) {
    const said = { type, challenge, origin: this.origin, crossOrigin: false,
      ...lies.client };
    return Buffer.from(through(lies.clientJSON, JSON.stringify(said)));
  }

  /* The authenticator data (WebAuthn 6.1). */
  authData(bits, lies, attested = []) {
    const flags = lies.flags ?? ((this.flags | bits | (lies.set ?? 0)
      | (lies.extensions ? ED : 0)) & ~(lies.clear ?? 0));
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(lies.counter ?? this.counter);
    return Buffer.from(through(lies.authData, Buffer.concat([
      sha256(lies.rpId ?? this.rpId), Buffer.from([flags]), counter,
      ...attested, lies.extensions ?? Buffer.alloc(0)])));
  }

  attested(lies) {
    const id = lies.credId ?? this.id;
    const key = lies.key ?? cosePairs(this.alg, this.key);
    return [lies.aaguid ?? this.aaguid,
      Buffer.from([id.length >> 8, id.length & 255]), id,
      Array.isArray(key) ? encodePairs(key) : key];
  }

  /* navigator.credentials.create(), as JSON. */
  create(options, lies = {}) {
    const client = this.clientData('webauthn.create', options.challenge, lies);
    const authData = this.authData(AT, lies, this.attested(lies));
    const pairs = [['fmt', lies.fmt ?? 'none'],
      ['attStmt', through(lies.stmt, { authData, clientDataHash:
        sha256(client), message: Buffer.concat([authData, sha256(client)]) })],
      ['authData', authData]];
    if (typeof lies.stmt !== 'function')
      pairs[1][1] = lies.stmt ?? {};
    this.userHandle = Buffer.from(options.user.id, 'base64url');
    return {
      type: 'public-key', id: b64(lies.credId ?? this.id),
      rawId: b64(lies.credId ?? this.id), authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: b64(client),
        attestationObject: b64((lies.object ?? encodePairs)(pairs)),
        transports: ['internal'],
      },
      clientExtensionResults: {},
      ...lies.body,
    };
  }

  /* navigator.credentials.get(), as JSON; the counter goes on. */
  get(options, lies = {}) {
    this.counter += this.step;
    const client = this.clientData('webauthn.get', options.challenge, lies);
    const authData = this.authData(0, lies);
    const signature = signWith(this.alg, lies.signKey ?? this.key,
      Buffer.concat([authData, sha256(client)]));
    const handle = lies.userHandle === undefined ? this.userHandle
      : lies.userHandle;
    return {
      type: 'public-key', id: b64(lies.id ?? this.id),
      rawId: b64(lies.id ?? this.id), authenticatorAttachment: null,
      response: {
        clientDataJSON: b64(client),
        authenticatorData: b64(authData),
        signature: b64(through(lies.signature, signature)),
        userHandle: handle === null ? null : b64(handle),
      },
      clientExtensionResults: {},
      ...lies.body,
    };
  }
}

/* -------------------------------------------------- attestation statements */

/* DER (X.690), as much as a certificate takes. */
const der = (tag, ...parts) => {
  const content = Buffer.concat(parts);
  const n = content.length;
  const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
};

function oid(text) {
  const [first, second, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const base128 = [arc & 127];
    for (let n = arc >> 7; n > 0; n >>= 7)
      base128.unshift((n & 127) | 128);
    bytes.push(...base128);
  }
  return der(0x06, Buffer.from(bytes));
}

const name = (parts) => der(0x30, ...parts.map(([type, text]) =>
  der(0x31, der(0x30, oid(type), der(0x0c, Buffer.from(text))))));

const time = (date) => der(0x18,
  Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

/*
 * A certificate (RFC 5280) for a public key, signed by another key with
 * ECDSA and SHA-256.  extensions: [oid, DER].
 */
export function certificate({ subject, publicKey, signKey, extensions = [],
  from = -86400, to = 86400 }) {
  const algorithm = der(0x30, oid('1.2.840.10045.4.3.2'));
  const at = (s) => time(new Date(Date.now() + s * 1000));
  const tbs = der(0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm, name(subject), der(0x30, at(from), at(to)), name(subject),
    createPublicKey(publicKey).export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions.map(([id, value]) =>
      der(0x30, oid(id), der(0x04, value))))));
  const signature = sign('sha256', tbs, signKey);
  return der(0x30, tbs, algorithm,
    der(0x03, Buffer.from([0]), signature));
}

/* What WebAuthn 8.2.1 wants of a certificate. */
const attestor = [['2.5.4.6', 'AQ'], ['2.5.4.10', 'Example Works'],
  ['2.5.4.11', 'Authenticator Attestation'], ['2.5.4.3', 'Example']];
const noCa = ['2.5.29.19', der(0x30)];

/* Statements that hold; each is a value for the lie "stmt". */
export const statements = {
  none: () => () => ({}),

  'packed, self': (authenticator) => ({ message }) => ({
    alg: authenticator.alg,
    sig: signWith(authenticator.alg, authenticator.key, message),
  }),

  'packed, certified': (authenticator) => {
    const key = makeKey(ES256);
    const x5c = [certificate({ subject: attestor, publicKey: key,
      signKey: key, extensions: [noCa, ['1.3.6.1.4.1.45724.1.1.4',
        der(0x04, authenticator.aaguid)]] })];
    return ({ message }) =>
      ({ alg: ES256, sig: signWith(ES256, key, message), x5c });
  },

  'fido-u2f': (authenticator) => {
    const key = makeKey(ES256);
    const x5c = [certificate({ subject: attestor, publicKey: key,
      signKey: key })];
    const [, , , [, x], [, y]] = cosePairs(ES256, authenticator.key);
    return ({ authData, clientDataHash }) => ({ x5c,
      sig: signWith(ES256, key, Buffer.concat([Buffer.from([0]),
        authData.subarray(0, 32), clientDataHash, authenticator.id,
        Buffer.from([4]), x, y])) });
  },

  apple: (authenticator) => ({ message }) => ({
    x5c: [certificate({ subject: attestor, publicKey: authenticator.key,
      signKey: makeKey(ES256), extensions: [['1.2.840.113635.100.8.2',
        der(0x30, der(0xa1, der(0x04, sha256(message))))]] })],
  }),
};

/* Statements with the members that their format has, and nothing true. */
export function falseStatement(fmt) {
  const sig = randomBytes(70);
  const x5c = [randomBytes(200)];
  return {
    packed: { alg: ES256, sig, x5c },
    'fido-u2f': { sig, x5c },
    tpm: { ver: '2.0', alg: ES256, sig, x5c, certInfo: randomBytes(100),
      pubArea: randomBytes(100) },
    'android-key': { alg: ES256, sig, x5c },
    'android-safetynet': { ver: '1', response: Buffer.from('a.b.c') },
    apple: { x5c },
    compound: [],
    unheard: { of: encode(1) },
  }[fmt];
}
