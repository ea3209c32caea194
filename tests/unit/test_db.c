/*
 * The database, against a real server of our own: run by with-mariadb.sh.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/account/migrate.h"
#include "lib/account/tenant.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/db/conn.h"
#include "lib/db/db.h"
#include "lib/db/dberr.h"
#include "lib/db/sql.h"

#define US 1000000
#define PARALLEL 8

static struct ptn_conf conf;
static struct ptn_arena *arena;
static struct ptn_db *admin; /* may do anything */
static struct ptn_db *db;    /* as a worker has it */
static FILE *devnull;

/* ----------------------------------------------------------------- helpers */

static struct ptn_uuid
id_of(unsigned char n)
{
	struct ptn_uuid id = { { 0 } };

	id.b[0] = n;
	id.b[15] = 0xfe; /* no UTF-8 */
	return id;
}

static void
script(const char *sql)
{
	assert_int_equal(ptn_db_script(admin, sql, strlen(sql)), PTN_OK);
}

static void
put(unsigned char n)
{
	struct ptn_t_put_in in = { .id = id_of(n), .s = "x", .n = n };

	assert_int_equal(ptn_sql_t_put(db, &in), PTN_OK);
}

static int64_t
value_of(unsigned char n)
{
	struct ptn_t_get_in in = { .id = id_of(n) };
	struct ptn_t_get_out out;

	assert_int_equal(ptn_sql_t_get(db, arena, &in, &out), PTN_OK);
	return out.n;
}

