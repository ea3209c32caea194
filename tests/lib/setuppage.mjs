/*
 * What a page of set-up by the web looks like, and to who cannot see it.
 *
 *   await look(page, 'form');
 *   assert.deepEqual(await findings(page), []);
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top } from './instance.mjs';

const shots = process.env.POSTERN_SCREENSHOTS;

/* Not too wide for a phone nor a desktop, of which there are screenshots. */
export async function look(page, name) {
  for (const [size, width] of [['phone', 375], ['desktop', 1280]]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() =>
      document.documentElement.scrollWidth > window.innerWidth);
    assert.ok(!wide, `${name} is too wide for a ${size}`);
    if (shots)
      await page.screenshot({ path: join(shots, `setup-${name}-${size}.png`),
        fullPage: true });
  }
}

/* What axe complains of: [rule, element]. */
export async function findings(page) {
  await page.evaluate(readFileSync(join(top,
    'tests/node_modules/axe-core/axe.min.js'), 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => [id, nodes[0].html]);
}
