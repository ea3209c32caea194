#include "lib/flow/step.h"

#include <assert.h>
#include <string.h>

#include "lib/account/policy.h"
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
ptn_flow_step_end(struct ptn_flow_step *step, enum ptn_flow_error why)
{
	step->error = why;
	step->fatal = true;
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
ptn_flow_step_has_passcodes(const struct ptn_flow_step *step)
{
	return ptn_policy_passcodes(step->sc->cf) &&
	    step->flow->stash.address[0] != '\0';
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

const struct ptn_flow_input ptn_flow_step_remember_me[1] = {
	{ .name = "remember_me",
	    .type = PTN_FLOW_BOOLEAN,
	    .required = PTN_FLOW_YES },
};

bool
ptn_flow_step_can_remember(const struct ptn_flow_step *step)
{
	return (enum ptn_retention)step->sc->cf->cookie_retention ==
	    PTN_RETENTION_PROMPT;
}

enum ptn_err
ptn_flow_step_remember(struct ptn_flow_step *step)
{
	step->flow->stash.remember_me = step->in[0].on;
	step->stay = true;
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
ptn_flow_step_username_min(const struct ptn_conf *cf)
{
	return cf->username_min;
}

int64_t
ptn_flow_step_username_max(const struct ptn_conf *cf)
{
	return cf->username_max;
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

enum ptn_err
ptn_flow_step_hash_password(struct ptn_flow_step *step)
{
	struct ptn_flow_work *work = &step->work;

	return ptn_password_change_make(step->sc,
	    ptn_bytes_of(step->in[0].text), work->hash, &work->change);
}

enum ptn_flow_error
ptn_flow_step_unfit(enum ptn_password_change_result what)
{
	static const enum ptn_flow_error why[PTN_PASSWORD_CHANGE__MAX] = {
		[PTN_PASSWORD_CHANGE_NO_USER] = PTN_FLOW_E_INVALID,
		[PTN_PASSWORD_CHANGE_FOREIGN] = PTN_FLOW_E_INVALID,
		[PTN_PASSWORD_CHANGE_SHORT] = PTN_FLOW_E_INVALID,
		[PTN_PASSWORD_CHANGE_LONG] = PTN_FLOW_E_LONG,
		[PTN_PASSWORD_CHANGE_UNFIT] = PTN_FLOW_E_INVALID,
		[PTN_PASSWORD_CHANGE_SERVICE] = PTN_FLOW_E_INVALID,
		[PTN_PASSWORD_CHANGE_FIRST] = PTN_FLOW_E_NONE,
		[PTN_PASSWORD_CHANGE_DONE] = PTN_FLOW_E_NONE,
	};

	return why[what];
}

enum ptn_err
ptn_flow_step_keep_password(struct ptn_flow_step *step, bool *kept)
{
	const enum ptn_flow_error e = ptn_flow_step_unfit(step->work.change);
	struct ptn_flow_stash *stash = &step->flow->stash;

	*kept = e == PTN_FLOW_E_NONE;
	if (!*kept) {
		ptn_flow_step_wrong(step, 0, e);
		return PTN_OK;
	}
	if (strlen(step->work.hash) >= sizeof(stash->new_password))
		return PTN_E_INTERNAL;
	strcpy(stash->new_password, step->work.hash);
	step->final = true;
	return PTN_OK;
}
