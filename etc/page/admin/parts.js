/* What the parts of the page are made of. */
import { $, attempt, explain, listRow, make, say } from './ui.js';

/* What an answer means here, where ui.js would say it to a user. */
export const texts = {
  400: undefined,
  403: undefined,
  404: 'That is gone, or was never there. Load the list again.',
  409: undefined,
  412: 'Somebody has changed this user meanwhile. What you see is how it is'
    + ' now: look at it, and change it again.',
};

/* Why a part cannot be shown. */
export const trouble = (error) => explain(error, texts);

export const heading = (text, ...more) => make('h1',
  { id: 'title', tabindex: '-1' }, text, ...more);

const alert = (id) => make('p', { id: `${id}-error`, class: 'error',
  role: 'alert' });

/* A section whose errors are told in it; id: by which they are. */
export const section = (id, title, ...content) => make('section',
  { 'aria-labelledby': id }, make('h2', { id, tabindex: '-1' }, title),
  alert(id), ...content);

export const hint = (text) => make('p', { class: 'hint' }, text);

/* Facts as [name, value]; without those of no value. */
export const facts = (rows) => make('dl', { class: 'facts' },
  ...rows.filter(([, value]) => value !== undefined && value !== null
    && value !== '').flatMap(([name, value]) => [make('dt', {}, name),
    make('dd', {}, value)]));

/* A list, or what is said if nothing is in it. */
export const list = (label, rows, none) => (rows.length > 0
  ? make('ul', { class: 'list', 'aria-label': label }, ...rows)
  : hint(none));

export const row = (title, notes, ...actions) => listRow(title,
  notes.filter(Boolean).join(' · '), actions);

/* A field with its label; more: attributes of it. */
export function field(id, label, more = {}) {
  const { options, hint: about, ...rest } = more;
  const attributes = { id, name: id, autocomplete: 'off', spellcheck: 'false',
    'aria-describedby': about && `${id}-hint`, ...rest };
  const input = options
    ? make('select', { id, name: id }, ...options.map(([value, text]) =>
      make('option', { value, selected: value === more.value }, text)))
    : make('input', attributes);

  if (rest.type === 'checkbox')
    return make('label', { class: 'check' }, input, label);
  return make('div', {}, make('label', { for: id }, label), input,
    about && make('p', { id: `${id}-hint`, class: 'hint' }, about));
}

/* The same for a text of several lines. */
export const area = (id, label, text) => make('div', {},
  make('label', { for: id }, label), make('textarea', { id, name: id, rows: 6,
    spellcheck: 'false', autocomplete: 'off' }, text));

/*
 * A form of fields; errors are told in the section of errorId.  action(values)
 * is what its button does.
 */
export function form(errorId, fields, label, action,
  { kind = 'secondary', name } = {}) {
  const button = make('button', { class: kind }, label);

  return make('form', { novalidate: true, class: 'fields', 'aria-label': name,
    submit(event) {
      event.preventDefault();
      const values = Object.fromEntries(new FormData(event.currentTarget));
      attempt(button, `${errorId}-error`, () => action(values), texts);
    } }, ...fields, button);
}

/* label: what is read aloud, where there are several of one name. */
export const button = (text, errorId, action, { label, kind = 'secondary' }
  = {}) => make('button', { type: 'button', class: kind, 'aria-label': label,
  click: ({ currentTarget }) => attempt(currentTarget, `${errorId}-error`,
    action, texts) }, text);

/*
 * Ask first.  Resolves to whether it is to be done.  The focus is on the way
 * out, and comes back to where it was.
 */
export function sure(title, text, yes) {
  const box = $('question');

  return new Promise((resolve) => {
    const answer = (value) => make('button', { type: 'button',
      class: value === 'yes' ? 'danger' : 'secondary',
      autofocus: value === 'no', click: () => box.close(value) },
    value === 'yes' ? yes : 'Cancel');

    box.replaceChildren(make('h2', { id: 'question-title' }, title),
      make('p', {}, text), make('div', { class: 'row' }, answer('no'),
        answer('yes')));
    box.returnValue = 'no';
    box.addEventListener('close', () => resolve(box.returnValue === 'yes'),
      { once: true });
    box.showModal();
  });
}

/* A button that asks first. */
export const riskyButton = (text, errorId, { title, about, yes = text, label },
  action) => button(text, errorId, async () => {
  if (await sure(title, about, yes))
    await action();
}, { kind: 'danger', label: label ?? text });

/* The pages of a list: where it is in it, and the way to the others. */
export function pager(errorId, page, pages, go) {
  const last = Math.max(1, pages);
  const way = (text, to) => {
    const leads = button(text, errorId, () => go(to));
    leads.disabled = to < 1 || to > last;
    return leads;
  };

  return make('nav', { class: 'pager', 'aria-label': 'Pages' },
    way('Previous page', page - 1),
    make('span', {}, `Page ${page.toLocaleString()} of ${
      last.toLocaleString()}`),
    way('Next page', page + 1));
}

/* What was done, where it was; the section is drawn anew by then. */
export function done(text, id) {
  if (id)
    $(id)?.focus();
  say(text, $(id) ? id : undefined);
}
