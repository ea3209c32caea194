/* "postern backup check": do these secrets open that dump? */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { someone } from '../lib/appholder.mjs';
import { Flow } from '../lib/flow.mjs';
import { run, start } from '../lib/instance.mjs';
import { totp } from '../lib/totp.mjs';

let instance;
let dir;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-backup-'));
  instance = await start({ set: {
    'dfns.password': 'true',
    'passkey.enabled': 'false',
    'email.require_verification': 'false',
  } });
  await someone(instance);
  await signUpWithApp();
  const own = await instance.postern('jwk', 'rotate', '--tenant',
    'Password 1');
  assert.equal(own.status, 0, own.stderr);
});
after(async () => {
  await instance?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/* Somebody whose second factor is an app, by a flow. */
async function signUpWithApp() {
  const flow = await Flow.ready(await instance.client(), 'registration');
  await flow.act('register_login_identifier', { email: freshAddress('app') });
  await flow.act('register_password', { new_password: 'correct horse battery' });
  await flow.act('continue_to_otp_secret_creation');
  await flow.act('otp_code_verify',
    { otp_code: totp(flow.last.body.payload.otp_secret) });
  assert.equal(flow.state, 'success');
}

/* A dump by the real program, with these options; its file. */
async function dump(name, ...options) {
  const { status, stdout, stderr } = await run('mariadb-dump', [
    '--no-defaults', '--user=root',
    `--socket=${instance.env.POSTERN_DB_SOCKET}`, ...options],
  { encoding: 'latin1' });
  assert.equal(status, 0, stderr);
  const file = join(dir, `${name}.sql`);
  writeFileSync(file, stdout, 'latin1');
  return file;
}

const check = (file, ...set) => instance.postern(...set, 'backup', 'check',
  file);
const base = () => instance.env.POSTERN_DB_NAME;

/* Signing keys, and the secrets of apps, of members and of users. */
const ALL = new RegExp('^jwks: secrets\\.keys opens (\\d) of \\1 rows\n'
  + 'totp_factors: secrets\\.keys opens 1 of 1 row\n'
  + 'otp_secrets: secrets\\.keys opens 1 of 1 row\n$');
const others = ['--set', 'secrets.keys=Vv8wC2mGq0fTz5Rk3aB'];

for (const [what, options] of [
  ['as it is', () => [base()]],
  ['in hexadecimal', () => ['--hex-blob', base()]],
  ['with named columns', () => ['--complete-insert', '--no-create-info',
    base()]],
  ['a row a line', () => ['--skip-extended-insert', base()]],
  ['without a comment', () => ['--compact', base()]],
  ['of several databases', () => ['--databases', base()]],
  ['by REPLACE', () => ['--replace', '--skip-opt', base()]]])
  test(`a dump ${what}`, async () => {
    const file = await dump('whole', ...options());
    const good = await check(file);
    assert.deepEqual([good.status, good.stderr], [0, '']);
    assert.match(good.stdout, ALL);
    const bad = await check(file, ...others);
    assert.equal(bad.status, 1);
    assert.equal(bad.stdout, good.stdout.replace(/opens \d/g, 'opens 0'));
    assert.equal(bad.stderr.split('\n').at(-2), `${file}: not with these `
      + 'secrets.keys: add those that were in force when it was made');
  });

test('old secrets that are still there, and one in front', async () => {
  const file = await dump('rotated', base());
  const conf = readFileSync(instance.env.POSTERN_CONFIG, 'utf8');
  const [, old] = /keys:\s*(?:\[|- )"?([\w+/=-]+)/.exec(conf);
  const both = await check(file, '--set',
    `secrets.keys=Vv8wC2mGq0fTz5Rk3aB,${old}`);
  assert.equal(both.status, 0, both.stderr);
});

test('a dump that is not whole, or none', async () => {
  const file = await dump('cut', base());
  const text = readFileSync(file);
  for (const part of [0.3, 0.6, 0.99]) {
    writeFileSync(file, text.subarray(0, text.length * part));
    const { status, stderr } = await check(file);
    assert.equal(status, 1);
    assert.match(stderr, /ends in the middle: it is not whole/);
  }
  for (const nothing of ['', 'SELECT 1;\n', '-- nothing\n']) {
    writeFileSync(file, nothing);
    assert.match((await check(file)).stderr, /no signing key in it/);
  }
  assert.match((await check(join(dir, 'none'))).stderr, /No such file/);
  const bare = await dump('bare', '--no-create-info', base());
  assert.match((await check(bare)).stderr, /columns are not known/);
});

test('one that is compressed, by way of the standard input', async () => {
  const plain = await dump('gz', base());
  const file = `${plain}.gz`;
  writeFileSync(file, gzipSync(readFileSync(plain)));
  const told = await check(file);
  assert.equal(told.status, 1);
  assert.match(told.stderr,
    /is compressed: zcat FILE \| postern backup check -/);
  const { status, stdout } = await run('sh', ['-c',
    `zcat ${file} | ${instance.env.POSTERN_BIN} backup check -`],
  { env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });
  assert.equal(status, 0);
  assert.match(stdout, ALL);
});

/* By their first bytes alone: none of these programs need be here. */
test('what else compresses', async () => {
  for (const [program, begins] of [['zcat', [0x1f, 0x8b]],
    ['bzcat', [0x42, 0x5a, 0x68]], ['xzcat', [0xfd, 0x37, 0x7a]],
    ['zstdcat', [0x28, 0xb5, 0x2f]]]) {
    const file = join(dir, program);
    writeFileSync(file, Buffer.from(begins));
    const { status, stderr } = await check(file);
    assert.equal(status, 1);
    assert.equal(stderr.split('\n').at(-2), `${file}: is compressed: ${
      program} FILE | postern backup check -`);
  }
});

test('one secret of an app that another installation sealed', async () => {
  const sealed = (what) => instance.sql(
    `UPDATE totp_factors SET sealed = ${what}`);
  const [[kept]] = await instance.sql('SELECT HEX(sealed) FROM totp_factors');
  await sealed('REVERSE(sealed)');
  try {
    const { status, stdout, stderr } = await check(await dump('odd', base()));
    assert.equal(status, 1);
    assert.match(stdout, /^totp_factors: secrets\.keys opens 0 of 1 row$/m);
    assert.match(stderr, /not with these secrets\.keys/);
  } finally {
    await sealed(`UNHEX('${kept}')`);
  }
});

test('other words', async () => {
  for (const words of [[], ['check'], ['make', 'x']])
    assert.equal((await instance.postern('backup', ...words)).status, 2);
  assert.match((await instance.postern('bakup')).stderr,
    /no command bakup; did you mean backup\?/);
});
