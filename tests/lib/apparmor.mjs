/*
 * What a profile of AppArmor allows, for machines whose kernel has none: the
 * rules for files, sockets and capabilities of a profile as "apparmor_parser
 * -p" prints it, includes put in.  apparmor.d(5) has the language.
 */

/* The values of each variable, themselves without variables. */
function variables(text) {
  const found = new Map();
  for (const [, name, plus, values] of
    text.matchAll(/^\s*(@\{\w+\})\s*(\+?)=\s*(.*)$/gm))
    found.set(name, [...plus ? found.get(name) ?? [] : [],
      ...values.replace(/\s#.*/, '').trim().split(/\s+/)
        .map((value) => value.replace(/^"(.*)"$/, '$1'))]);
  return found;
}

/* A pattern for each combination of values. */
function expand(pattern, vars) {
  const name = /@\{\w+\}/.exec(pattern)?.[0];
  if (!name)
    return [pattern.replace(/\/\/+/g, '/')];
  return (vars.get(name) ?? []).flatMap((value) =>
    expand(pattern.replace(name, () => value), vars));
}

/* "*" stays in a folder; what is a whole part of a path is not empty. */
function stars(pattern, i, deep) {
  const any = deep ? '[^\\0]' : '[^/\\0]';
  const end = i + (deep ? 2 : 1);
  const whole = pattern[i - 1] === '/'
    && (end === pattern.length || pattern[end] === '/');
  return whole ? `[^/\\0]${any}*` : `${any}*`;
}

/* The regular expression of a pattern. */
export function patternOf(pattern) {
  let out = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i];
    if (c === '*') {
      const deep = pattern[i + 1] === '*';
      out += stars(pattern, i, deep);
      i += deep ? 1 : 0;
    } else if (c === '?') {
      out += '[^/\\0]';
    } else if (c === '{') {
      depth++;
      out += '(?:';
    } else if (c === '}') {
      depth--;
      out += ')';
    } else if (c === ',' && depth > 0) {
      out += '|';
    } else if (c === '[') {
      const end = pattern.indexOf(']', i + 2);
      out += pattern.slice(i, end + 1);
      i = end;
    } else {
      out += (c === '\\' ? pattern[++i] : c).replace(/[^\w/ -]/g, '\\$&');
    }
  }
  return new RegExp(`^${out}$`);
}

const fileRule = new RegExp('^((?:audit |deny |allow |quiet )*)(owner )?'
  + '(?:file )?("[^"]+"|[/@]\\S*) ([a-zA-Z]+)(?: -> .*)?$');

function ruleOf(text, vars) {
  const file = fileRule.exec(text);
  if (file)
    return { kind: 'file', text, deny: file[1].includes('deny'),
      owner: Boolean(file[2]), perms: file[4],
      patterns: expand(file[3].replace(/^"(.*)"$/, '$1'), vars)
        .map(patternOf) };
  const [word, ...words] = text.split(' ');
  return ['network', 'capability', 'signal', 'unix'].includes(word)
    ? { kind: word, text, words } : null;
}

/* Rules end with a comma at the end of a line. */
export function profileOf(text) {
  const plain = text.replace(/^\s*#.*$/gm, '').replace(/\s#\s.*$/gm, '');
  const vars = variables(plain);
  const body = plain.slice(plain.search(/^\s*(profile\s|\/\S+.*\{\s*$)/m))
    .replace(/^.*?\{\s*$/m, '');
  return body.split(/,\s*$/m).map((rule) => rule.trim().replace(/\s+/g, ' '))
    .map((rule) => ruleOf(rule, vars)).filter(Boolean);
}

/* "a" is a part of "w", and what is executed is named by the way it is. */
const grants = (perms, want) => perms.includes(want)
  || (want === 'a' && perms.includes('w'))
  || (want === 'x' && /[ipcu]x/i.test(perms));

/* The rules that allow a file to be used so; null: it is forbidden. */
export function allowFile(rules, { path, want, own }) {
  const matching = rules.filter((rule) => rule.kind === 'file'
    && rule.patterns.some((pattern) => pattern.test(path)));
  const used = [];
  for (const one of want) {
    const by = matching.filter((rule) => grants(rule.perms, one)
      && (!rule.owner || own));
    if (by.length === 0 || by.some((rule) => rule.deny))
      return null;
    used.push(...by);
  }
  return used;
}

/*
 * A rule "unix" is of sockets in detail, and of "network unix" as a whole where
 * the kernel knows no details.
 */
const makesUnix = (text, type) =>
  (!text.includes('(') || /\(.*\bcreate\b.*\)/.test(text))
  && (!text.includes('type=') || text.includes(`type=${type}`))
  && !text.includes('peer=');

export function allowSocket(rules, family, type) {
  const used = rules.filter(({ kind, words, text }) => (kind === 'network'
    && (words.length === 0 || words[0] === family)
    && (words.length < 2 || words[1] === type))
    || (kind === 'unix' && family === 'unix' && makesUnix(text, type)));
  return used.length ? used : null;
}
