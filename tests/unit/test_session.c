/* Sessions as rows: opened, counted, presented, touched, ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/jwk.h"
#include "lib/account/session.h"
#include "lib/account/token.h"
#include "lib/base/clock.h"
#include "lib/event/actor.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define CACHED 16
#define LIFESPAN_S 3600
#define DFNS_LIFESPAN_S 7200
#define IDLE_S 1200

static struct ptn_jwks *keys;
static struct ptn_token_cache *tokens;
static struct ptn_actor actor;

static int
setup(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	conf.issuer = "";
	conf.sign_alg = PTN_ALG_ES256;
	conf.session_lifespan_s = LIFESPAN_S;
	conf.dfns_session_s = DFNS_LIFESPAN_S;
	if (ptn_jwks_new(&keys, PTN_API_HANKO, &conf, secrets) != PTN_OK ||
	    ptn_jwks_refresh(keys, &scope, true) != PTN_OK ||
	    (tokens = ptn_token_cache_new(CACHED)) == NULL)
		return -1;
	scope.keys[PTN_API_HANKO] = keys;
	scope.tokens = tokens;
	return 0;
}

static int
teardown(void **state)
{
	ptn_token_cache_free(&tokens);
	ptn_jwks_free(&keys);
	return rows_teardown(state);
}

static int
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

static enum ptn_err
open_locked(const struct ptn_scope *sc, void *arg)
{
	struct opening *o = arg;
	enum ptn_err r = ptn_user_lock(sc, &o->new.user_id);

	return r == PTN_OK ? ptn_session_open(sc, &o->new, &o->claims) : r;
}

static struct ptn_claims
open_at(const struct ptn_scope *sc, enum ptn_api api,
    const struct ptn_uuid *user)
{
	struct opening o = { .new = { .api = api, .user_id = *user } };

	assert_int_equal(ptn_tx(sc, open_locked, &o), PTN_OK);
	return o.claims;
}

/* Made later than all before it, whatever the clock says. */
static struct ptn_uuid
open_one(enum ptn_api api, const struct ptn_uuid *user)
{
	const struct ptn_claims c = open_at(&scope, api, user);

	rows_sql("UPDATE sessions SET created_at = created_at"
		 " - INTERVAL 1 SECOND WHERE id <> x'%s'",
	    rows_hex(&c.session_id));
	return c.session_id;
}

static bool
is_there(const struct ptn_uuid *id)
{
	return rows_number("SELECT COUNT(*) FROM sessions WHERE id = x'%s'",
		   rows_hex(id)) == 1;
}

static struct ptn_session_row *
all_of(const struct ptn_uuid *user, size_t *n)
{
	struct ptn_session_row *row;

	assert_int_equal(ptn_sessions_of(&scope, user, &row, n), PTN_OK);
	return row;
}

/* ----------------------------------------------------------------- opening */

static void
opened(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct opening o = { .new = { .api = PTN_API_HANKO,
				 .user_id = user,
				 .email = { "a@example.org", true, false } } };
	struct ptn_session_row *row;
	size_t n;

	(void)state;
	assert_int_equal(ptn_tx(&scope, open_locked, &o), PTN_OK);
	assert_true(ptn_uuid_equal(&o.claims.sub, &user));
	assert_true(ptn_uuid_is_v4(&o.claims.session_id));
	assert_true(ptn_uuid_is_nil(&o.claims.tenant_id));
	assert_true(o.claims.iat > 0);
	assert_int_equal(o.claims.exp - o.claims.iat, LIFESPAN_S);
	assert_string_equal(o.claims.email.address, "a@example.org");
	assert_true(o.claims.email.is_primary && !o.claims.email.is_verified);
	row = all_of(&user, &n);
	assert_int_equal(n, 1);
	assert_true(ptn_uuid_equal(&row->id, &o.claims.session_id));
	assert_null(row->user_agent);
	assert_null(row->ip_address);
	assert_true(row->created_at_us > 0);
	assert_true(row->last_used_us == row->created_at_us);
	assert_true(row->expires_at_us - row->created_at_us ==
	    LIFESPAN_S * PTN_US_PER_S);
}

