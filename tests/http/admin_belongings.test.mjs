/* What belongs to a user, as an operator sees it, gives it and takes it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { createOrg, service } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';

const password = 'correct horse battery staple';
const nobody = randomUUID();
let instance;
let admin;

before(async () => {
  instance = await start({ admin: true, oneConnection: true, set: {
    'audit_log.storage.enabled': 'true', 'email.limit': '3',
    'password.min_length': '8' } });
  admin = instance.admin();
});
after(() => instance?.stop());

/* Somebody who has logged in: a client, and the path of the user. */
async function somebody() {
  const person = instance.client();
  const email = freshAddress();
  const { user_id } = await person.signUp(email);
  return { person, email, id: user_id, path: `/users/${user_id}` };
}
const call = async (method, path, status, body) =>
  (await admin.call(method, path, body, { status })).body;
const alive = async (person) => (await person.call('GET', '/me')).status;
const recorded = async (type, id) => (await instance.sql(`SELECT actor_operator
  FROM audit_logs WHERE type = '${type}'
  AND HEX(subject_user_id) = '${id.replaceAll('-', '')}'
  ORDER BY created_at DESC LIMIT 1`))[0]?.[0];
const mails = async (address) => {
  await instance.allSent();
  return mailsTo(instance.mailDir, address).length;
};

describe('addresses', () => {
  test('are given, shown, made primary and taken', async () => {
    const { path, email, id } = await somebody();
    const before = await mails(email);
    const second = freshAddress('Second');
    const given = await call('POST', `${path}/emails`, 201,
      { address: second, is_verified: true, is_primary: true });
    assert.deepEqual([given.address, given.is_verified, given.is_primary],
      [second.toLowerCase(), true, false]);
    assert.equal(await recorded('email_created', id), 'key:quickstart');
    assert.equal(await mails(email), before + 1, 'no notice came');
    const all = await call('GET', `${path}/emails`, 200);
    assert.deepEqual(all.map((one) => [one.address, one.is_primary]),
      [[email, true], [second.toLowerCase(), false]]);
    assert.deepEqual(await call('GET', `${path}/emails/${given.id}`, 200),
      given);

    await call('DELETE', `${path}/emails/${all[0].id}`, 409);
    await call('POST', `${path}/emails/${given.id}/set_primary`, 204);
    await call('POST', `${path}/emails/${given.id}/set_primary`, 204);
    await call('DELETE', `${path}/emails/${all[0].id}`, 204);
    await call('GET', `${path}/emails/${all[0].id}`, 404);
    const left = await call('GET', `${path}/emails`, 200);
    assert.deepEqual(left.map((one) => [one.id, one.is_primary]),
      [[given.id, true]]);
  });

  test('are refused in words', async () => {
    const { path, email } = await somebody();
    const other = await somebody();
    const add = (status, body) => call('POST', `${path}/emails`, status, body);
    await add(400, { address: other.email });
    await add(400, { address: email });
    await add(400, { address: 'x' });
    await add(400, {});
    await add(400, { address: freshAddress(), is_verified: 'yes' });
    await admin.call('POST', `${path}/emails`, undefined, { raw: 'x',
      type: 'text/plain', status: 415 });
    await add(201, { address: freshAddress() });
    await add(201, { address: freshAddress() });
    await add(409, { address: freshAddress() });
    await call('POST', `/users/${nobody}/emails`, 404,
      { address: freshAddress() });
    assert.deepEqual(await call('GET', `/users/${nobody}/emails`, 200), []);
    const [theirs] = await call('GET', `${other.path}/emails`, 200);
    for (const [method, rest] of [['GET', ''], ['DELETE', ''],
      ['POST', '/set_primary']]) {
      await call(method, `${path}/emails/${theirs.id}${rest}`, 404);
      await call(method, `${path}/emails/x${rest}`, 400);
      await call(method, `/users/x/emails/${theirs.id}${rest}`, 400);
    }
    await call('GET', '/users/x/emails', 400);
    await call('POST', '/users/x/emails', 400, { address: freshAddress() });
  });
});

