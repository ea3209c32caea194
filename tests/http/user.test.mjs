/* Accounts: finding, creating, showing and deleting them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
let instance;

before(async () => {
  instance = await start({ set: { 'account.allow_deletion': 'true' } });
});
after(() => instance?.stop());

test('a sign-up goes from nothing to a profile', async () => {
  const api = await instance.client();
  const email = freshAddress();
  await api.call('POST', '/user', { email }, { status: 404 });
  const user = await api.signUp(email);
  assert.match(user.user_id, uuid);
  const found = await api.call('POST', '/user', { email }, { status: 200 });
  assert.deepEqual(found.body, { id: user.user_id, email_id: user.email_id,
    verified: true, has_webauthn_credential: false });
  const me = await api.call('GET', '/me', undefined, { status: 200 });
  assert.equal(me.body.id, user.user_id);
  assert.deepEqual(me.body.emails, [{ id: user.email_id, address: email,
    is_verified: true, is_primary: true }]);
  const shown = await api.call('GET', `/users/${user.user_id}`, undefined,
    { status: 200 });
  assert.equal(shown.body.email, email);
});

test('an id in a path may be in capital letters', async () => {
  const api = await instance.client();
  const user = await api.signUp(freshAddress());
  await api.call('GET', `/users/${user.user_id.toUpperCase()}`, undefined,
    { status: 200 });
  const added = await api.call('POST', '/emails', { address: freshAddress() },
    { status: 200 });
  await api.call('POST', `/emails/${user.email_id.toUpperCase()}/set_primary`,
    undefined, { status: 204 });
  const [session] = (await api.call('GET', '/sessions')).body;
  await api.call('DELETE', `/sessions/${session.id.toUpperCase()}`, undefined,
    { status: 204 });
  assert.match(added.body.id, uuid);
});

test('an unproved address is no account, and can be claimed again', async () => {
  const api = await instance.client();
  const email = freshAddress();
  const first = await api.call('POST', '/users', { email }, { status: 200 });
  assert.equal(first.headers['x-session-lifetime'], undefined);
  await api.call('POST', '/user', { email }, { status: 404 });
  const second = await api.call('POST', '/users', { email }, { status: 200 });
  assert.equal(second.body.email_id, first.body.email_id);
  assert.notEqual(second.body.user_id, first.body.user_id);
});

test('an owned address is a conflict, in every spelling', async () => {
  const api = await instance.client();
  const email = freshAddress('strasse');
  await api.signUp(email);
  for (const spelling of [email, email.toUpperCase(),
    email.replace('example', 'EXAMPLE'), email.replace('strasse', 'straße')])
    await api.call('POST', '/users', { email: spelling }, { status: 409 });
});

test('an address is shown as people write it', async () => {
  const api = await instance.client();
  const local = freshAddress().split('@')[0];
  const { user_id } = await api.signUp(`${local}@xn--bcher-kva.example`);
  const shown = `${local}@bücher.example`;
  const me = await api.call('GET', '/me', undefined, { status: 200 });
  assert.deepEqual(me.body.emails.map((one) => one.address), [shown]);
  const profile = await api.call('GET', `/users/${user_id}`);
  assert.equal(profile.body.email, shown);
  const added = await api.call('POST', '/emails',
    { address: `Other-${local}@STRAßE.example` }, { status: 200 });
  assert.equal(added.body.address, `other-${local}@straße.example`);
  assert.deepEqual((await api.call('GET', '/emails')).body
    .map((one) => one.address), [shown]);
  const [[address]] = await instance.sql(
    `SELECT address FROM emails WHERE address LIKE 'other-${local}%'`);
  assert.equal(address, `other-${local}@xn--strae-oqa.example`);
  /* What programs compare stays in the form that is compared. */
  const { body } = await api.call('GET', '/sessions/validate');
  assert.equal(body.claims.email.address, `${local}@xn--bcher-kva.example`);
});

test('international domains are one address with their A-labels', async () => {
  const api = await instance.client();
  const local = freshAddress().split('@')[0];
  await api.call('POST', '/users', { email: `${local}@bücher.example` },
    { status: 200 });
  const [[address]] = await instance.sql(
    `SELECT address FROM emails WHERE address LIKE '${local}%'`);
  assert.equal(address, `${local}@xn--bcher-kva.example`);
});

