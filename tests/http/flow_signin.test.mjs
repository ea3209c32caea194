/* Flows: recovery, usernames, staying logged in, and how one logged in. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshAddress } from '../lib/api.mjs';
import { Flow } from '../lib/flow.mjs';
import { start } from '../lib/instance.mjs';
import { codeIn, mailsTo, partText } from '../lib/maildir.mjs';

const password = 'correct horse battery';
/* Second factors have tests of their own. */
const ALONE = { 'passkey.enabled': 'false', 'mfa.enabled': 'false',
  'rate_limiter.enabled': 'false' };
let instance;

before(async () => {
  instance = await start({ set: { ...ALONE, 'username.enabled': 'true',
    'session.cookie.retention': 'prompt' } });
});
after(() => instance?.stop());

const claimsOf = (token) =>
  JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
const cookieOf = ({ cookies }) =>
  cookies.find((line) => line.startsWith('hanko='));
const tokenOf = (answer) => /^hanko=([^;]+)/.exec(cookieOf(answer))[1];
const errorOf = (flow, action, input) =>
  flow.last.body.actions[action].inputs[input].error?.code;
const fresh = () => `n${freshAddress('x').replace(/\W/g, '').slice(0, 20)}`;

/* Somebody who signed up by a flow. */
async function member(from = instance, input = { email: freshAddress('flow') }) {
  const api = await from.client();
  const flow = await Flow.ready(api, 'registration');
  await flow.act('register_login_identifier', input, { status: 200 });
  if (flow.state === 'passcode_confirmation')
    await flow.act('verify_passcode', { code: await api.codeFor(input.email) },
      { status: 200 });
  assert.equal(flow.state, 'password_creation');
  await flow.act('register_password', { new_password: password },
    { status: 200 });
  assert.equal(flow.state, 'success');
  return { ...input, api, flow, id: flow.last.body.payload.user.id };
}

/* One to log in, who has said who they are. */
async function identified(identifier, from = instance) {
  const api = await from.client();
  const flow = await Flow.ready(api, 'login');
  const [[input]] = Object.entries(flow.last.body.actions
    .continue_with_login_identifier.inputs);
  await flow.act('continue_with_login_identifier', { [input]: identifier });
  return { api, flow };
}

/* What comes in between that is not asked of everybody. */
async function past(flow, state) {
  if (flow.state === state)
    await flow.act('skip', {}, { status: 200 });
  return flow;
}

async function byPassword(identifier, secret, opts, from) {
  const { api, flow } = await identified(identifier, from);
  if (flow.state === 'login_method_chooser')
    await flow.act('continue_to_password_login', {}, { status: 200 });
  await flow.act('password_login', { password: secret }, opts);
  await past(flow, 'onboarding_username');
  return { api, flow };
}

async function recovering(identifier, from = instance) {
  const { api, flow } = await identified(identifier, from);
  await flow.act('continue_to_password_login', {}, { status: 200 });
  await flow.act('continue_to_passcode_confirmation_recovery', {},
    { status: 200 });
  assert.equal(flow.state, 'passcode_confirmation');
  return { api, flow };
}

test('a password is forgotten, and another one set', async () => {
  const one = await member();
  const { api, flow } = await recovering(one.email);
  await flow.act('verify_passcode', { code: await api.codeFor(one.email) },
    { status: 200 });
  assert.equal(flow.state, 'login_password_recovery');
  assert.deepEqual(flow.actions, ['password_recovery']);
  for (const [new_password, code] of [['x', 'value_too_short_error'],
    ['', 'value_missing_error'], ['ä'.repeat(5), 'value_invalid_error'],
    ['x'.repeat(73), 'value_too_long_error']]) {
    await flow.act('password_recovery', { new_password }, { status: 400 });
    assert.equal(errorOf(flow, 'password_recovery', 'new_password'), code);
  }
  const told = mailsTo(api.mailDir, one.email).length;
  await flow.act('password_recovery', { new_password: 'another long one' },
    { status: 200 });
  await past(flow, 'onboarding_username');
  assert.equal(flow.state, 'success');
  assert.deepEqual(flow.last.body.payload.last_login,
    { login_method: 'password' });
  assert.deepEqual(flow.last.body.payload.claims.amr, ['pwd']);
  await instance.allSent();
  assert.equal(mailsTo(api.mailDir, one.email).length, told + 1);
  /* The session that was there before has ended; this one goes on. */
  await one.api.call('GET', '/me', undefined, { status: 401 });
  await api.call('GET', '/me', undefined, { status: 200 });
  await byPassword(one.email, password, { status: 400 });
  const again = await byPassword(one.email, 'another long one',
    { status: 200 });
  assert.equal(again.flow.state, 'success');
});

