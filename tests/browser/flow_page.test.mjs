/*
 * The main job, on the page that quickstart serves, which talks to flows: a
 * person signs up with a passcode from the mail, a password, a passkey and an
 * authenticator app; logs in with each, trusts the browser, recovers from a
 * forgotten password; goes through each section of the profile; and deletes
 * the account.  On a phone and on a desktop, in dark and light, with axe and a
 * screenshot in each state; once more by keyboard alone; and all that can go
 * wrong on the way.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { start, until } from '../lib/instance.mjs';
import { codeIn, nextMail } from '../lib/maildir.mjs';
import { Person, Typist } from '../lib/person.mjs';
import { notTotp, totp } from '../lib/totp.mjs';

const web = process.env.POSTERN_WEB ?? 'lighttpd';
const sizes = [
  ['phone', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
  ['desktop', { viewport: { width: 1280, height: 800 },
    colorScheme: 'light' }],
];
const password = 'correct horse battery';
const second = 'another fine password';
const set = {
  'account.allow_deletion': 'true',
  'username.enabled': 'true',
  'username.acquire_on_registration': 'false',
  'username.acquire_on_login': 'false',
  'session.cookie.retention': 'prompt',
  'mfa.security_keys.enabled': 'true',
  'rate_limiter.enabled': 'true',
  'rate_limiter.passcode_limits.tokens': '6',
  'rate_limiter.password_limits.tokens': '50',
  'rate_limiter.otp_limits.tokens': '50',
  'rate_limiter.flow_limits.tokens': '10000',
};
/* Of the second one, services stop and flows go, whosever they are. */
let browser, instance, fragile;

before(async () => {
  [browser, instance, fragile] = await Promise.all([launch(),
    start({ web, set }), start({ web, set })]);
});

after(async () => {
  await browser?.close();
  await Promise.all([instance?.stop(), fragile?.stop()]);
});

const wrongCode = (code) => (code === '000000' ? '000001' : '000000');
const mailed = async (email, { mailDir } = instance) =>
  codeIn(await nextMail(mailDir, email));

/* Codes of the app are good for one log-in: as if some steps had passed. */
const later = () => instance.sql(
  'UPDATE otp_secrets SET last_step = last_step - 4');

async function arrive(name, options, Kind = Person, where = instance) {
  const person = await Kind.arrive(browser, where.url, `flow-${name}`,
    options);
  person.instance = where;
  await person.at('Log in');
  return person;
}

/* From the first state of a registration to the code of the mail. */
async function register(person, email) {
  await person.press('New here? Create an account');
  await person.at('Create an account');
  await person.enter('E-mail address', email);
  await person.at('Check your mail');
  return mailed(email, person.instance);
}

/* Signed up, with an address alone and a password. */
async function member(person, email) {
  await person.enter('Code', await register(person, email));
  await person.at('Choose a password');
  await person.enter('New password', password);
  for (const title of ['Protect your account', 'Create a passkey']) {
    await person.at(title);
    await person.press('Not now');
  }
  await person.at('Your account');
}

async function byPassword(person, email, word = password) {
  await person.at('Log in');
  await person.enter('E-mail address or username', email);
  await person.at('How do you want to log in?');
  await person.press('Use my password');
  await person.at('Enter your password');
  await person.enter('Password', word);
}

/* And by the app, which is asked for where the browser is not trusted. */
async function byBoth(person, email, word, secret) {
  await byPassword(person, email, word);
  await person.at('Enter the code of your app');
  await later();
  await person.enter('Code of the app', totp(secret));
  await person.at('Trust this browser?');
  await person.press('Not now');
  await person.at('Your account');
}

async function logOut(person) {
  await person.press('Log out');
  await person.at('Log in');
  await person.hears('status', 'You are logged out');
}

/* The list of a section of the profile. */
const itemsOf = (person, title) => person.page.getByRole('list',
  { name: title, exact: true }).getByRole('listitem');

