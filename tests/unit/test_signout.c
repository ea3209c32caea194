/* How sessions end: one's own, one at a time or all others, on record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/account/signin.h"
#include "lib/account/signout.h"
#include "tests/unit/rules.h" /* $POSTERN_TEST_DB */

static struct ptn_uuid
session_of(const struct ptn_uuid *user)
{
	struct ptn_signin in = { .api = PTN_API_HANKO,
		.user_id = *user,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };

	assert_int_equal(ptn_signin(&scope, &in), PTN_OK);
	memset(&actor, 0, sizeof(actor));
	ptn_actor_is(&scope, user, NULL);
	return in.claims.session_id;
}

static void
logged_out(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_uuid one = session_of(&user);

	(void)state;
	(void)session_of(&user);
	assert_int_equal(ptn_signout(&scope, &user, &one), PTN_OK);
	assert_int_equal(rules_sessions(&user), 1);
	assert_true(rules_rows(&user, PTN_EVENT_USER_LOGGED_OUT, 1));
	/* Who is out already is out. */
	assert_int_equal(ptn_signout(&scope, &user, &one), PTN_OK);
	assert_int_equal(rules_sessions(&user), 1);
	assert_int_equal(rules_epoch(&user), 0);
}

static struct ptn_session
presented(const struct ptn_uuid *user, const struct ptn_uuid *session)
{
	return (struct ptn_session){ .known = true,
		.claims = { .sub = *user, .session_id = *session } };
}

/* All that a request presents, be it of one user or of two. */
static void
all_that_is_presented(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_uuid hers = session_of(&ada);
	const struct ptn_uuid idle = session_of(&ada);
	const struct ptn_uuid his = session_of(&bob);
	struct ptn_session_set set = { .alive_n = 1, .idle_n = 1 };

	(void)state;
	(void)session_of(&bob);
	(void)session_of(&ada);
	set.alive[0] = presented(&ada, &hers);
	set.idle[0] = presented(&ada, &idle);
	assert_int_equal(ptn_signout_presented(&scope, &set), PTN_OK);
	assert_int_equal(rules_sessions(&ada), 1);
	assert_true(rules_rows(&ada, PTN_EVENT_USER_LOGGED_OUT, 2));
	/* Nobody is known to ask: each is the subject of it. */
	memset(&actor, 0, sizeof(actor));
	set = (struct ptn_session_set){ .alive_n = 2 };
	set.alive[0] = presented(&ada, &hers); /* it has ended */
	set.alive[1] = presented(&bob, &his);
	assert_int_equal(ptn_signout_presented(&scope, &set), PTN_OK);
	assert_int_equal(rules_sessions(&ada), 1);
	assert_int_equal(rules_sessions(&bob), 1);
	assert_int_equal(actor.n, 1);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM audit_logs"
				     " WHERE type = 'user_logged_out'"
				     " AND subject_user_id = x'%s'",
			     rows_hex(&bob)),
	    1);
}

static void
all_of_theirs(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();

	(void)state;
	(void)session_of(&bob);
	(void)session_of(&ada);
	(void)session_of(&ada);
	assert_int_equal(ptn_signout_all(&scope, &ada), PTN_OK);
	assert_int_equal(rules_sessions(&ada), 0);
	assert_int_equal(rules_sessions(&bob), 1);
	assert_true(rules_rows(&ada, PTN_EVENT_USER_LOGGED_OUT, 1));
	assert_int_equal(rules_epoch(&ada), 1);
	assert_int_equal(rules_epoch(&bob), 0);
}

static void
one_of_theirs(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	const struct ptn_uuid hers = session_of(&ada);

	(void)state;
	assert_int_equal(ptn_signout_one(&scope, &bob, &hers), PTN_E_NOT_FOUND);
	assert_int_equal(ptn_signout_one(&scope, &ada, &bob), PTN_E_NOT_FOUND);
	assert_int_equal(actor.n, 0);
	assert_int_equal(rules_sessions(&ada), 1);
	assert_int_equal(ptn_signout_one(&scope, &ada, &hers), PTN_OK);
	assert_int_equal(rules_sessions(&ada), 0);
	assert_true(rules_rows(&ada, PTN_EVENT_SESSION_DELETED, 1));
}

