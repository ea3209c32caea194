/* Flows: signing up and logging in by mail, and what is not let through. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { cost } from '../lib/cost.mjs';
import { Flow } from '../lib/flow.mjs';
import { start, until } from '../lib/instance.mjs';
import { languages, mailsTo, partText } from '../lib/maildir.mjs';

/* Nobody is asked for a password who signs up. */
const mails = { 'password.acquire_on_registration': 'never',
  'mfa.acquire_on_registration': 'false' };

let instance;

before(async () => {
  instance = await start({ set: { 'log.level': 'debug', ...mails,
    'rate_limiter.passcode_limits.tokens': '5' } });
});
after(() => instance?.stop());

const password = 'correct horse battery';
const unhex = (id) => `UNHEX('${id.replaceAll('-', '')}')`;
const other = (code) => String((Number(code) + 1) % 1000000).padStart(6, '0');

async function registering(api, email = freshAddress('flow')) {
  const flow = await Flow.ready(api, 'registration');
  await flow.act('register_login_identifier', { email }, { status: 200 });
  return flow;
}

const loggingIn = Flow.identified;

async function member() {
  const email = freshAddress('flow');
  const api = await instance.client();
  const flow = await registering(api, email);
  await flow.act('verify_passcode', { code: await api.codeFor(email) },
    { status: 200 });
  assert.equal(flow.state, 'success');
  return { email, api, flow, id: flow.last.body.payload.user.id };
}

test('sign-up: the account is there at the end, and a session', async () => {
  const email = freshAddress('flow');
  const api = await instance.client();
  const flow = await registering(api, email);
  assert.equal(flow.state, 'passcode_confirmation');
  assert.deepEqual(flow.actions, ['back', 'resend_passcode',
    'verify_passcode']);
  assert.deepEqual(await instance.sql(
    `SELECT COUNT(*) FROM emails WHERE address = '${email}'`), [['0']]);
  await flow.act('verify_passcode', { code: await api.codeFor(email) },
    { status: 200 });
  const { body, headers } = flow.last;
  assert.equal(body.name, 'success');
  assert.deepEqual(body.actions, {});
  assert.equal(headers['x-session-lifetime'], '43200');
  assert.equal(headers['x-session-retention'], 'persistent');
  const [address] = body.payload.user.emails;
  assert.equal(address.address, email);
  assert.equal(address.is_verified, true);
  assert.equal(address.is_primary, true);
  assert.equal(body.payload.claims.subject, body.payload.user.id);
  assert.ok(Date.parse(body.payload.claims.expiration) > Date.now());
  const me = await api.call('GET', '/me', undefined, { status: 200 });
  assert.equal(me.body.id, body.payload.user.id);
});

test('log-in: into an account of the flow, and of the other API', async () => {
  const made = await member();
  const elsewhere = freshAddress('flow');
  const there = await (await instance.client()).signUp(elsewhere);
  for (const [email, id] of [[made.email, made.id],
    [elsewhere, there.user_id]]) {
    const api = await instance.client();
    const flow = await loggingIn(api, email);
    await flow.act('verify_passcode', { code: await api.codeFor(email) },
      { status: 200 });
    assert.equal(flow.state, 'success');
    assert.deepEqual(flow.last.body.payload.last_login,
      { login_method: 'passcode' });
    const me = await api.call('GET', '/me', undefined, { status: 200 });
    assert.equal(me.body.id, id);
  }
  const back = await (await instance.client()).passcodeLogin(made.email);
  assert.equal(back.user_id, made.id);
});

test('an address without an account, and one with: as told', async () => {
  const nobody = freshAddress('flow');
  const api = await instance.client();
  const login = await loggingIn(api, nobody);
  const { email } = await member();
  const signup = await registering(api, email);
  for (const [flow, address] of [[login, nobody], [signup, email]]) {
    assert.equal(flow.state, 'passcode_confirmation');
    assert.deepEqual(flow.actions, ['back', 'resend_passcode',
      'verify_passcode']);
    const { mail } = await until(() => mailsTo(api.mailDir, address)
      .find(({ mail: { headers } }) => /account|log in/.test(headers.subject)),
    'the mail');
    assert.doesNotMatch(partText(mail, 'text/plain'), /\b\d{6}\b/);
    await flow.act('verify_passcode', { code: '123456' }, { status: 400 });
    assert.equal(flow.last.body.actions.verify_passcode.inputs.code.error.code,
      'passcode_invalid');
  }
});

