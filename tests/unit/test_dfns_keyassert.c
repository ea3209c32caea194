#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/base/hex.h"
#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/dfns/keyassert.h"
#include "tests/unit/dfns.h"
#include "tests/unit/sign.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

#define CHALLENGE "NzdmODYwNTc1MDM2YjM5NQ"
#define TWICE "TnpkbU9EWXdOVGMxTURNMllqTTVOUQ"

static EVP_PKEY *
key_of(const char *name)
{
	const struct ptn_json *v = ptn_json_get(dfns_vector("keys"), name);

	return sign_key(dfns_text(arena, v, "private_pem"));
}

/* A true signature over whatever the client data are. */
static struct ptn_finding
verify_text(const char *text, size_t len)
{
	const struct ptn_keyassert_stored stored = { dfns_pem(arena, "p256"),
		PTN_KEYASSERT_UNSET };
	struct ptn_keyassert_assertion in = { .client_data =
						  PTN_BYTES(text, len) };
	EVP_PKEY *key = key_of("p256");
	struct ptn_finding finding;

	in.signature = sign_bytes(arena, key, "SHA256", in.client_data);
	EVP_PKEY_free(key);
	assert_int_equal(
	    ptn_keyassert_verify(arena, &stored, &in, CHALLENGE, &finding),
	    PTN_OK);
	assert_int_equal(finding.verdict == PTN_ALLOW,
	    finding.reason == PTN_REASON_NONE);
	return finding;
}

#define T "\"type\":\"key.get\""
#define C "\"challenge\":\"" CHALLENGE "\""

static const struct {
	const char *text;
	enum ptn_finding_reason reason;
} client_datas[] = {
	// clang-format off
	{ "{" T "," C "}", PTN_REASON_NONE },
	{ "{" C "," T "}", PTN_REASON_NONE },
	{ " {\n" T ", " C " } ", PTN_REASON_NONE },
	{ "{" T ",\"challenge\":\"" TWICE "\"}", PTN_REASON_NONE },
	{ "{" T ",\"challenge\":\"" TWICE "==\"}", PTN_REASON_NONE },
	{ "{" T "," C ",\"origin\":\"https://evil.example\",\"crossOrigin\":true}", PTN_REASON_NONE },
	{ "{" T "," C ",\"origin\":null}", PTN_REASON_NONE },
	{ "{" T "," C ",\"x\":[{}]}", PTN_REASON_NONE },
	{ "", PTN_REASON_CLIENT_DATA },
	{ "null", PTN_REASON_CLIENT_DATA },
	{ "[]", PTN_REASON_CLIENT_DATA },
	{ "\"key.get\"", PTN_REASON_CLIENT_DATA },
	{ "{" T "}", PTN_REASON_CLIENT_DATA },
	{ "{" C "}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," C, PTN_REASON_CLIENT_DATA },
	{ "{" T "," C "}x", PTN_REASON_CLIENT_DATA },
	{ "\xef\xbb\xbf{" T "," C "}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," C "," C "}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," T "," C "}", PTN_REASON_CLIENT_DATA },
	{ "{" T ",\"typ\\u0065\":\"key.get\"," C "}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," C ",\"x\":{\"y\":1,\"y\":1}}", PTN_REASON_CLIENT_DATA },
	{ "{\"type\":1," C "}", PTN_REASON_CLIENT_DATA },
	{ "{" T ",\"challenge\":1}", PTN_REASON_CLIENT_DATA },
	{ "{" T ",\"challenge\":null}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," C ",\"origin\":1}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," C ",\"crossOrigin\":\"false\"}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," C ",\"x\":\"\xff\"}", PTN_REASON_CLIENT_DATA },
	{ "{" T "," C ",\"x\":[[[[[[[[[]]]]]]]]]}", PTN_REASON_CLIENT_DATA },
	{ "{\"type\":\"key.create\"," C "}", PTN_REASON_TYPE },
	{ "{\"type\":\"webauthn.get\"," C "}", PTN_REASON_TYPE },
	{ "{\"type\":\"key.get \"," C "}", PTN_REASON_TYPE },
	{ "{\"type\":\"key.get\\u0000\"," C "}", PTN_REASON_TYPE },
	{ "{\"type\":\"\"," C "}", PTN_REASON_TYPE },
	{ "{" T ",\"challenge\":\"\"}", PTN_REASON_CHALLENGE },
	{ "{" T ",\"challenge\":\"NzdmODYwNTc1MDM2YjM5NR\"}", PTN_REASON_CHALLENGE },
	{ "{" T ",\"challenge\":\"nZDMoDyWntC1mdm2yJm5nq\"}", PTN_REASON_CHALLENGE },
	{ "{" T ",\"challenge\":\"" CHALLENGE "A\"}", PTN_REASON_CHALLENGE },
	{ "{" T ",\"challenge\":\"" CHALLENGE "\\u0000\"}", PTN_REASON_CHALLENGE },
	{ "{" T ",\"challenge\":\"" CHALLENGE "\\u0000x\"}", PTN_REASON_CHALLENGE },
	{ "{" T ",\"challenge\":\" " CHALLENGE "\"}", PTN_REASON_CHALLENGE },
	/* Encoded three times, or not at all. */
	{ "{" T ",\"challenge\":\"VG5wa2JVOUVXWGRPVkdNeFRVUk5NbGxxVFRWT1VR\"}", PTN_REASON_CHALLENGE },
	{ "{" T ",\"challenge\":\"77f860575036b395\"}", PTN_REASON_CHALLENGE },
	// clang-format on
};

