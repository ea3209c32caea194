/* Passkeys: what the server wants, and what the browser has. */
import { api, toBytes, toText } from './api.js';
import { state } from './ui.js';

const credentials = (list) => list?.map((one) =>
  ({ ...one, id: toBytes(one.id) }));

/* The options of the server as navigator.credentials wants them. */
export const creationOptions = (options) => ({
  ...options,
  challenge: toBytes(options.challenge),
  user: { ...options.user, id: toBytes(options.user.id) },
  excludeCredentials: credentials(options.excludeCredentials),
});

export const requestOptions = (options) => ({
  ...options,
  challenge: toBytes(options.challenge),
  allowCredentials: credentials(options.allowCredentials),
});

/* What the browser gave, as the server wants it. */
export const answer = ({ id, type, response }) => ({
  id,
  type,
  response: {
    clientDataJSON: toText(response.clientDataJSON),
    attestationObject: toText(response.attestationObject),
    transports: response.getTransports?.(),
    authenticatorData: toText(response.authenticatorData),
    signature: toText(response.signature),
    userHandle: toText(response.userHandle),
  },
});

/*
 * Whether this browser and this server have passkeys: what the server says to
 * a first request, or null.  A path that is switched off is 404.
 */
export async function findPasskeys(method, path, input) {
  let found = null;

  try {
    if (window.PublicKeyCredential)
      found = (await api(method, path, input)).data;
  } catch (error) {
    if (error.status !== 404)
      throw error;
  }
  state.passkeys = found !== null;
  for (const part of document.querySelectorAll('.passkeys'))
    part.hidden = !state.passkeys;
  return found;
}