/* The other API has a lifespan of its own; a named tenant is told. */
static void
opened_elsewhere(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	const struct ptn_user_ref u = rows_user_of(&other, "e@example.org");
	struct ptn_scope at = ptn_scope_at(&scope, &other);
	struct ptn_session_row *row;
	struct ptn_claims c;
	size_t n;

	(void)state;
	c = open_at(&scope, PTN_API_DFNS, &user);
	assert_int_equal(c.exp - c.iat, DFNS_LIFESPAN_S);
	row = all_of(&user, &n);
	assert_int_equal(n, 1);
	assert_true(row->expires_at_us - row->created_at_us ==
	    DFNS_LIFESPAN_S * PTN_US_PER_S);
	assert_int_equal(rows_number("SELECT api = 'dfns' FROM sessions"
				     " WHERE id = x'%s'",
			     rows_hex(&c.session_id)),
	    1);
	at.tenant_named = true;
	c = open_at(&at, PTN_API_HANKO, &u.id);
	assert_true(ptn_uuid_equal(&c.tenant_id, &other));
	assert_int_equal(ptn_sessions_of(&at, &u.id, &row, &n), PTN_OK);
	assert_int_equal(n, 1);
	(void)all_of(&u.id, &n);
	assert_int_equal(n, 0);
}

/* What is known of the client is kept as far as it may be. */
static void
client_kept(void **state)
{
	struct ptn_session_row *row;
	struct ptn_uuid user;
	size_t n;
	int i;

	(void)state;
	actor.ip = "2001:db8::1";
	actor.user_agent = "Agent/1.0";
	scope.actor = &actor;
	for (i = 0; i < 4; i++) {
		user = rows_user();
		conf.acquire_ip = i % 2 == 1;
		conf.acquire_agent = i / 2 == 1;
		(void)open_one(PTN_API_HANKO, &user);
		row = all_of(&user, &n);
		assert_int_equal(row->ip_address != NULL, conf.acquire_ip);
		assert_int_equal(row->user_agent != NULL, conf.acquire_agent);
		if (row->ip_address != NULL)
			assert_string_equal(row->ip_address, actor.ip);
		if (row->user_agent != NULL)
			assert_string_equal(row->user_agent, "Agent/1.0");
	}
	actor.ip = actor.user_agent = NULL;
	user = rows_user();
	(void)open_one(PTN_API_HANKO, &user);
	row = all_of(&user, &n);
	assert_null(row->ip_address);
	assert_null(row->user_agent);
}

/* A text that does not fit its column refuses nobody. */
static void
client_made_to_fit(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_session_row *row;
	char agent[301];
	size_t n;

	(void)state;
	memset(agent, 'x', sizeof(agent) - 1);
	agent[0] = '\xff';
	agent[sizeof(agent) - 1] = '\0';
	actor.user_agent = agent;
	scope.actor = &actor;
	(void)open_one(PTN_API_HANKO, &user);
	row = all_of(&user, &n);
	assert_int_equal(strlen(row->user_agent), 255);
	assert_int_equal(row->user_agent[0], '?');
}

/* ------------------------------------------------------------------- limit */

