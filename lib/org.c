#include "org.h"

#include <string.h>

#include "lib/sql.h"

#define ORIGINS_MAX 64

/* The words of a text, which is cut up. */
static enum ptn_err
split(struct ptn_arena *a, const char *text, struct ptn_strs *out)
{
	char *copy = ptn_arena_strdup(a, text), *word, *rest = NULL;

	out->n = 0;
	out->v = ptn_arena_calloc(a, ORIGINS_MAX, sizeof(*out->v));
	if (copy == NULL || out->v == NULL)
		return PTN_E_NOMEM;
	for (word = strtok_r(copy, " ", &rest);
	     word != NULL && out->n < ORIGINS_MAX;
	     word = strtok_r(NULL, " ", &rest))
		out->v[out->n++] = word;
	return PTN_OK;
}

enum ptn_err
ptn_org_get(struct ptn_db *db, struct ptn_arena *a, const struct ptn_conf *cf,
    const struct ptn_uuid *id, struct ptn_org *out)
{
	const struct ptn_tenant_by_id_in in = { *id };
	struct ptn_tenant_by_id_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	if ((r = ptn_sql_tenant_by_id(db, a, &in, &row)) != PTN_OK)
		return r;
	out->id = row.id;
	out->name = row.name;
	out->active = row.active != 0;
	out->rp_id = row.rp_id != NULL ? row.rp_id : cf->rp_id;
	out->rp_name = row.rp_name != NULL ? row.rp_name : cf->rp_name;
	out->origins = cf->rp_origins;
	return row.origins == NULL ? PTN_OK
				   : split(a, row.origins, &out->origins);
}

enum ptn_err
ptn_orgs(struct ptn_db *db, struct ptn_arena *a, struct ptn_org_row **out,
    size_t *n)
{
	struct ptn_tenant_list_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	if ((r = ptn_sql_tenant_list(db, a, &row, n)) != PTN_OK || *n == 0)
		return r;
	if ((*out = ptn_arena_calloc(a, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_org_row){ row[i].id, row[i].name,
			row[i].rp_id, row[i].active != 0 };
	return PTN_OK;
}

enum ptn_err
ptn_org_put(struct ptn_db *db, struct ptn_org_new *org)
{
	struct ptn_tenant_put_org_in in;

	org->id = ptn_uuid_new();
	in = (struct ptn_tenant_put_org_in){ org->id, org->name, org->rp_id,
		org->name, org->origins };
	return ptn_sql_tenant_put_org(db, &in);
}
