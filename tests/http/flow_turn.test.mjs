/*
 * Flows: guesses at once.  One is compared at a time, and which comes too late
 * is not compared at all: what had counted it would be undone.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, until } from '../lib/instance.mjs';

const GUESSES = 3; /* at once */
let instance;

before(async () => {
  instance = await start({ set: { 'rate_limiter.enabled': 'false',
    'mfa.enabled': 'false', 'passkey.enabled': 'false' } });
});
after(() => instance?.stop());

/* The row of a flow, held until it is let go, as of a step later or not. */
async function hold(id) {
  const client = spawn('mariadb', ['--no-defaults', '--user=root',
    '--skip-ssl-verify-server-cert', '--unbuffered', '--batch',
    `--socket=${instance.env.POSTERN_DB_SOCKET}`,
    instance.env.POSTERN_DB_NAME], { stdio: ['pipe', 'pipe', 'inherit'] });
  const row = `id = UNHEX('${id.replaceAll('-', '')}')`;
  client.stdin.write(`BEGIN; SELECT 'held' FROM flows WHERE ${row}
    FOR UPDATE;\n`);
  await once(client.stdout, 'data');
  return async (later) => {
    client.stdin.end(later
      ? `UPDATE flows SET version = version + 1 WHERE ${row}; COMMIT;\n`
      : 'COMMIT;\n');
    await once(client, 'exit');
  };
}

/* What each that waits for a row is about to do. */
const waiting = async () => (await instance.sql(`SELECT trx_query
  FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'`)).flat();

/* Guesses with one token, while another step is under way; is that taken? */
async function guess(flow, later) {
  const href = flow.hrefOf('verify_passcode');
  const id = /%40([\da-f-]{36})$/.exec(href)[1];
  const release = await hold(id);
  let seen;
  const calls = Array.from({ length: GUESSES }, () => flow.api.call('POST',
    href, { input_data: { code: '000000' }, csrf_token: flow.token }));
  try {
    await until(async () => (seen = await waiting()).length === GUESSES,
      'all wait');
  } finally {
    await release(later);
  }
  return { seen, answers: await Promise.all(calls) };
}

const flowOf = async () => {
  const api = instance.client();
  const email = freshAddress('turn');
  await api.signUp(email);
  return Flow.identified(api, email);
};

test('none is compared while another step is under way', async () => {
  const { seen, answers } = await guess(await flowOf(), true);
  for (const text of seen)
    assert.match(text, /^SELECT version FROM flows/);
  assert.deepEqual(answers.map(({ status }) => status),
    Array(GUESSES).fill(403));
});

test('of those with one token, one is', async () => {
  const flow = await flowOf();
  const { answers } = await guess(flow, false);
  const codes = answers.map(({ body, status }) =>
    [status, body.actions?.verify_passcode?.inputs.code.error?.code])
    .sort();
  assert.deepEqual(codes, [[400, 'passcode_invalid'],
    ...Array(GUESSES - 1).fill([403, undefined])]);
});
