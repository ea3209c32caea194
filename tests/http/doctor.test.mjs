/*
 * "postern doctor": what it says of an installation that is well, and of each
 * thing that can be wrong with one.  What web servers do is done by a proxy in
 * front of the real one.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync }
  from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { cost } from '../lib/cost.mjs';
import { exchange, exchangeSlowly, request } from '../lib/fastcgi.mjs';
import { freePort, run, start } from '../lib/instance.mjs';
import { SmtpServer } from '../lib/smtp.mjs';

let instance;
let dir; /* readable by everybody: a key of an hour lies here */
let tls;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-doctor-'));
  chmodSync(dir, 0o755);
  const made = await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048',
    '-nodes', '-keyout', join(dir, 'key.pem'), '-out', join(dir, 'ca.pem'),
    '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost']);
  assert.equal(made.status, 0, made.stderr);
  tls = { key: readFileSync(join(dir, 'key.pem')),
    cert: readFileSync(join(dir, 'ca.pem')) };
  instance = await start({ set: { 'log.level': 'debug' } });
});
after(async () => {
  await instance?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const options = (set) => Object.entries(set)
  .flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/* What it found, and its exit status. */
async function doctor(set = {}, ...more) {
  const { status, stdout, stderr } = await instance.postern(...options(set),
    'doctor', '--json', ...(more.includes('--url') ? []
      : ['--url', instance.url]), ...more);
  assert.match(stderr, /^(Command failed: .*\n)?$/); /* of run() */
  const { findings, ...rest } = JSON.parse(stdout);
  const count = (verdict) =>
    findings.filter((one) => one.verdict === verdict).length;
  assert.equal(rest.errors, count('error'));
  assert.equal(rest.warnings, count('warning'));
  assert.equal(rest.unknown, count('unknown'));
  assert.equal(status, rest.errors > 0 ? 1 : 0);
  return findings;
}

/* The one finding of a check that is not ok. */
function fault(findings, check, verdict = 'error') {
  const found = findings.filter((one) => one.check === check
    && one.verdict === verdict);
  assert.equal(found.length, 1, JSON.stringify(findings, null, 1));
  return found[0];
}

const errors = (findings) =>
  findings.filter((one) => one.verdict === 'error');

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

  test('whether the web server keeps a body until it is whole', async () => {
    const [found] = (await doctor()).filter((one) =>
      one.check === 'buffering');
    assert.match(found.text, { apache: /^the web server passes a body on as /,
      lighttpd: /^the web server keeps a body until it is whole$/,
      nginx: /^the web server keeps a body until it is whole$/
    }[process.env.POSTERN_WEB ?? 'lighttpd']);
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

  test('the database is set up for something else', async () => {
    const settings = { max_connections: 10,
      innodb_flush_log_at_trx_commit: 2, read_only: 1 };
    const before = {};
    for (const name of Object.keys(settings))
      [[before[name]]] = await instance.sql(`SELECT @@GLOBAL.${name}`);
    const set = (values) => instance.sql(Object.entries(values)
      .map(([name, value]) => `SET GLOBAL ${name} = ${value};`).join(''));
    await set(settings);
    try {
      const findings = await doctor({ 'server.workers': '32' });
      const texts = findings.filter((one) => one.check === 'database'
        && one.verdict !== 'ok').map((one) => `${one.verdict}: ${one.text}`);
      assert.deepEqual(texts, [
        'warning: max_connections is 10, and the workers want 37: raise it, '
          + 'or lower server.workers',
        'warning: innodb_flush_log_at_trx_commit is 2: after a power cut '
          + 'sessions that were ended may live again; set it to 1',
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
      const silent = findings.filter((one) => one.check === 'listening');
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

describe('a socket without a service', () => {
  const socket = () => join(dir, 'dead.sock');
  const listening = async () => fault(await doctor({
    'server.admin.address': `unix:${socket()}` }), 'listening').text;
  const dead = (why) => new RegExp('^.*/dead\\.sock: '
    + `the socket is there, and the service does not answer \\(${why}\\); `
    + '(systemctl restart postern|start it again \\(postern serve\\)), and '
    + 'see its log for why it ended$');

  afterEach(() => rmSync(socket(), { force: true }));

  test('that ended, and left it behind', async () => {
    const { status, stderr } = await run(process.execPath, ['-e',
      `require('net').createServer().listen(${JSON.stringify(socket())}, `
      + "() => process.kill(process.pid, 'SIGKILL'))"]);
    assert.notEqual(status, 0, stderr);
    assert.match(await listening(), dead('Connection refused'));
  });

  for (const [what, onConnect, why] of [
    ['that another keeps for it', () => {}, 'Connection timed out'],
    ['that leaves without a word', (one) => one.destroy(),
      '(Connection reset by peer|Broken pipe)'], /* as it comes */
  ])
    test(what, async () => {
      const server = net.createServer(onConnect);
      await new Promise((done) => {
        server.listen(socket(), done);
      });
      try {
        assert.match(await listening(), dead(why));
      } finally {
        server.close();
      }
    });

  test('that is none', async () => {
    writeFileSync(socket(), '');
    assert.match(await listening(), /dead\.sock: is not a socket; remove it$/);
  });
});

describe('mail', () => {
  const cases = [
    ['a recipient that is refused', { rcpt: '550 5.1.1 no such user' },
      /refused at RCPT: 550 5\.1\.1 no such user/],
    ['a sender that is refused', { mail: '553 5.7.1 not you' },
      /refuses us at MAIL/],
    ['a server that is busy', { rcpt: '450 later' }, /450/],
    ['a server that leaves', { mail: 'drop' }, /not sent/],
  ];
  for (const [what, script, said] of cases)
    test(what, async () => {
      const smtp = new SmtpServer({ script });
      const port = await smtp.listen();
      try {
        const findings = await doctor({ 'email_delivery.smtp.port': port,
          'email_delivery.smtp.host': '127.0.0.1',
          'email_delivery.smtp.tls': 'none' }, '--mail-to', 'a@example.org');
        assert.match(fault(findings, 'mail').text, said);
      } finally {
        await smtp.close();
      }
    });

  test('by a sendmail that is not there', async () => {
    const findings = await doctor({ 'email_delivery.transport': 'sendmail',
      'email_delivery.sendmail.path': '/no/sendmail' });
    assert.match(fault(findings, 'mail').text, /^\/no\/sendmail: No such /);
    assert.ok(!findings.some((one) => one.check === 'mail'
      && one.verdict === 'ok'));
  });

  for (const [what, how, server, pass, said] of [
    ['STARTTLS, and a log-in', 'starttls', { starttls: true }, 'right', null],
    ['TLS at once, and a log-in', 'implicit', { implicit: true }, 'right',
      null],
    ['a wrong password', 'starttls', { starttls: true }, 'wrong',
      /refuses us at AUTH: 535 wrong/],
    ['no STARTTLS where it is wanted', 'starttls', {}, 'right',
      /not sent|STARTTLS/]])
    test(`${what}: ${said ? 'said' : 'well'}`, async () => {
      const smtp = new SmtpServer({ ...server, tls,
        auth: { user: 'id', pass: 'right' } });
      const port = await smtp.listen();
      try {
        const [found] = (await doctor({ 'email_delivery.smtp.port': port,
          'email_delivery.smtp.host': 'localhost',
          'email_delivery.smtp.user': 'id',
          'email_delivery.smtp.password': pass,
          'email_delivery.smtp.ca_file': join(dir, 'ca.pem'),
          'email_delivery.smtp.tls': how })).filter((one) =>
          one.check === 'mail');
        assert.equal(found.verdict, said ? 'error' : 'ok', found.text);
        assert.match(found.text, said ?? /takes mail/);
        assert.equal(smtp.received.length, 0);
      } finally {
        await smtp.close();
      }
    });

  test('no mail is sent', async () => {
    const smtp = new SmtpServer();
    const port = await smtp.listen();
    try {
      const findings = await doctor({ 'email_delivery.smtp.port': port,
        'email_delivery.smtp.host': '127.0.0.1',
        'email_delivery.smtp.tls': 'none' }, '--mail-to', 'a@example.org');
      const [mail] = findings.filter((one) => one.check === 'mail');
      assert.match(mail.text, /takes mail from .* to a@example\.org/);
      assert.equal(mail.verdict, 'ok');
      assert.equal(smtp.received.length, 0);
    } finally {
      await smtp.close();
    }
  });

  test('nobody listens there', async () => {
    const findings = await doctor({ 'email_delivery.smtp.host': '127.0.0.1',
      'email_delivery.smtp.port': await freePort() });
    assert.match(fault(findings, 'mail').text, /not sent(?!.*reply \))/);
  });
});

/* A proxy before the web server: change(request options) and answer. */
async function behind(change, fn) {
  const target = new URL(instance.url);
  const secure = change.tls !== undefined;
  const serve = (handler) => (secure ? https.createServer(change.tls, handler)
    : http.createServer(handler));
  const server = serve((request, response) => {
    const ask = { host: target.hostname, port: target.port,
      path: request.url, method: request.method,
      headers: { ...request.headers } };
    if (change.refuse?.(ask, response))
      return;
    change.request?.(ask);
    const forward = http.request(ask, (answer) => {
      change.answer?.(answer.headers);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forward);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  try {
    await fn(`${secure ? 'https://localhost' : 'http://127.0.0.1'}:${
      server.address().port}${target.pathname}`);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

describe('a web server', () => {
  const cases = [
    ['that keeps Authorization', { request: (ask) => {
      delete ask.headers.authorization;
    } }, 'authorization', 'error',
    /^the web server keeps Authorization for itself/],
    ['that changes Host', { request: (ask) => {
      ask.headers.host = 'elsewhere.example';
    } }, 'headers', 'warning', /^the web server changes Host/],
    ['that lets answers be kept', { answer: (headers) => {
      delete headers['cache-control'];
    } }, 'headers', 'error', /Cache-Control: no-store/],
    ['that takes small bodies alone', { refuse: (ask, response) => {
      if (Number(ask.headers['content-length']) <= 1024
        || !ask.headers['content-length'])
        return false;
      response.writeHead(413).end();
      return true;
    } }, 'body', 'error', /^a body of 65536 bytes does not arrive \(413/],
    ['that has something else there', { refuse: (ask, response) => {
      response.writeHead(404).end('nothing here');
      return true;
    } }, 'web server', 'error', /: 404, and not from Postern/],
    ['that redirects', { refuse: (ask, response) => {
      response.writeHead(301, { Location: 'https://www.example.org/' }).end();
      return true;
    } }, 'web server', 'error',
    /redirects to https:\/\/www\.example\.org\//],
    ['that may not', { refuse: (ask, response) => {
      response.writeHead(403).end();
      return true;
    } }, 'web server', 'error', /: 403, the web server may not/],
    ['that keeps the key set for itself', { refuse: (ask, response) => {
      if (!ask.path.includes('.well-known'))
        return false;
      response.writeHead(404).end();
      return true;
    } }, 'key set', 'error', /jwks\.json: 404/],
  ];
  for (const [what, change, check, verdict, said] of cases)
    test(what, () => behind(change, async (url) => {
      const findings = await doctor({}, '--url', url);
      assert.match(fault(findings, check, verdict).text, said);
    }));

  test('with HTTPS: a certificate, and HSTS', async () => {
    const ca = ['--ca', join(dir, 'ca.pem')];
    await behind({ tls }, async (url) => {
      const untrusted = await doctor({}, '--url', url);
      assert.match(fault(untrusted, 'web server').text, /certificate/);
      const trusted = await doctor({}, '--url', url, ...ca);
      assert.deepEqual(errors(trusted), []);
      assert.match(fault(trusted, 'https', 'warning').text,
        /^no Strict-Transport-Security/);
    });
    await behind({ tls, answer: (headers) => {
      headers['Strict-Transport-Security'] = 'max-age=31536000';
    } }, async (url) => {
      const found = (await doctor({}, '--url', url, ...ca))
        .filter((one) => one.check === 'https');
      assert.deepEqual(found.map(({ verdict }) => verdict), ['ok']);
    });
  });

  test('that passes on another path', () => behind({ request: (ask) => {
    ask.path = ask.path.replace('/health', '/wrong/health');
  } }, async (url) => {
    const findings = await doctor({}, '--url', url);
    assert.match(fault(findings, 'web server').text,
      /^Postern answers at .*, and knows no such path/);
  }));

  test('that is not there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const findings = await doctor({}, '--url', url);
    assert.match(fault(findings, 'web server').text, /is it where the API is/);
  });
});

/* Paths with nonces that doctor made and nobody has used. */
async function unused() {
  const paths = [];
  const refuse = ({ path }, response) => {
    const at = path.indexOf('/doctor/');
    if (at < 0)
      return false;
    paths.push(path.slice(at));
    response.writeHead(502).end();
    return true;
  };
  await behind({ refuse }, async (url) => {
    await doctor({}, '--url', url);
    await doctor({}, '--url', url);
  });
  assert.notEqual(paths[0], paths.at(-1));
  return [paths[0], paths.at(-1)];
}

test('a body that comes in two parts is told from one that is whole',
  async () => {
    const { pathname } = new URL(instance.url);
    const socket = join(instance.dir, 'run/public.sock');
    const answers = [];
    const end = 8; /* the record that ends the body */
    for (const [i, path] of (await unused()).entries()) {
      const bytes = request([['REQUEST_METHOD', 'POST'], ['REQUEST_URI',
        `${pathname.replace(/\/$/, '')}${path.split('?')[0]}?slow=1`],
      ['REMOTE_ADDR', '127.0.0.1'], ['CONTENT_LENGTH', 2]], '  ');
      const said = await (i === 0 ? exchange(socket, bytes)
        : exchangeSlowly(socket, bytes, bytes.length - end));
      answers.push(/\{"yes":(true|false)\}/.exec(said.toString())?.[1]);
    }
    assert.deepEqual(answers, ['false', 'true']);
  });

test('a nonce that nobody has used yet is answered, once', async () => {
  const [one, other] = await unused();
  const api = await instance.client();
  await api.call('POST', one, undefined, { raw: 'x'.repeat(70000),
    status: 413 });
  const { body } = await api.call('POST', one, undefined, { status: 200 });
  assert.equal(typeof body.yes, 'boolean');
  await api.call('POST', one, undefined, { status: 404 });
  await instance.service('stop', 'mariadb');
  try {
    await api.call('POST', other, undefined, { status: 503 });
  } finally {
    await instance.service('start', 'mariadb');
  }
});

test('everybody may claim an address', async () => {
  await instance.up({ ...instance.options.set,
    'server.trusted_proxies': '127.0.0.1,::1' });
  const findings = await doctor();
  const found = findings.find((one) => one.check === 'client address');
  assert.equal(found.verdict, 'warning');
  assert.match(found.text, /may claim any address by X-Forwarded-For/);
});
