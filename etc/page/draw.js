/*
 * A state of a flow as elements, whichever it is: from its actions and their
 * inputs.  What is written on them is in words.js.
 *
 * at: what is shown, and how it came about:
 *   answer	of the flow
 *   from, by	the state before, and the action that led here
 *   service	what an authenticator app calls it, as in the QR code
 *   who, kept	who it is, and what was typed and is no secret, by input
 *   waits	until when an action has to wait (ms), by its name
 *   run	(action, input, button, what): takes an action
 *   retry	asks the browser again for what an action needs
 */
import { $, complain, countDown, make } from './ui.js';
import { actionWords, doors, errorWords, fill, hasWords, inputWords, rank,
  seconds, stateWords } from './words.js';

const alert = (id, text = '') =>
  make('p', { id, class: 'error', role: 'alert' }, text);

/* ------------------------------------------------ what an action wants */

/* Inputs whose value the browser has, and the options that it is asked by. */
export const ceremonies = { assertion_response: 'request_options',
  public_key: 'creation_options' };

const inputsOf = (action) => Object.values(action.inputs);
const shown = (action) => inputsOf(action).filter(({ hidden, name }) =>
  !hidden && !(name in ceremonies));

export const ceremonyOf = (action) =>
  inputsOf(action).find(({ name }) => name in ceremonies)?.name;

/* A yes or no that is a step by itself, such as "keep me logged in". */
const isSwitch = (action) => inputsOf(action).length === 1
  && shown(action).some(({ type }) => type === 'boolean');

/* All that nobody is asked for is known, given what the caller knows. */
const isComplete = (action, known = {}) => inputsOf(action).every((input) =>
  !input.hidden || !input.required || input.value != null
  || input.name in known);

/* ------------------------------------------------ one input */

const idOf = (action, input) => `${action.action}-${input.name}`;

function typeOf(input, words) {
  const types = { email: 'email', password: 'password', number: 'number' };
  return words.type ?? types[input.type] ?? 'text';
}

function choices({ allowed_values: allowed, value }, attributes) {
  return make('select', attributes, ...allowed.map((one) => make('option',
    { value: String(one.value), selected: one.value === value },
    one.name ?? String(one.value))));
}

/* The element that is typed in; value: what stands there. */
function control(action, input, words, value) {
  const id = idOf(action, input);
  const attributes = { id, name: input.name, required: input.required === true,
    'aria-describedby': `${id}-error${words.hint ? ` ${id}-hint` : ''}`,
    'aria-invalid': input.error ? 'true' : undefined };
  for (const name of ['class', 'autocomplete', 'autocapitalize', 'spellcheck',
    'inputmode', 'placeholder'])
    attributes[name] = words[name];

  if (input.allowed_values)
    return choices(input, attributes);
  if (input.type === 'json')
    return make('textarea', { ...attributes, rows: 6, spellcheck: 'false' },
      value);
  if (input.type === 'boolean')
    return make('input', { ...attributes, type: 'checkbox',
      checked: value === true });
  return make('input', { ...attributes, type: typeOf(input, words), value });
}

/* A password, and a button to look at it. */
function peekable(field) {
  const toggle = make('button', { type: 'button', class: 'peek',
    'aria-label': 'Show password', click() {
      const show = field.type === 'password';
      field.type = show ? 'text' : 'password';
      toggle.textContent = show ? 'Hide' : 'Show';
      toggle.setAttribute('aria-label', `${toggle.textContent} password`);
    } }, 'Show');
  return make('div', { class: 'peekable' }, field, toggle);
}

function fault(code, input) {
  return fill(errorWords(code, input.name),
    { min: input.min_length, max: input.max_length });
}

/* The rules of an input, before anything is typed; alone: there is no other. */
function hintOf(input, words, alone) {
  if (words.hint)
    return words.hint;
  if (words.autocomplete === 'new-password' && input.min_length)
    return `At least ${input.min_length} characters.`;
  return input.required || alone ? '' : 'You may leave it empty.';
}

function drawInput(action, input, value, alone = true) {
  const known = inputWords(input.name, action.action);
  const words = { ...known, hint: hintOf(input, known, alone) };
  const id = idOf(action, input);
  const field = control(action, input, words, value ?? input.value
    ?? undefined);
  const error = alert(`${id}-error`,
    input.error && fault(input.error.code, input));
  if (input.type === 'boolean')
    return [make('label', { class: 'check' }, field, words.label), error];
  return [make('label', { for: id }, words.label),
    field.type === 'password' ? peekable(field) : field,
    words.hint && make('p', { id: `${id}-hint`, class: 'hint' }, words.hint),
    error];
}

/* ------------------------------------------------ what was typed */

function valueOf(input, field) {
  if (input.type === 'boolean')
    return field.checked;
  if (inputWords(input.name).class === 'code')
    return field.value.replace(/\s/g, '');
  if (field.value === '')
    return undefined;
  if (input.type === 'number')
    return Number(field.value);
  return input.type === 'json' ? JSON.parse(field.value) : field.value;
}

