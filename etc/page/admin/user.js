/* One user: what is theirs, why they may not get in, and what helps. */
import { call, find, isId, part, query } from './call.js';
import { done, facts, field, form, heading, hint, list, riskyButton, row,
  section, button } from './parts.js';
import { ApiError } from './api.js';
import { Told, badge, device, make, time } from './ui.js';
import { metadata, readMetadata } from './metadata.js';
import { marks, nameOf } from './users.js';
import { entryRow, lookFor } from './audit.js';
import { count, limitWords } from './words.js';

/*
 * What a view of a user is about stays with it, or its buttons would be about
 * whoever is asked for next:
 *
 *   path	where the user is
 *   redraw	draws the view anew; false: something else is shown by now
 */

/* Draw all anew, and say in the section id what was done. */
async function again(here, text, id) {
  if (await here.redraw() !== false)
    done(text, id);
}

/* A button that does something to the user, and asks first if told what. */
function act(here, text, id, [method, where, said], more = {}) {
  const run = async () => {
    await call(method, `${here.path}${where}`);
    await again(here, said, id);
  };
  return more.title ? riskyButton(text, id, more, run)
    : button(text, id, run, more);
}

/* ------------------------------------------------ why they are kept out */

/* Who locked them: it is on record at that moment. */
async function locker(user) {
  const at = Date.parse(user.locked_at);
  const { data } = await call('GET', `/audit_logs${query({
    type: 'user_locked', start_time: new Date(at - 2000).toISOString(),
    end_time: new Date(at + 2000).toISOString() })}`);
  const entry = data.find(({ subject_user_id: id }) => id === user.id);

  return entry?.actor_operator;
}

const isFull = ({ used, limit }) => used >= limit;

function limitRow({ name, used, limit, expires_at: until }) {
  return row(make('span', { class: 'named' }, limitWords(name),
    isFull({ used, limit }) && badge('Reached')),
  [`${used} of ${limit}`, `forgotten ${time(until)}`]);
}

/* Ways to prove who they are. */
const hasWay = ({ emails, password, webauthn_credentials: keys }) =>
  Boolean(emails?.length || password || keys?.length);

/* What stands in their way, each as a sentence. */
async function obstacles(user, limits, ready) {
  const by = user.locked_at && await locker(user);
  const { emails = [] } = user;

  return [
    user.locked_at && `Locked since ${time(user.locked_at)}${by
      ? `, by ${by}` : ''}: no way to log in works, and no code is mailed.`,
    limits.some(isFull) && 'A limit is reached: codes or passwords are not'
      + ' looked at, or none is mailed, until it has been forgotten.',
    ready?.mail === 'refused' && 'Mail waits: the mail server does not take'
      + ' what this server sends. "postern doctor" says why.',
    emails.length > 0 && !emails.some((one) => one.is_verified)
      && 'No address is verified.',
    !hasWay(user) && 'There is nothing to log in with: no address, no'
      + ' password, no passkey.',
  ].filter(Boolean);
}

/* Locking out, or letting in. */
const lock = (here, { locked_at: locked }) => (locked
  ? act(here, 'Unlock', 'access', ['POST', '/unlock',
    'They may log in again.'])
  : act(here, 'Lock', 'access', ['POST', '/lock',
    'They are locked out, and all their sessions have ended.'],
  { title: 'Lock this user out?', about: 'All their sessions end, and no way'
    + ' to log in works until you unlock them.' }));

const clear = (here) => act(here, 'Clear the limits', 'access', ['DELETE',
  '/limits', 'Nothing is counted any more. They can ask for a new code now:'
    + ' tell them to reload the page.']);

const others = (limits) => make('details', {}, make('summary', {},
  'What else limits have counted'), list('Other limits',
  limits.map(limitRow)));

async function access(here, user, limits, ready) {
  const why = await obstacles(user, limits, ready);
  const full = limits.filter(isFull);
  const rest = limits.filter((one) => !isFull(one));

  return section('access', 'Can they log in?', why.length > 0
    ? make('ul', { class: 'why' }, ...why.map((text) => make('li', {}, text)))
    : hint('Nothing stands in their way.'),
  full.length > 0 && list('Limits that are reached', full.map(limitRow)),
  rest.length > 0 && others(rest),
  make('div', { class: 'row' }, lock(here, user),
    limits.length > 0 && clear(here)));
}

