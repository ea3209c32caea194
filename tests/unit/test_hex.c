#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/hex.h"

static void
test_hex(void **state)
{
	char out[9];

	(void)state;
	ptn_hex_encode(PTN_BYTES("\x00\x1f\xab\xff", 4), out);
	assert_string_equal(out, "001fabff");
	ptn_hex_encode(PTN_BYTES("", 0), out);
	assert_string_equal(out, "");
}

/* Every byte: sixteen digits, six of them in two cases, and nothing else. */
static void
test_hex_digit(void **state)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at;
	int c;

	(void)state;
	for (c = 0; c < 256; c++) {
		at = c == 0 ? NULL : strchr(digits, c);
		assert_int_equal(ptn_hex_digit((char)c),
		    at == NULL ? -1 : (at - digits) % 16);
	}
}

static void
test_hex_decode(void **state)
{
	static const char *const refused[] = { "0", "001", "0g", "g0", " 00",
		"0x00", "00\n0" };
	static const uint8_t big[8194];
	struct ptn_arena *a = ptn_arena_new(4096);
	struct ptn_bytes out;
	size_t i;

	(void)state;
	assert_int_equal(ptn_hex_decode(a, ptn_bytes_of("001FabFf"), &out),
	    PTN_OK);
	assert_int_equal(out.len, 4);
	assert_memory_equal(out.p, "\x00\x1f\xab\xff", 4);
	assert_int_equal(ptn_hex_decode(a, PTN_BYTES("", 0), &out), PTN_OK);
	assert_int_equal(out.len, 0);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_int_equal(
		    ptn_hex_decode(a, ptn_bytes_of(refused[i]), &out),
		    PTN_E_INPUT);
	assert_int_equal(ptn_hex_decode(a, PTN_BYTES("0\0", 2), &out),
	    PTN_E_INPUT);
	assert_int_equal(ptn_hex_decode(a, PTN_BYTES(big, sizeof(big)), &out),
	    PTN_E_NOMEM);
	ptn_arena_free(&a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_hex_digit),
		cmocka_unit_test(test_hex_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
