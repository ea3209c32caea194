/*
 * usage: confined.mjs ROOT
 *
 * Would the service run under its profile of AppArmor?  No kernel is asked: what
 * strace has seen of its processes, from their start to their end, is held
 * against the rules, in a root on which tests/packages/run has booted.  Says
 * "ok - what" and "not ok - what", a "# unused" of each rule of the profile
 * itself that nothing needed, and "done".
 *
 *	ROOT/srv/trace/t.PID	of each process, by strace -ff -y
 *	ROOT/srv/trace/caps	CapEff of each process of the service
 *
 * What a kernel asks AppArmor, and this does: files that are opened (as what
 * the descriptor is then), mapped to be run, locked, made, removed, renamed and
 * changed in owner or mode; programs that are run; sockets that are made, and
 * their files; signals.  Not asked by either: stat(2), access(2), readlink(2).
 */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync }
  from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { allowFile, allowSocket, profileOf } from '../lib/apparmor.mjs';

const root = resolve(process.argv[2]);
const traces = join(root, 'srv/trace');
const ours = readFileSync(join(root, 'etc/apparmor.d/postern'), 'utf8');
const rules = profileOf(execFileSync('chroot', [root, 'apparmor_parser', '-p',
  '/etc/apparmor.d/postern'], { encoding: 'utf8' }));
const user = /^postern:[^:]*:(\d+):/m.exec(
  readFileSync(join(root, 'etc/passwd'), 'utf8'))[1];

/* -------------------------------------------------- the paths of a trace */

/* As it is called in the root, which the service sees as "/". */
const memory = /^\/memfd:/; /* no file of any file system that is asked about */
const inside = (path) => (path.startsWith(`${root}/`)
  ? path.slice(root.length) : path).replace(/ \(deleted\)$/, '');

/* Links followed, as the kernel has done when it asks. */
function real(path, depth = 0) {
  const up = dirname(path);
  if (path === '/' || depth > 40)
    return path;
  const here = join(real(up, depth + 1), path.slice(up.length).replace('/', ''));
  try {
    if (lstatSync(root + here).isSymbolicLink())
      return real(resolve(dirname(here), readlinkSync(root + here)), depth + 1);
  } catch {
    /* It has gone. */
  }
  return here;
}

const known = (path) => {
  try {
    return statSync(root + path);
  } catch {
    return null;
  }
};

/* ------------------------------------------------ what a line asks for */

const opened = /^open(?:at)?\(.*?(O_\w+(?:\|\w+)*).* = \d+<(.*)>$/;
const named = {
  unlink: 'w', unlinkat: 'w', symlink: 'w', symlinkat: 'w', truncate: 'w',
  chmod: 'w', fchmodat: 'w', chown: 'w', lchown: 'w', fchownat: 'w',
  mkdir: 'w', mkdirat: 'w', rmdir: 'w', mknod: 'w', mknodat: 'w',
  rename: 'rw', renameat: 'rw', renameat2: 'rw', link: 'rwl', linkat: 'rwl',
};

/* { path, want } of an open: a descriptor says what was opened. */
function ofOpen(flags, path) {
  const has = (name) => flags.split('|').includes(name);
  if (has('O_PATH') || !path.startsWith('/'))
    return [];
  const write = has('O_APPEND') && has('O_WRONLY') && !has('O_TRUNC')
    ? 'a' : 'w';
  const want = `${has('O_WRONLY') ? '' : 'r'}`
    + `${has('O_WRONLY') || has('O_RDWR') || has('O_CREAT') ? write : ''}`;
  const folder = has('O_DIRECTORY') || known(inside(path))?.isDirectory();
  return [{ path: `${inside(path)}${folder ? '/' : ''}`, want }];
}

/* Of a system call that has paths as strings; relative ones of a folder. */
function ofNames(name, args) {
  const names = [...args.matchAll(/(?:\w+<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)];
  const folder = /mkdir|rmdir/.test(name) || args.includes('AT_REMOVEDIR');
  return names.filter(([, , path]) => path).map(([, at, path]) => ({
    path: real(resolve(inside(at ?? '/'), path)) + (folder ? '/' : ''),
    want: named[name] }));
}

function ofFile(name, args, line) {
  const flags = opened.exec(line);
  if (flags)
    return ofOpen(flags[1], flags[2]);
  const fd = /^\d+<(\/[^>]*)>/.exec(args)?.[1];
  if (name === 'mmap') {
    const mapped = /PROT_EXEC.*, \d+<(\/[^>]*)>/.exec(args)?.[1];
    return mapped ? [{ path: inside(mapped), want: 'm' }] : [];
  }
  if (fd && (name === 'flock' || /F_(OFD_)?SETLK/.test(args)))
    return [{ path: inside(fd), want: 'k' }];
  if (fd && /^f(chmod|chown|truncate)$/.test(name))
    return [{ path: inside(fd), want: 'w' }];
  return name in named ? ofNames(name, args) : [];
}

/* The file of a socket: to be made, or spoken to. */
function ofAddress(name, args) {
  const path = /sun_path="(\/[^"]*)"/.exec(args)?.[1];
  return path ? [{ path: real(path), want: name === 'connect' ? 'rw' : 'w' }]
    : [];
}

