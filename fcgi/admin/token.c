#include "fcgi/admin/admin.h"

#include "fcgi/jsonval.h"
#include "lib/dfns/usertoken.h"

static void
write_token(struct ptn_jsonw *w, const struct ptn_uuid *user,
    const struct ptn_usertoken *t)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &t->id);
	ptn_jsonval_uuid(w, "user_id", user);
	ptn_jsonw_str(w, "kind", t->kind);
	ptn_jsonw_str(w, "name", t->name);
	ptn_jsonw_str(w, "fingerprint", t->fingerprint);
	ptn_jsonw_bool(w, "is_owner", t->owner);
	ptn_jsonw_bool(w, "is_active", t->active);
	ptn_jsonval_time(w, "created_at", t->created_at_us);
	ptn_jsonval_time(w, "expires_at", t->expires_at_us);
	if (t->last_signed_us != 0)
		ptn_jsonval_time(w, "last_used_at", t->last_signed_us);
	ptn_jsonw_end_object(w);
}

/* GET /users/{id}/access_tokens: those of the Dfns API. */
enum ptn_err
ptn_admin_token_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_usertoken *t;
	struct ptn_uuid user;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_admin_user_found(req, rep, &user)) != PTN_OK ||
	    (r = ptn_usertokens_of(&req->sc, &user, &t, &n)) != PTN_OK)
		return r;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < n; i++)
		write_token(&rep->json, &user, &t[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

/* DELETE /users/{id}/access_tokens/{token_id} */
enum ptn_err
ptn_admin_token_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid user, id;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	r = ptn_admin_user_has(req, rep, "token_id", &user, &id);
	if (r != PTN_OK)
		return r;
	return ptn_usertoken_end(&req->sc, &user, &id);
}
