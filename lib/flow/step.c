#include "lib/flow/step.h"

#include <assert.h>
#include <string.h>

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
		step->again_after_s = step->sc->actor->limit.reset_s;
}

enum ptn_err
ptn_flow_step_account(const struct ptn_flow_step *step, struct ptn_uuid *out)
{
	const struct ptn_flow_stash *stash = &step->flow->stash;
	uint8_t mac[PTN_SHA256_LEN];
	enum ptn_err r;

	*out = stash->user_id;
	if (!ptn_uuid_is_nil(out))
		return PTN_OK;
	r = ptn_secrets_mac(step->sc->secrets, 0, PTN_KEY_USE_DECOY,
	    ptn_bytes_of(stash->address), mac);
	memcpy(out->b, mac, sizeof(out->b));
	return r;
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
ptn_flow_step_address_min(const struct ptn_conf *cf)
{
	(void)cf;
	return 3; /* a@b */
}

int64_t
ptn_flow_step_address_max(const struct ptn_conf *cf)
{
	return cf->email_max;
}

int64_t
ptn_flow_step_password_min(const struct ptn_conf *cf)
{
	return cf->password_min;
}

int64_t
ptn_flow_step_password_max(const struct ptn_conf *cf)
{
	return cf->password_max_bytes;
}