static size_t
rows(void)
{
	struct ptn_t_all_out *all;
	size_t n;

	assert_int_equal(ptn_sql_t_all(db, arena, &all, &n), PTN_OK);
	return n;
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Kill the connection of a handle behind its back. */
static void
kill_connection(struct ptn_db *victim)
{
	struct ptn_t_me_out me;
	char sql[64];

	assert_int_equal(ptn_sql_t_me(victim, arena, &me), PTN_OK);
	(void)snprintf(sql, sizeof(sql), "KILL CONNECTION %lld",
	    (long long)me.id);
	script(sql);
	pause_ms(100);
}

static int
each_begins(void **state)
{
	uint64_t n;

	(void)state;
	ptn_arena_reset(arena);
	return ptn_sql_t_clear(db, &n) == PTN_OK ? 0 : -1;
}

/* ------------------------------------------------------------------ faults */

static void
test_faults(void **state)
{
	static const struct {
		unsigned int number;
		enum ptn_dberr problem;
	} cases[] = {
		{ 1062, PTN_DBERR_CONFLICT },
		{ 1452, PTN_DBERR_CONFLICT },
		{ 1213, PTN_DBERR_RETRY },
		{ 1205, PTN_DBERR_RETRY },
		{ 1020, PTN_DBERR_RETRY },
		{ 1047, PTN_DBERR_RETRY },
		{ 1243, PTN_DBERR_STALE },
		{ 1615, PTN_DBERR_STALE },
		{ 2006, PTN_DBERR_UNSENT },
		{ 2013, PTN_DBERR_LOST },
		{ 2055, PTN_DBERR_LOST },
		{ 1927, PTN_DBERR_LOST },
		{ 2014, PTN_DBERR_LOST },
		{ 1040, PTN_DBERR_AWAY },
		{ 1203, PTN_DBERR_AWAY },
		{ 1226, PTN_DBERR_AWAY },
		{ 1114, PTN_DBERR_AWAY },
		{ 1021, PTN_DBERR_AWAY },
		{ 1030, PTN_DBERR_AWAY },
		{ 1290, PTN_DBERR_AWAY },
		{ 1665, PTN_DBERR_AWAY },
		{ 1836, PTN_DBERR_AWAY },
		{ 1129, PTN_DBERR_AWAY },
		{ 1045, PTN_DBERR_AWAY },
		{ 1044, PTN_DBERR_AWAY },
		{ 1049, PTN_DBERR_AWAY },
		{ 2002, PTN_DBERR_AWAY },
		{ 0, PTN_DBERR_OTHER },
		{ 1064, PTN_DBERR_OTHER },
		{ 1406, PTN_DBERR_OTHER },
	};
	const char *what;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(ptn_dberr_of(cases[i].number, &what),
		    cases[i].problem);
}

/* -------------------------------------------------------------- statements */

/* Every statement of sql/queries/ is what it says it is. */
static void
test_prepare(void **state)
{
	struct ptn_conn *c = ptn_conn_new();
	int i;

	(void)state;
	assert_non_null(c);
	assert_int_equal(ptn_conn_open(c, &conf, PTN_DB_SERVE), PTN_DBERR_NONE);
	for (i = 0; i < PTN_STMT_T_PUT; i++) {
		if (ptn_conn_prepare(c, i) != PTN_DBERR_NONE)
			fail_msg("%s: %s", ptn_sql_stmts[i].name,
			    ptn_conn_message(c));
	}
	ptn_conn_free(&c);
	assert_null(c);
	/* Some of ours are wrong, and it says so. */
	assert_int_equal(ptn_db_prepare(db), PTN_E_INTERNAL);
}

/*
 * What a connection states, and what changes the schema states in its place.
 * The server's own settings are others (hostile.sql).
 */
static const struct {
	const char *name;
	const char *serving;
	const char *migrating; /* NULL: the same */
} stated[] = {
	{ "autocommit", "ON", NULL },
	{ "completion_type", "NO_CHAIN", NULL },
	{ "tx_isolation", "READ-COMMITTED", NULL },
	{ "tx_read_only", "OFF", NULL },
	{ "sql_mode", "STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION", NULL },
	{ "time_zone", "+00:00", NULL },
	{ "character_set_client", "utf8mb4", NULL },
	{ "character_set_connection", "utf8mb4", NULL },
	{ "character_set_results", "utf8mb4", NULL },
	{ "collation_connection", "utf8mb4_bin", NULL },
	{ "foreign_key_checks", "ON", NULL },
	{ "unique_checks", "ON", NULL },
	{ "sql_safe_updates", "OFF", NULL },
	{ "sql_select_limit", "18446744073709551615", NULL },
	{ "sql_big_selects", "ON", NULL },
	{ "sql_auto_is_null", "OFF", NULL },
	{ "innodb_lock_wait_timeout", "5", "300" },
	{ "lock_wait_timeout", "5", "300" },
	{ "max_statement_time", "8.000000", "0.000000" },
};

static void
assert_stated(struct ptn_db *d, const char *name, const char *value)
{
	const struct ptn_t_variable_in in = { .name = name };
	struct ptn_t_variable_out v;

	if (ptn_sql_t_variable(d, arena, &in, &v) != PTN_OK)
		fail_msg("%s: no such variable", name);
	if (strcmp(v.here, value) != 0)
		fail_msg("%s is %s, not %s", name, v.here, value);
	if (strcmp(v.everywhere, value) == 0)
		fail_msg("%s is %s for everybody", name, value);
}

/* How many variables a statement sets. */
static size_t
settings(int stmt)
{
	const char *p = ptn_sql_stmts[stmt].text;
	size_t n = 0;

	while ((p = strstr(p, " = ")) != NULL) {
		p++;
		n++;
	}
	return n;
}

static void
test_session(void **state)
{
	const size_t all = sizeof(stated) / sizeof(stated[0]);
	struct ptn_t_now_out now;
	size_t i;

	(void)state;
	for (i = 0; i < all; i++) {
		assert_stated(db, stated[i].name, stated[i].serving);
		assert_stated(admin, stated[i].name,
		    stated[i].migrating != NULL ? stated[i].migrating
						: stated[i].serving);
	}
	assert_int_equal(settings(PTN_STMT_DB_SESSION), all);
	assert_int_equal(ptn_sql_t_now(db, arena, &now), PTN_OK);
	assert_true(llabs((long long)(now.now - ptn_clock_us())) < 5 * US);
}

/* What a statement by itself did is done: another connection sees it. */
static void
test_alone(void **state)
{
	struct ptn_db *other = ptn_db_new(&conf, PTN_DB_SERVE);
	struct ptn_t_get_in get = { .id = id_of(1) };
	struct ptn_t_get_out out;

	(void)state;
	put(1);
	assert_int_equal(ptn_sql_t_get(other, arena, &get, &out), PTN_OK);
	ptn_db_free(&other);
}

static char long_text[60001];
static const uint8_t some_bytes[] = { 0, 1, 0xff, '\'', '\\', 0 };

static void
test_types(void **state)
{
	static const struct ptn_t_put_in cases[] = {
		{ .s = NULL, .b = { NULL, 0 }, .n = 0, .t = 0 },
		{ .s = "", .b = { some_bytes, 0 }, .n = 1, .t = 1 },
		{ .s = "a", .b = { some_bytes, 1 }, .n = -1, .t = -1 },
		{ .s = "it's; -- \\ ?",
		    .b = { some_bytes, 6 },
		    .n = INT64_MAX,
		    .t = (int64_t)1704067199 * US + 999999 },
		{ .s = "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
		    .n = INT64_MIN,
		    .t = (int64_t)-1234567890 * US - 1 },
		{ .s = long_text,
		    .b = { (const uint8_t *)long_text, 60000 },
		    .n = 42,
		    .t = (int64_t)1709210096 * US + 7 },
	};
	struct ptn_t_get_in get;
	struct ptn_t_get_out out;
	size_t i;

	(void)state;
	memset(long_text, 'z', sizeof(long_text) - 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ptn_t_put_in in = cases[i];

		in.id = get.id = id_of((unsigned char)(i + 1));
		if (i % 2 == 1)
			in.other = in.id;
		assert_int_equal(ptn_sql_t_put(db, &in), PTN_OK);
		memset(&out, 0xa5, sizeof(out));
		assert_int_equal(ptn_sql_t_get(db, arena, &get, &out), PTN_OK);
		assert_memory_equal(&out.id, &in.id, sizeof(in.id));
		assert_memory_equal(&out.other, &in.other, sizeof(in.other));
		if (in.s == NULL)
			assert_null(out.s);
		else
			assert_string_equal(out.s, in.s);
		assert_int_equal(out.b.p == NULL, in.b.p == NULL);
		assert_int_equal(out.b.len, in.b.len);
		if (in.b.len > 0)
			assert_memory_equal(out.b.p, in.b.p, in.b.len);
		assert_true(out.n == in.n);
		assert_true(out.t == in.t);
	}
}

static void
test_bound_twice(void **state)
{
	const struct ptn_t_twice_in in = { .n = 7, .m = 8 };
	struct ptn_t_twice_out out;

	(void)state;
	assert_int_equal(ptn_sql_t_twice(db, arena, &in, &out), PTN_OK);
	assert_true(out.n == 7 && out.m == 8 && out.again == 7);
}

/* An id finds its row by the key, not by a scan. */
static void
test_key_used(void **state)
{
	const struct ptn_t_index_use_in in = { .id = id_of(200) };
	struct ptn_t_index_use_out one;
	struct ptn_t_handler_reads_out before, after;
	unsigned char i;

	(void)state;
	for (i = 1; i <= 50; i++)
		put(i);
	assert_int_equal(ptn_sql_t_handler_reads(db, arena, &before), PTN_OK);
	assert_int_equal(ptn_sql_t_index_use(db, arena, &in, &one), PTN_OK);
	assert_int_equal(ptn_sql_t_handler_reads(db, arena, &after), PTN_OK);
	assert_true(after.n - before.n < 50);
}

static void
test_one(void **state)
{
	struct ptn_t_get_in get = { .id = id_of(9) };
	struct ptn_t_put_in two = { .other = id_of(5) };
	const struct ptn_t_by_other_in by = { .other = id_of(5) };
	struct ptn_t_get_out out;
	struct ptn_t_by_other_out n;

	(void)state;
	assert_int_equal(ptn_sql_t_get(db, arena, &get, &out), PTN_E_NOT_FOUND);
	two.id = id_of(1);
	assert_int_equal(ptn_sql_t_put(db, &two), PTN_OK);
	assert_int_equal(ptn_sql_t_by_other(db, arena, &by, &n), PTN_OK);
	two.id = id_of(2);
	assert_int_equal(ptn_sql_t_put(db, &two), PTN_OK);
	two.id = id_of(3);
	assert_int_equal(ptn_sql_t_put(db, &two), PTN_OK);
	assert_int_equal(ptn_sql_t_by_other(db, arena, &by, &n),
	    PTN_E_INTERNAL);
	/* The rows that nobody wanted are not in the way. */
	assert_int_equal(rows(), 3);
}

static void
test_many(void **state)
{
	struct ptn_arena *small = ptn_arena_new(4096);
	struct ptn_t_put_in in = { .s = "some text" };
	struct ptn_t_all_out *all;
	size_t n, i;

	(void)state;
	assert_int_equal(ptn_sql_t_all(db, arena, &all, &n), PTN_OK);
	assert_int_equal(n, 0);
	for (i = 0; i < 200; i++) {
		in.id = id_of((unsigned char)(i + 1));
		in.n = (int64_t)i;
		assert_int_equal(ptn_sql_t_put(db, &in), PTN_OK);
	}
	assert_int_equal(ptn_sql_t_all(db, arena, &all, &n), PTN_OK);
	assert_int_equal(n, 200);
	for (i = 0; i < n; i++) {
		assert_int_equal(all[i].n, i);
		assert_string_equal(all[i].s, "some text");
	}
	assert_int_equal(ptn_sql_t_all(db, small, &all, &n), PTN_E_NOMEM);
	assert_int_equal(n, 0);
	assert_int_equal(rows(), 200);
	ptn_arena_free(&small);
}

static void
test_counts(void **state)
{
	struct ptn_t_set_n_in set = { .n = 5, .id = id_of(1) };
	const struct ptn_t_bump_in bump = { .id = id_of(1) };
	const struct ptn_t_bump_in nobody = { .id = id_of(9) };
	uint64_t n;

	(void)state;
	put(1);
	assert_int_equal(ptn_sql_t_set_n(db, &set, &n), PTN_OK);
	assert_int_equal(n, 1);
	/* Matched, not changed. */
	assert_int_equal(ptn_sql_t_set_n(db, &set, &n), PTN_OK);
	assert_int_equal(n, 1);
	set.id = id_of(2);
	assert_int_equal(ptn_sql_t_set_n(db, &set, &n), PTN_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ptn_sql_t_bump(db, &bump, &n), PTN_OK);
	assert_int_equal(n, 6);
	assert_int_equal(ptn_sql_t_bump(db, &nobody, &n), PTN_OK);
	assert_int_equal(n, 0);
}

static void
test_refusals(void **state)
{
	struct ptn_t_put_in in = { .id = id_of(1) };
	const struct ptn_t_bad_value_in bad = { .s = "no date" };
	struct ptn_t_too_big_out big;
	struct ptn_t_zero_date_out zero;
	struct ptn_t_short_id_out short_id;
	struct ptn_t_long_id_out long_id;
	struct ptn_t_nul_out nul;
	struct ptn_t_wrong_type_out type;
	struct ptn_t_wrong_count_out count;
	struct ptn_t_me_out me;

	(void)state;
	put(1);
	assert_int_equal(ptn_sql_t_put(db, &in), PTN_E_CONFLICT);
	in.id = id_of(2);
	in.s = "\xff not UTF-8";
	assert_int_equal(ptn_sql_t_put(db, &in), PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_bad_value(db, &bad), PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_too_big(db, arena, &big), PTN_E_INTERNAL);
	/* The flag of the cell does not stick to the next statement. */
	assert_int_equal(ptn_sql_t_me(db, arena, &me), PTN_OK);
	assert_int_equal(ptn_sql_t_zero_date(db, arena, &zero), PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_short_id(db, arena, &short_id),
	    PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_long_id(db, arena, &long_id),
	    PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_nul(db, arena, &nul), PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_wrong_type(db, arena, &type),
	    PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_wrong_count(db, arena, &count),
	    PTN_E_INTERNAL);
	assert_int_equal(ptn_sql_t_rows_from_none(db), PTN_E_INTERNAL);
	assert_int_equal(rows(), 1);
}

/* ------------------------------------------------------------ transactions */

enum tx_does {
	DOES_NOTHING,
	DOES_OK,
	DOES_REFUSE,
	DOES_CONFLICT,
	DOES_NEST,
	DOES_IGNORE
};

struct tx {
	enum tx_does what;
	int runs;
	int kill_in_run; /* between the statements; 0: never */
	int kill_at_end; /* before COMMIT */
	unsigned char first, second;
};

static enum ptn_err
tx_fn(struct ptn_db *d, void *arg)
{
	struct tx *tx = arg;
	struct ptn_t_put_in in = { .id = id_of(1), .n = 1 };
	enum ptn_err r;

	tx->runs++;
	assert_true(ptn_db_in_tx(d));
	if (tx->what == DOES_NOTHING)
		return PTN_E_DENIED;
	if ((r = ptn_sql_t_put(d, &in)) != PTN_OK)
		return r;
	if (tx->what == DOES_CONFLICT)
		assert_int_equal(ptn_sql_t_put(d, &in), PTN_E_CONFLICT);
	if (tx->what == DOES_NEST)
		return ptn_db_tx(d, tx_fn, tx);
	if (tx->kill_in_run == tx->runs)
		kill_connection(d);
	in.id = id_of(2);
	r = ptn_sql_t_put(d, &in);
	if (tx->what == DOES_IGNORE)
		return PTN_OK;
	if (r != PTN_OK)
		return r;
	if (tx->kill_at_end == tx->runs)
		kill_connection(d);
	return tx->what == DOES_REFUSE ? PTN_E_GONE : PTN_OK;
}

static void
test_tx(void **state)
{
	static const struct {
		enum tx_does what;
		enum ptn_err r;
		size_t rows;
		uint64_t trips; /* BEGIN, statements, COMMIT or ROLLBACK */
	} cases[] = {
		{ DOES_NOTHING, PTN_E_DENIED, 0, 0 },
		{ DOES_OK, PTN_OK, 2, 4 },
		{ DOES_REFUSE, PTN_E_GONE, 0, 4 },
		{ DOES_CONFLICT, PTN_OK, 2, 5 },
		{ DOES_NEST, PTN_E_INTERNAL, 0, 3 },
	};
	uint64_t before;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tx tx = { .what = cases[i].what };

		(void)each_begins(NULL);
		before = ptn_db_count(db);
		assert_int_equal(ptn_db_tx(db, tx_fn, &tx), cases[i].r);
		assert_int_equal(ptn_db_count(db) - before, cases[i].trips);
		assert_false(ptn_db_in_tx(db));
		assert_int_equal(tx.runs, 1);
		assert_int_equal(rows(), cases[i].rows);
	}
}

