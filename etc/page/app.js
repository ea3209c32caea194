/*
 * The whole story of a login, on Postern's API.  Take what you need: api()
 * talks to the server, the rest shows one section of the page after another.
 * The page lies where the API is mounted, so all addresses are relative.
 */

/* What api() throws: status (0: no answer at all), message, retryAfter. */
class ApiError extends Error {
  constructor(status, message, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/*
 * One request.  Returns { status, headers, data }; data is the JSON of the
 * body, or null.  The session travels in a cookie that script cannot read.
 */
async function api(method, path, body) {
  const init = { method, credentials: 'same-origin', cache: 'no-store' };
  let response, text;

  if (body !== undefined) {
    init.headers = { 'Content-Type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  try {
    response = await fetch(new URL(path, document.baseURI), init);
    text = await response.text();
  } catch {
    throw new ApiError(0);
  }
  const { status, headers } = response;
  const json = headers.get('Content-Type')?.startsWith('application/json');
  const data = json && text !== '' ? JSON.parse(text) : null;
  if (!response.ok)
    throw new ApiError(status, data?.message,
      Number(headers.get('Retry-After') ?? 0));
  return { status, headers, data };
}

/* What is known so far: the settings of the server, and who is logging in. */
const state = { config: null, email: '', userId: null, emailId: null,
  passcodeId: null, passkeys: false };

const $ = (id) => document.getElementById(id);

/* ------------------------------------------------ what a person reads */

const seconds = (n) => (n === 1 ? 'a second' : `${n} seconds`);

/* Texts for statuses; a form may know better ones for its own. */
function explain(error, own = {}) {
  const texts = {
    0: 'The server does not answer. Check your connection and try again.',
    401: 'Your session has ended. Please log in again.',
    404: 'This is not offered here.',
    429: `Too many attempts. Try again in ${
      seconds(Math.max(1, error.retryAfter))}.`,
    503: 'The server is busy. Please try again in a moment.',
    ...own,
  };
  if (error instanceof DOMException)
    return passkeyTexts[error.name]
      ?? 'Your browser could not use a passkey here.';
  if (!(error instanceof ApiError))
    throw error;
  return texts[error.status]
    ?? `That did not work: ${error.message ?? `status ${error.status}`}.`;
}

/* What a browser throws when a passkey is not made or not used. */
const passkeyTexts = {
  AbortError: '',
  NotAllowedError: 'That was cancelled, or it took too long.',
  InvalidStateError: 'This device has a passkey for your account already.',
  NotSupportedError: 'This device cannot make a passkey for this site.',
};

function say(text) {
  $('status').textContent = text;
}

/* Show a section, and tell assistive technology by moving the focus there. */
function show(step, message = '') {
  for (const section of document.querySelectorAll('main > section'))
    section.hidden = section.id !== step;
  for (const error of document.querySelectorAll('.error[id]'))
    complain(error.id, '');
  for (const name of document.querySelectorAll('.address'))
    name.textContent = state.email;
  for (const field of document.querySelectorAll('[name="username"]'))
    field.value = state.email;
  for (const field of document.querySelectorAll('[type="password"], .code'))
    field.value = '';
  say(message);
  $(step).querySelector('h1').focus();
}

/* Put an error where its role="alert" announces it, and mark the field. */
function complain(id, text) {
  $(id).textContent = text;
  for (const field of document.querySelectorAll(`[aria-describedby~="${id}"]`))
    field.setAttribute('aria-invalid', String(text !== ''));
}

/*
 * Run an action of a button or form once at a time; what it throws is
 * explained in the element errorId.
 */
async function attempt(button, errorId, action, texts) {
  complain(errorId, '');
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    complain(errorId, explain(error, texts));
    say('');
  } finally {
    button.disabled = false;
  }
}

function onClick(id, errorId, action, texts) {
  $(id).addEventListener('click', ({ currentTarget }) =>
    attempt(currentTarget, errorId, action, texts));
}

/* check(fields) returns what is wrong with them, or nothing. */
function onSubmit(formId, errorId, { check, action, texts }) {
  const form = $(formId).closest('form') ?? $(formId).querySelector('form');

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    const fault = check?.(fields);
    if (fault)
      complain(errorId, fault);
    else
      await attempt(form.querySelector('button:not([type])'), errorId,
        () => action(fields), texts);
    if ($(errorId).textContent !== '')
      form.querySelector('input:not([readonly])')?.focus();
  });
}