/* What is wrong with a text, as far as the page can tell: a code. */
function faultOf(input, value, { length }) {
  const least = length ?? input.min_length ?? 0;

  if (value === undefined || value === '')
    return input.required ? 'value_missing_error' : null;
  if (typeof value !== 'string')
    return null;
  if (input.type === 'email' && !/^\S+@\S+\.\S+$/.test(value.trim()))
    return 'value_invalid_error';
  if ([...value].length < least)
    return 'value_too_short_error';
  return length && [...value].length > length ? 'value_too_long_error' : null;
}

/*
 * The inputs of an action as its form has them, or null: then it says what is
 * wrong.  known: what nobody types.
 */
function readForm(form, action, known) {
  const input = { ...known };
  let wrong = null;

  for (const one of inputsOf(action).filter(({ name }) => !(name in known))) {
    const field = form.elements.namedItem(one.name);
    let code = null;
    try {
      input[one.name] = field ? valueOf(one, field) : one.value ?? undefined;
      code = field && faultOf(one, input[one.name],
        inputWords(one.name, action.action));
    } catch {
      code = 'value_invalid_error';
    }
    if (field)
      complain(`${field.id}-error`, code ? fault(code, one) : '');
    wrong ??= code && field;
  }
  wrong?.focus();
  return wrong ? null : input;
}

/* ------------------------------------------------ forms and buttons */

/* Password managers want to know whose password it is. */
const forManagers = (who) => make('input', { class: 'for-managers',
  type: 'text', name: 'for-managers', autocomplete: 'username',
  tabindex: '-1', 'aria-hidden': 'true', readonly: true, value: who });

/* It may have to wait. */
function held(button, action, at) {
  const left = Math.ceil(((at.waits[action.action] ?? 0) - Date.now()) / 1000);

  if (left > 0)
    countDown(button, left);
  return button;
}

/*
 * The form of an action.  known: inputs that nobody types; values: what stands
 * in it at first; label: of its button; what: what it is about; more: what
 * stands before and after its button.
 */
export function drawForm(action, at, { known = {}, values = {}, label, what,
  kind = 'primary', before = [], after = [] } = {}) {
  const words = actionWords(action.action, at.answer.name);
  const asked = shown(action).filter(({ name }) => !(name in known));
  const fields = asked.flatMap((input) => drawInput(action, input,
    values[input.name] ?? at.kept[input.name], asked.length === 1));
  const button = held(make('button', { class: kind,
    'data-key': action.action }, label ?? words.submit ?? words.label),
  action, at);
  const form = make('form', { novalidate: true, submit(event) {
    event.preventDefault();
    const input = readForm(form, action, known);
    if (input && !button.disabled)
      at.run(action.action, input, button, what);
  } }, ...fields, ...before, button, ...after);
  if (at.who && form.querySelector('[type="password"]'))
    form.prepend(forManagers(at.who));
  return form;
}

function drawSwitch(action, at) {
  const parts = drawInput(action, shown(action)[0]);

  parts[0].addEventListener('change', ({ target }) =>
    at.flip(action.action, { [target.name]: target.checked }, target));
  return parts;
}

/* A button of an action; more: attributes of it. */
export function drawButton(action, at, kind, more = {}) {
  const { label } = actionWords(action.action, at.answer.name);

  return held(make('button', { type: 'button', class: kind,
    'data-key': action.action,
    click: ({ currentTarget }) => (ceremonyOf(action)
      ? at.retry(action, currentTarget)
      : at.run(action.action, {}, currentTarget)), ...more }, label),
  action, at);
}

const isQuiet = ({ action }) => ['skip', 'back'].includes(action);

/* What can be done here, the likeliest first. */
function drawActions(at) {
  const { name, actions } = at.answer;
  const all = Object.values(actions).sort((a, b) =>
    rank(a.action, name) - rank(b.action, name));
  const switches = all.filter(isSwitch);
  const forms = all.filter((one) => shown(one).length > 0 && isComplete(one)
    && !isSwitch(one));
  const buttons = all.filter((one) => shown(one).length === 0
    && isComplete(one) && (!ceremonyOf(one)
      || (at.options?.for === one.action && !at.isInit)));
  const kinds = (index) => (index === 0 ? 'primary' : 'secondary');

  return [
    ...forms.map((one, i) => drawForm(one, at, { kind: kinds(i), before:
      i > 0 ? [] : switches.flatMap((flip) => drawSwitch(flip, at)) })),
    ...buttons.map((one, i) => drawButton(one, at,
      isQuiet(one) ? 'quiet' : kinds(i + forms.length))),
  ];
}

/* ------------------------------------------------ the whole of a state */

/* What a payload has for people, by its member. */
const facts = {
  otp_image_source: (source) => make('img', { class: 'qr', src: source,
    width: 200, height: 200, alt: 'QR code for an authenticator app' }),
  otp_secret: (secret, at) => make('div', {},
    make('a', { class: 'button secondary touch', href: appLink(secret, at) },
      'Open my authenticator app'),
    make('p', { class: 'hint' }, 'Or type this key into the app:'),
    make('p', { class: 'key', id: 'otp-secret' },
      secret.replace(/.{4}(?=.)/g, '$& '))),
};

