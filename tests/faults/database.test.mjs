/* The database goes, comes back, refuses, deadlocks: nothing is lost. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { start, until } from '../lib/instance.mjs';

const password = 'correct horse battery';
let instance;

before(async () => {
  instance = await start({ set: { 'audit_log.storage.enabled': 'true',
    'account.allow_deletion': 'true', 'server.workers': '6' } });
});
after(() => instance?.stop());

async function person() {
  const api = await instance.client();
  const user = await api.signUp(freshAddress());
  await api.call('PUT', '/password', { user_id: user.user_id, password },
    { status: 201 });
  return { api, ...user };
}

/* Those that end what the others need. */
const last = ({ api, user_id }) => [
  () => api.call('GET', `/users/${user_id}`),
  () => api.call('POST', '/sessions/validate', { session_token: api.token }),
  () => api.call('POST', '/passcode/login/finalize',
    { id: 'c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c', code: '123456' }),
  () => api.call('DELETE', '/sessions/c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c'),
  () => api.call('DELETE', '/sessions'),
  () => api.call('POST', '/logout'),
  () => api.call('DELETE', '/user'),
];

/* Those of addresses and passkeys; well-formed, and no more than that. */
function others({ api, email_id }) {
  const key = new Authenticator({ origin: 'https://example.org' });
  const challenge = b64(Buffer.alloc(32, 7));
  const user = { id: b64(Buffer.alloc(16, 7)) };
  const id = b64(key.id);

  return [
    () => api.call('GET', '/emails'),
    () => api.call('POST', '/emails', { address: freshAddress() }),
    () => api.call('POST', `/emails/${email_id}/set_primary`),
    () => api.call('DELETE', `/emails/${email_id}`),
    () => api.call('POST', '/webauthn/registration/initialize'),
    () => api.call('POST', '/webauthn/registration/finalize',
      key.create({ challenge, user })),
    () => api.call('POST', '/webauthn/login/initialize', {}),
    () => api.call('POST', '/webauthn/login/finalize',
      key.get({ challenge })),
    () => api.call('GET', '/webauthn/credentials'),
    () => api.call('PATCH', `/webauthn/credentials/${id}`, { name: 'x' }),
    () => api.call('DELETE', `/webauthn/credentials/${id}`),
    () => api.call('GET', '/authorize'),
  ];
}

/* Each endpoint that needs the database, as a call that would succeed. */
const calls = ({ api, user_id, email_id, email }) => [
  () => api.call('GET', '/me'),
  () => api.call('GET', '/sessions/validate'),
  () => api.call('GET', '/sessions'),
  () => api.call('POST', '/user', { email }),
  () => api.call('POST', '/users', { email: freshAddress() }),
  () => api.call('POST', '/passcode/login/initialize', { user_id, email_id }),
  () => api.call('POST', '/password/login', { user_id, password }),
  () => api.call('PUT', '/password', { user_id, password }),
  () => api.call('POST', '/login'),
  () => api.call('POST', '/registration'),
];

test('database gone: 503 with Retry-After; then all is well', async () => {
  const ada = await person();
  await instance.service('stop', 'mariadb');
  for (const call of [...calls(ada), ...others(ada), ...last(ada)]) {
    const { status, headers, body } = await call();
    assert.equal(status, 503);
    assert.match(headers['retry-after'], /^\d+$/);
    assert.equal(body.code ?? 503, 503);
  }
  assert.equal((await ada.api.call('GET', '/health/alive')).status, 200);
  const ready = await ada.api.call('GET', '/health/ready');
  assert.equal(ready.status, 503);
  assert.deepEqual(ready.body, { ready: false });
  assert.equal((await ada.api.call('GET', '/.well-known/jwks.json')).status,
    200);
  assert.equal((await ada.api.call('GET', '/.well-known/config')).status,
    200);
  await instance.service('start', 'mariadb');
  await until(async () =>
    (await ada.api.call('GET', '/me')).status === 200, 'recovery');
  for (let i = 0; i < 3; i++)
    for (const call of calls(ada))
      await until(async () => (await call()).status < 300, 'recovery');
});

test('started without a database it waits for one', async () => {
  const ada = await person();
  await instance.service('stop', 'mariadb');
  await instance.service('stop', 'postern');
  await instance.service('start', 'postern');
  await until(async () =>
    (await ada.api.call('GET', '/health/alive', undefined, { front: true }))
      .status === 200, 'life');
  const keys = await ada.api.call('GET', '/.well-known/jwks.json');
  assert.equal(keys.status, 503);
  await instance.service('start', 'mariadb');
  await until(async () =>
    (await ada.api.call('GET', '/me')).status === 200, 'recovery');
});