test('a recovery that is left has changed nothing', async () => {
  const one = await member();
  const { api, flow } = await recovering(one.email);
  await flow.act('verify_passcode', { code: await api.codeFor(one.email) },
    { status: 200 });
  await flow.act('back', {}, { status: 403 });
  const in_ = await byPassword(one.email, password, { status: 200 });
  assert.equal(in_.flow.state, 'success');
  await one.api.call('GET', '/me', undefined, { status: 200 });
});

test('a recovery whose address is another\'s by now is none', async () => {
  const one = await member();
  const { api, flow } = await recovering(one.email);
  await flow.act('verify_passcode', { code: await api.codeFor(one.email) },
    { status: 200 });
  await instance.sql(`DELETE FROM primary_emails WHERE email_id IN
    (SELECT id FROM emails WHERE address = '${one.email}');
    DELETE FROM emails WHERE address = '${one.email}'`);
  await flow.act('password_recovery', { new_password: 'another long one' });
  await flow.act('skip', {}, { status: 403 });
  assert.equal(flow.state, 'error');
  assert.equal(flow.error, 'operation_not_permitted_error');
  await one.api.call('GET', '/me', undefined, { status: 200 });
});

/* But for what is drawn by chance. */
const told = ({ state, error, last: { status, body, headers } }) => {
  const { csrf_token, ...rest } = body;
  return { state, error, status, names: Object.keys(headers).sort(),
    token: csrf_token.length,
    body: JSON.stringify(rest).replace(/%40[\da-f-]{36}/g, '') };
};

test('a recovery of nobody is like one of somebody', async () => {
  const { email } = await member();
  const seen = [];
  for (const identifier of [email, freshAddress('flow')]) {
    const { flow } = await recovering(identifier);
    const steps = [told(flow)];
    for (const status of [400, 400, 401]) {
      await flow.act('verify_passcode', { code: 'x' }, { status });
      steps.push(told(flow));
    }
    assert.equal(flow.error, 'passcode_max_attempts_reached');
    await flow.act('resend_passcode', {}, { status: 200 });
    seen.push([...steps, told(flow)]);
  }
  assert.deepEqual(seen[1], seen[0]);
});

/* An address of former times is not written to where there are none. */
test('without addresses no recovery is offered', async () => {
  const set = { ...ALONE, 'username.enabled': 'true' };
  const one = await instance.other({ set });
  try {
    const username = fresh();
    await member(one, { email: freshAddress('flow'), username });
    await one.reload({ ...set, 'email.enabled': 'false' });
    const { flow } = await identified(username, one);
    assert.equal(flow.state, 'login_password');
    assert.deepEqual(flow.actions, ['back', 'password_login']);
    await flow.act('continue_to_passcode_confirmation_recovery', {},
      { status: 403 });
  } finally {
    await one.stop();
  }
});

test('where there is no recovery none is offered', async () => {
  const off = await instance.other({ set: {
    ...ALONE, 'password.recovery': 'false' } });
  try {
    const { flow } = await identified(freshAddress('flow'), off);
    await flow.act('continue_to_password_login', {}, { status: 200 });
    assert.deepEqual(flow.actions, ['back', 'password_login']);
    await flow.act('continue_to_passcode_confirmation_recovery', {},
      { status: 403 });
  } finally {
    await off.stop();
  }
});