/* An app on the same device cannot scan its own screen. */
function appLink(secret, { who, service }) {
  const label = [service, who ?? 'account'].filter(Boolean).join(':');

  return `otpauth://totp/${encodeURIComponent(label)}?secret=${secret}${
    service ? `&issuer=${encodeURIComponent(service)}` : ''}`;
}

/* A sentence, in which who it is about stands out. */
function lead(text, at) {
  const values = { who: at.who,
    mail: at.who?.includes('@') ? at.who : 'your e-mail address' };
  const [before, name, after] = text.split(/\{(\w+)\}/);

  if (name && !values[name])
    return null;
  return make('p', { class: 'lead' }, before,
    name && make('strong', {}, values[name]), after);
}

/* Where an input has an error, the flow's own says nothing more. */
const atInput = ({ actions }) => Object.values(actions).some((action) =>
  inputsOf(action).some(({ error }) => error));

function flowError(answer) {
  const { error, wait } = answer;

  if (!error || (error.code === 'form_data_invalid_error' && atInput(answer)))
    return '';
  return fill(hasWords(error.code) ? errorWords(error.code)
    : error.message ?? errorWords(error.code),
  { wait: seconds(Math.max(1, wait)) });
}

/* Links that a state has for people; only to where a browser may go. */
const links = (answer) => (answer.links ?? [])
  .filter(({ href }) => /^https?:/.test(href))
  .map(({ href, name }) => make('p', {}, make('a', { href }, name ?? href)));

/* A way in: what leads to the other one, and what is said if it is shut. */
function door(at) {
  const { name, other, label, shut } = { name: at.flow, ...doors[at.flow] };

  if (!other || at.answer.name !== `${name}_init`)
    return [];
  return [Object.keys(at.answer.actions).length === 0
    && make('p', { class: 'lead' }, shut),
  make('button', { type: 'button', class: 'quiet', 'data-key': 'door',
    click: () => at.enter(other) }, label)].filter(Boolean);
}

export const heading = (at) => make('h1', { tabindex: '-1' },
  stateWords(at.answer.name, at).title);

/* A question that is open says it itself. */
export const errorOf = (at) => alert('flow-error',
  question.action ? '' : flowError(at.answer));

export function drawState(at) {
  const words = stateWords(at.answer.name, at);
  const { payload } = at.answer;
  const over = Object.keys(at.answer.actions).length === 0 && !at.isInit;

  return [heading(at), words.lead && lead(words.lead, at), errorOf(at),
    ...Object.keys(facts).filter((name) => payload[name])
      .map((name) => facts[name](payload[name], at)),
    ...drawActions(at), ...links(at.answer), ...door(at),
    over && make('button', { type: 'button', class: 'primary',
      click: () => at.enter(at.flow) }, 'Begin again'),
  ].filter(Boolean);
}

/* ------------------------------------------------ what stands in fields */

const fieldsIn = (root) => [...root.querySelectorAll(
  'input[id], select[id], textarea[id]')];

/* What is typed in an element, by field. */
export const typedIn = (root) => new Map(fieldsIn(root).map((field) =>
  [field.id, field.type === 'checkbox' ? field.checked : field.value]));

/* Put it back, where there is such a field still. */
export function typeAgain(root, typed) {
  for (const field of fieldsIn(root).filter(({ id }) => typed.has(id)))
    if (field.type === 'checkbox')
      field.checked = typed.get(field.id);
    else
      field.value = typed.get(field.id);
}

/* Where the focus is, by what stays when all is drawn anew. */
export function place() {
  const { activeElement: here } = document;

  return { key: here.dataset.key, id: here.id,
    part: here.closest('[data-part]')?.dataset.part };
}

/* ------------------------------------------------ a question in between */

/*
 * Ask before an action is taken, or for what it needs; kept: what drawForm()
 * takes.  It is open until close(), or until somebody leaves it.
 */
export const question = {
  action: null,
  from: {},
  open(at, action, { title, text, ...kept }) {
    const leave = make('button', { type: 'button', class: 'secondary',
      click: () => this.close() }, 'Cancel');
    this.again = (now) => {
      const form = drawForm(now.answer.actions[action.action], now, kept);
      const typed = typedIn($('question'));
      form.append(make('div', { class: 'row' }, leave,
        form.querySelector('[data-key]')));
      $('question').replaceChildren(...[
        make('h2', { id: 'question-title' }, title),
        text && make('p', {}, text),
        alert('question-error', flowError(now.answer)), form].filter(Boolean));
      typeAgain(form, typed);
    };
    $('question').replaceChildren();
    this.again({ ...at, kept: {}, answer: { ...at.answer, error: null } });
    this.action = action.action;
    this.from = place();
    $('question').showModal();
    $('question').querySelector(
      'input:not([readonly]), textarea, select')?.focus();
  },
  close() {
    this.action = null;
    $('question').close();
  },
};
