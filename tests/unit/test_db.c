/* What statements are, take and give, against a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/conn.h"
#include "lib/db/dberr.h"
#include "lib/db/nodes.h"
#include "tests/unit/db.h" /* $POSTERN_TEST_DB */

#define US 1000000

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
		{ 1047, PTN_DBERR_NODE },
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
		{ 1290, PTN_DBERR_NODE },
		{ 1665, PTN_DBERR_AWAY },
		{ 1836, PTN_DBERR_NODE },
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

/* Every statement on tables of ours is what it says it is. */
static void
test_prepare(void **state)
{
	struct ptn_conn *c = ptn_conn_new();
	struct ptn_nodes ns;
	int i;

	(void)state;
	assert_non_null(c);
	ptn_nodes_init(&ns, &conf);
	assert_int_equal(ptn_conn_open(c, &conf, &ns.node[0].place,
			     PTN_DB_SERVE),
	    PTN_DBERR_NONE);
	for (i = 0; i < PTN_STMT_T_PUT; i++) {
		if (!ptn_sql_stmts[i].other &&
		    ptn_conn_prepare(c, i) != PTN_DBERR_NONE)
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

/* -------------------------------------------------------------- TLS fails */

/* Who greets as a MariaDB that has TLS, and then speaks none. */
static pid_t
greet_without_tls(struct sockaddr_in *sin)
{
	/* Version, thread, SSL and PROTOCOL_41 among the capabilities. */
	static const char greeting[] = "\x52\0\0\0\x0a"
				       "11.4.0-MariaDB\0"
				       "\1\0\0\0"
				       "abcdefgh\0"
				       "\x08\x8a\x2d\2\0\x08\0\x15"
				       "\0\0\0\0\0\0\0\0\0\0"
				       "ijklmnopqrst\0"
				       "mysql_native_password\0";
	socklen_t len = sizeof(*sin);
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	char buf[512];
	pid_t pid;
	int peer;

	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)sin, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)sin, &len), 0);
	if ((pid = fork()) == 0) {
		peer = accept(fd, NULL, NULL);
		(void)!write(peer, greeting, sizeof(greeting) - 1);
		(void)!read(peer, buf, sizeof(buf));
		(void)!write(peer, "no TLS here\n", 12);
		(void)!read(peer, buf, sizeof(buf));
		_exit(0);
	}
	assert_int_equal(close(fd), 0);
	return pid;
}

/* What it left behind would be the reason of the next thing that fails. */
static void
test_tls_failed(void **state)
{
	static const char *const cas[] = { "", "/nonexistent/ca.pem" };
	struct ptn_conf other = conf;
	struct sockaddr_in sin;
	struct ptn_db *d;
	size_t i;
	pid_t pid;

	(void)state;
	other.db_socket = "";
	other.db_host = "127.0.0.1";
	other.db_tls = PTN_DB_TLS_REQUIRED;
	other.db_tls_cert = other.db_tls_key = other.db_tls_cipher = "";
	for (i = 0; i < sizeof(cas) / sizeof(cas[0]); i++) {
		pid = greet_without_tls(&sin);
		other.db_port = ntohs(sin.sin_port);
		other.db_tls_ca = cas[i];
		d = ptn_db_new(&other, PTN_DB_MIGRATE);
		assert_non_null(d);
		assert_int_equal(ptn_db_connect(d), PTN_E_UNAVAILABLE);
		assert_int_equal(ERR_peek_error(), 0);
		ptn_db_free(&d);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
}

/* -------------------------------------------------------------------- main */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_prepare),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_tls_failed),
		cmocka_unit_test_setup(test_alone, each_begins),
		cmocka_unit_test_setup(test_types, each_begins),
		cmocka_unit_test_setup(test_bound_twice, each_begins),
		cmocka_unit_test_setup(test_key_used, each_begins),
		cmocka_unit_test_setup(test_one, each_begins),
		cmocka_unit_test_setup(test_many, each_begins),
		cmocka_unit_test_setup(test_counts, each_begins),
		cmocka_unit_test_setup(test_refusals, each_begins),
	};

	return cmocka_run_group_tests(tests, all_begin, all_end);
}
