/*
 * Can it be told by the time of an answer who has an account?  "tests/bench/run
 * timing" asks it of every endpoint that must not tell.
 *
 * Requests of all classes of an endpoint take turns, in an order that is drawn
 * anew and then reversed, straight to the socket.  Compared with the first
 * class are trimmed means, with a bootstrap interval of 95 %.  "No difference
 * was found" is worth nothing from a measurement that finds none: so beside
 * them runs a control, the first class with a delay of one millisecond, and
 * what cannot see it fails.
 */
import { randomInt, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, codeTo } from '../lib/dfns.mjs';
import { call } from '../lib/fastcgi.mjs';
import { Keys } from './keys.mjs';
import { output } from './quickstart.mjs';
import { Site, uuidOf } from './site.mjs';

const SETTINGS = { 'rate_limiter.enabled': 'false', 'log.level': 'warn',
  'dfns.password': 'true',
  'server.workers': '2' };
const PLANTED_MS = 1;
const ALLOWED_MS = 0.5; /* or a hundredth of the answer, if that is more */
const CLOSE_MS = 0.1; /* an interval that lies within it is no difference */
const TRIM = 0.1; /* of the samples, at each end */
const RESAMPLES = 2000;
const PER_GUESS = 10; /* answers that a guess about an account is made of */
const WARM = 20; /* rounds that are not counted */

/* ------------------------------------------------------------- statistics */

const sorted = (values) => Float64Array.from(values).sort();

function trimmed(values) {
  const v = sorted(values);
  const cut = Math.floor(v.length * TRIM);
  let sum = 0;
  for (let i = cut; i < v.length - cut; i++)
    sum += v[i];
  return sum / (v.length - 2 * cut);
}

function resample(values) {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++)
    out[i] = values[Math.floor(Math.random() * values.length)];
  return out;
}

/* The difference of two trimmed means: { at, low, high }. */
function difference(a, b) {
  const all = sorted(Array.from({ length: RESAMPLES }, () =>
    trimmed(resample(b)) - trimmed(resample(a))));
  return { at: trimmed(b) - trimmed(a),
    low: all[Math.floor(RESAMPLES * 0.025)],
    high: all[Math.ceil(RESAMPLES * 0.975) - 1] };
}

/* How often somebody who has a few answers of each tells them apart. */
function guessed(a, b) {
  const means = (values) => Array.from(
    { length: Math.floor(values.length / PER_GUESS) }, (_, i) =>
      trimmed(values.slice(i * PER_GUESS, (i + 1) * PER_GUESS)));
  const [x, y] = [means(a), means(b)];
  let wins = 0;
  for (const one of x)
    for (const other of y)
      wins += other > one ? 1 : other === one ? 0.5 : 0;
  const share = wins / (x.length * y.length);
  return Math.max(share, 1 - share);
}

function verdict(d, reference, control) {
  if (control)
    return d.low > PLANTED_MS / 2 && d.high < PLANTED_MS * 3 / 2
      ? 'seen' : 'NOT SEEN';
  const allowed = Math.max(ALLOWED_MS, reference / 100);
  if (d.low < -allowed || d.high > allowed)
    return 'not shown to be equal';
  return (d.low <= 0 && d.high >= 0)
    || (d.low > -CLOSE_MS && d.high < CLOSE_MS) ? 'equal' : 'small difference';
}

/* ------------------------------------------------------------ the requests */

const json = (path, body) => ({ path, body: JSON.stringify(body) });

/* Names that are as long as those of members. */
const known = (i) => `user${1001 + i % 7500}@example.org`;
const unknown = (i) => `none${1001 + i % 7500}@example.org`;
const deactivated = (i) => `user${8501 + i % 500}@example.org`;
const WRONG = '0000-0000-0000-0001';
const PASSWORD = 'correct horse battery staple';
const MEMBERS = 20; /* with a password and an app */
const guarded = (i) => `pw${1001 + i % MEMBERS}@example.org`;

/* A guess at a member's password and app, once their log-in has begun. */
const both = (keys, name, password) => async (i) => {
  const { challengeIdentifier } = JSON.parse(await keys.post(
    '/auth/login/init', JSON.stringify({ username: name(i),
      orgId: keys.orgId })));
  return json('/auth/login', { challengeIdentifier,
    firstFactor: { kind: 'Password', password },
    secondFactor: { kind: 'Totp', otpCode: 'wrong' } });
};

/*
 * What is asked: { endpoint: { rounds, status, classes: { what: request(i) } }
 * }, the class that others are compared with first.  A request may have to be
 * waited for: what it needs before it is not measured.
 */
