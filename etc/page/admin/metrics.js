/* Metrics, out of Prometheus' text format. */

/* The value of a label may have \\, \" and \n in it. */
const unescape = (text) => text.replaceAll(/\\(.)/g, (_, char) =>
  (char === 'n' ? '\n' : char));

function labelsOf(text = '') {
  return Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
    .map(([, name, value]) => [name, unescape(value)]));
}

/* Lines as { name, labels, value }. */
export function parse(text) {
  return text.split('\n')
    .map((line) => /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line))
    .filter(Boolean)
    .map(([, name, labels, value]) => ({ name, labels: labelsOf(labels),
      value: Number(value) }));
}

/*
 * Those of a name, added up by the value of a label: a Map.  Without a label
 * it has one entry, for ''.
 */
export function by(lines, name, label, keep = () => true) {
  const sums = new Map();

  for (const line of lines)
    if (line.name === name && keep(line.labels)) {
      const key = label ? line.labels[label] ?? '' : '';
      sums.set(key, (sums.get(key) ?? 0) + line.value);
    }
  return sums;
}

/* The sum of all of them. */
export const sum = (lines, name, keep) =>
  by(lines, name, undefined, keep).get('') ?? 0;
