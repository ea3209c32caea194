/* What "postern setup" makes on a database server, and takes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/db/provision.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

static struct ptn_conf boss;

static int
before(void **state)
{
	if (rows_setup(state) != 0)
		return -1;
	boss = conf;
	boss.db_user = "root";
	boss.db_password = "";
	boss.db_name = "information_schema";
	return 0;
}

static enum ptn_err
provision(struct ptn_provision *p, const char **problem)
{
	struct ptn_db *d = ptn_db_new(&boss, PTN_DB_MIGRATE);
	enum ptn_err r = ptn_provision(d, arena, p, problem);

	ptn_db_free(&d);
	return r;
}

static void
undo(struct ptn_provision *p)
{
	struct ptn_db *d = ptn_db_new(&boss, PTN_DB_MIGRATE);

	ptn_provision_undo(d, arena, p);
	ptn_db_free(&d);
}

/* Can that user do that there?  The statement must do no harm. */
static bool
can(const struct ptn_provision_user *u, const char *database, const char *sql)
{
	struct ptn_conf who = boss;
	struct ptn_db *d;
	enum ptn_err r;

	who.db_user = u->name;
	who.db_password = u->password;
	who.db_name = database;
	d = ptn_db_new(&who, PTN_DB_MIGRATE);
	r = ptn_db_script(d, sql, strlen(sql));
	ptn_db_free(&d);
	return r == PTN_OK;
}

static enum ptn_err
migrate(const struct ptn_provision *p, const struct ptn_provision_user *u)
{
	struct ptn_conf who = boss;
	struct ptn_db *d;
	enum ptn_err r;

	who.db_user = u->name;
	who.db_password = u->password;
	who.db_name = p->database;
	d = ptn_db_new(&who, PTN_DB_MIGRATE);
	r = server_migrate(d);
	ptn_db_free(&d);
	return r;
}

/* One user serves, the other one changes the schema, and no more. */
static void
test_two_users(void **state)
{
	struct ptn_provision p = { .database = "two_`us'ers",
		.serve = { "s'1", "p'a\\\"`1", true, false },
		.migrate = { "m-1", "2", true, false } };
	struct ptn_provision again;
	const char *problem;

	(void)state;
	rows_sql("CREATE DATABASE `twox``us'ers`");
	rows_sql("CREATE TABLE `twox``us'ers`.t (i INT)");
	assert_int_equal(provision(&p, &problem), PTN_OK);
	assert_true(p.made && p.serve.made && p.migrate.made);
	assert_string_equal(p.host, "localhost");
	assert_int_equal(migrate(&p, &p.serve), PTN_E_UNAVAILABLE);
	assert_int_equal(migrate(&p, &p.migrate), PTN_OK);
	assert_true(can(&p.serve, p.database, "DELETE FROM users WHERE 1 = 0"));
	assert_false(can(&p.serve, p.database, "CREATE TABLE t (i INT)"));
	assert_false(can(&p.serve, p.database, "DROP TABLE users"));
	assert_false(can(&p.migrate, p.database, "CREATE VIEW v AS SELECT 1"));
	/* "_" is no wildcard. */
	assert_false(can(&p.serve, "twox`us'ers", "DELETE FROM t"));
	assert_false(can(&p.migrate, "twox`us'ers", "DELETE FROM t"));
	/* Again, by who knows the passwords: nothing is made or taken back. */
	again = p;
	again.made = again.serve.made = again.migrate.made = false;
	again.serve.invented = again.migrate.invented = false;
	assert_int_equal(provision(&again, &problem), PTN_OK);
	assert_false(again.made || again.serve.made || again.migrate.made);
	undo(&again);
	assert_true(can(&p.serve, p.database, "DELETE FROM users WHERE 1 = 0"));
	undo(&p);
	assert_false(can(&p.serve, "", "DO 1"));
	assert_false(can(&p.migrate, "", "DO 1"));
	/* A database of that name can be made again. */
	rows_sql("CREATE DATABASE `two_``us'ers`");
}

static void
test_one_user(void **state)
{
	struct ptn_provision p = { .database = "one",
		.serve = { "one", "1", true, false },
		.migrate = { "", "", false, false } };
	const char *problem;

	(void)state;
	assert_int_equal(provision(&p, &problem), PTN_OK);
	assert_false(p.migrate.made);
	assert_int_equal(migrate(&p, &p.serve), PTN_OK);
	assert_false(can(&p.serve, p.database, "CREATE USER x"));
	undo(&p);
}

/* Whose password nobody knows is not given another; all is as it was. */
static void
test_user_is_there(void **state)
{
	struct ptn_provision p = { .database = "taken",
		.serve = { "fresh", "1", true, false },
		.migrate = { "taken", "2", true, false } };
	const char *problem;

	(void)state;
	rows_sql("CREATE USER taken@localhost IDENTIFIED BY 'theirs'");
	assert_int_equal(provision(&p, &problem), PTN_E_CONFLICT);
	assert_non_null(strstr(problem, "has a user taken@localhost already"));
	assert_false(p.made || p.serve.made || p.migrate.made);
	assert_false(can(&p.serve, "", "DO 1"));
	p.migrate.password = "theirs";
	assert_true(can(&p.migrate, "", "DO 1"));
	rows_sql("CREATE DATABASE taken"); /* it was dropped */
}

/* Who may not make users makes nothing. */
static void
test_no_administrator(void **state)
{
	struct ptn_provision p = { .database = "nobody",
		.serve = { "nobody", "1", true, false },
		.migrate = { "", "", false, false } };
	const char *problem;

	(void)state;
	rows_sql("CREATE USER weak@localhost IDENTIFIED BY 'x'");
	rows_sql("GRANT CREATE, DROP ON nobody.* TO weak@localhost");
	boss.db_user = "weak";
	boss.db_password = "x";
	assert_int_equal(provision(&p, &problem), PTN_E_UNAVAILABLE);
	boss.db_user = "root";
	boss.db_password = "";
	assert_false(p.made || p.serve.made);
	rows_sql("CREATE DATABASE nobody");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_users),
		cmocka_unit_test(test_one_user),
		cmocka_unit_test(test_user_is_there),
		cmocka_unit_test(test_no_administrator),
	};

	return cmocka_run_group_tests(tests, before, rows_teardown);
}
