/* Who is told by webhooks. */
import { Buffer } from 'node:buffer';
import https from 'node:https';
import { certify } from './certificate.mjs';
import { peek } from './token.mjs';

/* An answer: this status, and nothing else. */
export const status = (code) => (response) => {
  response.statusCode = code;
  response.end();
};

/*
 * The receiver of webhooks: what came, by path, and what is answered there
 * (answers: by path, a function of the response and of what came).
 */
export class Receiver {
  constructor(tls) {
    this.came = [];
    this.answers = {};
    this.server = https.createServer(tls, (request, response) =>
      this.take(request, response));
  }

  /* On a port of its own, with a certificate in dir: own.pem. */
  static async listen(dir) {
    const one = new Receiver(await certify(dir));
    await one.open(0);
    return one;
  }

  async open(port) {
    await new Promise((done) => { this.server.listen(port, '127.0.0.1', done); });
    this.port = this.server.address().port;
  }

  async take(request, response) {
    const pieces = [];
    for await (const piece of request)
      pieces.push(piece);
    const text = Buffer.concat(pieces).toString();
    const body = JSON.parse(text);
    const one = { path: request.url, headers: request.headers, text, body,
      ...peek(body.token) };
    this.came.push(one);
    const answer = this.answers[request.url] ?? ((it) => it.end());
    answer(response, one);
  }

  url(path) {
    return `https://localhost:${this.port}${path}`;
  }

  of(path) {
    return this.came.filter((one) => one.path === path);
  }

  events(path) {
    return this.of(path).map(({ body }) => body.event);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
