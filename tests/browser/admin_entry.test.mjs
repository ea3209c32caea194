/*
 * How an operator comes in to their page in Chromium: by a passkey, with a
 * virtual authenticator, on a phone in dark colours, and on a desktop in light
 * ones by keyboard alone, with axe and a screenshot of each part.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';
import { Person, Typist } from '../lib/person.mjs';

const web = process.env.POSTERN_WEB ?? 'lighttpd';
const sizes = [
  ['phone', Person, { viewport: { width: 390, height: 844 },
    colorScheme: 'dark' }],
  ['desktop', Typist, { viewport: { width: 1280, height: 800 },
    colorScheme: 'light' }],
];
let browser, instance;

before(async () => {
  [browser, instance] = await Promise.all([launch(), start({ web, admin: true,
    set: { 'audit_log.storage.enabled': 'true' } })]);
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

const page = () => `${instance.adminUrl}/page`;

/* Make a passkey on the page of everybody, logged in there. */
async function addPasskey(person, api) {
  await person.context.addCookies([{ name: 'hanko', value: api.token,
    url: instance.url }]);
  await person.page.goto(`${instance.url}/`);
  await person.page.evaluate(async (base) => {
    const { creationOptions, answer } = await import(`${base}/passkeys.js`);
    const { api: ask } = await import(`${base}/api.js`);
    const { data } = await ask('POST', `${base}/webauthn/registration/initialize`);
    const made = await navigator.credentials.create({ publicKey:
      creationOptions(data.publicKey) });
    await ask('POST', `${base}/webauthn/registration/finalize`, answer(made));
  }, instance.url.replace(/\/$/, ''));
  await person.page.goto(`${page()}/`);
}

/* Somebody with a passkey, in front of the page of operators. */
async function arrive(name, options, Kind = Person) {
  const person = await Kind.arrive(browser, page(), `entry-${name}`, options);
  const api = instance.client();
  const email = freshAddress(name);

  person.device = await addAuthenticator(person.context, person.page);
  const { user_id: id } = await api.signUp(email);
  await addPasskey(person, api);
  await person.at('Log in as an operator');
  return Object.assign(person, { api, email, id });
}

const mark = async (...words) => assert.equal((await instance.postern(
  'operator', 'add', ...words)).status, 0);
const comeIn = async (person) => {
  await person.press('Log in with a passkey');
  await person.at('Users');
};

async function shot(person, step) {
  await person.shot(step);
  assert.ok(await person.overflow() <= 0, `${step}: nothing is cut off`);
}

describe('an operator comes in by a passkey', { concurrency: true }, () => {
  for (const [name, Kind, options] of sizes)
    test(name, async () => {
      const person = await arrive(name, options, Kind);
      const other = freshAddress('other');
      const { user_id: id } = await instance.client().signUp(other);

      await person.press('Log in with a passkey');
      await person.hears('alert', 'does not let you in');
      await shot(person, '1-refused');
      await mark(person.email);
      await comeIn(person);
      await person.page.locator('#who').filter({ hasText:
        `Logged in as ${person.email}` }).waitFor();
      await shot(person, '2-users');
      const cookies = await person.context.cookies(page());
      const mine = cookies.find((one) => one.name === 'postern_operator');
      assert.deepEqual([mine.httpOnly, mine.sameSite, mine.path],
        [true, 'Strict', '/']);
      const seen = await person.page.evaluate(() => JSON.stringify([
        { ...localStorage }, { ...sessionStorage }, document.cookie,
        document.documentElement.outerHTML]));
      assert.ok(!seen.includes(mine.value));

      await person.enter('Look for', other);
      await person.hears('status', '1 user');
      if (Kind === Typist)
        await person.press(other);
      else
        await person.page.getByRole('link', { name: other }).click();
      await person.at(other);
      await person.press('Lock');
      await person.page.getByRole('dialog').getByRole('button',
        { name: 'Lock', exact: true }).press('Enter');
      await person.hears('status', 'They are locked out');
      await person.page.getByText(/by operator:/).first().waitFor();
      await shot(person, '3-locked');
      const [[operator, actor]] = await instance.sql(`SELECT actor_operator,
        LOWER(HEX(actor_user_id)) FROM audit_logs WHERE type = 'user_locked'
        AND LOWER(HEX(subject_user_id)) = '${id.replaceAll('-', '')}'`);
      assert.match(operator, /^operator:/);
      assert.equal(actor, person.id.replaceAll('-', ''));

      await person.page.reload();
      await person.at(other);
      await person.press('Log out');
      await person.at('Log in as an operator');
      await person.hears('status', 'You are logged out');
      assert.equal(await person.page.locator('#who').isVisible(), false);
      assert.ok(!(await person.context.cookies(page())).some((one) =>
        one.name === 'postern_operator'));
      await person.page.reload();
      await person.at('Log in as an operator');
      assert.deepEqual(person.problems, []);
      await person.context.close();
    });
});

