/*
 * What people do with security keys in the web components, where everybody
 * must have a second factor: a Visitor of elements.mjs signs up with one, logs
 * in with it, and looks after it in the profile.  It lies beside the browser's
 * own authenticator, which has the passkeys.
 */
import assert from 'node:assert/strict';
import { freshAddress } from './api.mjs';
import { addAuthenticator } from './browser.mjs';
import { password, setUpApp, typeAppCode } from './elementstory.mjs';
import { until } from './instance.mjs';
import { peek } from './token.mjs';

const entry = 'SecurityKey-';
const app = 'Manage authenticator app';

const credentials = async (v) => [(await v.authenticator.credentials()).length,
  (await v.key.credentials()).length];

/* From the first step of a log-in to the second, which asks for the key. */
async function askForKey(v, email) {
  await v.fill('Email or username', email);
  await v.at('Select login method');
  await v.press('Password');
  await v.at('Enter password');
  await v.fill('Password', password);
  await v.at('Security key');
}

async function logInAgain(v, email) {
  await v.logOut();
  await v.openByHand();
  await askForKey(v, email);
}

/* Logged in, by password and key. */
async function isIn(v, email, amr = ['pwd', 'security_key']) {
  await v.hears('session-created');
  assert.equal(await v.address(), email);
  assert.deepEqual(peek((await v.cookie('hanko')).value).payload.amr, amr);
}

async function signUpWithKey(t, v, email) {
  await v.step(t, 'sign up, up to the second factor', async () => {
    await v.openByHand();
    await v.signUp();
    await v.fill('Email', email);
    await v.at('Enter passcode');
    await v.typeCodeFor(email);
    await v.at('Set new password');
    await v.fill('New password', password);
    await v.at('Set up MFA');
    await v.shot('mfa');
    assert.equal(await v.button('Skip').filter({ visible: true }).count(), 0);
  });

  await v.step(t, 'look at the key, go back, and set it up', async () => {
    await v.press('Security key');
    await v.at('Add security key');
    await v.shot('key');
    await v.press('Back');
    await v.at('Set up MFA');
    await v.press('Security key');
    await v.at('Add security key');
    await v.press('Add a security key');
    await v.at('Create a passkey');
    assert.deepEqual(await credentials(v), [0, 1]);
    await v.press('Skip');
    await isIn(v, email, ['otp', 'pwd', 'security_key']);
  });
}

async function logInWithKey(t, v, email) {
  await v.step(t, 'it is no passkey', async () => {
    await v.logOut();
    await v.openByHand();
    await v.press('Sign in with a passkey');
    await until(() => v.button('Continue').isEnabled(), 'the way back');
    assert.equal(await v.cookie('hanko'), undefined);
  });

  await v.step(t, 'log in with it', async () => {
    await askForKey(v, email);
    await v.shot('key-asked');
    await v.press('Use security key');
    await v.at('Trust this browser?');
    await v.press('Skip');
    await isIn(v, email);
  });
}

/* The only one cannot go; with an app it can. */
async function lookAfterKey(t, v) {
  let secret;

  await v.step(t, 'rename it in the profile, where it has to stay',
    async () => {
      await v.open('hanko-profile');
      await v.unfold(entry);
      await v.shot('key-in-profile');
      assert.equal(await v.page.getByRole('button', { name: 'Delete',
        exact: true }).filter({ visible: true }).count(), 0);
      await v.press('Rename');
      await v.page.getByPlaceholder('New security key name')
        .fill('Key ring');
      await v.shot('rename-key');
      await v.press('Save');
      await v.entry('Key ring').waitFor();
    });

  await v.step(t, 'the same one is not taken twice', async () => {
    await v.unfold('Add a security key');
    await v.pressIn('Add a security key', 'Add a security key');
    await v.says('the device is already registered');
    await v.shot('key-known');
    assert.deepEqual(await credentials(v), [0, 1]);
  });

  await v.step(t, 'set up an app, and give the key up', async () => {
    await v.open('hanko-profile');
    await v.unfold(app);
    await v.pressIn(app, 'Set up');
    secret = await setUpApp(v);
    await v.entry(`${app} - configured`).waitFor();
    await v.unfold('Key ring');
    await v.pressIn('Key ring', 'Delete');
    await v.shot('delete-key');
    await v.press('Yes');
    await v.gone('Key ring');
    await v.key.clear();
  });

  await v.step(t, 'set up another one', async () => {
    await v.unfold('Add a security key');
    await v.pressIn('Add a security key', 'Add a security key');
    await v.entry(entry).waitFor();
    await v.shot('key-created');
    assert.deepEqual(await credentials(v), [0, 1]);
  });

  return secret;
}

async function logInWithEither(t, v, email, secret) {
  await v.step(t, 'log in with it, and trust the browser', async () => {
    await logInAgain(v, email);
    await v.press('Use another method');
    await v.at('Authentication code');
    await v.press('Use another method');
    await v.at('Security key');
    await v.press('Use security key');
    await v.at('Trust this browser?');
    await v.press('Trust this browser');
    await isIn(v, email);
  });

  await v.step(t, 'the key is lost: the app does as well', async () => {
    await v.key.clear();
    await v.context.clearCookies();
    await logInAgain(v, email);
    await v.press('Use security key');
    await until(() => v.button('Use security key').isEnabled(),
      'the way back');
    await v.shot('key-lost');
    await v.press('Use another method');
    await typeAppCode(v, secret);
    await v.at('Trust this browser?');
    await v.press('Skip');
    await isIn(v, email, ['pwd', 'totp']);
  });

  await v.step(t, 'delete the key that is lost', async () => {
    await v.open('hanko-profile');
    await v.unfold(entry);
    await v.pressIn(entry, 'Delete');
    await v.press('Yes');
    await v.gone(entry);
  });
}

export async function keyStory(t, v) {
  const email = freshAddress('elements');

  v.key = await addAuthenticator(v.context, v.page,
    { transport: 'usb', hasResidentKey: false });
  await signUpWithKey(t, v, email);
  await logInWithKey(t, v, email);
  const secret = await lookAfterKey(t, v);
  await logInWithEither(t, v, email, secret);
}
