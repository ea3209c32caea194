#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/crypto/pem.h"
#include "tests/unit/dfns.h"
#include "tests/unit/sign.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define BEGIN "-----BEGIN PUBLIC KEY-----"
#define END "-----END PUBLIC KEY-----"
#define RSA_BEGIN "-----BEGIN RSA PUBLIC KEY-----"
#define RSA_END "-----END RSA PUBLIC KEY-----"
#define LINE1 "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn+QZTMWnTt64WKD6exFgh/DZAdYi"
#define LINE2 "iWDcawQbyJG1zB4CO0oHukwDjcuXyGhP93op48LwoMpqGzPEr2XYqkFWdQ=="

static enum ptn_err
read_pem(const char *text, struct ptn_pem *out)
{
	return ptn_pem_read(arena, ptn_bytes_of(text), out);
}

static bool
check_key(void *arg, const char *name, const struct ptn_json *v)
{
	size_t *n = arg;
	struct ptn_pem pem;

	(void)name;
	assert_int_equal(read_pem(dfns_text(arena, v, "public_pem"), &pem),
	    PTN_OK);
	assert_string_equal(pem.fingerprint,
	    dfns_text(arena, v, "spki_sha256_fingerprint"));
	/* The private half is no public key. */
	assert_int_equal(read_pem(dfns_text(arena, v, "private_pem"), &pem),
	    PTN_E_INPUT);
	(*n)++;
	return true;
}

static void
test_vectors(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(ptn_json_each(dfns_vector("keys"), check_key, &n));
	assert_in_range(n, 11, 100);
}

static const struct {
	const char *name;
	enum ptn_kty kty;
	enum ptn_crv crv;
	size_t len; /* of x, or of n */
} kinds[] = {
	{ "p256", PTN_KTY_EC2, PTN_CRV_P256, 32 },
	{ "p384", PTN_KTY_EC2, PTN_CRV_P384, 48 },
	{ "secp256k1", PTN_KTY_EC2, PTN_CRV_SECP256K1, 32 },
	{ "ed25519", PTN_KTY_OKP, PTN_CRV_ED25519, 32 },
	{ "rsa2048", PTN_KTY_RSA, PTN_CRV_NONE, 256 },
	{ "rsa2048_pkcs1", PTN_KTY_RSA, PTN_CRV_NONE, 256 },
};

static void
test_kinds(void **state)
{
	EVP_PKEY *p521 = EVP_EC_gen("P-521");
	struct ptn_pem pem;
	size_t i;

	(void)state;
	for (i = 0; i < N(kinds); i++) {
		assert_int_equal(read_pem(dfns_pem(arena, kinds[i].name), &pem),
		    PTN_OK);
		assert_int_equal(pem.key.kty, kinds[i].kty);
		assert_int_equal(pem.key.crv, kinds[i].crv);
		assert_int_equal(kinds[i].kty == PTN_KTY_RSA ? pem.key.n.len
							     : pem.key.x.len,
		    kinds[i].len);
	}
	assert_int_equal(read_pem(sign_public_pem(arena, p521), &pem), PTN_OK);
	assert_int_equal(pem.key.crv, PTN_CRV_P521);
	EVP_PKEY_free(p521);
}

static const char *const spellings[] = {
	BEGIN "\n" LINE1 "\n" LINE2 "\n" END "\n",
	BEGIN "\n" LINE1 "\n" LINE2 "\n" END,
	BEGIN "\r\n" LINE1 "\r\n" LINE2 "\r\n" END "\r\n",
	BEGIN "\n" LINE1 LINE2 "\n" END "\n",
	BEGIN LINE1 LINE2 END,
	BEGIN "\\n" LINE1 "\\n" LINE2 "\\n" END "\\n",
	BEGIN "\\r\\n" LINE1 "\\r\\n" LINE2 "\\r\\n" END "\\r\\n",
	BEGIN "\\n" LINE1 "\\n" LINE2 "\\n" END,
	BEGIN "\r" LINE1 "\r" LINE2 "\r" END "\r",
	BEGIN "\n\n" LINE1 "\n\n" LINE2 "\n\n" END " ",
};

static void
test_spellings(void **state)
{
	struct ptn_pem pem;
	size_t i;

	(void)state;
	for (i = 0; i < N(spellings); i++) {
		assert_int_equal(read_pem(spellings[i], &pem), PTN_OK);
		assert_string_equal(pem.fingerprint,
		    "SHA256:TRm238AJfRFprrqL6Q8stvpGK/STg0SK6SysntmoCaw");
	}
}