describe('a password', () => {
  test('is given, changed and taken, and its owner told', async () => {
    const { person, path, email, id } = await somebody();
    await call('GET', `${path}/password`, 404);
    await call('PUT', `${path}/password`, 404, { password });
    const before = await mails(email);
    const first = await call('POST', `${path}/password`, 200, { password });
    assert.deepEqual(await call('GET', `${path}/password`, 200), first);
    assert.equal(await mails(email), before + 1, 'no notice came');
    assert.equal(await alive(person), 200);
    await call('POST', `${path}/password`, 409, { password });
    assert.equal((await instance.client().passwordLogin(id, password)).status,
      200);

    await call('PUT', `${path}/password`, 200, { password: `${password}s` });
    assert.equal(await recorded('password_set_succeeded', id),
      'key:quickstart');
    assert.equal(await alive(person), 401);
    assert.equal((await instance.client().passwordLogin(id, password)).status,
      401);
    const again = instance.client();
    assert.equal((await again.passwordLogin(id, `${password}s`)).status, 200);
    await call('DELETE', `${path}/password`, 204);
    assert.equal(await alive(again), 401);
    await call('DELETE', `${path}/password`, 404);
  });

  test('is refused in words', async () => {
    const { path } = await somebody();
    for (const bad of ['short', 'x'.repeat(4097), '', null, 1, 'a\tb\tc\td\te'])
      await call('POST', `${path}/password`, 400, { password: bad });
    await call('POST', `${path}/password`, 200, { password });
    await call('PUT', `${path}/password`, 400, { password: 'short' });
    for (const method of ['POST', 'PUT']) {
      await admin.call(method, `${path}/password`, undefined, { raw: 'x',
        type: 'text/plain', status: 415 });
      await call(method, `/users/${nobody}/password`, 404, { password });
      await call(method, '/users/x/password', 400, { password });
    }
    for (const method of ['GET', 'DELETE']) {
      await call(method, `/users/${nobody}/password`, 404);
      await call(method, '/users/x/password', 400);
    }
  });
});

test('an app is shown without its secret, and taken', async () => {
  const { path, id, email } = await somebody();
  await call('GET', `${path}/otp`, 404);
  await instance.sql(`INSERT INTO otp_secrets
    (user_id, tenant_id, sealed, last_step, created_at)
    SELECT id, tenant_id, 'x', -1, UTC_TIMESTAMP(6) FROM users
    WHERE HEX(id) = '${id.replaceAll('-', '')}'`);
  const shown = await call('GET', `${path}/otp`, 200);
  assert.deepEqual(Object.keys(shown).sort(), ['created_at', 'id']);
  const before = await mails(email);
  await call('DELETE', `${path}/otp`, 204);
  assert.equal(await mails(email), before + 1, 'no notice came');
  assert.equal(await recorded('otp_deleted', id), 'key:quickstart');
  await call('DELETE', `${path}/otp`, 404);
  await call('GET', '/users/x/otp', 400);
  await call('DELETE', '/users/x/otp', 400);
});

test('passkeys are listed, shown and taken', async () => {
  const { person, path, id } = await somebody();
  const other = await somebody();
  assert.deepEqual(await call('GET', `${path}/webauthn_credentials`, 200), []);
  await person.addPasskey({ origin: new URL(instance.url).origin });
  const [one] = await call('GET', `${path}/webauthn_credentials`, 200);
  const at = `webauthn_credentials/${one.id}`;
  assert.deepEqual(await call('GET', `${path}/${at}`, 200), one);
  for (const method of ['GET', 'DELETE']) {
    await call(method, `${other.path}/${at}`, 404);
    await call(method, `${path}/webauthn_credentials/a!`, 400);
    await call(method, `/users/x/${at}`, 400);
    await call(method, `/users/${nobody}/${at}`, 404);
  }
  await call('GET', '/users/x/webauthn_credentials', 400);
  await call('GET', `/users/${nobody}/webauthn_credentials`, 404);
  await call('DELETE', `${path}/${at}`, 204);
  assert.equal(await recorded('webauthn_credential_deleted', id),
    'key:quickstart');
  await call('DELETE', `${path}/${at}`, 404);
});

