/* Dfns: what every endpoint answers alike, whatever it is for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Key, approve, codeTo, createOrg, header, login, member }
  from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const WISHES = [
  ['POST', '/auth/login/code'],
  ['PUT', '/auth/registration/code'],
  ['POST', '/auth/recover/user/code'],
  ['PUT', '/auth/recover/user/code'],
];
const BEGINNINGS = [
  ['POST', '/auth/login/init'],
  ['POST', '/auth/registration/init'],
  ['POST', '/auth/recover/user/init'],
];
const BY_CODE = [
  ['POST', '/auth/credentials/code/init'],
  ['POST', '/auth/credentials/code/verify'],
];
const OPEN = [...WISHES, ...BEGINNINGS, ...BY_CODE, ['POST', '/auth/login']];
const MEMBERS = [
  ['PUT', '/auth/logout'],
  ['POST', '/auth/logout'],
  ['POST', '/auth/credentials/init'],
  ['POST', '/auth/action/init'],
  ['POST', '/auth/action'],
];
const SIGNED = [
  ['POST', '/auth/credentials'],
  ['POST', '/auth/credentials/code'],
  ['PUT', '/auth/credentials/activate'],
  ['PUT', '/auth/credentials/deactivate'],
];
const DELETES = ['DELETE',
  '/auth/credentials/00000000-0000-4000-8000-000000000000'];
const NOBODY = '/auth/users/us-2r1sn-m874t-9olbf8bd5s69kjgh';
const ACCOUNT = NOBODY.replace('users', 'service-accounts');
const TOKEN = '/auth/pats/to-2r1sn-m874t-9olbf8bd5s69kjgh';
const PATS = [
  ['GET', '/auth/pats'],
  ['GET', TOKEN],
  ['POST', '/auth/pats'],
  ['PUT', TOKEN],
  ['PUT', `${TOKEN}/activate`],
  ['PUT', `${TOKEN}/deactivate`],
  ['DELETE', TOKEN],
];
const MANAGED = [
  ['GET', '/auth/action/logs'],
  ['GET', '/auth/action/logs/x'],
  ['GET', '/auth/users'],
  ['GET', NOBODY],
  ['POST', '/auth/users'],
  ['PUT', `${NOBODY}/activate`],
  ['PUT', `${NOBODY}/deactivate`],
  ['DELETE', NOBODY],
  ['GET', '/auth/service-accounts'],
  ['GET', ACCOUNT],
  ['POST', '/auth/service-accounts'],
  ['PUT', ACCOUNT],
  ['PUT', `${ACCOUNT}/activate`],
  ['PUT', `${ACCOUNT}/deactivate`],
  ['DELETE', ACCOUNT],
];
const CLOSED = [...MANAGED, ...PATS, ...MEMBERS, ...SIGNED, ['POST', '/auth/registration'],
  ['POST', '/auth/recover/user'], ['GET', '/auth/credentials']];
const BIG = { raw: `{"x":"${'y'.repeat(140000)}"}` };
const body = { username: 'nobody@example.org', orgId: 'or-x',
  registrationCode: '1', verificationCode: '1', credentialId: 'eA',
  challengeIdentifier: 'x', firstFactor: { kind: 'Key', credentialAssertion: {
    credId: 'eA', clientData: 'eA', signature: 'eA' } },
  code: 'A7U-KY6-9PT', credentialKind: 'Key', credentialName: 'x',
  credentialInfo: { credId: 'eA', clientData: 'eA', attestationData: 'eA' } };

test('sizes, types and forms; no token, no database', async () => {
  const instance = await start();
  try {
    const who = await member(instance, 'Status', freshAddress('s'));
    who.token = await login(who.api, who.orgId, who.username, who.key);
    const { api, token: bearer } = who;
    for (const [method, path] of [...OPEN, ...CLOSED, DELETES]) {
      if (method !== 'GET')
        await api.call(method, path, undefined, { ...BIG, status: 413 });
    }
    for (const [method, path] of [...OPEN, ...MEMBERS]) {
      await api.call(method, path, undefined,
        { bearer, raw: '{', status: 400 });
      await api.call(method, path, undefined,
        { bearer, raw: '{}', type: 'text/plain', status: 415 });
    }
    for (const [method, path] of [...SIGNED, ['POST', '/auth/users'],
      ['POST', '/auth/service-accounts'], ['POST', '/auth/pats']]) {
      await api.call(method, path, {}, { bearer, status: 403 });
      await api.call(method, path, {}, { bearer, status: 400,
        ...header(await approve(who, method, path, '{}')) });
      await api.call(method, path, undefined, { bearer, status: 415, raw: '{}',
        type: 'text/plain', ...header(await approve(who, method, path, '{}')) });
    }
    for (const path of [ACCOUNT, TOKEN])
      await api.call('PUT', path, undefined, { bearer, status: 415,
        raw: '{}', type: 'text/plain',
        ...header(await approve(who, 'PUT', path, '{}')) });
    for (const [method, path] of CLOSED)
      await api.call(method, path, method === 'GET' ? undefined : {},
        { status: 401 });
    await api.call('POST', '/auth/nowhere', undefined,
      { ...BIG, status: 413 });
    await api.call('GET', '/auth/%00', undefined, { front: true });
    await api.call('GET', '/auth/%zz', undefined, { front: true });
    /* What is forged is told so without the database; these are not. */
    const begun = await api.call('POST', '/auth/login/init',
      { orgId: who.orgId, username: who.username });
    const invited = freshAddress('i');
    const orgId = await createOrg(instance, 'Invited', invited);
    const registration = await api.call('POST', '/auth/registration/init', {
      orgId, username: invited,
      registrationCode: await codeTo(instance.mailDir, invited) });
    await api.call('POST', '/auth/registration', undefined, { raw: '{}',
      bearer: registration.body.temporaryAuthenticationToken,
      type: 'text/plain', status: 415 });
    await instance.service('stop', 'mariadb');
    for (const [method, path] of [...OPEN, ...MEMBERS, ...SIGNED,
      ...MANAGED, ...PATS, ['GET', '/auth/credentials'], DELETES]) {
      const { body: said } = await api.call(method, path,
        method === 'GET' || method === 'DELETE' ? undefined : { ...body, challengeIdentifier:
          begun.body.challengeIdentifier }, { bearer, status: 503 });
      assert.equal(said.error.message, 'Service Unavailable');
    }
    await api.call('POST', '/auth/registration', { firstFactorCredential:
      new Key().create(registration.body.challenge) },
    { bearer: registration.body.temporaryAuthenticationToken, status: 503 });
    await instance.service('start', 'mariadb');
  } finally {
    await instance.stop();
  }
});

