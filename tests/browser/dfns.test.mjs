/*
 * The second page of quickstart, keys.html: somebody who signed up on the
 * first one makes a key that a password protects, with a code from the mail;
 * logs in with nothing but address, mailed code and password; and comes back
 * with the recovery key when the password is lost.  Under each web server,
 * with screenshots as in story.test.mjs.
 */
import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { codeTo } from '../lib/dfns.mjs';
import { start, top } from '../lib/instance.mjs';
import { Person, desktop, phone } from '../lib/person.mjs';

const webs = process.env.POSTERN_WEB
  ? [process.env.POSTERN_WEB] : ['lighttpd', 'apache'];
const password = 'correct horse battery staple';
const second = 'another fine password';
const WRONG = '0000-0000-0000-0000';
let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

/* Signed up on the first page, and come over to the second by its link. */
async function newcomer(instance, name, address, options) {
  const person = await Person.withoutFlows(browser, instance.url, name,
    options);
  const code = await person.signUp(instance, address);
  await person.enter('Passcode', code);
  await person.at('You are logged in');
  await person.page.getByRole('link', { name: 'Log in with a key' }).click();
  await person.at('Log in with a key');
  let mails = 0;
  person.nextCode = () => codeTo(instance.mailDir, address, ++mails);
  person.text = (id) => person.page.locator(`#${id}`).textContent();
  return person;
}

