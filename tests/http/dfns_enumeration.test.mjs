/*
 * Dfns: whether somebody has an account is told to nobody, or as Dfns
 * documents it: every endpoint that takes a name, or a token of somebody who
 * was switched off since.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { Key, codeTo, codesTo, createOrg, isError, login, member, service,
  strangerTo } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const UNKNOWN = [401, 'User not found'];
const DEACTIVATED = [400, 'User account has been deactivated.'];
const NO_CREDENTIAL = [401, 'User does not have a credential that can be used'
  + ' for the application.'];
const EXISTS = [401, 'User already exists.'];
const BAD_CODE = [403, 'Invalid code'];
const BAD_TOKEN = [401, 'user token is missing or invalid'];
const UNPROVED = [401, 'Unauthorized'];
const DONE = [200, undefined];
const WRONG = '0000-0000-0000-0001';

/* Who asks, in this order. */
const STATES = ['no organisation', 'switched-off organisation', 'no user',
  'archived', 'service account', 'deactivated', 'invited',
  'without credential', 'able'];
const UNKNOWNS = Array(5).fill(UNKNOWN);

/*
 * What each endpoint that takes a name answers: to everybody, and by state
 * where it is documented.
 */
const NAMED = [
  { method: 'POST', path: '/auth/login/code', uniform: DONE,
    documented: [...UNKNOWNS, DEACTIVATED, DONE, DONE, DONE] },
  { method: 'PUT', path: '/auth/registration/code', uniform: DONE,
    documented: Array(9).fill(DONE) },
  { method: 'POST', path: '/auth/recover/user/code', uniform: DONE,
    documented: [...UNKNOWNS, DEACTIVATED, DONE, DONE, DONE] },
  { method: 'PUT', path: '/auth/recover/user/code', uniform: DONE,
    documented: [...UNKNOWNS, DEACTIVATED, DONE, DONE, DONE] },
  { method: 'POST', path: '/auth/login/init', uniform: DONE,
    documented: [...UNKNOWNS, DEACTIVATED, NO_CREDENTIAL, NO_CREDENTIAL,
      DONE] },
  { method: 'POST', path: '/auth/login/init', more: { loginCode: WRONG },
    uniform: BAD_CODE,
    documented: [...UNKNOWNS, DEACTIVATED, NO_CREDENTIAL, NO_CREDENTIAL,
      BAD_CODE] },
  { method: 'POST', path: '/auth/registration/init',
    more: { registrationCode: WRONG }, uniform: BAD_CODE,
    documented: [...UNKNOWNS, EXISTS, BAD_CODE, EXISTS, EXISTS] },
  { method: 'POST', path: '/auth/recover/user/init',
    more: { verificationCode: WRONG, credentialId: 'eA' }, uniform: BAD_CODE,
    documented: [...UNKNOWNS, DEACTIVATED, BAD_CODE, BAD_CODE, BAD_CODE] },
];

const MODES = ['uniform', 'documented'];
const instances = {};
const people = {}; /* of each, by state */

before(async () => {
  for (const mode of MODES) {
    instances[mode] = await start({ set: { 'log.level': 'debug',
      'dfns.enumeration': mode, 'dfns.usernameless': 'true',
      'audit_log.storage.enabled': 'true' } });
    people[mode] = await everybody(instances[mode]);
  }
});
after(async () => {
  for (const mode of Object.keys(instances))
    await instances[mode].stop();
});

const OFF = {
  'switched-off organisation': (who) => 'tenants SET active = 0 WHERE id ='
    + ` (SELECT tenant_id FROM members WHERE username = '${who.username}')`,
  archived: (who) => 'members SET archived_at = UTC_TIMESTAMP(6)'
    + ` WHERE username = '${who.username}'`,
  deactivated: (who) => 'members SET active = 0'
    + ` WHERE username = '${who.username}'`,
  'without credential': (who) => 'key_credentials SET active = 0'
    + ` WHERE cred_id = '${who.key.credId}'`,
};

/* A member who is able, until off() is called. */
async function someone(instance, state) {
  const who = await member(instance, `${state} ${freshAddress()}`,
    freshAddress('e'));
  who.off = () => OFF[state]
    && instance.sql(`UPDATE ${OFF[state](who)}`);
  return who;
}

