// An SMTP server that does as it is told: TLS, AUTH, and faults at any stage.
//
//     const smtp = new SmtpServer({ script: { rcpt: ['450 later'] } });
//     const port = await smtp.listen();
//     ...
//     const mail = await smtp.waitFor('jane@example.org', 5000);
//     mail.subject, mail.text, mail.html, mail.code, mail.headers, mail.data
//     await smtp.close();
//
// From the command line it is the receiver of the quickstart:
//
//     node smtp.mjs --port N --maildir DIR [--port-file F]

import { EventEmitter, on } from 'node:events';
import { createServer as createPlain } from 'node:net';
import { createServer as createTls, TLSSocket } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { Dialogue, Maildir, main } from '../../etc/maildir-smtp.mjs';
import { parseMail, partText } from './maildir.mjs';

// What a script can say at a stage (connect, ehlo, starttls, auth, mail,
// rcpt, data, message, quit): one rule for every time, a list used up from
// the front, or a function of (argument, dialogue) that returns a rule, or a
// promise of one.
//
//   '550 no'   answer so; the command has no effect
//   'drop'     break the connection off, without effect
//   'lose'     do it, then break the connection off: the answer is lost
//   'tarpit'   never answer
//   1000       answer as usual, so many milliseconds late
//   null       as usual
class ScriptedDialogue extends Dialogue {
  constructor(socket, server, secure) {
    super(socket, (mail) => server.keep({
      ...mail, secure: this.secure, user: this.user,
    }));
    this.server = server;
    this.secure = secure;
    this.user = null;
  }

  extensions() {
    const { starttls, auth, mechanisms, smtputf8 } = this.server.options;
    return [...super.extensions()
      .filter((line) => smtputf8 !== false || line !== '250 SMTPUTF8'),
      ...(starttls && !this.secure ? ['250 STARTTLS'] : []),
      ...(auth ? ['250 AUTH PLAIN LOGIN'] : []),
      ...(mechanisms ? [`250 AUTH ${mechanisms}`] : [])];
  }

  async answer(stage, arg, act, ...lines) {
    this.server.seen.push(arg === '' ? stage : `${stage} ${arg}`);
    const rule = await this.server.rule(stage, arg, this);
    if (rule === 'tarpit')
      await new Promise((resolve) => this.socket.once('close', resolve));
    if (rule === 'lose')
      await act();
    if (rule === 'drop' || rule === 'lose' || rule === 'tarpit') {
      this.socket.destroy();
      return false;
    }
    if (typeof rule === 'number')
      await sleep(rule);
    if (typeof rule === 'string') {
      this.say(rule);
      return /^[23]/.test(rule);
    }
    return super.answer(stage, arg, act, ...lines);
  }

  async command(line) {
    const [, verb, arg] = /^(\S*)\s*(.*)$/.exec(line);
    const { starttls, auth } = this.server.options;
    if (/^STARTTLS$/i.test(verb) && starttls && !this.secure)
      return this.startTls();
    if (/^AUTH$/i.test(verb) && auth)
      return this.authenticate(arg);
    if (/^MAIL$/i.test(verb) && auth && this.user === null) {
      this.say('530 authentication required');
      return true;
    }
    return super.command(line);
  }

  // RFC 6531 section 3.5: an address that was not announced.
  async rcptTo(arg) {
    if (/[^ -~]/.test(arg) && !/SMTPUTF8/.test(this.mail?.params)) {
      this.say('553 5.6.7 ASCII only');
      return true;
    }
    return super.rcptTo(arg);
  }

  async startTls() {
    if (!await this.answer('starttls', '', () => {}, '220 go on'))
      return true;
    const socket = new TLSSocket(this.socket, {
      isServer: true, ...this.server.options.tls,
    });
    this.attach(socket);
    this.secure = true;
    this.greeted = false;
    this.mail = null;
    return true;
  }

