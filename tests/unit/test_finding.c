/* Findings: every reason has a word and a sentence of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/finding.h"

static void
reasons(void **state)
{
	const char *why[PTN_REASON__MAX] = { NULL };
	struct ptn_finding f;
	int i, other;

	(void)state;
	assert_string_equal(ptn_finding_word(PTN_REASON_NONE), "none");
	assert_string_equal(ptn_finding_word(PTN_REASON__MAX), "none");
	for (i = PTN_REASON_NONE + 1; i < PTN_REASON__MAX; i++) {
		(void)ptn_finding_allow(&f);
		assert_int_equal(
		    ptn_finding_deny(&f, (enum ptn_finding_reason)i), PTN_OK);
		assert_int_equal(f.verdict, PTN_DENY);
		assert_int_equal(f.reason, i);
		assert_non_null(f.why);
		assert_string_not_equal(ptn_finding_word(f.reason), "none");
		for (other = PTN_REASON_NONE + 1; other < i; other++)
			assert_string_not_equal(f.why, why[other]);
		why[i] = f.why;
	}
}

static void
set(void **state)
{
	struct ptn_finding f = { .why = "x" };

	(void)state;
	assert_int_equal(f.verdict, PTN_DENY); /* a zeroed one */
	assert_int_equal(ptn_finding_allow(&f), PTN_OK);
	assert_int_equal(f.verdict, PTN_ALLOW);
	assert_int_equal(f.reason, PTN_REASON_NONE);
	assert_null(f.why);
	assert_int_equal(
	    ptn_finding_deny_why(&f, PTN_REASON_KEY, "an exact reason"),
	    PTN_OK);
	assert_int_equal(f.verdict, PTN_DENY);
	assert_int_equal(f.reason, PTN_REASON_KEY);
	assert_string_equal(f.why, "an exact reason");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons),
		cmocka_unit_test(set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
