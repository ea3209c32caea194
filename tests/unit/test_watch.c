/* Who goes on and who does not, without a clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fcgi/watch.h"
#include "lib/conf/conf.h"

#define PAGE_MAX 262144 /* bytes */

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
	assert_int_equal(ptn_watch_look(&w, &beat), 0);
	assert_int_equal(ptn_watch_step(&w), PTN_STEP_WAIT);
	/* Elsewhere it is not seen. */
	ptn_beat_at(NULL);
	(void)ptn_beat(PTN_STEP_MAIL);
	assert_int_equal(ptn_watch_look(&w, &beat), 1);
	assert_int_equal(ptn_watch_step(&w), PTN_STEP_WAIT);
}

/* A word that was never written here is no step of ours. */
static void
test_any_word(void **state)
{
	(void)state;
	assert_int_equal(ptn_beat_step_of(0), PTN_STEP_START);
	assert_int_equal(ptn_beat_step_of(UINT64_MAX), PTN_STEP_START);
	assert_int_equal(ptn_beat_step_of(PTN_STEP__MAX), PTN_STEP_START);
	assert_int_equal(ptn_beat_step_of(256 + PTN_STEP_HASH), PTN_STEP_HASH);
}

/* Seconds, as postern(8) has them: for who is killed, and when. */
static void
test_bounds(void **state)
{
	static const unsigned int expected[PTN_STEP__MAX] = {
		[PTN_STEP_START] = 40,
		[PTN_STEP_WAIT] = 20,
		[PTN_STEP_REQUEST] = 10,
		[PTN_STEP_RECEIVE] = 10,
		[PTN_STEP_CONNECT] = 82,
		[PTN_STEP_STATEMENT] = 30,
		[PTN_STEP_HASH] = 10 + 7,
		[PTN_STEP_MAIL] = 30,
		[PTN_STEP_DELIVERIES] = 30,
	};
	struct ptn_conf cf = { .request_deadline_s = 1, .hash_wait_s = 7 };
	enum ptn_beat_step step;
	int i;

	(void)state;
	for (i = 0; i < PTN_STEP__MAX; i++) {
		step = (enum ptn_beat_step)i;
		assert_non_null(ptn_watch_word(step));
		cf.request_deadline_s = 1;
		if (ptn_watch_longest_s(&cf, step) != expected[i])
			fail_msg("%s: %u s", ptn_watch_word(step),
			    ptn_watch_longest_s(&cf, step));
		cf.request_deadline_s = 3600;
		assert_int_equal(ptn_watch_longest_s(&cf, step), 3600);
	}
}

/* The manual page, a line. */
static char *
read_page(void)
{
	const char *top = getenv("srcdir");
	char path[512], *text = malloc(PAGE_MAX), *lf;
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/fcgi/postern.8",
	    top != NULL ? top : ".");
	assert_non_null(f = fopen(path, "re"));
	assert_non_null(text);
	len = fread(text, 1, PAGE_MAX - 1, f);
	assert_true(len > 0 && len < PAGE_MAX - 1);
	text[len] = '\0';
	(void)fclose(f);
	for (lf = text; (lf = strchr(lf, '\n')) != NULL;)
		*lf = ' ';
	return text;
}

static void
test_page(void **state)
{
	const struct ptn_conf cf = { .request_deadline_s = 1 };
	char sentence[512], *page = read_page();

	(void)state;
	(void)snprintf(sentence, sizeof(sentence),
	    "%u seconds for a statement, %u to connect to the database, %u to "
	    "hand over a mail, %u to look after those under way, %u when it "
	    "only waits, %u to start, %u more than .Cm hashing.wait to hash,",
	    ptn_watch_longest_s(&cf, PTN_STEP_STATEMENT),
	    ptn_watch_longest_s(&cf, PTN_STEP_CONNECT),
	    ptn_watch_longest_s(&cf, PTN_STEP_MAIL),
	    ptn_watch_longest_s(&cf, PTN_STEP_DELIVERIES),
	    ptn_watch_longest_s(&cf, PTN_STEP_WAIT),
	    ptn_watch_longest_s(&cf, PTN_STEP_START),
	    ptn_watch_longest_s(&cf, PTN_STEP_HASH));
	if (strstr(page, sentence) == NULL)
		fail_msg("postern.8 does not say: %s", sentence);
	free(page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_any_word),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
