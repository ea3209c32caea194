/*
 * The command line, as somebody meets it who has not read the manual: every
 * sub-command says what is wrong in a sentence, and where to read on.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
  from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from '../lib/host.mjs';
import { run, top } from '../lib/instance.mjs';

const bin = join(build, 'postern');
const commands = ['setup', 'serve', 'migrate', 'config', 'snippet', 'backup',
  'doctor', 'hash-bench', 'jwk', 'org', 'admin-key', 'user', 'limits', 'webhook', 'courier',
  'version', 'help'];
let dir;
let file; /* a configuration whose database does not answer */

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-command-'));
  chmodSync(dir, 0o755);
  file = join(dir, 'postern.yaml');
  const { status } = await run(bin, ['config', 'init', file]);
  assert.equal(status, 0);
});
after(() => rmSync(dir, { recursive: true, force: true }));

const postern = (...words) => run(bin, words);
const tried = (command, why) =>
  `postern: ${command}: ${why}\nTry "postern ${command.split(' ')[0]} --help".\n`;

async function says(words, status, stderr) {
  const done = await postern(...words);
  assert.equal(done.stderr.replace(/^Command failed: .*\n/, ''), stderr,
    words.join(' '));
  assert.equal(done.status, status, words.join(' '));
  assert.equal(done.stdout, '', words.join(' '));
}

describe('help', () => {
  test('in columns, of all and of each', async () => {
    const { status, stdout } = await postern('help');
    assert.equal(status, 0);
    const lines = stdout.split('\n').filter((one) => one.startsWith('  '));
    const columns = new Set(lines.map((one) =>
      / {2}\S.*? {2,}(?=\S)/.exec(one)[0].length));
    assert.equal(columns.size, 1, stdout);
    for (const command of commands)
      for (const words of [[command, '--help'], [command, '-h'],
        ['help', command]]) {
        const one = await postern(...words);
        assert.equal(one.status, 0, words.join(' '));
        assert.equal(one.stderr, '');
        assert.ok(one.stdout.startsWith('usage: postern [-c FILE] '
          + `[--set PATH=VALUE]... ${command}`), one.stdout);
        for (const line of one.stdout.split('\n'))
          assert.ok(line.length <= 100, line);
      }
  });

  test('of setup: each option, and what it is for', async () => {
    const { stdout } = await postern('setup', '--help');
    const manual = readFileSync(join(top, 'fcgi/postern.8'), 'utf8');
    const options = [...stdout.matchAll(/^ {2}--(\S+) \S.*\n {6}\S/gm)];
    assert.equal(options.length, 14, stdout);
    for (const [, name] of options)
      assert.ok(manual.includes(`Fl -${name}`), name);
    assert.ok(manual.includes('Cm help'));
  });

  test('of what there is not', async () => {
    await says(['help', 'setpu'], 2, 'postern: there is no command setpu; '
      + 'did you mean setup?\nTry "postern help".\n');
  });
});

