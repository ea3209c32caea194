/*
 * Dfns: guesses at a password and the code of an app.  What they cost and what
 * is seen of the answers does not tell which of the two is right, nor whether
 * there is somebody; and they are counted.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { PASSWORD, answer, init, rewind, someone, typed, wrongCode }
  from '../lib/appholder.mjs';
import { cost } from '../lib/cost.mjs';
import { isError, member } from '../lib/dfns.mjs';
import { start } from '../lib/instance.mjs';

const WRONG = 'a wrong password';
let instance;
let api;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug',
    'dfns.password': 'true' } });
  api = instance.client();
});
after(() => instance?.stop());

test('unknown, without a password, wrong: one hash, the same bytes',
  async () => {
    const who = await someone(instance);
    const holder = await member(instance, 'Holder', freshAddress('k'));
    const answers = [];
    for (const username of [who.username, 'nobody@example.org',
      holder.username]) {
      const { orgId } = username === holder.username ? holder : who;
      const { body } = await init(api, { orgId, username },
        { status: 200 });
      answers.push(await cost(instance, api, 'POST', '/auth/login', {
        challengeIdentifier: body.challengeIdentifier,
        firstFactor: typed(WRONG),
        secondFactor: who.app.get(1) }));
    }
    for (const { response, hashes, statements, writes } of answers) {
      isError(response, 401, 'Unauthorized');
      assert.equal(hashes, 1);
      assert.equal(statements, answers[0].statements);
      assert.equal(writes, answers[0].writes);
      assert.deepEqual(Object.keys(response.headers),
        Object.keys(answers[0].response.headers));
    }
    const { body } = await init(api, who);
    const bare = await cost(instance, api, 'POST', '/auth/login', {
      challengeIdentifier: body.challengeIdentifier, firstFactor: typed() });
    assert.equal(bare.hashes, 0);
    const { body: right } = await init(api, who);
    const good = await cost(instance, api, 'POST', '/auth/login', {
      challengeIdentifier: right.challengeIdentifier, firstFactor: typed(),
      secondFactor: who.app.get(1) });
    assert.equal(good.response.status, 200);
    assert.equal(good.hashes, 1);
  });

/* What becomes of somebody between the challenge and the answer. */
const memberOf = (who) => `WHERE username = '${who.username}'`;
const BETWEEN = {
  deactivated: (who) => `members SET active = 0 ${memberOf(who)}`,
  archived: (who) => 'members SET archived_at = UTC_TIMESTAMP(6) '
    + memberOf(who),
  'organisation off': (who) => 'tenants SET active = 0 WHERE id ='
    + ` (SELECT tenant_id FROM members ${memberOf(who)})`,
  'app off': (who) => "key_credentials SET active = 0 WHERE kind = 'Totp'"
    + ` AND user_id = (SELECT user_id FROM members ${memberOf(who)})`,
  'password off': (who) => 'key_credentials SET active = 0 WHERE kind ='
    + ` 'Password' AND user_id = (SELECT user_id FROM members
      ${memberOf(who)})`,
};

const COSTLY = { 'log.level': 'debug', 'dfns.password': 'true',
  'audit_log.storage.enabled': 'true', 'rate_limiter.enabled': 'true',
  'rate_limiter.name_limits.tokens': '100000',
  'rate_limiter.challenge_limits.tokens': '100000',
  'rate_limiter.hash_limits.tokens': '100000',
  'rate_limiter.password_limits.tokens': '100000',
  'rate_limiter.account_limits.tokens': '100000' };

/* Somebody with a password and an app, with a Key, and who is nobody. */
async function asked(one) {
  const at = one.client();
  const able = await someone(one);
  const key = await member(one, 'Costly', freshAddress('c'));
  return { able, at, key: { ...key, app: able.app },
    nobody: { ...able, username: freshAddress('nobody') } };
}

/* What an answer cost, and what is seen of it, but for what is left. */
async function priced(one, at, who, password, code) {
  const { body } = await init(at, who, { status: 200 });
  await who.between?.();
  const { response, ...spent } = await cost(one, at, 'POST', '/auth/login', {
    challengeIdentifier: body.challengeIdentifier,
    firstFactor: typed(password), secondFactor: code });
  return { ...spent, status: response.status,
    text: response.text.replace(/"id":"\d+"/, '"id":""'),
    headers: Object.keys(response.headers).sort() };
}

