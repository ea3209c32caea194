/* The program that speaks to the receivers of webhooks, by itself. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from '../lib/host.mjs';
import { run } from '../lib/instance.mjs';
import { Receiver } from '../lib/receiver.mjs';

let dir;
let receiver;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-hook-'));
  receiver = await Receiver.listen(dir);
});
after(() => {
  receiver?.close();
  rmSync(dir, { recursive: true, force: true });
});

const helper = (lines, body = '{}', env = {}) =>
  run(join(build, 'postern-hook'), [],
    { input: `${lines.join('\n')}\n\n${body}`, env: { ...process.env, ...env } });

describe('whom we never speak to', () => {
  let plain;
  const hits = [];

  before(async () => {
    plain = http.createServer((request, response) => {
      hits.push(request.headers.host);
      response.end();
    });
    await new Promise((done) => { plain.listen(0, '::', done); });
    plain.port = plain.address().port;
  });
  after(() => plain.close());

  for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]',
    '2130706433', '0x7f.1', '127.1', '0.0.0.0', '[::]', '10.0.0.1',
    '100.64.0.1', '169.254.169.254', '172.16.0.1', '192.168.0.1',
    '[64:ff9b::7f00:1]', '[fe80::1]', '[fd00::1]', '[2002:7f00:1::]',
    '[2001:db8::1]', '224.0.0.1', '255.255.255.255', '192.0.2.1'])
    test(`${host} is no place in the Internet`, async () => {
      const { status: code, stderr } = await helper([
        `url http://${host}:${plain.port}/`, 'http yes']);
      assert.equal(code, 75, stderr);
      assert.match(stderr, /allow_networks does not have its address: \S+\n$/);
      assert.deepEqual(hits, []);
    });

  test('unless that network is named, and no other', async () => {
    const at = (net) => helper([`url http://127.0.0.1:${plain.port}/`,
      'http yes', `allow ${net}`]);
    assert.equal((await at('127.0.0.2/32')).status, 75);
    assert.equal((await at('::/0')).status, 75);
    assert.deepEqual(hits, []);
    assert.equal((await at('127.0.0.0/8')).status, 0);
    assert.equal(hits.length, 1);
  });

  test('no proxy of the environment', async () => {
    const proxy = net.createServer((socket) => {
      hits.push('proxy');
      socket.destroy();
    });
    await new Promise((done) => { proxy.listen(0, '127.0.0.1', done); });
    const url = `http://127.0.0.1:${proxy.address().port}`;
    const { status: code } = await helper([
      `url http://127.0.0.1:${plain.port}/`, 'http yes', 'allow 127.0.0.0/8'],
    '{}', { http_proxy: url, https_proxy: url, ALL_PROXY: url });
    proxy.close();
    assert.equal(code, 0);
    assert.ok(!hits.includes('proxy'));
  });

  test('neither http, nor a server that nobody vouches for', async () => {
    const http = await helper([`url http://127.0.0.1:${plain.port}/`,
      'allow 127.0.0.0/8']);
    assert.equal(http.status, 78);
    assert.match(http.stderr, /set webhooks.allow_http/);
    const tls = await helper([`url ${receiver.url('/tls')}`,
      'allow 127.0.0.0/8']);
    assert.equal(tls.status, 75);
    assert.match(tls.stderr, /certificate/);
    assert.equal(receiver.of('/tls').length, 0);
  });

  test('input that cannot be', async () => {
    for (const lines of [['url'], ['nothing x'], ['allow 10.0.0.0/99'],
      ['url https://a.example/#x'], ['url file:///etc/passwd'], []])
      assert.equal((await helper(lines)).status, 78, lines.join());
  });
});

