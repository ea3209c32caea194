/*
 * Everything that works once, and many who want it at a time: exactly one may
 * have it.  http/races.test.mjs runs a few rounds of each, races/run.mjs as
 * many as one asks for.
 *
 * A race is { name, cheap, set, prepare, begin }:
 * cheap	a round costs no more than a few requests
 * set		settings it needs beside those of all
 * prepare(field)	once: what its rounds have in common
 * begin(field, common, n)	a round: { tries, left, undo }.  tries are n
 *		requests { method, path, body, headers }, of which one has to
 *		win; left() is how many there are now of what was won, which
 *		is to be one; undo() makes room for the next round.
 * wins		the status of the winner; 200
 */
import assert from 'node:assert/strict';
import http from 'node:http';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freshAddress } from './api.mjs';
import { Authenticator } from './authenticator.mjs';
import { App, Key, announce, approve, beginLogin, codeTo, loggedIn }
  from './dfns.mjs';

const ORIGIN = 'http://localhost:8080';
const ONES_OWN = 5; /* tries of each of several who want the same */

/* What all races run under. */
export const settings = {
  'webauthn.relying_party.origins': ORIGIN,
  'server.workers': '8',
  'session.limit': '1000',
  'dfns.password': 'true',
};

/*
 * An instance, and connections on which to start at the same moment: to it, or
 * in turns to several that share a database.
 */
export class Field {
  constructor(instance, parallel, all = [instance]) {
    this.instance = instance;
    this.bases = all.map(({ url }) => new URL(url));
    this.turn = 0;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: parallel,
      maxFreeSockets: parallel });
  }

  client() {
    return this.instance.client();
  }

  sql(text) {
    return this.instance.sql(text);
  }

  async count(what) {
    return Number((await this.sql(`SELECT COUNT(*) FROM ${what}`))[0][0]);
  }

  /* Nothing is left of the mails that came: to look through them is work. */
  forgetMails() {
    for (const folder of ['new', 'cur'])
      for (const name of readdirSync(join(this.instance.mailDir, folder)))
        rmSync(join(this.instance.mailDir, folder, name));
  }

  /* The status of one request. */
  send({ method = 'POST', path, body, headers }) {
    const text = body === undefined ? '' : JSON.stringify(body);
    const more = text ? { 'Content-Type': 'application/json' } : {};
    const base = this.bases[this.turn++ % this.bases.length];
    return new Promise((done, fail) => {
      const request = http.request({ agent: this.agent, method,
        host: base.hostname, port: base.port,
        path: base.pathname.replace(/\/$/, '') + path,
        headers: { ...more, 'Content-Length': Buffer.byteLength(text),
          ...headers },
      }, (response) => {
        response.resume();
        response.on('end', () => done(response.statusCode));
        response.on('error', fail);
      });
      request.on('error', fail);
      request.end(text);
    });
  }

  /* All of them from an open connection, none behind another. */
  async fire(tries) {
    const hello = { method: 'GET', path: '/health/alive' };
    /* A web server may just have closed those that were idle. */
    const greet = (left) => this.send(hello).catch((error) => {
      if (left === 0)
        throw error;
      return greet(left - 1);
    });
    await Promise.all(tries.map(() => greet(tries.length)));
    return Promise.all(tries.map((one) => this.send(one)));
  }

  close() {
    this.agent.destroy();
  }
}

const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const hex = (id) => id.replaceAll('-', '');

/* ------------------------------------------------ the first API */

async function user(field, email = freshAddress('race')) {
  const api = field.client();
  return { api, ...await api.signUp(email) };
}

const cookie = ({ api }) => ({ Cookie: api.jar.header() });
const sessionsOf = (field, who) =>
  field.count(`sessions WHERE user_id = x'${hex(who.user_id)}'`);
const noSessions = (field) => field.sql('DELETE FROM sessions');

/* A passcode for a user, to an address: { id, code }. */
async function passcode(api, user_id, email_id, email) {
  const { body } = await api.call('POST', '/passcode/login/initialize',
    { user_id, email_id }, { status: 200 });
  return { id: body.id, code: await api.codeFor(email) };
}

const enter = (body, headers) =>
  ({ path: '/passcode/login/finalize', body, headers });

const other = (code) => (code === '000000' ? '000001' : '000000');

/* Somebody with a passkey. */
async function keyHolder(field) {
  const who = await user(field);
  who.device = new Authenticator({ origin: ORIGIN });
  await enrol(who, who.device);
  return who;
}

const offered = async (who) => (await who.api.call('POST',
  '/webauthn/registration/initialize', undefined, { status: 200 })).body
  .publicKey;

