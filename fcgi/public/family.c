#include "fcgi/public/public.h"

#include "fcgi/bearer.h"
#include "fcgi/family.h"

const struct ptn_auth ptn_public_auth_login = { &ptn_public_family };
const struct ptn_auth ptn_public_auth_optional = { &ptn_public_family };
const struct ptn_auth ptn_public_auth_session = { &ptn_public_family };
const struct ptn_auth ptn_public_auth_sessions = { &ptn_public_family };
const struct ptn_auth ptn_public_auth_site = { &ptn_public_family };

static enum ptn_bearer_use
use_of(const struct ptn_auth *auth)
{
	if (auth == &ptn_public_auth_optional)
		return PTN_BEARER_LOOK;
	return auth == &ptn_public_auth_site ? PTN_BEARER_SITE : PTN_BEARER_USE;
}

static bool
is_enough(const struct ptn_request *req, const struct ptn_auth *auth)
{
	if (auth == &ptn_public_auth_optional)
		return true;
	return auth == &ptn_public_auth_sessions ? req->sessions.alive_n > 0
						 : req->session.known;
}

static enum ptn_err
authenticate(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_auth *auth)
{
	enum ptn_err r;

	if (auth == &ptn_auth_anybody)
		return PTN_OK;
	if (auth == &ptn_public_auth_login)
		return ptn_bearer_brought(req);
	if ((r = ptn_bearer_session(req, rep, use_of(auth))) != PTN_OK)
		return r;
	if (req->session.known)
		ptn_bearer_is(req);
	return is_enough(req, auth) ? PTN_OK : PTN_E_DENIED;
}

const struct ptn_family ptn_public_family = {
	.side = PTN_PUBLIC,
	.prefix = "",
	.api = PTN_API_HANKO,
	.on = ptn_feature_always,
	.rate = { [PTN_RATE_NONE] = true,
	    [PTN_RATE_RULE] = true,
	    [PTN_RATE_LOOKUP] = true,
	    [PTN_RATE_SIGNUP] = true,
	    [PTN_RATE_CHALLENGE] = true,
	    [PTN_RATE_HASH] = true,
	    [PTN_RATE_PASSCODE] = true,
	    [PTN_RATE_PASSWORD] = true,
	    [PTN_RATE_ANSWER] = true },
	.placed = true,
	.body_max = (size_t)64 * 1024,
	.depth = 16,
	.type = "application/json",
	.problem = "",
	.last_resort = "{\"code\":500,\"message\":\"Internal Server Error\"}\n",
	.write_error = ptn_family_write_error,
	.authenticate = authenticate,
	.site = &ptn_public_auth_site,
};