test('wrong codes: two, and then only another one helps', async () => {
  const email = freshAddress('flow');
  const api = await instance.client();
  const flow = await registering(api, email);
  const code = await api.codeFor(email);
  await flow.act('verify_passcode', { code: other(code) }, { status: 400 });
  await flow.act('verify_passcode', {}, { status: 400 });
  assert.equal(flow.last.body.actions.verify_passcode.inputs.code.error.code,
    'value_missing_error');
  await flow.act('verify_passcode', { code: 'x'.repeat(400) },
    { status: 400 });
  await flow.act('verify_passcode', { code: other(code) }, { status: 401 });
  assert.equal(flow.error, 'passcode_max_attempts_reached');
  assert.equal(flow.state, 'passcode_confirmation');
  await flow.act('verify_passcode', { code }, { status: 401 });
  await flow.act('resend_passcode', {}, { status: 200 });
  await flow.act('verify_passcode', { code }, { status: 400 });
  await flow.act('verify_passcode', { code: await api.codeFor(email) },
    { status: 200 });
});

test('wrong codes of nobody: told as soon', async () => {
  const flow = await loggingIn(await instance.client(), freshAddress('flow'));
  for (const status of [400, 400, 401, 401])
    await flow.act('verify_passcode', { code: '123456' }, { status });
  assert.equal(flow.error, 'passcode_max_attempts_reached');
});

test('back and forth sends one mail; elsewhere, another', async () => {
  const email = freshAddress('flow');
  const api = await instance.client();
  const flow = await registering(api, email);
  const code = await api.codeFor(email);
  await flow.act('back', {}, { status: 200 });
  assert.equal(flow.state, 'registration_init');
  assert.deepEqual(flow.actions, ['register_login_identifier']);
  await flow.act('register_login_identifier', { email });
  await instance.allSent();
  assert.equal(mailsTo(api.mailDir, email).length, 1);
  await flow.act('back');
  const second = freshAddress('flow');
  await flow.act('register_login_identifier', { email: second });
  await flow.act('verify_passcode', { code }, { status: 400 });
  await flow.act('verify_passcode', { code: await api.codeFor(second) },
    { status: 200 });
  assert.equal(flow.last.body.payload.user.emails[0].address, second);
});

test('the mail speaks the language of the page', async () => {
  const subjectFor = async (headers) => {
    const email = freshAddress('lang');
    const api = await instance.client();
    const flow = await Flow.ready(api, 'registration');
    await flow.act('register_login_identifier', { email },
      { headers, status: 200 });
    const { subject } = (await api.mailFor(email)).mail.headers;
    return subject.replace(/\d{6}/, 'CODE');
  };
  const by = {};
  for (const language of languages)
    by[language] = await subjectFor({ 'X-Language': language,
      'Accept-Language': language === 'fr' ? 'de' : 'fr' });
  assert.equal(new Set(Object.values(by)).size, languages.length);
  /* What the SDK sends that was told none; and one that we have not. */
  for (const unknown of ['undefined', 'xx'])
    assert.equal(await subjectFor({ 'X-Language': unknown,
      'Accept-Language': 'fr' }), by.en);
  assert.equal(await subjectFor({ 'Accept-Language': 'fr' }), by.fr);
  assert.equal(await subjectFor({}), by.en);
});

test('header mode: the token is in a header, and no cookie is set',
  async () => {
    const header = await instance.other({ set: { ...mails,
      'session.enable_auth_token_header': 'true',
      'server.public.cors.allow_origins': 'https://app.example' } });
    try {
      const api = await header.client();
      const email = freshAddress('flow');
      for (const name of ['registration', 'login']) {
        const flow = name === 'login' ? await loggingIn(api, email)
          : await registering(api, email);
        await flow.act('verify_passcode', { code: await api.codeFor(email) },
          { headers: { Origin: 'https://app.example' }, status: 200 });
        const { headers, cookies, body } = flow.last;
        assert.equal(body.name, 'success');
        assert.deepEqual(cookies, []);
        assert.equal(headers['x-session-lifetime'], '43200');
        assert.match(headers['access-control-expose-headers'],
          /X-Auth-Token/);
        const me = await api.call('GET', '/me', undefined,
          { bearer: headers['x-auth-token'], status: 200 });
        assert.equal(me.body.id, body.payload.user.id);
      }
    } finally {
      await header.stop();
    }
  });

