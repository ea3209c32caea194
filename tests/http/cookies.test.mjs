/*
 * Several cookies of one name: of other paths, of parent domains, left over
 * (RFC 6265 section 5.4).  Which one counts, what they cost, how they end.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { createOrg } from '../lib/dfns.mjs';
import { start, until } from '../lib/instance.mjs';
import { forge, peek, rsaKey } from '../lib/token.mjs';

let instance;

before(async () => {
  instance = await start({ prefix: '', set: { 'log.level': 'debug',
    'tenants.paths': '/acme acme', 'audit_log.storage.enabled': 'true' } });
  await createOrg(instance, 'acme', freshAddress('acme'));
});
after(() => instance?.stop());

const acme = () => new Api(`${instance.url}/acme`,
  { mailDir: instance.mailDir });

async function loggedIn(api = instance.client()) {
  const user = await api.signUp(freshAddress('cookie'));
  return { ...user, token: api.token };
}

async function again({ email }) {
  const api = instance.client();
  await api.passcodeLogin(email);
  return api.token;
}

const cookie = (...tokens) => ({ Cookie: tokens.map((one) =>
  `hanko=${one}`).join('; ') });

/* Whose session it is; null: nobody's. */
async function who(headers, api = instance.client()) {
  const { status, body } = await api.call('GET', '/me', undefined,
    { noJar: true, headers });
  return status === 200 ? body.user_id : null;
}

/* The same claims, signed by a key that is not ours. */
const stranger = rsaKey();
/* No two are alike: one and the same counts once. */
let later = 0;
function forged(token, change = {}) {
  const { header, payload } = peek(token);
  return forge(header, { ...payload, exp: payload.exp + ++later, ...change },
    stranger);
}

describe('which one counts', () => {
  test('that of the tenant', async () => {
    const [here, there] = [await loggedIn(), await loggedIn(acme())];
    for (const pair of [[here.token, there.token], [there.token, here.token]]) {
      assert.equal(await who(cookie(...pair)), here.user_id);
      assert.equal(await who(cookie(...pair), acme()), there.user_id);
    }
  });

  test('the one that is a token of ours', async () => {
    const { token, user_id } = await loggedIn();
    const { header, payload } = peek(token);
    const left = { 'no token': 'left-over', empty: '', cut: token.slice(0, -9),
      'of another server': forge({ ...header, kid: randomUUID() }, payload,
        stranger),
      'of another audience': forged(token, { aud: ['other.example'] }),
      expired: forged(token, { exp: payload.iat - 1 }),
      forged: forged(token) };
    for (const [what, value] of Object.entries(left)) {
      assert.equal(await who(cookie(value, token)), user_id, what);
      assert.equal(await who(cookie(token, value)), user_id, what);
    }
    assert.equal(await who(cookie(...Object.values(left), token)), user_id);
    assert.equal(await who(cookie(...Object.values(left))), null);
  });

  test('the one that is alive', async () => {
    const user = await loggedIn();
    const second = await again(user);
    const other = await loggedIn();
    for (const bearer of [second, other.token])
      await instance.client().call('POST', '/logout', undefined,
        { bearer, status: 204 });
    assert.equal(await who(cookie(other.token, second, user.token)),
      user.user_id);
    assert.equal(await who(cookie(user.token, other.token)), user.user_id);
    assert.equal(await who(cookie(other.token, second)), null);
  });

  test('of one user the newest', async () => {
    const user = await loggedIn();
    await sleep(1100); /* a token is dated by the second */
    const second = await again(user);
    for (const pair of [[user.token, second], [second, user.token]]) {
      const { body } = await instance.client().call('GET', '/sessions',
        undefined, { noJar: true, headers: cookie(...pair), status: 200 });
      assert.equal(body.find(({ current }) => current).id,
        peek(second).payload.session_id);
    }
  });

  test('of two users none, and the log says so', async () => {
    const [one, two] = [await loggedIn(), await loggedIn()];
    assert.equal(await who(cookie(one.token, two.token)), null);
    /* Once in a while it is said of whom. */
    const line = await until(() => instance.log().split('\n').find((text) =>
      /cookies of two users in one request, [0-9a-f-]{36} and [0-9a-f-]{36}:/
        .test(text)), 'the line');
    assert.ok(!line.includes(one.token.slice(-20)));
  });

  test('a bearer token is stronger than all of them', async () => {
    const [one, two, three] = [await loggedIn(), await loggedIn(),
      await loggedIn()];
    assert.equal(await who({ ...cookie(one.token, two.token),
      Authorization: `Bearer ${three.token}` }), three.user_id);
  });

  test('at a folder of the site it is the same', async () => {
    const [one, two] = [await loggedIn(), await loggedIn()];
    const ask = (headers) => instance.client().call('GET', '/authorize',
      undefined, { noJar: true, headers });
    const yes = await ask(cookie('left-over', forged(one.token), one.token));
    assert.equal(yes.status, 200);
    assert.equal(yes.headers['remote-user'], one.user_id);
    assert.equal((await ask(cookie(one.token, two.token))).status, 401);
  });
});