test('who has a username logs in by it, or by the address', async () => {
  const username = fresh();
  const email = freshAddress('flow');
  const one = await member(instance, { email, username: ` ${username
    .toUpperCase()} ` });
  assert.equal(one.flow.last.body.payload.user.username.username, username);
  assert.equal(one.flow.last.body.payload.claims.username, username);
  const { id } = one.flow.last.body.payload.user;
  const shown = async (path) =>
    (await one.api.call('GET', path, undefined, { status: 200 })).body.username;
  assert.equal((await shown('/me')).username, username);
  assert.equal(await shown(`/users/${id}`), username);
  for (const identifier of [username, ` ${username.toUpperCase()}`, email]) {
    const { api, flow } = await byPassword(identifier, password,
      { status: 200 });
    assert.equal(flow.state, 'success');
    const token = claimsOf(tokenOf(flow.last));
    assert.equal(token.sub, one.id);
    assert.equal(token.username, username);
    const { body } = await api.call('GET', '/sessions/validate', undefined,
      { status: 200 });
    assert.equal(body.claims.username, username);
    assert.deepEqual(body.claims.amr, ['pwd']);
  }
  const { api, flow } = await identified(username);
  await flow.act('continue_to_passcode_confirmation', {}, { status: 200 });
  await flow.act('verify_passcode', { code: await api.codeFor(email) },
    { status: 200 });
  assert.deepEqual(flow.last.body.payload.claims.amr, ['otp']);
});

test('a username is one, and nobody else\'s', async () => {
  const username = fresh();
  await member(instance, { email: freshAddress('flow'), username });
  const flow = await Flow.ready(await instance.client(), 'registration');
  const email = freshAddress('flow');
  for (const [name, code] of [['ab', 'value_too_short_error'],
    ['x'.repeat(33), 'value_too_long_error'], [7, 'value_too_short_error'],
    ['a-b c', 'invalid_username_error'], ['böb', 'invalid_username_error'],
    ['bob@example.org', 'invalid_username_error'],
    [username.toUpperCase(), 'username_already_exists']]) {
    await flow.act('register_login_identifier', { email, username: name },
      { status: 400 });
    assert.equal(errorOf(flow, 'register_login_identifier', 'username'), code);
  }
  const { flow: unknown } = await identified(fresh());
  assert.equal(unknown.last.status, 400);
  assert.equal(errorOf(unknown, 'continue_with_login_identifier',
    'identifier'), 'unknown_username_error');
});

/* By a password, and by nothing but the mail. */
for (const [how, last, input] of [
  ['with a password', 'register_password', { new_password: password }],
  ['with a mail alone', 'skip', {}]])
  test(`some sign up by one username at once, ${how}: one account`,
    async () => {
      await instance.reload({ ...instance.options.set,
        'password.optional': 'true' });
      const username = fresh();
      const made = await Promise.all([1, 2, 3].map(async () => {
        const api = await instance.client();
        const email = freshAddress('flow');
        const flow = await Flow.ready(api, 'registration');
        await flow.act('register_login_identifier', { email, username });
        await flow.act('verify_passcode', { code: await api.codeFor(email) });
        assert.equal(flow.state, 'password_creation');
        return { flow, email };
      }));
      const count = async (from) =>
        Number(await instance.sql(`SELECT COUNT(*) FROM ${from}`));
      const tables = ['users', 'sessions', 'password_credentials',
        'usernames'];
      const before = await Promise.all(tables.map(count));
      await Promise.all(made.map(({ flow }) => flow.act(last, input)));
      const lost = made.filter(({ flow }) => flow.state === 'error');
      assert.equal(lost.length, 2);
      for (const { flow, email } of lost) {
        assert.equal(flow.error, 'username_already_exists');
        assert.equal(await count(`emails WHERE address = '${email}' AND
          user_id IS NOT NULL`), 0);
      }
      const now = await Promise.all(tables.map(count));
      const more = last === 'skip' ? [1, 1, 0, 1] : [1, 1, 1, 1];
      assert.deepEqual(now, before.map((n, i) => n + more[i]));
    });

