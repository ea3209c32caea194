#include "lib/account/session.h"

#include <string.h>

#include "lib/account/asker.h"
#include "lib/account/username.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/tx.h"

#define TOUCH_MAX_S 60 /* last_used is at most this old */

/* The rows that tokens name; those of one token as cheaply as ever. */
static enum ptn_err
rows_of(const struct ptn_scope *sc, const struct ptn_token_good *t, size_t n,
    struct ptn_sessions_get_out **rows, size_t *found)
{
	const struct ptn_session_get_in one = { sc->tenant_id,
		t[0].claims.session_id };
	struct ptn_sessions_get_in in = { .tenant_id = sc->tenant_id };
	struct ptn_session_get_out row;
	struct ptn_uuid *const id[PTN_TOKENS_GOOD] = { &in.first, &in.second,
		&in.third, &in.fourth };
	enum ptn_err r;
	size_t i;

	for (i = 0; i < PTN_TOKENS_GOOD; i++)
		*id[i] = t[i < n ? i : 0].claims.session_id;
	if (n > 1)
		return ptn_sql_sessions_get(sc->db, sc->arena, &in, rows,
		    found);
	r = ptn_sql_session_get(sc->db, sc->arena, &one, &row);
	*found = r == PTN_OK;
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	if ((*rows = ptn_arena_alloc(sc->arena, sizeof(**rows))) == NULL)
		return PTN_E_NOMEM;
	**rows = (struct ptn_sessions_get_out){ one.id, row.user_id,
		row.last_used, row.now };
	return PTN_OK;
}

static const struct ptn_sessions_get_out *
row_of(const struct ptn_claims *c, const struct ptn_sessions_get_out *rows,
    size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&rows[i].id, &c->session_id) &&
		    ptn_uuid_equal(&rows[i].user_id, &c->sub))
			return &rows[i];
	return NULL;
}

static bool
same_session(const struct ptn_session *a, const struct ptn_session *b)
{
	return ptn_uuid_equal(&a->claims.session_id, &b->claims.session_id);
}

static bool
same_user(const struct ptn_session *a, const struct ptn_session *b)
{
	return ptn_uuid_equal(&a->claims.sub, &b->claims.sub);
}

/* Sort it in by what its row says. */
static void
judge(const struct ptn_scope *sc, const struct ptn_claims *c,
    const struct ptn_sessions_get_out *row, struct ptn_session_set *set)
{
	struct ptn_session s = { .claims = *c,
		.last_used_us = row->last_used,
		.now_us = row->now };
	size_t i;

	for (i = 0; i < set->alive_n; i++)
		if (same_session(&set->alive[i], &s))
			return;
	s.known = sc->cf->session_idle_s == 0 ||
	    row->now - row->last_used <= sc->cf->session_idle_s * PTN_US_PER_S;
	if (s.known)
		set->alive[set->alive_n++] = s;
	else
		set->idle[set->idle_n++] = s;
}

static void
log_two_users(const struct ptn_session *a, const struct ptn_session *b)
{
	char one[PTN_UUID_STR], two[PTN_UUID_STR];

	ptn_uuid_format(&a->claims.sub, one);
	ptn_uuid_format(&b->claims.sub, two);
	ptn_warn_seldom(
	    "cookies of two users in one request, %s and %s: none counts", one,
	    two);
}

/*
 * The one that is meant may be among those that were not judged, unless it is a
 * bearer token.
 */
static bool
all_judged(size_t unjudged, size_t n, size_t bearers, size_t alive_bearers)
{
	if (unjudged == n || (alive_bearers > 0 && unjudged >= bearers))
		return true;
	ptn_warn_seldom(
	    "more than %d cookies or tokens of one request could be "
	    "sessions: none counts",
	    PTN_TOKENS_GOOD);
	return false;
}

/* bearers: how many of the alive ones came as bearer tokens. */
static void
choose(struct ptn_session_set *set, size_t bearers)
{
	const struct ptn_session *best = &set->alive[0];
	size_t i;

	for (i = 1; i < set->alive_n && bearers == 0; i++) {
		if (!same_user(best, &set->alive[i])) {
			log_two_users(best, &set->alive[i]);
			return;
		}
		if (set->alive[i].claims.iat > best->claims.iat)
			best = &set->alive[i];
	}
	if (set->alive_n > 0)
		set->session = *best;
}

enum ptn_err
ptn_session_find(const struct ptn_scope *sc, const struct ptn_bytes *token,
    size_t n, size_t bearers, struct ptn_session_set *out)
{
	struct ptn_token_good good[PTN_TOKENS_GOOD];
	const struct ptn_sessions_get_out *row;
	struct ptn_sessions_get_out *rows = NULL;
	size_t i, good_n, unjudged, rows_n = 0, alive_bearers = 0;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_tokens_verify(sc, token, n, good, &good_n, &unjudged);
	if (r == PTN_OK && good_n > 0)
		r = rows_of(sc, good, good_n, &rows, &rows_n);
	if (r != PTN_OK)
		return r;
	for (i = 0; i < good_n; i++) {
		row = row_of(&good[i].claims, rows, rows_n);
		if (row != NULL)
			judge(sc, &good[i].claims, row, out);
		if (good[i].at < bearers)
			alive_bearers = out->alive_n;
	}
	if (all_judged(unjudged, n, bearers, alive_bearers))
		choose(out, alive_bearers);
	return PTN_OK;
}

