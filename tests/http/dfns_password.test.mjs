/* Dfns: passwords with authenticator apps, where they are offered. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import * as holder from '../lib/appholder.mjs';
import { PASSWORD, newPassword, typed } from '../lib/appholder.mjs';
import { cost } from '../lib/cost.mjs';
import { App, Key, codeTo, createOrg, isError, login, member, service, signed,
  withToken } from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';

const BAD_CHALLENGE = 'Challenge token is not valid.';
const fault = (where) => `Invalid request: ${where}`;
const lacks = (where) => fault(`${where} is missing or malformed`);
let instance;
let api;
let count = 0;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'dfns.password': 'true' } });
  api = instance.client();
});
after(() => instance?.stop());

/* Here, unless it is said where. */
const begun = (at = instance) => holder.begun(at);
const complete = (who, what, opts, at = instance) =>
  holder.complete(at, who, what, opts);
const someone = (more, at = instance) => holder.someone(at, more);
const init = (who, opts, at = api) => holder.init(at, who, opts);
const answer = (who, first, second, challenge, at = api) =>
  holder.answer(at, who, first, second, challenge);
const rewind = (at = instance) => holder.rewind(at);

async function loggedIn(who) {
  await rewind();
  const { body } = await answer(who, typed(who.password), who.app.get());
  assert.ok(body.token, JSON.stringify(body));
  return withToken({ ...who, api }, body.token);
}

/* A member with a Key, who is logged in. */
async function keyHolder() {
  const who = await member(instance, `Holder ${++count}`, freshAddress('k'));
  return withToken(who, await login(api, who.orgId, who.username, who.key));
}

const list = async (who) =>
  (await who.call('GET', '/auth/credentials')).body.items;

/* One more credential; info is made of what init answered. */
async function add(who, kind, info, sign) {
  const { body } = await who.call('POST', '/auth/credentials/init', { kind },
    { status: 200 });
  return signed(who, 'POST', '/auth/credentials', {
    challengeIdentifier: body.challengeIdentifier, credentialName: kind,
    credentialKind: kind, credentialInfo: info(body) }, sign);
}

async function addApp(who, sign) {
  const done = await add(who, 'Totp', (body) => {
    who.app = new App(body.otpUrl);
    return { otpCode: who.app.code() };
  }, sign);
  assert.equal(done.status, 200, done.text);
  return done.body;
}

test('where they are not offered nothing of it is there', async () => {
  const off = await start({ set: { 'log.level': 'debug' } });
  try {
    const other = off.client();
    const who = await begun(off);
    assert.equal(who.body.otpUrl, '');
    assert.deepEqual(who.body.supportedCredentialKinds.firstFactor,
      ['Fido2', 'Key', 'PasswordProtectedKey']);
    assert.deepEqual(who.body.supportedCredentialKinds.secondFactor,
      ['Fido2', 'Key', 'PasswordProtectedKey']);
    const totp = { credentialKind: 'Totp',
      credentialInfo: { otpCode: '000000' } };
    isError(await complete(who, { firstFactorCredential: newPassword('x'),
      secondFactorCredential: totp }, {}, off), 401, 'Unauthorized');
    const key = new Key();
    isError(await complete(who, { firstFactorCredential:
      key.create(who.body.challenge), secondFactorCredential: totp }, {}, off),
    401, 'Unauthorized');
    await complete(who, { firstFactorCredential:
      key.create(who.body.challenge) }, { status: 200 }, off);
    const { body } = await init(who, {}, other);
    const { response, hashes } = await cost(off, other, 'POST', '/auth/login',
      { challengeIdentifier: body.challengeIdentifier, firstFactor: typed(),
        secondFactor: { kind: 'Totp', otpCode: '000000' } });
    isError(response, 401, 'Unauthorized');
    assert.equal(hashes, 0);
    const two = await init(who, {}, other);
    isError(await answer(who, key.get(two.body.challenge),
      { kind: 'Totp', otpCode: '000000' }, two, other), 401, 'Unauthorized');
    const bearer = await login(other, who.orgId, who.username, key);
    for (const kind of ['Password', 'Totp'])
      isError(await other.call('POST', '/auth/credentials/init', { kind },
        { bearer }), 400, lacks('kind'));
  } finally {
    await off.stop();
  }
});

