#include "lib/db/health.h"

#include "lib/db/sql.h"

enum ptn_err
ptn_health(struct ptn_db *db, struct ptn_arena *a)
{
	struct ptn_health_out row;

	return ptn_sql_health(db, a, &row);
}
