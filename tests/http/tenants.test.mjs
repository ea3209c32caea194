/*
 * Organisations with a host or a path of their own: users, passkeys and pages
 * of one are nothing to the other.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api, freshAddress } from '../lib/api.mjs';
import { Authenticator, b64 } from '../lib/authenticator.mjs';
import { cost } from '../lib/cost.mjs';
import { Key, codeTo, createOrg, login, register, signed } from
  '../lib/dfns.mjs';
import { AUTHORIZER, call as fastcgi } from '../lib/fastcgi.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, until } from '../lib/instance.mjs';
import { mailsTo, partText } from '../lib/maildir.mjs';
import { peek } from '../lib/token.mjs';

const FRESH_MS = 1100; /* how long a row may be kept, and a little */

const SET = {
  'log.level': 'debug',
  'tenants.refresh': '1s',
  'server.public.cors.allow_origins': 'https://default.example',
  'session.audience': 'https://api.default.example',
  'session.cookie.domain': 'default.example',
  'tenants.hosts': 'login.acme.example acme,login.beta.example beta,'
    + '[2001:db8::1] six,lost.example lost,www.default.example default',
  'tenants.paths': '/acme acme,/beta beta,/acme/inner six',
  'multi_tenancy.enabled': 'true',
};

const ORGS = {
  acme: ['acme.example', 'https://login.acme.example', 'https://acme.example'],
  beta: ['beta.example', '*'],
  six: [],
};

let instance;
let socket;
const orgId = {};
const uuid = {}; /* the same, as paths have it */

before(async () => {
  instance = await start({ prefix: '', set: SET });
  for (const [name, rp] of Object.entries(ORGS))
    orgId[name] = await createOrg(instance, name, freshAddress(name), ...rp);
  for (const [name, hex] of await instance.sql(
    'SELECT name, LOWER(HEX(id)) FROM tenants'))
    uuid[name] = hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const { stdout } = await instance.postern('config', 'print');
  [, socket] = /address: "unix:([^"]+public[^"]*)"/.exec(stdout);
});
after(() => instance?.stop());

/* A client of the default tenant, of a host, and of a path. */
const anybody = (options) => instance.client(options);
const atHost = (host) => instance.client({ headers: { Host: host } });
const atPath = (path) => new Api(instance.url + path,
  { mailDir: instance.mailDir });

const atId = (name) => atPath(`/${uuid[name]}`);
const acme = () => atHost('login.acme.example');
const beta = () => atHost('login.beta.example');

/* What serves each of two organisations. */
const PAIRS = [
  ['hosts', acme, beta],
  ['paths', () => atPath('/acme'), () => atPath('/beta')],
  ['ids', () => atId('acme'), () => atId('beta')],
  ['an id and nothing', () => atId('beta'), anybody],
  ['a host and nothing', acme, anybody],
  ['a path and nothing', () => atPath('/beta'), anybody],
];

/* Which tenant a request is one of: its relying party tells. */
const rpOf = async (api, opts) => (await api.call('POST',
  '/webauthn/login/initialize', undefined, { status: 200, ...opts }))
  .body.publicKey.rpId;

async function passkeyLogin(api, key, lies) {
  const { body } = await api.call('POST', '/webauthn/login/initialize',
    undefined, { status: 200 });
  return api.call('POST', '/webauthn/login/finalize',
    key.get(body.publicKey, lies));
}

async function passkeyFlow(api, key) {
  const flow = await Flow.ready(api, 'login', { webauthn_available: true });
  await flow.act('webauthn_generate_request_options', {}, { status: 200 });
  return flow.act('webauthn_verify_assertion_response', { assertion_response:
    key.get(flow.last.body.payload.request_options.publicKey) });
}

/* A passkey of whoever is logged in, for the tenant that they are in. */
async function keyOf(api) {
  const rpId = await rpOf(api);
  const origin = rpId === 'localhost' ? new URL(instance.url).origin
    : `https://login.${rpId}`;
  return api.addPasskey({ rpId, origin });
}