test('a username that is taken before the end of a log-in is said to be',
  async () => {
    await instance.reload({ ...instance.options.set,
      'password.optional': 'true',
      'password.acquire_on_login': 'always' });
    const api = await instance.client();
    const email = freshAddress('flow');
    const signup = await Flow.ready(api, 'registration');
    await signup.act('register_login_identifier', { email });
    await signup.act('verify_passcode', { code: await api.codeFor(email) });
    await signup.act('skip', {}, { status: 200 });
    assert.equal(signup.state, 'success');
    const { flow } = await identified(email);
    if (flow.state === 'login_method_chooser')
      await flow.act('continue_to_passcode_confirmation');
    await flow.act('verify_passcode', { code: await api.codeFor(email) });
    assert.equal(flow.state, 'onboarding_username');
    const username = fresh();
    await flow.act('username_create', { username }, { status: 200 });
    assert.equal(flow.state, 'password_creation');
    await member(instance, { email: freshAddress('flow'), username });
    await flow.act('register_password', { new_password: password });
    assert.equal(flow.state, 'error');
    assert.equal(flow.error, 'username_already_exists');
    const { flow: again } = await byPassword(email, password);
    assert.notEqual(again.state, 'success');
  });

test('who has none is asked for one at log-in, and may do without',
  async () => {
    const one = await member();
    const { flow } = await identified(one.email);
    await flow.act('continue_to_password_login');
    await flow.act('password_login', { password }, { status: 200 });
    assert.equal(flow.state, 'onboarding_username');
    assert.deepEqual(flow.actions, ['skip', 'username_create']);
    for (const username of [undefined, 'a b'])
      await flow.act('username_create', { username }, { status: 400 });
    assert.equal(errorOf(flow, 'username_create', 'username'),
      'invalid_username_error');
    const username = fresh();
    await flow.act('username_create', { username }, { status: 200 });
    assert.equal(flow.state, 'success');
    assert.equal(flow.last.body.payload.claims.username, username);
    const { flow: next } = await byPassword(username, password);
    assert.equal(next.state, 'success');
  });

/* Somebody who has a username and no address, before they are asked for one. */
async function nameless(from) {
  const username = fresh();
  await member(from, { username });
  const { api, flow } = await identified(username, from);
  await flow.act('password_login', { password }, { status: 200 });
  assert.equal(flow.state, 'onboarding_email');
  return { api, flow, username };
}

test('who has no address gives one at log-in, which they prove', async () => {
  const named = await instance.other({ set: { ...ALONE,
    'username.enabled': 'true',
    'email.optional': 'true', 'email.acquire_on_registration': 'false' } });
  try {
    const email = freshAddress('flow');
    const { api, flow, username } = await nameless(named);
    assert.deepEqual(flow.actions, ['email_address_set', 'skip']);
    for (const [wrong, code] of [['nonsense', 'value_invalid_error'],
      ['', 'value_invalid_error'], [7, 'value_invalid_error'],
      [`${'x'.repeat(120)}@example.org`, 'value_too_long_error']]) {
      await flow.act('email_address_set', { email: wrong }, { status: 400 });
      assert.equal(errorOf(flow, 'email_address_set', 'email'), code);
    }
    await flow.act('email_address_set', { email: ` ${email.toUpperCase()} ` },
      { status: 200 });
    assert.equal(flow.state, 'passcode_confirmation');
    const code = await api.codeFor(email);
    await flow.act('verify_passcode',
      { code: String((Number(code) + 1) % 1e6).padStart(6, '0') },
      { status: 400 });
    await flow.act('verify_passcode', { code }, { status: 200 });
    assert.equal(flow.state, 'success');
    const { claims, user, last_login } = flow.last.body.payload;
    assert.deepEqual(claims.email,
      { address: email, is_primary: true, is_verified: true });
    assert.equal(user.emails.length, 1);
    assert.deepEqual(last_login, { login_method: 'password' });
    assert.deepEqual(claims.amr, ['pwd']);
    /* They have one now, by which they may say who they are. */
    for (const name of [username, email]) {
      const again = await byPassword(name, password, { status: 200 }, named);
      assert.equal(again.flow.state, 'success');
    }

    /* What somebody has is told by a mail alone, and never comes to them. */
    const other = await nameless(named);
    await other.flow.act('email_address_set', { email }, { status: 200 });
    assert.equal(other.flow.state, 'passcode_confirmation');
    await named.allSent();
    const { mail } = mailsTo(api.mailDir, email).at(-1);
    assert.match(partText(mail, 'text/plain'), /account/);
    assert.doesNotMatch(partText(mail, 'text/plain'), /\b\d{6}\b/);
    await other.flow.act('verify_passcode', { code: '000000' },
      { status: 400 });
    await other.flow.act('back', {}, { status: 200 });
    assert.equal(other.flow.state, 'onboarding_email');
    await other.flow.act('skip', {}, { status: 200 });
    assert.equal(other.flow.state, 'success');
    assert.equal(other.flow.last.body.payload.user.emails, undefined);
  } finally {
    await named.stop();
  }
});

