/*
 * Replays recorded flows (tests/vectors/flow, README there) and compares what
 * comes with what was recorded, member by member.
 *
 * A placeholder <kind:n> is learnt where it is first met in an answer, and is
 * that value from then on; two placeholders are two values.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { top, until } from './instance.mjs';
import { codeIn, mailsTo } from './maildir.mjs';

const folder = join(top, 'tests/vectors/flow');
const HOLE = /<([a-z_]+)(?::([\w:]+))?>/g;
const ANY = new Set(['time', 'unix_time', 'http_date', 'seconds', 'text']);

export const read = (name) =>
  JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

class Replay {
  constructor(instance, api) {
    this.instance = instance;
    this.api = api;
    this.known = new Map();
    this.compared = 0;
  }

  /* What stands for a placeholder of a request. */
  value(hole) {
    const [, kind, n] = /^<([a-z_]+)(?::([\w:]+))?>$/.exec(hole);
    if (this.known.has(hole))
      return this.known.get(hole);
    if (kind === 'unused_uuid')
      this.known.set(hole, randomUUID());
    else if (kind === 'wrong_code')
      this.known.set(hole, String((Number(this.value(`<code:${n}>`)) + 1)
        % 1000000).padStart(6, '0'));
    assert.ok(this.known.has(hole), `${hole} is not known`);
    return this.known.get(hole);
  }

  fill(node) {
    if (typeof node === 'string')
      return node.replaceAll(HOLE, (hole) => this.value(hole));
    if (Array.isArray(node))
      return node.map((one) => this.fill(one));
    if (node && typeof node === 'object')
      return Object.fromEntries(Object.entries(node)
        .map(([name, one]) => [name, this.fill(one)]));
    return node;
  }

  learn(hole, value, where) {
    if (ANY.has(/^<([a-z_]+)/.exec(hole)[1]))
      return;
    if (!this.known.has(hole)) {
      assert.ok(![...this.known.values()].includes(value),
        `${where}: ${hole} is not a value of its own`);
      this.known.set(hole, value);
    }
    assert.equal(value, this.known.get(hole), `${where}: ${hole}`);
  }

  text(want, got, where) {
    const holes = [...want.matchAll(HOLE)].map(([hole]) => hole);
    const source = want.split(HOLE).filter((_, i) => i % 3 === 0)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.*)');
    const found = new RegExp(`^${source}$`, 's').exec(got);
    assert.ok(found, `${where}: ${got} is not ${want}`);
    holes.forEach((hole, i) => this.learn(hole, found[i + 1], where));
  }

  same(want, got, where) {
    if (typeof want === 'string') {
      assert.equal(typeof got, 'string', where);
      return this.text(want, got, where);
    }
    if (want === null || typeof want !== 'object')
      return assert.deepEqual(got, want, where);
    assert.ok(got && typeof got === 'object', where);
    assert.deepEqual(Object.keys(got).sort(), Object.keys(want).sort(), where);
    for (const [name, one] of Object.entries(want))
      this.same(one, got[name], `${where}.${name}`);
    return undefined;
  }

  async mails(list, where) {
    for (const { to, code } of list ?? []) {
      this.sent ??= new Map();
      const n = (this.sent.get(to) ?? 0) + 1;
      this.sent.set(to, n);
      const all = await until(() => {
        const some = mailsTo(this.instance.mailDir, to);
        return some.length >= n && some;
      }, `${where}: mail ${n} to ${to}`);
      if (code)
        this.learn(code, codeIn(all[n - 1]), where);
    }
  }

  async exchange(step, over, where) {
    const { method, path, headers = {}, body, raw_body } = step.request;
    const type = headers['content-type'];
    const answer = await this.api.call(method, this.fill(path),
      body === undefined ? undefined : this.fill(body), {
        headers: { Origin: 'http://localhost:8888', 'X-Language': 'en' },
        noJar: true,
        ...raw_body !== undefined && { raw: this.fill(raw_body) },
        ...type !== undefined && { type },
      });
    const want = { ...step.response, ...over };
    if (over?.status && want.body)
      want.body = { ...want.body, status: over.status, ...over.body };
    assert.equal(answer.status, want.status, `${where}: ${answer.text}`);
    if (want.body)
      this.same(want.body, answer.body, where);
    for (const name of ['access-control-allow-origin', 'content-type',
      'access-control-allow-credentials', 'access-control-expose-headers'])
      if (want.headers?.[name] !== undefined)
        assert.equal(answer.headers[name], want.headers[name],
          `${where}: ${name}`);
    await this.mails(step.mails, where);
    this.compared++;
  }

  async other(step, where) {
    const id = step.flow && `UNHEX('${this.fill(step.flow)
      .replaceAll('-', '')}')`;
    assert.equal(step.do, 'expire_flow', `${where}: ${step.do}`);
    await this.instance.sql(`UPDATE flows SET expires_at =
      UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = ${id}`);
  }
}

/*
 * Replay a transcript.
 *
 * steps	how many of its steps; all by default
 * overlay	{ step: { status, body } }: what is right instead
 *
 * Returns how many exchanges were compared.
 */
export async function replay(instance, name, { steps, overlay = {} } = {}) {
  const transcript = read(name);
  const run = new Replay(instance, await instance.client());
  for (const [i, step] of transcript.steps.slice(0, steps).entries()) {
    const where = `${name} ${i + 1}`;
    if (step.request)
      await run.exchange(step, overlay[i + 1], where);
    else
      await run.other(step, where);
  }
  return run.compared;
}
