/*
 * People who come and go at all hosts of a cluster, each request at another
 * one: sign up, a code by mail, log in, log out.  What was acknowledged to them
 * is written down, to be asked for afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freshAddress } from '../lib/api.mjs';
import { codeIn, nextMail } from '../lib/maildir.mjs';

const DEAD_AFTER_MS = 1000; /* what postern.yaml(5) promises */

export class Visitors {
  constructor(cluster) {
    this.cluster = cluster;
    this.users = []; /* ids whose account was acknowledged */
    this.ended = []; /* sessions whose end was */
    this.addresses = [];
    this.count = { answers: 0, codesTwice: 0, mailsLost: 0, deadAlive: 0,
      logins: 0 };
    this.errors = new Map();
    this.last = Date.now();
    this.gap = 0;
  }

  /* From where it was: for the figures of one fault. */
  mark() {
    this.errors = new Map();
    this.gap = 0;
    this.last = Date.now();
    this.count.answers = 0;
  }

  host() {
    const { hosts } = this.cluster;
    return hosts[Math.floor(Math.random() * hosts.length)];
  }

  complain(what) {
    this.errors.set(what, (this.errors.get(what) ?? 0) + 1);
  }

  /* { status, body, cookie }; a visitor goes away from all but 2xx and 4xx. */
  async ask(method, path, body, cookie, host = this.host()) {
    const response = await fetch(host.url + path, { method,
      headers: { ...(body ? { 'Content-Type': 'application/json' } : {}),
        ...(cookie ? { Cookie: cookie } : {}) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(30000) }).catch((error) => {
      this.complain(error.cause?.code ?? error.name);
      throw new Error('away');
    });
    const text = await response.text();
    if (response.status >= 500) {
      this.complain(String(response.status));
      throw new Error('away');
    }
    this.gap = Math.max(this.gap, Date.now() - this.last);
    this.last = Date.now();
    this.count.answers++;
    return { status: response.status, body: text && JSON.parse(text),
      cookie: response.headers.get('set-cookie')?.split(';')[0] };
  }

  async visit() {
    const email = freshAddress('visitor');
    const made = await this.ask('POST', '/users', { email });
    if (made.status !== 200)
      return this.complain(`sign-up ${made.status}`);
    this.addresses.push(email);
    const { user_id, email_id } = made.body;
    this.users.push(user_id);
    const sent = await this.ask('POST', '/passcode/login/initialize',
      { user_id, email_id });
    if (sent.status !== 200)
      return this.complain(`code ${sent.status}`);
    const mail = await nextMail(this.cluster.hosts[0].mailDir, email,
      { timeout_ms: 60000 }).catch((error) => {
      this.count.mailsLost++;
      throw error;
    });
    const body = { id: sent.body.id, code: codeIn(mail) };
    const done = await this.ask('POST', '/passcode/login/finalize', body);
    if (done.status !== 200)
      return this.complain(`log-in ${done.status}`);
    this.count.logins++;
    const again = await this.ask('POST', '/passcode/login/finalize', body);
    if (again.status === 200)
      this.count.codesTwice++;
    const alive = await this.ask('GET', '/sessions/validate', null,
      done.cookie);
    if (!alive.body.is_valid)
      this.complain('a session that is not known');
    return this.leave(done.cookie);
  }

  async leave(cookie) {
    const out = await this.ask('POST', '/logout', null, cookie);
    if (out.status !== 204)
      return this.complain(`log-out ${out.status}`);
    this.ended.push(cookie);
    await sleep(DEAD_AFTER_MS);
    const dead = await this.ask('GET', '/sessions/validate', null, cookie);
    if (dead.body.is_valid)
      this.count.deadAlive++;
    return null;
  }

  /* How long nobody had an answer, until now. */
  get silence() {
    return Math.max(this.gap, Date.now() - this.last);
  }

  /* So many of them, until stop(). */
  come(n) {
    this.going = true;
    this.all = Array.from({ length: n }, async () => {
      while (this.going)
        await this.visit().catch((error) => {
          if (error.message !== 'away')
            this.complain(error.message.slice(0, 60));
          return sleep(50);
        });
    });
  }

  async stop() {
    this.going = false;
    await Promise.all(this.all);
  }

  /* How many mails came twice to an address that asked for one. */
  mailsTwice() {
    const seen = new Map();
    const dir = this.cluster.hosts[0].mailDir;
    for (const folder of ['new', 'cur'])
      for (const name of readdirSync(join(dir, folder))) {
        const [, to] = /^To: .*?([^\s<>]+@[^\s<>]+)/m.exec(
          readFileSync(join(dir, folder, name), 'utf8')) ?? [];
        seen.set(to, (seen.get(to) ?? 0) + 1);
      }
    return this.addresses.filter((one) => seen.get(one) > 1).length;
  }

  /* Acknowledged accounts that a node does not have. */
  async lost() {
    let lost = 0;
    for (const host of this.cluster.hosts) {
      const there = new Set((await host.sql('SELECT HEX(id) FROM users'))
        .map(([id]) => id.toLowerCase()));
      lost += this.users.filter((id) =>
        !there.has(id.replaceAll('-', ''))).length;
    }
    return lost;
  }

  /* Ended sessions that a host takes for alive. */
  async undead() {
    let undead = 0;
    for (const cookie of this.ended) {
      const { body } = await this.ask('GET', '/sessions/validate', null,
        cookie);
      undead += body.is_valid ? 1 : 0;
    }
    return undead;
  }
}
