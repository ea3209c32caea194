/*
 * Dfns: what a page of employees or of service accounts reads does not depend
 * on how many end users an organisation has.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { loggedIn, service, uuidOf } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { explain, rowsRead, watch } from '../lib/ran.mjs';

let instance;
let boss;

before(async () => {
  instance = await start();
  boss = await loggedIn(instance, 'Lists', freshAddress('boss'));
});
after(() => instance?.stop());

/* Numbered users with an address, older than all others; half are members. */
async function many(from, to) {
  const digit = `(SELECT 0 d ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) =>
    `UNION ALL SELECT ${i}`).join(' ')})`;
  const numbers = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d + 10000 * e.d
    AS i FROM ${digit} a, ${digit} b, ${digit} c, ${digit} d, ${digit} e
    HAVING i >= ${from} AND i < ${to}) n`;
  const org = `UNHEX('${uuidOf(boss.orgId)}')`;
  const at = "'2002-01-01' + INTERVAL i SECOND";
  await instance.sql(`INSERT INTO users (id, tenant_id, created_at, updated_at)
    SELECT UNHEX(MD5(i)), ${org}, ${at}, ${at} FROM ${numbers}`);
  await instance.sql(`INSERT INTO members (user_id, tenant_id, username,
      username_key, kind, active, registered, service_account, created_at)
    SELECT UNHEX(MD5(i)), ${org}, i, i, 'EndUser', 1, 1, 0, ${at}
    FROM ${numbers} WHERE i % 2 = 0`);
  await instance.sql('ANALYZE TABLE users, members');
}

const LISTS = ['/auth/users?kind=CustomerEmployee&limit=10',
  '/auth/service-accounts?limit=10'];

test('a page beside 100,000 end users reads no more than beside 100',
  async () => {
    for (let i = 0; i < 12; i++)
      await service(instance, boss.orgId, `account ${i}`);
    const log = await watch(instance);
    const asked = (path) => log.ran(() =>
      boss.call('GET', path, undefined, { status: 200 }), 'SELECT s.user_id');
    const read = async (statements) => {
      let sum = 0;
      for (const one of statements)
        sum += await rowsRead(instance, one);
      return sum;
    };
    await many(0, 100);
    const few = [];
    for (const path of LISTS)
      few.push(await read(await asked(path)));
    await many(100, 100000);
    for (const [i, path] of LISTS.entries()) {
      const statements = await asked(path);
      const now = await read(statements);
      assert.ok(now > 0 && now <= 5 * few[i], `${path}: ${few[i]}, ${now}`);
      const page = statements.find((one) => one.includes('FROM members m'));
      /* What they have is sorted, of one each; they are not. */
      const [first] = await explain(instance, page);
      assert.match(first, /^1 PRIMARY m .*members_list/);
      assert.doesNotMatch(first, /filesort/);
    }
    await log.end();
  });

test('both lists have each once, in order, page by page', async () => {
  const all = async (path) => {
    const names = [];
    let next = '';
    do {
      const { body } = await boss.call('GET', path + next, undefined,
        { status: 200 });
      for (const one of body.items) {
        names.push((one.userInfo ?? one).username);
        if (one.userInfo)
          assert.equal(one.accessTokens.length, 1);
      }
      next = body.nextPageToken && `&paginationToken=${body.nextPageToken}`;
    } while (next);
    return names;
  };
  assert.deepEqual(await all('/auth/service-accounts?limit=5'),
    Array.from({ length: 12 }, (_, i) => `account ${i}`));
  assert.deepEqual(await all('/auth/users?kind=CustomerEmployee&limit=5'),
    [boss.username]);
});