static void
test_client_data(void **state)
{
	struct ptn_finding finding;
	char *large;
	size_t i;

	(void)state;
	for (i = 0; i < N(client_datas); i++) {
		finding = verify_text(client_datas[i].text,
		    strlen(client_datas[i].text));
		if (finding.reason != client_datas[i].reason)
			fail_msg("%s: %s", client_datas[i].text,
			    ptn_finding_word(finding.reason));
	}
	/* A NUL byte is no end; and there is one. */
	assert_int_equal(
	    verify_text("{" T "," C "}\0", sizeof("{" T "," C "}")).reason,
	    PTN_REASON_CLIENT_DATA);
	large = ptn_arena_printf(arena, "{" T "," C "}%*s",
	    (int)PTN_KEYASSERT_DATA_MAX, "");
	assert_int_equal(verify_text(large, PTN_KEYASSERT_DATA_MAX).reason,
	    PTN_REASON_NONE);
	assert_int_equal(verify_text(large, PTN_KEYASSERT_DATA_MAX + 1).reason,
	    PTN_REASON_CLIENT_DATA);
}

static const char honest[] = "{" T "," C "}";

struct scheme {
	const char *key;
	const char *signs_with; /* NULL: EdDSA */
	const char *stored;	/* "algorithm"; NULL: absent */
	const char *named;
	enum ptn_err r;
	enum ptn_verdict verdict;
};

