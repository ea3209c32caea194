/*
 * "postern config check": what is wrong with the configuration on this
 * machine and with this database, a line for each cause and nothing besides.
 * (What the file alone shows is in unit/test_conf_mistakes.)
 */
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync,
  readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort, run, start, top } from '../lib/instance.mjs';

let instance;
let dir; /* readable by everybody */

const TAKE_BACK = 'take it back by the drop-in sendmail.conf of the examples, '
  + 'whose price postern.yaml(5) tells';

/* A site that nothing is wrong with. */
const good = {
  'webauthn.relying_party.id': 'example.com',
  'webauthn.relying_party.origins': 'https://example.com',
  'email_delivery.from_address': 'id@example.com',
  'rate_limiter.enabled': 'true',
  'session.cookie.secure': 'true',
};

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-check-'));
  chmodSync(dir, 0o755);
  instance = await start();
});
after(async () => {
  await instance?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const options = (set) => Object.entries({ ...good, ...set })
  .flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/* It says exactly these lines, and whether it would serve. */
async function says(set, status, lines) {
  const said = await instance.postern(...options(set), 'config', 'check');
  assert.deepEqual(said.stderr.split('\n').slice(0, -1), lines);
  assert.equal(said.status, status);
  assert.equal(said.stdout, status === 0 ? 'configuration ok\n' : '');
}

test('nothing is wrong', () => says({}, 0, []));

test('a kind of hash that there is not', () => says(
  { 'password.import.allow': 'bcrpyt,md5,argon2' }, 1,
  ['--set: password.import.allow: there is no kind of hash "bcrpyt"; '
    + 'did you mean bcrypt?',
  '--set: password.import.allow: there is no kind of hash "md5"; '
    + 'postern.yaml(5) has them']));

describe('this machine', () => {
  test('the folder of the socket is missing', () => says(
    { 'server.public.address': 'unix:/no/such/public.sock' }, 0,
    ['--set: server.public.address: warning: the folder /no/such: No such '
      + 'file or directory; systemd makes it with the unit\'s socket, else '
      + 'make it, owned by who serves']));

  test('everybody may connect to the socket', () => says(
    { 'server.socket.mode': '0666' }, 0,
    ['--set: server.socket.mode: warning: 0666 lets everybody on this machine '
      + 'speak for the web server; write 0660, and its group into '
      + 'server.socket.group']));

  test('the group of the socket is none', () => says(
    { 'server.socket.group': 'no-such-group' }, 1,
    ['--set: server.socket.group: this machine has no group "no-such-group"; '
      + 'make it, or name another']));

  test('who is to serve is nobody', () => says(
    { 'server.user': 'no-such-user' }, 1,
    ['--set: server.user: this machine has no user "no-such-user"; make it, '
      + 'or name another']));

  test('no state folder, a file for one, and one for everybody', async () => {
    await says({ 'server.state_dir': '/no/such' }, 0,
      ['--set: server.state_dir: warning: /no/such: No such file or directory; '
        + 'systemd makes it with the unit, else make it, owned by who serves, '
        + 'mode 0700']);
    const file = join(dir, 'file');
    writeFileSync(file, '');
    await says({ 'server.state_dir': file }, 1,
      [`--set: server.state_dir: ${file} is not a folder`]);
    const open = join(dir, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    await says({ 'server.state_dir': open }, 0,
      [`--set: server.state_dir: warning: ${open}: others may write there `
        + '(mode 0777); chmod 700']);
  });

  test('a file that is named is missing', () => says(
    { 'email_delivery.smtp.ca_file': '/no/such.pem' }, 1,
    ['--set: email_delivery.smtp.ca_file: /no/such.pem: No such file or '
      + 'directory']));

  test('the templates of a language are missing', async () => {
    const mail = join(dir, 'mail');
    cpSync(join(top, 'etc/mail'), mail, { recursive: true });
    rmSync(join(mail, 'fr.lang'));
    await says({ 'email_delivery.template_dir': mail }, 1,
      [`${mail}/fr.lang: No such file or directory; `
        + 'email_delivery.template_dir must have every file of etc/mail']);
  });

  /* A copy of the program has nothing beside it. */
  test('the program that speaks SMTP is missing', async (t) => {
    const bin = join(dir, 'postern');
    cpSync(instance.env.POSTERN_BIN, bin);
    const check = (set) => run(bin, ['--config', instance.env.POSTERN_CONFIG,
      ...options(set), 'config', 'check']);
    if (['/usr', '/usr/local'].some((prefix) =>
      existsSync(`${prefix}/libexec/postern/postern-smtp`)))
      return t.skip('it is installed on this host');
    const { status, stderr } = await check({});
    assert.match(stderr, /^[^\n]*email_delivery\.transport: \/.*\/postern-smtp: No such file or directory; no mail is sent without it: install the package postern-mail, or write sendmail\n$/);
    assert.equal(status, 1);
    assert.equal((await check({ 'email_delivery.enabled': 'false' })).status,
      0);
  });

  test('sendmail is missing, or cannot work here', async () => {
    const set = { 'email_delivery.transport': 'sendmail' };
    await says({ ...set, 'email_delivery.sendmail.path': '/no/sendmail' }, 1,
      ['--set: email_delivery.sendmail.path: /no/sendmail: No such file or '
        + 'directory; install a mail system, or write smtp into '
        + 'email_delivery.transport']);
    const { status, stderr } = await run('setpriv', ['--no-new-privs',
      instance.env.POSTERN_BIN, '--config', instance.env.POSTERN_CONFIG,
      ...options({ ...set, 'email_delivery.sendmail.path': '/bin/true' }),
      'config', 'check']);
    assert.equal(stderr, '--set: email_delivery.transport: warning: this '
      + 'process has NoNewPrivileges, under which Postfix\'s and Exim\'s '
      + `sendmail cannot queue a mail; write smtp, or ${TAKE_BACK}\n`);
    assert.equal(status, 0);
  });

  /* The units of a host of its own, in a name space of mounts. */
  test('sendmail under the hardened unit, and with the drop-in', async () => {
    const units = mkdtempSync(join(dir, 'units-'));
    const dropin = join(units, 'postern.service.d');
    const own = process.getuid() === 0 ? '-m' : '-rm';
    const check = (...words) => run('unshare', [own, 'sh', '-c',
      'mount --bind "$1" /etc/systemd/system && shift && exec "$@"', 'sh',
      units, instance.env.POSTERN_BIN, '--config',
      instance.env.POSTERN_CONFIG, '--set',
      'email_delivery.transport=sendmail', '--set',
      'email_delivery.sendmail.path=/bin/true', ...words]);
    const warning = (setting) => 'email_delivery.transport: warning: '
      + `/etc/systemd/system/postern.service has ${setting}, under which `
      + "Postfix's and Exim's sendmail cannot queue a mail; write smtp, or "
      + `${TAKE_BACK}\n`;
    cpSync(join(top, 'etc/systemd/postern.service.in'),
      join(units, 'postern.service'));
    assert.ok((await check('config', 'check')).stderr.includes(
      warning('NoNewPrivileges')));
    const { stdout } = await check('doctor');
    assert.match(stdout, /^warning mail .* has NoNewPrivileges, under which/m);
    /* Not enough: other settings forbid it as well. */
    mkdirSync(dropin);
    writeFileSync(join(dropin, 'a.conf'), '[Service]\nNoNewPrivileges=no\n');
    assert.ok((await check('config', 'check')).stderr.includes(
      warning('SystemCallFilter')));
    cpSync(join(top, 'etc/systemd/sendmail.conf'),
      join(dropin, 'sendmail.conf'));
    assert.doesNotMatch((await check('config', 'check')).stderr, /sendmail/);
  });
});

/* As it lies in a web space: with a loader of its own, in "lib". */
test('places of a package, in a web space', async () => {
  const home = join(dir, 'space');
  mkdirSync(join(home, 'lib'), { recursive: true });
  const loader = readFileSync('/proc/self/maps', 'utf8').split('\n')
    .map((line) => /\/\S*\/ld-\S*$/.exec(line)?.[0]).find(Boolean);
  cpSync(loader, join(home, 'lib', basename(loader)), { dereference: true });
  cpSync(instance.env.POSTERN_BIN, join(home, 'lib/postern'));
  const check = (set) => run(join(home, 'lib', basename(loader)),
    [join(home, 'lib/postern'), '--config', instance.env.POSTERN_CONFIG,
      ...options(set), 'config', 'check']);
  const { stderr } = await check({
    'server.public.address': 'unix:/run/postern/public.sock',
    'server.state_dir': '/var/lib/postern' });
  for (const [key, path] of [['public.address', '/run/postern/public.sock'],
    ['state_dir', '/var/lib/postern']])
    assert.ok(stderr.includes(`--set: server.${key}: warning: ${path} is `
      + 'where a package has its own, and a web space nothing: take this line '
      + `out, or name a place in ${home}\n`), stderr);
  const fine = await check({
    'server.public.address': `unix:${home}/public.sock` });
  assert.doesNotMatch(fine.stderr, /where a package has its own/);
  const here = await instance.postern(...options({
    'server.public.address': 'unix:/run/postern/public.sock' }),
  'config', 'check');
  assert.doesNotMatch(here.stderr, /where a package has its own/);
});

describe('the database', () => {
  const cases = [
    ['its password is wrong', () => ({ 'database.password': 'wrong' }),
      /^database: access denied: check database\.user and database\.password.*$/],
    ['there is none of that name', () => ({ 'database.database': 'nosuch',
      'database.user': 'root', 'database.password': '' }),
    /^database: no such database: check database\.database: Unknown database 'nosuch'$/],
    ['its socket is missing', () => ({ 'database.socket': '/no/such.sock' }),
      /^database: cannot connect: is MariaDB running\? check database\.host, database\.port, database\.socket: .*'\/no\/such\.sock' \(2\)$/],
    ['nobody listens there', async () => ({ 'database.socket': '',
      'database.host': '127.0.0.1', 'database.port': await freePort() }),
    /^database: cannot connect: is MariaDB running\? check database\.host, database\.port, database\.socket: .*$/],
    ['its user may not use it', async () => {
      await instance.sql(`CREATE DATABASE foreign_db;
        CREATE USER IF NOT EXISTS nobody_here@localhost;`);
      return { 'database.user': 'nobody_here', 'database.password': '' };
    }, /^database: access denied to this database: GRANT select, insert, update, delete on it to database\.user: .*$/],
    ['it is empty', async () => {
      await instance.sql(`CREATE DATABASE fresh;
        GRANT ALL ON fresh.* TO postern@localhost;`);
      return { 'database.database': 'fresh' };
    }, /^database: the schema has version 0, this program needs \d+: run "postern migrate up"$/],
    ['its user may only read', async () => {
      await instance.sql(`CREATE USER reader@localhost;
        GRANT SELECT ON postern.* TO reader@localhost;`);
      return { 'database.user': 'reader', 'database.password': '' };
    }, /^database: statement \w+: access denied to a table: GRANT select, insert, update, delete on the database to database\.user: .*$/],
  ];
  for (const [what, set, line] of cases)
    test(what, async () => {
      const { status, stderr } = await instance.postern(
        ...options(await set()), 'config', 'check');
      assert.match(stderr, /^[^\n]+\n$/); /* one line */
      assert.match(stderr.trimEnd(), line);
      assert.equal(status, 1);
    });
});
