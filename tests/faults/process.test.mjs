/* Processes die, stall, are reloaded and told to leave: nobody notices. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, realpathSync,
  renameSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { cannotHold, hold } from '../lib/hold.mjs';
import { freePort, run, start, until } from '../lib/instance.mjs';

let instance;

before(async () => {
  instance = await start({ set: { 'server.workers': '3',
    'server.request_deadline': '2s', 'server.drain_deadline': '5s',
    'server.receive_deadline': '3s' } });
});
after(() => instance?.stop());

const socket = () => join(instance.dir, 'run/public.sock');

/* A file of a process, or "" when it has gone meanwhile. */
function proc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}

const nameOf = (pid) => proc(pid, 'comm').trim();
const workers = () => instance.children()
  .filter((pid) => nameOf(pid) === 'postern-worker');

const isAlive = (pid) => /\) [^Z] /.test(proc(pid, 'stat'));

const messages = () => instance.log().split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line).message ?? '');

/* A record of FastCGI, and a whole request. */
function record(type, content) {
  const header = Buffer.from([1, type, 0, 1, content.length >> 8,
    content.length & 255, 0, 0]);
  return Buffer.concat([header, content]);
}

const begin = record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]));

function request(path) {
  const pairs = { REQUEST_METHOD: 'GET', REQUEST_URI: path,
    REMOTE_ADDR: '127.0.0.1' };
  const params = Object.entries(pairs).map(([name, value]) =>
    Buffer.concat([Buffer.from([name.length, value.length]),
      Buffer.from(name + value)]));
  return Buffer.concat([begin, record(4, Buffer.concat(params)),
    record(4, Buffer.alloc(0)), record(5, Buffer.alloc(0))]);
}

/* Send bytes to the socket; what comes back until it is closed. */
function exchange(bytes, path = socket()) {
  return new Promise((done, fail) => {
    const client = net.connect(path);
    let answer = '';
    client.on('error', fail);
    client.on('data', (data) => { answer += data; });
    client.on('end', () => done(answer));
    client.write(bytes);
  });
}

