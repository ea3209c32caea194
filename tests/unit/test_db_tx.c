/*
 * Transactions, and what becomes of them and of all else when a connection or
 * the server goes away.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "tests/unit/db.h" /* $POSTERN_TEST_DB */

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

/* A part is undone alone, with the locks and the rest of the run kept. */
struct part {
	enum ptn_err says;
	bool nests;
	int kill_in_run;
	int runs;
};

static enum ptn_err
part_fn(struct ptn_db *d, void *arg)
{
	struct part *p = arg;
	const struct ptn_t_put_in in = { .id = id_of(2), .n = 1 };
	enum ptn_err r;

	if (p->nests)
		return ptn_db_part(d, part_fn, p);
	if ((r = ptn_sql_t_put(d, &in)) != PTN_OK)
		return r;
	if (p->kill_in_run == p->runs)
		kill_connection(d);
	return p->says;
}

static enum ptn_err
whole_fn(struct ptn_db *d, void *arg)
{
	struct part *p = arg;
	struct ptn_t_put_in in = { .id = id_of(1), .n = 1 };
	enum ptn_err r, said;

	p->runs++;
	if ((r = ptn_sql_t_put(d, &in)) != PTN_OK)
		return r;
	said = ptn_db_part(d, part_fn, p);
	assert_int_equal(said,
	    p->nests			       ? PTN_E_INTERNAL
		: p->kill_in_run == p->runs && p->says != PTN_OK
		? PTN_E_RETRY
		: p->says);
	in.id = id_of(3);
	return ptn_sql_t_put(d, &in);
}

static void
test_part(void **state)
{
	static const struct {
		struct part p;
		size_t rows;
		uint64_t trips;
		int runs;
	} cases[] = {
		{ { .says = PTN_OK }, 3, 6, 1 },
		{ { .says = PTN_E_RATE }, 2, 7, 1 },
		{ { .nests = true }, 2, 6, 1 },
		{ { .says = PTN_E_RATE, .kill_in_run = 1 }, 2, 0, 2 },
		{ { .says = PTN_OK, .kill_in_run = 1 }, 3, 0, 2 },
	};
	struct part p = { .says = PTN_OK };
	uint64_t before;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		p = cases[i].p;
		(void)each_begins(NULL);
		before = ptn_db_count(db);
		assert_int_equal(ptn_db_tx(db, whole_fn, &p), PTN_OK);
		if (cases[i].trips > 0)
			assert_int_equal(ptn_db_count(db) - before,
			    cases[i].trips);
		assert_int_equal(p.runs, cases[i].runs);
		assert_int_equal(rows(), cases[i].rows);
	}
	assert_int_equal(ptn_db_part(db, part_fn, &p), PTN_E_INTERNAL);
	assert_int_equal(rows(), 3);
}

/*
 * What is read before is no transaction, and neither is a statement that is
 * known to be its last one and was its first that writes.
 */
struct steps {
	const char *does; /* a letter for each, as below */
	enum ptn_err says;
	int runs;
};

static enum ptn_err
step_of(struct ptn_db *d, char what, unsigned char id)
{
	const struct ptn_t_put_in put_in = { .id = id_of(id), .n = 1 };
	const struct ptn_t_bump_in bump = { .id = id_of(9) };
	const struct ptn_t_lock_in lock = { .id = id_of(9) };
	struct ptn_t_lock_out locked;
	struct ptn_t_all_out *all;
	uint64_t n;
	enum ptn_err r;
	size_t k;

	switch (what) {
	case 'r':
		return ptn_sql_t_all(d, arena, &all, &k);
	case 'l': /* of a row that there is not */
		r = ptn_sql_t_lock(d, arena, &lock, &locked);
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	case 'u': /* of the same */
		return ptn_sql_t_bump(d, &bump, &n);
	case 'K':
		kill_connection(d);
		return PTN_OK;
	case 's':
		ptn_db_soon(d);
		return PTN_OK;
	case '.':
		ptn_db_last(d);
		return PTN_OK;
	default:
		return ptn_sql_t_put(d, &put_in);
	}
}

static enum ptn_err
steps_fn(struct ptn_db *d, void *arg)
{
	struct steps *s = arg;
	enum ptn_err r;
	size_t i;

	s->runs++;
	for (i = 0; s->does[i] != '\0'; i++) {
		if (s->does[i] == 'K' && s->runs > 1)
			continue;
		r = step_of(d, s->does[i], (unsigned char)(i + 1));
		if (r != PTN_OK)
			return r;
	}
	return s->says;
}

