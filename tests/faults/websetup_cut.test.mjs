/*
 * Set-up by the web that is cut short, or slow, or met by what others have put
 * there: nothing of it is lost, or left.
 */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync }
  from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { launch } from '../lib/browser.mjs';
import { until } from '../lib/instance.mjs';
import { findings, look } from '../lib/setuppage.mjs';
import { UnsetHost, dbPassword, told } from '../lib/unsethost.mjs';

let host;

before(async () => {
  host = await UnsetHost.fresh('websetup-cut');
});
after(() => host?.stop());
beforeEach(async () => {
  await host.anew('apache');
  host.putToken();
});

/* A set-up that stands before the schema, and what it will be answered. */
async function begin() {
  const schema = await host.holdSchema();
  const answer = host.post(host.answers()).then(told);
  await schema.isWaited();
  return { schema, answer };
}

async function isDone(answer) {
  assert.equal(answer.status, 200, answer.body);
  assert.match(answer.body, /What is left to do/);
  await host.isServed();
}

test('one that outlives its request is finished, and spends the token',
  async () => {
    await host.anew('apache', 'FcgidIOTimeout 2');
    host.putToken();
    const { schema, answer } = await begin();
    assert.equal((await answer).status, 500);
    assert.deepEqual(host.names(), ['postern.yaml.lock', 'postern.yaml.setup',
      'setup-token']);
    host.killServed();
    await schema.release();
    await until(() => host.names().join() === 'postern.yaml', 'the end of it');
    await host.isServed();
  });

test('who waits for long is told that it goes on', async () => {
  const { schema, answer } = await begin();
  const { status, body } = await answer;
  assert.equal(status, 202);
  assert.match(body, /It goes on by itself/);
  assert.equal((await host.post(host.answers())).status, 409);
  await schema.release();
  await until(() => host.names().join() === 'postern.yaml', 'the end of it');
  await host.isServed();
  assert.match(host.space.said(), /set-up: done by the web/);
  await looksWell('works', body);
});

/* In both colours; its policy allows its own style, and no script. */
async function looksWell(name, body) {
  const browser = await launch();
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ colorScheme });
    await page.setContent(body);
    await look(page, `${name}-${colorScheme}`);
    assert.deepEqual(await findings(page), [], colorScheme);
  }
  await browser.close();
}

for (const [signal, says] of [['SIGKILL', /It did not work/],
  ['SIGALRM', /It took too long, and was given up/]])
  test(`killed by ${signal}, it leaves nothing, and may be done again`,
    async () => {
      const { schema, answer } = await begin();
      const { worker, watcher } = host.workers();
      host.putToken('half\n', 0o600, `${host.config}.new`);
      process.kill(signal === 'SIGKILL' ? worker : watcher, signal);
      const { status, body } = await answer;
      assert.equal(status, 422);
      assert.match(body, says);
      assert.deepEqual(host.names(), ['setup-token']);
      await schema.release();
      await isDone(await told(await host.post(host.answers())));
    });

test('killed with who watches it, it is cleared up by the next', async () => {
  const { schema, answer } = await begin();
  const { worker, watcher } = host.workers();
  process.kill(watcher, 'SIGKILL');
  process.kill(worker, 'SIGKILL');
  assert.equal((await answer).status, 422);
  assert.deepEqual(host.names(), ['postern.yaml.lock', 'postern.yaml.setup',
    'setup-token']);
  for (const name of host.names())
    assert.equal(statSync(join(host.folder, name)).mode & 0o777, 0o600);
  await schema.release();
  await isDone(await told(await host.post(host.answers())));
});

test('without who watches it, it is done all the same', async () => {
  const { schema, answer } = await begin();
  process.kill(host.workers().watcher, 'SIGKILL');
  await schema.release();
  await isDone(await answer);
});

test('a configuration that comes meanwhile stays as it is', async () => {
  const { schema, answer } = await begin();
  host.putToken('# of its owner\n', 0o600, host.config);
  await schema.release();
  const { status, body } = await answer;
  assert.equal(status, 409, body);
  assert.equal(host.written(), '# of its owner\n');
  assert.deepEqual(host.names(), ['postern.yaml', 'setup-token']);
});

test('what others have begun counts for nothing', async () => {
  host.putToken('secrets:\n  keys:\n    - "AEQvBxTQAUNMWE4hdfwglli0"\n'
    + 'webauthn:\n  relying_party:\n    id: "other.example"\n'
    + '    origins: ["https://other.example"]\n'
    + 'email_delivery:\n  smtp:\n    user: "other"\n', 0o600,
  `${host.config}.setup`);
  await isDone(await told(await host.post(host.answers())));
  assert.doesNotMatch(host.written(), /other\.example|"other"|AEQvBxTQAUNMWE4hdfwglli0/);
});

test('nothing is written through a link', async () => {
  const victim = join(host.space.dir, 'victim');
  writeFileSync(victim, 'as it was\n');
  chmodSync(victim, 0o666);
  for (const ending of ['.setup', '.setup.new', '.new'])
    symlinkSync(victim, host.config + ending);
  await isDone(await told(await host.post(host.answers())));
  assert.equal(readFileSync(victim, 'utf8'), 'as it was\n');
});

test('a password is one, whatever it begins with', async () => {
  for (const password of ['file:/etc/passwd', 'env:HOME', 'literal:x']) {
    await host.anew('apache');
    host.putToken();
    await host.machine.sql(
      `SET PASSWORD FOR space@localhost = PASSWORD('${password}')`);
    await isDone(await told(await host.post(host.answers({
      db_password: password }))));
    assert.ok(host.written().includes(`password: "literal:${password}"`));
  }
  await host.machine.sql(
    `SET PASSWORD FOR space@localhost = PASSWORD('${dbPassword}')`);
});
