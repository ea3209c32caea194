/* What was recorded of the other server, replayed as far as it is served. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { start, top } from '../lib/instance.mjs';
import { read, replay } from '../lib/transcript.mjs';

const { replayed, later, unserved, configured, overlay, rules, unreached,
  reasons } =
  JSON.parse(readFileSync(join(top, 'tests/vectors/flow-overlay.json'), 'utf8'));

/*
 * Those keys that this server has, as they are called here; without the others
 * it is the same.  And what it takes here to come to where the other one is.
 */
const flat = ([key, value]) => {
  if (Array.isArray(value) && key.startsWith('session.jwt_template.'))
    return [[key, `[${value.join(',')}]`]];
  return value && typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value).flatMap(([name, one]) =>
      flat([`${key}.${name}`, one]))
    : [[key, value]];
};
const configOf = (name) => ({ ...Object.fromEntries(
  Object.entries(read(name).config).filter(([key]) => !(key in unserved))
    .flatMap(flat).map(([key, value]) =>
      [key.replace(/^cors\./, 'server.public.cors.'), value])),
...configured[name]?.set });

/* Those rules that hold everywhere, or where a scenario has those settings. */
const rulesOf = (name) => Object.fromEntries(Object.entries(rules)
  .filter(([, { when = {} }]) => Object.entries(when)
    .every(([key, value]) => read(name).config[key] === value)));

const byConfig = new Map();
for (const name of Object.keys(replayed)) {
  const config = JSON.stringify(configOf(name));
  byConfig.set(config, [...byConfig.get(config) ?? [], name]);
}

let instance;

/* What all of them have: also where the recorded server has another default. */
const common = {
  'server.workers': '2',
  'server.public.cors.allow_origins': 'http://localhost:8888',
  'webauthn.relying_party.origins': 'http://localhost:8888',
  'service.name': 'Example',
  'webauthn.relying_party.id': 'localhost',
  'webauthn.relying_party.display_name': 'Example',
  'session.cookie.secure': 'true',
  'rate_limiter.enabled': 'false',
  'passkey.attestation_preference': 'direct',
  'webauthn.timeouts.registration': '600000',
  'webauthn.timeouts.login': '600000',
};

before(async () => {
  instance = await start({ oneConnection: true, set: common });
});
after(() => instance?.stop());

for (const [config, names] of byConfig)
  test(`with ${config}: ${names.join(', ')}`, async (t) => {
    await instance.reload({ ...common, ...JSON.parse(config) });
    for (const name of names)
      await t.test(name, async () => {
        const compared = await replay(instance, name,
          { steps: replayed[name], overlay: overlay[name],
            rules: rulesOf(name) });
        assert.ok(compared > 0);
      });
  });

/* Before its last step, where what will be the account is in it; and behind. */
test('the row of a flow is small, of a whole registration, too', async () => {
  const name = 'registration-default-all';
  const last = replayed[name];
  assert.equal(later[name], undefined);
  await instance.reload({ ...common, ...configOf(name) });
  for (const [steps, most] of [[1, 64], [last - 1, 640], [last, 256]]) {
    await replay(instance, name, { steps, overlay: overlay[name], rules });
    const rows = await instance.sql('SELECT LENGTH(data) FROM flows');
    assert.equal(rows.length, 1);
    assert.ok(Number(rows[0][0]) <= most, `${rows} after ${steps}`);
  }
});

test('what is not replayed, or not to its end, has its reason', () => {
  for (const file of readdirSync(join(top, 'tests/vectors/flow'))) {
    const name = file.replace(/\.json$/, '');
    const { steps } = read(name);
    assert.equal(later[name] === undefined, replayed[name] === steps.length,
      `${name}: ${replayed[name]} of ${steps.length} steps, ${later[name]}`);
    assert.ok((replayed[name] ?? 0) <= steps.length, name);
  }
  for (const name of [...Object.keys(replayed), ...Object.keys(later)])
    assert.equal(read(name).name, name);
});

test('each reason is one of something', () => {
  const used = new Set([...Object.values(later),
    ...[rules, configured, unreached, ...Object.values(overlay)].flatMap((table) =>
      Object.values(table).map(({ reason }) => reason))]);
  assert.deepEqual([...used].sort(), Object.keys(reasons).sort());
});

test('what is answered otherwise has its reason', () => {
  for (const [name, { reason }] of [...Object.entries(rules),
    ...Object.entries(configured), ...Object.entries(unreached)])
    assert.ok(reasons[reason], name);
  for (const [name, steps] of Object.entries(overlay))
    for (const [step, { reason }] of Object.entries(steps)) {
      assert.ok(reasons[reason], `${name} ${step}`);
      assert.ok(Number(step) <= replayed[name], `${name} ${step}`);
    }
  const used = new Set(Object.keys(replayed)
    .flatMap((name) => Object.keys(read(name).config)));
  for (const key of Object.keys(unserved))
    assert.ok(used.has(key), key);
});

const flowSource = (name) =>
  readFileSync(join(top, 'lib/flow', name), 'utf8');
const found = (text, pattern) =>
  new Set([...text.matchAll(pattern)].map(([, name]) => name));

/* What the tables of flows have: states, and actions, which have a text. */
const states = found(flowSource('state.def'),
  /^PTN_FLOW_STATE\(\w+,\s*"(\w+)"/gm);
const actions = found(readdirSync(join(top, 'lib/flow'))
  .filter((name) => /\.[ch]$/.test(name)).map(flowSource).join('\n'),
/\.name\s*=\s*"(\w+)",[\s\\]*\.text\b/g);

/* Which of them the steps of a transcript come to, or take with success. */
function reached(name) {
  return read(name).steps.slice(0, replayed[name]).flatMap((step, i) => {
    const over = overlay[name]?.[i + 1] ?? {};
    return [[step, over], [over.then, {}]].filter(([one]) => one?.request)
      .flatMap(([{ request, response }, { status, body, request: sent }]) => [
        body?.name ?? response.body?.name,
        (status ?? response.status) === 200
          && /[?&]action=(\w+)(?:%40|@)/.exec(sent?.path ?? request.path)?.[1],
      ]);
  });
}

test('each state and action is reached, or has its reason', () => {
  assert.ok(states.size > 20 && actions.size > 30);
  const all = new Set(Object.keys(replayed).flatMap(reached));
  const left = [...states, ...actions].filter((name) => !all.has(name));
  assert.deepEqual(left.sort(), Object.keys(unreached).sort());
});
