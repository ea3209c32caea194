/*
 * A web space in which Postern was unpacked, and has no configuration yet: what
 * set-up by the web begins with.
 *
 *   const host = await UnsetHost.fresh('websetup', 'apache');
 *   host.putToken();
 *   await host.post(host.answers());
 *   await host.stop();
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, readdirSync, rmSync,
  writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Host, ids, user } from './host.mjs';
import { until } from './instance.mjs';
import { WebSpace } from './webspace.mjs';

export const sentence = 'This service is not set up yet.\n';
export const token = 'b7Zq0YtX3mKc9RwLh2VdJ5sNe8GfAu4P';
export const dbPassword = 'a "web" space<>&%+';

/* What a reply tells, but for what time it is. */
export async function told(reply) {
  const headers = Object.fromEntries([...reply.headers]
    .filter(([name]) => name !== 'date'));
  return { status: reply.status, headers, body: await reply.text() };
}

export class UnsetHost {
  static async fresh(name, web = 'apache', settings = '') {
    const host = new UnsetHost();
    host.machine = await Host.fresh(name);
    const dir = join(host.machine.dir, 'host');
    host.space = new WebSpace({ dir, ids, user,
      log: `${host.machine.dir}/log/websetup.log` });
    host.folder = join(dir, 'postern');
    host.file = join(host.folder, 'setup-token');
    host.config = join(host.folder, 'postern.yaml');
    mkdirSync(host.folder, { mode: 0o700 });
    host.own(host.folder);
    host.own(dir);
    host.mount('id', host.config);
    await host.machine.sql(`CREATE DATABASE space;
      CREATE USER space@localhost IDENTIFIED BY '${dbPassword}';
      GRANT ALL ON space.* TO space@localhost`);
    await host.start(web, settings);
    return host;
  }

  async start(web, settings = '') {
    await this.space.start(web, settings);
    this.url = `${this.space.url}/id`;
    await until(async () => (await fetch(`${this.url}/me`)
      .catch(() => ({}))).status === 503, 'an answer');
  }

  /* As if nothing had been, and with another web server. */
  async anew(web, settings) {
    await this.space.stop();
    this.clear();
    await this.machine.sql('DROP DATABASE space; CREATE DATABASE space');
    await this.start(web, settings);
  }

  holdSchema() {
    return this.machine.holdSchema('space');
  }

  own(path) {
    if (process.getuid() === 0)
      chownSync(path, ...ids);
  }

  mount(name, config) {
    return this.space.mount(name, { program: this.machine.bin, config,
      args: this.machine.here() });
  }

  putToken(text = `${token}\n`, mode = 0o600, file = this.file) {
    writeFileSync(file, text);
    chmodSync(file, mode);
    this.own(file);
  }

  /* As it was before anybody did anything. */
  clear() {
    for (const name of readdirSync(this.folder))
      rmSync(join(this.folder, name), { recursive: true });
  }

  names() {
    return readdirSync(this.folder).sort();
  }

  written() {
    return readFileSync(this.config, 'utf8');
  }

  answers(more = {}) {
    const { socket, smtpPort } = this.machine;
    return { token, sent: '1', url: 'https://localhost/id',
      name: 'A "space"', db_host: socket, db_name: 'space', db_user: 'space',
      db_password: dbPassword, mail: 'smtp',
      mail_host: `localhost:${smtpPort}`, mail_from: 'noreply@example.org',
      ...more };
  }

  post(body, headers = { 'X-Tls': 'yes' }, mount = 'id') {
    return fetch(`${this.space.url}/${mount}/setup`, { method: 'POST', headers,
      body: new URLSearchParams(body) });
  }

  /* Our processes, and who has started them. */
  processes() {
    const parents = new Map();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        if (line.startsWith(`${this.machine.bin}\0`))
          parents.set(Number(pid), Number(/\) . (\d+)/.exec(
            readFileSync(`/proc/${pid}/stat`, 'utf8'))[1]));
      } catch { /* it has ended */ }
    return parents;
  }

  /*
   * Of a set-up that is under way, who works and who watches that one: the only
   * program of ours that another one of ours has started.
   */
  workers() {
    const parents = this.processes();
    const [worker, watcher] = [...parents].find(([, parent]) =>
      parents.has(parent));
    return { worker, watcher };
  }

  /* Those that the web server has started, as it may itself at any time. */
  killServed() {
    for (const [pid, parent] of this.processes())
      if (/^(apache2|lighttpd)\n$/.test(
        readFileSync(`/proc/${parent}/comm`, 'utf8')))
        process.kill(pid, 'SIGKILL');
  }

  /* The next request is the server's. */
  async isServed() {
    for (let i = 0; i < 8; i++)
      assert.equal((await fetch(`${this.url}/health/ready`)).status, 200);
    assert.deepEqual(this.names(), ['postern.yaml']);
  }

  async stop() {
    await this.space.stop();
    await this.machine.stop();
  }
}
