#include <sys/mman.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/tally.h"
#include "lib/base/array.h"
#include "lib/base/count.h"
#include "tests/unit/request.h"

#define MANY 20000

static struct ptn_counts sum;
static struct ptn_tally_endpoint *tally;

static void
look(const struct ptn_tally *l)
{
	ptn_tally_sum(l, &sum, tally);
}

static void
wait_for_all(void)
{
	int status;

	while (wait(&status) > 0)
		assert_int_equal(status, 0);
}

/*
 * Two in one place and one in another, at the same time; then one that takes a
 * place over: nothing is lost.
 */
static void
test_places(void **state)
{
	static const size_t places[] = { 1, 1, 2 };
	struct ptn_tally *l = ptn_tally_new(ptn_routes, ptn_routes_n);
	size_t i, k;

	(void)state;
	assert_non_null(l);
	ptn_tally_join(l, 0);
	ptn_count(PTN_COUNT_RELOAD_OK);
	for (k = 0; k < 2; k++) {
		for (i = 0; i < PTN_ARRAY_LEN(places); i++) {
			if (fork() != 0)
				continue;
			ptn_tally_join(l, places[i]);
			for (i = 0; i < MANY; i++)
				ptn_count(PTN_COUNT_DB_STATEMENTS);
			_exit(0);
		}
		wait_for_all();
	}
	look(l);
	assert_int_equal(sum.count[PTN_COUNT_DB_STATEMENTS],
	    2 * PTN_ARRAY_LEN(places) * MANY);
	assert_int_equal(sum.count[PTN_COUNT_RELOAD_OK], 1);
	ptn_tally_free(&l);
	ptn_count(PTN_COUNT_RELOAD_OK); /* nowhere, and not into what is gone */
}

/* More processes than places: they share, and the supervisor's stays its. */
static void
test_many_places(void **state)
{
	struct ptn_tally *l = ptn_tally_new(ptn_routes, ptn_routes_n);
	size_t i;

	(void)state;
	assert_non_null(l);
	for (i = 0; i < 1026; i++) {
		ptn_tally_join(l, i);
		ptn_count(PTN_COUNT_LIMITED);
	}
	look(l);
	assert_int_equal(sum.count[PTN_COUNT_LIMITED], 1026);
	ptn_tally_free(&l);
}

static void
test_null(void **state)
{
	struct ptn_tally *l = ptn_tally_new(ptn_routes, ptn_routes_n);
	size_t i;

	(void)state;
	assert_non_null(l);
	ptn_tally_join(l, 1);
	ptn_count(PTN_COUNT_NULL);
	look(l);
	for (i = 0; i < PTN_COUNT__MAX; i++)
		assert_int_equal(sum.count[i], 0);
	ptn_tally_free(&l);
}

static void
test_bounds(void **state)
{
	struct ptn_count_histogram h = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < PTN_COUNT_BOUNDS; i++) {
		assert_true(i == 0 ||
		    ptn_count_bounds_us[i] > ptn_count_bounds_us[i - 1]);
		ptn_count_into(&h, ptn_count_bounds_us[i]);	/* up to it */
		ptn_count_into(&h, ptn_count_bounds_us[i] + 1); /* beyond it */
	}
	assert_int_equal(h.bucket[0], 1);
	for (i = 1; i < PTN_COUNT_BOUNDS; i++)
		assert_int_equal(h.bucket[i], 2);
	assert_int_equal(h.bucket[PTN_COUNT_BOUNDS], 1);
	memset(&h, 0, sizeof(h));
	ptn_count_into(&h, -5); /* a clock that was set */
	ptn_count_into(&h, 7);
	assert_int_equal(h.bucket[0], 2);
	assert_int_equal(h.sum_us, 7);
}

/* Each status that an error has is told apart from "other". */
static void
test_statuses(void **state)
{
	enum ptn_err e;
	size_t i;

	(void)state;
	assert_int_equal(ptn_tally_status(PTN_TALLY_STATUSES - 1), 0);
	for (e = PTN_OK; e < PTN_E__MAX; e++) {
		for (i = 0; ptn_tally_status(i) != ptn_reply_status(e); i++)
			assert_true(i < PTN_TALLY_STATUSES - 1);
	}
}

static void
test_requests(void **state)
{
	struct ptn_arena *a = *state;
	struct ptn_tally *l = ptn_tally_new(ptn_routes, ptn_routes_n);
	struct test_request t;
	size_t i;

	assert_non_null(l);
	test_request_init(&t, a);
	t.rep.status = 200;
	ptn_tally_request(&t.req, &t.rep, 1); /* before anybody is to read it */
	ptn_tally_join(l, 3);
	t.req.route = &ptn_routes[1];
	ptn_tally_request(&t.req, &t.rep, 100);
	t.rep.status = 299;
	ptn_tally_request(&t.req, &t.rep, 30000000);
	t.req.route = NULL;
	t.rep.status = 404;
	ptn_tally_request(&t.req, &t.rep, 200);
	t.req.authorizer = true;
	ptn_tally_request(&t.req, &t.rep, 300);
	look(l);
	for (i = 0; ptn_tally_status(i) != 404;)
		i++;
	assert_int_equal(tally[1].status[0], 1);
	assert_int_equal(tally[1].status[PTN_TALLY_STATUSES - 1], 1);
	assert_int_equal(tally[1].took.bucket[0], 1);
	assert_int_equal(tally[1].took.bucket[PTN_COUNT_BOUNDS], 1);
	assert_int_equal(tally[1].took.sum_us, 30000100);
	assert_int_equal(tally[ptn_routes_n + PTN_PUBLIC].status[i], 1);
	assert_int_equal(tally[ptn_routes_n + PTN_AUTHORIZER].status[i], 1);
	assert_int_equal(tally[0].took.sum_us, 0);
	ptn_tally_free(&l);
}

static int
setup(void **state)
{
	tally = calloc(ptn_routes_n + PTN_SIDE__MAX, sizeof(*tally));
	*state = ptn_arena_new(1 << 20);
	return tally != NULL && *state != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	struct ptn_arena *a = *state;

	ptn_arena_free(&a);
	free(tally);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_many_places),
		cmocka_unit_test(test_null),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_requests),
	};

	return cmocka_run_group_tests_name("count", tests, setup, teardown);
}
