/*
 * What needs no load: memory of a worker at rest, and how soon a start
 * answers.
 */
import { join } from 'node:path';
import { bin } from './measure.mjs';
import { output } from './quickstart.mjs';

/* What browsers and back ends send on a day; how many got a 5xx. */
export async function mixedRequests(site, n) {
  const url = site.instance.url;
  const [token] = await site.fewTokens();
  const auth = { authorization: `Bearer ${token}` };
  const json = { 'content-type': 'application/json' };
  const post = (path, body) => [path,
    { method: 'POST', headers: json, body: JSON.stringify(body) }];
  const user = (i) => site.users[i % 64];
  const kinds = [
    () => ['/.well-known/jwks.json'],
    () => ['/.well-known/config'],
    () => ['/sessions/validate', { headers: auth }],
    () => ['/sessions/validate', { headers: { authorization: 'Bearer x.y.z' } }],
    () => ['/me', { headers: auth }],
    () => ['/sessions', { headers: auth }],
    () => ['/nowhere'],
    (i) => post('/user', { email: `user${i}@example.org` }),
    (i) => post('/users', { email: `new${i}@example.org` }),
    (i) => post('/passcode/login/initialize', { user_id: site.users[100 + i] }),
    (i) => post('/passcode/login/finalize',
      { id: site.users[i], code: '000000' }),
    (i) => (i % 3 === 0 ? post('/password/login',
      { user_id: user(i), password: site.password }) : ['/health/ready']),
  ];
  let next = 0, failed = 0;
  const client = async () => {
    for (let i = next++; i < n; i = next++) {
      const [path, init] = kinds[i % kinds.length](i);
      const answer = await fetch(url + path, init);
      await answer.arrayBuffer();
      if (answer.status >= 500)
        failed++;
    }
  };
  await Promise.all(Array.from({ length: 4 }, client));
  await site.sweep();
  return failed;
}

/* Milliseconds from exec to the first answer of GET /health/ready. */
export async function answerStart(site, times) {
  const socket = join(site.own, 'start.sock');
  const { POSTERN_BIN, POSTERN_CONFIG } = site.instance.env;
  const text = await output(join(bin, 'start'), [String(times), socket,
    '/health/ready', POSTERN_BIN, '--config', POSTERN_CONFIG, '--set',
    `server.public.address=unix:${socket}`, 'serve'], site.user);
  return text.trim().split('\n').map(Number);
}
