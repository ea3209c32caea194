/*
 * Something that speaks the protocol of MariaDB and is none, or an old one: it
 * greets with a version, lets everybody in, and says what it is when it is
 * asked.  What it was asked is kept.
 *
 *   const foreign = new Foreign('8.0.40');
 *   const port = await foreign.listen();
 *   foreign.asked;
 *   await foreign.close();
 *
 * The packets are those of mariadb.com/kb, "Clientserver Protocol".
 */
import { once } from 'node:events';
import net from 'node:net';

const HEADER = 4; /* length in three bytes, number of the packet */
const QUERY = 3;
const OK = [0, 0, 0, 2, 0, 0, 0];
const END_OF_ROWS = [0xfe, 0, 0, 2, 0];
/* PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH and CONNECT_WITH_DB. */
const CAPABILITIES = 0x00088208;
const PLUGIN = 'mysql_native_password';
const SCRAMBLE = 'abcdefghijklmnopqrst';

const zero = (text) => Buffer.from(`${text}\0`);
const short = (n) => Buffer.from([n & 255, n >> 8]);
const counted = (text) => Buffer.concat([Buffer.from([text.length]),
  Buffer.from(text)]);

function greeting(version) {
  return Buffer.concat([Buffer.from([10]), zero(version), Buffer.alloc(4, 1),
    zero(SCRAMBLE.slice(0, 8)), short(CAPABILITIES & 0xffff),
    Buffer.from([45]), short(2), short(CAPABILITIES >>> 16),
    Buffer.from([SCRAMBLE.length + 1]), Buffer.alloc(10),
    zero(SCRAMBLE.slice(8)), zero(PLUGIN)]);
}

/* Of a column of text. */
const column = (name) => Buffer.concat([counted('def'), counted(''),
  counted(''), counted(''), counted(name), counted(name), Buffer.from([12]),
  short(45), Buffer.from([255, 0, 0, 0, 253, 0, 0, 0, 0, 0])]);

export class Foreign {
  /*
   * greets: its version in the greeting; says: to who asks for VERSION();
   * known: how many of MariaDB's comments it reads.
   */
  constructor(greets, { says = greets, known = 0 } = {}) {
    Object.assign(this, { greets, says, known, asked: [] });
    this.server = net.createServer((socket) => this.meet(socket));
  }

  async listen() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this.server.address().port;
  }

  async close() {
    this.server.close();
    await once(this.server, 'close');
  }

  meet(socket) {
    const send = (first, packets) => packets.forEach((packet, i) => {
      const head = Buffer.alloc(HEADER);
      head.writeUIntLE(packet.length, 0, 3);
      head[3] = first + i;
      socket.write(Buffer.concat([head, Buffer.from(packet)]));
    });
    let waiting = Buffer.alloc(0);
    let isIn = false;
    send(0, [greeting(this.greets)]);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= HEADER
        && waiting.length >= HEADER + waiting.readUIntLE(0, 3)) {
        const end = HEADER + waiting.readUIntLE(0, 3);
        const packet = waiting.subarray(HEADER, end);
        if (!isIn)
          send(2, [OK]);
        else if (packet[0] === QUERY)
          send(1, this.answer(packet.subarray(1).toString()));
        else
          socket.end();
        isIn = true;
        waiting = waiting.subarray(end);
      }
    });
  }

  answer(sql) {
    this.asked.push(sql);
    if (!sql.startsWith('SELECT VERSION()'))
      return [OK];
    return [[2], column('version'), column('known'), END_OF_ROWS,
      Buffer.concat([counted(this.says), counted(`${this.known}`)]),
      END_OF_ROWS];
  }
}
