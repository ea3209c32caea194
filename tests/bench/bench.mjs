/*
 * What Postern costs: the table of tests/bench/run (see there).
 *
 * Every figure is a ratio between measurements that took turns in this run.
 * Figures per second are of this machine and this minute, and mean nothing
 * beside those of another.
 */
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync,
  writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { privateKib } from '../lib/memory.mjs';
import { Flows, idOf } from './flows.mjs';
import { Keys } from './keys.mjs';
import { argon2, bin, interleave, median, ratio, spread, wrk }
  from './measure.mjs';
import { Outbox } from './outbox.mjs';
import { Passkeys } from './passkeys.mjs';
import { output } from './quickstart.mjs';
import { answerStart, mixedRequests } from './rest.mjs';
import { Site } from './site.mjs';
import { print, row } from './table.mjs';

const SETTINGS = { 'rate_limiter.enabled': 'false', 'log.level': 'warn' };
const CONNECTIONS = 16;
const GROUPS = ['memory', 'start', 'jwks', 'validate', 'passcode', 'outbox',
  'argon2', 'login', 'flow', 'webauthn', 'dfns-code', 'dfns-login',
  'authorizer', 'p99', 'metrics', 'audit', 'es256'];
/* --quick has no row that is without a goal, and no queue of logins. */
const SLOW = ['metrics', 'audit', 'outbox', 'webauthn', 'dfns-code',
  'dfns-login', 'authorizer',
  'passcode-mail', 'login-queue', 'p99-floor'];

function usage(what) {
  console.error(`bench: ${what}; see tests/bench/run --help`);
  process.exit(2);
}

function parse(args) {
  const o = { seconds: 3, rounds: 3, quick: false, json: null, names: [] };
  for (let i = 0; i < args.length; i++) {
    const number = () => {
      const n = Number(args[++i]);
      return Number.isInteger(n) && n > 0 && n <= 60 ? n
        : usage(`${args[i - 1]} takes a number from 1 to 60`);
    };
    if (args[i] === '--json')
      o.json = args[++i] ?? usage('--json takes a file');
    else if (args[i] === '--seconds')
      o.seconds = number();
    else if (args[i] === '--rounds')
      o.rounds = number();
    else if (args[i] === '--quick')
      Object.assign(o, { quick: true, seconds: 1 });
    else if (GROUPS.includes(args[i]))
      o.names.push(args[i]);
    else
      usage(`${args[i]} is none of ${GROUPS.join(' ')}`);
  }
  if (o.names.length === 0)
    o.names = GROUPS.filter((name) => !o.quick || !SLOW.includes(name));
  return o;
}

const options = parse(process.argv.slice(2));
const wanted = (name) => options.names.includes(name);
const thorough = (name) => !options.quick || !SLOW.includes(name);
const rows = [];
const began = Date.now();

function say(what) {
  const s = String(Math.round((Date.now() - began) / 1000)).padStart(3);
  console.error(`${s} s  ${what}`);
}

/* One load for interleave(); a second of it first, which is not counted. */
const load = (site, file, more = {}) => ({ warm }) => wrk({
  url: site.instance.url, file, connections: CONNECTIONS, ...more,
  pids: site.serving(more.url ?? site.instance.url),
  seconds: warm ? 1 : more.seconds ?? options.seconds,
});

/* A row that no goal depends on takes less time. */
const goalless = () => Math.min(options.seconds, 2);

/* Rows of one floor: { name: [operation, goal] }, in the order of results. */
function compare(results, floor, operations) {
  for (const [name, [operation, goal, more]] of Object.entries(operations)) {
    const series = results[name];
    rows.push(row({
      name,
      operation,
      floor: { ...spread(results[floor].map((one) => one.rate)), unit: '/s' },
      measured: { ...spread(series.map((one) => one.rate)), unit: '/s' },
      ratio: ratio(series, results[floor]),
      goal: goal === null ? null : { at_least: goal },
      errors: [...series, ...results[floor]]
        .reduce((sum, one) => sum + one.errors, 0),
      p99_ms: median(series.map((one) => one.p99)),
      cpu_us: median(series.map((one) => one.cpu_us)),
      floor_cpu_us: results[floor][0].cpu_us &&
        median(results[floor].map((one) => one.cpu_us)),
      ...more,
    }));
  }
}

