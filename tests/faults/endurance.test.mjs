/*
 * A worker that has served a hundred thousand requests looks like one that
 * has served a few; and valgrind finds nothing in a day's work.  Both run a
 * build without sanitizers, whose own memory would hide ours.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, readdirSync, realpathSync,
  rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { call } from '../lib/fastcgi.mjs';
import { start, until } from '../lib/instance.mjs';
import { privateKib, shareKib, writtenKib } from '../lib/memory.mjs';

const build = process.env.POSTERN_PLAIN_BUILD;
const requests = 100000;
const warm_up = 5000;
const stretches = 4;
const grown_kib_max = 16;
const worker_kib_max = 2 * 1024; /* 0.6 to 1.2 MiB were seen */
const server_kib_max = 10 * 1024; /* 7.4 to 8.0 MiB were seen */

const isWorker = (pid) =>
  readFileSync(`/proc/${pid}/comm`, 'utf8').includes('worker');

const openFiles = (pid) => readdirSync(`/proc/${pid}/fd`).length;

const bytesOf = (base, { method, path, headers, body = '' }) => Buffer.from(
  [`${method} ${base.pathname.replace(/\/$/, '')}${path} HTTP/1.1`,
    `Host: ${base.host}`, `Content-Length: ${body.length}`,
    ...Object.entries(headers).map((pair) => pair.join(': ')), '', body]
    .join('\r\n'));

/*
 * One request after the other, over a connection that is kept as long as the
 * web server likes: a plain socket, because node:http takes more of the
 * machine than what is tested.  Each answer has a Content-Length.
 */
class Asker {
  constructor(base) {
    this.base = base;
  }

  connect() {
    const socket = net.connect(this.base.port, this.base.hostname);
    socket.setEncoding('latin1');
    socket.setNoDelay();
    socket.on('data', (text) => this.take(text));
    socket.on('error', (error) => this.answered(error.code));
    socket.on('end', () => this.answered('no answer'));
    this.socket = socket;
  }

  take(text) {
    this.text += text;
    const head = this.text.indexOf('\r\n\r\n');
    const length = /^content-length: *(\d+)/im.exec(this.text)?.[1];
    if (head < 0 || this.text.length < head + 4 + Number(length))
      return;
    if (/^connection: close/im.test(this.text))
      this.close();
    this.answered(Number(this.text.slice(9, 12)));
  }

  ask(bytes) {
    if (!this.socket)
      this.connect();
    this.text = '';
    this.socket.write(bytes);
    return new Promise((done) => { this.answered = done; });
  }

  close() {
    this.socket?.destroy();
    this.socket = null;
  }
}

/* Send n requests, some at a time; the kinds take turns. */
async function many(url, kinds, n) {
  const base = new URL(url);
  const all = kinds.map((kind) => ({ ...kind, bytes: bytesOf(base, kind) }));
  let next = 0;
  const wrong = [];
  await Promise.all(Array.from({ length: 8 }, async () => {
    const asker = new Asker(base);
    while (next < n && wrong.length === 0) {
      const kind = all[next++ % all.length];
      const status = await asker.ask(kind.bytes);
      if (status !== kind.status)
        wrong.push(`${kind.method} ${kind.path}: ${status}`);
    }
    asker.close();
  }));
  assert.deepEqual(wrong, []);
}

function kindsFor(api, user) {
  const json = { 'Content-Type': 'application/json' };
  const cookie = { Cookie: `hanko=${api.token}` };
  const get = (path, status, headers = {}) =>
    ({ method: 'GET', path, status, headers });
  const post = (path, status, body) =>
    ({ method: 'POST', path, status, headers: json,
      body: JSON.stringify(body) });
  return [
    get('/sessions/validate', 200, cookie),
    get('/me', 200, cookie),
    get('/.well-known/jwks.json', 200),
    get('/.well-known/config', 200),
    get('/me', 401, { Authorization: `Bearer ${api.token.slice(0, -5)}AAAAA` }),
    get('/nothing', 404),
    post('/user', 200, { email: user.email }),
    post('/user', 404, { email: 'nobody@example.org' }),
    post('/user', 400, { email: 'nobody' }),
    post('/passcode/login/finalize', 401,
      { id: 'c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c', code: '123456' }),
    { ...post('/user', 400), body: '{"email":' },
    { ...post('/user', 413), body: 'x'.repeat(70000) },
  ];
}

/*
 * What a worker grew by in each stretch of requests.  A leak grows in all of
 * them; what happens once, such as a connection made anew, in one.
 */
async function growth(pid, url, kinds) {
  const grown = [];
  for (let before = writtenKib(pid), i = 0; i < stretches; i++) {
    await many(url, kinds, requests / stretches);
    const after = writtenKib(pid);
    grown.push(after - before);
    before = after;
  }
  return grown;
}

