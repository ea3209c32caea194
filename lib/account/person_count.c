#include "lib/account/person_count.h"

#include "lib/db/sql.h"

/* PTN_E_NOT_FOUND: nobody counted them lately. */
static enum ptn_err
counted(const struct ptn_scope *sc, bool plain,
    struct ptn_person_count_total *out)
{
	const struct ptn_person_counted_in in = { .tenant_id = sc->tenant_id,
		.max_s = PTN_PERSON_COUNT_S };
	struct ptn_person_counted_out row;
	enum ptn_err r;

	r = ptn_sql_person_counted(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	out->n = row.n - (plain ? row.operators : 0);
	out->age_s = row.age_s;
	return PTN_OK;
}

enum ptn_err
ptn_person_count(const struct ptn_scope *sc, bool plain, int64_t past,
    struct ptn_person_count_total *out)
{
	const struct ptn_person_count_in in = { sc->tenant_id };
	struct ptn_person_count_put_in put = { .tenant_id = sc->tenant_id };
	struct ptn_person_count_out row;
	enum ptn_err r = counted(sc, plain, out);

	if (r != PTN_E_NOT_FOUND && (r != PTN_OK || past < out->n))
		return r;
	r = ptn_sql_person_count(sc->db, sc->arena, &in, &row);
	out->n = row.n - (plain ? row.operators : 0);
	out->age_s = 0;
	if (r != PTN_OK || row.n <= PTN_PERSON_COUNTED_ONCE)
		return r;
	put.n = row.n;
	return ptn_sql_person_count_put(sc->db, &put);
}
