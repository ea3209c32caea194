#include "lib/event/tx.h"

#include "lib/db/db.h"

struct run {
	const struct ptn_scope *sc;
	ptn_tx_fn fn;
	void *arg;
};

static enum ptn_err
run_once(struct ptn_db *db, void *arg)
{
	const struct run *r = arg;

	(void)db;
	return r->fn(r->sc, r->arg);
}

enum ptn_err
ptn_tx(const struct ptn_scope *sc, ptn_tx_fn fn, void *arg)
{
	struct run r = { sc, fn, arg };

	return ptn_db_tx(sc->db, run_once, &r);
}
