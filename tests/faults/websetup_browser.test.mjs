/*
 * Set-up by the web as its owner sees it: in a browser, from the page that
 * comes in the archive to a login, with a web server that starts the program.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Api, freshAddress } from '../lib/api.mjs';
import { launch } from '../lib/browser.mjs';
import { top } from '../lib/instance.mjs';
import { findings, look } from '../lib/setuppage.mjs';
import { UnsetHost, dbPassword, told, token } from '../lib/unsethost.mjs';

const browsers = [];
let host;

before(async () => {
  for (let i = 0; i < 2; i++)
    browsers.push(await launch());
  host = await UnsetHost.fresh('websetup-browser');
  for (const [file, name] of [['etc/bundle/setup.html', 'setup.html'],
    ['etc/page/app.css', 'app.css']])
    cpSync(join(top, file), join(host.space.folder('id'), name));
});
after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await host?.stop();
});

/* A page that came by HTTPS; what it complains of is in page.complaints. */
async function open(options = {}, browser = browsers[0]) {
  const context = await browser.newContext({
    extraHTTPHeaders: { 'X-Tls': 'yes' }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      page.complaints.push(message.text());
  });
  return page;
}

async function giveToken(page) {
  await page.goto(`${host.url}/setup.html`);
  await page.getByLabel('What is in that file').fill(token);
  await page.getByRole('button').click();
  await page.locator('#url').waitFor();
}

async function fill(page, more = {}) {
  for (const [name, value] of Object.entries(host.answers(more)))
    if (!['token', 'sent', 'mail'].includes(name))
      await page.locator(`#${name}`).fill(value);
  await page.getByLabel('By a mail server').check();
}

/* Nobody restarts anything, and there is an account to be made. */
async function isServed() {
  await host.isServed();
  assert.equal((await host.post({ token })).status, 404);
  const api = new Api(host.url, { mailDir: join(host.machine.dir, 'mail') });
  await api.call('POST', '/user', { email: freshAddress() }, { status: 404 });
}

/* What the pages look like, and to who cannot see them. */
for (const [web, colorScheme] of [['apache', 'light'], ['lighttpd', 'dark']])
  test(`all pages, ${colorScheme}, to a login, at ${web}`, async () => {
    await host.anew(web);
    host.putToken();
    const page = await open({ bypassCSP: true, colorScheme });
    const seen = async (name) => {
      await look(page, `${name}-${colorScheme}`);
      assert.deepEqual(await findings(page), [], name);
    };
    await page.goto(`${host.url}/setup.html`);
    await seen('token');
    await giveToken(page);
    await seen('form');
    await fill(page, { db_password: 'wrong' });
    await page.getByRole('button').click();
    await page.locator('#db_password-error').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id),
      'db_password');
    await seen('error');
    await page.locator('#db_password').fill(dbPassword);
    await page.getByRole('button').click();
    await page.getByText('What is left to do').waitFor();
    assert.match(await page.content(), /courier --once/);
    await seen('done');
    await page.context().close();
    assert.equal(statSync(host.config).mode & 0o777, 0o600);
    await isServed();
  });

/* With the policy that the pages have, of which nothing is in the way. */
for (const web of ['apache', 'lighttpd'])
  test(`two browsers at once, strict, at ${web}`, async () => {
    await host.anew(web);
    host.putToken();
    const [first, second] = await Promise.all(browsers.map((browser) =>
      open({}, browser)));
    for (const page of [first, second]) {
      await giveToken(page);
      await fill(page);
    }
    const schema = await host.holdSchema();
    await first.getByRole('button').click({ noWaitAfter: true });
    await schema.isWaited();
    await second.getByRole('button').click();
    await second.getByText('Another set-up is running now').waitFor();
    await look(second, `other-${web}`);
    assert.deepEqual(await findings(second), []);
    await schema.release();
    await first.getByText('What is left to do').waitFor();
    for (const page of [first, second]) {
      assert.notEqual(await page.evaluate(() =>
        getComputedStyle(document.querySelector('main')).borderRadius), '0px');
      assert.deepEqual(page.complaints.filter((text) =>
        !text.includes('status of 409')), []);
      await page.context().close();
    }
    await isServed();
  });

test('a page that came by plain HTTP sends no token that way', async () => {
  await host.anew('apache');
  host.putToken();
  const browser = await launch(['--host-resolver-rules='
    + `MAP site.example 127.0.0.1:${host.space.port}`]);
  const page = await (await browser.newContext()).newPage();
  await page.goto('http://site.example/id/setup.html');
  await page.getByLabel('What is in that file').fill(token);
  /* Nobody speaks HTTPS there. */
  const failed = page.waitForEvent('requestfailed', { predicate: (request) =>
    request.method() === 'POST', timeout: 20000 });
  await page.getByRole('button').click({ noWaitAfter: true });
  const url = await failed.then((request) => request.url(), String);
  await browser.close();
  assert.equal(url, 'https://site.example/id/setup');
  assert.deepEqual(host.names(), ['setup-token']);
  assert.doesNotMatch(host.space.said(), /plain HTTP/);
});

test('a database that is away offers nothing', async () => {
  await host.anew('apache');
  host.putToken();
  assert.equal((await host.post(host.answers())).status, 200);
  host.putToken();
  await host.machine.database('stop');
  const { status, body } = await told(await host.post({ token }));
  assert.equal(status, 404);
  assert.ok(!body.includes('Set up'));
  assert.ok(existsSync(host.file));
});