/* The connection goes in the middle: all is run again, and only once kept. */
static void
test_tx_lost(void **state)
{
	struct tx tx = { .what = DOES_OK, .kill_in_run = 1 };

	(void)state;
	assert_int_equal(ptn_db_tx(db, tx_fn, &tx), PTN_OK);
	assert_int_equal(tx.runs, 2);
	assert_int_equal(rows(), 2);
	/* A fn that overlooks the failure does not get half its work kept. */
	(void)each_begins(NULL);
	tx = (struct tx){ .what = DOES_IGNORE, .kill_in_run = 1 };
	assert_int_equal(ptn_db_tx(db, tx_fn, &tx), PTN_OK);
	assert_int_equal(tx.runs, 2);
	assert_int_equal(rows(), 2);
	/* A COMMIT that cannot be sent did not take place. */
	(void)each_begins(NULL);
	tx = (struct tx){ .what = DOES_OK, .kill_at_end = 1 };
	assert_int_equal(ptn_db_tx(db, tx_fn, &tx), PTN_OK);
	assert_int_equal(tx.runs, 2);
	assert_int_equal(rows(), 2);
}

/* Of two that meet: what each writes when it is there. */
static int there[2][2];

static void
meet(int me)
{
	char c = 'x';

	(void)close(there[1 - me][1]); /* one that dies is not waited for */
	(void)!write(there[me][1], &c, 1);
	(void)!read(there[1 - me][0], &c, 1);
}