for (const [what, here, there] of PAIRS)
  describe(`two tenants, by ${what}`, () => {
    test('the same address is two people', async () => {
      const email = freshAddress('twice');
      const [one, two] = [here(), there()];
      const first = await one.signUp(email);
      await two.call('POST', '/user', { email }, { status: 404 });
      const second = await two.signUp(email);
      assert.notEqual(first.user_id, second.user_id);
      for (const [api, user] of [[one, first], [two, second]]) {
        const { body } = await api.call('GET', '/me', undefined,
          { status: 200 });
        assert.equal(body.user_id, user.user_id);
      }
      await one.call('GET', `/users/${second.user_id}`, undefined,
        { status: 403 });
      await one.call('POST', '/users', { email }, { status: 409 });
    });

    test('a session of one is nothing to the other', async () => {
      const one = here();
      await one.signUp(freshAddress('session'));
      const bearer = one.token;
      for (const [method, path] of [['GET', '/me'], ['GET', '/sessions'],
        ['POST', '/logout'], ['GET', '/authorize'], ['GET', '/emails']])
        await there().call(method, path, undefined, { bearer, status: 401 });
      const stranger = there();
      stranger.jar.set('hanko', bearer);
      await stranger.call('GET', '/me', undefined, { status: 401 });
      const { body } = await there().call('POST', '/sessions/validate',
        { session_token: bearer }, { status: 200 });
      assert.deepEqual(body, { is_valid: false });
      await one.call('GET', '/me', undefined, { status: 200 });
    });

    test('a passcode of one is nothing to the other', async () => {
      const email = freshAddress('code');
      const [one, two] = [here(), there()];
      const { body: user } = await one.call('POST', '/users', { email },
        { status: 200 });
      await two.call('POST', '/passcode/login/initialize',
        { user_id: user.user_id, email_id: user.email_id }, { status: 400 });
      const sent = await one.call('POST', '/passcode/login/initialize',
        { user_id: user.user_id, email_id: user.email_id }, { status: 200 });
      const answer = { id: sent.body.id, code: await one.codeFor(email) };
      await two.call('POST', '/passcode/login/finalize', answer,
        { status: 401 });
      await one.call('POST', '/passcode/login/finalize', answer,
        { status: 200 });
    });

    test('a password of one is nothing to the other', async () => {
      const email = freshAddress('password');
      const [one, two] = [here(), there()];
      const first = await one.signUp(email);
      const second = await two.signUp(email);
      await one.call('PUT', '/password', { user_id: first.user_id,
        password: 'the first of two' }, { status: 201 });
      await two.call('PUT', '/password', { user_id: second.user_id,
        password: 'the second of two' }, { status: 201 });
      const tries = [[here(), first, 'the first of two', 200],
        [here(), first, 'the second of two', 401],
        [there(), second, 'the second of two', 200],
        [there(), first, 'the first of two', 401]];
      for (const [api, { user_id }, password, status] of tries)
        assert.equal((await api.passwordLogin(user_id, password)).status,
          status);
    });

    test('a passkey of one is nothing to the other', async () => {
      const email = freshAddress('passkey');
      const [one, two] = [here(), there()];
      await one.signUp(email);
      await two.signUp(email);
      const rpId = await rpOf(one);
      const origin = `https://login.${rpId}`;
      const key = await one.addPasskey({ rpId, origin });
      assert.equal((await passkeyLogin(here(), key)).status, 200);
      assert.equal((await passkeyLogin(there(), key)).status, 401);
      const begun = await two.call('POST', '/webauthn/registration/initialize',
        undefined, { status: 200 });
      assert.notEqual(begun.body.publicKey.rp.id, rpId);
      await two.call('POST', '/webauthn/registration/finalize',
        new Authenticator({ rpId, origin }).create(begun.body.publicKey),
        { status: 400 });
    });

    /* Which signs as one of the other would, in the right place. */
    test('a credential of one lets nobody in at the other', async () => {
      const [one, two] = [here(), there()];
      await one.signUp(freshAddress('credential'));
      await two.signUp(freshAddress('credential'));
      const [own, foreign] = [await keyOf(two), await keyOf(one)];
      const { rpId, origin } = own;
      Object.assign(foreign, { rpId, origin });
      assert.equal((await passkeyLogin(there(), foreign)).status, 401);
      assert.equal((await passkeyLogin(there(), own)).status, 200);
      assert.equal((await passkeyFlow(there(), foreign)).error,
        'passkey_invalid');
      assert.equal((await passkeyFlow(there(), own)).error, undefined);
      const id = b64(foreign.id);
      await two.call('PATCH', `/webauthn/credentials/${id}`, { name: 'x' },
        { status: 404 });
      await two.call('DELETE', `/webauthn/credentials/${id}`, undefined,
        { status: 404 });
      const flow = await Flow.ready(two, 'profile',
        { webauthn_available: true });
      await flow.act('webauthn_credential_delete', { passkey_id: id },
        { status: 404 });
    });

    test('a challenge of one is nothing to the other', async () => {
      const one = here();
      await one.signUp(freshAddress('challenge'));
      const rpId = await rpOf(one);
      const key = await one.addPasskey({ rpId,
        origin: `https://login.${rpId}` });
      const { body } = await there().call('POST', '/webauthn/login/initialize',
        undefined, { status: 200 });
      await here().call('POST', '/webauthn/login/finalize',
        key.get(body.publicKey), { status: 401 });
    });
  });