static const char *const refused[] = {
	"",
	"-----BEGIN PUBLIC KEY-----",
	BEGIN END,
	BEGIN "\n" END "\n",
	LINE1 LINE2,
	" " BEGIN LINE1 LINE2 END,
	"\n" BEGIN LINE1 LINE2 END,
	BEGIN LINE1 LINE2,
	BEGIN LINE1 LINE2 RSA_END,
	RSA_BEGIN LINE1 LINE2 RSA_END, /* SPKI under the other label */
	BEGIN LINE1 LINE2 END "\n\n",
	BEGIN LINE1 LINE2 END "  ",
	BEGIN LINE1 LINE2 END "x",
	BEGIN LINE1 LINE2 END "\n" BEGIN LINE1 LINE2 END,
	BEGIN LINE1 " " LINE2 END,
	BEGIN LINE1 "\\" LINE2 END,
	BEGIN LINE1 "\\t" LINE2 END,
	BEGIN LINE1 "-" LINE2 END,
	BEGIN LINE1 END,
	BEGIN LINE1 LINE2 "=" END,
	BEGIN LINE1 LINE2 "AAAA" END,
	BEGIN "====" LINE1 LINE2 END,
	/* The alphabet of URLs. */
	BEGIN "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn+QZTMWnTt64WKD6exFgh_"
	      "DZAdYi" LINE2 END,
	/* A point beside the curve. */
	BEGIN LINE1
	"iWDcawQbyJG1zB4CO0oHukwDjcuXyGhP93op48LwoMpqGzPEr2XYqkFWdg==" END,
	/* The same key with a compressed point (SEC 1 section 2.3.3). */
	BEGIN "MDkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDIgADn+QZTMWnTt64WKD6exFgh/"
	      "DZAdYiiWDcawQbyJG1zB4=" END,
	"-----BEGIN CERTIFICATE-----" LINE1 LINE2 "-----END CERTIFICATE-----",
	"-----BEGIN EC PUBLIC KEY-----" LINE1 LINE2
	"-----END EC PUBLIC KEY-----",
	"-----begin public key-----" LINE1 LINE2 "-----end public key-----",
};

static void
test_refused(void **state)
{
	struct ptn_pem pem;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < N(refused); i++)
		assert_int_equal(read_pem(refused[i], &pem), PTN_E_INPUT);
	/* A NUL is no white space. */
	text = ptn_arena_strdup(arena, BEGIN LINE1 LINE2 END "\n");
	text[strlen(BEGIN) + 3] = '\0';
	assert_int_equal(ptn_pem_read(arena,
			     PTN_BYTES(text, sizeof(BEGIN LINE1 LINE2 END)),
			     &pem),
	    PTN_E_INPUT);
	text = ptn_arena_printf(arena, BEGIN "%*s", PTN_PEM_MAX, "");
	memset(text + strlen(BEGIN), '\n', PTN_PEM_MAX);
	assert_int_equal(read_pem(text, &pem), PTN_E_INPUT);
}

/* DER around what another text holds. */
static struct ptn_bytes
der(uint8_t tag, struct ptn_bytes in)
{
	struct ptn_buf b;

	ptn_buf_init(&b, arena);
	ptn_buf_char(&b, (char)tag);
	if (in.len >= 0x100) {
		ptn_buf_char(&b, (char)0x82);
		ptn_buf_char(&b, (char)(in.len >> 8));
	} else if (in.len >= 0x80) {
		ptn_buf_char(&b, (char)0x81);
	}
	ptn_buf_char(&b, (char)(in.len & 0xff));
	ptn_buf_add(&b, in.p, in.len);
	assert_false(b.bad);
	return PTN_BYTES(b.p, b.len);
}

static struct ptn_bytes
join(struct ptn_bytes a, struct ptn_bytes b)
{
	struct ptn_buf out;

	ptn_buf_init(&out, arena);
	ptn_buf_add(&out, a.p, a.len);
	ptn_buf_add(&out, b.p, b.len);
	assert_false(out.bad);
	return PTN_BYTES(out.p, out.len);
}

/* A modulus of so many bits, the lowest of them being low. */
static struct ptn_bytes
modulus(size_t bits, uint8_t low)
{
	uint8_t *p = ptn_arena_alloc(arena, bits / 8 + 2);

	assert_non_null(p);
	memset(p + 1, 0xc5, bits / 8 + 1);
	p[bits / 8] = 0xc4 | low;
	if (bits % 8 == 0)
		return PTN_BYTES(p, bits / 8 + 1);
	p[0] = (uint8_t)(0x7f >> (7 - bits % 8));
	return PTN_BYTES(p, bits / 8 + 1);
}

