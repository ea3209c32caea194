#include "fcgi/dfns/dfns.h"
#include "lib/conf/conf.h"

enum { LOGOUT_ALL, LOGOUT__MAX };

static const struct ptn_field logout_fields[LOGOUT__MAX] = {
	[LOGOUT_ALL] = { "allSessions", PTN_F_BOOL, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_logout = { logout_fields, LOGOUT__MAX };

/*
 * PUT and POST /auth/logout: this session ends, or all of the user's, of both
 * APIs.
 */
enum ptn_err
ptn_dfns_logout(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_claims *c = &req->session.claims;
	enum ptn_err r;

	r = req->in[LOGOUT_ALL].on
	    ? ptn_session_end_all(&req->sc, &c->sub)
	    : ptn_session_end(&req->sc, &c->sub, &c->session_id);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_USER_LOGGED_OUT, NULL);
	return ptn_dfns_success(rep);
}

enum ptn_err
ptn_dfns_session_open(const struct ptn_scope *sc, const struct ptn_member *m,
    struct ptn_claims *claims)
{
	const struct ptn_session_new new = { .api = PTN_API_DFNS,
		.user_id = m->id };
	enum ptn_err r;

	/* Who came through the other API has a name of their own from now on.
	 */
	if (!m->stored && (r = ptn_member_put(sc, m)) != PTN_OK)
		return r;
	return ptn_session_open(sc, &new, claims);
}

enum ptn_err
ptn_dfns_session_write(struct ptn_request *req, struct ptn_reply *rep,
    const char *name, const struct ptn_uuid *org, const struct ptn_member *m,
    const struct ptn_claims *claims)
{
	char *token;
	enum ptn_err r;

	r = ptn_dfns_issue_token(req, PTN_DFNS_TOKEN_USER, org, m,
	    &claims->session_id, req->sc.cf->dfns_session_s, &token);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, name);
	ptn_jsonw_str(&rep->json, "token", token);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}
