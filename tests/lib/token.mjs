/* Tokens as an attacker would make them. */
import { createHmac, createPublicKey, sign } from 'node:crypto';
import { keyPair } from './keypair.mjs';

const b64 = (value) => Buffer.from(value).toString('base64url');

/* { header, payload } of a token, unverified. */
export function peek(token) {
  const [header, payload] = token.split('.').slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url')));
  return { header, payload };
}

/* Sign header and payload with a key of our own, or not at all. */
export function forge(header, payload, privateKey) {
  const input = `${b64(JSON.stringify(header))}.${b64(JSON.stringify(payload))}`;
  const signature = privateKey
    ? sign(header.alg === 'EdDSA' ? null : 'sha256', Buffer.from(input),
      header.alg === 'ES256'
        ? { key: privateKey, dsaEncoding: 'ieee-p1363' } : privateKey)
    : '';
  return `${input}.${b64(signature)}`;
}

/* HS256 keyed with a public key: what a naive verifier would take. */
export function forgeHmac(header, payload, jwk) {
  const pem = createPublicKey({ key: jwk, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' });
  const input = `${b64(JSON.stringify({ ...header, alg: 'HS256' }))}.`
    + b64(JSON.stringify(payload));
  return `${input}.${createHmac('sha256', pem).update(input)
    .digest('base64url')}`;
}

export const rsaKey = () =>
  keyPair('rsa', { modulusLength: 2048 }).privateKey;
