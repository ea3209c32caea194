/*
 * The commands of postern-guide(7), run in the order of the page: on a host
 * that begins with nothing but the program, a database and a mail server.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Host } from '../lib/host.mjs';
import { run, top } from '../lib/instance.mjs';

/* Displays of the page: { section, excuse, commands }. */
function displays() {
  const lines = readFileSync(join(top, 'etc/postern-guide.7'), 'utf8')
    .split('\n');
  const found = [];
  let section, excuse, open;
  for (const line of lines) {
    if (line.startsWith('.Sh '))
      section = line.slice(4);
    if (line.startsWith('.Bd -literal'))
      found.push(open = { section, excuse, commands: [] });
    else if (open && line === '.Ed')
      open = undefined;
    else if (open)
      take(open, line.replaceAll('\\\\', '\\').replaceAll('\\&', ''));
    excuse = /^\.\\" not run: (.+)/.exec(line)?.[1];
  }
  return found;
}

function take(display, line) {
  const last = display.commands.length - 1;
  if (last >= 0 && display.commands[last].endsWith('\\'))
    display.commands[last] = display.commands[last].slice(0, -1) + line.trim();
  else
    display.commands.push(line);
}

let host;
let env;

/* What stands for the paths of a host of its own. */
const places = () => [
  ['/run/mysqld/mysqld.sock', host.socket],
  ['/etc/postern', join(host.dir, 'etc/postern')],
  ['/var/backups', join(host.dir, 'backups')],
];

/* "postern" on the PATH: this host's, with what is of the test. */
function install() {
  const path = join(host.dir, 'path');
  const home = join(host.dir, 'home');
  const words = (list) => [...list, '--set',
    `email_delivery.smtp.port=${host.smtpPort}`]
    .map((word) => `'${word}'`).join(' ');
  mkdirSync(path);
  mkdirSync(home);
  mkdirSync(join(host.dir, 'backups'));
  writeFileSync(join(path, 'postern'), '#!/bin/sh\n'
    + `set -- --config '${host.config}' "$@"\n`
    + 'case "$*" in\n'
    + `*' setup '*--database-admin*) set -- "$@" ${words(host.here())} ;;\n`
    + `*' setup '*) set -- "$@" ${words(host.here())} `
    + `--database-admin '${host.socket}' ;;\nesac\n`
    + `exec '${host.bin}' "$@"\n`);
  chmodSync(join(path, 'postern'), 0o755);
  writeFileSync(join(home, '.my.cnf'),
    `[client]\nuser=root\nsocket=${host.socket}\n`);
  env = { ...process.env, PATH: `${path}:${process.env.PATH}`, HOME: home };
}

before(async () => {
  host = await Host.fresh('guide');
  install();
  writeFileSync(join(host.dir, 'backups/kratos.json'), '[]\n');
  await host.sql(`CREATE DATABASE hanko; USE hanko;
    ${readFileSync(join(top, 'tests/vectors/hanko2.sql'), 'utf8')};
    CREATE DATABASE glewlwyd; USE glewlwyd;
    ${readFileSync(join(top, 'tests/vectors/glewlwyd.sql'), 'utf8')}`);
});
after(() => host?.stop());

let folder = '/'; /* where the last "cd" went */

async function carryOut(command) {
  const text = places().reduce((all, [from, to]) =>
    all.replaceAll(from, to), command.slice(2));
  const { status, stdout, stderr } = await run('sh', ['-c', text],
    { env, cwd: folder });
  assert.equal(status, 0, `${command}\n${stdout}${stderr}`);
  if (text.startsWith('cd '))
    folder = text.slice(3);
}

const all = displays();

test('every display is commands, and run or excused', () => {
  assert.ok(all.length > 10, `${all.length} displays`);
  for (const { section, excuse, commands } of all)
    for (const command of commands)
      assert.match(command, excuse ? /\S/ : /^# [a-z]/, section);
  assert.ok(all.filter(({ excuse }) => !excuse).length >= 8);
});

const runnable = (section) => all.filter((one) =>
  one.section === section && !one.excuse);

for (const section of new Set(all.map((one) => one.section))) {
  if (section === 'BACKUP AND RESTORE' || runnable(section).length === 0)
    continue;
  test(section, async () => {
    for (const { commands } of runnable(section))
      for (const command of commands)
        await carryOut(command);
    await host.serve();
  });
}

test('BACKUP AND RESTORE: who was logged in still is', async () => {
  const [backup, restore] = runnable('BACKUP AND RESTORE');
  const api = host.client();
  await api.signUp(freshAddress());
  for (const command of backup.commands)
    await carryOut(command);
  const later = host.client();
  await later.signUp(freshAddress());
  for (const command of restore.commands)
    await carryOut(command);
  await host.serve();
  await api.call('GET', '/me', undefined, { status: 200 });
  await later.call('GET', '/me', undefined, { status: 401 });
});
