/*
 * Who comes from another program logs in with a browser, by the password and by
 * the passkey that they had there, on the page that quickstart serves.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { addAuthenticator, launch } from '../lib/browser.mjs';
import { run, start } from '../lib/instance.mjs';
import { Other, glewlwydDevice, guest, hankoUser, identity, password,
  secret } from '../lib/migrant.mjs';
import { Person } from '../lib/person.mjs';
import { totp } from '../lib/totp.mjs';

let browser, instance;

before(async () => {
  [browser, instance] = await Promise.all([launch(), start({
    web: process.env.POSTERN_WEB ?? 'lighttpd',
    set: { 'username.enabled': 'true', 'mfa.device_trust_policy': 'never' } })]);
});
after(async () => {
  await browser?.close();
  await instance?.stop();
});

async function bring(program, ...words) {
  const { status, stdout, stderr } = await run(instance.env.POSTERN_BIN,
    ['--set', 'password.import.allow=bcrypt,mysql', 'import-from', program,
      ...words], { input: `${guest.password}\n`,
      env: { ...process.env, POSTERN_CONFIG: instance.env.POSTERN_CONFIG } });
  assert.match(stdout, /^imported [1-9]/, stderr);
  return { status, stdout };
}

/*
 * Each brings one in; address and device are what they had there, alsoKey: a
 * security key, which is asked for before the app.
 */
const programs = {
  'Hanko': async () => {
    const other = await Other.made(instance, 'hanko', 'hanko2.sql');
    const user = await hankoUser(other);
    await bring('hanko', other.url);
    return user;
  },
  'Hanko, with a handle that is no id': async () => {
    const other = await Other.made(instance, 'hankoold', 'hanko2.sql');
    const user = await hankoUser(other, { handle: 'der alte Griff' });
    await bring('hanko', other.url);
    return user;
  },
  'glewlwyd': async () => {
    const other = await Other.made(instance, 'glewlwyd', 'glewlwyd.sql',
      'glewlwyd-data.sql');
    await bring('glewlwyd', '--verified', other.url);
    return { address: 'ada.king@example.org',
      device: glewlwydDevice('ada_king') };
  },
  'Kratos': async () => {
    const devices = [0, 1, 2].map(() => Object.assign(new Authenticator({}),
      { userHandle: randomBytes(64) }));
    const address = freshAddress('kratos');
    const file = join(instance.dir, 'kratos.json');
    writeFileSync(file, JSON.stringify([identity(address, devices)]));
    await bring('kratos', file);
    return { address, device: devices[1], alsoKey: true };
  },
};

/* By password, and the code of the app that they had there as well. */
async function byPassword(person, { address, alsoKey }) {
  await person.at('Log in');
  await person.enter('E-mail address or username', address);
  await person.at('How do you want to log in?');
  await person.press('Use my password');
  await person.at('Enter your password');
  await person.enter('Password', password);
  if (alsoKey) {
    await person.at('Use your security key');
    await person.press('Use my authenticator app');
  }
  await person.at('Enter the code of your app');
  await person.enter('Code of the app', totp(secret));
  await person.at('Your account');
}

for (const [name, comes] of Object.entries(programs))
  test(`who comes from ${name} logs in with password and passkey`, async () => {
    const user = await comes();
    const person = await Person.arrive(browser, instance.url, 'import-from');
    await person.withoutAutofill();
    try {
      await byPassword(person, user);
      await person.page.getByText(user.address).first().waitFor();
      await person.press('Log out');
      await person.at('Log in');
      const authenticator = await addAuthenticator(person.context,
        person.page);
      await authenticator.add(user.device);
      /* Nobody says who they are: the passkey does. */
      await person.press('Use a passkey');
      await person.at('Your account');
      await person.page.getByText(user.address).first().waitFor();
      assert.deepEqual(person.problems, []);
    } finally {
      await person.context.close();
    }
  });
