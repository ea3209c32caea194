#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lib/base/clock.h"

static const struct {
	int64_t us;
	const char *text;
} times[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ 1, "1970-01-01T00:00:00.000001Z" },
	{ 999999, "1970-01-01T00:00:00.999999Z" },
	{ 100000, "1970-01-01T00:00:00.1Z" },
	{ INT64_C(1704110400123400), "2024-01-01T12:00:00.1234Z" },
	{ INT64_C(1704110400000000), "2024-01-01T12:00:00Z" },
	{ INT64_C(951782400000000), "2000-02-29T00:00:00Z" },
	{ INT64_C(4102444799500000), "2099-12-31T23:59:59.5Z" },
	{ INT64_C(253402300799999999), "9999-12-31T23:59:59.999999Z" },
	{ -1, "1969-12-31T23:59:59.999999Z" },
	{ -1000000, "1969-12-31T23:59:59Z" },
	{ -500000, "1969-12-31T23:59:59.5Z" },
	{ INT64_C(-62135596800000000), "0001-01-01T00:00:00Z" },
};

static void
test_format(void **state)
{
	char out[PTN_CLOCK_STR];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		ptn_clock_format(times[i].us, out);
		assert_string_equal(out, times[i].text);
	}
}

/* No time that fits the type overflows the text. */
static void
test_format_extremes(void **state)
{
	char out[PTN_CLOCK_STR];

	(void)state;
	ptn_clock_format(INT64_MAX, out);
	assert_true(strlen(out) < PTN_CLOCK_STR);
	assert_int_equal(out[strlen(out) - 1], 'Z');
	ptn_clock_format(INT64_MIN, out);
	assert_true(strlen(out) < PTN_CLOCK_STR);
	assert_int_equal(out[strlen(out) - 1], 'Z');
}

static void
test_parse(void **state)
{
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		assert_true(ptn_clock_parse(ptn_bytes_of(times[i].text), &us));
		assert_int_equal(us, times[i].us);
	}
}

static void
test_parse_forms(void **state)
{
	static const char *const same[] = { "2024-01-01T12:00:00.1234Z",
		"2024-01-01t12:00:00.1234z", "2024-01-01 12:00:00.12340000Z",
		"2024-01-01T12:00:00.12340099999999999999999999Z",
		"2024-01-01T13:30:00.1234+01:30",
		"2023-12-31T23:00:00.1234-13:00" };
	int64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		assert_true(ptn_clock_parse(ptn_bytes_of(same[i]), &us));
		assert_int_equal(us, INT64_C(1704110400123400));
	}
}

static void
test_parse_refused(void **state)
{
	static const char *const bad[] = { "", "x", "2024", "2024-01-01",
		"2024-01-01T12:00:00", "2024-01-01T12:00Z",
		"2024-01-01T12:00:00.Z", "2024-01-01T12:00:00,5Z",
		"2024-02-30T12:00:00Z", "2023-02-29T12:00:00Z",
		"2024-13-01T12:00:00Z", "2024-00-01T12:00:00Z",
		"2024-01-00T12:00:00Z", "2024-01-01T24:00:00Z",
		"2024-01-01T12:60:00Z", "2024-01-01T12:00:61Z",
		"2024-01-01T12:00:00Z ", " 2024-01-01T12:00:00Z",
		"2024-01-01T12:00:00+0100", "2024-01-01T12:00:00+24:00",
		"02024-01-01T12:00:00Z", "-024-01-01T12:00:00Z",
		"2024-01-01T12:00:00ZZ", "1704110400" };
	int64_t us = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("# %s\n", bad[i]);
		assert_false(ptn_clock_parse(ptn_bytes_of(bad[i]), &us));
		assert_int_equal(us, 7);
	}
	assert_false(ptn_clock_parse(PTN_BYTES(NULL, 0), &us));
	assert_false(
	    ptn_clock_parse(PTN_BYTES("2024-01-01T12:00:00Z\0", 21), &us));
}

static void
test_now(void **state)
{
	int64_t before = (int64_t)time(NULL);
	int64_t us = ptn_clock_us();
	int64_t mono = ptn_clock_mono_ms();
	int i;

	(void)state;
	assert_true(us / 1000000 >= before - 1);
	assert_true(us / 1000000 <= (int64_t)time(NULL) + 1);
	for (i = 0; i < 1000; i++) {
		assert_true(ptn_clock_mono_ms() >= mono);
		mono = ptn_clock_mono_ms();
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_extremes),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_forms),
		cmocka_unit_test(test_parse_refused),
		cmocka_unit_test(test_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
