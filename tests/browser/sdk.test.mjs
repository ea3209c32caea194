/*
 * @teamhanko/hanko-frontend-sdk 0.12.0, as npm has it, in Chromium with a
 * virtual authenticator: from a page of the API's own origin, from a page of
 * another origin with cookies, and from another site with the token in a
 * header.  Every public method of every client is called, and the test checks
 * that it is; those below need logging in at other sites, which Postern does
 * not offer.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch, serveFiles } from '../lib/browser.mjs';
import { start, until } from '../lib/instance.mjs';
import { codeIn, nextMail } from '../lib/maildir.mjs';

const sdk = join(dirname(createRequire(import.meta.url)
  .resolve('@teamhanko/hanko-frontend-sdk')), 'sdk.umd.js');
const html = fileURLToPath(new URL('sdk.html', import.meta.url));
/* They leave for another site; what can be asked without one is asked. */
const needsOtherSites = ['thirdParty.auth', 'enterprise.auth'];
/* Private, as the SDK's types say. */
const internal = ['enterprise.getDomain'];

const password = 'a password of several words';
let browser, files;

before(async () => {
  const { version } = JSON.parse(readFileSync(
    join(dirname(sdk), '../package.json'), 'utf8'));
  assert.equal(version, '0.12.0');
  browser = await launch();
  files = await serveFiles({ '/sdk.html': html, '/sdk.umd.js': sdk });
});

after(async () => {
  await browser?.close();
  await files?.close();
});

/* A page that has the SDK, in a browser of its own, and how to call it. */
class Client {
  static async open(address, api, options = {}) {
    const client = new Client();
    client.context = await browser.newContext();
    client.page = await client.context.newPage();
    if (options.intercept)
      await client.serveFrom(address);
    await client.page.goto(address);
    await client.page.evaluate((url) => window.connect(url), api);
    client.authenticator = await addAuthenticator(client.context,
      client.page);
    client.called = new Set();
    return client;
  }

  /*
   * Let the page and the SDK appear to lie where the API is: only these two
   * files are answered here, all else goes to the web server.
   */
  async serveFrom(address) {
    await this.page.route(address, (route) =>
      route.fulfill({ path: html, contentType: 'text/html' }));
    await this.page.route(new URL('sdk.umd.js', address).href, (route) =>
      route.fulfill({ path: sdk, contentType: 'text/javascript' }));
  }

  /* What a method of the SDK resolved to, or what it threw. */
  call(name, ...args) {
    this.called.add(name);
    return this.page.evaluate(([path, list]) => window.callSdk(path, list),
      [name.split('.'), args]);
  }

  async value(name, ...args) {
    const { value, error } = await this.call(name, ...args);
    assert.equal(error, undefined, `${name}: ${error?.text}`);
    return value;
  }

  async code(name, ...args) {
    return (await this.call(name, ...args)).error?.code;
  }

  events() {
    return this.page.evaluate(() => window.events);
  }

  async eventNames() {
    return (await this.events()).map(({ name }) => name);
  }

  cookie(name = 'hanko') {
    return this.context.cookies().then((all) =>
      all.find((cookie) => cookie.name === name));
  }

  close() {
    return this.context.close();
  }
}

/* The digits that did not come by mail. */
const wrong = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');

