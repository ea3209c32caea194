/*
 * One connection to the database for many statements, where what it costs to
 * start a client for each would be most of what a test does.  Answers come in
 * the order of the questions; after an error the next one has a new connection.
 * What changes the session, or waits for somebody, is nothing for it.
 */
import { spawn } from 'node:child_process';

const END = 'end of the answer';

export class Statements {
  /* args: those of mariadb(1), with --batch and --skip-column-names. */
  constructor(args) {
    this.args = args;
    this.last = Promise.resolve();
  }

  /* What the client prints for some statements; rejects with what is wrong. */
  ask(text) {
    const answer = this.last.then(() => this.put(text));
    this.last = answer.catch(() => null);
    return answer;
  }

  put(text) {
    const client = this.client ?? this.connect();
    this.text = this.wrong = '';
    return new Promise((answered, failed) => {
      this.answered = answered;
      this.failed = failed;
      client.stdin.write(`${text.replace(/;?\s*$/, '')};\nSELECT '${END}';\n`);
    });
  }

  connect() {
    const client = spawn('mariadb', [...this.args, '--unbuffered']);
    client.stdin.on('error', () => {});
    client.stdout.setEncoding('utf8').on('data', (more) => this.take(more));
    client.stderr.setEncoding('utf8')
      .on('data', (more) => { this.wrong += more; });
    client.on('error', (error) => this.failed(error));
    client.on('close', () => {
      this.client = null;
      this.failed(new Error(this.wrong || 'no answer'));
    });
    this.client = client;
    return client;
  }

  take(more) {
    this.text += more;
    if (this.text.endsWith(`${END}\n`))
      this.answered(this.text.slice(0, -END.length - 1));
  }

  async close() {
    await this.last;
    this.client?.stdin.end();
  }
}