/* ------------------------------------------------ logging in */

onSubmit('email', 'email-error', {
  check: ({ email }) => $('email-input').validity.valid && email !== ''
    ? null : 'Please enter a complete e-mail address.',
  action: async ({ email }) => {
    state.email = email.trim();
    try {
      const { data } = await api('POST', 'user', { email: state.email });
      state.userId = data.id;
      state.emailId = data.email_id;
      $('my-passkey').hidden =
        !(state.passkeys && data.has_webauthn_credential);
    } catch (error) {
      if (error.status !== 404)
        throw error;
      if (!state.config.account.allow_signup)
        return complain('email-error', 'There is no account for this address.');
      return show('create');
    }
    return show('choose');
  },
  texts: { 400: 'This is not an address that mail can be sent to.' },
});

onSubmit('create', 'create-error', {
  action: async () => {
    const { headers, data } = await api('POST', 'users',
      { email: state.email });
    state.userId = data.user_id;
    state.emailId = data.email_id;
    /* Without verification the new user is logged in at once. */
    if (headers.has('X-Session-Lifetime'))
      await arrive('Your account is ready.');
    else
      await sendCode('Almost done: prove that the address is yours.');
  },
  texts: {
    403: 'New accounts are not accepted here.',
    409: 'Somebody has just created an account for this address.',
  },
});

const sendTexts = {
  400: 'No code can be sent to this account.',
  403: 'Somebody else is logged in here. Log out first.',
};

async function sendCode(message) {
  const { data } = await api('POST', 'passcode/login/initialize',
    { user_id: state.userId, email_id: state.emailId });
  state.passcodeId = data.id;
  $('passcode-validity').textContent =
    `They are good for ${Math.round(data.ttl / 60)} minutes.`;
  show('passcode', message);
}

onSubmit('choose', 'choose-error',
  { action: () => sendCode(), texts: sendTexts });

onClick('password-code', 'password-error', () => sendCode(), sendTexts);

const passcodeTexts = {
  401: 'This code is not right. Look again, or ask for a new one.',
  403: 'This address has been claimed by another account, or somebody else'
    + ' is logged in here.',
  408: 'This code is too old. Ask for a new one.',
  410: 'Three wrong codes: this one is used up. Ask for a new one.',
};

onSubmit('passcode', 'passcode-error', {
  check: ({ code }) => (/^[0-9]{6}$/.test(code) ? null
    : 'The code has six digits.'),
  action: async ({ code }) => {
    await api('POST', 'passcode/login/finalize',
      { id: state.passcodeId, code });
    await arrive();
  },
  texts: passcodeTexts,
});

$('resend').addEventListener('click', async ({ currentTarget }) => {
  let wait = 0;

  await attempt(currentTarget, 'passcode-error',
    () => sendCode('A new code is on its way. Older ones do not work any'
      + ' more.').catch((error) => {
      wait = error.status === 429 ? Math.max(1, error.retryAfter) : 0;
      throw error;
    }), sendTexts);
  $('passcode-input').focus();
  if (wait > 0)
    countDown(currentTarget, wait);
});

