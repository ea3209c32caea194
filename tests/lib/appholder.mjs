/* Members of a Dfns organisation who have a password and an authenticator app. */
import { freshAddress } from './api.mjs';
import { App, beginLogin, codeTo, createOrg } from './dfns.mjs';

export const PASSWORD = 'correct horse battery staple';
let count = 0;

export const newPassword = (password = PASSWORD) =>
  ({ credentialKind: 'Password', credentialInfo: { password } });
export const typed = (password = PASSWORD) =>
  ({ kind: 'Password', password });
export const wrongCode = (who) => ({ kind: 'Totp', otpCode: String(
  (Number(who.app.code()) + 500000) % 1000000).padStart(6, '0') });

/* Somebody who was invited at an instance, and has begun to register. */
export async function begun(at) {
  const username = freshAddress('pw');
  const orgId = await createOrg(at, `Password ${++count}`, username);
  const { body } = await at.client().call('POST', '/auth/registration/init', {
    orgId, username, registrationCode: await codeTo(at.mailDir, username),
  }, { status: 200 });
  return { orgId, username, user: body.user, body };
}

export const complete = (at, who, what, opts) => at.client().call('POST',
  '/auth/registration', what,
  { bearer: who.body.temporaryAuthenticationToken, ...opts });

/* Somebody with a password and an app, and what else is given. */
export async function someone(at, more = () => ({})) {
  const who = await begun(at);
  who.app = new App(who.body.otpUrl);
  who.used = who.app.get();
  await complete(at, who, { firstFactorCredential: newPassword(),
    secondFactorCredential:
      { credentialKind: 'Totp', credentialInfo: who.used },
    ...more(who.body.challenge) }, { status: 200 });
  return who;
}

export const init = (api, who, opts) => beginLogin(api, who, {}, opts);

/* Answer a challenge; without one, of a login that is begun for it. */
export async function answer(api, who, firstFactor, secondFactor, challenge) {
  const { body } = challenge ?? await init(api, who, { status: 200 });
  return api.call('POST', '/auth/login', {
    challengeIdentifier: body.challengeIdentifier, firstFactor, secondFactor });
}

/* Time passes: the steps until now may be used again. */
export const rewind = (at) => at.sql('UPDATE totp_factors SET last_step = 0');
