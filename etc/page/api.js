/*
 * Postern's API, as a page talks to it.  The page lies where the API is
 * mounted, so all addresses are relative.
 */

/*
 * What api() throws: status (0: no answer at all), message, retryAfter, and
 * the JSON of the body, data, or null.
 */
export class ApiError extends Error {
  constructor(status, message, retryAfter = 0, data = null) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
    this.data = data;
  }
}

/*
 * The session's token, where the server hands it out in a header instead of
 * the cookie (session.enable_auth_token_header).  It is in no storage, where
 * any script would find it: a reload ends what the page knows of the session.
 */
let own;

/*
 * One request.  Returns { status, headers, text, data }; data is the JSON of
 * the body, or null.  The session travels in a cookie that script cannot read,
 * or as said above; below auth/ it is a bearer's token.  more: for fetch().
 */
export async function api(method, path, body, bearer = own, more = {}) {
  const init = { method, credentials: 'same-origin', cache: 'no-store',
    ...more, headers: { ...more.headers } };
  let response, text;

  if (bearer !== undefined)
    init.headers.Authorization = `Bearer ${bearer}`;
  if (body !== undefined) {
    init.headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  try {
    response = await fetch(new URL(path, document.baseURI), init);
    text = await response.text();
  } catch {
    throw new ApiError(0);
  }
  const { status, headers } = response;
  own = path === 'logout' ? undefined : headers.get('X-Auth-Token') ?? own;
  const json = headers.get('Content-Type')?.startsWith('application/json');
  const data = json && text !== '' ? JSON.parse(text) : null;
  if (!response.ok)
    throw new ApiError(status, data?.error?.message ?? data?.message,
      Number(headers.get('Retry-After') ?? 0), data);
  return { status, headers, text, data };
}

/* Is there a file at this path beside the page, for this visitor? */
export async function isThere(path) {
  try {
    return (await fetch(new URL(path, document.baseURI), { method: 'HEAD',
      credentials: 'same-origin', cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

/* Binary values travel as base64url. */
export const toBytes = (text) => Uint8Array.from(
  atob(text.replaceAll('-', '+').replaceAll('_', '/')),
  (char) => char.charCodeAt(0));

export const toText = (buffer) => buffer && btoa(
  String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
