/*
 * The page of operators in Chromium: somebody calls who cannot log in, and is
 * helped; what a key may not do, and that the page keeps nothing of it.  On a
 * phone in dark colours, and on a desktop in light ones by keyboard alone,
 * with axe and a screenshot of each part.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { launch } from '../lib/browser.mjs';
import { createOrg, giveToken } from '../lib/dfns.mjs';
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
let browser, instance, admin;

before(async () => {
  [browser, instance] = await Promise.all([launch(), start({ web, admin: true,
    set: { 'audit_log.storage.enabled': 'true', 'mfa.enabled': 'false',
      'rate_limiter.enabled': 'true', 'rate_limiter.code_limits.tokens': '2',
      'rate_limiter.code_limits.interval': '24h',
      'rate_limiter.mail_again_limits.tokens': '10',
      'passkey.acquire_on_login': 'never', 'username.enabled': 'true',
      'username.acquire_on_login': 'false' } })]);
  admin = instance.admin();
  for (let i = 0; i < 25; i++)
    await make({ username: `somebody_${i}` });
});

after(async () => {
  await browser?.close();
  await instance?.stop();
});

const make = async (body) => (await admin.call('POST', '/users', body,
  { status: 200 })).body;
const state = async (id) => (await admin.call('GET', `/users/${id}`, undefined,
  { status: 200 })).body;
const page = () => `${instance.adminUrl}/page`;
const operator = (name, options, Kind = Person) => Kind.arrive(browser, page(),
  `admin-${name}`, options);

/* Somebody new, with a session, a password and a passkey. */
async function member(name) {
  const api = instance.client();
  const email = freshAddress(name);
  const { user_id: id } = await api.signUp(email);
  await api.call('PUT', '/password', { user_id: id, password },
    { status: 201 });
  await api.addPasskey({ origin: new URL(instance.url).origin });
  return { api, email, id };
}

const enterKey = (person, key = instance.env.POSTERN_ADMIN_KEY) =>
  person.enter('Admin key', key);

async function follow(person, name) {
  if (person instanceof Typist)
    await person.press(name);
  else
    await person.page.getByRole('link', { name, exact: true }).click();
}

async function shot(person, step) {
  await person.shot(step);
  assert.ok(await person.overflow() <= 0, `${step}: nothing is cut off`);
}

/* What is said of a user, in a section. */
const says = (person, name, text) => person.page.getByRole('region',
  { name, exact: true }).getByText(text).first().waitFor();

/* The user of that address, by a search. */
async function open(person, email) {
  await follow(person, 'Users');
  await person.at('Users');
  await person.enter('Look for', email.slice(0, -4));
  await person.hears('status', '1 user');
  await follow(person, email);
  await person.at(email);
}

/* Answer the question of that title. */
async function answer(person, title, name) {
  await person.page.getByRole('dialog', { name: title }).waitFor();
  assert.equal(await person.focused(), 'Cancel');
  await person.page.getByRole('dialog').getByRole('button',
    { name, exact: true }).press('Enter');
}

/* Somebody in front of the login page asks for a code: that. */
async function askForCode(person, email) {
  await person.at('Log in');
  await person.enter('E-mail address or username', email);
  await person.at('How do you want to log in?');
  await person.press('E-mail me a code');
  await person.at('Check your mail');
  return codeIn(await nextMail(instance.mailDir, email));
}

/* They guess until nothing is taken any more, the right one neither. */
async function guessing(email) {
  const person = await Person.arrive(browser, instance.url, 'admin-caller');
  const code = await askForCode(person, email);
  const wrong = String((Number(code) + 1) % 1000000).padStart(6, '0');
  for (const _ of [1, 2]) {
    await person.enter('Code', wrong);
    await person.hears('alert', 'not right');
  }
  await person.enter('Code', code);
  await person.hears('alert', 'Too many');
  return person;
}

