#include "lib/base/array.h"
#include "lib/event/event.h"
#include "lib/flow/ceremony.h"
#include "lib/flow/mfa.h"
#include "lib/flow/onboarding.h"

/* ------------------------------------------------------ asked for at log-in */

/* It is shown where passkeys are, and there is a way back from there. */
static enum ptn_err
webauthn_generate_request_options(struct ptn_flow_step *step)
{
	enum ptn_err r;

	r = ptn_flow_ceremony_request(step, PTN_FLOW_CEREMONY_FACTOR, true);
	if (r != PTN_OK)
		return r;
	ptn_flow_step_to(step, PTN_FLOW_AT_LOGIN_PASSKEY);
	return ptn_event(step->sc, PTN_EVENT_AUTHENTICATION_INIT_OK, NULL);
}

static enum ptn_err
continue_to_login_otp(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_LOGIN_OTP);
	return PTN_OK;
}

static const struct ptn_flow_action actions[] = {
	{ .name = "webauthn_generate_request_options",
	    .text = "Use the security key",
	    .limit = { PTN_LIMIT_CHALLENGE },
	    .available = ptn_flow_mfa_can_use_keys,
	    .run = webauthn_generate_request_options },
	{ .name = "continue_to_login_otp",
	    .text = "Use the authenticator app instead",
	    .available = ptn_flow_mfa_has_otp,
	    .run = continue_to_login_otp },
};

const struct ptn_flow_place ptn_flow_place_key = { .action = actions,
	.n = PTN_ARRAY_LEN(actions) };

/* ------------------------------------------------------------------ set up */

static enum ptn_err
webauthn_generate_creation_options(struct ptn_flow_step *step)
{
	return ptn_flow_onboarding_make(step, PTN_FLOW_CEREMONY_KEY);
}

static const struct ptn_flow_action creation[] = {
	{ .name = "webauthn_generate_creation_options",
	    .text = "Make the security key known",
	    .limit = { PTN_LIMIT_CHALLENGE },
	    .available = ptn_flow_mfa_can_use_keys,
	    .run = webauthn_generate_creation_options },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_new_key = { .action = creation,
	.n = PTN_ARRAY_LEN(creation) };
