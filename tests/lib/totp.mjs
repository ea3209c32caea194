/* Codes of an authenticator app (RFC 6238): a secret in base32, and a step. */
import { createHmac } from 'node:crypto';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const bytesOf = (secret) => Buffer.from([...secret]
  .map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, '0'))
  .join('').match(/.{8}/g).map((bits) => Number.parseInt(bits, 2)));

/* The step of 30 seconds that it is now. */
export const stepNow = () => Math.floor(Date.now() / 30000);

export function totp(secret, step = stepNow()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1e6).padStart(6, '0');
}

/* Six digits that are no code of it now. */
export function notTotp(secret) {
  const step = stepNow();
  const right = [-2, -1, 0, 1, 2].map((by) => totp(secret, step + by));
  return ['000000', '111111', '222222', '333333', '444444', '555555']
    .find((code) => !right.includes(code));
}
