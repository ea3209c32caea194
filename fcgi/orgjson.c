#include "fcgi/orgjson.h"

#include "fcgi/jsonval.h"
#include "lib/account/orgs.h"
#include "lib/base/arena.h"

#define OWN_MAX 262144 /* bytes of what one has, taken apart */

static void
write_org(struct ptn_jsonw *w, const struct ptn_org_row *org,
    const struct ptn_own *own)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &org->id);
	ptn_jsonw_str(w, "name", org->name);
	ptn_jsonw_bool(w, "active", org->active);
	ptn_own_write(w, "config", own);
	ptn_jsonval_time(w, "created_at", org->created_at_us);
	ptn_jsonval_time(w, "updated_at", org->updated_at_us);
	ptn_jsonw_end_object(w);
}

/* A page has many of them: what is needed for one alone is given back. */
enum ptn_err
ptn_orgjson(struct ptn_jsonw *w, const struct ptn_scope *sc,
    const struct ptn_org_row *org)
{
	struct ptn_arena *a = ptn_arena_new(OWN_MAX);
	struct ptn_scope at = *sc;
	struct ptn_own *own;
	enum ptn_err r = PTN_E_NOMEM;

	at.arena = a;
	if (a != NULL && (r = ptn_orgs_own(&at, org, &own)) == PTN_OK)
		write_org(w, org, own);
	ptn_arena_free(&a);
	return r;
}
