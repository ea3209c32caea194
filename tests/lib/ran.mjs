/*
 * What Postern asks the database: the statements as they were run, with their
 * values in place, by the server's general log; and what each of them, asked
 * again, reads.
 */
import { readFileSync, truncateSync } from 'node:fs';
import { run } from './instance.mjs';

/* "[time]<tab>   12 Execute<tab>SELECT ...", which may go on for some lines. */
const HEAD = /^(?:\d{6} [ \d]\d:\d\d:\d\d)?\t+ *\d+ (\w[\w ]*)\t/gm;

/*
 * The statements that were executed while fn ran, and that fit; bytes of them
 * are characters of latin1, since ids are bytes.
 */
export async function ran(instance, fn, fits = /./) {
  const [[file]] = await instance.sql(`SELECT IF(
    LEFT(@@general_log_file, 1) = '/', @@general_log_file,
    CONCAT(@@datadir, @@general_log_file))`);
  await instance.sql("SET GLOBAL log_output = 'FILE'");
  await instance.sql('SET GLOBAL general_log = 1');
  truncateSync(file);
  try {
    await fn();
  } finally {
    await instance.sql('SET GLOBAL general_log = 0');
  }
  const log = readFileSync(file, 'latin1');
  const heads = [...log.matchAll(HEAD)];
  return heads.map((head, i) => ({ what: head[1],
    text: log.slice(head.index + head[0].length, heads[i + 1]?.index).trim() }))
    .filter(({ what, text }) => what === 'Execute' && fits.test(text))
    .map(({ text }) => text);
}

/* Rows of some statements in a session of their own, where a byte is a byte. */
async function ask(instance, text) {
  const { status, stdout, stderr } = await run('mariadb', ['--no-defaults',
    '--skip-ssl-verify-server-cert', '--user=root', '--batch',
    '--skip-column-names', '--default-character-set=latin1',
    `--socket=${instance.env.POSTERN_DB_SOCKET}`,
    instance.env.POSTERN_DB_NAME], { input: Buffer.from(text, 'latin1') });
  if (status !== 0)
    throw new Error(`${stderr}\n${text}`);
  return stdout.split('\n').slice(0, -1).map((line) => line.split('\t'));
}

/* What EXPLAIN says of one: a text a row. */
export const explain = async (instance, statement) =>
  (await ask(instance, `EXPLAIN ${statement};`)).map((row) => row.join(' '));

/* How many rows of tables and keys one reads. */
export const rowsRead = async (instance, statement) =>
  (await ask(instance, `FLUSH LOCAL STATUS; ${statement};
    SHOW SESSION STATUS LIKE 'Handler%read%'`))
    .filter(([name]) => name.startsWith('Handler_read_'))
    .reduce((sum, [, n]) => sum + Number(n), 0);
