/*
 * usage: node compare.mjs UPSTREAM [OVERLAY [DESCRIPTION]]
 *
 * Compares fcgi/openapi.yaml with the description that Hanko publishes; or
 * fcgi/openapi-admin.yaml, by overlay-admin.yaml.
 * Every difference has a name, such as "GET /me status 404 only upstream".
 * overlay.yaml names each one that is meant, with its reason.  A difference
 * without an entry fails, and so does an entry without a difference.
 *
 * What is compared: operations, who may call them, parameters, members of
 * request and response bodies with their types and whether they are required,
 * statuses, media types and headers.  Texts are not.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { DESCRIPTION } from '../lib/openapi.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];

/* One of the two documents, reduced to what is compared. */
class Side {
  constructor(file) {
    this.doc = parse(readFileSync(file, 'utf8'));
  }

  resolve(node) {
    if (!node?.$ref)
      return node;
    const { $ref, ...beside } = node;
    const keys = $ref.slice(2).split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const target = this.resolve(keys.reduce((at, key) => at[key], this.doc));
    return { ...target, allOf: [...target.allOf ?? [], beside] };
  }

  operations() {
    const all = new Map();
    for (const [path, item] of Object.entries(this.doc.paths))
      for (const method of METHODS.filter((name) => item[name]))
        all.set(`${method.toUpperCase()} ${path}`, {
          security: this.doc.security,
          ...item[method],
          parameters: [...item.parameters ?? [],
            ...item[method].parameters ?? []],
        });
    return all;
  }

  /*
   * A schema as a map from member path to what is said of it: "[].id" ->
   * { type, required }.  Alternatives are merged: a member is required if it
   * is in all of them.
   */
  members(schema, at = '', into = new Map(), required = true) {
    const node = this.flat(schema);
    into.set(at || '(all)', { type: typeName(node), required });
    for (const [name, member] of Object.entries(node.properties))
      this.members(member, `${at}.${name}`, into, node.required.has(name));
    if (node.items)
      this.members(node.items, `${at}[]`, into, true);
    return into;
  }

  flat(schema) {
    const node = this.resolve(schema) ?? {};
    const out = {
      type: node.type ?? literalType(node),
      properties: { ...node.properties },
      required: new Set(node.required),
      items: node.items,
    };
    const merge = (part, alternative) => {
      out.type ??= part.type;
      out.items ??= part.items;
      for (const [name, member] of Object.entries(part.properties))
        out.properties[name] ??= member;
      if (!alternative)
        part.required.forEach((name) => out.required.add(name));
    };
    for (const part of node.allOf ?? [])
      merge(this.flat(part), false);
    const choices = (node.oneOf ?? []).map((part) => this.flat(part));
    choices.forEach((part) => merge(part, true));
    choices[0]?.required.forEach((name) => {
      if (choices.every((part) => part.required.has(name)))
        out.required.add(name);
    });
    return out;
  }
}

function literalType({ const: literal, enum: values }) {
  const value = literal ?? values?.[0];
  return value === undefined ? undefined : typeof value;
}

/* 3.0 has no types "integer, or number" that we would want to tell apart. */
function typeName({ type, properties, items }) {
  const name = type ?? (Object.keys(properties).length > 0 ? 'object'
    : items ? 'array' : 'any');
  return name === 'number' ? 'integer' : name;
}

/* The differences between two maps, each key handed to same() if in both. */
function* differ(what, ours, theirs, same = function* none() {}) {
  for (const key of new Set([...ours.keys(), ...theirs.keys()]))
    if (!theirs.has(key))
      yield `${what} ${key} only ours`;
    else if (!ours.has(key))
      yield `${what} ${key} only upstream`;
    else
      yield* same(key, ours.get(key), theirs.get(key));
}

/* Without the members of members that the other side has not, or not alike. */
function shared(members, other) {
  const lacking = [...members.keys()].filter((key) =>
    other.get(key)?.type !== members.get(key).type);
  return new Map([...members].filter(([key]) =>
    !lacking.some((parent) => key !== parent
      && (key.startsWith(`${parent}.`) || key.startsWith(`${parent}[`)))));
}

function entries(object) {
  return new Map(Object.entries(object ?? {}));
}

