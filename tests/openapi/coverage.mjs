/*
 * usage: node coverage.mjs FILE
 *
 * FILE holds the lines that tests/lib/openapi.mjs noted.  Every status that
 * a description documents must have been provoked by some test; those that
 * were not are listed, and the exit status is 1.
 */
import { readFileSync } from 'node:fs';
import { DESCRIPTIONS, description } from '../lib/openapi.mjs';

const [file] = process.argv.slice(2);
if (!file) {
  console.error('usage: node coverage.mjs FILE');
  process.exit(2);
}
const seen = new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean));
const pairs = Object.keys(DESCRIPTIONS)
  .flatMap((label) => description(label).pairs());
const missing = pairs.filter((pair) => !seen.has(pair));

for (const pair of missing)
  console.log(`not provoked: ${pair}`);
console.log(`${pairs.length - missing.length} of ${pairs.length}`
  + ' documented statuses provoked');
process.exitCode = missing.length > 0 ? 1 : 0;
