/* Webhooks: who is told of what, in which words, and whom we never speak to. */
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, chmodSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Key, codeTo, createOrg, login, register } from '../lib/dfns.mjs';
import { Flow } from '../lib/flow.mjs';
import { run, start, top, until } from '../lib/instance.mjs';
import { Receiver, status } from '../lib/receiver.mjs';

const ORIGIN = 'http://localhost:8888';
const password = 'correct horse battery';
let dir;
let receiver;
let instance;

/* As many passkeys and security keys as may be, each as large as may be. */
const fatten = (user) => Promise.all(Array.from({ length: 20 }, (_, i) =>
  instance.sql(`INSERT INTO webauthn_credentials (id_hash, tenant_id,
    credential_id, user_id, name, public_key, attestation, sign_count,
    backup_eligible, backup_state, transports, mfa_only, created_at,
    updated_at) SELECT UNHEX(SHA2('${user}${i}', 256)), tenant_id,
    REPEAT(CHAR(${i + 1}), 1023), id,
    REPEAT(CHAR(0xF09F9491 USING utf8mb4), 255),
    REPEAT('k', 2048), 'none', 0, 1, 1, 'usb,nfc,ble,hybrid,internal',
    ${i % 2}, created_at, updated_at FROM users WHERE
    HEX(id) = '${user.replace(/-/g, '').toUpperCase()}'`)));

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-webhooks-'));
  chmodSync(dir, 0o755);
  receiver = await Receiver.listen(dir);
  instance = await start({ admin: true, set: { 'webhooks.enabled': 'true',
    'webhooks.ca_file': join(dir, 'own.pem'),
    'webhooks.allow_networks': '127.0.0.0/8',
    'webhooks.hooks.0.callback': receiver.url('/all'),
    'webhooks.hooks.0.events': '[user,session,email.send]',
    'username.enabled': 'true', 'audit_log.storage.enabled': 'true',
    'account.allow_deletion': 'true', 'mfa.acquire_on_registration': 'false',
    'passkey.acquire_on_registration': 'never',
    'webauthn.relying_party.origins': ORIGIN } });
});
after(async () => {
  receiver?.close();
  rmSync(dir, { recursive: true, force: true });
  await instance?.stop();
});

/* A hook of the table for a path, with its secret. */
async function hook(path, ...events) {
  const { status: code, stdout, stderr } = await instance.postern('webhook',
    'add', receiver.url(path), ...events);
  assert.equal(code, 0, stderr);
  const [id, secret] = stdout.trim().split(' ');
  return { id, secret, path, remove: () =>
    instance.postern('webhook', 'remove', id) };
}

/* One of another organisation. */
async function hookOf(org, path, ...events) {
  const { status: code, stderr } = await instance.postern('webhook', 'add',
    '--org', org, receiver.url(path), ...events);
  assert.equal(code, 0, stderr);
}

async function listed(id) {
  const { stdout } = await instance.postern('webhook', 'list', '--json');
  return JSON.parse(stdout).find((one) => one.id === id);
}

/* What waits is due now: nobody waits for a clock. */
const due = () => instance.sql("UPDATE outbox SET next_try_at = "
  + "UTC_TIMESTAMP(6) WHERE kind = 'webhook' AND claim IS NULL");

const told = (path, n = 1) => until(async () => {
  await due();
  return receiver.of(path).length >= n && receiver.of(path);
}, `${n} at ${path}`);

/* The same for one user alone. */
const ofUser = (path, id) => receiver.of(path).filter(({ payload }) =>
  [payload.data.id, payload.data.user_id].includes(id));

const quiet = () => until(async () => {
  await due();
  return (await instance.sql("SELECT 1 FROM outbox WHERE kind = 'webhook'"))
    .length === 0;
}, 'all is told');

async function member() {
  const api = await instance.client();
  return { api, ...await api.signUp(freshAddress('hook')) };
}

