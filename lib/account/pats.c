#include "lib/account/pats.h"

#include "lib/db/sql.h"

static enum ptn_err
end(const struct ptn_scope *sc, const struct ptn_uuid *user, bool all)
{
	const struct ptn_pats_end_in in = { sc->tenant_id, *user, all };
	uint64_t n;

	return ptn_sql_pats_end(sc->db, &in, &n);
}

enum ptn_err
ptn_pats_end(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	return end(sc, user, true);
}

enum ptn_err
ptn_pats_end_expired(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	return end(sc, user, false);
}
