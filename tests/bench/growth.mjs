/*
 * How the cost of a request grows with what is stored: "tests/bench/run
 * growth".  The same requests of the same people, beside more and more others.
 *
 * Times move with the machine; processor time moves less, and rows read not at
 * all: what reads as many rows among a million as among a thousand does not
 * grow, but by the depth of a tree.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { grow } from '../lib/grown.mjs';
import { Keys } from './keys.mjs';
import { median, wrk } from './measure.mjs';
import { Passkeys } from './passkeys.mjs';
import { Site } from './site.mjs';

const SETTINGS = { 'rate_limiter.enabled': 'false', 'log.level': 'warn',
  'audit_log.storage.enabled': 'true' };
const OWN = 1000; /* users who send the requests */
const GOAL = 1.3;
const EXPIRY_GOAL = 2;

/* What grows, and to how many rows at most. */
const TABLES = { tenants: 1000, users: Infinity, emails: Infinity,
  sessions: Infinity, primary_emails: Infinity, usernames: Infinity,
  password_credentials: Infinity, webauthn_credentials: Infinity,
  members: Infinity, key_credentials: Infinity, audit_logs: Infinity,
  rate_limits: 1e5, flows: 1e5, outbox: 1e5 };

function parse(args) {
  const o = { seconds: 3, rounds: 3, sizes: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--seconds')
      o.seconds = Number(args[++i]);
    else if (args[i] === '--rounds')
      o.rounds = Number(args[++i]);
    else
      o.sizes.push(Number(args[i]));
  }
  if (!(o.seconds > 0 && o.rounds > 0) || o.sizes.some((n) => !(n >= 1000))) {
    console.error('growth: --seconds N, --rounds N, sizes from 1000 on');
    process.exit(2);
  }
  if (o.sizes.length === 0)
    o.sizes.push(1e3, 1e5, 1e6);
  return o;
}

const options = parse(process.argv.slice(2));
const site = new Site(SETTINGS, 800, { users: OWN, admin: true });
const ask = (text) => site.instance.sql(text);

/* Rows of tables and keys that the server has read. */
async function rowsRead() {
  const rows = await ask("SHOW GLOBAL STATUS LIKE 'Handler_read_%'");
  return rows.reduce((sum, [, n]) => sum + Number(n), 0);
}

/* Until the database does nothing but answer this. */
async function isQuiet() {
  const busy = async () => (await ask(`SELECT 1
    FROM information_schema.processlist WHERE id <> CONNECTION_ID()
      AND command IN ('Execute', 'Query')`)).length > 0;
  while (await busy())
    await sleep(100);
}

/* While fn runs the courier sleeps: the request is measured, not the sending. */
async function asleep(fn) {
  const pid = site.courier();
  process.kill(pid, 'SIGSTOP');
  await isQuiet();
  try {
    return await fn();
  } finally {
    await ask(`DELETE FROM outbox WHERE kind <> 'webhook'
      AND next_try_at < UTC_TIMESTAMP(6) + INTERVAL 1 DAY`);
    process.kill(pid, 'SIGCONT');
  }
}

/* One measurement: { rate, cpu_us, rows, p99, errors }. */
async function load(file, more = {}) {
  const { url } = site.instance;
  const before = await rowsRead();
  const own = await rowsRead() - before; /* what the question itself reads */
  const got = await wrk({ url, file, connections: 8, pids: site.serving(url),
    seconds: options.seconds, ...more });
  const rows = await rowsRead() - before - 2 * own;
  return { ...got, rows: rows / Math.max(got.requests, 1) };
}

/* ------------------------------------------------------------ the requests */

/* Those that can be sent again and again. */
async function steady() {
  const tokens = await site.tokens();
  const few = await site.fewTokens();
  const { POSTERN_ADMIN_URL, POSTERN_ADMIN_KEY } = site.instance.env;
  const admin = (name, path) => [site.file(name, [
    `GET ${path} ${POSTERN_ADMIN_KEY} -`]), { url: POSTERN_ADMIN_URL }];
  return {
    'sessions/validate': [site.gets('fresh', '/sessions/validate', tokens)],
    me: [site.gets('me', '/me', tokens)],
    'passcode/login/initialize': [site.passcodes()],
    'password/login': [site.logins(),
      { connections: availableParallelism(), settle_ms: 500 }],
    'flow, a new one': [site.file('begins', ['POST /login - {}'])],
    'behind the authorizer': [site.members(few)],
    'admin: page of users': admin('people', '/users?per_page=20'),
    'admin: page of the audit log': admin('audit', '/audit_logs?per_page=20'),
  };
}

/* Those that are used up: each measurement has its own. */
async function usedUp() {
  const passkeys = new Passkeys(site);
  await passkeys.seed();
  const keys = new Keys(site);
  await keys.seed();
  return { 'webauthn/login/finalize': (n) => passkeys.finalizes(n),
    'auth/login/init, auth/login': (n) => keys.logins(n) };
}