async function enrol(who, device) {
  await who.api.call('POST', '/webauthn/registration/finalize',
    device.create(await offered(who)), { status: 200 });
}

const passkeys = 'webauthn_credentials';
const noPasskeys = (field) => field.sql(`DELETE FROM ${passkeys}`);

/* Several users, each of whom wants the same ONES_OWN times. */
const several = (field, n) => Promise.all(times(
  Math.max(2, Math.floor(n / ONES_OWN)), () => user(field)));

const firstApi = [
  {
    name: 'passcode',
    cheap: true,
    prepare: (field) => user(field),
    async begin(field, who, n) {
      await noSessions(field);
      const body = await passcode(field.client(), who.user_id, who.email_id,
        who.email);
      return { tries: times(n, () => enter(body)),
        left: () => sessionsOf(field, who) };
    },
  },
  {
    /* The third wrong code uses it up: one of them hears so. */
    name: 'tries of a passcode',
    cheap: true,
    wins: 410,
    prepare: (field) => user(field),
    async begin(field, who, n) {
      const { id, code } = await passcode(field.client(), who.user_id,
        who.email_id, who.email);
      return { tries: times(n, () => enter({ id, code: other(code) })),
        left: async () => (await field.send(enter({ id, code }))) === 401
          ? 1 : 0 };
    },
  },
  {
    name: 'challenge of a log-in',
    cheap: true,
    prepare: keyHolder,
    async begin(field, who, n) {
      await noSessions(field);
      const { body } = await field.client().call('POST',
        '/webauthn/login/initialize', {}, { status: 200 });
      const answer = who.device.get(body.publicKey);
      return { tries: times(n, () =>
        ({ path: '/webauthn/login/finalize', body: answer })),
      left: () => sessionsOf(field, who) };
    },
  },
  {
    name: 'challenge of a passkey',
    cheap: true,
    prepare: (field) => user(field),
    async begin(field, who, n) {
      await noPasskeys(field);
      const answer = new Authenticator({ origin: ORIGIN })
        .create(await offered(who));
      return { tries: times(n, () => ({ body: answer, headers: cookie(who),
        path: '/webauthn/registration/finalize' })),
      left: () => field.count(passkeys) };
    },
  },
  {
    name: 'one passkey of several users',
    prepare: several,
    async begin(field, users, n) {
      await noPasskeys(field);
      const device = new Authenticator({ origin: ORIGIN });
      const tries = [];
      for (const who of users) {
        const body = device.create(await offered(who));
        tries.push(...times(n / users.length, () => ({ body,
          headers: cookie(who), path: '/webauthn/registration/finalize' })));
      }
      return { tries, left: () => field.count(passkeys) };
    },
  },
  {
    /* Who has proved one has a new session: others come to each round. */
    name: 'claim of an address',
    prepare: async () => null,
    async begin(field, common, n) {
      const address = freshAddress('claim');
      const users = await several(field, n);
      const tries = [];
      for (const who of users) {
        const { body } = await who.api.call('POST', '/emails', { address },
          { status: 200 });
        const right = await passcode(who.api, who.user_id, body.id, address);
        tries.push(...times(n / users.length, () =>
          enter(right, cookie(who))));
      }
      const mine = `emails WHERE address = '${address}'`;
      return { tries,
        left: () => field.count(`${mine} AND user_id IS NOT NULL`),
        undo: () => field.sql(`DELETE FROM ${mine}`) };
    },
  },
  {
    /* Who proves the address has the account; each has made one. */
    name: 'sign-up, proved',
    prepare: async () => null,
    async begin(field, common, n) {
      const email = freshAddress('new');
      const tries = [];
      for (let i = 0; i < Math.max(2, Math.floor(n / ONES_OWN)); i++) {
        const api = field.client();
        const { body } = await api.call('POST', '/users', { email },
          { status: 200 });
        const right = await passcode(api, body.user_id, body.email_id, email);
        tries.push(...times(ONES_OWN, () => enter(right)));
      }
      return { tries, left: () => field.count(
        `emails WHERE address = '${email}' AND user_id IS NOT NULL`) };
    },
  },
  {
    name: 'sign-up, not proved',
    cheap: true,
    set: { 'email.require_verification': 'false' },
    prepare: async () => null,
    async begin(field, common, n) {
      const email = freshAddress('new');
      return { tries: times(n, () => ({ path: '/users', body: { email } })),
        left: () => field.count(`emails WHERE address = '${email}'`) };
    },
  },
];

