#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/bytes.h"
#include "lib/base/hex.h"
#include "lib/base/unicode.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* RFC 4648 section 10, without padding, and the two letters of section 5. */
static const struct {
	const char *plain;
	size_t len;
	const char *text;
} vectors[] = {
	{ "", 0, "" },
	{ "f", 1, "Zg" },
	{ "fo", 2, "Zm8" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg" },
	{ "fooba", 5, "Zm9vYmE" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\xfb\xff\xbf", 3, "-_-_" },
	{ "\0\0", 2, "AAA" },
	/* RFC 7515 appendix C. */
	{ "\x03\xec\xff\xe0\xc1", 5, "A-z_4ME" },
};

static const struct {
	const char *text;
	size_t len;
} refused[] = {
	{ "Z", 1 },	     /* six bits are no byte */
	{ "Zm9vY", 5 },	     /* the same, later */
	{ "Zg==", 4 },	     /* padding */
	{ "Zm8=", 4 },	     /* padding */
	{ "Zh", 2 },	     /* unused bits set: another spelling of "f" */
	{ "Zm9", 3 },	     /* unused bits set: another spelling of "fo" */
	{ "Zm 9v", 5 },	     /* white space */
	{ "Zm9v\n", 5 },     /* white space */
	{ "+/+/", 4 },	     /* the other alphabet */
	{ "Zm\0v", 4 },	     /* NUL */
	{ "Zm\xc3\xa9", 4 }, /* not ASCII */
	{ "Zm9.", 4 },	     /* foreign character */
};

static void
test_b64url_vectors(void **state)
{
	struct ptn_arena *a = ptn_arena_new(65536);
	struct ptn_bytes out;
	size_t i;

	(void)state;
	for (i = 0; i < N(vectors); i++) {
		assert_string_equal(
		    ptn_b64url_encode(a,
			PTN_BYTES(vectors[i].plain, vectors[i].len)),
		    vectors[i].text);
		assert_int_equal(
		    ptn_b64url_decode(a, ptn_bytes_of(vectors[i].text), &out),
		    PTN_OK);
		assert_int_equal(out.len, vectors[i].len);
		assert_memory_equal(out.p, vectors[i].plain, out.len);
	}
	ptn_arena_free(&a);
}

static void
test_b64url_refused(void **state)
{
	struct ptn_arena *a = ptn_arena_new(65536);
	struct ptn_bytes out;
	size_t i;

	(void)state;
	for (i = 0; i < N(refused); i++) {
		assert_int_equal(ptn_b64url_decode(a,
				     PTN_BYTES(refused[i].text, refused[i].len),
				     &out),
		    PTN_E_INPUT);
		assert_null(out.p);
	}
	ptn_arena_free(&a);
}

static void
test_b64url_arena_full(void **state)
{
	static const uint8_t big[8192];
	struct ptn_arena *a = ptn_arena_new(4096);
	struct ptn_bytes out;

	(void)state;
	assert_null(ptn_b64url_encode(a, PTN_BYTES(big, sizeof(big))));
	assert_int_equal(
	    ptn_b64url_decode(a, PTN_BYTES(big, sizeof(big)), &out),
	    PTN_E_NOMEM);
	ptn_arena_free(&a);
}

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
test_hex(void **state)
{
	char out[9];

	(void)state;
	ptn_hex_encode(PTN_BYTES("\x00\x1f\xab\xff", 4), out);
	assert_string_equal(out, "001fabff");
	ptn_hex_encode(PTN_BYTES("", 0), out);
	assert_string_equal(out, "");
}

static const struct {
	const char *text;
	size_t len;
	size_t used;
	uint32_t cp;
} utf8[] = {
	{ "a", 1, 1, 'a' }, { "\0", 1, 1, 0 }, { "\x7f", 1, 1, 0x7f },
	{ "\xc2\x80", 2, 2, 0x80 }, { "\xdf\xbf", 2, 2, 0x7ff },
	{ "\xe0\xa0\x80", 3, 3, 0x800 }, { "\xed\x9f\xbf", 3, 3, 0xd7ff },
	{ "\xee\x80\x80", 3, 3, 0xe000 }, { "\xef\xbf\xbf", 3, 3, 0xffff },
	{ "\xf0\x90\x80\x80", 4, 4, 0x10000 },
	{ "\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff }, { "", 0, 0, 0 },
	{ "\x80", 1, 0, 0 },		 /* continuation without a lead */
	{ "\xc0\x80", 2, 0, 0 },	 /* overlong NUL */
	{ "\xc1\xbf", 2, 0, 0 },	 /* overlong */
	{ "\xe0\x9f\xbf", 3, 0, 0 },	 /* overlong */
	{ "\xf0\x8f\xbf\xbf", 4, 0, 0 }, /* overlong */
	{ "\xed\xa0\x80", 3, 0, 0 },	 /* high surrogate */
	{ "\xed\xbf\xbf", 3, 0, 0 },	 /* low surrogate */
	{ "\xf4\x90\x80\x80", 4, 0, 0 }, /* beyond U+10FFFF */
	{ "\xf5\x80\x80\x80", 4, 0, 0 }, { "\xff", 1, 0, 0 },
	{ "\xc3", 1, 0, 0 }, /* cut off */
	{ "\xe2\x82", 2, 0, 0 }, { "\xf0\x9f\x98", 3, 0, 0 },
	{ "\xe2\x28\xa1", 3, 0, 0 }, /* lead without its continuation */
};

static void
test_utf8_decode(void **state)
{
	uint32_t cp;
	size_t i;

	(void)state;
	for (i = 0; i < N(utf8); i++) {
		cp = 0;
		assert_int_equal(
		    ptn_utf8_decode(PTN_BYTES(utf8[i].text, utf8[i].len), &cp),
		    utf8[i].used);
		assert_int_equal(cp, utf8[i].cp);
	}
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
		cmocka_unit_test(test_b64url_vectors),
		cmocka_unit_test(test_b64url_refused),
		cmocka_unit_test(test_b64url_arena_full),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_wipe),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_utf8_decode),
		cmocka_unit_test(test_err_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
