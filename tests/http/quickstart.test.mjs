/* etc/quickstart itself: what it says when something is wrong with what it is
 * told, and that it needs nothing of a host but packages. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync,
  rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, run, top } from '../lib/instance.mjs';

const base = process.env.POSTERN_TEST_DIR ?? join(top, 'build/test/run');
const build = process.env.POSTERN_BUILD ?? join(top, 'build/make');
const quickstart = join(top, 'etc/quickstart');

let parent;
let port;

before(async () => {
  mkdirSync(base, { recursive: true });
  parent = mkdtempSync(join(base, 'quickstart-'));
  port = await freePort();
});
after(() => rmSync(parent, { recursive: true, force: true }));

const start = (dir, ...more) => run('sh', [quickstart, '--dir', dir, '--port',
  String(port), '--build', build, '--detach', ...more]);
const stop = (dir) => run('sh', [quickstart, '--stop', '--dir', dir]);

/* A folder that the services cannot have: they work elsewhere meanwhile. */
test('a mistake of --set is named, by a file that is there', async () => {
  const dir = join(parent, 'with a space');
  mkdirSync(join(dir, 'log'), { recursive: true });
  appendFileSync(join(dir, 'log/postern.log'), 'of an older run\n');
  const { status, stdout, stderr } = await start(dir, '--set',
    'session.limit=0', '--set', 'session.lifspan=1h');
  assert.notEqual(status, 0);
  const said = stdout + stderr;
  assert.match(said, /session\.limit: 0 is out of range/);
  assert.match(said, /session\.lifspan: is not a known key/);
  assert.ok(!said.includes('of an older run'), said);
  const [, file] = /^ *(\/.*postern\.yaml):\d+: /m.exec(said);
  assert.ok(existsSync(file), file);
  assert.match(readFileSync(file, 'utf8'), /limit: 0/);
});

const mayMount = process.getuid() === 0
  && (await run('unshare', ['-m', 'true'])).status === 0;

test('a host without /etc/hosts', { skip: !mayMount }, async () => {
  const dir = join(parent, 'bare');
  const bare = (...words) => run('unshare', ['-m', 'sh', '-c',
    'mount --bind /dev/null /etc/hosts && exec "$@"', 'sh', ...words]);
  const { status, stdout, stderr } = await bare('sh', quickstart, '--dir', dir,
    '--port', String(port), '--build', build, '--detach');
  try {
    assert.equal(status, 0, stdout + stderr);
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    assert.equal(ready.status, 200);
  } finally {
    await stop(dir);
  }
});

test('packages for building are named in one place', async () => {
  const { status, stdout } = await run('sh',
    [join(top, 'etc/install-packages.sh'), '--names', 'build']);
  assert.equal(status, 0);
  for (const name of ['libfcgi-dev', 'libargon2-dev', 'libcurl4-openssl-dev'])
    assert.ok(stdout.split(/\s+/).includes(name), stdout);
  assert.doesNotMatch(readFileSync(quickstart, 'utf8'), /libargon2-dev/);

  /* All that the package is built with, and what builds it. */
  const { stdout: more } = await run('sh',
    [join(top, 'etc/install-packages.sh'), '--names', 'package']);
  const control = readFileSync(join(top, 'etc/debian/control'), 'utf8');
  const needed = /^Build-Depends:\n((?: .*\n)+)/m.exec(control)[1]
    .match(/^ [a-z0-9-]+/mg).map((name) => name.trim())
    .filter((name) => name !== 'debhelper-compat');
  for (const name of [...needed, 'debhelper', 'dpkg-dev', 'build-essential'])
    assert.ok(more.split(/\s+/).includes(name), name);
});
