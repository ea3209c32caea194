#ifndef PTN_TESTS_UNIT_MIGRATE_H
#define PTN_TESTS_UNIT_MIGRATE_H

#include "lib/account/migrate.h"
#include "lib/db/health.h"
#include "lib/db/migrations.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

/*
 * Databases of a test's own, and what migrations tell there.  A test calls
 * migrate_at() first.
 */
static struct ptn_conf other; /* with a database of the test's own */
static char *out, *err;	      /* what was told */

static inline void
migrate_at(const char *name)
{
	other = conf;
	other.db_name = name;
	rows_sql("CREATE DATABASE %s", name);
}

static inline enum ptn_err
migrate_told(bool status, bool *pending)
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

static inline enum ptn_err
migrate_up(void)
{
	return migrate_told(false, NULL);
}

/* What a connection that serves comes to there. */
static inline enum ptn_err
migrate_served(void)
{
	struct ptn_db *d = ptn_db_new(&other, PTN_DB_SERVE);
	struct ptn_health health;
	enum ptn_err r = ptn_db_connect(d);

	/* A request sees "not now", whatever the reason. */
	if (r != PTN_OK)
		assert_int_equal(ptn_health(d, arena, &health),
		    PTN_E_UNAVAILABLE);
	ptn_db_free(&d);
	return r;
}

static inline int
migrate_teardown(void **state)
{
	free(out);
	free(err);
	return rows_teardown(state);
}

/* What tables, columns and keys it has, as one number. */
static inline int64_t
migrate_shape(const char *name)
{
	return rows_number("SELECT SUM(CRC32(s)) FROM ("
			   "SELECT CONCAT_WS(',', table_name, column_name,"
			   " ordinal_position, column_type, is_nullable,"
			   " column_default) AS s"
			   " FROM information_schema.columns"
			   " WHERE table_schema = '%s' UNION ALL "
			   "SELECT CONCAT_WS(',', table_name, index_name,"
			   " seq_in_index, column_name, non_unique)"
			   " FROM information_schema.statistics"
			   " WHERE table_schema = '%s' UNION ALL "
			   "SELECT CONCAT_WS(',', table_name, constraint_name,"
			   " delete_rule)"
			   " FROM information_schema.referential_constraints"
			   " WHERE constraint_schema = '%s') x",
	    name, name, name);
}

static bool
is_pending(void)
{
	bool pending = false;

	assert_int_equal(migrate_told(true, &pending), PTN_OK);
	return pending;
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

#endif