/* {orgId, username} of each state. */
async function everybody(instance) {
  const all = {};
  for (const state of ['able', ...Object.keys(OFF)]) {
    all[state] = await someone(instance, state);
    await all[state].off();
  }
  const { orgId } = all.able;
  const username = freshAddress('i');
  all.invited = { username, orgId: await createOrg(instance, 'Invites',
    username), code: await codeTo(instance.mailDir, username) };
  all['service account'] = { orgId, username: 'robot' };
  await service(instance, orgId, 'robot');
  all['no user'] = { orgId, username: freshAddress('nobody') };
  all['no organisation'] = { username: all.able.username,
    orgId: strangerTo(orgId) };
  return STATES.map((state) => all[state]);
}

/* What a body looks like, without what it says. */
function shape(value) {
  if (Array.isArray(value))
    return 'array';
  if (value === null || typeof value !== 'object')
    return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) =>
    [name, shape(one)]));
}

const price = (instance, path, body, method = 'POST') =>
  cost(instance, instance.client(), method, path, body);

const bodyOf = ({ more }, { orgId, username }) =>
  ({ orgId, username, ...more });

function check(answer, [status, message], what) {
  assert.equal(answer.status, status, `${what}: ${answer.text}`);
  if (message !== undefined)
    isError(answer, status, message);
}

const nameOf = ({ method, path, more }) =>
  `${method} ${path} ${Object.keys(more ?? {}).join(' ')}`;

test('uniform: one answer, one shape, as much done, no mail',
  async () => {
    const instance = instances.uniform;
    for (const endpoint of NAMED) {
      const seen = [];
      for (const [i, who] of people.uniform.entries()) {
        const { response, ...spent } = await price(instance, endpoint.path,
          bodyOf(endpoint, who), endpoint.method);
        check(response, endpoint.uniform, `${nameOf(endpoint)}: ${STATES[i]}`);
        seen.push([STATES[i], spent, shape(response.body)]);
      }
      for (const [state, ...rest] of seen)
        assert.deepEqual(rest, seen[0].slice(1),
          `${nameOf(endpoint)}: ${state}`);
    }
    await instance.allSent();
    /* Each but nobody was invited, and some may have codes. */
    const more = people.uniform.map(({ username }, i) =>
      [STATES[i], codesTo(instance.mailDir, username).length > 1]);
    assert.deepEqual(more.slice(1), STATES.slice(1).map((state) => [state,
      ['invited', 'without credential', 'able'].includes(state)]));
  });

/* Spellings of one name. */
const spellings = (local) => [`${local}@bücher.example`,
  ` ${local}@bücher.example`, `${local.toUpperCase()}@BÜCHER.example `,
  `${local}@xn--bcher-kva.example`, `${local}@bu\u0308cher.example`,
  `${local}@\uff42ücher.example`];

test('uniform: a name is answered alike in every spelling, known or not',
  async () => {
    const instance = instances.uniform;
    const local = freshAddress('s').split('@')[0];
    const { orgId, key } = await member(instance, `Spelt ${local}`,
      `${local}@xn--bcher-kva.example`);
    for (const one of [local, `not-${local}`]) {
      const seen = [];
      for (const username of spellings(one)) {
        const { response, ...spent } = await price(instance,
          '/auth/login/init', { orgId, username });
        const { supportedCredentialKinds, allowCredentials } = response.body;
        seen.push({ supportedCredentialKinds, allowCredentials, ...spent });
      }
      for (const other of seen)
        assert.deepEqual(other, seen[0]);
      assert.equal(seen[0].allowCredentials.key.some(({ id }) =>
        id === key.credId), one === local);
    }
  });

