/*
 * An instance, and what its users do with passkeys.
 */
import { freshAddress } from './api.mjs';
import { Authenticator } from './authenticator.mjs';
import { start } from './instance.mjs';

/* Without verification an account takes one request and no mail. */
const common = { 'email.require_verification': 'false',
  'session.limit': '1000' };

export class Site {
  static async open(set = {}) {
    const site = new Site();
    site.instance = await start({ set: { ...common, ...set } });
    site.origin = new URL(site.instance.url).origin;
    return site;
  }

  close() {
    return this.instance?.stop();
  }

  /* A new user, logged in: { api, user_id, email_id, email }. */
  async user(name = 'ada') {
    const api = await this.instance.client();
    return { api, ...await api.signUp(freshAddress(name)) };
  }

  authenticator(options = {}) {
    return new Authenticator({ origin: this.origin, ...options });
  }

  async creation(api) {
    const { body } = await api.call('POST',
      '/webauthn/registration/initialize', undefined, { status: 200 });
    return body.publicKey;
  }

  attest(api, answer, status) {
    return api.call('POST', '/webauthn/registration/finalize', answer,
      { status });
  }

  async register(api, authenticator, lies, status = 200) {
    const options = await this.creation(api);
    return this.attest(api, authenticator.create(options, lies), status);
  }

  async request(user_id) {
    const api = await this.instance.client();
    const { body } = await api.call('POST', '/webauthn/login/initialize',
      user_id && { user_id }, { status: 200 });
    return { api, options: body.publicKey };
  }

  assert(api, answer, status) {
    return api.call('POST', '/webauthn/login/finalize', answer, { status });
  }

  async login(authenticator, user_id, lies, status = 200) {
    const { api, options } = await this.request(user_id);
    const done = await this.assert(api, authenticator.get(options, lies),
      status);
    return { api, done };
  }

  /* A user with a passkey: { api, user_id, ..., key }. */
  async member(options) {
    const user = await this.user();
    const key = this.authenticator(options);
    await this.register(user.api, key);
    return { ...user, key };
  }

  expire() {
    return this.instance.sql(`UPDATE webauthn_challenges
      SET expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND`);
  }

  async stored(key) {
    const [row] = await this.instance.sql(`SELECT HEX(public_key),
      attestation, sign_count, backup_eligible, backup_state, transports
      FROM webauthn_credentials
      WHERE credential_id = UNHEX('${key.id.toString('hex')}')`);
    return row;
  }
}

/* The same text with one place of its base64url changed. */
export const spoilt = (text) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