/* The main job, from sign-up to the end of the account. */
function story(name, options) {
  const email = freshAddress(name);
  const other = freshAddress(`${name}-other`);
  let person, secret;

  before(async () => {
    person = await arrive(name, options);
    await person.withoutAutofill();
    person.authenticator = await addAuthenticator(person.context,
      person.page);
  });
  after(() => person?.context.close());

  const shot = async (step) => {
    await person.shot(step);
    assert.ok(await person.overflow() <= 0, `${step}: nothing is cut off`);
  };

  test('signs up with a passcode from the mail', async () => {
    await shot('01-login');
    await person.press('New here? Create an account');
    await person.at('Create an account');
    await person.enter('E-mail address', 'eve@');
    await person.hears('alert', 'complete e-mail address');
    await shot('02-registration');
    await person.enter('E-mail address', email);
    await person.at('Check your mail');
    const code = await mailed(email);
    await person.enter('Code', wrongCode(code));
    await person.hears('alert', 'This code is not right');
    await shot('03-passcode');
    await person.press('Send a new code');
    await person.hears('status', 'A new code is on its way');
    await person.enter('Code', await mailed(email));
  });

  test('chooses a password', async () => {
    await person.at('Choose a password');
    await person.enter('New password', 'short');
    await person.hears('alert', 'at least 8 characters');
    await person.page.getByRole('button', { name: 'Show password' }).click();
    await shot('04-password');
    await person.enter('New password', password);
  });

  test('sets up an authenticator app', async () => {
    await person.at('Protect your account');
    await shot('05-second-step');
    await person.press('Use an authenticator app');
    await person.at('Set up your authenticator app');
    secret = (await person.page.locator('#otp-secret').textContent())
      .replaceAll(' ', '');
    /* An app beside it is told the name that the QR code has. */
    const link = new URL(await person.page.locator('a.touch')
      .getAttribute('href'));
    assert.equal(link.searchParams.get('issuer'), 'Postern');
    assert.match(decodeURIComponent(link.pathname), /\/Postern:.+@/);
    assert.ok(await person.page.getByRole('img', { name: /QR code/ })
      .evaluate((image) => image.decode().then(() => image.naturalWidth)));
    await person.enter('Code of the app', notTotp(secret));
    await person.hears('alert', 'This code is not right');
    await shot('06-app');
    await person.enter('Code of the app', totp(secret));
  });

  test('makes a passkey', async () => {
    await person.at('Create a passkey');
    await shot('07-passkey');
    await person.press('Create a passkey');
    await person.at('Your account');
    await person.hears('status', 'Your account is ready');
    await shot('08-account');
  });

  test('logs in with password and app, and trusts the browser', async () => {
    await logOut(person);
    await person.withoutAutofill();
    await person.page.getByLabel('Keep me logged in').check();
    await person.enter('E-mail address or username', email);
    await person.at('How do you want to log in?');
    await shot('09-choose');
    await person.press('Use my password');
    await person.at('Enter your password');
    await person.enter('Password', 'wrong');
    await person.hears('alert', 'This password is not right');
    await shot('10-wrong-password');
    await person.enter('Password', password);
    await person.at('Enter the code of your app');
    await shot('11-app-code');
    await later();
    await person.enter('Code of the app', totp(secret));
    await person.at('Trust this browser?');
    await shot('12-trust');
    await person.press('Trust this browser');
    await person.at('Your account');
    assert.ok((await person.cookie()).expires > 0, 'it is kept');
  });

  test('is not asked for the app where the browser is trusted', async () => {
    await logOut(person);
    await byPassword(person, email);
    await person.at('Your account');
    assert.equal((await person.cookie()).expires, -1);
  });

  test('logs in with the passkey', async () => {
    await logOut(person);
    await person.press('Use a passkey');
    await person.at('Your account');
  });

  test('recovers from a forgotten password', async () => {
    await logOut(person);
    await byPassword(person, email, 'forgotten');
    await person.hears('alert', 'This password is not right');
    await person.press('I forgot my password');
    await person.at('Check your mail');
    await person.enter('Code', await mailed(email));
    await person.at('Choose a new password');
    await shot('13-recovery');
    await person.enter('New password', second);
    await person.at('Your account');
    await logOut(person);
    /* What was proved with the old password counts no more. */
    await byBoth(person, email, second, secret);
  });

  test('adds an address, makes it primary, and deletes it', async () => {
    await person.press('Add an address');
    await person.enter('E-mail address', email);
    await person.hears('alert', 'an account with this address already');
    await shot('14-add-address');
    await person.enter('E-mail address', other);
    await person.enter('Code', await mailed(other));
    await person.at('Your account');
    await person.hears('status', 'The address is yours');
    await person.press(`Make primary: ${other}`);
    await person.hears('status', `${other} is your primary address now`);
    assert.equal(await person.page.locator('#me').textContent(), other);
    await person.press(`Make primary: ${email}`);
    await person.hears('status', `${email} is your primary address now`);
    await shot('15-addresses');
    await person.press(`Delete: ${other}`);
    await shot('16-delete-address');
    await person.press('Delete');
    await person.hears('status', 'The address is deleted');
    assert.equal(await person.focused(), 'part-emails');
    assert.equal(await itemsOf(person, 'E-mail addresses').count(), 1);
  });

  test('chooses a username, changes it, logs in with it, and gives it up',
    async () => {
      await person.press('Choose a username');
      await person.enter('Username', 'é');
      await person.hears('alert', 'at least 3 characters');
      await person.enter('Username', 'no blanks');
      await person.hears('alert', 'Letters, digits and _');
      assert.equal(await person.field('Username').inputValue(), 'no blanks');
      await person.enter('Username', `${name}_1`);
      await person.hears('status', 'Your username is set');
      await person.press(`Change: ${name}_1`);
      await person.enter('Username', `${name}_2`);
      await person.hears('status', 'Your username is changed');
      await logOut(person);
      await byBoth(person, `${name}_2`, second, secret);
      await person.press(`Delete: ${name}_2`);
      await person.press('Delete');
      await person.hears('status', 'Your username is gone');
    });

  test('names a passkey, makes another, and deletes it', async () => {
    const passkeys = itemsOf(person, 'Passkeys');
    await person.press('Rename: Passkey');
    await person.enter('Name', 'Laptop');
    await person.hears('status', 'It has a new name');
    await person.press('Create a passkey');
    await person.hears('alert', 'has a passkey for your account already');
    assert.equal(await person.focused(), 'Try again');
    await shot('17-passkey-twice');
    await person.press('Back');
    await person.at('Your account');
    assert.equal(await passkeys.count(), 1);
    await person.authenticator.clear();
    await person.press('Create a passkey');
    await person.hears('status', 'It is ready to use');
    assert.equal(await passkeys.count(), 2);
    await person.press('Delete: Laptop');
    await shot('18-delete-passkey');
    await person.press('Delete');
    await person.hears('status', 'It is deleted');
    assert.equal(await passkeys.count(), 1);
  });

  test('changes the password', async () => {
    await person.press('Change: password');
    await person.enter('New password', 'short');
    await person.hears('alert', 'at least 8 characters');
    await shot('19-change-password');
    await person.enter('New password', password);
    await person.hears('status', 'Your password is changed');
  });

  test('gives up the app, and sets it up again', async () => {
    await person.press('Remove: authenticator app');
    await person.press('Remove');
    await person.hears('status', 'The authenticator app is removed');
    await person.press('Set up an authenticator app');
    await person.at('Set up your authenticator app');
    secret = (await person.page.locator('#otp-secret').textContent())
      .replaceAll(' ', '');
    await person.enter('Code of the app', totp(secret));
    await person.hears('status', 'Your authenticator app is set up');
  });

  test('sets up a security key, logs in with it, and gives it up',
    async () => {
      const key = await addAuthenticator(person.context, person.page,
        { transport: 'usb', hasResidentKey: false });
      await person.press('Set up a security key');
      await person.hears('status', 'It is ready to use');
      assert.equal((await key.credentials()).length, 1);
      await person.press('Rename: Security key');
      await person.enter('Name', 'Key ring');
      await person.hears('status', 'It has a new name');
      await shot('23-security-key');
      await logOut(person);
      await byPassword(person, email);
      await person.at('Use your security key');
      await shot('24-key-asked');
      await person.press('Use my authenticator app');
      await person.at('Enter the code of your app');
      await person.press('Use my security key');
      await person.at('Use your security key');
      await person.press('Use the key');
      await person.at('Trust this browser?');
      await person.press('Not now');
      await person.at('Your account');
      await person.press('Delete: Key ring');
      await person.press('Delete');
      await person.hears('status', 'The key is deleted');
    });

  test('ends another session', async () => {
    const guest = await arrive(`${name}-guest`, { userAgent:
      'Mozilla/5.0 (Android 15) Firefox/140.0' });
    await byBoth(guest, email, password, secret);
    await person.page.reload();
    await person.at('Your account');
    await shot('20-sessions');
    await person.press('End: Firefox on Android');
    await person.hears('status', 'The session has ended');
    await guest.press('Add an address');
    await guest.enter('E-mail address', other);
    await guest.at('Log in');
    await guest.hears('status', 'Your session has ended');
    await guest.context.close();
  });

  test('edits what pages keep', async () => {
    await person.page.getByText('For makers of pages').click();
    await person.press('Edit');
    await person.fill('Changes, as JSON', 'no JSON');
    await person.press('Save');
    await person.hears('alert', 'look again');
    await person.fill('Changes, as JSON', '{ "theme": "dark" }');
    await shot('21-metadata');
    await person.press('Save');
    await person.hears('status', 'It is saved');
    await person.page.getByText('"theme": "dark"').waitFor(
      { state: 'attached' });
  });

  test('deletes the account', async () => {
    await person.press('Delete account…');
    await shot('22-delete-account');
    await person.press('Cancel');
    assert.equal(await person.focused(), 'Delete account…');
    await person.withoutAutofill();
    await person.press('Delete account…');
    await person.press('Delete');
    await person.at('Log in');
    await person.hears('status', 'Your account is deleted');
    assert.equal(await person.cookie(), undefined);
  });

  test('has nothing to complain about', () => {
    assert.deepEqual(person.problems, []);
  });
}