/* ------------------------------------------------ what is theirs */

function addressRow(here, email) {
  const { id, address, is_primary: primary, is_verified: proved } = email;
  const title = make('span', { class: 'named' }, address,
    primary && badge('Primary'), !proved && badge('Not verified'));
  const where = `/emails/${part(id)}`;
  const note = [`added ${time(email.created_at)}`];

  if (primary)
    return row(title, note);
  return row(title, note,
    act(here, 'Make primary', 'addresses', ['POST', `${where}/set_primary`,
      `${address} is the primary address.`],
    { label: `Make primary: ${address}` }),
    act(here, 'Remove', 'addresses', ['DELETE', where,
      `${address} is removed.`], { label: `Remove: ${address}`,
      title: 'Remove this address?',
      about: `${address} will be nobody's. They are told by mail.` }));
}

const addresses = (here, { emails = [] }) => section('addresses', 'Addresses',
  list('Addresses', emails.map((one) => addressRow(here, one)), 'None.'),
  form('addresses', [field('address', 'Another address', { type: 'email' }),
    field('is_verified', 'It is verified: I know that it is theirs',
      { type: 'checkbox' })], 'Add', async (values) => {
    const address = values.address.trim();
    await call('POST', `${here.path}/emails`, { address,
      is_verified: values.is_verified === 'on' });
    await again(here, `${address} is added.`, 'addresses');
  }, { name: 'Add an address' }));

function sessionRow(here, session) {
  const where = session.ip_address ?? 'an unknown address';
  const name = device(session.user_agent ?? '');
  const began = `began ${time(session.created_at)}`;

  return row(name, [where, began, `last used ${time(session.last_used)}`],
    act(here, 'End', 'sessions', ['DELETE', `/sessions/${part(session.id)}`,
      'The session has ended.'],
    { label: `End: ${name}, ${where}, ${began}` }));
}

const sessions = (here, all) => section('sessions', 'Sessions',
  list('Sessions', all.map((one) => sessionRow(here, one)),
    'They are logged in nowhere.'),
  all.length > 0 && make('div', { class: 'row' },
    act(here, 'End all sessions', 'sessions', ['DELETE', '/sessions',
      'All sessions have ended.'], { title: 'End all their sessions?',
      about: `${count(all.length, 'session')} will end, and they have to log`
        + ' in again.' })));

function tokenRow(here, one) {
  const account = one.kind === 'ServiceAccount';
  const name = one.name;

  return row(make('span', { class: 'named' }, name,
    one.is_owner && badge('Manages'), !one.is_active && badge('Off')),
  [`made ${time(one.created_at)}`, `expires ${time(one.expires_at)}`,
    one.last_used_at ? `last used ${time(one.last_used_at)}` : 'never used'],
  act(here, 'End', 'tokens', ['DELETE', `/access_tokens/${part(one.id)}`,
    'The token has ended.'], { label: `End: ${name}`,
    title: 'End this access token?', about: account
      ? 'The service account ends with it.'
      : 'What acts by it cannot any more. They are told by mail.' }));
}

const tokens = (here, all) => all.length > 0 && section('tokens',
  'Access tokens', list('Access tokens', all.map((one) =>
    tokenRow(here, one))));

function credentialRow(here, one) {
  const kind = one.mfa_only ? 'Security key' : 'Passkey';
  const name = one.name || kind;

  return row(make('span', { class: 'named' }, name, name !== kind
    && badge(kind)), [`added ${time(one.created_at)}`,
    one.last_used_at && `last used ${time(one.last_used_at)}`,
    one.backup_state && 'synced'],
  act(here, 'Remove', 'credentials', ['DELETE',
    `/webauthn_credentials/${part(one.id)}`, `${name} is removed.`],
  { label: `Remove: ${name}`, title: `Remove this ${kind.toLowerCase()}?`,
    about: 'They cannot log in with it any more. They are told by mail.' }));
}

const credentials = (here, { webauthn_credentials: all = [] }) =>
  section('credentials', 'Passkeys and security keys',
    list('Passkeys and security keys', all.map((one) =>
      credentialRow(here, one)), 'None.'));

