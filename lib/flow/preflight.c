#include "lib/base/array.h"
#include "lib/flow/step.h"

/* What the browser can do, reported by itself as the first step. */
enum { WEBAUTHN, CONDITIONAL, PLATFORM };

static const struct ptn_flow_input capabilities[] = {
	[WEBAUTHN] = { .name = "webauthn_available",
	    .type = PTN_FLOW_BOOLEAN,
	    .required = PTN_FLOW_YES,
	    .hidden = PTN_FLOW_YES },
	[CONDITIONAL] = { .name = "webauthn_conditional_mediation_available",
	    .type = PTN_FLOW_BOOLEAN,
	    .hidden = PTN_FLOW_YES },
	[PLATFORM] = { .name = "webauthn_platform_authenticator_available",
	    .type = PTN_FLOW_BOOLEAN,
	    .hidden = PTN_FLOW_YES },
};

static enum ptn_err
register_client_capabilities(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;

	stash->webauthn = step->in[WEBAUTHN].on;
	stash->conditional_ui = step->in[CONDITIONAL].on;
	stash->platform = step->in[PLATFORM].on;
	step->final = true;
	return PTN_OK;
}

static const struct ptn_flow_action actions[] = {
	{ .name = "register_client_capabilities",
	    .text = "Say what the browser can do",
	    .input = capabilities,
	    .n = PTN_ARRAY_LEN(capabilities),
	    .run = register_client_capabilities },
};

const struct ptn_flow_place ptn_flow_place_preflight = { .action = actions,
	.n = PTN_ARRAY_LEN(actions) };
