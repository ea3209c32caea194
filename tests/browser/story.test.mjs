/*
 * The main job, on the page for the API without flows: a person signs up,
 * receives a passcode by mail, enters it, sets a password, logs out, and logs
 * in with the password; makes a passkey and logs in with it, by a button and
 * by what the browser fills in; sees the members' area; a back end verifies
 * the token with nothing but the published keys.  Under each web server, with
 * screenshots in $POSTERN_SCREENSHOTS (build/test/screenshots).
 */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { start } from '../lib/instance.mjs';
import { codeIn, nextMail } from '../lib/maildir.mjs';
import { Person, desktop, phone } from '../lib/person.mjs';

const webs = process.env.POSTERN_WEB
  ? [process.env.POSTERN_WEB] : ['lighttpd', 'apache'];
const password = 'correct horse battery';
let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

/* The claims of a token, by the keys alone (RFC 7515, RFC 7517). */
function verified(token, { keys }) {
  const [head, payload, signature] = token.split('.');
  const { alg, kid } = JSON.parse(Buffer.from(head, 'base64url'));
  const jwk = keys.find((key) => key.kid === kid);
  assert.ok(jwk, 'the key is published');
  assert.equal(alg, jwk.alg);
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  assert.ok(verify(alg === 'EdDSA' ? null : 'sha256',
    Buffer.from(`${head}.${payload}`), { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url')), 'the signature is right');
  return JSON.parse(Buffer.from(payload, 'base64url'));
}

for (const web of webs)
  describe(`the page under ${web}`, () => {
    let instance, person;
    const email = freshAddress('ada');

    before(async () => {
      instance = await start({ web,
        set: { 'account.allow_deletion': 'true' } });
      person = await Person.withoutFlows(browser, instance.url, web,
        { viewport: desktop, colorScheme: 'light' });
    });

    after(async () => {
      await person?.context.close();
      await instance?.stop();
    });

    test('refuses what is no address', async () => {
      await person.at('Log in or sign up');
      await person.shot('1-start');
      await person.enter('E-mail address', 'ada@');
      await person.hears('alert', 'complete e-mail address');
      const field = person.page.getByLabel('E-mail address', { exact: true });
      assert.equal(await field.getAttribute('aria-invalid'), 'true');
      const described = await field.getAttribute('aria-describedby');
      assert.match(await person.page.locator(`#${described}`).textContent(),
        /complete e-mail address/);
    });

    test('signs up with a passcode from the mail', async () => {
      await person.enter('E-mail address', email);
      await person.at('Create an account?');
      await person.shot('2-create');
      await person.press('Create account');
      await person.at('Check your mail');
      const field = person.page.getByLabel('Passcode');
      assert.equal(await field.getAttribute('autocomplete'), 'one-time-code');
      assert.equal(await field.getAttribute('inputmode'), 'numeric');
      const code = codeIn(await nextMail(instance.mailDir, email));

      const wrong = code === '000000' ? '000001' : '000000';
      await person.enter('Passcode', '12345');
      await person.hears('alert', 'six digits');
      await person.enter('Passcode', wrong);
      await person.hears('alert', 'This code is not right');
      await person.shot('3-wrong-code');
      await person.enter('Passcode', code);
      await person.at('You are logged in');
      assert.equal(await person.page.locator('#me-email').textContent(),
        email);
    });

    test('sets a password', async () => {
      await person.enter('New password', 'short');
      await person.hears('alert', 'at least 8 characters');
      await person.fill('New password', password);
      await person.press('Save password');
      await person.hears('status', 'Your password is set');
      assert.equal(await person.focused(), 'Save password');
      await person.shot('4-account');
      /* Whoever goes on has read it. */
      await person.page.getByLabel('New address').click();
      assert.equal(await person.page.locator('#status').isVisible(), false);
    });

    test('logs out', async () => {
      await person.press('Log out');
      await person.at('Log in or sign up');
      await person.hears('status', 'You are logged out');
      assert.equal(await person.cookie(), undefined);
      await person.page.reload();
      await person.at('Log in or sign up');
    });

    test('announces a wrong password', async () => {
      await person.enter('E-mail address', email);
      await person.at('Welcome back');
      await person.shot('5-choose');
      await person.press('Use my password');
      await person.at('Enter your password');
      await person.enter('Password', 'wrong');
      await person.hears('alert', 'This password is not right');
      await person.shot('6-wrong-password');
      assert.equal(await person.cookie(), undefined);
    });

    test('logs in with the password', async () => {
      await person.enter('Password', password);
      await person.at('You are logged in');
      await person.page.reload();
      await person.at('You are logged in');
      const cookie = await person.cookie();
      assert.equal(cookie.httpOnly, true);
      assert.equal(cookie.sameSite, 'Strict');
    });

    test('the token is verified with the published keys alone', async () => {
      const api = await instance.client();
      const keys = await api.call('GET', '/.well-known/jwks.json');
      const { value } = await person.cookie();
      const claims = verified(value, keys.body);
      assert.equal(claims.sub,
        await person.page.locator('#me-id').textContent());
      assert.equal(claims.email.address, email);
      assert.ok(claims.exp > Date.now() / 1000);
      assert.deepEqual(claims.aud, ['localhost']);

      const [head, payload, signature] = value.split('.');
      const forged = Buffer.from(JSON.stringify(
        { ...claims, sub: '00000000-0000-4000-8000-000000000000' }));
      assert.throws(() => verified([head, forged.toString('base64url'),
        signature].join('.'), keys.body), /signature is right/);
      assert.ok(payload);
    });

    test('shows sessions and ends one', async () => {
      const other = await Person.withoutFlows(browser, instance.url,
        `${web}-phone`, { viewport: phone, colorScheme: 'dark',
          userAgent: 'Mozilla/5.0 (Android 15) Firefox/140.0' });
      await other.at('Log in or sign up');
      await other.shot('1-start');
      await other.enter('E-mail address', email);
      await other.press('Use my password');
      await other.enter('Password', password);
      await other.at('You are logged in');
      await other.shot('2-account');
      assert.ok(await other.overflow() <= 0, 'nothing is cut off');

      await person.page.reload();
      await person.at('You are logged in');
      await person.shot('7-sessions');
      await person.page.getByRole('button', { name: /End Firefox/ }).click();
      await person.hears('status', 'Ended');
      await other.page.reload();
      await other.at('Log in or sign up');
      assert.deepEqual(other.problems, []);
      await other.context.close();
    });

    test('adds an address with the digits from the mail', async () => {
      const second = freshAddress('second');
      await person.enter('New address', 'second@');
      await person.hears('alert', 'complete e-mail address');
      await person.enter('New address', email);
      await person.hears('alert', 'belongs to an account');
      await person.enter('New address', second);
      const code = codeIn(await nextMail(instance.mailDir, second));
      await person.page.getByLabel('Digits from the mail').waitFor();
      await person.shot('8-prove-address');
      await person.enter('Digits from the mail',
        code === '000000' ? '000001' : '000000');
      await person.hears('alert', 'This code is not right');
      await person.enter('Digits from the mail', code);
      await person.hears('status', 'The address is yours');

      await person.press(`Make primary: ${second}`);
      await person.hears('status', 'your primary address');
      assert.equal(await person.page.locator('#me-email').textContent(),
        second);
      await person.press(`Make primary: ${email}`);
      await person.hears('status', email);
      await person.shot('9-addresses');
      await person.press(`Delete ${second}`);
      await person.press('Delete');
      await person.hears('status', 'The address is deleted');
      assert.equal(await person.page.locator('#emails li').count(), 1);
    });

    test('makes a passkey and names it', async () => {
      person.authenticator = await addAuthenticator(person.context,
        person.page);
      await person.press('Create a passkey');
      await person.hears('status', 'Your passkey is ready');
      await person.press('Rename Passkey');
      await person.page.getByLabel('Name', { exact: true }).fill('');
      await person.press('Save');
      await person.hears('alert', 'enter a name');
      await person.enter('Name', 'Laptop');
      await person.hears('status', 'renamed');
      await person.page.getByText('Laptop').waitFor();
      await person.shot('10-passkeys');
    });

    test('logs in with the passkey of the account', async () => {
      await person.withoutAutofill();
      await person.press('Log out');
      await person.at('Log in or sign up');
      await person.enter('E-mail address', email);
      await person.at('Welcome back');
      await person.shot('11-choose-passkey');
      await person.press('Use my passkey');
      await person.at('You are logged in');
    });

    test('logs in with any passkey', async () => {
      await person.press('Log out');
      await person.at('Log in or sign up');
      await person.press('Use a passkey');
      await person.at('You are logged in');
      assert.equal(await person.page.locator('#me-email').textContent(),
        email);
    });

    test('explains a passkey that is not there', async () => {
      const other = await Person.withoutFlows(browser, instance.url,
        `${web}-other`);
      await addAuthenticator(other.context, other.page);
      await other.at('Log in or sign up');
      await other.press('Use a passkey');
      await other.hears('alert', 'cancelled');
      await other.shot('1-cancelled');
      await other.context.close();
    });

    test('logs in with a passkey that the browser fills in', async () => {
      await person.press('Log out');
      await person.at('Log in or sign up');
      const field = person.page.getByLabel('E-mail address', { exact: true });
      assert.equal(await field.getAttribute('autocomplete'),
        'username webauthn');
      /* The browser offers it in the field; this one takes the offer. */
      await person.page.reload();
      await person.at('You are logged in');
    });

    test('goes on to the members\' area, whence somebody was sent',
      async () => {
        const guest = await Person.withoutFlows(browser, instance.url,
          `${web}-guest`, { viewport: phone, colorScheme: 'dark' });
        await guest.page.goto('about:blank'); /* not a step on the page */
        await guest.page.goto(`${instance.url}/rest.html#members`);
        await guest.at('Log in or sign up');
        await guest.enter('E-mail address', email);
        await guest.press('Use my password');
        await guest.enter('Password', password);
        await guest.page.getByRole('heading', { name: 'Members only' })
          .waitFor();
        await guest.shot('3-members');
        assert.ok(await guest.overflow() <= 0, 'nothing is cut off');
        await guest.page.getByRole('link', { name: 'a page in PHP' }).click();
        await guest.page.getByText('POSTERN_USER_ID').waitFor();
        await guest.page.getByText(email).waitFor();
        await guest.shot('4-php');
        await guest.page.goto(`${instance.url}/rest.html`);
        await guest.at('You are logged in');
        await guest.page.getByRole('link', { name: 'Members\' area' })
          .waitFor();
        await guest.page.getByRole('link', { name: 'Log in with a key' })
          .waitFor();
        await guest.shot('5-account');
        assert.ok(await guest.overflow() <= 0, 'nothing is cut off');
        await guest.page.goto('about:blank');
        /* A site that has neither. */
        for (const path of ['members/', 'organisation.js'])
          await guest.page.route(`${instance.url}/${path}`,
            (route) => route.fulfill({ status: 404 }));
        const asked = ['members/', 'organisation.js'].map((path) =>
          guest.page.waitForResponse(`${instance.url}/${path}`));
        await guest.page.goto(`${instance.url}/rest.html#members`);
        await guest.at('You are logged in');
        await Promise.all(asked);
        for (const name of ['Members\' area', 'Log in with a key'])
          assert.equal(await guest.page.getByRole('link', { name }).count(), 0);
        await guest.press('Log out');
        await guest.at('Log in or sign up');
        await guest.context.close();
      });

    test('deletes the passkey', async () => {
      await person.page.reload();
      await person.at('You are logged in');
      await person.press('Delete Laptop');
      await person.shot('13-delete-passkey');
      await person.press('Delete');
      await person.hears('status', 'The passkey is deleted');
      assert.equal(await person.page.locator('#passkeys li').count(), 0);
      await person.authenticator.clear();
    });

    test('deletes the account', async () => {
      await person.press('Delete account…');
      await person.shot('14-delete');
      await person.press('Delete');
      await person.at('Log in or sign up');
      await person.enter('E-mail address', email);
      await person.at('Create an account?');
    });

    test('has nothing to complain about', () => {
      assert.deepEqual(person.problems, []);
    });

    test('explains a network that is away', async () => {
      const cut = await Person.withoutFlows(browser, instance.url, web);
      await cut.at('Log in or sign up');
      await cut.context.setOffline(true);
      await cut.enter('E-mail address', freshAddress());
      await cut.hears('alert', 'does not answer');
      await cut.context.close();
    });
  });

describe('the page and limits', () => {
  let instance;

  before(async () => {
    instance = await start({ web: webs[0],
      set: { 'rate_limiter.enabled': 'true' } });
  });

  after(() => instance?.stop());

  test('counts down until a code can be sent again', async () => {
    const person = await Person.withoutFlows(browser, instance.url, 'limit',
      { viewport: phone });
    const resend = person.page.locator('#resend');
    await person.signUp(instance, freshAddress('resend'));
    for (let i = 0; i < 2; i++) {
      await person.press('Send a new code');
      await person.hears('status', 'A new code is on its way');
      await person.page.evaluate(() => {
        document.getElementById('status').textContent = '';
      });
    }
    await person.press('Send a new code');
    await person.hears('alert', 'Too many attempts');
    assert.match(await resend.textContent(), /\(\d+ s\)/);
    assert.ok(await resend.isDisabled());
    await person.shot('countdown');
    await person.context.close();
  });

  test('says when a code is used up', async () => {
    const person = await Person.withoutFlows(browser, instance.url, 'used-up');
    const email = freshAddress('used-up');
    const code = await person.signUp(instance, email);
    const wrong = code === '000000' ? '000001' : '000000';
    for (let i = 0; i < 2; i++) {
      await person.enter('Passcode', wrong);
      await person.hears('alert', 'This code is not right');
    }
    await person.enter('Passcode', wrong);
    await person.hears('alert', 'used up');
    await person.enter('Passcode', code);
    await person.hears('alert', 'used up');
    await person.shot('again');
    await person.press('Send a new code');
    await person.hears('status', 'A new code is on its way');
    await person.enter('Passcode',
      codeIn(await nextMail(instance.mailDir, email)));
    await person.at('You are logged in');
    await person.context.close();
  });

  test('does not complain when its offer of passkeys ends by itself',
    async () => {
      const person = await Person.withoutFlows(browser, instance.url,
        'offer');
      await addAuthenticator(person.context, person.page);
      await person.page.addInitScript(() => {
        window.PublicKeyCredential.isConditionalMediationAvailable =
          async () => true;
        navigator.credentials.get = async () => {
          window.ended = true;
          throw new DOMException('It is over.', 'NotAllowedError');
        };
      });
      await person.page.reload();
      await person.at('Log in or sign up');
      await person.page.waitForFunction(() => window.ended);
      await person.page.evaluate(() => new Promise(requestAnimationFrame));
      await person.shot('ended');
      assert.equal(await person.page.locator('#email-error').textContent(), '');
      assert.notEqual(await person.page.locator('#email-input')
        .getAttribute('aria-invalid'), 'true');
      assert.deepEqual(person.problems, []);
      await person.context.close();
    });

  test('fits a narrow screen, in light and dark', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const person = await Person.withoutFlows(browser, instance.url,
        `narrow-${colorScheme}`,
        { viewport: { width: 320, height: 640 }, colorScheme });
      await person.at('Log in or sign up');
      await person.shot('start');
      assert.ok(await person.overflow() <= 0);
      await person.context.close();
    }
  });
});
