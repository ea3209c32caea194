/*
 * What an operator reads of events of the audit log, where the name of one is
 * not enough.  What has no row is shown under its own name.
 */
const events = {
  admin_denied: 'Somebody was turned away from the Admin API',
  change_refused: 'A change was refused',
  email_created: 'An address was added',
  email_deleted: 'An address was removed',
  email_verified: 'An address was proved',
  limits_cleared: 'Limits were cleared',
  mail_failed: 'A mail was given up',
  operator_added: 'Marked as an operator',
  operator_logged_out: 'An operator left',
  operator_login_failed: 'Somebody did not come in as an operator',
  operator_login_init_succeeded: 'Somebody began to log in as an operator',
  operator_login_succeeded: 'An operator logged in',
  operator_removed: 'Is no operator any more',
  otp_failed: 'A wrong code of the authenticator app',
  passcode_login_final_failed: 'A mailed code was not taken',
  passcode_login_final_succeeded: 'Logged in by a mailed code',
  passcode_login_init_failed: 'No code was made',
  passcode_login_init_held_back: 'A code was not mailed',
  passcode_login_init_succeeded: 'A code was mailed',
  password_deleted: 'The password was removed',
  password_login_failed: 'A password was not taken',
  password_login_succeeded: 'Logged in by password',
  password_set_failed: 'A new password was not taken',
  password_set_succeeded: 'A password was set',
  rate_limited: 'A limit was reached',
  session_created: 'A session began',
  session_deleted: 'A session was ended',
  user_changed: 'The user was changed',
  user_created: 'The user was made',
  user_deleted: 'The user was deleted',
  user_locked: 'The user was locked',
  user_logged_out: 'Logged out',
  user_unlocked: 'The user was unlocked',
  webauthn_authentication_final_failed: 'A passkey was not taken',
  webauthn_authentication_final_succeeded: 'Logged in by a passkey',
  webauthn_credential_deleted: 'A passkey was removed',
  webauthn_registration_final_succeeded: 'A passkey was added',
};

export const eventWords = (type) => events[type]
  ?? type.charAt(0).toUpperCase() + type.slice(1).replaceAll('_', ' ');

/* Limits, by their names and by who is counted apart (postern.yaml(5)). */
const limits = {
  account: 'Tries to log in',
  claim: 'Addresses claimed',
  code: 'Wrong codes',
  mail: 'Mails to the address',
  'mail-again': 'Codes asked for again',
  'mail-from': 'Mails to the address, from one network',
  name: 'Tries by name',
  notice: 'Notices of one kind',
  otp: 'Codes of the app',
  passcode: 'Codes, from one network',
  password: 'Passwords, from one network',
};

export function limitWords(name) {
  const [limit, ...asker] = name.split(' ');

  return `${limits[limit] ?? limit}${asker.length > 0
    ? ` (${asker.join(' ')})` : ''}`;
}

/* How many there are. */
export const count = (n, one, several = `${one}s`) =>
  `${n.toLocaleString()} ${n === 1 ? one : several}`;
