#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/bytes.h"

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

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_b64url_vectors),
		cmocka_unit_test(test_b64url_refused),
		cmocka_unit_test(test_b64url_arena_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
