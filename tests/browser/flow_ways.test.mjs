/*
 * The page of flows where a server is configured otherwise: the states that
 * the main story (flow_page) does not come to.  On a phone in dark colours,
 * with axe and a screenshot in each state, and on a desktop in light ones by
 * keyboard alone.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { start } from '../lib/instance.mjs';
import { codeIn, nextMail } from '../lib/maildir.mjs';
import { Person, Typist } from '../lib/person.mjs';

const web = process.env.POSTERN_WEB ?? 'lighttpd';
const password = 'correct horse battery';
const sizes = [
  ['phone', Person, { viewport: { width: 390, height: 844 },
    colorScheme: 'dark' }],
  ['desktop', Typist, { viewport: { width: 1280, height: 800 },
    colorScheme: 'light' }],
];
/* Nothing that nobody asked for. */
const usual = {
  'mfa.enabled': 'false',
  'passkey.acquire_on_registration': 'never',
  'passkey.acquire_on_login': 'never',
};
let browser, instance;

before(async () => {
  [browser, instance] = await Promise.all([launch(),
    start({ web, set: usual })]);
});

after(async () => {
  await browser?.close();
  await instance?.stop();
});

/* A story of both people, where the server is configured so. */
function ways(title, set, story) {
  describe(title, { concurrency: true }, () => {
    let here;

    before(async () => {
      here = await instance.other({ set: { ...usual, ...set } });
    });
    after(() => here?.stop());

    for (const [name, Kind, options] of sizes)
      test(name, async () => {
        const person = await Kind.arrive(browser, here.url,
          `ways-${title.replaceAll(' ', '-')}-${name}`, options);
        await person.at('Log in');
        await story(person, freshAddress(name));
        assert.deepEqual(person.problems, []);
        await person.context.close();
      });
  });
}

const mailed = async (email) => codeIn(await nextMail(instance.mailDir, email));

async function shot(person, step) {
  await person.shot(step);
  assert.ok(await person.overflow() <= 0, `${step}: nothing is cut off`);
}

async function enterCode(person, email) {
  await person.at('Check your mail');
  await person.enter('Code', await mailed(email));
}

async function register(person, label, text) {
  await person.press('New here? Create an account');
  await person.at('Create an account');
  await person.enter(label, text);
}

async function choosePassword(person) {
  await person.at('Choose a password');
  await person.enter('New password', password);
}

async function logOut(person) {
  await person.press('Log out');
  await person.at('Log in');
}

const itemsOf = (person, title) => person.page.getByRole('list',
  { name: title, exact: true }).getByRole('listitem');

const offers = (person, name) => person.page.getByRole('button',
  { name, exact: true }).count();

ways('by mail alone', {
  'password.optional': 'true',
  'password.acquire_on_registration': 'conditional',
  'passkey.acquire_on_registration': 'conditional',
}, async (person, email) => {
  await register(person, 'E-mail address', email);
  await enterCode(person, email);
  await person.at('Log in faster next time');
  await shot(person, '1-credential');
  await person.press('Choose a password');
  await person.at('Choose a password');
  await shot(person, '2-password');
  await person.press('Back');
  await person.at('Log in faster next time');
  await person.press('Create a passkey');
  await person.at('Create a passkey');
  await person.press('Back');
  await person.at('Log in faster next time');
  await person.press('Not now');
  await person.at('Your account');
  assert.equal(await offers(person, 'Change: password'), 0);

  await logOut(person);
  await person.enter('E-mail address', email);
  await person.at('How do you want to log in?');
  await shot(person, '3-method');
  await person.press('E-mail me a code');
  await person.at('Check your mail');
  await shot(person, '4-code');
  await person.enter('Code', await mailed(email));
  await person.at('Your account');
  await person.hears('status', 'You are logged in');

  await person.press('Set a password');
  await person.enter('New password', 'short');
  await person.hears('alert', 'at least 8 characters');
  await shot(person, '5-set-password');
  await person.enter('New password', password);
  await person.hears('status', 'Your password is set');
  await shot(person, '6-account');
  await person.press('Delete: password');
  await shot(person, '7-delete-password');
  await person.press('Delete');
  await person.hears('status', 'Your password is gone');
  assert.equal(await offers(person, 'Set a password'), 1);
});

ways('a name first', {
  'email.optional': 'true',
  'email.acquire_on_registration': 'false',
  'username.enabled': 'true',
  'username.optional': 'false',
}, async (person, email) => {
  const name = `n${email.replace(/\W/g, '_').slice(0, 25)}`;
  const again = async () => {
    await logOut(person);
    await person.enter('E-mail address or username', name);
    await person.at('Enter your password');
    await person.enter('Password', password);
  };

  await register(person, 'Username', name);
  await choosePassword(person);
  await person.at('Your account');
  assert.equal(await person.page.locator('#me').textContent(), name);

  await again();
  await person.at('Add your e-mail address');
  await shot(person, '1-email');
  /* Who wants to leave it empty says "not now". */
  assert.equal(await person.page.getByText('leave it empty').count(), 0);
  await person.press('Continue');
  await person.hears('alert', 'complete e-mail address');
  await person.press('Not now');
  await person.at('Your account');

  await again();
  await person.at('Add your e-mail address');
  await person.enter('E-mail address', 'eve@');
  await person.hears('alert', 'complete e-mail address');
  await shot(person, '2-wrong');
  await person.enter('E-mail address', email);
  await enterCode(person, email);
  await person.at('Your account');
  assert.equal(await person.page.locator('#me').textContent(), email);
});