/* Lock two rows in an order, add one to each. */
static enum ptn_err
deadlock_fn(struct ptn_db *d, void *arg)
{
	struct tx *tx = arg;
	struct ptn_t_lock_in in = { .id = id_of(tx->first) };
	struct ptn_t_lock_out out;
	struct ptn_t_bump_in bump;
	uint64_t n;
	enum ptn_err r;

	tx->runs++;
	if ((r = ptn_sql_t_lock(d, arena, &in, &out)) != PTN_OK)
		return r;
	if (tx->runs == 1)
		meet(tx->first - 1); /* with a lock that the other wants */
	in.id = id_of(tx->second);
	if ((r = ptn_sql_t_lock(d, arena, &in, &out)) != PTN_OK)
		return r;
	bump.id = id_of(tx->first);
	if ((r = ptn_sql_t_bump(d, &bump, &n)) != PTN_OK)
		return r;
	bump.id = id_of(tx->second);
	return ptn_sql_t_bump(d, &bump, &n);
}

static int
deadlock_child(unsigned char first, unsigned char second)
{
	struct tx tx = { .first = first, .second = second };
	struct ptn_db *own = ptn_db_new(&conf, PTN_DB_SERVE);
	enum ptn_err r = ptn_db_tx(own, deadlock_fn, &tx);

	ptn_db_free(&own);
	return r == PTN_OK ? tx.runs : 99;
}

