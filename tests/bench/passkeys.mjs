/*
 * Passkeys of the bench's users, and what they sign.
 */
import { Authenticator, ES256, b64, cosePairs, makeKey, sha256 }
  from '../lib/authenticator.mjs';
import { encodePairs } from '../lib/cbor.mjs';
import { uuidOf } from './site.mjs';

const PATH = '/webauthn/login/finalize';
const OWNERS = 20000; /* the last users, who have no session yet */

/* The same bytes here and in the database. */
const bytes = (text) => sha256(text);
const inSql = (text) => `UNHEX(SHA2(CONCAT(${text}), 256))`;

export class Passkeys {
  constructor(site) {
    this.site = site;
    this.owners = Math.min(OWNERS, site.users.length >> 1);
    this.first = site.users.length - this.owners;
    this.rounds = 0;
    /* One key for all: whose it is, only the row knows.  Like a passkey that
       is in several places, it does not count. */
    this.signer = new Authenticator({ key: makeKey(ES256), counter: 0,
      step: 0, origin: `http://localhost:${site.instance.port}` });
  }

  async seed() {
    const key = encodePairs(cosePairs(ES256, this.signer.key));
    const id = inSql("'passkey', seq");
    await this.site.instance.sql(`
      SET @t = (SELECT id FROM tenants WHERE name = 'default');
      SET @n = UTC_TIMESTAMP(6);
      INSERT INTO webauthn_credentials (id_hash, tenant_id, credential_id,
          user_id, name, public_key, attestation, aaguid, sign_count,
          backup_eligible, backup_state, transports, created_at, updated_at)
        SELECT UNHEX(SHA2(${id}, 256)), @t, ${id},
          ${uuidOf(`CONCAT('user', seq + ${this.first})`)}, NULL,
          x'${key.toString('hex')}', 'none', NULL, 0, 0, 0, 'internal', @n, @n
        FROM seq_1_to_${this.owners};`);
  }

  /* What the browser sends after the passkey was touched. */
  answer(seq, challenge) {
    const owner = (seq - 1) % this.owners + 1;
    const user = this.site.users[this.first + owner - 1];
    this.signer.id = bytes(`passkey${owner}`);
    this.signer.userHandle = Buffer.from(user.replaceAll('-', ''), 'hex');
    return JSON.stringify(this.signer.get({ challenge: b64(challenge) }));
  }

  /*
   * A file of n logins, each with a challenge of its own that waits in the
   * database for whoever answers it, once: whoever sends the file twice gets
   * refusals.
   */
  async finalizes(n) {
    const round = `challenge${++this.rounds}-`;
    await this.site.instance.sql(`
      SET @t = (SELECT id FROM tenants WHERE name = 'default');
      SET @n = UTC_TIMESTAMP(6);
      TRUNCATE webauthn_challenges;
      INSERT INTO webauthn_challenges (challenge, tenant_id, user_id,
          operation, user_verification, created_at, expires_at)
        SELECT ${inSql(`'${round}', seq`)}, @t, NULL, 'authentication',
          'preferred', @n, @n + INTERVAL 1 HOUR FROM seq_1_to_${n};`);
    return this.site.file('finalizes', Array.from({ length: n }, (_, i) =>
      `POST ${PATH} - ${this.answer(i + 1, bytes(`${round}${i + 1}`))}`));
  }

  /* As many requests of that form that nobody waits for: for a floor. */
  lookalikes(n) {
    return this.site.file('lookalikes', Array.from({ length: n }, (_, i) =>
      `POST ${PATH} - ${this.answer(i + 1, bytes(`nothing${i + 1}`))}`));
  }

  /* Of the answers: the bytes of a body, and of the token in the head. */
  async probe() {
    await this.finalizes(1);
    const reply = await fetch(this.site.instance.url + PATH,
      { method: 'POST', headers: { 'content-type': 'application/json' },
        body: this.answer(1, bytes(`challenge${this.rounds}-1`)) });
    const body = await reply.text();
    if (!reply.ok)
      throw new Error(`${PATH}: ${reply.status} ${body}`);
    return { body: Buffer.byteLength(body),
      token: reply.headers.get('set-cookie').length };
  }

  /* Those who logged in are as before. */
  async sweep() {
    await this.site.instance.sql(`SET lock_wait_timeout = 10;
      DELETE FROM sessions WHERE user_agent IS NULL OR user_agent <> 'bench';
      TRUNCATE bench_floor;`);
  }
}
