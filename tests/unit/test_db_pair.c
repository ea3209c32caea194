/* Two statements that are sent at once (lib/db/pair.h), and their faults. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/db/conn.h"
#include "lib/db/nodes.h"
#include "tests/unit/db.h" /* $POSTERN_TEST_DB */

static struct ptn_conn *conn;

/* A connection of its own, and two rows. */
static int
opens(void **state)
{
	struct ptn_nodes ns;

	if (each_begins(state) != 0)
		return -1;
	put(1);
	put(2);
	ptn_nodes_init(&ns, &conf);
	conn = ptn_conn_new();
	return conn != NULL &&
		ptn_conn_open(conn, &conf, &ns.node[0].place, PTN_DB_SERVE) ==
		    PTN_DBERR_NONE
	    ? 0
	    : -1;
}

static int
closes(void **state)
{
	(void)state;
	ptn_conn_free(&conn);
	return 0;
}

static enum ptn_dberr
both(int first, int second, struct ptn_conn_result *res)
{
	*res = (struct ptn_conn_result){ .a = arena,
		.row_size = sizeof(struct ptn_t_all_out) };
	return ptn_conn_run_behind(conn, first, second, NULL, res);
}

static enum ptn_dberr
plain(int stmt)
{
	return ptn_conn_run(conn, stmt, NULL, NULL);
}

/* What is asked next has its own answer, and no other. */
static void
is_in_step(void)
{
	struct ptn_conn_result res;
	struct ptn_t_me_out me[2];
	int i;

	for (i = 0; i < 2; i++) {
		res = (struct ptn_conn_result){ .a = arena,
			.one = true,
			.rows = &me[i],
			.row_size = sizeof(me[i]) };
		assert_int_equal(
		    ptn_conn_run(conn, PTN_STMT_T_ME, NULL, &res),
		    PTN_DBERR_NONE);
		assert_int_equal(res.n, 1);
	}
	assert_true(me[0].id > 0);
	assert_int_equal(me[0].id, me[1].id);
	assert_int_equal(both(PTN_STMT_DB_BEGIN, PTN_STMT_T_ALL, &res),
	    PTN_DBERR_NONE);
	assert_int_equal(res.n, 2);
	assert_int_equal(plain(PTN_STMT_DB_ROLLBACK), PTN_DBERR_NONE);
}

static void
test_both_well(void **state)
{
	(void)state;
	is_in_step();
	is_in_step();
}

/* The fault is that of the first, whatever the second one says. */
static void
test_first_refused(void **state)
{
	static const int seconds[] = { PTN_STMT_T_ALL, PTN_STMT_T_ME,
		PTN_STMT_T_STALE };
	struct ptn_conn_result res;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		assert_int_equal(both(PTN_STMT_T_REFUSED, seconds[i], &res),
		    PTN_DBERR_RETRY);
		assert_int_equal(ptn_conn_number(conn), 1213);
		assert_string_not_equal(ptn_conn_message(conn), "");
		is_in_step();
	}
}

static void
forget_stale(void)
{
	static const char sql[] = "SET @stale = NULL";

	assert_int_equal(ptn_conn_text(conn, sql, sizeof(sql) - 1),
	    PTN_DBERR_NONE);
}

