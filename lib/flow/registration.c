#include <stdio.h>

#include "lib/account/policy.h"
#include "lib/account/signup.h"
#include "lib/account/user.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/details.h"
#include "lib/flow/mfa.h"
#include "lib/flow/onboarding.h"
#include "lib/flow/otp.h"

enum { EMAIL, USERNAME };

static bool
asks_address(const struct ptn_conf *cf)
{
	return cf->email_enabled && cf->email_on_signup;
}

static bool
address_optional(const struct ptn_conf *cf)
{
	return cf->email_optional;
}

static bool
asks_username(const struct ptn_conf *cf)
{
	return ptn_policy_usernames(cf) && cf->username_on_signup;
}

static bool
username_optional(const struct ptn_conf *cf)
{
	return cf->username_optional;
}

static const struct ptn_flow_input identifier[] = {
	[EMAIL] = { .name = "email",
	    .type = PTN_FLOW_EMAIL,
	    .asked = asks_address,
	    .optional = address_optional,
	    .max = ptn_flow_step_address_max },
	[USERNAME] = { .name = "username",
	    .type = PTN_FLOW_USERNAME,
	    .asked = asks_username,
	    .optional = username_optional,
	    .min = ptn_flow_step_username_min,
	    .max = ptn_flow_step_username_max },
};

/* Nobody signs up who could not log in then. */
static bool
can_register(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	return ptn_policy_signup(cf) &&
	    (asks_address(cf) || asks_username(cf)) &&
	    (ptn_policy_passcodes(cf) || ptn_policy_passwords(cf) ||
		ptn_policy_passkeys(cf));
}

/* Neither is required, but one of them is. */
static bool
says_who(struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	if (*step->in[EMAIL].text != '\0' || *step->in[USERNAME].text != '\0')
		return true;
	if (asks_address(cf))
		ptn_flow_step_wrong(step, EMAIL, PTN_FLOW_E_INVALID);
	if (asks_username(cf))
		ptn_flow_step_wrong(step, USERNAME, PTN_FLOW_E_INVALID);
	return false;
}

/* A username is free, or it is said that it is not. */
static enum ptn_err
take_username(struct ptn_flow_step *step, const char *name)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_flow_error why;
	enum ptn_err r;

	if ((r = ptn_flow_details_judge(step, name, &why)) != PTN_OK)
		return r;
	if (why != PTN_FLOW_E_NONE)
		ptn_flow_step_wrong(step, USERNAME, why);
	else
		snprintf(stash->username, sizeof(stash->username), "%s", name);
	return PTN_OK;
}

/*
 * An address that somebody has goes the same way, unless it may be told: it
 * gets a mail without a code.
 */
static enum ptn_err
take_address(struct ptn_flow_step *step, const char *address)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_user_ref owner = { .verified = false };
	enum ptn_err r;

	r = ptn_user_by_address(step->sc, address, &owner);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r == PTN_OK && ptn_policy_tells_taken(step->sc->cf)) {
		ptn_flow_step_wrong(step, EMAIL, PTN_FLOW_E_TAKEN);
		return PTN_OK;
	}
	stash->user_id = owner.id;
	stash->mail = r == PTN_OK ? PTN_FLOW_MAIL_TAKEN : PTN_FLOW_MAIL_CODE;
	snprintf(stash->address, sizeof(stash->address), "%s", address);
	if (ptn_policy_verification(step->sc->cf))
		ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
	return PTN_OK;
}

/* What is to be set up; somebody must get in by it, or without it. */
static enum ptn_err
go_on(struct ptn_flow_step *step)
{
	const bool has_way = ptn_flow_onboarding_has_way_in(step);
	const size_t n = step->n;

	step->flow->stash.promised = ptn_uuid_new();
	ptn_flow_onboarding_queue(step);
	if (step->fatal)
		return PTN_OK;
	if (step->n == n && !has_way)
		ptn_flow_step_end(step, PTN_FLOW_E_DEAD_END);
	else {
		if (step->n == 0)
			ptn_flow_mfa_offer(step);
		ptn_flow_step_to(step, PTN_FLOW_AT_SUCCESS);
	}
	return PTN_OK;
}

/* Nothing is stored of whoever signs up before all is settled. */
static enum ptn_err
register_login_identifier(struct ptn_flow_step *step)
{
	const char *address = step->in[EMAIL].text;
	const char *name = step->in[USERNAME].text;
	enum ptn_err r = PTN_OK;

	if (!says_who(step))
		return PTN_OK;
	if (*name != '\0')
		r = take_username(step, name);
	if (r == PTN_OK && step->error == PTN_FLOW_E_NONE && *address != '\0')
		r = take_address(step, address);
	return r == PTN_OK && step->error == PTN_FLOW_E_NONE ? go_on(step) : r;
}

