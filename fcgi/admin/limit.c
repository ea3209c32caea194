#include "fcgi/admin/admin.h"

#include "fcgi/jsonval.h"
#include "lib/account/limits.h"
#include "lib/account/ratelimit.h"
#include "lib/account/tenant.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"

/* What is counted of the user that the path names. */
struct counted {
	struct ptn_uuid user;
	struct ptn_limit_key key[PTN_LIMIT_KEYS];
	size_t n;
};

/* Who has neither an address nor a name of the Dfns API has an id. */
static enum ptn_err
find(struct ptn_request *req, struct ptn_reply *rep, struct counted *c)
{
	const struct ptn_scope *sc = &req->sc;
	struct ptn_tenant first;
	struct ptn_member m;
	enum ptn_err r;

	if ((r = ptn_admin_user_found(req, rep, &c->user)) != PTN_OK ||
	    (r = ptn_tenants_get(req->env->tenants, sc, NULL, &first)) !=
		PTN_OK)
		return r;
	r = ptn_member_by_id(sc, &c->user, &m);
	if (r == PTN_E_NOT_FOUND)
		m = (struct ptn_member){ .id = c->user };
	else if (r != PTN_OK)
		return r;
	return ptn_dfns_lookup_limits(sc, &m, &first.id, c->key, &c->n);
}

static void
write_row(struct ptn_reply *rep, const struct ptn_scope *sc,
    const struct ptn_ratelimit_row *row)
{
	struct ptn_ratelimit rate;

	/* One of an earlier version is not told. */
	if (!ptn_limit_named(sc->cf, row->what, &rate))
		return;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "name", row->what);
	ptn_jsonw_int(&rep->json, "used", ptn_ratelimit_used(&rate, row));
	ptn_jsonw_int(&rep->json, "limit", rate.limit);
	ptn_jsonval_time(&rep->json, "expires_at", row->expires_at_us);
	ptn_jsonw_end_object(&rep->json);
}

static enum ptn_err
write_rows(struct ptn_reply *rep, const struct ptn_scope *sc,
    const struct ptn_limit_key *key)
{
	const struct ptn_scope at = ptn_scope_at(sc, &key->tenant_id);
	struct ptn_ratelimit_row *row;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_ratelimits_of(&at, key->whom, &row, &n)) != PTN_OK)
		return r;
	for (i = 0; i < n; i++)
		write_row(rep, sc, &row[i]);
	return PTN_OK;
}

/* GET /users/{id}/limits: the buckets that are not empty. */
enum ptn_err
ptn_admin_limit_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct counted c;
	enum ptn_err r;
	size_t i;

	if ((r = find(req, rep, &c)) != PTN_OK)
		return r;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < c.n && r == PTN_OK; i++)
		r = write_rows(rep, &req->sc, &c.key[i]);
	ptn_jsonw_end_array(&rep->json);
	return r;
}

/* DELETE /users/{id}/limits: nothing is counted any more. */
enum ptn_err
ptn_admin_limit_clear(struct ptn_request *req, struct ptn_reply *rep)
{
	struct counted c;
	uint64_t cleared;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	if ((r = find(req, rep, &c)) != PTN_OK)
		return r;
	return ptn_limits_clear(&req->sc, c.key, c.n, &c.user, &cleared);
}
