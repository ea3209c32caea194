#include <string.h>

#include "lib/account/policy.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/step.h"

/* ------------------------------------------------- by what one logs in */

static bool
has_passwords(const struct ptn_flow_step *step)
{
	return ptn_policy_passwords(step->sc->cf);
}

struct ptn_flow_step_ways
ptn_flow_step_ways(const struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	const bool told = step->sc->cf->privacy_methods;

	return (struct ptn_flow_step_ways){
		.passcode = ptn_flow_step_has_passcodes(step) &&
		    (!told || !ptn_uuid_is_nil(&stash->user_id)),
		.password = ptn_policy_passwords(step->sc->cf) &&
		    (!told || stash->has_password),
		.passkey = told && ptn_flow_step_has_passkeys(step) &&
		    stash->has_passkey,
	};
}

static bool
may_take_password(const struct ptn_flow_step *step)
{
	return ptn_flow_step_ways(step).password;
}

static bool
may_take_passcode(const struct ptn_flow_step *step)
{
	return ptn_flow_step_ways(step).passcode;
}

static enum ptn_err
continue_to_password_login(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_LOGIN_PASSWORD);
	return PTN_OK;
}

static enum ptn_err
continue_to_passcode_confirmation(struct ptn_flow_step *step)
{
	ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
	return PTN_OK;
}

static const struct ptn_flow_action methods[] = {
	{ .name = "continue_to_password_login",
	    .text = "Log in by password",
	    .available = may_take_password,
	    .run = continue_to_password_login },
	{ .name = "continue_to_passcode_confirmation",
	    .text = "Log in by a passcode that is mailed",
	    .available = may_take_passcode,
	    .run = continue_to_passcode_confirmation },
	PTN_FLOW_ASK_PASSKEY,
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_method = { .action = methods,
	.n = PTN_ARRAY_LEN(methods) };

/* ----------------------------------------------------------- the password */

/* Nobody, and whoever has no password, cost a hash as well. */
static enum ptn_err
compare(struct ptn_flow_step *step)
{
	const struct ptn_signin_password p = { .api = PTN_API_HANKO,
		.user_id = step->flow->stash.user_id,
		.password = ptn_bytes_of(step->in[0].text) };

	return ptn_signin_password_judge(step->sc, &p, &step->work.user,
	    &step->work.password);
}

static enum ptn_err
password_login(struct ptn_flow_step *step)
{
	const struct ptn_flow_work *work = &step->work;

	if (work->password != PTN_SIGNIN_PASSWORD_RIGHT) {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_INVALID);
		return PTN_OK;
	}
	step->flow->stash.password_us = work->user.set_at_us;
	step->final = true;
	return PTN_OK;
}

static bool
can_recover(const struct ptn_flow_step *step)
{
	return ptn_policy_recovery(step->sc->cf) &&
	    step->flow->stash.address[0] != '\0';
}

static enum ptn_err
continue_to_passcode_confirmation_recovery(struct ptn_flow_step *step)
{
	step->flow->stash.recovery = true;
	ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
	return PTN_OK;
}

static const struct ptn_flow_input password[] = {
	{ .name = "password",
	    .type = PTN_FLOW_PASSWORD,
	    .required = PTN_FLOW_YES },
};

static const struct ptn_flow_action actions[] = {
	{ .name = "password_login",
	    .text = "Enter the password",
	    .input = password,
	    .n = PTN_ARRAY_LEN(password),
	    .limit = { PTN_LIMIT_HASH, PTN_LIMIT_PASSWORD, PTN_LIMIT_ACCOUNT },
	    .available = has_passwords,
	    .work = compare,
	    .run = password_login },
	{ .name = "continue_to_passcode_confirmation_recovery",
	    .text = "Set another password, by a passcode that is mailed",
	    .available = can_recover,
	    .run = continue_to_passcode_confirmation_recovery },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_password = { actions,
	PTN_ARRAY_LEN(actions), NULL };

/* ------------------------------------------------ instead of one forgotten */

/* It is set when the flow has come to its end, with the session. */
static enum ptn_err
password_recovery(struct ptn_flow_step *step)
{
	bool kept;
	enum ptn_err r = ptn_flow_step_keep_password(step, &kept);

	if (r == PTN_OK && kept)
		step->flow->stash.recovered = true;
	return r;
}

static const struct ptn_flow_input new_password[] = {
	{ .name = "new_password",
	    .type = PTN_FLOW_PASSWORD,
	    .required = PTN_FLOW_YES,
	    .min = ptn_flow_step_password_min,
	    .max = ptn_flow_step_password_max },
};

static const struct ptn_flow_action recovery_actions[] = {
	{ .name = "password_recovery",
	    .text = "Set another password",
	    .input = new_password,
	    .n = PTN_ARRAY_LEN(new_password),
	    .limit = { PTN_LIMIT_HASH },
	    .available = ptn_flow_step_heeds_mail,
	    .work = ptn_flow_step_hash_password,
	    .run = password_recovery },
};

const struct ptn_flow_place ptn_flow_place_recovery = { recovery_actions,
	PTN_ARRAY_LEN(recovery_actions), NULL };
