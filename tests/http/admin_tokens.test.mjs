/* Access tokens of the Dfns API, as an operator sees and ends them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Key, announce, approve, loggedIn, service, signed, uuidOf,
  withToken } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';

let instance;
let count = 0;

before(async () => {
  instance = await start({ admin: true, prefix: '', set: {
    'audit_log.storage.enabled': 'true' } });
});
after(() => instance?.stop());

const uuid = (id) => uuidOf(id).toLowerCase()
  .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const works = async (who) => (await announce(who, 'POST', '/x', '{}')).status;

/* Whoever has an organisation, and a key of the Admin API that is for it. */
async function person() {
  const name = `Tokens ${++count}`;
  const who = await loggedIn(instance, name, freshAddress('tokens'));
  return { ...who, id: uuid(who.user.id), name, admin: instance.admin(
    await instance.adminKey(`key-${count}`, '--tenant', name)) };
}

async function tokenOf(who, name, more = {}) {
  const key = new Key('ed25519');
  const { body } = await signed(who, 'POST', '/auth/pats', { name,
    publicKey: key.pem, ...more });
  key.credId = body.credId;
  return { ...withToken({ ...who, key }, body.accessToken),
    id: uuid(body.tokenId) };
}

const at = ({ admin }, id, status = 200) => admin.call('GET',
  `/users/${id}/access_tokens`, undefined, { status });
const end = ({ admin }, id, token, status = 204) => admin.call('DELETE',
  `/users/${id}/access_tokens/${token}`, undefined, { status });

test('personal ones are listed, oldest first, and what is so with each',
  async () => {
    const who = await person();
    assert.deepEqual((await at(who, who.id)).body, []);
    const pat = await tokenOf(who, 'laptop', { daysValid: 2 });
    await tokenOf(who, 'server');
    const { body: [first, second], text } = await at(who, who.id);
    const { created_at: made, expires_at: until, fingerprint, ...rest } = first;
    assert.deepEqual(rest, { id: pat.id, user_id: who.id, kind: 'Pat',
      name: 'laptop', is_owner: false, is_active: true });
    assert.equal(Date.parse(until) - Date.parse(made), 2 * 86400000);
    assert.ok(fingerprint.length > 0);
    assert.equal(second.name, 'server');
    assert.ok(!text.includes(pat.token));

    assert.equal(await works(pat), 200);
    await approve(pat, 'POST', '/x', '{}');
    await instance.sql(`UPDATE access_tokens SET active = 0
      WHERE id = UNHEX('${second.id.replaceAll('-', '')}')`);
    const { body: again } = await at(who, who.id);
    assert.ok(again[0].last_used_at);
    assert.deepEqual(again.map((one) => one.is_active), [true, false]);
  });

test('one is ended: it is refused, on record, and told of by mail', async () => {
  const who = await person();
  const pat = await tokenOf(who, 'lost');
  const other = await tokenOf(who, 'kept');
  const mails = async () => {
    await instance.allSent();
    return mailsTo(instance.mailDir, who.username).filter(({ mail }) =>
      /credentials of your account/.test(mail.headers.subject)).length;
  };
  const before = await mails();
  await end(who, who.id, pat.id);
  assert.equal(await works(pat), 401);
  assert.equal(await works(other), 200);
  assert.deepEqual((await at(who, who.id)).body.map(({ name }) => name),
    ['kept']);
  assert.equal(await mails(), before + 1);
  const [[by, about]] = await instance.sql(`SELECT actor_operator,
    LOWER(HEX(subject_user_id)) FROM audit_logs
    WHERE type = 'dfns_access_token_archived'`);
  assert.deepEqual([by, about], [`key:key-${count}`,
    who.id.replaceAll('-', '')]);
  await end(who, who.id, pat.id, 404);
});

test('a service account ends with its token', async () => {
  const who = await person();
  const account = await service(instance, who.orgId, 'backend');
  const [[hex]] = await instance.sql(`SELECT LOWER(HEX(user_id)) FROM members
    WHERE username = 'backend'`);
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  assert.equal(await works(account), 200);
  const { body: [token, ...none] } = await at(who, id);
  assert.deepEqual([token.kind, token.name, none.length],
    ['ServiceAccount', 'backend', 0]);
  await end(who, id, token.id);
  assert.equal(await works(account), 401);
  const { stdout } = await instance.postern('org', 'service-account', 'list',
    who.orgId);
  assert.match(stdout, /revoked/);
});

test('what is no id, or nobody\'s, or another organisation\'s', async () => {
  const [who, stranger] = [await person(), await person()];
  const pat = await tokenOf(who, 'mine');
  await at(who, 'x', 400);
  await at(who, stranger.id, 404);
  await at(stranger, who.id, 404);
  await end(who, 'x', pat.id, 400);
  await end(who, who.id, 'x', 400);
  await end(who, who.id, '00000000-0000-0000-0000-000000000000', 404);
  await end(who, stranger.id, pat.id, 404);
  await end(stranger, who.id, pat.id, 404);
  await end(stranger, stranger.id, pat.id, 404);
  assert.equal(await works(pat), 200);
});
