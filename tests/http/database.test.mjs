/*
 * What is said of the server of the database: one that is no MariaDB, or too
 * old a one, is refused everywhere; its TLS and its clock are looked at by
 * "postern doctor".  The MariaDB here has a certificate, and is real.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { certify } from '../lib/certificate.mjs';
import { Foreign } from '../lib/foreign.mjs';
import { Host } from '../lib/host.mjs';
import { freePort, run, start, top, until } from '../lib/instance.mjs';

const FOREIGN = 'this server cannot be used: ';
const MYSQL = `${FOREIGN}it is MySQL or one like it (8.0.40); Postern needs `
  + 'MariaDB 10.3 or newer';
/* An address of this machine that does not look like one. */
const ELSEWHERE = '0.0.0.0';
const APART_S = 86400; /* beside which no second of ours counts */

let instance;
let dir;
let port;

/* The MariaDB of our own, with some more options. */
async function mariadb(what, options = '') {
  const { status, stderr } = await run('sh', [join(top,
    'etc/private-mariadb.sh'), what, dir], { env: { ...process.env,
    POSTERN_MARIADB_OPTIONS: `--skip-networking=0 --port=${port} `
      + `--bind-address=127.0.0.1 ${options}` } });
  assert.equal(status, 0, stderr);
}

async function sql(text) {
  const { status, stderr } = await run('mariadb', ['--no-defaults',
    '--user=root', `--socket=${join(dir, 'run/mariadb.sock')}`],
  { input: text });
  assert.equal(status, 0, stderr);
}

const tls = () => `--ssl-cert=${join(dir, 'own.pem')} `
  + `--ssl-key=${join(dir, 'own.key')}`;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ptndb-'));
  chmodSync(dir, 0o755);
  port = await freePort();
  await certify(dir);
  await certify(dir, { name: 'other' });
  instance = await start();
  await mariadb('start', tls());
  await sql(`CREATE DATABASE postern; CREATE USER us IDENTIFIED BY 'pw';
    GRANT ALL ON postern.* TO us;`);
  const { status, stderr } = await postern(at(), 'migrate', 'up');
  assert.equal(status, 0, stderr);
});
after(async () => {
  await instance?.stop();
  await mariadb('stop');
  rmSync(dir, { recursive: true, force: true });
});

const at = (more = {}) => ({ 'database.socket': '', 'database.port': port,
  'database.host': '127.0.0.1', 'database.user': 'us',
  'database.password': 'pw', 'database.database': 'postern',
  'database.migrate_user': '', ...more });

const options = (set) => Object.entries(set)
  .flatMap(([key, value]) => ['--set', `${key}=${value}`]);

const postern = (set, ...words) =>
  instance.postern(...options(set), ...words);

/* What doctor says of the database, "verdict: text" each. */
async function doctor(more) {
  const { stdout } = await postern(at(more), 'doctor', '--json', '--url',
    instance.url);
  return JSON.parse(stdout).findings.filter((one) => one.check === 'database')
    .map((one) => `${one.verdict}: ${one.place ? `${one.place}: ` : ''}${
      one.text}`);
}

const matches = (lines, ...wanted) => {
  assert.equal(lines.length, wanted.length, lines.join('\n'));
  lines.forEach((line, i) => assert.match(line, wanted[i]));
};

const STATEMENTS = /^ok: connected, and every statement is understood$/;
const CLOCKS = /^ok: both clocks agree$/;
const CLEAR = /^ok: \d+\.\d+\.\d+-MariaDB[^,]*, as us@%$/;
const SECURE = /^ok: \d+\.\d+\.\d+-MariaDB[^,]*, as us@%, TLS [A-Z0-9_-]+$/;

/* In a log line, or as it is. */
const says = (result, text) =>
  assert.ok((result.stdout + result.stderr).includes(text),
    result.stdout + result.stderr);