describe('the relying party of an organisation', () => {
  test('its id and name are in the options', async () => {
    const api = acme();
    await api.signUp(freshAddress('rp'));
    const { body } = await api.call('POST',
      '/webauthn/registration/initialize', undefined, { status: 200 });
    assert.deepEqual(body.publicKey.rp, { id: 'acme.example', name: 'acme' });
    assert.equal(await rpOf(beta()), 'beta.example');
    assert.equal(await rpOf(anybody()), 'localhost');
    assert.equal(await rpOf(atHost('[2001:db8::1]')), 'localhost');
  });

  test('only its origins have passkeys', async () => {
    const api = acme();
    await api.signUp(freshAddress('origin'));
    await api.addPasskey({ rpId: 'acme.example',
      origin: 'https://acme.example' });
    for (const origin of ['http://localhost:8080', 'https://beta.example',
      'https://www.acme.example', 'http://acme.example']) {
      const { body } = await api.call('POST',
        '/webauthn/registration/initialize', undefined, { status: 200 });
      await api.call('POST', '/webauthn/registration/finalize',
        new Authenticator({ rpId: 'acme.example', origin })
          .create(body.publicKey), { status: 400 });
    }
  });

  test('"*" is every page of its domain', async () => {
    const api = beta();
    await api.signUp(freshAddress('rule'));
    for (const origin of ['https://beta.example', 'https://a.b.beta.example',
      'https://beta.example:8443'])
      await api.addPasskey({ rpId: 'beta.example', origin });
    const { body } = await api.call('POST',
      '/webauthn/registration/initialize', undefined, { status: 200 });
    await api.call('POST', '/webauthn/registration/finalize',
      new Authenticator({ rpId: 'beta.example',
        origin: 'https://beta.example.evil.example' }).create(body.publicKey),
      { status: 400 });
  });

  test('its tokens say whose they are', async () => {
    const api = acme();
    await api.signUp(freshAddress('token'));
    const { payload } = peek(api.token);
    assert.deepEqual(payload.aud, ['acme.example']);
    const [[id]] = await instance.sql("SELECT LOWER(HEX(id)) FROM tenants"
      + " WHERE name = 'acme'");
    assert.equal(payload.tenant_id.replaceAll('-', ''), id);
    const other = anybody();
    await other.signUp(freshAddress('token'));
    assert.deepEqual(peek(other.token).payload.aud,
      ['https://api.default.example']);
    assert.equal('tenant_id' in peek(other.token).payload, false);
    const { body } = await api.call('GET', '/sessions/validate', undefined,
      { status: 200 });
    assert.deepEqual(body.claims.audience, ['acme.example']);
  });

  test('its cookies are those of its host, or its path', async () => {
    const lines = async (api) => {
      await api.signUp(freshAddress('cookie'));
      return api.jar.all().find((line) => line.startsWith('hanko='));
    };
    assert.match(await lines(anybody()), /; Path=\/; Domain=default\.example;/);
    const host = await lines(acme());
    assert.match(host, /; Path=\/;/);
    assert.doesNotMatch(host, /Domain/i);
    assert.match(await lines(atPath('/acme')), /; Path=\/acme;/);
    const api = atPath('/acme');
    await api.signUp(freshAddress('cookie'));
    await api.call('POST', '/logout', undefined, { status: 204 });
    assert.match(api.jar.all().at(-1), /^hanko=; Path=\/acme;.*Max-Age=0/);
  });

  test('its mails are from it', async () => {
    const names = { acme: acme(), Postern: anybody() };
    for (const [name, api] of Object.entries(names)) {
      const email = freshAddress('mail');
      await api.signUp(email);
      const [{ mail }] = mailsTo(instance.mailDir, email);
      assert.match(partText(mail, 'text/plain'), new RegExp(`\\b${name}\\b`));
    }
  });

  test('the keys are those of all', async () => {
    const bodies = await Promise.all([anybody(), acme(), atPath('/beta')]
      .map((api) => api.call('GET', '/.well-known/jwks.json', undefined,
        { status: 200 })));
    for (const { text } of bodies)
      assert.equal(text, bodies[0].text);
  });
});

