/*
 * What people do with the web components, step by step: a Visitor of
 * elements.mjs signs up, logs in by each way, looks after the account, and
 * deletes it.
 */
import assert from 'node:assert/strict';
import { freshAddress } from './api.mjs';
import { Flow } from './flow.mjs';
import { until } from './instance.mjs';
import { notTotp, totp } from './totp.mjs';

export const password = 'a password of several words';
const other = 'another password of some words';

/* What 0.12.0 offers. */
export async function restStory(t, v) {
  const email = freshAddress('elements');
  const second = freshAddress('second');

  await v.step(t, 'sign up with a passcode', async () => {
    await v.load('hanko-auth');
    await v.at('Sign in or sign up');
    await v.shot('start');
    await v.fill('Email', email);
    await v.at('Create account?');
    await v.shot('create-account');
    await v.press('Sign up');
    await v.at('Enter passcode');
    await v.shot('passcode');
    await v.typeCodeFor(email);
  });

  await v.step(t, 'set a password', async () => {
    await v.at('Set new password');
    await v.shot('set-password');
    await v.fill('New password', password);
  });

  await v.step(t, 'create a passkey', async () => {
    await v.at('Create a passkey');
    await v.shot('create-passkey');
    await v.press('Create a passkey');
    await v.hears('auth-flow-completed');
    assert.equal((await v.authenticator.credentials()).length, 1);
    assert.equal(await v.address(), email);
  });

  await v.step(t, 'log out, log in with the passkey', async () => {
    await v.logOut();
    await v.load('hanko-auth');
    await v.at('Sign in or sign up');
    await v.press('Sign in with a passkey');
    await v.hears('auth-flow-completed');
    await v.shot('logged-in-with-passkey');
    assert.equal(await v.address(), email);
  });

  await v.step(t, 'log in with the passkey that is filled in', async () => {
    await v.logOut();
    await v.load('hanko-auth', '&experimental=conditionalMediation');
    await v.hears('auth-flow-completed');
    assert.equal(await v.address(), email);
  });

  await v.step(t, 'add an address in the profile', async () => {
    await v.load('hanko-profile');
    await v.at('Emails');
    await v.shot('profile');
    await v.unfold('Add email');
    await v.fill('New email address', second);
    await v.at('Enter passcode');
    await v.shot('add-email-passcode');
    await v.typeCodeFor(second);
    await v.at('Emails');
    await v.entry(second).waitFor();
    await v.shot('email-added');
  });

  await v.step(t, 'make it the primary one, delete the other', async () => {
    await v.unfold(second);
    await v.press('Set as primary');
    await v.page.locator('label', { hasText: `${second} - primary` }).waitFor();
    await v.shot('email-primary');
    assert.equal(await v.address(), second);
    await v.unfold(email);
    await v.pressIn(email, 'Delete');
    await v.shot('delete-email');
    await v.press('Yes');
    await v.gone(email);
    await v.shot('email-deleted');
    const emails = await v.page.evaluate(() => window.hanko.email.list());
    assert.deepEqual(emails.map(({ address, is_primary }) =>
      [address, is_primary]), [[second, true]]);
  });

  await v.step(t, 'change the password in the profile', async () => {
    await v.unfold('Change password');
    await v.fill('New password', other);
    await v.shot('password-changed');
    const { id } = await v.page.evaluate(() => window.whoIsIt());
    await until(() => v.page.evaluate(([user, text]) =>
      window.hanko.password.login(user, text).then(() => true, () => false),
    [id, other]), 'the new password');
  });

  await v.step(t, 'rename and delete the passkey in the profile', async () => {
    await v.load('hanko-profile');
    await v.at('Passkeys');
    await v.unfold('Passkey-');
    await v.shot('passkey');
    await v.press('Rename');
    await v.page.getByPlaceholder('New passkey name').fill('Elements key');
    await v.shot('rename-passkey');
    await v.press('Save');
    await v.entry('Elements key').waitFor();
    await v.shot('passkey-renamed');
    await v.unfold('Elements key');
    await v.pressIn('Elements key', 'Delete');
    await v.shot('delete-passkey');
    await v.press('Yes');
    await v.gone('Elements key');
    await v.shot('passkey-deleted');
    assert.deepEqual(await v.page.evaluate(() =>
      window.hanko.webauthn.listCredentials()), []);
    await v.authenticator.clear();
  });

  await v.step(t, 'create a passkey in the profile', async () => {
    await v.unfold('Create a passkey');
    await v.press('Create a passkey');
    await v.entry('Passkey-').waitFor();
    await v.shot('passkey-created');
    const [{ id }] = await v.page.evaluate(() =>
      window.hanko.webauthn.listCredentials());
    await v.page.evaluate((one) =>
      window.hanko.webauthn.deleteCredential(one), id);
    await v.authenticator.clear();
  });

  await v.step(t, 'log in with the password', async () => {
    await v.logOut();
    await v.load('hanko-auth');
    await v.fill('Email', second);
    await v.at('Enter password');
    await v.fill('Password', 'not this one');
    await v.page.getByText('Wrong email or password.').waitFor();
    await v.shot('wrong-password');
    await v.fill('Password', other);
    await skipPasskey();
    await v.hears('auth-flow-completed');
    await v.shot('logged-in-with-password');
    assert.equal(await v.address(), second);
  });

  await v.step(t, 'the newest components know the account', async () => {
    await v.logOut();
    v.version = '2.7.0';
    await beginLogIn(v, second, 'Password');
    await v.at('Enter password');
    await v.fill('Password', other);
    await skipPasskey();
    await v.hears('session-created');
    assert.equal(await v.address(), second);
    v.version = '0.12.0';
  });

  /* With passwords on, that is the way of who has forgotten theirs. */
  await v.step(t, 'log in with the passcode', async () => {
    await v.logOut();
    await v.load('hanko-auth');
    await v.fill('Email', second);
    await v.at('Enter password');
    await v.page.getByText('Forgot your password?').click();
    await v.at('Enter passcode');
    await v.shot('login-passcode');
    await v.typeCodeFor(second);
    await v.at('Set new password');
    await v.fill('New password', password);
    await skipPasskey();
    await v.hears('auth-flow-completed');
    await v.shot('logged-in-with-passcode');
    assert.equal(await v.address(), second);
  });

  /* Whoever has none is asked to make one. */
  async function skipPasskey() {
    await v.at('Create a passkey');
    await v.press('Skip');
  }

  await v.step(t, 'delete the account in the profile', async () => {
    await v.load('hanko-profile');
    await v.press('Delete account');
    await v.shot('delete-account');
    await v.page.getByRole('checkbox').check();
    await v.press('Delete');
    await v.hears('user-deleted');
    assert.equal(await v.page.evaluate((address) =>
      window.hanko.user.getInfo(address).catch((error) => error.code),
    second), 'notFound');
  });
}

