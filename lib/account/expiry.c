#include "lib/account/expiry.h"

#include <stddef.h>
#include <stdint.h>

#include "lib/account/asker.h"
#include "lib/account/hooks.h"
#include "lib/account/keysets.h"
#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"
#include "lib/db/health.h"
#include "lib/db/sql.h"

#define BATCH 500
#define BATCHES_MAX 20	     /* of one table, in one round */
#define LOOK_BACK_H (3 * 24) /* to find those abandoned lately */
#define EVER_H (100 * 365 * 24)
#define TOKENS_KEPT_S (30 * 24 * 3600) /* after their end */
#define LOOKED 2000	    /* users who are looked at by one statement */
#define LOOKED_TIMES_MAX 10 /* in one round */

/* What a round works with. */
struct round {
	const struct ptn_scope *sc;
	struct ptn_expiry *e;
};

/* Delete one batch; how many went. */
typedef enum ptn_err (*batch_fn)(const struct round *o, uint64_t *gone);

/* A batch that is one DELETE, of what has come of age. */
#define BATCH_OF(table)                                                        \
	static enum ptn_err batch_##table(const struct round *o,               \
	    uint64_t *gone)                                                    \
	{                                                                      \
		const struct ptn_expire_##table##_in in = { .max = BATCH };    \
                                                                               \
		return ptn_sql_expire_##table(o->sc->db, &in, gone);           \
	}

BATCH_OF(outbox)
BATCH_OF(passcodes)
BATCH_OF(rate_limits)
BATCH_OF(sessions)
BATCH_OF(operator_sessions)
BATCH_OF(challenges)
BATCH_OF(ceremonies)
BATCH_OF(credcodes)
BATCH_OF(flows)
BATCH_OF(trust)

/* The same of what is so many seconds old. */
#define BATCH_AFTER(table, seconds)                                            \
	static enum ptn_err batch_##table(const struct round *o,               \
	    uint64_t *gone)                                                    \
	{                                                                      \
		const struct ptn_expire_##table##_in in = { (seconds),         \
			BATCH };                                               \
                                                                               \
		return ptn_sql_expire_##table(o->sc->db, &in, gone);           \
	}

BATCH_AFTER(known_networks, PTN_ASKER_NETWORK_S)
BATCH_AFTER(refusals, PTN_HEALTH_NEWS_S)
BATCH_AFTER(audit_logs, o->sc->cf->audit_retention_s)
BATCH_AFTER(evidence, o->sc->cf->audit_retention_s)

static enum ptn_err
batch_keys(const struct round *o, uint64_t *gone)
{
	return ptn_keysets_expire(o->sc, gone);
}

/* Rows found without locks, each an id, to be deleted by key. */
struct found {
	const struct ptn_uuid *id;
	size_t n;
	enum ptn_err (*drop)(struct ptn_db *db, const struct ptn_uuid *id,
	    uint64_t *gone);
	uint64_t gone;
};

static enum ptn_err
drop_email(struct ptn_db *db, const struct ptn_uuid *id, uint64_t *gone)
{
	const struct ptn_expire_email_in in = { *id };

	return ptn_sql_expire_email(db, &in, gone);
}

static enum ptn_err
drop_user(struct ptn_db *db, const struct ptn_uuid *id, uint64_t *gone)
{
	const struct ptn_expire_user_in in = { *id };

	return ptn_sql_expire_user(db, &in, gone);
}

static enum ptn_err
drop_token(struct ptn_db *db, const struct ptn_uuid *id, uint64_t *gone)
{
	const struct ptn_expire_token_in in = { *id };
	enum ptn_err r = ptn_sql_expire_token(db, &in, gone);

	*gone = *gone > 0; /* its key was counted, too */
	return r;
}

static enum ptn_err
drop_each(struct ptn_db *db, void *arg)
{
	struct found *f = arg;
	enum ptn_err r = PTN_OK;
	uint64_t gone = 0;
	size_t i;

	f->gone = 0;
	for (i = 0; r == PTN_OK && i < f->n; i++) {
		r = f->drop(db, &f->id[i], &gone);
		f->gone += r == PTN_OK ? gone : 0;
	}
	return r;
}

static enum ptn_err
drop(const struct round *o, struct found *f, uint64_t *gone)
{
	enum ptn_err r;

	if (f->n == 0)
		return PTN_OK;
	r = ptn_db_tx(o->sc->db, drop_each, f);
	*gone = f->gone;
	return r;
}

static enum ptn_err
batch_emails(const struct round *o, uint64_t *gone)
{
	const struct ptn_abandoned_emails_in in = { .max = BATCH };
	struct ptn_abandoned_emails_out *row;
	struct found f = { .drop = drop_email };
	enum ptn_err r;
	_Static_assert(sizeof(*row) == sizeof(*f.id), "a row is an id");

	r = ptn_sql_abandoned_emails(o->sc->db, o->sc->arena, &in, &row, &f.n);
	if (r != PTN_OK)
		return r;
	f.id = (const struct ptn_uuid *)row;
	return drop(o, &f, gone);
}