describe('a server that is not MariaDB', () => {
  for (const words of [['config', 'check'], ['migrate', 'up'],
    ['migrate', 'status'], ['doctor'], ['jwk', 'list'], ['org', 'list']])
    test(`is refused by ${words.join(' ')}, and asked nothing`, async () => {
      const mysql = new Foreign('8.0.40');
      const result = await postern(
        at({ 'database.port': await mysql.listen() }), ...words);
      await mysql.close();
      says(result, MYSQL);
      assert.notEqual(result.status, 0);
      assert.ok(mysql.asked.length > 0);
      assert.deepEqual(mysql.asked.filter((one) =>
        !one.startsWith('SELECT VERSION()')), []);
    });

  test('is refused by setup, which writes nothing', async () => {
    const mysql = new Foreign('8.0.40');
    const host = await Host.fresh('foreign');
    try {
      const { status, stderr } = await host.setup(host.answers({
        'database-admin': `mariadb://root@127.0.0.1:${await mysql.listen()}`,
        'database-admin-password-file': '-' }), { input: '\n' });
      assert.equal(status, 1, stderr);
      assert.ok(stderr.includes(MYSQL), stderr);
      assert.match(stderr, /postern\.yaml is not written/);
      assert.deepEqual(mysql.asked.filter((one) =>
        !one.startsWith('SELECT VERSION()')), []);
    } finally {
      await mysql.close();
      await host.stop();
    }
  });

  test('is refused by the server, which says so and waits', async () => {
    const mysql = new Foreign('8.0.40');
    const set = at({ 'database.port': await mysql.listen(),
      'server.public.address': `unix:${join(dir, 'public.sock')}`,
      'server.user': process.getuid() === 0 ? 'nobody' : '',
      'server.authorizer.address': '', 'server.state_dir': dir });
    const child = spawn(instance.env.POSTERN_BIN, [...options(set), 'serve'],
      { env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG },
        stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit');
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data) => {
        log += data;
      });
    try {
      await until(() => log.includes('starting without a database')
        || child.exitCode !== null, 'a worker');
      assert.ok(log.includes(MYSQL), log);
    } finally {
      child.kill();
      await ended;
      await mysql.close();
    }
    assert.deepEqual(mysql.asked.filter((one) =>
      !one.startsWith('SELECT VERSION()')), []);
  });

  test('an old MariaDB is to be updated', async () => {
    for (const greets of ['5.5.5-10.2.44-MariaDB', '8.0.11']) {
      const old = new Foreign(greets, { says: '10.2.44-MariaDB', known: 1 });
      const result = await postern(
        at({ 'database.port': await old.listen() }), 'config', 'check');
      await old.close();
      assert.equal(result.status, 1);
      says(result, `${FOREIGN}it is MariaDB 10.2.44-MariaDB; update it to `
        + '10.3 or newer');
    }
  });
});

describe('TLS to the database', () => {
  const ca = (name) => ({ 'database.tls.ca_file': join(dir, `${name}.pem`) });

  test('off, on this machine: nothing to say', async () => {
    matches(await doctor({ 'database.tls.mode': 'off' }),
      STATEMENTS, CLEAR, CLOCKS);
  });

  test('off, elsewhere: what goes there can be read', async () => {
    matches(await doctor({ 'database.tls.mode': 'off',
      'database.host': ELSEWHERE }), STATEMENTS, CLEAR, CLOCKS,
    /^warning: --set: database\.tls\.mode: .* in clear text: write verify$/);
  });

  test('on, and its certificate verified', async () => {
    matches(await doctor({ 'database.tls.mode': 'verify',
      'database.host': 'localhost', ...ca('own') }),
    STATEMENTS, SECURE, CLOCKS);
  });

  test('on, elsewhere, and not verified: somebody may pose', async () => {
    matches(await doctor({ 'database.tls.mode': 'required',
      'database.host': ELSEWHERE }), STATEMENTS, SECURE, CLOCKS,
    /^warning: .*database\.tls\.mode: .* can pose as .*: write verify$/);
  });

  for (const [what, host, name] of [['another authority', 'localhost', 'other'],
    ['a certificate of another name', ELSEWHERE, 'own']])
    test(`verified, with ${what}: no connection`, async () => {
      const [first] = await doctor({ 'database.tls.mode': 'verify',
        'database.host': host, ...ca(name) });
      assert.match(first, /^error: .*TLS failed: see database\.tls: \S/);
    });

  test('wanted and not had: no connection', async () => {
    await mariadb('stop');
    await mariadb('start', '--skip-ssl');
    try {
      for (const mode of ['required', 'verify']) {
        const [first] = await doctor({ 'database.tls.mode': mode,
          'database.host': 'localhost',
          ...(mode === 'verify' ? ca('own') : {}) });
        assert.match(first, /^error: .*TLS failed: see database\.tls: \S/);
      }
    } finally {
      await mariadb('stop');
      await mariadb('start', tls());
    }
  });
});

describe('the clock of the database', () => {
  const shifted = async (seconds) => {
    await sql(`SET GLOBAL init_connect =
      'SET timestamp = UNIX_TIMESTAMP() + ${seconds}'`);
    const found = await doctor({});
    await sql("SET GLOBAL init_connect = ''");
    return found;
  };

  for (const [apart, word] of [[APART_S, 'ahead of'], [-APART_S, 'behind']])
    test(`is ${apart} s off ours`, async () => {
      matches(await shifted(apart),
        new RegExp(`^warning: database: its clock is 86\\d{3} s ${word} this `
          + "host's, and tokens are dated by it: let NTP set both$"),
        STATEMENTS, CLEAR);
    });
});

test('a log of statements, for replicas, is refused', async () => {
  const format = async (name) => {
    await mariadb('stop');
    await mariadb('start', `${tls()} --log-bin --binlog-format=${name}`);
    return doctor({});
  };
  matches(await format('MIXED'), STATEMENTS, CLEAR, CLOCKS);
  matches(await format('STATEMENT'), STATEMENTS, CLEAR, CLOCKS,
    /^error: binlog_format is STATEMENT: it must be MIXED or ROW; set it in the server's configuration$/);
});

test('a MariaDB that says it is something else is known', async () => {
  await mariadb('stop');
  await mariadb('start', '--version=8.0.36');
  const found = await doctor({});
  matches(found, STATEMENTS, /^ok: 8\.0\.36/, CLOCKS);
});
