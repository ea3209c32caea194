/*
 * What a person reads on the page of flows: a row for a state, an action, an
 * input, an error.  What has no row works as well, under its own name: a
 * server may know more than this page.  {who} is the account's address or name
 * as it was typed, {mail} where mail goes, {what} what an action is about.
 */

/* "continue_to_login_otp" is better than nothing: "Continue to login otp". */
export const humanize = (name) => {
  const text = name.replaceAll('_', ' ').trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/*
 * States: a title, and a sentence below it.  A state may have other words for
 * whoever comes from another one, or by an action: "from>state".
 */
const browserAsks = 'Your browser asks you for it now.';
const securityKey = { title: 'Set up a security key', lead: browserAsks };
const passkey = { title: 'Create a passkey', lead: browserAsks };

const states = {
  login_init: { title: 'Log in' },
  registration_init: { title: 'Create an account' },
  passcode_confirmation: { title: 'Check your mail',
    lead: 'We sent a mail to {mail}. Enter the code that is in it.' },
  login_method_chooser: { title: 'How do you want to log in?',
    lead: 'As {who}.' },
  login_password: { title: 'Enter your password', lead: 'For {who}.' },
  login_passkey: { title: 'Use your passkey', lead: browserAsks },
  'login_security_key>login_passkey': { title: 'Use your security key',
    lead: browserAsks },
  login_security_key: { title: 'Use your security key',
    lead: 'Your account is protected by a second step. Have the key at'
      + ' hand.' },
  login_otp: { title: 'Enter the code of your app',
    lead: 'Your authenticator app shows six digits.' },
  login_password_recovery: { title: 'Choose a new password',
    lead: 'It takes the place of the one that you have forgotten.' },
  onboarding_username: { title: 'Choose a username' },
  onboarding_email: { title: 'Add your e-mail address',
    lead: 'Codes, and notices about your account, are mailed there.' },
  credential_onboarding_chooser: { title: 'Log in faster next time',
    lead: 'With a passkey or a password, there is no mail to wait for.' },
  password_creation: { title: 'Choose a password' },
  onboarding_create_passkey: { title: 'Create a passkey',
    lead: 'It logs you in with a fingerprint, a face or a PIN, and nobody can'
      + ' phish it.' },
  onboarding_verify_passkey_attestation: passkey,
  'mfa_security_key_creation>onboarding_verify_passkey_attestation':
    securityKey,
  mfa_method_chooser: { title: 'Protect your account',
    lead: 'With a second step, a stolen password alone opens nothing.' },
  mfa_otp_secret_creation: { title: 'Set up your authenticator app',
    lead: 'Scan this with the app, then enter the six digits that it shows.' },
  mfa_security_key_creation: { title: 'Set up a security key',
    lead: 'A small device that you plug in or hold against your phone. Have'
      + ' it at hand.' },
  device_trust: { title: 'Trust this browser?',
    lead: 'If nobody else uses it, you need not show your second step here'
      + ' for a while.' },
  profile_init: { title: 'Your account' },
  webauthn_credential_verification: passkey,
  'security_key_create>webauthn_credential_verification': securityKey,
  error: { title: 'This goes no further' },
};

export const stateWords = (name, { from, by } = {}) =>
  states[`${by}>${name}`] ?? states[`${from}>${name}`] ?? states[name]
  ?? { title: humanize(name) };

/*
 * Actions, in the order in which they are offered; "state.action" where it
 * goes by another name there.  label: of its button.  done: what is said when
 * it was taken, by the state that it led to.  confirm: what is asked first;
 * form: the title of the form that it has, in the profile.
 */
const profile = (text) => ({ profile_init: text });
const remove = (title, text, yes = 'Delete') => ({ title, text, yes });

const actions = {
  continue_with_login_identifier: { label: 'Continue' },
  register_login_identifier: { label: 'Create account' },
  'passcode_confirmation.verify_passcode': { label: 'Continue',
    done: profile('The address is yours.') },
  password_login: { label: 'Log in' },
  password_recovery: { label: 'Save password' },
  register_password: { label: 'Save password' },
  otp_code_validate: { label: 'Log in' },
  otp_code_verify: { label: 'Continue',
    done: profile('Your authenticator app is set up.') },
  trust_device: { label: 'Trust this browser' },
  email_address_set: { label: 'Continue' },
  'onboarding_username.username_create': { label: 'Save username' },
  continue_to_passkey_registration: { label: 'Create a passkey' },
  continue_to_password_registration: { label: 'Choose a password' },
  'onboarding_create_passkey.webauthn_generate_creation_options': {
    label: 'Create a passkey' },
  'mfa_security_key_creation.webauthn_generate_creation_options': {
    label: 'Set up the key' },
  continue_to_otp_secret_creation: { label: 'Use an authenticator app' },
  continue_to_security_key_creation: { label: 'Use a security key' },
  continue_to_passcode_confirmation: { label: 'E-mail me a code' },
  'login_security_key.webauthn_generate_request_options': {
    label: 'Use the key' },
  'login_method_chooser.webauthn_generate_request_options': {
    label: 'Use my passkey' },
  webauthn_generate_request_options: { label: 'Use a passkey' },
  continue_to_password_login: { label: 'Use my password' },
  continue_to_login_otp: { label: 'Use my authenticator app' },
  continue_to_login_security_key: { label: 'Use my security key' },
  webauthn_verify_assertion_response: { label: 'Try again' },
  webauthn_verify_attestation_response: { label: 'Try again',
    done: profile('It is ready to use.') },
  resend_passcode: { label: 'Send a new code',
    done: { passcode_confirmation: 'A new code is on its way. Once it is there,'
      + ' older ones do not work any more.' } },
  continue_to_passcode_confirmation_recovery: {
    label: 'I forgot my password' },

  email_create: { label: 'Add an address', form: 'Add an address',
    submit: 'Add', done: profile('The address is added.') },
  email_set_primary: { label: 'Make primary',
    done: profile('{what} is your primary address now.') },
  email_verify: { label: 'Verify' },
  email_delete: { label: 'Delete', done: profile('The address is deleted.'),
    confirm: remove('Delete this address?',
      'You will not be able to log in with {what} any more.') },
  username_create: { label: 'Choose a username', form: 'Choose a username',
    submit: 'Save', done: profile('Your username is set.') },
  username_update: { label: 'Change', form: 'Change your username',
    submit: 'Save', done: profile('Your username is changed.') },
  username_delete: { label: 'Delete', done: profile('Your username is gone.'),
    confirm: remove('Delete your username?',
      'You will not be able to log in with {what} any more.') },
  password_create: { label: 'Set a password', form: 'Set a password',
    submit: 'Save', done: profile('Your password is set.') },
  password_update: { label: 'Change', form: 'Change your password',
    submit: 'Save', done: profile('Your password is changed.') },
  password_delete: { label: 'Delete', done: profile('Your password is gone.'),
    confirm: remove('Delete your password?',
      'It will not log you in any more.') },
  webauthn_credential_create: { label: 'Create a passkey' },
  webauthn_credential_rename: { label: 'Rename', form: 'Give it a name',
    submit: 'Save', done: profile('It has a new name.') },
  webauthn_credential_delete: { label: 'Delete',
    done: profile('It is deleted.'), confirm: remove('Delete this passkey?',
      '{what} will not log you in any more. Your device may go on offering it'
      + ' until you remove it there.') },
  security_key_create: { label: 'Set up a security key' },
  security_key_delete: { label: 'Delete', done: profile('The key is deleted.'),
    confirm: remove('Delete this security key?',
      '{what} will not be asked for any more.') },
  'profile_init.continue_to_otp_secret_creation': {
    label: 'Set up an authenticator app' },
  otp_secret_delete: { label: 'Remove',
    done: profile('The authenticator app is removed.'),
    confirm: remove('Remove your authenticator app?',
      'Its codes will not be asked for any more.', 'Remove') },
  session_delete: { label: 'End', done: profile('The session has ended.') },
  patch_metadata: { label: 'Edit', form: 'Edit the data of pages',
    submit: 'Save', done: profile('It is saved.') },
  account_delete: { label: 'Delete account…',
    confirm: remove('Delete your account?', 'All that belongs to it goes with'
      + ' it. This cannot be undone.') },

  skip: { label: 'Not now' },
  back: { label: 'Back' },
};

export const actionWords = (name, state) => actions[`${state}.${name}`]
  ?? actions[name] ?? { label: humanize(name) };

/* Where it stands among others; those without a row, before skip and back. */
export function rank(name, state) {
  const names = Object.keys(actions);
  const at = Math.max(names.indexOf(`${state}.${name}`), names.indexOf(name));
  return at < 0 ? names.indexOf('skip') - 0.5 : at;
}

/*
 * Inputs; "action.input" where it goes by another name there.  type: another
 * one than the flow's.  keep: it is typed once, and stands there again after
 * a new beginning; no secret.
 */
const code = { class: 'code', autocomplete: 'one-time-code', length: 6,
  placeholder: '······' };
const address = { label: 'E-mail address', type: 'email', keep: true,
  autocapitalize: 'none', spellcheck: 'false', inputmode: 'email' };
const name = { keep: true, autocapitalize: 'none', spellcheck: 'false' };
const newPassword = { label: 'New password', type: 'password',
  autocomplete: 'new-password' };

const inputs = {
  'continue_with_login_identifier.email': { ...address,
    autocomplete: 'username webauthn' },
  'continue_with_login_identifier.identifier': { ...name,
    label: 'E-mail address or username', autocomplete: 'username webauthn' },
  'continue_with_login_identifier.username': { ...name, label: 'Username',
    autocomplete: 'username webauthn' },
  email: { ...address, autocomplete: 'email' },
  username: { ...name, label: 'Username', autocomplete: 'username' },
  'password_login.password': { label: 'Password', type: 'password',
    autocomplete: 'current-password' },
  new_password: newPassword,
  password: newPassword,
  code: { ...code, label: 'Code', inputmode: 'numeric' },
  otp_code: { ...code, label: 'Code of the app', inputmode: 'numeric' },
  remember_me: { label: 'Keep me logged in' },
  passkey_name: { label: 'Name', autocomplete: 'off' },
  patch_metadata: { label: 'Changes, as JSON',
    hint: 'What is null is taken away.' },
};

export const inputWords = (input, action) => ({ label: humanize(input),
  ...inputs[`${action}.${input}`] ?? inputs[input] });

/*
 * Errors by code; "input.code" where an input knows better.  {min}, {max} are
 * the input's bounds, {wait} the time that has to pass.
 */
const errors = {
  value_missing_error: 'Please fill this in.',
  value_invalid_error: 'This cannot be taken. Please look again.',
  value_too_short_error: 'Please take at least {min} characters.',
  value_too_long_error: 'This is too long: {max} characters at most.',
  'email.value_missing_error': 'Please enter your e-mail address.',
  'email.value_invalid_error': 'Please enter a complete e-mail address.',
  'identifier.value_invalid_error':
    'Please enter a complete e-mail address, or a username.',
  'password.value_missing_error': 'Please enter a password.',
  'password.value_invalid_error': 'This password is not right.',
  'new_password.value_missing_error': 'Please choose a password.',
  'new_password.value_invalid_error': 'This password is too short.',
  'code.value_missing_error': 'Please enter the code from the mail.',
  'code.value_too_short_error': 'The code has six digits.',
  'code.value_too_long_error': 'The code has six digits.',
  'otp_code.value_missing_error': 'Please enter the six digits of the app.',
  'otp_code.value_too_short_error': 'The code has six digits.',
  'otp_code.value_too_long_error': 'The code has six digits.',
  'otp_code.passcode_invalid':
    'This code is not right. Look at the app again: it has another one soon.',
  passcode_invalid: 'This code is not right. Look again, or ask for a new one.',
  email_already_exists: 'There is an account with this address already.',
  unknown_email_error: 'There is no account with this address.',
  unknown_username_error: 'There is no account with this name.',
  invalid_username_error: 'Letters, digits and _ make a username.',
  username_already_exists: 'This name is taken.',
  invalid_metadata_error: 'This is no JSON object, or it is too long.',

  form_data_invalid_error: 'This cannot be taken as it is.',
  passkey_invalid: 'It was not accepted. Please try again, or another way.',
  webauthn_credential_invalid_mfa_only:
    'This is a security key: it is asked for after your password.',
  passcode_max_attempts_reached:
    'Too many wrong codes: this one is used up. Ask for a new one.',
  platform_authenticator_required:
    'A passkey or security key is needed here, and this browser has none.'
    + ' Please try another device.',
  flow_discontinuity_error:
    'There is no way to log in to this account here.',
  not_found: 'It is gone already.',
  operation_not_permitted_error: 'This is not possible, or not any more.',
  rate_limit_exceeded: 'Too many attempts. Try again in {wait}.',
};

export const hasWords = (error) => error in errors;

export function errorWords(error, input = '') {
  return errors[`${input}.${error}`] ?? errors[error]
    ?? `That did not work (${humanize(error)}).`;
}

/* What is said of a flow that had to begin anew, by why. */
export const anew = {
  flow_expired_error: 'That took too long: please begin again.',
  operation_not_permitted_error:
    'This page was not up to date any more: please begin again.',
  unauthorized: 'Your session has ended. Please log in again.',
  back: 'You went back to the beginning.',
  reload: 'The page was loaded anew: please begin again.',
};

/* The two ways in, each with what leads from one to the other. */
export const doors = {
  login: { other: 'registration', label: 'New here? Create an account',
    shut: 'Nobody can log in here at the moment.',
    arrived: 'You are logged in.' },
  registration: { other: 'login', label: 'I have an account: log in',
    shut: 'New accounts are not accepted here.',
    arrived: 'Your account is ready.' },
};

/* A text with what belongs in place of its {names}. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g,
  (whole, key) => values[key] ?? whole);

export const seconds = (n) => {
  if (n > 90)
    return `${Math.ceil(n / 60)} minutes`;
  return n === 1 ? 'a second' : `${n} seconds`;
};