describe('pages of other origins', () => {
  const allowed = async (api, origin, method = 'GET') => (await api.call(
    method, '/me', undefined, { headers: { ...api.headers, Origin: origin },
      status: method === 'GET' ? 401 : 204 }))
    .headers['access-control-allow-origin'];

  for (const method of ['GET', 'OPTIONS'])
    test(`may call their own tenant (${method})`, async () => {
      const pages = { 'https://default.example': anybody,
        'https://acme.example': acme, 'https://x.beta.example': beta };
      for (const [origin, own] of Object.entries(pages))
        for (const api of [anybody, acme, beta, () => atPath('/acme'),
          () => atPath('/beta')])
          assert.equal(await allowed(api(), origin, method),
            own === api || (own !== anybody && await rpOf(own())
              === await rpOf(api())) ? origin : undefined, origin);
    });

  test('those of the configuration, where the row is silent', async () => {
    const six = () => atHost('[2001:db8::1]');
    assert.equal(await allowed(six(), 'https://default.example'),
      'https://default.example');
    assert.equal(await allowed(six(), 'https://acme.example'), undefined);
  });

  test('a cookie that a foreign page sends is not looked at', async () => {
    const api = acme();
    await api.signUp(freshAddress('foreign'));
    const me = (Origin, status) => api.call('GET', '/me', undefined,
      { headers: { ...api.headers, Origin }, status });
    await me('https://acme.example', 200);
    await me('https://login.acme.example', 200);
    await me('https://default.example', 401);
    await me('https://x.beta.example', 401);
    await me('http://localhost:8080', 401);
  });
});

