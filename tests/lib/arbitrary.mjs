/*
 * Values that a schema of fcgi/openapi.yaml allows, and values that it forbids,
 * drawn at random by a seed: the same ones at every run.  It knows the words
 * that the description uses for requests; one that it does not know is an
 * error, as is a pattern without a row below.
 */
import { Buffer } from 'node:buffer';

/* Numbers from 0 up to 1 (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 4294967296;
  };
}

const LONGEST = 20000; /* characters; longer ones are not tried */
const SIGNS = [...'abcXYZ019 _.-+/=@:;,"\'\\<>{}[]%&?#|~', '\t', '\n', '\x01',
  '\x7f', '\x84', '\u00fc', '\u00df', '\u0130', '\u200d', '\u202e', '\u6f22',
  '\ufeff', '\uffff', '\u{1f600}', '\u{10ffff}'];
const HEX = [...'0123456789abcdef'];

/* The names of hashes, in a pattern that takes any spelling of them. */
const inAnySpelling = (word) => [...word].map((one) => (/[A-Z]/.test(one)
  ? `[${one}${one.toLowerCase()}]` : one)).join('[-_]*');
const HASHES = `^$|^[-_]*((${inAnySpelling('RSA')}[-_]*|${
  inAnySpelling('ECDSA')}[-_]*)?${inAnySpelling('SHA')}[-_]*(${
  inAnySpelling('256')}|${inAnySpelling('512')})|${inAnySpelling('EDDSA')}|${
  inAnySpelling('ED25519')})[-_]*$`;

/*
 * The patterns of the description: good(draw, length) is of that many
 * characters, or of as many as it has; bad are texts that do not match.
 */
const PATTERNS = {
  [HASHES]: { good: (draw) => ['', 'SHA-256', 'sha256', 'Sha_512', 'RSA-SHA256',
    'ecdsa_sha-512', 'EdDSA', 'ed25519', '-SHA256-'][draw(9)],
  bad: ['-', 'SHA-1', 'md5', 'SHA-2567', 'none', 'ES256'] },
  '^[^\\u0000]*$': { good: text, bad: ['\0', 'a\0b'] },
  '^[^\\u0000]+$': { good: text, bad: ['', '\0', 'a\0b'], least: 1 },
  '^[0-9]{6}$': { good: (draw) => letters(draw, [...'0123456789'], 6),
    bad: ['', '12345', '1234567', '12345a', ' 123456', '\u0661\u0662\u0663'
      + '\u0664\u0665\u0666'] },
  '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$':
    { good: (draw) => uuid(draw), bad: noUuids() },
  '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$':
    { good: (draw) => uuid(draw)
      .replace(/^(.{14}).(.{4})./, '$14$2a'),
    bad: [...noUuids(), '00000000-0000-0000-0000-000000000000',
      '7d7a2c0e-52c5-1d39-9c7b-0c1c6d5f3b11',
      '7d7a2c0e-52c5-4d39-1c7b-0c1c6d5f3b11'] },
  '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$':
    { good: (draw) => (draw(2) ? uuid(draw) : uuid(draw).toUpperCase()),
      bad: noUuids() },
  ['^(?=[^=])([A-Za-z0-9_-]{4})*([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}'
    + '[AEIMQUYcgkosw048])?=*$']: { good: (draw, length) =>
    binary(draw, length, 'base64url'), bytes: true,
  bad: ['', '=', 'A', 'AB', 'AAB', 'AA+A', 'AA/A', 'AA A', '=AAA', 'AA\n'] },
  ['^([A-Za-z0-9+/_-]{4})*([A-Za-z0-9+/_-][AQgw](==)?|[A-Za-z0-9+/_-]{2}'
    + '[AEIMQUYcgkosw048]=?)?$']: { good: (draw, length) => binary(draw, length,
    draw(2) ? 'base64' : 'base64url'), bytes: true,
  bad: ['', '=', 'A', 'AB', 'AA=', 'AA===', 'AAAA=', 'AA A', '*'] },
  '^[A-Za-z0-9+/_-]+={0,2}$': { good: (draw, length) => letters(draw,
    [...'ABCabc019+/_-'], length || 1), bad: ['', '=', 'AA===', 'A A', '*'] },
};

