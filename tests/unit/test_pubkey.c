#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/crypto/cose.h"
#include "lib/crypto/pubkey.h"
#include "tests/unit/authenticator.h"
#include "tests/unit/said.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(auth_arena);
	return 0;
}

/* Nothing is left behind that would look like the failure of another. */
static enum ptn_verdict
verify(const struct ptn_pubkey *k, int32_t alg, struct ptn_bytes msg,
    struct ptn_bytes sig)
{
	enum ptn_verdict verdict = PTN_ALLOW;

	assert_int_equal(ptn_pubkey_verify(k, alg, msg, sig, &verdict), PTN_OK);
	assert_int_equal(ERR_peek_error(), 0);
	return verdict;
}

static struct ptn_pubkey
ec(enum ptn_crv crv, const char *x, const char *y)
{
	return (struct ptn_pubkey){ .kty = PTN_KTY_EC2,
		.crv = crv,
		.x = auth_unhex(x),
		.y = auth_unhex(y) };
}

/* RFC 6979 appendix A.2.5 and A.2.6, message "sample". */
static void
test_known_ecdsa(void **state)
{
	struct ptn_pubkey p256 = ec(PTN_CRV_P256,
	    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
	    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
	struct ptn_pubkey p384 = ec(PTN_CRV_P384,
	    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
	    "def8f0ea9055866064a254515480bc13",
	    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
	    "288b231c3ae0d4fe7344fd2533264720");
	struct ptn_bytes msg = auth_text("sample");

	(void)state;
	assert_int_equal(
	    verify(&p256, PTN_COSE_ES256, msg,
		auth_unhex(
		    "3046022100"
		    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0e"
		    "a84eaf3716022100"
		    "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab"
		    "2f843acda8")),
	    PTN_ALLOW);
	assert_int_equal(
	    verify(&p384, PTN_COSE_ES384, msg,
		auth_unhex(
		    "3066023100"
		    "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4"
		    "ea95ad133c81a648152e44acf96e36dd1e80fabe46023100"
		    "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b63"
		    "51d0a3a94fa329c145786e679e7b82c71a38628ac8")),
	    PTN_ALLOW);
	/* A key of one curve, the algorithm of the other. */
	assert_int_equal(
	    verify(&p256, PTN_COSE_ES384, msg, auth_unhex("3006020101020101")),
	    PTN_DENY);
}

/* RFC 8032 section 7.1, tests 1 and 3. */
static void
test_known_eddsa(void **state)
{
	struct ptn_pubkey k = { .kty = PTN_KTY_OKP, .crv = PTN_CRV_ED25519 };

	(void)state;
	k.x = auth_unhex("d75a980182b10ab7d54bfed3c964073a"
			 "0ee172f3daa62325af021a68f707511a");
	assert_int_equal(verify(&k, PTN_COSE_EDDSA, auth_text(""),
			     auth_unhex("e5564300c360ac729086e2cc806e828a"
					"84877f1eb8e5d974d873e06522490155"
					"5fb8821590a33bacc61e39701cf9b46b"
					"d25bf5f0595bbe24655141438e7a100b")),
	    PTN_ALLOW);
	k.x = auth_unhex("fc51cd8e6218a1a38da47ed00230f058"
			 "0816ed13ba3303ac5deb911548908025");
	assert_int_equal(verify(&k, PTN_COSE_EDDSA, auth_unhex("af82"),
			     auth_unhex("6291d657deec24024827e69c3abe01a3"
					"0ce548a284743a445e3680d7db5ac3ac"
					"18ff9b538d16f290ae67f760984dc659"
					"4a7c15e9716ed28dc027beceea1ec40a")),
	    PTN_ALLOW);
	assert_int_equal(verify(&k, PTN_COSE_EDDSA, auth_unhex("af83"),
			     auth_unhex("6291d657deec24024827e69c3abe01a3"
					"0ce548a284743a445e3680d7db5ac3ac"
					"18ff9b538d16f290ae67f760984dc659"
					"4a7c15e9716ed28dc027beceea1ec40a")),
	    PTN_DENY);
}

static void
test_all_kinds(void **state)
{
	static const int32_t algs[] = { PTN_COSE_ES256, PTN_COSE_ES384,
		PTN_COSE_ES512, PTN_COSE_EDDSA, PTN_COSE_RS256 };
	struct ptn_bytes msg = auth_text("message"), sig;
	struct ptn_cose_key k, other;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(algs); i++) {
		assert_int_equal(ptn_cose_parse(auth_arena,
				     auth_cose(auth_key(algs[i])), &k),
		    PTN_OK);
		assert_int_equal(ptn_cose_parse(auth_arena,
				     auth_cose(auth_other_key(algs[i])),
				     &other),
		    PTN_OK);
		sig = auth_sign(auth_key(algs[i]), msg);
		assert_int_equal(verify(&k.key, algs[i], msg, sig), PTN_ALLOW);
		assert_int_equal(verify(&other.key, algs[i], msg, sig),
		    PTN_DENY);
		assert_int_equal(
		    verify(&k.key, algs[i], auth_text("Message"), sig),
		    PTN_DENY);
		assert_int_equal(
		    verify(&k.key, algs[i], msg, PTN_BYTES(sig.p, 0)),
		    PTN_DENY);
		assert_int_equal(verify(&k.key, algs[i], msg,
				     auth_cat(sig, auth_unhex("00"))),
		    PTN_DENY);
		for (j = 0; j < N(algs); j++)
			if (j != i)
				assert_int_equal(
				    verify(&k.key, algs[j], msg, sig),
				    PTN_DENY);
		assert_true(ptn_pubkey_equal(&k.key, &k.key));
		assert_false(ptn_pubkey_equal(&k.key, &other.key));
	}
	assert_int_equal(verify(&k.key, 0, msg, sig), PTN_DENY);
	assert_int_equal(verify(&k.key, -37, msg, sig), PTN_DENY);
}

