/*
 * How the database would run each of our statements, and how many rows it
 * reads when it does, in a database that has grown.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run, top } from './instance.mjs';

/* Our statements: { name, protocol, inputs: [[name, type]], text }. */
export function statements() {
  const dir = join(top, 'sql/queries');
  const files = readdirSync(dir).filter((name) => name.endsWith('.sql'));
  const text = execFileSync('awk', ['-v', 'part=list', '-f',
    join(top, 'sql/compile.awk'), ...files.map((name) => join(dir, name))],
  { encoding: 'utf8' });
  return text.split('\n').slice(0, -1).map((line) => {
    const [name, protocol, inputs, sql] = line.split('\t');
    return { name, protocol, text: sql, inputs: inputs.split(' ')
      .filter(Boolean).map((one) => one.split(':')) };
  });
}

const mark = '--- of ';

/* What has the client explain one, run it, undo that, and say what it read. */
function script({ name, text, inputs }, values, n) {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  const using = inputs.length === 0 ? '' : ` USING ${inputs.map(([input]) => {
    if (values[input] === undefined)
      throw new Error(`${name}: what is a value of ${input}?`);
    return values[input];
  })}`;
  return `SELECT '${mark}${n} plan';
    EXECUTE IMMEDIATE CONCAT('EXPLAIN ', ${quoted})${using};
    START TRANSACTION; FLUSH LOCAL STATUS;
    SELECT '${mark}${n} rows';
    EXECUTE IMMEDIATE ${quoted}${using};
    SELECT '${mark}${n} read';
    SHOW SESSION STATUS LIKE 'Handler_read_%'; ROLLBACK;\n`;
}

/* What the client printed of each: { plan, read }, and what was wrong. */
function parse(stdout, n) {
  const told = Array.from({ length: n }, () => ({ plan: [], rows: [],
    read: [] }));
  let into = [];
  for (const line of stdout.split('\n')) {
    if (line.startsWith(mark)) {
      const [i, what] = line.slice(mark.length).split(' ');
      into = told[i][what];
    } else if (line !== '') {
      into.push(line.split('\t'));
    }
  }
  return told.map(({ plan, read }) => ({ plan: plan.map((row) => ({
    kind: row[1], table: row[2], type: row[3], key: row[5], extra: row[9] })),
  read: read.reduce((sum, [, count]) => sum + Number(count), 0) }));
}

/*
 * Explain and run some, each with values of its own, words of SQL.
 *
 * asked	[[statement, { input: value }]]
 * Returns [{ plan: [{ kind, table, type, key, extra }], read }]; read is how
 * many rows of tables and keys it has read.  A row that is there already is no
 * error, nor one that others refer to: nothing stays.
 */
export async function plans(instance, session, asked) {
  const input = asked.map(([statement, values], n) =>
    script(statement, values, n)).join('');
  const { stdout, stderr } = await run('mariadb', ['--no-defaults',
    '--skip-ssl-verify-server-cert', '--user=root', '--batch', '--force',
    '--skip-column-names', `--socket=${instance.env.POSTERN_DB_SOCKET}`,
    instance.env.POSTERN_DB_NAME], { input:
    `${session}; SET foreign_key_checks = 0;\n${input}` });
  const wrong = stderr.split('\n').filter((line) =>
    /^ERROR /.test(line) && !/^ERROR 1062 /.test(line));
  if (wrong.length > 0)
    throw new Error(wrong.join('\n'));
  return parse(stdout, asked.length);
}
