/*
 * What the pages share: sections that are shown one at a time, forms, errors
 * and lists.
 */
import { ApiError } from './api.js';

/* What is known so far: the settings of the server, and who is logging in. */
export const state = { config: null, email: '', userId: null, emailId: null,
  passcodeId: null, passkeys: false };

export const $ = (id) => document.getElementById(id);

/* ------------------------------------------------ what a person reads */

const seconds = (n) => (n === 1 ? 'a second' : `${n} seconds`);

/* An error whose message is for the person. */
export class Told extends Error {}

/* Texts for statuses; a form may know better ones for its own. */
export function explain(error, own = {}) {
  const texts = {
    0: 'The server does not answer. Check your connection and try again.',
    401: 'Your session has ended. Please log in again.',
    404: 'This is not offered here.',
    429: `Too many attempts. Try again in ${
      seconds(Math.max(1, error.retryAfter))}.`,
    503: 'The server is busy. Please try again in a moment.',
    ...own,
  };
  if (error instanceof Told)
    return error.message;
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

/* What is seen of it beside what it is about. */
const beside = document.createElement('p');
beside.className = 'said';
beside.setAttribute('aria-hidden', 'true');

/*
 * Announce it: at the top of the page, or for whoever is further down behind
 * the element nearId, where it covers nothing.
 */
export function say(text, nearId) {
  $('status').textContent = text;
  $('status').classList.toggle('unseen', nearId !== undefined);
  beside.textContent = text;
  if (nearId === undefined)
    beside.remove();
  else
    $(nearId).after(beside);
}

/* It has been read when the person goes on. */
for (const what of ['click', 'input', 'keydown'])
  document.addEventListener(what, ({ key = 'Tab' }) => {
    if (key === 'Tab')
      say('');
  }, { capture: true });

/* Show a section, and tell assistive technology by moving the focus there. */
export function show(step, message = '') {
  for (const section of document.querySelectorAll('main > section'))
    section.hidden = section.id !== step;
  for (const error of document.querySelectorAll('.error[id]'))
    complain(error.id, '');
  for (const name of document.querySelectorAll('.address'))
    name.textContent = state.email;
  for (const field of document.querySelectorAll('[name="username"]'))
    field.value = state.email;
  for (const field of document.querySelectorAll(
    '[type="password"], input.code, input.key'))
    field.value = '';
  say(message);
  $(step).querySelector('h1').focus();
}

/*
 * Put an error where its role="alert" announces it, and mark the field.
 * Whoever has left that part of the page is told nothing.
 */
export function complain(id, text) {
  if (!$(id))
    return;
  $(id).textContent = text;
  for (const field of document.querySelectorAll(`[aria-describedby~="${id}"]`))
    field.setAttribute('aria-invalid', String(text !== ''));
}

/*
 * Run an action of a button or form once at a time; what it throws is
 * explained in the element errorId.  The button is not disabled meanwhile: one
 * that is loses the focus, and whoever pressed it their place.
 */
export async function attempt(button, errorId, action, texts) {
  if (button.getAttribute('aria-disabled') === 'true')
    return;
  complain(errorId, '');
  button.setAttribute('aria-disabled', 'true');
  try {
    await action();
  } catch (error) {
    complain(errorId, explain(error, texts));
    say('');
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

export function onClick(id, errorId, action, texts) {
  $(id).addEventListener('click', ({ currentTarget }) =>
    attempt(currentTarget, errorId, action, texts));
}

/* check(fields) returns what is wrong with them, or nothing. */
export function onSubmit(formId, errorId, { check, action, texts }) {
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
      [...form.elements].find((field) => field.offsetParent !== null
        && field.matches('input:not([readonly])'))?.focus();
  });
}

/* A button that cannot be pressed for some seconds, and says so. */
export function countDown(button, wait) {
  const label = button.textContent.replace(/\s+/g, ' ');
  const until = Date.now() + wait * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} (${left} s)` : label;
    if (left > 0)
      setTimeout(tick, 250);
  };
  tick();
}

/* A button that sends another code; fieldId is where it is typed. */
export function onResend(id, errorId, fieldId, send, texts) {
  $(id).addEventListener('click', async ({ currentTarget }) => {
    let wait = 0;

    await attempt(currentTarget, errorId, () => send().catch((error) => {
      wait = error.status === 429 ? Math.max(1, error.retryAfter) : 0;
      throw error;
    }), texts);
    $(fieldId).focus();
    if (wait > 0)
      countDown(currentTarget, wait);
  });
}

for (const button of document.querySelectorAll('[data-go]'))
  button.addEventListener('click', () => show(button.dataset.go));

/* ------------------------------------------------ lists */

export const time = (text) => new Date(text).toLocaleString([],
  { dateStyle: 'medium', timeStyle: 'short' });

/* "Firefox on Linux", as far as a user agent tells. */
export function device(agent = '') {
  const first = (names) => names.find((name) => agent.includes(name));
  const browser = first(['Firefox', 'Edg', 'OPR', 'Chrome', 'Safari', 'curl']);
  const system = first(['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS',
    'Linux']);
  return [browser ?? 'A client', system].filter(Boolean).join(' on ');
}

/* An element; a function among its attributes is what listens to that event. */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);

  for (const [name, value] of Object.entries(attributes))
    if (typeof value === 'function')
      node.addEventListener(name, value);
    else if (value !== undefined && value !== false)
      node.setAttribute(name, value === true ? '' : value);
  node.append(...children.filter(Boolean));
  return node;
}

/* A row of a list: a text with a small one below, and what can be done. */
export function listRow(title, note, actions) {
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

export function badge(text) {
  const mark = document.createElement('span');

  mark.className = 'badge';
  mark.textContent = text;
  return mark;
}

/* label: what is read aloud, as there are many buttons of one name. */
export function rowButton(name, label, errorId, action, texts) {
  const button = document.createElement('button');

  button.type = 'button';
  button.className = 'secondary';
  button.textContent = name;
  button.setAttribute('aria-label', label);
  button.addEventListener('click', () =>
    attempt(button, errorId, action, texts));
  return button;
}
