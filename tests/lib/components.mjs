/*
 * What @teamhanko/hanko-elements needs of every answer to POST of a flow,
 * whatever its status, or its page stays blank or frozen: api.mjs holds
 * whatever any test is answered against it.
 */
import assert from 'node:assert/strict';

const FLOWS = /^\/(login|registration|profile|token_exchange)$/;

/* What a page is made of: members of the payload by the state. */
const SHOWN = {
  mfa_otp_secret_creation: ['otp_secret', 'otp_image_source'],
  profile_init: ['user'],
  success: ['user', 'claims'],
};

/* What the browser is asked with; after an error the components go back. */
const ASKED_WITH = {
  login_passkey: 'request_options',
  onboarding_verify_passkey_attestation: 'creation_options',
  webauthn_credential_verification: 'creation_options',
};

/* States that the components have a page for, or pass by themselves. */
const KNOWN = new Set(['account_deleted', 'credential_onboarding_chooser',
  'device_trust', 'error', 'login_init', 'login_method_chooser', 'login_otp',
  'login_passkey', 'login_password', 'login_password_recovery',
  'login_security_key', 'mfa_method_chooser', 'mfa_otp_secret_creation',
  'mfa_security_key_creation', 'onboarding_create_passkey', 'onboarding_email',
  'onboarding_username', 'onboarding_verify_passkey_attestation',
  'passcode_confirmation', 'password_creation', 'preflight', 'profile_init',
  'registration_init', 'success', 'thirdparty',
  'webauthn_credential_verification']);

/* Who gives up where the browser or another site asks them goes back. */
const ASKING = [...Object.keys(ASKED_WITH), 'thirdparty'];

/* Bounds that texts are made of: by action and input. */
const BOUNDS = {
  register_password: ['new_password', 'min_length'],
  password_recovery: ['new_password', 'min_length'],
  password_create: ['password', 'min_length', 'max_length'],
  password_update: ['password', 'min_length', 'max_length'],
};

const isObject = (value) => typeof value === 'object' && value !== null
  && !Array.isArray(value);

/* An action is an address below the API's, and what to fill in. */
function hasActions(body) {
  assert.ok(isObject(body.actions), 'K1: actions');
  for (const [name, action] of Object.entries(body.actions)) {
    assert.ok(isObject(action.inputs), `K1: inputs of ${name}`);
    assert.match(action.href, /^\/\w/, `K12: href of ${name}`);
  }
}

function hasPayload({ name, payload, error }) {
  assert.ok(isObject(payload), `K2: payload of ${name}`);
  for (const member of SHOWN[name] ?? [])
    assert.ok(payload[member], `K2, K5: ${name} has ${member}`);
  if (ASKED_WITH[name] && !error)
    assert.ok(payload[ASKED_WITH[name]], `K2: ${name} has options`);
  if (name === 'success')
    assert.ok(Date.parse(payload.claims.expiration) > 0, 'K8: expiration');
}

function hasBounds(body) {
  for (const [name, [input, ...bounds]] of Object.entries(BOUNDS))
    for (const bound of bounds)
      if (body.actions[name])
        assert.equal(typeof body.actions[name].inputs[input][bound],
          'number', `K4: ${bound} of ${name}`);
}

/* What the page of a state does without asking whether it is there. */
function hasWays({ name, payload, actions, error }) {
  if (name === 'profile_init' && payload.user.emails)
    assert.ok(actions.email_delete?.inputs.email_id, 'K3: email_delete');
  if (ASKING.includes(name))
    assert.ok(actions.back, `K7: back of ${name}`);
  assert.ok(name !== 'thirdparty' || !error, 'K6: an error and a redirect');
}

/* Throws when an answer to "POST path" is one that the components die of. */
export function survives(path, response) {
  const { body } = response;
  if (!FLOWS.test(path.split('?')[0]))
    return;
  assert.ok(isObject(body), 'K1: JSON');
  assert.ok(KNOWN.has(body.name), `K11: ${body.name}`);
  hasActions(body);
  if (body.name === 'error' && body.csrf_token === '')
    return;
  hasPayload(body);
  hasBounds(body);
  hasWays(body);
}
