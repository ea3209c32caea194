#include <stdio.h>
#include <string.h>

#include "lib/account/policy.h"
#include "lib/base/array.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/flow/ceremony.h"

bool
ptn_flow_step_has_webauthn(const struct ptn_flow_step *step)
{
	return step->flow->stash.webauthn;
}

bool
ptn_flow_step_has_passkeys(const struct ptn_flow_step *step)
{
	return ptn_flow_step_has_webauthn(step) &&
	    ptn_policy_passkeys(step->sc->cf);
}

/* Is it to be one of somebody's?  Where what they have may be told. */
static bool
is_for_them(const struct ptn_flow_step *step)
{
	return step->sc->cf->privacy_methods &&
	    !ptn_uuid_is_nil(&step->flow->stash.user_id);
}

bool
ptn_flow_step_can_ask_passkey(const struct ptn_flow_step *step)
{
	return ptn_flow_step_has_passkeys(step) &&
	    (!is_for_them(step) || step->flow->stash.has_passkey);
}

/* Else, whose passkey it is, it says itself. */
enum ptn_err
ptn_flow_step_offer_passkey(struct ptn_flow_step *step)
{
	return ptn_flow_ceremony_request(step, PTN_FLOW_CEREMONY_LOGIN,
	    is_for_them(step));
}

/*
 * Who was named before is not asked for: anybody's passkey will do, unless it
 * was told what the one who was named has.
 */
enum ptn_err
ptn_flow_step_ask_passkey(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	enum ptn_err r;

	if (!is_for_them(step)) {
		memset(&stash->user_id, 0, sizeof(stash->user_id));
		memset(&stash->email_id, 0, sizeof(stash->email_id));
		stash->address[0] = '\0';
	}
	if ((r = ptn_flow_step_offer_passkey(step)) != PTN_OK)
		return r;
	ptn_flow_step_to(step, PTN_FLOW_AT_LOGIN_PASSKEY);
	return ptn_event(step->sc, PTN_EVENT_AUTHENTICATION_INIT_OK, NULL);
}

static enum ptn_err
take_first(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	struct ptn_signin_passkey *p;
	enum ptn_err r;

	r = ptn_flow_ceremony_assert(step, PTN_FLOW_CEREMONY_LOGIN, &p);
	if (r != PTN_OK || step->error != PTN_FLOW_E_NONE)
		return r;
	stash->user_id = p->user_id;
	stash->epoch = p->user.epoch;
	if (p->email.address != NULL)
		snprintf(stash->address, sizeof(stash->address), "%s",
		    p->email.address);
	ptn_credential_digest(p->id, stash->passkey);
	step->passkey = p;
	step->final = true;
	return PTN_OK;
}

/* It proves what was said before, and says nothing itself. */
static enum ptn_err
take_second(struct ptn_flow_step *step)
{
	struct ptn_signin_passkey *p;
	enum ptn_err r;

	r = ptn_flow_ceremony_assert(step, PTN_FLOW_CEREMONY_FACTOR, &p);
	if (r != PTN_OK || step->error != PTN_FLOW_E_NONE)
		return r;
	step->flow->stash.factor = PTN_FLOW_FACTOR_KEY;
	step->final = true;
	return PTN_OK;
}

enum ptn_err
ptn_flow_step_take_passkey(struct ptn_flow_step *step)
{
	return ptn_flow_ceremony_of(step) == PTN_FLOW_CEREMONY_FACTOR
	    ? take_second(step)
	    : take_first(step);
}

const struct ptn_flow_input ptn_flow_input_assertion[1] = {
	{ .name = "assertion_response",
	    .type = PTN_FLOW_JSON,
	    .required = PTN_FLOW_YES },
};

static const struct ptn_flow_action actions[] = {
	PTN_FLOW_TAKE_PASSKEY,
	PTN_FLOW_BACK,
};

const struct ptn_flow_place ptn_flow_place_passkey = { .action = actions,
	.n = PTN_ARRAY_LEN(actions) };