test('what is no step leaves the flow as it is', async () => {
  const api = await instance.client();
  const flow = await Flow.ready(api, 'login');
  const { token } = flow;
  const signup = await Flow.ready(api, 'registration');
  const href = flow.hrefOf('continue_with_login_identifier');
  const input_data = { email: freshAddress('flow') };
  const refused = async (path, body, status, opts) => {
    await flow.send(path, body, { status, ...opts });
    assert.equal(flow.state, 'error');
    assert.equal(flow.last.body.csrf_token, '');
    assert.deepEqual(flow.last.body.actions, {});
  };

  for (const csrf_token of ['x', '', undefined, null])
    await refused(href, { input_data, csrf_token }, 403);
  await refused(href, undefined, 403);
  await refused(href.replace('/login', '/registration'),
    { input_data, csrf_token: token }, 403);
  for (const action of ['verify_passcode', 'back', 'register_password', 'x'])
    await refused(flow.hrefOf(action), { input_data, csrf_token: token }, 403);
  await refused(`/login?action=back%40${randomUUID()}`,
    { csrf_token: token }, 403);
  for (const action of ['x', 'x%40y', '%40', 'a%40b%40c', '%25',
    `back%40${flow.id}%40`])
    await refused(`/login?action=${action}`, { csrf_token: token }, 400);
  for (const raw of ['{', '[]', '"x"', '7', '{"csrf_token":7}',
    `{"csrf_token":"${token}","input_data":[]}`,
    `{"csrf_token":"${token}","csrf_token":"${token}"}`,
    `${'['.repeat(100)}${']'.repeat(100)}`])
    await refused(href, undefined, 400, { raw });
  for (const path of [href, signup.hrefOf('register_login_identifier')])
    await refused(path, undefined, 413, { raw: ' '.repeat(1 << 20) });
  await refused(href, undefined, 400,
    { raw: JSON.stringify({ csrf_token: token }), type: 'text/plain' });
  await refused(href, undefined, 403,
    { raw: `csrf_token=${token}`, type: 'application/x-www-form-urlencoded' });
  await flow.send(href, { input_data, csrf_token: token }, { status: 200 });
  assert.equal(flow.state, 'login_method_chooser');
  await refused(href, { input_data, csrf_token: token }, 403);
});

/* Somebody with a password, made by the other API. */
async function withPassword(from = instance) {
  const email = freshAddress('flow');
  const api = await from.client();
  const { user_id } = await api.signUp(email);
  await api.call('PUT', '/password', { user_id, password }, { status: 201 });
  return { api, email, user_id };
}

/* Another address of whoever is logged in, which they prove. */
async function withAddress(api, user_id) {
  const address = freshAddress('flow');
  const { body: { id } } = await api.call('POST', '/emails', { address },
    { status: 200 });
  const { body: code } = await api.call('POST', '/passcode/login/initialize',
    { user_id, email_id: id }, { status: 200 });
  await api.call('POST', '/passcode/login/finalize',
    { id: code.id, code: await api.codeFor(address) }, { status: 200 });
  return address;
}

test('by password: chosen, wrong, right', async () => {
  const { email, user_id } = await withPassword();
  const api = await instance.client();
  const flow = await Flow.ready(api, 'login');
  await flow.act('continue_with_login_identifier', { email });
  assert.equal(flow.state, 'login_method_chooser');
  assert.deepEqual(flow.actions, ['back',
    'continue_to_passcode_confirmation', 'continue_to_password_login']);
  await flow.act('continue_to_password_login');
  assert.deepEqual(flow.actions, ['back',
    'continue_to_passcode_confirmation_recovery', 'password_login']);
  assert.deepEqual(flow.last.body.actions.password_login.inputs, {
    password: { name: 'password', type: 'password', required: true } });
  await flow.act('back');
  assert.equal(flow.state, 'login_method_chooser');
  await flow.act('continue_to_password_login');
  for (const [input, code] of [[{}, 'value_missing_error'],
    [{ password: '' }, 'value_missing_error'],
    [{ password: 7 }, 'value_missing_error'],
    [{ password: 'x'.repeat(5000) }, 'value_invalid_error'],
    [{ password: `${password}x` }, 'value_invalid_error']]) {
    await flow.act('password_login', input, { status: 400 });
    assert.equal(flow.state, 'login_password');
    assert.equal(flow.error, 'form_data_invalid_error');
    assert.equal(flow.last.body.actions.password_login.inputs.password
      .error.code, code);
  }
  await flow.act('password_login', { password }, { status: 200 });
  assert.equal(flow.state, 'success');
  assert.deepEqual(flow.last.body.payload.last_login,
    { login_method: 'password' });
  const me = await api.call('GET', '/me', undefined, { status: 200 });
  assert.equal(me.body.id, user_id);
});

