/*
 * The page of operators: who is in by a key, and which part is shown.  The
 * part is named by the address, #users, and nothing else of anybody is there:
 * a browser keeps addresses.
 */
import { audit, forget as forgetEntries } from './audit.js';
import { call, isId, isIn, take } from './call.js';
import { health } from './health.js';
import { outbox } from './outbox.js';
import { field, form, heading, section, trouble } from './parts.js';
import { $, Told, make, say } from './ui.js';
import { user } from './user.js';
import { forget as forgetUsers, users } from './users.js';

/*
 * Each is told what stands behind its name in the address, and a function that
 * draws it anew, and returns what is to be shown.
 */
const parts = new Map(Object.entries({ users, user, audit, outbox, health }));

let turn = 0;

function draw(nodes, title = nodes[0].textContent) {
  document.title = `${title} – Postern for operators`;
  $('view').replaceChildren(...nodes.filter(Boolean));
  $('view').querySelector('h1').focus();
}

/* Which of the parts this is. */
function mark(name) {
  const here = parts.has(name) && name !== 'user' ? name : 'users';

  for (const link of $('parts').children)
    link.setAttribute('aria-current',
      link.hash === `#${here}` ? 'page' : 'false');
}

/* Only of the place that was asked for last. */
async function go() {
  const [name, what] = location.hash.slice(1).split('/');
  const mine = ++turn;
  const show = (nodes) => mine === turn && draw(nodes);
  let nodes;

  if (!isIn())
    return enter();
  $('question').close();
  mark(name);
  $('view').setAttribute('aria-busy', 'true');
  try {
    nodes = await (parts.get(name) ?? users)(what, show);
  } catch (error) {
    nodes = [heading('This cannot be shown'),
      make('p', { class: 'error', role: 'alert' }, trouble(error)),
      make('button', { type: 'button', class: 'secondary', click: go },
        'Try again')];
  }
  if (mine === turn)
    $('view').removeAttribute('aria-busy');
  return show(nodes);
}

/* ------------------------------------------------ the way in and out */

const refusals = {
  403: 'This key may not do that.',
  404: 'There is no such organisation, or the key is of another one.',
};

/* Ask for something that any key may: it shows whether the key is one. */
async function check() {
  try {
    await call('GET', '/users?per_page=1');
  } catch (error) {
    take('', '');
    if (refusals[error.status])
      throw new Told(refusals[error.status]);
    throw error;
  }
}

const isOrganisation = (text) => text === '' || isId(text)
  || /^or(-[0-9a-z]+)+$/.test(text);

async function comeIn({ key, organisation }) {
  if (!/^[!-~]+$/.test(key.trim()))
    throw new Told('Enter the key as "postern admin-key create" printed it.');
  if (!isOrganisation(organisation.trim()))
    throw new Told('The id of an organisation begins with or-, or is a UUID.');
  take(key.trim(), organisation.trim());
  await check();
  $('parts').hidden = $('leave').hidden = false;
  say('');
  await go();
}

function enter(message = '') {
  turn++;
  forgetUsers();
  forgetEntries();
  $('parts').hidden = $('leave').hidden = true;
  $('question').close();
  $('view').removeAttribute('aria-busy');
  draw([heading('Log in as an operator'),
    section('way-in', 'By a key', form('way-in', [
      field('key', 'Admin key', { type: 'password', 'aria-describedby':
        'key-hint way-in-error', hint:
        'It begins with ptna_. "postern admin-key create NAME" on the server'
          + ' makes one. The page keeps it until you leave or reload.' }),
      field('organisation', 'Organisation', { hint:
        'Its id, or-... or a UUID. Empty: that of the key, or the default'
          + ' one.' })], 'Log in', comeIn, { kind: 'primary' }))]);
  say(message);
}

document.addEventListener('turned-away', () => {
  enter('The key is not good: it is mistyped, has expired, or was revoked.'
    + ' Enter one that is.');
});
$('leave').addEventListener('click', () => {
  take('', '');
  history.replaceState(null, '', '#');
  enter('You have left, and the key is forgotten.');
});
window.addEventListener('hashchange', go);
/* The part that is shown already is drawn anew. */
$('parts').addEventListener('click', ({ target }) => {
  if (target.hash === location.hash)
    go();
});
go();