test('the status page says so, too', async () => {
  const below = await start({ prefix: '/id' });
  try {
    const api = await below.client();
    const page = await api.call('GET', '', undefined, { status: 200 });
    assert.match(page.headers['content-type'], /^text\/html/);
    assert.doesNotMatch(page.text, /Mail waits/);
    await below.sql(`INSERT INTO mail_refusals VALUES ('here', '550 no',
      UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))`);
    const told = await api.call('GET', '', undefined, { status: 200 });
    assert.match(told.text, /Mail waits/);
    await below.service('stop', 'mariadb');
    await api.call('GET', '', undefined, { status: 503 });
    await below.service('start', 'mariadb');
  } finally {
    await below.stop();
  }
});

test('a database that comes back is not stormed', async () => {
  const ada = await person();
  const connections = async () => Number((await instance.sql(
    "SHOW GLOBAL STATUS LIKE 'Connections'"))[0][1]);
  /* each try of Postern is refused, and it has no connection left */
  await instance.sql('ALTER USER postern@localhost ACCOUNT LOCK');
  try {
    const open = await instance.sql(`SELECT id
      FROM information_schema.processlist WHERE user = 'postern'`);
    for (const [id] of open)
      await instance.sql(`KILL ${id}`).catch(() => null);
    const before = await connections();
    const began = Date.now();
    let refused = 0;
    let asked = 0;
    while (Date.now() - began < 2500) {
      const { status } = await ada.api.call('GET', '/sessions/validate');
      assert.ok(status === 200 || status === 503, String(status));
      refused += status === 503;
      asked += 1;
    }
    const tried = await connections() - before;
    assert.ok(refused > 0, 'the database was away');
    assert.ok(tried < 1000, `${tried} connections for ${asked} requests, `
      + `${refused} refused`);
  } finally {
    await instance.sql('ALTER USER postern@localhost ACCOUNT UNLOCK');
  }
  await until(async () =>
    (await ada.api.call('GET', '/me')).status === 200, 'recovery');
});

test('a lost connection between requests is nobody\'s business', async () => {
  const ada = await person();
  for (let round = 0; round < 4; round++) {
    const ids = await instance.sql(`SELECT id FROM
      information_schema.processlist WHERE user <> 'root'`);
    await instance.sql(ids.map(([id]) => `KILL ${id};`).join('\n'));
    await sleep(200);
    for (const call of calls(ada)) {
      const { status, text } = await call();
      assert.ok(status < 300, `${status} ${text} ${call}`);
    }
  }
});

/* Make the server answer inserts into a table with an error of our choice. */
async function failing(table, errno, times, fn) {
  await instance.sql(`CREATE TABLE IF NOT EXISTS fault_count (n INT)
    ENGINE=MEMORY; DELETE FROM fault_count;
    INSERT INTO fault_count VALUES (${times});
    DELIMITER //
    CREATE TRIGGER fault BEFORE INSERT ON ${table} FOR EACH ROW
    BEGIN
      DECLARE left_ INT;
      UPDATE fault_count SET n = n - 1;
      SELECT n INTO left_ FROM fault_count;
      IF left_ >= 0 THEN
        SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${errno},
          MESSAGE_TEXT = 'injected';
      END IF;
    END//`);
  try {
    await fn();
  } finally {
    await instance.sql('DROP TRIGGER fault; DROP TABLE fault_count');
  }
}

for (const [what, errno] of [['deadlock', 1213], ['lock wait', 1205],
  ['Galera certification', 1020]])
  test(`a lost ${what} is run again from its start`, async () => {
    const ada = await person();
    await failing('sessions', errno, 3, async () => {
      const again = await instance.client();
      const done = await again.passwordLogin(ada.user_id, password);
      assert.equal(done.status, 200);
      await again.call('GET', '/me', undefined, { status: 200 });
    });
    await failing('outbox', errno, 2, async () => {
      const again = await instance.client();
      await again.passcodeLogin(ada.email);
    });
  });

for (const [what, errno] of [['disk full', 1021], ['table full', 1114],
  ['read only', 1290]])
  test(`${what}: 503, a clear line in the log, nothing half done`, async () => {
    const ada = await person();
    const again = await instance.client();
    await failing('sessions', errno, 1000, async () => {
      const { status, headers, cookies } =
        await again.passwordLogin(ada.user_id, password);
      assert.equal(status, 503);
      assert.ok(headers['retry-after']);
      assert.deepEqual(cookies, []);
    });
    await failing('outbox', errno, 1000, async () => {
      const asked = await again.call('POST', '/passcode/login/initialize',
        { user_id: ada.user_id });
      assert.equal(asked.status, 503);
      assert.deepEqual(await instance.sql(`SELECT COUNT(*) FROM passcodes
        WHERE user_id = UNHEX('${ada.user_id.replaceAll('-', '')}')`),
      [['0']]);
    });
    await failing('audit_logs', errno, 1000, async () => {
      const { status, cookies } =
        await again.passwordLogin(ada.user_id, password);
      assert.equal(status, 503, 'what cannot be recorded is not answered');
      assert.deepEqual(cookies, []);
    });
    assert.ok(instance.log().split('\n').some((line) =>
      line.includes(`(${errno})`) && line.includes('"warn"')));
    assert.equal((await again.passwordLogin(ada.user_id, password)).status,
      200);
  });