async function byKeyboard() {
  const email = freshAddress('keys');
  const person = await arrive('keyboard',
    { viewport: sizes[1][1].viewport }, Typist);
  await person.press('New here? Create an account');
  await person.at('Create an account');
  await person.enter('E-mail address', email);
  await person.at('Check your mail');
  const code = await mailed(email);
  await person.enter('Code', wrongCode(code));
  await person.hears('alert', 'This code is not right');
  assert.equal(await person.focusName(), 'Code');
  await person.page.keyboard.type(code); /* what was there is selected */
  await person.page.keyboard.press('Enter');
  await person.at('Choose a password');
  await person.enter('New password', password);
  await person.at('Protect your account');
  await person.press('Not now');
  await person.at('Create a passkey');
  await person.press('Not now');
  await person.at('Your account');
  await person.press('Choose a username');
  await person.page.getByRole('dialog').waitFor();
  assert.equal(await person.focusName(), 'Username');
  await person.page.keyboard.press('Escape');
  assert.equal(await person.focusName(), 'Choose a username');
  await person.page.keyboard.press('Enter');
  await person.page.keyboard.type('by_keys');
  await person.page.keyboard.press('Enter');
  await person.hears('status', 'Your username is set');
  assert.equal(await person.focused(), 'part-username');
  await person.press('Log out', 'Shift+Tab');
  await person.at('Log in');
  assert.deepEqual(person.problems, []);
  await person.context.close();
}