describe('which host is whose', () => {
  for (const host of ['login.acme.example', 'LOGIN.ACME.EXAMPLE',
    'login.acme.example:8080', 'login.acme.example.'])
    test(`${host} is the organisation's`, async () => {
      assert.equal(await rpOf(atHost(host)), 'acme.example');
    });

  for (const host of ['acme.example', 'x.login.acme.example', 'localhost',
    'login.acme.example.evil.example', '[::1]', 'unknown.example',
    'login.acme.example:80:80', 'login.acme.example,login.beta.example',
    'login.acme.example@evil.example'])
    test(`${host} is nobody's`, async () => {
      const { headers, status, body } = await atHost(host).call('POST',
        '/webauthn/login/initialize', undefined, { front: true });
      if (headers['x-request-id'])
        assert.equal(body.publicKey.rpId, 'localhost');
      else
        assert.equal(status, 400, 'the web server refused it');
    });

  /* What a web server would not let through, to the socket. */
  const direct = async (pairs, path = '/webauthn/login/initialize') => {
    const { status, text } = await fastcgi(socket, 'POST', path,
      { headers: pairs });
    assert.equal(status, 200, text);
    return JSON.parse(text).publicKey.rpId;
  };

  test('none, and two of them, are nobody\'s', async () => {
    assert.equal(await direct({}), 'localhost');
    assert.equal(await direct({ host: '' }), 'localhost');
    assert.equal(await direct({ host: 'login.acme.example' }),
      'acme.example');
    for (const second of ['login.acme.example', 'login.beta.example'])
      assert.equal(await direct([['Host', 'login.acme.example'],
        ['Host', second]]), 'localhost');
    assert.equal(await direct({ host: 'login.acme.example',
      'X-Forwarded-Host': 'login.beta.example' }), 'acme.example');
    for (const host of ['login.acme.example, login.beta.example',
      'login.acme.example login.beta.example', '[login.acme.example]'])
      assert.equal(await direct({ host }), 'localhost');
    assert.equal(await direct({ host: '[2001:DB8::1]:443' }), 'localhost');
  });

  /* RFC 9112 section 3.2.2; Apache hands the target on as it came. */
  test('a target that names a host is right about it', async () => {
    const to = (at) => direct({ host: 'login.beta.example' },
      `${at}/webauthn/login/initialize`);
    assert.equal(await to(''), 'beta.example');
    assert.equal(await to('http://login.acme.example'), 'acme.example');
    assert.equal(await to('HTTPS://LOGIN.acme.example:443'), 'acme.example');
    for (const host of ['localhost', 'login.acme.example@evil.example',
      'evil.example:80@login.acme.example', ''])
      assert.equal(await to(`http://${host}`), 'localhost');
    assert.equal(await to('http://login.acme.example/beta'), 'beta.example');
  });

  test('a path is stronger than a host', async () => {
    const both = new Api(`${instance.url}/beta`,
      { headers: { Host: 'login.acme.example' } });
    assert.equal(await rpOf(both), 'beta.example');
    const token = async (api) => peek((await api.signUp(freshAddress('both')),
    api.token)).payload.tenant_id;
    both.mailDir = instance.mailDir;
    assert.equal(await token(both), await token(beta()));
    assert.equal(await token(atPath('/acme/inner')),
      await token(atHost('[2001:db8::1]')));
  });

  test('a path is taken whole, and only at the beginning', async () => {
    for (const path of ['/acmes', '/x/acme', '/Acme'])
      await atPath(path).call('POST', '/webauthn/login/initialize', undefined,
        { status: 404, front: true }).catch((error) =>
        assert.match(error.message, /404 is not|not documented/));
    assert.equal(await rpOf(atPath('/%61cme')), 'acme.example');
  });

  test('an id is stronger than a host, and another path is not', async () => {
    const at = (path) => new Api(instance.url + path,
      { headers: { Host: 'login.acme.example' }, mailDir: instance.mailDir });
    assert.equal(await rpOf(at(`/${uuid.beta}`)), 'beta.example');
    assert.equal(await rpOf(at(`/beta`)), 'beta.example');
    assert.equal(await rpOf(at('')), 'acme.example');
    await atPath(`/acme/${uuid.beta}`).call('POST',
      '/webauthn/login/initialize', undefined, { status: 404, front: true })
      .catch((error) => assert.match(error.message, /404|not documented/));
    const own = atId('acme');
    await own.signUp(freshAddress('id'));
    assert.match(own.jar.all().find((line) => line.startsWith('hanko=')),
      new RegExp(`; Path=/${uuid.acme};`));
    assert.equal(peek(own.token).payload.tenant_id, uuid.acme);
    const home = atId('default');
    await home.signUp(freshAddress('id'));
    assert.equal('tenant_id' in peek(home.token).payload, false);
  });

  test('an id that nobody has is told so, and what is none is a path',
    async () => {
      const ask = (path, method = 'GET') => fastcgi(socket, method, path,
        { headers: { host: 'localhost', origin: 'https://x.example' } });
      const nobody = '7d7a2c0e-52c5-4d39-9c7b-0c1c6d5f3b11';
      for (const [path, method] of [['/me'], ['/health/alive'], [''],
        ['/login', 'POST'], ['/.well-known/jwks.json'], ['/no']]) {
        const { status, text, headers } = await ask(`/${nobody}${path}`,
          method);
        assert.equal(status, 404, path);
        assert.match(text, /tenant not found/);
        assert.equal(headers['access-control-allow-origin'], undefined);
      }
      assert.equal((await ask(`/${uuid.beta}`)).status, 200);
      assert.equal((await ask(`/${uuid.beta}/health/ready`)).status, 200);
      assert.equal((await ask('/health/ready')).status, 200);
      for (const path of [uuid.beta.toUpperCase(), orgId.beta, `${uuid.beta}0`,
        uuid.beta.replaceAll('-', ''), `{${uuid.beta}}`, 'acm'])
        assert.doesNotMatch((await ask(`/${path}/me`)).text, /Unauthorized/);
    });

  test('the default tenant may have a name, and remains what it is',
    async () => {
      const api = atHost('www.default.example');
      const email = freshAddress('www');
      await api.signUp(email);
      const { payload } = peek(api.token);
      assert.equal('tenant_id' in payload, false);
      await anybody().call('GET', '/me', undefined,
        { bearer: api.token, status: 200 });
    });
});