enum ptn_err
ptn_session_check(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_session *s)
{
	struct ptn_session_set set;
	enum ptn_err r;

	r = ptn_session_find(sc, &token, 1, 1, &set);
	*s = set.session;
	return r;
}

enum ptn_err
ptn_session_touch(const struct ptn_scope *sc, const struct ptn_session *s)
{
	const struct ptn_session_touch_in in = { sc->tenant_id,
		s->claims.session_id };
	const int64_t quarter_s = sc->cf->session_idle_s / 4;
	int64_t every_s = TOUCH_MAX_S;
	uint64_t n;

	if (sc->cf->session_idle_s > 0 && quarter_s < every_s)
		every_s = quarter_s;
	if (s->now_us - s->last_used_us < every_s * PTN_US_PER_S)
		return PTN_OK;
	return ptn_sql_session_touch(sc->db, &in, &n);
}

enum ptn_err
ptn_session_lock(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *session)
{
	const struct ptn_user_lock_session_in in = { sc->tenant_id, *user,
		*session };
	struct ptn_user_lock_session_out row;

	return ptn_sql_user_lock_session(sc->db, sc->arena, &in, &row);
}

/* What may be kept of the client, or NULL. */
static const char *
ip_of(const struct ptn_scope *sc)
{
	return sc->cf->acquire_ip && sc->actor != NULL ? sc->actor->ip : NULL;
}

static const char *
agent_of(const struct ptn_scope *sc)
{
	return sc->cf->acquire_agent && sc->actor != NULL
	    ? ptn_utf8_fit(sc->arena, sc->actor->user_agent, PTN_AGENT_MAX)
	    : NULL;
}

/* Those that are about to be evicted, of an API. */
static enum ptn_err
tell_evicted(const struct ptn_scope *sc, const struct ptn_session_evict_in *e)
{
	const struct ptn_sessions_evicted_in in = { e->tenant_id, e->user_id,
		e->api, e->keep };
	struct ptn_sessions_evicted_out *row;
	enum ptn_err r;
	size_t i, n;

	if (!sc->cf->hooks_on)
		return PTN_OK;
	r = ptn_sql_sessions_evicted(sc->db, sc->arena, &in, &row, &n);
	for (i = 0; r == PTN_OK && i < n; i++)
		r = ptn_event_session(sc, PTN_EVENT_SESSION_EVICTED,
		    &e->user_id, &row[i].id);
	return r;
}

/* What it is where an operator does it. */
static enum ptn_event
by_whom(const struct ptn_scope *sc, enum ptn_event how)
{
	if (sc->actor == NULL || sc->actor->operator_name == NULL)
		return how;
	if (how == PTN_EVENT_SESSION_BEGAN)
		return PTN_EVENT_SESSION_MADE;
	return how == PTN_EVENT_SESSION_REVOKED || how == PTN_EVENT_SESSION_LEFT
	    ? PTN_EVENT_SESSION_TAKEN
	    : how;
}

/* Is there room, without asking for them? */
static bool
has_room(const struct ptn_session_new *new, int64_t limit)
{
	return limit == 0 ||
	    (new->user != NULL && new->user->counted &&
		new->user->sessions < limit);
}

/* Make room for one more, if their number is limited. */
static enum ptn_err
evict(const struct ptn_scope *sc, const struct ptn_session_new *new)
{
	const int64_t limit = new->api == PTN_API_DFNS
	    ? sc->cf->dfns_session_limit
	    : sc->cf->session_limit;
	const struct ptn_session_evict_in in = { sc->tenant_id, new->user_id,
		ptn_api_name(new->api), limit - 1 };
	enum ptn_err r;
	uint64_t n;

	if (has_room(new, limit))
		return PTN_OK;
	r = tell_evicted(sc, &in);
	return r == PTN_OK ? ptn_sql_session_evict(sc->db, &in, &n) : r;
}

/* Tokens of the Hanko API say the username. */
static enum ptn_err
name_user(const struct ptn_scope *sc, const struct ptn_session_new *new,
    struct ptn_claims *claims)
{
	struct ptn_username name;
	enum ptn_err r;

	if (new->api != PTN_API_HANKO)
		return PTN_OK;
	if ((r = ptn_username_of(sc, &new->user_id, &name)) == PTN_OK)
		claims->username = name.name;
	return r;
}

enum ptn_err
ptn_session_open(const struct ptn_scope *sc, const struct ptn_session_new *new,
    struct ptn_claims *claims)
{
	const int64_t lifespan_s = new->api == PTN_API_DFNS
	    ? sc->cf->dfns_session_s
	    : sc->cf->session_lifespan_s;
	struct ptn_session_put_in put;
	enum ptn_err r;