/* EVP_DigestVerify(3): 1 is yes, and all else is not. */
static void
test_one_alone_is_yes(void **state)
{
	static const int others[] = { 0, -1, -2, 2, INT_MAX, INT_MIN };
	const struct auth_key *key = auth_key(PTN_COSE_ES256);
	struct ptn_bytes msg = auth_text("message"), sig;
	struct ptn_cose_key k;
	size_t i;

	(void)state;
	assert_int_equal(ptn_cose_parse(auth_arena, auth_cose(key), &k),
	    PTN_OK);
	sig = auth_sign(key, msg);
	for (i = 0; i < N(others); i++) {
		said = others[i];
		assert_int_equal(verify(&k.key, key->alg, msg, sig), PTN_DENY);
	}
	said = 1;
	assert_int_equal(verify(&k.key, key->alg, msg, sig), PTN_ALLOW);
}

/* The same R and S, said in other ways than DER's. */
static void
test_der(void **state)
{
	struct ptn_bytes msg = auth_text("message"), sig, r, s;
	const struct auth_key *key = auth_key(PTN_COSE_ES256);
	struct ptn_cose_key k;

	(void)state;
	assert_int_equal(ptn_cose_parse(auth_arena, auth_cose(key), &k),
	    PTN_OK);
	/* Both short: neither has, nor needs, a leading zero. */
	do {
		sig = auth_sign(key, msg);
	} while (sig.p[1] != 68 || sig.p[3] != 32 || sig.p[37] != 32);
	r = PTN_BYTES(sig.p + 4, 32);
	s = PTN_BYTES(sig.p + 38, 32);
	assert_int_equal(verify(&k.key, key->alg, msg, sig), PTN_ALLOW);
	const struct ptn_bytes bad[] = {
		auth_cat(sig, auth_unhex("00")),
		auth_cat(auth_unhex("3046"),
		    auth_cat(PTN_BYTES(sig.p + 2, 68), auth_unhex("0500"))),
		auth_cat(auth_unhex("308144"), PTN_BYTES(sig.p + 2, 68)),
		auth_cat(auth_unhex("30820044"), PTN_BYTES(sig.p + 2, 68)),
		auth_cat(auth_unhex("3080"),
		    auth_cat(PTN_BYTES(sig.p + 2, 68), auth_unhex("0000"))),
		auth_cat(auth_unhex("31"), PTN_BYTES(sig.p + 1, 69)),
		auth_cat(r, s),
		auth_unhex("3006020100020100"),
		auth_unhex("3006020101020100"),
		auth_unhex("30060201ff020101"),
		auth_unhex("3000"),
		auth_unhex("3003020101"),
		auth_unhex("30"),
	};
	size_t i;

	for (i = 0; i < N(bad); i++) {
		print_message("# %zu\n", i);
		assert_int_equal(verify(&k.key, key->alg, msg, bad[i]),
		    PTN_DENY);
	}
	/* R with a zero too many, then S. */
	struct ptn_bytes rz = auth_cat(auth_unhex("3045022100"),
	    auth_cat(r, auth_cat(auth_unhex("0220"), s)));
	struct ptn_bytes sz = auth_cat(auth_unhex("30450220"),
	    auth_cat(r, auth_cat(auth_unhex("022100"), s)));

	assert_int_equal(verify(&k.key, key->alg, msg, rz), PTN_DENY);
	assert_int_equal(verify(&k.key, key->alg, msg, sz), PTN_DENY);
}

