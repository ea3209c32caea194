/*
 * Migrations: what they tell, what they refuse, and what a host that serves
 * makes of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/migrate.h" /* $POSTERN_TEST_DB */

#define HOSTS 8

static int64_t
tables(void)
{
	return rows_number("SELECT COUNT(*) FROM information_schema.tables"
			   " WHERE table_schema = '%s'",
	    other.db_name);
}

static void
brought_up(void **state)
{
	char *last = NULL;

	(void)state;
	migrate_at("brought_up");
	assert_true(is_pending());
	assert_int_equal(lines(out, " pending\n"), ptn_migrations_n);
	assert_int_equal(lines(out, "\n"), ptn_migrations_n);
	assert_int_equal(tables(), 0); /* that was a question */
	assert_int_equal(migrate_up(), PTN_OK);
	assert_int_equal(lines(out, ": applied\n"), ptn_migrations_n);
	assert_string_equal(err, "");
	last = ptn_arena_printf(arena, "the schema has version %d\n",
	    ptn_migrations_n);
	assert_non_null(strstr(out, last));
	assert_int_equal(lines(out, "\n"), ptn_migrations_n + 1);
	assert_false(is_pending());
	assert_int_equal(lines(out, " applied 20"), ptn_migrations_n);
	assert_int_equal(lines(out, ptn_migrations[0].name), 1);
	assert_int_equal(migrate_up(), PTN_OK);
	assert_string_equal(out, last);
}

/* One, whatever else there is, and the same one for good. */
static void
default_tenant(void **state)
{
	static const char id[] = "SELECT CRC32(id) FROM default_tenant.tenants"
				 " WHERE name = 'default'";
	int64_t first;

	(void)state;
	migrate_at("default_tenant");
	assert_int_equal(migrate_up(), PTN_OK);
	first = rows_number(id);
	rows_sql("INSERT INTO default_tenant.tenants (id, name, created_at)"
		 " VALUES (REPEAT('x', 16), 'Another', UTC_TIMESTAMP(6))");
	assert_int_equal(migrate_up(), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*)"
				     " FROM default_tenant.tenants"),
	    2);
	assert_int_equal(rows_number(id), first);
}

/*
 * Somebody who is killed between each statement and its count: what the
 * database has then is what it has if the count is refused.  Each is refused
 * once.
 */
static const char uncounted[] =
    "CREATE TRIGGER uncounted.once BEFORE UPDATE"
    " ON uncounted.schema_migrations FOR EACH ROW"
    " IF NEW.done > (SELECT done FROM uncounted_now.counts"
    " WHERE version = NEW.version) THEN"
    " SIGNAL SQLSTATE '45000'; END IF";

static int64_t
count_of(const char *what)
{
	return rows_number("SELECT %s FROM uncounted.schema_migrations", what);
}

static void
uncounted_statements(void **state)
{
	int64_t done, statements;
	int ups;

	(void)state;
	migrate_at("uncounted_now");
	assert_int_equal(migrate_up(), PTN_OK);
	statements = rows_number("SELECT SUM(done)"
				 " FROM uncounted_now.schema_migrations");
	rows_sql("CREATE TABLE uncounted_now.counts"
		 " SELECT version, 0 AS done"
		 " FROM uncounted_now.schema_migrations");
	migrate_at("uncounted");
	/* As a version made it that did not know of "refused". */
	rows_sql("CREATE TABLE uncounted.schema_migrations"
		 " LIKE uncounted_now.schema_migrations");
	rows_sql("ALTER TABLE uncounted.schema_migrations DROP refused");
	rows_sql("%s", uncounted);
	for (ups = 0; migrate_up() != PTN_OK; ups++) {
		done = count_of("SUM(done)");
		assert_int_equal(done, ups);
		assert_int_equal(count_of("SUM(refused)"), 0);
		rows_sql("UPDATE uncounted_now.counts SET done = done + 1"
			 " WHERE version = %d",
		    (int)count_of("MAX(version)"));
	}
	assert_int_equal(ups, statements);
	assert_false(is_pending());
	rows_sql("DROP TABLE uncounted_now.counts");
	assert_int_equal(migrate_shape("uncounted"),
	    migrate_shape("uncounted_now"));
}