static void
oldest_of_its_api_goes(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	struct ptn_uuid theirs, hanko[4], dfns[3];
	size_t i, n;

	(void)state;
	conf.session_limit = conf.dfns_session_limit = 3;
	dfns[0] = open_one(PTN_API_DFNS, &user);
	theirs = open_one(PTN_API_HANKO, &rival);
	for (i = 0; i < 3; i++)
		hanko[i] = open_one(PTN_API_HANKO, &user);
	dfns[1] = open_one(PTN_API_DFNS, &user);
	dfns[2] = open_one(PTN_API_DFNS, &user);
	(void)all_of(&user, &n);
	assert_int_equal(n, 6); /* three and three: none is beyond */
	hanko[3] = open_one(PTN_API_HANKO, &user);
	assert_false(is_there(&hanko[0]));
	for (i = 1; i < N(hanko); i++)
		assert_true(is_there(&hanko[i]));
	for (i = 0; i < N(dfns); i++)
		assert_true(is_there(&dfns[i]));
	assert_true(is_there(&theirs));
	(void)open_one(PTN_API_DFNS, &user);
	assert_false(is_there(&dfns[0]));
	assert_true(is_there(&hanko[1]));
	/* Lowered meanwhile: all that are beyond it go. */
	conf.session_limit = 1;
	hanko[0] = open_one(PTN_API_HANKO, &user);
	assert_true(is_there(&hanko[0]));
	for (i = 1; i < N(hanko); i++)
		assert_false(is_there(&hanko[i]));
	assert_true(is_there(&dfns[1]) && is_there(&dfns[2]));
}

/* A service account may log its user in as often as it likes. */
static void
one_api_has_no_limit(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_uuid dfns[8];
	size_t i;

	(void)state;
	conf.session_limit = 2;
	conf.dfns_session_limit = 0;
	for (i = 0; i < N(dfns); i++)
		dfns[i] = open_one(PTN_API_DFNS, &user);
	for (i = 0; i < N(dfns); i++)
		assert_true(is_there(&dfns[i]));
}

/* One that has expired takes no place, however new it is. */
static void
expired_take_no_place(void **state)
{
	const struct ptn_uuid user = rows_user();
	struct ptn_uuid alive, dead;

	(void)state;
	conf.session_limit = 2;
	alive = open_one(PTN_API_HANKO, &user);
	dead = open_one(PTN_API_HANKO, &user);
	rows_sql("UPDATE sessions SET expires_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 1 SECOND WHERE id = x'%s'",
	    rows_hex(&dead));
	(void)open_one(PTN_API_HANKO, &user);
	assert_true(is_there(&alive));
	assert_false(is_there(&dead));
}

/* -------------------------------------------------------------- presenting */

static struct ptn_bytes
token_of(const struct ptn_claims *c)
{
	char *token;

	assert_int_equal(ptn_token_issue(&scope, c, &token), PTN_OK);
	return ptn_bytes_of(token);
}

static bool
check(const struct ptn_scope *sc, struct ptn_bytes token, struct ptn_session *s,
    bool *idle)
{
	struct ptn_session_set set;

	memset(s, 0xff, sizeof(*s));
	assert_int_equal(ptn_session_check(sc, token, s), PTN_OK);
	memset(&set, 0xff, sizeof(set));
	assert_int_equal(ptn_session_find(sc, &token, 1, 0, &set), PTN_OK);
	assert_int_equal(set.session.known, s->known);
	assert_int_equal(set.alive_n, s->known);
	*idle = set.idle_n == 1;
	if (*idle)
		*s = set.idle[0];
	return s->known;
}

static void
use(struct ptn_bytes token, struct ptn_session *s, bool *idle)
{
	struct ptn_session_set set;

	assert_int_equal(ptn_session_find_used(&scope, &token, 1, 0, &set),
	    PTN_OK);
	*s = set.session;
	*idle = set.idle_n == 1;
}

static void
presented(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_claims c = open_at(&scope, PTN_API_HANKO, &user);
	const struct ptn_bytes token = token_of(&c);
	struct ptn_session s;
	uint64_t before;
	bool idle;
	int i;

	(void)state;
	/* At first and from the cache: one statement each, nothing written. */
	for (i = 0; i < 2; i++) {
		before = ptn_db_count(db);
		assert_true(check(&scope, token, &s, &idle));
		assert_int_equal(ptn_db_count(db) - before, 2);
		assert_false(idle);
		assert_true(ptn_uuid_equal(&s.claims.sub, &user));
		assert_true(
		    ptn_uuid_equal(&s.claims.session_id, &c.session_id));
		assert_int_equal(s.claims.exp, c.exp);
		assert_true(s.last_used_us > 0);
		assert_true(s.now_us >= s.last_used_us);
	}
}