describe('pages that are for users only', () => {
  const ask = (uri, token, host = 'www.example') => fastcgi(socket, 'GET', uri,
    { role: AUTHORIZER, headers: { host, cookie: `hanko=${token}` } });

  test('are for users of their own organisation', async () => {
    const tokens = [];
    for (const api of [acme(), beta(), anybody()]) {
      await api.signUp(freshAddress('members'));
      tokens.push(api.token);
    }
    const [ofAcme, ofBeta, ofDefault] = tokens;
    const cases = [
      ['/members/', 'login.acme.example', ofAcme],
      ['/members/', 'login.acme.example.', ofAcme],
      ['/members/', 'LOGIN.beta.example:80', ofBeta],
      ['/members/', 'www.example', ofDefault],
      ['/acme/members/', 'www.example', ofAcme],
      ['/acme', 'login.beta.example', ofAcme],
      ['/%61cme/caf%C3%A9%20x.html?/beta/', 'www.example', ofAcme],
      ['/acmes/', 'www.example', ofDefault],
    ];
    for (const [uri, host, token] of cases)
      for (const one of tokens)
        assert.equal((await ask(uri, one, host)).status,
          one === token ? 200 : 401, `${host}${uri}`);
    /* What the web server may read as a path of somebody else. */
    for (const uri of ['/beta/../acme/members/', '/beta/%2e%2e/acme/',
      '//acme/', '/beta%2f..%2facme/', '/beta\\..\\acme/', '/a%00', '/a%zz'])
      for (const one of tokens)
        assert.equal((await ask(uri, one)).status, 401, uri);
  });

  test('and the web server asks for them', async () => {
    const api = acme();
    await api.signUp(freshAddress('members'));
    const page = async (host, token) => {
      const client = atHost(host);
      client.jar.set('hanko', token);
      return (await client.send('GET', '/members/', undefined,
        { method: 'GET' })).status;
    };
    assert.equal(await page('login.acme.example', api.token), 200);
    assert.equal(await page('login.beta.example', api.token), 401);
    assert.equal(await page('localhost', api.token), 401);
  });
});

describe('what it costs', () => {
  test('a place costs no statement, a foreign token not even one',
    async () => {
      const [own, other] = [acme(), anybody()];
      await own.signUp(freshAddress('cost'));
      await other.signUp(freshAddress('cost'));
      const spent = async (api, bearer) => (await cost(instance, api, 'GET',
        '/sessions/validate', undefined, { noJar: true, bearer, status: 200 }))
        .statements;
      assert.equal(await spent(anybody(), other.token), 1);
      assert.equal(await spent(acme(), own.token), 1);
      assert.equal(await spent(acme(), other.token), 0);
      assert.equal(await spent(anybody(), own.token), 0);
    });
});

