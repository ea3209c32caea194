/*
 * @dfns/sdk with @dfns/sdk-browser, as npm has them, in Chromium with a
 * virtual authenticator: the newest set and the oldest, with each of its
 * signers, from a page of the API's own origin and from one of another.
 */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch, serveFiles } from '../lib/browser.mjs';
import { commonJs } from '../lib/commonjs.mjs';
import { codeTo, createOrg } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const require = createRequire(import.meta.url);
const html = fileURLToPath(new URL('dfns_sdk.html', import.meta.url));
const names = ['@dfns/sdk', '@dfns/sdk-browser'];
const old = { '@dfns/sdk': '@dfns/sdk-0.5',
  '@dfns/sdk-browser': '@dfns/sdk-browser-0.5' };

/* The old set cannot do without what the server tells of the application. */
const sets = {
  '0.8.21 and 0.6.12': { script: Buffer.from(commonJs(names)), more: {} },
  '0.5.8 and 0.5.8': { script: Buffer.from(commonJs(names, old)),
    more: { appId: 'ap-0a3cm-3qjiv-99loovcu1sd2mf2d' } },
};
let browser;

before(async () => {
  const versions = [...names, ...Object.values(old)].map((name) =>
    require(`${name}/package.json`).version);
  assert.deepEqual(versions, ['0.8.21', '0.6.12', '0.5.8', '0.5.8']);
  browser = await launch();
});

after(() => browser?.close());

/* A page that has the SDK, and a member of an organisation of its own. */
class Client {
  static async open(address, script, intercept) {
    const client = new Client();
    client.context = await browser.newContext();
    client.page = await client.context.newPage();
    if (intercept)
      await client.serveFrom(address, script);
    await client.page.goto(address);
    await addAuthenticator(client.context, client.page);
    return client;
  }

  /* Let page and SDK appear to lie where the API is. */
  async serveFrom(address, script) {
    await this.page.route(address, (route) =>
      route.fulfill({ path: html, contentType: 'text/html' }));
    await this.page.route(new URL('dfns_sdk.js', address).href, (route) =>
      route.fulfill({ body: script, contentType: 'text/javascript' }));
  }

  async settled(name, ...args) {
    return this.page.evaluate(([fn, list]) => window[fn](...list),
      [name, args]);
  }

  async value(name, ...args) {
    const { value, error } = await this.settled(name, ...args);
    assert.equal(error, undefined,
      `${name} ${args[0]}: ${JSON.stringify(error)}`);
    return value;
  }

  makeSigner(name, kind) {
    return this.page.evaluate((list) => window.makeSigner(...list),
      [name, kind, { id: 'localhost', name: 'Postern' }]);
  }
}

/* One more credential, which another signer made, and what it is good for. */
async function addCredential(client, as, who, kind) {
  const name = `${kind} ${Math.random()}`;
  await client.makeSigner(name, kind);
  const begun = await client.value('callAuth', 'createCredentialChallenge', as,
    { body: { kind: kind === 'WebAuthnSigner' ? 'Fido2' : 'Key' } });
  const made = await client.value('create', name, begun);
  const credential = await client.value('callAuth', 'createCredential', as,
    { body: { ...made, credentialName: name,
      challengeIdentifier: begun.challengeIdentifier } });
  assert.equal(credential.isActive, true);
  await client.value('authenticate', 'login', { signer: name }, who);
  return { name, uuid: credential.credentialUuid };
}

/* Who registers with one signer has a credential of the other, too. */
async function story(t, { client, instance, kind, other, more, origin }) {
  const username = freshAddress('sdk');
  const orgId = await createOrg(instance, `Browser ${username}`, username,
    'localhost', origin);
  const who = { orgId, username };
  const code = await codeTo(instance.mailDir, username);
  let as, added;

  await client.page.evaluate((options) => window.connect(options),
    { baseUrl: instance.url, orgId, ...more });
  await client.makeSigner('first', kind);

  await t.test('DfnsAuthenticator registers', async () => {
    const done = await client.value('authenticate', 'register',
      { signer: 'first' }, { ...who, registrationCode: code });
    assert.equal(done.user.username, username);
    assert.equal(done.credential.kind,
      kind === 'WebAuthnSigner' ? 'Fido2' : 'Key');
  });

  await t.test('and logs in', async () => {
    const { token } = await client.value('authenticate', 'login',
      { signer: 'first' }, who);
    as = { signer: 'first', authToken: token };
    const { items } = await client.value('callAuth', 'listCredentials', as);
    assert.equal(items.length, 1);
  });

  await t.test('a wrong code is a DfnsError, and says so', async () => {
    const { error } = await client.settled('callAuth', 'createLoginChallenge',
      {}, { body: { ...who, loginCode: '0000-0000-0000-0000' } });
    assert.equal(error.status, 403);
    assert.equal(error.message, 'Invalid code');
  });

  await t.test('createCredential, with a signed action', async () => {
    added = await addCredential(client, as, who, other);
    /* A device holds one passkey of a user: one more is of the other kind. */
    await addCredential(client, as, who, 'BrowserKeySigner');
    const { items } = await client.value('callAuth', 'listCredentials', as);
    assert.deepEqual(items.map((one) => one.isActive), [true, true, true]);
  });

  await t.test('deactivateCredential and activateCredential', async () => {
    const body = { credentialUuid: added.uuid };
    const login = () => client.settled('authenticate', 'login',
      { signer: added.name }, who);
    assert.deepEqual(await client.value('callAuth', 'deactivateCredential', as,
      { body }), { message: 'success' });
    assert.ok((await login()).error, 'it does not log in');
    assert.deepEqual(await client.value('callAuth', 'activateCredential', as,
      { body }), { message: 'success' });
    assert.ok((await login()).value?.token, 'it does again');
  });

  await t.test('logout', async () => {
    assert.deepEqual(await client.value('callAuth', 'logout', as, {}),
      { message: 'success' });
    const { error } = await client.settled('callAuth', 'listCredentials', as);
    assert.equal(error.status, 401);
    assert.equal(error.message, 'user token is missing or invalid');
  });
}

for (const [version, { script, more }] of Object.entries(sets))
  describe(`the SDK, ${version}`, () => {
    let instance, files;

    before(async () => {
      files = await serveFiles({ '/dfns_sdk.html': html,
        '/dfns_sdk.js': script });
      /* The client drops the path of its baseUrl. */
      instance = await start({ prefix: '' });
    });

    after(async () => {
      await files?.close();
      await instance?.stop();
    });

    for (const [kind, other] of [['WebAuthnSigner', 'BrowserKeySigner'],
      ['BrowserKeySigner', 'WebAuthnSigner']])
      for (const own of [true, false])
        test(`${kind}, from ${own ? 'its own' : 'another'} origin`,
          async (t) => {
            const origin = own ? instance.url
              : `http://localhost:${files.port}`;
            const client = await Client.open(`${origin}/dfns_sdk.html`, script,
              own);
            await story(t, { client, instance, kind, other, more, origin });
            await client.context.close();
          });
  });
