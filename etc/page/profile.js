/*
 * The profile: what an account has, in sections, and what can be done with it.
 * A section is there if it has something to show or to do; an action that
 * belongs to none of them is offered as well.
 */
import { isThere } from './api.js';
import { drawButton, errorOf, heading, question } from './draw.js';
import { badge, device, listRow, make, time } from './ui.js';
import { actionWords, fill } from './words.js';

/* When a thing of the account was made and used. */
function used({ created_at: made, last_used_at: last, backup_state: synced }) {
  return [synced && 'synced', last ? `used ${time(last)}`
    : `made ${time(made)}`].filter(Boolean).join(' · ');
}

const keyRow = (fallback) => (key) => ({ id: key.id,
  title: key.name || fallback, note: used(key),
  values: { passkey_name: key.name ?? '' } });

/*
 * items: of the payload; row: what is shown of one: id, title, note, badge,
 * what it is called if not so, and what stands in forms about it, by input;
 * each: what can be done with one, by [action, the input that names it, when];
 * whole: what can be done with all; note: what is said if there is none.
 */
const sections = [
  { key: 'emails', title: 'E-mail addresses',
    items: ({ user }) => user.emails,
    row: (mail) => ({ id: mail.id, title: mail.address,
      note: mail.is_verified ? '' : 'Not verified',
      badge: mail.is_primary && 'Primary' }),
    each: [
      ['email_verify', 'email_id', (mail) => !mail.is_verified],
      ['email_set_primary', 'email_id', (mail) => !mail.is_primary],
      ['email_delete', 'email_id', (mail, allowed) => allowed]],
    whole: ['email_create'] },
  { key: 'username', title: 'Username',
    items: ({ user }) => user.username && [user.username],
    row: ({ username }) => ({ title: username, values: { username } }),
    each: [['username_update'], ['username_delete']],
    whole: ['username_create'] },
  { key: 'passkeys', title: 'Passkeys',
    items: ({ user }) => user.passkeys,
    row: keyRow('Passkey'),
    each: [['webauthn_credential_rename', 'passkey_id'],
      ['webauthn_credential_delete', 'passkey_id']],
    whole: ['webauthn_credential_create'],
    note: 'A passkey logs you in with a fingerprint, a face or a PIN, and'
      + ' nobody can phish it.' },
  { key: 'password', title: 'Password',
    items: (payload, { password_update: update }) => update && [{}],
    row: () => ({ title: 'A password is set', what: 'password' }),
    each: [['password_update'], ['password_delete']],
    whole: ['password_create'] },
  { key: 'otp', title: 'Authenticator app',
    items: ({ user }) => user.mfa_config?.auth_app_set_up && [{}],
    row: () => ({ title: 'It is set up', what: 'authenticator app',
      note: 'Its codes are asked for at log-in.' }),
    each: [['otp_secret_delete']],
    whole: ['continue_to_otp_secret_creation'],
    note: 'With a code of an app at log-in, a stolen password alone opens'
      + ' nothing.' },
  { key: 'security-keys', title: 'Security keys',
    items: ({ user }) => user.security_keys,
    row: keyRow('Security key'),
    each: [['webauthn_credential_rename', 'passkey_id'],
      ['security_key_delete', 'security_key_id']],
    whole: ['security_key_create'],
    note: 'A small device that is asked for at log-in, after the password.' },
  { key: 'sessions', title: 'Sessions',
    items: ({ sessions }) => sessions,
    row: (one) => ({ id: one.id, badge: one.current && 'This one',
      title: device(one.user_agent_raw ?? one.user_agent),
      note: [one.ip_address, `used ${time(one.last_used)}`]
        .filter(Boolean).join(' · ') }),
    each: [['session_delete', 'session_id', (one, allowed) => allowed]],
    whole: [] },
  { key: 'account', title: 'Account',
    items: () => [], row: () => ({}), each: [], whole: ['account_delete'] },
];

const mentioned = new Set(sections.flatMap(({ each, whole }) =>
  [...each.map(([action]) => action), ...whole]).concat('patch_metadata'));

/* ------------------------------------------------ one action of it */

const needs = ({ inputs }, known) => Object.values(inputs).some((input) =>
  !input.hidden && !(input.name in known));

/* Take it; first ask what it needs, or whether it is meant. */
function take(action, at, { known, values, what }, button) {
  const words = actionWords(action.action, at.answer.name);
  const { confirm } = words;

  if (needs(action, known))
    return question.open(at, action, { known, values, what,
      title: words.form ?? words.label, label: words.submit ?? words.label });
  if (confirm)
    return question.open(at, action, { known, what, title: confirm.title,
      text: fill(confirm.text, { what }), label: confirm.yes,
      kind: 'danger' });
  return at.run(action.action, known, button, what);
}

