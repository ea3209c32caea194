/*
 * Somebody in front of the web components, @teamhanko/hanko-elements as npm
 * has it, in one of its versions:
 *
 *   const visitor = await Visitor.arrive(browser, instance, '2.7.0');
 *   await visitor.open('hanko-auth');
 *   await visitor.fill('Email', 'ada@example.org');
 *   await visitor.at('Enter passcode');
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addAuthenticator } from './browser.mjs';
import { top, until } from './instance.mjs';
import { codeIn, nextMail } from './maildir.mjs';
import { Teller } from './teller.mjs';

const require = createRequire(import.meta.url);
const html = fileURLToPath(new URL('../browser/elements.html',
  import.meta.url));
const shots = process.env.POSTERN_SCREENSHOTS
  ?? join(top, 'build/test/screenshots');

/*
 * What is in npm by each version: 0.12.0 is the last that speaks REST, 1.0.2
 * and 2.1.0 are the oldest of their kind there.
 */
const packages = {
  '0.12.0': '@teamhanko/hanko-elements',
  '1.0.2': 'elements-1',
  '2.1.0': 'elements-2-oldest',
  '2.7.0': 'elements-2',
};

const bundles = Object.fromEntries(Object.entries(packages)
  .map(([version, name]) => {
    const bundle = require.resolve(name);
    assert.equal(JSON.parse(readFileSync(join(dirname(bundle),
      '../package.json'), 'utf8')).version, version);
    return [`/elements-${version}.js`, bundle];
  }));

/* The page and the components, for serveFiles(). */
export const pages = { '/elements.html': html, ...bundles };

/* In each page: what the components announce, in the order of its coming. */
function listen() {
  window.events = [];
  window.states = [];
  for (const name of ['session-created', 'session-expired', 'user-logged-out',
    'user-deleted', 'auth-flow-completed'])
    document.addEventListener(`hanko-${name}`, () => window.events.push(name));
  document.addEventListener('hanko-after-state-change', ({ detail }) => {
    window.states.push(detail.state.name);
    window.flow = Object.values(detail.state.actions)[0]?.href ?? window.flow;
  });

  /* A browser that does not fill in passkeys by itself. */
  if (window.location.search.includes('by-hand'))
    window.PublicKeyCredential.isConditionalMediationAvailable =
      async () => false;
}

export class Visitor extends Teller {
  /*
   * instance	whose API it is.
   * version	of the components.
   * options	name	of the pictures that are taken
   *		origin	of the page; without one, the API's own
   *		otherSite	it is none of the API's site; there an app is
   *			asked for at once
   */
  static async arrive(browser, instance, version, options = {}) {
    const visitor = new Visitor();
    Object.assign(visitor, { instance, version, pictures: 0, ...options });
    mkdirSync(shots, { recursive: true });
    visitor.context = await browser.newContext({ locale: 'en-GB',
      viewport: { width: 480, height: 900 } });
    visitor.context.setDefaultTimeout(60000);
    visitor.page = await visitor.context.newPage();
    await visitor.page.addInitScript(listen);
    if (!options.origin)
      await visitor.serveFrom(instance.url);
    visitor.authenticator = await addAuthenticator(visitor.context,
      visitor.page);
    return visitor;
  }

  /* Let page and components appear to lie where the API is. */
  async serveFrom(url) {
    this.origin = url;
    for (const [path, file] of Object.entries(pages))
      await this.page.route((at) => at.href.startsWith(url + path),
        (route) => route.fulfill({ path: file }));
  }

  /* Load the page with a component; more of its address in query. */
  async load(component, query = '') {
    /* Another address each time: another fragment alone loads nothing. */
    this.loads = (this.loads ?? 0) + 1;
    await this.page.goto(`${this.origin}/elements.html?${this.loads}&version=${
      this.version}&api=${encodeURIComponent(this.instance.url)}${query}#${
      component}`);
  }

  /*
   * The same, until it waits for a person.  Since 2.0 the components announce
   * the first step twice, the second time after a while, and then show it
   * again, wherever somebody has got to meanwhile.
   */
  async open(component, query) {
    await this.load(component, query);
    await this.rested(component === 'hanko-profile'
      ? ['profile_init', 'Emails'] : ['login_init', 'Sign in']);
  }

