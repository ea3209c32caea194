/*
 * What somebody does on a web space on which Postern was unpacked: run by
 * tests/packages/bundle, against a host that it has started.
 *
 *	HOST_URL	where it is mounted, such as http://localhost:8080/id
 *	HOST_MAIL	the Maildir of the mail server that it sends to
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Api, freshAddress } from '../lib/api.mjs';
import { Authenticator } from '../lib/authenticator.mjs';
import { until } from '../lib/instance.mjs';
import { mailsTo } from '../lib/maildir.mjs';
import { peek } from '../lib/token.mjs';

const url = process.env.HOST_URL;
const mailDir = process.env.HOST_MAIL;
const password = 'correct horse battery staple';
const client = () => new Api(url, { mailDir });

test('cron has sent what a command had queued', () =>
  assert.equal(mailsTo(mailDir, 'club@example.org').length, 1));

test('answers, with the database', () => until(async () =>
  (await fetch(`${url}/health/ready`).catch(() => ({}))).status === 200,
'an answer'));

test('signs up with a mailed passcode', async () => {
  const api = client();
  const { user_id } = await api.signUp(freshAddress('mailed'));
  const { body } = await api.call('GET', '/me', undefined, { status: 200 });
  assert.equal(body.id, user_id);
});

test('logs in with a password', async () => {
  const api = client();
  const { user_id } = await api.signUp(freshAddress('password'));
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  await api.call('POST', '/logout', undefined, { status: 204 });
  await api.call('GET', '/me', undefined, { status: 401 });
  await api.call('POST', '/password/login',
    { user_id, password: `not ${password}` }, { status: 401 });
  await api.call('POST', '/password/login', { user_id, password },
    { status: 200 });
  await api.call('GET', '/me', undefined, { status: 200 });
});

/* Those of tests/packages/bundle, whose libraries are not whole. */
test('members who were brought along log in with what they had', async () => {
  const hashes = readFileSync(new URL('../vectors/pwhash.tsv', import.meta.url),
    'utf8').split('\n').filter((line) => /^[^#].*\t/.test(line));
  assert.ok(hashes.length > 20);
  for (const [i, hash] of hashes.entries()) {
    const user_id = `${String(i + 1).padStart(8, '0')}-0000-4000-8000-${
      '0'.repeat(12)}`;
    const answer = await client().call('POST', '/password/login',
      { user_id, password: 'Tr0ub4dor&3 ünï' });
    assert.equal(answer.status, 200, hash);
  }
});

test('logs in with a passkey', async () => {
  const api = client();
  const { user_id } = await api.signUp(freshAddress('passkey'));
  const key = await api.addPasskey({ origin: new URL(url).origin });
  assert.ok(key instanceof Authenticator);
  const other = client();
  const { body } = await other.call('POST', '/webauthn/login/initialize',
    undefined, { status: 200 });
  await other.call('POST', '/webauthn/login/finalize',
    key.get(body.publicKey), { status: 200 });
  const me = await other.call('GET', '/me', undefined, { status: 200 });
  assert.equal(me.body.id, user_id);
});

test('a token passes in the header, and its key is published', async () => {
  const api = client();
  await api.signUp(freshAddress('bearer'));
  await api.call('GET', '/me', undefined,
    { noJar: true, bearer: api.token, status: 200 });
  const { body } = await api.call('GET', '/.well-known/jwks.json', undefined,
    { status: 200 });
  assert.ok(body.keys.some(({ kid }) => kid === peek(api.token).header.kid));
});

test('the pages lie beside it', async () => {
  for (const [name, type] of [['', 'text/html'], ['app.js', 'javascript'],
    ['index.html', 'text/html']]) {
    const reply = await fetch(`${url}/${name}`);
    assert.equal(reply.status, 200, name);
    assert.ok(reply.headers.get('content-type').includes(type), name);
  }
});

test('its files are not told', async () => {
  assert.equal((await fetch(`${url}/.htaccess`)).status, 403);
  const reply = await fetch(`${url}/postern.fcgi`);
  assert.equal(reply.status, 404);
  assert.match(reply.headers.get('content-type'), /^application\/json/);
});
