/*
 * Login by a key that a password protects, on the Dfns API: the server keeps
 * the key sealed and hands it out for a code from the mail; the password opens
 * it in this page, and never leaves it.
 */
import { api } from './api.js';
import { approval, claims, drawRecoveryKey, factor, inGroups, makeKeyPair,
  newCredential, randomId, readRecoveryKey, recoveryId, seal, unseal }
  from './dfns.js';
import { $, Told, badge, complain, device, explain, listRow, onClick,
  onResend, onSubmit, say, show, state, time } from './ui.js';

const PASSWORD_MIN = 12; /* characters: who has the sealed key may guess */

/* The organisation whose members log in here; whoever serves the page says. */
let orgId;

const who = () => ({ orgId, username: state.email });

/* texts: what a status means at this step, where that is known better. */
async function call(method, path, { body, bearer, texts = {} }) {
  try {
    return (await api(method, `auth/${path}`, body, bearer)).data;
  } catch (error) {
    throw texts[error.status] ? new Told(texts[error.status]) : error;
  }
}

/* ------------------------------------------------ over a reload */

/* What this tab needs to go on; it is gone when the tab is. */
const STORE = 'postern-keys';

const remember = (what) => sessionStorage.setItem(STORE, JSON.stringify(what));
const forget = () => sessionStorage.removeItem(STORE);
const remembered = () => JSON.parse(sessionStorage.getItem(STORE) ?? '{}');

for (const button of document.querySelectorAll('[data-go="start"]'))
  button.addEventListener('click', forget);

/* ------------------------------------------------ codes by mail */

const codePaths = {
  login: ['POST', 'login/code'],
  register: ['PUT', 'registration/code'],
  recover: ['POST', 'recover/user/code'],
};

/* The server answers all names alike, so the page cannot say more either. */
async function sendCode(step, message) {
  const [method, path] = codePaths[step];

  await call(method, path, { body: who() });
  remember({ step, email: state.email });
  lock();
  show(step, message);
}

/* The server sends no more than that, and does not tell. */
const again = 'If there is one to be had, a new code is on its way; there is'
  + ' one in 30 seconds, and five in an hour. The newest one counts.';

for (const step of Object.keys(codePaths))
  onResend(`${step}-resend`, `${step}-error`, `${step}-code`,
    () => sendCode(step, again));

/* The address of the first section, which three buttons need. */
async function begin(step) {
  const field = $('email-input');

  if (!field.validity.valid || field.value === '') {
    field.focus();
    throw new Told('Please enter a complete e-mail address.');
  }
  state.email = field.value.trim();
  await sendCode(step);
}

onSubmit('start', 'email-error', { action: () => begin('login') });
onClick('to-register', 'email-error', () => begin('register'));
onClick('to-recover', 'email-error', () => begin('recover'));

const checkCode = ({ code }) => (code.replaceAll(/\D/g, '').length === 16
  ? null : 'The code has sixteen digits.');

const codeTexts = {
  400: 'This code is too old. Ask for a new one.',
  403: 'This code is not right, or not good any more. Look again, or ask for a'
    + ' new one.',
};

/* Complain about another field than the code. */
function refuse(id, text) {
  complain(id, text);
  document.querySelector(`[aria-describedby~="${id}"]`).focus();
}

/* ------------------------------------------------ logging in */

/* The challenge, with the sealed keys, that a right code has opened. */
let opened = null;

function lock(challenge = null) {
  opened = challenge;
  for (const part of document.querySelectorAll('.while-locked'))
    part.hidden = opened !== null;
  $('login-opened').hidden = opened === null;
}

async function openWith(code) {
  lock(await call('POST', 'login/init', { body: { ...who(),
    loginCode: code }, texts: codeTexts }));
}

/* The first of the sealed keys that the password opens: { id, key }. */
async function unsealAny(sealed, password) {
  for (const { id, encryptedPrivateKey } of sealed) {
    const key = await unseal(encryptedPrivateKey, password, state.email);
    if (key)
      return { id, key };
  }
  return null;
}

