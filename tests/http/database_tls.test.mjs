/*
 * TLS to the database: a server that wants it gets it, and whoever wants it
 * gets no connection without.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { freePort, run, start } from '../lib/instance.mjs';

let instance;
let dir; /* readable by everybody: keys of an hour lie here */
let port;

const file = (name) => join(dir, `${name}.pem`);

/* A certificate for a name, by an authority of the same name. */
async function certify(name, subject) {
  const openssl = async (...args) => {
    const { status, stderr } = await run('openssl', args);
    assert.equal(status, 0, stderr);
  };
  await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
    '-subj', `/CN=${name} CA`, '-keyout', file(`${name}-ca-key`),
    '-out', file(`${name}-ca`));
  await openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj',
    `/CN=${subject}`, '-keyout', file(`${name}-key`), '-out',
    file(`${name}-req`));
  writeFileSync(file(`${name}-ext`), `subjectAltName=DNS:${subject}\n`);
  await openssl('x509', '-req', '-in', file(`${name}-req`), '-days', '2',
    '-CA', file(`${name}-ca`), '-CAkey', file(`${name}-ca-key`),
    '-set_serial', '1', '-extfile', file(`${name}-ext`),
    '-out', file(name));
  chmodSync(file(`${name}-key`), 0o644);
}

const options = (more) => ['--skip-networking=0', '--bind-address=127.0.0.1,127.0.0.2',
  `--port=${port}`, ...more].join(' ');

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-db-tls-'));
  chmodSync(dir, 0o755);
  await certify('server', 'localhost');
  await certify('other', 'localhost');
  port = await freePort();
  process.env.POSTERN_MARIADB_OPTIONS = options([
    `--ssl-ca=${file('other-ca')}`, `--ssl-cert=${file('server')}`,
    `--ssl-key=${file('server-key')}`, '--require-secure-transport=ON']);
  instance = await start();
  await instance.sql(`
    CREATE USER p@'127.0.0.1' IDENTIFIED BY 'pw';
    CREATE USER shown@'127.0.0.1' IDENTIFIED BY 'pw' REQUIRE X509;
    GRANT ALL ON postern.* TO p@'127.0.0.1', shown@'127.0.0.1';`);
});
after(async () => {
  await instance?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const url = (user, host, query) =>
  `database.url=mariadb://${user}:pw@${host}:${port}/postern${query}`;

/* Whether "postern config check" can connect, and what it says. */
async function check(set, more = {}) {
  const args = [set, ...Object.entries(more).map((pair) => pair.join('='))];
  const { status, stderr } = await instance.postern(
    ...args.flatMap((one) => ['--set', one]), 'config', 'check');
  return { ok: status === 0, stderr };
}

/* The instance is started with other keys in the end. */
const noTls = { 'database.tls.mode': 'off', 'database.tls.ca_file': '' };
const verify = { 'database.tls.mode': 'verify' };
const ca = (name) => ({ 'database.tls.ca_file': `${dir}/${name}.pem` });

/* What is asked for, and a word of why it is refused; null: it is not. */
const cases = [
  ['no TLS', '', () => ({ 'database.host': '127.0.0.1' }), /wants TLS/],
  ['TLS, with anybody', '', () => ({ 'database.tls.mode': 'required' }), null],
  ['a server that is verified', '',
    () => ({ ...verify, ...ca('server-ca') }), null],
  ['one that nobody vouches for', '', () => verify, /TLS failed/],
  ['one that another vouches for', '',
    () => ({ ...verify, ...ca('other-ca') }), /TLS failed/],
  ['a cipher that there is', '', () => ({ ...verify, ...ca('server-ca'),
    'database.tls.cipher': 'ECDHE-RSA-AES256-GCM-SHA384' }), null],
  ['a cipher that there is not', '', () => ({ ...verify, ...ca('server-ca'),
    'database.tls.cipher': 'NONE-SUCH' }), /TLS failed/],
  ['ssl=true', '?ssl=true', () => ({}), null],
  ['tls=true', '?tls=true', () => ({}), /TLS failed/],
  ['ssl=true, and keys that say more', '?ssl=true', () => verify,
    /TLS failed/],
];

for (const [what, query, more, refused] of cases)
  test(`${what}: ${refused ? 'refused' : 'connected'}`, async () => {
    const { 'database.host': host = 'localhost', ...set } = more();
    const { ok, stderr } = await check(url('p', host, query), set);
    assert.equal(ok, refused === null, stderr);
    if (refused)
      assert.match(stderr, refused);
  });

test('the certificate is for the name that was asked for', async () => {
  const query = `?ssl-mode=VERIFY_IDENTITY&ssl-ca=${file('server-ca')}`;
  assert.ok((await check(url('p', 'localhost', query))).ok);
  const { ok, stderr } = await check(url('p', '127.0.0.2', query));
  assert.equal(ok, false);
  assert.match(stderr, /TLS failed/);
});

test('a server that wants to see our certificate', async () => {
  const query = `?ssl=true&ssl-cert=${file('other')}`
    + `&ssl-key=${file('other-key')}`;
  assert.match((await check(url('shown', 'localhost', '?ssl=true'))).stderr,
    /access denied/);
  assert.ok((await check(url('shown', 'localhost', query))).ok);
  const own = query.replaceAll('other', 'server');
  assert.ok(!(await check(url('shown', 'localhost', own))).ok);
});

test('it serves so, and migrates', async () => {
  const set = { ...verify, ...ca('server-ca'), 'database.socket': '',
    'database.host': 'localhost', 'database.port': port,
    'database.user': 'p', 'database.password': 'pw',
    'database.migrate_user': '' };
  await instance.up(set);
  const api = await instance.client();
  await api.signUp(freshAddress());
  await api.call('GET', '/me', undefined, { status: 200 });
  const [[secured], [all]] = await instance.sql(`
    SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
     WHERE VARIABLE_NAME IN ('SSL_FINISHED_ACCEPTS');
    SELECT COUNT(*) FROM information_schema.PROCESSLIST
     WHERE USER = 'p' AND HOST LIKE '127.0.0.1:%';`);
  assert.ok(Number(all) >= 1);
  assert.ok(Number(secured) >= Number(all));
});

/* Nobody between them may take the TLS away. */
test('a server without TLS gets no clear text', async () => {
  process.env.POSTERN_MARIADB_OPTIONS = options(['--skip-ssl']);
  await instance.service('stop', 'mariadb');
  await instance.service('start', 'mariadb');
  const plain = await check(url('p', '127.0.0.1', ''), noTls);
  assert.ok(plain.ok, plain.stderr);
  for (const query of ['?ssl=true', '?tls=true'])
    assert.match((await check(url('p', 'localhost', query), noTls)).stderr,
      /TLS failed/);
});