/* An address, and the password or the passcode for it. */
async function beginLogIn(v, identifier, way) {
  await v.openByHand();
  await v.fill('Email or username', identifier);
  await v.at('Select login method');
  await v.press(way);
}

/* Time passes: an app's newest code is another one than the last. */
const rewind = (v) =>
  v.instance.sql('UPDATE otp_secrets SET last_step = last_step - 4');

export async function typeAppCode(v, secret) {
  await v.at('Authentication code');
  await rewind(v);
  await v.type(totp(secret));
}

/* Sign up and the ways to log in; returns what the app of the person knows. */
async function flowLogIns(t, v, email) {
  const withApp = v.version.startsWith('2');
  let secret;

  await v.step(t, 'no passkey: where it came from', async () => {
    await v.openByHand();
    await v.shot('start');
    await v.press('Sign in with a passkey');
    await until(() => v.button('Continue').isEnabled(), 'the way back');
  });

  if (withApp)
    await v.step(t, 'a flow that lasts too long says so', async () => {
      await v.expire();
      await v.fill('Email or username', email);
      await v.says('The session has expired');
      await v.shot('expired');
    });

  await v.step(t, 'sign up with a passcode', async () => {
    await v.openByHand();
    await v.signUp();
    await v.shot('sign-up');
    await v.fill('Email', email);
    await v.at('Enter passcode');
    await v.shot('passcode');
    await v.typeCodeFor(email);
  });

  await v.step(t, 'set a password', async () => {
    await v.at('Set new password');
    await v.shot('set-password');
    await v.fill('New password', password);
  });

  if (v.otherSite)
    await v.step(t, 'set up an authenticator app', async () => {
      await v.at('Set up MFA');
      await v.shot('mfa');
      /* The one way there is, or this one of two. */
      await v.press('(Continue|Authenticator app)');
      secret = await setUpApp(v);
    });

  await v.step(t, 'create a passkey', async () => {
    await v.at('Create a passkey');
    await v.shot('create-passkey');
    await v.press('Create a passkey');
    await v.hears('session-created');
    assert.equal((await v.authenticator.credentials()).length, 1);
    assert.equal(await v.address(), email);
  });

  await v.step(t, 'log in with the passkey that is filled in', async () => {
    await v.logOut();
    await v.load('hanko-auth');
    await v.hears('session-created');
    assert.equal(await v.address(), email);
  });

  await v.step(t, 'log in with the passkey', async () => {
    await v.logOut();
    await v.openByHand();
    await v.press('Sign in with a passkey');
    await v.hears('session-created');
    assert.equal(await v.address(), email);
  });

  if (withApp && !v.otherSite)
    await v.step(t, 'set up an authenticator app in the profile', async () => {
      secret = await appInProfile(v);
    });

  await v.step(t, 'log in with the password', async () => {
    await v.logOut();
    await beginLogIn(v, email, 'Password');
    await v.at('Enter password');
    await v.fill('Password', 'not this one');
    await v.says('The entered value is invalid.');
    await v.shot('wrong-password');
    await v.fill('Password', password);
  });

  if (withApp)
    await v.step(t, 'and the app; trust the browser', async () => {
      await v.at('Authentication code');
      await v.type(notTotp(secret));
      await v.says('The passcode provided was not correct.');
      await v.shot('wrong-app-code');
      await typeAppCode(v, secret);
      await v.at('Trust this browser?');
      await v.shot('trust');
      await v.press('Trust this browser');
      await v.hears('session-created');
      await isTrusted(v);
      await v.logOut();
      await beginLogIn(v, email, 'Passcode');
      await v.at('Enter passcode');
      await v.typeCodeFor(email);
      if (v.otherSite)
        await passApp(v, secret);
    });

  await v.step(t, 'that is all', async () => {
    await v.hears('session-created');
    assert.equal(await v.address(), email);
  });

  await v.step(t, 'recover from a forgotten password', async () => {
    await v.logOut();
    await v.context.clearCookies();
    await beginLogIn(v, email, 'Password');
    await v.press('Forgot your password?');
    await v.at('Enter passcode');
    await v.typeCodeFor(email);
    if (withApp)
      await typeAppCode(v, secret);
    await v.at('Set new password');
    await v.shot('recover');
    await v.fill('New password', other);
    if (withApp) {
      await v.at('Trust this browser?');
      await v.press('Skip');
    }
    await v.hears('session-created');
    assert.equal(await v.address(), email);
  });

  return secret;
}

