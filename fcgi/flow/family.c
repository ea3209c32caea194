#include "fcgi/flow/wire.h"

#include "fcgi/bearer.h"

/* The code of what is refused, by its status; else it is a technical error. */
static const struct {
	int status;
	enum ptn_flow_error e;
} refusals[] = {
	{ 401, PTN_FLOW_E_UNAUTHORIZED },
	{ 403, PTN_FLOW_E_FORBIDDEN },
	{ 410, PTN_FLOW_E_EXPIRED },
	{ 429, PTN_FLOW_E_RATE },
};

static void
write_error(struct ptn_reply *rep, const struct ptn_request *req, int status,
    const char *message)
{
	const char *code = "technical_error";
	size_t i;

	(void)req;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].status == status) {
			code = ptn_flow_error_code(refusals[i].e);
			message = ptn_flow_error_text(refusals[i].e);
		}
	ptn_flow_envelope_refused(rep, status, code, message);
}

const struct ptn_auth ptn_flow_auth_login = { &ptn_flow_family };
const struct ptn_auth ptn_flow_auth_session = { &ptn_flow_family };

/* Nobody is asked who they are before they say so, but for their profile. */
static enum ptn_err
authenticate(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_auth *auth)
{
	enum ptn_err r;

	if (auth == &ptn_auth_anybody)
		return PTN_OK;
	if (auth == &ptn_flow_auth_login)
		return ptn_bearer_brought(req);
	r = ptn_bearer_session(req, rep, PTN_BEARER_USE);
	if (r != PTN_OK || !req->session.known)
		return r != PTN_OK ? r : PTN_E_DENIED;
	ptn_bearer_is(req);
	return PTN_OK;
}

const struct ptn_family ptn_flow_family = {
	.side = PTN_PUBLIC,
	.prefix = NULL,
	.api = PTN_API_HANKO,
	.on = ptn_feature_always,
	.rate = { [PTN_RATE_NONE] = true, [PTN_RATE_STEP] = true },
	.placed = true,
	.body_max = (size_t)64 * 1024,
	.depth = 16,
	.type = "application/json",
	.problem = "",
	.last_resort = "{\"name\":\"error\",\"status\":500,\"csrf_token\":\"\","
		       "\"actions\":{},\"error\":{\"code\":\"technical_error\","
		       "\"message\":\"Internal Server Error\"},\"links\":null}"
		       "\n",
	.language = "HTTP_X_LANGUAGE",
	.write_error = write_error,
	.authenticate = authenticate,
};
