/* Chromium for browser tests, and a server of files for page origins. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { extname } from 'node:path';
import { chromium } from 'playwright-core';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/*
 * Chromium as the distribution has it; in containers it has no sandbox.  more:
 * arguments of its command line.
 */
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.POSTERN_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage', ...more],
  });
}

/*
 * An authenticator of the browser's own (CDP, domain WebAuthn) for a page:
 * a platform one that knows its user and answers at once.  Returns what a
 * test does with it.
 */
export async function addAuthenticator(context, page, options = {}) {
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send(
    'WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2',
      transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, ...options } });
  return {
    setVerified: (isUserVerified) => cdp.send('WebAuthn.setUserVerified',
      { authenticatorId, isUserVerified }),
    credentials: async () => (await cdp.send('WebAuthn.getCredentials',
      { authenticatorId })).credentials,
    /* A passkey that was made elsewhere (authenticator.mjs). */
    add: (device) => cdp.send('WebAuthn.addCredential', { authenticatorId,
      credential: { credentialId: device.id.toString('base64'),
        isResidentCredential: true, rpId: device.rpId,
        privateKey: device.key.export({ type: 'pkcs8', format: 'der' })
          .toString('base64'),
        userHandle: device.userHandle.toString('base64'),
        signCount: device.counter } }),
    clear: () => cdp.send('WebAuthn.clearCredentials', { authenticatorId }),
  };
}

/*
 * Serve files, { '/path': 'file' }, on a free port of both loopbacks; a
 * Buffer is what is in it.  Resolves to { port, close() }.
 */
export async function serveFiles(files) {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = files[pathname];
    if (!file) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': types[extname(pathname)] });
    response.end(typeof file === 'string' ? readFileSync(file) : file);
  });
  await new Promise((done) => server.listen(0, '::', done));
  return {
    port: server.address().port,
    close: () => new Promise((done) => {
      server.closeAllConnections();
      server.close(done);
    }),
  };
}
