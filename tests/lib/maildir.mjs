/*
 * Reads mails that a test waits for out of a Maildir: just enough MIME (RFC
 * 2045 to 2047) to see what a person would see.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/* Those that mails are written in: "de", ... */
export const languages = readdirSync(new URL('../../etc/mail', import.meta.url))
  .filter((name) => name.endsWith('.lang'))
  .map((name) => name.slice(0, -'.lang'.length));

/* The texts of one, by key. */
export const textsOf = (language) => Object.fromEntries(readFileSync(
  new URL(`../../etc/mail/${language}.lang`, import.meta.url), 'utf8')
  .split('\n').map((line) => /^([\w.]+) = (.*)$/.exec(line)?.slice(1))
  .filter(Boolean));

const taken = new Set(); /* files that a test has had */

function quotedPrintable(text) {
  return Buffer.from(text
    .replace(/[ \t]+$/gm, '')
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex) =>
      String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');
}

function decodeWords(text) {
  return text
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .replace(/=\?([^?]+)\?([bq])\?([^?]*)\?=/gi, (_, charset, how, data) => {
      const bytes = how.toLowerCase() === 'b'
        ? Buffer.from(data, 'base64')
        : quotedPrintable(data.replaceAll('_', ' '));
      return new TextDecoder(charset).decode(bytes);
    });
}

function parameter(value, name) {
  const found = new RegExp(`${name}="?([^";]+)"?`, 'i').exec(value ?? '');
  return found?.[1];
}

/*
 * A message, or a part of one, from its bytes as latin1 text:
 * { headers, parts } or { headers, text }.
 */
export function parseMail(source) {
  const [, head, body] = /^([^]*?\n)\r?\n([^]*)$/.exec(source)
    ?? [null, source, ''];
  const headers = {};
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at > 0)
      headers[line.slice(0, at).toLowerCase()] = decodeWords(
        Buffer.from(line.slice(at + 1).trim(), 'latin1').toString('utf8'));
  }
  const type = headers['content-type'] ?? 'text/plain';
  const boundary = parameter(type, 'boundary');
  if (boundary) {
    const pieces = `\n${body}`.split(`\n--${boundary}`).slice(1, -1);
    return {
      headers,
      parts: pieces.map((piece) =>
        parseMail(piece.replace(/^[^\n]*\n/, ''))),
    };
  }
  const encoding = headers['content-transfer-encoding']?.toLowerCase();
  const bytes = encoding === 'base64' ? Buffer.from(body, 'base64')
    : encoding === 'quoted-printable' ? quotedPrintable(body)
      : Buffer.from(body, 'latin1');
  return {
    headers,
    type: type.split(';')[0].trim().toLowerCase(),
    text: new TextDecoder(parameter(type, 'charset') ?? 'utf-8').decode(bytes),
  };
}

/* The text of the first part of a type, "" if there is none. */
export function partText(mail, type) {
  if (mail.parts)
    return mail.parts.map((part) => partText(part, type)).find(Boolean) ?? '';
  return mail.type === type ? mail.text : '';
}

/* Written once and never changed: each is read once. */
const known = new Map();

function mailOf(file, name) {
  if (!known.has(file)) {
    const raw = readFileSync(file, 'latin1');
    known.set(file, { name, mail: parseMail(raw), raw,
      at: statSync(file).mtimeMs });
  }
  return known.get(file);
}

/* All mails, oldest first, with file, mail and raw bytes. */
export function allMails(mailDir) {
  const mails = [];
  for (const folder of ['new', 'cur']) {
    let names = [];
    try {
      names = readdirSync(join(mailDir, folder));
    } catch (error) {
      if (error.code !== 'ENOENT')
        throw error;
    }
    for (const name of names)
      mails.push(mailOf(join(mailDir, folder, name), name));
  }
  return mails.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
}

/* Those to an address. */
export const mailsTo = (mailDir, address) =>
  allMails(mailDir).filter(({ mail }) => (mail.headers.to ?? '').toLowerCase()
    .split(/[\s<>,]+/).includes(address.toLowerCase()));

/* A passcode stands in a line of its own. */
const bringsPasscode = ({ mail }) =>
  /^\s*\d{6}\s*$/m.test(partText(mail, 'text/plain'));

/*
 * The newest mail with a passcode to an address that no test has had yet; waits
 * until there are at least count of those.  They all count as had afterwards.
 */
export async function nextMail(mailDir, address, options = {}) {
  const { count = 1, timeout_ms = 60000 } = options;
  const deadline = Date.now() + timeout_ms;
  for (;;) {
    const fresh = mailsTo(mailDir, address)
      .filter(({ name }) => !taken.has(`${mailDir}/${name}`))
      .filter(bringsPasscode);
    if (fresh.length >= count) {
      for (const { name } of fresh)
        taken.add(`${mailDir}/${name}`);
      return fresh.at(-1);
    }
    if (Date.now() > deadline)
      throw new Error(`${fresh.length} of ${count} mails to ${address} came`
        + ` within ${timeout_ms} ms`);
    await sleep(50);
  }
}

/* The six digits of a passcode mail: in its subject and in its text. */
export function codeIn({ mail }) {
  const text = partText(mail, 'text/plain');
  const codes = [mail.headers.subject ?? '', text]
    .map((where) => /(?<!\d)\d{6}(?!\d)/.exec(where)?.[0]);
  const code = codes[1] ?? codes[0];
  if (!code || (codes[0] && codes[0] !== code))
    throw new Error(`no passcode in the mail: ${mail.headers.subject}\n${text}`);
  return code;
}
