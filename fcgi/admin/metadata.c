#include "fcgi/admin/admin.h"

#include "fcgi/admin/tag.h"
#include "lib/account/metadata.h"
#include "lib/account/user.h"

enum { BODY, BODY__MAX };

static const struct ptn_field fields[BODY__MAX] = {
	[BODY] = { "body", PTN_F_WHOLE, true, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_metadata = { fields, BODY__MAX };

static const char *
tag_of(const struct ptn_scope *sc, const void *metadata)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, sc->arena);
	ptn_metadata_write(&w, NULL, metadata, true);
	return ptn_admin_tag(&w);
}

/* What there is, with its ETag; or that there is none. */
static enum ptn_err
answer(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_uuid *user)
{
	struct ptn_metadata m;
	enum ptn_err r;

	if ((r = ptn_metadata_of(&req->sc, user, &m)) != PTN_OK ||
	    (r = ptn_admin_tag_tell(rep, tag_of(&req->sc, &m))) != PTN_OK)
		return r;
	if (!ptn_metadata_is_any(&m, true))
		rep->done = PTN_DONE_EMPTY;
	ptn_metadata_write(&rep->json, NULL, &m, true);
	return PTN_OK;
}

/* GET /users/{id}/metadata */
enum ptn_err
ptn_admin_metadata_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_user user;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK)
		return r;
	r = ptn_user_get(&req->sc, &id, &user);
	return r == PTN_OK ? answer(req, rep, &id)
			   : ptn_admin_user_unknown(rep, r);
}

/* PATCH /users/{id}/metadata */
enum ptn_err
ptn_admin_metadata_edit(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_metadata_change c = { .seen = ptn_admin_tag_seen(req,
					     tag_of) };
	enum ptn_metadata_result what;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK)
		return r;
	if (!ptn_metadata_changes(&c, req->in[BODY].json))
		return PTN_E_INPUT;
	if ((r = ptn_metadata_patch(&req->sc, &id, &c, &what)) != PTN_OK ||
	    (r = ptn_admin_metadata_settle(rep, c.wrong, what)) != PTN_OK)
		return ptn_admin_user_unknown(rep, r);
	return answer(req, rep, &id);
}
