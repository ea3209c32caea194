/*
 * Holds responses against fcgi/openapi.yaml.
 *
 * check() refuses what the description does not say: an operation, status,
 * media type, header or body that is not documented.  What it accepts it
 * notes, one line "POST /users 409" each, in the file that $POSTERN_COVERAGE
 * names, so that tests/openapi/coverage.mjs can tell at the end which
 * documented statuses no test has provoked.
 */
import { AssertionError } from 'node:assert';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv2020 from 'ajv/dist/2020.js';
import { parse } from 'yaml';

export const DESCRIPTION = fileURLToPath(
  new URL('../../fcgi/openapi.yaml', import.meta.url));

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const BASE = 'postern:openapi';

/* Situations that are no operation; keys of x-postern-general. */
const SITUATIONS = [
  'preflight', 'unknown-path', 'unknown-method', 'any-request',
  'dfns-preflight', 'dfns-unknown-path', 'dfns-unknown-method',
  'dfns-any-request',
];

const FORMATS = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
  'date-time': (text) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)
      && !Number.isNaN(Date.parse(text)),
};

function pointer(...keys) {
  return keys
    .map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1'))
    .map(encodeURIComponent)
    .reduce((path, key) => `${path}/${key}`, '#');
}

function pathPattern(template) {
  const source = template
    .split(/\{[^}]+\}/)
    .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]+');
  return new RegExp(`^${source}$`);
}

/* To parse it takes longer than many a test: lib/template.sh has done it. */
function read(file) {
  const template = process.env.POSTERN_TEST_TEMPLATE;
  return template && file === DESCRIPTION
    ? JSON.parse(readFileSync(join(template, 'openapi.json'), 'utf8'))
    : parse(readFileSync(file, 'utf8'));
}

/* %6d is m; what cannot be decoded is matched as it is. */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

export class Description {
  constructor(file = DESCRIPTION) {
    this.doc = read(file);
    this.general = this.doc['x-postern-general'] ?? {};
    this.paths = Object.keys(this.doc.paths)
      .sort((a, b) => a.includes('{') - b.includes('{'))
      .map((path) => ({ path, pattern: pathPattern(path) }));
    this.ajv = new Ajv2020({
      strict: false, allErrors: true, formats: FORMATS,
    });
    this.ajv.addSchema(this.doc, BASE);
    this.validators = new Map();
  }

  /* Every documented pair: "POST /users 409", "unknown-path 404". */
  pairs() {
    const all = [];
    for (const [path, item] of Object.entries(this.doc.paths))
      for (const method of METHODS.filter((name) => item[name]))
        for (const status of Object.keys(item[method].responses))
          all.push(`${method.toUpperCase()} ${path} ${status}`);
    for (const name of SITUATIONS)
      for (const status of Object.keys(this.general[name] ?? {}))
        all.push(`${name} ${status}`);
    return all;
  }

  /* A reference followed to what it names, with the pointer to it. */
  resolve(node, where) {
    if (!node?.$ref)
      return { node, where };
    const keys = node.$ref.slice(2).split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const target = keys.reduce((at, key) => at?.[key], this.doc);
    return this.resolve(target, pointer(...keys));
  }

  /*
   * What the description says about a status of a request: the pair's name,
   * the response and the pointer to it; undefined if nothing.
   */
  find(method, path, status) {
    const asked = (method === 'HEAD' ? 'GET' : method).toLowerCase();
    const plain = decoded(path);
    const known = this.paths.filter(({ pattern }) => pattern.test(plain));
    const named = known.find((entry) => this.doc.paths[entry.path][asked]);
    const situations = ['any-request'];
    const of = (name, keys) => {
      const at = keys.reduce((node, key) => node?.[key], this.doc);
      const response = at?.[status];
      return response && {
        name: `${name} ${status}`,
        ...this.resolve(response, pointer(...keys, String(status))),
      };
    };

    if (method === 'OPTIONS')
      situations.push('preflight');
    else if (known.length === 0)
      situations.push('unknown-path');
    else if (!this.doc.paths[known[0].path][asked])
      situations.push('unknown-method');
    const operation = named && of(`${asked.toUpperCase()} ${named.path}`,
      ['paths', named.path, asked, 'responses']);
    const family = plain.startsWith('/auth/') ? 'dfns-' : '';
    return operation ?? situations
      .map((name) => of(family + name, ['x-postern-general', family + name]))
      .find(Boolean);
  }