static void
presented_in_vain(void **state)
{
	static const char *const changes[] = {
		"expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 MICROSECOND",
		"api = 'dfns'",
		"tenant_id = REPEAT('x', 16)",
	};
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	struct ptn_claims c;
	struct ptn_bytes token;
	struct ptn_session s;
	uint64_t before;
	bool idle;
	size_t i;

	(void)state;
	for (i = 0; i < N(changes); i++) {
		c = open_at(&scope, PTN_API_HANKO, &user);
		token = token_of(&c);
		assert_true(check(&scope, token, &s, &idle));
		rows_sql("UPDATE sessions SET %s WHERE id = x'%s'", changes[i],
		    rows_hex(&c.session_id));
		assert_false(check(&scope, token, &s, &idle));
		assert_false(idle);
	}
	/* Another's row, and none at all. */
	c = open_at(&scope, PTN_API_HANKO, &user);
	token = token_of(&c);
	rows_sql("UPDATE sessions SET user_id = x'%s' WHERE id = x'%s'",
	    rows_hex(&rival), rows_hex(&c.session_id));
	assert_false(check(&scope, token, &s, &idle));
	rows_sql("DELETE FROM sessions WHERE id = x'%s'",
	    rows_hex(&c.session_id));
	assert_false(check(&scope, token, &s, &idle));
	/* What is no token is not looked for. */
	before = ptn_db_count(db);
	assert_false(check(&scope, ptn_bytes_of("a.b.c"), &s, &idle));
	assert_false(check(&scope, PTN_BYTES("", 0), &s, &idle));
	assert_false(idle);
	assert_int_equal(ptn_db_count(db) - before, 0);
}

/* A row that is gone is gone for a tenant that shares the signature keys. */
static void
tenants_apart(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	const struct ptn_claims c = open_at(&scope, PTN_API_HANKO, &user);
	const struct ptn_bytes token = token_of(&c);
	struct ptn_session_row *row;
	struct ptn_session s;
	size_t n;
	bool idle;

	(void)state;
	assert_false(check(rows_at(&other), token, &s, &idle));
	assert_int_equal(ptn_sessions_of(rows_at(&other), &user, &row, &n),
	    PTN_OK);
	assert_int_equal(n, 0);
	assert_null(row);
	assert_int_equal(ptn_session_end(rows_at(&other), &user, &c.session_id),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_session_end_all(rows_at(&other), &user),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_session_end_others(rows_at(&other), &user, &other),
	    PTN_E_NOT_FOUND);
	assert_true(is_there(&c.session_id));
	assert_true(check(&scope, token, &s, &idle));
}

static void
used_ago(const struct ptn_uuid *id, int seconds)
{
	rows_sql("UPDATE sessions SET last_used ="
		 " UTC_TIMESTAMP(6) - INTERVAL %d SECOND WHERE id = x'%s'",
	    seconds, rows_hex(id));
}

static void
dead_of_idleness(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_claims c = open_at(&scope, PTN_API_HANKO, &user);
	const struct ptn_bytes token = token_of(&c);
	struct ptn_session s;
	bool idle;

	(void)state;
	used_ago(&c.session_id, IDLE_S + 1);
	assert_true(check(&scope, token, &s, &idle)); /* there is no limit */
	assert_false(idle);
	conf.session_idle_s = IDLE_S;
	assert_false(check(&scope, token, &s, &idle));
	assert_true(idle);
	assert_true(ptn_uuid_equal(&s.claims.session_id, &c.session_id));
	assert_true(ptn_uuid_equal(&s.claims.sub, &user));
	assert_true(is_there(&c.session_id));
	used_ago(&c.session_id, IDLE_S / 2);
	assert_true(check(&scope, token, &s, &idle));
	assert_false(idle);
	assert_in_range((s.now_us - s.last_used_us) / PTN_US_PER_S, IDLE_S / 2,
	    IDLE_S);
}

/* ------------------------------------------------------ several presented */

