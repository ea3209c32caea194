/* Who goes on and who does not, without a clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fcgi/process.h"
#include "fcgi/watch.h"
#include "lib/conf/conf.h"
#include "lib/db/db.h"

static void
test_counts(void **state)
{
	struct ptn_beat beat = { 0 };
	struct ptn_watch w = { 0 };
	unsigned int i;

	(void)state;
	ptn_beat_at(&beat);
	for (i = 1; i <= 100; i++)
		assert_int_equal(ptn_watch_look(&w, &beat), i);
	/* The same step again is a step, too. */
	assert_int_equal(ptn_beat(PTN_STEP_WAIT), PTN_STEP_START);
	assert_int_equal(ptn_watch_look(&w, &beat), 0);
	assert_int_equal(ptn_watch_look(&w, &beat), 1);
	assert_int_equal(ptn_beat(PTN_STEP_WAIT), PTN_STEP_WAIT);
	assert_int_equal(ptn_watch_look(&w, &beat), 0);
	/* Once round and back to where it was. */
	assert_int_equal(ptn_beat(PTN_STEP_STATEMENT), PTN_STEP_WAIT);
	assert_int_equal(ptn_beat(PTN_STEP_WAIT), PTN_STEP_STATEMENT);
	assert_int_equal(atomic_load(&beat.step), PTN_STEP_WAIT);
	assert_int_equal(ptn_watch_look(&w, &beat), 0);
	/* Elsewhere it is not seen. */
	ptn_beat_at(NULL);
	(void)ptn_beat(PTN_STEP_MAIL);
	assert_int_equal(ptn_watch_look(&w, &beat), 1);
	assert_int_equal(atomic_load(&beat.step), PTN_STEP_WAIT);
}

/* A bound has room for what it is the bound of, whatever the deadline. */
static void
test_bounds(void **state)
{
	struct ptn_conf cf = { .request_deadline_s = 1, .hash_wait_s = 60 };
	enum ptn_beat_step step;
	int i;

	(void)state;
	assert_true(
	    ptn_watch_longest_s(&cf, PTN_STEP_WAIT) > PTN_WAIT_BEAT_MS / 1000);
	assert_true(ptn_watch_longest_s(&cf, PTN_STEP_STATEMENT) >
	    PTN_DB_STATEMENT_MAX_S);
	assert_true(
	    ptn_watch_longest_s(&cf, PTN_STEP_CONNECT) > PTN_DB_CONNECT_MAX_S);
	assert_true(ptn_watch_longest_s(&cf, PTN_STEP_HASH) > 60);
	for (i = 0; i < PTN_STEP__MAX; i++) {
		step = (enum ptn_beat_step)i;
		assert_non_null(ptn_watch_word(step));
		cf.request_deadline_s = 1;
		assert_true(ptn_watch_longest_s(&cf, step) > 1);
		cf.request_deadline_s = 3600;
		assert_int_equal(ptn_watch_longest_s(&cf, step), 3600);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