/* ----------------------------------------------------------------- the sizes */

const ALIVE = 'UTC_TIMESTAMP(6) + INTERVAL 30 DAY';
const say = (what) => console.error(`${new Date().toISOString()
  .slice(11, 19)}  ${what}`);

async function growTo(size, from) {
  for (const [table, most] of Object.entries(TABLES)) {
    say(`${table} to ${Math.min(size, most)}`);
    await grow(ask, Math.min(size, most), { from, only: [table],
      tenants: Math.min(100, size / 10), ends: ALIVE });
  }
}

async function measure(requests, used) {
  const found = {};
  for (let i = 0; i < options.rounds; i++) {
    for (const [name, [file, more]] of Object.entries(requests))
      (found[name] ??= []).push(await asleep(() => load(file, more)));
    for (const [name, make] of Object.entries(used)) {
      const n = Math.ceil((found[name]?.at(-1).rate ?? 500)
        * options.seconds * 3);
      const some = await make(n);
      (found[name] ??= []).push(await asleep(() => load(some)));
    }
  }
  return found;
}

/* What a row of each table takes, and what its keys: [table, rows, ...]. */
async function bytesOf() {
  const all = [];
  await ask(`ANALYZE TABLE ${Object.keys(TABLES)}`);
  for (const table of Object.keys(TABLES))
    all.push(...await ask(`SELECT '${table}', n, ROUND(data_length / n),
        ROUND(index_length / n)
      FROM information_schema.tables, (SELECT COUNT(*) AS n FROM ${table}) c
      WHERE table_schema = DATABASE() AND table_name = '${table}'`));
  return all;
}

const short = (n) => (n >= 100 ? n.toFixed(0) : n.toFixed(1));
const middle = (series, what) => median(series.map((one) => one[what]));

/* A line a request: at each size, and the last as a multiple of the first. */
function print(all) {
  const sizes = options.sizes;
  console.log(`${sizes.join(', ')} users, sessions, entries of the log: rows`
    + ' read by a request, and processor time (us); the last beside the first');
  for (const name of Object.keys(all[0])) {
    const line = ['rows', 'cpu_us'].map((what) => {
      const at = all.map((found) => middle(found[name], what));
      const ratio = at.at(-1) / at[0];
      return `${at.map(short).join(' ')} = ${ratio.toFixed(2)}${
        ratio > GOAL ? ' !' : ''}`;
    });
    const errors = all.flatMap((found) => found[name])
      .reduce((sum, one) => sum + one.errors, 0);
    console.log(`${name.padEnd(30)} ${line[0].padEnd(30)} ${line[1]}${
      errors ? `; ${errors} failed` : ''}`);
  }
}

/* The slowest hundredth while a million rows expire, and without. */
async function expiry(requests) {
  const rows = options.sizes.at(-1);
  const paced = { connections: 8, pause_ms: 10 };
  const names = ['sessions/validate', 'passcode/login/initialize'];
  const p99 = async (name) => {
    const got = [];
    for (let i = 0; i < options.rounds; i++)
      got.push(await load(requests[name][0], paced));
    return middle(got, 'p99');
  };
  await ask('TRUNCATE rate_limits; TRUNCATE outbox');
  const idle = [];
  for (const name of names)
    idle.push(await p99(name));
  await grow(ask, rows, { only: ['rate_limits'], tenants: 100,
    ends: 'UTC_TIMESTAMP(6) - INTERVAL 1 DAY' });
  const left = async () => Number((await ask(
    'SELECT COUNT(*) FROM rate_limits'))[0][0]);
  while (await left() === rows)
    await sleep(1000);
  const [before, began] = [await left(), Date.now()];
  for (const [i, name] of names.entries()) {
    const busy = await p99(name);
    const ratio = busy / idle[i];
    console.log(`p99 of ${name} while rows expire: ${idle[i].toFixed(2)} ms,`
      + ` ${busy.toFixed(2)} ms = ${ratio.toFixed(2)}${
        ratio > EXPIRY_GOAL ? ' !' : ''}`);
  }
  console.log(`${Math.round((before - await left()) * 1000
    / (Date.now() - began))} rows went a second`);
}

async function all() {
  await site.open();
  const requests = await steady();
  const used = await usedUp();
  const found = [];
  let from = 1;
  for (const size of options.sizes) {
    await growTo(size, from);
    from = size + 1;
    say(`${size}: measuring`);
    found.push(await measure(requests, used));
  }
  print(found);
  console.log('bytes of a row, and of its keys:');
  for (const [table, rows, data, keys] of await bytesOf())
    console.log(`  ${table.padEnd(24)} ${rows.padStart(9)} rows ${
      data.padStart(5)} + ${keys}`);
  await expiry(requests);
}

/* As a server has it that is meant for so many. */
process.env.POSTERN_MARIADB_OPTIONS ??= '--innodb-buffer-pool-size=2G';
try {
  await all();
} finally {
  await site.close();
}