/* A session of the user, begun so many seconds ago, as a token says it. */
static struct ptn_claims
begun_ago(const struct ptn_uuid *user, int64_t seconds)
{
	struct ptn_claims c = open_at(&scope, PTN_API_HANKO, user);

	c.iat -= seconds;
	return c;
}

/* What counts of tokens, of which the first few are bearer tokens. */
static const struct ptn_uuid *
counts(const struct ptn_bytes *token, size_t n, size_t bearers,
    struct ptn_session_set *set)
{
	const uint64_t before = ptn_db_count(db);

	assert_int_equal(ptn_session_find(&scope, token, n, bearers, set),
	    PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 1);
	return set->session.known ? &set->session.claims.session_id : NULL;
}

static void
newest_of_one_user(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_claims old = begun_ago(&user, 60);
	const struct ptn_claims new = begun_ago(&user, 0);
	const struct ptn_claims mid = begun_ago(&user, 30);
	struct ptn_bytes t[4] = { token_of(&old), token_of(&new),
		token_of(&mid), ptn_bytes_of("no token") };
	struct ptn_session_set set;

	(void)state;
	assert_true(ptn_uuid_equal(counts(t, 4, 0, &set), &new.session_id));
	assert_int_equal(set.alive_n, 3);
	/* Of bearer tokens the first, whatever the cookies are. */
	assert_true(ptn_uuid_equal(counts(t, 4, 1, &set), &old.session_id));
	assert_true(ptn_uuid_equal(counts(t, 4, 3, &set), &old.session_id));
	/* One that is there twice is one. */
	t[0] = t[1];
	(void)counts(t, 2, 0, &set);
	assert_int_equal(set.alive_n, 1);
	/* Those that have ended do not count. */
	rows_sql("DELETE FROM sessions WHERE id = x'%s'",
	    rows_hex(&new.session_id));
	assert_true(ptn_uuid_equal(counts(t, 4, 0, &set), &mid.session_id));
	assert_true(ptn_uuid_equal(counts(t, 4, 2, &set), &mid.session_id));
	assert_int_equal(set.alive_n, 1);
}

static void
none_of_two_users(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_claims hers = begun_ago(&ada, 0);
	const struct ptn_claims his = begun_ago(&bob, 9);
	struct ptn_bytes t[3] = { token_of(&hers), token_of(&his) };
	struct ptn_session_set set;

	(void)state;
	t[2] = t[0];
	assert_null(counts(t, 2, 0, &set));
	assert_int_equal(set.alive_n, 2);
	assert_null(counts(t, 3, 0, &set));
	assert_int_equal(set.alive_n, 2);
	assert_true(ptn_uuid_equal(counts(t, 2, 1, &set), &hers.session_id));
	assert_true(ptn_uuid_equal(counts(t + 1, 2, 1, &set), &his.session_id));
	/* A row of hers that he has a token of is none of his. */
	rows_sql("UPDATE sessions SET user_id = x'%s' WHERE id = x'%s'",
	    rows_hex(&ada), rows_hex(&his.session_id));
	assert_true(ptn_uuid_equal(counts(t, 2, 0, &set), &hers.session_id));
	assert_int_equal(set.alive_n, 1);
}

static void
idle_ones_stand_back(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_claims hers = begun_ago(&ada, 0);
	const struct ptn_claims his = begun_ago(&bob, 0);
	struct ptn_bytes t[2] = { token_of(&hers), token_of(&his) };
	struct ptn_session_set set;

	(void)state;
	conf.session_idle_s = IDLE_S;
	used_ago(&his.session_id, IDLE_S + 1);
	assert_true(ptn_uuid_equal(counts(t, 2, 0, &set), &hers.session_id));
	assert_int_equal(set.idle_n, 1);
	/* They are swept away when nothing else is there. */
	assert_int_equal(ptn_session_find_used(&scope, t, 2, 0, &set), PTN_OK);
	assert_true(is_there(&his.session_id));
	used_ago(&hers.session_id, IDLE_S + 1);
	assert_int_equal(ptn_session_find_used(&scope, t, 2, 0, &set), PTN_OK);
	assert_false(set.session.known);
	assert_false(is_there(&his.session_id) || is_there(&hers.session_id));
	assert_null(counts(t, 2, 0, &set));
	assert_int_equal(set.idle_n + set.alive_n, 0);
}

