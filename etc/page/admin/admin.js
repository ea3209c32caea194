/*
 * The page of operators: who is in by what (entry.js), and which part is shown.  The
 * part is named by the address, #users, and nothing else of anybody is there:
 * a browser keeps addresses.
 */
import { audit, forget as forgetEntries } from './audit.js';
import { hasSession, isIn } from './call.js';
import { comeBack, forgetWho, leave, waysIn } from './entry.js';
import { health } from './health.js';
import { outbox } from './outbox.js';
import { heading, trouble } from './parts.js';
import { $, make, say } from './ui.js';
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

async function begin() {
  $('parts').hidden = $('leave').hidden = false;
  $('leave').textContent = hasSession() ? 'Log out' : 'Leave';
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
  draw([heading('Log in as an operator'), ...waysIn(begin)]);
  say(message);
}

const ended = {
  key: 'The key is not good: it is mistyped, has expired, or was revoked.'
    + ' Enter one that is.',
  session: 'You are not logged in any more.',
};

document.addEventListener('turned-away', ({ detail }) => {
  forgetWho();
  enter(ended[detail]);
});
$('leave').addEventListener('click', async () => {
  const message = await leave();

  history.replaceState(null, '', '#');
  enter(message);
});
window.addEventListener('hashchange', go);
/* The part that is shown already is drawn anew. */
$('parts').addEventListener('click', ({ target }) => {
  if (target.hash === location.hash)
    go();
});
if (await comeBack())
  begin();
else
  go();
