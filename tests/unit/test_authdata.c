#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/webauthn/authdata.h"
#include "tests/unit/authenticator.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define HASH "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define AAGUID "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
#define EXT "a16178f5" /* {"x": true} */

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	return 0;
}

static enum ptn_err
parse(const char *hex, struct ptn_authdata *out)
{
	return ptn_authdata_parse(auth_arena, auth_unhex(hex), out);
}

static void
test_assertion(void **state)
{
	struct ptn_authdata ad;

	(void)state;
	assert_int_equal(parse(HASH "05fffefdfc", &ad), PTN_OK);
	assert_int_equal(ad.rp_id_hash.len, 32);
	assert_int_equal(ad.rp_id_hash.p[31], 0x1f);
	assert_int_equal(ad.flags, PTN_AUTHDATA_UP | PTN_AUTHDATA_UV);
	assert_true(ad.sign_count == 0xfffefdfc);
	assert_int_equal(ad.raw.len, 37);
	assert_null(ad.cred_id.p);
	assert_null(ad.aaguid.p);
}

static void
test_attested(void **state)
{
	struct ptn_authdata ad;

	(void)state;
	assert_int_equal(
	    parse(HASH "4100000001" AAGUID "0003c0ffeea10102", &ad), PTN_OK);
	assert_int_equal(ad.sign_count, 1);
	assert_int_equal(ad.aaguid.p[15], 0xaf);
	assert_int_equal(ad.cred_id.len, 3);
	assert_memory_equal(ad.cred_id.p, "\xc0\xff\xee", 3);
	assert_int_equal(ptn_cbor_get_label(&ad.key, 1, PTN_CBOR_INT)->i, 2);
	/* Extensions behind it, and alone. */
	assert_int_equal(parse(HASH "c100000001" AAGUID "0000a0" EXT, &ad),
	    PTN_OK);
	assert_int_equal(ad.cred_id.len, 0);
	assert_int_equal(parse(HASH "8100000001" EXT, &ad), PTN_OK);
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"00",
		HASH,
		HASH "01",
		HASH "01000000",
		HASH "010000000000",		       /* behind */
		HASH "0100000000" EXT,		       /* ED clear */
		HASH "4100000000",		       /* nothing attested */
		HASH "4100000000" AAGUID,	       /* no id */
		HASH "4100000000" AAGUID "00",	       /* half a length */
		HASH "4100000000" AAGUID "0003c0ff",   /* a cut id */
		HASH "4100000000" AAGUID "ffffc0ffee", /* a long one */
		HASH "4100000000" AAGUID "0003c0ffee", /* no key */
		HASH "4100000000" AAGUID "0003c0ffeea1",
		HASH "4100000000" AAGUID "0003c0ffee80", /* not a map */
		HASH "4100000000" AAGUID "0003c0ffeebf0102ff",
		HASH "4100000000" AAGUID "0003c0ffeea1010200",
		HASH "c100000000" AAGUID "0003c0ffeea10102",
		HASH "c100000000" AAGUID "0003c0ffeea1010280",
		HASH "c100000000" AAGUID "0003c0ffeea10102" EXT "00",
		HASH "8100000000",
		HASH "8100000000a1",
		HASH "8100000000f6",
		HASH "8100000000" EXT "a0",
		HASH "8100000000bfff",
	};
	struct ptn_authdata ad;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(parse(cases[i], &ad), PTN_E_INPUT);
	}
}

/* Whatever is cut off at the end, it is noticed, within the bounds. */
static void
test_truncated(void **state)
{
	static const char whole[] =
	    HASH "c100000001" AAGUID "0003c0ffeea5010203262001"
		 "2141aa2241bb" EXT;
	struct ptn_bytes all = auth_unhex(whole);
	struct ptn_authdata ad;
	size_t len;

	(void)state;
	assert_int_equal(ptn_authdata_parse(auth_arena, all, &ad), PTN_OK);
	for (len = 0; len < all.len; len++)
		assert_int_equal(
		    ptn_authdata_parse(auth_arena, PTN_BYTES(all.p, len), &ad),
		    PTN_E_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_assertion, each),
		cmocka_unit_test_setup(test_attested, each),
		cmocka_unit_test_setup(test_refused, each),
		cmocka_unit_test_setup(test_truncated, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