describe('more of them than are judged', () => {
  /* None counts, and the log says so, once in a while. */
  async function noneOf(words, headers) {
    assert.equal(await who(headers), null);
    await until(() => words.test(instance.log()), 'the line');
  }
  const fourForged = (token) => [1, 2, 3, 4].map(() => forged(token));

  test('five candidates, wherever the good one stands, seen before or not',
    async () => {
      const user = await loggedIn();
      for (let i = 0; i < 5; i++) {
        const all = fourForged(user.token);
        all.splice(i, 0, user.token);
        await noneOf(/could be sessions: none counts/, cookie(...all));
        all.splice((i + 1) % 5, 1);
        assert.equal(await who(cookie(...all)), user.user_id);
      }
      const all = [user.token];
      while (all.length < 5)
        all.push(await again(user));
      await noneOf(/could be sessions: none counts/, cookie(...all));
    });

  test('one and the same, however often, is one', async () => {
    const { token, user_id } = await loggedIn();
    assert.equal(await who(cookie(...Array(9).fill(token))), user_id);
  });

  test('a bearer token does not mind', async () => {
    const [one, two] = [await loggedIn(), await loggedIn()];
    assert.equal(await who({ ...cookie(...fourForged(two.token), two.token),
      Authorization: `Bearer ${one.token}` }), one.user_id);
  });

  test('twenty-one of the name, whatever they are', async () => {
    const { token, user_id } = await loggedIn();
    const left = (n) => Array.from({ length: n }, (_, i) => `left-over-${i}`);
    assert.equal(await who(cookie(...left(19), token)), user_id);
    await noneOf(/more than 20 cookies/, cookie(token, ...left(20)));
  });
});

describe('what they cost', () => {
  test('no statement more than one does', async () => {
    const user = await loggedIn();
    const second = await again(user);
    const { header, payload } = peek(second);
    const foreign = forge({ ...header, kid: randomUUID() }, payload, stranger);
    const statements = async (path, ...tokens) => {
      const headers = cookie(...tokens);
      await instance.client().call('GET', path, undefined,
        { noJar: true, headers, status: 200 });
      return (await cost(instance, instance.client(), 'GET', path, undefined,
        { noJar: true, headers })).statements;
    };
    for (const path of ['/sessions/validate', '/me', '/emails']) {
      const one = await statements(path, second);
      assert.equal(await statements(path, user.token, second), one, path);
      assert.equal(await statements(path, foreign, 'left-over',
        forged(second), second), one, path);
    }
    assert.equal(await statements('/sessions/validate', user.token, second), 1);
  });

  test('four signatures and no more', async () => {
    const valid = async (count) => {
      const { token } = await loggedIn(); /* no worker has seen it */
      const { body } = await instance.client().call('GET',
        '/sessions/validate', undefined, { noJar: true, status: 200,
          headers: cookie(...Array.from({ length: count }, () =>
            forged(token)), token) });
      return body.is_valid;
    };
    assert.equal(await valid(3), true);
    assert.equal(await valid(4), false);
  });
});

