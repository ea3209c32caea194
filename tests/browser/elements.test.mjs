/*
 * <hanko-auth> and <hanko-profile> of @teamhanko/hanko-elements, as npm has
 * them, in Chromium with a virtual authenticator: the last version that speaks
 * REST, the oldest two and the newest that speak flows, of one and the same
 * server; on a page of the API's own origin, of another one, and of another
 * site; and where a second factor is mandatory, with a security key.
 * Screenshots of each step in $POSTERN_SCREENSHOTS (build/test/screenshots).
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freshAddress } from '../lib/api.mjs';
import { launch, serveFiles } from '../lib/browser.mjs';
import { Visitor, pages } from '../lib/elements.mjs';
import { keyStory } from '../lib/elementkeys.mjs';
import { flowStory, password, restStory } from '../lib/elementstory.mjs';
import { start } from '../lib/instance.mjs';

let browser, files;

before(async () => {
  browser = await launch();
  files = await serveFiles(pages);
});

after(async () => {
  await browser?.close();
  await files?.close();
});

const storyOf = (version) => (version === '0.12.0' ? restStory : flowStory);

/* One story after another, each with a browser of its own. */
async function tell(t, story, instance, version, options) {
  const visitor = await Visitor.arrive(browser, instance, version, options);
  try {
    await story(t, visitor);
  } finally {
    await visitor.context.close();
  }
}

const common = {
  'account.allow_deletion': 'true',
  'username.enabled': 'true',
  'username.acquire_on_registration': 'false',
  'username.acquire_on_login': 'false',
};
const mandatory = {
  'mfa.optional': 'false',
  'mfa.security_keys.enabled': 'true',
  'passkey.acquire_on_login': 'never',
};

/* The example as it is installed, where a site has its pages. */
async function example(t, instance) {
  const v = await Visitor.arrive(browser, instance, '2.7.0',
    { name: 'example', origin: new URL(instance.url).origin });
  const email = freshAddress('example');
  const page = fileURLToPath(new URL('../../etc/examples/elements.html',
    import.meta.url));
  await v.page.route(({ pathname }) => pathname === '/login.html', (route) =>
    route.fulfill({ path: page }));
  await v.page.route(`${v.origin}/elements.js`, (route) =>
    route.fulfill({ path: pages['/elements-2.7.0.js'] }));

  await v.step(t, 'sign up on it', async () => {
    await v.page.goto(`${v.origin}/login.html?by-hand`);
    await v.rested(['login_init', 'Sign in']);
    await v.shot('start');
    await v.signUp();
    await v.fill('Email', email);
    await v.at('Enter passcode');
    await v.typeCodeFor(email);
    await v.at('Set new password');
    await v.fill('New password', password);
    await v.at('Create a passkey');
    await v.press('Create a passkey');
  });

  await v.step(t, 'it shows the profile, also when loaded anew', async () => {
    await v.entry(`${email} - primary`).waitFor();
    await v.shot('profile');
    await v.page.reload();
    await v.entry(`${email} - primary`).waitFor();
  });

  await v.step(t, 'log out', async () => {
    await v.press('Log out');
    await v.at('Sign in');
    await v.shot('logged-out');
    assert.equal(await v.cookie('hanko'), undefined);
  });

  await v.context.close();
}

describe('the web components', { concurrency: 4 }, () => {
  const origins = { other: `localhost:`, site: 'app.localhost:' };
  let instance, strict, site;

  before(async () => {
    for (const [name, host] of Object.entries(origins))
      origins[name] = `http://${host}${files.port}`;
    [instance, strict, site] = await Promise.all([
      start({ prefix: '/id', set: { ...common,
        'mfa.acquire_on_registration': 'false',
        'server.public.cors.allow_origins': origins.other,
        'webauthn.relying_party.origins':
          `http://localhost:{port},${origins.other}`,
      } }),
      start({ prefix: '/id', set: { ...common, ...mandatory,
        'server.public.cors.allow_origins': origins.other,
        'webauthn.relying_party.origins':
          `http://localhost:{port},${origins.other}`,
      } }),
      start({ set: { ...common, ...mandatory,
        'server.public.cors.allow_origins': origins.site,
        'session.enable_auth_token_header': 'true',
        'webauthn.relying_party.id': 'app.localhost',
        'webauthn.relying_party.origins': origins.site,
      } }),
    ]);
  });

  after(() => Promise.all([instance, strict, site].map((one) => one?.stop())));

  for (const version of ['0.12.0', '1.0.2', '2.1.0', '2.7.0'])
    test(`${version} where the API is`, (t) =>
      tell(t, storyOf(version), instance, version));
  test('the example', (t) => example(t, instance));
  test('2.7.0 on another origin', (t) => tell(t, flowStory, instance, '2.7.0',
    { name: 'origin', origin: origins.other }));
  test('2.7.0 on another site', (t) => tell(t, flowStory, site, '2.7.0',
    { name: 'site', origin: origins.site, otherSite: true }));

  for (const version of ['2.1.0', '2.7.0'])
    test(`security keys, ${version} where the API is`, (t) =>
      tell(t, keyStory, strict, version, { name: `${version}-key` }));
  test('security keys, 2.7.0 on another origin', (t) => tell(t, keyStory,
    strict, '2.7.0', { name: 'origin-key', origin: origins.other }));
  test('security keys, 2.7.0 on another site', (t) => tell(t, keyStory, site,
    '2.7.0', { name: 'site-key', origin: origins.site, otherSite: true }));
});
