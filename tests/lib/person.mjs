/* A person in front of a page that quickstart serves. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { top } from './instance.mjs';
import { codeIn, nextMail } from './maildir.mjs';

const shots = process.env.POSTERN_SCREENSHOTS
  ?? join(top, 'build/test/screenshots');

const axe = readFileSync(createRequire(import.meta.url)
  .resolve('axe-core/axe.min.js'), 'utf8');

export const desktop = { width: 1100, height: 800 };
export const phone = { width: 360, height: 740 };

/* The page as a person with a keyboard and a screen reader meets it. */
export class Person {
  static async arrive(browser, url, name, options) {
    const person = new this();
    mkdirSync(shots, { recursive: true });
    person.name = name;
    person.problems = [];
    person.context = await browser.newContext({ reducedMotion: 'reduce',
      locale: 'en-GB', ...options });
    person.context.setDefaultTimeout(60000);
    person.page = await person.context.newPage();
    person.page.on('pageerror', (error) =>
      person.problems.push(String(error)));
    person.page.on('console', (message) => {
      /* A 4xx is news to the page, not a fault of it. */
      if (message.type() === 'error'
          && !/the server responded with a status of 4/.test(message.text()))
        person.problems.push(message.text());
    });
    await person.page.goto(`${url}/`);
    return person;
  }

  /* In front of the page for the API without flows. */
  static withoutFlows(browser, url, ...more) {
    return this.arrive(browser, `${url}/rest.html#`, ...more);
  }

  /* Wait for a step: its heading is shown, and has the focus. */
  async at(title) {
    const heading = this.page.getByRole('heading', { name: title, level: 1 });
    await heading.and(this.page.locator(':focus')).waitFor();
  }

  /* The field that has this label, among those that are shown. */
  field(label) {
    return this.page.getByLabel(label, { exact: true })
      .and(this.page.locator('input, select, textarea'))
      .filter({ visible: true });
  }

  fill(label, text) {
    return this.field(label).fill(text);
  }

  /* Fill a field, and press Enter in it. */
  async enter(label, text) {
    await this.fill(label, text);
    await this.field(label).press('Enter');
  }

  press(name) {
    return this.page.getByRole('button', { name, exact: true }).click();
  }

  async hears(role, text) {
    await this.page.getByRole(role).filter({ hasText: text }).waitFor();
  }

  /* A step that is worth a picture is for everybody. */
  async shot(step) {
    await this.page.screenshot({ fullPage: true,
      path: join(shots, `${this.name}-${step}.png`) });
    await this.isForEverybody(step);
  }

  /* What axe finds wrong with the page at rest, by rule and element. */
  async isForEverybody(step) {
    await this.atRest();
    if (!await this.page.evaluate(() => 'axe' in window))
      await this.page.evaluate(`${axe}; undefined`);
    const found = await this.page.evaluate(async () =>
      (await window.axe.run({ resultTypes: ['violations'] })).violations
        .flatMap(({ id, help, nodes }) => nodes.map(({ target }) =>
          `${id}: ${help}: ${target.join(' ')}`)));
    assert.deepEqual(found, [], step);
  }

  /* All is loaded, and no colour is on its way to another. */
  async atRest() {
    await this.page.waitForLoadState();
    await this.page.evaluate(() => Promise.allSettled(
      document.getAnimations().map(({ finished }) => finished))
      .then(() => undefined));
  }

  focused() {
    return this.page.evaluate(() => document.activeElement.id
      || document.activeElement.textContent);
  }

  /* The page is wider than the window: somebody has to scroll sideways. */
  overflow() {
    return this.page.evaluate(() =>
      document.documentElement.scrollWidth - window.innerWidth);
  }

  /* No passkey is offered in the e-mail field until the next reload. */
  withoutAutofill() {
    return this.page.evaluate(() => {
      window.PublicKeyCredential.isConditionalMediationAvailable =
        async () => false;
    });
  }

  async cookie() {
    const all = await this.context.cookies();
    return all.find(({ name }) => name === 'hanko');
  }

  /* On the page for the API without flows. */
  async signUp(instance, email) {
    await this.at('Log in or sign up');
    await this.enter('E-mail address', email);
    await this.at('Create an account?');
    await this.press('Create account');
    await this.at('Check your mail');
    return codeIn(await nextMail(instance.mailDir, email));
  }
}

/* Somebody who has a keyboard, and no mouse. */
export class Typist extends Person {
  /* The button or field that has the focus, by what it is called. */
  focusName() {
    return this.page.evaluate(() => {
      const { activeElement: here } = document;
      return here.getAttribute('aria-label') ?? here.labels?.[0]?.textContent
        ?? here.textContent;
    });
  }

  /* Go there with the Tab key alone. */
  async tabTo(name, key = 'Tab') {
    for (let i = 0; i < 60; i++) {
      if (await this.focusName() === name)
        return;
      await this.page.keyboard.press(key);
    }
    assert.fail(`no way to "${name}"`);
  }

  async press(name, key) {
    await this.tabTo(name, key);
    await this.page.keyboard.press('Enter');
  }

  /* Type over what is in the field of this name, and press Enter. */
  async enter(label, text) {
    await this.tabTo(label);
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
  }
}
