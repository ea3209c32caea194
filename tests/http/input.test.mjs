/* What is malformed gets a 4xx in the documented shape, never a 5xx. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { start } from '../lib/instance.mjs';

let instance;
let api;

before(async () => {
  instance = await start({ set: { 'account.allow_deletion': 'true' } });
  api = await instance.client();
});
after(() => instance?.stop());

/* Every endpoint that takes a body and needs no session. */
const takers = ['/user', '/users', '/passcode/login/initialize',
  '/passcode/login/finalize', '/password/login', '/sessions/validate'];

async function refused(raw, opts = {}) {
  for (const path of takers) {
    const { status, body } = await api.call('POST', path, undefined,
      { raw, ...opts });
    assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
    assert.equal(body.code, status);
    assert.equal(typeof body.message, 'string');
    if (opts.status)
      assert.equal(status, opts.status);
  }
}

test('malformed and truncated JSON', async () => {
  const good = JSON.stringify({ email: 'a@example.org' });
  for (const raw of ['{', '}', '"', '{"email"', '{"email":', good.slice(0, -1),
    `${good}x`, `${good}${good}`, "{'email':'a@example.org'}", '{email:1}',
    '/* */{}', '{"email":"\\x"}', '{"email":"\\ud800"}', 'NaN', '-', '01',
    '{"a":1,}', '[1,]', '\u00ef\u00bb\u00bf{}', '{"email":"a\nb"}'])
    await refused(raw, { status: 400 });
});

test('wrong types', async () => {
  for (const value of [1, true, [], {}, null, 1e400, ['a@example.org']]) {
    const raw = JSON.stringify({ email: value, user_id: value, id: value,
      code: value, password: value, session_token: value });
    await refused(raw, { status: 400 });
  }
  for (const raw of ['[]', '"x"', '1', 'true', 'null', '{}'])
    await refused(raw, { status: 400 });
});

test('duplicate keys, however they are spelled', async () => {
  for (const name of ['email', 'user_id', 'id', 'code', 'password',
    'session_token']) {
    await refused(`{"${name}":"a@example.org","${name}":"a@example.org"}`,
      { status: 400 });
    const escaped = `\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}`;
    await refused(`{"${name}":"a@example.org","${escaped}":"b@example.org"}`,
      { status: 400 });
  }
});

test('a body of 1 MiB is 413, and the connection survives it', async () => {
  const raw = JSON.stringify({ email: 'x'.repeat(1 << 20) });
  await refused(raw, { status: 413 });
  await refused('x'.repeat(65537), { status: 413 });
  await refused(`"${'x'.repeat(65534)}"`, { status: 400 });
});

test('deep nesting', async () => {
  for (const depth of [17, 1000, 30000]) {
    await refused('['.repeat(depth) + ']'.repeat(depth), { status: 400 });
    await refused('{"a":'.repeat(depth) + '1' + '}'.repeat(depth)
      .slice(0, 65536 - depth * 5 - 1), { status: depth > 10000 ? 413 : 400 });
  }
});

test('invalid UTF-8 and NUL bytes', async () => {
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xc3],
    [0xf8, 0x88, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0]])
    await refused(Buffer.concat([Buffer.from('{"email":"a'),
      Buffer.from(bytes), Buffer.from('@example.org"}')]), { status: 400 });
  for (const name of ['email', 'user_id', 'id', 'code', 'password',
    'session_token'])
    await refused(`{"${name}":"a\\u0000b"}`, { status: 400 });
});

test('the wrong content type is 415', async () => {
  for (const type of [null, 'text/plain', 'application/xml',
    'application/x-www-form-urlencoded', 'multipart/form-data',
    'application/json-patch+json', 'json'])
    await refused('{"email":"a@example.org"}', { type, status: 415 });
  const { status } = await api.call('POST', '/user',
    undefined, { raw: `{"email":"${freshAddress()}"}`,
      type: 'Application/JSON;charset=utf-8' });
  assert.equal(status, 404);
});

test('an empty body asks for the fields', async () => {
  for (const path of takers) {
    const { body } = await api.call('POST', path, undefined, { status: 400 });
    assert.match(body.message, /is a required field/);
  }
});

/* RFC 9112 section 3.2.2: a server accepts it, though clients do not send it. */
test('a request target in absolute-form', async () => {
  for (const host of [api.base.host, 'other.example:81'])
    for (const path of ['/health/alive', '/nothing-here']) {
      const target = `http://${host}${api.prefix}${path}`;
      const answer = await api.raw(`GET ${target} HTTP/1.1\r\n`
        + `Host: ${host}\r\nConnection: close\r\n\r\n`,
      { method: 'GET', path });
      assert.equal(answer.status, path === '/health/alive' ? 200 : 404, target);
      assert.ok(answer.headers['x-request-id']);
    }
});

