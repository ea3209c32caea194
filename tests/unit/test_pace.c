#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fcgi/pace.h"

#define START 1000000 /* of a clock that says milliseconds */

/* Send so many bytes every so many milliseconds, for so long. */
static int64_t
steadily(struct ptn_pace *p, int64_t now, size_t bytes, int64_t every,
    int64_t time)
{
	const int64_t until = now + time;

	for (; now < until; now += every)
		ptn_pace_add(p, now, bytes);
	return now;
}

/* Half of it counts after a second, a thousandth after ten. */
static void
test_fades(void **state)
{
	struct ptn_pace p;
	uint64_t first, last;
	int64_t t;

	(void)state;
	ptn_pace_start(&p, START, 100000);
	first = last = ptn_pace_lately(&p, START);
	assert_int_equal(ptn_pace_lately(&p, START + 1000), first / 2);
	assert_int_equal(ptn_pace_lately(&p, START + 3000), first / 8);
	assert_true(ptn_pace_lately(&p, START + 10000) <= first / 1000);
	for (t = 1; t < 5000; t++) {
		assert_true(ptn_pace_lately(&p, START + t) <= last);
		last = ptn_pace_lately(&p, START + t);
	}
	assert_int_equal(ptn_pace_lately(&p, START + 1000000000), 0);
}

/* A long quick start is forgotten; who goes on sending is not. */
static void
test_stall(void **state)
{
	struct ptn_pace quick, steady;
	int64_t now;

	(void)state;
	ptn_pace_start(&quick, START, 100000);
	ptn_pace_start(&steady, START, 0);
	now = steadily(&steady, START, 1000, 100, 6000);
	/* In all it has sent less. */
	assert_true(
	    ptn_pace_lately(&steady, now) > ptn_pace_lately(&quick, now));
}

/* Who has just come is before whoever sent much a moment ago. */
static void
test_burst(void **state)
{
	struct ptn_pace burst, newcomer;
	int64_t t;

	(void)state;
	ptn_pace_start(&burst, START, PTN_PACE_MOST);
	ptn_pace_add(&burst, START, 130000);
	ptn_pace_start(&newcomer, START + 100, PTN_PACE_MOST);
	for (t = 101; t < 5000; t += 100)
		assert_true(ptn_pace_lately(&burst, START + t) <
		    ptn_pace_lately(&newcomer, START + t));
}

/* In how many pieces it comes makes no difference to speak of. */
static void
test_pieces(void **state)
{
	struct ptn_pace few, many;
	uint64_t a, b;

	(void)state;
	ptn_pace_start(&few, START, 0);
	ptn_pace_start(&many, START, 0);
	(void)steadily(&few, START, 100, 100, 10000);
	(void)steadily(&many, START, 1, 1, 10000);
	a = ptn_pace_lately(&few, START + 10000);
	b = ptn_pace_lately(&many, START + 10000);
	assert_true(a < b + b / 8 && b < a + a / 8);
}

/* A byte now and then is slower than whoever has just come. */
static void
test_trickle(void **state)
{
	struct ptn_pace trickle, newcomer;
	int64_t now;

	(void)state;
	ptn_pace_start(&trickle, START, 4096);
	now = steadily(&trickle, START, 1, 20, 10000);
	ptn_pace_start(&newcomer, now, 4096);
	assert_true(ptn_pace_lately(&trickle, now + 1000) <
	    ptn_pace_lately(&newcomer, now + 1000));
}

/* More than the most is as good as the most. */
static void
test_most(void **state)
{
	struct ptn_pace p, most;
	size_t i;

	(void)state;
	ptn_pace_start(&most, START, PTN_PACE_MOST);
	ptn_pace_start(&p, START, 0);
	for (i = 0; i < 1024; i++)
		ptn_pace_add(&p, START, 16 * 1024);
	assert_int_equal(ptn_pace_lately(&p, START),
	    ptn_pace_lately(&most, START));
	assert_int_equal(ptn_pace_lately(&p, START + 1000),
	    ptn_pace_lately(&most, START + 1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fades),
		cmocka_unit_test(test_stall),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_trickle),
		cmocka_unit_test(test_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