describe('somebody', () => {
  test('who is not verified does not come in', async () => {
    const person = await arrive('unverified');
    await mark(person.email);
    await person.device.setVerified(false);
    await person.press('Log in with a passkey');
    await person.hears('alert', 'cancelled');
    await person.device.setVerified(true);
    await comeIn(person);
    await person.context.close();
  });

  test('whose mark is taken away is led back', async () => {
    const person = await arrive('unmarked');
    await mark('--read-only', person.email);
    await comeIn(person);
    await person.page.locator('#who').filter({ hasText: 'to look only' })
      .waitFor();
    await instance.postern('operator', 'remove', person.email);
    await person.page.getByRole('link', { name: 'Audit log' }).click();
    await person.at('Log in as an operator');
    await person.hears('status', 'You are not logged in any more');
    await person.page.reload();
    await person.at('Log in as an operator');
    assert.deepEqual(person.problems, []);
    await person.context.close();
  });

  test('of all organisations looks at another one', async () => {
    const org = await createOrg(instance, 'Third', freshAddress('third'));
    const person = await arrive('all');
    await mark(person.email);
    await person.page.getByText('Another organisation').click();
    await person.fill('Organisation to look at', 'somewhere');
    await person.press('Log in with a passkey');
    await person.hears('alert', 'begins with or-');
    await person.fill('Organisation to look at', org);
    await comeIn(person);
    await person.page.getByText('1 user', { exact: true }).waitFor();
    await person.page.reload();
    await person.page.getByText('1 user', { exact: true }).waitFor();
    await person.context.close();
  });

  test('of one organisation looks at it alone', async () => {
    const org = await createOrg(instance, 'Fourth', freshAddress('fourth'));
    const person = await arrive('one');
    await mark('--tenant', 'default', person.email);
    await person.page.getByText('Another organisation').click();
    await person.fill('Organisation to look at', org);
    await person.press('Log in with a passkey');
    await person.hears('alert', 'or you are an operator of another one');
    await person.fill('Organisation to look at', '');
    await comeIn(person);
    await person.page.getByRole('link', { name: 'Health' }).click();
    await person.at('Health');
    await person.page.getByText('You are of one organisation').waitFor();
    await person.context.close();
  });
});

test('a page elsewhere on this host does nothing in their name', async () => {
  const person = await arrive('forged');
  const other = freshAddress('forged-at');
  const { user_id: id } = await instance.client().signUp(other);
  await mark(person.email);
  await comeIn(person);
  await person.page.goto(`${instance.url}/`);
  const types = await person.page.evaluate(async ([base, user]) => {
    const ask = (method, path) => fetch(`${base}${path}`, { method,
      mode: 'no-cors', credentials: 'include' }).then(({ type }) => type);
    return [await ask('POST', `/users/${user}/lock`),
      await ask('POST', '/operator/logout'), await ask('GET', '/operator')];
  }, [instance.adminUrl, id]).catch((error) => [String(error)]);
  assert.ok(types.length > 0);
  await instance.allSent?.();
  const [[locked]] = await instance.sql(`SELECT locked_at FROM users
    WHERE LOWER(HEX(id)) = '${id.replaceAll('-', '')}'`);
  assert.equal(locked, null);
  await person.page.goto(`${page()}/`);
  await person.at('Users');
  await person.context.close();
});