/* The whole story; every step is one behaviour of the SDK. */
async function story(t, { client, instance, headerMode }) {
  const email = freshAddress('sdk');
  let user, code;

  await t.test('the configuration', async () => {
    const config = await client.value('config.get');
    assert.equal(config.password.enabled, true);
    assert.equal(config.emails.require_verification, true);
  });

  await t.test('an unknown address is not found', async () => {
    assert.equal(await client.code('user.getInfo', email), 'notFound');
  });

  await t.test('nobody is logged in', async () => {
    assert.equal(await client.code('user.getCurrent'), 'unauthorized');
    assert.deepEqual(await client.eventNames(), ['session-expired']);
  });

  await t.test('create a user', async () => {
    user = await client.value('user.create', email);
    assert.match(user.user_id, /^[0-9a-f-]{36}$/);
    assert.match(user.email_id, /^[0-9a-f-]{36}$/);
    assert.ok(!(await client.eventNames()).includes('session-created'));
  });

  await t.test('passcode initialize', async () => {
    const passcode = await client.value('passcode.initialize', user.user_id,
      user.email_id);
    assert.equal(passcode.ttl, 300);
    code = codeIn(await nextMail(instance.mailDir, email));
    assert.equal(await client.value('passcode.getTTL', user.user_id) > 290,
      true);
  });

  await t.test('a wrong passcode', async () => {
    assert.equal(await client.code('passcode.finalize', user.user_id,
      wrong(code)), 'invalidPasscode');
  });

  await t.test('passcode finalize logs in', async () => {
    await client.value('passcode.finalize', user.user_id, code);
    const created = (await client.events()).find(({ name }) =>
      name === 'session-created');
    assert.equal(created.detail.expirationSeconds, 43200);
    assert.equal(await client.value('session.isValid'), true);
    assert.equal((await client.value('session.get')).userID, user.user_id);
    assert.equal(await client.value('session.isAuthFlowCompleted'), false);
    const cookie = await client.cookie();
    assert.equal(cookie.httpOnly, !headerMode);
    if (headerMode)
      assert.equal(created.detail.jwt, cookie.value);
  });

  await t.test('the user is known now', async () => {
    const info = await client.value('user.getInfo', email);
    assert.equal(info.id, user.user_id);
    assert.equal(info.verified, true);
    assert.equal(info.has_webauthn_credential, false);
  });

  await t.test('a second account for the address is a conflict', async () => {
    assert.equal(await client.code('user.create', email), 'conflict');
  });

  await t.test('current user', async () => {
    const me = await client.value('user.getCurrent');
    assert.equal(me.id, user.user_id);
    assert.equal(me.email, email);
  });

  await t.test('password update', () =>
    client.value('password.update', user.user_id, password));

  await t.test('a passkey is to be registered', async () => {
    const me = await client.value('user.getCurrent');
    assert.equal(await client.value('webauthn.shouldRegister', me), true);
    assert.deepEqual(await client.value('webauthn.listCredentials'), []);
  });

  await t.test('webauthn register', async () => {
    await client.value('webauthn.register');
    const [passkey] = await client.value('webauthn.listCredentials');
    const [held] = await client.authenticator.credentials();
    assert.equal(Buffer.from(passkey.id, 'base64url').toString('base64'),
      held.credentialId);
    const me = await client.value('user.getCurrent');
    assert.deepEqual(me.webauthn_credentials.map(({ id }) => id),
      [passkey.id]);
    assert.equal(await client.value('webauthn.shouldRegister', me), false);
    assert.equal((await client.value('user.getInfo', email))
      .has_webauthn_credential, true);
  });

  await t.test('webauthn update', async () => {
    const [{ id }] = await client.value('webauthn.listCredentials');
    await client.value('webauthn.updateCredential', id, 'My key');
    const [passkey] = await client.value('webauthn.listCredentials');
    assert.equal(passkey.name, 'My key');
  });

  await t.test('addresses', async () => {
    const second = freshAddress('sdk');
    const { id } = await client.value('email.create', second);
    assert.equal(await client.code('email.create', email),
      'emailAddressAlreadyExistsError');
    assert.equal((await client.value('email.list')).length, 1);
    await client.value('passcode.initialize', user.user_id, id, true);
    assert.ok(await client.value('passcode.getTTL', user.user_id) > 290);
    assert.ok(await client.value('passcode.getResendAfter', user.user_id)
      <= 0);
    await client.value('passcode.finalize', user.user_id,
      codeIn(await nextMail(instance.mailDir, second)));
    await client.value('email.setPrimaryEmail', id);
    assert.equal((await client.value('user.getCurrent')).email, second);
    await client.value('email.setPrimaryEmail', user.email_id);
    await client.value('email.delete', id);
    assert.deepEqual((await client.value('email.list')).map((one) =>
      [one.address, one.is_verified, one.is_primary]), [[email, true, true]]);
    assert.equal(await client.code('email.delete', user.email_id),
      'somethingWentWrong');
  });

  await t.test('logout', async () => {
    await client.value('user.logout');
    assert.ok((await client.eventNames()).includes('user-logged-out'));
    assert.equal(await client.cookie(), undefined);
    assert.equal(await client.code('user.getCurrent'), 'unauthorized');
  });

  await t.test('a wrong password', async () => {
    assert.equal(await client.code('password.login', user.user_id, 'no'),
      'invalidPassword');
  });

  await t.test('password login', async () => {
    await client.value('password.login', user.user_id, password);
    assert.equal((await client.value('user.getCurrent')).id, user.user_id);
    const names = await client.eventNames();
    assert.equal(names.filter((name) => name === 'session-created').length, 3);
    assert.ok(await client.value('password.getRetryAfter', user.user_id)
      <= 0);
  });

  await t.test('webauthn login, of the user and of anybody', async () => {
    for (const args of [[user.user_id], [], [null, true]]) {
      await client.value('user.logout');
      const done = await client.value('webauthn.login', ...args);
      assert.equal(done.user_id, user.user_id);
      assert.equal((await client.value('user.getCurrent')).id, user.user_id);
    }
  });

  await t.test('a passkey that is not known any more', async () => {
    const [{ id }] = await client.value('webauthn.listCredentials');
    await client.value('webauthn.deleteCredential', id);
    assert.deepEqual(await client.value('webauthn.listCredentials'), []);
    await client.value('user.logout');
    assert.equal(await client.code('webauthn.login'),
      'invalidWebauthnCredential');
    await client.authenticator.clear();
    assert.equal(await client.code('webauthn.login'),
      'requestCancelled');
    await client.value('password.login', user.user_id, password);
  });

  await t.test('no other site to log in at', async () => {
    assert.equal(await client.code('enterprise.hasProvider', email),
      'notFound');
    await client.value('token.validate'); /* without ?hanko_token= */
    assert.equal(await client.value('thirdParty.getError'), undefined);
    assert.equal(await client.value('enterprise.getError'), undefined);
    for (const path of ['/thirdparty/auth?provider=x', '/saml/auth'])
      assert.equal((await fetch(instance.url + path)).status, 404);
  });

  await t.test('delete the account', async () => {
    await client.value('user.delete');
    assert.ok((await client.eventNames()).includes('user-deleted'));
    assert.equal(await client.code('user.getInfo', email), 'notFound');
  });
}