static enum ptn_verdict
check(const struct ptn_pubkey *k)
{
	enum ptn_verdict verdict = PTN_ALLOW;

	assert_int_equal(ptn_pubkey_check(k, &verdict), PTN_OK);
	assert_int_equal(ERR_peek_error(), 0);
	return verdict;
}

#define GX "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define GY "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"

static void
test_points(void **state)
{
	struct ptn_pubkey good = ec(PTN_CRV_P256, GX, GY);
	const struct ptn_pubkey bad[] = {
		ec(PTN_CRV_P256, GY, GX),
		ec(PTN_CRV_P256, GX, GX),
		ec(PTN_CRV_P256, ZERO, ZERO),
		ec(PTN_CRV_P256, GX, ZERO),
		ec(PTN_CRV_P256, PRIME, GY),
		ec(PTN_CRV_P256, GX, PRIME),
		ec(PTN_CRV_P256, "", ""),
		ec(PTN_CRV_P256, GX, ""),
		ec(PTN_CRV_P256, "00" GX, "00" GY),
		ec(PTN_CRV_P384, GX, GY),
		ec(PTN_CRV_ED25519, GX, GY),
		ec(PTN_CRV_NONE, GX, GY),
		{ .kty = PTN_KTY_OKP, .crv = PTN_CRV_P256, .x = good.x },
		{ .kty = PTN_KTY_OKP,
		    .crv = PTN_CRV_ED25519,
		    .x = auth_unhex("00" GX) },
		{ .kty = PTN_KTY_UNSET },
	};
	size_t i;

	(void)state;
	assert_int_equal(check(&good), PTN_ALLOW);
	for (i = 0; i < N(bad); i++)
		assert_int_equal(check(&bad[i]), PTN_DENY);
}

/* Points of small order, and encodings beyond p: nobody's keys. */
static void
test_small_order(void **state)
{
#define Z24 "000000000000000000000000000000000000000000000000"
#define F24 "ffffffffffffffffffffffffffffffffffffffffffffffff"
	static const char *const bad[] = {
		"00000000000000" Z24 "00",
		"00000000000000" Z24 "80",
		"01000000000000" Z24 "00",
		"01000000000000" Z24 "80",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"ecffffffffffff" F24 "7f",
		"ecffffffffffff" F24 "ff",
		"edffffffffffff" F24 "7f",
		"eeffffffffffff" F24 "7f",
		"ffffffffffffff" F24 "ff",
	};
	/* RFC 8032 section 7.1, and near misses of the above. */
	static const char *const good[] = {
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc06",
		"03000000000000" Z24 "00",
		"ebffffffffffff" F24 "7f",
		"ecffffffffffff" F24 "7e",
		"ecfffffffffffe" F24 "7f",
	};
#undef Z24
#undef F24
	struct ptn_pubkey k = { .kty = PTN_KTY_OKP, .crv = PTN_CRV_ED25519 };
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++) {
		k.x = auth_unhex(bad[i]);
		assert_int_equal(k.x.len, 32);
		assert_int_equal(check(&k), PTN_DENY);
	}
	for (i = 0; i < N(good); i++) {
		k.x = auth_unhex(good[i]);
		assert_int_equal(check(&k), PTN_ALLOW);
	}
}

