/*
 * Hosts that share a Galera cluster: each a network namespace with a node of
 * MariaDB, Postern and a web server of its own, all on one bridge.  A host's
 * Postern is connected to the node beside it, and goes to the others when that
 * is away.  Needs root, iproute2, nftables, galera-4, rsync, and the scripts of
 * mariadb-server.
 *
 *   const cluster = await Cluster.start({ size: 3, set: {...} });
 *   const api = cluster.hosts[0].client();
 *   await cluster.cut(1);	its node and the others do not hear each other
 *   await cluster.stop();
 *
 * Mail to anybody comes into one Maildir, whichever host sends it.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { copyData, run, start, until } from './instance.mjs';

const NET = '10.77.7';
const SQL_PORT = 3306;
const provider = '/usr/lib/galera/libgalera_smm.so';

/* A program that has to go well; what it printed. */
async function must(file, ...args) {
  const { status, stdout, stderr } = await run(file, args);
  if (status !== 0)
    throw new Error(`${file} ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

const ip = (...args) => must('ip', ...args);

/* Of runs that were killed; one that is at work has the addresses. */
async function sweep() {
  const lines = (await ip('-o', 'address')).split('\n')
    .filter((line) => line.includes(` ${NET}.254/`));
  for (const line of lines) {
    const [, name, pid] = /^\d+: ((?:ptn(\d+))\S*)/.exec(line) ?? [];
    if (name === undefined || isAtWork(pid))
      throw new Error(`${NET}.254 is taken: ${line}`);
    for (const [ns] of (await ip('netns', 'list')).matchAll(/^ptn\d+-\d+/gm))
      if (ns.startsWith(`${name}-`))
        await ip('netns', 'delete', ns);
    await ip('link', 'delete', name);
  }
}

function isAtWork(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('cluster');
  } catch {
    return false;
  }
}

export class Cluster {
  constructor({ size = 3, set = {}, ...options }) {
    this.size = size;
    this.set = set;
    this.options = options;
    this.name = `ptn${process.pid}`;
    this.hosts = [];
    this.ends = []; /* what else is to be undone when it has stopped */
  }

  static async start(options = {}) {
    const cluster = new Cluster(options);
    try {
      await cluster.wire();
      await cluster.found();
      await cluster.open();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get all() {
    return Array.from({ length: this.size }, (_, i) => i);
  }

  ns(i) {
    return `${this.name}-${i}`;
  }

  address(i) {
    return `${NET}.${i + 1}`;
  }

  under(i) {
    return ['ip', 'netns', 'exec', this.ns(i)];
  }

  inside(i, ...command) {
    return ip('netns', 'exec', this.ns(i), ...command);
  }

  unwire() {
    for (const i of this.all)
      spawnSync('ip', ['netns', 'delete', this.ns(i)]);
    spawnSync('ip', ['link', 'delete', this.name]);
  }

  /*
   * A bridge, and a namespace a host, reached from here by its address.  All of
   * it goes with this process, however that ends.
   */
  async wire() {
    await sweep();
    process.once('exit', () => this.unwire());
    await ip('link', 'add', this.name, 'type', 'bridge');
    await ip('address', 'add', `${NET}.254/24`, 'dev', this.name);
    await ip('link', 'set', this.name, 'up');
    for (const i of this.all) {
      await ip('netns', 'add', this.ns(i));
      await ip('link', 'add', `${this.name}v${i}`, 'type', 'veth', 'peer',
        'name', 'eth0', 'netns', this.ns(i));
      await ip('link', 'set', `${this.name}v${i}`, 'master', this.name, 'up');
      await this.inside(i, 'ip', 'link', 'set', 'lo', 'up');
      await this.inside(i, 'ip', 'address', 'add', `${this.address(i)}/24`,
        'dev', 'eth0');
      await this.inside(i, 'ip', 'link', 'set', 'eth0', 'up');
      await this.inside(i, 'sysctl', '-qw',
        'net.ipv4.conf.all.route_localnet=1');
      await this.inside(i, 'nft', 'add', 'table', 'ip', 'cut');
      await this.inside(i, 'nft', 'add', 'chain', 'ip', 'cut', 'in',
        '{ type filter hook input priority 0; }');
    }
  }

  /* What makes a MariaDB a node of the cluster. */
  galera(i, ...more) {
    return ['--wsrep-on=ON', `--wsrep-provider=${provider}`,
      `--wsrep-cluster-address=gcomm://${this.all.map((n) => this.address(n))}`,
      `--wsrep-node-address=${this.address(i)}`,
      `--wsrep-node-name=host${i}`, '--wsrep-sst-method=rsync',
      '--binlog-format=ROW', '--innodb-autoinc-lock-mode=2',
      '--skip-networking=0', `--port=${SQL_PORT}`, '--bind-address=0.0.0.0',
      ...(this.options.mariadb ?? []), ...more].join(' ');
  }

  env(i, ...more) {
    return { POSTERN_MARIADB_OPTIONS: this.galera(i, ...more) };
  }

  /* The node beside it first. */
  settings(i) {
    const others = this.all.filter((n) => n !== i)
      .map((n) => `${this.address(n)}:${SQL_PORT}`);
    return { 'database.socket': '',
      'database.hosts': ['{dir}/run/mariadb.sock', ...others].join(','),
      ...this.set };
  }

  make(i, { more = [], ...options } = {}) {
    return start({ ...this.options, keep: true, set: this.settings(i),
      under: this.under(i), env: this.env(i, ...more), ...options });
  }

  /* The first has the schema and the keys; the others begin as its copies. */
  async found() {
    const first = await this.make(0, { more: ['--wsrep-new-cluster'] });
    this.hosts.push(first);
    const [, password] = readFileSync(join(first.dir, 'conf/secrets'), 'utf8')
      .split('\n');
    await first.sql(`
      GRANT SELECT, INSERT, UPDATE, DELETE ON ${first.env.POSTERN_DB_NAME}.*
        TO postern@'${NET}.%' IDENTIFIED BY '${password}'`);
    await first.down();
    const seed = `${first.dir}-seed`;
    await copyData(first.dir, seed);
    await first.up();
    first.options.env = this.env(0);
    for (const i of this.all.slice(1))
      this.hosts.push(await this.make(i, { from: seed }));
    rmSync(seed, { recursive: true });
  }

  /* To whoever comes from outside, and with one Maildir for all. */
  async open() {
    for (const [i, host] of this.hosts.entries()) {
      await this.inside(i, 'nft', 'add', 'table', 'ip', 'door');
      await this.inside(i, 'nft', 'add', 'chain', 'ip', 'door', 'in',
        '{ type nat hook prerouting priority -100; }');
      await this.inside(i, 'nft', 'add', 'rule', 'ip', 'door', 'in', 'tcp',
        'dport', String(host.port), 'dnat', 'to', '127.0.0.1');
      host.url = `http://${this.address(i)}:${host.port}`;
      host.sqlOptions = ['--init-command=SET SESSION wsrep_sync_wait=15'];
      if (i > 0) {
        rmSync(host.mailDir, { recursive: true, force: true });
        symlinkSync(this.hosts[0].mailDir, host.mailDir);
      }
    }
  }

  /* A node of its own accord: Synced, and in a cluster of so many. */
  async status(i, name) {
    const host = this.hosts[i];
    const { stdout } = await run('mariadb', ['--no-defaults', '--user=root',
      '--skip-ssl-verify-server-cert', '--batch', '--skip-column-names',
      `--socket=${host.env.POSTERN_DB_SOCKET}`,
      '-e', `SHOW STATUS LIKE 'wsrep_${name}'`]);
    return stdout.split('\t')[1]?.trim();
  }

  whole(size = this.size) {
    return until(async () => {
      for (const i of this.all)
        if (await this.status(i, 'cluster_size') !== String(size)
            || await this.status(i, 'local_state_comment') !== 'Synced')
          return false;
      return true;
    }, 'a whole cluster', 120000);
  }

  /* What its node hears of the others, and they of it, is lost on the way. */
  async cut(i) {
    const others = this.all.filter((n) => n !== i);
    await this.inside(i, 'nft', 'add', 'rule', 'ip', 'cut', 'in', 'ip', 'saddr',
      `{ ${others.map((n) => this.address(n)).join(', ')} }`, 'drop');
  }

  heal(i) {
    return this.inside(i, 'nft', 'flush', 'chain', 'ip', 'cut', 'in');
  }

  pidOf(i) {
    const file = join(this.hosts[i].dir, 'run/mariadb.pid');
    return Number(readFileSync(file, 'utf8').split(' ')[0]);
  }

  killNode(i) {
    process.kill(this.pidOf(i), 'SIGKILL');
  }

  stopNode(i) {
    return this.hosts[i].service('stop', 'mariadb');
  }

  /* Also after a kill: from where its own log of changes ends. */
  async startNode(i) {
    const host = this.hosts[i];
    const { stderr, stdout } = await run('setpriv', ['--reuid=www-data',
      '--regid=www-data', '--init-groups', 'mariadbd', '--no-defaults',
      `--datadir=${host.dir}/data`, '--wsrep-recover', '--wsrep-on=ON',
      `--wsrep-provider=${provider}`, `--tmpdir=${host.dir}/tmp`,
      '--skip-networking', `--socket=${host.dir}/run/recover.sock`]);
    const [, at] = /Recovered position:? *(\S+:\S+)/.exec(stderr + stdout)
      ?? [];
    host.options.env = this.env(i,
      ...(at ? [`--wsrep-start-position=${at}`] : []));
    await host.service('start', 'mariadb');
    host.options.env = this.env(i);
  }

  async stop() {
    for (const host of this.hosts)
      await host.down().catch((error) => console.error(String(error)));
    for (const end of this.ends)
      await end().catch((error) => console.error(String(error)));
    const findings = this.hosts.map((host) => host.findings()).join('');
    this.unwire();
    for (const { dir } of this.hosts)
      rmSync(join(dir, 'data'), { recursive: true, force: true });
    if (findings)
      throw new Error(findings);
  }
}