function fate() {
  const email = freshAddress('fate');
  let person, code;

  const kept = async (title, label = 'E-mail address') => {
    await person.at(title);
    assert.equal(await person.field(label).inputValue(), email);
  };

  before(async () => {
    person = await arrive('wrong', sizes[0][1], Person, fragile);
    code = await register(person, email);
  });
  after(() => person?.context.close());

  test('no network: what was typed is there still', async () => {
    await person.context.setOffline(true);
    await person.enter('Code', wrongCode(code));
    await person.hears('alert', 'The server does not answer');
    await person.shot('1-offline');
    assert.equal(await person.field('Code').inputValue(), wrongCode(code));
    await person.context.setOffline(false);
    await person.press('Continue');
    await person.hears('alert', 'This code is not right');
  });

  test('the server is away for a while', async () => {
    await fragile.service('stop', 'postern');
    await person.enter('Code', code);
    await person.hears('alert', /server (is busy|cannot be reached)/);
    const other = await Person.arrive(browser, fragile.url, 'flow-away');
    await other.at('The server does not answer as it should');
    await other.shot('1-away');
    await fragile.service('start', 'postern');
    /* The web server may go on for a second saying that it is not there. */
    await until(async () => (await fetch(`${fragile.url}/health/alive`)).ok,
      'an answer');
    await other.press('Try again');
    await other.at('Log in');
    await other.context.close();
    await person.press('Continue');
    await person.at('Choose a password');
    person.problems.length = 0; /* the console tells of the 503 */
  });

  test('no token is in the address, in storage or in the history', async () => {
    const where = await person.page.evaluate(() => JSON.stringify(
      [location.href, { ...localStorage }, { ...sessionStorage },
        history.state]));
    assert.match(where, new RegExp(email));
    assert.doesNotMatch(where, /action=|%40|token|short/);
  });

  test('the flow has gone, or has expired', async () => {
    await fragile.sql('DELETE FROM flows');
    await person.enter('New password', password);
    await kept('Create an account');
    await person.hears('status', 'not up to date any more');
    await person.press('Create account');
    await person.at('Check your mail');
    await fragile.sql('UPDATE flows SET expires_at = created_at');
    await person.enter('Code', '123456');
    await kept('Create an account');
    await person.hears('status', 'That took too long');
    await person.shot('2-expired');
  });

  test('the browser\'s own buttons: back, forward, reload', async () => {
    await person.press('Create account');
    await person.at('Check your mail');
    await person.page.goBack();
    await kept('Create an account');
    await person.press('Create account');
    await person.at('Check your mail');
    await person.page.reload();
    await kept('Create an account');
    await person.hears('status', 'The page was loaded anew');
    await person.page.goForward().catch(() => {});
    await kept('Create an account');
  });

  test('too many mails: how long to wait', async () => {
    await person.press('Create account');
    await person.at('Check your mail');
    const resend = person.page.getByRole('button', { name: /new code/ });
    for (let i = 0; i < 6 && await resend.isEnabled(); i++)
      await Promise.all([resend.click(), person.page.waitForResponse(
        /resend_passcode/).then((response) => response.finished())
        .then(() => person.page.evaluate(() =>
          new Promise(requestAnimationFrame)))]);
    await person.hears('alert', /Too many attempts. Try again in \d+ seconds/);
    assert.match(await resend.textContent(), /\(\d+ s\)/);
    await person.shot('3-wait');
  });

  test('a way without a way back begins anew', async () => {
    await person.press('Back');
    await person.at('Create an account');
    const other = freshAddress('nowayback');
    await person.fill('E-mail address', other);
    await person.press('Create account');
    await person.enter('Code', await mailed(other, fragile));
    await person.at('Choose a password');
    await person.page.goBack();
    await person.at('Create an account');
    await person.hears('status', 'You went back');
  });

  test('has nothing to complain about', () => {
    assert.deepEqual(person.problems, []);
  });
}

