#include "fcgi/public/public.h"

#include "fcgi/issue.h"
#include "lib/account/password_change.h"
#include "lib/account/signin_password.h"
#include "lib/conf/conf.h"

enum { USER, PASSWORD, PASSWORD__MAX };

static const struct ptn_field password_fields[PASSWORD__MAX] = {
	[USER] = { "user_id", PTN_F_UUID, true, 64, NULL, PTN_OK },
	[PASSWORD] = { "password", PTN_F_SECRET, true, 65536, NULL, PTN_OK },
};

const struct ptn_input ptn_in_password = { password_fields, PASSWORD__MAX };

static enum ptn_err
too_long(struct ptn_request *req, struct ptn_reply *rep)
{
	return ptn_reply_say(rep, PTN_E_INPUT,
	    ptn_arena_printf(req->sc.arena,
		"password must not be longer than %lld bytes",
		(long long)req->sc.cf->password_max_bytes));
}

/* POST /password/login: trade a password for a session. */
enum ptn_err
ptn_public_password_login(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_signin_password p = { .api = PTN_API_HANKO,
		.user_id = req->in[USER].id,
		.password = req->in[PASSWORD].b };
	enum ptn_signin_password_result what;
	enum ptn_err r;

	if ((r = ptn_signin_password(&req->sc, &p, &what)) != PTN_OK)
		return r;
	if (what == PTN_SIGNIN_PASSWORD_LONG)
		return too_long(req, rep);
	if (what == PTN_SIGNIN_PASSWORD_HALF)
		return ptn_reply_say(rep, PTN_E_FORBIDDEN,
		    PTN_PUBLIC_SECOND_FACTOR);
	if (what != PTN_SIGNIN_PASSWORD_RIGHT)
		return PTN_E_DENIED;
	ptn_jsonw_null(&rep->json, NULL);
	return ptn_issue_token(req, rep, &p.claims);
}

static enum ptn_err
too_short(struct ptn_request *req, struct ptn_reply *rep)
{
	return ptn_reply_say(rep, PTN_E_INPUT,
	    ptn_arena_printf(req->sc.arena,
		"password must be at least %lld characters long",
		(long long)req->sc.cf->password_min));
}

/*
 * PUT /password: set or change one's own password.  An id of somebody else is
 * 403, one of nobody 401.
 */
enum ptn_err
ptn_public_password_update(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_password_change_result what;
	enum ptn_err r;

	r = ptn_password_change(&req->sc, &req->session.claims,
	    &req->in[USER].id, req->in[PASSWORD].b, &what);
	if (r != PTN_OK)
		return r;
	switch (what) {
	case PTN_PASSWORD_CHANGE_SHORT:
		return too_short(req, rep);
	case PTN_PASSWORD_CHANGE_LONG:
		return too_long(req, rep);
	case PTN_PASSWORD_CHANGE_UNFIT:
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "password must not contain control characters");
	case PTN_PASSWORD_CHANGE_FOREIGN:
	case PTN_PASSWORD_CHANGE_SERVICE:
		return PTN_E_FORBIDDEN;
	case PTN_PASSWORD_CHANGE_FIRST:
		rep->done = PTN_DONE_CREATED;
		break;
	case PTN_PASSWORD_CHANGE_DONE:
		break;
	case PTN_PASSWORD_CHANGE_NO_USER:
	case PTN_PASSWORD_CHANGE__MAX:
		return PTN_E_DENIED;
	}
	ptn_issue_device(req, rep);
	ptn_jsonw_null(&rep->json, NULL);
	return PTN_OK;
}