describe('what is told', () => {
  test('by REST: a user comes, changes, and goes', async () => {
    const { api, user_id, email } = await member();
    const more = freshAddress('hook');
    const put = (body, code) => api.call('PUT', '/password', body,
      { status: code });
    await put({ user_id, password }, 201);
    await put({ user_id, password: `${password} 2` }, 200);
    const { body: { id } } = await api.call('POST', '/emails',
      { address: more }, { status: 200 });
    const { body: code } = await api.call('POST', '/passcode/login/initialize',
      { user_id, email_id: id }, { status: 200 });
    await api.call('POST', '/passcode/login/finalize',
      { id: code.id, code: await api.codeFor(more) }, { status: 200 });
    await api.call('POST', `/emails/${id}/set_primary`, undefined,
      { status: 204 });
    const { body: all } = await api.call('GET', '/emails');
    const old = all.find(({ address }) => address === email);
    await api.call('DELETE', `/emails/${old.id}`, undefined, { status: 204 });
    await api.addPasskey({ origin: ORIGIN });
    const second = await instance.client();
    await second.passwordLogin(user_id, `${password} 2`);
    await second.call('POST', '/logout', undefined, { status: 204 });
    await api.call('DELETE', '/user', undefined, { status: 204 });
    await quiet();
    const seen = ofUser('/all', user_id).map(({ body }) => body.event);
    for (const event of ['user.create', 'user.login', 'user.delete',
      'user.update', 'user.update.password.update',
      'user.update.email.create', 'user.update.email.primary',
      'user.update.email.delete', 'session.create.flow',
      'session.delete.explicit.logout'])
      assert.ok(seen.includes(event), `${event} of ${seen.join(' ')}`);
    assert.equal(seen[0], 'user.create');
    assert.equal(seen.at(-1), 'user.delete');
    const { payload: { data } } = ofUser('/all', user_id).at(-1);
    assert.equal(data.emails[0].address, more);
    assert.equal(data.webauthn_credentials.length, 1);
    assert.ok(data.password.updated_at > data.password.created_at);
  });

  test('by flows: names, revoked sessions, deletion', async () => {
    const api = await instance.client();
    const email = freshAddress('hook');
    const flow = await Flow.ready(api, 'registration');
    const name = `n${email.replace(/\W/g, '').slice(0, 20)}`;
    await flow.act('register_login_identifier', { email, username: name },
      { status: 200 });
    await flow.act('verify_passcode', { code: await api.codeFor(email) },
      { status: 200 });
    await flow.act('register_password', { new_password: password },
      { status: 200 });
    assert.equal(flow.state, 'success');
    const { id } = flow.last.body.payload.user;
    const other = await Flow.ready(await instance.client(), 'login');
    await other.act('continue_with_login_identifier', { identifier: email },
      { status: 200 });
    if (other.state === 'login_method_chooser')
      await other.act('continue_to_password_login', {}, { status: 200 });
    await other.act('password_login', { password }, { status: 200 });
    assert.equal(other.state, 'success');
    const profile = await Flow.ready(api, 'profile');
    const act = (what, input) => profile.act(what, input, { status: 200 });
    await act('username_update', { username: `${name}2` });
    await act('username_delete', {});
    await act('username_create', { username: `${name}3` });
    await act('session_delete', { session_id: profile.last.body.payload
      .sessions.find(({ current }) => !current).id });
    await act('account_delete', {});
    await quiet();
    const seen = ofUser('/all', id).map(({ body }) => body.event);
    assert.deepEqual(seen, ['user.create', 'session.create.flow',
      'user.update.password.update', 'user.login', 'session.create.flow',
      'user.update.username.update', 'user.update.username.delete',
      'user.update.username.create', 'session.delete.explicit.revoke',
      'user.delete']);
    const [{ payload: { data } }] = ofUser('/all', id);
    assert.equal(data.username.username, name);
    assert.equal(data.emails[0].address, email);
    assert.ok(data.ip_address);
  });

  test('sessions that end by themselves', async () => {
    const at = await instance.other({ set: { ...instance.options.set,
      'session.limit': '1', 'session.idle_timeout': '1h' } });
    const one = await (await at.client()).signUp(freshAddress('hook'));
    await (await at.client()).passcodeLogin(one.email);
    await quiet();
    assert.ok(ofUser('/all', one.user_id).some(({ body, payload }) =>
      body.event === 'session.delete.passive.limit'
        && payload.data.user_id === one.user_id));
    const again = await at.client();
    await again.passcodeLogin(one.email);
    await at.sql(`UPDATE sessions SET last_used = '2020-01-01' WHERE
      HEX(user_id) = '${one.user_id.replace(/-/g, '').toUpperCase()}'`);
    await again.call('GET', '/me', undefined, { status: 401 });
    await quiet();
    assert.ok(ofUser('/all', one.user_id).some(({ body }) =>
      body.event === 'session.delete.passive.expire'));
    await at.stop();
  });

  test('an account that is too large to be told of is changed all the same',
    async () => {
      const admin = instance.admin();
      const { user_id } = await member();
      const more = await Promise.all(['/fat1', '/fat2', '/fat3'].map((path) =>
        hook(path, 'user')));
      await fatten(user_id);
      await admin.call('POST', `/users/${user_id}/lock`, undefined,
        { status: 204 });
      await admin.call('PATCH', `/users/${user_id}`, { name: 'A' },
        { status: 200 });
      await admin.call('DELETE', `/users/${user_id}`, undefined,
        { status: 204 });
      await quiet();
      for (const path of ['/all', '/fat1', '/fat2', '/fat3']) {
        const came = ofUser(path, user_id).slice(-3);
        assert.deepEqual(came.map(({ body }) => body.event),
          ['user.update', 'user.update', 'user.delete']);
        for (const { payload: { data } } of came) {
          assert.equal(data.emails.length, 1);
          assert.equal(data.webauthn_credentials, undefined);
          assert.ok(data.locked_at);
        }
      }
      assert.match(instance.log(), /webhook: user [\da-f-]{36}: too long/);
      for (const one of more)
        await one.remove();
    });

  test('a token names the organisation, be it changed by a command',
    async () => {
      const made = await instance.postern('org', 'create', 'Told',
        freshAddress('told'));
      assert.equal(made.status, 0, made.stderr);
      await hookOf('Told', '/told', 'user.update');
      const email = freshAddress('of-told');
      for (const words of [['create', '--email', email], ['lock', email]])
        assert.equal((await instance.postern('user', words[0], '--tenant',
          'Told', ...words.slice(1))).status, 0, words.join(' '));
      await quiet();
      const [[id]] = await instance.sql(`SELECT LOWER(HEX(id)) FROM tenants
        WHERE name = 'Told'`);
      const [{ payload }] = receiver.of('/told').slice(-1);
      assert.equal(payload.tenant_id?.replaceAll('-', ''), id);
      const mine = await member();
      await quiet();
      assert.equal(ofUser('/all', mine.user_id)[0].payload.tenant_id,
        undefined);
    });

  test('metadata goes along, unless there is too much beside it', async () => {
    const { user_id } = await member();
    const patch = (x) => instance.admin().call('PATCH',
      `/users/${user_id}/metadata`, { public_metadata: { x },
        private_metadata: { x }, unsafe_metadata: { x } }, { status: 200 });
    await patch('y');
    const digits = Array.from({ length: 100 }, (_, i) => `SELECT ${i} i`);
    const part = "REPEAT('d', 60)";
    await instance.sql(`INSERT INTO emails (id, tenant_id, user_id, address,
        verified, created_at, updated_at)
      SELECT UNHEX(MD5(CONCAT('${user_id}', n.i))), tenant_id, id,
        CONCAT(n.i, ${part}, '@', ${part}, '.', ${part}, '.', ${part}, '.org'),
        1, created_at, updated_at
      FROM users, (${digits.join(' UNION ALL ')}) n
      WHERE HEX(id) = '${user_id.replace(/-/g, '').toUpperCase()}'`);
    await patch('\u{1f511}'.repeat(2992));
    await quiet();
    const [first, last] = ofUser('/all', user_id).slice(-2)
      .map(({ body, payload: { data } }) => [body.event, data.emails.length,
        data.metadata?.private_metadata]);
    assert.deepEqual([first, last], [['user.update', 1, { x: 'y' }],
      ['user.update', 101, undefined]]);
  });

  test('what was undone is told to nobody', async () => {
    const { email } = await member();
    await quiet();
    const before = receiver.came.length;
    await instance.sql('CREATE TRIGGER no BEFORE INSERT ON sessions '
      + "FOR EACH ROW SIGNAL SQLSTATE '45000'");
    const api = await instance.client();
    const { body: { id } } = await api.call('POST', '/user', { email },
      { status: 200 });
    const { body: code } = await api.call('POST', '/passcode/login/initialize',
      { user_id: id }, { status: 200 });
    const answer = await api.call('POST', '/passcode/login/finalize',
      { id: code.id, code: await api.codeFor(email) });
    await instance.sql('DROP TRIGGER no');
    assert.equal(answer.status, 500);
    await quiet();
    assert.deepEqual(receiver.came.slice(before).map(({ body }) => body.event),
      ['email.send']);
  });
});