  async ask(prompt) {
    this.say(`334 ${Buffer.from(prompt).toString('base64')}`);
    const line = await this.until('\r\n', 4096);
    return Buffer.from(String(line ?? ''), 'base64').toString();
  }

  // RFC 4954: PLAIN with or without its initial answer, and LOGIN.
  async authenticate(arg) {
    const [mechanism, initial] = arg.split(' ');
    let user;
    let pass;
    if (/^PLAIN$/i.test(mechanism)) {
      const text = initial
        ? Buffer.from(initial, 'base64').toString() : await this.ask('');
      [, user, pass] = text.split('\0');
    } else if (/^LOGIN$/i.test(mechanism)) {
      user = initial ? Buffer.from(initial, 'base64').toString()
        : await this.ask('Username:');
      pass = await this.ask('Password:');
    } else {
      this.say('504 unknown mechanism');
      return true;
    }
    const want = this.server.options.auth;
    if (user !== want.user || pass !== want.pass)
      this.say('535 wrong');
    else
      await this.answer('auth', '', () => { this.user = user; }, '235 right');
    return true;
  }
}

export class SmtpServer extends EventEmitter {
  // maildir	keep each message in this Maildir, too
  // tls	{ key, cert } in PEM
  // implicit	TLS from the first byte
  // starttls	offer STARTTLS
  // auth	{ user, pass }: required
  // mechanisms	AUTH with these, none of which can be had
  // smtputf8	false: do not offer SMTPUTF8, and refuse what needs it
  // script	see above
  constructor(options = {}) {
    super();
    this.options = options;
    this.script = options.script ?? {};
    this.maildir = options.maildir ? new Maildir(options.maildir) : null;
    this.received = []; // every message so far
    this.seen = []; // every stage so far, as 'rcpt jane@example.org'
    this.sockets = new Set();
  }

  // A free port unless one is named; the port.
  listen(port = 0, host = '127.0.0.1') {
    const { implicit, tls } = this.options;
    const talk = (socket) => {
      socket.on('error', () => {});
      new ScriptedDialogue(socket, this, Boolean(implicit)).run()
        .catch(() => socket.destroy());
    };
    this.server = implicit ? createTls(tls, talk) : createPlain(talk);
    this.server.on('tlsClientError', () => {});
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.port = this.server.address().port;
        resolve(this.port);
      });
    });
  }

  // Break every connection off and stop listening.
  close() {
    for (const socket of this.sockets)
      socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }

  rule(stage, arg, dialogue) {
    let rule = this.script[stage] ?? null;
    if (Array.isArray(rule))
      rule = rule.shift() ?? null;
    return typeof rule === 'function' ? rule(arg, dialogue) : rule;
  }

  keep(mail) {
    this.maildir?.store(mail);
    const message = { ...mail, ...read(mail.data) };
    this.received.push(message);
    this.emit('message', message);
  }

  // Messages as they arrive, those of before first.
  async* messages() {
    const old = [...this.received];
    const fresh = on(this, 'message');
    yield* old;
    for await (const [message] of fresh)
      yield message;
  }

  // Messages to an address so far.
  to(address) {
    return this.received.filter((m) => m.rcpt.includes(address));
  }

  // The (count)th message to an address; throws when ms have passed.
  async waitFor(address, ms = 60000, count = 1) {
    const end = Date.now() + ms;
    while (this.to(address).length < count) {
      if (Date.now() >= end)
        throw new Error(`no mail to ${address} in ${ms} ms`);
      await sleep(10);
    }
    return this.to(address)[count - 1];
  }
}

// What a person sees of a message, and the passcode its subject begins with.
function read(data) {
  const mail = parseMail(data.toString('latin1'));
  const subject = mail.headers.subject ?? '';
  return {
    headers: mail.headers,
    subject,
    text: partText(mail, 'text/plain'),
    html: partText(mail, 'text/html'),
    code: /^\d{6}/.exec(subject)?.[0] ?? null,
  };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  main(process.argv.slice(2));
