/*
 * "postern doctor" of an instance, for tests: what it found, and a proxy that
 * does to its questions what a web server can get wrong.
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';

export const options = (set) => Object.entries(set)
  .flatMap(([key, value]) => ['--set', `${key}=${value}`]);

/* What it found, and that its exit status is of that. */
export async function doctor(instance, set = {}, ...more) {
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

/* Those of a check, with that verdict or any. */
export const of = (findings, check, verdict) => findings.filter((one) =>
  one.check === check && one.verdict === (verdict ?? one.verdict));

/* The one finding of a check that is not ok. */
export function fault(findings, check, verdict = 'error') {
  const found = of(findings, check, verdict);
  assert.equal(found.length, 1, JSON.stringify(findings, null, 1));
  return found[0];
}

export const errors = (findings) =>
  findings.filter((one) => one.verdict === 'error');

/*
 * A proxy before the web server: change(request options) and answer.  With
 * port 0 it takes any; host is where it listens, and what its URL has.
 */
export async function behind(instance, change, fn, { host = '127.0.0.1',
  port = 0 } = {}) {
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
    change.request?.(ask, request);
    const forward = http.request(ask, (answer) => {
      change.answer?.(answer.headers);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forward);
  });
  await new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, done);
  });
  const name = secure && host === '127.0.0.1' ? 'localhost' : host;
  const { port: at } = server.address();
  try {
    await fn(`${secure ? 'https' : 'http'}://${name}${
      [80, 443].includes(at) ? '' : `:${at}`}${target.pathname}`);
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}