/* The button of an action for one item, or for none. */
function itemButton(action, at, item, kind = 'secondary') {
  const { label } = actionWords(action.action, at.answer.name);

  return drawButton(action, at, kind, {
    'data-key': `${action.action} ${item.id ?? ''}`,
    'aria-label': item.what ? `${label}: ${item.what}` : undefined,
    click: ({ currentTarget }) => take(action, at, item, currentTarget) });
}

/* ------------------------------------------------ a section */

/* Whether an action may be taken with an item: [is named, or all may be]. */
function allows({ inputs }, input, id) {
  const allowed = inputs[input]?.allowed_values;
  return allowed ? allowed.some(({ value }) => value === id) : false;
}

function drawItem(section, item, at) {
  const { actions } = at.answer;
  const { id, title, what = title, note = '', badge: mark, values } =
    section.row(item);
  const buttons = section.each.filter(([name, input, when]) => actions[name]
    && (!when || when(item, allows(actions[name], input, id))))
    .map(([name, input]) => itemButton(actions[name], at,
      { id, what, values, known: input ? { [input]: id } : {} }));

  return listRow(title, note, [mark && badge(mark), ...buttons]
    .filter(Boolean));
}

function part(key, title, ...content) {
  const id = `part-${key}`;
  return make('div', { 'data-part': id },
    make('h2', { id, tabindex: '-1' }, title), ...content);
}

function drawSection(section, at) {
  const { answer: { payload, actions } } = at;
  const items = section.items(payload, actions) || [];
  const whole = section.whole.filter((name) => actions[name]);

  if (items.length === 0 && whole.length === 0)
    return null;
  return part(section.key, section.title,
    items.length === 0 && section.note
      && make('p', { class: 'hint' }, section.note),
    items.length > 0 && make('ul', { class: 'list',
      'aria-labelledby': `part-${section.key}` },
      ...items.map((item) => drawItem(section, item, at))),
    ...whole.map((name) => itemButton(actions[name], at, { known: {} },
      actionWords(name).confirm ? 'danger' : 'secondary')));
}

/* What no section knows: the names of its actions tell what they are. */
function drawOthers(at) {
  const others = Object.values(at.answer.actions).filter((action) =>
    !mentioned.has(action.action) && Object.values(action.inputs)
      .every(({ hidden, required }) => !(hidden && required)));

  return others.length > 0 && part('others', 'More', ...others.map((action) =>
    itemButton(action, at, { known: {} })));
}

/* What is of interest to whoever makes pages. */
function drawDetails(at) {
  const { payload: { user }, actions } = at.answer;
  const data = user.metadata?.unsafe_metadata ?? {};
  const text = JSON.stringify(data, null, 2);

  return make('details', {}, make('summary', {}, 'For makers of pages'),
    make('dl', { class: 'facts stacked' },
      make('dt', {}, 'User'), make('dd', { class: 'id', id: 'me-id' }, user.id),
      actions.patch_metadata && make('dt', {}, 'Data that pages keep'),
      actions.patch_metadata && make('dd', { class: 'id' }, text)),
    actions.patch_metadata && itemButton(actions.patch_metadata, at,
      { known: {}, values: { patch_metadata: text } }));
}

/* ------------------------------------------------ the whole of it */

/* By what somebody is called: the primary address, or else the username. */
export const nameOf = ({ emails = [], username }) =>
  emails.find(({ is_primary: primary }) => primary)?.address
  ?? emails[0]?.address ?? username?.username;

/* What a site may have beside the page, or not. */
function membersLink() {
  const link = make('a', { class: 'button secondary', href: 'members/',
    hidden: true }, 'Members\' area');

  isThere('members/').then((there) => {
    link.hidden = !there;
  });
  return link;
}

export function drawProfile(at) {
  const name = nameOf(at.answer.payload.user);

  return [heading(at),
    name && make('p', { class: 'lead' }, 'Logged in as ',
      make('strong', { id: 'me' }, name), '.'),
    errorOf(at), membersLink(),
    make('button', { type: 'button', class: 'secondary', 'data-key': 'leave',
      click: ({ currentTarget }) => at.leave(currentTarget) }, 'Log out'),
    ...sections.map((section) => drawSection(section, at)),
    drawOthers(at), drawDetails(at)].filter(Boolean);
}
