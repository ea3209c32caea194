/* Keys of the Dfns API, and what they sign. */
import { createHash, randomBytes, sign } from 'node:crypto';
import { keyPair } from './keypair.mjs';

const b64url = (data) => Buffer.from(data).toString('base64url');

const CURVES = {
  p256: ['ec', { namedCurve: 'prime256v1' }],
  p384: ['ec', { namedCurve: 'secp384r1' }],
  secp256k1: ['ec', { namedCurve: 'secp256k1' }],
  ed25519: ['ed25519', {}],
  rsa: ['rsa', { modulusLength: 2048 }],
};

/* A key pair that signs as the client's key signers do. */
export class Key {
  constructor(type = 'p256', credId = b64url(randomBytes(32))) {
    const pair = keyPair(...CURVES[type]);
    this.digest = type === 'ed25519' ? null : 'sha256';
    this.privateKey = pair.privateKey;
    this.pem = pair.publicKey.export({ type: 'spki', format: 'pem' });
    this.credId = credId;
  }

  sign(bytes) {
    return sign(this.digest, Buffer.from(bytes), this.privateKey);
  }

  /* A new credential, for a registration. */
  create(challenge, { kind = 'Key', name, encrypted } = {}) {
    const clientData = JSON.stringify({ type: 'key.create', challenge });
    const clientDataHash = createHash('sha256').update(clientData)
      .digest('hex');
    const signature = this.sign(JSON.stringify(
      { clientDataHash, publicKey: this.pem })).toString('hex');
    return {
      credentialKind: kind,
      credentialName: name,
      credentialInfo: {
        credId: this.credId,
        clientData: b64url(clientData),
        attestationData: b64url(JSON.stringify(
          { publicKey: this.pem, signature })),
      },
      encryptedPrivateKey: encrypted,
    };
  }

  /* A factor, for a login. */
  get(challenge, kind = 'Key', change = {}) {
    const clientData = JSON.stringify(
      { type: 'key.get', challenge, ...change });
    return {
      kind,
      credentialAssertion: {
        credId: this.credId,
        clientData: b64url(clientData),
        signature: b64url(this.sign(clientData)),
      },
    };
  }
}
