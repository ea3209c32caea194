/*
 * A folder of the site for users only, as quickstart has it: lighttpd and
 * Apache ask Postern in the authorizer role of FastCGI, nginx asks
 * GET /authorize.  Behind them a plain file and a program in PHP.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';
import { forge, peek, rsaKey } from '../lib/token.mjs';

/* Which web servers: the one of the environment, or nginx beside it. */
const webs = process.env.POSTERN_WEB
  ? [process.env.POSTERN_WEB] : ['lighttpd', 'apache', 'nginx'];

/* A page of the site, which is not the API's to describe; path is sent as is. */
function page(instance, path, headers = {}, method = 'GET', body) {
  const url = new URL(instance.url);
  return new Promise((resolve, reject) => {
    const request = http.request({ host: url.hostname, port: url.port,
      path: url.pathname.replace(/\/$/, '') + path, method, agent: false,
      headers: { Host: url.host, Connection: 'close', ...headers },
    }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part) => { text += part; });
      incoming.on('end', () => resolve({ status: incoming.statusCode,
        headers: incoming.headers, text }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

const cookie = (token) => ({ Cookie: `hanko=${token}` });

/* The four facts, as the PHP page shows them. */
function facts(text) {
  return Object.fromEntries([...text.matchAll(
    /<dt>(\w+)<\/dt><dd>([^<]*)<\/dd>/g)].map(([, name, value]) =>
    [name, value]));
}

for (const web of webs)
  describe(`a folder for users under ${web}`, () => {
    const files = ['/members/', '/members/index.html', '/members/whoami.php',
      '/members/nothing'];
    let instance, api, user, token;

    before(async () => {
      instance = await start({ web });
      api = await instance.client();
      user = await api.signUp(freshAddress('member'));
      token = api.token;
    });

    after(() => instance?.stop());

    async function refused(headers, why) {
      for (const path of files) {
        const reply = await page(instance, path, headers);
        assert.equal(reply.status, 401, `${path}: ${why}`);
        assert.doesNotMatch(reply.text, /Members only|REMOTE_USER/);
        assert.match(reply.text, /#members/, 'the way to the login page');
      }
    }

    test('nobody passes without a session', async () => {
      await refused({}, 'no cookie');
      await refused(cookie(''), 'an empty cookie');
      await refused({ Cookie: `other=${token}` }, 'another cookie');
      await refused({ 'Remote-User': user.user_id,
        'Postern-User-Id': user.user_id }, 'facts of their own');
    });

    test('nobody passes with a forged one', async () => {
      const { header, payload } = peek(token);
      const [h, p, s] = token.split('.');
      const lies = [
        forge(header, payload, rsaKey()),
        forge({ ...header, alg: 'none' }, payload),
        `${h}.${p}.`,
        `${h}.${Buffer.from(JSON.stringify({ ...payload,
          sub: '00000000-0000-4000-8000-000000000000' }))
          .toString('base64url')}.${s}`,
        'nonsense',
      ];
      for (const lie of lies)
        await refused(cookie(lie), lie);
    });

    test('nobody passes by a path that only looks different', async () => {
      for (const folder of ['//members/', '/members//', '/./members/',
        '/x/../members/', '/members/./', '/members/x/../', '/%6dembers/',
        '/m%65mbers/', '/members%2f', '/members/%2e/', '/%2e/members/',
        '/MEMBERS/', '/members;x/', '/members/?x', '/members\\', '/members%00/',
        '/.%2e/members/', '/members%20/'])
        for (const file of ['', 'index.html', 'whoami.php']) {
          const { status, text } = await page(instance, folder + file);
          assert.doesNotMatch(text, /Members only|REMOTE_USER/,
            `${folder}${file}: ${status}`);
        }
    });

    test('the headers of a page are the site\'s business', async () => {
      for (const headers of [{}, cookie(token)]) {
        const reply = await page(instance, '/members/', headers);
        for (const name of ['referrer-policy', 'x-request-id',
          'variable-remote_user'])
          assert.equal(reply.headers[name], undefined, name);
        /* These are what the site says of each of its pages. */
        assert.equal(reply.headers['content-security-policy'],
          "frame-ancestors 'none'");
        assert.equal(reply.headers['x-content-type-options'], 'nosniff');
      }
    });

    test('a user passes', async () => {
      const plain = await page(instance, '/members/', cookie(token));
      assert.equal(plain.status, 200);
      assert.match(plain.text, /Members only/);
      /* Or it is seen from a cache when the session is over. */
      assert.equal(plain.headers['cache-control'], 'no-store');
      const missing = await page(instance, '/members/nothing', cookie(token));
      assert.equal(missing.status, 404);
    });

    test('a program is told who it is', async () => {
      const reply = await page(instance, '/members/whoami.php', cookie(token));
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.headers['cache-control'], 'no-store');
      assert.deepEqual(facts(reply.text), {
        REMOTE_USER: user.user_id,
        POSTERN_USER_ID: user.user_id,
        POSTERN_EMAIL: user.email,
        POSTERN_SESSION_ID: peek(token).payload.session_id,
      });
    });

    test('and cannot be told lies by the visitor', async () => {
      const lie = 'mallory';
      const reply = await page(instance, '/members/whoami.php', {
        ...cookie(token), 'Remote-User': lie, REMOTE_USER: lie,
        'Postern-User-Id': lie, 'Postern-Email': lie, POSTERN_EMAIL: lie,
        'Postern-Session-Id': lie, 'Variable-REMOTE_USER': lie });
      assert.equal(reply.status, 200);
      assert.equal(facts(reply.text).REMOTE_USER, user.user_id);
      assert.doesNotMatch(reply.text, /mallory/);
    });

    test('origin, method and body are the site\'s business', async () => {
      const from = { ...cookie(token), Origin: 'https://other.example' };
      const get = await page(instance, '/members/', from);
      assert.equal(get.status, 200);
      const body = 'x'.repeat(200 * 1024);
      const post = await page(instance, '/members/whoami.php',
        { ...from, 'Content-Type': 'text/plain',
          'Content-Length': body.length }, 'POST', body);
      assert.equal(post.status, 200);
      assert.equal(facts(post.text).REMOTE_USER, user.user_id);
      const denied = await page(instance, '/members/whoami.php',
        { 'Content-Type': 'text/plain', 'Content-Length': body.length },
        'POST', body);
      assert.equal(denied.status, 401);
    });

    test('a bearer token does as well as a cookie', async () => {
      const reply = await page(instance, '/members/whoami.php',
        { Authorization: `Bearer ${token}` });
      assert.equal(reply.status, 200);
      assert.equal(facts(reply.text).REMOTE_USER, user.user_id);
    });

    test('it is at once over for a session that has ended', async () => {
      const other = await instance.client();
      await other.passcodeLogin(user.email);
      const second = other.token;
      assert.equal((await page(instance, '/members/', cookie(second))).status,
        200);
      await other.call('POST', '/logout', undefined, { status: 204 });
      await refused(cookie(second), 'revoked');
      assert.equal((await page(instance, '/members/', cookie(token))).status,
        200);
    });

    test('GET /authorize says the same in headers', async () => {
      const yes = await api.call('GET', '/authorize', undefined,
        { status: 200 });
      assert.equal(yes.text, '');
      assert.equal(yes.headers['remote-user'], user.user_id);
      assert.equal(yes.headers['postern-user-id'], user.user_id);
      assert.equal(yes.headers['postern-email'], user.email);
      assert.equal(yes.headers['postern-session-id'],
        peek(token).payload.session_id);
      const nobody = await instance.client();
      await nobody.call('GET', '/authorize', undefined, { status: 401 });
      await nobody.call('POST', '/authorize', undefined, { status: 405 });
    });

    if (web === 'apache')
      test('the socket of that role is deaf to all others', async () => {
        const config = await instance.postern('config', 'print');
        const [, port] = /authorizer.*?127\.0\.0\.1:(\d+)/s
          .exec(config.stdout);
        assert.equal(await askAsResponder(Number(port)), '');
      });

    test('without the database nobody passes', async () => {
      await instance.service('stop', 'mariadb');
      try {
        for (const path of files) {
          const reply = await page(instance, path, cookie(token));
          /* nginx knows 2xx, 401 and 403 of the answer; all else is 500. */
          assert.equal(reply.status, web === 'nginx' ? 500 : 401, path);
          assert.doesNotMatch(reply.text, /Members only|REMOTE_USER/);
        }
        await api.call('GET', '/authorize', undefined, { status: 503 });
      } finally {
        await instance.service('start', 'mariadb');
      }
      for (let i = 0; i < 100; i++) {
        if ((await page(instance, '/members/', cookie(token))).status === 200)
          return;
        await sleep(100);
      }
      assert.fail('a user passes again');
    });
  });

/* GET /health/alive in the responder role, by hand: what comes back. */
function askAsResponder(port) {
  const record = (type, content) => Buffer.concat([
    Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255,
      0, 0]), content]);
  const pair = (name, value) => Buffer.concat([
    Buffer.from([name.length, value.length]), Buffer.from(name + value)]);
  return new Promise((resolve) => {
    const chunks = [];
    const socket = net.connect(port, '127.0.0.1', () => socket.write(
      Buffer.concat([
        record(1, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
        record(4, Buffer.concat([pair('REQUEST_METHOD', 'GET'),
          pair('REQUEST_URI', '/health/alive')])),
        record(4, Buffer.alloc(0)), record(5, Buffer.alloc(0))])));
    const done = () => resolve(Buffer.concat(chunks.filter((chunk) =>
      chunk.includes('alive'))).toString('latin1'));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', done);
    socket.on('close', done);
    socket.setTimeout(5000, () => socket.destroy());
  });
}
