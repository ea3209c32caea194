/*
 * What "postern doctor" says of the web server, asked through it: right, and
 * each thing that a proxy in front of the real one gets wrong.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { certify } from '../lib/certificate.mjs';
import { behind as proxy, doctor as ask, errors, fault, of }
  from '../lib/doctor.mjs';
import { exchange, exchangeInParts, request } from '../lib/fastcgi.mjs';
import { freePort, run, start, until } from '../lib/instance.mjs';

const HOST = '127.0.0.9'; /* of this machine, and nobody else's */

let instance;
let dir;
let tls;
const doctor = (...words) => ask(instance, ...words);
const behind = (...words) => proxy(instance, ...words);

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-doctor-'));
  chmodSync(dir, 0o755);
  tls = await certify(dir, { of: `DNS:localhost,IP:${HOST}` });
  instance = await start({ set: { 'log.level': 'debug' } });
});
after(async () => {
  await instance?.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('whether the web server keeps a body until it is whole', async () => {
  const [found] = of(await doctor(), 'buffering');
  assert.match(found.text, { apache: /^the web server passes a body on as /,
    lighttpd: /^the web server keeps a body until it is whole$/,
    nginx: /^the web server keeps a body until it is whole$/
  }[process.env.POSTERN_WEB ?? 'lighttpd']);
});

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
    const ca = ['--ca', join(dir, 'own.pem')];
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
      const found = of(await doctor({}, '--url', url, ...ca), 'https');
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

  test('without HTTPS, elsewhere than on this machine', async () => {
    await behind({}, async (url) => {
      const found = fault(await doctor({}, '--url',
        url.replace('127.0.0.1', '0.0.0.0')), 'https');
      assert.equal(found.text, 'no TLS: browsers offer no passkeys, and keep '
        + 'no secure cookie; set up https');
    });
    const [local] = of(await doctor(), 'https');
    assert.deepEqual([local.verdict, local.text],
      ['ok', 'no TLS, on this machine alone']);
  });

  /* By the ports that a URL does not name; who may not have them skips this. */
  test('with HTTPS: what it answers without', async (t) => {
    const on = { tls, answer: (headers) => {
      headers['Strict-Transport-Security'] = 'max-age=31536000';
    } };
    const moved = { refuse: (ask, response) => {
      response.writeHead(308, { Location: `https://${HOST}/` }).end();
      return true;
    } };
    const https = async (url) => of(await doctor({}, '--url', url, '--ca',
      join(dir, 'own.pem')), 'https').map(({ verdict, text }) =>
      `${verdict}: ${text}`);
    const both = (plain, fn) => behind(on, (url) => behind(plain, () =>
      fn(url), { host: HOST, port: 80 }), { host: HOST, port: 443 });
    try {
      await both(moved, async (url) => assert.deepEqual(await https(url),
        ['ok: a certificate that is trusted, and Strict-Transport-Security',
          `ok: http://${HOST}/ redirects`]));
      await both({}, async (url) => assert.equal((await https(url)).at(-1),
        `warning: http://${HOST}/ answers in clear text: let it redirect to `
        + 'https'));
    } catch (error) {
      if (!['EACCES', 'EADDRINUSE'].includes(error.code))
        throw error;
      t.skip(error.message);
    }
  });

  test('that does not wait for the rest of a body', () => behind({
    refuse: (ask, response) => {
      if (!ask.path.includes('?pieces='))
        return false;
      response.writeHead(408).end();
      return true;
    } }, async (url) => {
    assert.equal(fault(await doctor({}, '--url', url), 'buffering').text,
      'a body whose last byte comes after 1000 ms does not arrive (408): '
      + "raise the web server's time for bodies (RequestReadTimeout, "
      + 'client_body_timeout, server.max-read-idle)');
  }));

  test('that is not there', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const findings = await doctor({}, '--url', url);
    assert.match(fault(findings, 'web server').text, /is it where the API is/);
  });
});

/*
 * Paths with nonces that doctor made and nobody has used.  They are good for
 * longer than a few seconds: two runs of it may take more.
 */
async function unused() {
  const paths = [];
  const refuse = ({ path }, response) => {
    const at = path.indexOf('/doctor/');
    if (at < 0)
      return false;
    paths.push(path.slice(at));
    instance.sql('UPDATE rate_limits SET'
      + ' expires_at = expires_at + INTERVAL 1 HOUR')
      .finally(() => response.writeHead(502).end());
    return true;
  };
  await behind({ refuse }, async (url) => {
    await doctor({}, '--url', url);
    await doctor({}, '--url', url);
  });
  assert.notEqual(paths[0], paths.at(-1));
  return [paths[0], paths.at(-1)];
}

/*
 * Sent as it is, or with a pause before the last record, for as long as Postern
 * has not looked: what came in between decides, not how long it took.
 */
test('a body that comes in two parts is told from one that is whole',
  async () => {
    const { pathname } = new URL(instance.url);
    const socket = join(instance.dir, 'run/public.sock');
    const answers = [];
    const end = 8; /* the record that ends the body */
    const looked = () => instance.log().split(
      'a request is not whole: 1 pieces so far').length;
    for (const [i, path] of (await unused()).entries()) {
      const bytes = request([['REQUEST_METHOD', 'POST'], ['REQUEST_URI',
        `${pathname.replace(/\/$/, '')}${path.split('?')[0]}?pieces=2`],
      ['REMOTE_ADDR', '127.0.0.1'], ['CONTENT_LENGTH', 2]], '  ');
      const before = looked();
      const said = await (i === 0 ? exchange(socket, bytes)
        : exchangeInParts(socket, bytes, bytes.length - end, () =>
          until(() => looked() > before, 'a look at the first part')));
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

/* What is only seen from an address that is not this machine's alone. */
describe('the address of a visitor', () => {
  const outside = Object.values(networkInterfaces()).flat().find((one) =>
    !one.internal && one.family === 'IPv4')?.address;
  const skip = !outside && 'this host has no address but its own';
  const claimed = 'X-Forwarded-For';
  const client = (change) => new Promise((done, failed) => {
    behind(change, async (url) => {
      const [found] = of(await doctor({}, '--url', url), 'client address');
      done(`${found.verdict}: ${found.text}`);
    }, { host: outside }).catch(failed);
  });
  /* A proxy on this machine, which does not say for whom it asks, or does. */
  const silent = {};
  const honest = { request: (ask, { socket }) => {
    ask.headers[claimed] = socket.remoteAddress;
  } };
  const trusting = (whom) => instance.up({ ...instance.options.set,
    'server.trusted_proxies': whom });

  test('is the proxy\'s, which is not named', { skip }, async () => {
    await trusting('');
    assert.equal(await client(silent), 'error: every visitor comes from '
      + '127.0.0.1: a proxy on this machine stands between, name it here, and '
      + `let it send ${claimed}`);
  });

  test('is what the visitor says', { skip }, async () => {
    await trusting('127.0.0.1,::1');
    assert.equal(await client(silent), 'error: who asks may claim any address '
      + `by ${claimed}: name your proxies alone`);
  });

  test('is what the proxy says', { skip }, async () => {
    await trusting('127.0.0.1,::1');
    assert.equal(await client(honest),
      `ok: no address can be claimed by ${claimed}`);
  });
});

test('this machine may claim an address', async () => {
  await instance.up({ ...instance.options.set,
    'server.trusted_proxies': '127.0.0.1,::1' });
  const [found] = of(await doctor(), 'client address');
  assert.equal(found.verdict, 'warning');
  assert.match(found.text, /may claim any address by X-Forwarded-For/);
});
