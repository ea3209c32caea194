/*
 * What an authenticator, or the page that asks it, may lie about.
 */
import { randomBytes } from 'node:crypto';
import * as wa from './authenticator.mjs';
import { encode, encodeIndefinite, encodePairs, nested } from './cbor.mjs';

const { b64 } = wa;

/*
 * Each lie, told once in the middle of an otherwise true ceremony.  "spent"
 * says whether the challenge is gone afterwards: it is, unless the server
 * could not read which one was meant.
 */
export const lookAlikes = (origin) => {
  const { port } = new URL(origin);
  return ['https://evil.example', `https://localhost:${port}`,
    `http://localhost:${Number(port) + 1}`, 'http://localhost',
    `http://localhost.evil.example:${port}`, `http://evil-localhost:${port}`,
    `http://localh0st:${port}`, `http://loсalhost:${port}`,
    `http://127.0.0.1:${port}`, `http://localhost:${port}.evil.example`,
    `http://localhost:${port}@evil.example`, `${origin}/x`, `x${origin}`,
    'null', '', 'android:apk-key-hash:AAAA', 'file://'];
};

export const clientLies = {
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

export const authDataLies = {
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

export const whatever = (lie, options) =>
  (typeof lie === 'function' ? lie(options) : lie);

/* Envelopes; the challenge is not looked at. */
export const envelopes = {
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
