/*
 * What a request costs in processor time, by who spends it, when one host is
 * asked, or two, or three: Postern, the web server, the node of the database
 * beside it, and the nodes that nobody asks, which apply what is written.  A
 * machine with fewer cores than hosts cannot tell how fast three machines are;
 * what a request costs each of them, it can.  The floor is the one statement of
 * a validate, asked of a node by mariadb-slap.
 */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { freshAddress } from '../lib/api.mjs';
import { run } from '../lib/instance.mjs';

const CLIENTS = 8;
const TICK_US = 10000; /* of /proc/PID/stat: USER_HZ is 100 on Linux */
const SLAP = 20000;    /* statements of the floor */

/* User and system, of itself and of children that have ended. */
function spent(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const field = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, i) => sum + Number(field[i]), 0)
    * TICK_US;
}

const pidIn = (host, name) => Number(readFileSync(
  join(host.dir, `run/${name}.pid`), 'utf8').split(' ')[0]);

const sum = (pids) => pids.reduce((all, pid) => all + spent(pid), 0);

/* Microseconds so far, by who spent them; asked: of how many hosts. */
const usage = (cluster, asked) => ({
  postern: sum(cluster.hosts.flatMap((host) =>
    [host.supervisor, ...host.children()])),
  web: sum(cluster.hosts.map((host) => pidIn(host, 'web'))),
  database: sum(cluster.all.slice(0, asked).map((i) => cluster.pidOf(i))),
  'other nodes': sum(cluster.all.slice(asked).map((i) => cluster.pidOf(i))),
});

function ask(agent, host, { method = 'GET', path, headers, body = '' }) {
  const { hostname, port } = new URL(host.url);
  return new Promise((done, fail) => {
    const request = http.request({ agent, method, hostname, port, path,
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) } },
    (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? done()
        : fail(new Error(`${path}: ${response.statusCode}`))));
    });
    request.on('error', fail);
    request.end(body);
  });
}

/* So many clients ask the first hosts in turn; microseconds a request. */
async function measure(cluster, asked, lasts_ms, what) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  let n = 0;
  await ask(agent, cluster.hosts[0], what(0));
  const before = usage(cluster, asked);
  const began = Date.now();
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (Date.now() - began < lasts_ms)
      await ask(agent, cluster.hosts[n % asked], what(n++));
  }));
  const seconds = (Date.now() - began) / 1000;
  const after = usage(cluster, asked);
  agent.destroy();
  const each = Object.fromEntries(Object.entries(after).map(([who, us]) =>
    [who, Math.round((us - before[who]) / n)]));
  return { n, rate: Math.round(n / seconds), each };
}

const say = ({ n, rate, each }) => `${Object.entries(each).map(([who, us]) =>
  `${who} ${us} us`).join(', ')} a request; ${n} of them, ${rate} a second`;

async function prepared(cluster) {
  const [host] = cluster.hosts;
  const api = host.client();
  await api.signUp('throughput@example.org');
  const cookie = { Cookie: api.jar.header() };
  return {
    validate: () => ({ path: '/sessions/validate', headers: cookie }),
    'a sign-up': () => ({ method: 'POST', path: '/users',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: freshAddress('throughput') }) }),
  };
}

/* What the statement of a validate costs a node, without Postern. */
async function floor(cluster) {
  const { env } = cluster.hosts[0];
  const [[id]] = await cluster.hosts[0].sql('SELECT HEX(id) FROM sessions '
    + 'LIMIT 1');
  const before = spent(cluster.pidOf(0));
  const { status, stderr } = await run('mariadb-slap', ['--no-defaults',
    '--user=root', `--socket=${env.POSTERN_DB_SOCKET}`,
    `--create-schema=${env.POSTERN_DB_NAME}`, `--concurrency=${CLIENTS}`,
    `--number-of-queries=${SLAP}`, '--no-drop', '--query', 'SELECT id, user_id, '
    + `last_used, expires_at FROM sessions WHERE id = x'${id}'`]);
  if (status !== 0)
    throw new Error(stderr);
  return Math.round((spent(cluster.pidOf(0)) - before) / SLAP);
}

export async function throughput(cluster, judge, short) {
  const lasts_ms = short ? 1000 : 5000;
  const works = await prepared(cluster);
  judge('throughput: floor', true, `database ${await floor(cluster)} us a `
    + 'statement');
  for (const [name, what] of Object.entries(works))
    for (let asked = 1; asked <= cluster.size; asked++)
      judge(`throughput: ${name}, hosts asked: ${asked}`, true,
        say(await measure(cluster, asked, lasts_ms, what)));
  for (const wait of ['none', 'most', 'all']) {
    for (const host of cluster.hosts)
      await host.reload({ ...host.options.set, 'database.sync_wait': wait });
    for (const [name, what] of Object.entries(works))
      judge(`throughput: ${name}, sync_wait ${wait}`, true,
        say(await measure(cluster, cluster.size, lasts_ms, what)));
  }
  for (const host of cluster.hosts)
    await host.reload(host.options.set);
}
