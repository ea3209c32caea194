/*
 * Holds requests and responses against fcgi/openapi.yaml, those of the Admin
 * API against fcgi/openapi-admin.yaml.
 *
 * check() refuses what the description does not say: an operation, status,
 * media type, header or body that is not documented; a body of a request that
 * was taken although the description forbids it, or refused for its form
 * although it is allowed.  What it accepts it
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

export const ADMIN_DESCRIPTION = fileURLToPath(
  new URL('../../fcgi/openapi-admin.yaml', import.meta.url));

/* Both, by what notes of it begin with. */
export const DESCRIPTIONS = { '': DESCRIPTION, 'admin ': ADMIN_DESCRIPTION };

/* The organisation that a path of the Admin API names. */
const ORG = /^\/([0-9a-f-]{36}|or-[0-9a-v-]+)(?=\/|$)/;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const BASE = 'postern:openapi';

/* Situations that are no operation; keys of x-postern-general. */
const SITUATIONS = [
  'preflight', 'unknown-path', 'unknown-method', 'any-request',
  'flow-unknown-method',
  'dfns-preflight', 'dfns-unknown-path', 'dfns-unknown-method',
  'dfns-any-request',
];

const FORMATS = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  email: isAddress,
  'date-time': isTime,
};

/*
 * RFC 5321 and RFC 6531, but for what the schema of addresses excludes, and
 * for what cannot be seen, or looks like something else that is excluded.
 */
function isAddress(text) {
  const [, local, domain] = /^([^@]+)@([^@]+)$/.exec(text.normalize('NFKC'))
    ?? [];
  const labels = domain?.split(/[.\u3002]/) ?? [];
  const atom = /^[^\s\p{Cc}\p{Default_Ignorable_Code_Point}"(),:;<>[\\\]]+$/u;
  return text.split('@').length === 2 && labels.length > 1 && Buffer.byteLength(local) <= 64
    && local.split('.').every((one) => atom.test(one))
    && labels.every((one) => one.length < 64 && atom.test(one)
      && /^[^!-,/:-@[-`{-~-]([^!-,/:-@[-`{-~]*[^!-,/:-@[-`{-~-])?$/u.test(one));
}

/* RFC 3339, section 5.6; no leap seconds. */
function isTime(text) {
  const [, day] = /^(\d{4}-\d\d-\d\d)[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
    .exec(text) ?? [];
  const at = Date.parse(text.toUpperCase().replace(' ', 'T'));
  return day !== undefined && !Number.isNaN(at)
    && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/*
 * How a refusal for the form of a body is worded, and what is worded so but
 * depends on more than the body: on a switch, on the time, on a cookie.
 */
const FORM = new RegExp('^(Invalid request: )?(.* )?(is a required field'
  + '|must be (a string|an object|an array|a boolean|a time|base64url'
  + '|a valid uuid4?|a valid email address|a six-digit code)|is too long'
  + '|must not contain a NUL character|is missing or malformed'
  + '|Parse error for (Assertion|Registration)'
  + '|failed to parse (UserID|emailId) as uuid|the body must be a JSON object)'
  + '( and .*)?$');
const NOT_FORM = [
  ['username is missing', (body) => body.username === undefined
    || body.username === null],
  ['expiration is missing', (body) => body.expiration !== undefined],
  ['a credential that signs', () => true],
  ['permissionId', () => true],
  ['Parse error', ({ response: { clientDataJSON: one, clientDataJson: other }
    = {} }) => Boolean(one && other && one !== other)],
  ['emailId', (body) => !body.email_id],
  ['ind is missing', ({ kind, credentialKind }) =>
    ['Password', 'Totp'].includes(kind ?? credentialKind)],
];

export function isFormRefusal(status, answer, body) {
  const message = answer?.error?.message ?? answer?.message ?? '';
  return [400, 422].includes(status) && FORM.test(message)
    && !NOT_FORM.some(([text, applies]) => message.includes(text)
      && applies(body ?? {}));
}

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
  constructor(file = DESCRIPTION, label = '') {
    this.doc = read(file);
    this.label = label;
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
          all.push(`${this.label}${method.toUpperCase()} ${path} ${status}`);
    for (const name of SITUATIONS)
      for (const status of Object.keys(this.general[name] ?? {}))
        all.push(`${this.label}${name} ${status}`);
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
        name: `${this.label}${name} ${status}`,
        ...this.resolve(response, pointer(...keys, String(status))),
      };
    };

    if (method === 'OPTIONS')
      situations.push('preflight');
    else if (known.length === 0)
      situations.push('unknown-path');
    else if (!this.doc.paths[known[0].path][asked])
      situations.push(`${this.doc.paths[known[0].path].post?.tags
        .includes('Flows') ? 'flow-' : ''}unknown-method`);
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

  /* The documented operations: { method, path, operation }. */
  operations() {
    return Object.entries(this.doc.paths).flatMap(([path, item]) =>
      METHODS.filter((name) => item[name]).map((name) =>
        ({ method: name.toUpperCase(), path, operation: item[name] })));
  }

  /* The pointer to the schema of an operation's body; undefined: it has none. */
  bodySchema(method, path) {
    const asked = method.toLowerCase();
    const plain = decoded(path);
    const named = this.paths.find((entry) => entry.pattern.test(plain)
      && this.doc.paths[entry.path][asked]);
    const keys = named && ['paths', named.path, asked, 'requestBody'];
    const body = keys?.reduce((at, key) => at?.[key], this.doc);
    return body && pointer(...keys, 'content', 'application/json', 'schema');
  }

  /* What is wrong with the body of a request; undefined: nothing is said. */
  requestFaults(method, path, value) {
    const schema = this.bodySchema(method, path);
    return schema && this.schemaFaults(schema, value, 'body');
  }

  /* sent: the value that was the body, where there was one. */
  sentFaults({ method, path, status, body, sent }) {
    const faults = sent === undefined ? undefined
      : this.requestFaults(method, path, sent);
    if (!faults)
      return [];
    if (faults.length > 0 && status < 300)
      return faults.map((fault) => `taken all the same: ${fault}`);
    let answer;
    try {
      answer = JSON.parse(body);
    } catch {
      return [];
    }
    return faults.length === 0 && isFormRefusal(status, answer, sent)
      ? ['refused for its form, which is allowed'] : [];
  }

  /*
   * method, path (below the base path, without the query), status, headers
   * (as node:http gives them) and body (text) of one response, and what was
   * sent as JSON.  Throws an AssertionError that lists every fault; returns
   * the name of the pair.
   */
  check(exchange) {
    const { method, status, headers } = exchange;
    const path = this.label === '' ? exchange.path
      : exchange.path.replace(ORG, '') || '/';
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
      ...this.sentFaults({ ...exchange, path }),
    ] : ['this status is not documented here'];

    if (faults.length > 0)
      throw new AssertionError({
        message: [
          `${method} ${path} answered ${status} against the description:`,
          ...faults.map((fault) => `  ${fault}`),
          `  headers: ${JSON.stringify(headers)}`,
          `  body: ${exchange.body.slice(0, 2000)}`,
          `  sent: ${JSON.stringify(exchange.sent)?.slice(0, 2000)}`,
        ].join('\n'),
      });
    if (process.env.POSTERN_COVERAGE && method !== 'HEAD')
      appendFileSync(process.env.POSTERN_COVERAGE, `${found.name}\n`);
    return found.name;
  }
}

const shared = {};

/* A description of this source tree, read once a process. */
export function description(label = '') {
  return shared[label] ??= new Description(DESCRIPTIONS[label], label);
}
