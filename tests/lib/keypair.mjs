/*
 * Key pairs that share nothing with what made them.
 *
 * In Node 20, a key as generateKeyPairSync() hands it out has its lock in
 * common with the job that made it.  Exporting it as a JWK holds that lock
 * while it makes objects; when they are what starts the garbage collector, the
 * end of the job waits for the lock, for ever.  So a key is read back from its
 * encoded form.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync }
  from 'node:crypto';

const SPKI = { format: 'der', type: 'spki' };
const PKCS8 = { format: 'der', type: 'pkcs8' };

/* Type and options as of generateKeyPairSync(). */
export function keyPair(type, options = {}) {
  const { publicKey, privateKey } = generateKeyPairSync(type,
    { ...options, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 });
  return { publicKey: createPublicKey({ key: publicKey, ...SPKI }),
    privateKey: createPrivateKey({ key: privateKey, ...PKCS8 }) };
}
