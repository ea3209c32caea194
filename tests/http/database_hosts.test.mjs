/*
 * database.hosts: "config check" and "doctor" look at each of them.  Two real
 * MariaDB here, which know nothing of each other; nodes of a cluster are looked
 * at in tests/cluster.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, run, start, top } from '../lib/instance.mjs';

let instance;
let dir;
let port;
let dead;

async function mariadb(what) {
  const { status, stderr } = await run('sh', [join(top,
    'etc/private-mariadb.sh'), what, dir], { env: { ...process.env,
    POSTERN_MARIADB_OPTIONS: `--skip-networking=0 --port=${port} `
      + '--bind-address=127.0.0.1' } });
  assert.equal(status, 0, stderr);
}

async function sql(text) {
  const { status, stderr } = await run('mariadb', ['--no-defaults',
    '--user=root', `--socket=${join(dir, 'run/mariadb.sock')}`],
  { input: text });
  assert.equal(status, 0, stderr);
}

const USER = `CREATE USER us IDENTIFIED BY 'pw';
  GRANT SELECT, INSERT, UPDATE, DELETE ON postern.* TO us;`;

/* The one of the instance, the other one, and nobody. */
const first = () => instance.env.POSTERN_DB_SOCKET;
const second = () => `127.0.0.1:${port}`;
const nobody = () => `127.0.0.1:${dead}`;

const postern = (hosts, ...words) => instance.postern(
  ...Object.entries({ 'database.socket': '', 'database.user': 'us',
    'database.password': 'pw', 'database.database': 'postern',
    'database.migrate_user': '', 'database.hosts': hosts.join(',') })
    .flatMap(([key, value]) => ['--set', `${key}=${value}`]), ...words);

async function doctor(...hosts) {
  const { stdout } = await postern(hosts, 'doctor', '--json', '--url',
    instance.url);
  return JSON.parse(stdout).findings.filter((one) => one.check === 'database')
    .map((one) => `${one.verdict}: ${one.text}`);
}

const has = (lines, text) => assert.ok(lines.some((one) =>
  one.startsWith(text)), `${text}:\n${lines.join('\n')}`);

const schema = (at) => `ok: ${at}: schema version `;
const EVERY = 'ok: connected, and every statement is understood';

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ptnhosts-'));
  chmodSync(dir, 0o755);
  [port, dead] = [await freePort(), await freePort()];
  instance = await start();
  await instance.sql(USER);
  await mariadb('start');
  await sql(`CREATE DATABASE postern; ${USER}
    CREATE USER migrator IDENTIFIED BY 'pw';
    GRANT ALL ON postern.* TO migrator;`);
  const { status, stderr } = await postern([second()], '--set',
    'database.migrate_user=migrator', '--set', 'database.migrate_password=pw',
    'migrate', 'up');
  assert.equal(status, 0, stderr);
});
after(async () => {
  await instance?.stop();
  await mariadb('stop');
  rmSync(dir, { recursive: true, force: true });
});

describe('several servers', () => {
  test('each is looked at, whole', async () => {
    const lines = await doctor(first(), second());
    for (const at of [first(), second()]) {
      has(lines, schema(at));
      assert.ok(lines.some((one) => /^ok: .*-MariaDB/.test(one)
        && one.includes(`${at}: `)), lines.join('\n'));
      has(lines, `ok: ${at}: both clocks agree`);
    }
    has(lines, EVERY);
  });

  test('one that is away is a warning, not an error', async () => {
    for (const hosts of [[nobody(), second()], [second(), nobody()]]) {
      const lines = await doctor(...hosts);
      has(lines, schema(second()));
      has(lines, `warning: ${nobody()}: database: cannot connect`);
      has(lines, EVERY);
      assert.deepEqual(lines.filter((one) => one.startsWith('error')), []);
      const { status, stderr } = await postern(hosts, 'config', 'check');
      assert.equal(status, 0, stderr);
      assert.ok(stderr.includes(`warning: ${nobody()}: database: cannot `),
        stderr);
    }
  });

  test('all are away', async () => {
    const hosts = [nobody(), `127.0.0.1:${await freePort()}`];
    has(await doctor(...hosts), 'error: database: ');
    assert.equal((await postern(hosts, 'config', 'check')).status, 1);
  });

  test('one is read-only', async () => {
    await sql('SET GLOBAL read_only = 1;');
    try {
      has(await doctor(second(), first()), `warning: ${second()}: schema `
        + 'version ');
      const { status, stderr } = await postern([second(), first()], 'config',
        'check');
      assert.equal(status, 0, stderr);
      assert.match(stderr, /read-only: passed over until it is not/);
      assert.equal((await postern([second(), nobody()], 'config', 'check'))
        .status, 1);
    } finally {
      await sql('SET GLOBAL read_only = 0;');
    }
  });

  test('one has an older schema', async () => {
    await sql(`CREATE TABLE postern.kept AS SELECT * FROM
        postern.schema_migrations ORDER BY version DESC LIMIT 1;
      DELETE FROM postern.schema_migrations
        WHERE version = (SELECT version FROM postern.kept);`);
    try {
      const { status, stderr } = await postern([first(), second()], 'config',
        'check');
      assert.equal(status, 0, stderr);
      assert.match(stderr, new RegExp(`warning: ${second()}: database: the `
        + 'schema has version \\d+, this program needs \\d+: run "postern '
        + 'migrate up"'));
    } finally {
      await sql(`INSERT INTO postern.schema_migrations
          SELECT * FROM postern.kept; DROP TABLE postern.kept;`);
    }
  });

  test('the clock of one goes wrong', async () => {
    await sql(`SET GLOBAL init_connect =
      'SET timestamp = UNIX_TIMESTAMP() - 300'`);
    try {
      const lines = await doctor(first(), second());
      has(lines, `ok: ${first()}: both clocks agree`);
      has(lines, `warning: ${second()}: database: its clock is 300 s behind `
        + "this host's");
    } finally {
      await sql("SET GLOBAL init_connect = ''");
    }
  });
});