onSubmit('login', 'login-error', {
  check: (fields) => (opened ? null : checkCode(fields)),
  action: async ({ code, password }) => {
    complain('login-password-error', '');
    if (password === '')
      return refuse('login-password-error', 'Please enter your password.');
    if (!opened)
      await openWith(code);
    const { allowCredentials, challenge, challengeIdentifier } = opened;
    const sealed = allowCredentials.passwordProtectedKey;
    if (sealed.length === 0)
      throw new Told('No key of this account is protected by a password.');
    const found = await unsealAny(sealed, password);
    /* The code was right: another password can be tried without one. */
    if (!found)
      return refuse('login-password-error',
        'This password does not open your key. Try again.');
    const firstFactor = await factor('PasswordProtectedKey', challenge,
      found.id, found.key);
    lock();
    const { token } = await call('POST', 'login',
      { body: { challengeIdentifier, firstFactor }, texts: {
        400: 'That took too long. Ask for a new code.',
        401: 'The server does not accept this key. Ask for a new code.',
      } });
    remember({ token });
    return enter(token);
  },
});

/* ------------------------------------------------ new keys */

/* What is wrong with a password that is to protect a key, or null. */
const checkPassword = (password) => ([...password].length < PASSWORD_MIN
  ? `Please take at least ${PASSWORD_MIN} characters.` : null);

/*
 * A key under the password, and if wanted a recovery key: the credentials as
 * the API wants them, and what the person has to keep.
 */
async function makeCredentials(challenge, username, password, wanted) {
  const pair = await makeKeyPair();
  const made = { credentials: {
    firstFactorCredential: await newCredential('PasswordProtectedKey',
      challenge, pair, { credId: randomId(), name: device(navigator.userAgent),
        sealed: await seal(pair, password, username) }),
  } };

  if (!wanted)
    return made;
  const recovery = await makeKeyPair();
  made.recoveryKey = drawRecoveryKey();
  made.credentials.recoveryCredential = await newCredential('RecoveryKey',
    challenge, recovery, { credId: await recoveryId(made.recoveryKey),
      name: 'Recovery key',
      sealed: await seal(recovery, made.recoveryKey, username) });
  return made;
}

/* The new key is there: on to a login with it, past the recovery key. */
async function proceed(username, recoveryKey, message) {
  state.email = username;
  forget();
  if (!recoveryKey)
    return sendCode('login', message);
  $('recovery-key').textContent = inGroups(recoveryKey);
  addEventListener('beforeunload', hold);
  return show('keep', message);
}

/* A recovery key that is shown once is not lost by a slip. */
const hold = (event) => event.preventDefault();

onSubmit('register', 'register-error', {
  check: checkCode,
  action: async ({ code, password, recovery }) => {
    const fault = checkPassword(password);
    complain('register-password-error', '');
    if (fault)
      return refuse('register-password-error', fault);
    const begun = await call('POST', 'registration/init',
      { body: { ...who(), registrationCode: code }, texts: codeTexts });
    const made = await makeCredentials(begun.challenge, begun.user.name,
      password, recovery);
    await call('POST', 'registration', { body: made.credentials,
      bearer: begun.temporaryAuthenticationToken,
      texts: { 401: 'Somebody was faster. Ask for a new code.' } });
    return proceed(begun.user.name, made.recoveryKey, 'Your key is ready.');
  },
});

onClick('copy', 'keep-error', async () => {
  try {
    await navigator.clipboard.writeText($('recovery-key').textContent);
  } catch {
    throw new Told('The browser did not let it be copied. Write it down.');
  }
  say('Copied.', 'keep-error');
});

onSubmit('keep', 'keep-error', {
  action: async () => {
    await sendCode('login', 'Now log in with your password.');
    removeEventListener('beforeunload', hold);
    $('recovery-key').textContent = '';
  },
});