/* Chromium keeps no cookie for the API of another site than the page's. */
async function isTrusted(v) {
  const cookie = await v.cookie('hanko-device-token');
  if (v.otherSite)
    assert.equal(cookie, undefined);
  else
    assert.deepEqual([cookie.sameSite, cookie.secure, cookie.httpOnly],
      ['None', true, true]);
}

async function passApp(v, secret) {
  await typeAppCode(v, secret);
  await v.at('Trust this browser?');
  await v.press('Skip');
}

export async function setUpApp(v) {
  await v.at('Set up authenticator app');
  await v.shot('app');
  const secret = await v.page.getByText(/^[A-Z2-7]{32}$/).textContent();
  const image = v.page.getByRole('img', { name: 'QR-Code' });
  assert.ok(await image.evaluate((one) => one.naturalWidth > 100));
  await v.type(notTotp(secret));
  await v.says('The passcode provided was not correct.');
  await v.shot('app-refused');
  await v.type(totp(secret));
  return secret;
}

/* The same person logs in with something else. */
async function elsewhere(v, identifier, secret) {
  const api = v.instance.client({ headers: { 'User-Agent':
    'Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Firefox/128.0' } });
  const flow = await Flow.ready(api, 'login');
  await flow.act('continue_with_login_identifier', { identifier });
  await flow.act('continue_to_password_login', {});
  await flow.act('password_login', { password });
  await rewind(v);
  await flow.act('otp_code_validate', { otp_code: totp(secret) });
  await flow.act('skip', {}, { status: 200 });
  assert.equal(flow.state, 'success');
  return api;
}

/* Set up an app, give it up, and set up another one. */
async function appInProfile(v) {
  const entry = 'Manage authenticator app';
  await v.open('hanko-profile');
  await v.unfold(entry);
  await v.pressIn(entry, 'Set up');
  await setUpApp(v);
  await v.entry(`${entry} - configured`).waitFor();
  await v.unfold(entry);
  await v.shot('app-in-profile');
  await v.pressIn(entry, 'Delete');
  await v.press('Yes');
  await v.gone(`${entry} - configured`);
  await v.unfold(entry);
  await v.pressIn(entry, 'Set up');
  const secret = await setUpApp(v);
  await v.entry(`${entry} - configured`).waitFor();
  return secret;
}

