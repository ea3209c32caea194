/*
 * An instance of the real thing for a test: MariaDB, SMTP receiver, Postern
 * and a web server, started by etc/quickstart and stopped by it.
 *
 *   const instance = await start({ set: { 'session.limit': 2 } });
 *   const api = instance.api();
 *   const me = await api.call('GET', '/me');
 *   const rows = await instance.sql('SELECT COUNT(*) FROM users');
 *   await instance.stop();
 *
 * From the environment:
 * POSTERN_WEB		lighttpd (default), apache or nginx
 * POSTERN_PREFIX	where the API is mounted, such as /id; default none, as /
 * POSTERN_BUILD	a finished build; without it quickstart builds
 * POSTERN_TEST_DIR	where instances are kept; default build/test/run
 * POSTERN_TEST_TEMPLATE	what lib/template.sh made; default none
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync,
  writeFileSync } from 'node:fs';
import net from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Api } from './api.mjs';
import { Statements } from './statements.mjs';

/* The root of the source tree. */
export const top = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const quickstart = join(top, 'etc/quickstart');
const base = process.env.POSTERN_TEST_DIR ?? join(top, 'build/test/run');
const running = new Set(); /* or about to */
let leaving = false;
let count = 0;

/* Run a program to its end: { status, stdout, stderr }; never rejects. */
export function run(file, args, options = {}) {
  const { input = '', ...rest } = options;
  return new Promise((done) => {
    const child = execFile(file, args, { maxBuffer: 1 << 26, ...rest },
      (error, stdout, stderr) => done({
        status: !error ? 0 : typeof error.code === 'number' ? error.code : 1,
        stdout,
        stderr: stderr || (error ? String(error.message) : ''),
      }));
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/* A port that nobody listens on at the moment, on either loopback. */
export async function freePort() {
  const isFree = (port, host) => new Promise((done) => {
    const server = net.createServer();
    server.once('error', (error) => done(error.code === 'EADDRNOTAVAIL'));
    server.listen(port, host, () => server.close(() => done(true)));
  });
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    if (await isFree(port, '127.0.0.1') && await isFree(port, '::1'))
      return port;
  }
}

/* Wait until fn() is truthy, and return what it returned. */
export async function until(fn, what = 'this', timeout_ms = 60000) {
  const deadline = Date.now() + timeout_ms;
  for (;;) {
    const value = await fn();
    if (value)
      return value;
    if (Date.now() > deadline)
      throw new Error(`${what} did not happen within ${timeout_ms} ms`);
    await sleep(50);
  }
}

/* The shell assignments of an env file. */
export function parseEnv(text) {
  const env = {};
  for (const [, name, value] of text.matchAll(/^([A-Z_]+)=(.*)$/gm))
    env[name] = value.startsWith("'")
      ? value.slice(1, -1).replaceAll("'\\''", "'") : value;
  return env;
}

/*
 * What mariadb(1) prints for some statements.  A single one that lost a
 * deadlock against the server under test has changed nothing, and is run again.
 */
async function once(args, input) {
  const { status, stdout, stderr } = await run('mariadb', args, { input });
  if (stderr.includes('ERROR 1213 ') && !input.includes(';'))
    return once(args, input);
  if (status !== 0)
    throw new Error(stderr);
  return stdout;
}

/* What is set unless a test says otherwise. */
const usual = { 'rate_limiter.enabled': 'false' };

export class Instance {
  constructor(dir, options, port, adminPort) {
    this.dir = dir;
    this.options = options;
    this.port = port;
    this.adminPort = adminPort;
    this.web = options.web ?? process.env.POSTERN_WEB ?? 'lighttpd';
    this.prefix = (options.prefix ?? process.env.POSTERN_PREFIX ?? '')
      .replace(/\/$/, '');
  }

  arguments(set) {
    const args = ['--dir', this.dir, '--port', String(this.port),
      '--web', this.web];
    if (this.adminPort)
      args.push('--admin-port', String(this.adminPort));
    if (this.prefix)
      args.push('--prefix', this.prefix);
    const build = this.options.build ?? process.env.POSTERN_BUILD;
    if (build)
      args.push('--build', build);
    for (const [path, value] of Object.entries(set))
      args.push('--set',
        `${path}=${this.own(value)}`);
    return args;
  }

  /* A value of set. */
  own(value) {
    return String(value).replaceAll('{port}', this.port)
      .replaceAll('{dir}', this.dir);
  }

  quickstart(...args) {
    const { under = [], env } = this.options;
    const [file, ...rest] = [...under, 'sh', quickstart, ...args];
    return run(file, rest, { env: { ...process.env, ...env } });
  }

  /* Start, or start anew with other settings; what is stored stays. */
  async up(set = this.options.set) {
    if (leaving)
      throw new Error('interrupted');
    running.add(this);
    const { status, stdout, stderr } = await this.quickstart(
      ...this.arguments(set), '--detach');
    if (status !== 0)
      throw new Error(`quickstart ended with ${status}\n${stdout}${stderr}`);
    this.env = parseEnv(readFileSync(join(this.dir, 'env'), 'utf8'));
    this.url = this.env.POSTERN_URL;
    this.adminUrl = this.env.POSTERN_ADMIN_URL;
    this.mailDir = this.env.POSTERN_MAIL;
    return this;
  }

  /* Go on with other settings, by a reload: what start() takes as set. */
  async reload(set) {
    const kept = readFileSync(join(this.dir, 'conf/defaults'), 'utf8');
    const all = Object.fromEntries([...kept.matchAll(/^([^=]+)=(.*)$/gm)]
      .map(([, path, value]) => [path, value]));
    const lines = Object.entries({ ...all, ...set })
      .map(([path, value]) => `${path}=${this.own(value)}\n`).sort();
    const { status, stdout, stderr } = await run('awk', ['-f',
      join(top, 'etc/quickstart.d/yaml.awk'),
      join(top, 'lib/conf/conf.def'), '-'], { input: lines.join('') });
    if (status !== 0)
      throw new Error(stderr);
    writeFileSync(this.env.POSTERN_CONFIG, stdout);
    const old = this.children();
    process.kill(this.supervisor, 'SIGHUP');
    await until(() => !this.children().some((pid) => old.includes(pid)),
      'the reload');
  }

  /*
   * The same one with other settings, where another would only take longer to
   * start: until its stop(), which gives it back its own.  All that is stored
   * stays, but for what limits count.
   */
  async other({ set } = {}) {
    const own = { ...usual, ...set };
    await this.reload(own);
    await this.sql('DELETE FROM rate_limits');
    return Object.assign(Object.create(this), {
      options: { ...this.options, set: own },
      stop: () => this.reload(this.options.set),
    });
  }

  async down() {
    running.delete(this);
    await this.statements?.close();
    this.statements = null;
    const { status, stderr } = await this.quickstart('--stop',
      '--dir', this.dir);
    if (status !== 0)
      throw new Error(`quickstart --stop ended with ${status}: ${stderr}`);
  }

  /*
   * Stop, and remove all but the logs.  Throws when a sanitizer had something
   * to say, so that what provoked it does not pass unnoticed.
   */
  async stop() {
    await this.down();
    const found = this.findings();
    if (found !== '')
      throw new Error(found);
    if (this.options.keep)
      return;
    for (const name of readdirSync(this.dir).filter((one) => one !== 'log'))
      rmSync(join(this.dir, name), { recursive: true, force: true });
  }

  /* What the sanitizers wrote, or "". */
  findings() {
    const dir = join(this.dir, 'log');
    return (existsSync(dir) ? readdirSync(dir) : [])
      .map((name) => [name, readFileSync(join(dir, name), 'utf8')])
      .filter(([, log]) => /ERROR: \w+Sanitizer|runtime error:/.test(log))
      .map(([name, log]) => `${name}:\n${log.slice(-4000)}\n`)
      .join('');
  }

  /* A client of its own, with its own cookies; options as in api.mjs. */
  client(options = {}) {
    return new Api(this.url, { mailDir: this.mailDir, ...options });
  }

  /* A client of the Admin API, with a key; "" for none. */
  admin(bearer = this.env.POSTERN_ADMIN_KEY) {
    return new Api(this.adminUrl, { mailDir: this.mailDir, bearer,
      description: 'admin ' });
  }

  /* A new key: options of "postern admin-key create". */
  async adminKey(name, ...options) {
    const { status, stdout, stderr } = await this.postern('admin-key',
      'create', name, ...options);
    if (status !== 0)
      throw new Error(stderr);
    return stdout.trim();
  }

  /* Rows of a statement as lists of texts; NULL is null. */
  async sql(text) {
    const args = ['--no-defaults', '--skip-ssl-verify-server-cert',
      '--user=root', `--socket=${this.env.POSTERN_DB_SOCKET}`, '--batch',
      '--skip-column-names', ...(this.sqlOptions ?? []),
      this.env.POSTERN_DB_NAME];
    const stdout = this.options.oneConnection
      ? await (this.statements ??= new Statements(args)).ask(text)
      : await once(args, text);
    return stdout.split('\n').slice(0, -1).map((line) =>
      line.split('\t').map((cell) => (cell === 'NULL' ? null : cell)));
  }

  /* Wait until no mail is on its way to anybody. */
  allSent() {
    return until(async () => (await this.sql(
      "SELECT 1 FROM outbox WHERE kind <> 'unsent'")).length === 0, 'all mail');
  }

  /* postern, with the configuration of this instance. */
  postern(...args) {
    return run(this.env.POSTERN_BIN, args, {
      env: { ...process.env, POSTERN_CONFIG: this.env.POSTERN_CONFIG },
    });
  }

  /*
   * Send and expire at once, as cron would: as whom the instance runs as.
   * under is a command to run it under, with its arguments.
   */
  async courier(...under) {
    const owner = statSync(this.env.POSTERN_CONFIG).uid;
    const { stdout } = await run('id', ['-nu', String(owner)]);
    const [file, ...args] = [...under, this.env.POSTERN_BIN, '--set',
      `server.user=${stdout.trim()}`, 'courier', '--once'];
    return run(file, args, {
      env: { ...process.env, POSTERN_CONFIG: this.env.POSTERN_CONFIG },
    });
  }

  /* What Postern has written to its standard outputs. */
  log() {
    return readFileSync(join(this.dir, 'log/postern.log'), 'utf8');
  }

  /* The supervisor, and the process ids of its children. */
  get supervisor() {
    return Number(this.env.POSTERN_PID);
  }

  children() {
    const file = `/proc/${this.supervisor}/task/${this.supervisor}/children`;
    return readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
  }

  /* Stop or start one of the others: mariadb, smtp, web, postern. */
  async service(action, name) {
    const { status, stderr } = await this.quickstart('--service', action,
      name, '--dir', this.dir);
    if (status !== 0)
      throw new Error(`quickstart --service ${action} ${name}: ${stderr}`);
    this.env = parseEnv(readFileSync(join(this.dir, 'env'), 'utf8'));
  }
}

/* What an instance has of its own that keeps it from taking the template's. */
const keys = ['secrets.keys', 'session.signing_algorithm'];

/* A copy of a database that is not running, and of the secrets it needs. */
export async function copyData(from, dir) {
  mkdirSync(dir, { recursive: true });
  const { status, stderr } = await run('cp', ['-a', '--sparse=always',
    ...['data', 'conf'].map((part) => join(from, part)), dir]);
  if (status !== 0)
    throw new Error(stderr);
}

/* Begin with a copy of the database, its keys, and the secrets they need. */
async function copyTemplate(dir, set) {
  const template = process.env.POSTERN_TEST_TEMPLATE;
  if (template && !keys.some((key) => key in set))
    await copyData(join(template, 'instance'), dir);
}

/*
 * Start an instance of its own.
 *
 * set		{ 'configuration.key': value }; lists comma-separated, {port}
 *		and {dir} are the instance's own.  Rate limits are off unless a test
 *		switches them on.
 * web, prefix	instead of what the environment says.
 * admin	true: an admin port as well.
 * from		a folder with data and conf to begin with a copy of.
 * keep		true: its data stay as well in the end.
 * under, env	a command to run all of it under, with its arguments, and
 *		variables for it.
 * oneConnection	true: sql() is for many statements, one after the other,
 *		each of which is an autocommitted one.
 */
export async function start(options = {}) {
  const set = { ...usual, ...options.set };
  mkdirSync(base, { recursive: true });
  const dir = join(base, `${process.pid}-${++count}`);
  rmSync(dir, { recursive: true, force: true });
  await (options.from ? copyData(options.from, dir) : copyTemplate(dir, set));
  for (let attempt = 1; ; attempt++) {
    const instance = new Instance(dir, { ...options, set },
      await freePort(), options.admin ? await freePort() : 0);
    try {
      return await instance.up();
    } catch (error) {
      /* Somebody may have taken the port in between. */
      if (attempt === 3 || !/in use/i.test(String(error)))
        throw error;
    }
  }
}

/* A run that is broken off leaves nothing behind. */
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, async () => {
    leaving = true;
    await Promise.allSettled([...running].map((one) => one.down()));
    process.exit(1);
  });
