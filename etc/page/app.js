/*
 * The page of flows: it shows the state that a flow is in (draw.js, and
 * profile.js for the profile), takes the actions that somebody chooses
 * (flow.js), and knows what to do when a step goes wrong.
 */
import { ApiError, api, isThere } from './api.js';
import { ceremonies, ceremonyOf, drawState, place, question, typeAgain,
  typedIn } from './draw.js';
import { Flow } from './flow.js';
import { answer as sign, creationOptions, requestOptions }
  from './passkeys.js';
import { drawProfile, nameOf } from './profile.js';
import { $, Told, countDown, explain, say } from './ui.js';
import { actionWords, anew, doors, errorWords, fill, inputWords, seconds }
  from './words.js';

let flow = null;
let shown = null; /* what is shown, as draw.js takes it */
let busy = false;

/* Who it is, and what was typed: it outlives a flow, and a reload. */
const known = { who: undefined, kept: {} };

/* ------------------------------------------------ show a state */

const isInit = ({ name }) => name === `${flow.name}_init`;

/* What the browser is to be asked in this state: { for, kind, publicKey }. */
function optionsIn(answer, before) {
  for (const action of Object.values(answer.actions)) {
    const kind = ceremonyOf(action);
    const { publicKey } = answer.payload[ceremonies[kind]] ?? {};
    if (kind && publicKey)
      return { for: action.action, kind, publicKey };
  }
  /* After an error they stand, and are not told again. */
  return before?.answer.name === answer.name
    && answer.actions[before.options?.for] ? before.options : null;
}

/* All that drawing a state takes. */
function stage(answer, by) {
  const before = shown?.flow === flow.name ? shown : null;
  const from = before?.answer.name;
  const waits = { ...before?.waits };

  if (answer.wait > 0)
    waits[answer.payload.resend_after ? 'resend_passcode' : by] =
      Date.now() + answer.wait * 1000;
  return { answer, by, from, waits, flow: flow.name, isInit: isInit(answer),
    who: known.who, service: known.service,
    kept: flow.name === 'profile' ? {} : known.kept,
    options: optionsIn(answer, before), run, flip, retry, enter, leave };
}

function focusOn(was, same) {
  const wrong = document.querySelector(question.action
    ? '#question [aria-invalid="true"]' : '#flow [aria-invalid="true"]');
  const key = was.key && `[data-key="${CSS.escape(was.key)}"]`;
  const there = same && ((key && $('flow').querySelector(key))
    || (was.id && $(was.id)) || (was.part && $(was.part)));

  if (wrong) {
    wrong.focus();
    wrong.select?.();
  } else if (!question.action) {
    (there || $('flow').querySelector('h1')).focus();
  }
}

/* After a code that was sent anew, what is typed next is that code. */
const focusAfter = { resend_passcode: 'verify_passcode-code' };

function draw(answer, by, was) {
  const same = shown?.answer.name === answer.name
    && shown.flow === flow.name;
  const typed = same ? typedIn($('flow')) : new Map();

  shown = stage(answer, by);
  $('flow').replaceChildren(...answer.name === 'profile_init'
    && answer.payload.user ? drawProfile(shown) : drawState(shown));
  typeAgain($('flow'), typed);
  document.title = $('flow').querySelector('h1').textContent;
  if (!same)
    window.scrollTo(0, 0);
  if (question.action && answer.actions[question.action] && answer.error)
    question.again(shown);
  else if (question.action)
    question.close();
  focusOn(same && !answer.error && focusAfter[by]
    ? { id: focusAfter[by] } : was, same);
}

/* ------------------------------------------------ what the browser is asked */

let asked = null; /* ends what the browser is asked now */

async function credential({ kind, publicKey }, more = {}) {
  asked?.abort();
  const mine = asked = new AbortController();
  const { signal } = mine;
  try {
    const made = kind === 'public_key'
      ? await navigator.credentials.create({ signal,
        publicKey: creationOptions(publicKey) })
      : await navigator.credentials.get({ signal, ...more,
        publicKey: requestOptions(publicKey) });
    if (!made)
      throw new DOMException('', 'NotAllowedError');
    return { [kind]: sign(made) };
  } finally {
    if (asked === mine)
      asked = null;
  }
}

/* Ask the browser for what an action needs, and take it. */
async function retry(action, button) {
  const { options } = shown;

  await attempt(button, action.action, async () =>
    proceed(action.action, await credential(options)));
}

