/*
 * usage: node tests/races/run.mjs [--parallel N] [--rounds N] [--costly N]
 *            [NAME]...
 *
 * Run the races of tests/lib/races.mjs, all or those whose name has a NAME in
 * it: 50 requests at a time, in 1000 rounds, or where a round is costly in
 * 100.  One line each says how many rounds there were and how many winners;
 * the exit status is 1 unless every round had exactly one.  $POSTERN_BUILD is
 * a finished build; one without sanitizers is quicker.
 */
import { start } from '../lib/instance.mjs';
import { Field, races, run, settings } from '../lib/races.mjs';

function options(words) {
  const known = { '--parallel': 50, '--rounds': 1000, '--costly': 100 };
  const names = [];
  for (let i = 0; i < words.length; i++)
    if (words[i] in known)
      known[words[i]] = Number(words[++i]);
    else
      names.push(words[i]);
  if (Object.values(known).some((n) => !(n > 0))
      || names.some((name) => name.startsWith('-'))) {
    console.error('usage: node tests/races/run.mjs [--parallel N] [--rounds N]'
      + ' [--costly N] [NAME]...');
    process.exit(2);
  }
  return { parallel: known['--parallel'], rounds: known['--rounds'],
    costly: known['--costly'], names };
}

async function one(race, { parallel, rounds, costly }) {
  const instance = await start({ set: { ...settings, ...race.set } });
  const field = new Field(instance, parallel);
  const began = Date.now();
  try {
    const { winners, strange } = await run(race, field,
      { parallel, rounds: race.cheap ? rounds : costly });
    console.log(`${race.name}: ${race.cheap ? rounds : costly} rounds of ${
      parallel}, ${winners} winners, ${strange.length} strange, ${
      Math.round((Date.now() - began) / 1000)} s`);
    for (const round of strange.slice(0, 10))
      console.log(`  ${JSON.stringify(round)}`);
    return strange.length === 0;
  } finally {
    field.close();
    await instance.stop();
  }
}

const asked = options(process.argv.slice(2));
const chosen = races.filter(({ name }) => asked.names.length === 0
  || asked.names.some((part) => name.includes(part)));
let good = chosen.length > 0;
for (const race of chosen)
  good = await one(race, asked) && good;
process.exitCode = good ? 0 : 1;