/* A button that cannot be pressed for some seconds, and says so. */
function countDown(button, wait) {
  const label = button.textContent;
  const until = Date.now() + wait * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Send a new code (${left} s)` : label;
    if (left > 0)
      setTimeout(tick, 250);
  };
  tick();
}

onSubmit('password', 'password-error', {
  check: ({ password }) => (password ? null : 'Please enter your password.'),
  action: async ({ password }) => {
    await api('POST', 'password/login', { user_id: state.userId, password });
    await arrive();
  },
  texts: {
    400: 'This cannot be the password of an account.',
    401: 'This password is not right, or the account has none.',
  },
});

/* ------------------------------------------------ passkeys */

/* Binary values travel as base64url. */
const toBytes = (text) => Uint8Array.from(
  atob(text.replaceAll('-', '+').replaceAll('_', '/')),
  (char) => char.charCodeAt(0));

const toText = (buffer) => buffer && btoa(
  String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/* The options of the server as navigator.credentials wants them. */
const creationOptions = (options) => ({
  ...options,
  challenge: toBytes(options.challenge),
  user: { ...options.user, id: toBytes(options.user.id) },
});

const requestOptions = (options) => ({
  ...options,
  challenge: toBytes(options.challenge),
  allowCredentials: options.allowCredentials?.map((one) =>
    ({ ...one, id: toBytes(one.id) })),
});

/* What the browser gave, as the server wants it. */
const answer = ({ id, type, response }) => ({
  id,
  type,
  response: {
    clientDataJSON: toText(response.clientDataJSON),
    attestationObject: toText(response.attestationObject),
    transports: response.getTransports?.(),
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: toText(response.userHandle),
  },
});

/* The browser's own offer in the e-mail field, which is one at a time. */
let autofill = null;

/*
 * Log in with a passkey.  input: whose (user_id), or {} for any.  A waiting
 * offer is withdrawn first: browsers do one thing at a time.
 */
async function loginWithPasskey(input) {
  autofill?.abort();
  try {
    const { data } = await api('POST', 'webauthn/login/initialize', input);
    const credential = await navigator.credentials.get(
      { publicKey: requestOptions(data.publicKey) });
    await api('POST', 'webauthn/login/finalize', answer(credential));
  } catch (error) {
    offerPasskeys();
    throw error;
  }
  await arrive();
}

/*
 * Let the browser offer passkeys among what it fills into the e-mail field
 * (conditional mediation), as long as the challenge is good; then anew.
 */
async function offerPasskeys(ready) {
  autofill?.abort();
  if (!state.passkeys
      || !await PublicKeyCredential.isConditionalMediationAvailable?.())
    return;
  const offer = autofill = new AbortController();
  try {
    const { publicKey } = ready
      ?? (await api('POST', 'webauthn/login/initialize', {})).data;
    const again = setTimeout(() => offerPasskeys(), publicKey.timeout * 0.9);
    offer.signal.addEventListener('abort', () => clearTimeout(again));
    const credential = await navigator.credentials.get({
      publicKey: requestOptions(publicKey),
      mediation: 'conditional', signal: offer.signal });
    clearTimeout(again);
    await api('POST', 'webauthn/login/finalize', answer(credential));
    await arrive();
  } catch (error) {
    if (error.name === 'AbortError')
      return;
    complain('email-error', explain(error, passkeyLoginTexts));
  }
}

const passkeyLoginTexts = {
  400: 'This passkey is not accepted here.',
  401: 'This passkey is not known here, or the attempt took too long.',
};

onClick('any-passkey', 'email-error', () => loginWithPasskey({}),
  passkeyLoginTexts);

onClick('my-passkey', 'choose-error',
  () => loginWithPasskey({ user_id: state.userId }), passkeyLoginTexts);

/*
 * Whether this browser and this server have passkeys: what the server says to
 * a first request, or null.  A path that is switched off is 404.
 */
async function findPasskeys(method, path, input) {
  let found = null;

  try {
    if (window.PublicKeyCredential)
      found = (await api(method, path, input)).data;
  } catch (error) {
    if (error.status !== 404)
      throw error;
  }
  state.passkeys = found !== null;
  for (const part of document.querySelectorAll('.passkeys'))
    part.hidden = !state.passkeys;
  return found;
}

for (const button of document.querySelectorAll('[data-go]'))
  button.addEventListener('click', () => show(button.dataset.go));

/* ------------------------------------------------ logged in */

/* After a login: whoever was sent here by the members' area goes back. */
async function arrive(message) {
  if (location.hash !== '#members')
    return enter(message);
  return location.replace(new URL('members/', document.baseURI));
}

async function enter(message = '') {
  const { data } = await api('GET', 'me');

  autofill?.abort();

  state.userId = data.user_id;
  state.email = data.emails?.find((email) => email.is_primary)?.address
    ?? state.email;
  $('me-email').textContent = state.email;
  $('me-id').textContent = state.userId;
  showEmails(data.emails ?? []);
  showPasskeys(data.passkeys ?? []);
  await listSessions();
  show('account', message);
}

/* Read again what the account has, after a change, and say what it was. */
async function refresh(message, titleId) {
  await enter(message);
  $(titleId).focus();
}

/* A row of a list: a text with a small one below, and what can be done. */
function listRow(title, note, actions) {
  const row = document.createElement('li');
  const text = row.appendChild(document.createElement('div'));
  const small = document.createElement('small');

  text.className = 'what';
  small.textContent = note;
  text.append(title, small);
  const group = row.appendChild(document.createElement('div'));
  group.className = 'actions';
  group.append(...actions);
  return row;
}

function badge(text) {
  const mark = document.createElement('span');

  mark.className = 'badge';
  mark.textContent = text;
  return mark;
}

/* label: what is read aloud, as there are many buttons of one name. */
function rowButton(name, label, errorId, action, texts) {
  const button = document.createElement('button');

  button.type = 'button';
  button.className = 'secondary';
  button.textContent = name;
  button.setAttribute('aria-label', label);
  button.addEventListener('click', () =>
    attempt(button, errorId, action, texts));
  return button;
}

/* Ask before something is deleted; then() tells what came of it. */
let asked = null;

function ask(title, text, path, then) {
  $('confirm-title').textContent = title;
  $('confirm-text').textContent = text;
  complain('confirm-error', '');
  asked = { path, then };
  $('confirm').showModal();
}

onClick('confirm-now', 'confirm-error', async () => {
  await api('DELETE', asked.path);
  $('confirm').close();
  await asked.then();
}, { 404: 'It is gone already.' });

/* ------------------------------------------------ addresses */

function showEmails(emails) {
  const full = emails.length >= state.config.emails.max_num_of_addresses;

  $('emails').replaceChildren(...emails.map(emailRow));
  $('add-email').hidden = full || !$('prove-email').hidden;
}

function emailRow({ id, address, is_verified, is_primary }) {
  const note = is_verified ? '' : 'Not verified';

  return listRow(address, note, is_primary ? [badge('Primary')] : [
    rowButton('Make primary', `Make ${address} primary`, 'emails-error',
      async () => {
        await api('POST', `emails/${id}/set_primary`);
        await refresh(`${address} is your primary address.`, 'emails-title');
      }),
    rowButton('Delete', `Delete ${address}`, 'emails-error', () =>
      ask('Delete this address?', `You will not be able to log in with ${
        address} any more.`, `emails/${id}`,
      () => refresh('The address is deleted.', 'emails-title'))),
  ]);
}

/* Show the form that asks for the digits, or the one that asks for more. */
function prove(address) {
  $('prove-address').textContent = address ?? '';
  $('prove-email-input').value = '';
  $('prove-email').hidden = !address;
  $('add-email').hidden = Boolean(address);
  if (address)
    $('prove-email-input').focus();
}

onSubmit('add-email', 'add-email-error', {
  check: ({ address }) => $('add-email-input').validity.valid && address !== ''
    ? null : 'Please enter a complete e-mail address.',
  action: async ({ address }) => {
    const { data } = await api('POST', 'emails', { address });
    $('add-email-input').value = '';
    if (!state.config.emails.require_verification)
      return refresh('The address is added.', 'emails-title');
    const sent = await api('POST', 'passcode/login/initialize',
      { user_id: state.userId, email_id: data.id });
    state.passcodeId = sent.data.id;
    return prove(data.address);
  },
  texts: {
    400: 'This address belongs to an account already.',
    409: 'You have as many addresses as you can have.',
    422: 'This is not an address that mail can be sent to.',
  },
});

onSubmit('prove-email', 'prove-email-error', {
  check: ({ code }) => (/^[0-9]{6}$/.test(code) ? null
    : 'The code has six digits.'),
  action: async ({ code }) => {
    await api('POST', 'passcode/login/finalize',
      { id: state.passcodeId, code });
    prove(null);
    await refresh('The address is yours.', 'emails-title');
  },
  texts: passcodeTexts,
});

$('prove-later').addEventListener('click', () => prove(null));

/* ------------------------------------------------ passkeys of the account */

function showPasskeys(passkeys) {
  $('no-passkeys').hidden = passkeys.length > 0;
  $('passkeys').replaceChildren(...passkeys.map(passkeyRow));
}

function passkeyRow({ id, name, created_at, last_used_at, backup_state }) {
  const title = name || 'Passkey';
  const path = `webauthn/credentials/${id}`;
  const note = [backup_state && 'synced',
    `used ${time(last_used_at ?? created_at)}`].filter(Boolean).join(' · ');

  return listRow(title, note, [
    rowButton('Rename', `Rename ${title}`, 'passkeys-error',
      () => askName(path, title)),
    rowButton('Delete', `Delete ${title}`, 'passkeys-error', () =>
      ask('Delete this passkey?', `${title} will not log you in any more.`
        + ' Your device may go on offering it until you remove it there.',
      path, () => refresh('The passkey is deleted.', 'passkeys-title'))),
  ]);
}

onClick('create-passkey', 'passkeys-error', async () => {
  const { data } = await api('POST', 'webauthn/registration/initialize');
  const credential = await navigator.credentials.create(
    { publicKey: creationOptions(data.publicKey) });
  await api('POST', 'webauthn/registration/finalize', answer(credential));
  await refresh('Your passkey is ready.', 'passkeys-title');
}, {
  400: 'This passkey was not accepted. Please try again.',
  422: 'The device did not check that it was you. Set up a PIN or a'
    + ' fingerprint on it.',
});

let renaming = '';

function askName(path, name) {
  renaming = path;
  $('rename-input').value = name;
  complain('rename-error', '');
  $('rename').showModal();
  $('rename-input').select();
}

onSubmit('rename', 'rename-error', {
  check: ({ name }) => (name.trim() ? null : 'Please enter a name.'),
  action: async ({ name }) => {
    await api('PATCH', renaming, { name: name.trim() });
    $('rename').close();
    await refresh('The passkey is renamed.', 'passkeys-title');
  },
  texts: { 404: 'This passkey is gone already.' },
});

$('rename-not').addEventListener('click', () => $('rename').close());

/* ------------------------------------------------ sessions */

const time = (text) => new Date(text).toLocaleString([],
  { dateStyle: 'medium', timeStyle: 'short' });

/* "Firefox on Linux", as far as a user agent tells. */
function device(agent = '') {
  const first = (names) => names.find((name) => agent.includes(name));
  const browser = first(['Firefox', 'Edg', 'OPR', 'Chrome', 'Safari', 'curl']);
  const system = first(['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS',
    'Linux']);
  return [browser ?? 'A client', system].filter(Boolean).join(' on ');
}

async function listSessions() {
  const { data } = await api('GET', 'sessions');

  $('me-until').textContent =
    time(data.find((session) => session.current).expires_at);
  $('end-others').hidden = data.length < 2;
  $('sessions').replaceChildren(...data.map(sessionRow));
}

function sessionRow({ id, current, last_used, ip_address, user_agent }) {
  const used = `used ${time(last_used)}`;
  const name = device(user_agent);

  return listRow(name, [ip_address, used].filter(Boolean).join(' · '), [
    current ? badge('This one') : rowButton('End', `End ${name}, ${used}`,
      'sessions-error', () => endSession(`sessions/${id}`),
      { 404: 'This session has ended already.' })]);
}

async function endSession(path) {
  await api('DELETE', path);
  await listSessions();
  say('Ended.');
  $('sessions-title').focus();
}

onClick('end-others', 'sessions-error', () => endSession('sessions'));

onSubmit('set-password', 'new-password-error', {
  check: ({ password }) => {
    const least = state.config.password.min_password_length;
    return [...password].length < least
      ? `Please take at least ${least} characters.` : null;
  },
  action: async ({ password }) => {
    const { status } = await api('PUT', 'password',
      { user_id: state.userId, password });
    $('new-password-input').value = '';
    say(status === 201 ? 'Your password is set.'
      : 'Your password is changed.');
  },
  texts: { 400: 'This password is too short or too long.' },
});

async function leave(message) {
  state.email = '';
  $('email-input').value = '';
  prove(null);
  show('email', message);
  offerPasskeys();
}

onClick('logout', 'logout-error', async () => {
  await api('POST', 'logout').catch((error) => {
    if (error.status !== 401)
      throw error; /* 401: it had ended already, which is as good */
  });
  await leave('You are logged out.');
});

$('delete').addEventListener('click', () => ask('Delete this account?',
  'Addresses, passkeys, password and sessions go with it. This cannot be'
  + ' undone.', 'user', () => leave('Your account is deleted.')));

/* ------------------------------------------------ the beginning */

async function begin() {
  try {
    state.config = (await api('GET', '.well-known/config')).data;
    const { password, account } = state.config;
    $('choose-password').hidden = !password.enabled;
    $('set-password').hidden = !password.enabled;
    $('new-password-hint').textContent =
      `At least ${password.min_password_length} characters.`;
    $('delete-account').hidden = !account.allow_deletion;

    /* Always 200, so that a visitor without a session sees no error. */
    const { data } = await api('GET', 'sessions/validate');
    if (data.is_valid) {
      await findPasskeys('GET', 'webauthn/credentials');
      await enter();
    } else {
      const ready = await findPasskeys('POST', 'webauthn/login/initialize', {});
      show('email');
      offerPasskeys(ready);
    }
  } catch (error) {
    show('email');
    complain('email-error', explain(error));
  }
}

begin();