/* Those who are told nothing: [what, as it was priced]. */
async function allPriced(one) {
  const seen = [];
  const { able, at, key, nobody } = await asked(one);
  const ask = async (what, who, password, code) => {
    await rewind(one);
    seen.push([what, await priced(one, at, who, password, code)]);
  };
  await ask('both wrong', able, WRONG, wrongCode(able));
  await ask('the code right', able, WRONG, able.app.get());
  await ask('the password right', able, PASSWORD, wrongCode(able));
  await ask('nobody', nobody, WRONG, wrongCode(able));
  await ask('no password', key, WRONG, wrongCode(able));
  for (const [what, set] of Object.entries(BETWEEN))
    for (const password of [WRONG, PASSWORD]) {
      const who = await someone(one);
      who.between = () => one.sql(`UPDATE ${set(who)}`);
      await ask(`${what}, ${password}`, who, password, wrongCode(who));
    }
  await one.sql("DELETE FROM rate_limits WHERE what LIKE 'code%'");
  for (const password of [PASSWORD, WRONG])
    for (let i = 0; i < 12; i++)
      await priced(one, at, able, password, wrongCode(able));
  assert.match(one.log(), /the code of an app is not judged/);
  await ask('full, both right', able, PASSWORD, able.app.get());
  await ask('full, the code wrong', able, PASSWORD, wrongCode(able));
  await ask('full, both wrong', able, WRONG, wrongCode(able));
  return seen;
}

const sameOf = (seen, hashes = 1) => {
  for (const [what, one] of seen)
    assert.deepEqual(one, seen[0][1], what);
  assert.equal(seen[0][1].status, 401);
  assert.equal(seen[0][1].hashes, hashes);
};

for (const [what, more] of Object.entries({ '': {}, ', unlimited':
  { 'rate_limiter.enabled': 'false' } }))
  test(`that a password is right costs what a wrong one does${what}`,
    async (t) => {
      const one = await start({ set: { ...COSTLY, ...more } });
      try {
        if (what === '') {
          const seen = await allPriced(one);
          t.diagnostic(JSON.stringify(seen[0][1]));
          sameOf(seen);
          return;
        }
        const { able, at, nobody } = await asked(one);
        const seen = [];
        for (const [who, password] of [[able, WRONG], [able, PASSWORD],
          [nobody, WRONG]])
          seen.push([password, await priced(one, at, who, password,
            wrongCode(able))]);
        sameOf(seen);
      } finally {
        await one.stop();
      }
    });

test('costs that went up do not tell that a password is right',
  async () => {
    const one = await start({ set: COSTLY });
    try {
      const { able, at } = await asked(one);
      const hashOf = async () => (await one.sql(
        'SELECT hash FROM password_factors'))[0][0];
      const old = await hashOf();
      await one.up({ ...one.options.set,
        'password.argon2.iterations': '3' });
      await rewind(one);
      /* The stored one is less work than a decoy, which follows. */
      sameOf([[WRONG, await priced(one, at, able, WRONG, wrongCode(able))],
        [PASSWORD, await priced(one, at, able, PASSWORD, wrongCode(able))]],
      2);
      assert.equal(await hashOf(), old);
      /* Whoever is in is hashed anew. */
      await rewind(one);
      const done = await priced(one, at, able, PASSWORD, able.app.get());
      assert.equal(done.status, 200);
      /* And the new one. */
      assert.equal(done.hashes, 3);
      assert.match(await hashOf(), /,t=3,/);
      await rewind(one);
      assert.equal((await priced(one, at, able, PASSWORD, able.app.get()))
        .hashes, 1);
    } finally {
      await one.stop();
    }
  });

test('a password does not tell an account from a name', async () => {
  const who = await someone(instance);
  const shape = ({ body }) => JSON.stringify([body.supportedCredentialKinds,
    body.allowCredentials, Object.keys(body)]);
  const real = shape(await init(api, who));
  let decoy;
  for (let i = 0; i < 200 && decoy !== real; i++)
    decoy = shape(await init(api,
      { orgId: who.orgId, username: `n${i}@x.org` }));
  assert.equal(decoy, real);
});

