/* Buckets: how many a window, where it ends, and one count for all workers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/account/ratelimit.h"
#include "tests/unit/rows.h" /* $POSTERN_TEST_DB */

#define INTERVAL_S 86400
#define SLACK_S 1000 /* a machine that is slower than this is not tested on */

static struct ptn_ratelimit
take_at(const struct ptn_scope *sc, const char *name, int64_t limit)
{
	struct ptn_ratelimit rate = { .limit = limit,
		.interval_s = INTERVAL_S,
		.remaining = -1,
		.reset_s = -1,
		.verdict = PTN_ALLOW };

	assert_int_equal(ptn_ratelimit_take(sc, name, &rate), PTN_OK);
	return rate;
}

static enum ptn_verdict
take(const char *name, int64_t limit, int64_t remaining)
{
	const struct ptn_ratelimit rate = take_at(&scope, name, limit);

	assert_int_equal(rate.remaining, remaining);
	return rate.verdict;
}

/* Where the window of the only bucket ends; negative: ended ago. */
static void
ends_in(int seconds)
{
	rows_sql("UPDATE rate_limits SET expires_at ="
		 " UTC_TIMESTAMP(6) + INTERVAL %d SECOND",
	    seconds);
}

static void
as_many_as_the_limit(void **state)
{
	struct ptn_ratelimit rate;
	int i;

	(void)state;
	rate = take_at(&scope, "a", 3);
	assert_int_equal(rate.verdict, PTN_ALLOW);
	assert_int_equal(rate.remaining, 2);
	assert_int_equal(rate.reset_s, INTERVAL_S - 1); /* whole seconds */
	assert_int_equal(take("a", 3, 1), PTN_ALLOW);
	assert_int_equal(take("a", 3, 0), PTN_ALLOW);
	for (i = 0; i < 3; i++) {
		rate = take_at(&scope, "a", 3);
		assert_int_equal(rate.verdict, PTN_DENY);
		assert_int_equal(rate.remaining, 0);
		assert_in_range(rate.reset_s, INTERVAL_S - SLACK_S, INTERVAL_S);
	}
	assert_int_equal(take("b", 1, 0), PTN_ALLOW);
	assert_int_equal(take("b", 1, 0), PTN_DENY);
}

static void
until_the_window_ends(void **state)
{
	(void)state;
	assert_int_equal(take("a", 1, 0), PTN_ALLOW);
	assert_int_equal(take("a", 1, 0), PTN_DENY);
	ends_in(2 * SLACK_S);
	assert_int_equal(take("a", 1, 0), PTN_DENY);
	assert_in_range(take_at(&scope, "a", 1).reset_s, SLACK_S, 2 * SLACK_S);
	ends_in(0);
	assert_int_equal(take("a", 1, 0), PTN_ALLOW);
	assert_int_equal(take("a", 1, 0), PTN_DENY);
}

/* Windows follow one another, also those in which nothing was asked. */
static void
windows_in_a_row(void **state)
{
	static const int ago[] = { 5000, INTERVAL_S + 5000,
		30 * INTERVAL_S + 5000 };
	struct ptn_ratelimit rate;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ago) / sizeof(ago[0]); i++) {
		assert_int_equal(take_at(&scope, "a", 2).verdict, PTN_ALLOW);
		ends_in(-ago[i]);
		rate = take_at(&scope, "a", 2);
		assert_int_equal(rate.verdict, PTN_ALLOW);
		assert_int_equal(rate.remaining, 1);
		assert_in_range(rate.reset_s, INTERVAL_S - 5000 - SLACK_S,
		    INTERVAL_S - 5000);
	}
}

/* What was refused costs nothing when the limit is raised. */
static void
refusals_cost_nothing(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 9; i++)
		(void)take_at(&scope, "a", 2);
	assert_int_equal(take("a", 5, 1), PTN_ALLOW);
	assert_int_equal(take("a", 5, 0), PTN_ALLOW);
	assert_int_equal(take("a", 5, 0), PTN_DENY);
	/* Lowered below what is used up. */
	assert_int_equal(take("a", 2, 0), PTN_DENY);
	ends_in(0);
	assert_int_equal(take("a", 2, 1), PTN_ALLOW);
}

static void
tenants_apart(void **state)
{
	const struct ptn_uuid other = rows_tenant();

	(void)state;
	assert_int_equal(take("a", 1, 0), PTN_ALLOW);
	assert_int_equal(take("a", 1, 0), PTN_DENY);
	assert_int_equal(take_at(rows_at(&other), "a", 1).verdict, PTN_ALLOW);
	assert_int_equal(take_at(rows_at(&other), "a", 1).verdict, PTN_DENY);
}

static void
denied_without_an_answer(void **state)
{
	struct ptn_ratelimit rate = { .limit = 1,
		.interval_s = INTERVAL_S,
		.verdict = PTN_ALLOW };

	(void)state;
	rows_sql("RENAME TABLE rate_limits TO away");
	assert_int_equal(ptn_ratelimit_take(&scope, "a", &rate),
	    PTN_E_INTERNAL);
	rows_sql("RENAME TABLE away TO rate_limits");
	assert_int_equal(rate.verdict, PTN_DENY);
	assert_int_equal(rate.remaining, 0);
	assert_int_equal(rate.reset_s, INTERVAL_S);
	rate.verdict = PTN_ALLOW; /* the name did not fit */
	assert_int_equal(ptn_ratelimit_take(&scope, NULL, &rate),
	    PTN_E_NOMEM);
	assert_int_equal(rate.verdict, PTN_DENY);
}

static enum ptn_err
race_take(const struct ptn_scope *sc, void *arg)
{
	return take_at(sc, arg, 5).verdict == PTN_ALLOW ? PTN_OK : PTN_E_RATE;
}

static void
races(void **state)
{
	char name[] = "raced";

	(void)state;
	assert_int_equal(rows_race(race_take, name, PTN_E_RATE), 5);
	ends_in(0); /* and all at once into the next window */
	assert_int_equal(rows_race(race_take, name, PTN_E_RATE), 5);
}

static int
each(void **state)
{
	const int r = rows_each(state);

	rows_sql("DELETE FROM rate_limits");
	return r;
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(as_many_as_the_limit),
		T(until_the_window_ends),
		T(windows_in_a_row),
		T(refusals_cost_nothing),
		T(tenants_apart),
		T(denied_without_an_answer),
		T(races),
	};

	return cmocka_run_group_tests(tests, rows_setup, rows_teardown);
}