/* What an answer has: its body, and a head of at least 150 bytes. */
async function probe(site, path, token) {
  const answer = await fetch(site.instance.url + path,
    { headers: token ? { authorization: `Bearer ${token}` } : {} });
  const body = await answer.text();
  if (!answer.ok || body.includes('"is_valid":false'))
    throw new Error(`${path}: ${answer.status} ${body}`);
  return { body: Buffer.byteLength(body), bytes: Buffer.byteLength(body) + 150 };
}

/* ---------------------------------------------------------------- the groups */

async function memory(site) {
  const rest_s = options.quick ? 3 : 30;
  say(`a worker at rest, after ${rest_s} s`);
  await sleep(rest_s * 1000);
  const fresh = site.workers().map(privateKib);
  const errors = await mixedRequests(site, 1000);
  await sleep(1000);
  const used = site.workers().map(privateKib);
  for (const [name, operation, kib] of [
    ['memory', 'private memory of a worker, at rest', fresh],
    ['memory-used', '... after 1000 mixed requests', used]])
    rows.push(row({ name, operation, floor: null, ratio: null,
      measured: { ...spread(kib.map((one) => one / 1024)), unit: 'MiB' },
      goal: { at_most: 2, unit: 'MiB' }, errors: name === 'memory' ? 0 : errors }));
}

async function starting(site) {
  say('start');
  const ms = await answerStart(site, options.quick ? 7 : 15);
  rows.push(row({ name: 'start', operation: 'start: exec to first answer',
    floor: null, ratio: null, measured: { ...spread(ms), unit: 'ms' },
    goal: { at_most: 30, unit: 'ms' }, errors: 0 }));
}

async function jwks(site) {
  const path = '/.well-known/jwks.json';
  const { body, bytes } = await probe(site, path);
  const file = site.gets('jwks', path);
  say('jwks.json');
  compare(await interleave(options.rounds, {
    floor: load(site, file, { url: await site.floor('static', body) }),
    jwks: load(site, file, { bytes }),
  }), 'floor', { jwks: [`GET ${path}`, 0.90] });
}

const VALIDATE = '/sessions/validate';

async function validate(site) {
  const tokens = await site.tokens();
  const { body, bytes } = await probe(site, VALIDATE, tokens[0]);
  const seen = site.gets('seen', VALIDATE, tokens.slice(0, 32));
  const fresh = site.gets('fresh', VALIDATE, tokens);
  say('sessions/validate, RS256');
  compare(await interleave(options.rounds, {
    floor: load(site, fresh, { url: await site.floor('select', body) }),
    seen: load(site, seen, { bytes }),
    rs256: load(site, fresh, { bytes }),
  }), 'floor', {
    seen: [`GET ${VALIDATE}, token seen before`, 0.80],
    rs256: [`GET ${VALIDATE}, new token, RS256`, 0.60],
  });
}

async function es256(site) {
  /* A second key, of another algorithm, which signs at once. */
  const tokens = await site.tokens('session.signing_algorithm=ES256',
    'session.key_publish_delay=0');
  /* A worker that has just looked looks again a second later. */
  await sleep(1100);
  const { body, bytes } = await probe(site, VALIDATE, tokens[0]);
  const fresh = site.gets('fresh', VALIDATE, tokens);
  say('sessions/validate, ES256');
  compare(await interleave(options.rounds, {
    floor: load(site, fresh, { url: await site.floor('select', body) }),
    es256: load(site, fresh, { bytes }),
  }), 'floor', { es256: [`GET ${VALIDATE}, new token, ES256`, 0.42] });
}

