/* What every flow answers to whatever it is asked: too long, late or often. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';

const FLOWS = ['login', 'registration', 'profile', 'token_exchange'];
const BEGUN = 4; /* by a network, until it is too much */

test('sizes; a flow that expired; too many; no database', async () => {
  const instance = await start({ set: {
    'rate_limiter.enabled': 'true',
    'rate_limiter.passcode_limits.tokens': '2',
    'rate_limiter.flow_limits.tokens': String(BEGUN) } });
  const api = await instance.client();
  try {
    await api.signUp(freshAddress('status'));
    for (const name of FLOWS) {
      const { body } = await api.call('POST',
        `/${name}?action=back%40c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c`,
        undefined, { raw: ' '.repeat(1 << 20), status: 413 });
      assert.equal(body.status, 413);
    }
    const flow = await Flow.ready(api, 'profile');
    await instance.sql('UPDATE flows SET expires_at = UTC_TIMESTAMP(6) - '
      + 'INTERVAL 1 SECOND');
    await flow.act('password_create', {}, { status: 410 });
    assert.equal(flow.error, 'flow_expired_error');
    const stranger = await instance.client();
    for (const name of ['login', 'registration']) {
      for (let begun = 0; begun < BEGUN; begun++)
        await stranger.call('POST', `/${name}`);
      const { body } = await stranger.call('POST', `/${name}`, undefined,
        { status: 429 });
      assert.equal(body.error.code, 'rate_limit_exceeded', name);
    }
    const mine = await Flow.ready(api, 'profile');
    for (const status of [200, 429]) {
      await mine.act('email_create', { email: freshAddress('status') },
        { status });
      await mine.act('back');
    }
    await instance.service('stop', 'mariadb');
    for (const name of ['login', 'registration', 'profile']) {
      const { body } = await api.call('POST', `/${name}`, undefined,
        { status: 503 });
      assert.deepEqual([body.name, body.status, body.actions],
        ['error', 503, {}], name);
    }
    await instance.service('start', 'mariadb');
  } finally {
    await instance.stop();
  }
});
