// usage: node probe.mjs ready URL       exit 0: it answers 200 within 1 s
//        node probe.mjs socket PATH     exit 0: somebody listens within 1 s
import http from 'node:http';
import net from 'node:net';

const listens = (path) => new Promise((done) => {
  const socket = net.connect(path);
  socket.on('connect', () => { socket.destroy(); done(true); });
  socket.on('error', () => done(false));
});

const ready = (url) => new Promise((done) => {
  /* Also where nothing says what localhost is. */
  const request = http.get(url, { agent: false, timeout: 5000,
    lookup: (name, options, found) => (options.all
      ? found(null, [{ address: '127.0.0.1', family: 4 }])
      : found(null, '127.0.0.1', 4)) }, (reply) => {
    reply.resume();
    reply.on('close', () => done(reply.statusCode === 200));
  });
  request.on('timeout', () => request.destroy());
  request.on('error', () => done(false));
});

const [what, where] = process.argv.slice(2);
const answers = what === 'socket' ? listens : ready;
const deadline = Date.now() + 1000;
let ok = false;
while (!(ok = await answers(where)) && Date.now() < deadline)
  await new Promise((next) => setTimeout(next, 20));
process.exitCode = ok ? 0 : 1;