static void
test_deadlock(void **state)
{
	int status, i, runs = 0;

	(void)state;
	put(1);
	put(2);
	for (i = 0; i < 2; i++)
		assert_int_equal(pipe(there[i]), 0);
	for (i = 0; i < 2; i++) {
		if (fork() == 0)
			_exit(deadlock_child(i == 0 ? 1 : 2, i == 0 ? 2 : 1));
	}
	for (i = 0; i < 2; i++) {
		(void)close(there[i][0]);
		(void)close(there[i][1]);
	}
	for (i = 0; i < 2; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_in_range(WEXITSTATUS(status), 1, 5);
		runs += WEXITSTATUS(status);
	}
	assert_true(runs >= 3);
	assert_int_equal(value_of(1), 3);
	assert_int_equal(value_of(2), 4);
}

/* -------------------------------------------------------- lost connections */

static void
test_killed(void **state)
{
	(void)state;
	kill_connection(db);
	assert_int_equal(rows(), 0);
	/* What was not sent can be sent again, whatever it is. */
	kill_connection(db);
	put(1);
	assert_int_equal(rows(), 1);
}

/* The lock went with the connection: a migration stops. */
static void
test_killed_migration(void **state)
{
	struct ptn_db *m = ptn_db_new(&conf, PTN_DB_MIGRATE);
	struct ptn_t_me_out me;

	(void)state;
	kill_connection(m);
	assert_int_equal(ptn_sql_t_me(m, arena, &me), PTN_E_UNAVAILABLE);
	ptn_db_free(&m);
}

