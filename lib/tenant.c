#include "tenant.h"

#include "lib/sql.h"

enum ptn_err
ptn_tenant_default(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_tenant *out)
{
	struct ptn_tenant_default_out row;
	enum ptn_err r;

	if ((r = ptn_sql_tenant_default(db, a, &row)) != PTN_OK)
		return r;
	out->id = row.id;
	return PTN_OK;
}
