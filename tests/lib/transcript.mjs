/*
 * Replays recorded flows (tests/vectors/flow, README there) and compares what
 * comes with what was recorded, member by member: status, body, headers,
 * cookies, what a token says, and which mails were sent, or that none was.
 *
 * A placeholder <kind:n> is learnt where it is first met in an answer, and is
 * that value from then on; two placeholders are two values.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as wa from './authenticator.mjs';
import { encodePairs } from './cbor.mjs';
import { top, until } from './instance.mjs';
import { allMails, codeIn, partText, textsOf } from './maildir.mjs';
import { notTotp, stepNow, totp } from './totp.mjs';

const folder = join(top, 'tests/vectors/flow');
const HOLE = /<([a-z_]+)(?::([\w:]+))?>/g;

/* What every request has, unless it says otherwise. */
const ALWAYS = {
  'user-agent':
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  accept: 'application/json',
  'x-language': 'en',
  origin: 'http://localhost:8888',
};

/* Headers that are as recorded: there, or not there. */
const JUDGED = new RegExp('^(content-type|x-session-.*|x-auth-token'
  + '|access-control-.*|location|allow|www-authenticate)$');

/* Ours, by the name of theirs. */
const TEMPLATES = {
  login: 'passcode',
  email_verification: 'passcode',
  recovery: 'passcode',
  email_login_attempted: 'unknown',
  email_registration_attempted: 'taken',
  /* Which it does not send, although it could. */
  passkey_create: 'credential',
  password_create: 'password',
};
/* What the other server meant to tell, and never did (DEFECTS there). */
const NOTICES = ['password', 'addresses', 'changed', 'credential'];
const ANY = new Set(['time', 'unix_time', 'http_date', 'seconds', 'text']);

export const read = (name) =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

/* Those rules that are of what is answered in a state. */
const rulesAt = (rules, state) => Object.fromEntries(Object.entries(rules)
  .filter(([, { at = state }]) => at === state));

/* A body, with what is right instead of members of some names. */
function everywhere(node, rules) {
  if (Array.isArray(node))
    return node.map((one) => everywhere(one, rules));
  if (!node || typeof node !== 'object')
    return node;
  return Object.fromEntries(Object.entries(node)
    .filter(([name]) => !rules[name]?.absent)
    .map(([name, one]) =>
      [name, rules[name] ? rules[name].value : everywhere(one, rules)]));
}

/* A step with what is right instead: members of the body, by name. */
function instead(step, { status, body = {}, without = [], unset = [],
  headers = {}, request = {}, mails }) {
  const response = { ...step.response, ...status && { status } };
  response.headers = Object.fromEntries(Object.entries(response.headers ?? {})
    .filter(([name]) => !unset.includes(name)));
  Object.assign(response.headers, headers);
  if (response.body)
    response.body = { ...response.body, ...status && { status }, ...body };
  for (const name of without)
    delete response.body?.[name];
  return { ...step, response, request: { ...step.request, ...request },
    mails: mails ?? step.mails,
    jwt: unset.includes('set-cookie') ? {} : step.jwt };
}

const bits = { UP: wa.UP, UV: wa.UV, BE: wa.BE, BS: wa.BS };

/* What a recorded authenticator says that another one would not. */
function liesOf({ origin, type, cross_origin, rp_id, flags, count }) {
  const lies = { client: {
    ...origin && { origin }, ...type && { type },
    ...cross_origin !== undefined && { crossOrigin: cross_origin } } };
  if (rp_id)
    lies.rpId = rp_id;
  if (flags)
    lies.flags = flags.reduce((sum, flag) => sum | bits[flag], 0);
  if (count !== undefined)
    lies.counter = count;
  return lies;
}

const uuidOf = (bytes) => bytes.toString('hex')
  .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const recipient = ({ mail }) => mail.headers.to.replace(/^.*<|>.*$/g, '');

/* The subject of one of ours, in English, as a pattern. */
function subjectOf(template) {
  const texts = textsOf('en');
  const text = texts[`${template}.subject.code`] ?? texts[`${template}.subject`];
  return new RegExp(`^${text.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replaceAll('{{code}}', '\\d{6}').replaceAll('{{service_name}}', 'Example')}$`);
}

class Replay {
  constructor(instance, api) {
    this.instance = instance;
    this.api = api;
    this.seen = new Set(allMails(instance.mailDir).map(({ name }) => name));
    this.subjects = Object.fromEntries(Object.entries(TEMPLATES)
      .map(([theirs, ours]) => [theirs, subjectOf(ours)]));
    this.notices = NOTICES.map(subjectOf);
    this.known = new Map();
    this.keys = new Map();
    this.compared = 0;
  }