static void
test_access(void **state)
{
	struct ptn_conf cf = conf;
	struct ptn_db *d;
	struct ptn_t_me_out me;

	(void)state;
	cf.db_user = "nobody_of_that_name";
	cf.db_password = "wrong";
	d = ptn_db_new(&cf, PTN_DB_SERVE);
	assert_int_equal(ptn_db_connect(d), PTN_E_UNAVAILABLE);
	ptn_db_free(&d);
	cf.db_user = conf.db_user;
	cf.db_password = conf.db_password;
	cf.db_name = "no_such_database";
	d = ptn_db_new(&cf, PTN_DB_SERVE);
	assert_int_equal(ptn_sql_t_me(d, arena, &me), PTN_E_UNAVAILABLE);
	ptn_db_free(&d);
}

static void
test_too_many(void **state)
{
	struct ptn_conf cf = conf;
	struct ptn_db *first, *second;
	struct ptn_t_me_out me;

	(void)state;
	script("CREATE USER few@localhost IDENTIFIED BY 'few' "
	       "WITH MAX_USER_CONNECTIONS 1");
	script("GRANT ALL ON postern_test.* TO few@localhost");
	cf.db_user = cf.db_password = "few";
	first = ptn_db_new(&cf, PTN_DB_SERVE);
	second = ptn_db_new(&cf, PTN_DB_SERVE);
	assert_int_equal(ptn_sql_t_me(first, arena, &me), PTN_OK);
	assert_int_equal(ptn_sql_t_me(second, arena, &me), PTN_E_UNAVAILABLE);
	ptn_db_free(&first);
	pause_ms(300);
	assert_int_equal(ptn_sql_t_me(second, arena, &me), PTN_OK);
	ptn_db_free(&second);
}

/*
 * A server that hangs: connecting gives up after two seconds.  The bounds of
 * these tests are far above what they are for, so that a busy machine keeps
 * them.
 */
static void
test_hangs(void **state)
{
	pid_t pid = (pid_t)atoi(getenv("POSTERN_TEST_DB_PID"));
	struct ptn_db *d = ptn_db_new(&conf, PTN_DB_SERVE);
	int64_t start = ptn_clock_mono_ms();
	enum ptn_err r;

	(void)state;
	assert_int_equal(kill(pid, SIGSTOP), 0);
	r = ptn_db_connect(d);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(r, PTN_E_UNAVAILABLE);
	assert_true(ptn_clock_mono_ms() - start < 20000);
	ptn_db_free(&d);
}