test('a service account does not become somebody who logs in', async () => {
  const orgId = await createOrg(instance, 'Robots', freshAddress('first'));
  await service(instance, orgId, 'robot');
  const [[hex]] = await instance.sql(`SELECT LOWER(HEX(user_id)) FROM members
    WHERE service_account = 1`);
  const user_id = hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const theirs = `/${orgId}/users/${user_id}`;
  for (const [method, path, body] of [
    ['POST', `/${orgId}/sessions`, { user_id }],
    ['POST', `${theirs}/emails`, { address: freshAddress() }],
    ['POST', `${theirs}/password`, { password }]])
    assert.match((await call(method, path, 409, body)).message,
      /a service account: nobody logs in as one/);
  const tenant = ['--tenant', 'Robots'];
  const mail = await instance.postern('user', 'add-email', ...tenant, user_id,
    freshAddress());
  assert.equal(mail.status, 1);
  assert.match(mail.stderr, /a service account/);
  assert.deepEqual(await call('GET', `${theirs}/emails`, 200), []);
  await call('GET', `${theirs}/password`, 404);

  /* Not even with a password that came by another way. */
  await instance.sql(`INSERT INTO password_credentials
    (user_id, tenant_id, hash, norm, created_at, updated_at)
    SELECT user_id, tenant_id, 'x', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6)
    FROM members WHERE service_account = 1`);
  await call('PUT', `${theirs}/password`, 409, { password });
  await call('DELETE', `${theirs}/password`, 204);
});

describe('sessions', () => {
  test('are listed and ended, one and all', async () => {
    const { person, path, email, id } = await somebody();
    const second = instance.client();
    await second.passcodeLogin(email);
    const list = await call('GET', `${path}/sessions`, 200);
    assert.equal(list.length, 2);
    assert.ok(list.every((one) => one.user_id === id));
    await call('DELETE', `${path}/sessions/${list[0].id}`, 204);
    await call('DELETE', `${path}/sessions/${list[0].id}`, 404);
    assert.deepEqual([await alive(person), await alive(second)].sort(),
      [200, 401]);
    await call('DELETE', `${path}/sessions`, 204);
    assert.equal(await recorded('user_logged_out', id), 'key:quickstart');
    assert.equal(await alive(person), 401);
    assert.deepEqual(await call('GET', `${path}/sessions`, 200), []);
    await call('DELETE', `${path}/sessions`, 204);

    const other = await somebody();
    const [theirs] = await call('GET', `${other.path}/sessions`, 200);
    await call('DELETE', `${path}/sessions/${theirs.id}`, 404);
    assert.equal(await alive(other.person), 200);
    await call('DELETE', `${path}/sessions/x`, 400);
    for (const method of ['GET', 'DELETE']) {
      await call(method, `/users/${nobody}/sessions`, 404);
      await call(method, '/users/x/sessions', 400);
    }
  });

  test('are made, to be handed on', async () => {
    const { path, id, email } = await somebody();
    const { session_token: bearer } = await call('POST', '/sessions', 200,
      { user_id: id.toUpperCase(), user_agent: 'Kiosk', ip_address: '2001:db8::1' });
    const me = await instance.client().call('GET', '/me', undefined,
      { bearer, status: 200 });
    assert.equal(me.body.user_id ?? me.body.id, id);
    const claims = JSON.parse(Buffer.from(bearer.split('.')[1], 'base64url'));
    assert.equal(claims.amr, undefined);
    assert.equal(claims.email.address, email);
    const [newest] = await call('GET', `${path}/sessions`, 200);
    assert.deepEqual([newest.user_agent, newest.ip_address],
      ['Kiosk', '2001:db8::1']);
    assert.equal(await recorded('session_created', id), 'key:quickstart');
    await call('DELETE', `${path}/sessions/${newest.id}`, 204);
    await instance.client().call('GET', '/me', undefined,
      { bearer, status: 401 });

    await call('POST', '/sessions', 404, { user_id: nobody });
    for (const bad of [{}, { user_id: 'x' }, { user_id: id, ip_address: 'x' },
      { user_id: id, ip_address: '' }, { user_id: id, user_agent: 1 },
      { user_id: id, user_agent: 'x'.repeat(256) }])
      await call('POST', '/sessions', 400, bad);
    await admin.call('POST', '/sessions', undefined, { raw: 'x',
      type: 'text/plain', status: 415 });
  });
});
