/*
 * A flow as a client goes through it:
 *
 *   const flow = await Flow.begin(api, 'login');
 *   await flow.act('register_client_capabilities', { webauthn_available: false });
 *   assert.equal(flow.state, 'login_init');
 */
import assert from 'node:assert/strict';

export class Flow {
  constructor(api, name) {
    this.api = api;
    this.name = name;
  }

  /* Begin one; the answer is in flow.last. */
  static async begin(api, name) {
    const flow = new Flow(api, name);
    await flow.send(`/${name}`);
    return flow;
  }

  /* One that is behind preflight. */
  static async ready(api, name, able = { webauthn_available: false }) {
    const flow = await Flow.begin(api, name);
    return flow.act('register_client_capabilities', able);
  }

  /* One to log in, which waits for a passcode, or for a password. */
  static async identified(api, email, by = 'passcode_confirmation') {
    const flow = await Flow.ready(api, 'login');
    await flow.act('continue_with_login_identifier', { email },
      { status: 200 });
    assert.equal(flow.state, 'login_method_chooser');
    return flow.act(`continue_to_${by}`, {}, { status: 200 });
  }

  get state() {
    return this.last.body.name;
  }

  get error() {
    return this.last.body.error?.code;
  }

  get actions() {
    return Object.keys(this.last.body.actions).sort();
  }

  /* The flow's id, once it has begun. */
  get id() {
    return /%40([\da-f-]{36})$/.exec(this.href)[1];
  }

  /* Where an action is sent to, be it offered or not. */
  hrefOf(action) {
    return `/${this.name}?action=${action}%40${this.id}`;
  }

  async send(path, body, opts) {
    this.last = await this.api.call('POST', path, body, opts);
    assert.equal(this.last.body.status, this.last.status);
    const [first] = Object.values(this.last.body.actions);
    this.href = first?.href ?? this.href;
    if (this.last.body.csrf_token)
      this.token = this.last.body.csrf_token;
    return this;
  }

  /* Take an action, offered or not, with the newest token. */
  act(action, input_data = {}, opts = {}) {
    return this.send(this.hrefOf(action),
      { input_data, csrf_token: this.token }, opts);
  }
}
