/*
 * <hanko-auth> and <hanko-profile> of @teamhanko/hanko-elements 0.12.0, as
 * npm has them, in Chromium with a virtual authenticator, on a page of the
 * API's own origin.  Screenshots of each step in $POSTERN_SCREENSHOTS
 * (build/test/screenshots).
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { start, top, until } from '../lib/instance.mjs';
import { codeIn, nextMail } from '../lib/maildir.mjs';

const bundle = createRequire(import.meta.url)
  .resolve('@teamhanko/hanko-elements');
const html = fileURLToPath(new URL('elements.html', import.meta.url));
const shots = process.env.POSTERN_SCREENSHOTS
  ?? join(top, 'build/test/screenshots');
const password = 'a password of several words';
const other = 'another password of some words';

describe('the web components', () => {
  const email = freshAddress('elements');
  const second = freshAddress('second');
  let browser, instance, context, page, authenticator;
  let step = 0;

  before(async () => {
    const { version } = JSON.parse(readFileSync(
      join(dirname(bundle), '../package.json'), 'utf8'));
    assert.equal(version, '0.12.0');
    mkdirSync(shots, { recursive: true });
    browser = await launch();
    instance = await start({ set: { 'account.allow_deletion': 'true' } });
    context = await browser.newContext({ locale: 'en-GB',
      viewport: { width: 480, height: 900 } });
    context.setDefaultTimeout(60000);
    page = await context.newPage();
    await page.route('**/elements.html*', (route) =>
      route.fulfill({ path: html, contentType: 'text/html' }));
    await page.route('**/elements.js', (route) =>
      route.fulfill({ path: bundle, contentType: 'text/javascript' }));
    authenticator = await addAuthenticator(context, page);
  });

  after(async () => {
    await browser?.close();
    await instance?.stop();
  });

  async function open(component, query = '') {
    /* A page of its own each time: a fragment alone loads nothing. */
    await page.goto('about:blank');
    await page.goto(`${instance.url}/elements.html?api=${
      encodeURIComponent(instance.url)}${query}#${component}`);
  }

  const auth = () => open('auth');
  const profile = () => open('profile');

  const heading = (name) => page.getByRole('heading', { name, exact: true,
    level: 1 }).waitFor();
  const press = (name) => page.getByRole('button', { name: new RegExp(
    `^${name}$`, 'i') }).first().click();
  const unfold = (text) => page.locator('label', { hasText: text }).first()
    .click();

  async function fill(placeholder, text) {
    const field = page.getByPlaceholder(placeholder, { exact: true })
      .filter({ visible: true }).first();
    await field.fill(text);
    await field.press('Enter');
  }

  function shot(what) {
    step += 1;
    return page.screenshot({ fullPage: true, path: join(shots,
      `elements-${String(step).padStart(2, '0')}-${what}.png`) });
  }

  /* Six boxes, which send themselves. */
  async function enterCode(address) {
    const code = codeIn(await nextMail(instance.mailDir, address));
    await page.locator('input[name="passcode0"]').click();
    await page.keyboard.type(code, { delay: 20 });
  }

  const done = () => until(() => page.evaluate(() =>
    window.events.includes('auth-flow-completed')), 'the end of the login');

  const me = () => page.evaluate(() => window.hanko.user.getCurrent());

  async function logOut() {
    await page.evaluate(() => window.hanko.user.logout());
    assert.equal((await context.cookies()).find(({ name }) =>
      name === 'hanko'), undefined);
  }

  test('sign up with a passcode', async () => {
    await auth();
    await heading('Sign in or sign up');
    await shot('start');
    await fill('Email', email);
    await heading('Create account?');
    await shot('create-account');
    await press('Sign up');
    await heading('Enter passcode');
    await shot('passcode');
    await enterCode(email);
  });

  test('set a password', async () => {
    await heading('Set new password');
    await shot('set-password');
    await fill('New password', password);
  });

  test('create a passkey', async () => {
    await heading('Create a passkey');
    await shot('create-passkey');
    await press('Create a passkey');
    await done();
    assert.equal((await authenticator.credentials()).length, 1);
    assert.equal((await me()).email, email);
  });

  test('log out, log in with the passkey', async () => {
    await logOut();
    await auth();
    await heading('Sign in or sign up');
    await press('Sign in with a passkey');
    await done();
    await shot('logged-in-with-passkey');
    assert.equal((await me()).email, email);
  });

  test('log in with the passkey that the browser fills in', async () => {
    await logOut();
    await open('auth', '&experimental=conditionalMediation');
    await done();
    assert.equal((await me()).email, email);
  });

  test('add an address in the profile', async () => {
    await profile();
    await heading('Emails');
    await shot('profile');
    await unfold('Add email');
    await fill('New email address', second);
    await heading('Enter passcode');
    await shot('add-email-passcode');
    await enterCode(second);
    await heading('Emails');
    await page.locator('label', { hasText: second }).waitFor();
    await shot('email-added');
  });

  test('make it the primary one, delete the other', async () => {
    await unfold(second);
    await press('Set as primary');
    await page.locator('label', { hasText: `${second} - primary` }).waitFor();
    await shot('email-primary');
    assert.equal((await me()).email, second);
    await unfold(email);
    await page.locator('label', { hasText: email }).locator('..')
      .getByRole('button', { name: 'Delete' }).click();
    await shot('delete-email');
    await press('Yes');
    await page.locator('label', { hasText: email })
      .waitFor({ state: 'detached' });
    await shot('email-deleted');
    const emails = await page.evaluate(() => window.hanko.email.list());
    assert.deepEqual(emails.map(({ address, is_primary }) =>
      [address, is_primary]), [[second, true]]);
  });

  test('change the password in the profile', async () => {
    await unfold('Change password');
    await fill('New password', other);
    await shot('password-changed');
    const { id } = await me();
    await until(() => page.evaluate(([user, text]) =>
      window.hanko.password.login(user, text).then(() => true, () => false),
    [id, other]), 'the new password');
  });

  test('rename and delete the passkey in the profile', async () => {
    await profile();
    await heading('Passkeys');
    await unfold('Passkey-');
    await shot('passkey');
    await press('Rename');
    await page.getByPlaceholder('New passkey name').fill('Elements key');
    await shot('rename-passkey');
    await press('Save');
    await page.locator('label', { hasText: 'Elements key' }).waitFor();
    await shot('passkey-renamed');
    await unfold('Elements key');
    await page.locator('label', { hasText: 'Elements key' }).locator('..')
      .getByRole('button', { name: 'Delete' }).click();
    await shot('delete-passkey');
    await press('Yes');
    await page.locator('label', { hasText: 'Elements key' })
      .waitFor({ state: 'detached' });
    await shot('passkey-deleted');
    assert.deepEqual(await page.evaluate(() =>
      window.hanko.webauthn.listCredentials()), []);
    await authenticator.clear();
  });

  test('create a passkey in the profile', async () => {
    await unfold('Create a passkey');
    await press('Create a passkey');
    await page.locator('label', { hasText: 'Passkey-' }).waitFor();
    await shot('passkey-created');
    const [{ id }] = await page.evaluate(() =>
      window.hanko.webauthn.listCredentials());
    await page.evaluate((one) =>
      window.hanko.webauthn.deleteCredential(one), id);
    await authenticator.clear();
  });

  test('log in with the password', async () => {
    await logOut();
    await auth();
    await fill('Email', second);
    await heading('Enter password');
    await fill('Password', 'not this one');
    await page.getByText('Wrong email or password.').waitFor();
    await shot('wrong-password');
    await fill('Password', other);
    await skipPasskey();
    await done();
    await shot('logged-in-with-password');
    assert.equal((await me()).email, second);
  });

  /* With passwords on, that is the way of who has forgotten theirs. */
  test('log in with the passcode', async () => {
    await logOut();
    await auth();
    await fill('Email', second);
    await heading('Enter password');
    await page.getByText('Forgot your password?').click();
    await heading('Enter passcode');
    await shot('login-passcode');
    await enterCode(second);
    await heading('Set new password');
    await fill('New password', password);
    await skipPasskey();
    await done();
    await shot('logged-in-with-passcode');
    assert.equal((await me()).email, second);
  });

  /* Whoever has none is asked to make one. */
  async function skipPasskey() {
    await heading('Create a passkey');
    await press('Skip');
  }

  test('delete the account in the profile', async () => {
    await profile();
    await press('Delete account');
    await shot('delete-account');
    await page.getByRole('checkbox').check();
    await press('Delete');
    await until(() => page.evaluate(() =>
      window.events.includes('user-deleted')), 'the end of the account');
    assert.equal(await page.evaluate((address) =>
      window.hanko.user.getInfo(address).catch((error) => error.code),
    second), 'notFound');
  });
});
