/*
 * Members of the default organisation with a Key of the Dfns API, and what
 * they send.
 */
import { Key } from '../lib/key.mjs';
import { output } from './quickstart.mjs';
import { uuidOf } from './site.mjs';

const INIT = '/auth/login/init';
const LOGIN = '/auth/login';
const FIRST = 1000; /* users before them do something else */
const OWNERS = 8000;
const AT_ONCE = 8;

export class Keys {
  constructor(site) {
    this.site = site;
    this.first = Math.min(FIRST, site.users.length >> 2);
    this.owners = Math.min(OWNERS, site.users.length >> 1);
    /* One key for all: whose it is, only the row knows. */
    this.key = new Key('p256', 'a-key-of-the-bench');
  }

  async seed() {
    const { POSTERN_BIN, POSTERN_CONFIG } = this.site.instance.env;
    const list = await output(POSTERN_BIN,
      ['--config', POSTERN_CONFIG, 'org', 'list']);
    this.orgId = /^(or-\S+) .* default$/m.exec(list)[1];
    const inSql = `CONCAT('user', seq + ${this.first}, '@example.org')`;
    await this.site.instance.sql(`
      SET @t = (SELECT id FROM tenants WHERE name = 'default');
      SET @n = UTC_TIMESTAMP(6);
      INSERT INTO members (user_id, tenant_id, username, username_key, kind,
          active, registered, service_account, created_at)
        SELECT ${uuidOf(`CONCAT('user', seq + ${this.first})`)}, @t, ${inSql},
          ${inSql}, 'EndUser', 1, 1, 0, @n FROM seq_1_to_${this.owners};
      UPDATE members m JOIN primary_emails p USING (user_id)
        SET m.email_id = p.email_id WHERE m.registered = 1;
      INSERT INTO key_credentials (id, tenant_id, user_id, kind, cred_id,
          cred_hash, name, pem, fingerprint, algorithm, active, created_at)
        SELECT ${uuidOf("CONCAT('key', seq)")}, @t,
          ${uuidOf(`CONCAT('user', seq + ${this.first})`)}, 'Key',
          '${this.key.credId}', UNHEX(SHA2('${this.key.credId}', 256)),
          'bench', '${this.key.pem}', 'SHA256:bench', '', 1, @n
        FROM seq_1_to_${this.owners};`);
  }

  who(i) {
    const n = this.first + i % this.owners + 1;
    return JSON.stringify({ username: `user${n}@example.org`,
      orgId: this.orgId });
  }

  /* Requests for a login code. */
  codes() {
    return this.site.file('codes', Array.from({ length: this.owners }, (_, i) =>
      `POST /auth/login/code - ${this.who(i)}`));
  }

  async post(path, body, token) {
    const reply = await fetch(this.site.instance.url + path, { method: 'POST',
      headers: { 'content-type': 'application/json',
        ...token && { authorization: `Bearer ${token}` } }, body });
    const text = await reply.text();
    if (!reply.ok)
      throw new Error(`${path}: ${reply.status} ${text}`);
    return text;
  }

  /* What a member sends to answer a challenge. */
  answer({ challenge, challengeIdentifier }) {
    return JSON.stringify({ challengeIdentifier,
      firstFactor: this.key.get(challenge) });
  }

  /*
   * A file of n logins, two requests each: one for a challenge, and one that
   * answers a challenge, which was asked for before, since the load tool
   * cannot sign.  A challenge is answered once: whoever sends the file twice
   * gets refusals.
   */
  async logins(n) {
    const lines = [];
    let next = 0;
    const ask = async () => {
      for (let i = next++; i < n; i = next++) {
        const begun = JSON.parse(await this.post(INIT, this.who(i)));
        lines[i] = `POST ${INIT} - ${this.who(i)}\n`
          + `POST ${LOGIN} - ${this.answer(begun)}`;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, ask));
    return this.site.file('key-logins', lines);
  }

  /* As many requests of that form that nobody waits for: for a floor. */
  async lookalikes(n) {
    const begun = JSON.parse(await this.post(INIT, this.who(0)));
    return this.site.file('key-lookalikes', Array.from({ length: n }, (_, i) =>
      `POST ${INIT} - ${this.who(i)}\nPOST ${LOGIN} - ${this.answer(begun)}`));
  }

  /* The bytes of both answers to a login, in the mean. */
  async probe() {
    const begun = await this.post(INIT, this.who(0));
    const done = await this.post(LOGIN, this.answer(JSON.parse(begun)));
    return Math.round(
      (Buffer.byteLength(begun) + Buffer.byteLength(done)) / 2);
  }

  /* Those who logged in are as before.  The floor knows its own rows. */
  async sweep() {
    await this.site.instance.sql(`SET lock_wait_timeout = 10;
      DELETE FROM sessions WHERE user_agent IS NULL OR user_agent <> 'bench';
      TRUNCATE ceremonies;`);
  }
}
