#include "lib/flow/details.h"

#include <stdio.h>

#include "lib/account/policy.h"
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

enum ptn_err
ptn_flow_details_queue(struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;
	struct ptn_username has;
	enum ptn_err r;

	if (!ptn_policy_usernames(cf) || !cf->username_on_login)
		return PTN_OK;
	r = ptn_username_of(step->sc, &step->flow->stash.user_id, &has);
	if (r == PTN_OK && has.name == NULL)
		ptn_flow_step_to(step, PTN_FLOW_AT_DETAILS_USERNAME);
	return r;
}

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
is_optional(const struct ptn_conf *cf)
{
	return cf->username_optional;
}

static bool
may_skip(const struct ptn_flow_step *step)
{
	return is_optional(step->sc->cf);
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
	    .optional = is_optional,
	    .min = ptn_flow_step_username_min,
	    .max = ptn_flow_step_username_max },
};

static const struct ptn_flow_action actions[] = {
	{ .name = "username_create",
	    .text = "Choose a username",
	    .input = username,
	    .n = PTN_ARRAY_LEN(username),
	    .limit = { PTN_LIMIT_LOOKUP },
	    .run = username_create },
	{ .name = "skip",
	    .text = "Have no username",
	    .available = may_skip,
	    .run = skip },
};

const struct ptn_flow_place ptn_flow_place_details_username = {
	.action = actions,
	.n = PTN_ARRAY_LEN(actions),
};
