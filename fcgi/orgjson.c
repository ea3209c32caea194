#include "fcgi/orgjson.h"

#include "fcgi/jsonval.h"
#include "lib/account/orgs.h"

enum ptn_err
ptn_orgjson(struct ptn_jsonw *w, const struct ptn_scope *sc,
    const struct ptn_org_row *org)
{
	struct ptn_own *own;
	enum ptn_err r = ptn_orgs_own(sc, org, &own);

	if (r != PTN_OK)
		return r;
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &org->id);
	ptn_jsonw_str(w, "name", org->name);
	ptn_jsonw_bool(w, "active", org->active);
	ptn_own_write(w, "config", own);
	ptn_jsonval_time(w, "created_at", org->created_at_us);
	ptn_jsonval_time(w, "updated_at", org->updated_at_us);
	ptn_jsonw_end_object(w);
	return PTN_OK;
}
