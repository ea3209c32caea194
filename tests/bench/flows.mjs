/*
 * Flows for the bench: begun, and taken to where a step is measured.  A token
 * is good for one step, so that every measurement has flows of its own, with
 * some to spare for one that is faster than the last.
 */
const TOGETHER = 8;

export class Flows {
  constructor(site) {
    this.site = site;
  }

  async post(path, body) {
    const answer = await fetch(this.site.instance.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...body && { body: JSON.stringify(body) } });
    const text = await answer.text();
    if (!answer.ok)
      throw new Error(`${path}: ${answer.status} ${text}`);
    return { ...JSON.parse(text), bytes: Buffer.byteLength(text) };
  }

  act(flow, action, input_data = {}) {
    return this.post(flow.actions[action].href,
      { input_data, csrf_token: flow.csrf_token });
  }

  /* One that has been taken through some actions: [name, inputs]. */
  async at(name, actions) {
    let flow = await this.post(`/${name}`);
    for (const [action, input] of [['register_client_capabilities',
      { webauthn_available: false }], ...actions])
      flow = await this.act(flow, action, input);
    return flow;
  }

  /*
   * A file of n steps.
   *
   * before	what was done before it: (i) => [[action, inputs] ...]
   * step	the step: (i) => [action, inputs]
   */
  async steps(n, before, step) {
    const lines = [];
    let next = 0;
    const client = async () => {
      for (let i = next++; i < n; i = next++) {
        const flow = await this.at('login', before(i));
        const [action, input_data] = step(i);
        lines.push(`POST ${flow.actions[action].href} - ${JSON.stringify({
          input_data, csrf_token: flow.csrf_token })}`);
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, client));
    return this.site.file('steps', lines);
  }

  /* Bytes of the rows of flows. */
  async bytes(id) {
    const [[n]] = await this.site.instance.sql(`SELECT LENGTH(data) FROM flows
      WHERE id = UNHEX('${id.replaceAll('-', '')}')`);
    return Number(n);
  }

  async sweep() {
    await this.site.instance.sql(`SET lock_wait_timeout = 10;
      TRUNCATE flows; TRUNCATE bench_floor;
      DELETE FROM sessions WHERE user_agent IS NULL OR user_agent <> 'bench';`);
  }
}

/* The id of a flow, from an action of it. */
export const idOf = (flow) =>
  /%40([\da-f-]{36})$/.exec(Object.values(flow.actions)[0].href)[1];