test('an address of two who want it is one\'s; the other has no session',
  async () => {
    const named = await instance.other({ set: { ...ALONE,
      'username.enabled': 'true',
      'username.acquire_on_login': 'false',
      'email.acquire_on_registration': 'false', 'password.optional': 'true',
      'password.acquire_on_registration': 'always' } });
    try {
      const email = freshAddress('flow');
      const all = [await nameless(named), await nameless(named)];
      for (const { flow } of all) {
        assert.deepEqual(flow.actions, ['email_address_set']);
        await flow.act('email_address_set', { email }, { status: 200 });
      }
      const codes = [];
      await named.allSent();
      for (const mail of mailsTo(named.mailDir, email))
        codes.push(codeIn(mail));
      assert.equal(codes.length, 2);
      /* Whose code is whose is not in the mails: each is tried with both. */
      for (const { flow } of all)
        for (const code of codes)
          if (flow.state === 'passcode_confirmation')
            await flow.act('verify_passcode', { code });
      const [one, two] = all.map(({ flow }) => flow);
      assert.deepEqual([one.state, one.error, two.state, two.error],
        ['success', undefined, 'error', 'email_already_exists']);
      assert.equal(two.last.cookies.filter((line) =>
        line.startsWith('hanko=')).length, 0);
      assert.deepEqual(await named.sql(`SELECT COUNT(*) FROM sessions s
        JOIN usernames u ON u.user_id = s.user_id
        WHERE u.username = '${all[1].username}'`), [['1']]);
    } finally {
      await named.stop();
    }
  });

test('where addresses are not proved, it is theirs at once', async () => {
  const named = await instance.other({ set: { ...ALONE,
    'username.enabled': 'true',
    'email.require_verification': 'false',
    'email.acquire_on_registration': 'false' } });
  try {
    const email = freshAddress('flow');
    const { flow } = await nameless(named);
    await flow.act('email_address_set', { email }, { status: 200 });
    assert.equal(flow.state, 'success');
    assert.deepEqual(flow.last.body.payload.claims.email,
      { address: email, is_primary: true, is_verified: false });
    const other = await nameless(named);
    await other.flow.act('email_address_set', { email }, { status: 400 });
    assert.equal(errorOf(other.flow, 'email_address_set', 'email'),
      'email_already_exists');
  } finally {
    await named.stop();
  }
});

test('usernames alone: no mail, no passcode, no recovery', async () => {
  const names = await instance.other({ set: { ...ALONE,
    'username.enabled': 'true',
    'username.optional': 'false', 'email.enabled': 'false' } });
  try {
    const username = fresh();
    const one = await member(names, { username });
    assert.equal(one.flow.last.body.payload.user.emails, undefined);
    assert.deepEqual(one.flow.last.body.payload.claims.amr, ['pwd']);
    const { flow } = await identified(username, names);
    assert.equal(flow.state, 'login_password');
    assert.deepEqual(flow.actions, ['back', 'password_login']);
    await flow.act('password_login', { password }, { status: 200 });
    assert.equal(flow.state, 'success');
  } finally {
    await names.stop();
  }
});

