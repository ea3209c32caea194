/*
 * Bodies that come slowly, not at all, or without an end: nobody else waits
 * for them, behind any web server.  Apache passes them on as they come.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync }
  from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exchange, request } from '../lib/fastcgi.mjs';
import { run, start, top, until } from '../lib/instance.mjs';

const EACH = 40; /* of each kind; there are 2 workers */
const PROBES = 50;

const named = (instance, name) => instance.children().filter((pid) =>
  readFileSync(`/proc/${pid}/comm`, 'latin1').trim() === name);

/* What a client sends first, and again and again. */
const kinds = {
  trickling: ['Content-Length: 4000', () => 'x'],
  stalled: ['Content-Length: 4000', () => ''],
  endless: ['Transfer-Encoding: chunked', () => '1\r\nx\r\n'],
};

/* A client of a kind; ended is set when the server has said anything. */
function slow(instance, [header, next]) {
  const { hostname, port } = new URL(instance.url);
  const client = net.connect(Number(port), hostname);
  const one = { ended: false };
  const timer = setInterval(() => client.write(next()), 20);
  const end = () => { one.ended = true; };
  client.on('error', end).on('data', end).on('close', end);
  client.write(`POST ${instance.prefix}/users HTTP/1.1\r\nHost: ${hostname}\r\n`
    + `Content-Type: application/json\r\n${header}\r\n\r\n`);
  one.stop = () => {
    clearInterval(timer);
    client.destroy();
  };
  return one;
}

/* A request with a body, served by a worker that asks the database. */
async function probe(instance) {
  const reply = await fetch(`${instance.url}/sessions/validate`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: '{"session_token":"x"}' });
  assert.deepEqual([reply.status, (await reply.json()).is_valid],
    [200, false]);
}

const held = (instance) => {
  const [receiver] = named(instance, 'postern-receive');
  return readdirSync(`/proc/${receiver}/fd`).length;
};

for (const web of ['lighttpd', 'nginx', 'apache']) {
  test(`slow bodies behind ${web} hold nobody else`, async () => {
    /* No clock of ours is to end them. */
    const instance = await start({ web, set: { 'server.workers': '2',
      'server.receive_deadline': '10m', 'server.request_deadline': '10m' } });
    const clients = [];
    try {
      const workers = named(instance, 'postern-worker');
      const none = held(instance);
      for (const kind of Object.values(kinds))
        for (let i = 0; i < EACH; i++)
          clients.push(slow(instance, kind));
      if (web === 'apache')
        await until(() => held(instance) >= none + clients.length, 'them');
      for (let i = 0; i < PROBES; i++) {
        await probe(instance);
      }
      assert.equal(clients.filter(({ ended }) => ended).length, 0);
      assert.deepEqual(named(instance, 'postern-worker'), workers);
    } finally {
      clients.forEach(({ stop }) => stop());
      await instance.stop();
    }
  });
}

test('what is held has a bound in bytes, too', async () => {
  const instance = await start({ set: { 'server.receive_memory_kib': '1024',
    'server.drain_deadline': '1s',
    'server.receive_deadline': '10m' } });
  try {
    const socket = join(instance.dir, 'run/public.sock');
    const whole = request({ REQUEST_METHOD: 'POST', REQUEST_URI: '/users',
      REMOTE_ADDR: '127.0.0.1' }, 'x'.repeat(100000));
    /* 16 x 128 KiB, but for the end of each. */
    const answers = [];
    for (let i = 0; i < 16; i++)
      exchange(socket, whole.subarray(0, -1), 600000)
        .then((answer) => answers.push(String(answer)), () => {});
    await until(() => answers.length >= 8, 'the slowest to be dropped');
    for (const answer of answers)
      assert.match(answer, /Status: 503 /);
    await probe(instance);
    const line = /the slowest dropped, (\d+)/g;
    await until(() => [...instance.log().matchAll(line)]
      .reduce((sum, [, n]) => sum + Number(n), 0) >= 8, 'lines in the log');
  } finally {
    await instance.stop();
  }
});

test('the snippet for Apache is one, whatever modules it has',
  async () => {
    const modules = '/usr/lib/apache2/modules';
    const load = (name) =>
      `LoadModule ${name}_module ${modules}/mod_${name}.so\n`;
    const dir = mkdtempSync(join(tmpdir(), 'postern-apache-'));
    try {
      for (const more of [[], ['alias'], ['proxy', 'proxy_fcgi'],
        ['alias', 'proxy', 'proxy_fcgi', 'reqtimeout']]) {
        writeFileSync(join(dir, 'httpd.conf'), ['mpm_event', 'authz_core',
          ...more].map(load).join('')
          + `ServerName localhost\nErrorLog ${dir}/log\n`
          + `Include ${process.env.POSTERN_BUILD}/etc/apache/postern.conf\n`);
        const { status, stderr } = await run('apache2', ['-t', '-d', dir, '-f',
          join(dir, 'httpd.conf')], { env: { ...process.env,
          PATH: `${process.env.PATH}:/usr/sbin` } });
        assert.equal(status, 0, stderr);
      }
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

test('too many are held: the slowest are dropped, with an answer', async () => {
  const instance = await start({ web: 'apache', set: {
    'server.receive_connections': '8', 'server.receive_deadline': '10m' } });
  const clients = [];
  try {
    for (let i = 0; i < 24; i++)
      clients.push(slow(instance, kinds.trickling));
    await until(() => clients.filter(({ ended }) => ended).length >= 16,
      'the slowest to be dropped');
    await probe(instance);
    await until(() => /too many requests that are not whole/
      .test(instance.log()), 'the line in the log');
  } finally {
    clients.forEach(({ stop }) => stop());
    await instance.stop();
  }
});
