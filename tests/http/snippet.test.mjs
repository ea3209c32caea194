/*
 * "postern snippet": what a web server needs, printed, and put into a site of
 * nginx.
 */
import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
  statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from '../lib/host.mjs';
import { run } from '../lib/instance.mjs';

let dir;
let file;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'postern-snippet-'));
  file = join(dir, 'postern.yaml');
  const { status, stderr } = await run(join(build, 'postern'),
    ['config', 'init', file]);
  assert.equal(status, 0, stderr);
});
after(() => rmSync(dir, { recursive: true, force: true }));

/* Mounted as the examples are. */
const postern = (words) => run(join(build, 'postern'), ['--config', file,
  '--set', 'server.public.base_path=/id', '--set',
  'server.public.address=unix:/srv/public.sock', ...words]);

test('the snippets are those that are shipped, for any mount', async () => {
  const there = (web, ...set) => postern([...set.flatMap((one) =>
    ['--set', one]), 'snippet', web]);
  for (const web of ['apache', 'lighttpd', 'nginx']) {
    const shipped = readFileSync(join(build, `etc/${web}/postern.conf`),
      'utf8');
    const same = await there(web, 'server.public.address='
      + 'unix:/run/postern/public.sock');
    assert.equal(same.stdout, shipped);
    const moved = await there(web, 'server.public.base_path=/a/login');
    assert.equal(moved.status, 0, moved.stderr);
    assert.doesNotMatch(moved.stdout, /\/id\b|\/run\/postern\/public/);
    const tcp = await there(web, 'server.public.address=127.0.0.1:9999');
    assert.equal(tcp.status, 1);
    assert.match(tcp.stderr, /server\.public\.address: the examples are for/);
  }
  const none = await postern(['snippet', 'iis']);
  assert.equal(none.status, 2);
});

