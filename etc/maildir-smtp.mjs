// A receiver of mail for one machine: takes every message over SMTP and keeps
// it in a Maildir, so that somebody who tries the server out can read the
// passcodes it sends.  No relaying, no authentication, loopback by default.
//
//     node maildir-smtp.mjs --port N --maildir DIR [--host H] [--port-file F]
//
// Port 0 takes a free one; the port is written to F once it listens.  Says
// nothing.  The classes serve the tests as well (tests/lib/smtp.mjs).

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const LINE_MAX = 4096;
const MESSAGE_MAX = 1024 * 1024;

// A Maildir: written in tmp, and in new only when it is whole.
export class Maildir {
  #dir;
  #count = 0;

  constructor(dir) {
    this.#dir = dir;
    for (const sub of ['tmp', 'new', 'cur'])
      mkdirSync(join(dir, sub), { recursive: true });
  }

  // Keep a message with its envelope in front; the name of its file.
  store({ from, rcpt, data }) {
    const name = `${Date.now()}.${process.pid}_${++this.#count}.localhost`;
    const head = [`Return-Path: <${from}>`,
      ...rcpt.map((to) => `Delivered-To: ${to}`)].join('\n');
    const body = Buffer.from(data.toString('latin1').replaceAll('\r\n', '\n'),
      'latin1');
    writeFileSync(join(this.#dir, 'tmp', name),
      Buffer.concat([Buffer.from(`${head}\n`), body]));
    renameSync(join(this.#dir, 'tmp', name), join(this.#dir, 'new', name));
    return name;
  }
}

// The server's side of one connection (RFC 5321).  What may go differently
// in a test is a method of its own.
export class Dialogue {
  #chunks = Buffer.alloc(0);
  #wake = null;
  #closed = false;

  constructor(socket, keep) {
    this.socket = null;
    this.keep = keep; // takes { from, rcpt, data, ... }
    this.mail = null;
    this.greeted = false;
    this.attach(socket);
  }

  // Read from this socket from now on; what had come in is forgotten.
  attach(socket) {
    this.socket?.removeAllListeners('data');
    this.socket = socket;
    this.#chunks = Buffer.alloc(0);
    const poke = () => { this.#wake?.(); this.#wake = null; };
    socket.on('data', (d) => {
      this.#chunks = Buffer.concat([this.#chunks, d]);
      poke();
    });
    for (const event of ['close', 'end', 'error'])
      socket.on(event, () => {
        if (this.socket === socket) { this.#closed = true; poke(); }
      });
  }

  // Bytes up to a mark, which is taken as well; null at the end or past max.
  async until(mark, max) {
    for (;;) {
      const at = this.#chunks.indexOf(mark);
      if (at >= 0 && at <= max) {
        const got = this.#chunks.subarray(0, at);
        this.#chunks = this.#chunks.subarray(at + mark.length);
        return got;
      }
      if (this.#closed || this.#chunks.length > max + mark.length)
        return null;
      await new Promise((resolve) => { this.#wake = resolve; });
    }
  }

  say(...lines) {
    lines.forEach((line, i) => {
      const last = i === lines.length - 1;
      this.socket.write(last ? `${line}\r\n`
        : `${line.slice(0, 3)}-${line.slice(4)}\r\n`);
    });
  }

  // A stage of the dialogue, and what its success is.  False: not taken.
  async answer(stage, arg, act, ...lines) {
    await act();
    this.say(...lines);
    return true;
  }

  extensions() {
    return [`250 SIZE ${MESSAGE_MAX}`, '250 8BITMIME', '250 SMTPUTF8'];
  }

  async run() {
    if (!await this.answer('connect', '', () => {}, '220 localhost ESMTP'))
      return this.socket.end();
    for (;;) {
      const line = await this.until('\r\n', LINE_MAX);
      if (line === null || !await this.command(line.toString()))
        return this.socket.end();
    }
  }

  // False ends the connection.
  async command(line) {
    const [, verb, arg] = /^(\S*)\s*(.*)$/.exec(line);
    switch (verb.toUpperCase()) {
    case 'EHLO':
    case 'HELO':
      await this.answer('ehlo', arg, () => {
        this.greeted = true;
        this.mail = null;
      }, '250 localhost', ...this.extensions());
      return true;
    case 'MAIL':
      return this.mailFrom(arg);
    case 'RCPT':
      return this.rcptTo(arg);
    case 'DATA':
      return this.data();
    case 'RSET':
      this.mail = null;
      this.say('250 reset');
      return true;
    case 'NOOP':
      this.say('250 fine');
      return true;
    case 'QUIT':
      await this.answer('quit', arg, () => {}, '221 bye');
      return false;
    default:
      this.say('500 unknown command');
      return true;
    }
  }

  async mailFrom(arg) {
    const m = /^FROM:<([^<>]*)>(.*)$/i.exec(arg);
    if (!m)
      this.say('501 MAIL FROM:<address>');
    else if (!this.greeted || this.mail)
      this.say('503 not now');
    else
      await this.answer('mail', m[1], () => {
        this.mail = { from: m[1], params: m[2].trim(), rcpt: [] };
      }, '250 sender');
    return true;
  }

  async rcptTo(arg) {
    const m = /^TO:<([^<>]+)>(.*)$/i.exec(arg);
    if (!m)
      this.say('501 RCPT TO:<address>');
    else if (!this.mail)
      this.say('503 MAIL first');
    else
      await this.answer('rcpt', m[1], () => this.mail.rcpt.push(m[1]),
        '250 recipient');
    return true;
  }

  async data() {
    if (!this.mail?.rcpt.length) {
      this.say('503 RCPT first');
      return true;
    }
    if (!await this.answer('data', '', () => {}, '354 go on'))
      return true;
    const raw = await this.until('\r\n.\r\n', MESSAGE_MAX);
    if (raw === null)
      return false;
    const text = `${raw.toString('latin1')}\r\n`.replaceAll(/^\./gm, '');
    const mail = { ...this.mail, data: Buffer.from(text, 'latin1') };
    this.mail = null;
    await this.answer('message', '', () => this.keep(mail), '250 kept');
    return true;
  }
}

function options(argv) {
  const o = { host: '127.0.0.1' };
  for (let i = 0; i < argv.length; i += 2) {
    const name = /^--(port|maildir|host|port-file)$/.exec(argv[i])?.[1];
    if (!name || argv[i + 1] === undefined)
      throw new Error(`maildir-smtp: ${argv[i]}?`);
    o[name] = argv[i + 1];
  }
  if (o.port === undefined || o.maildir === undefined)
    throw new Error('maildir-smtp: --port N --maildir DIR');
  return o;
}

// Write a file at once: whoever waits for it never sees half of it.
export function writeWhole(file, text) {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

export function main(argv) {
  const o = options(argv);
  const maildir = new Maildir(o.maildir);
  const server = createServer((socket) => {
    socket.setTimeout(60000, () => socket.destroy());
    new Dialogue(socket, (mail) => maildir.store(mail)).run();
  });
  server.listen(Number(o.port), o.host, () => {
    if (o['port-file'])
      writeWhole(o['port-file'], `${server.address().port}\n`);
  });
  for (const signal of ['SIGTERM', 'SIGINT'])
    process.on(signal, () => process.exit(0));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  main(process.argv.slice(2));
