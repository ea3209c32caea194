/*
 * Dfns: every method of the SDK's auth client is called by a test, or it is on
 * the list of what is not offered, where the answer is 404.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import sdk from '@dfns/sdk';
import keysigner from '@dfns/sdk-keysigner';
import { freshAddress } from '../lib/api.mjs';
import { login, member } from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';

const notOffered = [
  'updateUser', 'socialLogin', 'createSocialRegistrationChallenge',
  'ssoLogin', 'ssoLoginInit',
  'listApplications', 'getApplication',
];
/* The path is there, for other methods. */
const otherwise = { updateUser: [405, 'Method Not Allowed'] };

/* What the client has, but for older names of the same. */
const client = Object.getPrototypeOf(new sdk.DfnsApiClient({}).auth);
const methods = Object.getOwnPropertyNames(client).filter((name) =>
  name !== 'constructor'
    && !/^async \w+\(\w*\) \{\s*return this\.\w+\(/.test(client[name]));

let instance;
let auth;

before(async () => {
  instance = await start({ prefix: '' });
  const who = await member(instance, 'Methods', freshAddress('methods'));
  auth = new sdk.DfnsApiClient({ baseUrl: instance.url, orgId: who.orgId,
    authToken: await login(who.api, who.orgId, who.username, who.key),
    signer: new keysigner.AsymmetricKeySigner({ credId: who.key.credId,
      privateKey: who.key.privateKey.export(
        { type: 'pkcs8', format: 'pem' }) }) }).auth;
});
after(() => instance?.stop());

test('the SDK has the methods that are listed', () => {
  assert.ok(methods.length > 50, methods.join(' '));
  assert.deepEqual(notOffered.filter((name) => !methods.includes(name)), []);
});

test('every method is called by a test, or is not offered', () => {
  const folder = join(top, 'tests/http');
  const text = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .filter((one) => one.includes("from '@dfns/sdk'"))
    .join('\n');
  assert.deepEqual(methods.filter((name) => !notOffered.includes(name)
    && !text.includes(`.${name}(`)), []);
});

/* Whatever a path may need, and a body. */
const input = { body: {}, query: {}, userId: 'x', tokenId: 'x', appId: 'x',
  serviceAccountId: 'x', id: 'x' };

for (const name of notOffered) {
  const [status, message] = otherwise[name] ?? [404, 'Not Found'];
  test(`${name} is not offered: ${status}`, () =>
    assert.rejects(auth[name](input), (error) => {
      assert.ok(error instanceof sdk.DfnsError, String(error));
      assert.equal(error.httpStatus, status, error.message);
      assert.equal(error.message, message);
      return true;
    }));
}
