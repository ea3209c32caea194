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
  passcodeId: null };

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
  if (!(error instanceof ApiError))
    throw error;
  return texts[error.status]
    ?? `That did not work: ${error.message ?? `status ${error.status}`}.`;
}

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
  const form = $(formId).querySelector('form');

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    const fault = check?.(fields);
    if (fault)
      complain(errorId, fault);
    else
      await attempt(form.querySelector('.primary'), errorId,
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
      await enter('Your account is ready.');
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

onSubmit('passcode', 'passcode-error', {
  check: ({ code }) => (/^[0-9]{6}$/.test(code) ? null
    : 'The code has six digits.'),
  action: async ({ code }) => {
    await api('POST', 'passcode/login/finalize',
      { id: state.passcodeId, code });
    await enter();
  },
  texts: {
    401: 'This code is not right. Look again, or ask for a new one.',
    403: 'This address has been claimed by another account, or somebody else'
      + ' is logged in here.',
    408: 'This code is too old. Ask for a new one.',
    410: 'Three wrong codes: this one is used up. Ask for a new one.',
  },
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
    await enter();
  },
  texts: {
    400: 'This cannot be the password of an account.',
    401: 'This password is not right, or the account has none.',
  },
});

for (const button of document.querySelectorAll('[data-go]'))
  button.addEventListener('click', () => show(button.dataset.go));

/* ------------------------------------------------ logged in */

async function enter(message = '') {
  const { data } = await api('GET', 'me');

  state.userId = data.user_id;
  state.email = data.emails?.find((email) => email.is_primary)?.address
    ?? state.email;
  $('me-email').textContent = state.email;
  $('me-id').textContent = state.userId;
  await listSessions();
  show('account', message);
}

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
  const row = document.createElement('li');
  const text = row.appendChild(document.createElement('div'));
  const small = document.createElement('small');
  const mark = document.createElement(current ? 'span' : 'button');

  small.textContent = [ip_address, `used ${time(last_used)}`]
    .filter(Boolean).join(' · ');
  text.append(device(user_agent), small);
  mark.textContent = current ? 'This one' : 'End';
  mark.className = current ? 'badge' : 'secondary';
  if (!current) {
    mark.type = 'button';
    mark.setAttribute('aria-label', `End ${device(user_agent)}, used ${
      time(last_used)}`);
    mark.addEventListener('click', () =>
      attempt(mark, 'sessions-error', () => endSession(`sessions/${id}`),
        { 404: 'This session has ended already.' }));
  }
  row.append(mark);
  return row;
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
  show('email', message);
}

onClick('logout', 'logout-error', async () => {
  await api('POST', 'logout').catch((error) => {
    if (error.status !== 401)
      throw error; /* 401: it had ended already, which is as good */
  });
  await leave('You are logged out.');
});

$('delete').addEventListener('click', () => $('confirm').showModal());

onClick('delete-now', 'delete-error', async () => {
  await api('DELETE', 'user');
  $('confirm').close();
  await leave('Your account is deleted.');
});

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
    if (data.is_valid)
      await enter();
    else
      show('email');
  } catch (error) {
    show('email');
    complain('email-error', explain(error));
  }
}

begin();