/* ---------------------------------------------------------------- touching */

static void
touched_now_and_then(void **state)
{
	static const struct {
		int64_t idle_s, every_s;
	} cases[] = { { 0, 60 }, { 1000, 60 }, { 240, 60 }, { 236, 59 },
		{ 100, 25 }, { 4, 1 } };
	const struct ptn_uuid user = rows_user();
	struct ptn_session s = { .known = true, .last_used_us = 1 };
	uint64_t before;
	size_t i;

	(void)state;
	s.claims = open_at(&scope, PTN_API_HANKO, &user);
	for (i = 0; i < N(cases); i++) {
		conf.session_idle_s = cases[i].idle_s;
		s.now_us = s.last_used_us + cases[i].every_s * PTN_US_PER_S - 1;
		before = ptn_db_count(db);
		assert_int_equal(ptn_session_touch(&scope, &s), PTN_OK);
		assert_int_equal(ptn_db_count(db) - before, 0);
		s.now_us++;
		assert_int_equal(ptn_session_touch(&scope, &s), PTN_OK);
		assert_int_equal(ptn_db_count(db) - before, 1);
	}
}

static void
touched(void **state)
{
	const struct ptn_uuid user = rows_user(), other = rows_tenant();
	const struct ptn_claims c = open_at(&scope, PTN_API_HANKO, &user);
	const struct ptn_claims rest = open_at(&scope, PTN_API_HANKO, &user);
	struct ptn_session s = { .known = true, .claims = c };
	static const char old[] = "SELECT last_used < UTC_TIMESTAMP(6)"
				  " - INTERVAL 30 MINUTE FROM sessions"
				  " WHERE id = x'%s'";

	(void)state;
	s.now_us = 3600 * PTN_US_PER_S;
	used_ago(&c.session_id, 3600);
	used_ago(&rest.session_id, 3600);
	assert_int_equal(ptn_session_touch(rows_at(&other), &s), PTN_OK);
	assert_int_equal(rows_number(old, rows_hex(&c.session_id)), 1);
	assert_int_equal(ptn_session_touch(&scope, &s), PTN_OK);
	assert_int_equal(rows_number(old, rows_hex(&c.session_id)), 0);
	assert_int_equal(rows_number(old, rows_hex(&rest.session_id)), 1);
}

/* Presented by somebody who uses it: noted, or swept away when idle. */
static void
used(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_claims c = open_at(&scope, PTN_API_HANKO, &user);
	const struct ptn_bytes token = token_of(&c);
	struct ptn_session s;
	uint64_t before;
	bool idle;

	(void)state;
	conf.session_idle_s = IDLE_S;
	used_ago(&c.session_id, IDLE_S / 2);
	use(token, &s, &idle);
	assert_true(s.known && !idle);
	assert_int_equal(rows_number("SELECT last_used > UTC_TIMESTAMP(6)"
				     " - INTERVAL %d SECOND FROM sessions"
				     " WHERE id = x'%s'",
			     IDLE_S / 2, rows_hex(&c.session_id)),
	    1);
	used_ago(&c.session_id, -IDLE_S); /* noted just now */
	before = ptn_db_count(db);
	use(token, &s, &idle);
	assert_true(s.known && !idle);
	assert_int_equal(ptn_db_count(db) - before, 1);
	used_ago(&c.session_id, IDLE_S + 1);
	use(token, &s, &idle);
	assert_true(!s.known && idle);
	assert_false(is_there(&c.session_id));
	use(token, &s, &idle);
	assert_false(s.known || idle);
}

/* ------------------------------------------------------------------ ending */