/* Whether nothing was left out; what the SDK has, it says itself. */
async function complete(t, { client }) {
  await t.test('every method has been called', async () => {
    const all = await client.page.evaluate(() => window.sdkMethods());
    assert.ok(all.length > 30, all.join(' '));
    assert.deepEqual(all.filter((name) => !client.called.has(name)
      && !needsOtherSites.includes(name) && !internal.includes(name)), []);
  });
}

/* Every limit and refusal that the SDK has a name for. */
async function refusals(t, { client, instance }) {
  await t.test('three wrong passcodes use one up', async () => {
    const email = freshAddress('sdk');
    const user = await client.value('user.create', email);
    await client.value('passcode.initialize', user.user_id, user.email_id);
    const code = wrong(codeIn(await nextMail(instance.mailDir, email)));
    const finalize = () => client.code('passcode.finalize', user.user_id, code);
    assert.equal(await finalize(), 'invalidPasscode');
    assert.equal(await finalize(), 'invalidPasscode');
    assert.equal(await finalize(), 'passcodeAttemptsReached');
  });

  await t.test('too many passcodes', async () => {
    const user = await client.value('user.create', freshAddress('sdk'));
    const initialize = () => client.call('passcode.initialize', user.user_id,
      user.email_id, true);
    for (let i = 0; i < 3; i++)
      assert.equal((await initialize()).error, undefined);
    const { error } = await initialize();
    assert.equal(error.code, 'tooManyRequests');
    assert.ok(error.retryAfter > 0 && error.retryAfter <= 60,
      `Retry-After reaches the SDK: ${error.retryAfter}`);
  });

  await t.test('too many passwords', async () => {
    const user = await client.value('user.create', freshAddress('sdk'));
    const login = () => client.code('password.login', user.user_id, 'guess');
    for (let i = 0; i < 5; i++)
      assert.equal(await login(), 'invalidPassword');
    assert.equal(await login(), 'tooManyRequests');
  });
}