/*
 * What a newer server may have: inputs of all types, choices, an action that
 * needs what nobody can enter, an error without words here.
 */
const shoe = (error) => ({
  size_eu: { name: 'size_eu', type: 'number', required: true, error },
  side: { name: 'side', type: 'string', allowed_values: [
    { value: 'l', name: 'Left' }, { value: 'r', name: 'Right' }] },
  with_socks: { name: 'with_socks', type: 'boolean' },
  more: { name: 'more', type: 'json' },
  secret: { name: 'secret', type: 'string', hidden: true, value: 'x' },
});
const thing = { thing_id: { name: 'thing_id', type: 'string', hidden: true,
  required: true } };

const future = (error) => ({ name: 'shoe_size', status: error ? 400 : 200,
  payload: { last: 43 }, csrf_token: 'one', links: null,
  actions: Object.fromEntries(Object.entries({ measure_foot: shoe(error),
    go_barefoot: {}, of_no_use: thing, skip: {} }).map(([action, inputs]) =>
    [action, { href: `/login?action=${action}`, action, inputs }])) });

async function unknown() {
  const person = await arrive('unknown', sizes[0][1]);
  const sent = [];
  await person.page.route(/\/login(\?|$)/, (route, request) => {
    sent.push(request.postDataJSON());
    const json = future(sent.length > 1
      ? { code: 'too_small_error', message: '' } : undefined);
    return route.fulfill({ status: json.status, json });
  });
  await person.page.reload();
  await person.at('Shoe size');
  await person.shot('1-state');
  assert.deepEqual(await person.page.getByRole('button').allTextContents(),
    ['Measure foot', 'Go barefoot', 'Not now']);
  await person.press('Measure foot');
  await person.hears('alert', 'Please fill this in');
  await person.fill('Size eu', '43');
  await person.field('Side').selectOption('Right');
  await person.field('With socks').check();
  await person.fill('More', '{ "wide": [true] }');
  await person.press('Measure foot');
  await person.hears('alert', 'Too small error');
  assert.deepEqual(sent.at(-1), { csrf_token: 'one', input_data: { size_eu: 43,
    side: 'r', with_socks: true, more: { wide: [true] }, secret: 'x' } });
  assert.equal(await person.field('Size eu').inputValue(), '43');
  assert.deepEqual(person.problems, []);
  await person.context.close();
}