	memset(claims, 0, sizeof(*claims));
	claims->sub = new->user_id;
	claims->session_id = ptn_uuid_new();
	if (sc->tenant_named)
		claims->tenant_id = sc->tenant_id;
	claims->iat = ptn_db_clock_us(sc->db) / PTN_US_PER_S;
	claims->exp = claims->iat + lifespan_s;
	claims->email = new->email;
	if ((r = name_user(sc, new, claims)) != PTN_OK ||
	    (r = evict(sc, new)) != PTN_OK)
		return r;
	put = (struct ptn_session_put_in){ claims->session_id, sc->tenant_id,
		new->user_id, ptn_api_name(new->api), agent_of(sc), ip_of(sc),
		lifespan_s };
	r = ptn_sql_session_put(sc->db, &put);
	return r == PTN_OK
	    ? ptn_event_session(sc, by_whom(sc, PTN_EVENT_SESSION_BEGAN),
		  &new->user_id, &claims->session_id)
	    : r;
}

enum ptn_err
ptn_sessions_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_session_row **out, size_t *n)
{
	const struct ptn_sessions_of_in in = { sc->tenant_id, *user };
	struct ptn_sessions_of_out *rows;
	struct ptn_session_row *s;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_sessions_of(sc->db, sc->arena, &in, &rows, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((s = ptn_arena_calloc(sc->arena, *n, sizeof(*s))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++) {
		s[i].id = rows[i].id;
		s[i].user_agent = rows[i].user_agent;
		s[i].ip_address = rows[i].ip_address;
		s[i].created_at_us = rows[i].created_at;
		s[i].last_used_us = rows[i].last_used;
		s[i].expires_at_us = rows[i].expires_at;
	}
	*out = s;
	return PTN_OK;
}

enum ptn_err
ptn_session_end(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, enum ptn_event how)
{
	const struct ptn_session_delete_in in = { sc->tenant_id, *user, *id };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_event_session(sc, by_whom(sc, how), user, id)) != PTN_OK ||
	    (r = ptn_sql_session_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

/* Those where operators are (operator_session.h); n: how many there were. */
static enum ptn_err
end_operators(const struct ptn_scope *sc, const struct ptn_uuid *user,
    uint64_t *n)
{
	const struct ptn_operator_sessions_delete_in in = { sc->tenant_id,
		*user };

	return ptn_sql_operator_sessions_delete(sc->db, &in, n);
}

enum ptn_err
ptn_session_end_all(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_event how)
{
	const struct ptn_session_delete_all_in in = { sc->tenant_id, *user };
	uint64_t n, operators;
	enum ptn_err r;

	if ((r = ptn_asker_forget(sc, user)) != PTN_OK ||
	    (r = ptn_event_sessions(sc, by_whom(sc, how), user, NULL)) !=
		PTN_OK)
		return r;
	if ((r = ptn_sql_session_delete_all(sc->db, &in, &n)) != PTN_OK ||
	    (r = end_operators(sc, user, &operators)) != PTN_OK)
		return r;
	return n + operators > 0 ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_session_end_others(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *but, enum ptn_event how)
{
	const struct ptn_session_delete_others_in in = { sc->tenant_id, *user,
		*but };
	uint64_t n, operators;
	enum ptn_err r;

	if ((r = ptn_asker_forget(sc, user)) != PTN_OK ||
	    (r = ptn_event_sessions(sc, by_whom(sc, how), user, but)) != PTN_OK)
		return r;
	if ((r = ptn_sql_session_delete_others(sc->db, &in, &n)) != PTN_OK ||
	    (r = end_operators(sc, user, &operators)) != PTN_OK)
		return r;
	return n + operators > 0 ? PTN_OK : PTN_E_NOT_FOUND;
}

static enum ptn_err
end_idle(const struct ptn_scope *sc, void *arg)
{
	const struct ptn_claims *c = arg;
	enum ptn_err r;

	r = ptn_session_end(sc, &c->sub, &c->session_id,
	    PTN_EVENT_SESSION_IDLE);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}

/* By a single statement, unless somebody is to be told. */
static enum ptn_err
run_alone(const struct ptn_scope *sc, ptn_tx_fn fn, void *arg)
{
	return sc->cf->hooks_on ? ptn_tx(sc, fn, arg) : fn(sc, arg);
}

enum ptn_err
ptn_session_find_used(const struct ptn_scope *sc, const struct ptn_bytes *token,
    size_t n, size_t bearers, struct ptn_session_set *out)
{
	enum ptn_err r;
	size_t i;

	r = ptn_session_find(sc, token, n, bearers, out);
	if (r == PTN_OK && out->session.known)
		return ptn_session_touch(sc, &out->session);
	for (i = 0; i < out->idle_n && out->alive_n == 0 && r == PTN_OK; i++)
		r = run_alone(sc, end_idle, &out->idle[i].claims);
	return r;
}

int64_t
ptn_session_idle_at(const struct ptn_conf *cf, const struct ptn_session *s)
{
	const int64_t idle =
	    s->last_used_us + cf->session_idle_s * PTN_US_PER_S;
	const int64_t end = s->claims.exp * PTN_US_PER_S;

	if (cf->session_idle_s == 0)
		return 0;
	return idle < end ? idle : end;
}
