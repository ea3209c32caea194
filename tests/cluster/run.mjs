/*
 * usage: node tests/cluster/run.mjs [OPTION]... [PART]...
 *
 * What tests/cluster/run says; called by it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../lib/cluster.mjs';
import { Field, races, run as race, settings } from '../lib/races.mjs';
import { faults } from './faults.mjs';
import { looked } from './looked.mjs';
import { throughput } from './throughput.mjs';
import { upgrade } from './upgrade.mjs';
import { Visitors } from './visitors.mjs';

const words = process.argv.slice(2);
const short = words.includes('--short');
const rounds = words.includes('--rounds')
  ? Number(words[words.indexOf('--rounds') + 1]) : short ? 2 : 50;
const minutes = words.includes('--minutes')
  ? Number(words[words.indexOf('--minutes') + 1]) : 0;
const only = words.includes('--only')
  && words[words.indexOf('--only') + 1];
const parts = words.filter((word, i) => !word.startsWith('--')
  && !['--rounds', '--minutes', '--only'].includes(words[i - 1]));
const size = 3;
let passed = 0;
let failed = 0;

function judge(name, good, figures) {
  console.log(`${good ? 'ok' : 'not ok'} - ${name}: ${figures}`);
  if (good)
    passed++;
  else
    failed++;
}

const join = (map) => [...map].map((pair) => pair.join(' x')).join(', ')
  || 'none';

/* ----------------------------------------------------------------- once */

async function once(cluster) {
  const parallel = short ? 12 : 50;
  const all = races.filter(({ set }) => !set);
  for (const one of all) {
    const field = new Field(cluster.hosts[0], parallel, cluster.hosts);
    const much = minutes
      ? { rounds: Infinity, lasts_ms: minutes * 60000 / all.length }
      : { rounds: one.cheap ? rounds : Math.max(1, Math.floor(rounds / 10)) };
    try {
      const { rounds: n, winners, strange } = await race(one, field,
        { ...much, parallel });
      judge(`once: ${one.name}`, winners === n && strange.length === 0,
        `${n} rounds of ${parallel}, ${winners} winners${strange.map((s) =>
          `; ${JSON.stringify(s)}`).join('')}`);
    } catch (error) {
      judge(`once: ${one.name}`, false, String(error.message).slice(0, 300));
    } finally {
      field.close();
    }
  }
}

/* ---------------------------------------------------------------- ended */

const cookieOf = (api) => ({ headers: { Cookie: api.jar.header() } });

async function isAlive(host, cookie) {
  const { body } = await host.client().call('GET', '/sessions/validate',
    undefined, { ...cookie, status: 200 });
  return body.is_valid;
}

/* Log in at one, be known at the others; log out, and ask there at once. */
async function ended(cluster, name, soon) {
  const n = short ? 20 : 200;
  const count = { unknown: 0, atOnce: 0, later: 0 };
  for (let i = 0; i < n; i++) {
    const at = (more) => cluster.hosts[(i + more) % size];
    const api = at(0).client();
    await api.signUp(`ended${name}${i}@example.org`);
    const cookie = cookieOf(api);
    count.unknown += await isAlive(at(1), cookie) ? 0 : 1;
    await api.call('POST', '/logout', undefined, { status: 204 });
    const began = Date.now();
    count.atOnce += await isAlive(at(1), cookie) ? 1 : 0;
    await sleep(Math.max(0, 1000 - (Date.now() - began)));
    count.later += await isAlive(at(1), cookie) ? 1 : 0;
  }
  judge(`ended: sync_wait ${name}`,
    count.unknown === 0 && count.later === 0 && (soon || count.atOnce === 0),
    `${n} sessions, ${count.unknown} not known where they were new, `
    + `${count.atOnce} alive at once after their end, ${count.later} after 1 s`);
}

async function allEnded(cluster) {
  await ended(cluster, 'most', true);
  for (const host of cluster.hosts)
    await host.reload({ ...host.options.set, 'database.sync_wait': 'all' });
  await ended(cluster, 'all', false);
  for (const host of cluster.hosts)
    await host.reload(host.options.set);
}

/* --------------------------------------------------------------- faults */

const isReady = (host) => fetch(`${host.url}/health/ready`)
  .then(({ ok }) => ok, () => false);

async function fault(cluster, visitors, one) {
  await one.ready?.(cluster);
  visitors.mark();
  const began = Date.now();
  await one.begin(cluster);
  await sleep(one.lasts_ms);
  const said = await one.end(cluster);
  await cluster.whole();
  const took = ((Date.now() - began) / 1000).toFixed(1);
  await sleep(3000);
  const { errors, silence, count } = visitors;
  const back = await Promise.all(cluster.hosts.map(isReady));
  const away = [...errors].reduce((sum, [what, n]) =>
    (/^[A-Z5]/.test(what) ? sum + n : sum), 0);
  const wrong = [...errors].some(([what]) => !/^[A-Z5]/.test(what));
  judge(`faults: ${one.name}`, silence <= 10000 && count.answers > 0
    && (one.sheds || away === 0) && !wrong && back.every(Boolean),
    `${took} s, ${count.answers} answers, longest without one ${silence} ms, `
    + `${back.filter(Boolean).length} hosts serve again, `
    + `errors: ${join(errors)}${said ? `; ${said}` : ''}`);
}

async function allFaults(cluster) {
  const visitors = new Visitors(cluster);
  visitors.come(short ? 3 : 6);
  await sleep(2000);
  for (const one of faults)
    if ((!short || one.short) && (!only || one.name.includes(only)))
      await fault(cluster, visitors, one);
  await visitors.stop();
  const { count, users, ended: over } = visitors;
  const lost = await visitors.lost();
  const undead = await visitors.undead();
  const twice = visitors.mailsTwice();
  judge('faults: what was acknowledged stands', lost === 0 && undead === 0
    && count.codesTwice === 0 && count.mailsLost === 0
    && count.deadAlive === 0 && twice === 0
    && count.logins > 0,
  `${count.logins} log-ins, ${users.length} accounts at ${size} nodes, ${lost} `
    + `missing; ${over.length} sessions ended, ${count.deadAlive + undead} `
    + `alive after 1 s; ${count.codesTwice} codes used twice; ${twice} mails `
    + 'twice');
}

const all = { looked: (c) => looked(c, judge), once, ended: allEnded,
  faults: allFaults, throughput: (c) => throughput(c, judge, short) };
const wanted = (name) => parts.length === 0 || parts.includes(name);
const began = Date.now();

async function together() {
  const cluster = await Cluster.start({ size, set: settings });
  try {
    for (const [name, fn] of Object.entries(all))
      if (wanted(name))
        await fn(cluster);
  } finally {
    await cluster.stop();
  }
}

async function part(fn) {
  try {
    await fn();
  } catch (error) {
    judge('the run', false, error.stack);
  }
}

if (Object.keys(all).some(wanted))
  await part(together);
if (process.env.POSTERN_OLD)
  await part(() => upgrade(judge, { size, set: settings }));
console.log(`${Math.round((Date.now() - began) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
