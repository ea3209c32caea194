/*
 * What "postern doctor" and "config check" say of the nodes of a cluster: whole,
 * with a table that no node can delete from, and with a node stopped.
 */
const lines = async (host) => {
  const { stdout } = await host.postern('doctor', '--json', '--url', host.url);
  return JSON.parse(stdout).findings.filter((one) => one.check === 'database')
    .map((one) => `${one.verdict}: ${one.text}`);
};

const count = (all, what) => all.filter((one) => what.test(one)).length;

export async function looked(cluster, judge) {
  const [host] = cluster.hosts;
  const whole = await lines(host);
  judge('looked: a whole cluster', count(whole, /^error/) === 0
    && count(whole, /^ok: .*: node of a cluster of 3, Synced$/) === cluster.size
    && count(whole, /^ok: .*: both clocks agree$/) === cluster.size,
  `${whole.length} lines, ${count(whole, /^warning/)} warnings`);

  await host.sql(`CREATE TABLE ${host.env.POSTERN_DB_NAME}.keyless (id INT)
    ENGINE=InnoDB`);
  const keyless = await lines(host);
  await host.sql(`DROP TABLE ${host.env.POSTERN_DB_NAME}.keyless`);
  judge('looked: a table without a primary key', count(keyless,
    /^error: .*: 1 tables have no primary key, such as keyless/)
    === cluster.size, `${count(keyless, /^error/)} errors`);

  await cluster.stopNode(2);
  const less = await lines(host);
  const { status } = await host.postern('config', 'check');
  judge('looked: a node is stopped', count(less, /^error/) === 0
    && status === 0 && count(less, /^warning: .*: database: cannot connect/) === 1
    && count(less, /nodes of the cluster: 2, of 3 in database\.hosts$/) === 2,
  `${count(less, /^warning/)} warnings, config check ${status}`);
  await cluster.startNode(2);
  await cluster.whole();
}