/* ------------------------------------------------ the Dfns API */

let count = 0;
const member = (field) => loggedIn(field.instance, `Race ${++count}`,
  freshAddress('race'));

const begun = async (who) =>
  (await beginLogin(who.api, who, {}, { status: 200 })).body;
const dfnsSessions = (field) => field.count("sessions WHERE api = 'dfns'");

/* A code that a mail brings: the oldest one, when all others are forgotten. */
async function mailed(field, who, path, method = 'POST') {
  field.forgetMails();
  await who.api.call(method, path, { orgId: who.orgId,
    username: who.username }, { status: 200 });
  return codeTo(field.instance.mailDir, who.username);
}

/* One more credential of a member's. */
async function add(who, kind, more) {
  const { body } = await who.call('POST', '/auth/credentials/init', { kind },
    { status: 200 });
  const key = new Key();
  const path = '/auth/credentials';
  const { credentialInfo, encryptedPrivateKey } = key.create(body.challenge,
    { kind, ...more });
  const what = { challengeIdentifier: body.challengeIdentifier,
    credentialName: kind, credentialKind: kind, credentialInfo,
    encryptedPrivateKey };
  await who.call('POST', path, what, { status: 200, headers: {
    'X-DFNS-USERACTION': await approve(who, 'POST', path,
      JSON.stringify(what)) } });
  return key;
}

const CODE = '/auth/credentials/code';
const inAMinute = () => new Date(Date.now() + 50000).toISOString();

/* The approval of a wish for a credential code: { body, headers }. */
async function wish(who) {
  const body = { expiration: inAMinute() };
  return { method: 'POST', path: CODE, body, headers: { ...bearer(who.token),
    'X-DFNS-USERACTION': await approve(who, 'POST', CODE,
      JSON.stringify(body)) } };
}

async function recoverable(field) {
  const who = await member(field);
  who.recovery = await add(who, 'RecoveryKey', { encrypted: 'sealed' });
  return who;
}

const recoverInit = async (field, who) => ({ orgId: who.orgId,
  username: who.username, credentialId: who.recovery.credId,
  verificationCode: await mailed(field, who, '/auth/recover/user/code') });

/* Somebody who signed up at the other API, and has a code to register. */
async function registering(field) {
  const { stdout } = await field.instance.postern('org', 'list');
  return /^(or-\S+) .* default$/m.exec(stdout)[1];
}

/* What init answered to each of n: each has a challenge of their own. */
async function challenges(n, ask) {
  const all = [];
  for (let i = 0; i < n; i++)
    all.push((await ask()).body);
  return all;
}