/* A number of so many bits, odd. */
static struct ptn_bytes
modulus(size_t bits)
{
	size_t len = (bits + 7) / 8;
	uint8_t *p = ptn_arena_alloc(auth_arena, len);

	memset(p, 0xff, len);
	p[0] = (uint8_t)(0xff >> (8 * len - bits));
	return PTN_BYTES(p, len);
}

static void
test_rsa(void **state)
{
	struct ptn_bytes even = modulus(2048);
	const struct {
		const char *name;
		struct ptn_bytes n;
		const char *e;
		enum ptn_verdict verdict;
	} cases[] = {
		{ "65537", modulus(2048), "010001", PTN_ALLOW },
		{ "3", modulus(2048), "03", PTN_ALLOW },
		{ "2^32 - 1", modulus(2048), "ffffffff", PTN_ALLOW },
		{ "3072 bits", modulus(3072), "010001", PTN_ALLOW },
		{ "3488 bits", modulus(3488), "010001", PTN_ALLOW },
		{ "4096 bits", modulus(4096), "010001", PTN_ALLOW },
		{ "2047 bits", modulus(2047), "010001", PTN_DENY },
		{ "1024 bits", modulus(1024), "010001", PTN_DENY },
		{ "4097 bits", modulus(4097), "010001", PTN_DENY },
		{ "16384 bits", modulus(16384), "010001", PTN_DENY },
		{ "no modulus", PTN_BYTES(NULL, 0), "010001", PTN_DENY },
		{ "no exponent", modulus(2048), "", PTN_DENY },
		{ "0", modulus(2048), "00", PTN_DENY },
		{ "1", modulus(2048), "01", PTN_DENY },
		{ "2", modulus(2048), "02", PTN_DENY },
		{ "65536", modulus(2048), "010000", PTN_DENY },
		{ "2^32 + 1", modulus(2048), "0100000001", PTN_DENY },
		{ "a leading zero", modulus(2048), "00010001", PTN_DENY },
		{ "an even modulus", auth_flip(even, even.len - 1), "010001",
		    PTN_DENY },
		{ "a zero before it", auth_cat(auth_unhex("00"), even),
		    "010001", PTN_DENY },
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct ptn_pubkey k = { .kty = PTN_KTY_RSA,
			.n = cases[i].n,
			.e = auth_unhex(cases[i].e) };

		print_message("# %s\n", cases[i].name);
		assert_int_equal(check(&k), cases[i].verdict);
	}
}

static void
test_digest(void **state)
{
	uint8_t hash[PTN_DIGEST_MAX];
	struct ptn_bytes msg = auth_text("abc");

	(void)state;
	assert_int_equal(ptn_pubkey_digest(PTN_COSE_ES256, msg, hash), 32);
	assert_memory_equal(hash, "\xba\x78\x16\xbf", 4); /* FIPS 180-4 */
	assert_int_equal(ptn_pubkey_digest(PTN_COSE_ES384, msg, hash), 48);
	assert_int_equal(ptn_pubkey_digest(PTN_COSE_ES512, msg, hash), 64);
	assert_int_equal(ptn_pubkey_digest(PTN_COSE_RS1, msg, hash), 20);
	assert_int_equal(ptn_pubkey_digest(PTN_COSE_EDDSA, msg, hash), 0);
	assert_int_equal(ptn_pubkey_digest(1, msg, hash), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_known_ecdsa, each),
		cmocka_unit_test_setup(test_known_eddsa, each),
		cmocka_unit_test_setup(test_all_kinds, each),
		cmocka_unit_test_setup(test_one_alone_is_yes, each),
		cmocka_unit_test_setup(test_der, each),
		cmocka_unit_test_setup(test_points, each),
		cmocka_unit_test_setup(test_small_order, each),
		cmocka_unit_test_setup(test_rsa, each),
		cmocka_unit_test_setup(test_digest, each),
	};

	return cmocka_run_group_tests(tests, auth_setup, auth_teardown);
}
