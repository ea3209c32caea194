#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/format/trace.h"

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define NO_ID "00000000000000000000000000000000"
#define NO_PARENT "0000000000000000"

static const char *const good[] = {
	"00-" ID "-" PARENT "-01",
	"00-" ID "-" PARENT "-00",
	"00-" ID "-" PARENT "-ff",
	"01-" ID "-" PARENT "-01",
	"cc-" ID "-" PARENT "-01-what-will-the-future-be-like",
	"fe-" ID "-" PARENT "-01-",
};

static const char *const bad[] = {
	"",
	"00",
	"00-",
	"00-" ID "-" PARENT,
	"00-" ID "-" PARENT "-",
	"00-" ID "-" PARENT "-1",
	"00-" ID "-" PARENT "-011",
	"00-" ID "-" PARENT "-01-",
	"00-" ID "-" PARENT "-01-more",
	"00-" ID "-" PARENT "-01 ",
	" 00-" ID "-" PARENT "-01",
	"00-" ID "-" PARENT "-0g",
	"00-" ID "-" PARENT "-0A",
	"00-4BF92f3577b34da6a3ce929d0e0e4736-" PARENT "-01",
	"00-" ID "-00F067aa0ba902b7-01",
	"00-" NO_ID "-" PARENT "-01",
	"00-" ID "-" NO_PARENT "-01",
	"00-" ID "0-" PARENT "-01",
	"00-4bf92f3577b34da6a3ce929d0e0e473-" PARENT "0-01",
	"00_" ID "-" PARENT "-01",
	"00-" ID "_" PARENT "-01",
	"00-" ID "-" PARENT "_01",
	"ff-" ID "-" PARENT "-01",
	"0g-" ID "-" PARENT "-01",
	"cc-" ID "-" PARENT "-01.more",
	"00-4bf92f3577b34da6\"3ce929d0e0e4736-" PARENT "-01",
};

static void
test_good(void **state)
{
	struct ptn_trace t;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(good); i++) {
		print_message("# %s\n", good[i]);
		assert_true(ptn_trace_parse(good[i], &t));
		assert_string_equal(t.id, ID);
		assert_string_equal(t.parent, PARENT);
	}
}

static void
test_bad(void **state)
{
	struct ptn_trace t;
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ARRAY_LEN(bad); i++) {
		print_message("# %s\n", bad[i]);
		memset(&t, 'x', sizeof(t));
		assert_false(ptn_trace_parse(bad[i], &t));
		assert_string_equal(t.id, "");
		assert_string_equal(t.parent, "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
