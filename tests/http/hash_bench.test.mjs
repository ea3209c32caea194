/*
 * "postern hash-bench": what it says is of this host, so that the test knows
 * its form alone, and that what it recommends is what others ask for.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from '../lib/host.mjs';
import { run } from '../lib/instance.mjs';

const bin = join(build, 'postern');
let dir;
let file;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-hash-bench-'));
  file = join(dir, 'postern.yaml');
  assert.equal((await run(bin, ['config', 'init', file])).status, 0);
});
after(() => rmSync(dir, { recursive: true, force: true }));

const bench = (...words) => run(bin, ['--config', file,
  '--set', 'password.argon2.memory_kib=8192',
  '--set', 'password.argon2.iterations=1', 'hash-bench', ...words]);

function assertRecommended(one, limit) {
  assert.ok([250, 500, 1000].includes(one.target_ms));
  if (one.as_asked_by === null) {
    assert.deepEqual(Object.keys(one), ['target_ms', 'as_asked_by']);
    return;
  }
  assert.ok(one.memory_kib % 1024 === 0 && one.memory_kib <= limit);
  assert.ok(one.iterations >= 1 && one.iterations <= 64);
  assert.equal(one.parallelism, 1);
  assert.ok(one.measured_us > 0);
  const least = { 'RFC 9106': [[65536, 3]],
    OWASP: [[19456, 2], [12288, 3], [9216, 4]] }[one.as_asked_by];
  assert.ok(least.some(([kib, passes]) =>
    one.memory_kib >= kib && one.iterations >= passes));
}

describe('hash-bench', () => {
  test('as one object', async () => {
    const { status, stdout, stderr } = await bench('--json');
    assert.equal(status, 0, stderr);
    const said = JSON.parse(stdout);
    assert.deepEqual([said.memory_kib, said.iterations, said.parallelism],
      [8192, 1, 1]);
    assert.ok(said.cores >= 1 && said.slots >= 1);
    assert.equal(said.made.by, 'libargon2');
    assert.match(said.verified.by, /^(avx2|ssse3|sse2|neon|plain|libargon2)$/);
    for (const one of [said.made, said.verified])
      assert.ok(one.per_second > 0 && one.per_second_all_cores > 0);
    assert.deepEqual(said.recommended.map((one) => one.target_ms),
      [250, 500, 1000]);
    said.recommended.forEach((one) => assertRecommended(one, 4194304));
  });

  test('as a table, of the library alone', async () => {
    const { status, stdout, stderr } = await run(bin, ['--config', file,
      '--set', 'password.kernel=reference', 'hash-bench']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp([
      '^hashes a second, with memory_kib 19456, iterations 2, parallelism 1:',
      '',
      ' +1 core +\\d+ cores',
      '  made     by libargon2 +\\d+\\.\\d +\\d+\\.\\d',
      '  verified by libargon2 +\\d+\\.\\d +\\d+\\.\\d',
      '',
      'password\\.argon2 for a log-in that takes at most so long, with parallelism 1,',
      'so that \\d+ at a time leave half of the memory:',
      '',
      '  LOG-IN   MEMORY_KIB  ITERATIONS  MEASURED  AS ASKED BY',
      '(?:  +(?:250|500|1000) ms  .*\\n?){3}$'].join('\n')));
  });
});