test('wrong, none, nobody: one answer, and the same work', async () => {
  const { email } = await withPassword();
  const without = freshAddress('flow');
  await (await instance.client()).signUp(without);
  const costs = [];
  for (const address of [email, without, freshAddress('flow')]) {
    const api = await instance.client();
    const flow = await Flow.identified(api, address, 'password_login');
    const { response, ...spent } = await cost(instance, api, 'POST',
      flow.hrefOf('password_login'), { csrf_token: flow.token,
        input_data: { password: 'none of theirs' } });
    assert.equal(response.status, 400);
    assert.equal(spent.hashes, 1);
    costs.push(spent);
  }
  assert.deepEqual(costs[1], costs[0]);
  assert.deepEqual(costs[2], costs[0]);
});

test('of steps that hash at once one is taken', async () => {
  const { email, user_id } = await withPassword();
  const flow = await Flow.identified(await instance.client(), email,
    'password_login');
  const sessions = async () => Number((await instance.sql(`SELECT COUNT(*)
    FROM sessions WHERE user_id = ${unhex(user_id)}`))[0][0]);
  const before = await sessions();
  const body = { input_data: { password }, csrf_token: flow.token };
  const answers = await Promise.all(Array.from({ length: 5 }, async () =>
    (await instance.client()).call('POST', flow.hrefOf('password_login'),
      body)));
  const [won, ...lost] = answers.map(({ status }) => status).sort();
  assert.equal(won, 200);
  /* Too late; or too many hashes at once, which is no step either. */
  for (const status of lost)
    assert.ok([403, 503].includes(status), String(status));
  assert.ok(lost.includes(403));
  assert.equal(await sessions(), before + 1);
});

test('one way alone is not chosen', async () => {
  const email = freshAddress('flow');
  for (const [off, state] of [
    ['email.use_for_authentication', 'login_password'],
    ['password.enabled', 'passcode_confirmation']]) {
    const single = await instance.other({ set: { [off]: 'false' } });
    try {
      const flow = await Flow.ready(await single.client(), 'login');
      await flow.act('continue_with_login_identifier', { email },
        { status: 200 });
      assert.equal(flow.state, state);
      await flow.act('back', {}, { status: 200 });
      assert.equal(flow.state, 'login_init');
    } finally {
      await single.stop();
    }
  }
});