function letters(draw, from, length) {
  return Array.from({ length }, () => from[draw(from.length)]).join('');
}

function text(draw, length) {
  return letters(draw, SIGNS, length);
}

function uuid(draw) {
  return letters(draw, HEX, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function noUuids() {
  return ['', 'x', '7d7a2c0e52c54d399c7b0c1c6d5f3b11',
    '7d7a2c0e-52c5-4d39-9c7b-0c1c6d5f3b1', '7d7a2c0e-52c5-4d39-9c7b-0c1c6d5f3b1g',
    '{7d7a2c0e-52c5-4d39-9c7b-0c1c6d5f3b11}', ' 7d7a2c0e-52c5-4d39-9c7b-0c1c'
    + '6d5f3b11'];
}

/* As many bytes as give so many characters, or a few fewer. */
function binary(draw, length, alphabet) {
  const bytes = Math.max(1, Math.floor(length * 3 / 4));
  return Buffer.from(Array.from({ length: bytes }, () => draw(256)))
    .toString(alphabet).slice(0, length > 3 ? length : undefined);
}

const FORMATS = {
  email: {
    good: (draw) => `${['ada', 'Ada.Lovelace', 'a+b', 'x_y', "o'neil",
      '\u00fcn\u00ef', '!#$%&*-/=?^`{|}~', '1'][draw(8)]}${draw(1e9)}@${[
      'example.org', 'EXAMPLE.com', 'b\u00fccher.example',
      'xn--bcher-kva.example', 'a.b.c.example', '1.example'][draw(6)]}`,
    bad: ['', 'x', '@', 'ada@', '@example.org', 'ada@example', 'ada@.org',
      'ada@example..org', 'a da@example.org', 'ada@exam ple.org',
      'ada@@example.org', '"ada"@example.org', 'ada@[127.0.0.1]',
      '.ada@example.org', 'ada.@example.org', 'a..b@example.org',
      '<ada@example.org>', 'ada@example.org,bob@example.org',
      `${'a'.repeat(65)}@example.org`, `ada@${'a'.repeat(64)}.org`],
  },
  'date-time': {
    good: (draw) => {
      const at = new Date(Date.now() + 3600000 + draw(1e9)).toISOString();
      return [at, at.replace('Z', '+00:00'), at.replace(/\.\d+/, ''),
        at.replace('Z', '-00:30')][draw(4)];
    },
    bad: ['', 'tomorrow', '2030-01-01', '2030-13-01T00:00:00Z',
      '2030-02-30T00:00:00Z', '2030-01-01T00:00:00', '2030-01-01T24:00:00Z',
      '1900000000'],
  },
};

const KNOWN = new Set(['$ref', 'description', 'examples', 'type', 'const',
  'enum', 'oneOf', 'anyOf', 'properties', 'required', 'items', 'pattern',
  'format', 'minLength', 'maxLength', 'exclusiveMinimum', 'exclusiveMaximum']);

/* What two parts of a schema say of members: of the same one, both hold. */
function both(a, b) {
  return { ...a, ...Object.fromEntries(Object.entries(b)
    .map(([name, schema]) => [name, { ...a[name], ...schema }])) };
}

export class Arbitrary {
  /* description: openapi.mjs; seed: a number. */
  constructor(description, seed) {
    this.description = description;
    const next = random(seed);
    this.draw = (n) => Math.floor(next() * n);
  }

  /* A schema with its references followed, and one of each choice taken. */
  flat(schema) {
    const { $ref, oneOf, anyOf, ...own } = schema;
    const parts = [own];
    for (const word of Object.keys(schema))
      if (!KNOWN.has(word))
        throw new Error(`a schema says ${word}: teach arbitrary.mjs`);
    if ($ref)
      parts.unshift(this.flat(this.named($ref)));
    for (const choice of [oneOf, anyOf].filter(Boolean))
      parts.push(this.flat(choice[this.draw(choice.length)]));
    return parts.reduce((a, b) => ({ ...a, ...b,
      properties: both(a.properties, b.properties ?? {}),
      required: [...a.required, ...b.required ?? []] }),
    { properties: {}, required: [] });
  }

  named($ref) {
    return $ref.slice(2).split('/')
      .reduce((at, key) => at[key], this.description.doc);
  }

  /* A value that is allowed. */
  allowed(schema) {
    const node = this.flat(schema);
    const [type] = [node.type].flat().filter((one) => one !== 'null');
    const nullable = [node.type].flat().includes('null');
    if ('const' in node)
      return node.const;
    if (node.enum)
      return node.enum[this.draw(node.enum.length)];
    if (nullable && (!type || this.draw(6) === 0))
      return null;
    switch (type) {
    case 'object': return this.object(node);
    case 'array': return Array.from({ length: this.draw(4) }, () =>
      this.allowed(node.items));
    case 'string': return this.string(node);
    case 'boolean': return this.draw(2) === 1;
    case 'number': return this.number(node);
    default: return this.anything();
    }
  }

  object(node) {
    const value = {};
    for (const [name, schema] of Object.entries(node.properties))
      if (node.required.includes(name) || this.draw(2))
        value[name] = this.allowed(schema);
    if (this.draw(4) === 0)
      value.unheard = this.anything();
    return value;
  }

  string(node, length = this.length(node)) {
    if (node.format && !node.pattern)
      return FORMATS[node.format].good(this.draw);
    if (!node.pattern)
      return text(this.draw, length);
    return this.row(node).good(this.draw, length);
  }

  row(node) {
    const row = PATTERNS[node.pattern];
    if (!row)
      throw new Error(`no row for the pattern ${node.pattern}`);
    return row;
  }

  /* Mostly short, sometimes as long as may be. */
  length(node) {
    const least = Math.max(node.minLength ?? 0,
      node.pattern ? this.row(node).least ?? 0 : 0);
    const most = Math.min(node.maxLength ?? 40, LONGEST);
    return this.draw(5) === 0 && most <= 2048 ? most
      : least + this.draw(Math.min(most, 40) - least + 1);
  }

  /* A count where it is bounded; or a time to come, in seconds or ms. */
  number({ exclusiveMaximum: bound = Infinity }) {
    if (bound < 1e9)
      return 1 + this.draw(bound - 1);
    const at = Date.now() + 3600000 + this.draw(1e9);
    return [at, at / 1000, Math.round(at / 1000)][this.draw(3)];
  }

  anything() {
    return [null, true, 0, -1.5, '', 'text', [], [1, 'a'], {}, { a: null }][
      this.draw(10)];
  }

  /*
   * Values that differ from an allowed one in one place, and are forbidden:
   * all that there are, in no order.
   */
  forbidden(schema, where) {
    const value = this.allowed(schema);
    const wrong = this.others(schema, value).filter((one) =>
      this.description.schemaFaults(where, one, '').length > 0);
    const seen = new Set();
    return wrong.filter((one) => {
      const json = JSON.stringify(one);
      return !seen.has(json) && seen.add(json);
    });
  }

  others(schema, value) {
    const node = this.flat(schema);
    const all = [null, true, 5, 'unheard', [], {}, ['x']];
    if (typeof value === 'string')
      all.push(...this.otherTexts(node));
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      return all;
    for (const name of Object.keys(value)) {
      const { [name]: member, ...rest } = value;
      all.push(rest);
      if (node.properties[name])
        all.push(...this.others(node.properties[name], member)
          .map((one) => ({ ...value, [name]: one })));
    }
    return all;
  }

  otherTexts(node) {
    const bad = node.pattern ? this.row(node).bad
      : FORMATS[node.format]?.bad ?? [''];
    if (!(node.maxLength < LONGEST))
      return bad;
    const longer = node.maxLength + (node.pattern && this.row(node).bytes
      ? 4 : 1);
    return [...bad, this.string({ ...node, maxLength: longer }, longer)];
  }
}
