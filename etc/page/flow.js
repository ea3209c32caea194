/*
 * A flow of Postern's Flow API (postern-flow(7)): one that is begun, and its
 * actions, whatever they are.  It knows nothing of what a page looks like.
 */
import { ApiError, api } from './api.js';

/* What a flow asks of a browser by itself, by the name of the input. */
const capabilities = {
  webauthn_available: async () => Boolean(window.PublicKeyCredential),
  webauthn_conditional_mediation_available: async () => Boolean(
    await window.PublicKeyCredential?.isConditionalMediationAvailable?.()),
  webauthn_platform_authenticator_available: async () => Boolean(
    await window.PublicKeyCredential
      ?.isUserVerifyingPlatformAuthenticatorAvailable?.()),
};

/* The action that needs nobody's hand, if there is one. */
function ownAction({ actions }) {
  return Object.values(actions).find(({ inputs }) => {
    const names = Object.keys(inputs);
    return names.length > 0 && names.every((name) => name in capabilities);
  });
}

async function capabilitiesFor({ inputs }) {
  const input = {};

  for (const name of Object.keys(inputs))
    input[name] = await capabilities[name]().catch(() => false);
  return input;
}

/*
 * The answer to a step.  One that was refused is a step, too, and has a
 * payload; what is none is thrown (ApiError), and the flow is as it was.
 * wait: so many seconds must pass before the next.
 */
async function ask(path, body) {
  let answer, wait = 0;

  try {
    answer = (await api('POST', path, body)).data;
  } catch (error) {
    if (!error.data?.payload)
      throw error;
    answer = error.data;
    wait = error.retryAfter;
  }
  if (!answer?.actions)
    throw new ApiError(502);
  const { resend_after: resend, retry_after: retry } = answer.payload;
  return { ...answer, wait: resend ?? retry ?? wait };
}

export class Flow {
  /* name: login, registration or profile. */
  constructor(name) {
    this.name = name;
    this.last = Promise.resolve();
  }

  /* Begin it.  Resolves to the first answer that is for a person. */
  async begin() {
    this.answer = await ask(this.name);
    for (let own; (own = ownAction(this.answer));)
      await this.step(own.action, await capabilitiesFor(own));
    return this.answer;
  }

  /* Take an action, after those that are on their way: each has a new token. */
  act(action, input = {}) {
    const step = this.last.then(() => this.step(action, input));
    this.last = step.catch(() => {});
    return step;
  }

  async step(action, input) {
    const { actions, csrf_token: token } = this.answer;

    this.answer = await ask(`.${actions[action].href}`,
      { input_data: input, csrf_token: token });
    return this.answer;
  }
}
