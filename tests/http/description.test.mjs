/*
 * fcgi/openapi.yaml: it is well-formed, and true of what is sent.  Of each
 * operation, bodies drawn at random that it allows are not refused for their
 * form, and those that it forbids are; whatever stands in a path is answered
 * as it says.  The draws are the same at every run.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Arbitrary } from '../lib/arbitrary.mjs';
import { Key, approve, codeTo, createOrg, header, loggedIn, login, service,
  signed } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { description, isFormRefusal } from '../lib/openapi.mjs';
import { problems } from '../openapi/lint.mjs';

const SEED = 20261129;
const ALLOWED = 12; /* bodies of an operation */
const FORBIDDEN = 24;
const TRIES = 4; /* what a token of a ceremony is good for, and one more */
const LARGEST = 60000; /* bytes of a body; beyond 64 KiB none is read */

/* What may stand in a path, and mostly should not. */
const ODD = ['x', '%20', '%C2%84', '%7F', '%F0%9F%98%80', "a'b", 'a;b', 'a+b',
  '*', '7D7A2C0E-52C5-4D39-9C7B-0C1C6D5F3B11', 'AA', 'AA==',
  '00000000-0000-0000-0000-000000000000', 'x'.repeat(2000)];

const spec = description();
const operations = spec.operations();
let instance;
let person;
let member;
let leaver;
let account;
let newcomer;
let recovering;

before(async () => {
  instance = await start({ set: { 'dfns.password': 'true',
    'dfns.usernameless': 'true', 'account.allow_deletion': 'true' } });
  person = instance.client();
  await person.signUp(freshAddress());
  member = await loggedIn(instance, 'Described', freshAddress('member'));
  leaver = await loggedIn(instance, 'Leaving', freshAddress('leaver'));
  account = await service(instance, member.orgId, 'described');
  newcomer = await invited();
  recovering = await recoverable();
});
after(() => instance?.stop());

/* Somebody who may begin to register as often as they like. */
async function invited() {
  const username = freshAddress('new');
  const orgId = await createOrg(instance, 'Invited', username);
  return { orgId, username,
    registrationCode: await codeTo(instance.mailDir, username) };
}

async function recoverable() {
  const who = await loggedIn(instance, 'Recovering', freshAddress('rec'));
  const { body } = await who.call('POST', '/auth/credentials/init',
    { kind: 'RecoveryKey' }, { status: 200 });
  const key = new Key();
  await signed(who, 'POST', '/auth/credentials', { ...key.create(
    body.challenge, { kind: 'RecoveryKey', encrypted: 'x' }),
  challengeIdentifier: body.challengeIdentifier, credentialName: 'key' });
  return { ...who, credentialId: key.credId, mails: 1 };
}

/* Tokens that are good for a few tries: a new one in time. */
function renewed(ask) {
  let left = 0;
  let token;
  return async () => {
    if (left-- === 0) {
      ({ temporaryAuthenticationToken: token } = (await ask()).body);
      left = TRIES - 1;
    }
    return { bearer: token };
  };
}

const asNewcomer = renewed(() => instance.client().call('POST',
  '/auth/registration/init', newcomer, { status: 200 }));

const asRecovering = renewed(async () => {
  const { api, orgId, username, credentialId } = recovering;
  await api.call('POST', '/auth/recover/user/code', { orgId, username },
    { status: 200 });
  return api.call('POST', '/auth/recover/user/init', { orgId, username,
    credentialId, verificationCode: await codeTo(instance.mailDir, username,
      ++recovering.mails) }, { status: 200 });
});

const special = {
  dfnsRegistration: asNewcomer,
  dfnsEndUser: asNewcomer,
  dfnsRecovery: asRecovering,
};
const byAccount = ['dfnsDelegatedLogin', 'dfnsDelegatedRegistration',
  'dfnsDelegatedRestart', 'dfnsDelegatedRecovery'];
const thatEnd = ['dfnsLogout', 'dfnsLogoutToo'];

/* Something in the place of each {id}. */
const filled = (path) => path.replaceAll(/\{\w+\}/g, 'AA');

/* How whoever may call an operation does: a client, and options of call(). */
async function caller({ method, path, operation }, body) {
  const { operationId, security, parameters = [] } = operation;
  if (special[operationId])
    return [instance.client(), await special[operationId]()];
  if (!security.some((one) => 'DfnsToken' in one))
    return [security.some((one) => 'SessionCookie' in one) ? person
      : instance.client(), {}];
  const who = byAccount.includes(operationId) ? account : member;
  const token = thatEnd.includes(operationId) ? await login(leaver.api,
    leaver.orgId, leaver.username, leaver.key) : who.token;
  const isSigned = parameters.some(({ $ref }) =>
    $ref === '#/components/parameters/DfnsUserAction');
  return [who.api, { bearer: token, ...isSigned ? header(await approve(who,
    method, filled(path), JSON.stringify(body))) : {} }];
}

/* What refuses everything does so before it looks. */
const refusing = { tokenExchangeFlow: [403] };

/* A flow that begins reads no body: an action does. */
const queryOf = ({ operation: { tags } }) =>
  (tags.includes('Flows') ? `?action=back%40${randomUUID()}` : '');

async function ask(one, body) {
  const [api, options] = await caller(one, body);
  return api.call(one.method, filled(one.path)
    + queryOf(one), body, options);
}

/* Some of many, spread over all of them. */
const some = (list, n) => list.filter((_, i) =>
  Math.floor(i * n / list.length) !== Math.floor((i - 1) * n / list.length));

const show = (one, body, { status, text }) => `${one.method} ${one.path} ${
  JSON.stringify(body).slice(0, 1000)}: ${status} ${text}`;

test('a linter finds nothing', async () => {
  assert.deepEqual(await problems(), []);
});

for (const one of operations.filter(({ operation }) => operation.requestBody)) {
  const where = spec.bodySchema(one.method, one.path);
  const { schema } = one.operation.requestBody.content['application/json'];
  const name = `${one.method} ${one.path}`;

  test(`${name}: takes what is allowed`, async () => {
    const arbitrary = new Arbitrary(spec, SEED);
    for (let i = 0; i < ALLOWED; i++) {
      const body = arbitrary.allowed(schema);
      assert.deepEqual(spec.requestFaults(one.method, one.path, body), []);
      const answer = await ask(one, body);
      assert.ok(answer.status < 500
        && !isFormRefusal(answer.status, answer.body, body),
      show(one, body, answer));
    }
  });

  test(`${name}: refuses what is forbidden`, async () => {
    const bodies = new Arbitrary(spec, SEED).forbidden(schema, where)
      .filter((body) => JSON.stringify(body).length < LARGEST);
    assert.ok(bodies.length > 0);
    for (const body of some(bodies, FORBIDDEN)) {
      const answer = await ask(one, body);
      assert.ok((refusing[one.operation.operationId] ?? [400, 422])
        .includes(answer.status), show(one, body, answer));
    }
  });
}

for (const one of operations.filter(({ path }) => path.includes('{')))
  test(`${one.method} ${one.path}: whatever stands there`, async () => {
    for (const odd of ODD) {
      const { status } = await person.call(one.method,
        one.path.replace(/\{\w+\}/, odd), one.method === 'PATCH' ? {}
          : undefined, { front: true });
      assert.ok(status >= 400 && status < 500, `${odd}: ${status}`);
    }
  });
