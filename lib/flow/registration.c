#include <stdio.h>

#include "lib/account/policy.h"
#include "lib/account/signup.h"
#include "lib/account/user.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/step.h"

#define TTL_S 86400

static const struct ptn_flow_input identifier[] = {
	{ .name = "email",
	    .type = PTN_FLOW_EMAIL,
	    .required = PTN_FLOW_YES,
	    .max = ptn_flow_step_address_max },
};

/* Nobody signs up who could not log in then. */
static bool
can_register(const struct ptn_flow_step *step)
{
	return ptn_policy_signup(step->sc->cf) &&
	    ptn_policy_passcodes(step->sc->cf);
}

/*
 * An address that somebody has goes the same way, unless it may be told: it
 * gets a mail without a code.  Nothing is stored of whoever signs up before all
 * is settled.
 */
static enum ptn_err
register_login_identifier(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_user_ref owner = { .verified = false };
	enum ptn_err r;

	r = ptn_user_by_address(step->sc, step->in[0].text, &owner);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r == PTN_OK && ptn_policy_tells_taken(step->sc->cf)) {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_TAKEN);
		return PTN_OK;
	}
	stash->user_id = owner.id;
	stash->mail = r == PTN_OK ? PTN_FLOW_MAIL_TAKEN : PTN_FLOW_MAIL_CODE;
	snprintf(stash->address, sizeof(stash->address), "%s",
	    step->in[0].text);
	if (ptn_policy_verification(step->sc->cf))
		ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
	ptn_flow_step_to(step, PTN_FLOW_AT_SUCCESS);
	return PTN_OK;
}

static const struct ptn_flow_action init_actions[] = {
	{ .name = "register_login_identifier",
	    .text = "Say who you are",
	    .input = identifier,
	    .n = PTN_ARRAY_LEN(identifier),
	    .limit = { PTN_LIMIT_SIGNUP },
	    .available = can_register,
	    .run = register_login_identifier },
};

static const struct ptn_flow_place init = { init_actions,
	PTN_ARRAY_LEN(init_actions), NULL };

/* The account, and its first session; the address may be taken by now. */
static enum ptn_err
sign_up(struct ptn_flow_step *step)
{
	static const enum ptn_flow_error why[PTN_SIGNUP__MAX] = {
		[PTN_SIGNUP_CLOSED] = PTN_FLOW_E_FORBIDDEN,
		[PTN_SIGNUP_TAKEN] = PTN_FLOW_E_TAKEN,
		[PTN_SIGNUP_DONE] = PTN_FLOW_E_NONE,
	};
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signup s = { .api = PTN_API_HANKO,
		.address = stash->address,
		.proved = stash->proved };
	enum ptn_signup_result what = PTN_SIGNUP_CLOSED;
	enum ptn_err r = PTN_OK;

	if (stash->proved || !ptn_policy_verification(step->sc->cf))
		r = ptn_signup_in(step->sc, &s, &what);
	step->error = why[what];
	step->fatal = what != PTN_SIGNUP_DONE;
	step->claims = s.claims;
	return r;
}

static const struct ptn_flow_place success = { .enter = sign_up };

const struct ptn_flow_definition ptn_flow_registration = {
	.name = "registration",
	.ttl_s = TTL_S,
	.place = {
		[PTN_FLOW_AT_PREFLIGHT] = &ptn_flow_place_preflight,
		[PTN_FLOW_AT_REGISTRATION_INIT] = &init,
		[PTN_FLOW_AT_PASSCODE] = &ptn_flow_place_passcode,
		[PTN_FLOW_AT_SUCCESS] = &success,
		[PTN_FLOW_AT_ERROR] = &ptn_flow_place_end,
	},
	.init = PTN_FLOW_AT_REGISTRATION_INIT,
};