ways('an address to prove', {
  'email.require_verification': 'false',
}, async (person, email) => {
  const other = email.replace('@', '-other@');
  const verify = `Verify: ${other}`;

  await register(person, 'E-mail address', email);
  await choosePassword(person);
  await person.at('Your account');
  await person.press('Add an address');
  await person.enter('E-mail address', other);
  await person.hears('status', 'The address is added');
  await shot(person, '1-not-verified');
  await person.press(verify);
  await person.at('Check your mail');
  await shot(person, '2-code');
  await person.press('Back');
  await person.at('Your account');
  await person.press(verify);
  await enterCode(person, other);
  await person.at('Your account');
  await person.hears('status', 'The address is yours');
  assert.equal(await offers(person, verify), 0);
  assert.equal(await offers(person, `Verify: ${email}`), 1);
});

ways('a key that must be', {
  'mfa.enabled': 'true',
  'mfa.optional': 'false',
  'mfa.device_trust_policy': 'never',
}, async (person, email) => {
  const key = await addAuthenticator(person.context, person.page,
    { transport: 'usb', hasResidentKey: false });
  await register(person, 'E-mail address', email);
  await enterCode(person, email);
  await choosePassword(person);
  await person.at('Protect your account');
  await shot(person, '1-second-step');
  assert.equal(await offers(person, 'Not now'), 0);
  await person.press('Use a security key');
  await person.at('Set up a security key');
  await shot(person, '2-key');
  await person.press('Back');
  await person.at('Protect your account');
  await person.press('Use a security key');
  await person.at('Set up a security key');
  await person.press('Set up the key');
  await person.at('Your account');
  await person.hears('status', 'Your account is ready');
  assert.equal((await key.credentials()).length, 1);
  assert.equal(await itemsOf(person, 'Security keys').count(), 1);
  assert.equal(await offers(person, 'Delete: Security key'), 0);
  await shot(person, '3-account');
});

ways('no way on', {
  'mfa.enabled': 'true',
  'mfa.optional': 'false',
  'mfa.totp.enabled': 'false',
  'mfa.security_keys.authenticator_attachment': 'platform',
}, async (person, email) => {
  await register(person, 'E-mail address', email);
  await enterCode(person, email);
  await choosePassword(person);
  await person.at('This goes no further');
  await person.hears('alert', 'this browser has none');
  await shot(person, '1-end');
  await person.press('Begin again');
  await person.at('Create an account');
  assert.equal(await person.field('E-mail address').inputValue(), email);
  assert.deepEqual(await instance.sql(
    `SELECT 1 FROM emails WHERE address = '${email}'`), []);
});

ways('a token in a header', {
  'session.enable_auth_token_header': 'true',
}, async (person, email) => {
  await register(person, 'E-mail address', email);
  await enterCode(person, email);
  await choosePassword(person);
  await person.at('Your account');
  assert.equal(await person.cookie(), undefined);
  assert.doesNotMatch(await person.page.evaluate(() => JSON.stringify(
    [{ ...localStorage }, { ...sessionStorage }, history.state])), /eyJ/);
  await person.press('Change: password');
  await person.enter('New password', `another ${password}`);
  await person.hears('status', 'Your password is changed');
  await logOut(person);
  await person.enter('E-mail address', email);
  await person.at('How do you want to log in?');
  await person.press('Use my password');
  await person.at('Enter your password');
  await person.enter('Password', `another ${password}`);
  await person.at('Your account');
  /* It was the page's alone. */
  await person.page.reload();
  await person.at('Log in');

  await person.page.goto(new URL('rest.html', person.page.url()).href);
  await person.at('Log in or sign up');
  await person.enter('E-mail address', email);
  await person.at('Welcome back');
  await person.press('Use my password');
  await person.at('Enter your password');
  await person.enter('Password', `another ${password}`);
  await person.at('You are logged in');
  assert.equal(await person.cookie(), undefined);
  await person.press('Log out');
  await person.at('Log in or sign up');
});

ways('where links lead', {}, async (person) => {
  const link = (name) => person.page.getByRole('link', { name, exact: true });
  await link('with the older one').click();
  await person.at('Log in or sign up');
  await link('with flows').click();
  await person.at('Log in');

  /* Those of a state: no others than a browser may follow. */
  await person.page.route(/register_client_capabilities/, (route) =>
    route.fulfill({ json: { name: 'registration_init', status: 200,
      payload: {}, csrf_token: 'x', actions: {}, links: [
        { name: 'Terms of use', href: 'https://example.org/terms' },
        { href: 'http://example.org/privacy' },
        { name: 'A trap', href: 'javascript:alert(1)' }] } }));
  await person.press('New here? Create an account');
  await person.at('Create an account');
  await shot(person, '1-links');
  assert.deepEqual(await person.page.locator('#flow a').evaluateAll((all) =>
    all.map((one) => [one.textContent, one.href])), [
    ['Terms of use', 'https://example.org/terms'],
    ['http://example.org/privacy', 'http://example.org/privacy']]);
});