describe('a user calls', { concurrency: true }, () => {
  for (const [name, Kind, options] of sizes)
    test(name, async () => {
      const { api, email, id } = await member(name);
      const caller = await guessing(email);
      const person = await operator(name, options, Kind);

      await person.at('Log in as an operator');
      await shot(person, '1-key');
      await enterKey(person);
      await person.at('Users');
      await shot(person, '2-users');
      await person.press('Next page');
      await person.page.getByText(/^Page 2 of/).waitFor();
      await open(person, email);
      await says(person, 'Can they log in?', 'A limit is reached');
      await says(person, 'What they did lately', 'A mailed code was not taken');
      await shot(person, '3-user');

      await person.press('End all sessions');
      await answer(person, 'End all their sessions?', 'Cancel');
      await api.call('GET', '/me', undefined, { status: 200 });
      await person.press('End all sessions');
      await shot(person, '4-sure');
      await answer(person, 'End all their sessions?', 'End all sessions');
      await person.hears('status', 'All sessions have ended');
      await api.call('GET', '/me', undefined, { status: 401 });

      await person.press('Clear the limits');
      await person.hears('status', 'They can ask for a new code now');
      await says(person, 'Can they log in?', 'Nothing stands in their way');
      await caller.page.reload();
      await caller.enter('Code', await askForCode(caller, email));
      await caller.at('Your account');

      await person.press('Lock');
      await answer(person, 'Lock this user out?', 'Lock');
      await person.hears('status', 'They are locked out');
      await says(person, 'Can they log in?', 'by key:quickstart');
      assert.ok((await state(id)).locked_at);
      await shot(person, '5-locked');
      await person.press('Unlock');
      await person.hears('status', 'They may log in again');
      assert.equal((await state(id)).locked_at, undefined);

      await person.press('What was done to them, too');
      await person.at('Audit log');
      await says(person, 'What happened', 'Limits were cleared');
      await person.enter('Event', 'user_locked');
      await person.hears('status', '1 entry');
      await shot(person, '6-audit');
      await follow(person, 'Outbox');
      await person.at('Outbox');
      await shot(person, '7-outbox');
      await follow(person, 'Health');
      await person.at('Health');
      await says(person, 'Now', 'It works');
      await shot(person, '8-health');

      await person.press('Leave');
      await person.at('Log in as an operator');
      assert.deepEqual([...person.problems, ...caller.problems], []);
      await Promise.all([person.context.close(), caller.context.close()]);
    });
});