/* The program, and the one that loads it, which are mapped as well. */
function ofExec(args) {
  const path = real(/^"([^"]*)"/.exec(args)[1]);
  return [{ path, want: 'x', first: true }, { path, want: 'm' },
    { path: real('/lib64/ld-linux-x86-64.so.2'), want: 'm' }];
}

const types = { SOCK_STREAM: 'stream', SOCK_DGRAM: 'dgram', SOCK_RAW: 'raw',
  SOCK_SEQPACKET: 'seqpacket' };
const families = { AF_UNIX: 'unix', AF_LOCAL: 'unix', AF_INET: 'inet',
  AF_INET6: 'inet6', AF_NETLINK: 'netlink' };

function ofSocket(args) {
  const [, family, type] = /^(AF_\w+), (SOCK_\w+)/.exec(args) ?? [];
  return { family: families[family] ?? family, type: types[type] ?? type };
}

/* ------------------------------------------------------ all the processes */

const asked = new Map(); /* what: where it was first */
const used = new Set();
const pids = new Set(); /* that were confined */
const killed = new Map(); /* a pid: the line */
let processes = 0;

function ask(what, by, line) {
  for (const rule of by ?? [])
    used.add(rule);
  if (!by && !asked.has(what))
    asked.set(what, line);
}

function askFile({ path, want }, line) {
  if (memory.test(path))
    return;
  const own = String(known(path)?.uid ?? user) === user
    || path.startsWith('/proc/');
  ask(`${path} ${want}`, allowFile(rules, { path, want, own }), line);
}

const forks = /^(?:clone3?|v?fork)\(.*\)\s+= (\d+)/;
const programs = /^execve\("(\/usr\/bin\/postern|\/(?:usr\/)?bin\/kill)"/;
const special = /^(ptrace|mount|umount2|pivot_root|chroot|setns|swapon)\(/;

/* The lines of a process, from when it was confined; its children are, too. */
function* confined(pid, from = false) {
  let on = from;
  let text = '';
  try {
    text = readFileSync(join(traces, `t.${pid}`), 'utf8');
  } catch {
    return; /* a thread that did nothing */
  }
  for (const line of text.split('\n')) {
    const starts = !on && programs.test(line) && / = 0$/.test(line);
    if (on || starts)
      pids.add(pid);
    if (on || starts)
      yield { line, starts };
    on = on || starts;
    const child = on && forks.exec(line)?.[1];
    if (child)
      yield* confined(child, true);
  }
}

function look({ line, starts }) {
  const [, name, args, result] =
    /^(\w+)\((.*)\)\s+= (-?\d+|\?)/.exec(line) ?? [];
  if (!name || (Number(result) < 0 && !/EINPROGRESS/.test(line)))
    return;
  if (name === 'execve')
    processes++;
  if (special.test(line))
    ask(name, null, line);
  else if (/^t?g?kill$/.test(name))
    killed.set(args.split(', ').at(-2), line);
  else if (name === 'socket' || name === 'socketpair') {
    const { family, type } = ofSocket(args);
    ask(`network ${family} ${type}`, allowSocket(rules, family, type), line);
  } else {
    /* Who starts the first program is not confined yet. */
    const files = name === 'execve' ? ofExec(args)
      .filter((one) => !(starts && one.first))
      : /^(bind|connect|sendto|sendmsg)$/.test(name) ? ofAddress(name, args)
        : ofFile(name, args, line);
    for (const file of files)
      askFile(file, line);
  }
}

/* -------------------------------------------------------------- the report */

function say(holds, what, notes = []) {
  console.log(`${holds ? 'ok' : 'not ok'} - AppArmor: ${what}`);
  for (const note of notes)
    console.log(`# ${note}`);
}

/* If these were allowed nothing could be said. */
const forbidden = [['/etc/shadow', 'r'], ['/srv/sendmail', 'x'],
  ['/usr/bin/dash', 'x'], ['/etc/postern/postern.yaml', 'w'],
  ['/usr/bin/postern', 'w'], ['/var/www/x', 'w'], ['/var/lib/mysql/x', 'r']];
say(forbidden.every(([path, want]) =>
  !allowFile(rules, { path, want, own: true }))
  && !allowSocket(rules, 'inet', 'raw'),
'the profile does not allow everything');

for (const file of readdirSync(traces)) {
  const pid = /^t\.(\d+)$/.exec(file)?.[1];
  const text = pid && readFileSync(join(traces, file), 'utf8');
  if (text && text.split('\n').some((line) => programs.test(line)))
    for (const one of confined(pid))
      look(one);
}
for (const [pid, line] of killed)
  if (!pids.has(pid))
    ask(`signal to ${pid}`, null, line);
say(processes >= 4, `${processes} programs were started under it`);
say(asked.size === 0, 'nothing is asked that no rule allows',
  [...asked].map(([what, line]) => `${what}: ${line}`));

const caps = readFileSync(join(traces, 'caps'), 'utf8').trim().split('\n');
say(caps.length >= 3 && caps.every((one) => /^0+$/.test(one)),
  'no process has a capability', caps.filter((one) => !/^0+$/.test(one)));

const squeezed = ours.replace(/\s+/g, ' ');
const needed = new Set([...used].map(({ text }) => text));
for (const text of new Set(rules.filter(({ kind }) => kind !== 'signal')
  .map((rule) => rule.text)))
  if (!needed.has(text) && squeezed.includes(`${text},`))
    console.log(`# unused: ${text}`);
console.log('done');