static const struct scheme schemes[] = {
	// clang-format off
	{ "p256", "SHA256", NULL, NULL, PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", NULL, "SHA256", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", NULL, "RSA-SHA256", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA512", NULL, "SHA512", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA512", "SHA512", NULL, PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", "SHA512", "SHA256", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", "SHA512", NULL, PTN_OK, PTN_DENY },
	{ "p256", "SHA512", NULL, NULL, PTN_OK, PTN_DENY },
	{ "p256", "SHA512", "SHA512", "SHA256", PTN_OK, PTN_DENY },
	{ "p256", "SHA384", NULL, NULL, PTN_OK, PTN_DENY },
	{ "p256", "SHA1", NULL, NULL, PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "sha256", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", NULL, "SHA-256", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA512", NULL, "sha_512", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", NULL, "rsa-sha-256", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", NULL, "ECDSA-SHA256", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", "SHA-512", NULL, PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "", PTN_OK, PTN_ALLOW },
	{ "p256", "SHA256", NULL, "-", PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "SHA2567", PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "SHA25", PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "SHA 256", PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "SHA1", PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "SHA384", PTN_OK, PTN_DENY },
	{ "p256", "SHA256", NULL, "EdDSA", PTN_OK, PTN_DENY },
	{ "p384", "SHA256", NULL, NULL, PTN_OK, PTN_ALLOW },
	{ "p384", "SHA384", NULL, NULL, PTN_OK, PTN_DENY },
	{ "p384", "SHA512", NULL, "SHA512", PTN_OK, PTN_ALLOW },
	{ "secp256k1", "SHA256", NULL, NULL, PTN_OK, PTN_ALLOW },
	{ "secp256k1", "SHA512", NULL, "SHA512", PTN_OK, PTN_ALLOW },
	{ "rsa2048", "SHA256", NULL, NULL, PTN_OK, PTN_ALLOW },
	{ "rsa2048", "SHA512", NULL, "SHA512", PTN_OK, PTN_ALLOW },
	{ "rsa2048", "SHA512", NULL, "RSA-SHA256", PTN_OK, PTN_DENY },
	{ "rsa2048", "SHA1", NULL, NULL, PTN_OK, PTN_DENY },
	{ "ed25519", NULL, NULL, NULL, PTN_OK, PTN_ALLOW },
	{ "rsa2048", "SHA256", NULL, "Sha-256", PTN_OK, PTN_ALLOW },
	{ "rsa2048", "SHA256", NULL, "ed25519", PTN_OK, PTN_DENY },
	{ "ed25519", NULL, NULL, "SHA512", PTN_OK, PTN_ALLOW },
	{ "ed25519", NULL, NULL, "EdDSA", PTN_OK, PTN_ALLOW },
	{ "ed25519", NULL, NULL, "anything", PTN_OK, PTN_ALLOW },
	// clang-format on
};

static enum ptn_keyassert_digest
digest_of(const char *name)
{
	return ptn_keyassert_digest_of(
	    name == NULL ? PTN_BYTES(NULL, 0) : ptn_bytes_of(name));
}

static void
check_scheme(const struct scheme *s)
{
	struct ptn_keyassert_stored stored = { dfns_pem(arena, s->key),
		digest_of(s->stored) };
	struct ptn_keyassert_assertion in = { ptn_bytes_of(honest),
		PTN_BYTES(NULL, 0), digest_of(s->named) };
	EVP_PKEY *key = key_of(s->key);
	struct ptn_finding finding;

	in.signature = sign_bytes(arena, key, s->signs_with, in.client_data);
	EVP_PKEY_free(key);
	assert_int_equal(
	    ptn_keyassert_verify(arena, &stored, &in, CHALLENGE, &finding),
	    s->r);
	assert_int_equal(finding.verdict, s->verdict);
}

static void
test_schemes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N(schemes); i++)
		check_scheme(&schemes[i]);
	for (i = 0; i < PTN_KEYASSERT_OTHER; i++)
		assert_int_equal(digest_of(i == 0
					 ? NULL
					 : ptn_keyassert_digest_name(
					       (enum ptn_keyassert_digest)i)),
		    i);
}

/* As a signature is verified, so it is told. */
static void
test_digest_used(void **state)
{
	static const struct {
		enum ptn_kty kty;
		enum ptn_keyassert_digest own, stored;
		const char *name;
	} cases[] = {
		{ PTN_KTY_EC2, PTN_KEYASSERT_UNSET, PTN_KEYASSERT_UNSET,
		    "SHA256" },
		{ PTN_KTY_EC2, PTN_KEYASSERT_UNSET, PTN_KEYASSERT_SHA512,
		    "SHA512" },
		{ PTN_KTY_RSA, PTN_KEYASSERT_SHA256, PTN_KEYASSERT_SHA512,
		    "SHA256" },
		{ PTN_KTY_RSA, PTN_KEYASSERT_OTHER, PTN_KEYASSERT_UNSET, "" },
		{ PTN_KTY_OKP, PTN_KEYASSERT_SHA512, PTN_KEYASSERT_UNSET, "" },
	};
	struct ptn_pubkey k = { .kty = PTN_KTY_UNSET };
	size_t i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		k.kty = cases[i].kty;
		assert_string_equal(ptn_keyassert_digest_used(&k, cases[i].own,
					cases[i].stored),
		    cases[i].name);
	}
}

static void
test_p521(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-521");
	struct ptn_keyassert_assertion in = { .client_data =
						  ptn_bytes_of(honest) };
	struct ptn_keyassert_stored stored = { sign_public_pem(arena, key),
		PTN_KEYASSERT_UNSET };
	struct ptn_finding finding;

	(void)state;
	in.signature = sign_bytes(arena, key, "SHA256", in.client_data);
	assert_int_equal(
	    ptn_keyassert_verify(arena, &stored, &in, CHALLENGE, &finding),
	    PTN_OK);
	assert_int_equal(finding.verdict, PTN_ALLOW);
	in.signature = sign_bytes(arena, key, "SHA512", in.client_data);
	assert_int_equal(
	    ptn_keyassert_verify(arena, &stored, &in, CHALLENGE, &finding),
	    PTN_OK);
	assert_int_equal(finding.reason, PTN_REASON_SIGNATURE);
	EVP_PKEY_free(key);
}