/* Many hosts at once: one does it, and none is told that it failed. */
static void
together(void **state)
{
	int i, status;

	(void)state;
	migrate_at("together");
	assert_int_equal(migrate_served(), PTN_E_CONFIG);
	for (i = 0; i < HOSTS; i++) {
		if (fork() == 0)
			_exit((int)migrate_up());
	}
	for (i = 0; i < HOSTS; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), PTN_OK);
	}
	assert_false(is_pending());
	assert_int_equal(migrate_served(), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*) FROM together.tenants"),
	    1);
	assert_int_equal(rows_number("SELECT COUNT(*)"
				     " FROM together.schema_migrations"),
	    ptn_migrations_n);
}

/* A history that is not ours is not touched; asking about it says why. */
static void
refused(void **state)
{
	static const struct {
		const char *make, *undo, *why;
	} cases[] = {
		{ "INSERT INTO refused.schema_migrations VALUES (99, 'later',"
		  " '', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), 0)",
		    "DELETE FROM refused.schema_migrations WHERE version = 99",
		    "it is too old; install the version that migrated it" },
		{ "UPDATE refused.schema_migrations SET version = 90"
		  " WHERE version = 2",
		    "UPDATE refused.schema_migrations SET version = 2"
		    " WHERE version = 90",
		    "it is too old; install the version that migrated it" },
		{ "UPDATE refused.schema_migrations SET version = 0"
		  " WHERE version = 1",
		    "UPDATE refused.schema_migrations SET version = 1"
		    " WHERE version = 0",
		    "has no version" },
		{ "UPDATE refused.schema_migrations"
		  " SET checksum = REVERSE(checksum) WHERE version = 2",
		    "UPDATE refused.schema_migrations"
		    " SET checksum = REVERSE(checksum) WHERE version = 2",
		    "was applied with another text" },
	};
	bool pending;
	size_t i;

	(void)state;
	migrate_at("refused");
	assert_int_equal(migrate_up(), PTN_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rows_sql("%s", cases[i].make);
		assert_int_equal(migrate_up(), PTN_E_CONFIG);
		assert_int_equal(lines(err, cases[i].why), 1);
		assert_string_equal(out, "");
		pending = false;
		assert_int_equal(migrate_told(true, &pending), PTN_E_CONFIG);
		assert_int_equal(lines(err, cases[i].why), 1);
		assert_true(pending);
		/* Who only serves looks at how far it is, not at texts. */
		if (i == 0)
			assert_int_equal(migrate_served(), PTN_E_CONFIG);
		rows_sql("%s", cases[i].undo);
	}
	assert_int_equal(migrate_up(), PTN_OK);
}

/* A table that is not ours is seen before anything is made or written down. */
static void
table_of_another(void **state)
{
	(void)state;
	migrate_at("another");
	rows_sql("CREATE TABLE another.sessions (theirs INT)");
	assert_int_equal(migrate_up(), PTN_E_UNPROCESSABLE);
	assert_non_null(strstr(err, "has a table \"sessions\" that is not"));
	assert_string_equal(
	    rows_select("SELECT GROUP_CONCAT(table_name ORDER BY table_name)"
			" FROM information_schema.tables"
			" WHERE table_schema = 'another'"),
	    "schema_migrations,sessions\n");
	assert_int_equal(
	    rows_number("SELECT COUNT(*) FROM another.schema_migrations"), 0);
	rows_sql("DROP TABLE another.sessions");
	assert_int_equal(migrate_up(), PTN_OK);
}

static void
nobody_there(void **state)
{
	bool pending = false;

	(void)state;
	other = conf;
	other.db_socket = "/nonexistent/socket";
	assert_int_equal(migrate_up(), PTN_E_UNAVAILABLE);
	assert_int_equal(migrate_told(true, &pending), PTN_E_UNAVAILABLE);
	assert_true(pending);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(brought_up),
		T(default_tenant),
		T(uncounted_statements),
		T(together),
		T(refused),
		T(table_of_another),
		T(nobody_there),
	};

	return cmocka_run_group_tests(tests, rows_setup, migrate_teardown);
}