test('malformed addresses are refused', async () => {
  const api = await instance.client();
  for (const email of ['a', 'a@localhost', '@example.org', 'a@', 'a b@x.org',
    'a@x..org', 'a@-x.org', `${'a'.repeat(65)}@x.org`, 'a@x.org\r\nBcc: b@x.org',
    'a@[127.0.0.1]', '"a b"@x.org', 'a@x.org>', 'a\u200b@x.org']) {
    for (const path of ['/user', '/users']) {
      const { body } = await api.call('POST', path, { email },
        { status: 400 });
      assert.equal(body.message, 'email must be a valid email address');
    }
  }
  const { body } = await api.call('POST', '/users', {}, { status: 400 });
  assert.equal(body.message, 'email is a required field');
});

test('a profile is its owner\'s alone', async () => {
  const ada = await instance.client();
  const bob = await instance.client();
  const { user_id } = await ada.signUp(freshAddress('ada'));
  await bob.signUp(freshAddress('bob'));
  await bob.call('GET', `/users/${user_id}`, undefined, { status: 403 });
  await bob.call('GET', '/users/nonsense', undefined, { status: 403 });
  const nobody = await instance.client();
  await nobody.call('GET', `/users/${user_id}`, undefined, { status: 401 });
  await nobody.call('GET', '/me', undefined, { status: 401 });
});

test('deleting an account ends everything that was its own', async () => {
  const api = await instance.client();
  const other = await instance.client();
  const email = freshAddress();
  const { user_id } = await api.signUp(email);
  await other.passcodeLogin(email);
  await api.call('PUT', '/password', { user_id, password: 'correct horse' },
    { status: 201 });
  const gone = await api.call('DELETE', '/user', undefined, { status: 204 });
  assert.match(gone.cookies[0], /^hanko=; Path=\/; Max-Age=0/);
  await other.call('GET', '/me', undefined, { status: 401 });
  await api.call('POST', '/user', { email }, { status: 404 });
  const hex = user_id.replaceAll('-', '');
  for (const table of ['emails', 'primary_emails', 'sessions', 'passcodes',
    'password_credentials'])
    assert.deepEqual(await instance.sql(`SELECT COUNT(*) FROM ${table}
      WHERE user_id = UNHEX('${hex}')`), [['0']], table);
  await api.signUp(email);
});

test('parallel sign-ups with one address: never two owners, no 5xx', async () => {
  const email = freshAddress();
  const tries = await Promise.all(Array.from({ length: 12 }, async () => {
    const api = await instance.client();
    return api.call('POST', '/users', { email }, { status: 200 });
  }));
  assert.equal(new Set(tries.map((one) => one.body.email_id)).size, 1);
  assert.equal(new Set(tries.map((one) => one.body.user_id)).size, 12);
});

test('without verification a sign-up is a session, and one owner', async () => {
  const open = await start({ set: { 'email.require_verification': 'false',
    'account.allow_deletion': 'false' } });
  try {
    const email = freshAddress();
    const tries = await Promise.all(Array.from({ length: 10 }, async () => {
      const api = await open.client();
      return [api, await api.call('POST', '/users', { email })];
    }));
    const won = tries.filter(([, one]) => one.status === 200);
    assert.equal(won.length, 1);
    assert.ok(tries.every(([, one]) => [200, 409].includes(one.status)));
    const [api, created] = won[0];
    assert.equal(created.headers['x-session-lifetime'], '43200');
    const me = await api.call('GET', '/me', undefined, { status: 200 });
    assert.deepEqual(me.body.emails.map(({ address, is_verified }) =>
      [address, is_verified]), [[email, false]]);
    await api.call('DELETE', '/user', undefined, { status: 404 });
    const config = await api.call('GET', '/.well-known/config');
    assert.equal(config.body.emails.require_verification, false);
  } finally {
    await open.stop();
  }
});

test('sign-up can be switched off', async () => {
  const closed = await start({ set: { 'account.allow_signup': 'false' } });
  try {
    const api = await closed.client();
    await api.call('POST', '/users', { email: freshAddress() },
      { status: 403 });
    const config = await api.call('GET', '/.well-known/config');
    assert.equal(config.body.account.allow_signup, false);
  } finally {
    await closed.stop();
  }
});