/* The courier sleeps: the request is measured, not the sending. */
const asleep = (site, fn) => async (how) => {
  const pid = site.courier();
  process.kill(pid, 'SIGSTOP');
  try {
    return await fn(how);
  } finally {
    await site.sweep();
    process.kill(pid, 'SIGCONT');
  }
};

const swept = (site, fn) => async (how) => {
  const result = await fn(how);
  await site.sweep();
  return result;
};

async function passcode(site, names = { passcode: 0.50, 'passcode-mail': null },
  label = '') {
  const path = '/passcode/login/initialize';
  const file = site.passcodes();
  const url = await site.floor('insert', 100);
  say(`passcode${label}`);
  const subjects = { floor: swept(site, load(site, file, { url })) };
  const operations = {};
  for (const [name, goal] of Object.entries(names).filter(
    ([one]) => thorough(one))) {
    const mail = name === 'passcode-mail';
    const fn = load(site, file);
    subjects[name] = mail ? swept(site, fn) : asleep(site, fn);
    operations[name] = [mail ? '... while the mails are sent'
      : `POST ${path}${label}`, goal];
  }
  compare(await interleave(options.rounds, subjects), 'floor', operations);
}

/* What requests notice of 10,000 mails that leave, and how fast they do. */
async function outbox(site) {
  const box = new Outbox(site, 10000);
  const tokens = await site.fewTokens();
  const { bytes } = await probe(site, VALIDATE, tokens[0]);
  const check = load(site, site.gets('seen', VALIDATE, tokens), { bytes });
  say('10,000 mails leave');
  const filled = async () => {
    await site.sweep();
    await box.fill();
    await box.due();
  };
  const results = await interleave(options.rounds, {
    idle: check,
    busy: async (how) => {
      await filled();
      const result = await check(how);
      if (await box.waiting() === 0)
        result.errors++; /* it was not busy to the end */
      await site.sweep();
      return result;
    },
    relay: ({ warm }) => box.relay(warm ? 100 : 2000),
    courier: async ({ warm }) => {
      if (!warm)
        await filled();
      await box.drained();
      return { rate: warm ? 0 : await box.rate(), errors: 0 };
    },
  });
  for (const [name, operation, floor, unit, goal, floor_does] of [
    ['busy', `GET ${VALIDATE} while 10,000 mails leave`, 'idle', '/s', 0.5,
      'the same while none do'],
    ['courier', 'mails that leave by the courier', 'relay', '/s', null,
      'the same mails over one connection to the same receiver']])
    rows.push(row({ name: `outbox-${name}`, operation, floor_does,
      floor: { ...spread(results[floor].map((one) => one.rate)), unit },
      measured: { ...spread(results[name].map((one) => one.rate)), unit },
      ratio: ratio(results[name], results[floor]),
      goal: goal === null ? null : { at_least: goal },
      errors: results[name].reduce((sum, one) => sum + one.errors, 0) }));
}

/* Slots of the gate, and places in its queue, as gate.c counts them. */
function gateOf(site) {
  const slots = availableParallelism();
  return { slots, places: Math.max(site.workers().length - slots - 2, 0) };
}

/* What verifies, beside the library that it stands for, and another one. */
async function hashing(site) {
  const { slots } = gateOf(site);
  say(`Argon2id, by the kernel ${site.own}`);
  const by = (way) => ({ warm }) =>
    argon2(way, slots, warm ? 1 : options.seconds, site);
  const results = await interleave(options.rounds, { library: by('library'),
    argon2: by('kernel'), 'argon2-huge': by('huge'), sodium: by('sodium') });
  const what = `Argon2id by ${site.own}, ${slots} threads`;
  compare(results, 'library', {
    argon2: [what, 2.20, { floor_does: 'libargon2, with as many threads' }],
    'argon2-huge': ['... where huge pages are given', 2.40] });
  compare({ ...results, 'argon2-sodium': results.argon2 }, 'sodium', {
    'argon2-sodium': ['... on ordinary ones, beside libsodium', 1.40] });
}