test('without mail there are no codes to ask for', async () => {
  const instance = await start({ set: { 'email_delivery.enabled': 'false' } });
  try {
    for (const [method, path] of [...WISHES, ['POST', '/auth/users']])
      await instance.client().call(method, path, body, { status: 404 });
  } finally {
    await instance.stop();
  }
});

test('limits, by network', async () => {
  /* They fall too slowly for the test to notice. */
  const instance = await start({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.name_limits.interval': '1h',
    'rate_limiter.challenge_limits.tokens': '60',
    'rate_limiter.challenge_limits.interval': '24h',
    'rate_limiter.answer_limits.tokens': '60',
    'rate_limiter.answer_limits.interval': '24h' } });
  try {
    const api = instance.client();
    for (let i = 0; i < 20; i++)
      await api.call(...WISHES[0], body, { status: 200 });
    for (const wish of WISHES)
      await api.call(...wish, body, { status: 429 });
    for (let i = 0; i < 20; i++)
      await api.call(...BEGINNINGS[0], body, { status: 200 });
    for (const beginning of BEGINNINGS)
      await api.call(...beginning, body, { status: 429 });
    for (let i = 0; i < 60; i++)
      await api.call('POST', '/auth/login', body, { status: 400 });
    await api.call('POST', '/auth/login', body, { status: 429 });
    await api.call(...BY_CODE[1], body, { status: 429 });
    for (let i = 0; i < 10; i++)
      await api.call(...BY_CODE[0], body, { status: 403 });
    await api.call(...BY_CODE[0], body, { status: 429 });
  } finally {
    await instance.stop();
  }
});

/* A statement that fails as none should: whichever the table, it is ours. */
test('a fault of ours is 500, documented, and says nothing', async () => {
  const instance = await start();
  const FAULTS = { ceremonies: ['POST', '/auth/login/init', { username: 'x',
    orgId: 'or-x' }], users: ['POST', '/users', { email: freshAddress() }] };
  try {
    for (const [table, call] of Object.entries(FAULTS)) {
      await instance.sql(`CREATE TRIGGER fault BEFORE INSERT ON ${table} FOR
        EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'planted'`);
      const answer = await instance.client().call(...call, { status: 500 });
      assert.ok(!/planted|trigger|sql/i.test(answer.text), answer.text);
      await instance.sql('DROP TRIGGER fault');
    }
  } finally {
    await instance.stop();
  }
});