static enum ptn_verdict
verdict_on(const char *key, struct ptn_bytes sig)
{
	struct ptn_keyassert_stored stored = { dfns_pem(arena, key),
		PTN_KEYASSERT_UNSET };
	struct ptn_keyassert_assertion in = { ptn_bytes_of(honest), sig,
		PTN_KEYASSERT_UNSET };
	struct ptn_finding finding;

	assert_int_equal(
	    ptn_keyassert_verify(arena, &stored, &in, CHALLENGE, &finding),
	    PTN_OK);
	if (finding.verdict != PTN_ALLOW)
		assert_int_equal(finding.reason, PTN_REASON_SIGNATURE);
	return finding.verdict;
}

static struct ptn_bytes
with_tail(struct ptn_bytes sig)
{
	uint8_t *p = ptn_arena_alloc(arena, sig.len + 1);

	memcpy(p, sig.p, sig.len);
	return PTN_BYTES(p, sig.len + 1);
}

/* Nothing but the one right signature, byte by byte. */
static void
test_signature_forms(void **state)
{
	static const char *const names[] = { "p256", "ed25519", "rsa2048",
		"secp256k1" };
	struct ptn_bytes sig;
	EVP_PKEY *key;
	uint8_t *p;
	size_t i, j;

	(void)state;
	for (i = 0; i < N(names); i++) {
		key = key_of(names[i]);
		sig = sign_bytes(arena, key,
		    strcmp(names[i], "ed25519") == 0 ? NULL : "SHA256",
		    ptn_bytes_of(honest));
		EVP_PKEY_free(key);
		assert_int_equal(verdict_on(names[i], sig), PTN_ALLOW);
		assert_int_equal(verdict_on(names[i], with_tail(sig)),
		    PTN_DENY);
		assert_int_equal(
		    verdict_on(names[i], PTN_BYTES(sig.p, sig.len - 1)),
		    PTN_DENY);
		assert_int_equal(verdict_on(names[i], PTN_BYTES(sig.p, 0)),
		    PTN_DENY);
		p = with_tail(sig).p == NULL ? NULL
					     : ptn_arena_alloc(arena, sig.len);
		for (j = 0; j < sig.len; j++) {
			memcpy(p, sig.p, sig.len);
			p[j] ^= 1;
			assert_int_equal(
			    verdict_on(names[i], PTN_BYTES(p, sig.len)),
			    PTN_DENY);
		}
	}
}

/*
 * DER that OpenSSL itself might take: r with a zero too many in front, and a
 * long form of the outer length.
 */
static void
test_malleated_der(void **state)
{
	EVP_PKEY *key = key_of("p256");
	struct ptn_bytes sig =
	    sign_bytes(arena, key, "SHA256", ptn_bytes_of(honest));
	uint8_t out[128];

	(void)state;
	EVP_PKEY_free(key);
	memcpy(out, sig.p, 4);
	out[1]++;
	out[3]++;
	out[4] = 0;
	memcpy(out + 5, sig.p + 4, sig.len - 4);
	assert_int_equal(verdict_on("p256", PTN_BYTES(out, sig.len + 1)),
	    PTN_DENY);
	out[0] = sig.p[0];
	out[1] = 0x81;
	memcpy(out + 2, sig.p + 1, sig.len - 1);
	assert_int_equal(verdict_on("p256", PTN_BYTES(out, sig.len + 1)),
	    PTN_DENY);
}

/* ------------------------------------------------------------ new keys */

/* The attestation of a key over client data, with members added. */
static struct ptn_finding
verify_creation(const char *client_data, const char *pem, bool raw,
    const char *more, enum ptn_err want)
{
	EVP_PKEY *key = key_of("p256");
	uint8_t hash[PTN_SHA256_LEN];
	char hex[2 * 1024 + 1];
	struct ptn_keyassert_creation in;
	struct ptn_keyassert_created out;
	struct ptn_finding finding;
	struct ptn_buf msg, att;
	struct ptn_bytes sig;

	ptn_crypto_sha256(ptn_bytes_of(client_data), hash);
	ptn_hex_encode(PTN_BYTES(hash, sizeof(hash)), hex);
	ptn_buf_init(&msg, arena);
	ptn_buf_printf(&msg, "{\"clientDataHash\":\"%s\",\"publicKey\":", hex);
	if (raw)
		ptn_buf_printf(&msg, "\"%s\"", pem);
	else
		ptn_json_quote(&msg, ptn_bytes_of(pem));
	ptn_buf_char(&msg, '}');
	sig = sign_bytes(arena, key,
	    strstr(more, "SHA512") != NULL ? "SHA512" : "SHA256",
	    PTN_BYTES(msg.p, msg.len));
	EVP_PKEY_free(key);
	ptn_hex_encode(sig, hex);
	ptn_buf_init(&att, arena);
	ptn_buf_str(&att, "{\"publicKey\":");
	ptn_json_quote(&att, ptn_bytes_of(pem));
	ptn_buf_printf(&att, ",\"signature\":\"%s\"%s}", hex, more);
	in.client_data = ptn_bytes_of(client_data);
	in.attestation = PTN_BYTES(att.p, att.len);
	assert_int_equal(
	    ptn_keyassert_create(arena, &in, CHALLENGE, &out, &finding), want);
	assert_int_equal(finding.verdict == PTN_ALLOW, out.pem != NULL);
	if (out.pem != NULL)
		assert_string_equal(out.pem, pem);
	return finding;
}

