/*
 * @teamhanko/hanko-frontend-sdk 2.7.0 and 3.0.0, as npm has them, by flows:
 * in Chromium with a virtual authenticator, with the session in a cookie and
 * with its token in a header.  Every method of the classes that a page gets
 * is called, and the test checks that it is.  The SDK needs a document, so
 * there is nothing of it to run in Node.
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
import { Teller } from '../lib/teller.mjs';

const html = fileURLToPath(new URL('sdk_flow.html', import.meta.url));
const password = 'a password of several words';
/* For tests of the SDK, and for another site to log in at. */
const unused = ['State.initializeFlowState', 'State.createErrorResponse',
  'WebauthnSupport.isSecurityKeySupported'];
const versions = { '2.7.0': 'sdk-2', '3.0.0': 'sdk-3' };
const files = {};
let browser;

before(async () => {
  browser = await launch();
  for (const [version, name] of Object.entries(versions)) {
    const sdk = join(dirname(createRequire(import.meta.url).resolve(name)),
      'sdk.umd.js');
    assert.equal(JSON.parse(readFileSync(join(dirname(sdk),
      '../package.json'), 'utf8')).version, version);
    files[version] = await serveFiles({ '/sdk_flow.html': html,
      '/sdk_flow.js': sdk });
  }
});

after(async () => {
  await browser?.close();
  for (const one of Object.values(files))
    await one.close();
});

/* A page that has the SDK. */
class Client extends Teller {
  static async open(origin, instance, options = {}) {
    const client = new Client();
    Object.assign(client, { origin, instance, options });
    client.context = await browser.newContext();
    client.page = await client.context.newPage();
    await client.reload();
    client.authenticator = await addAuthenticator(client.context,
      client.page);
    return client;
  }

  async reload() {
    await this.page.goto(`${this.origin}/sdk_flow.html`);
    await this.page.evaluate(([url, options]) =>
      window.connect(url, options), [this.instance.url, this.options]);
  }

  begin(flow, config) {
    return this.page.evaluate((args) => window.begin(...args),
      [flow, config]);
  }

  run(action, inputs) {
    return this.page.evaluate((args) => window.run(...args),
      [action, inputs]);
  }

  /* Run an action that has to lead to a state. */
  async to(state, action, inputs) {
    const done = await this.run(action, inputs);
    assert.equal(done.error, undefined, JSON.stringify(done));
    assert.equal(done.name, state);
    return done;
  }

  /* Call a method of the Hanko object. */
  call(method, ...args) {
    return this.page.evaluate(([name, list]) =>
      window.settled((async () => window.hanko[name](...list))()),
    [method, args]);
  }

  hears(event) {
    return until(() => this.page.evaluate((name) =>
      window.heard.includes(name), event), event);
  }

  forget() {
    return this.page.evaluate(() => window.heard.splice(0));
  }

  code(address) {
    return nextMail(this.instance.mailDir, address).then(codeIn);
  }
}

const wrong = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');

async function signUp(t, client, email) {
  await client.step(t, 'nobody is logged in', async () => {
    assert.equal((await client.call('validateSession')).value.is_valid,
      false);
    assert.equal((await client.call('getCurrentUser')).error,
      'unauthorized');
    await client.hears('SessionExpired');
    const { name, error } = await client.begin('profile');
    assert.deepEqual([name, error], ['error', 'unauthorized']);
  });

  await client.step(t, 'the language of the mail', async () => {
    await client.call('setLang', 'de');
    await client.begin('registration');
    await client.to('passcode_confirmation', 'register_login_identifier',
      { email });
    const mail = await nextMail(client.instance.mailDir, email);
    assert.match(mail.mail.headers.subject, /ist Ihr Passcode/);
    client.newest = codeIn(mail);
    const heard = await client.forget();
    assert.deepEqual(heard.slice(heard.indexOf('BeforeStateChange preflight')),
      ['BeforeStateChange preflight', 'AfterStateChange registration_init',
        'BeforeStateChange registration_init',
        'AfterStateChange passcode_confirmation']);
  });

  await client.step(t, 'a state outlives the page', async () => {
    await client.page.evaluate(() => window.state.saveToLocalStorage());
    await client.reload();
    const state = await client.begin('registration');
    assert.deepEqual([state.name, state.isCached],
      ['passcode_confirmation', true]);
    await client.page.evaluate(() => window.state.removeFromLocalStorage());
  });

  await client.step(t, 'errors are told at their inputs', async () => {
    const refused = await client.run('verify_passcode',
      { code: wrong(client.newest) });
    assert.deepEqual([refused.name, refused.status, refused.error],
      ['passcode_confirmation', 400, 'form_data_invalid_error']);
    assert.deepEqual(refused.inputs, { code: 'passcode_invalid' });
    await client.to('password_creation', 'verify_passcode',
      { code: client.newest });
    assert.deepEqual((await client.run('register_password',
      { new_password: 'short' })).inputs,
    { new_password: 'value_too_short_error' });
  });

  await client.step(t, 'what is not offered is refused by the SDK', async () => {
    await assert.rejects(client.run('back'), /is not enabled in state/);
  });

  await client.step(t, 'a passkey is made on the way', async () => {
    await client.to('mfa_method_chooser', 'register_password',
      { new_password: password });
    await client.to('onboarding_create_passkey', 'skip');
    await client.forget();
    const { payload } = await client.to('success',
      'webauthn_generate_creation_options');
    await client.hears('SessionCreated');
    assert.equal(payload.claims.email.address, email);
    assert.ok(Date.parse(payload.claims.expiration) > Date.now());
    assert.equal((await client.authenticator.credentials()).length, 1);
  });
}