  /* What stands for a placeholder of a request. */
  value(hole) {
    const [, kind, n] = /^<([a-z_]+)(?::([\w:]+))?>$/.exec(hole);
    if (this.known.has(hole))
      return this.known.get(hole);
    if (kind === 'unused_uuid')
      this.known.set(hole, randomUUID());
    else if (kind === 'wrong_code')
      this.known.set(hole, String((Number(this.value(`<code:${n}>`)) + 1)
        % 1000000).padStart(6, '0'));
    else if (kind === 'totp')
      return this.otp(n);
    else if (kind === 'wrong_totp')
      return notTotp(this.known.get(`<otp_secret:${n}>`));
    assert.ok(this.known.has(hole), `${hole} is not known`);
    return this.known.get(hole);
  }

  /* A code of now, or of the step before or behind. */
  otp(which) {
    const [n, when] = which.split(':');
    const by = { past: -1, future: 1 }[when] ?? 0;
    return totp(this.known.get(`<otp_secret:${n}>`), stepNow() + by);
  }

  /* The authenticator of a name, whose id and key are then known. */
  authenticator(name, alg = wa.ES256) {
    if (!this.keys.has(name)) {
      const key = new wa.Authenticator({ origin: ALWAYS.origin, alg,
        counter: 0 });
      this.keys.set(name, key);
      this.known.set(`<credential:${name}>`, wa.b64(key.id));
      this.known.set(`<cose:${name}>`,
        wa.b64(encodePairs(wa.cosePairs(alg, key.key))));
    }
    return this.keys.get(name);
  }

  create(key, said) {
    const lies = liesOf(said);
    if (said.flags)
      lies.flags |= wa.AT;
    if (said.attestation === 'packed')
      Object.assign(lies, { fmt: 'packed', stmt: ({ message }) => ({
        alg: key.alg, sig: wa.signWith(key.alg, key.key,
          said.signature ? Buffer.from('something else') : message) }) });
    const made = key.create({ challenge: this.fill(said.challenge),
      user: { id: this.fill(said.user) } }, lies);
    made.response.transports = said.transports ?? ['internal'];
    return { ...made, authenticatorAttachment: said.attachment ?? 'platform' };
  }

  get(key, said) {
    const lies = liesOf(said);
    if (said.user_handle !== undefined)
      lies.userHandle = said.user_handle
        && Buffer.from(this.fill(said.user_handle), 'base64url');
    if (said.signature)
      lies.signature = () => wa.signWith(key.alg, key.key,
        Buffer.from('something else'));
    return { ...key.get({ challenge: this.fill(said.challenge) }, lies),
      authenticatorAttachment: said.attachment ?? 'platform' };
  }

  fill(node) {
    if (node?.$authenticator) {
      const key = this.authenticator(node.$authenticator, node.alg);
      return node.do === 'create' ? this.create(key, node)
        : this.get(key, node);
    }
    if (typeof node === 'string')
      return node.replaceAll(HOLE, (hole) => this.value(hole));
    if (Array.isArray(node))
      return node.map((one) => this.fill(one));
    if (node && typeof node === 'object')
      return Object.fromEntries(Object.entries(node)
        .map(([name, one]) => [name, this.fill(one)]));
    return node;
  }

  /* A user's handle is the 16 bytes of their id: who knows one knows both. */
  sameUser(hole, value) {
    const [, kind, n] = /^<([a-z_]+)(?::(\w+))?>$/.exec(hole);
    if (kind === 'user_handle')
      this.known.set(`<user:${n}>`, uuidOf(Buffer.from(value, 'base64url')));
    else if (kind === 'user')
      this.known.set(`<user_handle:${n}>`,
        wa.b64(Buffer.from(value.replaceAll('-', ''), 'hex')));
  }

  learn(hole, value, where) {
    if (ANY.has(/^<([a-z_]+)/.exec(hole)[1]))
      return;
    if (!this.known.has(hole)) {
      assert.ok(![...this.known.values()].includes(value),
        `${where}: ${hole} is not a value of its own`);
      this.known.set(hole, value);
      this.sameUser(hole, value);
    }
    assert.equal(value, this.known.get(hole), `${where}: ${hole}`);
  }

