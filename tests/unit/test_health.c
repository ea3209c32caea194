/* Whether the database answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/health.h"
#include "lib/mail/refused.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

static struct ptn_health health;

static void
answers(void **state)
{
	const uint64_t before = ptn_db_count(db);

	(void)state;
	assert_int_equal(ptn_health(db, arena, &health), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 1);
}

/* Nobody there, a database that is none, and a schema that is not ours. */
static void
does_not_answer(void **state)
{
	struct ptn_conf cf[3] = { conf, conf, conf };
	struct ptn_db *away;
	size_t i;

	(void)state;
	cf[0].db_socket = "/nonexistent/socket";
	cf[1].db_name = "nonexistent";
	cf[2].db_name = "empty";
	rows_sql("CREATE DATABASE empty");
	for (i = 0; i < 3; i++) {
		away = ptn_db_new(&cf[i], PTN_DB_SERVE);
		assert_non_null(away);
		assert_int_equal(ptn_health(away, arena, &health),
		    PTN_E_UNAVAILABLE);
		ptn_db_free(&away);
	}
	assert_int_equal(ptn_health(db, arena, &health), PTN_OK);
}

/* A connection that broke is made anew: the answer is about now. */
static void
answers_again(void **state)
{
	const int64_t id = rows_number("SELECT MAX(id) FROM"
				       " information_schema.processlist"
				       " WHERE id <> CONNECTION_ID()"
				       " AND db = DATABASE()");

	(void)state;
	rows_sql("KILL CONNECTION %lld", (long long)id);
	while (rows_number("SELECT COUNT(*) FROM information_schema.processlist"
			   " WHERE id = %lld",
		   (long long)id) > 0)
		(void)usleep(1000); /* it takes a moment */
	assert_int_equal(ptn_health(db, arena, &health), PTN_OK);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

/* A mail server does not take us: everybody knows, until it does. */
static void
mail_refused(void **state)
{
	char said[400];

	(void)state;
	assert_int_equal(ptn_health(db, arena, &health), PTN_OK);
	assert_false(health.mail_refused);
	assert_int_equal(ptn_refused_put(db, arena, "504 no"), PTN_OK);
	assert_int_equal(ptn_health(db, arena, &health), PTN_OK);
	assert_true(health.mail_refused);
	memset(said, 'x', sizeof(said) - 1);
	said[sizeof(said) - 1] = '\0';
	assert_int_equal(ptn_refused_put(db, arena, said), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM mail_refusals"), 1);
	assert_int_equal(rows_number("SELECT LENGTH(said) FROM mail_refusals"),
	    255);
	rows_sql("UPDATE mail_refusals SET seen_at = seen_at - INTERVAL 1 DAY");
	assert_int_equal(ptn_health(db, arena, &health), PTN_OK);
	assert_false(health.mail_refused);
	assert_int_equal(ptn_refused_clear(db), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM mail_refusals"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers),
		T(does_not_answer),
		T(answers_again),
		cmocka_unit_test(mail_refused),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
