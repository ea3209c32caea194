#include "lib/event/tx.h"

#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/event/actor.h"

struct run {
	const struct ptn_scope *sc;
	ptn_tx_fn fn;
	void *arg;
	size_t before; /* events there were */
};

static void
forget(const struct run *r)
{
	if (r->sc->actor != NULL)
		r->sc->actor->n = r->before;
}

static enum ptn_err
run_once(struct ptn_db *db, void *arg)
{
	const struct run *r = arg;

	(void)db;
	forget(r);
	return r->fn(r->sc, r->arg);
}

typedef enum ptn_err (*runner)(struct ptn_db *db, ptn_db_tx_fn fn, void *arg);

static enum ptn_err
by(runner how, const struct ptn_scope *sc, ptn_tx_fn fn, void *arg)
{
	struct run run = { sc, fn, arg, sc->actor != NULL ? sc->actor->n : 0 };
	enum ptn_err r;

	if ((r = how(sc->db, run_once, &run)) != PTN_OK)
		forget(&run);
	return r;
}

enum ptn_err
ptn_tx(const struct ptn_scope *sc, ptn_tx_fn fn, void *arg)
{
	return by(ptn_db_tx, sc, fn, arg);
}

enum ptn_err
ptn_tx_part(const struct ptn_scope *sc, ptn_tx_fn fn, void *arg)
{
	return by(ptn_db_part, sc, fn, arg);
}

enum ptn_err
ptn_tx_here(const struct ptn_scope *sc, ptn_tx_fn fn, void *arg)
{
	return fn(sc, arg);
}

enum ptn_err
ptn_tx_single(const struct ptn_scope *sc, ptn_tx_fn fn, void *arg)
{
	return sc->cf->audit_rows || sc->cf->hooks_on ? ptn_tx(sc, fn, arg)
						      : fn(sc, arg);
}