describe('what is wrong is said', () => {
  const cases = [
    [['migrate'], 'migrate', 'a word is missing: status, up'],
    [['migrate', 'upp'], 'migrate', 'there is no "upp"; did you mean up?'],
    [['migrate', 'up', 'x'], 'migrate up', '"x" is a word too many'],
    [['migrate', 'up', '--now'], 'migrate up', 'there is no option --now'],
    [['config', 'chek'], 'config', 'there is no "chek"; did you mean check?'],
    [['config', 'print', 'x'], 'config print', '"x" is a word too many'],
    [['config', 'init', 'a', 'b'], 'config init', '"b" is a word too many'],
    [['snippet'], 'snippet',
      'a word is missing: apache, lighttpd, nginx'],
    [['snippet', 'apache2'], 'snippet',
      'there is no "apache2"; did you mean apache?'],
    [['snippet', 'nginx', 'x'], 'snippet', '"x" is a word too many'],
    [['snippet', 'nginx', '--into'], 'snippet', '--into: a value is missing'],
    [['snippet', 'apache', '--into', 'x'], 'snippet',
      '--into is of nginx: apache has a folder for it'],
    [['backup', 'check'], 'backup check', 'FILE is missing'],
    [['backup', 'check', 'a', 'b'], 'backup check', '"b" is a word too many'],
    [['doctor', '--jsn'], 'doctor',
      'there is no option --jsn; did you mean --json?'],
    [['doctor', '--url'], 'doctor', '--url: a value is missing'],
    [['doctor', '--url', '--json'], 'doctor', '--url: a value is missing'],
    [['doctor', 'more'], 'doctor', '"more" is a word too many'],
    [['hash-bench', '--jsn'], 'hash-bench',
      'there is no option --jsn; did you mean --json?'],
    [['hash-bench', 'more'], 'hash-bench', '"more" is a word too many'],
    [['doctor', '--json=1'], 'doctor', 'there is no option --json=1; did you mean --json?'],
    [['jwk', 'rotate', '--nwo'], 'jwk rotate',
      'there is no option --nwo; did you mean --now?'],
    [['jwk', 'list', '--now'], 'jwk list', 'there is no option --now'],
    [['org', 'creat'], 'org', 'there is no "creat"; did you mean create?'],
    [['org', 'invite', 'a'], 'org invite', 'ADDRESS is missing'],
    [['org', 'list', 'x'], 'org list', '"x" is a word too many'],
    [['org', 'members', '--all', 'a'], 'org members',
      'there is no option --all'],
    [['--config', 'FILE', 'org', 'set', 'a', '--rp-id', '--rp-name', 'x'],
      'org set', '--rp-id: a value is missing'],
    [['--config', 'FILE', 'org', 'set', 'a'], 'org set',
      'what to set is missing'],
    [['--config', 'FILE', 'org', 'create', 'a', 'b@c', 'd'], 'org create',
      'a RP_ID needs the ORIGIN of its pages, too'],
    [['--config', 'FILE', 'org', 'service-account', 'create', 'a', 'b'],
      'org service-account create', '--public-key FILE is missing'],
    [['--config', 'FILE', 'org', 'service-account', 'create', 'a', 'b',
      '--public-key', 'k', '--days', '0'], 'org service-account create',
    '--days: 1 to 730'],
    [['--config', 'FILE', 'org', 'service-account', 'create', 'a', 'b',
      '--public-key', '--days', '5'], 'org service-account create',
    '--public-key: a value is missing'],
    [['--config', 'FILE', 'org', 'service-account', 'revoke', 'a'],
      'org service-account revoke', 'TOKEN-ID is missing'],
    [['user', 'imprt'], 'user', 'there is no "imprt"; did you mean import?'],
    [['--config', 'FILE', 'user', 'import'], 'user import', 'FILE is missing'],
    [['--config', 'FILE', 'user', 'import', '--dry', 'a'], 'user import',
      'there is no option --dry'],
    [['--config', 'FILE', 'user', 'export', 'x'], 'user export',
      '"x" is a word too many'],
    [['limits', 'show'], 'limits show', 'WHOM is missing'],
    [['limits', 'show', '--org', '--all'], 'limits show',
      '--org: a value is missing'],
    [['webhook', 'add', 'https://a'], 'webhook add', 'EVENT is missing'],
    [['webhook', 'secret'], 'webhook secret', 'ID is missing'],
    [['webhook', 'add', '--json', 'x', 'y'], 'webhook add',
      'there is no option --json'],
    [['courier'], 'courier', '--once is missing'],
    [['courier', '--twice'], 'courier', 'there is no option --twice'],
    [['version', 'x'], 'version', '"x" is a word too many'],
    [['serve', '--fast'], 'serve', 'there is no option --fast'],
    [['setup', '--url', '--mail', 'sendmail'], 'setup',
      '--url: a value is missing'],
    [['setup', '--urll', 'x'], 'setup',
      'there is no option --urll; did you mean --url?'],
    [['setup', 'x'], 'setup', '"x" is a word too many'],
  ];
  for (const [words, command, why] of cases)
    test(words.join(' '), () => says(words.map((word) =>
      word === 'FILE' ? file : word), 2, tried(command, why)));

  test('of our own options, too', async () => {
    for (const words of [['--config', '--set', 'a=b', 'version'],
      ['version', '--config'], ['--config=', 'version'], ['-c', '-c', 'x'],
      ['version', '--set']])
      await says(words, 2, 'postern: a value is missing behind '
        + `${words.find((one) => one[0] === '-')}\nTry "postern help".\n`);
  });
});