function* differSchemas(what, [ours, mine], [theirs, its]) {
  if (!mine || !its)
    return;
  const [x, y] = [ours.members(mine), theirs.members(its)];
  yield* differ(`${what} member`, shared(x, y), shared(y, x),
    function* same(key, a, b) {
      if (a.type !== b.type)
        yield `${what} member ${key} type ${a.type} not ${b.type}`;
      if (a.required !== b.required)
        yield `${what} member ${key} `
          + (a.required ? 'required only ours' : 'required only upstream');
    });
}

function* differContent(what, [ours, mine], [theirs, its]) {
  yield* differ(`${what} media`, entries(mine), entries(its),
    function* same(key, a, b) {
      yield* differSchemas(what, [ours, a.schema], [theirs, b.schema]);
    });
}

function* differResponses(what, [ours, mine], [theirs, its]) {
  yield* differ(`${what} status`, entries(mine.responses),
    entries(its.responses), function* same(status, a, b) {
      const name = `${what} status ${status}`;
      const [x, y] = [ours.resolve(a), theirs.resolve(b)];
      yield* differ(`${name} header`, entries(x.headers), entries(y.headers));
      yield* differContent(name, [ours, x.content], [theirs, y.content]);
    });
}

function* differOperations(what, [ours, mine], [theirs, its]) {
  const guarded = ({ security = [] }) =>
    security.length > 0 && security.every((one) => Object.keys(one).length);
  const names = (side, { parameters = [] }) => new Map(parameters
    .map((one) => side.resolve(one))
    .map((one) => [`${one.in} ${one.name}`, one]));
  const bodies = [mine, its].map((one) => one.requestBody);

  if (guarded(mine) !== guarded(its))
    yield `${what} session required only `
      + (guarded(mine) ? 'ours' : 'upstream');
  yield* differ(`${what} parameter`, names(ours, mine), names(theirs, its));
  yield* differContent(`${what} request`,
    [ours, ours.resolve(bodies[0])?.content],
    [theirs, theirs.resolve(bodies[1])?.content]);
  yield* differResponses(what, [ours, mine], [theirs, its]);
}

export function differences(oursFile, theirsFile) {
  const [ours, theirs] = [new Side(oursFile), new Side(theirsFile)];
  return [...differ('', ours.operations(), theirs.operations(),
    (name, a, b) => differOperations(name, [ours, a], [theirs, b]))]
    .map((text) => text.trim());
}

/* "* status 500 only upstream" as an expression; * is any run of characters. */
function glob(text) {
  const source = text.split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`);
}

/* The overlay as a list of { name, pattern, reason, used }. */
export function readOverlay(file) {
  const doc = parse(readFileSync(file, 'utf8'));
  const entry = (name, reason) => ({ name, reason, pattern: glob(name),
    used: 0 });
  return [
    ...Object.entries(doc['not yet offered']).flatMap(([area, operations]) =>
      operations.map((name) => entry(`${name} only upstream`, area))),
    ...doc.differences.flatMap(({ where, reason }) =>
      [where].flat().map((name) => entry(name, reason))),
  ];
}

function main([theirs, overlayFile, ours]) {
  if (!theirs) {
    console.error('usage: node compare.mjs UPSTREAM [OVERLAY [DESCRIPTION]]');
    return 2;
  }
  const overlay = readOverlay(overlayFile
    ?? fileURLToPath(new URL('overlay.yaml', import.meta.url)));
  const found = differences(ours ?? DESCRIPTION, theirs);
  const unnamed = found.filter((text) => {
    const entry = overlay.find(({ pattern }) => pattern.test(text));
    if (entry)
      entry.used += 1;
    return !entry;
  });
  const idle = overlay.filter(({ used }) => used === 0);

  unnamed.forEach((text) => console.log(`not in the overlay: ${text}`));
  overlay.filter(({ reason }) => !reason)
    .forEach(({ name }) => console.log(`without a reason: ${name}`));
  idle.forEach(({ name }) => console.log(`applies no longer: ${name}`));
  console.log(`${found.length} differences, ${unnamed.length} unnamed,`
    + ` ${idle.length} entries without one`);
  return unnamed.length + idle.length
    + overlay.filter(({ reason }) => !reason).length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = main(process.argv.slice(2));
