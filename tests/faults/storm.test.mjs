/*
 * Webhooks in a storm: the courier is killed again and again, receivers fail,
 * hang and are not there, the database is restarted, changes are undone.  What
 * was committed is told, at least once, to each of those who want it, of one
 * user in the order in which it happened; of what was undone nobody hears.
 *
 * POSTERN_KILLS is how often the courier is killed, 10 by itself.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { freshAddress } from '../lib/api.mjs';
import { random } from '../lib/arbitrary.mjs';
import { start, until } from '../lib/instance.mjs';
import { Receiver, status } from '../lib/receiver.mjs';

const KILLS = Number(process.env.POSTERN_KILLS ?? 10);
const chance = random(7);
const paths = ['/steady', '/flaps', '/slow'];
let dir;
let receiver;
let instance;
let admin;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-storm-'));
  chmodSync(dir, 0o755);
  receiver = await Receiver.listen(dir);
  instance = await start({ admin: true, set: { 'webhooks.enabled': 'true',
    'webhooks.ca_file': join(dir, 'own.pem'),
    'webhooks.allow_networks': '127.0.0.0/8' } });
  admin = instance.admin();
});
after(async () => {
  receiver?.close();
  rmSync(dir, { recursive: true, force: true });
  await instance?.stop();
});

/* path: the ids of messages in the order in which they were taken first. */
const taken = Object.fromEntries(paths.map((path) => [path, new Map()]));
const take = (path, { headers, payload }) => {
  const id = headers['webhook-id'].slice(4);
  if (!taken[path].has(id))
    taken[path].set(id, payload.data.user_id ?? payload.data.id);
};

/* The answers of good and of bad times. */
function answer(path, good) {
  receiver.answers[path] = async (response, one) => {
    const luck = good ? 1 : chance();
    if (path === '/slow' && !good)
      await pause(150);
    if (path === '/flaps' && luck < 0.3)
      return luck < 0.15 ? status(500)(response) : response.destroy();
    take(path, one);
    return status(200)(response);
  };
}

/*
 * What is committed, by the database itself: a row goes with what it is a part
 * of.  Now and then one is refused, with all that its transaction had done.
 */
async function watch() {
  await instance.sql(`CREATE TABLE committed (id CHAR(36) PRIMARY KEY,
    source BINARY(8) NOT NULL, seq BIGINT NOT NULL) ENGINE=InnoDB`);
  await instance.sql(`DELIMITER //
    CREATE TRIGGER watch AFTER INSERT ON outbox FOR EACH ROW
    BEGIN
      IF NEW.kind = 'webhook' THEN
        INSERT INTO committed VALUES (LOWER(CONCAT_WS('-',
          SUBSTR(HEX(NEW.id), 1, 8), SUBSTR(HEX(NEW.id), 9, 4),
          SUBSTR(HEX(NEW.id), 13, 4), SUBSTR(HEX(NEW.id), 17, 4),
          SUBSTR(HEX(NEW.id), 21))), NEW.source, NEW.seq);
        IF RAND() < 0.05 THEN SIGNAL SQLSTATE '45000'; END IF;
      END IF;
    END//`);
}

/*
 * Somebody whose account comes, changes, and goes, one after the other.  That
 * it fails now and then is in no description.
 */
async function live(seen, isOver) {
  const api = Object.assign(instance.admin(), { judge: () => {} });
  while (!isOver()) {
    const call = async (...request) => {
      const one = await api.call(...request);
      seen[one.status] = (seen[one.status] ?? 0) + 1;
      return one;
    };
    const { body, status: code } = await call('POST', '/users', { emails: [
      { address: freshAddress('storm'), is_primary: true }] });
    if (code !== 200) {
      await pause(100);
      continue;
    }
    const path = `/users/${body.id}`;
    for (const name of ['A', 'B', 'C'])
      await call('PATCH', path, { name });
    await call('POST', '/sessions', { user_id: body.id });
    await call('DELETE', `${path}/sessions`);
    await call('DELETE', path);
    await pause(500); /* what comes is about what can be told */
  }
}

const comm = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return ''; /* it has just ended */
  }
};
const courier = () => instance.children().find((pid) =>
  /courier/.test(comm(pid)));

/* What a courier had begun is nobody's: without waiting for its claim to end. */
const release = () => instance.sql('UPDATE outbox SET claim = NULL, '
  + 'claimed_until = NULL, next_try_at = UTC_TIMESTAMP(6) '
  + "WHERE kind = 'webhook'");

async function kill(n) {
  const before = receiver.came.length;
  await until(async () => receiver.came.length > before || (await release(),
  false), 'something is told');
  await pause(Math.floor(chance() * 150));
  process.kill(await until(courier, 'a courier'), 'SIGKILL');
  await release();
  /* One that dies young is kept waiting; a new generation is not. */
  if (n % 4 === 3)
    await instance.reload(instance.options.set);
}

async function absent() {
  receiver.close();
  await pause(300);
  await receiver.open(receiver.port);
}

async function restart() {
  await instance.service('stop', 'mariadb');
  await instance.service('start', 'mariadb');
}

/* Everything is well again: until nothing waits. */
async function calm() {
  for (const path of paths)
    answer(path, true);
  await until(async () => {
    await instance.sql("UPDATE outbox SET next_try_at = UTC_TIMESTAMP(6) "
      + "WHERE kind = 'webhook' AND claim IS NULL");
    return (await instance.sql("SELECT 1 FROM outbox WHERE kind LIKE "
      + "'webhook%'")).length === 0;
  }, 'all is told', 200000 + 10000 * KILLS);
}

test('all that was committed is told, in order, and nothing else', async (t) => {
  const seen = {};
  let over = false;
  for (const path of paths) {
    answer(path, false);
    await admin.call('POST', '/webhooks', { callback: receiver.url(path),
      events: ['user', 'session'] }, { status: 201 });
  }
  await watch();
  const lives = Promise.all([1, 2, 3].map(() => live(seen, () => over)));
  lives.catch(() => {}); /* it is awaited below */
  try {
    for (let n = 0; n < KILLS; n++) {
      await kill(n);
      if (n % 3 === 1)
        await absent();
      if (n % 25 === 5)
        await restart();
    }
  } finally {
    over = true;
    await lives;
  }
  await release();
  await calm();
  const rows = await instance.sql('SELECT id, HEX(source), seq FROM committed '
    + 'ORDER BY seq');
  const seqs = new Map(rows.map(([id, , seq]) => [id, Number(seq)]));
  const sources = [...new Set(rows.map(([, source]) => source))];
  assert.equal(sources.length, paths.length);
  for (const source of sources) {
    const due = rows.filter(([, its]) => its === source).map(([id]) => id);
    const path = paths.find((one) => taken[one].has(due[0]));
    assert.ok(path, 'nobody took the first one');
    assert.deepEqual([...taken[path].keys()].sort(), due.sort(), path);
    const last = new Map();
    for (const [id, user] of taken[path]) {
      assert.ok((last.get(user) ?? 0) < seqs.get(id), `${path}: ${user}`);
      last.set(user, seqs.get(id));
    }
  }
  t.diagnostic(`${KILLS} kills, ${rows.length} messages, ${
    receiver.came.length} requests; answers: ${JSON.stringify(seen)}`);
  assert.ok(seen[500] > 0, 'nothing was undone');
  assert.ok(receiver.came.length > rows.length, 'nothing was told twice');
});