static enum ptn_err
read_rsa(struct ptn_bytes n, const char *e, size_t e_len)
{
	struct ptn_bytes seq =
	    der(0x30, join(der(0x02, n), der(0x02, PTN_BYTES(e, e_len))));
	struct ptn_pem pem;

	return read_pem(ptn_arena_printf(arena, RSA_BEGIN "%s" RSA_END,
			    ptn_b64std_encode(arena, seq)),
	    &pem);
}

static void
test_rsa_bounds(void **state)
{
	static const char e3[] = "\x03", e4[] = "\x04", e1[] = "\x01";
	static const char f4[] = "\x01\x00\x01", negative[] = "\x83";
	static const char big[] = "\x01\x00\x00\x00\x01", long3[] = "\x00\x03";

	(void)state;
	assert_int_equal(read_rsa(modulus(2048, 1), f4, 3), PTN_OK);
	assert_int_equal(read_rsa(modulus(2048, 1), e3, 1), PTN_OK);
	assert_int_equal(read_rsa(modulus(3072, 1), f4, 3), PTN_OK);
	assert_int_equal(read_rsa(modulus(4096, 1), f4, 3), PTN_OK);
	assert_int_equal(read_rsa(modulus(1024, 1), f4, 3), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2047, 1), f4, 3), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(4097, 1), f4, 3), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(8192, 1), f4, 3), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2048, 0), f4, 3), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2048, 1), e4, 1), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2048, 1), e1, 1), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2048, 1), "", 0), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2048, 1), negative, 1), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2048, 1), big, 5), PTN_E_INPUT);
	assert_int_equal(read_rsa(modulus(2048, 1), long3, 2), PTN_E_INPUT);
}

static enum ptn_err
read_ed25519(const uint8_t y[32])
{
	static const uint8_t head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
		0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
	struct ptn_bytes spki =
	    join(PTN_BYTES(head, sizeof(head)), PTN_BYTES(y, 32));
	struct ptn_pem pem;

	return read_pem(ptn_arena_printf(arena, BEGIN "%s" END,
			    ptn_b64std_encode(arena, spki)),
	    &pem);
}

/* Keys to which signatures of nobody fit: each with both signs of x. */
static void
test_weak_ed25519(void **state)
{
	static const struct {
		const char *y; /* little-endian */
		enum ptn_err r;
	} cases[] = {
		// clang-format off
		{ "ae563422914be26a9ca7d7facbf35c7ea9bb04018d7c26a6a9224c74cd335f31", PTN_OK },
		{ "0000000000000000000000000000000000000000000000000000000000000000", PTN_E_INPUT },
		{ "0100000000000000000000000000000000000000000000000000000000000000", PTN_E_INPUT },
		{ "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", PTN_E_INPUT },
		{ "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", PTN_E_INPUT },
		{ "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", PTN_E_INPUT },
		{ "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", PTN_E_INPUT },
		{ "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", PTN_E_INPUT },
		{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", PTN_E_INPUT },
		{ "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", PTN_OK },
		// clang-format on
	};
	struct ptn_bytes y;
	uint8_t other[32];
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		assert_int_equal(
		    ptn_hex_decode(arena, ptn_bytes_of(cases[i].y), &y),
		    PTN_OK);
		assert_int_equal(read_ed25519(y.p), cases[i].r);
		memcpy(other, y.p, sizeof(other));
		other[31] ^= 0x80;
		assert_int_equal(read_ed25519(other), cases[i].r);
	}
}

/* Algorithms that are not ours, as OpenSSL writes them. */
static void
test_other_keys(void **state)
{
	static const char *const curves[] = { "P-224", "brainpoolP256r1" };
	static const char *const types[] = { "ED448", "X25519" };
	struct ptn_pem pem;
	EVP_PKEY *key;
	size_t i;

	(void)state;
	for (i = 0; i < N(curves); i++) {
		assert_non_null(key = EVP_EC_gen(curves[i]));
		assert_int_equal(read_pem(sign_public_pem(arena, key), &pem),
		    PTN_E_INPUT);
		EVP_PKEY_free(key);
	}
	for (i = 0; i < N(types); i++) {
		assert_non_null(key = EVP_PKEY_Q_keygen(NULL, NULL, types[i]));
		assert_int_equal(read_pem(sign_public_pem(arena, key), &pem),
		    PTN_E_INPUT);
		EVP_PKEY_free(key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_vectors, dfns_each),
		cmocka_unit_test_setup(test_kinds, dfns_each),
		cmocka_unit_test_setup(test_spellings, dfns_each),
		cmocka_unit_test_setup(test_refused, dfns_each),
		cmocka_unit_test_setup(test_rsa_bounds, dfns_each),
		cmocka_unit_test_setup(test_weak_ed25519, dfns_each),
		cmocka_unit_test_setup(test_other_keys, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