static void
test_last(void **state)
{
	static const struct {
		struct steps s;
		enum ptn_err r;
		size_t rows;
		uint64_t trips; /* 0: not counted */
		int runs;
	} cases[] = {
		{ { "rr", PTN_OK, 0 }, PTN_OK, 0, 2, 1 },
		{ { "rr", PTN_E_GONE, 0 }, PTN_E_GONE, 0, 2, 1 },
		{ { "rl", PTN_OK, 0 }, PTN_OK, 0, 4, 1 },
		{ { "r.w", PTN_OK, 0 }, PTN_OK, 1, 2, 1 },
		{ { "rw.w", PTN_OK, 0 }, PTN_OK, 2, 5, 1 },
		{ { "l.w", PTN_OK, 0 }, PTN_OK, 1, 4, 1 },
		{ { "r.u", PTN_E_GONE, 0 }, PTN_E_GONE, 0, 2, 1 },
		{ { "w.w", PTN_E_GONE, 0 }, PTN_E_GONE, 0, 4, 1 },
		{ { "w.ww", PTN_OK, 0 }, PTN_E_INTERNAL, 0, 4, 1 },
		{ { "rK.w", PTN_OK, 0 }, PTN_OK, 1, 0, 1 },
		{ { "rKw", PTN_OK, 0 }, PTN_OK, 1, 0, 1 },
		{ { "lK.w", PTN_OK, 0 }, PTN_OK, 1, 0, 2 },
		/* With BEGIN beside what is read. */
		{ { "sr", PTN_OK, 0 }, PTN_OK, 0, 3, 1 },
		{ { "srrw", PTN_OK, 0 }, PTN_OK, 1, 5, 1 },
		{ { "sr.w", PTN_OK, 0 }, PTN_OK, 1, 4, 1 },
		{ { "sw", PTN_OK, 0 }, PTN_OK, 1, 3, 1 },
		{ { "srw", PTN_E_GONE, 0 }, PTN_E_GONE, 0, 4, 1 },
		{ { "srKw", PTN_OK, 0 }, PTN_OK, 1, 0, 2 },
		{ { "Ksrw", PTN_OK, 0 }, PTN_OK, 1, 0, 1 },
	};
	struct steps s;
	uint64_t before;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = cases[i].s;
		(void)each_begins(NULL);
		before = ptn_db_count(db);
		assert_int_equal(ptn_db_tx(db, steps_fn, &s), cases[i].r);
		if (cases[i].trips > 0)
			assert_int_equal(ptn_db_count(db) - before,
			    cases[i].trips);
		assert_int_equal(s.runs, cases[i].runs);
		assert_int_equal(rows(), cases[i].rows);
	}
	/* Of a transaction it says nothing about the next. */
	s = (struct steps){ "ww", PTN_E_GONE, 0 };
	assert_int_equal(ptn_db_tx(db, steps_fn, &s), PTN_E_GONE);
	ptn_db_last(db);
	assert_int_equal(ptn_db_tx(db, steps_fn, &s), PTN_E_GONE);
	assert_int_equal(rows(), 1);
}

/* A part that begins it needs no mark to go back to. */
static enum ptn_err
begins_by_part_fn(struct ptn_db *d, void *arg)
{
	struct part *p = arg;
	const struct ptn_t_put_in in = { .id = id_of(3), .n = 1 };

	p->runs++;
	assert_int_equal(ptn_db_part(d, part_fn, p), p->says);
	ptn_db_last(d);
	return ptn_sql_t_put(d, &in);
}

static void
test_part_first(void **state)
{
	struct part p = { .says = PTN_OK };
	uint64_t before = ptn_db_count(db);

	(void)state;
	assert_int_equal(ptn_db_tx(db, begins_by_part_fn, &p), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 4);
	assert_int_equal(rows(), 2);
	(void)each_begins(NULL);
	before = ptn_db_count(db);
	p = (struct part){ .says = PTN_E_RATE };
	assert_int_equal(ptn_db_tx(db, begins_by_part_fn, &p), PTN_OK);
	assert_int_equal(ptn_db_count(db) - before, 4);
	assert_int_equal(rows(), 1);
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

/*
 * What is lost between two rows of an answer is lost like all else: as to a
 * certification of Galera while the rows are being locked.
 */
static enum ptn_err
lost_among_rows_fn(struct ptn_db *d, void *arg)
{
	struct ptn_t_lose_out *rows_out;
	int *runs = arg;
	size_t n;

	(*runs)++;
	return ptn_sql_t_lose(d, arena, &rows_out, &n);
}

static void
test_lost_among_rows(void **state)
{
	int runs = 0;

	(void)state;
	put(1);
	put(2);
	server_script("CREATE FUNCTION postern_test.t_lose(n BIGINT) "
		      "RETURNS BIGINT BEGIN "
		      "IF n = 2 AND @lost IS NULL THEN SET @lost = 1; "
		      "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; "
		      "END IF; RETURN n; END");
	assert_int_equal(ptn_db_tx(db, lost_among_rows_fn, &runs), PTN_OK);
	assert_int_equal(runs, 2);
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
	server_script("CREATE USER few@localhost IDENTIFIED BY 'few' "
		      "WITH MAX_USER_CONNECTIONS 1");
	server_script("GRANT ALL ON postern_test.* TO few@localhost");
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

/* -------------------------------------------------------------------- main */

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tx, each_begins),
		cmocka_unit_test_setup(test_part, each_begins),
		cmocka_unit_test_setup(test_last, each_begins),
		cmocka_unit_test_setup(test_part_first, each_begins),
		cmocka_unit_test_setup(test_tx_lost, each_begins),
		cmocka_unit_test_setup(test_deadlock, each_begins),
		cmocka_unit_test_setup(test_lost_among_rows, each_begins),
		cmocka_unit_test_setup(test_killed, each_begins),
		cmocka_unit_test(test_killed_migration),
		cmocka_unit_test(test_access),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test_setup(test_server_gone, each_begins),
	};

	return cmocka_run_group_tests(tests, all_begin, all_end);
}
