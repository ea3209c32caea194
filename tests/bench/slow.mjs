/*
 * What do others notice while a thousand clients send slowly, or stop in the
 * middle?  "tests/bench/run slow" asks it behind each web server.
 *
 * Two requests take turns, one connection each: one that a worker of Postern
 * answers with the help of the database, and a file of the web server alone,
 * which tells what is due to the web server and to this machine.  No deadline
 * of Postern's ends the slow ones meanwhile.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Instance } from './quickstart.mjs';

const SETTINGS = { 'rate_limiter.enabled': 'false', 'log.level': 'warn',
  'server.receive_deadline': '10m', 'server.request_deadline': '10m',
  'server.receive_connections': '4096' };
const SETTLED_MS = 6000; /* until all of them are there */
const PATIENCE_MS = 5000; /* of who is no slow client */

/* What a client sends first, and what once a second. */
const head = 'POST /users HTTP/1.1\r\nHost: localhost\r\n';
const body = (how) => `${head}Content-Type: application/json\r\n${how}\r\n\r\n`;
const KINDS = {
  'half a head': [head, 'X-A: b\r\n'],
  'trickling body': [body('Content-Length: 4000'), 'x'],
  'stalled body': [body('Content-Length: 4000'), ''],
  'body without end': [body('Transfer-Encoding: chunked'), '1\r\nx\r\n'],
};

/* -------------------------------------------- the clients, a process of theirs */

function slow(port, kind, n) {
  const [first, next] = KINDS[kind];
  const count = { open: 0, ended: 0 };
  const one = () => {
    const client = net.connect(port, '127.0.0.1');
    const timer = setInterval(() => client.write(next), 1000);
    client.on('connect', () => {
      count.open++;
      client.write(first);
    });
    client.on('error', () => {}).on('data', () => {}).on('close', () => {
      clearInterval(timer);
      count.ended++;
    });
  };
  for (let i = 0; i < n; i++)
    setTimeout(one, i * 2);
  process.on('message', () => process.send(count));
}

async function clients(port, kind, n) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url),
    '--be-slow', String(port), kind, String(n)],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await sleep(SETTLED_MS);
  return {
    async count() {
      child.send('count');
      const [count] = await once(child, 'message');
      return count;
    },
    async stop() {
      child.kill();
      await once(child, 'exit');
      await sleep(1000); /* the web server notices */
    },
  };
}

/* ------------------------------------------------------------- the others */

const REQUESTS = {
  postern: ['/sessions/validate', { method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"session_token":"x"}' }],
  file: ['/app.js', {}],
};

async function answered(url, [path, init]) {
  const before = performance.now();
  const reply = await fetch(url + path,
    { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
  await reply.arrayBuffer();
  if (reply.status !== 200)
    throw new Error(String(reply.status));
  return performance.now() - before;
}

/* { postern, file: { ms: [...], failed } }, of n requests each. */
async function probe(url, n) {
  const out = { postern: { ms: [], failed: 0 }, file: { ms: [], failed: 0 } };
  for (let i = 0; i < n; i++)
    for (const [name, request] of Object.entries(REQUESTS))
      try {
        out[name].ms.push(await answered(url, request));
      } catch {
        out[name].failed++;
      }
  return out;
}

function at(values, share) {
  const v = [...values].sort((a, b) => a - b);
  return v[Math.min(v.length - 1, Math.floor(v.length * share))];
}

const figures = ({ ms, failed }) =>
  ({ p50: at(ms, 0.5), p99: at(ms, 0.99), failed });

function line(web, kind, name, { p50, p99, failed }, idle) {
  const factor = (a, b) => `${a.toFixed(2)} ms (x ${(a / b).toFixed(2)})`;
  console.log([web.padEnd(9), kind.padEnd(17), name.padEnd(8),
    `p50 ${factor(p50, idle.p50)}`.padEnd(24),
    `p99 ${factor(p99, idle.p99)}`.padEnd(25), `${failed} failed`].join(' '));
}

async function measure(web, { n, probes }) {
  const instance = new Instance(join(process.env.POSTERN_BUILD, 'run'),
    process.env.POSTERN_BUILD, SETTINGS, web);
  let failed = 0;
  await instance.up();
  try {
    await probe(instance.url, probes >> 1); /* warm */
    const idle = await probe(instance.url, probes);
    const was = { postern: figures(idle.postern), file: figures(idle.file) };
    for (const name of Object.keys(REQUESTS))
      line(web, 'nobody', name, was[name], was[name]);
    for (const kind of Object.keys(KINDS)) {
      const load = await clients(instance.port, kind, n);
      const now = await probe(instance.url, probes);
      const { open, ended } = await load.count();
      await load.stop();
      for (const name of Object.keys(REQUESTS)) {
        line(web, kind, name, figures(now[name]), was[name]);
        failed += now[name].failed;
      }
      console.log(`${web.padEnd(9)} ${kind.padEnd(17)} ${open} came,`
        + ` ${ended} were ended`);
    }
  } finally {
    await instance.down();
  }
  return failed;
}

function parse(args) {
  const o = { n: 1000, probes: 400, webs: [] };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === '--clients')
      o.n = Number(args[++i]);
    else if (args[i] === '--probes')
      o.probes = Number(args[++i]);
    else
      o.webs.push(args[i]);
  }
  if (!(o.n > 0 && o.probes > 0)
    || o.webs.some((web) => !['lighttpd', 'nginx', 'apache'].includes(web))) {
    console.error('slow: --clients N, --probes N, lighttpd, nginx, apache');
    process.exit(2);
  }
  if (o.webs.length === 0)
    o.webs.push('lighttpd', 'nginx', 'apache');
  return o;
}

if (process.argv[2] === '--be-slow') {
  const [port, kind, n] = process.argv.slice(3);
  slow(Number(port), kind, Number(n));
} else {
  const o = parse(process.argv.slice(2));
  let failed = 0;
  for (const web of o.webs)
    failed += await measure(web, o);
  process.exitCode = failed ? 1 : 0;
}
