/* What waits to be sent, and the webhooks that are told. */
import { call, find, part, subject } from './call.js';
import { glance, measure } from './health.js';
import { button, done, heading, hint, list, row, section } from './parts.js';
import { badge, make, time } from './ui.js';
import { by } from './metrics.js';

const kinds = { mail: 'Mails with a code', notice: 'Notices',
  dfns_code: 'Codes of the Dfns API', webhook: 'Messages to webhooks',
  webhook_parked: 'Messages given up' };

const age = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s`
  : seconds < 5400 ? `${Math.round(seconds / 60)} min`
    : `${Math.round(seconds / 3600)} h`);

/* Tiles of what waits; late: it is no rush of the moment. */
function waiting(lines) {
  const ages = by(lines, 'postern_outbox_oldest_age_seconds', 'kind');

  return [...by(lines, 'postern_outbox_rows', 'kind')].map(([kind, rows]) => ({
    title: kinds[kind] ?? kind, value: rows,
    note: rows > 0 ? `the oldest for ${age(ages.get(kind))}` : 'nothing waits',
    bad: kind !== 'webhook_parked' && ages.get(kind) > 300 }));
}

/* Of the file they are names, else with ids. */
const names = (events) => events.map((one) => one.event ?? one);

/* As it is now but for that: of two operators none overwrites the other. */
async function turn(hook, enabled, draw) {
  const path = `/webhooks/${part(hook.id)}`;
  const { data, headers } = await call('GET', path);

  await call('PUT', path, { callback: data.callback,
    events: names(data.events), enabled },
  { 'If-Match': headers.get('ETag') });
  if (draw(await outbox(null, draw)) !== false)
    done(`${hook.callback} is switched ${enabled ? 'on' : 'off'}.`, 'hooks');
}

function hookRow(hook, draw) {
  const { id, callback, enabled = true, failures, waiting: left, parked }
    = hook;
  const word = `Switch ${enabled ? 'off' : 'on'}`;

  return row(make('span', { class: 'named' }, callback,
    !enabled && badge('Switched off'), !id && badge('Of the configuration')), [
    names(hook.events).join(', '),
    failures > 0 && `failed ${failures} times in a row`,
    left > 0 && `${left} wait`, parked > 0 && `${parked} given up`,
    hook.created_at && `made ${time(hook.created_at)}`], ...id ? [
    button(word, 'hooks', () => turn(hook, !enabled, draw),
      { label: `${word}: ${callback}` })] : []);
}

const webhooks = ({ config = [], database = [] }, draw) => section('hooks',
  'Webhooks', list('Webhooks', [...config, ...database].map((one) =>
    hookRow(one, draw)), 'None. "postern webhook add" makes one.'),
  hint('"postern webhook" tries one out, and tells again what was given up.'));

export async function outbox(_, draw) {
  const [lines, hooks] = await Promise.all([measure(), find('/webhooks')]);

  return [heading('Outbox'), section('waits', 'What waits to be sent',
    lines ? glance(waiting(lines)) : hint(`${subject()} of one organisation:`
      + ' what waits is of all of them, and is told to who is for all.'),
    make('p', { class: 'hint' }, 'Nothing has to be done about what waits for'
      + ' a moment: it is tried again by itself.')),
  hooks && webhooks(hooks, draw)];
}
