/* After a login: what the account has, and what can be done with it. */
import { api, isThere } from './api.js';
import { answer, creationOptions } from './passkeys.js';
import { $, badge, complain, device, listRow, onClick, onResend, onSubmit,
  rowButton, say, show, state, time } from './ui.js';

/* After a login: whoever was sent here by the members' area goes back. */
export async function arrive(message) {
  if (location.hash !== '#members' || !await isThere('members/'))
    return enter(message);
  return location.replace(new URL('members/', document.baseURI));
}

export async function enter(message = '') {
  const { data } = await api('GET', 'me');

  document.dispatchEvent(new Event('entered'));
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
  await enter();
  $(titleId).focus();
  say(message, titleId);
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
    rowButton('Make primary', `Make primary: ${address}`, 'emails-error',
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

/* The address that is to be proved, by its id. */
let proving = null;

async function sendProof() {
  const { data } = await api('POST', 'passcode/login/initialize',
    { user_id: state.userId, email_id: proving });
  state.passcodeId = data.id;
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
    proving = data.id;
    await sendProof();
    return prove(data.address);
  },
  texts: {
    400: 'This address belongs to an account already.',
    409: 'You have as many addresses as you can have.',
    422: 'This is not an address that mail can be sent to.',
  },
});

export const passcodeTexts = {
  401: 'This code is not right. Look again, or ask for a new one.',
  403: 'This address has been claimed by another account, or somebody else'
    + ' is logged in here.',
  408: 'This code is too old. Ask for a new one.',
  410: 'Three wrong codes: this one is used up. Ask for a new one.',
};

/* Why no code is right any more for the passcode of this id. */
const spent = { id: null, why: '' };

/* What is wrong with what was typed, or null. */
export function checkPasscode({ code }) {
  if (spent.id === state.passcodeId)
    return spent.why;
  return /^[0-9]{6}$/.test(code) ? null : 'The code has six digits.';
}

export async function enterPasscode(code) {
  const id = state.passcodeId;

  try {
    await api('POST', 'passcode/login/finalize', { id, code });
  } catch (error) {
    if ([408, 410].includes(error.status))
      Object.assign(spent, { id, why: passcodeTexts[error.status] });
    throw error;
  }
}

onSubmit('prove-email', 'prove-email-error', {
  check: checkPasscode,
  action: async ({ code }) => {
    await enterPasscode(code);
    prove(null);
    await refresh('The address is yours.', 'emails-title');
  },
  texts: passcodeTexts,
});

onResend('prove-resend', 'prove-email-error', 'prove-email-input',
  async () => {
    await sendProof();
    $('prove-email-input').value = '';
    say('A new code is on its way. Older ones do not work any more.',
      'prove-email-error');
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
  $('sessions-title').focus();
  say('Ended.', 'sessions-title');
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
    await listSessions(); /* a change has ended the others */
    say(status === 201 ? 'Your password is set.'
      : 'Your password is changed.', 'new-password-error');
  },
  texts: { 400: 'This password is too short or too long.' },
});

function leave(message) {
  state.email = '';
  prove(null);
  document.dispatchEvent(new CustomEvent('left', { detail: message }));
}

onClick('logout', 'logout-error', async () => {
  await api('POST', 'logout').catch((error) => {
    if (error.status !== 401)
      throw error; /* 401: it had ended already, which is as good */
  });
  leave('You are logged out.');
});

$('delete').addEventListener('click', () => ask('Delete this account?',
  'Addresses, passkeys, password and sessions go with it. This cannot be'
  + ' undone.', 'user', () => leave('Your account is deleted.')));
