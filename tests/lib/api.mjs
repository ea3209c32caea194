/*
 * The API as a test speaks it.  Every response is held against the
 * description (openapi.mjs) before the test sees it.
 *
 *   const api = await instance.client();
 *   const user = await api.signUp('ada@example.org');
 *   const me = await api.call('GET', '/me');
 *   assert.equal(me.status, 200);
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { Authenticator } from './authenticator.mjs';
import { survives } from './components.mjs';
import { description } from './openapi.mjs';
import { codeIn, nextMail } from './maildir.mjs';

/*
 * Cookies by name, for one origin: path, domain and flags are not judged,
 * they are for tests to look at (all() gives the lines as they came).
 */
export class CookieJar {
  constructor() {
    this.values = new Map();
    this.lines = [];
  }

  take(lines = []) {
    for (const line of lines) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      const name = pair.slice(0, at).trim();
      this.lines.push(line);
      if (/;\s*max-age=(0|-\d+)\b/i.test(line))
        this.values.delete(name);
      else
        this.values.set(name, pair.slice(at + 1).trim());
    }
  }

  get(name) {
    return this.values.get(name);
  }

  set(name, value) {
    this.values.set(name, value);
  }

  delete(name) {
    this.values.delete(name);
  }

  all() {
    return [...this.lines];
  }

  header() {
    return [...this.values].map((pair) => pair.join('=')).join('; ');
  }
}

/* "Name", value, "Name", value ... of an object or of a list of pairs. */
function rawHeaders(headers) {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs
    .filter(([, value]) => value !== undefined && value !== null)
    .flatMap(([name, value]) =>
      [value].flat().flatMap((one) => [name, String(one)]));
}

function hasHeader(flat, name) {
  return flat.some((text, i) => i % 2 === 0 && text.toLowerCase() === name);
}

/* A response of the web server itself: its own page, no request id. */
function isFront(response) {
  return !response.headers['x-request-id']
    && response.headers['content-type']?.startsWith('text/html');
}

export class Api {
  /*
   * baseUrl	where the API is mounted: "http://localhost:8080/id".
   * headers	sent with every request.
   * cookieJar	a CookieJar to share; a new one by default.
   * mailDir	the Maildir of the SMTP receiver; $POSTERN_MAIL by default.
   * description	of openapi.mjs; '' by default.
   * bearer	token for the Authorization header, unless a call has another.
   */
  constructor(baseUrl, options = {}) {
    this.base = new URL(baseUrl);
    this.prefix = this.base.pathname.replace(/\/$/, '');
    this.headers = options.headers ?? {};
    this.jar = options.cookieJar ?? new CookieJar();
    this.mailDir = options.mailDir ?? process.env.POSTERN_MAIL;
    this.description = options.description ?? '';
    this.bearer = options.bearer;
  }

  /*
   * Send a request, judge and return its response: { status, headers, body
   * (parsed if JSON, else text), text, cookies (Set-Cookie lines) }.
   *
   * body	undefined for none; anything else is sent as JSON.
   * opts	headers	object, or list of pairs for repeated names; undefined
   *			removes one that would be sent
   *	raw		string or Buffer to send as the body instead
   *	type		its content type; null: none.  application/json
   *	bearer		token for the Authorization header
   *	noJar		neither send nor take cookies
   *	exactPath	send the path without the base's own
   *	front		the web server's own error page will do
   *	status		assert this one
   */
  async call(method, path, body, opts = {}) {
    const payload = opts.raw !== undefined ? Buffer.from(opts.raw)
      : body !== undefined ? Buffer.from(JSON.stringify(body)) : undefined;
    const response = await this.send(method, path, payload, opts);
    this.judge(method, path, response, opts.raw === undefined
      && !opts.type && !opts.headers?.['Content-Type']
      ? { ...opts, sent: body } : opts);
    if (!opts.noJar)
      this.jar.take(response.cookies);
    if (opts.status !== undefined)
      assert.equal(response.status, opts.status,
        `${method} ${path}: ${response.text}`);
    return response;
  }

  flatHeaders(payload, opts) {
    const flat = rawHeaders([
      ...Object.entries(this.headers).filter(([name]) =>
        !opts.headers || Array.isArray(opts.headers)
          || !(name in opts.headers)),
      ...(Array.isArray(opts.headers) ? opts.headers
        : Object.entries(opts.headers ?? {})),
    ]);
    const cookie = opts.noJar ? '' : this.jar.header();
    if (!hasHeader(flat, 'host'))
      flat.push('Host', this.base.host);
    if (payload && opts.type !== null && !hasHeader(flat, 'content-type'))
      flat.push('Content-Type', opts.type ?? 'application/json');
    if (payload && !hasHeader(flat, 'content-length')
        && !hasHeader(flat, 'transfer-encoding'))
      flat.push('Content-Length', String(payload.length));
    if (!payload && ['POST', 'PUT', 'PATCH'].includes(opts.method)
        && !hasHeader(flat, 'content-length'))
      flat.push('Content-Length', '0');
    if (cookie && !hasHeader(flat, 'cookie'))
      flat.push('Cookie', cookie);
    const bearer = opts.bearer ?? this.bearer;
    if (bearer && !hasHeader(flat, 'authorization'))
      flat.push('Authorization', `Bearer ${bearer}`);
    if (!hasHeader(flat, 'connection'))
      flat.push('Connection', 'close');
    return flat;
  }

