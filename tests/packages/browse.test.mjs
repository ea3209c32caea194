/*
 * What a visitor does on a host on which the packages have just been installed:
 * run by tests/packages/browse, once behind each web server.
 *
 *	HOST_URL	where it is mounted
 *	HOST_MAIL	the Maildir of the mail server that it sends to
 *	HOST_WEB	the web server, for the names of the screenshots
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { codeIn, nextMail } from '../lib/maildir.mjs';
import { Person, desktop } from '../lib/person.mjs';

const { HOST_URL: url, HOST_MAIL: mailDir, HOST_WEB: web } = process.env;
const email = freshAddress(web);
let browser, person;

before(async () => {
  browser = await launch();
  person = await Person.arrive(browser, url, `package-${web}`,
    { viewport: desktop });
  await addAuthenticator(person.context, person.page);
});

after(() => browser?.close());

test('signs up with a passcode from the mail', async () => {
  await person.at('Log in');
  await person.press('New here? Create an account');
  await person.at('Create an account');
  await person.shot('1-start');
  await person.enter('E-mail address', email);
  await person.at('Check your mail');
  await person.shot('2-passcode');
  await person.enter('Code', codeIn(await nextMail(mailDir, email)));
});

test('chooses a password, and makes a passkey', async () => {
  await person.at('Choose a password');
  await person.enter('New password', 'correct horse battery');
  await person.at('Protect your account');
  await person.press('Not now');
  await person.at('Create a passkey');
  await person.press('Create a passkey');
  await person.at('Your account');
  await person.shot('3-passkey');
});

test('logs in with the passkey', async () => {
  await person.withoutAutofill();
  await person.press('Log out');
  await person.at('Log in');
  await person.press('Use a passkey');
  await person.at('Your account');
  assert.equal(await person.page.locator('#me').textContent(), email);
  await person.shot('4-logged-in');
});

test('has nothing to complain about', () =>
  assert.deepEqual(person.problems, []));
