#include "lib/account/limit.h"

#include <assert.h>
#include <string.h>

#include "lib/account/ratelimit.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

/* Buckets of a wider network, as rows and the log name them. */
#define WIDE  "wide"  /* of strangers */
#define KNOWN "known" /* of all browsers there that are known */

enum by { BY_UNSET = 0, BY_ACCOUNT, BY_PAIR, BY_NETWORK };
enum how { HOW_UNSET = 0, HOW_WINDOW, HOW_FALLS };
enum right { RIGHT_UNSET = 0, RIGHT_COUNTS, RIGHT_FREE };
enum askers { ASKERS_UNSET = 0, ASKERS_ALIKE, ASKERS_APART };

static const struct row {
	const char *word;
	enum by by;
	enum how how;
	enum right right;
	enum askers askers;
	size_t tokens; /* where they stand in struct ptn_conf */
	size_t interval;
} rows[PTN_LIMIT__MAX] = {
	[PTN_LIMIT_NONE] = { "none", BY_UNSET, HOW_UNSET, RIGHT_UNSET,
	    ASKERS_UNSET, 0, 0 },
#define PTN_LIMIT(name, word, by, how, right, askers, figures)                 \
	[PTN_LIMIT_##name] = { word, BY_##by, HOW_##how, RIGHT_##right,        \
		ASKERS_##askers, offsetof(struct ptn_conf, rate_##figures),    \
		offsetof(struct ptn_conf, rate_##figures##_s) },
#include "lib/account/limit.def"
#undef PTN_LIMIT
};

static int64_t
figure(const struct ptn_conf *cf, size_t offset)
{
	int64_t n;

	memcpy(&n, (const char *)cf + offset, sizeof(n));
	return n;
}

static struct ptn_ratelimit
figures_of(const struct ptn_conf *cf, enum ptn_limit limit)
{
	const struct row *row = &rows[limit];

	return (struct ptn_ratelimit){ .limit = figure(cf, row->tokens),
		.interval_s = figure(cf, row->interval),
		.falls = row->how == HOW_FALLS };
}

bool
ptn_limit_apart(enum ptn_limit limit)
{
	return rows[limit].askers == ASKERS_APART;
}

/* One of the buckets of a limit. */
struct bucket {
	struct ptn_ratelimit rate;
	const char *text; /* NULL: the arena is full */
};

static struct bucket
bucket_of(const struct ptn_scope *sc, enum ptn_limit limit, const char *kind,
    const char *whom, const char *rest)
{
	struct bucket b = { .rate = figures_of(sc->cf, limit) };

	b.rate.what = ptn_arena_printf(sc->arena, "%s%s%s", rows[limit].word,
	    kind[0] != '\0' ? " " : "", kind);
	b.rate.whom = whom;
	b.text = b.rate.what == NULL
	    ? NULL
	    : ptn_arena_printf(sc->arena, "%s/%s/%s", b.rate.what, whom, rest);
	return b;
}

/* What is counted goes with the answer: the last one, or what refused. */
static enum ptn_err
take(const struct ptn_scope *sc, enum ptn_limit limit, struct bucket *b)
{
	const struct ptn_ratelimit *rate = &b->rate;
	enum ptn_err r;

	if ((r = ptn_ratelimit_take(sc, b->text, &b->rate)) != PTN_OK)
		return r;
	/* How many others have tried from elsewhere is nobody's business. */
	if (sc->actor != NULL &&
	    (rate->verdict != PTN_ALLOW || rows[limit].by != BY_ACCOUNT))
		sc->actor->limit = (struct ptn_actor_limit){ rate->what,
			rate->limit, rate->remaining, rate->reset_s };
	return rate->verdict == PTN_ALLOW ? PTN_OK : PTN_E_RATE;
}

static const char *
network_of(const struct ptn_scope *sc)
{
	return sc->actor != NULL && sc->actor->network != NULL
	    ? sc->actor->network
	    : "";
}

/* The wider network's, of strangers or of all browsers that are known. */
static enum ptn_err
take_wide(const struct ptn_scope *sc, enum ptn_limit limit, const char *whose)
{
	const char *wide = sc->actor != NULL ? sc->actor->network_wide : NULL;
	struct bucket b;

	if (wide == NULL)
		return PTN_OK;
	b = bucket_of(sc, limit, whose, wide, "");
	b.rate.limit *= PTN_LIMIT_WIDE;
	return take(sc, limit, &b);
}

static enum ptn_err
take_network(const struct ptn_scope *sc, enum ptn_limit limit)
{
	struct bucket b;
	enum ptn_err r;

	if ((r = take_wide(sc, limit, WIDE)) != PTN_OK)
		return r;
	b = bucket_of(sc, limit, "", network_of(sc), "");
	return take(sc, limit, &b);
}

/* A bucket that is not a network's. */
static struct bucket
bucket_on(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	const struct ptn_asker *asker = &on->asker;
	const char *account = on->account != NULL ? on->account : "";

	if (rows[limit].by == BY_NETWORK)
		return bucket_of(sc, limit, "browser", asker->user, "");
	if (rows[limit].by == BY_PAIR && asker->kind != PTN_ASKER_BROWSER)
		return bucket_of(sc, limit, "", account, network_of(sc));
	if (rows[limit].by == BY_ACCOUNT && rows[limit].askers == ASKERS_ALIKE)
		return bucket_of(sc, limit, "", account, "");
	return bucket_of(sc, limit, ptn_asker_word(asker->kind), account,
	    asker->key);
}

enum ptn_err
ptn_limit_take(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	struct bucket b;
	enum ptn_err r;

	assert(rows[limit].by != BY_UNSET);
	if (!sc->cf->rate_enabled)
		return PTN_OK;
	if (rows[limit].by == BY_NETWORK && on->asker.kind != PTN_ASKER_BROWSER)
		return take_network(sc, limit);
	/* Anybody can make accounts, and be known by many of their own. */
	if (rows[limit].by == BY_NETWORK &&
	    (r = take_wide(sc, limit, KNOWN)) != PTN_OK)
		return r;
	b = bucket_on(sc, limit, on);
	return take(sc, limit, &b);
}

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

enum ptn_err
ptn_limits_take(const struct ptn_scope *sc, const enum ptn_limit *list,
    const struct ptn_limit_on *on)
{
	struct taking t = { list, on };

	if (!sc->cf->rate_enabled || list[0] == PTN_LIMIT_NONE)
		return PTN_OK;
	return ptn_tx(sc, take_all, &t);
}

enum ptn_err
ptn_limit_give_back(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	struct bucket b;

	assert(rows[limit].right == RIGHT_FREE);
	if (!sc->cf->rate_enabled)
		return PTN_OK;
	b = bucket_on(sc, limit, on);
	return ptn_ratelimit_give_back(sc, b.text, &b.rate);
}

void
ptn_limit_log(const struct ptn_scope *sc, const char *consequence)
{
	if (sc->actor != NULL && sc->actor->limit.what != NULL)
		ptn_info("limit %s is reached: %s", sc->actor->limit.what,
		    consequence);
}

enum ptn_err
ptn_limit_take_unseen(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on, const char *consequence)
{
	struct ptn_actor actor = { .n = 0 };
	struct ptn_scope at = *sc;
	enum ptn_err r;

	if (sc->actor != NULL)
		actor = *sc->actor;
	at.actor = &actor;
	r = ptn_limit_take(&at, limit, on);
	if (r == PTN_E_RATE)
		ptn_limit_log(&at, consequence);
	return r;
}

struct clearing {
	const char *const *whom;
	size_t n;
	const struct ptn_uuid *user;
	uint64_t cleared;
};

static enum ptn_err
clear_all(const struct ptn_scope *sc, void *arg)
{
	struct clearing *c = arg;
	enum ptn_err r = PTN_OK;
	uint64_t n;
	size_t i;

	c->cleared = 0;
	for (i = 0; i < c->n && r == PTN_OK; i++) {
		r = ptn_ratelimits_clear(sc, c->whom[i], &n);
		c->cleared += r == PTN_OK ? n : 0;
	}
	return r == PTN_OK && c->cleared > 0
	    ? ptn_event_about(sc, PTN_EVENT_LIMITS_CLEARED, c->user)
	    : r;
}

enum ptn_err
ptn_limits_clear(const struct ptn_scope *sc, const char *const *whom, size_t n,
    const struct ptn_uuid *user, uint64_t *cleared)
{
	struct clearing c = { whom, n, user, 0 };
	enum ptn_err r;

	r = ptn_tx(sc, clear_all, &c);
	*cleared = c.cleared;
	return r;
}

bool
ptn_limit_named(const struct ptn_conf *cf, const char *what,
    struct ptn_ratelimit *out)
{
	const size_t len = strcspn(what, " ");
	int i;

	for (i = PTN_LIMIT_NONE + 1; i < PTN_LIMIT__MAX; i++) {
		if (strlen(rows[i].word) != len ||
		    strncmp(rows[i].word, what, len) != 0)
			continue;
		*out = figures_of(cf, (enum ptn_limit)i);
		if (strcmp(what + len, " " WIDE) == 0 ||
		    strcmp(what + len, " " KNOWN) == 0)
			out->limit *= PTN_LIMIT_WIDE;
		return true;
	}
	return false;
}
