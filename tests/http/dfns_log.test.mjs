/* Dfns: what the owners of an organisation read of what was signed. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import { freshAddress } from '../lib/api.mjs';
import { approve, isError, loggedIn, service, signed } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const PATH = '/auth/action/logs';
let instance;
let count = 0;

before(async () => {
  instance = await start({ prefix: '', set: {
    'audit_log.storage.enabled': 'true', 'audit_log.mask': 'false' } });
});
after(() => instance?.stop());

const owner = (type) =>
  loggedIn(instance, `Logs ${++count}`, freshAddress('owner'), type);
const page = async (who, query = '') =>
  (await who.call('GET', PATH + query, undefined, { status: 200 })).body;
const one = (who, id, opts) =>
  who.call('GET', `${PATH}/${id}`, undefined, opts);
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/* Nothing but the entry and the body that was sent is asked. */
function proves(entry, payload) {
  const { publicKey, assertion } = entry.firstFactorCredential;
  const data = Buffer.from(assertion.clientData, 'base64url');
  const [method, path] = entry.action.split(' ');
  const bound = Buffer.from(sha256(Buffer.concat([
    Buffer.from(entry.nonce, 'hex'), Buffer.from(`${method}\0${path}\0`),
    sha256(payload)])).toString('hex')).toString('base64url');
  assert.equal(entry.payloadHash, sha256(payload).toString('hex'));
  assert.equal(JSON.parse(data).challenge, bound);
  return verify('sha256', data, createPublicKey(publicKey),
    Buffer.from(assertion.signature, 'base64url'));
}

test('the client of Dfns lists and gets; an entry proves itself', async () => {
  const who = await owner('p256');
  const email = freshAddress('guest');
  const body = { email, kind: 'CustomerEmployee' };
  await signed(who, 'POST', '/auth/users', body);
  const auth = new sdk.DfnsApiClient({ baseUrl: instance.url,
    orgId: who.orgId, authToken: who.token }).auth;
  const { items } = await auth.listAuditLogs({ query: {
    startTime: '2026-01-01T00:00:00Z', endTime: '2099-01-01T00:00:00Z' } });
  assert.equal(items.length, 1);
  assert.equal(items[0].action, 'POST /auth/users');
  assert.equal(items[0].userId, who.user.id);
  assert.equal(items[0].username, who.username);
  assert.equal(items[0].firstFactorCredential.assertion, null);
  assert.ok(Date.parse(items[0].datePerformed)
    >= Date.parse(items[0].dateSigned));
  const entry = await auth.getAuditLog({ id: items[0].id });
  assert.equal(entry.firstFactorCredential.assertion.authenticatorData, null);
  assert.ok(proves(entry, JSON.stringify(body)));
});

test('what was signed and not made is told; newest first, by page and user',
  async () => {
    const who = await owner();
    const account = await service(instance, who.orgId, 'backend');
    for (const [by, path] of [[who, '/a'], [account, '/b'], [who, '/c'],
      [who, '/d']])
      await approve(by, 'POST', path, '{}');
    const all = (await page(who)).items;
    assert.deepEqual(all.map(({ action }) => action),
      ['POST /d', 'POST /c', 'POST /b', 'POST /a']);
    assert.deepEqual(all.map(({ datePerformed }) => datePerformed),
      [null, null, null, null]);
    const first = await page(who, '?limit=3');
    assert.deepEqual(first.items, all.slice(0, 3));
    const rest = await page(who,
      `?limit=3&paginationToken=${first.nextPageToken}`);
    assert.deepEqual(rest, { items: all.slice(3) });
    assert.deepEqual((await page(who, `?userId=${account.userId}`)).items,
      [all[2]]);
    for (const query of ['?userId=x', '?startTime=2099-01-01T00:00:00Z',
      '?endTime=2026-01-01T00:00:00Z'])
      assert.deepEqual(await page(who, query), { items: [] });
    assert.equal((await page(who, `?startTime=${all[0].dateSigned}`)).items
      .length, 1);
  });

test('a time, a limit or a token that is none is 400', async () => {
  const who = await owner();
  for (const query of ['startTime=x', 'startTime=', 'endTime=2026-13-01',
    'limit=0', 'limit=201', 'paginationToken=x'])
    assert.equal((await who.call('GET', `${PATH}?${query}`)).status, 400,
      query);
});

test('owners alone read it, and of their own organisation', async () => {
  const who = await owner();
  const other = await owner();
  const account = await service(instance, who.orgId, 'backend');
  await approve(who, 'POST', '/x', '{}');
  const [{ id }] = (await page(who)).items;
  assert.deepEqual(await page(other), { items: [] });
  for (const foreign of [id, randomUUID(), 'x', id.toUpperCase()])
    isError(await one(other, foreign), 404, 'audit log not found');
  for (const path of [PATH, `${PATH}/${id}`]) {
    isError(await account.call('GET', path), 403, 'CustomerEmployee '
      + `${account.userId} is not authorized to perform operation (GET ${
        path === PATH ? PATH : `${PATH}/{id}`})`);
    isError(await who.api.call('GET', path), 401,
      'user token is missing or invalid');
  }
  await one(who, id, { status: 200 });
});

test('where nothing is kept, nothing is listed', async () => {
  const off = await instance.other({ set: {
    'audit_log.storage.enabled': 'false' } });
  try {
    const who = await owner();
    await approve(who, 'POST', '/x', '{}');
    assert.deepEqual(await page(who), { items: [] });
  } finally {
    await off.stop();
  }
});
