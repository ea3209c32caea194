/* How programs ended that somebody else had started. */
#include <sys/mman.h>
#include <sys/wait.h>

#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fcgi/orphan.h"
#include "lib/base/clock.h"

#define PIDS (PTN_ORPHANS_MAX + 2) /* so that places change hands */
#define FOUND 2000000 /* of those that are looked for meanwhile */
#define PER_PID 3 /* which status belongs to which pid */

/* Of the past, so that it is before whatever is noted in a test. */
static int64_t
before(void)
{
	return ptn_clock_mono_ms() - 1000;
}

static void
test_found(void **state)
{
	static struct ptn_orphans o;
	const int64_t since = before();
	int status = -1;

	(void)state;
	assert_int_equal(ptn_orphans_find(&o, 7, since, &status),
	    PTN_ORPHAN_UNSEEN);
	ptn_orphans_note(&o, 7, 75 << 8);
	ptn_orphans_note(&o, 8, SIGKILL);
	assert_int_equal(ptn_orphans_find(&o, 7, since, &status),
	    PTN_ORPHAN_ENDED);
	assert_int_equal(status, 75 << 8);
	assert_int_equal(ptn_orphans_find(&o, 8, since, &status),
	    PTN_ORPHAN_ENDED);
	assert_int_equal(status, SIGKILL);
	assert_int_equal(ptn_orphans_find(&o, 9, since, &status),
	    PTN_ORPHAN_UNSEEN);
	/* One of that number ended before this one was started. */
	assert_int_equal(
	    ptn_orphans_find(&o, 7, ptn_clock_mono_ms() + 1, &status),
	    PTN_ORPHAN_UNSEEN);
}

/* What is not there any more is not what never was. */
static void
test_forgotten(void **state)
{
	static struct ptn_orphans o;
	const int64_t since = before();
	int status, i;

	(void)state;
	ptn_orphans_note(&o, 1000, 0);
	for (i = 1; i < PTN_ORPHANS_MAX; i++)
		ptn_orphans_note(&o, i, 0);
	assert_int_equal(ptn_orphans_find(&o, 1000, since, &status),
	    PTN_ORPHAN_ENDED);
	ptn_orphans_note(&o, PTN_ORPHANS_MAX, 0);
	assert_int_equal(ptn_orphans_find(&o, 1000, since, &status),
	    PTN_ORPHAN_LOST);
	assert_int_equal(ptn_orphans_find(&o, 2000, since, &status),
	    PTN_ORPHAN_LOST);
	/* None of those that are forgotten ended after this one began. */
	assert_int_equal(
	    ptn_orphans_find(&o, 2000, ptn_clock_mono_ms() + 1, &status),
	    PTN_ORPHAN_UNSEEN);
}

/* Whoever is found while others are written has a status of its own. */
static void
test_while_written(void **state)
{
	struct ptn_orphans *o = mmap(NULL, sizeof(*o), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const int64_t since = before();
	int status, pid = 1, found = 0, wrong = 0;
	pid_t writer;

	(void)state;
	assert_ptr_not_equal(o, MAP_FAILED);
	writer = fork();
	assert_true(writer >= 0);
	for (; writer == 0; pid = pid % PIDS + 1)
		ptn_orphans_note(o, pid, pid * PER_PID);
	while (found < FOUND) {
		pid = pid % PIDS + 1;
		if (ptn_orphans_find(o, pid, since, &status) !=
		    PTN_ORPHAN_ENDED)
			continue;
		found++;
		wrong += status != pid * PER_PID;
	}
	assert_int_equal(kill(writer, SIGKILL), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
	assert_int_equal(wrong, 0);
	assert_int_equal(munmap(o, sizeof(*o)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_forgotten),
		cmocka_unit_test(test_while_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
