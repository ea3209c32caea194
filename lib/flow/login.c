#include <stdio.h>

#include "lib/account/policy.h"
#include "lib/account/signin_passcode.h"
#include "lib/account/user.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/step.h"

#define TTL_S 86400 /* mails travel, and people with them */

static const struct ptn_flow_input identifier[] = {
	{ .name = "email",
	    .type = PTN_FLOW_EMAIL,
	    .required = PTN_FLOW_YES,
	    .min = 3,
	    .max = ptn_flow_step_address_max },
};

static bool
can_identify(const struct ptn_flow_step *step)
{
	return ptn_policy_passcodes(step->sc->cf);
}

/*
 * An address that nobody has goes the same way, unless privacy allows to tell:
 * it gets a mail without a code.
 */
static enum ptn_err
continue_with_login_identifier(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_user_ref user = { .verified = false };
	enum ptn_err r;

	r = ptn_user_by_address(step->sc, step->in[0].text, &user);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r == PTN_E_NOT_FOUND && step->sc->cf->privacy_hints) {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_UNKNOWN_ADDRESS);
		return PTN_OK;
	}
	stash->user_id = user.id;
	stash->email_id = user.email_id;
	stash->mail = r == PTN_OK ? PTN_FLOW_MAIL_CODE : PTN_FLOW_MAIL_UNKNOWN;
	snprintf(stash->address, sizeof(stash->address), "%s",
	    step->in[0].text);
	ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
	return PTN_OK;
}

static const struct ptn_flow_action init_actions[] = {
	{ .name = "continue_with_login_identifier",
	    .text = "Say who you are",
	    .input = identifier,
	    .n = PTN_ARRAY_LEN(identifier),
	    .limit = PTN_LIMIT_LOOKUP,
	    .available = can_identify,
	    .run = continue_with_login_identifier },
};

static const struct ptn_flow_place init = { init_actions,
	PTN_ARRAY_LEN(init_actions), NULL };

static enum ptn_err
onward(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_SUCCESS);
	return PTN_OK;
}

/* The address is the user's still, or there is no session. */
static enum ptn_err
log_in(struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signin_passcode p = { .api = PTN_API_HANKO,
		.passcode = { .user_id = stash->user_id,
		    .email_id = stash->email_id } };
	enum ptn_passcode_result what = PTN_PASSCODE_UNFIT;
	enum ptn_err r = PTN_OK;

	if (stash->proved)
		r = ptn_signin_passcode_in(step->sc, &p, &what);
	if (r == PTN_OK && what != PTN_PASSCODE_RIGHT) {
		step->error = PTN_FLOW_E_FORBIDDEN;
		step->fatal = true;
	}
	step->claims = p.claims;
	return r;
}

static const struct ptn_flow_place success = { .enter = log_in };

const struct ptn_flow_definition ptn_flow_login = {
	.name = "login",
	.ttl_s = TTL_S,
	.place = {
		[PTN_FLOW_AT_PREFLIGHT] = &ptn_flow_place_preflight,
		[PTN_FLOW_AT_LOGIN_INIT] = &init,
		[PTN_FLOW_AT_PASSCODE] = &ptn_flow_place_passcode,
		[PTN_FLOW_AT_SUCCESS] = &success,
		[PTN_FLOW_AT_ERROR] = &ptn_flow_place_end,
	},
	.init = PTN_FLOW_AT_LOGIN_INIT,
	.onward = onward,
};
