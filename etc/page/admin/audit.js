/* The audit log: what happened, newest first. */
import { call, query } from './call.js';
import { button, done, field, form, heading, hint, list, pager, row, section }
  from './parts.js';
import { Told, make, time } from './ui.js';
import { count, eventWords } from './words.js';

const perPage = 20;

/* What was asked for last. */
const nothing = { q: '', type: '', start_time: '', end_time: '', before: '',
  page: 1 };
const asked = { ...nothing };

/* Whoever comes next does not see it. */
export const forget = () => Object.assign(asked, nothing);

let found;

const userLink = (text, id) => make('span', {}, `${text} `,
  make('a', { href: `#user/${id}`, 'aria-label': `${text} user ${id}` },
    id.slice(0, 8)));

/*
 * An entry, with who did it, to whom, and from where.  here: whose page it
 * stands on, which needs no way to itself.
 */
export function entryRow(entry, here) {
  const { type, error } = entry;
  const item = row(make('span', { class: 'named' }, eventWords(type),
    make('code', {}, type)), [time(entry.created_at), error,
    entry.actor_operator, entry.actor_email, entry.meta_source_ip]);
  const links = [['by', entry.actor_user_id],
    ['about', entry.subject_user_id]].filter(([, id]) => id && id !== here)
    .map((one) => userLink(...one));

  if (links.length > 0)
    item.querySelector('.what').append(make('small', { class: 'links' },
      ...links));
  return item;
}

/* A time as the field has it is of here; the API wants to know of where. */
const instant = (text) => (text === '' ? ''
  : new Date(text).toISOString());

const search = ({ before, ...values }) => query({ ...values,
  start_time: instant(values.start_time),
  end_time: before || instant(values.end_time), per_page: perPage });

/* Of many entries the newest are looked at; this leads on to the others. */
const furtherBack = (before) => [
  hint('Only the newest entries of that time were looked at.'),
  button('Look further back', 'log', async () => {
    Object.assign(asked, { before, page: 1 });
    await showList();
    done('', 'log');
  })];

async function showList() {
  const { data, headers } = await call('GET',
    `/audit_logs${search(asked)}`);
  const total = Number(headers.get('X-Total-Count'));
  const before = headers.get('X-Next-End-Time');

  found.replaceChildren(
    make('p', { class: 'hint' }, count(total, 'entry', 'entries')),
    list('Entries', data.map((entry) => entryRow(entry)), before
      ? 'Nothing fits among them.' : 'Nothing fits. What is kept, and for how'
      + ' long, is in audit_log.* of the configuration.'),
    ...before ? furtherBack(before) : [],
    pager('log', asked.page, Math.ceil(total / perPage), async (page) => {
      asked.page = page;
      await showList();
      done('', 'log');
    }));
}

async function find(values) {
  const wanted = { ...values, q: values.q.trim(), type: values.type.trim(),
    before: '', page: 1 };

  if (wanted.start_time && wanted.end_time
      && wanted.start_time >= wanted.end_time)
    throw new Told('The first time has to be before the second.');
  Object.assign(asked, wanted);
  await showList();
  done(found.querySelector('.hint').textContent);
}

/* Go there, for what is about a user: a week of it. */
export function lookFor(id) {
  const here = new Date().getTimezoneOffset() * 60000;
  const since = new Date(Date.now() - 7 * 86400000 - here);

  Object.assign(asked, { q: id, type: '', end_time: '', before: '',
    page: 1,
    start_time: since.toISOString().slice(0, 16) });
  location.hash = '#audit';
}

export async function audit() {
  found = make('div');
  await showList();
  return [heading('Audit log'), section('log', 'What happened', form('log', [
    field('q', 'Look for', { type: 'search', value: asked.q,
      hint: 'A part of a mail address or source IP, or the id of a user.' }),
    field('type', 'Event', { value: asked.type, placeholder: 'all',
      hint: 'Its name, such as user_locked.' }),
    field('start_time', 'After', { type: 'datetime-local',
      value: asked.start_time }),
    field('end_time', 'Before', { type: 'datetime-local',
      value: asked.end_time }),
  ], 'Search', find, { kind: 'primary', name: 'Search' }), found)];
}
