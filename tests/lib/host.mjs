/*
 * A host on which nothing is installed yet but the program, a database server
 * and a mail server: what "postern setup" begins with.
 *
 *   const host = await Host.fresh('setup');
 *   await host.setup(...host.answers());
 *   await host.serve('lighttpd');
 *   const api = host.client();
 *   await host.stop();
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, closeSync, cpSync, existsSync, mkdirSync, mkdtempSync,
  openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from './api.mjs';
import { freePort, run, top, until } from './instance.mjs';

const base = process.env.POSTERN_TEST_DIR ?? join(top, 'build/test/run');
export const build = process.env.POSTERN_BUILD ?? join(top, 'build/make');
const isRoot = process.getuid() === 0;
/* Whom quickstart's parts run as, so that they read what is theirs. */
export const user = process.env.POSTERN_RUN_USER ?? 'www-data';
export const ids = await Promise.all(['-u', '-g'].map(async (flag) =>
  Number((await run('id', [flag, user])).stdout)));

export class Host {
  static async fresh(name) {
    const host = new Host();
    mkdirSync(base, { recursive: true });
    host.dir = mkdtempSync(join(base, `${name}-`));
    chmodSync(host.dir, 0o755);
    host.children = [];
    host.socket = join(host.dir, 'run/mariadb.sock');
    host.config = join(host.dir, 'etc/postern/postern.yaml');
    host.port = await freePort();
    host.url = `http://localhost:${host.port}/id`;
    host.install();
    await host.database('start');
    await host.receiveMail();
    return host;
  }

  /* Where those can read it who run it. */
  install() {
    this.app = join(this.dir, 'app');
    mkdirSync(this.app);
    cpSync(join(top, 'etc/mail'), join(this.app, 'mail'), { recursive: true });
    cpSync(join(top, 'etc/aaguids'), join(this.app, 'aaguids'));
    for (const program of ['postern', 'postern-smtp'])
      cpSync(join(build, program), join(this.app, program));
    this.bin = join(this.app, 'postern');
    for (const folder of ['log', 'run', 'sock', 'state', 'mail'])
      mkdirSync(join(this.dir, folder), { recursive: true, mode: 0o755 });
    if (isRoot)
      chownSync(join(this.dir, 'state'), ...ids);
  }

  async database(what) {
    const { status, stderr } = await run('sh',
      [join(top, 'etc/private-mariadb.sh'), what, this.dir]);
    if (status !== 0)
      throw new Error(stderr);
  }

  async sql(text, account = ['--user=root']) {
    const { status, stdout, stderr } = await run('mariadb', ['--no-defaults',
      ...account, `--socket=${this.socket}`, '--batch',
      '--skip-column-names'], { input: text });
    if (status !== 0)
      throw new Error(stderr);
    return stdout.split('\n').slice(0, -1).map((line) => line.split('\t'));
  }

  /*
   * Hold whoever changes the schema of a database, from now on until
   * release(); isWaited() tells when somebody is held.
   */
  async holdSchema(database) {
    const lock = `GET_LOCK(CONCAT('postern.', MD5('${database}')), 0)`;
    const client = spawn('mariadb', ['--no-defaults', '--user=root',
      `--socket=${this.socket}`, '--unbuffered', '--batch'],
    { stdio: ['pipe', 'pipe', 'inherit'] });
    client.stdin.write(`SELECT ${lock};\n`);
    await once(client.stdout, 'data');
    return {
      isWaited: () => until(async () => (await this.sql(`SELECT 1
        FROM information_schema.processlist WHERE state = 'User lock'`))
        .length > 0, 'somebody who waits'),
      release: async () => {
        client.stdin.end();
        await once(client, 'exit');
      },
    };
  }

