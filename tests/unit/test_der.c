#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/format/der.h"
#include "tests/unit/authenticator.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	return 0;
}

static void
test_next(void **state)
{
	static const struct {
		const char *hex;
		uint8_t form;
		uint32_t number;
		size_t len;
	} cases[] = {
		{ "0500", 0, 5, 0 },
		{ "020100", 0, PTN_DER_INTEGER, 1 },
		{ "3000", PTN_DER_CONSTRUCTED, PTN_DER_SEQUENCE, 0 },
		{ "a003020102", PTN_DER_CONTEXT | PTN_DER_CONSTRUCTED, 0, 3 },
		{ "bf8458020500", PTN_DER_CONTEXT | PTN_DER_CONSTRUCTED, 600,
		    2 },
		{ "bf853e03020100", PTN_DER_CONTEXT | PTN_DER_CONSTRUCTED, 702,
		    3 },
		{ "bf1f00", PTN_DER_CONTEXT | PTN_DER_CONSTRUCTED, 31, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct ptn_bytes in = auth_unhex(cases[i].hex);
		struct ptn_der d;

		assert_true(ptn_der_next(&in, &d));
		assert_int_equal(in.len, 0);
		assert_int_equal(d.form, cases[i].form);
		assert_int_equal(d.number, cases[i].number);
		assert_int_equal(d.value.len, cases[i].len);
	}
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"02",
		"0201",
		"020200",
		"0280",
		"308000000000",
		"0281010000",
		"02817f",
		"02820080",
		"0284000000",
		"028400000001ff",
		"0283ffffff",
		"02ff",
		"bf",
		"bf84",
		"bf8458",
		"bf801f00",
		"bf1e00",
		"bf8000",
		"bfffffffffff0100",
		"1f1e00",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct ptn_bytes in = auth_unhex(cases[i]), was = in;
		struct ptn_der d;

		print_message("# %s\n", cases[i]);
		assert_false(ptn_der_next(&in, &d));
		assert_ptr_equal(in.p, was.p);
		assert_int_equal(in.len, was.len);
	}
}

static void
test_long_form(void **state)
{
	struct ptn_bytes in, v;
	uint8_t buf[300] = { 0x04, 0x81, 0x80 };

	(void)state;
	in = PTN_BYTES(buf, 3 + 128);
	assert_true(ptn_der_only(in, 0, PTN_DER_OCTETS, &v));
	assert_int_equal(v.len, 128);
	buf[1] = 0x82;
	buf[2] = 0x01;
	buf[3] = 0x00;
	in = PTN_BYTES(buf, 4 + 256);
	assert_true(ptn_der_expect(&in, 0, PTN_DER_OCTETS, &v));
	assert_int_equal(v.len, 256);
	assert_int_equal(in.len, 0);
	assert_false(
	    ptn_der_only(PTN_BYTES(buf, 4 + 257), 0, PTN_DER_OCTETS, &v));
	assert_false(
	    ptn_der_only(PTN_BYTES(buf, 4 + 256), 0, PTN_DER_INTEGER, &v));
	assert_false(
	    ptn_der_only(PTN_BYTES(buf, 4 + 255), 0, PTN_DER_OCTETS, &v));
}

static void
test_positive(void **state)
{
	static const struct {
		const char *hex;
		size_t len; /* of the magnitude; 0: refused */
	} cases[] = {
		{ "020101", 1 },
		{ "02017f", 1 },
		{ "02020080", 1 },
		{ "02027fff", 2 },
		{ "0203008000", 2 },
		{ "020100", 0 },
		{ "0200", 0 },
		{ "020180", 0 },
		{ "0201ff", 0 },
		{ "0202007f", 0 },
		{ "02020001", 0 },
		{ "0203000080", 0 },
		{ "030101", 0 },
		{ "220101", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct ptn_bytes in = auth_unhex(cases[i].hex), m;

		print_message("# %s\n", cases[i].hex);
		assert_int_equal(ptn_der_positive(&in, &m), cases[i].len > 0);
		if (cases[i].len > 0)
			assert_int_equal(m.len, cases[i].len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_next, each),
		cmocka_unit_test_setup(test_refused, each),
		cmocka_unit_test_setup(test_long_form, each),
		cmocka_unit_test_setup(test_positive, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