/* It is prepared and run anew, without what was ahead of it: that stands. */
static void
test_second_stale(void **state)
{
	struct ptn_conn_result res;
	struct ptn_t_all_out *row;

	(void)state;
	assert_int_equal(both(PTN_STMT_DB_BEGIN, PTN_STMT_T_STALE, &res),
	    PTN_DBERR_NONE);
	assert_int_equal(res.affected, 2);
	assert_int_equal(plain(PTN_STMT_DB_ROLLBACK), PTN_DBERR_NONE);
	assert_int_equal(value_of(1), 1);
	is_in_step();
	/* Where it is noticed among the rows. */
	forget_stale();
	res = (struct ptn_conn_result){ .a = arena,
		.row_size = sizeof(struct ptn_t_read_stale_out) };
	assert_int_equal(
	    ptn_conn_run_behind(conn, PTN_STMT_DB_BEGIN,
		PTN_STMT_T_READ_STALE, NULL, &res),
	    PTN_DBERR_NONE);
	assert_int_equal(res.n, 2);
	assert_int_equal(plain(PTN_STMT_DB_ROLLBACK), PTN_DBERR_NONE);
	/* Without one that may be run again it is the caller's matter. */
	forget_stale();
	assert_int_equal(both(PTN_STMT_T_REFUSED, PTN_STMT_T_STALE, &res),
	    PTN_DBERR_RETRY);
	row = res.rows;
	assert_null(row);
	is_in_step();
}

/* Another column, and another type, between two runs. */
static void
test_table_altered(void **state)
{
	struct ptn_conn_result res;
	struct ptn_t_all_out *row;

	(void)state;
	is_in_step();
	server_script("ALTER TABLE t_values MODIFY n INT NOT NULL, "
		      "ADD COLUMN more INT NULL FIRST");
	is_in_step();
	assert_int_equal(both(PTN_STMT_DB_BEGIN, PTN_STMT_T_ALL, &res),
	    PTN_DBERR_NONE);
	row = res.rows;
	assert_int_equal(row[0].n, 1);
	assert_int_equal(row[1].n, 2);
	assert_string_equal(row[1].s, "x");
	assert_int_equal(plain(PTN_STMT_DB_ROLLBACK), PTN_DBERR_NONE);
	server_script("ALTER TABLE t_values DROP COLUMN more, "
		      "MODIFY n BIGINT NOT NULL");
	is_in_step();
}

static void
test_second_fails(void **state)
{
	struct ptn_conn_result res;

	(void)state;
	is_in_step();
	server_script("RENAME TABLE t_values TO t_elsewhere");
	assert_int_equal(both(PTN_STMT_DB_BEGIN, PTN_STMT_T_ALL, &res),
	    PTN_DBERR_OTHER);
	assert_int_equal(ptn_conn_number(conn), 1146);
	server_script("RENAME TABLE t_elsewhere TO t_values");
	assert_int_equal(plain(PTN_STMT_DB_ROLLBACK), PTN_DBERR_NONE);
	is_in_step();
}

/* Neither was run: all can be run again on a new connection. */
static void
test_connection_gone(void **state)
{
	struct ptn_conn_result res;
	struct ptn_t_me_out me;
	enum ptn_dberr f;
	char sql[64];

	(void)state;
	is_in_step();
	res = (struct ptn_conn_result){ .a = arena,
		.one = true,
		.rows = &me,
		.row_size = sizeof(me) };
	assert_int_equal(ptn_conn_run(conn, PTN_STMT_T_ME, NULL, &res),
	    PTN_DBERR_NONE);
	(void)snprintf(sql, sizeof(sql), "KILL CONNECTION %lld",
	    (long long)me.id);
	server_script(sql);
	pause_ms(100);
	f = both(PTN_STMT_DB_BEGIN, PTN_STMT_T_ALL, &res);
	assert_true(f == PTN_DBERR_UNSENT || f == PTN_DBERR_LOST);
}

static int
begins(void **state)
{
	if (all_begin(state) != 0)
		return -1;
	/* As if a node had lost it; once a connection. */
	server_script("CREATE FUNCTION postern_test.t_stale() RETURNS BIGINT "
		      "BEGIN IF @stale IS NULL THEN SET @stale = 1; "
		      "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1615; "
		      "END IF; RETURN 10; END");
	return 0;
}

#define T(f) cmocka_unit_test_setup_teardown(f, opens, closes)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_both_well),
		T(test_first_refused),
		T(test_second_stale),
		T(test_table_altered),
		T(test_second_fails),
		T(test_connection_gone),
	};

	return cmocka_run_group_tests(tests, begins, all_end);
}
