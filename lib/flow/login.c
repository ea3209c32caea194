#include <stdio.h>

#include "lib/account/password.h"
#include "lib/account/policy.h"
#include "lib/account/signin_passcode.h"
#include "lib/account/signin_password.h"
#include "lib/account/user.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/step.h"

#define TTL_S 86400 /* mails travel, and people with them */

static const struct ptn_flow_input identifier[] = {
	{ .name = "email",
	    .type = PTN_FLOW_EMAIL,
	    .required = PTN_FLOW_YES,
	    .min = ptn_flow_step_address_min,
	    .max = ptn_flow_step_address_max },
};

static bool
can_identify(const struct ptn_flow_step *step)
{
	return ptn_policy_passcodes(step->sc->cf) ||
	    ptn_policy_passwords(step->sc->cf);
}

/* By whatever there is; where there is more, they say by which. */
static enum ptn_flow_at
way_in(const struct ptn_conf *cf)
{
	if (!ptn_policy_passwords(cf))
		return PTN_FLOW_AT_PASSCODE;
	return ptn_policy_passcodes(cf) ? PTN_FLOW_AT_LOGIN_METHOD
					: PTN_FLOW_AT_LOGIN_PASSWORD;
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
	ptn_flow_step_to(step, way_in(step->sc->cf));
	return PTN_OK;
}

static const struct ptn_flow_action init_actions[] = {
	{ .name = "continue_with_login_identifier",
	    .text = "Say who you are",
	    .input = identifier,
	    .n = PTN_ARRAY_LEN(identifier),
	    .limit = { PTN_LIMIT_LOOKUP },
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
by_passcode(struct ptn_flow_step *step, bool *in)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signin_passcode p = { .api = PTN_API_HANKO,
		.passcode = { .user_id = stash->user_id,
		    .email_id = stash->email_id } };
	enum ptn_passcode_result what;
	enum ptn_err r;

	r = ptn_signin_passcode_in(step->sc, &p, &what);
	*in = r == PTN_OK && what == PTN_PASSCODE_RIGHT;
	step->claims = p.claims;
	step->method = "passcode";
	return r;
}

/* So is the password. */
static enum ptn_err
by_password(struct ptn_flow_step *step, bool *in)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signin_password p = { .api = PTN_API_HANKO,
		.user_id = stash->user_id };
	struct ptn_password_user pu = step->work.user;
	enum ptn_signin_password_result what;
	enum ptn_err r = PTN_OK;

	if (!pu.known)
		r = ptn_password_find(step->sc, &stash->user_id, &pu);
	pu.set_at_us = stash->password_us;
	if (r != PTN_OK ||
	    (r = ptn_signin_password_in(step->sc, &p, &pu, &what)) != PTN_OK)
		return r;
	*in = what == PTN_SIGNIN_PASSWORD_RIGHT;
	step->claims = p.claims;
	step->method = "password";
	return PTN_OK;
}

static enum ptn_err
log_in(struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_err r = PTN_OK;
	bool in = false;

	if (stash->proved)
		r = by_passcode(step, &in);
	else if (stash->password_us != 0)
		r = by_password(step, &in);
	if (r == PTN_OK && !in) {
		step->error = PTN_FLOW_E_FORBIDDEN;
		step->fatal = true;
	}
	return r;
}

static const struct ptn_flow_place success = { .enter = log_in };

const struct ptn_flow_definition ptn_flow_login = {
	.name = "login",
	.ttl_s = TTL_S,
	.place = {
		[PTN_FLOW_AT_PREFLIGHT] = &ptn_flow_place_preflight,
		[PTN_FLOW_AT_LOGIN_INIT] = &init,
		[PTN_FLOW_AT_LOGIN_METHOD] = &ptn_flow_place_method,
		[PTN_FLOW_AT_LOGIN_PASSWORD] = &ptn_flow_place_password,
		[PTN_FLOW_AT_PASSCODE] = &ptn_flow_place_passcode,
		[PTN_FLOW_AT_SUCCESS] = &success,
		[PTN_FLOW_AT_ERROR] = &ptn_flow_place_end,
	},
	.init = PTN_FLOW_AT_LOGIN_INIT,
	.onward = onward,
};