#define CREATE "{\"type\":\"key.create\"," C "}"

static void
test_creation(void **state)
{
	const char *pem = dfns_pem(arena, "p256");
	const char *literal = "-----BEGIN PUBLIC KEY-----\\n"
			      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEn+QZTMWnTt64"
			      "WKD6exFgh/DZAdYi\\n"
			      "iWDcawQbyJG1zB4CO0oHukwDjcuXyGhP93op48LwoMpqGzPE"
			      "r2XYqkFWdQ==\\n-----END PUBLIC KEY-----\\n";

	(void)state;
	assert_int_equal(
	    verify_creation(CREATE, pem, false, "", PTN_OK).verdict, PTN_ALLOW);
	assert_int_equal(verify_creation(CREATE, pem, true, "", PTN_OK).verdict,
	    PTN_ALLOW);
	assert_int_equal(
	    verify_creation(CREATE, literal, false, "", PTN_OK).verdict,
	    PTN_ALLOW);
	assert_int_equal(verify_creation(CREATE, pem, false,
			     ",\"algorithm\":\"SHA512\",\"x\":1", PTN_OK)
			     .verdict,
	    PTN_ALLOW);
	assert_int_equal(verify_creation(CREATE, pem, false,
			     ",\"algorithm\":\"ECDSA-SHA512\"", PTN_OK)
			     .verdict,
	    PTN_ALLOW);
	assert_int_equal(verify_creation(CREATE, pem, false,
			     ",\"algorithm\":\"MD5\"", PTN_OK)
			     .reason,
	    PTN_REASON_ALGORITHM);
	assert_int_equal(verify_creation(honest, pem, false, "", PTN_OK).reason,
	    PTN_REASON_TYPE);
	assert_int_equal(verify_creation("{\"type\":\"key.create\","
					 "\"challenge\":\"other\"}",
			     pem, false, "", PTN_OK)
			     .reason,
	    PTN_REASON_CHALLENGE);
	assert_int_equal(verify_creation("{", pem, false, "", PTN_OK).reason,
	    PTN_REASON_CLIENT_DATA);
	/* Signed with another key than the one shown. */
	assert_int_equal(verify_creation(CREATE, dfns_pem(arena, "p256_new"),
			     false, "", PTN_OK)
			     .reason,
	    PTN_REASON_SIGNATURE);
	assert_int_equal(
	    verify_creation(CREATE, "no key", false, "", PTN_OK).reason,
	    PTN_REASON_KEY);
	/* Twice the same member. */
	assert_int_equal(
	    verify_creation(CREATE, pem, false, ",\"signature\":\"00\"", PTN_OK)
		.reason,
	    PTN_REASON_ATTESTATION_OBJECT);
	assert_int_equal(
	    verify_creation(CREATE, pem, false, ",\"algorithm\":1", PTN_OK)
		.reason,
	    PTN_REASON_ATTESTATION_OBJECT);
}

static void
test_attestation_forms(void **state)
{
	static const char *const forms[] = { "", "null", "[]", "{}",
		"{\"publicKey\":\"x\"}", "{\"signature\":\"00\"}",
		"{\"publicKey\":1,\"signature\":\"00\"}",
		"{\"publicKey\":\"x\",\"signature\":0}",
		"{\"publicKey\":\"x\",\"signature\":\"0\"}",
		"{\"publicKey\":\"x\",\"signature\":\"0g\"}",
		"{\"publicKey\":\"x\\u0000\",\"signature\":\"00\"}",
		"{\"publicKey\":\"x\",\"signature\":\"00\"}}" };
	struct ptn_keyassert_creation in = { .client_data =
						 ptn_bytes_of(CREATE) };
	struct ptn_keyassert_created out;
	struct ptn_finding finding;
	size_t i;

	(void)state;
	for (i = 0; i < N(forms); i++) {
		in.attestation = ptn_bytes_of(forms[i]);
		assert_int_equal(
		    ptn_keyassert_create(arena, &in, CHALLENGE, &out, &finding),
		    PTN_OK);
		assert_int_equal(finding.reason, PTN_REASON_ATTESTATION_OBJECT);
	}
}

