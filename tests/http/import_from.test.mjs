/*
 * Users of other programs are brought along from where those keep them, and
 * log in afterwards with the password and the passkey that they had there.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import * as wa from '../lib/authenticator.mjs';
import { Flow } from '../lib/flow.mjs';
import { run, start } from '../lib/instance.mjs';
import { Other, at, glewlwydDevice, guest, hankoUser, identity, password, raw,
  secret } from '../lib/migrant.mjs';
import { totp } from '../lib/totp.mjs';

let instance;

before(async () => {
  instance = await start({ set: { 'username.enabled': 'true',
    'mfa.device_trust_policy': 'never' } });
});
after(() => instance?.stop());

const made = (...more) => Other.made(instance, ...more);

/* postern import-from, with the password on standard input. */
async function bring(program, words, input = `${guest.password}\n`) {
  return run(instance.env.POSTERN_BIN, ['import-from', program, ...words], {
    input,
    env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG },
  });
}

async function brings(program, words, expected) {
  const { status, stdout, stderr } = await bring(program, words);
  assert.equal(stderr.replace(/^\{.*\n/gm, ''), '');
  assert.equal(status, 0);
  assert.equal(stdout, expected);
}

async function byPasskey(device) {
  device.origin = new URL(instance.url).origin;
  const api = await instance.client();
  const { body: { publicKey } } = await api.call('POST',
    '/webauthn/login/initialize', {}, { status: 200 });
  const done = await api.call('POST', '/webauthn/login/finalize',
    device.get(publicKey), { status: 200 });
  return done.body.user_id;
}

/* By password, and by the code of an app where they have one. */
async function byPassword(identifier, app = false) {
  const flow = await Flow.ready(await instance.client(), 'login');
  await flow.act('continue_with_login_identifier', { identifier },
    { status: 200 });
  if (flow.state === 'login_method_chooser')
    await flow.act('continue_to_password_login', {}, { status: 200 });
  await flow.act('password_login', { password }, { status: 200 });
  if (flow.state === 'login_security_key')
    await flow.act('continue_to_login_otp', {}, { status: 200 });
  if (app) {
    assert.equal(flow.state, 'login_otp');
    await flow.act('otp_code_validate', { otp_code: totp(secret) },
      { status: 200 });
  }
  assert.equal(flow.state, 'success');
  return flow.last.body.payload.user;
}

const exported = async () => new Map((await instance.postern('user', 'export'))
  .stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
  .map((one) => [one.user_id, one]));

async function hankoCame(user) {
  assert.equal(await byPasskey(user.device), user.id);
  const found = await byPassword(user.address, true);
  assert.equal(found.user_id ?? found.id, user.id);
  const one = (await exported()).get(user.id);
  assert.deepEqual(one.emails, [
    { address: user.address, is_primary: true, is_verified: true },
    { address: user.second, is_primary: false, is_verified: false }]);
  assert.equal(one.username, user.username);
  assert.deepEqual(one.metadata, { public_metadata: { plan: 1 },
    private_metadata: { note: 'x' }, unsafe_metadata: { theme: 'dark' } });
  assert.equal(one.created_at, '2021-02-03T04:05:06Z');
  const [key] = one.webauthn_credentials;
  assert.deepEqual([key.name, key.transports.sort(), key.created_at],
    ['Key\u202e of mine', ['hybrid', 'internal'], '2021-02-03T04:05:06Z']);
  return one;
}

test('Hanko 2: password, app and passkey go along, what does not is told',
  async () => {
    const other = await made('hanko2', 'hanko2.sql');
    const users = [await hankoUser(other),
      await hankoUser(other, { handle: 'der alte Griff' })];
    const nobody = randomUUID();
    await other.put('users', { id: nobody, ...at });
    const dry = await bring('hanko', ['--dry-run', other.url]);
    assert.equal(dry.stdout,
      'would be imported 2, there already 0, refused 1\n'
      + 'not brought: 2 log-ins by another service\n');
    assert.match(dry.stderr, new RegExp(
      `^user ${nobody}: it has neither emails nor a username\n`, 'm'));
    assert.equal(dry.status, 1);
    assert.equal((await exported()).size, 0);
    await other.sql(`DELETE FROM users WHERE id = '${nobody}'`);
    await brings('hanko', [other.url],
      'imported 2, there already 0, refused 0\n'
      + 'not brought: 2 log-ins by another service\n');
    for (const user of users)
      await hankoCame(user);
    assert.equal((await exported()).get(users[1].id).webauthn_credentials[0]
      .user_handle_bytes, wa.b64('der alte Griff'));
    /* Who comes later comes later. */
    const late = await hankoUser(other);
    await brings('hanko', [other.url],
      'imported 1, there already 2, refused 0\n'
      + 'not brought: 3 log-ins by another service\n');
    assert.equal(await byPasskey(late.device), late.id);
  });

test('Hanko 3: a tenant at a time, names, and the step of the last code',
  async () => {
    const other = await made('hanko3', 'hanko2.sql', 'hanko3.sql');
    const tenant = randomUUID();
    const first = await hankoUser(other, { step: { last_validated_step: 7 } });
    const second = await hankoUser(other, { tenant: { tenant_id: tenant } });
    await other.sql(`UPDATE users SET name = 'Ada King', given_name = 'Ada',
      family_name = 'Lövelace', picture = 'https://example.org/a.png'
      WHERE id = '${first.id}'`);
    await other.put('identities', { id: randomUUID(), ...at,
      provider_id: 'apple', provider_user_id: 'x', email_id: null,
      user_id: first.id });
    const said = (n, there) => `imported ${n}, there already ${there}, `
      + 'refused 0\nnot brought: 1 log-ins by another service\n';
    await brings('hanko', [other.url], said(1, 0));
    const had = (await exported()).get(first.id);
    assert.deepEqual([had.name, had.given_name, had.family_name, had.picture,
      had.otp_secret.last_step], ['Ada King', 'Ada', 'Lövelace',
      'https://example.org/a.png', 7]);
    await hankoCame(first);
    assert.ok(!(await exported()).has(second.id));
    const none = await bring('hanko', ['--from-tenant', 'x', other.url]);
    assert.match(none.stderr, /a tenant of Hanko is named by its id/);
    await brings('hanko', ['--from-tenant', tenant, other.url],
      said(1, 0).replace(/not brought: 1 log-ins.*\n/, ''));
    await hankoCame(second);
  });

test('a passkey answers for whom it was registered, and for nobody else',
  async () => {
    const other = await made('hankohandles', 'hanko2.sql');
    const [a, b] = [await hankoUser(other, { handle: 'handle of a' }),
      await hankoUser(other, { handle: randomBytes(8).toString('hex') })];
    await bring('hanko', [other.url]);
    /* Of 16 bytes, as an id is. */
    assert.equal(b.device.userHandle.length, 16);
    assert.equal(await byPasskey(a.device), a.id);
    assert.equal(await byPasskey(b.device), b.id);
    a.device.origin = new URL(instance.url).origin;
    for (const userHandle of [b.device.userHandle, raw(b.id),
      Buffer.from('handle of b'), randomBytes(16)]) {
      const api = await instance.client();
      const { body: { publicKey } } = await api.call('POST',
        '/webauthn/login/initialize', {}, { status: 200 });
      const { status } = await api.call('POST', '/webauthn/login/finalize',
        a.device.get(publicKey, { userHandle }));
      assert.ok(status === 400 || status === 401, String(status));
    }
    /* Its own id will do as well. */
    const api = await instance.client();
    const { body: { publicKey } } = await api.call('POST',
      '/webauthn/login/initialize', { user_id: a.id }, { status: 200 });
    const done = await api.call('POST', '/webauthn/login/finalize',
      a.device.get(publicKey, { userHandle: raw(a.id) }), { status: 200 });
    assert.equal(done.body.user_id, a.id);
  });

test('glewlwyd: what its server wrote logs in here', async () => {
  const other = await made('glewlwyd', 'glewlwyd.sql',
    'glewlwyd-data.sql');
  const refused = await bring('glewlwyd', ['--dry-run', other.url]);
  assert.match(refused.stderr,
    /^user ada_king: its kind is not in password\.import\.allow\n/m);
  const allow = ['--set', 'password.import.allow=mysql'];
  const go = (...words) => run(instance.env.POSTERN_BIN, [...allow,
    'import-from', 'glewlwyd', ...words, other.url], {
    input: `${guest.password}\n`,
    env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });
  const left = 'not brought: 1 usernames of other characters than letters, '
    + 'digits and "_"\n'
    + 'not brought: 1 apps that count, are second ones, or have codes of '
    + 'another kind\n'
    + 'not brought: 1 credentials that were switched off\n';
  const done = await go('--verified');
  assert.equal(done.stdout,
    `imported 4, there already 0, refused 1\n${left}`, done.stderr);
  assert.match(done.stderr,
    /^user no\.mail: a username has letters, digits and "_" alone\n/m);
  const again = await go('--verified');
  assert.match(again.stdout, /^imported 0, there already 4, refused 1\n/);
  const all = [...(await exported()).values()];
  const of = (address) => all.find(({ emails }) =>
    emails?.[0]?.address === address);
  const ada = of('ada.king@example.org');
  const grace = of('grace@example.org');
  assert.deepEqual([ada.username, ada.name, ada.emails[0].is_verified,
    ada.webauthn_credentials[0].backup_eligible, grace.username,
    grace.webauthn_credentials.length],
  ['ada_king', 'Ada King', true, null, undefined, 1]);
  assert.match(ada.password.password, /^\$wrapped\$argon2id\$/);
  assert.equal(all.filter(({ username }) => username === 'admin').length, 1);
  assert.equal((await byPassword(ada.emails[0].address, true)).user_id
    ?? ada.user_id, ada.user_id);
  /* One that says it can be backed up may say so once, and then must. */
  const device = glewlwydDevice('ada_king');
  device.flags |= wa.BE | wa.BS;
  assert.equal(await byPasskey(device), ada.user_id);
  assert.equal((await exported()).get(ada.user_id).webauthn_credentials[0]
    .backup_eligible, true);
  device.flags &= ~(wa.BE | wa.BS);
  await assert.rejects(byPasskey(device));
  assert.equal(await byPasskey(glewlwydDevice('grace.hopper')),
    grace.user_id);
  /* Whoever was switched off there is kept out here. */
  await assert.rejects(byPasskey(glewlwydDevice('kept_out')));
  assert.ok(of('kept@example.org').locked_at);
});

test('glewlwyd: credentials as a second factor let nobody in', async () => {
  const other = await made('glewlwyd2', 'glewlwyd.sql',
    'glewlwyd-data.sql');
  for (const { user_id } of (await exported()).values())
    await instance.postern('user', 'delete', user_id);
  const { stdout } = await run(instance.env.POSTERN_BIN, ['--set',
    'password.import.allow=mysql', 'import-from', 'glewlwyd',
    '--second-factor', other.url], { input: `${guest.password}\n`,
    env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });
  assert.match(stdout, /^imported 4, /);
  await assert.rejects(byPasskey(glewlwydDevice('ada_king')));
  const [ada] = [...(await exported()).values()].filter(({ username }) =>
    username === 'ada_king');
  assert.equal(ada.webauthn_credentials[0].mfa_only, true);
  assert.equal(ada.emails[0].is_verified, false);
});

test('Kratos: passwords, apps, passkeys by handles of any kind', async () => {
  const devices = [0, 1, 2].map((i) => {
    const device = new wa.Authenticator({});
    device.userHandle = i === 1 ? Buffer.from('x'.repeat(64)) : randomBytes(16);
    return device;
  });
  const address = freshAddress('kratos');
  const one = identity(address, devices);
  one.traits.email = address.toUpperCase(); /* as it was typed */
  const out = freshAddress('out');
  const inactive = identity(out, [0, 1, 2].map(() =>
    Object.assign(new wa.Authenticator({}), { userHandle: randomBytes(16) })),
  { state: 'inactive' });
  inactive.traits = { email: out };
  inactive.credentials.password.identifiers = [out, 'not-a-name'];
  const hidden = identity(freshAddress(), devices);
  delete hidden.credentials.password.config;
  const bare = identity(freshAddress(), devices);
  delete bare.credentials.totp.config;
  const file = join(instance.dir, 'kratos.json');
  writeFileSync(file, JSON.stringify([one, inactive, hidden, bare, {}, 7], null, 1));
  const kratos = (...words) => instance.postern('import-from', 'kratos',
    ...words);
  const left = 'not brought: 4 log-ins by another service\n'
    + 'not brought: 2 sets of recovery codes\n'
    + 'not brought: 2 addresses that are no e-mail\n'
    + 'not brought: 1 usernames of other characters than letters, digits '
    + 'and "_"\nnot brought: 2 public or admin metadata\n';
  const dry = await kratos('--dry-run', file);
  assert.equal(dry.stdout, 'would be imported 2, there already 0, refused 4\n'
    + left);
  for (const why of ['its password was not exported: '
    + 'include_credential=password', 'its app was not exported: '
    + 'include_credential=totp', 'it is no identity of Kratos',
  'it is no object'])
    assert.ok(dry.stderr.includes(`: ${why}\n`), dry.stderr);
  const done = await kratos(file);
  assert.equal(done.stdout, 'imported 2, there already 0, refused 4\n' + left);
  for (const device of devices.slice(0, 2))
    assert.equal(await byPasskey(device), one.id);
  await assert.rejects(byPasskey(devices[2])); /* a second factor */
  assert.equal((await byPassword(address, true)).user_id ?? one.id, one.id);
  const all = await exported();
  const got = all.get(one.id);
  assert.deepEqual([got.username, got.given_name, got.family_name, got.emails,
    got.created_at, got.otp_secret.secret.replace(/=/g, ''),
    got.webauthn_credentials.map((key) => key.aaguid)],
  [one.traits.username.toLowerCase(), 'Ada', 'King',
    [{ address, is_primary: true, is_verified: true }],
    '2022-02-28T16:40:39.5Z', secret,
    Array(3).fill('07070707-0707-0707-0707-070707070707')]);
  assert.ok(all.get(inactive.id).locked_at);
  assert.equal(all.get(inactive.id).username, undefined);
  const lines = await run(instance.env.POSTERN_BIN, ['import-from', 'kratos',
    '-'], { input: `${JSON.stringify(one)}\n`,
    env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });
  assert.match(lines.stdout, /^imported 0, there already 1, refused 0\n/);
  assert.equal(lines.status, 0);
});

test('Kratos: apps with other codes stay behind', async () => {
  const file = join(instance.dir, 'apps.json');
  const urls = ['otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=8',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=60',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=SHA256',
    'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP', 'otpauth://totp/x', ''];
  writeFileSync(file, urls.map((totp_url) => JSON.stringify({ id: randomUUID(),
    schema_id: 'default', traits: { email: freshAddress() }, credentials:
      { totp: { config: { totp_url } } } })).join('\n'));
  const { stdout, stderr, status } = await instance.postern('import-from',
    'kratos', '--dry-run', file);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'would be imported 6, there already 0, refused 0\n'
    + 'not brought: 6 apps with codes of another kind\n');
  const none = await instance.postern('import-from', 'kratos', `${file}.none`);
  assert.match(none.stderr, /there is nothing to read/);
});

