#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/crypto/cose.h"
#include "tests/unit/authenticator.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
/* The generator of P-256: a key as good as any. */
#define X "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define Y "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
/* RFC 8032 section 7.1, test 1. */
#define ED "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	return 0;
}

static enum ptn_err
parse(const char *hex, struct ptn_cose_key *out)
{
	return ptn_cose_parse(auth_arena, auth_unhex(hex), out);
}

static void
test_kinds(void **state)
{
	static const int32_t algs[] = { PTN_COSE_ES256, PTN_COSE_ES384,
		PTN_COSE_ES512, PTN_COSE_EDDSA, PTN_COSE_RS256 };
	size_t i;

	(void)state;
	for (i = 0; i < N(algs); i++) {
		struct ptn_bytes cose = auth_cose(auth_key(algs[i])), again;
		struct ptn_cose_key k;
		enum ptn_verdict verdict;

		assert_int_equal(ptn_cose_parse(auth_arena, cose, &k), PTN_OK);
		assert_int_equal(k.alg, algs[i]);
		assert_int_equal(ptn_pubkey_check(&k.key, &verdict), PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
		assert_int_equal(ptn_cose_encode(auth_arena, &k, &again),
		    PTN_OK);
		assert_true(ptn_bytes_equal(cose, again));
	}
}

/* The order of members is made canonical. */
static void
test_order(void **state)
{
	struct ptn_cose_key k;
	struct ptn_bytes out;

	(void)state;
	assert_int_equal(parse("a5225820" Y "215820" X "200103260102", &k),
	    PTN_OK);
	assert_int_equal(ptn_cose_encode(auth_arena, &k, &out), PTN_OK);
	assert_true(ptn_bytes_equal(out,
	    auth_unhex("a5010203262001215820" X "225820" Y)));
}

static void
test_refused(void **state)
{
	static const char *const cases[] = {
		/* Not a map, not CBOR, something behind. */
		"80",
		"f6",
		"a0",
		"",
		"a5010203262001215820" X "225820" Y "00",
		"bf010203262001215820" X "225820" Y "ff",
		/* A member missing. */
		"a40203262001215820" X "225820" Y,
		"a403262001215820" X "225820" Y,
		"a401022001215820" X "225820" Y,
		"a401020326215820" X "225820" Y,
		"a4010203262001225820" Y,
		"a4010203262001215820" X,
		/* One more, one twice, one under a text. */
		"a6010203262001215820" X "225820" Y "0401",
		"a6010203262001215820" X "225820" Y "235820" X,
		"a6010203262001215820" X "225820" Y "0102",
		"a561610203262001215820" X "225820" Y,
		/* Of another type. */
		"a501613203262001215820" X "225820" Y,
		"a501020361372001215820" X "225820" Y,
		"a50102032620f5215820" X "225820" Y,
		"a5010203262001217820" X "225820" Y,
		/* A compressed point. */
		"a5010203262001215820" X "22f5",
		"a5010203262001215820" X "22f4",
		/* Coordinates too short, too long, empty. */
		"a501020326200121581f17d1f2e12c4247f8bce6e563a440f277037d812d"
		"eb33a0f4a13945d898c296225820" Y,
		"a501020326200121582100" X "225820" Y,
		"a5010203262001215820" X "22582100" Y,
		"a5010203262001"
		"4021225820" Y,
		/* kty, alg and crv that do not belong together. */
		"a5010303262001215820" X "225820" Y,
		"a5010103262001215820" X "225820" Y,
		"a5010203272001215820" X "225820" Y,
		"a501020338222001215820" X "225820" Y,
		"a5010203262002215820" X "225820" Y,
		"a5010203262006215820" X "225820" Y,
		"a5010203262008215820" X "225820" Y,   /* secp256k1 */
		"a5010203382e2001215820" X "225820" Y, /* ES256K */
		"a5010203262000215820" X "225820" Y,
		"a4010103262006215820" ED,
		"a4010103272007215820" ED,
		"a4010103272004215820" ED, /* X25519 */
		"a4010203272006215820" ED,
		"a5010103272006215820" ED "225820" ED,
		/* Symmetric, unknown, out of range. */
		"a3010403052041aa",
		"a5010003262001215820" X "225820" Y,
		"a5011b000000010000000203262001215820" X "225820" Y,
		"a50102033b7fffffffffffffff2001215820" X "225820" Y,
		"a501020326201a00010001215820" X "225820" Y,
		/* RSA with SHA-1, with PSS, without an exponent. */
		"a401030339fffe2041ff2143010001",
		"a401030338242041ff2143010001",
		"a30103033901002041ff",
	};
	struct ptn_cose_key k;
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		print_message("# %s\n", cases[i]);
		assert_int_equal(parse(cases[i], &k), PTN_E_INPUT);
	}
}

static void
test_alg(void **state)
{
	struct ptn_cbor map;
	int32_t alg;

	(void)state;
	/* RSA-PSS: no key of ours, but its algorithm can be told. */
	assert_int_equal(ptn_cbor_parse(auth_arena,
			     auth_unhex("a40103033824204101214103"), 4, &map,
			     NULL),
	    PTN_OK);
	assert_int_equal(ptn_cose_alg(&map, &alg), PTN_OK);
	assert_int_equal(alg, -37);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_kinds, each),
		cmocka_unit_test_setup(test_order, each),
		cmocka_unit_test_setup(test_refused, each),
		cmocka_unit_test_setup(test_alg, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