test('uniform: what is invented comes in the forms of what is real',
  async () => {
    const instance = instances.uniform;
    const { orgId } = people.uniform.at(-1);
    const [lengths, numbers, kinds] = [new Set(), new Set(), new Set()];
    for (let i = 0; i < 120; i++) {
      const { body } = await begin(instance, { orgId,
        username: `invented-${i}@example.org` });
      const ids = Object.values(body.allowCredentials).flat();
      numbers.add(ids.length);
      for (const { id } of ids)
        lengths.add(id.length);
      for (const { kind } of body.supportedCredentialKinds)
        kinds.add(kind);
    }
    assert.ok(lengths.size >= 4, [...lengths].join(' '));
    assert.ok(numbers.size >= 3, [...numbers].join(' '));
    assert.deepEqual([...kinds].sort(),
      ['Fido2', 'Key', 'PasswordProtectedKey']);
  });

/* What is to be seen of a challenge, but for what is drawn for each. */
const formOf = ({ body }) => JSON.stringify([body.supportedCredentialKinds,
  Object.entries(body.allowCredentials).map(([kind, list]) =>
    [kind, list.map(({ id }) => id.length)])]);

test('uniform: an invented answer of the same form has as many bytes',
  async () => {
    const instance = instances.uniform;
    const able = people.uniform.at(-1);
    const real = await begin(instance, able);
    let invented;
    for (let i = 0; i < 300 && !(invented
      && formOf(invented) === formOf(real)); i++)
      invented = await begin(instance, { orgId: able.orgId,
        username: `bytes-${i}@example.org` });
    assert.equal(formOf(invented), formOf(real));
    assert.equal(invented.text.length, real.text.length);
    assert.deepEqual(Object.keys(invented.headers),
      Object.keys(real.headers));
    assert.equal(invented.headers['content-length'],
      real.headers['content-length']);
    /* What is kept of both until they are answered is alike, too. */
    const rows = await instance.sql(`SELECT DISTINCT user_id IS NULL,
      LENGTH(state), LENGTH(challenge) FROM ceremonies
      WHERE challenge IN ('${real.body.challenge}',
        '${invented.body.challenge}')`);
    assert.equal(rows.length, 1);
  });

test('documented: each as it is written', async () => {
  const instance = instances.documented;
  for (const endpoint of NAMED)
    for (const [i, who] of people.documented.entries())
      check(await instance.client().call(endpoint.method, endpoint.path,
        bodyOf(endpoint, who)), endpoint.documented[i],
      `${nameOf(endpoint)}: ${STATES[i]}`);
});

for (const mode of MODES)
  test(`${mode}: an expired registration code is told to who has it`,
    async () => {
      const instance = instances[mode];
      const username = freshAddress('x');
      const orgId = await createOrg(instance, 'Expired', username);
      const registrationCode = await codeTo(instance.mailDir, username);
      await instance.sql('UPDATE passcodes SET expires_at = UTC_TIMESTAMP(6)'
        + ' - INTERVAL 1 SECOND');
      const init = (code) => instance.client().call('POST',
        '/auth/registration/init', { orgId, username,
          registrationCode: code });
      check(await init(registrationCode), [400, 'Registration code expired']);
      check(await init(WRONG), BAD_CODE);
    });

/* What a login that was begun in time answers, with and without a proof. */
const LOGINS = {
  'switched-off organisation': { proved: UNKNOWN, told: UNKNOWN },
  archived: { proved: UNKNOWN, told: UNKNOWN },
  deactivated: { proved: DEACTIVATED, told: DEACTIVATED },
  'without credential': { proved: UNPROVED, told: UNPROVED },
};

const begin = (instance, who) => instance.client().call('POST',
  '/auth/login/init', { orgId: who.orgId, username: who.username },
  { status: 200 });
const answering = ({ body }, key) => ['/auth/login', {
  challengeIdentifier: body.challengeIdentifier,
  firstFactor: key.get(body.challenge) }];

