/*
 * What "postern setup" leaves alone: files that others have put where it writes,
 * and databases that are another Postern's.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, existsSync, linkSync, readFileSync, rmSync,
  symlinkSync, unlinkSync, utimesSync, writeFileSync }
  from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Host } from '../lib/host.mjs';

let host;
let file;
let begun;

before(async () => {
  host = await Host.fresh('setup-safe');
  await host.sql(`CREATE DATABASE theirs; CREATE DATABASE ours;
    CREATE USER me@localhost IDENTIFIED BY 'x';
    GRANT ALL ON theirs.* TO me@localhost;
    GRANT ALL ON ours.* TO me@localhost`);
  file = join(host.dir, 'ours.yaml');
  begun = `${file}.setup`;
});
after(() => host?.stop());

/* With a database that is there, and its password from standard input. */
const setup = (config, database, { more = {}, set = [], input = 'x\n' } = {}) =>
  host.setup([...host.answers({ 'database-admin': null,
    'database-password-file': '-',
    database: `mariadb://me@localhost/${database}?socket=${host.socket}`,
    ...more }), ...set.flatMap((one) => ['--set', one]), '--config', config],
  { input });

async function afresh() {
  rmSync(file, { force: true });
  await host.sql('DROP DATABASE ours; CREATE DATABASE ours');
}

/* The last migration is not whole: "migrate up" would finish it. */
const leaveUnfinished = () => host.sql(`UPDATE theirs.schema_migrations
  SET applied_at = NULL, done = 1000 ORDER BY version DESC LIMIT 1`);
const unfinished = async () => (await host.sql(`SELECT COUNT(*)
  FROM theirs.schema_migrations WHERE applied_at IS NULL`))[0][0];

test('a database of another Postern is not touched', async () => {
  const theirs = join(host.dir, 'theirs.yaml');
  assert.equal((await setup(theirs, 'theirs')).status, 0);
  await leaveUnfinished();
  const { status, stderr } = await setup(file, 'theirs');
  assert.equal(status, 1);
  assert.equal(stderr.replace(/^Command failed: .*\n/, ''), 'postern: setup: '
    + 'the secrets of this configuration do not open the keys in the database '
    + "theirs, which is another Postern's: name another database, or bring "
    + 'secrets.keys along from the host that made them; nothing was changed '
    + `there\npostern: setup: ${file} is not written\n`);
  assert.equal(await unfinished(), '1');
  assert.ok(!existsSync(file) && !existsSync(begun));
  /* Nor is one that its administrator names by mistake. */
  const admin = await host.setup([...host.answers({
    'database-name': 'theirs' }), '--config', file]);
  assert.equal(admin.status, 1);
  assert.match(admin.stderr, /database theirs, which is another Postern's/);
  assert.equal(await unfinished(), '1');
  assert.deepEqual(await host.sql(
    "SELECT user FROM mysql.user WHERE user LIKE 'postern%'"), []);
  /* With its own secrets it goes on. */
  const again = await setup(theirs, 'theirs');
  assert.equal(again.status, 0, again.stderr);
  assert.equal(await unfinished(), '0');
});

test('what others have begun is not gone on with', async () => {
  const victim = join(host.dir, 'victim');
  const text = 'service:\n  name: "As it was"\n';
  const cases = {
    'Too many levels of symbolic links': () => symlinkSync(victim, begun),
    'is not a file with one name': () => linkSync(victim, begun),
    'can be read or written by others': () => {
      writeFileSync(begun, text);
      chmodSync(begun, 0o604);
    },
    ...(process.getuid() === 0 && { 'belongs to another user': () => {
      writeFileSync(begun, text, { mode: 0o600 });
      chownSync(begun, 1, 1);
    } }),
  };
  writeFileSync(victim, text, { mode: 0o600 });
  for (const [why, make] of Object.entries(cases)) {
    make();
    const { status, stderr } = await setup(file, 'ours');
    assert.equal(status, 1, why);
    assert.match(stderr, new RegExp(`ours\\.yaml\\.setup: ${why}: look at it, `
      + 'and remove it\n'));
    assert.ok(existsSync(begun) && !existsSync(file), why);
    unlinkSync(begun);
  }
  assert.equal(readFileSync(victim, 'utf8'), text);
});

test('a configuration that is newer than what was begun is kept', async () => {
  const { status, stderr } = await setup(file, 'ours');
  assert.equal(status, 0, stderr);
  const text = readFileSync(file, 'utf8');
  writeFileSync(begun, text.replace('name: "localhost"', 'name: "Old"'),
    { mode: 0o600 });
  const then = new Date(1e12);
  for (const one of [begun, file])
    utimesSync(one, then, then);
  const over = await setup(file, 'ours');
  assert.match(over.stdout, /ours\.yaml: is newer than what was begun: that is/);
  assert.equal(over.status, 0, over.stderr);
  assert.equal(readFileSync(file, 'utf8'), text);
  assert.ok(!existsSync(begun));
  /* But one that is older is what the run was to change. */
  writeFileSync(begun, text.replace('name: "localhost"', 'name: "Begun"'),
    { mode: 0o600 });
  utimesSync(file, then, then);
  const goes = await setup(file, 'ours');
  assert.match(goes.stdout, /going on with what was begun/);
  assert.match(readFileSync(file, 'utf8'), /name: "Begun"/);
});

test('a configuration that comes meanwhile is its owner\'s', async () => {
  await afresh();
  const schema = await host.holdSchema('ours');
  const running = setup(file, 'ours');
  await schema.isWaited();
  writeFileSync(file, '# of its owner\n', { mode: 0o600 });
  await schema.release();
  const { status, stderr } = await running;
  assert.equal(status, 1);
  assert.match(stderr, /ours\.yaml: exists, and is left as it is\npostern: setup: .* is as it was\n$/);
  assert.equal(readFileSync(file, 'utf8'), '# of its owner\n');
  assert.ok(!existsSync(begun));
});

test('a password is one, whatever it begins with', async () => {
  await afresh();
  await host.sql("SET PASSWORD FOR me@localhost = PASSWORD('env:HOME')");
  const { status, stderr } = await setup(file, 'ours', { input:
    'env:HOME\nfile:/etc/passwd\n', more: { 'mail-user': 'me',
    'mail-password-file': '-' } });
  await host.sql("SET PASSWORD FOR me@localhost = PASSWORD('x')");
  assert.equal(status, 0, stderr);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes('password: "literal:env:HOME"'), text);
  assert.ok(text.includes('password: "literal:file:/etc/passwd"'), text);
});

test('who changes the schema has no option for a password', async () => {
  await afresh();
  await host.sql(`CREATE USER schema_me@localhost IDENTIFIED BY 'y';
    GRANT ALL ON ours.* TO schema_me@localhost`);
  const migrator = ['database.migrate_user=schema_me'];
  const { status, stderr } = await setup(file, 'ours', { set: migrator });
  assert.equal(status, 1);
  assert.match(stderr, /refuses the user schema_me: the password is not theirs; give the right one with --set database\.migrate_password=file:\/PATH\n/);
  const secret = join(host.dir, 'secret');
  writeFileSync(secret, 'y\n', { mode: 0o600 });
  const right = await setup(file, 'ours', { set: [...migrator,
    `database.migrate_password=file:${secret}`] });
  assert.equal(right.status, 0, right.stderr);
  writeFileSync(secret, 'z\n');
  const stands = await setup(file, 'ours');
  assert.match(stands.stderr, new RegExp('refuses the user schema_me: the '
    + `password is not theirs; write the right one into ${file} `
    + '\\(database\\.migrate_password\\)\n'));
});
