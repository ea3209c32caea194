/*
 * The table.  A row:
 *
 * name, operation	for machines and for people
 * floor, measured	{ median, min, max, unit }; floor may be null
 * ratio		{ median, min, max } or null
 * goal			{ at_least } or { at_most }, of the ratio, or of what
 *			was measured where there is no ratio; or null
 * errors		requests that failed
 * seconds		of one measurement, where it is not the usual
 * floor_does		what the floor does, for people, where it is not plain;
 *			or absent
 */
export function row(one) {
  const value = (one.ratio ?? one.measured).median;
  const met = one.goal === null ? null
    : one.goal.at_least !== undefined ? value >= one.goal.at_least
      : value <= one.goal.at_most;
  return { ...one, met };
}

const short = (n) => (n >= 1000 ? Math.round(n).toLocaleString('en')
  : n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

function figure(one) {
  return one === null ? '-' : `${short(one.median)} ${one.unit}`;
}

function range(one) {
  const r = one.ratio ?? one.measured;
  const text = (n) => (one.ratio ? n.toFixed(2) : short(n));
  return one.ratio
    ? `${text(r.median)} (${text(r.min)} - ${text(r.max)})`
    : `(${text(r.min)} - ${text(r.max)})`;
}

function aim(goal) {
  if (goal === null)
    return '-';
  return goal.at_least !== undefined ? `>= ${goal.at_least.toFixed(2)}`
    : `<= ${goal.at_most}${goal.unit ? ` ${goal.unit}` : ''}`;
}

const verdict = { true: 'yes', false: 'NO', null: '-' };

export function print({ conditions: c, rows, failures, took_s }) {
  if (c !== undefined) {
    const set = Object.entries(c.set).map(([k, v]) => `${k}=${v}`).join(' ');
    console.log(`${c.cores} cores (${c.cpu}), ${c.workers} workers; ` +
      `set: ${set}, all else default`);
    console.log(`Argon2id m=${c.argon2.memory_kib} ` +
      `t=${c.argon2.iterations} p=${c.argon2.parallelism}, ` +
      `${c.argon2.library}${c.argon2.packaged ? ', from a package' : ''}`);
    console.log(`${c.rounds} rounds of ${c.seconds} s each, in turns; ` +
      'load tool, web server and database on the same cores\n');
  }
  const cells = [['operation', 'floor', 'measured', 'ratio (min - max)',
    'goal', 'met?'], ...rows.map((one) => [one.operation, figure(one.floor),
    figure(one.measured), range(one), aim(one.goal), verdict[one.met]])];
  const width = cells[0].map((_, i) =>
    Math.max(...cells.map((line) => line[i].length)));
  const line = (texts) => `| ${texts.map((text, i) =>
    text.padEnd(width[i])).join(' | ')} |`;
  console.log(line(cells[0]));
  console.log(line(width.map((n) => '-'.repeat(n))));
  for (const texts of cells.slice(1))
    console.log(line(texts));
  console.log();
  const spent = rows.filter((one) => one.floor_cpu_us);
  if (spent.length > 0)
    console.log('processor time of a request, load tool apart, floor and ' +
      'measured (us):\n ', spent.map((one) => `${one.name} ` +
      `${short(one.floor_cpu_us)} / ${short(one.cpu_us)} = ` +
      (one.floor_cpu_us / one.cpu_us).toFixed(2)).join(', '));
  for (const one of rows.filter(({ floor_does: does }) => does))
    console.log(`the floor of ${one.name}: ${one.floor_does}`);
  for (const one of rows.filter(({ errors }) => errors > 0))
    console.log(`${one.name}: ${one.errors} requests failed`);
  for (const text of failures)
    console.log(`not measured: ${text}`);
  console.log(`took ${took_s} s`);
}