async function session(t, client, email) {
  await client.step(t, 'who is logged in', async () => {
    const { value } = await client.call('validateSession');
    assert.equal(value.is_valid, true);
    assert.equal(value.claims.email.address, email);
    for (const method of ['getCurrentUser', 'getUser']) {
      const me = (await client.call(method)).value;
      assert.equal(me.id, value.user_id, method);
      assert.ok(me.emails?.[0].address === email || me.email === email,
        method);
    }
  });

  await client.step(t, 'log out', async () => {
    await client.forget();
    assert.equal((await client.call('logout')).error, undefined);
    await client.hears('UserLoggedOut');
    assert.equal((await client.call('validateSession')).value.is_valid,
      false);
    assert.equal((await client.call('logout')).error, undefined);
  });
}

/* Where the session is: the token that a page can read, if it can. */
async function token(t, client, headerMode) {
  await client.step(t, 'the token', async () => {
    const { value } = await client.call('getSessionToken');
    if (!headerMode) {
      assert.equal(value ?? null, null);
      return;
    }
    const api = client.instance.client();
    const me = await api.call('GET', '/me', undefined, { bearer: value });
    assert.equal(me.status, 200);
  });
}

async function logIn(t, client, email) {
  await client.step(t, 'step by step', async () => {
    const begun = await client.begin('login', { excludeAutoSteps: 'all' });
    assert.equal(begun.name, 'preflight');
    const { name } = await client.page.evaluate(() => window.step());
    assert.equal(name, 'login_init');
  });

  await client.step(t, 'by the passkey that the browser fills in', async () => {
    await client.forget();
    await client.begin('login');
    await client.page.evaluate(() =>
      window.state.passkeyAutofillActivation());
    await client.hears('AfterStateChange success');
    await client.hears('SessionCreated');
    await client.call('logout');
  });

  await client.step(t, 'by a passkey', async () => {
    await client.begin('login');
    await client.to('success', 'webauthn_generate_request_options');
    await client.call('logout');
  });

  await client.step(t, 'by no passkey: back, where it came from', async () => {
    await client.authenticator.clear();
    await client.begin('login');
    await client.to('login_init', 'webauthn_generate_request_options');
  });

  await client.step(t, 'by password, from a state that was written down', async () => {
    await client.to('login_method_chooser', 'continue_with_login_identifier',
      { email });
    await client.to('login_password', 'continue_to_password_login');
    const again = await client.page.evaluate(async () => {
      const { State } = window.hankoFrontendSdk;
      window.state = await State.deserialize(window.hanko,
        JSON.parse(JSON.stringify(window.state.serialize())));
      return window.state.name;
    });
    assert.equal(again, 'login_password');
    assert.deepEqual((await client.run('password_login',
      { password: 'no' })).inputs, { password: 'value_invalid_error' });
    const { payload } = await client.to('success', 'password_login',
      { password });
    assert.equal(payload.last_login.login_method, 'password');
  });

  await client.step(t, 'as it comes over the wire', async () => {
    const raw = await client.page.evaluate(() =>
      window.hankoFrontendSdk.State.fetchState(window.hanko, '/login'));
    assert.equal(raw.name, 'preflight');
    assert.equal(typeof raw.csrf_token, 'string');
  });
}

async function profile(t, client, email) {
  await client.step(t, 'the profile', async () => {
    const { payload } = await client.begin('profile');
    assert.equal(payload.user.emails[0].address, email);
    assert.ok(payload.sessions.some(({ current }) => current));
    const { payload: changed } = await client.to('profile_init',
      'patch_metadata', { patch_metadata: { colour: 'green' } });
    assert.deepEqual(changed.user.metadata,
      { unsafe_metadata: { colour: 'green' } });
  });

  await client.step(t, 'a session that is ended elsewhere', async () => {
    await client.forget();
    await client.instance.sql(`DELETE s FROM sessions s JOIN emails e
      ON e.user_id = s.user_id WHERE e.address = '${email}'`);
    await client.hears('SessionExpired');
  });

  await client.step(t, 'the end of the account', async () => {
    await client.begin('login');
    await client.to('login_method_chooser', 'continue_with_login_identifier',
      { email });
    await client.to('passcode_confirmation',
      'continue_to_passcode_confirmation');
    await client.to('success', 'verify_passcode',
      { code: await client.code(email) });
    await client.begin('profile');
    await client.to('account_deleted', 'account_delete');
    await client.hears('UserDeleted');
  });
}

async function story(t, client, headerMode) {
  const email = freshAddress('sdk');
  try {
    await signUp(t, client, email);
    await token(t, client, headerMode);
    await session(t, client, email);
    await logIn(t, client, email);
    await profile(t, client, email);
    await client.step(t, 'every method has been called', async () => {
      assert.deepEqual((await client.page.evaluate(() => window.leftOut()))
        .filter((name) => !unused.includes(name)), []);
    });
  } finally {
    await client.context.close();
  }
}

for (const [host, headerMode] of [['localhost', false],
  ['app.localhost', true]])
  describe(`the SDK by flows from ${host}`, { concurrency: true }, () => {
    let instance;

    before(async () => {
      const origins = Object.values(files).map(({ port }) =>
        `http://${host}:${port}`).join(',');
      instance = await start({ set: {
        'account.allow_deletion': 'true',
        'server.public.cors.allow_origins': origins,
        'session.enable_auth_token_header': headerMode,
        'webauthn.relying_party.id': host,
        'webauthn.relying_party.origins': origins,
      } });
    });

    after(() => instance?.stop());

    for (const version of Object.keys(versions))
      test(version, async (t) => story(t, await Client.open(
        `http://${host}:${files[version].port}`, instance,
        { sessionCheckInterval: 3000 }), headerMode));
  });
