#include "lib/account/limit.h"

#include <assert.h>
#include <string.h>

#include "lib/account/ratelimit.h"
#include "lib/base/arena.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/event/actor.h"
#include "lib/event/outbox.h"

/* Buckets of a wider network, as rows and the log name them. */
#define WIDE "wide"   /* of strangers */
#define KNOWN "known" /* of all browsers there that are known */
/* And of all browsers of an account, or networks. */
#define BROWSERS "browsers"
#define NETWORKS "networks"
enum by { BY_UNSET = 0, BY_ACCOUNT, BY_PAIR, BY_SOURCE, BY_NETWORK };
enum whose {
	WHOSE_UNSET = 0,
	WHOSE_USER,
	WHOSE_CODE,
	WHOSE_MAILBOX,
	WHOSE_NOTICE,
	WHOSE_NAME,
	WHOSE_NOBODY
};
enum how { HOW_UNSET = 0, HOW_WINDOW, HOW_FALLS };
enum right { RIGHT_UNSET = 0, RIGHT_COUNTS, RIGHT_FREE };
enum askers {
	ASKERS_UNSET = 0,
	ASKERS_ALIKE,
	ASKERS_APART,
	ASKERS_TOGETHER,
	ASKERS_EVENLY
};

static const struct row {
	const char *word;
	enum by by;
	enum whose whose;
	enum how how;
	enum right right;
	enum askers askers;
	size_t tokens; /* where they stand in struct ptn_conf */
	size_t interval;
} rows[PTN_LIMIT__MAX] = {
	[PTN_LIMIT_NONE] = { "none", BY_UNSET, WHOSE_UNSET, HOW_UNSET,
	    RIGHT_UNSET, ASKERS_UNSET, 0, 0 },
#define PTN_LIMIT(name, word, by, whose, how, right, askers, figures)          \
	[PTN_LIMIT_##name] = { word, BY_##by, WHOSE_##whose, HOW_##how,        \
		RIGHT_##right, ASKERS_##askers,                                \
		offsetof(struct ptn_conf, rate_##figures),                     \
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
	return rows[limit].askers != ASKERS_ALIKE;
}

bool
ptn_limit_of_user(enum ptn_limit limit)
{
	return rows[limit].whose == WHOSE_USER;
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

static void
tell(const struct ptn_scope *sc, const struct ptn_ratelimit *rate)
{
	if (sc->actor != NULL)
		sc->actor->limit = (struct ptn_actor_limit){ rate->what,
			rate->limit, rate->remaining, rate->reset_s };
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
	if (rate->verdict != PTN_ALLOW || rows[limit].by != BY_ACCOUNT)
		tell(sc, rate);
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

/* What a limit is named by; of a network's, whose browser it is. */
static const char *
named_by(enum whose whose, const struct ptn_limit_on *on)
{
	switch (whose) {
	case WHOSE_USER:
	case WHOSE_CODE:
		return on->account;
	case WHOSE_MAILBOX:
	case WHOSE_NOTICE:
		return on->mailbox;
	case WHOSE_NAME:
		return on->name;
	case WHOSE_NOBODY:
		return on->asker.user;
	case WHOSE_UNSET:
		break;
	}
	return NULL;
}

/* Of which kind it is, where each has a bucket of its own; NULL: no matter. */
static const char *
kind_by(enum whose whose, const struct ptn_limit_on *on)
{
	if (whose == WHOSE_CODE)
		return on->code;
	return whose == WHOSE_NOTICE ? on->notice : NULL;
}

/* Of everybody who asks, or of those of one kind, or one of them. */
static struct bucket
bucket_by(const struct ptn_scope *sc, enum ptn_limit limit, const char *kind,
    const struct ptn_limit_on *on, const char *who)
{
	const enum whose whose = rows[limit].whose;
	const char *whom = named_by(whose, on);
	const char *which = kind_by(whose, on);
	const char *rest = which != NULL
	    ? ptn_arena_printf(sc->arena, "%s/%s", which, who)
	    : who;

	assert(whom != NULL);
	if (rest != NULL)
		return bucket_of(sc, limit, kind, whom, rest);
	return (struct bucket){ .text = NULL };
}

/* As a text; NULL: the arena is full. */
static const char *
source_of(const struct ptn_scope *sc, const struct ptn_limit_on *on)
{
	uint8_t own[PTN_OUTBOX_SOURCE_LEN];
	struct ptn_bytes source = on->source;
	char *hex;

	if (source.p == NULL) {
		if (ptn_outbox_source(sc, own) != PTN_OK)
			return NULL;
		source = PTN_BYTES(own, sizeof(own));
	}
	hex = ptn_arena_alloc(sc->arena, 2 * source.len + 1);
	if (hex != NULL)
		ptn_hex_encode(source, hex);
	return hex;
}

/* A bucket that is not a network's. */
static struct bucket
bucket_on(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	const struct ptn_asker *asker = &on->asker;

	if (rows[limit].by == BY_PAIR && asker->kind != PTN_ASKER_BROWSER)
		return bucket_by(sc, limit, "", on, network_of(sc));
	if (rows[limit].by == BY_SOURCE)
		return bucket_by(sc, limit, "", on, source_of(sc, on));
	if (rows[limit].by == BY_ACCOUNT && rows[limit].askers == ASKERS_ALIKE)
		return bucket_by(sc, limit, "", on, "");
	return bucket_by(sc, limit, ptn_asker_word(asker->kind), on,
	    asker->key);
}

/* What all known browsers share, or all known networks; NULL: nothing. */
static const char *
together(enum ptn_limit limit, const struct ptn_asker *asker)
{
	if (rows[limit].askers != ASKERS_TOGETHER &&
	    rows[limit].askers != ASKERS_EVENLY)
		return NULL;
	if (asker->kind == PTN_ASKER_BROWSER)
		return BROWSERS;
	return asker->kind == PTN_ASKER_NETWORK ? NETWORKS : NULL;
}

static struct bucket
bucket_together(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	struct bucket b;

	b = bucket_by(sc, limit, together(limit, &on->asker), on, "");
	b.rate.limit *= PTN_LIMIT_TOGETHER;
	return b;
}

/* In the place of what a known asker shares: nothing comes of it. */
static enum ptn_err
take_nothing(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	struct ptn_ratelimit rate = figures_of(sc->cf, limit);

	return ptn_ratelimit_take(sc,
	    ptn_arena_printf(sc->arena, "nobody/%s/%s", rows[limit].word,
		named_by(rows[limit].whose, on)),
	    &rate);
}

/* Is there one more to be taken, for that of nobody? */
static bool
falls_short(enum ptn_limit limit, const struct ptn_asker *asker, enum ptn_err r)
{
	if (r == PTN_E_RATE && together(limit, asker) != NULL)
		return true;
	return rows[limit].askers == ASKERS_EVENLY &&
	    (r == PTN_OK || r == PTN_E_RATE);
}

/*
 * Its own bucket comes first: it is not to use up what is not only its own.
 * Whoever is known takes two, refused or not, and where askers cost the same so
 * do strangers: nobody's never refuses.
 */
static enum ptn_err
take_on(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	struct bucket b = bucket_on(sc, limit, on);
	const enum ptn_err r = take(sc, limit, &b);
	enum ptn_err also;

	if (r == PTN_OK && together(limit, &on->asker) != NULL) {
		b = bucket_together(sc, limit, on);
		return take(sc, limit, &b);
	}
	if (!falls_short(limit, &on->asker, r))
		return r;
	also = take_nothing(sc, limit, on);
	return also == PTN_OK ? r : also;
}

/*
 * Where networks count, the browsers of a user have some buckets between them,
 * and chance says which: anybody can make many of their own known.  Those that
 * send a session share another.
 */
static const char *
share_of(const struct ptn_scope *sc, const struct ptn_asker *asker)
{
	const char *key = asker->key;
	const size_t len = strlen(key);

	if (len == 0 || strcmp(key, PTN_ASKER_SESSION) == 0)
		return key;
	return ptn_arena_printf(sc->arena, "%d",
	    key[len - 1] % PTN_LIMIT_TOGETHER);
}

/* The wider network's comes last: what is refused is not to use it up. */
static enum ptn_err
take_known(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	const char *share = share_of(sc, &on->asker);
	struct bucket own;
	enum ptn_err r;

	if (share == NULL)
		return PTN_E_NOMEM;
	own = bucket_by(sc, limit, ptn_asker_word(on->asker.kind), on, share);
	if ((r = take(sc, limit, &own)) == PTN_OK &&
	    (r = take_wide(sc, limit, KNOWN)) == PTN_OK)
		tell(sc, &own.rate);
	return r;
}

/*
 * A known browser is never worse off than a stranger there.  Of two that
 * refuse, the one is told that lets something through first.
 */
static enum ptn_err
take_by_network(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	struct ptn_actor_limit first = { .what = NULL };
	enum ptn_err r;

	if (on->asker.kind == PTN_ASKER_BROWSER) {
		if ((r = take_known(sc, limit, on)) != PTN_E_RATE)
			return r;
		if (sc->actor != NULL)
			first = sc->actor->limit;
	}
	r = take_network(sc, limit);
	if (r == PTN_E_RATE && first.what != NULL &&
	    first.reset_s < sc->actor->limit.reset_s)
		sc->actor->limit = first;
	return r;
}

enum ptn_err
ptn_limit_take(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	assert(rows[limit].by != BY_UNSET);
	assert(!on->asker.believed || !ptn_limit_apart(limit));
	if (!sc->cf->rate_enabled)
		return PTN_OK;
	return rows[limit].by == BY_NETWORK ? take_by_network(sc, limit, on)
					    : take_on(sc, limit, on);
}

enum ptn_err
ptn_limit_give_back(const struct ptn_scope *sc, enum ptn_limit limit,
    const struct ptn_limit_on *on)
{
	struct bucket b;
	enum ptn_err r;

	assert(rows[limit].right == RIGHT_FREE);
	if (!sc->cf->rate_enabled)
		return PTN_OK;
	b = bucket_on(sc, limit, on);
	if ((r = ptn_ratelimit_give_back(sc, b.text, &b.rate)) != PTN_OK ||
	    together(limit, &on->asker) == NULL)
		return r;
	b = bucket_together(sc, limit, on);
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
	if (r == PTN_E_RATE && consequence != NULL)
		ptn_limit_log(&at, consequence);
	return r;
}

enum ptn_err
ptn_limit_take_mail(const struct ptn_scope *sc, const struct ptn_limit_on *on,
    const char *consequence)
{
	enum ptn_err r = PTN_OK;

	if (on->asker.kind == PTN_ASKER_STRANGER)
		r = ptn_limit_take_unseen(sc, PTN_LIMIT_MAIL_FROM, on,
		    consequence);
	if (r == PTN_OK)
		return ptn_limit_take_unseen(sc, PTN_LIMIT_MAIL, on,
		    consequence);
	if (r != PTN_E_RATE)
		return r;
	/* In the place of the other, which is not to be used up. */
	r = ptn_limit_take_unseen(sc, PTN_LIMIT_MAIL_FROM, on, NULL);
	return r == PTN_OK ? PTN_E_RATE : r;
}

enum ptn_err
ptn_limit_take_notice(const struct ptn_scope *sc, const struct ptn_limit_on *on,
    bool *last)
{
	struct bucket b;
	enum ptn_err r;

	*last = false;
	if (!sc->cf->rate_enabled)
		return PTN_OK;
	b = bucket_on(sc, PTN_LIMIT_NOTICE, on);
	if ((r = take(sc, PTN_LIMIT_NOTICE, &b)) == PTN_E_RATE)
		ptn_info("limit %s is reached: a notice is not mailed: %s",
		    b.rate.what, on->notice);
	*last = r == PTN_OK && b.rate.remaining == 0;
	return r;
}

static size_t
add_key(struct ptn_limit_key *key, size_t n, const struct ptn_uuid *tenant,
    const char *whom)
{
	size_t i;

	if (whom == NULL)
		return n;
	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&key[i].tenant_id, tenant) &&
		    strcmp(key[i].whom, whom) == 0)
			return n;
	assert(n < PTN_LIMIT_KEYS);
	key[n] = (struct ptn_limit_key){ *tenant, whom };
	return n + 1;
}

/*
 * A known browser counts for its user wherever it asks, also where networks
 * do, and where no tenant is known.  An id has one user, but an address may
 * have one in each tenant.
 */
size_t
ptn_limit_keys(const struct ptn_limit_on *on, const struct ptn_uuid *tenant,
    const struct ptn_uuid *first, struct ptn_limit_key out[PTN_LIMIT_KEYS])
{
	enum whose whose;
	size_t n;
	int i;

	n = add_key(out, 0, tenant, on->account);
	n = add_key(out, n, first, on->account);
	for (i = PTN_LIMIT_NONE + 1; i < PTN_LIMIT__MAX; i++) {
		whose = rows[i].whose;
		if (whose != WHOSE_NOBODY)
			n = add_key(out, n,
			    whose == WHOSE_NAME ? first : tenant,
			    named_by(whose, on));
	}
	return n;
}

/* How much more than one asker those of a kind have. */
static int64_t
times(const char *kind)
{
	if (strcmp(kind, WIDE) == 0 || strcmp(kind, KNOWN) == 0)
		return PTN_LIMIT_WIDE;
	return strcmp(kind, BROWSERS) == 0 || strcmp(kind, NETWORKS) == 0
	    ? PTN_LIMIT_TOGETHER
	    : 1;
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
		out->limit *= times(what + len + strspn(what + len, " "));
		return true;
	}
	return false;
}
