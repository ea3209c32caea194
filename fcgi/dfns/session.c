#include "fcgi/dfns/dfns.h"

#include "fcgi/device.h"
#include "lib/account/signout.h"

enum { LOGOUT_ALL, LOGOUT__MAX };

static const struct ptn_field logout_fields[LOGOUT__MAX] = {
	[LOGOUT_ALL] = { "allSessions", PTN_F_BOOL, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_logout = { logout_fields, LOGOUT__MAX };

/*
 * PUT and POST /auth/logout: end this session, or all sessions of the user, of
 * both APIs.
 */
enum ptn_err
ptn_dfns_logout(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_claims *c = &req->session.claims;
	enum ptn_err r;

	r = req->in[LOGOUT_ALL].on
	    ? ptn_signout_all(&req->sc, &c->sub)
	    : ptn_signout(&req->sc, &c->sub, &c->session_id);
	if (r != PTN_OK)
		return r;
	ptn_device_set(req, rep);
	return ptn_dfns_success(rep);
}
