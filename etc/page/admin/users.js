/* The list of users. */
import { call, isId, query } from './call.js';
import { done, field, form, heading, list, pager, row, section }
  from './parts.js';
import { Told, badge, make, time } from './ui.js';
import { count } from './words.js';

const perPage = 20;

/* What was asked for last: it is there again for whoever comes back. */
const nothing = { search: '', by: 'email', sort_by: 'created_at', page: 1 };
const asked = { ...nothing };

/* Whoever comes next does not see it. */
export const forget = () => Object.assign(asked, nothing);

/* Where the list is. */
let found;

/* What somebody is called. */
export const nameOf = ({ id, emails = [], username, name }) =>
  emails.find(({ is_primary: primary }) => primary)?.address
  ?? emails[0]?.address ?? username?.username ?? name ?? id;

export const marks = ({ locked_at: locked, emails = [] }) => [
  locked && badge('Locked'),
  emails.length > 0 && !emails.some(({ is_verified: proved }) => proved)
    && badge('Not verified')].filter(Boolean);

function userRow(user) {
  const name = nameOf(user);
  const others = [user.username?.username, user.name]
    .filter((text) => text && text !== name);
  const title = make('span', { class: 'named' },
    make('a', { href: `#user/${user.id}` }, name), ...marks(user));

  return row(title, [...others, `made ${time(user.created_at)}`]);
}

const search = ({ search: text, by, sort_by: sort, page }) => query({
  [by]: text, sort_by: sort, page, per_page: perPage });

/* Draw the list, of what is asked for. */
async function showList() {
  const { data, headers } = await call('GET', `/users${search(asked)}`);
  const total = Number(headers.get('X-Total-Count'));
  const age = headers.get('X-Total-Count-Age');

  found.replaceChildren(
    make('p', { class: 'hint' }, count(total, 'user'),
      age && `, counted ${count(Number(age), 'second')} ago`),
    list('Users', data.map(userRow), 'Nobody fits. A part of the address or'
      + ' name is enough; look for fewer letters.'),
    pager('list', asked.page, Math.ceil(total / perPage), async (page) => {
      asked.page = page;
      await showList();
      done('', 'list');
    }));
}

async function find(values) {
  const wanted = { ...values, search: values.search.trim(), page: 1 };

  if (wanted.by === 'user_id' && wanted.search && !isId(wanted.search))
    throw new Told('That is not the id of a user.');
  Object.assign(asked, wanted);
  await showList();
  done(found.querySelector('.hint').textContent);
}

export async function users() {
  found = make('div');
  await showList();
  return [heading('Users'), section('list', 'Find a user', form('list', [
    field('search', 'Look for', { type: 'search', value: asked.search }),
    field('by', 'In', { value: asked.by, options: [['email', 'Address'],
      ['username', 'Username'], ['name', 'Name'], ['user_id', 'Id']] }),
    field('sort_by', 'Newest first by', { value: asked.sort_by, options: [
      ['created_at', 'When made'], ['updated_at', 'When changed']] }),
  ], 'Search', find, { kind: 'primary', name: 'Search' }), found)];
}
