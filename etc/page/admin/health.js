/* Health and metrics at a glance. */
import { ApiError } from './api.js';
import { call, find, subject } from './call.js';
import { by, parse, sum } from './metrics.js';
import { button, heading, hint, section } from './parts.js';
import { badge, make } from './ui.js';

/* All metrics, or null: they are not for a key of one organisation. */
export async function measure() {
  try {
    return parse((await call('GET', '/metrics')).text);
  } catch (error) {
    if (error instanceof ApiError && error.status === 403)
      return null;
    throw error;
  }
}

const shown = (value) => (typeof value === 'number'
  ? value.toLocaleString([], { maximumFractionDigits: 1 }) : value);

/* Tiles: { title, value, note, bad }; bad: somebody should look at it. */
export const glance = (tiles) => make('ul', { class: 'tiles' },
  ...tiles.map(({ title, value, note, bad }) => make('li', {},
    make('span', { class: 'title' }, title),
    make('strong', {}, shown(value)),
    note && make('small', {}, note), bad && badge('Look here'))));

const share = (some, all) => (all > 0
  ? `${(100 * some / all).toLocaleString([], { maximumFractionDigits: 1 })} %`
  : 'none yet');

/* "password 12, passkey 3" */
const parts = (sums) => [...sums].filter(([, n]) => n > 0)
  .map(([name, n]) => `${name.replaceAll('_', ' ')} ${n.toLocaleString()}`)
  .join(', ');

/* Seconds until half of all were done: the bound of its bucket. */
function median(lines, name) {
  const buckets = [...by(lines, `${name}_bucket`, 'le')];
  const all = sum(lines, `${name}_count`);
  const [bound] = buckets.find(([, n]) => all > 0 && n >= all / 2) ?? [];

  return bound === undefined ? '' : `half of them within ${bound} s`;
}

const requests = (lines) => {
  const name = 'postern_requests_total';
  const all = sum(lines, name);
  const failed = sum(lines, name, ({ status }) => status >= '500');

  return [
    { title: 'Requests', value: all,
      note: median(lines, 'postern_request_duration_seconds') },
    { title: 'Failed by us', value: failed, note: `5xx: ${
      share(failed, all)}`, bad: failed > all / 100 },
    { title: 'Limits reached', value: sum(lines,
      'postern_rate_limited_total') }];
};

const logins = (lines) => {
  const name = 'postern_logins_total';
  const ended = (how) => by(lines, name, 'method', ({ result }) =>
    result === how);
  const tile = (title, how) => ({ title, note: parts(ended(how)),
    value: sum(lines, name, ({ result }) => result === how) });

  return [tile('Log-ins', 'succeeded'), tile('Refused log-ins', 'failed'),
    { title: 'Codes mailed', value: sum(lines, 'postern_codes_total',
      ({ what }) => what === 'queued'),
    note: parts(by(lines, 'postern_codes_total', 'what',
      ({ what }) => what !== 'queued')) }];
};

const mail = (lines) => {
  const tries = by(lines, 'postern_mail_tries_total', 'result');
  const mails = lines.filter(({ labels }) =>
    !labels.kind?.startsWith('webhook'));
  const oldest = Math.max(0, ...by(mails,
    'postern_outbox_oldest_age_seconds', 'kind').values());

  return [
    { title: 'Mails sent', value: tries.get('sent') ?? 0, note: parts(
      new Map([...tries].filter(([result]) => result !== 'sent'))) },
    { title: 'In the outbox', value: sum(mails, 'postern_outbox_rows'),
      note: oldest > 0 ? `the oldest for ${Math.round(oldest)} s`
        : 'nothing waits', bad: oldest > 300 }];
};

const machine = (lines) => {
  const workers = by(lines, 'postern_processes', 'role').get('worker') ?? 0;
  const busy = sum(lines, 'postern_workers_busy');
  const lost = sum(lines, 'postern_database_errors_total',
    ({ kind }) => kind !== 'retry');
  const deaths = sum(lines, 'postern_process_deaths_total');

  return [
    { title: 'Workers busy', value: busy, note: `of ${workers}`,
      bad: busy >= workers },
    { title: 'Passwords hashed now', value: sum(lines,
      'postern_hashing_slots_used'), note: `of ${sum(lines,
      'postern_hashing_slots')}, ${sum(lines, 'postern_hashing_queue_length')
    } wait, ${sum(lines, 'postern_hashing_refused_total')} were refused` },
    { title: 'Memory', value: `${Math.round(sum(lines,
      'postern_memory_bytes') / 1048576)} MiB` },
    { title: 'Database errors', value: lost, note: parts(by(lines,
      'postern_database_errors_total', 'kind')), bad: lost > 0 },
    { title: 'Processes that died', value: deaths,
      note: deaths > 0 && 'each was replaced', bad: deaths > 0 }];
};

/* How it is: a sentence. */
function verdict(ready) {
  if (ready?.mail === 'refused')
    return 'It works, but mail waits: the mail server does not take what this'
      + ' server sends. "postern doctor" says why.';
  return ready ? 'It works: the database answers.'
    : 'It cannot serve: the database does not answer.';
}

async function isReady() {
  try {
    return await find('/health/ready');
  } catch (error) {
    if (error instanceof ApiError && error.status === 503)
      return null;
    throw error;
  }
}

export async function health(_, draw) {
  const ready = await isReady();
  const lines = ready && await measure();
  const version = lines?.find(({ name }) => name === 'postern_build_info')
    ?.labels.version;
  const groups = lines ? [['Requests', requests], ['Log-ins', logins],
    ['Mail', mail], ['Processes', machine]] : [];

  return [heading('Health'), section('ready', 'Now',
    make('p', { class: ready && !ready.mail ? 'good' : 'error' },
      verdict(ready)),
    version && hint(`Version ${version}. Counts begin with its start.`),
    ready && !lines && hint(`${subject()} of one organisation: counts are of`
      + ' all of them, and are told to who is for all.'),
    make('div', { class: 'row' }, button('Look again', 'ready', async () =>
      draw(await health(_, draw))))),
  ...groups.map(([title, tiles]) => section(title.toLowerCase(), title,
    glance(tiles(lines))))];
}