function endpoints(site, keys) {
  const login = (id) => (i) =>
    json('/password/login', { user_id: id(i), password: 'not that one' });
  const named = (path, name, more) => (i) => json(path,
    { username: name(i), orgId: keys.orgId, ...more });
  const three = (path, more) => ({
    known: named(path, known, more),
    unknown: named(path, unknown, more),
    'unknown, one name': named(path, () => unknown(7), more),
    'known, one name': named(path, () => known(7), more),
    deactivated: named(path, deactivated, more),
  });
  const code = (id) => (i) =>
    json('/passcode/login/finalize', { id: id(i), code: '000000' });
  return {
    'password login': { rounds: 0.15, status: 401, classes: {
      'known, wrong password': login((i) => site.users[i % 30]),
      unknown: login(() => randomUUID()),
      'without a password': login((i) => site.users[100 + i % 30]),
      'unusable hash': login((i) => site.users[40 + i % 20]) } },
    'passcode finalize': { rounds: 1, status: 401, classes: {
      'known, wrong code': code((i) => site.codes[i % site.codes.length]),
      'held back': code((i) => site.held[i % site.held.length]) } },
    'password and app': { rounds: 0.15, status: 401, classes: {
      'wrong password': both(keys, guarded, 'not that one at all'),
      'right password': both(keys, guarded, PASSWORD),
      unknown: both(keys, unknown, 'not that one at all'),
      'without a password': both(keys, known, 'not that one at all'),
      deactivated: both(keys, deactivated, 'not that one at all') } },
    'login code': { rounds: 1, status: 200,
      classes: three('/auth/login/code') },
    'login init': { rounds: 1, status: 200,
      classes: three('/auth/login/init') },
    'login init, wrong code': { rounds: 1, status: 403,
      classes: three('/auth/login/init', { loginCode: WRONG }) },
    'recovery init': { rounds: 1, status: 403,
      classes: three('/auth/recover/user/init', { verificationCode: WRONG,
        credentialId: 'b3RoZXI' }) },
  };
}

/* What they need besides users and members with keys. */
async function seed(site) {
  await site.instance.sql(`
    SET @t = (SELECT id FROM tenants WHERE name = 'default');
    SET @n = UTC_TIMESTAMP(6);
    UPDATE password_credentials SET hash = '$argon2id$x' WHERE user_id IN
      (SELECT ${uuidOf("CONCAT('user', seq)")} FROM seq_41_to_60);
    UPDATE members SET active = 0 WHERE user_id IN
      (SELECT ${uuidOf("CONCAT('user', seq)")} FROM seq_8501_to_9000);
    INSERT INTO passcodes (id, tenant_id, user_id, email_id, purpose, code,
        ttl_s, try_count, created_at, expires_at)
      SELECT ${uuidOf("CONCAT('code', seq)")}, @t,
        ${uuidOf("CONCAT('user', seq + 20000)")},
        ${uuidOf("CONCAT('email', seq + 20000)")}, 'passcode',
        UNHEX(SHA2(seq, 256)), 3600, -1000000, @n, @n + INTERVAL 1 HOUR
      FROM seq_1_to_2000;
    INSERT INTO passcodes (id, tenant_id, user_id, email_id, purpose, known,
        code, ttl_s, try_count, created_at, expires_at)
      SELECT ${uuidOf("CONCAT('held', seq)")}, @t,
        ${uuidOf("CONCAT('user', seq + 20000)")},
        ${uuidOf("CONCAT('email', seq + 20000)")}, 'passcode', 4,
        UNHEX(SHA2(seq, 256)), 3600, -1000000, @n, @n + INTERVAL 1 HOUR
      FROM seq_1_to_2000;`);
  const codes = async (known) => (await site.instance.sql(`SELECT
    LOWER(CONCAT_WS('-', SUBSTR(HEX(id), 1, 8), SUBSTR(HEX(id), 9, 4),
      SUBSTR(HEX(id), 13, 4), SUBSTR(HEX(id), 17, 4), SUBSTR(HEX(id), 21)))
    FROM passcodes WHERE known = ${known}`)).flat();
  site.codes = await codes(0);
  site.held = await codes(4);
}

/* Somebody who was invited registers a password and an app. */
async function guard(site, keys, username) {
  const registrationCode =
    await codeTo(site.instance.env.POSTERN_MAIL, username);
  const begun = JSON.parse(await keys.post('/auth/registration/init',
    JSON.stringify({ orgId: keys.orgId, username, registrationCode })));
  await keys.post('/auth/registration', JSON.stringify({
    firstFactorCredential: { credentialKind: 'Password',
      credentialInfo: { password: PASSWORD } },
    secondFactorCredential: { credentialKind: 'Totp',
      credentialInfo: new App(begun.otpUrl).get() } }),
  begun.temporaryAuthenticationToken);
}

