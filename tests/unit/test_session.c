/* Sessions as rows: opened, counted, listed, ended. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/session.h" /* $POSTERN_TEST_DB */

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
	assert_int_equal(
	    ptn_session_end(&scope, &user, &theirs, PTN_EVENT_SESSION_REVOKED),
	    PTN_E_NOT_FOUND);
	assert_int_equal(
	    ptn_session_end(&scope, &user, &id[0], PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
	assert_int_equal(
	    ptn_session_end(&scope, &user, &id[0], PTN_EVENT_SESSION_REVOKED),
	    PTN_E_NOT_FOUND);
	(void)all_of(&user, &n);
	assert_int_equal(n, 3);
	assert_int_equal(ptn_session_end_others(&scope, &user, &id[2],
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 1);
	assert_true(is_there(&id[2]));
	/* Another's is no reason to keep one of theirs. */
	assert_int_equal(ptn_session_end_others(&scope, &user, &theirs,
			     PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 0);
	(void)open_one(PTN_API_DFNS, &user);
	(void)open_one(PTN_API_HANKO, &user);
	assert_int_equal(
	    ptn_session_end_all(&scope, &user, PTN_EVENT_SESSION_REVOKED),
	    PTN_OK);
	(void)all_of(&user, &n);
	assert_int_equal(n, 0);
	assert_int_equal(
	    ptn_session_end_all(&scope, &user, PTN_EVENT_SESSION_REVOKED),
	    PTN_E_NOT_FOUND);
	assert_true(is_there(&theirs));
}

static enum ptn_err
race_end(const struct ptn_scope *sc, void *arg)
{
	const struct opening *o = arg;

	return ptn_session_end(sc, &o->claims.sub, &o->claims.session_id,
	    PTN_EVENT_SESSION_REVOKED);
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
		T(listed_newest_first),
		T(ended),
		T(races),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
