/* CommonJS packages, as npm has them, before a browser. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIRE = /\brequire\((['"])([^'"]+)\1\)/g;

/* The file that a package has for browsers, as its package.json says. */
const forBrowsers = {
  buffer: 'index.js',
  'cross-fetch': 'dist/browser-ponyfill.js',
  uuid: 'dist/commonjs-browser/index.js',
};

/* Where a name leads that a file requires; instead: as commonJs() has it. */
function find(file, name, instead) {
  const require = createRequire(file);
  const renamed = Object.entries(instead).reduce((text, [from, to]) =>
    (text === from || text.startsWith(`${from}/`)
      ? to + text.slice(from.length) : text), name);

  return forBrowsers[name] ? join(dirname(
    require.resolve(`${name}/package.json`)), forBrowsers[name])
    : require.resolve(renamed);
}

/*
 * One script of packages and all that they require, each file as it is, in a
 * function of its own; window.packages has what they export, by name.
 * instead	{ 'name': 'name it is installed as' }
 */
export function commonJs(names, instead = {}) {
  const here = fileURLToPath(import.meta.url);
  const files = new Map();
  const add = (file) => {
    if (files.has(file))
      return;
    const json = file.endsWith('.json');
    const text = (json ? 'module.exports = ' : '')
      + readFileSync(file, 'utf8');
    const needs = Object.fromEntries([...text.matchAll(REQUIRE)]
      .map(([, , name]) => [name, find(file, name, instead)]));
    files.set(file, { text, needs });
    Object.values(needs).forEach(add);
  };
  const entries = Object.fromEntries(names.map((name) =>
    [name, find(here, name, instead)]));
  Object.values(entries).forEach(add);
  const parts = [...files].map(([file, { text, needs }]) =>
    `${JSON.stringify(file)}: [${JSON.stringify(needs)},\n`
      + `function (module, exports, require) {\n${text}\n}]`);
  return `{
const files = {\n${parts.join(',\n')}\n};
const loaded = {};
const load = (file) => {
  if (!loaded[file]) {
    const [needs, run] = files[file];
    const module = loaded[file] = { exports: {} };
    run.call(module.exports, module, module.exports,
      (name) => load(needs[name]));
  }
  return loaded[file].exports;
};
window.packages = {};
for (const [name, file] of Object.entries(${JSON.stringify(entries)}))
  window.packages[name] = load(file);
}
`;
}
