/*
 * CBOR (RFC 8949) as an authenticator writes it, and as a liar would: what is
 * a Raw stands in the output as it is.
 */
export class Raw {
  constructor(bytes) {
    this.bytes = Buffer.from(bytes);
  }
}

/* The head of an item: its major type and its length, value or count. */
export function head(major, n) {
  const type = major << 5;
  if (n < 24)
    return Buffer.from([type | Number(n)]);
  if (n < 0x100)
    return Buffer.from([type | 24, Number(n)]);
  if (n < 0x10000)
    return Buffer.from([type | 25, Number(n) >> 8, Number(n) & 255]);
  const long = Buffer.alloc(5);
  long[0] = type | 26;
  long.writeUInt32BE(Number(n), 1);
  return long;
}

/* Numbers, texts, bytes, lists, Maps, plain objects, booleans and null. */
export function encode(value) {
  if (value instanceof Raw)
    return value.bytes;
  if (value === null || typeof value === 'boolean')
    return Buffer.from([{ false: 0xf4, true: 0xf5, null: 0xf6 }[value]]);
  if (typeof value === 'number')
    return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  if (value instanceof Uint8Array)
    return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value))
    return Buffer.concat([head(4, value.length), ...value.map(encode)]);
  return encodePairs(value instanceof Map ? [...value]
    : Object.entries(value));
}

/* A map of pairs in the order given; the same key may stand twice. */
export function encodePairs(pairs) {
  return Buffer.concat([head(5, pairs.length),
    ...pairs.flat().map(encode)]);
}

/* The same map without a length in front (RFC 8949 3.2.2). */
export function encodeIndefinite(pairs) {
  return Buffer.concat([Buffer.from([0xbf]), ...pairs.flat().map(encode),
    Buffer.from([0xff])]);
}

/* A list in a list in a list ... */
export function nested(depth) {
  return new Raw(Buffer.concat([Buffer.alloc(depth, 0x81),
    Buffer.from([0])]));
}
