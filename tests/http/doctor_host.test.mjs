/*
 * What "postern doctor" says of the machine it runs on, right and wrong: files,
 * sockets, ports, what hashing costs, and how mail leaves.
 */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync }
  from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { certify } from '../lib/certificate.mjs';
import { doctor as ask, fault, of } from '../lib/doctor.mjs';
import { freePort, run, start } from '../lib/instance.mjs';
import { SmtpServer } from '../lib/smtp.mjs';

let instance;
let dir; /* readable by everybody: a key of an hour lies here */
let tls;
const doctor = (...words) => ask(instance, ...words);

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-doctor-'));
  chmodSync(dir, 0o755);
  tls = await certify(dir);
  instance = await start();
});
after(async () => {
  await instance?.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('files and folders', () => {
  test('a folder of state where who serves cannot write', {
    skip: process.getuid() !== 0 && 'only root can look for another' },
  async () => {
    const folder = mkdtempSync(join(dir, 'state-'));
    const state = async () => of(await doctor({ 'server.user': 'nobody',
      'server.group': '', 'server.state_dir': folder }), 'state folder');
    const [found] = await state();
    assert.deepEqual([found.verdict, found.text], ['error',
      `${folder}: who serves cannot write there; chown it`]);
    chownSync(folder, Number((await run('id', ['-u', 'nobody'])).stdout), 0);
    const [well] = await state();
    assert.deepEqual([well.verdict, well.text], ['ok', folder]);
  });

  test('a folder of sockets where who serves cannot make one, or that is none',
    { skip: process.getuid() !== 0 && 'only root can look for another' },
    async () => {
      const folder = mkdtempSync(join(dir, 'run-'));
      const socket = join(folder, 'admin.sock');
      const made = async () => of(await doctor({ 'server.user': 'nobody',
        'server.group': '', 'server.admin.address': `unix:${socket}` }),
      'sockets').map(({ verdict, text }) => `${verdict}: ${text}`)
        .filter((one) => one.includes(folder));
      assert.deepEqual(await made(), [`warning: no socket can be made in ${
        folder} by who serves; chown it, unless systemd passes the socket`]);
      chownSync(folder, Number((await run('id', ['-u', 'nobody'])).stdout), 0);
      assert.deepEqual(await made(), [`ok: ${socket}: has its folder`]);
      rmSync(folder, { recursive: true });
      writeFileSync(folder, '');
      assert.deepEqual(await made(), [`error: ${folder} is not a folder`]);
    });

  test('a file that who serves cannot read', {
    skip: process.getuid() !== 0 && 'only root can look for another' },
  async () => {
    const file = join(dir, 'closed.pem');
    writeFileSync(file, '');
    chmodSync(file, 0o600);
    const found = async () => of(await doctor({ 'server.user': 'nobody',
      'server.group': '', 'email_delivery.smtp.ca_file': file }), 'files');
    assert.deepEqual((await found()).map(({ verdict, text }) =>
      [verdict, text]), [['error', `${file}: the server cannot read it; `
      + 'change its group or mode']]);
    chmodSync(file, 0o644);
    assert.deepEqual(await found(), []);
  });
});

const again = '(systemctl restart postern|service postern restart|'
  + 'start it again \\(postern serve\\))';

describe('a socket without a service', () => {
  const socket = () => join(dir, 'dead.sock');
  const listening = async () => fault(await doctor({
    'server.admin.address': `unix:${socket()}` }), 'listening').text;
  const dead = (why) => new RegExp('^.*/dead\\.sock: '
    + `the socket is there, and the service does not answer \\(${why}\\); `
    + `${again}, and see its log for why it ended$`);

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

  test('that everybody may use', async () => {
    const server = net.createServer((one) => one.destroy());
    await new Promise((done) => {
      server.listen(socket(), done);
    });
    chmodSync(socket(), 0o666);
    try {
      const found = fault(await doctor({
        'server.admin.address': `unix:${socket()}` }), 'listening', 'warning');
      assert.match(found.text, new RegExp('^.*/dead\\.sock: everybody on this '
        + 'machine may connect \\(mode 0666\\), and speak for the web server; '
        + 'write 0660 into server\\.socket\\.mode, or into SocketMode= of the '
        + 'unit that makes it, and ' + `${again}$`));
    } finally {
      server.close();
    }
  });
});

describe('a port', () => {
  const listening = async (port) => of(await doctor({
    'server.admin.address': `127.0.0.1:${port}` }), 'listening')
    .map(({ verdict, text }) => `${verdict}: ${text}`)
    .filter((line) => line.includes(`127.0.0.1:${port}: `));

  test('where nobody listens', async () => {
    const port = await freePort();
    assert.deepEqual(await listening(port), [`warning: 127.0.0.1:${port}: `
      + 'Connection refused; the server does not run, unless the web server '
      + 'starts it by itself']);
  });

  test('where Postern does', async () => {
    const port = await freePort();
    await instance.up({ ...instance.options.set,
      'server.admin.address': `127.0.0.1:${port}` });
    assert.deepEqual(await listening(port), [`ok: 127.0.0.1:${port}: answers; `
      + 'every local user may connect']);
    await instance.up(instance.options.set);
  });

  for (const [what, onConnect] of [
    ['speaks first', (one) => one.end('SSH-2.0-other\r\n')],
    ['speaks HTTP', (one) => one.once('data', () =>
      one.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    ['says nothing', () => {}]])
    test(`that another program has, which ${what}`, async () => {
      const server = net.createServer(onConnect);
      server.on('connection', (one) => one.on('error', () => {}));
      await new Promise((done) => {
        server.listen(0, '127.0.0.1', done);
      });
      const { port } = server.address();
      try {
        assert.deepEqual(await listening(port), [`error: 127.0.0.1:${port}: is `
          + 'taken by another program, which does not speak FastCGI; end that, '
          + 'or name another address']);
      } finally {
        server.close();
      }
    });
});

describe('hashing', () => {
  const said = async (memory, iterations, more = {}) => of(await doctor({
    'password.argon2.memory_kib': memory,
    'password.argon2.iterations': iterations, ...more }), 'hashing')
    .map(({ verdict, place, text }) =>
      `${verdict}: ${place ? `${place}: ` : ''}${text}`);
  const COST = /^ok: a password takes \d+ ms \((?:avx2|ssse3|sse2|neon|plain)\) and \d+ KiB here, and \d+ at a time: at most some \d+ log-ins a second$/;

  test('that is as OWASP asks', async () => {
    for (const [memory, iterations] of [[19456, 2], [12288, 3], [9216, 4],
      [47104, 1]]) {
      const lines = await said(memory, iterations);
      assert.match(lines.shift(), COST);
      /* On a machine that is this slow just now. */
      assert.deepEqual(lines.filter((one) => !/ takes \d+ ms here:/.test(one)),
        []);
    }
  });

  test('that is cheaper', async () => {
    const lines = await said(9216, 3);
    assert.match(lines[0], COST);
    assert.equal(lines.at(-1), 'warning: --set: password.argon2.memory_kib: '
      + '9216 KiB and 3 passes are less than OWASP asks of Argon2id: write '
      + '19456 and, into password.argon2.iterations, 2');
  });

  test('that takes too long', async () => {
    const lines = await said(65536, 64);
    assert.match(lines[1], /^warning: --set: password\.argon2\.iterations: a password takes \d+ ms here: whoever logs in waits for that, and few keep all slots busy; lower it, or password\.argon2\.memory_kib$/);
  });

  test('by the library alone', async () => {
    const lines = await said(19456, 2, { 'password.kernel': 'reference' });
    assert.match(lines[0], /^ok: a password takes \d+ ms \(libargon2\) and /);
    /* Not on a machine, or in a build, where vectors are of no use. */
    for (const one of lines.slice(1))
      assert.match(one, /^warning: --set: password\.kernel: a log-in takes \d+ ms here: write auto, and it takes \d+$/);
  });

  test('for which there is no memory', async () => {
    const lines = await said(4194304, 2, { 'hashing.slots': 256,
      'server.workers': 300, 'password.argon2.max_memory_kib': 4194304 });
    assert.match(lines[0], /^warning: --set: password\.argon2\.memory_kib: 256 passwords at a time take 1048576 MiB, and this machine has \d+ in all: lower it, or hashing\.slots$/);
    assert.equal(lines.length, 1);
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
    assert.deepEqual(of(findings, 'mail', 'ok'), []);
  });

  test('by a sendmail that is there', async () => {
    const [found, ...more] = of(await doctor({
      'email_delivery.transport': 'sendmail',
      'email_delivery.sendmail.path': '/bin/true' }), 'mail');
    assert.deepEqual(found, { check: 'mail', verdict: 'ok', place: null,
      text: '/bin/true' });
    assert.deepEqual(more, []);
  });

  test('that is off', async () => {
    const found = fault(await doctor({ 'email_delivery.enabled': 'false' }),
      'mail', 'warning');
    assert.equal(found.place, '--set: email_delivery.enabled');
    assert.equal(found.text, 'is off: nobody gets a passcode; write true');
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
        const [found] = of(await doctor({ 'email_delivery.smtp.port': port,
          'email_delivery.smtp.host': 'localhost',
          'email_delivery.smtp.user': 'id',
          'email_delivery.smtp.password': pass,
          'email_delivery.smtp.ca_file': join(dir, 'own.pem'),
          'email_delivery.smtp.tls': how }), 'mail');
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
      const [mail] = of(findings, 'mail');
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