test('what is wrong with the way there is told in a sentence', async () => {
  const other = await made('hankoless');
  const file = join(instance.dir, 'guest-password');
  writeFileSync(file, `${guest.password}\n`);
  const cases = [
    [['postgres://guest@localhost/hanko'], 'the URL is not mariadb://'],
    [[other.url.replace('@', ':secret@')],
      'a password does not belong into a URL'],
    [[other.url], 'there is no database of Hanko 2 or 3'],
    [[other.url.replace('hankoless', 'nowhere')],
      'its user may not use that database'],
    [[other.url.replace('hankoless', 'mysql')],
      'its user may not use that database'],
    [[other.url.replace('guest', 'stranger')],
      'it has no such user, or the password is not theirs'],
    [['mariadb://guest@127.0.0.1:1/hanko'], 'nobody answers there'],
    [['--password-file', join(instance.dir, 'none'), other.url],
      'there is no password in that file'],
    [['--tenant', 'nowhere', other.url], 'there is no such organisation'],
  ];
  for (const [words, why] of cases) {
    const { status, stderr } = await bring('hanko', words);
    assert.equal(status, 1, words.join(' '));
    assert.ok(stderr.includes(why), `${words}: ${stderr}`);
    assert.ok(!stderr.includes(guest.password));
  }
  for (const words of [['--password-file', file], ['--password-file=-']]) {
    const { stderr } = await bring('hanko', [...words, other.url]);
    assert.match(stderr, /there is no database of Hanko/);
  }
  for (const words of [[], ['hanko'], ['hanko', 'a', 'b'], ['nobody', 'x'],
    ['hanko', '--what', 'x'], ['hanko', '--verified', 'x'],
    ['glewlwyd', '--from-tenant', 'x', 'x']]) {
    const { status } = await instance.postern('import-from', ...words);
    assert.equal(status, 2, words.join(' '));
  }
});
