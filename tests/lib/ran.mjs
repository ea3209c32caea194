/*
 * What Postern asks the database: the statements as they were run, with their
 * values in place, by the server's general log; and what each of them, asked
 * again, reads.
 */
import { readFileSync, truncateSync } from 'node:fs';
import { run } from './instance.mjs';

/* "[time]<tab>   12 Execute<tab>SELECT ...", which may go on for some lines. */
const HEAD = /^(?:\d{6} [ \d]\d:\d\d:\d\d)?\t+ *(\d+) (\w[\w ]*)\t/gm;

/*
 * Have all that is executed logged, until end().  Values are logged by whoever
 * prepares a statement then, so workers are started anew.
 */
export async function watch(instance) {
  const [[file]] = await instance.sql(`SELECT IF(
    LEFT(@@general_log_file, 1) = '/', @@general_log_file,
    CONCAT(@@datadir, @@general_log_file))`);
  await instance.sql("SET GLOBAL log_output = 'FILE'");
  await instance.sql('SET GLOBAL general_log = 1');
  await instance.reload(instance.options.set);

  /*
   * The statements that one process executed while fn ran, from the one on
   * that begins so; other processes have connections of their own.  A byte of
   * them is a character, as ids are bytes.
   */
  async function ran(fn, begins) {
    truncateSync(file);
    await fn();
    const log = readFileSync(file, 'latin1');
    const heads = [...log.matchAll(HEAD)];
    const all = heads.map((head, i) => ({ by: head[1], what: head[2], text:
      log.slice(head.index + head[0].length, heads[i + 1]?.index).trim() }))
      .filter(({ what }) => what === 'Execute');
    const first = all.findIndex(({ text }) => text.startsWith(begins));
    return first < 0 ? [] : all.slice(first)
      .filter(({ by }) => by === all[first].by).map(({ text }) => text);
  }
  return { ran, end: () => instance.sql('SET GLOBAL general_log = 0') };
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
