#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

static void
test_equal(void **state)
{
	(void)state;
	assert_true(
	    ptn_bytes_equal(PTN_BYTES("a\0b", 3), PTN_BYTES("a\0b", 3)));
	assert_true(ptn_bytes_equal(PTN_BYTES(NULL, 0), PTN_BYTES("", 0)));
	assert_false(
	    ptn_bytes_equal(PTN_BYTES("a\0b", 3), PTN_BYTES("a\0c", 3)));
	assert_false(ptn_bytes_equal(PTN_BYTES("ab", 2), PTN_BYTES("abc", 3)));
	assert_false(ptn_bytes_equal(PTN_BYTES("\x80", 1), PTN_BYTES("\0", 1)));
}

static void
test_wipe(void **state)
{
	char secret[] = "secret";
	static const char zero[sizeof(secret)];

	(void)state;
	ptn_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, zero, sizeof(secret));
	ptn_wipe(NULL, 0);
}

static void
test_err_names(void **state)
{
	int r;

	(void)state;
	for (r = 0; r < PTN_E__MAX; r++)
		assert_string_not_equal(ptn_err_name((enum ptn_err)r),
		    "unknown");
	assert_string_equal(ptn_err_name(PTN_E_UNAVAILABLE), "unavailable");
	assert_string_equal(ptn_err_name(PTN_E__MAX), "unknown");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_err_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