const password = (here, { password: has }) => section('password', 'Password',
  hint(has ? `Set ${time(has.updated_at)}.` : 'None.'),
  form('password', [field('new-password', has ? 'Another password'
    : 'First password', { type: 'password', autocomplete: 'new-password',
    hint: 'Tell it to them by a way that nobody else reads.' })],
  'Set', async (values) => {
    await call(has ? 'PUT' : 'POST', `${here.path}/password`,
      { password: values['new-password'] });
    await again(here, 'The password is set.', 'password');
  }, { name: 'Set the password' }),
  has && make('div', { class: 'row' }, act(here, 'Remove the password',
    'password', ['DELETE', '/password', 'The password is removed.'],
    { title: 'Remove the password?', about: 'They need another way to log in.'
      + ' They are told by mail.' })));

const app = (here, { otp }) => otp && section('app', 'Authenticator app',
  hint(`Set up ${time(otp.created_at)}.`), make('div', { class: 'row' },
    act(here, 'Remove the app', 'app', ['DELETE', '/otp',
      'The app is removed.'], { title: 'Remove the authenticator app?',
      about: 'The second step of their log-in goes with it. They are told by'
        + ' mail.' })));

/* ------------------------------------------------ names, and the end */

const texts = [['name', 'Name'], ['given_name', 'Given name'],
  ['family_name', 'Family name'], ['picture', 'Picture (URL)']];

/* Only if nobody has changed the user since they were shown. */
async function rename(here, user, tag, values) {
  const before = { ...user, username: user.username?.username };
  const changed = Object.entries(values).map(([name, text]) =>
    [name, text.trim() === '' ? null : text.trim()])
    .filter(([name, text]) => text !== (before[name] ?? null));

  if (changed.length === 0)
    return done('Nothing is changed.', 'names');
  try {
    await call('PATCH', here.path, Object.fromEntries(changed),
      { 'If-Match': tag });
  } catch (error) {
    if (error instanceof ApiError && error.status === 412)
      await here.redraw();
    throw error;
  }
  return again(here, 'The names are changed.', 'names');
}

const names = (here, user, tag) => section('names', 'Names', form('names', [
  field('username', 'Username', { value: user.username?.username ?? '' }),
  ...texts.map(([name, label]) => field(name, label,
    { value: user[name] ?? '' }))], 'Change',
(values) => rename(here, user, tag, values), { name: 'Names' }));

const end = (here, user) => section('end', 'Delete', hint('With all that is'
  + ' theirs. This cannot be undone.'), make('div', { class: 'row' },
riskyButton('Delete the user', 'end', { title: `Delete ${nameOf(user)}?`,
  about: 'The account, its addresses, passkeys and sessions are gone for'
    + ' good. To keep somebody out for a while, lock them.',
  yes: 'Delete for good' }, async () => {
  await call('DELETE', here.path);
  location.hash = '#users';
})));

/* ------------------------------------------------ all of it */

const history = (entries, id) => section('history', 'What they did lately',
  list('Events', entries.map((entry) => entryRow(entry, id)), 'Nothing is on'
    + ' record. Is audit_log.storage.enabled on?'),
  make('div', { class: 'row' }, make('button', { type: 'button',
    class: 'secondary', click: () => lookFor(id) },
  'What was done to them, too')));

/* All that is asked of a user who is at that path. */
const read = (id, path) => Promise.all([call('GET', path),
  find(`${path}/sessions`), find(`${path}/access_tokens`),
  find(`${path}/limits`), find(`/audit_logs${
    query({ actor_user_id: id, per_page: 10 })}`), find('/health/ready'),
  readMetadata(path)]);

/* One user, by their id; draw: shows nodes where this view is still shown. */
export async function user(id, draw) {
  const path = `/users/${part(id)}`;
  const here = { path, redraw: async () => draw(await user(id, draw)) };

  if (!isId(id))
    throw new Told('That is not the id of a user.');
  const [{ data, headers }, all, granted, limits, log, ready, kept]
    = await read(id, path);

  return [heading(nameOf(data), ...marks(data)), facts([['Id', data.id],
    ['Made', time(data.created_at)], ['Changed', time(data.updated_at)],
    ['Name', data.name], ['Username', data.username?.username]]),
  await access(here, data, limits ?? [], ready), sessions(here, all ?? []),
  tokens(here, granted ?? []), history(log, id), addresses(here, data), credentials(here, data),
  password(here, data), app(here, data),
  names(here, data, headers.get('ETag')), metadata(here, kept, (text) =>
    again(here, text, 'metadata')), end(here, data)];
}