test('too many passwords: told for how long, and not looked at', async () => {
  const limited = await instance.other({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.password_limits.tokens': '2' } });
  try {
    const { api, email, user_id } = await withPassword(limited);
    const other = await withAddress(api, user_id);
    for (const address of [email, freshAddress('flow')]) {
      const flow = await Flow.identified(await limited.client(), address,
        'password_login');
      for (let i = 0; i < 2; i++)
        await flow.act('password_login', { password: 'none of theirs' },
          { status: 400 });
      await flow.act('password_login', { password }, { status: 429 });
      assert.equal(flow.state, 'login_password');
      assert.equal(flow.error, 'rate_limit_exceeded');
      assert.ok(flow.last.body.payload.retry_after > 0);
    }
    /* By whichever of their addresses somebody guesses, it is their account. */
    const flow = await Flow.identified(await limited.client(), other,
      'password_login');
    await flow.act('password_login', { password }, { status: 429 });
  } finally {
    await limited.stop();
  }
});

test('a token is good once, also for 20 at once', async () => {
  const email = freshAddress('flow');
  const api = await instance.client();
  const flow = await registering(api, email);
  const body = { input_data: { code: await api.codeFor(email) },
    csrf_token: flow.token };
  const answers = await Promise.all(Array.from({ length: 20 }, async () =>
    (await instance.client()).call('POST', flow.hrefOf('verify_passcode'),
      body)));
  assert.deepEqual(answers.map(({ status }) => status).sort(),
    [200, ...Array(19).fill(403)]);
  assert.deepEqual(await instance.sql(
    `SELECT COUNT(*) FROM emails WHERE address = '${email}'`), [['1']]);
});

test('5 sign-ups of one address: one account, the others are told',
  async () => {
    const email = freshAddress('flow');
    const flows = [];
    const codes = [];
    for (let i = 0; i < 5; i++) {
      const api = await instance.client();
      flows.push(await registering(api, email));
      codes.push(await api.codeFor(email));
    }
    await Promise.all(flows.map((flow, i) =>
      flow.act('verify_passcode', { code: codes[i] })));
    const won = flows.filter(({ last }) => last.status === 200);
    assert.equal(won.length, 1);
    for (const flow of flows.filter((one) => one !== won[0])) {
      assert.equal(flow.last.status, 400);
      assert.equal(flow.state, 'error');
      assert.equal(flow.error, 'email_already_exists');
      await flow.act('back', {}, { status: 403 });
    }
  });

test('an expired flow is 410, and one that is gone 403', async () => {
  for (const [name, action] of [['login', 'continue_with_login_identifier'],
    ['registration', 'register_login_identifier']]) {
    const flow = await Flow.ready(await instance.client(), name);
    await instance.sql(`UPDATE flows SET expires_at = UTC_TIMESTAMP(6)
      - INTERVAL 1 SECOND WHERE id = ${unhex(flow.id)}`);
    await flow.act(action, { email: freshAddress('flow') }, { status: 410 });
    assert.equal(flow.error, 'flow_expired_error');
    await instance.sql(`DELETE FROM flows WHERE id = ${unhex(flow.id)}`);
    await flow.act(action, {}, { status: 403 });
  }
});

test('one that was only begun does not last', async () => {
  const left = async (flow) => Number((await instance.sql(
    `SELECT TIMESTAMPDIFF(SECOND, created_at, expires_at) FROM flows
      WHERE id = ${unhex(flow.id)}`))[0][0]);
  const flow = await Flow.begin(await instance.client(), 'login');
  assert.equal(await left(flow), 600);
  await flow.act('register_client_capabilities', {});
  assert.equal(await left(flow), 86400);
});

test('the row tells nothing of who it is', async () => {
  const email = freshAddress('flow');
  const flow = await registering(await instance.client(), email);
  const [[data]] = await instance.sql(
    `SELECT HEX(data) FROM flows WHERE id = ${unhex(flow.id)}`);
  assert.ok(!data.includes(
    Buffer.from(email).toString('hex').toUpperCase()));
});

test('a preflight of an action asks the database nothing', async () => {
  const api = await instance.client();
  const flow = await Flow.ready(api, 'login');
  const spent = await cost(instance, api, 'OPTIONS',
    flow.hrefOf('continue_with_login_identifier'));
  assert.equal(spent.statements, 0);
});

test('too many: told, by whom it may be asked again when', async () => {
  const limited = await instance.other({ set: { ...mails,
    'rate_limiter.enabled': 'true',
    'rate_limiter.flow_limits.tokens': '4',
    'rate_limiter.passcode_limits.tokens': '2',
    'rate_limiter.signup_limits.tokens': '2' } });
  try {
    const api = await limited.client();
    const email = freshAddress('flow');
    const flow = await registering(api, email);
    await api.codeFor(email);
    await flow.act('resend_passcode', {}, { status: 200 });
    await flow.act('resend_passcode', {}, { status: 429 });
    assert.equal(flow.state, 'passcode_confirmation');
    assert.equal(flow.error, 'rate_limit_exceeded');
    assert.ok(flow.last.body.payload.resend_after > 0);
    const code = await api.codeFor(email);
    const again = await Flow.ready(api, 'registration');
    await again.act('register_login_identifier', { email }, { status: 429 });
    assert.equal(again.state, 'passcode_confirmation');
    const third = await Flow.ready(api, 'registration');
    await third.act('register_login_identifier',
      { email: freshAddress('flow') }, { status: 429 });
    assert.equal(third.state, 'registration_init');
    await flow.act('verify_passcode', { code }, { status: 200 });
    const stranger = await limited.client();
    await Flow.begin(stranger, 'login');
    const refused = await Flow.begin(stranger, 'login');
    assert.equal(refused.last.status, 429);
    assert.equal(refused.state, 'error');
  } finally {
    await limited.stop();
  }
});

test('a page of others begins no flow: the visitor pays for none', async () => {
  const few = await start({ set: { 'rate_limiter.enabled': 'true',
    'rate_limiter.flow_limits.tokens': '2',
    'server.public.cors.allow_origins': 'https://app.example' } });
  try {
    const begin = (Origin) => few.client().call('POST', '/login', undefined,
      { headers: { ...Origin && { Origin } } });
    for (let i = 0; i < 3; i++) {
      const { status, body } = await begin('https://evil.example');
      assert.equal(status, 403);
      assert.equal(body.error.code, 'operation_not_permitted_error');
    }
    assert.deepEqual(await few.sql('SELECT COUNT(*) FROM flows'), [['0']]);
    /* An allowed one, and who is no page. */
    for (const origin of ['https://app.example', undefined])
      assert.equal((await begin(origin)).status, 200);
    assert.equal((await begin()).status, 429);
  } finally {
    await few.stop();
  }
});
