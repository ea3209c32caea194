/* Dfns: who has an account is told by mail what was done to it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Key, codeTo, loggedIn, signed } from '../lib/dfns.mjs';
import { start, top, until } from '../lib/instance.mjs';
import { languages, mailsTo, partText } from '../lib/maildir.mjs';

const foreign = languages.filter((language) => language !== 'en');
let instance;
let count = 0;

before(async () => {
  instance = await start();
});
after(() => instance?.stop());

/* A member of an organisation of their own. */
async function someone() {
  const name = `Notice ${++count}`;
  const who = { ...await loggedIn(instance, name, freshAddress('notice')),
    name };
  await instance.allSent();
  return who;
}

/* A line of a translation, filled in. */
function textOf(language, key, who) {
  const file = readFileSync(join(top, `etc/mail/${language}.lang`), 'utf8');
  return new RegExp(`^${key} = (.*)$`, 'm').exec(file)[1]
    .replaceAll('{{service_name}}', who.name)
    .replaceAll('{{username}}', who.username)
    .replaceAll('{{org}}', who.orgId)
    .replaceAll('{{api}}', 'Dfns API');
}

/* What says more than a code does, oldest first; not that of the registration,
   which is the first one. */
const noticesTo = (who) => mailsTo(instance.mailDir, who.username)
  .map(({ mail }) => mail)
  .filter((mail) => !/\b\d{4}-\d{4}-/.test(partText(mail, 'text/plain')))
  .slice(1);

const noticeTo = (who, n = 1) => until(() => noticesTo(who)[n - 1],
  `notice ${n} to ${who.username}`);

/* One more credential. */
async function add(who, language, kind = 'Key', key = new Key()) {
  const { body } = await who.call('POST', '/auth/credentials/init', { kind },
    { status: 200 });
  const { credentialKind, credentialInfo } = key.create(body.challenge,
    { kind });
  who.api.headers['Accept-Language'] = language;
  return signed(who, 'POST', '/auth/credentials', {
    challengeIdentifier: body.challengeIdentifier, credentialName: 'more',
    credentialKind, credentialInfo });
}

/* A recovery by a key, up to its last request. */
async function recovery(who, key) {
  const { api, orgId, username } = who;
  await api.call('POST', '/auth/recover/user/code', { orgId, username },
    { status: 200 });
  const begun = await api.call('POST', '/auth/recover/user/init', { orgId,
    username, credentialId: key.credId,
    verificationCode: await codeTo(instance.mailDir, username, 2) },
  { status: 200 });
  const newCredentials = { firstFactorCredential:
    new Key().create(begun.body.challenge) };
  const text = Buffer.from(JSON.stringify(newCredentials))
    .toString('base64url');
  return (signer = key) => api.call('POST', '/auth/recover/user',
    { recovery: signer.get(text, 'RecoveryKey'), newCredentials },
    { bearer: begun.body.temporaryAuthenticationToken });
}

test('a credential was added: told in the language of the request',
  async () => {
    for (const language of languages) {
      const who = await someone();
      assert.equal((await add(who, language)).status, 200);
      const mail = await noticeTo(who);
      assert.equal(mail.headers.subject,
        textOf(language, 'credential.subject', who));
      for (const type of ['text/plain', 'text/html'])
        for (const key of ['greeting', 'instruction', 'ignore'])
          assert.ok(partText(mail, type).replaceAll('\r\n', '\n')
            .includes(textOf(language, `credential.${key}`, who)),
          `${language} ${type} ${key}`);
    }
  });

test('what was not added is not told', async () => {
  const who = await someone();
  assert.equal((await add(who, 'en', 'Key', who.key)).status, 400);
  await instance.allSent();
  assert.equal(noticesTo(who).length, 0);
});

test('an account was recovered: told once, and only then',
  async () => {
    const who = await someone();
    const key = new Key();
    assert.equal((await add(who, 'de', 'RecoveryKey', key)).status, 200);
    await noticeTo(who);
    const recover = await recovery(who, key);
    assert.equal((await recover(who.key)).status, 401);
    await instance.allSent();
    assert.equal(noticesTo(who).length, 1);
    assert.equal((await recover()).status, 200);
    assert.equal((await recover()).status, 401);
    const mail = await noticeTo(who, 2);
    assert.equal(mail.headers.subject,
      textOf('de', 'recovered.subject', who));
    assert.ok(partText(mail, 'text/plain').includes(
      textOf('de', 'recovered.instruction', who)));
    await instance.allSent();
    assert.equal(noticesTo(who).length, 2);
  });

test('an address that was not verified gets nothing', async () => {
  const who = await someone();
  await instance.sql('UPDATE emails SET verified = 0 WHERE address = '
    + `'${who.username}'`);
  assert.equal((await add(who, 'en')).status, 200);
  await instance.allSent();
  assert.equal(noticesTo(who).length, 0);
});

test('where no mail is sent, a credential is added all the same', async () => {
  const off = await start();
  try {
    const who = await loggedIn(off, 'Silent', freshAddress());
    await off.up({ ...off.options.set, 'email_delivery.enabled': 'false' });
    assert.equal((await add(who, 'en')).status, 200);
    assert.deepEqual(await off.sql('SELECT 1 FROM outbox'), []);
  } finally {
    await off.stop();
  }
});

test('every language has every text, and none of another\'s', () => {
  const keys = (language) => readFileSync(
    join(top, `etc/mail/${language}.lang`), 'utf8').split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split(' = '));
  const english = keys('en');
  for (const language of foreign) {
    const theirs = keys(language);
    assert.deepEqual(theirs.map(([key]) => key).sort(),
      english.map(([key]) => key).sort(), language);
    for (const [key, text] of theirs) {
      const original = english.find(([one]) => one === key)[1];
      assert.deepEqual((text.match(/\{\{\w+\}\}/g) ?? []).sort(),
        (original.match(/\{\{\w+\}\}/g) ?? []).sort(), `${language} ${key}`);
      assert.ok(key.endsWith('.greeting') || text !== original,
        `${language} ${key}`);
    }
  }
});
