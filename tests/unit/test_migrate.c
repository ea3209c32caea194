/*
 * Migrations: what they tell, and what they refuse.  That hosts take turns,
 * and go on where one stopped, is in test_db.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/migrate.h"
#include "lib/db/migrations.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

static struct ptn_conf other; /* with a database of the test's own */
static char *out, *err;	      /* what was told */

static void
use(const char *name)
{
	other = conf;
	other.db_name = name;
	rows_sql("CREATE DATABASE %s", name);
}

static enum ptn_err
told(bool status, bool *pending)
{
	struct ptn_db *d = ptn_db_new(&other, PTN_DB_MIGRATE);
	size_t len;
	FILE *o, *e;
	enum ptn_err r;

	free(out);
	free(err);
	o = open_memstream(&out, &len);
	e = open_memstream(&err, &len);
	assert_true(d != NULL && o != NULL && e != NULL);
	r = status ? ptn_migrate_status(d, arena, o, e, pending)
		   : ptn_migrate_up(d, arena, o, e);
	assert_int_equal(fclose(o), 0);
	assert_int_equal(fclose(e), 0);
	ptn_db_free(&d);
	return r;
}

static enum ptn_err
up(void)
{
	return told(false, NULL);
}

static bool
is_pending(void)
{
	bool pending = false;

	assert_int_equal(told(true, &pending), PTN_OK);
	return pending;
}

static int
teardown(void **state)
{
	free(out);
	free(err);
	return rows_teardown(state);
}

/* How many lines have this in them. */
static int
lines(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

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
	use("brought_up");
	assert_true(is_pending());
	assert_int_equal(lines(out, " pending\n"), ptn_migrations_n);
	assert_int_equal(lines(out, "\n"), ptn_migrations_n);
	assert_int_equal(tables(), 0); /* that was a question */
	assert_int_equal(up(), PTN_OK);
	assert_int_equal(lines(out, ": applied\n"), ptn_migrations_n);
	assert_string_equal(err, "");
	last = ptn_arena_printf(arena, "the schema has version %d\n",
	    ptn_migrations_n);
	assert_non_null(strstr(out, last));
	assert_int_equal(lines(out, "\n"), ptn_migrations_n + 1);
	assert_false(is_pending());
	assert_int_equal(lines(out, " applied 20"), ptn_migrations_n);
	assert_int_equal(lines(out, ptn_migrations[0].name), 1);
	assert_int_equal(up(), PTN_OK);
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
	use("default_tenant");
	assert_int_equal(up(), PTN_OK);
	first = rows_number(id);
	rows_sql("INSERT INTO default_tenant.tenants (id, name, created_at)"
		 " VALUES (REPEAT('x', 16), 'Another', UTC_TIMESTAMP(6))");
	assert_int_equal(up(), PTN_OK);
	assert_int_equal(rows_number("SELECT COUNT(*)"
				     " FROM default_tenant.tenants"),
	    2);
	assert_int_equal(rows_number(id), first);
}

/* A statement that fails is named, and so is how far it came. */
static void
stopped(void **state)
{
	(void)state;
	use("stopped");
	rows_sql("CREATE TABLE stopped.primary_emails (a INT)");
	assert_int_equal(up(), PTN_E_INTERNAL);
	assert_int_equal(lines(out, "applied"), 0);
	assert_int_equal(lines(err, "stopped at statement 4 of "), 1);
	assert_int_equal(lines(err, "the database has it in part"), 1);
	assert_true(is_pending());
	assert_int_equal(lines(out, "interrupted after 3 of "), 1);
	assert_int_equal(lines(out, "pending"), ptn_migrations_n - 1);
	rows_sql("DROP TABLE stopped.primary_emails");
	assert_int_equal(up(), PTN_OK);
	assert_int_equal(lines(out, "was interrupted, going on"), 1);
	assert_int_equal(lines(out, ": applied\n"), ptn_migrations_n);
	assert_false(is_pending());
}

/* A history that is not ours is not touched; asking about it says why. */
static void
refused(void **state)
{
	static const struct {
		const char *make, *undo, *why;
	} cases[] = {
		{ "INSERT INTO refused.schema_migrations VALUES (99, 'later',"
		  " '', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))",
		    "DELETE FROM refused.schema_migrations WHERE version = 99",
		    "it is too old" },
		{ "UPDATE refused.schema_migrations SET version = 90"
		  " WHERE version = 2",
		    "UPDATE refused.schema_migrations SET version = 2"
		    " WHERE version = 90",
		    "it is too old" },
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
	use("refused");
	assert_int_equal(up(), PTN_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rows_sql("%s", cases[i].make);
		assert_int_equal(up(), PTN_E_CONFIG);
		assert_int_equal(lines(err, cases[i].why), 1);
		assert_string_equal(out, "");
		pending = false;
		assert_int_equal(told(true, &pending), PTN_E_CONFIG);
		assert_int_equal(lines(err, cases[i].why), 1);
		assert_true(pending);
		rows_sql("%s", cases[i].undo);
	}
	assert_int_equal(up(), PTN_OK);
}

static void
nobody_there(void **state)
{
	bool pending = false;

	(void)state;
	other = conf;
	other.db_socket = "/nonexistent/socket";
	assert_int_equal(up(), PTN_E_UNAVAILABLE);
	assert_int_equal(told(true, &pending), PTN_E_UNAVAILABLE);
	assert_true(pending);
}

#define T(f) cmocka_unit_test_setup(f, rows_each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(brought_up),
		T(default_tenant),
		T(stopped),
		T(refused),
		T(nobody_there),
	};

	return cmocka_run_group_tests(tests, rows_setup, teardown);
}
