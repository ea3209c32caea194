// usage: node probe.mjs free PORT...    exit 0: nobody listens there
//        node probe.mjs choose         prints a port that is free
//        node probe.mjs ready URL       exit 0: it answers 200 within 1 s
//        node probe.mjs socket PATH     exit 0: somebody listens within 1 s
import net from 'node:net';

const taken = (...where) => new Promise((done) => {
  const socket = net.connect(...where);
  socket.on('connect', () => { socket.destroy(); done(true); });
  socket.on('error', () => done(false));
});

const ready = (url) =>
  fetch(url, { signal: AbortSignal.timeout(5000) })
    .then((reply) => reply.status === 200, () => false);

const [what, ...rest] = process.argv.slice(2);
if (what === 'free') {
  for (const port of rest.map(Number))
    if (await taken(port, '127.0.0.1') || await taken(port, '::1')) {
      console.error(`port ${port} is in use`);
      process.exitCode = 1;
    }
} else if (what === 'choose') {
  const server = net.createServer().listen(0, '127.0.0.1', () => {
    console.log(server.address().port);
    server.close();
  });
} else {
  const deadline = Date.now() + 1000;
  let ok = false;
  const answers = what === 'socket' ? taken : ready;
  while (!(ok = await answers(rest[0])) && Date.now() < deadline)
    await new Promise((next) => setTimeout(next, 20));
  process.exitCode = ok ? 0 : 1;
}