describe('"--" ends the options', () => {
  const none = (name) => `${name}: No such file or directory\n`;
  const odd = ['--set', '-h', '--help', '-c', '--', '--config=x', '-'];

  test('what follows are words', async () => {
    for (const name of odd.slice(0, -1))
      await says(['--config', file, 'backup', 'check', '--', name], 1,
        none(name));
    await says(['help', '--', '--help'], 2,
      'postern: there is no command --help; did you mean help?\n'
      + 'Try "postern help".\n');
    await says(['limits', 'show', '--', '--org', 'x'], 2, tried(
      'limits show', '"x" is a word too many'));
    await says(['doctor', '--', '--json'], 2, tried('doctor',
      '"--json" is a word too many'));
  });

  test('and it is none itself', async () => {
    for (const words of [['--', 'version'], ['version', '--']]) {
      const { status, stdout } = await postern(...words);
      assert.equal(status, 0, words.join(' '));
      assert.match(stdout, /^postern \d/);
    }
    await says(['--', '--config'], 2,
      'postern: there is no option --config\nTry "postern help".\n');
  });
});

describe('a host that is not ready', () => {
  test('without a configuration, setup is the way', async () => {
    const none = join(dir, 'none.yaml');
    for (const words of [['config', 'check'], ['config', 'print'],
      ['migrate', 'up'], ['snippet', 'nginx'], ['backup', 'check', '-'],
      ['jwk', 'list'], ['org', 'list'], ['limits', 'show', 'x'],
      ['courier', '--once'], ['doctor']]) {
      const { status, stdout, stderr } = await postern('--config', none,
        ...words);
      assert.equal(status, 1, words.join(' '));
      assert.match(stderr + stdout, /none\.yaml: No such file or directory/);
      assert.match(stderr + stdout, /"postern setup" asks for what is needed /);
    }
  });

  test('without a database: one sentence, no line of a log', async () => {
    const away = `database: cannot connect: is MariaDB running? check `
      + 'database.host, database.port, database.socket: ';
    for (const [command, ...words] of [['jwk', 'list'], ['org', 'list'],
      ['limits', 'show', 'x'], ['migrate status', 'migrate', 'status'],
      ['migrate up', 'migrate', 'up']]) {
      const line = command.includes(' ') ? words : [command, ...words];
      const { status, stderr } = await postern('--config', file, '--set',
        'database.socket=/no/such.sock', ...line);
      assert.equal(status, 1);
      const lines = stderr.replace(/^Command failed: .*\n/, '').split('\n');
      assert.ok(lines[0].startsWith(`postern: ${command}: ${away}`), stderr);
      assert.deepEqual(lines.slice(1), [''], stderr);
    }
  });

  test('a folder where nothing can be written', async () => {
    const { status, stderr } = await postern('config', 'init',
      '/proc/no/postern.yaml');
    assert.equal(status, 1);
    assert.match(stderr, /\/proc\/no\/postern\.yaml: cannot be written: /);
  });
});

describe('output', () => {
  const shell = (text) => run('sh', ['-c', text, 'sh', bin, file]);

  test('that is lost is a failure', async () => {
    for (const words of ['version', 'help', 'config print', 'snippet nginx'])
      for (const where of ['>/dev/full', '>&-']) {
        const { status, stderr } = await shell(
          `"$1" --config "$2" ${words} ${where}`);
        assert.equal(status, 1, `${words} ${where}`);
        assert.ok(stderr.endsWith(
          'postern: standard output cannot be written\n'), stderr);
      }
  });

  test('comes in the order in which it was said', async () => {
    writeFileSync(join(dir, 'dump.sql'), 'nothing\n');
    const { stdout } = await shell('"$1" --config "$2" backup check '
      + `${join(dir, 'dump.sql')} 2>&1`);
    assert.match(stdout,
      /^jwks: .* 0 of 0 rows\n(\w+: .* 0 of 0 rows\n)+.*: ends in the middle: /);
  });
});
