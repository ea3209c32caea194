#include <stdio.h>
#include <string.h>

#include "lib/account/factors.h"
#include "lib/account/password.h"
#include "lib/account/policy.h"
#include "lib/account/signin_passcode.h"
#include "lib/account/signin_passkey.h"
#include "lib/account/signin_password.h"
#include "lib/account/user.h"
#include "lib/account/username.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/details.h"
#include "lib/flow/mfa.h"
#include "lib/flow/onboarding.h"
#include "lib/flow/trust.h"

/* By which of these somebody says who they are, the configuration says. */
enum { IDENTIFIER, EMAIL, USERNAME };

static bool
asks_either(const struct ptn_conf *cf)
{
	return ptn_policy_by_address(cf) && ptn_policy_by_username(cf);
}

static bool
asks_address(const struct ptn_conf *cf)
{
	return ptn_policy_by_address(cf) && !ptn_policy_by_username(cf);
}

static bool
asks_username(const struct ptn_conf *cf)
{
	return ptn_policy_by_username(cf) && !ptn_policy_by_address(cf);
}

static int64_t
identifier_max(const struct ptn_conf *cf)
{
	(void)cf;
	return PTN_ADDRESS_MAX + 1;
}

static const struct ptn_flow_input identifier[] = {
	[IDENTIFIER] = { .name = "identifier",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .folded = true,
	    .asked = asks_either,
	    .max = identifier_max },
	[EMAIL] = { .name = "email",
	    .type = PTN_FLOW_EMAIL,
	    .required = PTN_FLOW_YES,
	    .asked = asks_address,
	    .min = ptn_flow_step_address_min,
	    .max = ptn_flow_step_address_max },
	[USERNAME] = { .name = "username",
	    .type = PTN_FLOW_STRING,
	    .required = PTN_FLOW_YES,
	    .folded = true,
	    .asked = asks_username,
	    .min = ptn_flow_step_username_min,
	    .max = ptn_flow_step_username_max },
};

static bool
can_identify(const struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	return (ptn_policy_by_address(cf) || ptn_policy_by_username(cf)) &&
	    (ptn_policy_passcodes(cf) || ptn_policy_passwords(cf));
}

/* What they have, where that may be told. */
static enum ptn_err
learn(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_factors has;
	enum ptn_err r;

	if (!step->sc->cf->privacy_methods)
		return PTN_OK;
	if ((r = ptn_factors_of(step->sc, &stash->user_id, &has)) != PTN_OK)
		return r;
	stash->has_password = has.password;
	stash->has_passkey = has.passkey;
	return PTN_OK;
}

/* Where there is more than one, they say by which. */
static enum ptn_err
go_in(struct ptn_flow_step *step)
{
	struct ptn_flow_step_ways w;
	enum ptn_err r = learn(step);

	if (r != PTN_OK)
		return r;
	w = ptn_flow_step_ways(step);
	if (w.passcode + w.password + w.passkey > 1)
		ptn_flow_step_to(step, PTN_FLOW_AT_LOGIN_METHOD);
	else if (w.passcode)
		ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
	else if (w.password)
		ptn_flow_step_to(step, PTN_FLOW_AT_LOGIN_PASSWORD);
	else if (w.passkey)
		return ptn_flow_step_ask_passkey(step);
	else
		ptn_flow_step_end(step, PTN_FLOW_E_DEAD_END);
	return PTN_OK;
}

static void
note_address(struct ptn_flow_stash *stash, const char *address)
{
	snprintf(stash->address, sizeof(stash->address), "%s",
	    address != NULL ? address : "");
}

/*
 * An address that nobody has goes the same way, unless privacy allows to tell:
 * it gets a mail without a code.
 */
static enum ptn_err
by_address(struct ptn_flow_step *step, size_t input, const char *address)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_user_ref user = { .verified = false };
	enum ptn_err r;

	r = ptn_user_by_address(step->sc, address, &user);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r == PTN_E_NOT_FOUND && step->sc->cf->privacy_hints) {
		ptn_flow_step_wrong(step, input, PTN_FLOW_E_UNKNOWN_ADDRESS);
		return PTN_OK;
	}
	stash->user_id = user.id;
	stash->email_id = user.email_id;
	stash->epoch = user.epoch;
	stash->mail = r != PTN_OK ? PTN_FLOW_MAIL_UNKNOWN
	    : user.locked	  ? PTN_FLOW_MAIL_HELD
				  : PTN_FLOW_MAIL_CODE;
	stash->username[0] = '\0';
	note_address(stash, address);
	return go_in(step);
}

