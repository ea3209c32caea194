#include "lib/account/limits.h"

#include "lib/account/ratelimit.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

struct taking {
	const enum ptn_limit *list;
	const struct ptn_limit_on *on;
};

static enum ptn_err
take_all(const struct ptn_scope *sc, void *arg)
{
	const struct taking *t = arg;
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; t->list[i] != PTN_LIMIT_NONE && r == PTN_OK; i++)
		r = ptn_limit_take(sc, t->list[i], t->on);
	return r;
}

static enum ptn_err
take_by(ptn_tx_runner how, const struct ptn_scope *sc,
    const enum ptn_limit *list, const struct ptn_limit_on *on)
{
	struct taking t = { list, on };

	if (!sc->cf->rate_enabled || list[0] == PTN_LIMIT_NONE)
		return PTN_OK;
	return how(sc, take_all, &t);
}

enum ptn_err
ptn_limits_take(const struct ptn_scope *sc, const enum ptn_limit *list,
    const struct ptn_limit_on *on)
{
	return take_by(ptn_tx, sc, list, on);
}

enum ptn_err
ptn_limits_take_in(const struct ptn_scope *sc, const enum ptn_limit *list,
    const struct ptn_limit_on *on)
{
	return take_by(ptn_tx_part, sc, list, on);
}

struct clearing {
	const struct ptn_limit_key *key;
	size_t n;
	const struct ptn_uuid *user;
	uint64_t cleared;
};

static enum ptn_err
clear_all(const struct ptn_scope *sc, void *arg)
{
	struct clearing *c = arg;
	struct ptn_scope at;
	enum ptn_err r = PTN_OK;
	uint64_t n;
	size_t i;

	c->cleared = 0;
	for (i = 0; i < c->n && r == PTN_OK; i++) {
		at = ptn_scope_at(sc, &c->key[i].tenant_id);
		r = ptn_ratelimits_clear(&at, c->key[i].whom, &n);
		c->cleared += r == PTN_OK ? n : 0;
	}
	return r == PTN_OK && c->cleared > 0
	    ? ptn_event_about(sc, PTN_EVENT_LIMITS_CLEARED, c->user)
	    : r;
}

enum ptn_err
ptn_limits_clear(const struct ptn_scope *sc, const struct ptn_limit_key *key,
    size_t n, const struct ptn_uuid *user, uint64_t *cleared)
{
	struct clearing c = { key, n, user, 0 };
	enum ptn_err r;

	r = ptn_tx(sc, clear_all, &c);
	*cleared = c.cleared;
	return r;
}