async function shut() {
  const person = await arrive('shut', sizes[0][1]);
  await person.page.route(/\/registration$/, (route) => route.fulfill({
    json: { ...future(), name: 'registration_init', actions: {} } }));
  await person.press('New here? Create an account');
  await person.at('Create an account');
  await person.page.getByText('New accounts are not accepted here').waitFor();
  await person.press('I have an account: log in');
  await person.at('Log in');
  await person.context.close();
}

async function members() {
  const email = freshAddress('member');
  const person = await arrive('members', sizes[0][1]);
  person.authenticator = await addAuthenticator(person.context, person.page);
  await member(person, email);
  await person.press('Create a passkey');
  await person.hears('status', 'It is ready to use');
  await person.withoutAutofill();
  await logOut(person);
  /* The browser offers the passkey by itself; this one takes the offer. */
  await person.page.goto(`${instance.url}/members/`);
  await person.page.getByRole('heading', { name: 'Members only' }).waitFor();
  await person.page.goto(`${instance.url}/`);
  await person.at('Your account');
  await person.page.getByRole('link', { name: 'Members\' area' }).click();
  await person.page.getByRole('heading', { name: 'Members only' }).waitFor();
  await person.page.goto(`${instance.url}/`);
  await person.at('Your account');
  await person.press('Delete: Passkey');
  await person.press('Delete');
  await person.hears('status', 'It is deleted');
  /* The browser offers at once what is known no more. */
  await person.press('Log out');
  await person.hears('alert', 'It was not accepted');
  assert.deepEqual(person.problems, []);
  await person.context.close();
}

async function narrow() {
  const person = await arrive('narrow', { viewport: { width: 320,
    height: 640 } });
  await member(person, freshAddress('a-long-name-that-has-no-blank-in-it'));
  await person.shot('1-account');
  assert.ok(await person.overflow() <= 0);
  await person.context.close();
}

const inOrder = { concurrency: 1 };

describe('the page of flows', { concurrency: true }, () => {
  for (const [name, options] of sizes)
    describe(name, inOrder, () => story(name, options));
  describe('what can go wrong', inOrder, fate);
  test('by keyboard alone', byKeyboard);
  test('what the page does not know works under its own name', unknown);
  test('nobody may sign up', shut);
  test('the members\' area sends to the page, and the page back', members);
  test('fits a narrow screen', narrow);
});