  start(file, args) {
    const log = openSync(join(this.dir, 'log', `${file.split('/').pop()}.log`),
      'a');
    const child = spawn(file, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    child.ended = new Promise((done) => {
      child.on('exit', done);
    });
    this.children.push(child);
    return child;
  }

  async receiveMail() {
    const file = join(this.dir, 'smtp.port');
    this.start(process.execPath, [join(top, 'etc/maildir-smtp.mjs'), '--port',
      '0', '--maildir', join(this.dir, 'mail'), '--port-file', file]);
    await until(() => existsSync(file) && readFileSync(file, 'utf8').trim(),
      'a port for mail');
    this.smtpPort = readFileSync(file, 'utf8').trim();
  }

  /* What is of this test, and would be right on a host of its own. */
  here() {
    return Object.entries({
      'server.public.address': `unix:${this.dir}/sock/public.sock`,
      'server.state_dir': join(this.dir, 'state'),
      'email_delivery.smtp.tls': 'none',
      'email_delivery.template_dir': join(this.app, 'mail'),
      'passkey.aaguid_file': join(this.app, 'aaguids'),
      ...(isRoot ? { 'server.user': user, 'server.socket.group': user } : {}),
    }).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  }

  /* The answers to all that setup needs to know, as options. */
  answers(more = {}) {
    return Object.entries({ url: this.url, 'database-admin': this.socket,
      mail: `localhost:${this.smtpPort}`, web: 'lighttpd', ...more })
      .filter(([, value]) => value !== null)
      .flatMap(([option, value]) => [`--${option}`, value]);
  }

  postern(args, options = {}) {
    return run(this.bin, ['--config', this.config, ...args], options);
  }

  setup(args = this.answers(), options = {}) {
    return this.postern([...this.here(), 'setup', ...args], options);
  }

  async end(child) {
    child?.kill('SIGTERM');
    await child?.ended;
    this.children = this.children.filter((one) => one !== child);
  }

  /* As its author would: what setup printed, in a file, and (re)started. */
  async serve(web = 'lighttpd') {
    await this.end(this.web);
    await this.end(this.server);
    const snippet = await this.postern(['snippet', web]);
    const file = join(this.dir, `${web}.conf`);
    const [text, ...command] = this.site(web, file);
    writeFileSync(join(this.dir, 'postern.conf'), snippet.stdout);
    writeFileSync(file, text);
    this.server = this.start(this.bin, ['--config', this.config, 'serve']);
    this.web = this.start(command[0], command.slice(1));
    await until(() => fetch(`${this.url}/health/ready`)
      .then((reply) => reply.status === 200, () => false), 'an answer');
  }

  /* The least of a site, with what setup printed in it; and who serves it. */
  site(web, file) {
    const { dir, port } = this;
    const root = join(this.app, 'mail');
    const load = ['mpm_event', 'authz_core', 'proxy', 'proxy_fcgi', 'alias',
      'rewrite'].map((name) => `LoadModule ${name}_module `
        + `/usr/lib/apache2/modules/mod_${name}.so\n`).join('');
    return {
      lighttpd: [`server.document-root = "${root}"\n`
        + `server.bind = "127.0.0.1"\nserver.port = ${port}\n`
        + `server.upload-dirs = ( "${join(dir, 'state')}" )\n`
        + 'include "postern.conf"\n', '/usr/sbin/lighttpd', '-D', '-f', file],
      apache: [`${load}ServerName localhost\nListen 127.0.0.1:${port}\n`
        + `PidFile ${dir}/apache.pid\nErrorLog ${dir}/log/apache.error\n`
        + (isRoot ? `User ${user}\nGroup ${user}\n` : '')
        + `DocumentRoot ${root}\nInclude ${dir}/postern.conf\n`,
      '/usr/sbin/apache2', '-D', 'FOREGROUND', '-f', file],
      nginx: [`${isRoot ? `user ${user};\n` : ''}daemon off;\n`
        + `pid ${dir}/nginx.pid;\nevents {}\nhttp {\naccess_log off;\n`
        + ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((part) =>
          `${part}_temp_path ${dir}/run/nginx-${part};\n`).join('')
        + `server { listen 127.0.0.1:${port}; root ${root};\n`
        + `include ${dir}/postern.conf;\n}}\n`,
      '/usr/sbin/nginx', '-e', join(dir, 'log/nginx.error'), '-c', file],
    }[web];
  }

  client() {
    return new Api(this.url, { mailDir: join(this.dir, 'mail') });
  }

  log() {
    return readFileSync(join(this.dir, 'log/postern.log'), 'utf8');
  }

  async stop() {
    for (const child of this.children.reverse()) {
      child.kill('SIGTERM');
      await child.ended;
    }
    await this.database('stop');
    rmSync(this.dir, { recursive: true, force: true });
  }
}