test('what is offered no more is kept, and counts for nothing',
  async () => {
    const one = await start({ set: { 'dfns.password': 'true' } });
    try {
      const who = await someone((c) => ({ recoveryCredential:
        new Key().create(c, { kind: 'RecoveryKey' }) }), one);
      await one.up({ ...one.options.set, 'dfns.password': 'false' });
      const { body } = await init(who, { status: 200 }, one.client());
      /* As to nobody: what is made up. */
      const kinds = body.supportedCredentialKinds.map(({ kind }) => kind);
      assert.ok(kinds.length > 0);
      assert.deepEqual(kinds.filter((kind) =>
        ['Password', 'Totp'].includes(kind)), []);
      isError(await answer(who, typed(), who.app.get(1), undefined,
        one.client()), 401, 'Unauthorized');
      await one.up({ ...one.options.set, 'dfns.password': 'true' });
      assert.equal((await answer(who, typed(), who.app.get(1), undefined,
        one.client())).status, 200);
    } finally {
      await one.stop();
    }
  });

test('they register together, show, and log in', async () => {
  const who = await begun();
  assert.deepEqual(who.body.supportedCredentialKinds, {
    firstFactor: ['Fido2', 'Key', 'PasswordProtectedKey', 'Password'],
    secondFactor: ['Fido2', 'Key', 'PasswordProtectedKey', 'Totp'] });
  const label = `otpauth://totp/${[who.body.rp.name, who.username]
    .map(encodeURIComponent).join(':')}`;
  assert.ok(who.body.otpUrl.startsWith(`${label}?secret=`), who.body.otpUrl);
  who.app = new App(who.body.otpUrl);
  assert.equal(who.app.issuer, who.body.rp.name);
  const done = await complete(who, { firstFactorCredential: newPassword(),
    secondFactorCredential: who.app.create() }, { status: 200 });
  assert.equal(done.body.credential.kind, 'Password');
  const { body } = await init(who, { status: 200 });
  assert.deepEqual(body.supportedCredentialKinds, [
    { kind: 'Password', factor: 'first', requiresSecondFactor: true },
    { kind: 'Totp', factor: 'second', requiresSecondFactor: false }]);
  assert.deepEqual(body.allowCredentials, { key: [], webauthn: [] });
  const items = await list(await loggedIn(who));
  assert.deepEqual(items.map(({ kind }) => kind).sort(), ['Password', 'Totp']);
  for (const one of items) {
    assert.equal(one.publicKey, '');
    assert.equal(one.credentialId, '');
    assert.equal(one.isActive, true);
    assert.equal(one.name, 'Default Credential');
  }
  assert.equal(items.find(({ kind }) => kind === 'Password').credentialUuid,
    done.body.credential.uuid);
});

test('what no registration may be', async () => {
  const who = await begun();
  const other = await begun();
  const app = new App(who.body.otpUrl);
  const key = new Key();
  const c = who.body.challenge;
  const first = { firstFactorCredential: newPassword() };
  const second = { secondFactorCredential: app.create() };
  isError(await complete(who, first), 400, lacks('secondFactorCredential'));
  isError(await complete(who, { ...first,
    secondFactorCredential: key.create(c) }), 400,
  lacks('secondFactorCredential'));
  const where = 'firstFactorCredential/credentialInfo/password';
  for (const [password, why] of [
    ['elevenchars', 'must be at least 12 characters long'],
    ['üüüüüüüüüüü', 'must be at least 12 characters long'],
    ['x'.repeat(73), 'must not be longer than 72 bytes'],
    ['ü'.repeat(37), 'must not be longer than 72 bytes'],
    ['twelve\u0007characters', 'must not contain control characters'],
  ])
    isError(await complete(who, { firstFactorCredential: newPassword(password),
      ...second }), 400, fault(`${where} ${why}`));
  isError(await complete(who, { firstFactorCredential: app.create(),
    secondFactorCredential: newPassword() }), 400,
  lacks('firstFactorCredential/credentialKind'));
  /* Each of these is one of five tries. */
  const stranger = new App(other.body.otpUrl);
  for (const totp of [stranger.create(), app.create(-2), app.create(3)])
    isError(await complete(who, { ...first, secondFactorCredential: totp }),
      401, 'Unauthorized');
  const { response, hashes } = await cost(instance, api, 'POST',
    '/auth/registration', { ...first, secondFactorCredential: {
      credentialKind: 'Totp', credentialInfo: { otpCode: '12345' } } },
    { bearer: who.body.temporaryAuthenticationToken });
  isError(response, 401, 'Unauthorized');
  assert.equal(hashes, 0);
  await complete(who, { ...first, ...second }, { status: 200 });
});

