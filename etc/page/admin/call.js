/*
 * The Admin API, with the key that was typed in.  It is in this variable and
 * in no storage: a reload ends what the page knows of it.  The page lies in a
 * folder of where the API is mounted.
 */
import { ApiError, api } from './api.js';

let key = '';
let organisation = '';

/* Take a key, and the id of an organisation, or "". */
export function take(text, id) {
  key = text;
  organisation = id;
}

export const isIn = () => key !== '';

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
 * One request.  Returns what api() does.  Cookies stay here: a browser sends
 * those of the public site to every port of its host.  A key that is not good
 * any more leads back to where it is typed in, and whoever waits for the
 * answer waits for ever.
 */
export async function call(method, path, body, headers = {}) {
  const mount = organisation === '' ? '..' : `../${part(organisation)}`;

  try {
    return await api(method, `${mount}${path}`, body, key,
      { credentials: 'omit', redirect: 'error', headers });
  } catch (error) {
    if (error.status !== 401 || key === '')
      throw error;
    take('', '');
    document.dispatchEvent(new Event('turned-away'));
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