/* Killed and started again: fast refusals, then recovery.  Comes last. */
static void
test_server_gone(void **state)
{
	pid_t pid = (pid_t)atoi(getenv("POSTERN_TEST_DB_PID"));
	struct ptn_t_get_in get = { .id = id_of(1) };
	struct ptn_t_get_out out;
	int64_t start;
	enum ptn_err r;
	int i;

	(void)state;
	put(1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	pause_ms(500);
	start = ptn_clock_mono_ms();
	for (i = 0; i < 10000; i++)
		assert_int_equal(ptn_sql_t_get(db, arena, &get, &out),
		    PTN_E_UNAVAILABLE);
	/* Most are refused without asking. */
	assert_true(ptn_clock_mono_ms() - start < 20000);
	pause_ms(3000);
	assert_int_equal(ptn_sql_t_get(db, arena, &get, &out),
	    PTN_E_UNAVAILABLE);
	assert_int_equal(system(getenv("POSTERN_TEST_DB_START")), 0);
	start = ptn_clock_mono_ms();
	do {
		pause_ms(20);
		r = ptn_sql_t_get(db, arena, &get, &out);
	} while (r != PTN_OK && ptn_clock_mono_ms() - start < 20000);
	assert_int_equal(r, PTN_OK);
	assert_int_equal(rows(), 1);
}

/* -------------------------------------------------------------- migrations */

static enum ptn_err
migrate_up(const struct ptn_conf *cf)
{
	struct ptn_db *d = ptn_db_new(cf, PTN_DB_MIGRATE);
	enum ptn_err r = ptn_migrate_up(d, arena, devnull, devnull);

	ptn_db_free(&d);
	return r;
}

static bool
is_pending(const struct ptn_conf *cf)
{
	struct ptn_db *d = ptn_db_new(cf, PTN_DB_MIGRATE);
	bool pending;

	assert_int_equal(
	    ptn_migrate_status(d, arena, devnull, devnull, &pending), PTN_OK);
	ptn_db_free(&d);
	return pending;
}

static enum ptn_err
connect_to(const struct ptn_conf *cf)
{
	struct ptn_db *d = ptn_db_new(cf, PTN_DB_SERVE);
	enum ptn_err r = ptn_db_connect(d);
	struct ptn_t_me_out me;

	/* A request sees "not now", whatever the reason. */
	if (r != PTN_OK)
		assert_int_equal(ptn_sql_t_me(d, arena, &me),
		    PTN_E_UNAVAILABLE);
	ptn_db_free(&d);
	return r;
}

static void
test_migrate_together(void **state)
{
	struct ptn_conf cf = conf;
	struct ptn_tenants *tenants = ptn_tenants_new(&cf);
	struct ptn_tenant tenant;
	struct ptn_scope sc;
	struct ptn_db *d;
	int i, status;

	(void)state;
	cf.db_name = "postern_together";
	script("CREATE DATABASE postern_together");
	assert_true(is_pending(&cf));
	assert_int_equal(connect_to(&cf), PTN_E_CONFIG);
	for (i = 0; i < PARALLEL; i++) {
		if (fork() == 0)
			_exit((int)migrate_up(&cf));
	}
	for (i = 0; i < PARALLEL; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), PTN_OK);
	}
	assert_false(is_pending(&cf));
	assert_int_equal(connect_to(&cf), PTN_OK);
	d = ptn_db_new(&cf, PTN_DB_SERVE);
	assert_non_null(tenants);
	sc = (struct ptn_scope){ .cf = &cf, .db = d, .arena = arena };
	assert_int_equal(ptn_tenants_get(tenants, &sc, NULL, &tenant), PTN_OK);
	assert_true(ptn_uuid_is_v4(&tenant.id));
	assert_false(tenant.named);
	ptn_tenants_free(&tenants);
	ptn_db_free(&d);
	/* Nothing to do is fine. */
	assert_int_equal(migrate_up(&cf), PTN_OK);
}

/* Undone by the row of test_migrate_together's database. */
static void
test_migrate_refusals(void **state)
{
	struct ptn_conf cf = conf;

	(void)state;
	cf.db_name = "postern_together";
	script("INSERT INTO postern_together.schema_migrations VALUES "
	       "(99, 'later', '', 1, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6))");
	assert_int_equal(connect_to(&cf), PTN_E_CONFIG);
	assert_int_equal(migrate_up(&cf), PTN_E_CONFIG);
	script("DELETE FROM postern_together.schema_migrations "
	       "WHERE version = 99");
	assert_int_equal(connect_to(&cf), PTN_OK);

	script("UPDATE postern_together.schema_migrations "
	       "SET checksum = REVERSE(checksum)");
	assert_int_equal(migrate_up(&cf), PTN_E_CONFIG);
	script("UPDATE postern_together.schema_migrations "
	       "SET checksum = REVERSE(checksum)");
	assert_int_equal(migrate_up(&cf), PTN_OK);
}