async function login(site, names = ['login', 'login-queue'], label = '') {
  const { slots, places } = gateOf(site);
  const seconds = options.seconds * 2;
  const file = site.logins();
  const goal = 0.93;
  say(`password/login${label}`);
  const operations = {
    login: [`POST /password/login${label}`, goal,
      { connections: slots }],
    'login-audit': [`POST /password/login${label}`, null,
      { connections: slots }],
    'login-queue': [`... ${slots + places} connections, ${slots} slots`, goal,
      { connections: slots + places }],
  };
  const subjects = { floor: ({ warm }) =>
    argon2('kernel', slots, warm ? 1 : seconds, site) };
  const chosen = names.filter(thorough);
  for (const name of chosen)
    subjects[name] = load(site, file,
      { connections: operations[name][2].connections, seconds,
        settle_ms: 500 });
  compare(await interleave(options.rounds, subjects), 'floor',
    Object.fromEntries(chosen.map((name) => [name, operations[name]])));
}

/* Steps that are used up: more for one that is faster than the last. */
const usingUp = (site, flows, file, more) => {
  let best = 0;
  return async (how) => {
    const seconds = how.warm ? 1 : more.seconds;
    const n = how.warm ? more.first : Math.max(more.first,
      Math.ceil(2 * best * seconds));
    const result = await load(site, await file(n), { ...more, seconds })(how);
    best = Math.max(best, result.rate);
    await flows.sweep();
    return result;
  };
};

/* One that begins; one step; one that hashes; and what is asked before each. */
async function flow(site) {
  const flows = new Flows(site);
  const seconds = goalless();
  const ready = await flows.at('login', []);
  const asked = `/login?action=continue_with_login_identifier%40${idOf(ready)}`;
  const email = (i) => ({ email: `user${i % 64 + 1}@example.org` });
  const begins = site.file('begins', ['POST /login - {}']);
  const preflights = site.file('options', [`OPTIONS ${asked} - -`]);
  const identify = (i) => ['continue_with_login_identifier', email(i)];
  const step = usingUp(site, flows, (n) => flows.steps(n, () => [], identify),
    { seconds, first: 2000 });
  const like = site.file('like', ['POST /login - {"input_data":{}}']);
  const emptied = async (fn, how) => {
    const result = await fn(how);
    await flows.sweep();
    return result;
  };
  say('flow: POST /login, OPTIONS');
  const begun = load(site, begins, { bytes: ready.bytes });
  const inserted = load(site, begins,
    { url: await site.floor('insert', ready.bytes) });
  compare(await interleave(options.rounds, {
    floor: (how) => emptied(inserted, how),
    'flow-new': (how) => emptied(begun, how),
  }), 'floor', { 'flow-new': ['POST /login, a new flow', 0.50] });
  compare(await interleave(options.rounds, {
    floor: load(site, preflights, { url: await site.floor('static', 2) }),
    'flow-options': load(site, preflights),
  }), 'floor', { 'flow-options': ['OPTIONS of an action of a flow', 0.90] });
  say('flow: a step');
  const updated = load(site, like,
    { url: await site.floor('update', ready.bytes), seconds });
  compare(await interleave(options.rounds, { floor: updated,
    'flow-step': step }), 'floor', { 'flow-step': [
    'a step: continue_with_login_identifier', 0.45, { seconds,
      floor_does: 'SELECT by primary key, UPDATE of that row, COMMIT' }] });
  await flowPassword(site, flows, identify);
}

/*
 * With as many clients as slots a core has nothing to do while the disk writes
 * a session down; with some that wait for a slot it has.
 */