  send(method, path, payload, opts) {
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: this.base.hostname,
        port: this.base.port || 80,
        method,
        path: (opts.exactPath ? '' : this.prefix) + path,
        headers: this.flatHeaders(payload, { ...opts, method }),
        agent: false,
        timeout: opts.timeout_ms ?? 30000,
      }, (incoming) => {
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve(finished(incoming.statusCode,
          incoming.headers, Buffer.concat(chunks))));
      });
      request.on('timeout', () =>
        request.destroy(new Error(`${method} ${path}: timed out`)));
      request.on('error', reject);
      request.end(payload);
    });
  }

  /*
   * Send bytes that no HTTP library would, and read until the peer closes, or
   * with opts.first no more than one response: the response as call() gives
   * it, or null when there was none.  With method and path in opts it is
   * judged.
   */
  async raw(bytes, opts = {}) {
    const answer = await exchangeBytes(this.base, Buffer.from(bytes),
      opts.timeout_ms ?? 15000, opts.first ? isWhole : () => false);
    const head = answer.indexOf('\r\n\r\n');
    if (head < 0)
      return null;
    const [first, ...lines] = answer.subarray(0, head).toString('latin1')
      .split('\r\n');
    const headers = {};
    for (const line of lines) {
      const at = line.indexOf(':');
      const name = line.slice(0, at).toLowerCase();
      const value = line.slice(at + 1).trim();
      if (name === 'set-cookie')
        (headers[name] ??= []).push(value);
      else
        headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    }
    let body = answer.subarray(head + 4);
    if (/chunked/i.test(headers['transfer-encoding'] ?? ''))
      body = unchunk(body);
    const response = finished(Number(first.split(' ')[1]), headers, body);
    if (opts.method)
      this.judge(opts.method, opts.path, response, opts);
    return response;
  }

  judge(method, path, response, opts) {
    if (opts.front && isFront(response))
      return;
    if (method === 'POST')
      survives(path, response);
    description(this.description).check({
      method,
      path: path.split('?')[0] || '/',
      status: response.status,
      headers: response.headers,
      body: response.text,
      sent: opts.sent,
    });
  }

  /* The session token that the last login brought, cookie or header. */
  get token() {
    return this.authToken ?? this.jar.get(this.cookieName ?? 'hanko');
  }

  /* The six digits of the newest mail to an address that was not read yet. */
  async codeFor(address, options) {
    return codeIn(await this.mailFor(address, options));
  }

  mailFor(address, options) {
    assert.ok(this.mailDir, 'no Maildir: neither mailDir nor $POSTERN_MAIL');
    return nextMail(this.mailDir, address, options);
  }

  /* Create an account and log in: { user_id, email_id, email }. */
  async signUp(email) {
    const created = await this.call('POST', '/users', { email },
      { status: 200 });
    const { user_id, email_id } = created.body;
    if (created.headers['x-session-lifetime'] === undefined)
      await this.passcodeFor(email, { user_id, email_id });
    else
      this.authToken = created.headers['x-auth-token'];
    return { user_id, email_id, email };
  }

  /* Log in to an existing account by passcode: { user_id, email_id }. */
  async passcodeLogin(email) {
    const { body } = await this.call('POST', '/user', { email },
      { status: 200 });
    await this.passcodeFor(email, { user_id: body.id, email_id: body.email_id });
    return { user_id: body.id, email_id: body.email_id };
  }

  async passcodeFor(email, user) {
    const sent = await this.call('POST', '/passcode/login/initialize', user,
      { status: 200 });
    const code = await this.codeFor(email);
    const done = await this.call('POST', '/passcode/login/finalize',
      { id: sent.body.id, code }, { status: 200 });
    this.authToken = done.headers['x-auth-token'];
    return done;
  }

  /* One more passkey of whoever is logged in; options of the Authenticator. */
  async addPasskey(options) {
    const device = new Authenticator(options);
    const { body } = await this.call('POST',
      '/webauthn/registration/initialize', undefined, { status: 200 });
    await this.call('POST', '/webauthn/registration/finalize',
      device.create(body.publicKey), { status: 200 });
    return device;
  }

  /* Log in by password; the response is the caller's to judge. */
  async passwordLogin(user_id, password) {
    const done = await this.call('POST', '/password/login',
      { user_id, password });
    if (done.status === 200)
      this.authToken = done.headers['x-auth-token'];
    return done;
  }
}

function finished(status, headers, bytes) {
  const text = bytes.toString('utf8');
  let body = text;
  if (headers['content-type']?.startsWith('application/json'))
    try {
      body = JSON.parse(text);
    } catch {
      /* the description refuses it with a better message */
    }
  return { status, headers, text, body, cookies: headers['set-cookie'] ?? [] };
}

/* All of a response is there. */
function isWhole(bytes) {
  const text = bytes.toString('latin1');
  const [, head, body] = /^(.*?\r\n)\r\n(.*)$/s.exec(text) ?? [];
  const length = /^content-length: *(\d+)/im.exec(head);
  if (/^transfer-encoding: *chunked/im.test(head))
    return /(^|\r\n)0\r\n\r\n$/.test(body);
  return length !== null && body.length >= Number(length[1]);
}

function exchangeBytes(base, bytes, timeout_ms, enough) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = net.connect(Number(base.port || 80), base.hostname, () =>
      socket.write(bytes));
    socket.setTimeout(timeout_ms, () => {
      socket.destroy();
      resolve(Buffer.concat(chunks));
    });
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (enough(Buffer.concat(chunks)))
        socket.destroy();
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
    socket.on('error', (error) =>
      error.code === 'ECONNRESET' ? resolve(Buffer.concat(chunks))
        : reject(error));
  });
}

function unchunk(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (end < 0 || !(size > 0))
      break;
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
}

let unique = 0;

/* An address that no other test has. */
export function freshAddress(name = 'user') {
  unique += 1;
  return `${name}-${process.pid}-${Date.now().toString(36)}-${unique}`
    + '@example.org';
}