  /* Ways to log in, none of which the browser chooses by itself. */
  openByHand() {
    return this.open('hanko-auth', '&by-hand');
  }

  /* From the first step of a log-in to that of a sign-up. */
  async signUp() {
    await this.page.evaluate(() => window.states.splice(0));
    await this.press(this.version === '2.7.0' ? 'Create account'
      : "Don't have an account?");
    await this.rested(['registration_init', 'Create account']);
  }

  async rested([state, heading]) {
    /* Not looked at in each frame, which would be painted for it. */
    if (this.version.startsWith('2'))
      await this.page.waitForFunction((name) => window.states
        .filter((one) => one === name).length === 2, state, { polling: 50 });
    else
      await this.at(heading);
  }

  at(name) {
    return this.page.getByRole('heading', { name, exact: true, level: 1 })
      .waitFor();
  }

  says(text) {
    return this.page.getByText(text).filter({ visible: true }).first()
      .waitFor();
  }

  button(name) {
    return this.page.getByRole('button', { name: new RegExp(
      `^${name.replace(/[?']/g, '\\$&')}$`, 'i') });
  }

  press(name) {
    return this.button(name).filter({ visible: true }).first().click();
  }

  /* The entry of a list in the profile that this text is in. */
  entry(text) {
    return this.page.locator('label', { hasText: text }).first();
  }

  unfold(text) {
    return this.entry(text).click();
  }

  /* Do something in the profile that stays there, until it is answered. */
  async answered(action, fn) {
    await Promise.all([fn(), this.page.waitForResponse((response) =>
      response.request().method() === 'POST'
      && response.url().includes(`?action=${action}%40`))]);
    await until(() => this.button('Delete account').isEnabled(), action);
  }

  /* Press a button of an entry that is unfolded. */
  pressIn(text, name) {
    return this.entry(text).locator('..').getByRole('button', { name,
      exact: true }).click();
  }

  gone(text) {
    return this.page.locator('label', { hasText: text })
      .waitFor({ state: 'detached' });
  }

  field(placeholder) {
    return this.page.getByPlaceholder(placeholder, { exact: true })
      .filter({ visible: true }).first();
  }

  async fill(placeholder, text) {
    await this.field(placeholder).fill(text);
    await this.field(placeholder).press('Enter');
  }

  /* Six boxes, which send themselves; some are not emptied by an error. */
  async type(code) {
    for (let i = 5; i >= 0; i--)
      await this.page.locator(`input[name="passcode${i}"]`).fill('');
    await this.page.locator('input[name="passcode0"]').click();
    await this.page.keyboard.type(code, { delay: 20 });
  }

  async typeCodeFor(address) {
    await this.type(codeIn(await nextMail(this.instance.mailDir, address)));
  }

  /* The flow that the page is in has lasted too long. */
  async expire() {
    const href = await this.page.evaluate(() => window.flow);
    const [, id] = /%40([\da-f-]{36})$/.exec(href);
    await this.instance.sql(`UPDATE flows SET expires_at = UTC_TIMESTAMP(6)
      - INTERVAL 1 SECOND WHERE id = UNHEX('${id.replaceAll('-', '')}')`);
  }

  /* Wait until the components announce something. */
  hears(event) {
    return until(() => this.page.evaluate((name) =>
      window.events.includes(name), event), event);
  }

  /* The address of who is logged in. */
  address() {
    return this.page.evaluate(async () => {
      const me = await window.whoIsIt();
      return me.emails?.find(({ is_primary }) => is_primary)?.address
        ?? me.email;
    });
  }

  cookie(name) {
    return this.context.cookies().then((all) =>
      all.find((one) => one.name === name));
  }

  async logOut() {
    await this.page.evaluate(() => window.leave());
    assert.equal(await this.cookie('hanko'), undefined);
  }

  shot(what) {
    this.pictures += 1;
    return this.page.screenshot({ fullPage: true, path: join(shots,
      `elements-${this.name ?? this.version}-${
        String(this.pictures).padStart(2, '0')}-${what}.png`) });
  }
}
