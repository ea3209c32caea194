#ifndef TEST_SESSION_H
#define TEST_SESSION_H

/* Sessions in a database, of users with nothing else. */

#include <string.h>

#include "lib/account/keysets.h"
#include "lib/account/session.h"
#include "lib/account/token.h"
#include "lib/account/token_cache.h"
#include "lib/base/clock.h"
#include "lib/event/actor.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define CACHED 16
#define LIFESPAN_S 3600
#define DFNS_LIFESPAN_S 7200
#define IDLE_S 1200

static struct ptn_keysets *keys;
static struct ptn_token_cache *tokens;
static struct ptn_actor actor;

static inline int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.issuer = "";
	conf.sign_alg = PTN_ALG_ES256;
	conf.session_lifespan_s = LIFESPAN_S;
	conf.dfns_session_s = DFNS_LIFESPAN_S;
	if (ptn_keysets_new(&keys, &conf, secrets) != PTN_OK ||
	    (tokens = ptn_token_cache_new(CACHED)) == NULL)
		return -1;
	scope.keys = keys;
	if (ptn_keysets_refresh_of(&scope, PTN_API_HANKO, true) != PTN_OK)
		return -1;
	scope.tokens = tokens;
	return 0;
}

static inline int
teardown(void **state)
{
	ptn_token_cache_free(&tokens);
	ptn_keysets_free(&keys);
	return rows_teardown(state);
}

static inline int
each(void **state)
{
	conf.session_limit = 100;
	conf.session_idle_s = 0;
	conf.acquire_ip = conf.acquire_agent = true;
	scope.actor = NULL;
	memset(&actor, 0, sizeof(actor));
	return rows_each(state);
}

struct opening {
	struct ptn_session_new new;
	struct ptn_claims claims;
};

static inline enum ptn_err
open_locked(const struct ptn_scope *sc, void *arg)
{
	struct opening *o = arg;
	enum ptn_err r = ptn_user_lock(sc, &o->new.user_id);

	return r == PTN_OK ? ptn_session_open(sc, &o->new, &o->claims) : r;
}

static inline struct ptn_claims
open_at(const struct ptn_scope *sc, enum ptn_api api,
    const struct ptn_uuid *user)
{
	struct opening o = { .new = { .api = api, .user_id = *user } };

	assert_int_equal(ptn_tx(sc, open_locked, &o), PTN_OK);
	return o.claims;
}

/* Made later than all before it, whatever the clock says. */
static inline struct ptn_uuid
open_one(enum ptn_api api, const struct ptn_uuid *user)
{
	const struct ptn_claims c = open_at(&scope, api, user);

	rows_sql("UPDATE sessions SET created_at = created_at"
		 " - INTERVAL 1 SECOND WHERE id <> x'%s'",
	    rows_hex(&c.session_id));
	return c.session_id;
}

static inline bool
is_there(const struct ptn_uuid *id)
{
	return rows_number("SELECT COUNT(*) FROM sessions WHERE id = x'%s'",
		   rows_hex(id)) == 1;
}

static inline struct ptn_session_row *
all_of(const struct ptn_uuid *user, size_t *n)
{
	struct ptn_session_row *row;

	assert_int_equal(ptn_sessions_of(&scope, user, &row, n), PTN_OK);
	return row;
}

#endif
