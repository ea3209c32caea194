/*
 * "postern setup": from a host with nothing but the program, a database server
 * and a mail server to a login, with nothing edited by hand.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readFileSync, readdirSync,
  renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Host, build } from '../lib/host.mjs';
import { run } from '../lib/instance.mjs';

let host;

before(async () => {
  host = await Host.fresh('setup');
});
after(() => host?.stop());

const config = () => readFileSync(host.config, 'utf8');

/* Without what run() says itself of a status that is not 0. */
const sentences = (stderr) => stderr.replace(/^Command failed: .*\n/, '');

/* The configuration is not there, and neither is anything of the database. */
async function assertNothing() {
  const folder = dirname(host.config);
  assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], []);
  assert.deepEqual(await host.sql("SHOW DATABASES LIKE 'postern'"), []);
  assert.deepEqual(await host.sql(
    "SELECT user FROM mysql.user WHERE user LIKE 'postern%'"), []);
}

test('what is missing is named, all of it', async () => {
  const { status, stderr } = await host.setup(['--name', 'Shop',
    '--database-admin', host.socket]);
  assert.equal(status, 2);
  assert.match(stderr, /needs --url URL\n/);
  assert.match(stderr, /needs --mail HOST\[:PORT\]\|sendmail\n/);
  const none = await host.setup([], { env: { PATH: process.env.PATH } });
  assert.equal(none.status, 2);
  await assertNothing();
});

