#include "lib/flow/step.h"

#include <assert.h>

#include "lib/conf/conf.h"
#include "lib/event/actor.h"

/* Nothing can be done there. */
const struct ptn_flow_place ptn_flow_place_end = { .n = 0 };

void
ptn_flow_step_to(struct ptn_flow_step *step, enum ptn_flow_at at)
{
	assert(step->n < PTN_FLOW_QUEUE_MAX);
	step->queue[step->n++] = at;
}

void
ptn_flow_step_wrong(struct ptn_flow_step *step, size_t input,
    enum ptn_flow_error why)
{
	step->wrong[input] = why;
	step->error = PTN_FLOW_E_FORM;
}

void
ptn_flow_step_limited(struct ptn_flow_step *step)
{
	step->error = PTN_FLOW_E_RATE;
	if (step->sc->actor != NULL)
		step->resend_after_s = step->sc->actor->limit.reset_s;
}

bool
ptn_flow_step_can_revert(const struct ptn_flow_step *step)
{
	const struct ptn_flow *flow = step->flow;

	return flow->n > 0 && !flow->history[flow->n - 1].final;
}

enum ptn_err
ptn_flow_step_revert(struct ptn_flow_step *step)
{
	step->revert = true;
	return PTN_OK;
}

int64_t
ptn_flow_step_address_max(const struct ptn_conf *cf)
{
	return cf->email_max;
}
