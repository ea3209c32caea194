/*
 * What is done to a cluster while visitors come and go, and how it ends:
 * { name, short, ready, begin, lasts_ms, end, sheds }; ready is done before
 * visitors are counted.
 * end may return what is to be told.
 */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../lib/instance.mjs';

const MIB = 1 << 20;
const SPARE_MIB = 24; /* that a node has left, before its disk is filled */

/* Its Postern alone, by libfaketime: the kernel has one clock for all. */
async function clock(host, seconds) {
  const lib = '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
  const usual = host.options.env;
  await host.service('stop', 'postern');
  if (seconds !== 0)
    host.options.env = { ...usual, LD_PRELOAD: lib, DONT_FAKE_MONOTONIC: '1',
      FAKETIME: `${seconds > 0 ? '+' : ''}${seconds}s` };
  try {
    await host.service('start', 'postern');
  } finally {
    host.options.env = usual;
  }
}

async function must(...words) {
  const { status, stdout, stderr } = await run(words[0], words.slice(1));
  if (status !== 0)
    throw new Error(`${words.join(' ')}: ${stderr}`);
  return stdout;
}

const dataOf = (host) => join(host.dir, 'data');

/* Its data move to a disk of their own, with little room. */
async function smallDisk(cluster, i) {
  const data = dataOf(cluster.hosts[i]);
  await cluster.stopNode(i);
  const kib = Number((await must('du', '-sk', '--apparent-size',
    data)).split('\t')[0]);
  await must('cp', '-a', data, `${data}.kept`);
  await must('mount', '-t', 'tmpfs', '-o',
    `size=${Math.ceil(kib / 1024) + SPARE_MIB}m`, 'none', data);
  await must('cp', '-a', '--sparse=never', `${data}.kept/.`, data);
  rmSync(`${data}.kept`, { recursive: true });
  cluster.ends.push(() => must('umount', data));
  await cluster.startNode(i);
  await cluster.whole();
}

const filler = (host) => join(dataOf(host), 'filler');

/* Not a byte is left, and then rows come from another node that need some. */
async function fillDisk(cluster, i) {
  const host = cluster.hosts[i];
  const fd = openSync(filler(host), 'w');
  const some = Buffer.alloc(MIB);
  try {
    for (;;)
      writeSync(fd, some);
  } catch (error) {
    if (error.code !== 'ENOSPC')
      throw error;
  } finally {
    closeSync(fd);
  }
  await sleep(3000);
  await cluster.hosts[0].sql(`CREATE TABLE filler (id INT PRIMARY KEY,
      more LONGBLOB) ENGINE=InnoDB;
    INSERT INTO filler SELECT seq, REPEAT('x', ${MIB})
      FROM seq_1_to_${SPARE_MIB}`);
}

/* A node that has ended over it is started again; what had become of it. */
async function emptyDisk(cluster, i) {
  rmSync(filler(cluster.hosts[i]));
  await cluster.hosts[0].sql('DROP TABLE filler');
  const alive = await cluster.status(i, 'local_state_comment');
  if (alive === 'Synced')
    return 'the node went on';
  await cluster.stopNode(i).catch(() => {});
  await cluster.startNode(i);
  return `the node was ${alive ?? 'gone'}`;
}

const each = async (cluster, fn) => {
  for (const i of cluster.all) {
    await fn(i);
    await cluster.whole();
    await sleep(1000);
  }
};

/*
 * sheds: what is done to a host is noticed by those who ask it: one that is cut
 * off reaches no node at all.
 */
export const faults = [
  { name: 'a node is killed', short: true,
    begin: (c) => c.killNode(1), lasts_ms: 12000, end: (c) => c.startNode(1) },
  { name: 'a node is stopped',
    begin: (c) => c.stopNode(2), lasts_ms: 5000, end: (c) => c.startNode(2) },
  { name: 'a host and its node are cut off', sheds: true,
    begin: (c) => c.cut(1), lasts_ms: 20000, end: (c) => c.heal(1) },
  { name: 'workers are killed', lasts_ms: 3000,
    begin: (c) => c.hosts[1].children().forEach((pid) =>
      process.kill(pid, 'SIGKILL')), end: () => {}, sheds: true },
  { name: 'each node is restarted in turn', lasts_ms: 0, end: () => {},
    begin: (c) => each(c, async (i) => {
      await c.stopNode(i);
      await c.startNode(i);
    }) },
  { name: 'each host is restarted in turn', lasts_ms: 0, end: () => {},
    sheds: true,
    begin: (c) => each(c, async (i) => {
      await c.hosts[i].service('stop', 'postern');
      await c.hosts[i].service('start', 'postern');
    }) },
  { name: 'the clock of a host is 5 minutes ahead', lasts_ms: 8000, sheds: true,
    begin: (c) => clock(c.hosts[1], 300), end: (c) => clock(c.hosts[1], 0) },
  { name: 'the clock of a host is 5 minutes behind', lasts_ms: 8000,
    sheds: true,
    begin: (c) => clock(c.hosts[1], -300), end: (c) => clock(c.hosts[1], 0) },
  { name: 'the disk of a node is full', lasts_ms: 12000, sheds: true,
    ready: (c) => smallDisk(c, 2),
    begin: (c) => fillDisk(c, 2), end: (c) => emptyDisk(c, 2) },
];