/* A username that nobody has is told: anybody can find out by signing up. */
static enum ptn_err
by_username(struct ptn_flow_step *step, size_t input, const char *name)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_username_owner owner;
	enum ptn_err r;

	r = ptn_username_owner(step->sc, name, &owner);
	if (r == PTN_E_NOT_FOUND) {
		ptn_flow_step_wrong(step, input, PTN_FLOW_E_UNKNOWN_NAME);
		return PTN_OK;
	}
	if (r != PTN_OK)
		return r;
	stash->user_id = owner.user_id;
	stash->email_id = owner.email_id;
	stash->epoch = owner.epoch;
	stash->mail = owner.locked ? PTN_FLOW_MAIL_HELD : PTN_FLOW_MAIL_CODE;
	snprintf(stash->username, sizeof(stash->username), "%s", name);
	note_address(stash, owner.address);
	return go_in(step);
}

/* What is no address may be a username: none looks like one. */
static enum ptn_err
by_either(struct ptn_flow_step *step, const char *text)
{
	char *canonical;
	enum ptn_err r;

	r = ptn_address_canonical(step->sc->arena, text, &canonical);
	if (r == PTN_E_INPUT)
		return by_username(step, IDENTIFIER, text);
	return r == PTN_OK ? by_address(step, IDENTIFIER, canonical) : r;
}

static enum ptn_err
continue_with_login_identifier(struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	if (asks_either(cf))
		return by_either(step, step->in[IDENTIFIER].text);
	return asks_address(cf)
	    ? by_address(step, EMAIL, step->in[EMAIL].text)
	    : by_username(step, USERNAME, step->in[USERNAME].text);
}

static const struct ptn_flow_action init_actions[] = {
	{ .name = "continue_with_login_identifier",
	    .text = "Say who you are",
	    .input = identifier,
	    .n = PTN_ARRAY_LEN(identifier),
	    .limit = { PTN_LIMIT_LOOKUP },
	    .available = can_identify,
	    .run = continue_with_login_identifier },
	PTN_FLOW_ASK_PASSKEY,
	PTN_FLOW_TAKE_PASSKEY,
	PTN_FLOW_REMEMBER_ME,
};

/* What the browser can offer by itself has a challenge of its own, always. */
static enum ptn_err
enter_init(struct ptn_flow_step *step)
{
	return step->flow->stash.conditional_ui &&
		ptn_flow_step_has_passkeys(step)
	    ? ptn_flow_step_offer_passkey(step)
	    : PTN_OK;
}

static const struct ptn_flow_place init = { .action = init_actions,
	.n = PTN_ARRAY_LEN(init_actions),
	.enter = enter_init };

static enum ptn_err
onward(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_flow_at at;
	enum ptn_err r;

	if ((r = ptn_flow_mfa_next(step, &at)) != PTN_OK || step->fatal)
		return r;
	if (at != PTN_FLOW_AT_NONE) {
		ptn_flow_step_to(step, at);
		return PTN_OK;
	}
	if (stash->recovery)
		ptn_flow_step_to(step, PTN_FLOW_AT_RECOVERY);
	if ((r = ptn_flow_details_queue(step)) != PTN_OK ||
	    (r = ptn_flow_onboarding_after_login(step)) != PTN_OK)
		return r;
	ptn_flow_trust_ask(step);
	ptn_flow_step_to(step, PTN_FLOW_AT_SUCCESS);
	return PTN_OK;
}

/* Once it is known what they have. */
static enum ptn_err
between(struct ptn_flow_step *step)
{
	if (step->flow->stash.factors_known)
		ptn_flow_mfa_offer(step);
	return PTN_OK;
}

/*
 * The other sessions end, as at any change.  There is no session without it:
 * what refuses it here, refuses the step.
 */
static enum ptn_err
recover(struct ptn_flow_step *step)
{
	enum ptn_password_change_result changed;
	enum ptn_err r;

	step->claims.amr = PTN_AMR_PWD;
	step->method = "password";
	r = ptn_password_change_in(step->sc, &step->claims,
	    step->flow->stash.new_password, &changed);
	if (r != PTN_OK)
		return r;
	return ptn_flow_step_unfit(changed) == PTN_FLOW_E_NONE ? PTN_OK
							       : PTN_E_INTERNAL;
}

/*
 * The address is the user's still, and they have neither changed their password
 * or second factors nor ended their sessions, or there is no session, nor
 * another password: what was proved before does not outlive that, however long
 * the flow waited.
 * Whoever forgot theirs has shown by it who they are.
 */
static enum ptn_err
by_passcode(struct ptn_flow_step *step, bool *in)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signin_passcode p = { .api = PTN_API_HANKO,
		.epoch = &stash->epoch,
		.complete = ptn_flow_mfa_complete(step->flow),
		.passcode = { .user_id = stash->user_id,
		    .email_id = stash->email_id } };
	enum ptn_passcode_result what;
	enum ptn_err r;

	r = ptn_signin_passcode_in(step->sc, &p, &what);
	*in = r == PTN_OK && what == PTN_PASSCODE_RIGHT;
	step->claims = p.claims;
	step->method = "passcode";
	return *in && stash->recovered ? recover(step) : r;
}

