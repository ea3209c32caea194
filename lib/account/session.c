#include "lib/account/session.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"

#define TOUCH_MAX_S 60 /* last_used is at most this old */
#define AGENT_MAX 255  /* columns of sessions.user_agent */

enum ptn_err
ptn_session_check(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_session *s, bool *idle)
{
	struct ptn_session_get_in in;
	struct ptn_session_get_out row;
	enum ptn_verdict verdict;
	enum ptn_err r;

	memset(s, 0, sizeof(*s));
	*idle = false;
	r = ptn_token_verify(sc, token, &s->claims, &verdict);
	if (r != PTN_OK || verdict != PTN_ALLOW)
		return r;
	in = (struct ptn_session_get_in){ sc->tenant_id, s->claims.session_id };
	r = ptn_sql_session_get(sc->db, sc->arena, &in, &row);
	if (r == PTN_E_NOT_FOUND)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	if (!ptn_uuid_equal(&row.user_id, &s->claims.sub))
		return PTN_OK;
	s->last_used_us = row.last_used;
	s->now_us = row.now;
	*idle = sc->cf->session_idle_s > 0 &&
	    row.now - row.last_used > sc->cf->session_idle_s * PTN_US_PER_S;
	s->known = !*idle;
	return PTN_OK;
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
	    ? ptn_utf8_fit(sc->arena, sc->actor->user_agent, AGENT_MAX)
	    : NULL;
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
	uint64_t n;

	return limit == 0 ? PTN_OK : ptn_sql_session_evict(sc->db, &in, &n);
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
	claims->iat = ptn_clock_us() / PTN_US_PER_S;
	claims->exp = claims->iat + lifespan_s;
	claims->email = new->email;
	if ((r = evict(sc, new)) != PTN_OK)
		return r;
	put = (struct ptn_session_put_in){ claims->session_id, sc->tenant_id,
		new->user_id, ptn_api_name(new->api), agent_of(sc), ip_of(sc),
		lifespan_s };
	return ptn_sql_session_put(sc->db, &put);
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
    const struct ptn_uuid *id)
{
	const struct ptn_session_delete_in in = { sc->tenant_id, *user, *id };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_session_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_session_end_all(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_session_delete_all_in in = { sc->tenant_id, *user };
	uint64_t n;

	return ptn_sql_session_delete_all(sc->db, &in, &n);
}

enum ptn_err
ptn_session_end_others(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *but)
{
	const struct ptn_session_delete_others_in in = { sc->tenant_id, *user,
		*but };
	uint64_t n;

	return ptn_sql_session_delete_others(sc->db, &in, &n);
}

enum ptn_err
ptn_session_use(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_session *s, bool *idle)
{
	enum ptn_err r;

	if ((r = ptn_session_check(sc, token, s, idle)) != PTN_OK)
		return r;
	if (s->known)
		return ptn_session_touch(sc, s);
	if (!*idle)
		return PTN_OK;
	r = ptn_session_end(sc, &s->claims.sub, &s->claims.session_id);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
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