test('a Key and an app: neither is ignored, the app alone is nothing',
  async () => {
    const who = await begun();
    const app = new App(who.body.otpUrl);
    const used = app.get();
    const key = new Key();
    await complete(who, { firstFactorCredential:
      key.create(who.body.challenge), secondFactorCredential:
      { credentialKind: 'Totp', credentialInfo: used } }, { status: 200 });
    const begin = await init(who);
    assert.deepEqual(begin.body.supportedCredentialKinds, [
      { kind: 'Key', factor: 'either', requiresSecondFactor: false },
      { kind: 'Totp', factor: 'second', requiresSecondFactor: false }]);
    isError(await answer(who, key.get(begin.body.challenge), used, begin),
      401, 'Unauthorized');
    await rewind();
    const two = await init(who);
    assert.equal((await answer(who, key.get(two.body.challenge), app.get(),
      two)).status, 200);
    isError(await answer(who, app.get(1), undefined), 400,
      lacks('firstFactor/kind'));
    isError(await answer(who, typed(), app.get(1)), 401, 'Unauthorized');
    await login(api, who.orgId, who.username, key);
  });

test('what is refused, and all with the same words', async () => {
  const who = await someone();
  const other = await someone();
  await rewind();
  const key = new Key();
  for (const [what, first, second] of [
    ['a wrong password', typed(`${PASSWORD}!`), who.app.get()],
    ['without a code', typed(), undefined],
    ['a Key in its place', typed(), key.get('x')],
    ['a wrong code', typed(), { kind: 'Totp', otpCode: '12345' }],
    ['a stale code', typed(), who.app.get(-2)],
    ['a code of later', typed(), who.app.get(3)],
    ['the code of somebody else', typed(), other.app.get()],
  ]) {
    const begin = await init(who);
    isError(await answer(who, first, second, begin), 401, 'Unauthorized');
    const again = await answer(who, typed(), who.app.get(), begin);
    assert.equal(again.status, 400, what);
    isError(again, 400, BAD_CHALLENGE);
  }
  isError(await answer(who, typed(), typed()), 400,
    lacks('secondFactor/kind'));
  assert.equal((await answer(who, typed(), who.app.get())).status, 200);
});

test('a step serves once, and so do those before it', async () => {
  const who = await someone();
  isError(await answer(who, typed(), who.used), 401, 'Unauthorized');
  await rewind();
  const codes = [who.app.get(-1), who.app.get(), who.app.get(1)];
  assert.equal((await answer(who, typed(), codes[1])).status, 200);
  isError(await answer(who, typed(), codes[1]), 401, 'Unauthorized');
  isError(await answer(who, typed(), codes[0]), 401, 'Unauthorized');
  assert.equal((await answer(who, typed(), codes[2])).status, 200);
  isError(await answer(who, typed(), codes[2]), 401, 'Unauthorized');
});

test('20 parallel uses of one step: one', async () => {
  const who = await someone();
  await rewind();
  const challenges = [];
  for (let i = 0; i < 20; i++)
    challenges.push(await init(who, { status: 200 }));
  const code = who.app.get();
  const answers = await Promise.all(challenges.map((one) =>
    answer(who, typed(), code, one)));
  const statuses = answers.map(({ status }) => status);
  assert.equal(statuses.filter((one) => one === 200).length, 1);
  assert.ok(statuses.every((one) => [200, 401, 503].includes(one)));
  assert.ok(statuses.filter((one) => one === 401).length >= 1);
});

test('one password, however the keyboard composes it', async () => {
  const who = await begun();
  who.app = new App(who.body.otpUrl);
  await complete(who, { firstFactorCredential:
    newPassword('pa\u0301ssw\u00f6rter und so'),
  secondFactorCredential: who.app.create() }, { status: 200 });
  await rewind();
  assert.equal((await answer(who, typed('p\u00e1sswo\u0308rter und so'),
    who.app.get())).status, 200);
  await rewind();
  isError(await answer(who, typed('passworter und so'), who.app.get()), 401,
    'Unauthorized');
});