test('oversized headers and cookies', async () => {
  for (const headers of [{ Cookie: `hanko=${'a'.repeat(9000)}` },
    { Authorization: `Bearer ${'a'.repeat(9000)}` },
    { Cookie: `x=${'b'.repeat(12000)}` },
    { 'User-Agent': 'c'.repeat(4000) },
    { 'X-Request-Id': 'd'.repeat(4000) },
    { 'Accept-Language': 'e'.repeat(6000) }]) {
    const { status } = await api.call('GET', '/me', undefined,
      { headers, front: true });
    assert.ok(status >= 400 && status < 500, String(status));
  }
});

test('a long or odd User-Agent is no obstacle to a session', async () => {
  for (const agent of ['u'.repeat(1000), 'ü'.repeat(300), '\u0080\u00ff']) {
    const one = await instance.client({ headers:
      { 'User-Agent': Buffer.from(agent).toString('latin1') } });
    await one.signUp(freshAddress());
    await one.call('GET', '/me', undefined, { status: 200 });
  }
});

test('paths that could be read in two ways', async () => {
  for (const path of ['//me', '/./me', '/x/../me', '/me%2F', '/me%00',
    '/me%0a', '/%2e%2e/me', '/me%5c', '/me%25', '/m%c3%a9', '/me%'])
    for (const method of ['GET', 'POST']) {
      const { status } = await api.call(method, path, undefined,
        { front: true });
      assert.ok(status >= 400 && status < 500, `${path}: ${status}`);
    }
});

test('methods: 405 with Allow for a known path, 404 for an unknown', async () => {
  for (const [method, path, allow] of [['PUT', '/me', 'GET, HEAD, OPTIONS'],
    ['GET', '/logout', 'POST, OPTIONS'],
    ['POST', '/password', 'PUT, OPTIONS'],
    ['PATCH', '/sessions', 'GET, HEAD, DELETE, OPTIONS']]) {
    const { status, headers } = await api.call(method, path, undefined,
      { front: true });
    assert.equal(status, 405);
    assert.equal(headers.allow, allow);
  }
  for (const path of ['/me/', '/ME', '/nothing', '/users', '/webauthn'])
    assert.ok([404, 405].includes(
      (await api.call('GET', path, undefined, { front: true })).status), path);
  const trace = await api.call('TRACE', '/me', undefined, { front: true });
  assert.ok(trace.status >= 400 && trace.status < 500);
});

test('HEAD is GET without a body', async () => {
  const head = await api.call('HEAD', '/.well-known/jwks.json');
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
});

test('what needs a session says 401, whatever else is wrong', async () => {
  const nobody = await instance.client();
  for (const [method, path] of [['GET', '/me'], ['GET', '/users/x'],
    ['DELETE', '/user'], ['POST', '/logout'], ['PUT', '/password'],
    ['GET', '/sessions'], ['DELETE', '/sessions'], ['DELETE', '/sessions/x']])
    await nobody.call(method, path, undefined, { status: 401 });
});

test('a session does not make bad input better', async () => {
  const ada = await instance.client();
  const { user_id } = await ada.signUp(freshAddress());
  const raw = JSON.stringify({ user_id, password: 'correct horse' });
  await ada.call('PUT', '/password', undefined,
    { raw, type: 'text/plain', status: 415 });
  await ada.call('PUT', '/password', undefined,
    { raw: ' '.repeat(70000) + raw, status: 413 });
  await ada.call('POST', '/logout', undefined,
    { raw: ' '.repeat(70000), status: 413 });
  await ada.call('PUT', '/password', undefined, { raw: '{', status: 400 });
  await ada.call('GET', '/me', undefined, { status: 200 });
});

test('a Host of somebody else changes nothing', async () => {
  const email = freshAddress();
  const headers = { Host: 'evil.example' };
  const created = await api.call('POST', '/users', { email },
    { headers, front: true });
  assert.equal(created.status, 200);
  await api.call('POST', '/passcode/login/initialize',
    { user_id: created.body.user_id, email_id: created.body.email_id },
    { headers, status: 200 });
  const mail = await api.mailFor(email);
  assert.ok(!JSON.stringify(mail).includes('evil.example'));
  assert.ok(!JSON.stringify([created.headers, created.text])
    .includes('evil.example'));
});