static void
all_others(void **state)
{
	const struct ptn_uuid ada = rows_user(), bob = rows_user();
	struct ptn_session_row *rows;
	struct ptn_uuid one;
	size_t n;

	(void)state;
	(void)session_of(&bob);
	(void)session_of(&ada);
	one = session_of(&ada);
	(void)session_of(&ada);
	assert_int_equal(ptn_signout_others(&scope, &ada, &one), PTN_OK);
	assert_int_equal(ptn_sessions_of(&scope, &ada, &rows, &n), PTN_OK);
	assert_int_equal(n, 1);
	assert_true(ptn_uuid_equal(&rows[0].id, &one));
	assert_int_equal(rules_sessions(&bob), 1);
	assert_true(rules_rows(&ada, PTN_EVENT_SESSION_DELETED, 1));
	/* There are no others: it did not happen again. */
	assert_int_equal(ptn_signout_others(&scope, &ada, &one), PTN_OK);
	assert_true(rules_rows(&ada, PTN_EVENT_SESSION_DELETED, 1));
	assert_int_equal(ptn_signout_all(&scope, &ada), PTN_OK);
	assert_int_equal(ptn_signout_all(&scope, &ada), PTN_OK);
	assert_true(rules_rows(&ada, PTN_EVENT_USER_LOGGED_OUT, 1));
	/* Though none may be left, those who were known are not any more. */
	assert_int_equal(rules_epoch(&ada), 4);
}

static void
no_end_without_its_record(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_uuid one = session_of(&user);

	struct ptn_session_set set = { .alive_n = 1 };

	(void)state;
	set.alive[0] = presented(&user, &one);
	(void)session_of(&user);
	rules_record_off();
	assert_int_not_equal(ptn_signout(&scope, &user, &one), PTN_OK);
	assert_int_not_equal(ptn_signout_presented(&scope, &set), PTN_OK);
	assert_int_not_equal(ptn_signout_one(&scope, &user, &one), PTN_OK);
	assert_int_not_equal(ptn_signout_others(&scope, &user, &one), PTN_OK);
	assert_int_not_equal(ptn_signout_all(&scope, &user), PTN_OK);
	rules_record_on();
	assert_int_equal(rules_sessions(&user), 2);
	assert_int_equal(rules_epoch(&user), 0);
	assert_int_equal(actor.n, 0);
}

/* Where no record is kept, a change by one statement costs one. */
static void
one_statement_without_a_record(void **state)
{
	const struct ptn_uuid user = rows_user();
	const struct ptn_uuid one = session_of(&user);
	struct ptn_session_set set = { .alive_n = 1 };
	uint64_t before;

	(void)state;
	set.alive[0] = presented(&user, &one);
	conf.audit_rows = false;
	before = ptn_db_count(db);
	assert_int_equal(ptn_signout_presented(&scope, &set), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 1);
	conf.audit_rows = true;
	assert_int_equal(rules_sessions(&user), 0);
	assert_true(rules_event(PTN_EVENT_USER_LOGGED_OUT, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(logged_out, rules_each),
		cmocka_unit_test_setup(all_that_is_presented, rules_each),
		cmocka_unit_test_setup(all_of_theirs, rules_each),
		cmocka_unit_test_setup(one_of_theirs, rules_each),
		cmocka_unit_test_setup(all_others, rules_each),
		cmocka_unit_test_setup(no_end_without_its_record, rules_each),
		cmocka_unit_test_setup(one_statement_without_a_record,
		    rules_each),
	};

	return cmocka_run_group_tests(tests, rules_setup, rows_teardown);
}