const dfnsApi = [
  {
    name: 'Dfns: challenge of a log-in',
    cheap: true,
    prepare: member,
    async begin(field, who, n) {
      const { challenge, challengeIdentifier } = await begun(who);
      await noSessions(field);
      const body = { challengeIdentifier, firstFactor: who.key.get(challenge) };
      return { tries: times(n, () => ({ path: '/auth/login', body })),
        left: () => dfnsSessions(field) };
    },
  },
  {
    name: 'Dfns: log-in code',
    cheap: true,
    async prepare(field) {
      const who = await member(field);
      await add(who, 'PasswordProtectedKey', { encrypted: 'sealed' });
      return who;
    },
    async begin(field, who, n) {
      const body = { orgId: who.orgId, username: who.username,
        loginCode: await mailed(field, who, '/auth/login/code') };
      return { tries: times(n, () => ({ path: '/auth/login/init', body })) };
    },
  },
  {
    name: 'Dfns: registration',
    prepare: registering,
    async begin(field, orgId, n) {
      const { email: username } = await user(field);
      const api = field.client();
      const registrationCode = await mailed(field, { api, orgId, username },
        '/auth/registration/code', 'PUT');
      const all = await challenges(n, () => api.call('POST',
        '/auth/registration/init', { orgId, username, registrationCode },
        { status: 200 }));
      return { tries: all.map((one) => ({ path: '/auth/registration',
        body: { firstFactorCredential: new Key().create(one.challenge) },
        headers: bearer(one.temporaryAuthenticationToken) })),
      left: () => field.count('key_credentials k JOIN members m USING'
        + ` (user_id) WHERE m.username = '${username}'`) };
    },
  },
  {
    name: 'Dfns: challenge of a user action',
    cheap: true,
    prepare: member,
    async begin(field, who, n) {
      const { body } = await announce(who, 'POST', CODE, '{}',
        { status: 200 });
      const answer = { challengeIdentifier: body.challengeIdentifier,
        firstFactor: who.key.get(body.challenge) };
      return { tries: times(n, () => ({ path: '/auth/action', body: answer,
        headers: bearer(who.token) })) };
    },
  },
  {
    name: 'Dfns: user action',
    cheap: true,
    prepare: member,
    async begin(field, who, n) {
      const once = await wish(who);
      return { tries: times(n, () => once) };
    },
  },
  {
    name: 'Dfns: credential code',
    prepare: member,
    async begin(field, who, n) {
      const { path, body, headers } = await wish(who);
      const { code } = (await who.api.call('POST', path, body,
        { headers, status: 200 })).body;
      const had = await field.count('key_credentials');
      const all = await challenges(n, () => who.api.call('POST',
        `${CODE}/init`, { code, credentialKind: 'Key' }, { status: 200 }));
      return { tries: all.map(({ challenge, challengeIdentifier }) => ({
        path: `${CODE}/verify`, body: { challengeIdentifier,
          ...new Key().create(challenge), credentialName: 'by code' } })),
      left: async () => await field.count('key_credentials') - had };
    },
  },
  {
    name: 'Dfns: recovery code',
    cheap: true,
    prepare: recoverable,
    async begin(field, who, n) {
      const body = await recoverInit(field, who);
      return { tries: times(n, () =>
        ({ path: '/auth/recover/user/init', body })) };
    },
  },
  {
    name: 'Dfns: recovery',
    prepare: recoverable,
    async begin(field, who, n) {
      const { body } = await who.api.call('POST', '/auth/recover/user/init',
        await recoverInit(field, who), { status: 200 });
      const [key, next] = [new Key(), new Key()];
      const newCredentials = { firstFactorCredential:
        key.create(body.challenge), recoveryCredential: next.create(
        body.challenge, { kind: 'RecoveryKey', encrypted: 'sealed' }) };
      const recovery = who.recovery.get(Buffer.from(
        JSON.stringify(newCredentials)).toString('base64url'), 'RecoveryKey');
      who.recovery = next;
      return { tries: times(n, () => ({ path: '/auth/recover/user',
        headers: bearer(body.temporaryAuthenticationToken),
        body: { recovery, newCredentials } })) };
    },
  },
  {
    /* One code of an app, for as many log-ins as there are. */
    name: 'Dfns: step of an authenticator app',
    async prepare(field) {
      const who = await member(field);
      const { body } = await who.call('POST', '/auth/credentials/init',
        { kind: 'Totp' }, { status: 200 });
      who.app = new App(body.otpUrl);
      const path = '/auth/credentials';
      const what = { challengeIdentifier: body.challengeIdentifier,
        credentialName: 'app', ...who.app.create() };
      await who.call('POST', path, what, { status: 200, headers: {
        'X-DFNS-USERACTION': await approve(who, 'POST', path,
          JSON.stringify(what)) } });
      return who;
    },
    async begin(field, who, n) {
      await field.sql('UPDATE totp_factors SET last_step = 0');
      const all = await challenges(n, () =>
        beginLogin(who.api, who, {}, { status: 200 }));
      const secondFactor = who.app.get();
      await noSessions(field);
      return { tries: all.map(({ challenge, challengeIdentifier }) => ({
        path: '/auth/login', body: { challengeIdentifier, secondFactor,
          firstFactor: who.key.get(challenge) } })),
      left: () => dfnsSessions(field) };
    },
  },
];

export const races = [...firstApi, ...dfnsApi];

/*
 * Run one: { rounds, winners, strange }.  winners is how many won, in all;
 * strange are rounds in which not exactly one did, or not one was left, with
 * what was answered.
 */
export async function run(race, field, { rounds, parallel, lasts_ms }) {
  const common = await race.prepare(field, parallel);
  const result = { rounds: 0, winners: 0, strange: [] };
  const began = Date.now();
  for (let i = 0; i < rounds; i++) {
    if (i > 0 && Date.now() - began > lasts_ms)
      break;
    result.rounds++;
    const { tries, left, undo } = await race.begin(field, common, parallel);
    const statuses = await field.fire(tries);
    const won = statuses.filter((one) => one === (race.wins ?? 200)).length;
    const there = await left?.() ?? 1;
    result.winners += won;
    if (won !== 1 || there !== 1)
      result.strange.push({ round: i, won, there,
        statuses: [...new Set(statuses)].map((one) => `${one}: ${
          statuses.filter((status) => status === one).length}`).join(', ') });
    await undo?.();
    field.forgetMails();
  }
  assert.ok(result.rounds === rounds || lasts_ms !== undefined);
  return result;
}
