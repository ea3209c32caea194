/* What a handle knows of the clock of its database, and when it asks again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/clock.h"
#include "lib/db/handle.h"

#define HERE_US (INT64_C(1700000000) * PTN_US_PER_S)

static int64_t here_us, mono_ms;

int64_t
ptn_clock_us(void)
{
	return here_us;
}

int64_t
ptn_clock_mono_ms(void)
{
	return mono_ms;
}

void
ptn_clock_format(int64_t us, char out[PTN_CLOCK_STR])
{
	(void)us;
	out[0] = '\0';
}

static void
pass(int64_t ms)
{
	here_us += ms * PTN_US_PER_MS;
	mono_ms += ms;
}

static int
begin(void **state)
{
	(void)state;
	here_us = HERE_US;
	mono_ms = 1000;
	return 0;
}

static void
test_apart(void **state)
{
	static const int64_t apart_s[] = { 300, -300, 1, -1 };
	struct ptn_db db = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(ptn_db_clock_us(NULL), here_us);
	assert_int_equal(ptn_db_clock_us(&db), here_us);
	for (i = 0; i < sizeof(apart_s) / sizeof(apart_s[0]); i++) {
		ptn_handle_clock(&db, here_us + apart_s[i] * PTN_US_PER_S);
		pass(5000);
		assert_int_equal(ptn_db_clock_us(&db),
		    here_us + apart_s[i] * PTN_US_PER_S);
	}
}

static void
test_agree(void **state)
{
	struct ptn_db db = { 0 };

	(void)state;
	assert_false(ptn_handle_clock_due(&db));
	ptn_handle_clock(&db, here_us - 900 * PTN_US_PER_MS);
	assert_int_equal(ptn_db_clock_us(&db), here_us);
	pass(3600000);
	assert_false(ptn_handle_clock_due(&db));
	pass(1);
	assert_true(ptn_handle_clock_due(&db));
}

static void
test_due(void **state)
{
	struct ptn_db db = { 0 };

	(void)state;
	ptn_handle_clock(&db, here_us + 300 * PTN_US_PER_S);
	pass(60000);
	assert_false(ptn_handle_clock_due(&db));
	pass(1);
	assert_true(ptn_handle_clock_due(&db));
	ptn_handle_clock(&db, here_us);
	assert_false(ptn_handle_clock_due(&db));
	/* This host's is set: the database's is what it was, until asked. */
	here_us -= 300 * PTN_US_PER_S;
	assert_int_equal(ptn_db_clock_us(&db), here_us + 300 * PTN_US_PER_S);
	assert_true(ptn_handle_clock_due(&db));
	ptn_handle_clock(&db, here_us);
	assert_false(ptn_handle_clock_due(&db));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_apart, begin),
		cmocka_unit_test_setup(test_agree, begin),
		cmocka_unit_test_setup(test_due, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