/* ------------------------------------------------------------ recovery */

/* A true recovery signature over this text of the new credentials. */
static struct ptn_finding
verify_signed(struct ptn_bytes text, const struct ptn_json *fresh)
{
	const struct ptn_keyassert_stored stored = { dfns_pem(arena, "p256"),
		PTN_KEYASSERT_UNSET };
	struct ptn_keyassert_assertion in = { .digest = PTN_KEYASSERT_UNSET };
	EVP_PKEY *key = key_of("p256");
	struct ptn_finding finding;
	char *data;

	data = ptn_arena_printf(arena, "{" T ",\"challenge\":\"%s\"}",
	    ptn_b64url_encode(arena, text));
	in.client_data = ptn_bytes_of(data);
	in.signature = sign_bytes(arena, key, "SHA256", in.client_data);
	EVP_PKEY_free(key);
	assert_int_equal(
	    ptn_keyassert_recover(arena, &stored, &in, fresh, &finding),
	    PTN_OK);
	return finding;
}

static const struct {
	const char *fresh;
	const char *signs;
	enum ptn_finding_reason reason;
} recoveries[] = {
	// clang-format off
	{ "{\"a\":{\"b\":1},\"c\":2}", "{\"a\":{\"b\":1},\"c\":2}", PTN_REASON_NONE },
	{ "{\"a\":{\"b\":1},\"c\":2}", "{ \"c\":2, \"a\":{\"b\":1} }", PTN_REASON_NONE },
	/* U+00E9: in UTF-8, and as the one byte of Latin-1. */
	{ "{\"a\":\"\xc3\xa9\"}", "{\"a\":\"\xc3\xa9\"}", PTN_REASON_NONE },
	{ "{\"a\":\"\xc3\xa9\"}", "{\"a\":\"\xe9\"}", PTN_REASON_NONE },
	{ "{\"a\":\"\xc3\x83\xc2\xa9\"}", "{\"a\":\"\xc3\xa9\"}", PTN_REASON_NONE },
	{ "{\"a\":\"e\"}", "{\"a\":\"\xc3\xa9\"}", PTN_REASON_CHALLENGE },
	{ "{\"a\":1}", "{\"a\":2}", PTN_REASON_CHALLENGE },
	{ "{\"a\":1}", "{\"a\":1,\"b\":1}", PTN_REASON_CHALLENGE },
	{ "{\"a\":1}", "{\"a\":1,\"a\":1}", PTN_REASON_CHALLENGE },
	{ "{\"a\":1}", "{\"a\":1}x", PTN_REASON_CHALLENGE },
	{ "{\"a\":1}", "", PTN_REASON_CHALLENGE },
	{ "{\"a\":1}", CHALLENGE, PTN_REASON_CHALLENGE },
	// clang-format on
};

static void
test_recovery_text(void **state)
{
	struct ptn_finding finding;
	struct ptn_json *fresh;
	size_t i;

	(void)state;
	for (i = 0; i < N(recoveries); i++) {
		fresh = dfns_parse(ptn_bytes_of(recoveries[i].fresh));
		finding =
		    verify_signed(ptn_bytes_of(recoveries[i].signs), fresh);
		if (finding.reason != recoveries[i].reason)
			fail_msg("%s: %s", recoveries[i].signs,
			    ptn_finding_word(finding.reason));
		ptn_json_free(&fresh);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_client_data, dfns_each),
		cmocka_unit_test_setup(test_schemes, dfns_each),
		cmocka_unit_test_setup(test_digest_used, dfns_each),
		cmocka_unit_test_setup(test_p521, dfns_each),
		cmocka_unit_test_setup(test_signature_forms, dfns_each),
		cmocka_unit_test_setup(test_malleated_der, dfns_each),
		cmocka_unit_test_setup(test_creation, dfns_each),
		cmocka_unit_test_setup(test_attestation_forms, dfns_each),
		cmocka_unit_test_setup(test_recovery_text, dfns_each),
	};

	return cmocka_run_group_tests(tests, dfns_setup, dfns_teardown);
}