/*
 * Passkeys among what the browser fills in: nobody has asked for them, and so
 * nothing is said if none comes of it.  The offer is renewed before it is
 * stale, while somebody looks at the page.
 */
async function offer({ options }) {
  const { name } = flow;
  const again = setTimeout(() => renew(name), options.publicKey.timeout * 0.9);

  try {
    const waiting = credential(options, { mediation: 'conditional' });
    asked.signal.addEventListener('abort', () => clearTimeout(again));
    const input = await waiting;
    clearTimeout(again);
    await attempt(null, options.for, () => proceed(options.for, input));
  } catch {
    /* Withdrawn, or not to be had. */
  }
}

async function renew(name) {
  if (document.hidden)
    return document.addEventListener('visibilitychange', () => renew(name),
      { once: true });
  if (flow.name !== name || !shown.isInit || busy)
    return;
  const next = new Flow(name);
  await next.begin().then(() => {
    flow = next;
    adopt(next.answer);
  }, () => {});
}

/* Another answer of the state that is shown; it stays as it is. */
function adopt(answer) {
  shown.answer = answer;
  shown.options = optionsIn(answer, shown);
  if (shown.isInit && shown.options)
    offer(shown);
}

/* In a state that is about nothing else the browser is asked at once. */
function askBrowser() {
  const { answer, options, isInit: first } = shown;

  if (!options || (answer.error && !first))
    return;
  if (first)
    offer(shown);
  else
    retry(answer.actions[options.for],
      $('flow').querySelector(`[data-key="${options.for}"]`));
}

/* ------------------------------------------------ take an action */

let running = Promise.resolve();

/*
 * Run something once at a time; what it throws is told.  What the browser is
 * asked meanwhile is given up for it.
 */
async function attempt(button, name, action) {
  if (busy && asked) {
    asked.abort();
    await running;
  }
  if (busy)
    return;
  busy = true;
  running = tried(button, name, action).finally(() => {
    busy = false;
    button?.removeAttribute('aria-disabled');
  });
  await running;
}

/* The button is not disabled meanwhile: one that is loses the focus. */
async function tried(button, name, action) {
  button?.setAttribute('aria-disabled', 'true');
  complainAbout('');
  try {
    await action();
  } catch (error) {
    await fail(error, name, button);
  }
}

/* It is told where somebody looks: in the question, or in the state. */
function complainAbout(text) {
  const here = $(question.action ? 'question-error' : 'flow-error');

  if (here)
    here.textContent = text;
}

/* What was typed and is no secret, for a flow that begins anew. */
function remember(name, input, what) {
  known.who = what ?? known.who;
  for (const [key, value] of Object.entries(input))
    if (inputWords(key, name).keep && typeof value === 'string') {
      known.who = value.trim();
      known.kept[key] = value.trim();
    }
}

async function run(name, input, button, what) {
  remember(name, input, what);
  await attempt(button, name, () => proceed(name, input, what));
}

/* How the service calls itself, once it is shown; what is not known is not. */
async function askName() {
  try {
    known.service ??=
      (await api('GET', '.well-known/config')).data.service.name;
  } catch {
    known.service = undefined;
  }
}

async function proceed(name, input, what) {
  const was = question.action ? question.from : place();
  const answer = await flow.act(name, input);

  asked?.abort();
  if (answer.payload.otp_secret)
    await askName();
  if (answer.name === 'success')
    return arrive();
  if (answer.name === 'account_deleted')
    return begin('login', 'Your account is deleted.');
  settle(answer, name, was);
  const done = actionWords(name, shown.from).done?.[answer.name];
  if (done && !answer.error)
    say(fill(done, { what: what ?? known.who }), nearby());
}

function settle(answer, by, was = {}) {
  if (flow.name === 'profile' && answer.payload.user)
    known.who = nameOf(answer.payload.user);
  draw(answer, by, was);
  track();
  setTimeout(askBrowser); /* once this step is over */
}

/* The part of the page that has the focus, if it is far from the top. */
const nearby = () => place().part;

/* A yes or no, without another word; the rest of the page stays as it is. */
async function flip(name, input, field) {
  try {
    adopt(await flow.act(name, input));
    if (shown.answer.error)
      throw new Told(errorWords(shown.answer.error.code));
  } catch (error) {
    field.checked = !field.checked;
    await fail(error, name, null);
  }
}

/* ------------------------------------------------ when it goes wrong */