test('a username is no way to log in where only mails are', async () => {
  const mails = await instance.other({ set: { ...ALONE,
    'username.enabled': 'true',
    'email.optional': 'true', 'password.enabled': 'false' } });
  try {
    const flow = await Flow.ready(await mails.client(), 'registration');
    await flow.act('register_login_identifier', {}, { status: 400 });
    for (const input of ['email', 'username'])
      assert.equal(errorOf(flow, 'register_login_identifier', input),
        'value_invalid_error');
    await flow.act('register_login_identifier', { username: fresh() },
      { status: 400 });
    assert.equal(flow.state, 'error');
    assert.equal(flow.error, 'flow_discontinuity_error');
  } finally {
    await mails.stop();
  }
});

test('who could not say who they are at log-in has no account', async () => {
  const mute = await instance.other({ set: { ...ALONE,
    'username.enabled': 'true',
    'username.use_as_login_identifier': 'false', 'email.optional': 'true' } });
  const users = () => mute.sql('SELECT COUNT(*) FROM users');
  try {
    const before = await users();
    const flow = await Flow.ready(await mute.client(), 'registration');
    await flow.act('register_login_identifier', { username: fresh() });
    if (flow.state === 'password_creation')
      await flow.act('register_password', { new_password: password });
    assert.equal(flow.state, 'error');
    assert.equal(flow.error, 'flow_discontinuity_error');
    assert.deepEqual(await users(), before);
  } finally {
    await mute.stop();
  }
});

test('the cookie is kept if it is wanted, and not otherwise', async () => {
  const one = await member();
  assert.doesNotMatch(cookieOf(one.flow.last), /Max-Age/);
  assert.equal(one.flow.last.headers['x-session-retention'], 'session');
  const flow = await Flow.ready(await instance.client(), 'login');
  for (const remember_me of [true, false, true])
    await flow.act('remember_me', { remember_me }, { status: 200 });
  assert.equal(flow.state, 'login_init');
  await flow.act('continue_with_login_identifier', { identifier: one.email });
  await flow.act('continue_to_password_login');
  await flow.act('password_login', { password });
  await past(flow, 'onboarding_username');
  assert.match(cookieOf(flow.last), /; Max-Age=43200/);
  assert.equal(flow.last.headers['x-session-retention'], 'persistent');
  /* Other endpoints do not ask. */
  const api = await instance.client();
  const login = await api.call('POST', '/password/login',
    { user_id: one.id, password }, { status: 200 });
  assert.match(cookieOf(login), /; Max-Age=43200/);
  assert.equal(login.headers['x-session-retention'], undefined);
});

test('the cookie is never kept where it is not to be', async () => {
  const brief = await instance.other({ set: { ...ALONE,
    'session.cookie.retention': 'session' } });
  try {
    const one = await member(brief);
    assert.doesNotMatch(cookieOf(one.flow.last), /Max-Age/);
    const flow = await Flow.ready(await brief.client(), 'login');
    await flow.act('remember_me', { remember_me: true }, { status: 403 });
  } finally {
    await brief.stop();
  }
});

test('how one logged in is said, in the token and of it', async () => {
  const one = await member();
  assert.deepEqual(claimsOf(tokenOf(one.flow.last)).amr, ['otp', 'pwd']);
  assert.deepEqual(one.flow.last.body.payload.claims.amr, ['otp', 'pwd']);
  const { body } = await one.api.call('POST', '/sessions/validate',
    { session_token: tokenOf(one.flow.last) }, { status: 200 });
  assert.deepEqual(body.claims.amr, ['otp', 'pwd']);
});

test('there is nothing to exchange a token of', async () => {
  const api = await instance.client();
  for (const path of ['/token_exchange',
    '/token_exchange?action=exchange_token%40x']) {
    const { body } = await api.call('POST', path, undefined, { status: 403 });
    assert.equal(body.name, 'error');
    assert.equal(body.error.code, 'forbidden');
    assert.deepEqual(body.actions, {});
  }
});
