/* Metadata: what sites keep with a user, as JSON that is typed. */
import { ApiError } from './api.js';
import { call } from './call.js';
import { area, form, hint, section } from './parts.js';
import { Told } from './ui.js';

const kinds = [['public_metadata', 'Public'], ['private_metadata', 'Private'],
  ['unsafe_metadata', 'Unsafe']];

const isObject = (value) => typeof value === 'object' && value !== null
  && !Array.isArray(value);

/* The merge patch (RFC 7396) that makes an object what it shall be. */
export function patchOf(from, to) {
  const gone = Object.keys(from).filter((name) => !Object.hasOwn(to, name))
    .map((name) => [name, null]);
  const changed = Object.entries(to)
    .filter(([name, value]) => JSON.stringify(value)
      !== JSON.stringify(from[name]))
    .map(([name, value]) => [name, isObject(value) && isObject(from[name])
      ? patchOf(from[name], value) : value]);

  return Object.fromEntries([...gone, ...changed]);
}

const shown = (value) => (value === undefined ? ''
  : JSON.stringify(value, null, 2));

/* What is typed, or null for nothing. */
function parse(text, label) {
  let value;

  if (text.trim() === '')
    return null;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Told(`${label}: that is no JSON (${error.message}).`);
  }
  if (!isObject(value))
    throw new Told(`${label}: begin with { and end with }.`);
  return value;
}

/* The change of all three; null: there is none. */
function changeOf(before, values) {
  const changes = kinds.map(([name, label]) => {
    const to = parse(values[name], label);
    const from = before[name];
    return [name, to && from ? patchOf(from, to) : to, from];
  }).filter(([, to, from]) => (to ? Object.keys(to).length > 0 || !from
    : from !== undefined));

  return changes.length === 0 ? null : Object.fromEntries(changes);
}

/* What there is, and the state that a change is based on. */
export async function readMetadata(path) {
  const { data, headers } = await call('GET', `${path}/metadata`);

  return { has: data ?? {}, tag: headers.get('ETag') };
}

/* Only if nobody has changed it since it was shown. */
async function change(here, { has, tag }, values) {
  const patch = changeOf(has, values);

  if (!patch)
    return 'Nothing is changed.';
  try {
    await call('PATCH', `${here.path}/metadata`, patch,
      { 'If-Match': tag });
  } catch (error) {
    if (error instanceof ApiError && error.status === 412)
      await here.redraw();
    throw error;
  }
  return 'The metadata is changed.';
}

/* The section.  here: as in user.js; done(text): draws all anew and says it. */
export const metadata = (here, kept, done) => section('metadata', 'Metadata',
  hint('As JSON. The user reads what is public, may change what is unsafe, and'
    + ' is not told what is private.'),
  form('metadata', kinds.map(([name, label]) =>
    area(name, label, shown(kept.has[name]))), 'Change', async (values) =>
    done(await change(here, kept, values)), { name: 'Metadata' }));