test('guesses are counted by account, in parallel and for nobody too',
  async () => {
    const one = await start({ set: { 'dfns.password': 'true',
      'rate_limiter.enabled': 'true',
      'rate_limiter.password_limits.tokens': '3' } });
    try {
      const at = one.client();
      const who = await someone(one);
      await rewind(one);
      const { body } = await answer(at, who, typed(), who.app.get());
      await one.sql('DELETE FROM rate_limits');
      const act = () => at.call('POST', '/auth/action/init', {
        userActionHttpMethod: 'PUT', userActionHttpPath: '/x' },
      { bearer: body.token, status: 200 });
      const action = await act();
      for (const name of [who.username, 'nobody@example.org']) {
        const target = { ...who, username: name };
        const challenges = [];
        for (let i = 0; i < 10; i++)
          challenges.push(await init(at, target, { status: 200 }));
        const answers = await Promise.all(challenges.map((challenge) =>
          answer(at, target, typed(WRONG), who.app.get(1), challenge)));
        const statuses = answers.map(({ status }) => status).sort();
        assert.deepEqual(statuses,
          [...Array(3).fill(401), ...Array(7).fill(429)]);
        isError(answers.find(({ status }) => status === 429), 429,
          'Too Many Requests');
      }
      isError(await answer(at, who, typed(), who.app.get(1)), 429,
        'Too Many Requests');
      isError(await at.call('POST', '/auth/action', {
        challengeIdentifier: action.body.challengeIdentifier,
        firstFactor: typed(), secondFactor: who.app.get(1) },
      { bearer: body.token }), 429, 'Too Many Requests');
      await one.sql('DELETE FROM rate_limits');
      assert.equal((await answer(at, who, typed(), who.app.get(1))).status,
        200);
    } finally {
      await one.stop();
    }
  });

test('codes of an app cannot be guessed from many networks', async (t) => {
  const one = await start({ set: { 'dfns.password': 'true',
    'rate_limiter.enabled': 'true',
    'rate_limiter.name_limits.tokens': '100000',
    'rate_limiter.challenge_limits.tokens': '100000',
    'server.trusted_proxies': '127.0.0.0/8,::1/128' } });
  try {
    const from = (ip) =>
      one.client({ headers: { 'X-Forwarded-For': ip } });
    const who = await someone(one);
    const home = from('192.0.2.1');
    const logIn = async (at) => {
      await rewind(one);
      return (await answer(at, who, typed(), who.app.get())).status;
    };
    for (let i = 0; i < 4; i++)
      assert.equal(await logIn(home), 200);
    const wrong = { kind: 'Totp', otpCode:
      String((Number(who.app.code()) + 1) % 1000000).padStart(6, '0') };
    const seen = [];
    for (let i = 0; i < 24; i++)
      seen.push(await answer(
        from(i % 2 ? `2001:db8:9:${i}::1` : `203.0.${i}.1`), who, typed(),
        wrong));
    const held = one.log()
      .split('limit code is reached: the code of an app is not judged');
    t.diagnostic(`judged: ${seen.length - held.length + 1}`);
    assert.equal(held.length - 1, 14);
    /* That the password is right is not told: all are as a wrong one. */
    const shape = ({ status, body, headers }) => [status,
      body.error.message, Object.keys(headers).sort(),
      headers['x-ratelimit-limit'], headers['x-ratelimit-remaining']];
    const lie = shape(await answer(from('203.0.200.1'), who, typed(WRONG),
      wrong));
    assert.equal(lie[0], 401);
    for (const response of seen)
      assert.deepEqual(shape(response), lie);
    /* Strangers wait; the browser that was here, and its network, do not. */
    assert.equal(await logIn(from('198.51.100.1')), 401);
    const away = from('198.51.100.1');
    away.jar.set('hanko_device', home.jar.get('hanko_device'));
    assert.equal(await logIn(away), 200);
    assert.equal(await logIn(from('192.0.2.1')), 200);
  } finally {
    await one.stop();
  }
});

test('who does not know the password cannot use up the tries of codes',
  async () => {
    const one = await start({ set: { 'dfns.password': 'true',
      'rate_limiter.enabled': 'true',
      'rate_limiter.name_limits.tokens': '100000',
      'rate_limiter.challenge_limits.tokens': '100000',
      'server.trusted_proxies': '127.0.0.0/8,::1/128' } });
    try {
      const from = (ip) =>
        one.client({ headers: { 'X-Forwarded-For': ip } });
      const who = await someone(one);
      for (let i = 0; i < 12; i++)
        isError(await answer(from(`203.0.${i}.1`), who, typed(WRONG),
          who.app.get()), 401, 'Unauthorized');
      /* The bucket that passcodes have, too: what was counted is nobody's. */
      assert.deepEqual(await one.sql(`SELECT COUNT(*), SUM(whom IN (SELECT whom
        FROM rate_limits WHERE what = 'account')) FROM rate_limits
        WHERE what = 'code'`), [['1', '0']]);
      await rewind(one);
      assert.equal((await answer(from('198.51.100.1'), who, typed(),
        who.app.get())).status, 200);
    } finally {
      await one.stop();
    }
  });
