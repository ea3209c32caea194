#include "fcgi/dfns/dfns.h"

enum { LOGOUT_ALL, LOGOUT__MAX };

static const struct ptn_field logout_fields[LOGOUT__MAX] = {
	[LOGOUT_ALL] = { "allSessions", PTN_F_BOOL, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_logout = { logout_fields, LOGOUT__MAX };

/* PUT /auth/logout: this session ends, or all of the user's, of both APIs. */
enum ptn_err
ptn_dfns_logout(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_token_env env = ptn_request_tokens(req);
	const struct ptn_claims *c = &req->session.claims;
	enum ptn_err r;

	r = req->in[LOGOUT_ALL].on
	    ? ptn_session_end_all(&env, &c->sub)
	    : ptn_session_end(&env, &c->sub, &c->session_id);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	ptn_audit_note(&req->audit, PTN_AUDIT_USER_LOGGED_OUT, NULL);
	return ptn_dfns_success(rep);
}
