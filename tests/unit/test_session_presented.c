/* Sessions as tokens present them: found, of several one, touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/session.h" /* $POSTERN_TEST_DB */

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
	assert_int_equal(ptn_session_end(rows_at(&other), &user, &c.session_id,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_session_end_all(rows_at(&other), &user,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_E_NOT_FOUND);
	assert_int_equal(ptn_session_end_others(rows_at(&other), &user, &other,
			     PTN_EVENT_SESSION_REVOKED),
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

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
