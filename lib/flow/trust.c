#include "lib/flow/trust.h"

#include "lib/account/trust.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/flow/schedule.h"

static enum ptn_device_trust
policy_of(const struct ptn_flow_step *step)
{
	return (enum ptn_device_trust)step->sc->cf->trust_policy;
}

void
ptn_flow_trust_ask(struct ptn_flow_step *step)
{
	const enum ptn_flow_factor proved =
	    (enum ptn_flow_factor)step->flow->stash.factor;

	if (ptn_flow_schedule_trust(step->sc->cf->mfa_enabled, policy_of(step),
		proved))
		ptn_flow_step_to(step, PTN_FLOW_AT_DEVICE_TRUST);
}

enum ptn_err
ptn_flow_trust_learn(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	bool trusted = false;
	enum ptn_err r = PTN_OK;

	if (policy_of(step) != PTN_TRUST_NEVER)
		r = ptn_trust_check(step->sc, &stash->user_id, step->device,
		    &trusted);
	stash->trusted = trusted;
	return r;
}

enum ptn_err
ptn_flow_trust_keep(struct ptn_flow_step *step)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	const enum ptn_device_trust policy = policy_of(step);

	if (!step->sc->cf->mfa_enabled || policy == PTN_TRUST_NEVER ||
	    (policy == PTN_TRUST_PROMPT && !stash->trusts))
		return PTN_OK;
	return ptn_trust_put_in(step->sc, &stash->user_id, step->device,
	    &step->device_new);
}

static enum ptn_err
trust_device(struct ptn_flow_step *step)
{
	step->flow->stash.trusts = true;
	step->final = true;
	return PTN_OK;
}

static enum ptn_err
skip(struct ptn_flow_step *step)
{
	(void)step;
	return PTN_OK;
}

static const struct ptn_flow_action actions[] = {
	{ .name = "trust_device",
	    .text = "Ask for no second factor here",
	    .run = trust_device },
	{ .name = "skip", .text = "Ask for it again next time", .run = skip },
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_trust = { .action = actions,
	.n = PTN_ARRAY_LEN(actions) };
