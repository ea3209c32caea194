/*
 * What is measured: an instance with its rows, the floors beside it, and the
 * requests that are sent to them.
 */
import { spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
  statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bin } from './measure.mjs';
import { Instance, freePort, output, until } from './quickstart.mjs';

const PASSWORD = 'correct horse battery staple';
const USERS = 30000;
const LOGINS = 64; /* users with a password */
const NORM = 1; /* how its text was normalised */

export const uuidOf = (text) => `UNHEX(CONCAT(SUBSTR(MD5(${text}), 1, 12), '4',
  SUBSTR(MD5(${text}), 14, 3), '8', SUBSTR(MD5(${text}), 18)))`;
const shown = (id) => `LOWER(CONCAT_WS('-', SUBSTR(HEX(${id}), 1, 8),
  SUBSTR(HEX(${id}), 9, 4), SUBSTR(HEX(${id}), 13, 4),
  SUBSTR(HEX(${id}), 17, 4), SUBSTR(HEX(${id}), 21)))`;

export class Site {
  constructor(settings, sessions, { users = USERS, admin = false } = {}) {
    this.settings = settings;
    this.sessions = sessions;
    this.size = users;
    this.admin = admin;
    this.floors = {}; /* URLs by name */
    this.behind = {}; /* process ids by URL */
    this.processes = [];
    this.dir = mkdtempSync(join(tmpdir(), 'postern-bench-'));
    chmodSync(this.dir, 0o755);
  }

  async open() {
    this.instance = new Instance(join(process.env.POSTERN_BUILD, 'run'),
      process.env.POSTERN_BUILD, this.settings);
    if (this.admin)
      this.instance.adminPort = await freePort();
    await this.instance.up();
    this.readConfiguration();
    await this.seed();
  }

  /* The same data under other settings. */
  async reopen(settings) {
    await this.closeFloors();
    await this.instance.up(settings);
  }

  async close() {
    await this.closeFloors();
    try {
      await this.instance?.down();
    } finally {
      rmSync(this.dir, { recursive: true, force: true });
    }
  }

  readConfiguration() {
    const { dir } = this.instance;
    const conf = statSync(join(dir, 'conf/lighttpd.conf'));
    this.web = readFileSync(join(dir, 'conf/lighttpd.conf'), 'utf8');
    /* Everything that the instance runs as. */
    this.user = process.getuid() === 0
      ? { uid: conf.uid, gid: conf.gid } : {};
    this.own = join(this.dir, 'own');
    mkdirSync(this.own);
    if (this.user.uid !== undefined)
      chownSync(this.own, this.user.uid, this.user.gid);
  }

  workers() {
    return this.instance.children('postern-worker');
  }

  courier() {
    return this.instance.children('postern-courier')[0];
  }

  /* Everybody who works for a request to url, but for the load tool. */
  serving(url) {
    const pid = (name) => Number(readFileSync(
      join(this.instance.dir, `run/${name}.pid`), 'utf8').split(' ')[0]);
    const own = this.behind[url] ?? [pid('web'), ...this.workers()];
    return [...own, pid('mariadb')];
  }

  /* -------------------------------------------------------------- the rows */