static enum ptn_err
drop_users(const struct round *o, const struct ptn_abandoned_users_in *in,
    uint64_t *gone)
{
	struct ptn_abandoned_users_out *row;
	struct found f = { .drop = drop_user };
	enum ptn_err r;
	_Static_assert(sizeof(*row) == sizeof(*f.id), "a row is an id");

	*gone = 0;
	r = ptn_sql_abandoned_users(o->sc->db, o->sc->arena, in, &row, &f.n);
	if (r != PTN_OK)
		return r;
	f.id = (const struct ptn_uuid *)row;
	return drop(o, &f, gone);
}

/* The next so many users, from where the walk is; at the end it is over. */
static enum ptn_err
look_at_users(const struct round *o, uint64_t *total)
{
	struct ptn_expiry *e = o->e;
	const struct ptn_users_looked_end_in end = { e->at_us, e->since_h,
		e->id, LOOKED - 1 };
	struct ptn_abandoned_users_in in = { e->at_us, e->since_h, e->id, 0,
		BATCH };
	struct ptn_users_looked_end_out last = { .created_at = 0 };
	uint64_t gone;
	enum ptn_err r;

	r = ptn_sql_users_looked_end(o->sc->db, o->sc->arena, &end, &last);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	in.until_at = last.created_at;
	do {
		r = drop_users(o, &in, &gone);
		ptn_arena_reset(o->sc->arena);
		*total += gone;
	} while (r == PTN_OK && gone >= BATCH);
	if (r == PTN_OK) {
		e->at_us = last.created_at;
		e->id = last.id;
	}
	return r;
}

/* A part of the walk through the users: however many there are. */
static enum ptn_err
walk_users(const struct round *o)
{
	struct ptn_expiry *e = o->e;
	uint64_t total = 0;
	enum ptn_err r = PTN_OK;
	int i;

	if (e->at_us == 0) {
		e->since_h = e->thorough ? EVER_H : LOOK_BACK_H;
		e->thorough = false;
	}
	for (i = 0; r == PTN_OK && (i == 0 || e->at_us != 0) &&
	     (e->whole || i < LOOKED_TIMES_MAX);
	     i++)
		r = look_at_users(o, &total);
	if (total > 0)
		ptn_debug("expired: users, %llu", (unsigned long long)total);
	return r;
}

static enum ptn_err
batch_tokens(const struct round *o, uint64_t *gone)
{
	const struct ptn_ended_tokens_in in = { .kept_s = TOKENS_KEPT_S,
		.max = BATCH };
	struct ptn_ended_tokens_out *row;
	struct found f = { .drop = drop_token };
	enum ptn_err r;
	_Static_assert(sizeof(*row) == sizeof(*f.id), "a row is an id");

	r = ptn_sql_ended_tokens(o->sc->db, o->sc->arena, &in, &row, &f.n);
	if (r != PTN_OK)
		return r;
	f.id = (const struct ptn_uuid *)row;
	return drop(o, &f, gone);
}

static enum ptn_err
expire_one(const struct round *o, const char *what, batch_fn batch)
{
	uint64_t total = 0;
	uint64_t gone;
	enum ptn_err r;
	int i;

	for (i = 0; i < BATCHES_MAX; i++) {
		gone = 0;
		r = batch(o, &gone);
		ptn_arena_reset(o->sc->arena);
		if (r != PTN_OK)
			return r;
		total += gone;
		if (gone < BATCH)
			break;
	}
	if (i == BATCHES_MAX)
		o->e->more = true;
	if (total > 0)
		ptn_debug("expired: %s, %llu", what, (unsigned long long)total);
	return PTN_OK;
}

enum ptn_err
ptn_expiry_run(const struct ptn_scope *sc, struct ptn_expiry *e)
{
	static const struct {
		const char *what;
		batch_fn batch;
	} table[] = {
		{ "mail", batch_outbox },
		{ "sessions", batch_sessions },
		{ "sessions of operators", batch_operator_sessions },
		{ "webauthn_challenges", batch_challenges },
		{ "ceremonies", batch_ceremonies },
		{ "credential_codes", batch_credcodes },
		{ "flows", batch_flows },
		{ "trusted_devices", batch_trust },
		{ "passcodes", batch_passcodes },
		{ "rate limits", batch_rate_limits },
		{ "known networks", batch_known_networks },
		{ "refusals of mail", batch_refusals },
		{ "audit log", batch_audit_logs },
		{ "signatures of actions", batch_evidence },
		{ "access tokens", batch_tokens },
		{ "keys", batch_keys },
		{ "addresses", batch_emails },
	};
	const struct round o = { sc, e };
	enum ptn_err r = PTN_OK;
	size_t i;

	e->more = false;
	for (i = 0; r == PTN_OK && i < PTN_ARRAY_LEN(table); i++)
		r = expire_one(&o, table[i].what, table[i].batch);
	if (r == PTN_OK)
		r = walk_users(&o);
	return r == PTN_OK ? ptn_hooks_expire(sc) : r;
}
