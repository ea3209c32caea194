#include "fcgi/issue.h"

#include "fcgi/cookie.h"
#include "fcgi/device.h"
#include "lib/account/claims.h"
#include "lib/account/token.h"
#include "lib/conf/conf.h"

/* Who takes no session by cookie takes no other. */
void
ptn_issue_device(struct ptn_request *req, struct ptn_reply *rep)
{
	if (!req->sc.cf->auth_token_header)
		ptn_device_set(req, rep);
}

static enum ptn_err
issue(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_claims *claims, bool persistent)
{
	char *token;
	enum ptn_err r;

	if ((r = ptn_claims_render(&req->sc, claims)) != PTN_OK ||
	    (r = ptn_token_issue(&req->sc, claims, &token)) != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_reply_header_int(rep, "X-Session-Lifetime",
	    req->sc.cf->session_lifespan_s);
	if (req->sc.cf->auth_token_header)
		ptn_reply_header(rep, "X-Auth-Token", token);
	else
		ptn_cookie_set_session(req, rep, token, persistent);
	ptn_issue_device(req, rep);
	return PTN_OK;
}

enum ptn_err
ptn_issue_token(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_claims *claims)
{
	return issue(req, rep, claims, true);
}

static bool
is_persistent(const struct ptn_conf *cf, bool remembered)
{
	switch ((enum ptn_retention)cf->cookie_retention) {
	case PTN_RETENTION_PERSISTENT:
		return true;
	case PTN_RETENTION_PROMPT:
		return remembered;
	case PTN_RETENTION_SESSION:
		break;
	}
	return false;
}

enum ptn_err
ptn_issue_retained(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_claims *claims, bool remembered)
{
	const bool persistent = is_persistent(req->sc.cf, remembered);

	ptn_reply_header(rep, "X-Session-Retention",
	    persistent ? "persistent" : "session");
	return issue(req, rep, claims, persistent);
}
