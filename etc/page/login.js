/* Before a login: who it is, and how they prove it. */
import { arrive, checkPasscode, enterPasscode, passcodeTexts }
  from './account.js';
import { api } from './api.js';
import { answer, requestOptions } from './passkeys.js';
import { $, complain, explain, onClick, onResend, onSubmit, show, state }
  from './ui.js';

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

onSubmit('passcode', 'passcode-error', {
  check: checkPasscode,
  action: async ({ code }) => {
    await enterPasscode(code);
    await arrive();
  },
  texts: passcodeTexts,
});

onResend('resend', 'passcode-error', 'passcode-input', () =>
  sendCode('A new code is on its way. Older ones do not work any more.'),
sendTexts);

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
 * (conditional mediation), as long as the challenge is good; then anew.  Nobody
 * has asked for it: if it cannot be had, or ends by itself, nothing is said.
 */
export async function offerPasskeys(ready) {
  autofill?.abort();
  const credential = await taken(ready).catch(() => null);
  if (!credential)
    return;
  try {
    await api('POST', 'webauthn/login/finalize', answer(credential));
    await arrive();
  } catch (error) {
    complain('email-error', explain(error, passkeyLoginTexts));
  }
}

/* The credential that somebody takes from the offer, if anybody does. */
async function taken(ready) {
  if (!state.passkeys
      || !await PublicKeyCredential.isConditionalMediationAvailable?.())
    return null;
  const offer = autofill = new AbortController();
  const { publicKey } = ready
    ?? (await api('POST', 'webauthn/login/initialize', {})).data;
  const again = setTimeout(() => offerPasskeys(), publicKey.timeout * 0.9);
  offer.signal.addEventListener('abort', () => clearTimeout(again));
  const credential = await navigator.credentials.get({
    publicKey: requestOptions(publicKey),
    mediation: 'conditional', signal: offer.signal });
  clearTimeout(again);
  return credential;
}

const passkeyLoginTexts = {
  400: 'This passkey is not accepted here.',
  401: 'This passkey is not known here, or the attempt took too long.',
};

onClick('any-passkey', 'email-error', () => loginWithPasskey({}),
  passkeyLoginTexts);

onClick('my-passkey', 'choose-error',
  () => loginWithPasskey({ user_id: state.userId }), passkeyLoginTexts);

/* ------------------------------------------------ the door */

document.addEventListener('entered', () => autofill?.abort());

document.addEventListener('left', ({ detail }) => {
  $('email-input').value = '';
  show('email', detail);
  offerPasskeys();
});