const common = {
  'account.allow_deletion': 'true',
  'rate_limiter.enabled': 'true',
};

describe('the SDK on the API\'s own origin', () => {
  let instance, client;

  before(async () => {
    instance = await start({ set: common });
    const address = `${instance.url}/sdk.html`;
    client = await Client.open(address, instance.url, { intercept: true });
  });

  after(async () => {
    await client?.close();
    await instance?.stop();
  });

  test('does everything', async (t) => {
    await story(t, { client, instance });
    await complete(t, { client });
  });
  test('tells refusals apart', (t) => refusals(t, { client, instance }));
});

describe('the SDK on another origin, with cookies', () => {
  let instance, client;

  before(async () => {
    const origin = `http://localhost:${files.port}`;
    instance = await start({
      set: { ...common, 'server.public.cors.allow_origins': origin,
        'webauthn.relying_party.origins': origin },
    });
    client = await Client.open(`${origin}/sdk.html`, instance.url);
  });

  after(async () => {
    await client?.close();
    await instance?.stop();
  });

  test('does everything', async (t) => {
    await story(t, { client, instance });
    await complete(t, { client });
  });
  test('tells refusals apart', (t) => refusals(t, { client, instance }));

  test('gets nothing on an origin that is not named', async () => {
    const stranger = await Client.open(
      `http://[::1]:${files.port}/sdk.html`, instance.url);
    try {
      const { error } = await stranger.call('config.get');
      assert.ok(error, 'the browser hides the response');
      assert.equal((await stranger.call('user.getInfo', 'a@example.org'))
        .error.code, 'somethingWentWrong');
    } finally {
      await stranger.close();
    }
  });
});

describe('the SDK on another site, with the token in a header', () => {
  let instance, client;

  before(async () => {
    const origin = `http://app.localhost:${files.port}`;
    instance = await start({
      set: {
        ...common,
        'server.public.cors.allow_origins': origin,
        'session.enable_auth_token_header': 'true',
        'webauthn.relying_party.id': 'app.localhost',
        'webauthn.relying_party.origins': origin,
      },
    });
    client = await Client.open(`${origin}/sdk.html`, instance.url);
  });

  after(async () => {
    await client?.close();
    await instance?.stop();
  });

  test('does everything', async (t) => {
    await story(t, { client, instance, headerMode: true });
    await complete(t, { client });
  });
  test('tells refusals apart', (t) => refusals(t, { client, instance }));
});

describe('a session that expires', () => {
  let instance, client, second;

  before(async () => {
    const origin = `http://localhost:${files.port}`;
    instance = await start({
      set: {
        'server.public.cors.allow_origins': origin,
        'session.lifespan': '6s',
      },
    });
    client = await Client.open(`${origin}/sdk.html`, instance.url);
    second = new Client();
    second.context = client.context;
    second.page = await client.context.newPage();
    await second.page.goto(`${origin}/sdk.html`);
    await second.page.evaluate((url) => window.connect(url), instance.url);
  });

  after(async () => {
    await client?.close();
    await instance?.stop();
  });

  test('is announced by the relay, in every tab', async () => {
    const email = freshAddress('sdk');
    const user = await client.value('user.create', email);
    await client.value('passcode.initialize', user.user_id, user.email_id);
    await client.value('passcode.finalize', user.user_id,
      codeIn(await nextMail(instance.mailDir, email)));
    assert.deepEqual(await client.eventNames(), ['session-created']);
    assert.equal((await client.value('user.getCurrent')).id, user.user_id);

    for (const tab of [client, second])
      await until(async () =>
        (await tab.eventNames()).includes('session-expired'),
      'hanko-session-expired');
    assert.equal(await client.code('user.getCurrent'), 'unauthorized');
  });
});
