/* What works once works once, also for many at a time: lib/races.mjs. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { start } from '../lib/instance.mjs';
import { Field, races, run, settings } from '../lib/races.mjs';

const parallel = 20;
let instance;

before(async () => {
  instance = await start({ set: settings });
});
after(() => instance?.stop());

for (const race of races)
  test(`exactly one: ${race.name}`, async () => {
    if (race.set)
      await instance.up({ ...instance.options.set, ...race.set });
    const field = new Field(instance, parallel);
    const rounds = race.cheap ? 2 : 1;
    try {
      const { winners, strange } = await run(race, field,
        { rounds, parallel });
      assert.deepEqual(strange, []);
      assert.equal(winners, rounds);
    } finally {
      field.close();
      if (race.set)
        await instance.up();
    }
  });