async function seedGuarded(site, keys) {
  const { POSTERN_BIN, POSTERN_CONFIG } = site.instance.env;
  const names = Array.from({ length: MEMBERS }, (_, i) => guarded(i));
  for (const name of names)
    await output(POSTERN_BIN, ['--config', POSTERN_CONFIG, 'org', 'invite',
      keys.orgId, name]);
  for (const name of names)
    await guard(site, keys, name);
}

/* ------------------------------------------------------------- measurement */

/* Milliseconds of one answer; a control is late by what was planted. */
async function once(socket, asked, status, late) {
  const began = process.hrtime.bigint();
  const answer = await call(socket, 'POST', asked.path, { body: asked.body });
  const at = () => Number(process.hrtime.bigint() - began) / 1e6;
  if (late) {
    const until = at() + PLANTED_MS;
    while (at() < until)
      ;
  }
  const ms = at();
  if (answer.status !== status)
    throw new Error(`${asked.path}: ${answer.status} ${answer.text}`);
  return { ms, bytes: answer.text.length };
}

function shuffled(list) {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [out[i], out[j]] = [out[j], out[i]];
  }
  return out;
}

/* Samples of each class, and of the control: { class: { ms, bytes } }. */
async function measure(socket, { status, classes }, rounds) {
  const [first] = Object.keys(classes);
  const names = [...Object.keys(classes), 'control'];
  const seen = Object.fromEntries(names.map((name) =>
    [name, { ms: [], bytes: new Set() }]));
  for (let i = -WARM; i < rounds; i++) {
    const order = shuffled(names);
    for (const name of [...order, ...order.reverse()]) {
      const asked =
        await (classes[name] ?? classes[first])(randomInt(1 << 30));
      const one = await once(socket, asked, status, name === 'control');
      if (i < 0)
        continue;
      seen[name].ms.push(one.ms);
      seen[name].bytes.add(one.bytes);
    }
  }
  return seen;
}

function report(name, seen) {
  const [[first, reference], ...others] = Object.entries(seen);
  const mean = trimmed(reference.ms);
  const rows = [{ endpoint: name, class: first, n: reference.ms.length,
    mean_ms: mean, bytes: reference.bytes.size }];
  for (const [what, { ms, bytes }] of others) {
    const control = what === 'control';
    const d = difference(reference.ms, ms);
    rows.push({ endpoint: name, class: control
      ? `control: ${PLANTED_MS} ms planted` : what, n: ms.length,
    difference_ms: d, bytes: bytes.size, guessed: guessed(reference.ms, ms),
    verdict: verdict(d, mean, control) });
  }
  return rows;
}

function show(row) {
  const d = row.difference_ms;
  const signed = (x) => `${x < 0 ? '' : '+'}${x.toFixed(3)}`;
  console.log([row.endpoint.padEnd(24), row.class.padEnd(26),
    d === undefined ? `${row.mean_ms.toFixed(3)} ms (n = ${row.n})`
      : `${signed(d.at)} [${signed(d.low)}, ${signed(d.high)}] ms, told `
        + `apart ${(100 * row.guessed).toFixed(0)} %: ${row.verdict}`,
  ].join(' '));
}

function parse(args) {
  const o = { samples: 3000, json: null, names: [] };
  for (let i = 0; i < args.length; i++)
    if (args[i] === '--samples')
      o.samples = Number(args[++i]);
    else if (args[i] === '--json')
      o.json = args[++i];
    else
      o.names.push(args[i]);
  if (!(o.samples >= 2 * PER_GUESS)) {
    console.error('bench: --samples takes a number of at least 20');
    process.exit(2);
  }
  return o;
}

const options = parse(process.argv.slice(2));
const site = new Site(SETTINGS, 100);
const rows = [];
try {
  await site.open();
  const keys = new Keys(site);
  await keys.seed();
  await seed(site);
  await seedGuarded(site, keys);
  const socket = join(site.instance.dir, 'run/public.sock');
  for (const [name, one] of Object.entries(endpoints(site, keys))) {
    if (options.names.length > 0 && !options.names.includes(name))
      continue;
    const seen = await measure(socket, one,
      Math.max(PER_GUESS, Math.round(options.samples * one.rounds / 2)));
    const some = report(name, seen);
    some.forEach(show);
    rows.push(...some);
  }
} finally {
  await site.close();
}
if (options.json)
  writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
process.exitCode = rows.some((row) => row.verdict === 'NOT SEEN') ? 1 : 0;
