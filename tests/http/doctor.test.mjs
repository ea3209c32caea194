/*
 * "postern doctor": what it says of an installation that is well, and of what
 * can be wrong with its configuration and its database.  (The host and the mail
 * are in doctor_host, the web server in doctor_web, the server of the database
 * in database.)
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { cost } from '../lib/cost.mjs';
import { doctor as ask, errors, fault, of } from '../lib/doctor.mjs';
import { start } from '../lib/instance.mjs';

let instance;
const doctor = (...words) => ask(instance, ...words);

before(async () => {
  instance = await start({ set: { 'log.level': 'debug' } });
});
after(() => instance?.stop());

describe('an installation that is well', () => {
  test('every check has looked, and found no error', async () => {
    const findings = await doctor();
    assert.deepEqual(errors(findings), []);
    const well = new Set(findings.filter((one) => one.verdict === 'ok')
      .map((one) => one.check));
    for (const check of ['configuration', 'state folder', 'sockets',
      'listening', 'templates', 'hashing', 'mail', 'database', 'rights',
      'keys', 'web server', 'key set', 'https', 'authorization',
      'client address', 'headers', 'body', 'buffering'])
      assert.ok(well.has(check), `${check}: ${JSON.stringify(findings)}`);
  });

  test('in words, a line each', async () => {
    const { status, stdout } = await instance.postern('doctor', '--url',
      `${instance.url}/`);
    assert.equal(status, 0, stdout);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines.slice(0, -2))
      assert.match(line, /^(ok|warning|unknown) +[a-z ]+ {2,}\S/);
    assert.match(lines.at(-1), /^0 errors, \d+ warnings, \d+ unknown$/);
  });

  test('a report has the configuration, and no secret', async () => {
    const { stdout } = await instance.postern('--set',
      'email_delivery.smtp.password=neverprinted', 'doctor', '--report');
    assert.match(stdout, /^postern \d/);
    assert.match(stdout, /^ +keys: .*"\*\*\*"/m);
    assert.doesNotMatch(stdout, /neverprinted/);
  });

  test('no nonce is left behind', async () => {
    assert.deepEqual(await instance.sql(
      "SELECT COUNT(*) FROM rate_limits WHERE what = 'nonce'"), [['0']]);
  });

  test('it takes no other words', async () => {
    for (const words of [['--jsn'], ['--url'], ['more']])
      assert.equal((await instance.postern('doctor', ...words)).status, 2);
  });
});

describe('whoever is not the doctor', () => {
  const guess = 'A'.repeat(43);

  test('finds nothing, at no cost', async () => {
    const api = await instance.client();
    for (const id of [guess, 'x', 'A'.repeat(200)]) {
      const at = await api.call('POST', `/doctor/${id}?client=127.0.0.1`,
        undefined, { status: 404 });
      const none = await api.call('POST', `/no/${id}?client=127.0.0.1`,
        undefined, { status: 404 });
      assert.deepEqual(at.body, none.body);
      assert.deepEqual(Object.keys(at.headers).sort(),
        Object.keys(none.headers).sort());
    }
    const spent = await cost(instance, api, 'POST', `/doctor/${guess}`);
    assert.equal(spent.statements, 0);
  });
});

describe('what is wrong', () => {
  test('the configuration cannot be read', async () => {
    const { status, stdout } = await instance.postern('--set',
      'session.limt=2', 'doctor', '--json');
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(stdout).findings.map(({ verdict, text }) =>
      [verdict, text]), [
      ['error', '--set: session.limt: is not a known key; did you mean '
        + 'session.limit?'],
      ['unknown', 'all else: it needs a configuration']]);
  });

  test('the secrets are others', async () => {
    const findings = await doctor(
      { 'secrets.keys': 'Vv8wC2mGq0fTz5Rk3aB' });
    assert.match(fault(findings, 'keys').text,
      /^opens 0 of \d keys in the database: add the secret/);
    assert.equal(fault(findings, 'keys').place, '--set: secrets.keys');
    assert.match(fault(findings, 'authorization').text,
      /^the server does not know what was just written/);
  });

  test('the database is away', async () => {
    const findings = await doctor({ 'database.socket': '/no/such.sock' });
    assert.match(fault(findings, 'database').text, /is MariaDB running\?/);
    const unknown = findings.filter((one) => one.verdict === 'unknown');
    assert.ok(unknown.some((one) => one.text === 'needs the database'));
  });

  test('a user has too few rights, or too many', async () => {
    await instance.sql(`CREATE USER few@localhost;
      GRANT SELECT, INSERT ON postern.* TO few@localhost;
      CREATE USER many@localhost;
      GRANT ALL ON *.* TO many@localhost;`);
    const few = await doctor({ 'database.user': 'few',
      'database.password': '' });
    assert.match(fault(few, 'rights').text,
      /^user few lacks rights: GRANT update, delete ON postern\.\* TO it$/);
    const many = await doctor({ 'database.user': 'many',
      'database.password': '' });
    assert.match(fault(many, 'rights', 'warning').text,
      /^user many may do more than it needs \([A-Z ]+ on everything\)/);
  });

  test('the user that migrates, the same', async () => {
    const migrator = (user) => doctor({ 'database.migrate_user': user,
      'database.migrate_password': '' });
    const { text } = fault(await migrator('few'), 'rights');
    assert.equal(text, 'user few lacks rights: GRANT update, delete, create, '
      + 'alter, drop, index, references ON postern.* TO it');
    assert.match(fault(await migrator('many'), 'rights', 'warning').text,
      /^user many may do more than it needs /);
    const none = await doctor({ 'database.migrate_user': '' });
    assert.match(fault(none, 'rights', 'unknown').text,
      /^database\.migrate_user is empty: "migrate up" has the rights of /);
    const well = of(await doctor(), 'rights').map(({ verdict, text: said }) =>
      `${verdict}: ${said}`);
    assert.deepEqual(well, ['ok: user postern may do what it must',
      'ok: user postern_migrate may do what it must']);
  });

  test('rights that are a role\'s cannot be seen', async () => {
    await instance.sql(`CREATE ROLE staff; GRANT ALL ON postern.* TO staff;
      CREATE USER actor@localhost; GRANT staff TO actor@localhost;
      SET DEFAULT ROLE staff FOR actor@localhost;`);
    assert.match(fault(await doctor({ 'database.user': 'actor',
      'database.password': '' }), 'rights', 'unknown').text,
    /^rights of user actor: it has none of its own; a role's cannot be seen /);
  });

  test('the schema was made by a newer version', async () => {
    const [[version]] = await instance.sql(
      'SELECT MAX(version) FROM schema_migrations');
    const newer = Number(version) + 7;
    const number = (from, to) => instance.sql(
      `UPDATE schema_migrations SET version = ${to} WHERE version = ${from}`);
    await number(version, newer);
    try {
      assert.equal(fault(await doctor(), 'database').text,
        `database: the schema has version ${newer}, this program knows ${
          version}: it is too old; install the version that migrated it`);
    } finally {
      await number(newer, version);
    }
    assert.deepEqual(errors(await doctor()), []);
  });

  test('the database is set up for something else', async () => {
    const settings = { max_connections: 10, max_allowed_packet: 65536,
      innodb_flush_log_at_trx_commit: 2, read_only: 1 };
    const before = {};
    for (const name of Object.keys(settings))
      [[before[name]]] = await instance.sql(`SELECT @@GLOBAL.${name}`);
    const set = (values) => instance.sql(Object.entries(values)
      .map(([name, value]) => `SET GLOBAL ${name} = ${value};`).join(''));
    await set(settings);
    try {
      const findings = await doctor({ 'server.workers': '32' });
      const texts = of(findings, 'database').filter((one) =>
        one.verdict !== 'ok').map((one) => `${one.verdict}: ${one.text}`);
      assert.deepEqual(texts, [
        'warning: max_connections is 10, and the workers want 37: raise it, '
          + 'or lower server.workers',
        'warning: innodb_flush_log_at_trx_commit is 2: after a power cut '
          + 'sessions that were ended may live again; set it to 1',
        'warning: max_allowed_packet is 65536: raise it to at least 1048576 in '
          + "the server's configuration",
        'error: the server is read-only: name the primary in database.host, '
          + 'or make this one writable']);
      assert.equal(fault(findings, 'authorization', 'warning').text,
        'database: nonce_put: the server is read-only (1290)');
    } finally {
      await set(before);
    }
  });

  test('the server does not run', async () => {
    await instance.service('stop', 'postern');
    try {
      const findings = await doctor();
      const silent = of(findings, 'listening');
      assert.ok(silent.length > 0); /* the authorizer's, too, with Apache */
      for (const { verdict, text } of silent) {
        assert.match(`${verdict} ${text}`, new RegExp('^(warning .*; the '
          + 'server does not run, |error .*: the socket is there, and the '
          + 'service does not answer )'));
      }
      assert.match(fault(findings, 'web server').text,
        /: 50[234], the web server does not reach Postern/);
    } finally {
      await instance.service('start', 'postern');
    }
  });
});