test('they approve an action as they log in', async () => {
  const who = await loggedIn(await someone());
  const [{ credentialUuid }] = await list(who);
  const path = '/auth/credentials/activate';
  const factors = { firstFactor: typed(), secondFactor: who.app.get(1) };
  const sign = () => factors;
  const done = await signed(who, 'PUT', path, { credentialUuid }, sign);
  assert.deepEqual(done.body, { message: 'success' });
  const refused = async (given) => {
    const { body } = await who.call('POST', '/auth/action/init', {
      userActionHttpMethod: 'PUT', userActionHttpPath: path });
    return who.call('POST', '/auth/action', { ...given,
      challengeIdentifier: body.challengeIdentifier });
  };
  isError(await refused(factors), 401, 'Unauthorized');
  await rewind();
  isError(await refused({ firstFactor: typed() }), 401, 'Unauthorized');
  isError(await refused({ firstFactor: typed('a wrong password'),
    secondFactor: who.app.get() }), 401, 'Unauthorized');
});

test('they come later: the app first, the password beside it', async () => {
  const who = await keyHolder();
  const password = () => add(who, 'Password', () => ({ password: PASSWORD }));
  isError(await password(), 400, 'a Password needs an active Totp');
  const { body } = await who.call('POST', '/auth/credentials/init',
    { kind: 'Password' }, { status: 200 });
  assert.equal(body.otpUrl, '');
  const totp = await addApp(who);
  assert.equal(totp.kind, 'Totp');
  assert.equal(totp.publicKey, '');
  isError(await answer(who, typed(), who.app.get(1)), 401, 'Unauthorized');
  isError(await add(who, 'Totp', () => ({ otpCode: who.app.code() })), 401,
    'Unauthorized');
  isError(await add(who, 'Password', () => ({ password: 'elevenchars' })), 400,
    fault('credentialInfo/password must be at least 12 characters long'));
  const done = await password();
  assert.equal(done.status, 200, done.text);
  assert.equal((await answer(who, typed(), who.app.get(1))).status, 200);
  /* Off, neither alone is worth anything; on, both are. */
  const turn = (verb, { credentialUuid }) => signed(who, 'PUT',
    `/auth/credentials/${verb}`, { credentialUuid });
  for (const one of [totp, done.body]) {
    await rewind();
    assert.equal((await turn('deactivate', one)).status, 200);
    isError(await answer(who, typed(), who.app.get()), 401, 'Unauthorized');
    const kinds = (await init(who)).body.supportedCredentialKinds;
    assert.ok(kinds.some(({ kind }) => kind === 'Key'));
    assert.ok(kinds.every(({ kind }) => kind !== 'Password'));
    assert.equal((await turn('activate', one)).status, 200);
    assert.equal((await answer(who, typed(), who.app.get())).status, 200);
  }
  await rewind();
  const late = await init(who);
  await turn('deactivate', totp);
  isError(await answer(who, typed(), who.app.get(), late), 401,
    'Unauthorized');
  isError(await password(), 400, 'a Password needs an active Totp');
});

test('a new one takes the place of the one before', async () => {
  const who = await loggedIn(await someone());
  const old = who.app;
  await rewind();
  const sign = () => ({ firstFactor: typed(), secondFactor: old.get() });
  await addApp(who, sign);
  assert.equal((await list(who)).length, 2);
  await rewind();
  isError(await answer(who, typed(), old.get()), 401, 'Unauthorized');
  const stale = await init(who);
  const done = await add(who, 'Password',
    () => ({ password: `new ${PASSWORD}` }),
    () => ({ firstFactor: typed(), secondFactor: who.app.get() }));
  assert.equal(done.status, 200, done.text);
  await rewind();
  isError(await answer(who, typed(), who.app.get()), 401, 'Unauthorized');
  /* A challenge of before does not know it. */
  isError(await answer(who, typed(`new ${PASSWORD}`), who.app.get(), stale),
    401, 'Unauthorized');
  assert.equal((await answer(who, typed(`new ${PASSWORD}`), who.app.get()))
    .status, 200);
  const items = await list(who);
  assert.deepEqual(items.map(({ kind }) => kind).sort(), ['Password', 'Totp']);
});

test('together they are the last that logs in', async () => {
  const who = await loggedIn(await someone());
  for (const { credentialUuid } of await list(who)) {
    await rewind();
    isError(await signed(who, 'PUT', '/auth/credentials/deactivate',
      { credentialUuid }, () => ({ firstFactor: typed(),
        secondFactor: who.app.get() })), 400,
    'cannot deactivate the last active credential');
  }
});

