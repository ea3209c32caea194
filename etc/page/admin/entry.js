/*
 * How an operator comes in, by a passkey or by a key, and who is in.  Of a
 * session the tab remembers that there is one, and what is looked at; the
 * cookie is the browser's.
 */
import { ask, call, enter, hasSession, isId, take } from './call.js';
import { field, form, section } from './parts.js';
import { answer, requestOptions } from './passkeys.js';
import { $, Told, make } from './ui.js';

const REMEMBERED = 'postern-operator';

const isOrganisation = (text) => text === '' || isId(text)
  || /^or(-[0-9a-z]+)+$/.test(text);

function organisationOf(text) {
  if (!isOrganisation(text.trim()))
    throw new Told('The id of an organisation begins with or-, or is a UUID.');
  return text.trim();
}

/* ------------------------------------------------ who is in */

function showWho({ kind, name, read_only: reader, user_id: id }) {
  $('who').replaceChildren(kind === 'key' ? 'Key ' : 'Logged in as ',
    make('b', {}, name ?? id), reader ? ', to look only' : '');
  $('who').hidden = false;
}

export function forgetWho() {
  $('who').replaceChildren();
  $('who').hidden = true;
  sessionStorage.removeItem(REMEMBERED);
}

/* Ask who one is: it shows whether one is anybody. */
async function check(refusals) {
  try {
    showWho((await call('GET', '/operator')).data);
  } catch (error) {
    take('', '');
    forgetWho();
    if (refusals[error.status])
      throw new Told(refusals[error.status]);
    throw error;
  }
}

/* After a reload: is there a session still? */
export async function comeBack() {
  const id = sessionStorage.getItem(REMEMBERED);

  if (id === null || !isOrganisation(id))
    return false;
  enter(id);
  try {
    showWho((await ask('GET', id, '/operator')).data);
    return true;
  } catch {
    take('', '');
    forgetWho();
    return false;
  }
}

/* Returns what is to be said of it. */
export async function leave() {
  const had = hasSession();

  if (had)
    await ask('POST', '', '/operator/logout').catch(() => {});
  take('', '');
  forgetWho();
  return had ? 'You are logged out.'
    : 'You have left, and the key is forgotten.';
}

/* ------------------------------------------------ by a passkey */

const notHere = 'Nobody logs in by a passkey here: server.admin.origins does'
  + ' not name the address of this page.';

/* An operator is one of home, if that is not "". */
async function signIn(home) {
  const told = (texts) => (error) => {
    throw texts[error.status] ? new Told(texts[error.status]) : error;
  };

  if (!window.PublicKeyCredential)
    throw new Told('This browser has no passkeys for this page.');
  const { data } = await ask('POST', home, '/operator/login/initialize')
    .catch(told({ 401: notHere, 404: notHere }));
  const credential = await navigator.credentials.get({ publicKey:
    requestOptions(data.publicKey) });
  await ask('POST', home, '/operator/login/finalize', answer(credential))
    .catch(told({ 401: 'This passkey does not let you in. It must be one that'
      + ' you had when you were marked as an operator.' }));
}

const passkeyRefusals = {
  404: 'There is no such organisation, or you are an operator of another one.',
};

async function comeInByPasskey(values, begin) {
  const id = organisationOf(values['passkey-organisation']);

  take('', '');
  await signIn(values.only ? id : '');
  enter(id);
  await check(passkeyRefusals);
  sessionStorage.setItem(REMEMBERED, id);
  await begin();
}

const byPasskey = (begin) => section('by-passkey', 'By a passkey',
  form('by-passkey', [
    make('details', {}, make('summary', {}, 'Another organisation'),
      field('passkey-organisation', 'Organisation to look at', {
        'aria-describedby': 'passkey-organisation-hint by-passkey-error',
        hint: 'Its id, or-... or a UUID. Empty: the default one.' }),
      field('only', 'I am an operator of it alone', { type: 'checkbox' }))],
  'Log in with a passkey', (values) => comeInByPasskey(values, begin),
  { kind: 'primary' }));

/* ------------------------------------------------ by a key */

const keyRefusals = {
  403: 'This key may not do that.',
  404: 'There is no such organisation, or the key is of another one.',
};

async function comeInByKey({ key, organisation }, begin) {
  if (!/^[!-~]+$/.test(key.trim()))
    throw new Told('Enter the key as "postern admin-key create" printed it.');
  take(key.trim(), organisationOf(organisation));
  await check(keyRefusals);
  await begin();
}

const byKey = (begin) => section('way-in', 'By a key', form('way-in', [
  field('key', 'Admin key', { type: 'password', 'aria-describedby':
    'key-hint way-in-error', hint:
    'It begins with ptna_. "postern admin-key create NAME" on the server'
      + ' makes one. The page keeps it until you leave or reload.' }),
  field('organisation', 'Organisation', { hint:
    'Its id, or-... or a UUID. Empty: that of the key, or the default'
      + ' one.' })], 'Log in', (values) => comeInByKey(values, begin)));

/* begin: is called once somebody is in. */
export const waysIn = (begin) => [byPasskey(begin), byKey(begin)];