/* Every section of the profile, and the end of the account. */
async function flowProfile(t, v, email, secret) {
  const second = freshAddress('second');
  const name = `e${Math.random().toString(36).slice(2, 12)}`;

  await v.step(t, 'a name in the profile', async () => {
    await v.open('hanko-profile');
    await v.shot('profile');
    await v.unfold('Set username');
    await v.fill('Username', 'not a name');
    await v.says('The username must contain only letters');
    await v.shot('username-refused');
    await v.fill('Username', `${name}_2`);
    await v.entry('Change username').waitFor();
    await v.unfold('Change username');
    await v.fill('Username', name);
    await v.page.getByText(name, { exact: true }).waitFor();
    await v.shot('username');
  });

  await v.step(t, 'add an address', async () => {
    await v.unfold('Add email');
    await v.fill('New email address', second);
    await v.at('Enter passcode');
    await v.shot('add-email-passcode');
    await v.typeCodeFor(second);
    await v.entry(second).waitFor();
    await v.shot('email-added');
  });

  await v.step(t, 'make it the primary one, delete the other', async () => {
    await v.unfold(second);
    await v.press('Set as primary');
    await v.entry(`${second} - primary`).waitFor();
    assert.equal(await v.address(), second);
    await v.unfold(email);
    await v.pressIn(email, 'Delete');
    await v.shot('delete-email');
    await v.press('Yes');
    await v.gone(email);
    await v.shot('email-deleted');
  });

  await v.step(t, 'change the password', async () => {
    await v.unfold('Change password');
    await v.answered('password_update', () =>
      v.fill('New password', password));
    await v.shot('password-changed');
  });

  if (!v.version.startsWith('1'))
    await v.step(t, 'another session, and its end', async () => {
    const api = await elsewhere(v, name, secret);
    await v.open('hanko-profile');
    await v.entry('Current session').waitFor();
    await v.unfold('Windows (Firefox)');
    await v.shot('sessions');
    await v.pressIn('Windows (Firefox)', 'Revoke');
    await v.press('Yes');
    await v.gone('Windows (Firefox)');
    assert.equal((await api.call('GET', '/me')).status, 401);
  });

  await v.step(t, 'rename and delete the passkey', async () => {
    await v.unfold('Passkey-');
    await v.press('Rename');
    await v.page.getByPlaceholder('New passkey name').fill('Elements key');
    await v.shot('rename-passkey');
    await v.press('Save');
    await v.entry('Elements key').waitFor();
    await v.unfold('Elements key');
    await v.pressIn('Elements key', 'Delete');
    await v.shot('delete-passkey');
    await v.press('Yes');
    await v.gone('Elements key');
    await v.authenticator.clear();
  });

  await v.step(t, 'create a passkey', async () => {
    await v.unfold('Create a passkey');
    await v.press('Create a passkey');
    await v.entry('Passkey-').waitFor();
    await v.shot('passkey-created');
    assert.equal((await v.authenticator.credentials()).length, 1);
  });

  if (!v.version.startsWith('1'))
    await v.step(t, 'and not a second one in the same place', async () => {
      await v.open('hanko-profile');
      await v.unfold('Create a passkey');
      await v.press('Create a passkey');
      await v.says('the device is already registered');
      await v.shot('passkey-known');
      assert.equal((await v.authenticator.credentials()).length, 1);
    });

  await v.step(t, 'components that speak REST know the account', async () => {
    const { version } = v;
    await v.logOut();
    v.version = '0.12.0';
    await v.load('hanko-auth');
    await v.at('Sign in or sign up');
    await v.press('Sign in with a passkey');
    await v.hears('auth-flow-completed');
    assert.equal(await v.address(), second);
    v.version = version;
    await v.open('hanko-profile');
  });

  await v.step(t, 'delete the account', async () => {
    await v.press('Delete account');
    await v.shot('delete-account');
    await v.page.getByRole('checkbox').check();
    await v.press('Delete');
    await v.hears('user-deleted');
    assert.deepEqual(await v.instance.sql(
      `SELECT 1 FROM emails WHERE address = '${second}'`), []);
  });
}

export async function flowStory(t, v) {
  const email = freshAddress('elements');
  const secret = await flowLogIns(t, v, email);
  await flowProfile(t, v, email, secret);
}
