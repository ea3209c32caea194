#include "fcgi/authorizer.h"

/* The facts of a session, as the site behind us gets them. */
enum { USER, USER_ID, EMAIL, SESSION_ID, FACT__MAX };

static void
tell(const struct ptn_request *req, struct ptn_reply *rep,
    const char *const name[FACT__MAX])
{
	const struct ptn_claims *c = &req->session.claims;
	char user[PTN_UUID_STR], session[PTN_UUID_STR];

	ptn_uuid_format(&c->sub, user);
	ptn_uuid_format(&c->session_id, session);
	ptn_reply_header(rep, name[USER], user);
	ptn_reply_header(rep, name[USER_ID], user);
	if (c->email.address != NULL)
		ptn_reply_header(rep, name[EMAIL], c->email.address);
	ptn_reply_header(rep, name[SESSION_ID], session);
}

void
ptn_authorizer_variables(const struct ptn_request *req, struct ptn_reply *rep)
{
	static const char *const name[FACT__MAX] = {
		[USER] = "Variable-REMOTE_USER",
		[USER_ID] = "Variable-POSTERN_USER_ID",
		[EMAIL] = "Variable-POSTERN_EMAIL",
		[SESSION_ID] = "Variable-POSTERN_SESSION_ID",
	};

	tell(req, rep, name);
}

enum ptn_err
ptn_authorizer_decide(struct ptn_request *req, struct ptn_reply *rep)
{
	static const char *const name[FACT__MAX] = {
		[USER] = "Remote-User",
		[USER_ID] = "Postern-User-Id",
		[EMAIL] = "Postern-Email",
		[SESSION_ID] = "Postern-Session-Id",
	};

	rep->no_store = true;
	tell(req, rep, name);
	return PTN_OK;
}