  /* The faults of a value under the schema at a pointer, as lines. */
  schemaFaults(where, value, what) {
    if (!this.validators.has(where))
      this.validators.set(where, this.ajv.compile({ $ref: BASE + where }));
    const validate = this.validators.get(where);
    if (validate(value))
      return [];
    return validate.errors.map(({ instancePath, message, params }) =>
      `${what}${instancePath} ${message} ${JSON.stringify(params)}`);
  }

  headerFaults(documented, where, headers) {
    return Object.entries(documented ?? {}).flatMap(([name, header]) => {
      const at = this.resolve(header, `${where}/${encodeURIComponent(name)}`);
      const value = headers[name.toLowerCase()];
      if (value === undefined)
        return at.node.required ? [`header ${name} is missing`] : [];
      return [value].flat().flatMap((one) =>
        this.schemaFaults(`${at.where}/schema`, one, `header ${name}`));
    });
  }

  bodyFaults({ node, where }, { method, headers, body }) {
    const type = headers['content-type'];
    const media = node.content?.[type] ? type : type?.split(';')[0].trim();
    const schema = node.content?.[media]?.schema;

    if (method === 'HEAD' || !node.content)
      return body.length > 0 ? ['there is a body where none belongs'] : [];
    if (!schema)
      return [`media type ${type} is not documented`];
    if (media?.split(';')[0] !== 'application/json')
      return this.schemaFaults(
        `${where}/content/${pointer(media).slice(2)}/schema`, body, 'body');
    if (type !== media)
      return [`content type is ${type}, not exactly ${media}`];
    let value;
    try {
      value = JSON.parse(body);
    } catch (error) {
      return [`body is not JSON: ${error.message}`];
    }
    return this.schemaFaults(
      `${where}/content/${pointer(media).slice(2)}/schema`, value, 'body');
  }

  oneOfFaults(node, headers) {
    const names = node['x-postern-exactly-one-of'];
    const there = names?.filter((name) => headers[name.toLowerCase()]);
    return !names || there.length === 1 ? []
      : [`exactly one of ${names.join(', ')} belongs here, not ${there.length}`];
  }

  /*
   * method, path (below the base path, without the query), status, headers
   * (as node:http gives them) and body (text) of one response.  Throws an
   * AssertionError that lists every fault; returns the name of the pair.
   */
  check(exchange) {
    const { method, path, status, headers } = exchange;
    const found = this.find(method, path, status);
    const general = decoded(path).startsWith('/auth/') ? 'dfns-headers'
      : 'headers';
    const faults = found ? [
      ...this.headerFaults(this.general[general],
        pointer('x-postern-general', general), headers),
      ...this.headerFaults(found.node.headers, `${found.where}/headers`,
        headers),
      ...this.oneOfFaults(found.node, headers),
      ...this.bodyFaults(found, exchange),
    ] : ['this status is not documented here'];

    if (faults.length > 0)
      throw new AssertionError({
        message: [
          `${method} ${path} answered ${status} against the description:`,
          ...faults.map((fault) => `  ${fault}`),
          `  headers: ${JSON.stringify(headers)}`,
          `  body: ${exchange.body.slice(0, 2000)}`,
        ].join('\n'),
      });
    if (process.env.POSTERN_COVERAGE && method !== 'HEAD')
      appendFileSync(process.env.POSTERN_COVERAGE, `${found.name}\n`);
    return found.name;
  }
}

let shared;

/* The description of this source tree, read once a process. */
export function description() {
  return shared ??= new Description();
}
