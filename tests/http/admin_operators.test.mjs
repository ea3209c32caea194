/*
 * Who is an operator: users whom a command has marked, and nobody else has.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

let instance;

before(async () => {
  instance = await start({ admin: true, set: { 'username.enabled': 'true',
    'audit_log.storage.enabled': 'true' } });
  await createOrg(instance, 'Other', freshAddress('first'));
});
after(() => instance?.stop());

const operator = (...words) => instance.postern('operator', ...words);
const listed = async () => JSON.parse((await operator('list', '--json'))
  .stdout);

/* Somebody new, with a passkey if origin is given. */
async function member(name, origin) {
  const api = instance.client();
  const email = freshAddress(name);
  const { user_id: id } = await api.signUp(email);
  if (origin)
    await api.addPasskey({ origin });
  return { api, email, id };
}

const recorded = async (type) => (await instance.sql(`SELECT actor_operator
  IS NOT NULL, LOWER(HEX(subject_user_id)), error FROM audit_logs
  WHERE type = '${type}' ORDER BY created_at DESC, id LIMIT 1`))[0];
const hex = (id) => id.replaceAll('-', '');

describe('postern operator', () => {
  test('marks a user, and takes the mark away', async () => {
    const { origin } = new URL(instance.url);
    const { email, id } = await member('marked', origin);

    const { status, stdout } = await operator('add', email);
    assert.equal(status, 0);
    assert.match(stdout, /^1 of their passkeys opens the way/);
    assert.match(stdout, /^ {2}MADE .*\n {2}\d{4}-\S+Z {2,}\d{4}-\S+Z {2}\S+$/m);
    assert.deepEqual(await recorded('operator_added'), ['1', hex(id),
      'all organisations']);
    const [{ marked_at: at, ...row }] = await listed();
    assert.ok(at);
    assert.deepEqual(row, { user_id: id, email, tenant: 'default',
      everywhere: true, read_only: false, locked: false, passkeys: 1,
      sessions: 0 });
    assert.match((await operator('list')).stdout, new RegExp(
      `^${id}  open    change         1         0  .* all  ${email}$`, 'm'));

    assert.equal((await operator('remove', id)).status, 0);
    assert.deepEqual(await recorded('operator_removed'), ['1', hex(id),
      null]);
    assert.deepEqual(await listed(), []);
    const again = await operator('remove', id);
    assert.deepEqual([again.status, /they are no operator/.test(
      again.stderr)], [1, true]);
  });

  test('knows of passkeys that were there', async () => {
    const { origin } = new URL(instance.url);
    const { api, email } = await member('later');

    assert.match((await operator('add', email)).stdout, /no passkey yet/);
    await api.addPasskey({ origin });
    assert.equal((await listed())[0].passkeys, 0);
    assert.match((await operator('add', '--read-only', email)).stdout,
      /^1 of their passkeys/);
    assert.deepEqual((await recorded('operator_added'))[2],
      'all organisations, read-only');
    const [row, ...more] = await listed();
    assert.deepEqual([row.passkeys, row.read_only, more], [1, true, []]);
    await operator('remove', email);
  });

  test('of one tenant, who is one of its users', async () => {
    const { email, id } = await member('bound');

    assert.equal((await operator('add', '--tenant', 'Other', email)).status,
      1);
    assert.equal((await operator('add', '--tenant', 'default', email)).status,
      0);
    assert.deepEqual((await listed()).map(({ user_id: one, everywhere }) =>
      [one, everywhere]), [[id, false]]);
    assert.equal((await recorded('operator_added'))[2], 'one organisation');
    assert.equal((await instance.postern('user', 'delete', email)).status, 0);
    assert.deepEqual(await listed(), []);
  });

  test('says what is wrong', async () => {
    const help = await operator('--help');
    assert.deepEqual([help.status, help.stderr], [0, '']);
    for (const line of help.stdout.split('\n'))
      assert.ok(line.length <= 100, line);
    for (const words of [[], ['mark'], ['add'], ['add', 'a', 'b'],
      ['list', '--read-only'], ['remove', '--read-only', 'a']])
      assert.equal((await operator(...words)).status, 2, words.join(' '));
    const { status, stderr } = await operator('add', freshAddress());
    assert.deepEqual([status, /there is no such user/.test(stderr)],
      [1, true]);
  });
});

describe('nothing else marks anybody', () => {
  test('no key, and no metadata', async () => {
    const admin = instance.admin();
    const { email, id } = await member('metadata');
    await admin.call('PATCH', `/users/${id}/metadata`, { public_metadata:
      { operator: true }, private_metadata: { operator: true } },
    { status: 200 });
    await admin.call('PATCH', `/users/${id}`, { operator: true });
    await admin.call('POST', '/users', { username: 'would_be',
      operator: true });
    assert.ok(email);
    assert.deepEqual(await listed(), []);
  });

  test('no import', async () => {
    const email = freshAddress('imported');
    const entry = { operator: true, operators: [{ everywhere: true }],
      emails: [{ address: email, is_primary: true, is_verified: true }] };
    const file = join(instance.dir, 'users.json');
    writeFileSync(file, JSON.stringify(entry));
    await instance.postern('user', 'import', file);
    assert.deepEqual(await listed(), []);
  });
});
