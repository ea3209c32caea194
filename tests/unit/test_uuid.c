#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/uuid.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 9562 appendix A, and the two of sections 5.9 and 5.10. */
static const struct {
	const char *text;
	bool v4;
} taken[] = {
	{ "919108f7-52d1-4320-9bac-f847db4148a8", true },
	{ "c232ab00-9414-11ec-b3c8-9f6bdeced846", false },
	{ "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", false },
	{ "00000000-0000-0000-0000-000000000000", false },
	{ "ffffffff-ffff-ffff-ffff-ffffffffffff", false },
	{ "919108f7-52d1-4320-cbac-f847db4148a8", false }, /* variant */
};

static const char *const refused[] = {
	"",
	"919108f7-52d1-4320-9bac-f847db4148a",
	"919108f7-52d1-4320-9bac-f847db4148a80",
	"919108F7-52D1-4320-9BAC-F847DB4148A8",
	"919108f752d143209bacf847db4148a8",
	"{919108f7-52d1-4320-9bac-f847db4148a8}",
	"urn:uuid:919108f7-52d1-4320-9bac-f847db4148a8",
	"919108f7-52d1-4320-9bac-f847db4148ag",
	"919108f75-2d1-4320-9bac-f847db4148a8",
	"919108f7-52d1-4320-9bac-f847db4148-8",
	" 919108f7-52d1-4320-9bac-f847db4148a",
	"919108f7-52d1-4320-9bac-f847db4148a\n",
	"919108f7-52d1-4320-9bac_f847db4148a8",
};

static void
test_round_trip(void **state)
{
	char out[PTN_UUID_STR];
	struct ptn_uuid u;
	size_t i;

	(void)state;
	for (i = 0; i < N(taken); i++) {
		assert_true(ptn_uuid_parse(taken[i].text, &u));
		ptn_uuid_format(&u, out);
		assert_string_equal(out, taken[i].text);
		assert_int_equal(ptn_uuid_is_v4(&u), taken[i].v4);
	}
}

static void
test_network_order(void **state)
{
	static const uint8_t bytes[16] = { 0x91, 0x91, 0x08, 0xf7, 0x52, 0xd1,
		0x43, 0x20, 0x9b, 0xac, 0xf8, 0x47, 0xdb, 0x41, 0x48, 0xa8 };
	struct ptn_uuid u;

	(void)state;
	assert_true(ptn_uuid_parse(taken[0].text, &u));
	assert_memory_equal(u.b, bytes, sizeof(bytes));
}

static void
test_refused(void **state)
{
	struct ptn_uuid u = { { 7 } };
	size_t i;

	(void)state;
	for (i = 0; i < N(refused); i++) {
		assert_false(ptn_uuid_parse(refused[i], &u));
		assert_int_equal(u.b[0], 7);
	}
}

static void
test_any_case(void **state)
{
	static const char *const wrong[] = { "",
		"C339547DE17D4BA78A1DB3D5A4D17C1C",
		"C339547D-E17D-4BA7-8A1D-B3D5A4D17C1G",
		"C339547D-E17D-4BA7-8A1D-B3D5A4D17C1C0" };
	struct ptn_uuid any, strict;
	size_t i;

	(void)state;
	assert_true(
	    ptn_uuid_parse("c339547d-e17d-4ba7-8a1d-b3d5a4d17c1c", &strict));
	assert_true(
	    ptn_uuid_parse_any("C339547D-e17d-4BA7-8a1d-B3D5A4D17C1C", &any));
	assert_true(ptn_uuid_equal(&any, &strict));
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(ptn_uuid_parse_any(wrong[i], &any));
}

static void
test_new(void **state)
{
	struct ptn_uuid u, last = { { 0 } };
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		u = ptn_uuid_new();
		assert_true(ptn_uuid_is_v4(&u));
		assert_false(ptn_uuid_is_nil(&u));
		assert_false(ptn_uuid_equal(&u, &last));
		last = u;
	}
	assert_true(ptn_uuid_equal(&u, &last));
}

static void
test_nil(void **state)
{
	struct ptn_uuid u = { { 0 } };

	(void)state;
	assert_true(ptn_uuid_is_nil(&u));
	u.b[15] = 1;
	assert_false(ptn_uuid_is_nil(&u));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_network_order),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_any_case),
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_nil),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