test('what will not do is refused before anything is done', async () => {
  const cases = [
    [{ url: 'http://example.org/id' }, /--url: must begin with https:/],
    [{ mail: 'a b' }, /--mail: is neither HOST, HOST:PORT nor sendmail/],
    [{ web: 'iis' }, /--web: is neither apache, lighttpd nor nginx/],
    [{ 'database-admin': 'mariadb://root:secret@localhost' },
      /--database-admin: has a password in it: others can see it/],
    [{ 'database-admin': null, database: 'postgres://me@localhost/x' },
      /--database: is not mariadb:/],
    [{ database: 'mariadb://me@localhost/x' }, /--database: is for a data/],
    [{ bogus: 'x' }, /there is no option --bogus/],
    [{ 'mail-password-file': '/nonexistent' },
      /--mail-password-file: cannot be read/],
  ];
  for (const [more, message] of cases) {
    const { status, stderr } = await host.setup(host.answers(more));
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
  const secret = await host.setup([...host.answers(), '--set',
    'email_delivery.smtp.password=secret']);
  assert.equal(secret.status, 2);
  assert.match(secret.stderr, /others on a command line.*=file:\/PATH/);
  await assertNothing();
});

test('what fails leaves nothing behind', async () => {
  const wrong = await host.setup([...host.answers(), '--set',
    'session.limit=0']);
  assert.equal(wrong.status, 1, wrong.stderr);
  assert.match(wrong.stderr, /session\.limit: 0 is out of range/);
  assert.match(wrong.stderr, /postern\.yaml is not written/);
  await assertNothing();
  /* Here users and database were made already. */
  const away = await host.setup([...host.answers(), '--set',
    'database.tls.mode=required', '--set', 'database.tls.cipher=NONE-SUCH']);
  assert.equal(away.status, 1, away.stderr);
  await assertNothing();
  const nobody = await host.setup(host.answers({
    'database-admin': 'mariadb://nobody@127.0.0.1:1',
    'database-admin-password-file': '-' }), { input: '\n' });
  assert.equal(nobody.status, 1, nobody.stderr);
  assert.match(nobody.stderr, /cannot be made as mariadb:\/\/nobody@127/);
  await assertNothing();
});

test('from nothing to a login', async () => {
  const { status, stdout, stderr } = await host.setup();
  assert.equal(status, 0, stderr + stdout);
  assert.match(stdout, /database postern: made; users made: postern, the one/);
  assert.match(stdout, /postern\.yaml: written\n/);
  assert.match(stdout, /configuration ok\n/);
  assert.match(stdout, /"socket" => ".*\/sock\/public\.sock"/);
  assert.equal(statSync(host.config).mode & 0o037, 0);
  assert.deepEqual(readdirSync(dirname(host.config)), ['postern.yaml']);
  await host.serve();
  const address = freshAddress();
  const api = host.client();
  const { user_id: id } = await api.signUp(address);
  assert.ok(api.jar.get('hanko'));
  const again = host.client();
  await again.passcodeLogin(address);
  const me = await again.call('GET', '/me', undefined, { status: 200 });
  assert.equal(me.body.id, id);
});

/* How a service takes up what has changed: as this host has it. */
function reload(service, otherwise) {
  if (existsSync('/run/systemd/system'))
    return `systemctl reload ${service}`;
  return existsSync(`/etc/init.d/${service}`)
    ? `service ${service} reload` : otherwise;
}

/* Where the package of that web server would have it, or nothing is known. */
for (const [web, folder, first, service, otherwise] of [
  ['apache', '/etc/apache2/conf-available',
    'a2enmod proxy_fcgi && a2enconf postern && ', 'apache2',
    'apachectl graceful'],
  ['lighttpd', '/etc/lighttpd/conf-available',
    'lighty-enable-mod postern && ', 'lighttpd',
    'kill -USR1 $(pidof lighttpd)'],
  ['nginx', '/etc/nginx/snippets', 'postern --config CONFIG snippet nginx '
    + '--into /etc/nginx/sites-enabled && ', 'nginx', 'nginx -s reload'],
])
  test(`${web}: the line that is left to run is of this host`, async () => {
    const { status, stdout, stderr } = await host.setup(host.answers({ web }));
    assert.equal(status, 0, stderr + stdout);
    const line = existsSync(folder)
      ? first.replace('CONFIG', host.config) + reload(service, otherwise)
      : '(include it ';
    assert.ok(stdout.includes(`\t${line}`), stdout);
  });

for (const web of ['apache', 'nginx'])
  test(`the same through ${web}`, async () => {
    const { status, stdout, stderr } = await host.setup(host.answers({ web }));
    assert.equal(status, 0, stderr + stdout);
    const { stdout: shipped } = await host.postern(['snippet', web]);
    for (const line of shipped.split('\n'))
      if (!/^\s*(#|$)/.test(line))
        assert.ok(stdout.includes(`\t${line}\n`), line);
    await host.serve(web);
    const address = freshAddress();
    const api = host.client();
    const { user_id: id } = await api.signUp(address);
    const again = host.client();
    await again.passcodeLogin(address);
    const me = await again.call('GET', '/me', undefined, { status: 200 });
    assert.equal(me.body.id, id);
  });

/* By what the kernel knows: the lock of the other run's file. */
test('of two at once, one is told of the other', async () => {
  const lock = `${host.config}.lock`;
  const other = spawn('flock', ['-x', lock, 'sh', '-c', 'echo; read x']);
  await once(other.stdout, 'data');
  const old = config();
  const { status, stderr } = await host.setup();
  assert.equal(status, 1);
  assert.match(stderr, /yaml\.lock: somebody else is setting this up now/);
  assert.match(stderr, /postern\.yaml is as it was\n/);
  assert.equal(config(), old);
  other.stdin.end('\n');
  await once(other, 'exit');
  const both = await Promise.all([host.setup(), host.setup()]);
  assert.ok(both.some(({ status: s }) => s === 0), both[0].stderr);
  for (const one of both.filter(({ status: s }) => s !== 0))
    assert.match(one.stderr, /somebody else is setting this up now/);
  assert.deepEqual(readdirSync(dirname(host.config)), ['postern.yaml']);
});

test('again is safe: it says that all is there', async () => {
  const old = config();
  const { status, stdout, stderr } = await host.setup();
  assert.equal(status, 0, stderr);
  assert.match(stdout, /database postern: is there; users are there/);
  assert.match(stdout, /nothing to change/);
  assert.equal(config(), old);
  /* Without the administrator, who is not needed any more. */
  const less = await host.setup(host.answers({ 'database-admin': null }));
  assert.equal(less.status, 0, less.stderr);
  assert.equal(config(), old);
});

test('what the configuration says is kept, and said', async () => {
  const text = config().replace('# stands in mails', '# ours');
  writeFileSync(host.config, text);
  const { status, stdout, stderr } = await host.setup([...host.answers({
    url: 'https://www.example.org/login', 'mail-from': 'a@example.org',
    name: 'Other' }), '--set', 'session.limit=7']);
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp('webauthn\\.relying_party\\.origins stays '
    + host.url.slice(0, -3)));
  assert.match(stdout, /server\.public\.base_path stays \/id, and not "\/login"\n/);
  assert.match(stdout, /service\.name stays localhost, and not "Other"\n/);
  assert.match(stdout, /webauthn\.relying_party\.id stays at its default, /);
  assert.match(stdout, new RegExp(`^${host.config}: is of another site than `
    + 'https://www\\.example\\.org/login, and --url does not move it: its '
    + 'passkeys would be lost; who wants that changes by hand:$', 'm'));
  assert.match(stdout, /postern\.yaml: changed/);
  assert.match(config(), /name: "localhost" +# ours/);
  assert.match(config(), /\n {2}limit: 7\n/);
  assert.ok(!config().includes('example.org/login'));
});

test('a run that was cut short is gone on with', async () => {
  const text = config();
  renameSync(host.config, `${host.config}.setup`);
  const { status, stdout, stderr } = await host.setup();
  assert.equal(status, 0, stderr);
  assert.match(stdout, /going on with what was begun/);
  assert.equal(config(), text);
  assert.ok(!existsSync(`${host.config}.setup`));
});

test('users whose password nobody knows are left alone', async () => {
  const text = config();
  rmSync(host.config);
  const { status, stderr } = await host.setup();
  assert.equal(status, 1);
  assert.equal(sentences(stderr), 'postern: setup: the server has a user '
    + 'postern@localhost already, and their password is not known here; give '
    + 'it with --database-password-file FILE, take another name with '
    + '--database-user USER, or drop that user\n'
    + `postern: setup: ${host.config} is not written\n`);
  /* A password that is not theirs. */
  const wrong = await host.setup(host.answers({
    'database-password-file': '-', 'database-migrate-user': '' }),
  { input: 'guess\n' });
  assert.equal(wrong.status, 1);
  assert.equal(sentences(wrong.stderr), 'postern: setup: the database refuses '
    + 'the user postern: the password is not theirs; give the right one with '
    + '--database-password-file FILE, or name another user with '
    + `--database-user USER\npostern: setup: ${host.config} is not written\n`);
  writeFileSync(host.config, text, { mode: 0o600 });
  assert.deepEqual(await host.sql("SHOW DATABASES LIKE 'postern'"),
    [['postern']]);
});

test('keys of another installation are found out', async () => {
  const text = config();
  writeFileSync(host.config, text.replace(/keys:\n +- ".*"/,
    'keys: ["not-the-key-that-sealed-them"]'), { mode: 0o600 });
  const { status, stderr } = await host.setup();
  assert.equal(status, 1);
  assert.match(stderr, /do not open the keys in the database postern, which is another Postern's: name another database, or bring secrets/);
  writeFileSync(host.config, text, { mode: 0o600 });
});

test('a database that is there, its password from standard input', async () => {
  const password = 'it\'s "a\\ word';
  await host.sql('CREATE DATABASE shop_x; '
    + "CREATE USER shop@localhost IDENTIFIED BY 'it\\'s \"a\\\\ word'; "
    + "GRANT ALL ON `shop\\_x`.* TO shop@localhost");
  const other = join(host.dir, 'other.yaml');
  const { status, stdout, stderr } = await host.setup([...host.answers({
    'database-admin': null, 'database-password-file': '-',
    database: `mariadb://shop@localhost/shop_x?socket=${host.socket}` }),
  '--config', other], { input: `${password}\n` });
  assert.equal(status, 0, stderr + stdout);
  const text = readFileSync(other, 'utf8');
  assert.match(text, /database: "shop_x"/);
  assert.match(text, /user: "shop"/);
  assert.doesNotMatch(text, /^ +url:/m);
  assert.ok(!stdout.includes(password) && !stderr.includes(password));
});

test('a password that is wrong: one sentence', async () => {
  const other = join(host.dir, 'wrong.yaml');
  const answers = (more) => [...host.answers({ 'database-admin': null,
    database: `mariadb://shop@localhost/shop_x?socket=${host.socket}`,
    ...more }), '--config', other];
  const { status, stderr } = await host.setup(
    answers({ 'database-password-file': '-' }), { input: 'guess\n' });
  assert.equal(status, 1);
  assert.equal(sentences(stderr), 'postern: setup: the database refuses the '
    + 'user shop: the password is not theirs; give the right one with '
    + `--database-password-file FILE\npostern: setup: ${other} is not written\n`);
  assert.ok(!existsSync(other) && !existsSync(`${other}.setup`));
  /* It stands in the configuration. */
  writeFileSync(other, readFileSync(join(host.dir, 'other.yaml'), 'utf8')
    .replace(/password: .it.*/, 'password: "guess"'), { mode: 0o600 });
  const stands = await host.setup(answers());
  assert.equal(stands.status, 1);
  assert.equal(sentences(stands.stderr), 'postern: setup: the database refuses '
    + 'the user shop: the password is not theirs; write the right one into '
    + `${other} (database.password)\npostern: setup: ${other} is as it was\n`);
  rmSync(other);
});

test('a database that does not answer: one sentence', async () => {
  const other = join(host.dir, 'away.yaml');
  const { status, stderr } = await host.setup([...host.answers({
    'database-admin': null, 'database-password-file': '-',
    database: 'mariadb://shop@localhost/shop_x?socket=/no/such.sock' }),
  '--config', other], { input: '\n' });
  assert.equal(status, 1);
  assert.match(sentences(stderr), /^postern: setup: database: cannot connect: is MariaDB running\?[^\n]+\npostern: setup: [^\n]+ is not written\n$/);
});

/* What a person would type, when they are asked for it. */
function talk(args, answers) {
  const quoted = [host.bin, ...args].map((word) =>
    `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['-qec', quoted, '/dev/null']);
  let said = '';
  let at = 0;
  const left = [...answers];
  child.stdout.on('data', (data) => {
    said += data;
    const [question, answer] = left[0] ?? [];
    if (question === undefined || !said.slice(at).includes(question))
      return;
    at = said.length;
    left.shift();
    child.stdin.write(`${answer}\r`);
  });
  return new Promise((done) => {
    child.on('exit', (status) => done({ status, said, left }));
  });
}

/* As a package leaves it: with its own secrets, and all else by default. */
test('a fresh configuration is filled in', async () => {
  const file = join(host.dir, 'fresh.yaml');
  await host.sql('CREATE DATABASE fresh; '
    + "CREATE USER fresh@localhost IDENTIFIED BY 'x'; "
    + 'GRANT ALL ON fresh.* TO fresh@localhost');
  assert.equal((await host.postern(['config', 'init', file])).status, 0);
  writeFileSync(file, readFileSync(file, 'utf8').replace('base_path: ""',
    'base_path: "/id"'));
  const [, secret] = /keys:\n +- "(.*)"/.exec(readFileSync(file, 'utf8'));
  const { status, stdout, stderr } = await host.setup([...host.answers({
    url: 'https://www.example.org/login', 'database-admin': null,
    'database-password-file': '-', mail: '[::1]:2525',
    database: `mariadb://fresh@localhost/fresh?socket=${host.socket}` }),
  '--config', file], { input: 'x\n' });
  assert.equal(status, 0, stderr + stdout);
  assert.match(stdout, /fresh\.yaml: changed/);
  assert.match(stdout, /base_path was \/id, and is "\/login" now/);
  assert.match(stdout, /Passkeys belong to example\.org, the cookie is __Host/);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(secret));
  assert.match(text, /id: "example\.org" +# your domain/);
  assert.match(text, /origins: \["https:\/\/www\.example\.org"\]/);
  assert.match(text, /base_path: "\/login"/);
  assert.match(text, /host: "::1"\n +port: 2525/);
});

/* Where root and a group of that name write and read: a namespace has both. */
const group = (await run('unshare', ['-m', 'true'])).status === 0
  && process.getuid() === 0;

test('the service reads what root wrote', { skip: !group }, async () => {
  const groups = join(host.dir, 'group');
  writeFileSync(groups, 'root:x:0:\npostern:x:4242:\n');
  const file = join(host.dir, 'new/folder/postern.yaml');
  const { status, stdout, stderr } = await run('unshare', ['-m', 'sh', '-c',
    'mount --bind "$1" /etc/group && POSTERN_CONFIG=$2 exec "$3" config init',
    'sh', groups, file, host.bin]);
  assert.equal(status, 0, stderr);
  assert.ok(stdout.startsWith(`${file}: written`), stdout);
  const { uid, gid, mode } = statSync(file);
  assert.deepEqual([uid, gid, mode & 0o7777], [0, 4242, 0o640]);
});

test('what root alone could read is given to the service', { skip: !group },
  async () => {
    const groups = join(host.dir, 'group');
    const file = join(host.dir, 'given.yaml');
    const again = (...setting) => run('unshare', ['-m', 'sh', '-c',
      'mount --bind "$1" /etc/group && shift && exec "$@"', 'sh', groups,
      host.bin, '--config', file, ...setting, 'setup',
      ...host.answers({ 'database-admin': null, web: '' })]);
    const own = () => {
      const { uid, gid, mode } = statSync(file);
      return [uid, gid, mode & 0o7777];
    };

    writeFileSync(file, readFileSync(join(host.dir, 'other.yaml'), 'utf8')
      .replace(/^ *group: .*\n/m, ''), { mode: 0o600 });
    const { stdout, stderr } = await again();
    assert.match(stdout, /given\.yaml: the group postern may read it now\n/,
      stderr);
    assert.deepEqual(own(), [0, 4242, 0o640]);
    /* What somebody has decided stays. */
    chmodSync(file, 0o400);
    chownSync(file, 0, 7);
    assert.match((await again()).stdout, /given\.yaml: nothing to change\n/);
    assert.deepEqual(own(), [0, 7, 0o400]);
    /* Also where something is written: then it is a new file. */
    assert.match((await again('--set', 'session.limit=9')).stdout,
      /given\.yaml: changed\n/);
    assert.deepEqual(own(), [0, 7, 0o400]);
    chmodSync(file, 0o600);
    chownSync(file, 0, 0);
    await again('--set', 'session.idle_timeout=9h');
    assert.deepEqual(own(), [0, 4242, 0o640]);
  });

test('who may not change tables is told of who may', async () => {
  await host.sql('CREATE DATABASE weak; '
    + "CREATE USER weak@localhost IDENTIFIED BY 'x'; "
    + 'GRANT SELECT, INSERT, UPDATE, DELETE ON weak.* TO weak@localhost');
  const weak = ['--set', 'database.user=weak', '--set', 'database.password=x',
    '--set', 'database.database=weak', '--set', 'database.migrate_user='];
  const { status, stderr } = await host.postern([...weak, 'migrate', 'up']);
  assert.equal(status, 1);
  assert.match(stderr, /"weak" may not change the schema.*migrate_user/s);
});

test('on a terminal it asks', async () => {
  const file = join(host.dir, 'asked.yaml');
  await host.sql('CREATE DATABASE asked; '
    + "CREATE USER asked@localhost IDENTIFIED BY 'hidden-word'; "
    + 'GRANT ALL ON asked.* TO asked@localhost');
  const { status, said, left } = await talk(['--config', file, ...host.here(),
    'setup'], [
    ['The URL of the login server', ''],
    ['an answer is needed', 'nonsense'],
    ['nonsense: is not https://HOST/PATH', 'https://www.example.org/id'],
    ['for people [example.org]', 'The Shop'],
    ["The database's administrator", '-'],
    ['The database, as', 'mariadb://asked:x@localhost/asked'],
    ['has a password in it',
      `mariadb://asked@localhost/asked?socket=${host.socket}`],
    ['The password of that user', 'hidden-word'],
    ['The mail server', `localhost:${host.smtpPort}`],
    ['Mail comes from [noreply@example.org]', ''],
    ['The web server', 'nginx'],
  ]);
  assert.deepEqual(left, [], said);
  assert.equal(status, 0, said);
  assert.ok(!said.includes('hidden-word'), 'the password was shown');
  const text = readFileSync(file, 'utf8');
  assert.match(text, /name: "The Shop"/);
  assert.match(text, /name: "__Host-hanko"/);
  assert.match(text, /id: "example\.org"/);
  assert.match(text, /password: "hidden-word"/);
  assert.match(said, /location \/id\/ \{/);
});