async function flowPassword(site, flows, identify) {
  const { slots, places } = gateOf(site);
  const seconds = goalless() * 2;
  const hash = (connections) => usingUp(site, flows, (n) => flows.steps(n,
    (i) => [identify(i), ['continue_to_password_login', {}]],
    () => ['password_login', { password: site.password }]),
  { seconds, first: 400, connections, settle_ms: 500 });
  say('flow: the password');
  const raw = (way) => ({ warm }) =>
    argon2(way, slots, warm ? 1 : seconds, site);
  const results = await interleave(options.rounds, {
    floor: raw('kernel'),
    library: raw('library'),
    'flow-password': hash(slots),
    'flow-password-queue': hash(slots + places),
  });
  compare({ library: results.library,
    'flow-password-library': results['flow-password'] }, 'library', {
    'flow-password-library': ['... against libargon2 as it is packaged', 0.93,
      { connections: slots }] });
  compare(results, 'floor', {
    'flow-password': ['a step: password_login', 0.93, { connections: slots }],
    'flow-password-queue': [
      `... ${slots + places} connections, ${slots} slots`, 0.93,
      { connections: slots + places }],
  });
}

/*
 * A login with a passkey.  A challenge is answered once, so that every
 * measurement has its own, with some to spare for one that is faster than the
 * last.
 */
async function webauthn(site) {
  const passkeys = new Passkeys(site);
  say('webauthn/login/finalize');
  await passkeys.seed();
  const { body, token } = await passkeys.probe();
  const url = await site.floor('passkey', body + token);
  const seconds = goalless();
  const floor = load(site, passkeys.lookalikes(64), { url, seconds });
  let best = 0;
  const finalize = async (how) => {
    const n = how.warm ? 4000 * availableParallelism()
      : Math.ceil(3 * best * seconds);
    const file = await passkeys.finalizes(n);
    const result = await load(site, file,
      { bytes: body + token, seconds })(how);
    best = Math.max(best, result.rate);
    await passkeys.sweep();
    return result;
  };
  const results = await interleave(options.rounds, {
    floor: async (how) => {
      const result = await floor(how);
      await passkeys.sweep();
      return result;
    },
    webauthn: finalize,
  });
  compare(results, 'floor', { webauthn: ['POST /webauthn/login/finalize', null,
    { seconds, floor_does: 'in one request, verify ES256 and sign RS256 with ' +
      'keys kept parsed; SELECT by primary key, INSERT, COMMIT' }] });
}

/* The keys of the Dfns API, of which one instance has one set. */
async function keysOf(site) {
  if (!site.keys) {
    const keys = new Keys(site);
    await keys.seed();
    site.keys = keys;
  }
  return site.keys;
}

async function dfnsCode(site) {
  const keys = await keysOf(site);
  const file = keys.codes();
  const url = await site.floor('insert', 100);
  say('auth/login/code');
  compare(await interleave(options.rounds, {
    floor: swept(site, load(site, file, { url })),
    'dfns-code': asleep(site, load(site, file)),
  }), 'floor', { 'dfns-code': ['POST /auth/login/code', null] });
}

/* Two requests are one login. */
const inPairs = (one) => ({ ...one, rate: one.rate / 2,
  cpu_us: one.cpu_us * 2 });

/* A login with a Key; each measurement has its own challenges, as above. */
async function dfnsLogin(site) {
  const keys = await keysOf(site);
  say('auth/login/init and auth/login');
  const bytes = await keys.probe();
  const url = await site.floor('key', bytes);
  const seconds = goalless();
  const floor = load(site, await keys.lookalikes(64), { url, seconds });
  let best = 0;
  const login = async (how) => {
    const n = how.warm ? 1000 * availableParallelism()
      : Math.ceil(3 * best * seconds);
    const file = await keys.logins(n);
    const result = inPairs(await load(site, file, { bytes, seconds })(how));
    best = Math.max(best, result.rate);
    await keys.sweep();
    return result;
  };
  const results = await interleave(options.rounds, {
    floor: async (how) => {
      const result = inPairs(await floor(how));
      await keys.sweep();
      return result;
    },
    'dfns-login': login,
  });
  compare(results, 'floor', { 'dfns-login': [
    'POST /auth/login/init and /auth/login', null, { seconds,
      floor_does: 'for the first request, sign Ed25519; SELECT by primary ' +
      'key, INSERT, COMMIT; for the second, verify Ed25519 and ES256 and ' +
      'sign Ed25519 with keys kept parsed; SELECT by primary key, DELETE, ' +
      'INSERT, COMMIT' }] });
}