describe('the Dfns API', () => {
  test('goes on naming the organisation itself', async () => {
    const username = freshAddress('dfns');
    const { status } = await instance.postern('org', 'invite', 'beta',
      username);
    assert.equal(status, 0);
    const key = new Key();
    const code = await codeTo(instance.mailDir, username);
    await register(anybody(), orgId.beta, username, code,
      (challenge) => key.create(challenge));
    for (const api of [anybody(), acme(), beta(), atPath('/acme')]) {
      const bearer = await login(api, orgId.beta, username, key);
      for (const any of [anybody(), acme(), atPath('/acme')])
        await any.call('GET', '/auth/credentials', undefined,
          { bearer, status: 200 });
    }
    const { headers } = await acme().call('OPTIONS', '/auth/login', undefined,
      { headers: { Host: 'login.acme.example', Origin: 'https://x.example' } });
    assert.equal(headers['access-control-allow-origin'], '*');
  });

  test('what is signed names the path behind that of the tenant', async () => {
    const username = freshAddress('signs');
    await instance.postern('org', 'invite', 'acme', username);
    const key = new Key();
    const code = await codeTo(instance.mailDir, username);
    await register(anybody(), orgId.acme, username, code,
      (challenge) => key.create(challenge));
    for (const api of [anybody(), acme(), atPath('/acme'), atId('acme'),
      atPath('/%61cm%65')]) {
      const token = await login(api, orgId.acme, username, key);
      const expiration = new Date(Date.now() + 30000).toISOString();
      const { status, text } = await signed({ api, token, key }, 'POST',
        '/auth/credentials/code', { expiration });
      assert.equal(status, 200, `${api.base}: ${text}`);
    }
  });

  test('its errors have their own form below a path, too', async () => {
    await atPath('/acme').call('GET', '/auth/nowhere', undefined,
      { status: 404 });
    await atPath('/acme').call('GET', '/auth/%zz', undefined,
      { front: true, status: 400 });
  });
});

describe('an organisation that changes', () => {
  async function reload() {
    const old = instance.children();
    process.kill(instance.supervisor, 'SIGHUP');
    await until(() => !instance.children().some((pid) => old.includes(pid)),
      'the reload');
  }

  test('takes its relying party along within seconds', async () => {
    assert.equal(await rpOf(atHost('[2001:db8::1]')), 'localhost');
    await instance.postern('org', 'set', 'six', '--rp-id', 'six.example');
    await sleep(FRESH_MS);
    assert.equal(await rpOf(atHost('[2001:db8::1]')), 'six.example');
    await instance.postern('org', 'set', 'six', '--rp-id', '');
    await sleep(FRESH_MS);
    assert.equal(await rpOf(atHost('[2001:db8::1]')), 'localhost');
  });

  test('may be the default one, which takes a reload', async () => {
    await instance.postern('org', 'set', 'default', '--rp-id', 'new.example');
    await sleep(FRESH_MS);
    assert.equal(await rpOf(anybody()), 'localhost');
    await reload();
    assert.equal(await rpOf(anybody()), 'new.example');
    assert.equal(await rpOf(acme()), 'acme.example');
    await instance.postern('org', 'set', 'default', '--rp-id', '');
    await reload();
    assert.equal(await rpOf(anybody()), 'localhost');
  });

  test('that is not there, or switched off, serves nobody', async () => {
    const api = beta();
    const { email } = await api.signUp(freshAddress('off'));
    const closed = async (client) => {
      for (const [method, path, body] of [['GET', '/me'],
        ['POST', '/user', { email }], ['GET', '/sessions/validate'],
        ['POST', '/token_exchange']]) {
        const { headers } = await client.call(method, path, body, { status: 503,
          headers: { ...client.headers, Origin: 'https://beta.example' } });
        assert.equal(headers['access-control-allow-origin'], undefined);
      }
      await client.call('GET', '/.well-known/jwks.json', undefined,
        { status: 200 });
      await client.call('GET', '/health/alive', undefined, { status: 200 });
    };
    await closed(atHost('lost.example'));
    const asked = await fastcgi(socket, 'GET', '/', { role: AUTHORIZER,
      headers: { host: 'lost.example', cookie: `hanko=${api.token}` } });
    assert.equal(asked.status, 401);
    await instance.postern('org', 'deactivate', 'beta');
    await sleep(FRESH_MS);
    await closed(api);
    await closed(atPath('/beta'));
    await closed(atId('beta'));
    await instance.postern('org', 'activate', 'beta');
    await sleep(FRESH_MS);
    await api.call('GET', '/me', undefined, { status: 200 });
  });

  test('is kept while the database is away', async () => {
    const api = acme();
    await api.signUp(freshAddress('away'));
    await instance.service('stop', 'mariadb');
    try {
      await sleep(FRESH_MS);
      const { headers } = await api.call('GET', '/me', undefined, { status: 503,
        headers: { ...api.headers, Origin: 'https://acme.example' } });
      assert.equal(headers['access-control-allow-origin'],
        'https://acme.example');
      for (const path of ['/health/alive', '/.well-known/config'])
        await api.call('GET', path, undefined, { status: 200 });
    } finally {
      await instance.service('start', 'mariadb');
    }
    await api.call('GET', '/me', undefined, { status: 200 });
  });
});

