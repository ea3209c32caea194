#include "lib/flow/details.h"

#include <stdio.h>
#include <string.h>

#include "lib/account/addresses.h"
#include "lib/account/policy.h"
#include "lib/account/user.h"
#include "lib/account/username.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"

enum ptn_err
ptn_flow_details_judge(const struct ptn_flow_step *step, const char *name,
    enum ptn_flow_error *why)
{
	struct ptn_username_owner owner;
	enum ptn_err r;

	*why = PTN_FLOW_E_NAME;
	if (!ptn_username_is_well(name))
		return PTN_OK;
	r = ptn_username_owner(step->sc, name, &owner);
	*why = r == PTN_OK ? PTN_FLOW_E_NAME_TAKEN : PTN_FLOW_E_NONE;
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

/* Whoever has logged in has said an address, or theirs was looked up. */
static void
queue_address(struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;

	if (cf->email_enabled && cf->email_on_login &&
	    step->flow->stash.address[0] == '\0')
		ptn_flow_step_to(step, PTN_FLOW_AT_DETAILS_EMAIL);
}

enum ptn_err
ptn_flow_details_queue(struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;
	struct ptn_username has;
	enum ptn_err r;

	if (ptn_policy_usernames(cf) && cf->username_on_login) {
		r = ptn_username_of(step->sc, &step->flow->stash.user_id, &has);
		if (r != PTN_OK)
			return r;
		if (has.name == NULL)
			ptn_flow_step_to(step, PTN_FLOW_AT_DETAILS_USERNAME);
	}
	queue_address(step);
	return PTN_OK;
}

/* ------------------------------------------------------------- a username */

static enum ptn_err
username_create(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_flow_error why;
	enum ptn_err r;

	r = ptn_flow_details_judge(step, step->in[0].text, &why);
	if (r != PTN_OK)
		return r;
	if (why != PTN_FLOW_E_NONE) {
		ptn_flow_step_wrong(step, 0, why);
		return PTN_OK;
	}
	snprintf(stash->new_username, sizeof(stash->new_username), "%s",
	    step->in[0].text);
	step->final = true;
	return PTN_OK;
}

static bool
username_optional(const struct ptn_conf *cf)
{
	return cf->username_optional;
}

static bool
may_skip_username(const struct ptn_flow_step *step)
{
	return username_optional(step->sc->cf);
}

static enum ptn_err
skip(struct ptn_flow_step *step)
{
	(void)step;
	return PTN_OK;
}

static const struct ptn_flow_input username[] = {
	{ .name = "username",
	    .type = PTN_FLOW_USERNAME,
	    .optional = username_optional,
	    .min = ptn_flow_step_username_min,
	    .max = ptn_flow_step_username_max },
};

static const struct ptn_flow_action username_actions[] = {
	{ .name = "username_create",
	    .text = "Choose a username",
	    .input = username,
	    .n = PTN_ARRAY_LEN(username),
	    .limit = { PTN_LIMIT_LOOKUP },
	    .run = username_create },
	{ .name = "skip",
	    .text = "Have no username",
	    .available = may_skip_username,
	    .run = skip },
};

const struct ptn_flow_place ptn_flow_place_details_username = {
	.action = username_actions,
	.n = PTN_ARRAY_LEN(username_actions),
};

/* ------------------------------------------------------------- an address */

/* Where addresses are to be proved, it is theirs when they have done so. */
static void
take_address(struct ptn_flow_step *step, const char *address, bool taken)
{
	struct ptn_flow_stash *stash = &step->flow->stash;

	snprintf(stash->address, sizeof(stash->address), "%s", address);
	memset(&stash->email_id, 0, sizeof(stash->email_id));
	stash->mail = taken ? PTN_FLOW_MAIL_TAKEN : PTN_FLOW_MAIL_CODE;
	stash->new_address = true;
	if (ptn_policy_verification(step->sc->cf))
		ptn_flow_step_to(step, PTN_FLOW_AT_PASSCODE);
	else
		step->final = true;
}

/* One that another has goes the same way, unless it may be told. */
static enum ptn_err
email_address_set(struct ptn_flow_step *step)
{
	const char *address = step->in[0].text;
	struct ptn_user_ref owner;
	enum ptn_err r;

	if (*address == '\0') {
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_INVALID);
		return PTN_OK;
	}
	r = ptn_user_by_address(step->sc, address, &owner);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	if (r == PTN_OK && ptn_policy_tells_taken(step->sc->cf))
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_TAKEN);
	else
		take_address(step, address, r == PTN_OK);
	return PTN_OK;
}

static bool
email_optional(const struct ptn_conf *cf)
{
	return cf->email_optional;
}

static bool
may_skip_email(const struct ptn_flow_step *step)
{
	return email_optional(step->sc->cf);
}

static const struct ptn_flow_input email[] = {
	{ .name = "email",
	    .type = PTN_FLOW_ADDRESS,
	    .optional = email_optional,
	    .echoed = true,
	    .max = ptn_flow_step_address_max },
};

static const struct ptn_flow_action email_actions[] = {
	{ .name = "email_address_set",
	    .text = "Give an address",
	    .input = email,
	    .n = PTN_ARRAY_LEN(email),
	    .limit = { PTN_LIMIT_LOOKUP },
	    .run = email_address_set },
	{ .name = "skip",
	    .text = "Have no address",
	    .available = may_skip_email,
	    .run = skip },
};

const struct ptn_flow_place ptn_flow_place_details_email = {
	.action = email_actions,
	.n = PTN_ARRAY_LEN(email_actions),
};

/* --------------------------------------------------------- what is stored */

static enum ptn_err
keep_username(struct ptn_flow_step *step, const struct ptn_uuid *user)
{
	const char *name = step->flow->stash.new_username;
	enum ptn_err r = ptn_username_set_in(step->sc, user, name);

	if (r == PTN_E_CONFLICT)
		ptn_flow_step_end(step, PTN_FLOW_E_NAME_TAKEN);
	else
		step->claims.username = name;
	return r;
}

/* It was to be proved, or is not any more: nobody has an unproved one then. */
static enum ptn_err
keep_address(struct ptn_flow_step *step, const struct ptn_uuid *user)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	const struct ptn_conf *cf = step->sc->cf;
	enum ptn_addresses_result what = PTN_ADDRESSES_FOREIGN;
	enum ptn_err r = PTN_OK;

	if (cf->email_enabled &&
	    (stash->address_proved || !ptn_policy_verification(cf)))
		r = ptn_addresses_onboard(step->sc, user, stash->address,
		    stash->address_proved, &what);
	if (r != PTN_OK)
		return r;
	if (what == PTN_ADDRESSES_DONE)
		return ptn_email_primary(step->sc, user, &step->claims.email);
	ptn_flow_step_end(step,
	    what == PTN_ADDRESSES_OWNED ? PTN_FLOW_E_TAKEN
					: PTN_FLOW_E_FORBIDDEN);
	return PTN_E_CONFLICT;
}

enum ptn_err
ptn_flow_details_keep(struct ptn_flow_step *step, const struct ptn_uuid *user)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_err r = PTN_OK;

	if (stash->new_username[0] != '\0')
		r = keep_username(step, user);
	if (r == PTN_OK && stash->new_address)
		r = keep_address(step, user);
	return r;
}