/* ------------------------------------------------ recovery */

/* Open the recovery key, and let it approve new credentials. */
async function recover(begun, recoveryKey, password) {
  const [{ id, encryptedRecoveryKey }] = begun.allowedRecoveryCredentials;
  const key = await unseal(encryptedRecoveryKey, recoveryKey, begun.user.name);

  if (!key)
    throw new Told('This recovery key is not of this account.');
  const made = await makeCredentials(begun.challenge, begun.user.name,
    password, true);
  await call('POST', 'recover/user', {
    body: { recovery: await approval(made.credentials, id, key),
      newCredentials: made.credentials },
    bearer: begun.temporaryAuthenticationToken,
    texts: { 401: 'The server does not accept this recovery key.' } });
  return made;
}

onSubmit('recover', 'recover-error', {
  check: checkCode,
  action: async ({ code, recovery, password }) => {
    const recoveryKey = readRecoveryKey(recovery);
    const fault = checkPassword(password);
    complain('recover-key-error', '');
    complain('recover-password-error', '');
    if (!recoveryKey)
      return refuse('recover-key-error',
        'A recovery key has eight groups of four signs.');
    if (fault)
      return refuse('recover-password-error', fault);
    const begun = await call('POST', 'recover/user/init', {
      body: { ...who(), verificationCode: code,
        credentialId: await recoveryId(recoveryKey) },
      texts: { ...codeTexts, 401: 'This is not the recovery key of this'
        + ' account. Look again, and ask for a new code.' } });
    const made = await recover(begun, recoveryKey, password);
    return proceed(begun.user.name, made.recoveryKey,
      'Your new key is ready. The old ones, and the old recovery key, do not'
        + ' work any more.');
  },
});

/* ------------------------------------------------ logged in */

const kinds = {
  Fido2: 'Passkey',
  Key: 'Key',
  PasswordProtectedKey: 'Key under a password',
  RecoveryKey: 'Recovery key',
};

const credentialRow = ({ kind, name, dateCreated, isActive }) =>
  listRow(name, [kinds[kind] !== name && kinds[kind],
    `made ${time(dateCreated)}`].filter(Boolean).join(' · '),
  isActive ? [badge('Active')] : []);

async function enter(token, message) {
  const { items } = await call('GET', 'credentials', { bearer: token });
  const me = claims(token);

  state.email = me.username;
  $('me-username').textContent = me.username;
  $('me-id').textContent = me.userId;
  $('me-org').textContent = me.orgId;
  $('me-until').textContent = time(me.until);
  $('credentials').replaceChildren(...items.map(credentialRow));
  show('account', message);
}

async function leave(body, message) {
  const { token } = remembered();

  await call('PUT', 'logout', { body, bearer: token }).catch((error) => {
    if (error.status !== 401)
      throw error; /* 401: it had ended already, which is as good */
  });
  forget();
  state.email = '';
  $('email-input').value = '';
  show('start', message);
}

onClick('logout', 'logout-error', () =>
  leave(undefined, 'You are logged out.'));

onClick('logout-all', 'logout-error', () =>
  leave({ allSessions: true }, 'You are logged out everywhere.'));

/* ------------------------------------------------ the beginning */

/* Where the tab was before it was loaded anew. */
async function resume() {
  const { token, step, email = '' } = remembered();

  if (token)
    return enter(token);
  state.email = $('email-input').value = email;
  return show(step ?? 'start');
}

/* A file of one line beside the page, which its operator writes. */
async function learnOrganisation() {
  try {
    ({ orgId } = await import(new URL('organisation.js', document.baseURI)));
  } catch {
    throw new Told('This page has not been told whose members log in here.');
  }
}

try {
  await learnOrganisation();
  await resume();
} catch (error) {
  forget();
  show('start');
  complain('email-error', explain(error));
}