for (const mode of MODES)
  test(`${mode}: a login that was begun before`, async () => {
    const instance = instances[mode];
    const counts = [];
    for (const [state, { proved, told }] of Object.entries(LOGINS)) {
      const who = await someone(instance, state);
      const [one, two] = [await begin(instance, who),
        await begin(instance, who)];
      await who.off?.();
      const { response, ...spent } = await price(instance,
        ...answering(one, new Key()));
      check(response, mode === 'uniform' ? UNPROVED : told, state);
      counts.push(spent);
      const [path, body] = answering(two, who.key);
      check(await instance.client().call('POST', path, body), proved, state);
    }
    if (mode === 'documented')
      return;
    /* A challenge for nobody is answered by the same statements. */
    for (const who of people.uniform) {
      const { response, ...spent } = await price(instance,
        ...answering(await begin(instance, who), new Key()));
      check(response, UNPROVED);
      counts.push(spent);
    }
    assert.deepEqual(counts, Array(counts.length).fill(counts[0]));
  });

for (const mode of MODES)
  test(`${mode}: a login without a name`, async () => {
    const instance = instances[mode];
    const [nowhere, off, nobody] = people[mode];
    for (const { orgId } of [nowhere, off])
      check(await instance.client().call('POST', '/auth/login/init',
        { orgId }), mode === 'uniform' ? DONE : UNKNOWN);
    const begun = await instance.client().call('POST', '/auth/login/init',
      { orgId: nobody.orgId }, { status: 200 });
    check(await instance.client().call('POST', '/auth/login', {
      challengeIdentifier: begun.body.challengeIdentifier, firstFactor:
        { kind: 'Fido2', credentialAssertion: { credId: 'eA', clientData: 'eA',
          authenticatorData: 'eA', signature: 'eA', userHandle: 'eA' } } }),
    mode === 'uniform' ? UNPROVED : UNKNOWN);
  });

test('uniform: the relying party is the organisation\'s, for nobody too',
  async () => {
    const instance = instances.uniform;
    const username = freshAddress('rp');
    const orgId = await createOrg(instance, 'Elsewhere', username,
      'example.org', 'https://example.org');
    for (const name of [username, 'nobody@example.org'])
      assert.equal((await begin(instance, { orgId, username: name }))
        .body.rp.id, 'example.org');
  });

/* What signing an action answers to who was logged in. */
const ACTIONS = {
  'switched-off organisation': { documented: BAD_TOKEN, uniform: BAD_TOKEN },
  archived: { documented: UNKNOWN, uniform: BAD_TOKEN },
  deactivated: { documented: DEACTIVATED, uniform: BAD_TOKEN },
  'without credential': { documented: NO_CREDENTIAL, uniform: NO_CREDENTIAL },
};

for (const mode of MODES)
  test(`${mode}: an action of somebody who was logged in`, async () => {
    const instance = instances[mode];
    for (const [state, expected] of Object.entries(ACTIONS)) {
      const who = await someone(instance, state);
      const bearer = await login(who.api, who.orgId, who.username, who.key);
      const init = (opts) => who.api.call('POST', '/auth/action/init', {
        userActionPayload: '{}', userActionHttpMethod: 'PUT',
        userActionHttpPath: '/x' }, { bearer, ...opts });
      const { body } = await init({ status: 200 });
      await who.off();
      check(await init(), expected[mode], state);
      check(await who.api.call('POST', '/auth/action', {
        challengeIdentifier: body.challengeIdentifier,
        firstFactor: who.key.get(body.challenge) }, { bearer }),
      state === 'without credential' ? UNPROVED : expected[mode], state);
      /* Elsewhere it is the token that is told to be bad. */
      if (state !== 'without credential')
        check(await who.api.call('PUT', '/auth/logout', undefined, { bearer }),
          BAD_TOKEN, state);
    }
  });

for (const mode of MODES)
  test(`${mode}: a registration that was begun before`, async () => {
    const instance = instances[mode];
    for (const [state, expected] of Object.entries({
      archived: UNKNOWN, deactivated: DEACTIVATED })) {
      const username = freshAddress('r');
      const orgId = await createOrg(instance, `R ${username}`, username);
      const { body } = await instance.client().call('POST',
        '/auth/registration/init', { orgId, username, registrationCode:
          await codeTo(instance.mailDir, username) }, { status: 200 });
      await instance.sql(`UPDATE ${OFF[state]({ username })}`);
      check(await instance.client().call('POST', '/auth/registration',
        { firstFactorCredential: new Key().create(body.challenge) },
        { bearer: body.temporaryAuthenticationToken }), expected, state);
    }
  });
