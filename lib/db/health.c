#include "lib/db/health.h"

#include "lib/db/sql.h"

enum ptn_err
ptn_health(struct ptn_db *db, struct ptn_arena *a, struct ptn_health *out)
{
	const struct ptn_health_in in = { PTN_HEALTH_NEWS_S };
	struct ptn_health_out row;
	enum ptn_err r;

	if ((r = ptn_sql_health(db, a, &in, &row)) == PTN_OK)
		out->mail_refused = row.refused > 0;
	return r;
}