/* So is the password. */
static enum ptn_err
by_password(struct ptn_flow_step *step, bool *in)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signin_password p = { .api = PTN_API_HANKO,
		.epoch = &stash->epoch,
		.complete = ptn_flow_mfa_complete(step->flow),
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

/* And so is the passkey, if it was shown in a step before. */
static enum ptn_err
by_passkey(struct ptn_flow_step *step, bool *in)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signin_passkey again = { .api = PTN_API_HANKO,
		.user_id = stash->user_id };
	struct ptn_signin_passkey *p = step->passkey;
	enum ptn_err r = PTN_OK;

	if (p == NULL) {
		p = &again;
		r = ptn_signin_passkey_lock(step->sc, p,
		    PTN_BYTES(stash->passkey, sizeof(stash->passkey)));
	}
	p->epoch = &stash->epoch;
	if (r == PTN_OK)
		r = ptn_signin_passkey_in(step->sc, p);
	if (r == PTN_E_NOT_FOUND || r == PTN_E_DENIED)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	*in = true;
	step->claims = p->claims;
	step->method = "passkey";
	return PTN_OK;
}

static bool
showed_passkey(const struct ptn_flow_stash *stash)
{
	static const struct ptn_flow_stash none;

	return memcmp(stash->passkey, none.passkey, sizeof(none.passkey)) != 0;
}

/* Is there the way still that was taken? */
static bool
is_open(const struct ptn_flow_step *step)
{
	if (showed_passkey(&step->flow->stash))
		return ptn_policy_passkeys(step->sc->cf);
	return step->flow->stash.proved ? ptn_flow_step_heeds_mail(step)
					: ptn_policy_passwords(step->sc->cf);
}

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct ptn_flow_step *step = arg;
	const struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_err r = PTN_OK;
	bool in = false;

	(void)sc;
	if (!is_open(step))
		in = false;
	else if (showed_passkey(stash))
		r = by_passkey(step, &in);
	else if (stash->proved)
		r = by_passcode(step, &in);
	else if (stash->password_us != 0)
		r = by_password(step, &in);
	if (r != PTN_OK || !in) {
		ptn_flow_step_end(step, PTN_FLOW_E_FORBIDDEN);
		return r;
	}
	step->factor = ptn_flow_mfa_word(step->flow);
	step->claims.amr |= ptn_flow_mfa_amr(step->flow);
	r = ptn_flow_onboarding_keep(step, &step->claims.sub, true);
	return r == PTN_OK ? ptn_flow_trust_keep(step) : r;
}

static enum ptn_err
enter_success(struct ptn_flow_step *step)
{
	return ptn_flow_onboarding_end(step, log_in);
}

static const struct ptn_flow_place success = { .enter = enter_success };

const struct ptn_flow_definition ptn_flow_login = {
	.name = "login",
	.ttl_s = PTN_FLOW_TTL_S,
	.place = {
		[PTN_FLOW_AT_PREFLIGHT] = &ptn_flow_place_preflight,
		[PTN_FLOW_AT_LOGIN_INIT] = &init,
		[PTN_FLOW_AT_LOGIN_METHOD] = &ptn_flow_place_method,
		[PTN_FLOW_AT_LOGIN_PASSWORD] = &ptn_flow_place_password,
		[PTN_FLOW_AT_DETAILS_USERNAME] =
		    &ptn_flow_place_details_username,
		[PTN_FLOW_AT_DETAILS_EMAIL] = &ptn_flow_place_details_email,
		[PTN_FLOW_AT_RECOVERY] = &ptn_flow_place_recovery,
		[PTN_FLOW_AT_LOGIN_PASSKEY] = &ptn_flow_place_passkey,
		[PTN_FLOW_AT_ONBOARDING] = &ptn_flow_place_onboarding,
		[PTN_FLOW_AT_NEW_PASSWORD] = &ptn_flow_place_new_password,
		[PTN_FLOW_AT_NEW_PASSKEY] = &ptn_flow_place_new_passkey,
		[PTN_FLOW_AT_NEW_PASSKEY_ANSWER] =
		    &ptn_flow_place_new_passkey_answer,
		[PTN_FLOW_AT_LOGIN_OTP] = &ptn_flow_place_otp,
		[PTN_FLOW_AT_MFA_METHOD] = &ptn_flow_place_mfa,
		[PTN_FLOW_AT_OTP_CREATION] = &ptn_flow_place_otp_creation,
		[PTN_FLOW_AT_LOGIN_KEY] = &ptn_flow_place_key,
		[PTN_FLOW_AT_NEW_KEY] = &ptn_flow_place_new_key,
		[PTN_FLOW_AT_DEVICE_TRUST] = &ptn_flow_place_trust,
		[PTN_FLOW_AT_PASSCODE] = &ptn_flow_place_passcode,
		[PTN_FLOW_AT_SUCCESS] = &success,
		[PTN_FLOW_AT_ERROR] = &ptn_flow_place_end,
	},
	.init = PTN_FLOW_AT_LOGIN_INIT,
	.between = between,
	.onward = onward,
};
