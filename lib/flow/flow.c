#include "lib/flow/flow.h"

#include "lib/flow/step.h"

static const struct ptn_flow_definition *const flows[PTN_FLOW__MAX] = {
	[PTN_FLOW_NONE] = NULL,
	[PTN_FLOW_LOGIN] = &ptn_flow_login,
	[PTN_FLOW_REGISTRATION] = &ptn_flow_registration,
	[PTN_FLOW_PROFILE] = &ptn_flow_profile,
};

static const char *const states[PTN_FLOW_AT__MAX] = {
	[PTN_FLOW_AT_NONE] = "",
#define PTN_FLOW_STATE(name, wire) [PTN_FLOW_AT_##name] = wire,
#include "lib/flow/state.def"
};

static const struct {
	const char *code;
	enum ptn_err err;
	const char *text;
} errors[PTN_FLOW_E__MAX] = {
	[PTN_FLOW_E_NONE] = { "", PTN_OK, "" },
#define PTN_FLOW_ERROR(name, code, err, text)                                  \
	[PTN_FLOW_E_##name] = { code, PTN_E_##err, text },
#include "lib/flow/error.def"
};

const struct ptn_flow_definition *
ptn_flow_definition(enum ptn_flow_name name)
{
	return flows[name];
}

const char *
ptn_flow_name_text(enum ptn_flow_name name)
{
	return flows[name]->name;
}

const char *
ptn_flow_at_text(enum ptn_flow_at at)
{
	return states[at];
}

const char *
ptn_flow_error_code(enum ptn_flow_error e)
{
	return errors[e].code;
}

const char *
ptn_flow_error_text(enum ptn_flow_error e)
{
	return errors[e].text;
}

enum ptn_err
ptn_flow_error_err(enum ptn_flow_error e)
{
	return errors[e].err;
}