  text(want, got, where) {
    const holes = [...want.matchAll(HOLE)].map(([hole]) => hole);
    const source = want.split(HOLE).filter((_, i) => i % 3 === 0)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.*)');
    const found = new RegExp(`^${source}$`, 's').exec(got);
    assert.ok(found, `${where}: ${got} is not ${want}`);
    holes.forEach((hole, i) => this.learn(hole, found[i + 1], where));
  }

  /*
   * What has an id has no order: as the wanted ones are, as far as they are
   * known by now.
   */
  inOrder(want, got) {
    const is = (a, b) => ['id', 'address'].some((name) =>
      typeof a[name] === 'string' && typeof b[name] === 'string'
      && (this.known.get(a[name]) ?? a[name]) === b[name]);
    if (!Array.isArray(want) || !Array.isArray(got)
      || !want.every((one) => one?.id) || !got.every((one) => one?.id))
      return got;
    const left = [...got];
    const found = want.map((one) => {
      const i = left.findIndex((other) => is(one, other));
      return i < 0 ? undefined : left.splice(i, 1)[0];
    });
    return [...found.map((one) => one ?? left.shift()), ...left];
  }

  same(want, theirs, where) {
    const got = this.inOrder(want, theirs);
    if (where.endsWith('.transports'))
      return assert.deepEqual([...got ?? []].sort(), [...want].sort(), where);
    if (want === '<unix_time>' || want === '<seconds>')
      return assert.ok(Number.isInteger(got), where);
    if (typeof want === 'string') {
      assert.equal(typeof got, 'string', where);
      return this.text(want, got, where);
    }
    if (want === null || typeof want !== 'object')
      return assert.deepEqual(got, want, where);
    assert.ok(got && typeof got === 'object', where);
    assert.deepEqual(Object.keys(got).sort(), Object.keys(want).sort(), where);
    for (const [name, one] of Object.entries(want))
      this.same(one, got[name], `${where}.${name}`);
    return undefined;
  }

  /* What was mailed since the step before. */
  async mails(list = [], where) {
    await this.instance.allSent();
    const fresh = allMails(this.instance.mailDir)
      .filter(({ name }) => !this.seen.has(name));
    for (const { name } of fresh)
      this.seen.add(name);
    const asked = fresh.filter(({ mail }) =>
      !this.notices.some((subject) => subject.test(mail.headers.subject)));
    assert.deepEqual(asked.map(recipient).sort(),
      list.map(({ to }) => to).sort(), `${where}: who is mailed`);
    for (const { to, template, code } of list) {
      const one = asked.find((mail) => recipient(mail) === to);
      assert.match(one.mail.headers.subject, this.subjects[template],
        `${where}: ${template}`);
      if (code)
        this.learn(code, codeIn(one), where);
      else
        assert.doesNotMatch(partText(one.mail, 'text/plain'), /\b\d{6}\b/,
          `${where}: a code`);
    }
  }

  /* A cookie that is set: all that is said of it, in any order. */
  cookies(list = [], answer, where) {
    const nameOf = (line) => line.slice(0, line.indexOf('='));
    const sorted = (line) => line.split(/;\s*/).sort().join('; ');
    /* Ours alone: the browser is known from then on. */
    const got = answer.cookies.filter((line) => nameOf(line) !== 'hanko_device');
    assert.deepEqual(got.map(nameOf).sort(), list.map(nameOf).sort(),
      `${where}: which cookies`);
    for (const want of list)
      this.text(sorted(want), sorted(got.find((line) =>
        nameOf(line) === nameOf(want))), `${where}: cookie`);
  }

  headers(want, answer, where) {
    const names = new Set([...Object.keys(want), ...Object.keys(answer.headers)]
      .filter((name) => JUDGED.test(name)));
    for (const name of names)
      this.same(want[name], answer.headers[name], `${where}: ${name}`);
    const listed = (text = '') => String(text).toLowerCase().split(/,\s*/);
    for (const one of listed(want.vary))
      assert.ok(one === '' || listed(answer.headers.vary).includes(one),
        `${where}: Vary: ${one}`);
    this.cookies(want['set-cookie'], answer, where);
  }

  /* What the tokens say that are new in a step. */
  tokens(list = {}, where) {
    for (const [hole, want] of Object.entries(list)) {
      const [header, claims] = this.value(hole).split('.').slice(0, 2)
        .map((part) => JSON.parse(Buffer.from(part, 'base64url')));
      this.same(want, { header, claims }, `${where}: ${hole}`);
    }
  }

  /* The recorded server takes a code again; here another step has begun. */
  async nextStep(body) {
    if (JSON.stringify(body ?? null).includes('<totp:'))
      await this.instance.sql(
        'UPDATE otp_secrets SET last_step = last_step - 4');
  }

  send({ method, path, headers = {}, cookies = {}, body, raw_body }) {
    const { 'content-type': type, ...all } = { ...ALWAYS, ...headers };
    const jar = Object.entries(this.fill(cookies))
      .map((pair) => pair.join('='));
    return this.api.call(method, this.fill(path),
      body === undefined ? undefined : this.fill(body), {
        headers: { ...this.fill(all),
          ...jar.length && { Cookie: jar.join('; ') } },
        noJar: true,
        ...raw_body !== undefined && { raw: this.fill(raw_body) },
        ...type !== undefined && { type },
      });
  }

  async compare(step, where) {
    await this.nextStep(step.request.body);
    const answer = await this.send(step.request);
    const want = step.response;
    assert.equal(answer.status, want.status, `${where}: ${answer.text}`);
    if (want.body)
      this.same(everywhere(want.body, rulesAt(this.rules, want.body.name)),
        answer.body, where);
    if (!want.closed) /* then there was no answer, and so no headers */
      this.headers(want.headers ?? {}, answer, where);
    this.tokens(step.jwt, where);
    await this.mails(step.mails, where);
    this.compared++;
  }

  /* And then what leads back to where the recorded one is, if need be. */
  async exchange(step, over, where) {
    await this.compare(over ? instead(step, over) : step, where);
    if (over?.then)
      await this.compare({ ...over.then, response: { ...over.then.response,
        headers: step.response.headers } }, `${where}, then`);
  }

  /*
   * The code of a flow is sealed in its row: so the clock of the database goes
   * on, as its service's connections see it, and stands there.
   */
  async goLater(seconds) {
    await this.instance.sql(`SET GLOBAL init_connect = '${seconds
      ? `SET timestamp = UNIX_TIMESTAMP() + ${seconds}` : ''}'`);
    const old = this.instance.children();
    process.kill(this.instance.supervisor, 'SIGHUP');
    await until(() => this.instance.children()
      .every((pid) => !old.includes(pid)), 'new workers');
    this.later = seconds > 0;
  }

  async other(step, where) {
    if (step.do === 'expire_device_trust') {
      await this.instance.sql(`UPDATE trusted_devices SET expires_at =
        UTC_TIMESTAMP(6) - INTERVAL 1 SECOND`);
      return;
    }
    if (step.do === 'idle') {
      await this.instance.sql(`UPDATE sessions SET last_used =
        last_used - INTERVAL ${step.seconds} SECOND`);
      return;
    }
    if (step.do === 'expire_passcodes') {
      await this.goLater(3600);
      return;
    }
    if (step.do === 'wait') {
      await new Promise((done) => { setTimeout(done, step.seconds * 1000); });
      await this.instance.sql(`UPDATE rate_limits SET expires_at =
        expires_at - INTERVAL 1 HOUR`);
      return;
    }
    const id = step.flow && `UNHEX('${this.fill(step.flow)
      .replaceAll('-', '')}')`;
    assert.equal(step.do, 'expire_flow', `${where}: ${step.do}`);
    await this.instance.sql(`UPDATE flows SET expires_at =
      UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ${id}`);
  }
}

/*
 * Replay a transcript.
 *
 * steps	how many of its steps; all by default
 * overlay	{ step: { status, body, without, unset, mails, then } }: what is
 *		right instead; without are members, unset headers that are not
 *		there, and headers are; request is what is sent instead; then is
 *		a step of ours that leads back
 * rules	{ member: { value, absent, at } }: what is right instead wherever a
 *		body has a member of that name, or that it is not there; at is
 *		the state in which that is so, all of them by default
 *
 * Returns how many exchanges were compared.
 */
export async function replay(instance, name,
  { steps, overlay = {}, rules = {} } = {}) {
  const transcript = read(name);
  await instance.sql(`DELETE FROM primary_emails; DELETE FROM users;
    DELETE FROM emails;
    DELETE FROM rate_limits; DELETE FROM flows;`);
  const run = new Replay(instance, await instance.client());
  run.rules = rules;
  try {
    for (const [i, step] of transcript.steps.slice(0, steps).entries()) {
      const where = `${name} ${i + 1}`;
      if (step.request)
        await run.exchange(step, overlay[i + 1], where);
      else
        await run.other(step, where);
    }
  } finally {
    if (run.later)
      await run.goLater(0);
  }
  return run.compared;
}