static const struct ptn_flow_action init_actions[] = {
	{ .name = "register_login_identifier",
	    .text = "Say who you are",
	    .input = identifier,
	    .n = PTN_ARRAY_LEN(identifier),
	    .limit = { PTN_LIMIT_SIGNUP },
	    .available = can_register,
	    .run = register_login_identifier },
	PTN_FLOW_REMEMBER_ME,
};

static const struct ptn_flow_place init = { .action = init_actions,
	.n = PTN_ARRAY_LEN(init_actions) };

static unsigned
shown(const struct ptn_flow_stash *stash)
{
	return (stash->proved ? PTN_AMR_OTP : 0U) |
	    (stash->has_password ? PTN_AMR_PWD : 0U) |
	    (stash->has_passkey ? PTN_AMR_PASSKEY : 0U) |
	    (stash->has_otp ? PTN_AMR_TOTP : 0U) |
	    (stash->has_key ? PTN_AMR_SECURITY_KEY : 0U);
}

/*
 * The account, and its first session, of whoever can log in again.  The address
 * may be taken by now, or the name: then there is an account, which must not
 * stay.
 */
static enum ptn_err
sign_up(const struct ptn_scope *sc, void *arg)
{
	static const enum ptn_flow_error why[PTN_SIGNUP__MAX] = {
		[PTN_SIGNUP_CLOSED] = PTN_FLOW_E_FORBIDDEN,
		[PTN_SIGNUP_TAKEN] = PTN_FLOW_E_TAKEN,
		[PTN_SIGNUP_NAME_TAKEN] = PTN_FLOW_E_NAME_TAKEN,
		[PTN_SIGNUP_DONE] = PTN_FLOW_E_NONE,
	};
	struct ptn_flow_step *step = arg;
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signup s = { .api = PTN_API_HANKO,
		.address = stash->address[0] != '\0' ? stash->address : NULL,
		.username = stash->username[0] != '\0' ? stash->username : NULL,
		.proved = stash->proved,
		.promised = stash->promised };
	enum ptn_signup_result what = PTN_SIGNUP_CLOSED;
	enum ptn_err r = PTN_OK;

	if (!ptn_flow_onboarding_has_way_in(step)) {
		ptn_flow_step_end(step, PTN_FLOW_E_DEAD_END);
		return PTN_OK;
	}
	if (stash->proved || s.address == NULL ||
	    !ptn_policy_verification(sc->cf))
		r = ptn_signup_in(sc, &s, &what);
	step->error = why[what];
	step->fatal = what != PTN_SIGNUP_DONE;
	step->claims = s.claims;
	step->claims.amr = shown(stash);
	if (r == PTN_OK && what == PTN_SIGNUP_NAME_TAKEN)
		r = PTN_E_CONFLICT;
	if (r != PTN_OK || step->fatal)
		return r;
	if (stash->has_otp &&
	    (r = ptn_flow_otp_store(step, &s.user.id, false)) != PTN_OK)
		return r;
	return ptn_flow_onboarding_keep(step, &s.user.id, false);
}

static enum ptn_err
between(struct ptn_flow_step *step)
{
	ptn_flow_mfa_offer(step);
	return PTN_OK;
}

static enum ptn_err
enter_success(struct ptn_flow_step *step)
{
	return ptn_flow_onboarding_end(step, sign_up);
}

static const struct ptn_flow_place success = { .enter = enter_success };

const struct ptn_flow_definition ptn_flow_registration = {
	.name = "registration",
	.ttl_s = PTN_FLOW_TTL_S,
	.place = {
		[PTN_FLOW_AT_PREFLIGHT] = &ptn_flow_place_preflight,
		[PTN_FLOW_AT_REGISTRATION_INIT] = &init,
		[PTN_FLOW_AT_ONBOARDING] = &ptn_flow_place_onboarding,
		[PTN_FLOW_AT_NEW_PASSWORD] = &ptn_flow_place_new_password,
		[PTN_FLOW_AT_NEW_PASSKEY] = &ptn_flow_place_new_passkey,
		[PTN_FLOW_AT_NEW_PASSKEY_ANSWER] =
		    &ptn_flow_place_new_passkey_answer,
		[PTN_FLOW_AT_MFA_METHOD] = &ptn_flow_place_mfa,
		[PTN_FLOW_AT_OTP_CREATION] = &ptn_flow_place_otp_creation,
		[PTN_FLOW_AT_NEW_KEY] = &ptn_flow_place_new_key,
		[PTN_FLOW_AT_PASSCODE] = &ptn_flow_place_passcode,
		[PTN_FLOW_AT_SUCCESS] = &success,
		[PTN_FLOW_AT_ERROR] = &ptn_flow_place_end,
	},
	.init = PTN_FLOW_AT_REGISTRATION_INIT,
	.between = between,
};
