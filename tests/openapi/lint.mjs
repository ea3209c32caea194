/*
 * usage: node lint.mjs [DESCRIPTION]
 *
 * What Redocly's linter finds in the description, its warnings too, parts of
 * it that nothing refers to, and arrays of nobody knows what.  The exit status
 * is 1 if there is anything.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import redocly from '@redocly/openapi-core';
import { parse } from 'yaml';
import { DESCRIPTION } from '../lib/openapi.mjs';

const rules = {
  /* Some answers do not depend on what was asked. */
  'operation-4xx-response': 'off',
  /* And one operation is always refused. */
  'operation-2xx-response': 'off',
  /* It does not know x-postern-general: unused() does. */
  'no-unused-components': 'off',
};

function unused(file) {
  const text = readFileSync(file, 'utf8');
  const { components } = parse(text);
  return Object.entries(components)
    .filter(([kind]) => kind !== 'securitySchemes')
    .flatMap(([kind, all]) => Object.keys(all)
      .map((name) => `#/components/${kind}/${name}`))
    .filter((pointer) => !text.includes(`'${pointer}'`)
      && !text.includes(`'${pointer}/`))
    .map((pointer) => `${pointer}: nothing refers to it`);
}

/* Whatever tools make of an array, they want to know of what it is one. */
function bare(node, at = '#') {
  if (node === null || typeof node !== 'object')
    return [];
  const lacks = [node.type].flat().includes('array') && !('items' in node);
  return [...lacks ? [`${at}: an array without items`] : [],
    ...Object.entries(node).flatMap(([name, one]) =>
      bare(one, `${at}/${name}`))];
}

/* As lines; none if all is well. */
export async function problems(file = DESCRIPTION) {
  const config = await redocly.createConfig({ extends: ['recommended'],
    rules });
  const found = await redocly.lint({ ref: file, config });
  return [...unused(file), ...bare(parse(readFileSync(file, 'utf8'))), ...found.map(({ severity, ruleId, message,
    location: [at] }) => `${at.pointer}: ${severity} ${ruleId}: ${message}`)];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = await problems(process.argv[2]);
  found.forEach((line) => console.log(line));
  process.exitCode = found.length > 0 ? 1 : 0;
}