describe('logging out', () => {
  const gone = async (...tokens) => {
    for (const session_token of tokens) {
      const { body } = await instance.client().call('POST',
        '/sessions/validate', { session_token }, { status: 200 });
      assert.equal(body.is_valid, false);
    }
  };
  const logout = (headers, status = 204) => instance.client().call('POST',
    '/logout', undefined, { noJar: true, headers, status });

  test('ends all of a user that were sent, and no other', async () => {
    const user = await loggedIn();
    const [second, third] = [await again(user), await again(user)];
    const { cookies } = await logout(cookie(user.token, second));
    assert.match(cookies[0], /^hanko=;.* Max-Age=0/);
    await gone(user.token, second);
    assert.equal(await who(cookie(third)), user.user_id);
  });

  test('ends those of two users, though neither counts', async () => {
    const [one, two] = [await loggedIn(), await loggedIn()];
    const { cookies } = await logout(cookie(one.token, two.token));
    assert.match(cookies[0], /^hanko=;.* Max-Age=0/);
    await gone(one.token, two.token);
    const rows = await instance.sql(`SELECT LOWER(HEX(subject_user_id))
      FROM audit_logs WHERE type = 'user_logged_out' AND subject_user_id IN
      (${[one, two].map(({ user_id }) =>
    `UNHEX('${user_id.replaceAll('-', '')}')`)})`);
    assert.equal(rows.length, 2);
    await logout(cookie(one.token, two.token), 401);
  });

  test('what is not ours is no session to end', async () => {
    const { token } = await loggedIn();
    await logout(cookie('left-over', forged(token)), 401);
    assert.notEqual(await who(cookie(token)), null);
  });

  test('a page of others ends none', async () => {
    const [one, two] = [await loggedIn(), await loggedIn()];
    await logout({ ...cookie(one.token, two.token),
      Origin: 'https://evil.example' }, 401);
    assert.equal(await who(cookie(one.token)), one.user_id);
  });
});

describe('how they are written', () => {
  test('several lines, any order', async () => {
    const { token, user_id } = await loggedIn();
    for (const lines of [['a=b', `hanko=${token}`],
      [`hanko=${token}`, 'a=b'], ['hanko=left-over', `hanko=${token}`],
      ['a=b; c="d, e"', `f=g;hanko=${token}; h=i`]])
      assert.equal(await who(lines.map((line) => ['Cookie', line])), user_id,
        lines.join(' | '));
    assert.equal(await who({ Cookie: `hanko="${token}"` }), user_id);
    assert.equal(await who({ Cookie: `\ta=b;\thanko=${token}\t; c` }), user_id);
  });

  /* A comma is part of a value; Apache, and no other, joins lines with one. */
  test('a comma parts cookies behind Apache alone', async () => {
    const { token, user_id } = await loggedIn();
    assert.equal(await who({ Cookie: `prefs=a,hanko=${token}` }), null);
    assert.equal(await who({ Cookie: `prefs=a,\thanko=${token}` }), null);
    assert.equal(await who({ Cookie: `prefs=a, hanko=${token}` }),
      instance.web === 'apache' ? user_id : null);
    assert.equal(await who({ Cookie: `hanko=${token}, no pair; a=b` }), null);
  });

  test('another name is another cookie', async () => {
    const { token } = await loggedIn();
    for (const name of ['xhanko', 'hankox', 'Hanko', 'x=hanko', 'hanko '])
      assert.equal(await who({ Cookie: `${name}=${token}` }), null, name);
  });
});