test(`a worker serves ${requests} requests without growing`, async () => {
  assert.ok(build, 'POSTERN_PLAIN_BUILD names a build without sanitizers');
  const instance = await start({ build, set: { 'server.workers': '1',
    'log.level': 'warn', 'audit_log.console_output.enabled': 'false' } });
  try {
    const api = await instance.client();
    const user = await api.signUp(freshAddress());
    const kinds = kindsFor(api, user);
    await many(instance.url, kinds, warm_up);
    const workers = instance.children().filter(isWorker);
    assert.equal(workers.length, 1);
    const [worker] = workers;
    const files = openFiles(worker);
    const grown = await growth(worker, instance.url, kinds);
    assert.deepEqual(instance.children().filter(isWorker), workers,
      'nobody was replaced');
    assert.ok(Math.min(...grown) <= grown_kib_max,
      `it grew by ${grown.join(', ')} KiB`);
    assert.equal(openFiles(worker), files);
    const kib = privateKib(worker);
    assert.ok(kib <= worker_kib_max, `it has ${kib} KiB for itself`);
  } finally {
    await instance.stop();
  }
});

/* With as many workers as it has by itself on two processors. */
test('a server at rest is small', async () => {
  assert.ok(build, 'POSTERN_PLAIN_BUILD names a build without sanitizers');
  const instance = await start({ build, set: { 'server.workers': '6' } });
  try {
    await (await instance.client()).call('GET', '/health/ready', undefined,
      { status: 200 });
    const all = [instance.supervisor, ...instance.children()]
      .map((pid) => [readFileSync(`/proc/${pid}/comm`, 'utf8').trim(),
        shareKib(pid)]);
    const sum = all.reduce((total, [, kib]) => total + kib, 0);
    assert.ok(all.length >= 5, 'a supervisor and its children');
    assert.ok(sum <= server_kib_max, `${sum} KiB: ${all.join(' ')}`);
  } finally {
    await instance.stop();
  }
});

/*
 * A second supervisor on the same database, under valgrind, on a socket of
 * its own.  Its children are what valgrind follows.
 */
async function underValgrind(instance, dir) {
  /* Where an ordinary user reaches them; the build may be root's alone. */
  const conf = realpathSync(instance.env.POSTERN_CONFIG);
  const program = realpathSync(instance.env.POSTERN_BIN);
  const { uid, gid } = statSync(conf);
  const socket = join(dir, 'v.sock');
  chownSync(dir, uid, gid);
  const child = spawn('valgrind', ['--quiet', '--leak-check=full',
    '--errors-for-leak-kinds=definite', '--error-exitcode=99',
    `--log-file=${dir}/valgrind.%p`, program, '--config', conf,
    '--set', `server.public.address=unix:${socket}`,
    '--set', 'server.workers=2', '--set', 'server.socket.group=',
    '--set', 'server.request_deadline=5m', 'serve'],
  { stdio: ['ignore', 'ignore', 'ignore'],
    ...(process.getuid() === 0 ? { uid, gid } : {}) });
  const ended = new Promise((done) => { child.on('exit', done); });
  await until(() => call(socket, 'GET', '/health/ready')
    .then(({ status }) => status === 200, () => false), 'life', 60000);
  return { socket, stop: () => { child.kill('SIGTERM'); return ended; } };
}

test('valgrind finds nothing in a day\'s work', async () => {
  assert.ok(build, 'POSTERN_PLAIN_BUILD names a build without sanitizers');
  const instance = await start({ build });
  const dir = mkdtempSync(join(tmpdir(), 'postern-'));
  try {
    const api = await instance.client();
    const user = await api.signUp(freshAddress());
    const { socket, stop } = await underValgrind(instance, dir);
    const session = { Cookie: `hanko=${api.token}` };
    const put = JSON.stringify({ user_id: user.user_id,
      password: 'correct horse battery' });
    for (let round = 0; round < 3; round++) {
      for (const { method, path, headers, body } of kindsFor(api, user))
        await call(socket, method, path, { body, headers: headers.Cookie
          ? session : {} });
      await call(socket, 'PUT', '/password', { body: put, headers: session });
      const login = await call(socket, 'POST', '/password/login',
        { body: put });
      assert.equal(login.status, 200, login.text);
      const sent = await call(socket, 'POST', '/passcode/login/initialize',
        { body: JSON.stringify({ user_id: user.user_id }) });
      const code = await api.codeFor(user.email);
      const done = await call(socket, 'POST', '/passcode/login/finalize',
        { body: JSON.stringify({ id: JSON.parse(sent.text).id, code }) });
      assert.equal(done.status, 200, done.text);
    }
    assert.equal(await stop(), 0);
    const logs = readdirSync(dir).filter((name) => name.startsWith('valgrind'));
    assert.ok(logs.length >= 4, 'supervisor, two workers, courier');
    for (const name of logs)
      assert.equal(readFileSync(join(dir, name), 'utf8'), '');
  } finally {
    await instance.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