/* Do something while clients ask without a pause; how they were answered. */
async function underTraffic(doing, clients = 4) {
  const statuses = {};
  let going = true;
  const loops = Array.from({ length: clients }, async () => {
    while (going) {
      const { status } = await fetch(`${instance.url}/health/alive`).then(
        async (response) => (await response.text(), response),
        (error) => ({ status: String(error.cause?.code ?? error) }));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  try {
    await doing();
  } finally {
    going = false;
    await Promise.all(loops);
  }
  return statuses;
}

test('a worker that dies is replaced, its signal is in the log', async () => {
  /* Not SIGSEGV: the sanitizers make an exit of it. */
  for (const signal of ['SIGKILL', 'SIGABRT', 'SIGSYS']) {
    const [victim] = workers();
    process.kill(victim, signal);
    await until(() => messages().includes(
      `worker ${victim} died of ${signal}`), signal);
    await until(() => workers().length === 3, 'a replacement');
  }
});

/*
 * Who hangs has no signal that tells: held here as by a debugger, of which the
 * supervisor hears nothing.  What they do is mostly to wait; who is caught in
 * something else has longer.
 */
test('who hangs is replaced, and the log says in what', { skip: cannotHold },
  async () => {
    const all = instance.children();
    const names = { worker: 'worker', courier: 'courier', receive: 'receiver' };
    const victims = Object.entries(names).map(([name, role]) => ({ role,
      pid: all.find((pid) => nameOf(pid) === `postern-${name}`) }));
    const holders = await Promise.all(victims.map(({ pid }) => hold(pid)));
    try {
      await until(() => victims.every(({ pid }) => !isAlive(pid)), 'their end',
        240000);
    } finally {
      holders.forEach((holder) => holder.kill());
    }
    /* They are the supervisor's to bury only when nobody holds them. */
    await until(() => !victims.some(({ pid }) => proc(pid, 'stat') !== '')
      && instance.children().filter(isAlive).length === all.length, 'others');
    for (const { role, pid } of victims)
      assert.ok(messages().some((line) => new RegExp(
        `^${role} ${pid} does not go on for \\d+ ms, [a-z ]+: killed$`)
        .test(line)), `${role} ${pid}`);
    const others = all.filter((pid) => !victims.some((one) => one.pid === pid));
    for (const pid of others)
      assert.ok(isAlive(pid), `${nameOf(pid)} ${pid} went on`);
    assert.match(await exchange(request('/health/alive')), /Status: 200 /);
  });

/* It cannot tell, and nothing that it does becomes late. */
test('who is stopped is replaced, unless it goes on in time', async () => {
  const all = instance.children();
  const [goesOn] = workers();
  const says = (text) => until(() => messages().some((line) =>
    line.endsWith(text)), text);
  process.kill(goesOn, 'SIGSTOP');
  await says(`worker ${goesOn} is stopped by SIGSTOP`);
  process.kill(goesOn, 'SIGCONT');
  await says(`worker ${goesOn} goes on`);
  const victims = ['worker', 'courier', 'receive'].map((name) =>
    instance.children().find((pid) => nameOf(pid) === `postern-${name}`
      && pid !== goesOn));
  for (const pid of victims)
    process.kill(pid, 'SIGSTOP');
  await until(() => victims.every((pid) => !isAlive(pid)), 'their end');
  await until(() => instance.children().length === all.length, 'others');
  assert.ok(isAlive(goesOn));
  for (const pid of victims)
    assert.ok(messages().some((line) =>
      new RegExp(` ${pid} is stopped for \\d+ ms, [a-z ]+: killed`).test(line)));
  assert.match(await exchange(request('/health/alive')), /Status: 200 /);
});

test('workers leave under traffic: nobody notices', async () => {
  const statuses = await underTraffic(async () => {
    for (let i = 0; i < 5; i++) {
      /* A worker that is told to leave finishes what it does. */
      const [victim] = workers();
      process.kill(victim, 'SIGTERM');
      await until(() => !isAlive(victim) && workers().length === 3,
        'a replacement');
      await sleep(100);
    }
  });
  assert.deepEqual(Object.keys(statuses), ['200']);
  assert.ok(statuses[200] > 20);
});

test('a worker that keeps dying is replaced with growing pauses', async () => {
  const dead = [];
  const courier = () => instance.children().find((pid) =>
    nameOf(pid) === 'postern-courier' && !dead.includes(pid));
  const before_ms = Date.now();
  while (dead.length < 5) {
    dead.push(await until(courier, 'a courier'));
    process.kill(dead.at(-1), 'SIGKILL');
  }
  /* The first was replaced at once, then there were pauses. */
  assert.ok(Date.now() - before_ms >= 100 + 200 + 400);
  await until(() => instance.children().length === 5, 'the courier');
});

test('reload under traffic loses no request', async () => {
  const statuses = await underTraffic(async () => {
    for (let i = 0; i < 5; i++) {
      const old = workers();
      process.kill(instance.supervisor, 'SIGHUP');
      await until(() => old.every((pid) => !isAlive(pid))
        && workers().length === 3, 'new workers');
    }
  });
  assert.deepEqual(Object.keys(statuses), ['200']);
});

test('a bad configuration is refused, the old one stays', async () => {
  const file = instance.env.POSTERN_CONFIG;
  const good = readFileSync(file);
  const old = workers();
  writeFileSync(file, `${good}\nno_such_key: 1\n`);
  try {
    process.kill(instance.supervisor, 'SIGHUP');
    await until(() => messages().some((line) =>
      /reload refused/.test(line)), 'the refusal');
    assert.ok(messages().some((line) =>
      /postern\.yaml:\d+: .*no_such_key/.test(line)));
    assert.deepEqual(workers(), old);
    assert.equal((await fetch(`${instance.url}/health/ready`)).status, 200);
  } finally {
    writeFileSync(file, good);
  }
});

test('without templates it does not start, nor reload', async () => {
  const file = instance.env.POSTERN_CONFIG;
  const good = readFileSync(file, 'utf8');
  const bad = good.replace(/template_dir: .*/, 'template_dir: "/nonexistent"');
  const old = workers();
  assert.notEqual(bad, good);
  writeFileSync(file, bad);
  try {
    process.kill(instance.supervisor, 'SIGHUP');
    await until(() => messages().some((line) =>
      /the new workers do not start/.test(line)), 'the refusal');
    await until(() => isDeepStrictEqual(workers(), old), 'the old ones alone');
    assert.equal((await fetch(`${instance.url}/health/ready`)).status, 200);
    const other = join(instance.dir, 'run/no-templates.sock');
    const { stdout: owner } = await run('id', ['-nu',
      String(statSync(file).uid)]);
    const { status, stderr } = await instance.postern('--set',
      `server.public.address=unix:${other}`, '--set', 'server.workers=1',
      '--set', `server.user=${owner.trim()}`, 'serve');
    assert.equal(status, 1);
    assert.match(stderr, /\/nonexistent/);
  } finally {
    writeFileSync(file, good);
  }
});

test('a new configuration is taken, a moved socket too', async () => {
  const file = instance.env.POSTERN_CONFIG;
  const good = readFileSync(file, 'utf8');
  const moved = good.replace(/^(\s*workers:).*$/m, '$1 4')
    .replaceAll('public.sock', 'moved.sock');
  assert.notEqual(moved, good);
  const elsewhere = join(instance.dir, 'run/moved.sock');
  try {
    writeFileSync(file, moved);
    process.kill(instance.supervisor, 'SIGHUP');
    await until(() => workers().length === 4 && !existsSync(socket()),
      'four workers');
    assert.match(await exchange(request('/health/alive'), elsewhere),
      /Status: 200 /);
  } finally {
    writeFileSync(file, good);
  }
  process.kill(instance.supervisor, 'SIGHUP');
  await until(() => workers().length === 3 && existsSync(socket())
    && !existsSync(elsewhere), 'three workers');
  assert.match(await exchange(request('/health/alive')), /Status: 200 /);
});

test('peers that stall cost no worker, and are told in the end', async () => {
  const whole = request('/health/alive');
  const old = instance.children();
  const ended = [];
  /* More than there are workers, at different points of a request. */
  const stalled = [5, begin.length, 30, whole.length - 1].flatMap((cut) =>
    Array.from({ length: 4 }, () => exchange(whole.subarray(0, cut))
      .then((answer) => { ended.push(cut); return answer; })));
  for (let i = 0; i < 20; i++)
    assert.match(await exchange(whole), /Status: 200 /);
  assert.deepEqual(ended, [], 'nobody waited for that');
  /* What cannot be answered, as it has not begun, is closed. */
  for (const answer of await Promise.all(stalled))
    assert.match(answer, /^$|Status: 408 /);
  await until(() => messages().some((line) =>
    /not whole after 3 s/.test(line)), 'the line in the log');
  assert.deepEqual(instance.children(), old);
});

/* A soft limit, which its own user may lift again; root may do neither. */
async function limitFiles(pid, most) {
  const [uid, gid] = ['Uid', 'Gid'].map((name) => new RegExp(
    `^${name}:\\t(\\d+)`, 'm').exec(proc(pid, 'status'))[1]);
  const become = process.getuid() === 0 ? ['setpriv', `--reuid=${uid}`,
    `--regid=${gid}`, '--clear-groups'] : ['env'];
  const { status, stderr } = await run(become[0], [...become.slice(1),
    'prlimit', `--pid=${pid}`, `--nofile=${most}:`]);
  assert.equal(status, 0, stderr);
}

test('no descriptors left: it waits for some, and does not spin', async () => {
  const whole = request('/health/alive');
  const all = workers();
  const before = all.map((pid) =>
    /^Max open files +(\d+) /m.exec(proc(pid, 'limits'))[1]);
  const tries = () => messages().filter((line) => /^accept: /.test(line)).length;
  const had = tries();
  let answer;
  try {
    for (const pid of all)
      await limitFiles(pid, 3);
    const began = Date.now();
    answer = exchange(whole);
    await until(() => tries() >= had + 10, 'tries');
    /* Each tries ten times a second; one that spins, thousands of times. */
    assert.ok(tries() - had <= all.length * ((Date.now() - began) / 100 + 1));
  } finally {
    for (const [i, pid] of all.entries())
      await limitFiles(pid, before[i]);
  }
  assert.match(await answer, /Status: 200 /);
  assert.deepEqual(workers(), all);
});

test('who sends byte by byte is served', async () => {
  const client = net.connect(socket());
  let answer = '';
  client.setNoDelay(true);
  client.on('data', (data) => { answer += data; });
  const ended = new Promise((done) => { client.on('end', done); });
  for (const byte of request('/health/alive')) {
    client.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  await ended;
  assert.match(answer, /Status: 200 /);
});

test('the receiver dies: what it holds is lost, and nothing else', async () => {
  const receiver = () => instance.children().find((pid) =>
    nameOf(pid) === 'postern-receive');
  const whole = request('/health/alive');
  const victim = await until(receiver, 'a receiver');
  const holds = () => readdirSync(`/proc/${victim}/fd`).length;
  const others = workers();
  const none = holds();
  const held = exchange(whole.subarray(0, 30));
  await until(() => holds() > none, 'the receiver to hold it');
  /* Not for so long that somebody notices. */
  process.kill(victim, 'SIGSTOP');
  /* These wait for the next one. */
  const waiting = Array.from({ length: 5 }, () => {
    const client = net.connect(socket());
    let answer = '';
    client.on('data', (data) => { answer += data; });
    client.write(whole.subarray(0, 40));
    return { client, answer: new Promise((done) => {
      client.on('end', () => done(answer));
    }) };
  });
  assert.match(await exchange(whole), /Status: 200 /);
  process.kill(victim, 'SIGKILL');
  assert.equal(await held, '');
  await until(() => receiver() && receiver() !== victim, 'another one');
  for (const { client, answer } of waiting) {
    client.write(whole.subarray(40));
    assert.match(await answer, /Status: 200 /);
  }
  assert.ok(messages().includes(`receiver ${victim} died of SIGKILL`));
  assert.deepEqual(workers(), others);
});

test('reload: what is being received is served', async () => {
  const client = net.connect(socket());
  let answer = '';
  client.on('data', (data) => { answer += data; });
  const whole = request('/health/alive');
  client.write(whole.subarray(0, 30));
  assert.match(await exchange(whole), /Status: 200 /);
  const old = instance.children();
  process.kill(instance.supervisor, 'SIGHUP');
  await until(() => workers().length === 6, 'new workers beside the old');
  assert.match(await exchange(whole), /Status: 200 /);
  client.write(whole.subarray(30));
  await new Promise((done) => { client.on('end', done); });
  assert.match(answer, /Status: 200 /);
  await until(() => old.every((pid) => !isAlive(pid)), 'the old to leave');
});

/* FastCGI 4: about the connection, before any request on it. */
test('management records are answered, and the request behind them',
  async () => {
    const name = 'FCGI_MPXS_CONNS';
    const pair = Buffer.concat([Buffer.from([name.length, 0]),
      Buffer.from(name)]);
    const ask = Buffer.concat([record(9, pair), record(77, pair)]);
    ask[3] = ask[8 + pair.length + 3] = 0; /* of no request */
    const client = net.connect(socket());
    let answer = Buffer.alloc(0);
    client.on('data', (data) => { answer = Buffer.concat([answer, data]); });
    client.write(ask);
    /* Without waiting for more. */
    await until(() => answer.length >= 8 + pair.length + 1 + 16, 'answers');
    assert.equal(answer[1], 10);
    assert.equal(answer.subarray(8, 8 + pair.length + 1).toString('latin1'),
      `\x0f\x01${name}0`);
    assert.deepEqual([...answer.subarray(8 + pair.length + 1)].slice(0, 9),
      [1, 11, 0, 0, 0, 8, 0, 0, 77]);
    client.write(request('/health/alive'));
    await new Promise((done) => { client.on('end', done); });
    assert.match(answer.toString('latin1'), /Status: 200 /);
  });

/* FastCGI lets a length be 2^31 - 1, and a record say more than it holds. */
test('declared lengths reserve nothing', async () => {
  const most = (pid) => Number(/^VmPeak:\s*(\d+) kB/m
    .exec(proc(pid, 'status'))?.[1]);
  const huge = Buffer.from([255, 255, 255, 255, 255, 255, 255, 255]);
  const bodies = [
    [begin, record(4, huge), record(4, Buffer.alloc(0))],
    [begin, record(4, Buffer.concat([huge, Buffer.alloc(60000)]))],
    [begin, record(4, Buffer.from([128, 120, 0, 0, 128, 120, 0, 0]))],
    [Buffer.from([1, 9, 0, 0, 0, 8, 0, 0]), huge],
  ].map((parts) => Buffer.concat(parts));
  const old = instance.children();
  /* Each has had something to do, and what it needs for that. */
  for (let i = 0; i < 20; i++)
    await exchange(request('/health/alive'));
  const before = old.map(most);
  const all = Array.from({ length: 40 }, (_, i) => exchange(bodies[i % 4]));
  assert.match(await exchange(request('/health/alive')), /Status: 200 /);
  await Promise.all(all);
  assert.deepEqual(instance.children(), old);
  old.map(most).forEach((kib, i) => assert.ok(kib - before[i] < 32 * 1024,
    `${nameOf(old[i])}: ${before[i]} KiB, then ${kib}`));
});

test('nonsense on the socket harms nobody', async () => {
  const nonsense = ['GET / HTTP/1.1\r\n\r\n', '\0'.repeat(100),
    Buffer.from([1, 1, 0, 1, 255, 255, 255, 0]),
    Buffer.concat([begin, record(4, Buffer.from([255, 255, 255, 255]))]),
    Buffer.concat([begin, record(9, Buffer.alloc(3))]),
    record(5, Buffer.from('x'))];
  const old = workers();
  for (const bytes of nonsense) {
    const client = net.connect(socket());
    client.on('error', () => {});
    client.end(bytes);
    await new Promise((done) => { client.on('close', done); client.resume(); });
  }
  assert.match(await exchange(request('/health/alive')), /Status: 200 /);
  assert.deepEqual(workers(), old);
});

test('children are locked down', () => {
  assert.equal(instance.children().length, 5);
  for (const pid of instance.children()) {
    const status = proc(pid, 'status');
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^CapEff:\t0+$/m);
    assert.doesNotMatch(status, /^Uid:.*\b0\b/m);
    assert.match(proc(pid, 'limits'), /^Max core file size +0 +0 /m);
  }
});

test('the program is built to be hard to take over', async () => {
  const { stdout } = await run('readelf', ['--wide', '--file-header',
    '--program-headers', '--dynamic', '--symbols',
    instance.env.POSTERN_BIN], { env: { ...process.env, LC_ALL: 'C' } });
  assert.match(stdout, /^ *Type: *DYN /m, 'it can lie anywhere (PIE)');
  assert.match(stdout, /^ *GNU_STACK .* RW +0x/m, 'no stack is run');
  assert.match(stdout, /^ *GNU_RELRO /m);
  assert.match(stdout, /BIND_NOW|Flags: .*NOW/);
  assert.match(stdout, /__stack_chk_fail/);
});

test('a second one is refused while the first one answers', async () => {
  const { status, stderr } = await instance.postern('serve');
  assert.equal(status, 1);
  assert.match(stderr, process.getuid() === 0
    ? /already running|server\.user/ : /already running/);
  assert.match(await exchange(request('/health/alive')), /Status: 200 /);
});

test('a socket that the network reaches is refused', async () => {
  const port = await freePort();
  for (const host of ['0.0.0.0', '[::]']) {
    const { status, stderr } = await instance.postern('serve', '--set',
      `server.public.address=${host}:${port}`, '--set', 'server.user=nobody');
    assert.equal(status, 1);
    assert.match(stderr, /loopback/);
  }
});

test('wrong usage is told, with status 2', async () => {
  for (const args of [['nonsense'], ['serve', 'x'], ['-c'], ['--set'],
    ['courier']]) {
    const { status, stderr } = await instance.postern(...args);
    assert.equal(status, 2, args.join(' '));
    assert.notEqual(stderr, '');
  }
});

test('TERM: what is begun is finished, then all are gone', async () => {
  const pids = instance.children();
  const client = net.connect(socket());
  let answer = '';
  client.on('data', (data) => { answer += data; });
  const whole = request('/health/alive');
  client.write(whole.subarray(0, 30));
  await sleep(200);
  process.kill(instance.supervisor, 'SIGTERM');
  await until(() => !existsSync(socket()), 'the socket to go');
  client.write(whole.subarray(30));
  await new Promise((done) => { client.on('end', done); });
  assert.match(answer, /Status: 200 /);
  await until(() => [instance.supervisor, ...pids]
    .every((pid) => !isAlive(pid)), 'everybody to leave');
  await instance.service('start', 'postern');
  assert.match(await exchange(request('/health/alive')), /Status: 200 /);
});

test('the supervisor is killed: no orphans, and the next one starts',
  async () => {
    const pids = instance.children();
    process.kill(instance.supervisor, 'SIGKILL');
    await until(() => pids.every((pid) => !isAlive(pid)), 'no orphans');
    assert.ok(existsSync(socket()));
    await instance.service('stop', 'postern').catch(() => {});
    await instance.service('start', 'postern');
    assert.match(await exchange(request('/health/alive')), /Status: 200 /);
  });

/*
 * As systemd starts it: with a socket that is bound already.  The file gets
 * another name, as closing our end of it removes the first one.
 */
async function activated(...set) {
  const dir = realpathSync(join(instance.dir, 'run'));
  const path = join(dir, 'passed.sock');
  const settings = realpathSync(instance.env.POSTERN_CONFIG);
  const { uid, gid } = statSync(settings);
  const server = net.createServer().listen(`${path}.new`);
  await new Promise((done) => { server.on('listening', done); });
  const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$@"', 'sh',
    realpathSync(instance.env.POSTERN_BIN),
    ...set.flatMap((one) => ['--set', one]), 'serve'], {
    stdio: ['ignore', 'ignore', 'pipe', server._handle.fd],
    ...process.getuid() === 0 ? { uid, gid } : {},
    env: { ...process.env, LISTEN_FDS: '1', LISTEN_FDNAMES: 'public',
      POSTERN_CONFIG: settings } });
  renameSync(`${path}.new`, path);
  chmodSync(path, 0o666);
  server.close();
  let log = '';
  child.stderr.on('data', (data) => { log += data; });
  const gone = new Promise((done) => { child.on('exit', done); });
  return { path, child, gone, log: () => log };
}

test('fewer sockets passed than configured: the others are bound', async () => {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const one = await activated(`server.authorizer.address=${address}`);
  try {
    await until(() => /serving with/.test(one.log()), 'it to serve');
    assert.match(await exchange(request('/health/alive'), one.path),
      /Status: 200 /);
    const authorizer = Buffer.concat([record(1,
      Buffer.from([0, 2, 0, 0, 0, 0, 0, 0])),
    request('/members/').subarray(begin.length)]);
    assert.match(await exchange(authorizer, port), /Status: 401 /);
    process.kill(one.child.pid, 'SIGHUP');
    await until(() => one.log().split('serving with').length === 3,
      'it to reload');
    assert.match(await exchange(authorizer, port), /Status: 401 /);
    /* A second one cannot bind it, and says so. */
    const second = await activated(`server.authorizer.address=${address}`);
    assert.equal(await second.gone, 1);
    assert.match(second.log(), new RegExp(`${address}: cannot listen`));
  } finally {
    one.child.kill();
    await one.gone;
  }
});

/* lighttpd starts the program itself, with the socket on descriptor 0. */
async function webServerThatStartsUs() {
  const port = await freePort();
  /* What an ordinary user reaches; our own folder may be root's alone. */
  const dir = realpathSync(join(instance.dir, 'run'));
  const program = join(dir, 'postern.fcgi');
  const conf = join(dir, 'own.conf');
  if (existsSync(program))
    unlinkSync(program);
  symlinkSync(realpathSync(instance.env.POSTERN_BIN), program);
  const settings = realpathSync(instance.env.POSTERN_CONFIG);
  const { uid } = statSync(settings);
  const user = (await run('id', ['-un', String(uid)])).stdout.trim();
  writeFileSync(conf, `
server.modules = ( "mod_fastcgi" )
server.document-root = "${dir}"
server.bind = "127.0.0.1"
server.port = ${port}
${process.getuid() === 0 ? `server.username = "${user}"` : ''}
fastcgi.server = ( "/" => (( "bin-path" => "${program}", "max-procs" => 2,
  "socket" => "${dir}/own.sock", "check-local" => "disable",
  "bin-environment" => ( "POSTERN_CONFIG" => "${settings}" ),
  "fix-root-scriptname" => "enable" )) )
`);
  const server = spawn('lighttpd', ['-D', '-f', conf], { stdio: 'ignore' });
  const gone = new Promise((done) => { server.on('exit', done); });
  return { url: `http://127.0.0.1:${port}`, server, gone,
    socket: join(dir, 'own.sock-0') };
}

test('started by the web server: serves alone, leaves at once', async () => {
  const { url, server, gone, socket: own } = await webServerThatStartsUs();
  let pids = [];
  try {
    await until(async () => (await fetch(`${url}/health/ready`)
      .catch(() => ({}))).status === 200, 'an answer');
    pids = proc(server.pid, `task/${server.pid}/children`).split(' ')
      .filter(Boolean).map(Number);
    assert.equal(pids.length, 2);
    /* Who does not end has a short time, and is told. */
    const whole = request('/health/alive');
    assert.match(await exchange(whole.subarray(0, 30), own), /Status: 408 /);
    assert.match(await exchange(whole, own), /Status: 200 /);
    process.kill(pids[0], 'SIGTERM');
    await until(() => !isAlive(pids[0]), 'an idle one to leave', 10000);
    await until(async () => (await fetch(`${url}/health/alive`))
      .status === 200, 'the others');
  } finally {
    server.kill();
    await gone;
  }
  await until(() => pids.every((pid) => !isAlive(pid)), 'all to leave');
});
