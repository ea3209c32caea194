#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/key.h"
#include "lib/crypto/ossl.h"
#include "lib/format/json.h"
#include "tests/unit/arena.h"
#include "tests/unit/said.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static int
setup(void **state)
{
	return arena_setup(state) != 0 || ptn_crypto_init() != PTN_OK ||
	    ptn_crypto_init() != PTN_OK;
}

/* Hexadecimal into the arena. */
static struct ptn_bytes
unhex(const char *hex)
{
	size_t i, len = strlen(hex) / 2;
	uint8_t *p = ptn_arena_alloc(arena, len + 1);
	char pair[3] = "";

	assert_non_null(p);
	for (i = 0; i < len; i++) {
		memcpy(pair, hex + 2 * i, 2);
		p[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return PTN_BYTES(p, len);
}

static void
assert_hex(struct ptn_bytes got, const char *hex)
{
	struct ptn_bytes want = unhex(hex);

	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
}

/* FIPS 180-4 examples. */
static void
sha256(void **state)
{
	uint8_t out[PTN_SHA256_LEN];

	(void)state;
	ptn_crypto_sha256(ptn_bytes_of("abc"), out);
	assert_hex(PTN_BYTES(out, sizeof(out)),
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	ptn_crypto_sha256(PTN_BYTES("", 0), out);
	assert_hex(PTN_BYTES(out, sizeof(out)),
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
}

/* RFC 4231 sections 4.2, 4.3 and 4.7 (a key longer than a block). */
static void
hmac(void **state)
{
	static const struct {
		const char *key, *msg, *tag;
	} v[] = {
		{ "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		    "4869205468657265",
		    "b0344c61d8db38535ca8afceaf0bf12b"
		    "881dc200c9833da726e9376c2e32cff7" },
		{ "4a656665",
		    "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		    "5bdcc146bf60754e6a042426089575c7"
		    "5a003f089d2739839dec58b964ec3843" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaa",
		    "54657374205573696e67204c6172676572205468616e20426c6f636b2d53"
		    "697a65204b6579202d2048617368204b6579204669727374",
		    "60e431591ee0b67f0d8a26aacbf5b77f"
		    "8e0bc6213728c5140546040f0ee37f54" },
	};
	uint8_t out[PTN_SHA256_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < N(v); i++) {
		assert_int_equal(ptn_crypto_hmac_sha256(unhex(v[i].key),
				     unhex(v[i].msg), out),
		    PTN_OK);
		assert_hex(PTN_BYTES(out, sizeof(out)), v[i].tag);
	}
}

/* RFC 5869 A.3: SHA-256, no salt, no info; the first 32 of its 42 bytes. */
static void
hkdf(void **state)
{
	uint8_t out[PTN_KEY_LEN], other[PTN_KEY_LEN];
	struct ptn_bytes ikm;

	(void)state;
	ikm = unhex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
	assert_int_equal(ptn_crypto_hkdf_sha256(ikm, "", out), PTN_OK);
	assert_hex(PTN_BYTES(out, sizeof(out)),
	    "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d");
	assert_int_equal(ptn_crypto_hkdf_sha256(ikm, "postern/1/jwk", other),
	    PTN_OK);
	assert_memory_not_equal(out, other, sizeof(out));
}

/* The GCM specification's test case 16: AES-256 with additional data. */
static void
gcm(void **state)
{
	struct ptn_bytes key, nonce, plain, text;
	struct ptn_crypto_gcm g;
	enum ptn_verdict verdict = PTN_DENY;
	uint8_t out[60], back[60], tag[PTN_GCM_TAG_LEN];
	static const uint8_t zero[60];

	(void)state;
	key = unhex("feffe9928665731c6d6a8f9467308308"
		    "feffe9928665731c6d6a8f9467308308");
	nonce = unhex("cafebabefacedbaddecaf888");
	plain = unhex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c30"
		      "3d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0d"
		      "e657ba637b39");
	g.key = key.p;
	g.nonce = nonce.p;
	g.aad = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
	assert_int_equal(ptn_crypto_gcm_encrypt(&g, plain, out, tag), PTN_OK);
	text = PTN_BYTES(out, sizeof(out));
	assert_hex(text,
	    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	    "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662");
	assert_hex(PTN_BYTES(tag, sizeof(tag)),
	    "76fc6ece0f4e1768cddf8853bb2d551b");
	assert_int_equal(ptn_crypto_gcm_decrypt(&g, text, tag, back, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_ALLOW);
	assert_memory_equal(back, plain.p, sizeof(back));
	tag[0] ^= 1;
	assert_int_equal(ptn_crypto_gcm_decrypt(&g, text, tag, back, &verdict),
	    PTN_OK);
	assert_int_equal(verdict, PTN_DENY);
	assert_int_equal(ERR_peek_error(), 0);
	assert_memory_equal(back, zero, sizeof(back));
}

/* Nothing is left behind that would look like the failure of another. */
static enum ptn_verdict
verify(const struct ptn_key *k, const char *msg, struct ptn_bytes sig)
{
	enum ptn_verdict verdict = PTN_ALLOW;

	assert_int_equal(ptn_key_verify(k, ptn_bytes_of(msg), sig, &verdict),
	    PTN_OK);
	assert_int_equal(ERR_peek_error(), 0);
	return verdict;
}

/* Make, export, import, sign, verify; each algorithm. */
static void
key_round_trip(void **state)
{
	static const size_t sig_len[PTN_ALG__MAX] = { 256, 64, 64 };
	struct ptn_key *k, *back, *other;
	struct ptn_bytes der, sig;
	int i, round;

	(void)state;
	for (i = 0; i < PTN_ALG__MAX; i++) {
		enum ptn_sign_alg a = (enum ptn_sign_alg)i;

		assert_int_equal(ptn_key_generate(&k, a), PTN_OK);
		assert_int_equal(ptn_key_generate(&other, a), PTN_OK);
		assert_int_equal(ptn_key_export(k, arena, &der), PTN_OK);
		assert_int_equal(ptn_key_import(&back, a, der), PTN_OK);
		assert_int_equal(ptn_key_alg(back), a);
		for (round = 0; round < 3; round++) {
			assert_int_equal(ptn_key_sign(back, arena,
					     ptn_bytes_of("msg"), &sig),
			    PTN_OK);
			assert_int_equal(sig.len, sig_len[a]);
			assert_int_equal(verify(k, "msg", sig), PTN_ALLOW);
			assert_int_equal(verify(k, "msG", sig), PTN_DENY);
			assert_int_equal(verify(other, "msg", sig), PTN_DENY);
		}
		ptn_key_free(&k);
		ptn_key_free(&back);
		ptn_key_free(&other);
	}
}

/* Each bit of a signature counts, and so does its length. */
static void
signature_refused(void **state)
{
	static uint8_t big[65536];
	struct ptn_key *k;
	struct ptn_bytes sig;
	size_t bit, len;
	uint8_t *bad;
	int i;

	(void)state;
	for (i = 0; i < PTN_ALG__MAX; i++) {
		assert_int_equal(ptn_key_generate(&k, (enum ptn_sign_alg)i),
		    PTN_OK);
		assert_int_equal(
		    ptn_key_sign(k, arena, ptn_bytes_of("msg"), &sig), PTN_OK);
		bad = ptn_arena_alloc(arena, sig.len);
		for (bit = 0; bit < sig.len * 8; bit += 5) {
			memcpy(bad, sig.p, sig.len);
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(
			    verify(k, "msg", PTN_BYTES(bad, sig.len)),
			    PTN_DENY);
		}
		memcpy(big, sig.p, sig.len);
		for (len = 0; len <= sizeof(big); len += len < 600 ? 1 : 4231)
			if (len != sig.len)
				assert_int_equal(
				    verify(k, "msg", PTN_BYTES(big, len)),
				    PTN_DENY);
		assert_int_equal(verify(k, "msg", sig), PTN_ALLOW);
		memset(big, 0, sizeof(big));
		ptn_key_free(&k);
	}
}

/* EVP_DigestVerify(3): 1 is yes, and all else is not. */
static void
one_alone_is_yes(void **state)
{
	static const int others[] = { 0, -1, -2, 2, INT_MAX, INT_MIN };
	struct ptn_key *k;
	struct ptn_bytes sig;
	size_t j;
	int i;

	(void)state;
	for (i = 0; i < PTN_ALG__MAX; i++) {
		assert_int_equal(ptn_key_generate(&k, (enum ptn_sign_alg)i),
		    PTN_OK);
		assert_int_equal(
		    ptn_key_sign(k, arena, ptn_bytes_of("msg"), &sig), PTN_OK);
		for (j = 0; j < N(others); j++) {
			said = others[j];
			assert_int_equal(verify(k, "msg", sig), PTN_DENY);
		}
		said = 1;
		assert_int_equal(verify(k, "msg", sig), PTN_ALLOW);
		ptn_key_free(&k);
	}
}

/* RFC 7518 section 3.4: R and S in [1, n - 1]. */
static void
es256_scalars(void **state)
{
	static const char n[] = "ffffffff00000000ffffffffffffffff"
				"bce6faada7179e84f3b9cac2fc632551";
	static const char zero[] = "00000000000000000000000000000000"
				   "00000000000000000000000000000000";
	static const char top[] = "ffffffffffffffffffffffffffffffff"
				  "ffffffffffffffffffffffffffffffff";
	static const char *const bad[] = { zero, n, top };
	struct ptn_key *k;
	struct ptn_bytes sig;
	uint8_t raw[64];
	size_t i;

	(void)state;
	assert_int_equal(ptn_key_generate(&k, PTN_ALG_ES256), PTN_OK);
	assert_int_equal(ptn_key_sign(k, arena, ptn_bytes_of("msg"), &sig),
	    PTN_OK);
	for (i = 0; i < 2 * N(bad); i++) {
		memcpy(raw, sig.p, sizeof(raw));
		memcpy(raw + i % 2 * 32, unhex(bad[i / 2]).p, 32);
		assert_int_equal(verify(k, "msg", PTN_BYTES(raw, sizeof(raw))),
		    PTN_DENY);
	}
	ptn_key_free(&k);
}

/* Many signatures, so that some begin with zeros in R or S. */
static void
es256_leading_zeros(void **state)
{
	struct ptn_key *k;
	struct ptn_bytes sig;
	int i, zeros = 0;

	(void)state;
	assert_int_equal(ptn_key_generate(&k, PTN_ALG_ES256), PTN_OK);
	for (i = 0; i < 3000; i++) {
		ptn_arena_reset(arena);
		assert_int_equal(
		    ptn_key_sign(k, arena, ptn_bytes_of("msg"), &sig), PTN_OK);
		assert_int_equal(sig.len, 64);
		if (sig.p[0] != 0 && sig.p[32] != 0)
			continue;
		zeros++;
		assert_int_equal(verify(k, "msg", sig), PTN_ALLOW);
	}
	assert_true(zeros > 0);
	ptn_key_free(&k);
}

/* RFC 8032 section 7.1, test 2: the key as PKCS#8 (RFC 8410 section 7). */
static void
eddsa_vector(void **state)
{
	struct ptn_bytes der, sig;
	struct ptn_key *k;
	char *jwk;

	(void)state;
	der = unhex("302e020100300506032b657004220420"
		    "4ccd089b28ff96da9db6c346ec114e0f"
		    "5b8a319f35aba624da8cf6ed4fb8a6fb");
	assert_int_equal(ptn_key_import(&k, PTN_ALG_EDDSA, der), PTN_OK);
	assert_int_equal(ptn_key_sign(k, arena, PTN_BYTES("\x72", 1), &sig),
	    PTN_OK);
	assert_hex(sig,
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
	    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
	assert_int_equal(ptn_key_jwk(k, arena, "k1", &jwk), PTN_OK);
	assert_string_equal(jwk,
	    "{\"alg\":\"EdDSA\",\"crv\":\"Ed25519\",\"kid\":\"k1\","
	    "\"kty\":\"OKP\",\"use\":\"sig\","
	    "\"x\":\"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw\"}");
	ptn_key_free(&k);
}

/*
 * RFC 7515 A.3: its ES256 key as PKCS#8, without the public half (which the
 * import has to compute), and its signature.
 */
static void
es256_vector(void **state)
{
	static const char msg[] =
	    "eyJhbGciOiJFUzI1NiJ9"
	    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
	    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
	static const char sig_text[] =
	    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
	    "pmWQxfKTUJqPP3-Kg6NU1Q";
	struct ptn_bytes der, sig;
	struct ptn_key *k;
	char *jwk;

	(void)state;
	der = unhex("3041020100301306072a8648ce3d020106082a8648ce3d030107"
		    "04273025020101" /* ECPrivateKey, version 1 */
		    "0420"
		    "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213"
		    "df84f4b2");
	assert_int_equal(ptn_key_import(&k, PTN_ALG_ES256, der), PTN_OK);
	assert_int_equal(ptn_b64url_decode(arena, ptn_bytes_of(sig_text), &sig),
	    PTN_OK);
	assert_int_equal(verify(k, msg, sig), PTN_ALLOW);
	assert_int_equal(ptn_key_jwk(k, arena, "k2", &jwk), PTN_OK);
	assert_string_equal(jwk,
	    "{\"alg\":\"ES256\",\"crv\":\"P-256\",\"kid\":\"k2\","
	    "\"kty\":\"EC\",\"use\":\"sig\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}");
	ptn_key_free(&k);
}

static void
jwk_rsa(void **state)
{
	static const char *const members[] = { "alg", "e", "kid", "kty", "n",
		"use" };
	struct ptn_json *v;
	struct ptn_bytes n;
	struct ptn_key *k;
	const char *why;
	char *jwk;
	size_t i;

	(void)state;
	assert_int_equal(ptn_key_generate(&k, PTN_ALG_RS256), PTN_OK);
	assert_int_equal(ptn_key_jwk(k, arena, "k3", &jwk), PTN_OK);
	assert_int_equal(ptn_json_parse(ptn_bytes_of(jwk), 2, &v, &why),
	    PTN_OK);
	for (i = 0; i < N(members); i++)
		assert_true(ptn_json_has(v, members[i]));
	assert_string_equal(ptn_json_text(arena, ptn_json_get(v, "e")), "AQAB");
	assert_int_equal(
	    ptn_b64url_decode(arena, ptn_json_string(ptn_json_get(v, "n")), &n),
	    PTN_OK);
	assert_int_equal(n.len, 256);
	assert_true(n.p[0] >= 0x80);
	for (i = 0; i < 6; i++)
		assert_false(ptn_json_has(v,
		    (const char *const[]){ "d", "p", "q", "dp", "dq",
			"qi" }[i]));
	ptn_json_free(&v);
	ptn_key_free(&k);
}

/* A key serves its own algorithm only; junk serves none. */
static void
import_refused(void **state)
{
	struct ptn_key *k, *back;
	struct ptn_bytes der;
	uint8_t *copy;
	int i, j;

	(void)state;
	for (i = 0; i < PTN_ALG__MAX; i++) {
		assert_int_equal(ptn_key_generate(&k, (enum ptn_sign_alg)i),
		    PTN_OK);
		assert_int_equal(ptn_key_export(k, arena, &der), PTN_OK);
		for (j = 0; j <= PTN_ALG__MAX; j++)
			if (j != i)
				assert_int_equal(ptn_key_import(&back,
						     (enum ptn_sign_alg)j, der),
				    PTN_E_INPUT);
		copy = ptn_arena_alloc(arena, der.len + 1);
		memcpy(copy, der.p, der.len);
		assert_int_equal(ptn_key_import(&back, (enum ptn_sign_alg)i,
				     PTN_BYTES(copy, der.len + 1)),
		    PTN_E_INPUT);
		assert_int_equal(ptn_key_import(&back, (enum ptn_sign_alg)i,
				     PTN_BYTES(copy, der.len - 1)),
		    PTN_E_INPUT);
		assert_int_equal(ptn_key_import(&back, (enum ptn_sign_alg)i,
				     PTN_BYTES(copy, 0)),
		    PTN_E_INPUT);
		assert_null(back);
		assert_int_equal(ERR_peek_error(), 0);
		ptn_key_free(&k);
	}
}

/* RFC 8725 section 3.5: RSA of 1024 bits, curves that are not P-256, zero. */
static void
import_weak(void **state)
{
	static const char rsa1024[] =
	    "30820277020100300d06092a864886f70d0101010500048202613082025d0201"
	    "0002818100b15ea9ae461a536c3a74287369fb2cc192570b4672c26924fc318d"
	    "1abbb974ed5110bf6898068000c9ec70ea4340bc3c9ae0a26536c7a163fd85ee"
	    "bac34dd2a53783d4c1f517926ac6cf31f2eaf116e07f22c2f27582cea8b85346"
	    "19ab54d35bc41cb4ec927025b3cbc2e3dacc45e1bab49f3c79921d483c7bd7e2"
	    "5610a80b150203010001028181009b1896b1607586bb1dc612d5113864a3836e"
	    "7fda8361028627ccc0813ee3e59ddb04150bc5dbf1343f5d744334b9b7a01b22"
	    "107f06cebb8e6ed31db4cc3111de9743ae8d39554c4e771351531292c9cadb22"
	    "544327d36fae05292a9aeb7c22fbe815f5029c58cc02dd8a7d5d18a9ddc8b043"
	    "3fd38e7427f6fffc6079de5619e5024100e468cbb978ac4346b25912072f9b17"
	    "fdac25e8e5f0a26660bd5c05f61150542d34825284f7dc3b78697439d285c3c6"
	    "9d7ffe075432b159eedc75f881944e4daf024100c6cb8c1d1a3deca0a650c025"
	    "c077007dc8188e2c00d5594e20bc2211f7005cd1fa843333babe79fef1fa8fad"
	    "89c66706d32a528cbcbf1a6b96ac9da43128c87b024100e09d2dba76b0f077d5"
	    "6b420f4f0175d64034079417cf9c5e05d9390382833c44381ef0875237814428"
	    "6fe36ce39e62f2ffab1009fccfeb60b9ec49352462dc8102400fad1d6f6e1254"
	    "069716e710130d4f4c9bead3cb44858e754abf8b303f7a17d7b71995b00e99d6"
	    "a4f40ffe248128d41705afe0b2986fb975a27c1a32486e1ee102400fbd466e23"
	    "e750443acb756b3cf698c4fb92e7245790b2ffae2d0a3ef51d6ec1886af22fdd"
	    "efb2a18f7130d1519410693578e8f1c5764abb2957d8530ba659ac";
	static const char p384[] =
	    "3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201"
	    "010430b9f91a9757025e0553ecfa77f714baf3a6f695a87b4274741dd534da5e"
	    "819790068b3cdfae8a813fdd4bb89e7899644aa16403620004012717d862bb4c"
	    "d628b5c739b53375ddbef0d9c433e4ea4d7a555e4c44e77d2a276e49d107aa80"
	    "d9220012f34ca176e2b7739518c0f23f10bf49aebf1123a9c1399153dd2fd580"
	    "6296f7a4cedad018028026b8e0904d9b2760ff89dcd577d013";
	static const char secp256k1[] =
	    "308184020100301006072a8648ce3d020106052b8104000a046d306b02010104"
	    "20abfdf2b832d7424d2cb8f8d2d57d8588a78e78d593a894bec770b969d26d9b"
	    "1ba14403420004ac43774da2d08c9f59902a08f925d5abb3a03ce72e9a650250"
	    "e8dd52dcea6bc8ab838d72a1874180ea9687768aaa2b372630de71205c5acaba"
	    "5d7df7fb278bd7";
	static const char zero[] =
	    "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201"
	    "0104200000000000000000000000000000000000000000000000000000000000"
	    "000000";
	struct ptn_key *k;

	(void)state;
	assert_int_equal(ptn_key_import(&k, PTN_ALG_RS256, unhex(rsa1024)),
	    PTN_E_INPUT);
	assert_int_equal(ptn_key_import(&k, PTN_ALG_ES256, unhex(p384)),
	    PTN_E_INPUT);
	assert_int_equal(ptn_key_import(&k, PTN_ALG_ES256, unhex(secp256k1)),
	    PTN_E_INPUT);
	assert_int_equal(ptn_key_import(&k, PTN_ALG_ES256, unhex(zero)),
	    PTN_E_INPUT);
}

/* Nothing is left behind that would look like the failure of another. */
static int
nothing_left(void **state)
{
	(void)state;
	return ERR_peek_error() == 0 && ptn_ossl_settle() == PTN_OK ? 0 : -1;
}

#define T(f) cmocka_unit_test_teardown(f, nothing_left)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(sha256),
		T(hmac),
		T(hkdf),
		T(gcm),
		T(key_round_trip),
		T(signature_refused),
		T(one_alone_is_yes),
		T(es256_scalars),
		T(es256_leading_zeros),
		T(eddsa_vector),
		T(es256_vector),
		T(jwk_rsa),
		T(import_refused),
		T(import_weak),
	};

	return cmocka_run_group_tests(tests, setup, arena_teardown);
}