describe('the configuration', () => {
  /* Without the warnings: a test's own site is none to be recommended. */
  const check = async (...set) => {
    const said = await instance.postern('config', 'check',
      ...set.flatMap((one) => ['--set', one]));
    return { ...said,
      stderr: said.stderr.replace(/^.*: warning: .*\n/gm, '') };
  };

  test('every organisation must be there', async () => {
    const lost = await check();
    assert.equal(lost.status, 1);
    assert.match(lost.stderr,
      /^\S+\.yaml:\d+: tenants\.hosts: "lost" is no organisation /);
    const good = await check('tenants.hosts=login.acme.example acme,'
      + `b.example ${orgId.beta}`);
    assert.equal(good.status, 0, good.stderr);
    const path = await check('tenants.hosts=', 'tenants.paths=/x or-x');
    assert.equal(path.status, 1);
    assert.equal(path.stderr, '--set: tenants.paths: "or-x" is no organisation'
      + ' ("postern org list")\n');
  });

  test('no path may hide an endpoint', async () => {
    for (const [path, hidden] of [['/auth', '/auth/login/code'],
      ['/users', '/users'], ['/sessions/validate', '/sessions/validate']]) {
      const { status, stderr } = await check('tenants.hosts=',
        `tenants.paths=${path} acme`);
      assert.equal(status, 1);
      assert.match(stderr, new RegExp(`"${path} acme" hides ${hidden} of the`));
    }
    const { status } = await check('tenants.hosts=', 'tenants.paths=/user2 acme');
    assert.equal(status, 0);
    const below = await check('tenants.hosts=', 'tenants.paths=/id acme',
      'server.public.base_path=/id');
    assert.match(below.stderr, /"\/id acme" hides/);
  });

  for (const [set, why] of [
    ['tenants.hosts=a.example', /is not "WHERE ORGANISATION"/],
    ['tenants.hosts=a.example:80 acme', /is not a host/],
    ['tenants.hosts=*.example acme', /is not a host/],
    ['tenants.hosts=a.example acme,A.example beta', /stands twice/],
    ['tenants.paths=acme acme', /is not a path/],
    ['tenants.paths=/acme/ acme', /is not a path/],
    ['tenants.paths=/acme acme,/acme beta', /stands twice/],
    ['session.cookie.name=__Host-hanko', /multi_tenancy\.enabled false/],
  ])
    test(`refuses ${set}`, async () => {
      const { status, stderr } = await check(set, 'session.cookie.domain=');
      assert.equal(status, 1);
      assert.match(stderr, why);
    });
});