/* Interrupted behind its third statement: the next run goes on there. */
static void
test_migrate_resumed(void **state)
{
	struct ptn_conf cf = conf;

	(void)state;
	cf.db_name = "postern_resumed";
	script("CREATE DATABASE postern_resumed");
	/* The fourth statement fails: somebody made that table by hand. */
	script("CREATE TABLE postern_resumed.primary_emails (a INT)");
	assert_int_equal(migrate_up(&cf), PTN_E_INTERNAL);
	assert_true(is_pending(&cf));
	assert_int_equal(connect_to(&cf), PTN_E_CONFIG);
	assert_int_equal(migrate_up(&cf), PTN_E_INTERNAL);
	script("DROP TABLE postern_resumed.primary_emails");
	assert_int_equal(migrate_up(&cf), PTN_OK);
	assert_false(is_pending(&cf));
	assert_int_equal(connect_to(&cf), PTN_OK);
}

/* What fails at once has not begun. */
static void
test_migrate_not_begun(void **state)
{
	struct ptn_conf cf = conf;

	(void)state;
	cf.db_name = "postern_not_begun";
	script("CREATE DATABASE postern_not_begun");
	script("CREATE TABLE postern_not_begun.tenants (a INT)");
	assert_int_equal(migrate_up(&cf), PTN_E_INTERNAL);
	assert_true(is_pending(&cf));
	script("DROP TABLE postern_not_begun.tenants");
	assert_int_equal(migrate_up(&cf), PTN_OK);
}

/* -------------------------------------------------------------------- main */

static int
all_begin(void **state)
{
	static const char table[] =
	    "CREATE TABLE t_values (id BINARY(16) NOT NULL PRIMARY KEY, "
	    "s MEDIUMTEXT, b MEDIUMBLOB, n BIGINT NOT NULL, t DATETIME(6), "
	    "other BINARY(16)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 "
	    "COLLATE=utf8mb4_bin";

	(void)state;
	conf.db_host = "localhost";
	conf.db_port = 3306;
	conf.db_socket = getenv("POSTERN_TEST_DB_SOCKET");
	conf.db_name = getenv("POSTERN_TEST_DB_NAME");
	conf.db_user = "root";
	conf.db_password = conf.db_migrate_user = "";
	conf.db_migrate_password = "";
	if (conf.db_socket == NULL || conf.db_name == NULL) {
		(void)fputs("run me by with-mariadb.sh\n", stderr);
		return -1;
	}
	ptn_log_init(PTN_LOG_INFO, "test_db");
	devnull = fopen("/dev/null", "w");
	arena = ptn_arena_new((size_t)4 * 1024 * 1024);
	admin = ptn_db_new(&conf, PTN_DB_MIGRATE);
	db = ptn_db_new(&conf, PTN_DB_SERVE);
	if (ptn_crypto_init() != PTN_OK || migrate_up(&conf) != PTN_OK)
		return -1;
	script(table);
	return ptn_db_connect(db) == PTN_OK ? 0 : -1;
}

static int
all_end(void **state)
{
	(void)state;
	ptn_db_free(&db);
	ptn_db_free(&db); /* takes a cleared pointer */
	ptn_db_free(&admin);
	ptn_arena_free(&arena);
	(void)fclose(devnull);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_session),
		cmocka_unit_test_setup(test_alone, each_begins),
		cmocka_unit_test_setup(test_types, each_begins),
		cmocka_unit_test_setup(test_bound_twice, each_begins),
		cmocka_unit_test_setup(test_key_used, each_begins),
		cmocka_unit_test_setup(test_one, each_begins),
		cmocka_unit_test_setup(test_many, each_begins),
		cmocka_unit_test_setup(test_counts, each_begins),
		cmocka_unit_test_setup(test_refusals, each_begins),
		cmocka_unit_test_setup(test_tx, each_begins),
		cmocka_unit_test_setup(test_tx_lost, each_begins),
		cmocka_unit_test_setup(test_deadlock, each_begins),
		cmocka_unit_test_setup(test_killed, each_begins),
		cmocka_unit_test(test_killed_migration),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_migrate_together),
		cmocka_unit_test(test_migrate_refusals),
		cmocka_unit_test(test_migrate_resumed),
		cmocka_unit_test(test_migrate_not_begun),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test_setup(test_server_gone, each_begins),
	};

	return cmocka_run_group_tests(tests, all_begin, all_end);
}
