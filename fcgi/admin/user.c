#include "fcgi/admin/admin.h"

#include "lib/account/user.h"

/* The user that the path names. */
static enum ptn_err
named(struct ptn_request *req, struct ptn_reply *rep, struct ptn_uuid *id)
{
	if (ptn_uuid_parse_any(req->arg, id))
		return PTN_OK;
	return ptn_reply_say(rep, PTN_E_INPUT,
	    "failed to parse userId as uuid");
}

/* DELETE /users/{id}: with all that is theirs, sessions included. */
enum ptn_err
ptn_admin_user_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = named(req, rep, &id)) != PTN_OK)
		return r;
	r = ptn_user_delete(&req->sc, &id);
	if (r == PTN_E_NOT_FOUND)
		return ptn_reply_say(rep, r, "user not found");
	rep->done = PTN_DONE_EMPTY;
	return r;
}
