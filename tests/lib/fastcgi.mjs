/*
 * A FastCGI client (FastCGI 1.0), for tests that speak to Postern's socket
 * without a web server.
 */
import net from 'node:net';

const BEGIN = 1;
const END = 3;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;

export const RESPONDER = 1;
export const AUTHORIZER = 2;

export function record(type, content, id = 1) {
  const head = Buffer.from([1, type, id >> 8, id & 255, content.length >> 8,
    content.length & 255, 0, 0]);
  return Buffer.concat([head, content]);
}

const length = (n) => (n < 128 ? Buffer.from([n])
  : Buffer.from([n >> 24 | 128, n >> 16 & 255, n >> 8 & 255, n & 255]));

/* pairs: an object, or a list of [name, value] for repeated names. */
export function params(pairs) {
  const list = Array.isArray(pairs) ? pairs : Object.entries(pairs);
  return Buffer.concat(list.flatMap(([name, value]) => {
    const [n, v] = [Buffer.from(name), Buffer.from(String(value))];
    return [length(n.length), length(v.length), n, v];
  }));
}

/* The records of one whole request. */
export function request(pairs, body = '', role = RESPONDER) {
  const bytes = Buffer.from(body);
  const parts = [record(BEGIN, Buffer.from([0, role, 0, 0, 0, 0, 0, 0])),
    record(PARAMS, params(pairs)), record(PARAMS, Buffer.alloc(0))];
  for (let at = 0; at < bytes.length; at += 65535)
    parts.push(record(STDIN, bytes.subarray(at, at + 65535)));
  parts.push(record(STDIN, Buffer.alloc(0)));
  return Buffer.concat(parts);
}

function outputOf(bytes) {
  const out = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const size = bytes.readUInt16BE(at + 4);
    if (bytes[at + 1] === STDOUT)
      out.push(bytes.subarray(at + 8, at + 8 + size));
    if (bytes[at + 1] === END)
      break;
    at += 8 + size + bytes[at + 6];
  }
  return Buffer.concat(out).toString();
}

/* Send bytes as they are to a unix socket; what came back until it closed. */
export function exchange(socketPath, bytes, timeout_ms = 30000) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = net.connect(socketPath, () => socket.write(bytes));
    socket.setTimeout(timeout_ms, () => socket.destroy(new Error('timed out')));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error) => (['ECONNRESET', 'EPIPE'].includes(error.code)
      ? resolve(Buffer.concat(chunks)) : reject(error)));
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

/* The same, but the rest, from byte number at on, comes after later(). */
export function exchangeInParts(socketPath, bytes, at, later) {
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = net.connect(socketPath, () => {
      socket.write(bytes.subarray(0, at));
      later().then(() => socket.write(bytes.subarray(at)), reject);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

/* One request: { status, headers, text }; headers as pairs of params(). */
export async function call(socketPath, method, path, options = {}) {
  const { body = '', headers = {}, role } = options;
  const list = Array.isArray(headers) ? headers : Object.entries(headers);
  const pairs = [['REQUEST_METHOD', method], ['REQUEST_URI', path],
    ['REMOTE_ADDR', '127.0.0.1'], ['CONTENT_LENGTH', Buffer.byteLength(body)],
    ['CONTENT_TYPE', body ? 'application/json' : ''],
    ...list.map(([name, value]) =>
      [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value])];
  const text = outputOf(await exchange(socketPath,
    request(pairs, body, role)));
  const [head, ...rest] = text.split('\r\n\r\n');
  const lines = head.split('\r\n').map((line) => line.split(/: (.*)/s));
  return { status: Number(lines[0][1]?.slice(0, 3)),
    headers: Object.fromEntries(lines.map(([n, v]) => [n.toLowerCase(), v])),
    text: rest.join('\r\n\r\n') };
}