/* An error of a request that was no step. */
async function fail(error, name, button) {
  const code = error.data?.error?.code;

  if (code in anew)
    return code === 'unauthorized' ? begin('login', anew[code])
      : home(flow.name, anew[code]);
  if (error.status === 429 && button)
    hold(button, name, Math.max(1, error.retryAfter));
  const text = explain(error, {
    429: fill(errorWords('rate_limit_exceeded'),
      { wait: seconds(Math.max(1, error.retryAfter)) }),
    502: 'The server cannot be reached. Please try again in a moment.',
    504: 'The server cannot be reached. Please try again in a moment.' });
  complainAbout(text);
  (button?.isConnected ? button : $('flow').querySelector('h1'))?.focus();
}

function hold(button, name, wait) {
  shown.waits[name] = Date.now() + wait * 1000;
  countDown(button, wait);
}

/* ------------------------------------------------ from flow to flow */

/* Begin a flow; what is said then, and what is done if it cannot begin. */
async function begin(name, message = '') {
  asked?.abort();
  try {
    const next = new Flow(name);
    await next.begin();
    flow = next;
    settle(next.answer);
    say(message);
  } catch (error) {
    if (error.data?.error?.code === 'unauthorized' && name === 'profile')
      return begin('login', message);
    if (!(error instanceof ApiError))
      throw error;
    stuck(error, () => begin(name, message));
  }
}

/* Nothing is shown yet, and nothing can be. */
function stuck(error, again) {
  const title = document.createElement('h1');
  const text = document.createElement('p');
  const button = document.createElement('button');

  title.tabIndex = -1;
  title.textContent = 'The server does not answer as it should';
  text.className = 'error';
  text.role = 'alert';
  text.textContent = explain(error);
  button.className = 'primary';
  button.textContent = 'Try again';
  button.addEventListener('click', again);
  $('flow').replaceChildren(title, text, button);
  title.focus();
  if (error.status === 429)
    countDown(button, Math.max(1, error.retryAfter));
}

/* The profile of whoever has a session; for others, a way to have one. */
async function home(name = 'login', message = '') {
  let valid = false;

  try {
    /* Always 200, so that a visitor without a session sees no error. */
    valid = (await api('GET', 'sessions/validate')).data.is_valid;
  } catch (error) {
    return stuck(error, () => home(name, message));
  }
  if (!valid)
    return begin(name === 'profile' ? 'login' : name, message);
  if (location.hash === '#members' && await isThere('members/'))
    return location.replace(new URL('members/', document.baseURI));
  return begin('profile', message);
}

/* There is a session now: whoever was sent here by the members' area. */
function arrive() {
  known.kept = {};
  return home('profile', doors[flow.name].arrived);
}

function enter(name) {
  say('');
  return attempt(null, name, () => begin(name));
}

function leave(button) {
  return attempt(button, 'logout', async () => {
    await api('POST', 'logout').catch((error) => {
      if (error.status !== 401)
        throw error; /* 401: it had ended already, which is as good */
    });
    known.who = undefined;
    await begin('login', 'You are logged out.');
  });
}

/* ------------------------------------------------ the browser's own buttons */

/*
 * While a flow is under way, the browser's back button goes back in it: there
 * is one entry of the history more.  What is to outlive a reload is kept
 * there; neither secrets nor tokens.
 */
const isGuarded = () => history.state?.inner === true;
let unguarding = false;

const trace = (inner) => ({ inner, flow: flow.name, who: known.who,
  kept: known.kept });

function track() {
  if (shown.isInit && isGuarded()) {
    unguarding = true;
    history.back();
  } else if (!shown.isInit && !isGuarded()) {
    history.replaceState(trace(false), '');
    history.pushState(trace(true), '');
  } else {
    history.replaceState(trace(!shown.isInit), '');
  }
}

addEventListener('popstate', async () => {
  if (!shown)
    return;
  if (unguarding) {
    unguarding = false;
    history.replaceState(trace(false), '');
  } else if (isGuarded()) {
    track();
  } else if (!shown.isInit) {
    if (shown.answer.actions.back)
      await run('back', {});
    else
      await attempt(null, 'back', () => home(flow.name, anew.back));
  }
});

/* What a reload has left: the flow is gone, what was typed is not. */
const left = history.state ?? {};
Object.assign(known, { who: left.who, kept: left.kept ?? {} });
isThere('organisation.js').then((there) => {
  $('keys').hidden = !there;
});
home(left.flow, left.inner ? anew.reload : '');