for (const web of webs)
  describe(`keys under ${web}`, () => {
    const email = freshAddress('kay');
    let instance, person, recoveryKey;

    before(async () => {
      instance = await start({ web });
      person = await newcomer(instance, `${web}-keys`, email,
        { viewport: desktop, colorScheme: 'light' });
    });

    after(async () => {
      await person?.context.close();
      await instance?.stop();
    });

    test('refuses what is no address', async () => {
      await person.shot('1-start');
      await person.enter('E-mail address', 'kay@');
      await person.hears('alert', 'complete e-mail address');
      assert.equal(await person.focused(), 'email-input');
      await person.press('Set up a key');
      await person.hears('alert', 'complete e-mail address');
    });

    test('sets up a key with a code from the mail', async () => {
      await person.fill('E-mail address', email);
      await person.press('Set up a key');
      await person.at('Set up a key');
      const code = await person.nextCode();
      await person.enter('Code', '1234');
      await person.hears('alert', 'sixteen digits');
      await person.fill('Code', WRONG);
      await person.enter('New password', 'short');
      await person.hears('alert', 'at least 12 characters');
      assert.equal(await person.focused(), 'register-password');
      await person.shot('2-register');
      await person.enter('New password', password);
      await person.hears('alert', 'This code is not right');
      assert.equal(await person.focused(), 'register-code');
      await person.fill('Code', code);
      await person.enter('New password', password);
      await person.at('Keep your recovery key');
      recoveryKey = await person.text('recovery-key');
      assert.match(recoveryKey, /^([0-9A-HJKMNP-TV-Z]{4} ?){8}$/);
      await person.shot('3-keep');
      await person.press('I have kept it');
      await person.at('Check your mail');
      assert.equal(await person.text('recovery-key'), '');
    });

    test('goes on after a reload', async () => {
      await person.page.reload();
      await person.at('Check your mail');
      await person.page.locator('#login .while-locked').getByText(email)
        .waitFor();
    });

    test('announces a wrong code', async () => {
      await person.fill('Code', WRONG);
      await person.enter('Password', password);
      await person.hears('alert', 'This code is not right');
      assert.equal(await person.focused(), 'login-code');
      assert.equal(await person.field('Code').getAttribute('aria-invalid'),
        'true');
      await person.shot('4-wrong-code');
    });

    test('a wrong password is found out on the page alone', async () => {
      const sent = [];
      const note = (request) => sent.push(new URL(request.url()).pathname);
      await person.fill('Code', await person.nextCode());
      person.page.on('request', note);
      await person.enter('Password', 'not my password');
      await person.hears('alert', 'does not open your key');
      assert.equal(await person.focused(), 'login-password');
      await person.shot('5-wrong-password');
      await person.enter('Password', 'nor is this');
      await person.hears('alert', 'does not open your key');
      person.page.off('request', note);
      /* The code fetched the sealed key, once; nothing was asked since. */
      assert.deepEqual(sent, [`${instance.prefix}/auth/login/init`]);
    });

    test('logs in with address, code and password', async () => {
      const bodies = [];
      const note = (request) => bodies.push(request.postData() ?? '');
      person.page.on('request', note);
      await person.enter('Password', password);
      await person.at('You are logged in');
      person.page.off('request', note);
      assert.ok(bodies.every((body) => !body.includes(password)));
      assert.equal(await person.text('me-username'), email);
      assert.match(await person.text('me-org'), /^or-/);
      const rows = await person.page.locator('#credentials .what')
        .allTextContents();
      assert.match(rows[0], /^Chrome on LinuxKey under a password · made /);
      assert.match(rows[1], /^Recovery keymade /);
      await person.shot('6-account');
    });

    test('is still logged in after a reload', async () => {
      await person.page.reload();
      await person.at('You are logged in');
    });

    test('logs out, and a session that ended is told', async () => {
      await person.press('Log out');
      await person.at('Log in with a key');
      await person.hears('status', 'You are logged out');
      await person.page.reload();
      await person.at('Log in with a key');
      assert.equal(await person.page.evaluate(() => sessionStorage.length), 0);
    });

    test('a code is good once', async () => {
      await person.enter('E-mail address', email);
      await person.at('Check your mail');
      const code = await person.nextCode();
      await person.fill('Code', code);
      await person.enter('Password', password);
      await person.at('You are logged in');
      await instance.sql("DELETE FROM sessions WHERE api = 'dfns'");
      await person.page.reload();
      await person.hears('alert', 'Your session has ended');
      await person.enter('E-mail address', email);
      await person.at('Check your mail');
      await person.fill('Code', code);
      await person.enter('Password', password);
      await person.hears('alert', 'This code is not right');
      await person.nextCode();
      await person.press('Use another address');
      await person.at('Log in with a key');
    });

    test('has a second code sent, and logs out everywhere', async () => {
      await person.enter('E-mail address', email);
      await person.at('Check your mail');
      await person.nextCode();
      await person.press('Send a new code');
      await person.hears('status', 'a new code is on its way');
      assert.equal(await person.focused(), 'login-code');
      await person.fill('Code', await person.nextCode());
      await person.enter('Password', password);
      await person.at('You are logged in');
      await person.press('Log out everywhere');
      await person.hears('status', 'logged out everywhere');
    });

    test('recovers with the recovery key', async () => {
      await person.fill('E-mail address', email);
      await person.press('I have lost my password');
      await person.at('Recover your account');
      await person.fill('Code', await person.nextCode());
      await person.fill('Recovery key', recoveryKey.slice(1));
      await person.enter('New password', second);
      await person.hears('alert', 'eight groups of four');
      assert.equal(await person.focused(), 'recover-key');
      await person.shot('7-recover');
      await person.fill('Recovery key',
        ` ${recoveryKey.toLowerCase().replaceAll(' ', '-')} `);
      await person.enter('New password', second);
      await person.at('Keep your recovery key');
      await person.hears('status', 'do not work any more');
      const fresh = await person.text('recovery-key');
      assert.notEqual(fresh, recoveryKey);
      await person.shot('8-keep');
      await person.press('I have kept it');
      await person.at('Check your mail');
    });

    test('the old password opens nothing, the new one does', async () => {
      await person.fill('Code', await person.nextCode());
      await person.enter('Password', password);
      await person.hears('alert', 'does not open your key');
      await person.enter('Password', second);
      await person.at('You are logged in');
      await person.press('Log out');
      await person.at('Log in with a key');
    });

    test('the old recovery key does not recover any more', async () => {
      await person.fill('E-mail address', email);
      await person.press('I have lost my password');
      await person.at('Recover your account');
      await person.fill('Code', await person.nextCode());
      await person.fill('Recovery key', recoveryKey);
      await person.enter('New password', second);
      await person.hears('alert', 'not the recovery key of this account');
    });

    test('has nothing to complain about', () => {
      assert.deepEqual(person.problems, []);
    });

    test('fits a narrow screen, in the dark, and needs no recovery key',
      async () => {
        const address = freshAddress('narrow');
        const other = await newcomer(instance, `${web}-keys-phone`, address,
          { viewport: phone, colorScheme: 'dark' });
        const fits = async (step) => {
          await other.shot(step);
          assert.ok(await other.overflow() <= 0, `${step}: nothing cut off`);
        };
        await fits('1-start');
        await other.fill('E-mail address', address);
        await other.press('Set up a key');
        await other.at('Set up a key');
        await fits('2-register');
        await other.page.reload();
        await other.fill('Code', await other.nextCode());
        await other.page.getByLabel('Make a recovery key, too').uncheck();
        await other.enter('New password', password);
        await other.at('Check your mail');
        await other.hears('status', 'Your key is ready');
        await fits('3-login');
        await other.fill('Code', await other.nextCode());
        await other.enter('Password', password);
        await other.at('You are logged in');
        await fits('4-account');
        assert.equal(await other.page.locator('#credentials li').count(), 1);
        assert.deepEqual(other.problems, []);
        await other.context.close();
      });

    test('says what to do where no mail is sent', async () => {
      const address = freshAddress('passkey');
      const holder = await Person.withoutFlows(browser, instance.url,
        `${web}-keys-passkey`);
      const code = await holder.signUp(instance, address);
      await holder.enter('Passcode', code);
      await holder.at('You are logged in');
      await addAuthenticator(holder.context, holder.page);
      await holder.press('Create a passkey');
      await holder.hears('status', 'Your passkey is ready');
      await holder.page.getByRole('link', { name: 'Log in with a key' })
        .click();
      await holder.at('Log in with a key');
      await holder.fill('E-mail address', address);
      await holder.press('Set up a key');
      await holder.at('Set up a key');
      await holder.page.getByText('No mail within a minute?')
        .filter({ visible: true }).waitFor();
      await holder.shot('1-register');
      await holder.page.getByRole('link', { name: 'log in with its passkey' })
        .click();
      await holder.at('Your account');
      await holder.context.close();
    });

    test('explains a network that is away', async () => {
      const cut = await Person.arrive(browser, `${instance.url}/keys.html#`,
        web);
      await cut.at('Log in with a key');
      await cut.context.setOffline(true);
      await cut.enter('E-mail address', email);
      await cut.hears('alert', 'does not answer');
      await cut.context.close();
    });

    test('opens a key that another client of the scheme has sealed',
      async () => {
        const { encryptedPrivateKey_example_scheme: example, keys } =
          JSON.parse(readFileSync(
            join(top, 'tests/vectors/dfns-vectors.json'), 'utf8'));
        const opened = await person.page.evaluate(async (one) => {
          const { unseal, factor } = await import('./dfns.js');
          const open = (password) => unseal(one.encryptedPrivateKey, password,
            one.username.toUpperCase());
          return { wrong: await open('another'), factor: await factor(
            'PasswordProtectedKey', 'YWJj', 'id', await open(one.password)) };
        }, example);
        assert.equal(opened.wrong, null);
        const { clientData, signature } = opened.factor.credentialAssertion;
        assert.ok(verify('sha256', Buffer.from(clientData, 'base64url'),
          keys.p256_ppk.public_pem,
          Buffer.from(signature, 'base64url')));
      });
  });