  async seed() {
    const cost = ['memory_kib', 'iterations', 'parallelism'];
    const { POSTERN_BIN, POSTERN_CONFIG } = this.instance.env;
    const printed = await output(POSTERN_BIN,
      ['--config', POSTERN_CONFIG, 'config', 'print']);
    this.kernel = printed.match(/^# Argon2: (.*)/m)?.[1] ?? '';
    this.own = (await output(join(bin, 'argon2'), ['name'])).trim();
    this.argon2 = cost.map((key) =>
      printed.match(new RegExp(`argon2:\\n(?:    .*\\n)*?    ${key}: (\\d+)`))[1]);
    this.phc = (await output(join(bin, 'argon2'),
      ['hash', ...this.argon2, PASSWORD])).trim();
    await this.instance.sql(`
      SET @t = (SELECT id FROM tenants WHERE name = 'default');
      SET @n = UTC_TIMESTAMP(6);
      INSERT INTO users (id, tenant_id, created_at, updated_at)
      SELECT ${uuidOf("CONCAT('user', seq)")}, @t, @n, @n
        FROM seq_1_to_${this.size};
      INSERT INTO emails SELECT ${uuidOf("CONCAT('email', seq)")}, @t,
        ${uuidOf("CONCAT('user', seq)")}, CONCAT('user', seq, '@example.org'),
        1, @n, @n FROM seq_1_to_${this.size};
      INSERT INTO primary_emails SELECT ${uuidOf("CONCAT('user', seq)")}, @t,
        ${uuidOf("CONCAT('email', seq)")}, @n, @n FROM seq_1_to_${this.size};
      INSERT INTO password_credentials
        SELECT ${uuidOf("CONCAT('user', seq)")}, @t, '${this.phc}', ${NORM},
        @n, @n FROM seq_1_to_${LOGINS};
      INSERT INTO sessions (id, tenant_id, user_id, user_agent, ip_address,
          created_at, last_used, expires_at)
        SELECT ${uuidOf("CONCAT('session', seq)")}, @t,
        ${uuidOf(`CONCAT('user', seq + ${LOGINS})`)}, 'bench', '127.0.0.1',
        @n, @n, @n + INTERVAL 12 HOUR FROM seq_1_to_${this.sessions};
      CREATE TABLE bench_floor (id BINARY(16) NOT NULL PRIMARY KEY,
        created_at DATETIME(6) NOT NULL) ENGINE=InnoDB;`);
    this.users = (await this.instance.sql(`
      SELECT ${shown(uuidOf("CONCAT('user', seq)"))}
        FROM seq_1_to_${this.size}`)).flat();
    this.rows = (await this.instance.sql(`
      SELECT ${shown(uuidOf("CONCAT('session', seq)"))},
        ${shown(uuidOf(`CONCAT('user', seq + ${LOGINS})`))},
        CONCAT('user', seq + ${LOGINS}, '@example.org')
        FROM seq_1_to_${this.sessions}`)).map((row) => row.join(' '));
  }

  async sign(rows, set) {
    const text = await output(join(bin, 'tokens'),
      [this.instance.env.POSTERN_CONFIG, ...set],
      { input: `${rows.join('\n')}\n`, ...this.user });
    return text.trim().split('\n');
  }

  /* Tokens of all sessions, signed on two cores. */
  async tokens(...set) {
    const half = this.rows.length >> 1;
    return (await Promise.all([this.sign(this.rows.slice(0, half), set),
      this.sign(this.rows.slice(half), set)])).flat();
  }

  /* So few that every worker knows them after a moment. */
  fewTokens() {
    return this.sign(this.rows.slice(0, 32), []);
  }

  /* ----------------------------------------------------------- the requests */

  file(name, lines) {
    const path = join(this.dir, name);
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  }

  gets(name, path, tokens = ['-']) {
    return this.file(name, tokens.map((token) => `GET ${path} ${token} -`));
  }

  /* Users who have no password, so that nothing collides with logins. */
  passcodes() {
    return this.file('passcodes', this.users.slice(LOGINS).map((id) =>
      `POST /passcode/login/initialize - {"user_id":"${id}"}`));
  }

  /* A page that only users may see, by their cookie. */
  members(tokens) {
    return this.gets('members', '/members/index.html',
      tokens.map((token) => `hanko=${token}`));
  }

  logins() {
    return this.file('logins', this.users.slice(0, LOGINS).map((id) =>
      `POST /password/login - {"user_id":"${id}","password":"${PASSWORD}"}`));
  }

  get password() {
    return PASSWORD;
  }

  /* What was written goes, and does not slow down what comes next. */
  async sweep() {
    await this.instance.sql(`SET lock_wait_timeout = 10;
      TRUNCATE passcodes; TRUNCATE outbox; TRUNCATE bench_floor;
      TRUNCATE audit_logs;`);
  }

  /* ------------------------------------------------------------- the floors */

  /* In a session of its own, as what quickstart starts: the scheduler shares
     out time between sessions first. */
  background(file, args, options = {}) {
    const child = spawn(file, args, { detached: true,
      stdio: ['ignore', 'ignore', 'inherit'], ...options });
    child.on('error', (error) => { child.failed = error; });
    this.processes.push(child);
    return child;
  }

  /*
   * A floor behind a lighttpd that is configured as the instance's is, but
   * for port and socket.  The URL.
   */
  async floor(mode, bytes) {
    const name = `${mode}-${bytes}`;
    if (this.floors[name])
      return this.floors[name];
    const socket = join(this.dir, `${name}.sock`);
    const port = await freePort();
    const conf = this.web
      .replaceAll(/"[^"]*\/public\.sock"/g, `"${socket}"`)
      .replace(/^server\.port = \d+/m, `server.port = ${port}`)
      .replaceAll(/\[::1\]:\d+/g, `[::1]:${port}`);
    const path = join(this.dir, `${name}.conf`);
    writeFileSync(path, conf);
    const program = this.background(join(bin, 'floor'), [mode, socket,
      String(this.workers().length), String(bytes),
      this.instance.env.POSTERN_DB_SOCKET, this.instance.env.POSTERN_DB_NAME]);
    const web = this.background('lighttpd', ['-D', '-f', path],
      { ...this.user, stdio: 'ignore' });
    const url = `http://127.0.0.1:${port}`;
    await until(() => fetch(`${url}/.well-known/jwks.json`)
      .then((answer) => answer.ok, () => false), `the floor ${name}`);
    this.behind[url] = [web.pid, ...readFileSync(
      `/proc/${program.pid}/task/${program.pid}/children`, 'utf8')
      .split(' ').filter(Boolean).map(Number)];
    return (this.floors[name] = url);
  }

  async closeFloors() {
    const gone = this.processes.map((child) => child.exitCode !== null ||
      child.signalCode !== null || child.failed || new Promise((done) => {
      child.on('exit', done);
      child.kill('SIGTERM');
    }));
    this.processes = [];
    this.floors = {};
    await Promise.all(gone);
  }
}
