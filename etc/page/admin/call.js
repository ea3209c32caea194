/*
 * The Admin API, with the session of an operator, which is a cookie that no
 * script reads; or with a key that was typed in, which is in this variable and
 * in no storage: a reload ends what the page knows of it.  The page lies in a
 * folder of where the API is mounted.
 */
import { ApiError, api } from './api.js';

let key = '';
let session = false;
let organisation = '';

/* Take a key, and the id of an organisation, or "". */
export function take(text, id) {
  key = text;
  session = false;
  organisation = id;
}

/* The same of the session that the browser has. */
export function enter(id) {
  take('', id);
  session = true;
}

export const isIn = () => session || key !== '';
export const hasSession = () => session;

/* Whoever asks, at the beginning of a sentence. */
export const subject = () => (session ? 'You are' : 'This key is');

/* A UUID: what else stands in an address leads to another place of the API. */
export const isId = (text) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
  .test(text);

/* Of a part of a path that is not ours. */
export const part = encodeURIComponent;

/* The same for what is asked: what is empty asks nothing. */
export function query(asked) {
  const words = new URLSearchParams();

  for (const [name, value] of Object.entries(asked))
    if (value !== undefined && value !== '')
      words.append(name, value);
  return words.size > 0 ? `?${words}` : '';
}

/*
 * One request below where an organisation is mounted, or all of them.  Returns
 * what api() does.  Cookies stay here unless one of them is meant: a browser
 * sends those of the public site to every port of its host.
 */
export const ask = (method, id, path, body, headers = {}) => api(method,
  `..${id && `/${part(id)}`}${path}`, body, key || undefined,
  { credentials: key === '' ? 'same-origin' : 'omit', redirect: 'error',
    headers });

/*
 * The same of the one that is looked at.  A key or session that is not good
 * any more leads back to where one comes in, and whoever waits for the answer
 * waits for ever.
 */
export async function call(method, path, body, headers) {
  const had = session ? 'session' : 'key';

  try {
    return await ask(method, organisation, path, body, headers);
  } catch (error) {
    if (error.status !== 401 || !isIn())
      throw error;
    take('', '');
    document.dispatchEvent(new CustomEvent('turned-away', { detail: had }));
    return new Promise(() => {});
  }
}

/* The same where there may be nothing: null then. */
export async function find(path) {
  try {
    return (await call('GET', path)).data;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404)
      return null;
    throw error;
  }
}