describe('what a user has', () => {
  let person;

  before(async () => {
    person = await operator('belongings');
    await enterKey(person);
    await person.at('Users');
  });
  after(() => person?.context.close());

  test('is changed, one by one', async () => {
    const { email, id } = await member('changed');
    const other = freshAddress('other');

    await open(person, email);
    await person.fill('Another address', other);
    await person.field('It is verified: I know that it is theirs').check();
    await person.press('Add');
    await person.hears('status', 'is added');
    await person.press(`Make primary: ${other}`);
    await person.hears('status', 'is the primary address');
    await person.press(`Remove: ${email}`);
    await answer(person, 'Remove this address?', 'Remove');
    await person.hears('status', 'is removed');
    assert.deepEqual((await state(id)).emails.map((one) => [one.address,
      one.is_primary, one.is_verified]), [[other, true, true]]);

    await person.enter('Another password', 'short');
    await person.hears('alert', 'password');
    await person.enter('Another password', `${password}, again`);
    await person.hears('status', 'The password is set');
    assert.equal((await instance.client().passwordLogin(id,
      `${password}, again`)).status, 200);
    await person.press('Remove the password');
    await answer(person, 'Remove the password?', 'Remove the password');
    await person.hears('status', 'The password is removed');
    await person.page.getByRole('button', { name: /^Remove: / }).last()
      .click();
    await answer(person, 'Remove this passkey?', 'Remove');
    await person.hears('status', 'is removed');
    const { password: left, webauthn_credentials: keys } = await state(id);
    assert.deepEqual([left, keys], [undefined, undefined]);

    await giveToken(instance, id);
    await open(person, other);
    await shot(person, 'token');
    await person.press('End: laptop');
    await answer(person, 'End this access token?', 'End');
    await person.hears('status', 'The token has ended');
    assert.deepEqual((await admin.call('GET', `/users/${id}/access_tokens`))
      .body, []);
  });

  test('is not overwritten unseen', async () => {
    const { email, id } = await member('renamed');

    await open(person, email);
    await admin.call('PATCH', `/users/${id}`, { name: 'By another' },
      { status: 200 });
    await person.fill('Name', 'Mine');
    await person.enter('Family name', 'Lovelace');
    await person.hears('alert', 'Somebody has changed this user');
    assert.equal(await person.field('Name').inputValue(), 'By another');
    await person.enter('Family name', 'Lovelace');
    await person.hears('status', 'The names are changed');
    assert.deepEqual(((one) => [one.name, one.family_name])(await state(id)),
      ['By another', 'Lovelace']);
  });

  test('metadata is typed as JSON', async () => {
    const { email, id } = await member('kept');
    const at = `/users/${id}/metadata`;
    const kept = async () => (await admin.call('GET', at)).body;

    await admin.call('PATCH', at, { public_metadata: { plan: 'free',
      was: { since: 2020, until: 2021 } }, unsafe_metadata: { theme: 'dark' } },
    { status: 200 });
    await open(person, email);
    await person.fill('Public', '[1]');
    await person.page.getByRole('form', { name: 'Metadata' }).getByRole(
      'button').click();
    await person.hears('alert', 'begin with { and end with }');
    await person.fill('Public', '{"plan": "paid", "was": {"since": 2020}}');
    await person.fill('Private', '{"crm": 17}');
    await person.page.getByRole('form', { name: 'Metadata' }).getByRole(
      'button').click();
    await person.hears('status', 'The metadata is changed');
    assert.deepEqual(await kept(), { public_metadata: { plan: 'paid',
      was: { since: 2020 } }, private_metadata: { crm: 17 },
    unsafe_metadata: { theme: 'dark' } });

    await admin.call('PATCH', at, { private_metadata: { crm: 18 } },
      { status: 200 });
    await person.fill('Public', '');
    await person.page.getByRole('form', { name: 'Metadata' }).getByRole(
      'button').click();
    await person.hears('alert', 'Somebody has changed this user');
    await person.fill('Public', '');
    await person.page.getByRole('form', { name: 'Metadata' }).getByRole(
      'button').click();
    await person.hears('status', 'The metadata is changed');
    assert.deepEqual(await kept(), { private_metadata: { crm: 18 },
      unsafe_metadata: { theme: 'dark' } });
  });

  test('is gone when the user is deleted', async () => {
    const { email, id } = await member('deleted');

    await open(person, email);
    await person.press('Delete the user');
    await answer(person, `Delete ${email}?`, 'Delete for good');
    await person.at('Users');
    await admin.call('GET', `/users/${id}`, undefined, { status: 404 });
  });

  test('is text, whatever it looks like', async () => {
    const text = '<img src=x onerror="document.title=1"><b>bold</b>';
    const { email, id } = await member('markup');
    await admin.call('PATCH', `/users/${id}`, { name: text }, { status: 200 });
    await admin.call('POST', '/sessions', { user_id: id, user_agent: text,
      ip_address: '192.0.2.9' }, { status: 200 });

    await open(person, email);
    assert.equal(await person.page.locator('.facts dd').filter(
      { hasText: text }).count(), 1);
    assert.equal(await person.page.locator('main img, main b').count(), 0);
  });

  test('is done to whoever is shown, not to who is asked for', async () => {
    const [shown, asked] = [await member('shown'), await member('asked')];
    let go;

    await open(person, shown.email);
    await person.page.route(`**/users/${asked.id}`, async (route) => {
      await new Promise((resolve) => {
        go = resolve;
      });
      await route.continue();
    });
    await person.page.evaluate((id) => {
      location.hash = `#user/${id}`;
    }, asked.id);
    await person.press('Lock');
    await answer(person, 'Lock this user out?', 'Lock');
    while (!(await state(shown.id)).locked_at);
    go();
    await person.at(asked.email);
    assert.equal((await state(asked.id)).locked_at, undefined);
  });

  test('and nothing was wrong', () => {
    assert.deepEqual(person.problems, []);
  });
});