static void
listed_newest_first(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	const struct ptn_uuid none = ptn_uuid_new();
	struct ptn_session_row *row;
	struct ptn_uuid id[4];
	size_t n;

	(void)state;
	id[0] = open_one(PTN_API_HANKO, &user);
	id[1] = open_one(PTN_API_DFNS, &user);
	id[2] = open_one(PTN_API_HANKO, &user);
	id[3] = open_one(PTN_API_HANKO, &rival);
	row = all_of(&user, &n);
	assert_int_equal(n, 3);
	assert_true(ptn_uuid_equal(&row[0].id, &id[2]));
	assert_true(ptn_uuid_equal(&row[1].id, &id[1]));
	assert_true(ptn_uuid_equal(&row[2].id, &id[0]));
	rows_sql("UPDATE sessions SET expires_at ="
		 " UTC_TIMESTAMP(6) - INTERVAL 1 MICROSECOND WHERE id = x'%s'",
	    rows_hex(&id[1]));
	row = all_of(&user, &n);
	assert_int_equal(n, 2);
	assert_true(ptn_uuid_equal(&row[1].id, &id[0]));
	row = all_of(&none, &n);
	assert_int_equal(n, 0);
	assert_null(row);
}

static void
ended(void **state)
{
	const struct ptn_uuid user = rows_user(), rival = rows_user();
	struct ptn_uuid theirs = open_one(PTN_API_HANKO, &rival), id[4];
	size_t i, n;

	(void)state;
	for (i = 0; i < N(id); i++)
		id[i] = open_one(i == 1 ? PTN_API_DFNS : PTN_API_HANKO, &user);
	assert_int_equal(ptn_session_end(&scope, &user, &theirs),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_session_end(&scope, &user, &id[0]), PTN_OK);
	assert_int_equal(ptn_session_end(&scope, &user, &id[0]),
	    PTN_E_NOT_FOUND);
	(void)all_of(&user, &n);
	assert_int_equal(n, 3);
	assert_int_equal(ptn_session_end_others(&scope, &user, &id[2]), PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 1);
	assert_true(is_there(&id[2]));
	/* Another's is no reason to keep one of theirs. */
	assert_int_equal(ptn_session_end_others(&scope, &user, &theirs),
	    PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 0);
	(void)open_one(PTN_API_DFNS, &user);
	(void)open_one(PTN_API_HANKO, &user);
	assert_int_equal(ptn_session_end_all(&scope, &user), PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 0);
	assert_int_equal(ptn_session_end_all(&scope, &user), PTN_E_NOT_FOUND);
	assert_true(is_there(&theirs));
}

static enum ptn_err
race_end(const struct ptn_scope *sc, void *arg)
{
	const struct opening *o = arg;

	return ptn_session_end(sc, &o->claims.sub, &o->claims.session_id);
}

static enum ptn_err
race_open(const struct ptn_scope *sc, void *arg)
{
	return ptn_tx(sc, open_locked, arg);
}

static void
races(void **state)
{
	struct opening o = { .new = { .user_id = rows_user() } };
	size_t n;

	(void)state;
	o.claims = open_at(&scope, PTN_API_HANKO, &o.new.user_id);
	assert_int_equal(rows_race(race_end, &o, PTN_E_NOT_FOUND), 1);
	conf.session_limit = 3;
	assert_int_equal(rows_race(race_open, &o, PTN_OK), ROWS_RACERS);
	(void)all_of(&o.new.user_id, &n);
	assert_int_equal(n, 3);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(opened),
		T(opened_elsewhere),
		T(client_kept),
		T(client_made_to_fit),
		T(oldest_of_its_api_goes),
		T(one_api_has_no_limit),
		T(expired_take_no_place),
		T(presented),
		T(presented_in_vain),
		T(tenants_apart),
		T(dead_of_idleness),
		T(newest_of_one_user),
		T(none_of_two_users),
		T(idle_ones_stand_back),
		T(touched_now_and_then),
		T(touched),
		T(used),
		T(listed_newest_first),
		T(ended),
		T(races),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