describe('what a message is', () => {
  test('a token that is signed, and none of a session', async () => {
    const { api, user_id, email } = await member();
    await quiet();
    const one = ofUser('/all', user_id)
      .find(({ body }) => body.event === 'user.create');
    assert.equal(one.headers['content-type'], 'application/json');
    assert.deepEqual(Object.keys(one.body), ['token', 'event']);
    assert.equal(one.header.typ, 'webhook+jwt');
    assert.equal(one.payload.sub, 'hanko webhooks');
    assert.equal(one.payload.evt, 'user.create');
    assert.equal(one.payload.exp - one.payload.iat, 300);
    assert.deepEqual(one.payload.aud, [receiver.url('/all')]);
    assert.equal(one.payload.session_id, undefined);
    const login = ofUser('/all', user_id).find(({ body }) =>
      body.event === 'user.login');
    assert.equal(login.payload.data.emails[0].address, email);
    const { body: { keys } } = await api.call('GET', '/.well-known/jwks.json');
    const jwk = keys.find(({ kid }) => kid === one.header.kid);
    const cut = one.body.token.lastIndexOf('.');
    assert.ok(verify('sha256', Buffer.from(one.body.token.slice(0, cut)),
      createPublicKey({ key: jwk, format: 'jwk' }),
      Buffer.from(one.body.token.slice(cut + 1), 'base64url')));

    /* Whoever has it is not let in: neither here, nor by a back end. */
    const { body } = await api.call('GET', '/sessions/validate', undefined,
      { bearer: one.body.token, noJar: true, status: 200 });
    assert.equal(body.is_valid, false);
    await api.call('GET', '/me', undefined,
      { bearer: one.body.token, noJar: true, status: 401 });
    for (const audience of ['localhost', receiver.url('/all')]) {
      const { status: code, stdout } = await run('php', [
        join(top, 'etc/examples/verify.php'),
        `${instance.url}/.well-known/jwks.json`, audience],
      { input: one.body.token });
      assert.equal(code, 1, stdout);
    }
  });

  test('the fields of Standard Webhooks, the same id at each try', async () => {
    const { id, secret, remove } = await hook('/fields', 'user.create');
    receiver.answers['/fields'] = status(500);
    await member();
    await told('/fields', 2);
    receiver.answers['/fields'] = status(204);
    await quiet();
    const came = receiver.of('/fields');
    assert.equal(new Set(came.map(({ headers }) => headers['webhook-id']))
      .size, 1);
    for (const { headers, text } of came) {
      assert.match(headers['webhook-id'], /^msg_[\da-f-]{36}$/);
      const mac = createHmac('sha256', Buffer.from(secret.slice(6), 'base64'))
        .update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`)
        .update(text).digest('base64');
      assert.equal(headers['webhook-signature'], `v1,${mac}`);
    }
    const { stdout } = await instance.postern('webhook', 'secret', id);
    assert.equal(stdout.trim(), secret);
    await remove();
  });

  test('a code is in no message', async () => {
    const before = receiver.came.length;
    const api = await instance.client();
    const email = freshAddress('hook');
    const { body: { id } } = await api.call('POST', '/users', { email },
      { status: 200 });
    await api.call('POST', '/passcode/login/initialize', { user_id: id },
      { status: 200 });
    const code = await api.codeFor(email);
    await quiet();
    const mail = receiver.came.slice(before)
      .find(({ body }) => body.event === 'email.send');
    assert.equal(mail.payload.data.to_email_address, email);
    assert.equal(mail.payload.data.type, 'passcode');
    for (const { payload } of receiver.came.slice(before))
      assert.ok(!JSON.stringify(payload).includes(code));
  });
});

describe('whom it reaches, and when', () => {
  test('those who want it, in their order, and nobody waits for a slow one',
    async () => {
      const slow = await hook('/slow', 'session.create', 'user.create');
      const quick = await hook('/quick', 'session', 'user.create');
      const other = await hook('/other', 'user.update');
      const held = [];
      receiver.answers['/slow'] = (response) => held.push(response);
      const { user_id } = await member();
      for (let i = 0; i < 3; i++)
        await (await instance.client()).passcodeLogin(
          (await instance.sql(`SELECT address FROM emails WHERE HEX(user_id) =
            '${user_id.replace(/-/g, '').toUpperCase()}'`))[0][0]);
      await told('/quick', 5);
      await until(() => held.length === 1, 'the slow one is asked');
      assert.equal(receiver.of('/slow').length, 1);
      receiver.answers['/slow'] = status(200);
      held[0].end();
      await quiet();
      const ids = (path) => receiver.of(path).map(({ payload }) =>
        `${payload.evt} ${payload.data.id}`);
      assert.deepEqual(ids('/slow'), ids('/quick'));
      assert.equal(receiver.events('/slow')[0], 'user.create');
      assert.deepEqual(new Set(receiver.events('/other')), new Set(
        ['user.update.email.create', 'user.update.email.primary']));
      for (const one of [slow, quick, other])
        await one.remove();
    });

  test('an organisation whose receivers are slow keeps no other one waiting',
    async () => {
      const address = freshAddress('hook');
      const org = await createOrg(instance, 'Quick', address);
      const code = await codeTo(instance.mailDir, address);
      const slow = await Promise.all([1, 2, 3, 4, 5, 6].map((i) =>
        hook(`/slow${i}`, 'user.create')));
      const held = new Set();
      let most = 0;
      const key = new Key();
      const api = instance.client();
      await hookOf(org, '/org', 'user');
      await quiet();
      for (const { path } of slow)
        receiver.answers[path] = (response) => {
          held.add(response);
          response.on('close', () => held.delete(response));
          most = Math.max(most, held.size);
        };
      await member();
      await until(async () => {
        await due();
        return most >= 4;
      }, 'four are asked');
      await register(api, org, address, code,
        (challenge) => key.create(challenge));
      await login(api, org, address, key);
      await until(async () => {
        await due();
        return receiver.events('/org').includes('user.login');
      }, 'the other organisation is told');
      assert.ok(receiver.events('/org').includes('user.update'));
      assert.equal(most, 4);
      for (const { path } of slow)
        receiver.answers[path] = status(200);
      held.forEach((response) => response.end());
      await quiet();
      for (const one of slow) {
        assert.ok(receiver.of(one.path).length >= 1);
        await one.remove();
      }
    });

  test('later, where it is refused, redirected, or nobody is there',
    async () => {
      const one = await hook('/later', 'user.create');
      const answers = [status(404), status(503), (response) => {
        response.writeHead(302, { location: receiver.url('/elsewhere') });
        response.end();
      }, (response) => response.destroy(), status(200)];
      receiver.answers['/later'] = (response, it) =>
        answers.shift()(response, it);
      await member();
      await quiet();
      assert.equal(receiver.of('/later').length, 5);
      assert.equal(receiver.of('/elsewhere').length, 0);
      assert.equal((await listed(one.id)).failures, 0);
      await one.remove();
    });

  test('what is always refused keeps nothing waiting', async () => {
    const one = await hook('/refuses', 'user.create');
    let first;
    receiver.answers['/refuses'] = (response, { headers }) => {
      first ??= headers['webhook-id'];
      status(headers['webhook-id'] === first ? 422 : 200)(response);
    };
    await member();
    await member();
    await quiet();
    const ids = receiver.of('/refuses').map((it) => it.headers['webhook-id']);
    assert.equal(ids.length, 6);
    assert.ok(ids.slice(0, 5).every((id) => id === first));
    const now = await listed(one.id);
    assert.deepEqual([now.parked, now.waiting, now.failures], [1, 0, 0]);
    assert.match(instance.log(), /given up: it is refused/);
    await one.remove();
  });

  test('what may be taken later is not given up, and fails once',
    async () => {
      const one = await hook('/busy', 'user.create');
      const codes = [408, 425, 429, 500, 429, 503, 429];
      const seen = [];
      receiver.answers['/busy'] = async (response) => {
        seen.push((await listed(one.id)).failures);
        status(codes.shift() ?? 200)(response);
      };
      await member();
      await quiet();
      assert.deepEqual(seen, [0, 1, 1, 1, 1, 1, 1, 1]);
      assert.deepEqual([(await listed(one.id)).parked,
        (await listed(one.id)).failures], [0, 0]);
      await one.remove();
    });

  test('an answer without an end is cut off', async () => {
    const one = await hook('/endless', 'user.create');
    receiver.answers['/endless'] = (response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65536)));
      };
      response.on('drain', more);
      more();
    };
    await member();
    await quiet();
    assert.equal(receiver.of('/endless').length, 1);
    await one.remove();
  });

  test('after so many failures it is off, which is an event; and on again',
    async () => {
      const one = await hook('/off', 'user.create');
      receiver.answers['/off'] = status(500);
      await instance.sql('UPDATE webhooks SET failures = 29');
      await member();
      await until(async () => (await listed(one.id)).state === 'off', 'off');
      await member(); /* is not told any more */
      const now = await listed(one.id);
      assert.equal(now.parked, 1);
      assert.equal(now.waiting, 0);
      assert.deepEqual(await instance.sql("SELECT error FROM audit_logs WHERE "
        + `type = 'webhook_disabled' AND error LIKE '${one.id}%'`),
      [[`${one.id}: too many failures in a row`]]);
      assert.match(instance.log(), /switched off: too many failures/);
      receiver.answers['/off'] = status(200);
      const { stdout } = await instance.postern('webhook', 'replay', one.id);
      assert.equal(stdout, '1\n');
      await quiet();
      assert.equal((await listed(one.id)).state, 'on');
      assert.equal(receiver.of('/off').length, 2);
      await one.remove();
    });

  test('a courier that is killed: all of it, in order, at least once',
    async () => {
      const one = await hook('/killed', 'user.create');
      const seen = [];
      const users = [];
      for (let i = 0; i < 3; i++) {
        const held = [];
        receiver.answers['/killed'] = (response) => held.push(response);
        users.push((await member()).user_id);
        await told('/killed', receiver.of('/killed').length + 1);
        const courier = instance.children().find((pid) => /courier/.test(
          readFileSync(`/proc/${pid}/comm`, 'utf8')));
        process.kill(courier, 'SIGKILL');
        receiver.answers['/killed'] = status(200);
        held.forEach((response) => response.end());
        await instance.sql("UPDATE outbox SET claim = NULL, claimed_until = "
          + "NULL, next_try_at = UTC_TIMESTAMP(6) WHERE kind = 'webhook'");
        await quiet();
      }
      for (const { payload } of receiver.of('/killed'))
        if (!seen.includes(payload.data.id))
          seen.push(payload.data.id);
      assert.deepEqual(seen, users);
      assert.ok(receiver.of('/killed').length >= 3);
      await one.remove();
    });

  test('one that is removed takes what waits along', async () => {
    const one = await hook('/gone', 'user.create');
    receiver.answers['/gone'] = status(500);
    await member();
    await told('/gone');
    await one.remove();
    await quiet();
    assert.equal(await listed(one.id), undefined);
    const { status: code, stderr } = await instance.postern('webhook',
      'replay', one.id);
    assert.equal(code, 1);
    assert.match(stderr, /there is no such webhook/);
  });
});

describe('the command', () => {
  test('says what is wrong with a webhook', async () => {
    for (const [words, why] of [
      [['ftp://a.example', 'user'], /does not begin with https/],
      [['http://a.example', 'user'], /set webhooks.allow_http/],
      [['https://a:b@c.example', 'user'], /a user in it/],
      [['https:///x', 'user'], /has no host/],
      [['https://a.example/#x', 'user'], /no address of the web/],
      [['https://a.example', 'user.update.password'], /is no event/],
      [['https://a.example', 'user', 'nothing'], /"nothing" is no event/],
    ]) {
      const { status: code, stderr } = await instance.postern('webhook', 'add',
        ...words);
      assert.equal(code, 1);
      assert.match(stderr, why);
    }
  });

  test('tries one, and says what it answered', async () => {
    const one = await hook('/try', 'user');
    const good = await instance.postern('webhook', 'test', one.id);
    assert.equal(good.status, 0, good.stderr);
    assert.equal(receiver.events('/try')[0], 'test');
    receiver.answers['/try'] = status(418);
    const bad = await instance.postern('webhook', 'test', one.id);
    assert.equal(bad.status, 1);
    assert.match(bad.stderr, /it answered 418/);
    const far = await instance.postern('--set', 'webhooks.allow_networks=',
      'webhook', 'test', one.id);
    assert.match(far.stderr, /allow_networks does not have its address: (127\.0\.0\.1|::1)\n/);
    await one.remove();
  });

  test('lists those of the file, which it does not change', async () => {
    const { stdout } = await instance.postern('webhook', 'list');
    const line = stdout.split('\n').find((it) => it.includes('/all'));
    assert.match(line, /^[\da-f-]{36}  file .* user session email\.send$/);
    const { status: code, stderr } = await instance.postern('webhook',
      'remove', line.slice(0, 36));
    assert.equal(code, 1);
    assert.match(stderr, /remove it there/);
  });
});
