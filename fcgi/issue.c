#include "fcgi/issue.h"

#include "fcgi/cookie.h"
#include "fcgi/device.h"
#include "lib/account/token.h"
#include "lib/conf/conf.h"

/* Who takes no session by cookie takes no other. */
void
ptn_issue_device(struct ptn_request *req, struct ptn_reply *rep)
{
	if (!req->sc.cf->auth_token_header)
		ptn_device_set(req, rep);
}

enum ptn_err
ptn_issue_token(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_claims *claims)
{
	char *token;
	enum ptn_err r;

	if ((r = ptn_token_issue(&req->sc, claims, &token)) != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_reply_header_int(rep, "X-Session-Lifetime",
	    req->sc.cf->session_lifespan_s);
	if (req->sc.cf->auth_token_header)
		ptn_reply_header(rep, "X-Auth-Token", token);
	else
		ptn_cookie_set_session(req, rep, token);
	ptn_issue_device(req, rep);
	return PTN_OK;
}
