/*
 * The instance that is measured.  Like tests/lib/instance.mjs, but it needs
 * nothing that npm would have to fetch.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/* The root of the source tree. */
export const top = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/* Run a program to its end: its output, or an error that says why not. */
export function output(file, args, { input = '', ...options } = {}) {
  return new Promise((done, fail) => {
    const child = execFile(file, args, { maxBuffer: 1 << 26, ...options },
      (error, stdout, stderr) => (error
        ? fail(new Error(`${file}: ${stderr.trim() || error.message}`))
        : done(stdout)));
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/* A port of 127.0.0.1 that nobody listens on at the moment. */
export function freePort() {
  return new Promise((done, fail) => {
    const server = net.createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/* Wait until fn() is truthy. */
export async function until(fn, what, timeout_ms = 15000) {
  const deadline = Date.now() + timeout_ms;
  while (!await fn()) {
    if (Date.now() > deadline)
      throw new Error(`${what} does not answer`);
    await sleep(50);
  }
}

export class Instance {
  constructor(dir, build, set, web = 'lighttpd') {
    this.dir = dir;
    this.build = build;
    this.set = set;
    this.web = web;
  }

  quickstart(...args) {
    return output('sh', [join(top, 'etc/quickstart'), ...args,
      '--dir', this.dir]);
  }

  /* Start, or start anew with more settings; what is stored stays. */
  async up(set = {}) {
    if (this.port === undefined) {
      rmSync(this.dir, { recursive: true, force: true });
      mkdirSync(this.dir, { recursive: true });
      this.port = await freePort();
    }
    const all = Object.entries({ ...this.set, ...set });
    await this.quickstart('--port', String(this.port), '--build', this.build,
      '--web', this.web, '--detach',
      ...this.adminPort ? ['--admin-port', String(this.adminPort)] : [],
      ...all.flatMap(([path, value]) => ['--set', `${path}=${value}`]));
    this.env = Object.fromEntries(
      [...readFileSync(join(this.dir, 'env'), 'utf8')
        .matchAll(/^([A-Z_]+)='?(.*?)'?$/gm)]
        .map(([, name, value]) => [name, value]));
    this.url = `http://127.0.0.1:${this.port}`;
  }

  async down() {
    await this.quickstart('--stop');
    rmSync(this.dir, { recursive: true, force: true });
  }

  /* Rows of a statement as lists of texts. */
  async sql(text) {
    const rows = await output('mariadb', ['--no-defaults', '--batch',
      '--skip-column-names', `--socket=${this.env.POSTERN_DB_SOCKET}`,
      this.env.POSTERN_DB_NAME], { input: text });
    return rows.split('\n').slice(0, -1).map((line) => line.split('\t'));
  }

  /* Process ids of the supervisor's children that have this name. */
  children(name) {
    const pid = this.env.POSTERN_PID;
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .split(' ').filter(Boolean).map(Number).filter((one) =>
        readFileSync(`/proc/${one}/comm`, 'utf8').trim() === name);
  }
}