describe('a key', () => {
  test('that is none lets nobody in', async () => {
    const person = await operator('no-key');
    await enterKey(person, 'wrong key');
    await person.hears('alert', 'as "postern admin-key create" printed it');
    await enterKey(person, `ptna_${'x'.repeat(64)}`);
    await person.hears('status', 'The key is not good');
    assert.equal(await person.page.getByRole('link').count(), 0);
    await person.context.close();
  });

  test('is kept nowhere, and gone after a reload', async () => {
    const person = await operator('kept');
    await enterKey(person);
    await person.at('Users');
    const key = instance.env.POSTERN_ADMIN_KEY;
    const stored = await person.page.evaluate(() => JSON.stringify([
      { ...localStorage }, { ...sessionStorage }, document.cookie,
      location.href, history.state, document.documentElement.outerHTML]));
    assert.ok(!stored.includes(key));
    assert.deepEqual(await person.context.cookies(), []);
    await person.page.reload();
    await person.at('Log in as an operator');
    assert.equal(await person.field('Admin key').inputValue(), '');
    await person.context.close();
  });

  test('that is revoked leads back to where it is typed in', async () => {
    const key = await instance.adminKey('short-lived');
    const person = await operator('revoked');
    await enterKey(person, key);
    await person.at('Users');
    await instance.postern('admin-key', 'revoke', 'short-lived');
    await follow(person, 'Audit log');
    await person.at('Log in as an operator');
    await person.hears('status', 'The key is not good');
    assert.equal(await person.page.getByText('Nobody fits').count(), 0);
    await person.context.close();
  });

  test('that is read-only changes nothing', async () => {
    const { email, id } = await member('looked-at');
    const person = await operator('reader');
    await enterKey(person, await instance.adminKey('reader', '--read-only'));
    await open(person, email);
    await person.press('Lock');
    await answer(person, 'Lock this user out?', 'Lock');
    await person.hears('alert', 'this key is read-only');
    assert.equal((await state(id)).locked_at, undefined);
    await person.context.close();
  });

  test('of one organisation shows nothing of another', async () => {
    const { email, id } = await member('elsewhere');
    await createOrg(instance, 'Other', freshAddress('first'));
    const person = await operator('bound');
    await enterKey(person, await instance.adminKey('bound', '--tenant',
      'Other'));
    await person.at('Users');
    await person.enter('Look for', email);
    await person.hears('status', '0 users');
    await person.page.evaluate((one) => {
      location.hash = `#user/${one}`;
    }, id);
    await person.at('This cannot be shown');
    await person.hears('alert', 'gone, or was never there');
    for (const [name, title] of [['Outbox', 'Outbox'], ['Health', 'Health']]) {
      await follow(person, name);
      await person.at(title);
      await person.page.getByText('This key is of one organisation').waitFor();
    }
    await person.context.close();
  });

  test('leads nowhere by an address that is none', async () => {
    const person = await operator('strange');
    await person.fill('Organisation', '..');
    await enterKey(person);
    await person.hears('alert', 'begins with or-');
    await person.fill('Organisation', '');
    await enterKey(person);
    await person.at('Users');
    for (const hash of ['#user/..', '#user/', '#user/%2e%2e']) {
      await person.page.evaluate((one) => {
        location.hash = one;
      }, hash);
      await person.at('This cannot be shown');
      await person.hears('alert', 'not the id of a user');
    }
    await person.page.evaluate(() => {
      location.hash = '#constructor';
    });
    await person.at('Users');
    assert.deepEqual(person.problems, []);
    await person.context.close();
  });

  test('of all of them names one', async () => {
    const org = await createOrg(instance, 'Third', freshAddress('third'));
    const person = await operator('named');
    await person.fill('Organisation', org);
    await enterKey(person);
    await person.at('Users');
    await person.page.getByText('1 user', { exact: true }).waitFor();
    await person.context.close();
  });
});

test('a webhook is switched off and on', async () => {
  const callback = 'https://receiver.example/hook';
  const { body: hook } = await admin.call('POST', '/webhooks', { callback,
    events: ['user'] }, { status: 201 });
  const enabled = async () => (await admin.call('GET', `/webhooks/${hook.id}`,
    undefined, { status: 200 })).body.enabled;
  const person = await operator('hooks');

  await enterKey(person);
  await person.at('Users');
  await follow(person, 'Outbox');
  await person.at('Outbox');
  await person.press(`Switch off: ${callback}`);
  await person.hears('status', 'is switched off');
  assert.equal(await enabled(), false);
  await shot(person, '1');
  await person.press(`Switch on: ${callback}`);
  await person.hears('status', 'is switched on');
  assert.equal(await enabled(), true);
  assert.deepEqual(person.problems, []);
  await person.context.close();
});

test('the page is on the port of operators alone', async () => {
  const { headers, status } = await fetch(`${page()}/`);
  assert.deepEqual([status, headers.get('cache-control'),
    headers.get('x-content-type-options'),
    headers.get('content-security-policy')],
  [200, 'no-store', 'nosniff', "frame-ancestors 'none'"]);
  const text = await (await fetch(`${page()}/`)).text();
  assert.match(text, /Content-Security-Policy"\s+content="default-src 'none'/);
  assert.doesNotMatch(text, /unsafe|<style|<script>| style="| on\w+="/);
  for (const path of ['/admin/', '/admin/admin.js', '/page/', '/admin.js'])
    assert.equal((await fetch(`${instance.url}${path}`)).status, 404, path);
  for (const path of ['/page/../users', '/page/nothing', '/page/x/admin.js'])
    assert.equal((await fetch(`${instance.adminUrl}${path}`)).status, 401,
      path);
});