/* A page of the site that only users see: the web server asks first. */
async function authorizer(site) {
  const tokens = await site.fewTokens();
  const file = site.members(tokens);
  const url = await site.floor('authorize', 0);
  const path = '/members/index.html';
  const seconds = goalless();
  const reply = await fetch(site.instance.url + path,
    { headers: { cookie: `hanko=${tokens[0]}` } });
  const page = await reply.text();
  const stranger = await fetch(site.instance.url + path);
  if (!reply.ok || stranger.status !== 401)
    throw new Error(`${path}: ${reply.status}, ${stranger.status}`);
  const bytes = Buffer.byteLength(page) + 150;
  say('a page for users, by the authorizer');
  compare(await interleave(options.rounds, {
    floor: load(site, file, { url, bytes, seconds }),
    authorizer: load(site, file, { bytes, seconds }),
  }), 'floor', { authorizer: [`GET ${path}, behind the authorizer`, null,
    { seconds, floor_does: 'the same file, behind an authorizer that says ' +
      '200 to everybody and has no database' }] });
}

/*
 * Sessions are checked at a steady, modest rate: how long the slowest hundredth
 * takes, alone and while every slot and place of the gate is taken.  Beside
 * it, what the machine itself does to the floor while the bare kernel hashes.
 */
async function latency(site) {
  const { slots, places } = gateOf(site);
  const tokens = await site.fewTokens();
  const file = site.gets('seen', VALIDATE, tokens);
  const { body, bytes } = await probe(site, VALIDATE, tokens[0]);
  const url = await site.floor('select', body);
  const { seconds } = options;
  const paced = { connections: 8, pause_ms: 10, seconds };
  const check = load(site, file, { ...paced, bytes });
  const floor = load(site, file, { ...paced, url });
  const logins = load(site, site.logins(),
    { connections: slots + places, seconds: seconds + 1, settle_ms: 500 });
  const during = (one, other) => async (how) => {
    const busy = other(how);
    await sleep(500);
    const result = await one(how);
    const { errors } = await busy;
    return { ...result, errors: result.errors + errors };
  };
  say('p99 while logins saturate the gate');
  const bare = ({ warm }) =>
    argon2('kernel', slots, warm ? 2 : seconds + 1, site);
  const results = await interleave(options.rounds, {
    idle: check,
    busy: during(check, logins),
    ...(thorough('p99-floor') ? { 'floor-idle': floor,
      'floor-busy': during(floor, bare) } : {}),
  });
  const p99 = (one) => one.p99;
  for (const [name, operation, idle, busy, goal] of [
    ['p99', `p99 of GET ${VALIDATE} while logins saturate the gate`,
      'idle', 'busy', { at_most: 5 }],
    ['p99-floor', '... of the floor, while the bare kernel hashes',
      'floor-idle', 'floor-busy', null]].filter(([one]) => thorough(one)))
    rows.push(row({ name, operation,
      floor: { ...spread(results[idle].map(p99)), unit: 'ms idle' },
      measured: { ...spread(results[busy].map(p99)), unit: 'ms' },
      ratio: ratio(results[busy], results[idle], p99), goal,
      errors: [...results[idle], ...results[busy]]
        .reduce((sum, one) => sum + one.errors, 0) }));
}

async function audit(site) {
  await site.reopen({ 'audit_log.storage.enabled': 'true' });
  await login(site, ['login-audit'], ', audit rows on');
  await passcode(site, { 'passcode-audit': null }, ', audit rows on');
  await site.reopen({});
}

/* ----------------------------------------------------------------- the whole */

