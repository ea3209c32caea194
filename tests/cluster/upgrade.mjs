/*
 * A rolling upgrade with a change of the schema in it: a cluster of hosts of an
 * older build, $POSTERN_OLD, is migrated by the new one while visitors come and
 * go, and then host after host is started anew with that.  Sessions, and what
 * visitors have begun, go on.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../lib/cluster.mjs';
import { run } from '../lib/instance.mjs';
import { Visitors } from './visitors.mjs';

const KEPT = 20; /* sessions that begin at the old ones, and stay */

const isAlive = async (host, cookie) => {
  const response = await fetch(`${host.url}/sessions/validate`,
    { headers: { Cookie: cookie } });
  return response.status === 200 && (await response.json()).is_valid;
};

async function sessions(cluster) {
  const cookies = [];
  for (let i = 0; i < KEPT; i++) {
    const api = cluster.hosts[i % cluster.size].client();
    await api.signUp(`kept${i}@example.org`);
    cookies.push(api.jar.header());
  }
  return cookies;
}

/* How many of them some host does not know. */
async function forgotten(cluster, cookies) {
  let n = 0;
  for (const host of cluster.hosts)
    for (const cookie of cookies)
      n += await isAlive(host, cookie) ? 0 : 1;
  return n;
}

/* The same instance, with the programs of another build. */
async function change(host, build) {
  const file = join(host.dir, 'conf/settings');
  const text = readFileSync(file, 'utf8');
  await host.service('stop', 'postern');
  writeFileSync(file, text.replace(/^bin=.*$/m, `bin=${build}`));
  await host.service('start', 'postern');
}

const version = async (host) => Number((await host.sql(
  'SELECT MAX(version) FROM schema_migrations'))[0][0]);

const say = ({ errors, count, silence }) => `${count.answers} answers, longest `
  + `without one ${silence} ms, errors: ${[...errors].map((pair) =>
    pair.join(' x')).join(', ') || 'none'}`;

async function steps(cluster, visitors, build, judge) {
  const cookies = await sessions(cluster);
  const [host] = cluster.hosts;
  const from = await version(host);
  visitors.mark();
  const { status, stderr } = await run(join(build, 'postern'), ['migrate',
    'up'], { env: { ...process.env,
    POSTERN_CONFIG: host.env.POSTERN_CONFIG } });
  await sleep(5000);
  const to = await version(host);
  judge('upgrade: older hosts, newer schema', status === 0 && to > from
    && visitors.silence <= 10000 && await forgotten(cluster, cookies) === 0
    && visitors.errors.size === 0,
  `${from} to ${to}, ${say(visitors)}${stderr}`);
  for (const [i, one] of cluster.hosts.entries()) {
    visitors.mark();
    await change(one, build);
    await sleep(3000);
    const lost = await forgotten(cluster, cookies);
    judge(`upgrade: host ${i + 1} of ${cluster.size} is new`, lost === 0
      && visitors.silence <= 10000, `${lost} of ${KEPT} sessions not known, `
      + say(visitors));
  }
}

export async function upgrade(judge, options) {
  const build = process.env.POSTERN_BUILD;
  const template = process.env.POSTERN_TEST_TEMPLATE;
  process.env.POSTERN_TEST_TEMPLATE = process.env.POSTERN_OLD_TEMPLATE;
  const cluster = await Cluster.start({ ...options,
    build: process.env.POSTERN_OLD });
  const visitors = new Visitors(cluster);
  try {
    visitors.come(6);
    await sleep(2000);
    await steps(cluster, visitors, build, judge);
    await visitors.stop();
    const [lost, undead] = [await visitors.lost(), await visitors.undead()];
    judge('upgrade: what was acknowledged stands', lost === 0 && undead === 0
      && visitors.count.codesTwice === 0 && visitors.count.deadAlive === 0,
    `${visitors.count.logins} log-ins, ${lost} accounts missing, ${undead} `
      + 'ended sessions alive');
  } finally {
    visitors.going = false;
    process.env.POSTERN_TEST_TEMPLATE = template;
    await cluster.stop();
  }
}