/* Somebody with a recovery key, and the recovery they have begun. */
async function recovering() {
  const recovery = new Key();
  const who = await someone((c) => ({ recoveryCredential: recovery.create(c,
    { kind: 'RecoveryKey' }) }));
  const id = { orgId: who.orgId, username: who.username };
  await api.call('POST', '/auth/recover/user/code', id, { status: 200 });
  const { body } = await api.call('POST', '/auth/recover/user/init', { ...id,
    verificationCode: await codeTo(instance.mailDir, who.username, 2),
    credentialId: recovery.credId }, { status: 200 });
  const recover = (newCredentials) => api.call('POST', '/auth/recover/user', {
    recovery: recovery.get(Buffer.from(JSON.stringify(newCredentials))
      .toString('base64url'), 'RecoveryKey'), newCredentials,
  }, { bearer: body.temporaryAuthenticationToken });
  return { who, body, recover };
}

test('a recovery: not by what signs nothing; what was is gone', async () => {
  const { who, body, recover } = await recovering();
  const app = new App(body.otpUrl);
  const password = `new ${PASSWORD}`;
  const pair = { firstFactorCredential: newPassword(password),
    secondFactorCredential: app.create() };
  isError(await recover(pair), 400,
    lacks('newCredentials/a credential that signs'));
  isError(await recover({ ...pair, secondFactorCredential: who.app.create(),
    recoveryCredential: new Key().create(body.challenge,
      { kind: 'RecoveryKey' }) }), 401, 'Unauthorized');
  assert.equal((await recover({ ...pair, recoveryCredential: new Key()
    .create(body.challenge, { kind: 'RecoveryKey' }) })).status, 200);
  await rewind();
  isError(await answer(who, typed(), who.app.get()), 401, 'Unauthorized');
  isError(await answer(who, typed(), app.get()), 401, 'Unauthorized');
  const again = await loggedIn({ ...who, app, password });
  assert.equal((await list(again)).length, 3);
});

test('a recovery to a Key leaves no secret behind', async () => {
  const { body, recover } = await recovering();
  const secrets = async () => Number((await instance.sql(`SELECT
    (SELECT COUNT(*) FROM password_factors) +
    (SELECT COUNT(*) FROM totp_factors)`))[0][0]);
  const were = await secrets();
  assert.equal((await recover({ firstFactorCredential:
    new Key().create(body.challenge) })).status, 200);
  assert.equal(await secrets(), were - 2);
});

test('an end user of a service account may have them, too', async () => {
  const boss = freshAddress('boss');
  const orgId = await createOrg(instance, `Password ${++count}`, boss);
  const account = await service(instance, orgId, 'backend');
  const username = freshAddress('end');
  const { body } = await signed(account, 'POST',
    '/auth/registration/delegated', { email: username, kind: 'EndUser' });
  const who = { orgId, username, app: new App(body.otpUrl) };
  await api.call('POST', '/auth/registration/enduser', { wallets: [],
    firstFactorCredential: newPassword(),
    secondFactorCredential: who.app.create() },
  { bearer: body.temporaryAuthenticationToken, status: 200 });
  assert.equal((await list(await loggedIn(who))).length, 2);
});

test('it is no password of the other API, and no secret is told', async () => {
  const who = await loggedIn(await someone());
  const [[user_id]] = await instance.sql(`SELECT LOWER(CONCAT_WS('-',
    SUBSTR(h, 1, 8), SUBSTR(h, 9, 4), SUBSTR(h, 13, 4), SUBSTR(h, 17, 4),
    SUBSTR(h, 21))) FROM (SELECT HEX(user_id) AS h FROM members
    WHERE username = '${who.username}') AS m`);
  await api.call('POST', '/password/login', { user_id, password: PASSWORD },
    { status: 401 });
  assert.deepEqual(await instance.sql('SELECT * FROM password_credentials'),
    []);
  for (const [sealed] of await instance.sql(`SELECT HEX(sealed)
    FROM totp_factors UNION SELECT HEX(sealed) FROM ceremonies
    WHERE sealed IS NOT NULL`))
    assert.ok(!sealed.includes(who.app.key.toString('hex').toUpperCase()));
  assert.ok(!instance.log().includes(PASSWORD));
  assert.ok(!instance.log().includes(who.app.secret));
});

test('without a database nobody logs in, and nothing is used', async () => {
  const who = await someone();
  await rewind();
  const begin = await init(who);
  await instance.service('stop', 'mariadb');
  isError(await answer(who, typed(), who.app.get(), begin), 503,
    'Service Unavailable');
  await instance.service('start', 'mariadb');
  await until(async () => (await answer(who, typed(), who.app.get(), begin))
    .status === 200, 'the login');
});