/* Is the library one that a package brought? */
async function fromPackage(kernel) {
  const path = kernel.match(/\((\/.*?)\)/)?.[1] ?? '';
  const real = path.replace(/^\/lib\//, '/usr/lib/');
  for (const [file, ...args] of [['dpkg-query', '-S', path],
    ['dpkg-query', '-S', real], ['rpm', '-qf', path]])
    if (await output(file, args).then(() => true, () => false))
      return true;
  return false;
}

/* The same server, but what counts for metrics is a function that is empty. */
function uncounted() {
  const build = process.env.POSTERN_BUILD;
  const dir = join(build, 'uncounted');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  for (const name of readdirSync(build).filter((one) => /^postern-/.test(one)))
    symlinkSync(join(build, name), join(dir, name));
  copyFileSync(join(bin, 'uncounted'), join(dir, 'postern'));
  return dir;
}

/*
 * What counting costs: pairs of the same requests, with it and without, between
 * which the server is another one.  A second's load comes first each time.
 */
async function metrics(site) {
  const builds = { counted: site.instance.build, uncounted: uncounted() };
  const tokens = await site.tokens();
  const shown = { 'metrics-jwks': site.gets('jwks', '/.well-known/jwks.json'),
    'metrics-validate': site.gets('seen', VALIDATE, tokens.slice(0, 32)),
    'metrics-passcode': site.passcodes() };
  const results = {};
  const by = async (how) => {
    site.instance.build = builds[how];
    await site.reopen({});
    for (const [name, file] of Object.entries(shown)) {
      const fn = asleep(site, load(site, file));
      await fn({ warm: true });
      ((results[name] ??= {})[how] ??= []).push(await fn({ warm: false }));
    }
  };
  say('metrics: with counting, and without');
  try {
    for (let i = 0; i < options.rounds; i++)
      for (const how of i % 2 ? ['uncounted', 'counted']
        : ['counted', 'uncounted'])
        await by(how);
  } finally {
    site.instance.build = builds.counted;
    await site.reopen({});
  }
  for (const [name, of] of Object.entries(results))
    compare({ floor: of.uncounted, [name]: of.counted }, 'floor', { [name]: [
      `${name.slice(8)}, counted`, 0.97,
      { floor_does: 'the same, but counts nothing for metrics' }] });
}

async function all() {
  const site = new Site(SETTINGS, options.quick ? 3000 : 8000);
  const failures = [];
  const attempt = async (name, fn) => {
    if (!wanted(name))
      return;
    try {
      await fn(site);
    } catch (error) {
      failures.push(`${name}: ${error.message}`);
      say(`${name} could not be measured: ${error.message}`);
    }
  };
  let conditions;
  try {
    say('setting up');
    await site.open();
    site.packaged = await fromPackage(site.kernel);
    conditions = {
      cpu: cpus()[0].model,
      cores: availableParallelism(),
      workers: site.workers().length,
      argon2: { memory_kib: site.argon2[0], iterations: site.argon2[1],
        parallelism: site.argon2[2], library: site.kernel,
        packaged: site.packaged },
      set: SETTINGS,
      seconds: options.seconds,
      rounds: options.rounds,
    };
    await attempt('memory', memory);
    await attempt('start', starting);
    await attempt('jwks', jwks);
    await attempt('validate', validate);
    await attempt('passcode', (one) => passcode(one));
    await attempt('outbox', outbox);
    await attempt('argon2', hashing);
    await attempt('login', (one) => login(one));
    await attempt('flow', flow);
    await attempt('webauthn', webauthn);
    await attempt('dfns-code', dfnsCode);
    await attempt('dfns-login', dfnsLogin);
    await attempt('authorizer', authorizer);
    await attempt('p99', latency);
    await attempt('metrics', metrics);
    await attempt('audit', audit);
    await attempt('es256', es256);
  } finally {
    await site.close();
  }
  return { conditions, rows, failures,
    took_s: Math.round((Date.now() - began) / 1000) };
}

const result = await all();
print(result);
if (options.json)
  writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.failures.length > 0 ||
  rows.some((one) => one.errors > 0) ? 1 : 0;
