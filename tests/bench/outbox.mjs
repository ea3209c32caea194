/*
 * Mails that leave: an outbox that is full, and the relay alone.
 */
import { readFileSync, readdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { wrk } from './measure.mjs';
import { until } from './quickstart.mjs';

const LATER = `CREATE TRIGGER bench_later BEFORE INSERT ON outbox FOR EACH ROW
  SET NEW.next_try_at = NEW.next_try_at + INTERVAL 1 DAY`;

export class Outbox {
  constructor(site, mails) {
    this.site = site;
    this.mails = mails;
  }

  async waiting() {
    return Number((await this.site.instance.sql(
      'SELECT COUNT(*) FROM outbox'))[0][0]);
  }

  /* So many at least, which nobody looks at before they are due. */
  async fill() {
    const { instance } = this.site;
    const file = this.site.passcodes();
    await instance.sql(LATER);
    for (let before = -1, n = 0; n < this.mails && n > before;) {
      before = n;
      await wrk({ url: instance.url, file, connections: 16, pids: [],
        seconds: 1 });
      n = await this.waiting();
    }
    await instance.sql('DROP TRIGGER bench_later');
  }

  async due() {
    await this.site.instance.sql(
      'UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6)');
    this.since = Date.now();
    this.filled = await this.waiting();
    await this.wake();
  }

  /* The courier is called by a request; by itself it looks now and then. */
  async wake() {
    await fetch(`${this.site.instance.url}/passcode/login/initialize`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ user_id: this.site.users.at(-1) }) });
  }

  /* Mails a second, from due() until now or until none is left. */
  async rate() {
    const n = this.filled - await this.waiting();
    return n * 1000 / (Date.now() - this.since);
  }

  async drained() {
    await until(async () => await this.waiting() === 0, 'the courier', 120000);
  }

  /* A mail as it was sent, of which the relay kept an envelope in front. */
  sample() {
    const dir = join(this.site.instance.dir, 'mail/new');
    return readFileSync(join(dir, readdirSync(dir)[0]), 'latin1')
      .replace(/^(?:Return-Path|Delivered-To): .*\n/gm, '')
      .replaceAll('\n', '\r\n');
  }

  /* The relay alone: n of the same over one connection. */
  async relay(n) {
    const { dir } = this.site.instance;
    const port = Number(readFileSync(join(dir, 'run/smtp.port'), 'utf8'));
    const socket = net.connect(port, '127.0.0.1');
    const lines = answers(socket);
    const say = async (text) => {
      socket.write(text);
      await lines.next();
    };
    const message = `${this.sample()}\r\n.\r\n`;
    await lines.next();
    await say('EHLO bench\r\n');
    const since = Date.now();
    for (let i = 0; i < n; i++) {
      await say('MAIL FROM:<a@example.org>\r\n');
      await say(`RCPT TO:<user${i}@example.org>\r\n`);
      await say('DATA\r\n');
      await say(message);
    }
    const rate = n * 1000 / (Date.now() - since);
    socket.end('QUIT\r\n');
    return { rate, errors: 0 };
  }
}

/* The last line of each answer. */
async function* answers(socket) {
  let text = '';
  for await (const piece of socket.setEncoding('latin1')) {
    text += piece;
    for (let at; (at = text.indexOf('\r\n')) >= 0; text = text.slice(at + 2))
      if (text[3] === ' ')
        yield text.slice(0, at);
  }
}