/* The part for operators, as who uncomments it has it. */
const forOperators = (text) => text.slice(text.indexOf('# For operators'))
  .replace(/^[^]*?\n#\n/, '').replace(/^# ?/gm, '');

test('web servers take them, also at the root', async () => {
  const modules = '/usr/lib/apache2/modules';
  const load = ['mpm_event', 'authz_core', 'proxy', 'proxy_fcgi', 'alias',
    'env', 'headers', 'rewrite'].map((name) =>
    `LoadModule ${name}_module ${modules}/mod_${name}.so\n`).join('');
  const frame = {
    apache: [`ServerName x\nErrorLog /dev/null\nPidFile ${dir}/a.pid\nListen 127.0.0.1:1\n${load}`, '',
      (file) => ['apache2', '-t', '-f', file]],
    lighttpd: [`server.document-root = "${dir}"\n`, '',
      (file) => ['lighttpd', '-tt', '-f', file]],
    nginx: [`pid ${dir}/nginx.pid;\nevents {}\nhttp { server {\n`, '}}\n',
      (file) => ['nginx', '-t', '-e', 'stderr', '-c', file]],
  };
  writeFileSync(join(dir, 'fastcgi_params'), ''); // nginx brings its own
  for (const [web, [head, tail, check]] of Object.entries(frame)) {
    for (const mount of ['', '/id', '/a/b']) {
      const { stdout } = await postern(['--set',
        `server.public.base_path=${mount}`, 'snippet', web]);
      const file = join(dir, `check-${web}.conf`);
      writeFileSync(file, head + stdout + tail);
      const [program, ...args] = check(file);
      const { status, stderr } = await run(`/usr/sbin/${program}`, args);
      assert.equal(status, 0, `${web} at "${mount}": ${stderr}`);
      const more = forOperators(stdout);
      assert.match(more, /^\t.*admin\.sock/m);
      /* In nginx it is beside the server that has the rest. */
      writeFileSync(file, head + stdout + (web === 'nginx'
        ? tail.replace('}', `}\n${more}`) : more + tail));
      const both = await run(`/usr/sbin/${program}`, args);
      assert.equal(both.status, 0, `${web}, for operators: ${both.stderr}`);
    }
  }
});

/* As Debian ships it, without most of its comments. */
const debian = `# Default server configuration
#
server {
	listen 80 default_server;
	listen [::]:80 default_server;

	root /var/www/html;
	index index.html index.htm;

	server_name _;

	location / {
		try_files $uri $uri/ =404;
	}
}

#server {
#	server_name www.example.org;
#}
`;
const line = 'include /etc/nginx/snippets/postern*.conf;';
const server = (inside) => `server {\n    ${inside}\n}\n`;
const told = (inside) => `server {\n\t${line}\n    ${inside}\n}\n`;

describe('a site of nginx is told', () => {
  let sites;

  /* into({ FILE: TEXT }, ORIGINS, WHERE): and what the files have then. */
  async function into(files, origins = 'https://www.example.org', where = '') {
    sites = mkdtempSync(join(dir, 'sites-'));
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(sites, name), text);
    const done = await again(origins, where);
    const texts = Object.fromEntries(Object.keys(files).map((name) =>
      [name, readFileSync(join(sites, name), 'utf8')]));
    return { ...done, texts };
  }

  const again = (origins = 'https://www.example.org', where = '') =>
    postern(['--set', `webauthn.relying_party.origins=${origins}`, 'snippet',
      'nginx', '--into', join(sites, where)]);

  test('the only one there is, once', async () => {
    const { status, stdout, stderr, texts } = await into({ default: debian });
    assert.equal(status, 0, stderr);
    assert.equal(texts.default, debian.replace('server {\n',
      `server {\n\t${line}\n`));
    assert.equal(stdout, `${sites}/default: ${line}\n`);
    const second = await again();
    assert.equal(second.status, 0);
    assert.equal(second.stdout, `${sites}/default: has it already\n`);
    assert.equal(readFileSync(join(sites, 'default'), 'utf8'), texts.default);
  });

  test('as README.Debian had it: that is enough', async () => {
    const text = server('include snippets/postern.conf;');
    const { status, texts } = await into({ default: text });
    assert.equal(status, 0);
    assert.equal(texts.default, text);
  });

  test('the one of its name, wherever it is', async () => {
    const named = 'listen 80; server_name shop.test WWW.example.org;';
    const { status, texts } = await into({ a: server('server_name a.test;'),
      default: debian, shop: server('server_name b.test;') + server(named) });
    assert.equal(status, 0);
    assert.equal(texts.a, server('server_name a.test;'));
    assert.equal(texts.default, debian);
    assert.equal(texts.shop, server('server_name b.test;') + told(named));
  });

  test('of one that redirects and one that speaks TLS, the latter', async () => {
    const plain = 'listen 80; server_name www.example.org; return 301 x;';
    const tls = 'listen 443 ssl; server_name www.example.org;';
    const both = { site: server(plain) + server(tls) };
    const { status, texts } = await into(both);
    assert.equal(status, 0);
    assert.equal(texts.site, server(plain) + told(tls));
    /* Who is asked by http asks both. */
    const http = await into({ site: both.site.replaceAll('www.example.org',
      'localhost') }, 'http://localhost:8080');
    assert.equal(http.texts.site.split(line).length, 3);
  });

  test('a name counts more than a pattern, that more than a default',
    async () => {
      const exact = server('server_name www.example.org;');
      const wild = server('server_name *.example.org;');
      const first = await into({ default: debian, exact, wild });
      assert.ok(first.texts.exact.includes(line));
      assert.equal(first.texts.wild, wild);
      assert.equal(first.texts.default, debian);
      const second = await into({ default: debian, wild });
      assert.ok(second.texts.wild.includes(line));
      assert.equal(second.texts.default, debian);
      const third = await into({ default: debian, other: server('listen 81;') });
      assert.ok(third.texts.default.includes(line));
    });

  test('each of several origins counts', async () => {
    const { texts } = await into({ a: server('server_name id.test;'),
      default: debian }, 'https://www.example.org,https://id.test:8443');
    assert.ok(texts.a.includes(line));
    assert.equal(texts.default, debian);
  });

  test('a file that is named, by its link, which stays one', async () => {
    const { texts } = await into({ real: debian, default: debian }, undefined,
      'real');
    assert.ok(texts.real.includes(line));
    assert.equal(texts.default, debian);
    const enabled = join(sites, 'enabled');
    mkdirSync(enabled);
    chmodSync(join(sites, 'default'), 0o604);
    symlinkSync('../default', join(enabled, 'default'));
    const { status } = await again(undefined, 'enabled');
    assert.equal(status, 0);
    assert.ok(lstatSync(join(enabled, 'default')).isSymbolicLink());
    assert.ok(readFileSync(join(sites, 'default'), 'utf8').includes(line));
    assert.equal(statSync(join(sites, 'default')).mode & 0o777, 0o604);
  });

  test('inside of http { }, and on one line', async () => {
    const { texts } = await into({ 'nginx.conf':
      'http {\n  server { listen 80; }\n}\n' });
    assert.equal(texts['nginx.conf'],
      `http {\n  server {\n  \t${line}\n listen 80; }\n}\n`);
  });

  test('but not if it is not clear which', async () => {
    const files = { a: server('server_name a.test;'),
      b: server('server_name b.test;') };
    const { status, stderr, texts } = await into(files);
    assert.equal(status, 1);
    assert.match(stderr, /none of its servers is called www\.example\.org/);
    assert.deepEqual(texts, files);
  });

  test('nor where there is none, or nothing is understood', async () => {
    for (const [files, where, said] of [
      [{ a: '# nothing\n' }, '', /there is no server \{ \}/],
      [{}, '', /there is no server \{ \}/],
      [{ a: 'server { listen 80;\n' }, '', /\/a: is not understood/],
      [{ a: debian }, 'b', /\/b: No such file/],
    ]) {
      const { status, stderr, texts } = await into(files, undefined, where);
      assert.equal(status, 1, stderr);
      assert.match(stderr, said);
      assert.deepEqual(texts, files);
    }
  });

  test('nginx takes it, and starts without the file as well', async () => {
    const conf = join(dir, 'whole.conf');
    writeFileSync(conf, `pid ${dir}/nginx.pid;\nevents {}\nhttp {\n`
      + 'server {\nlisten 127.0.0.1:1;\n}\n}\n');
    const { status, stderr } = await postern(['snippet', 'nginx', '--into',
      conf]);
    assert.equal(status, 0, stderr);
    const tried = await run('/usr/sbin/nginx', ['-t', '-e', 'stderr', '-c',
      conf]);
    assert.equal(tried.status, 0, tried.stderr);
  });
});
