#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/base64.h"
#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/key.h"
#include "lib/crypto/jws.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define ARENA_MAX ((size_t)1 << 20)

#define KID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11"
#define KID2 "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a12"
#define NOBODY "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a13"

static const char claims[] = "{\"sub\":\"u\",\"exp\":1}";

static struct ptn_arena *arena;
static struct ptn_key *key[PTN_ALG__MAX];
static struct ptn_key *second;

/* The keys there are: the one that signs, and one more. */
static const struct ptn_key *signer;

static const struct ptn_key *
key_of(const char *kid)
{
	if (strcmp(kid, KID2) == 0)
		return second;
	return strcmp(kid, KID) == 0 ? signer : NULL;
}

static int
setup(void **state)
{
	int i;

	(void)state;
	ptn_log_init(PTN_LOG_ERROR, "test");
	arena = ptn_arena_new(ARENA_MAX);
	if (arena == NULL || ptn_crypto_init() != PTN_OK ||
	    ptn_key_generate(&second, PTN_ALG_ES256) != PTN_OK)
		return 1;
	for (i = 0; i < PTN_ALG__MAX; i++)
		if (ptn_key_generate(&key[i], (enum ptn_sign_alg)i) != PTN_OK)
			return 1;
	return 0;
}

static int
teardown(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < PTN_ALG__MAX; i++)
		ptn_key_free(&key[i]);
	ptn_key_free(&second);
	ptn_arena_free(&arena);
	return 0;
}

static int
each(void **state)
{
	(void)state;
	ptn_arena_reset(arena);
	signer = key[PTN_ALG_ES256];
	return 0;
}

/* As who knows the keys does it. */
static enum ptn_verdict
verify_bytes(struct ptn_bytes token, bool *unknown)
{
	enum ptn_verdict verdict = PTN_ALLOW;
	const struct ptn_key *k;
	struct ptn_jws t;
	enum ptn_err r;

	*unknown = false;
	r = ptn_jws_read(arena, token, &t);
	if (r == PTN_E_INPUT)
		return PTN_DENY;
	assert_int_equal(r, PTN_OK);
	if ((k = key_of(t.kid)) == NULL) {
		*unknown = true;
		return PTN_DENY;
	}
	assert_int_equal(ptn_jws_verify(&t, k, &verdict), PTN_OK);
	return verdict;
}

static enum ptn_verdict
verify(const char *token)
{
	bool unknown;
	enum ptn_verdict v = verify_bytes(ptn_bytes_of(token), &unknown);

	assert_false(unknown);
	return v;
}

static char *
b64(const char *text)
{
	return ptn_b64url_encode(arena, ptn_bytes_of(text));
}

/* A token with any header and payload, honestly signed by a key. */
static char *
forge(const struct ptn_key *k, const char *header, const char *payload)
{
	struct ptn_bytes sig;
	char *t;

	t = ptn_arena_printf(arena, "%s.%s", b64(header), b64(payload));
	assert_int_equal(ptn_key_sign(k, arena, ptn_bytes_of(t), &sig), PTN_OK);
	t = ptn_arena_printf(arena, "%s.%s", t, ptn_b64url_encode(arena, sig));
	assert_non_null(t);
	return t;
}

static void
round_trip(void **state)
{
	enum ptn_verdict verdict;
	struct ptn_jws t;
	char *token, *head;
	int i;

	(void)state;
	for (i = 0; i < PTN_ALG__MAX; i++) {
		assert_int_equal(
		    ptn_jws_sign(key[i], KID, arena, claims, &token), PTN_OK);
		head = ptn_arena_printf(arena,
		    "{\"alg\":\"%s\",\"kid\":\"" KID "\",\"typ\":\"JWT\"}",
		    ptn_key_alg_name((enum ptn_sign_alg)i));
		head =
		    ptn_arena_printf(arena, "%s.%s.", b64(head), b64(claims));
		assert_int_equal(strncmp(token, head, strlen(head)), 0);
		assert_int_equal(ptn_jws_read(arena, ptn_bytes_of(token), &t),
		    PTN_OK);
		assert_string_equal(t.kid, KID);
		assert_int_equal(t.alg, i);
		assert_int_equal(ptn_jws_verify(&t, key[i], &verdict), PTN_OK);
		assert_int_equal(verdict, PTN_ALLOW);
		assert_true(ptn_bytes_equal(t.payload, ptn_bytes_of(claims)));
	}
}

static void
algorithms(void **state)
{
	static const char *const none[] = { "", "none", "HS256", "rs256",
		"RS2567", "ES384" };
	size_t i;

	(void)state;
	for (i = 0; i < PTN_ALG__MAX; i++)
		assert_int_equal(
		    ptn_jws_alg(ptn_key_alg_name((enum ptn_sign_alg)i)),
		    (int)i);
	for (i = 0; i < N(none); i++)
		assert_int_equal(ptn_jws_alg(none[i]), PTN_ALG__MAX);
}

/* Whoever signed it, and however: nothing but its form is looked at. */
static void
peeked(void **state)
{
	static const char *const bad[] = { "", "x", "a.b", "e30.e30",
		"e30.e30.", "e30..e30", ".e30.e30", "e30.e30.e30.e30",
		"e30.x.e30", "e30.e30=.e30", "e30.W10.e30", "e30.bnVsbA.e30" };
	struct ptn_bytes payload;
	char *token;
	size_t i;

	(void)state;
	token = forge(second, "{\"alg\":\"none\"}", claims);
	assert_int_equal(ptn_jws_peek(arena, ptn_bytes_of(token), &payload),
	    PTN_OK);
	assert_true(ptn_bytes_equal(payload, ptn_bytes_of(claims)));
	for (i = 0; i < N(bad); i++) {
		print_message("# %s\n", bad[i]);
		assert_int_equal(
		    ptn_jws_peek(arena, ptn_bytes_of(bad[i]), &payload),
		    PTN_E_INPUT);
		assert_null(payload.p);
	}
}

#define H(alg, more)                                                           \
	"{\"alg\":\"" alg "\",\"kid\":\"" KID "\",\"typ\":\"JWT\"" more "}"

/* RFC 8725: each is signed with the right key, and still refused. */
static void
headers_refused(void **state)
{
	static const char *const bad[] = {
		H("none", ""),
		H("None", ""),
		H("HS256", ""),
		H("RS256", ""),
		H("ES384", ""),
		H("EdDSA", ""),
		H("es256", ""),
		H("", ""),
		H("ES256", ",\"crit\":[\"exp\"]"),
		H("ES256", ",\"crit\":[]"),
		H("ES256", ",\"crit\":null"),
		H("ES256", ",\"alg\":\"ES256\""),
		H("ES256", ",\"kid\":\"" KID2 "\""),
		H("ES256", ",\"x\":{\"y\":{\"z\":1}}"), /* too deep */
		H("ES256", "") " x",
		H("ES256", "") H("ES256", ""),
		H("ES256", ",\"x\":\"\xff\""),
		H("ES256", "\\u0000"),
		"{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"typ\":\"at+jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"typ\":\"jwt\"}",
		"{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"typ\":null}",
		"{\"alg\":\"ES256\",\"kid\":\"" KID "\",\"typ\":[\"JWT\"]}",
		"{\"alg\":\"ES256\",\"kid\":[\"" KID "\"]}",
		"{\"alg\":[\"ES256\"],\"kid\":\"" KID "\"}",
		"{\"alg\":null,\"kid\":\"" KID "\"}",
		"{\"alg\":\"ES256\",\"kid\":1}",
		"{\"alg\":\"ES256\",\"kid\":\"\"}",
		"{\"alg\":\"ES256\",\"kid\":\"" KID "x\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../../etc/passwd\"}",
		"{\"alg\":\"ES256\",\"kid\":\"" KID "\\u0000\"}",
		"{\"alg\":\"ES256\"}",
		"{\"kid\":\"" KID "\"}",
		"{}",
		"[]",
		"null",
		"1",
		"\"x\"",
		"{",
	};
	static const char *const good[] = {
		H("ES256", ""),
		H("ES256", ",\"jku\":\"https://evil.example/\""),
		H("ES256", ",\"jwk\":{\"kty\":\"EC\"},\"x5c\":[\"x\"]"),
		"{\"kid\":\"" KID "\",\"alg\":\"ES256\"}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < N(good); i++)
		assert_int_equal(verify(forge(signer, good[i], claims)),
		    PTN_ALLOW);
	for (i = 0; i < N(bad); i++)
		assert_int_equal(verify(forge(signer, bad[i], claims)),
		    PTN_DENY);
}

/* "none" without a signature, and the public key as an HMAC secret. */
static void
unsigned_refused(void **state)
{
	uint8_t mac[PTN_SHA256_LEN];
	char *t, *jwk;

	(void)state;
	t = ptn_arena_printf(arena, "%s.%s.", b64(H("none", "")), b64(claims));
	assert_int_equal(verify(t), PTN_DENY);
	t = ptn_arena_printf(arena, "%s.%s", b64(H("HS256", "")), b64(claims));
	assert_int_equal(ptn_key_jwk(signer, arena, KID, &jwk), PTN_OK);
	assert_int_equal(
	    ptn_crypto_hmac_sha256(ptn_bytes_of(jwk), ptn_bytes_of(t), mac),
	    PTN_OK);
	t = ptn_arena_printf(arena, "%s.%s", t,
	    ptn_b64url_encode(arena, PTN_BYTES(mac, sizeof(mac))));
	assert_int_equal(verify(t), PTN_DENY);
}

static void
payloads_refused(void **state)
{
	static const char *const bad[] = { "[]", "1", "null", "\"x\"", "{",
		"{} {}", "{\"sub\":\"a\",\"sub\":\"b\"}",
		"{\"a\":\"\xc0\xaf\"}", "{\"a\":1,}", "{'a':1}", "{\"a\":NaN}",
		" " };
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++)
		assert_int_equal(verify(forge(signer, H("ES256", ""), bad[i])),
		    PTN_DENY);
}

static void
wrong_key(void **state)
{
	bool unknown = false;
	char *t;

	(void)state;
	assert_int_equal(verify(forge(second, H("ES256", ""), claims)),
	    PTN_DENY);
	t = forge(second, "{\"alg\":\"ES256\",\"kid\":\"" KID2 "\"}", claims);
	assert_int_equal(verify(t), PTN_ALLOW);
	t = forge(second, "{\"alg\":\"ES256\",\"kid\":\"" NOBODY "\"}", claims);
	assert_int_equal(verify_bytes(ptn_bytes_of(t), &unknown), PTN_DENY);
	assert_true(unknown);
	/* What we never sign with is no reason to look for a key. */
	t = forge(second, "{\"alg\":\"none\",\"kid\":\"" NOBODY "\"}", claims);
	assert_int_equal(verify(t), PTN_DENY);
}

/* Every bit, every cut, every byte too many. */
static void
mangled(void **state)
{
	char *t, *bad;
	size_t i, len;
	bool unknown;

	(void)state;
	t = forge(signer, H("ES256", ""), claims);
	len = strlen(t);
	bad = ptn_arena_alloc(arena, len + 2);
	for (i = 0; i < len * 7; i++) {
		memcpy(bad, t, len + 1);
		bad[i / 7] = (char)(bad[i / 7] ^ 1 << i % 7);
		assert_int_equal(verify_bytes(PTN_BYTES(bad, len), &unknown),
		    PTN_DENY);
	}
	for (i = 0; i < len; i++)
		assert_int_equal(verify_bytes(PTN_BYTES(t, i), &unknown),
		    PTN_DENY);
	for (i = 0; i < 256; i++) {
		memcpy(bad, t, len);
		bad[len] = (char)i;
		assert_int_equal(
		    verify_bytes(PTN_BYTES(bad, len + 1), &unknown), PTN_DENY);
	}
}

static void
shapes(void **state)
{
	static const char *const bad[] = { "", ".", "..", "...", "a", "a.b",
		"a.b.c", ".b.c", "a..c", "a.b.", "a.b.c.d", "a.b.c.d.e",
		"=.=.=", "e30.e30.e30", "e30=.e30.e30", " e30.e30.e30" };
	char *t;
	size_t i;

	(void)state;
	for (i = 0; i < N(bad); i++)
		assert_int_equal(verify(bad[i]), PTN_DENY);
	t = forge(signer, H("ES256", ""), claims);
	assert_int_equal(verify(ptn_arena_printf(arena, "%s.", t)), PTN_DENY);
	assert_int_equal(verify(ptn_arena_printf(arena, "%s.e30", t)),
	    PTN_DENY);
	assert_int_equal(verify(ptn_arena_printf(arena, "%s=", t)), PTN_DENY);
	assert_int_equal(verify(ptn_arena_printf(arena, " %s", t)), PTN_DENY);
	assert_int_equal(verify(ptn_arena_printf(arena, "%s\n", t)), PTN_DENY);
}

/* A payload that makes a token of as many bytes, or one that cannot be. */
static void
limit(void **state)
{
	static char payload[8200];
	char *token;
	size_t i, last = 0;
	enum ptn_err r = PTN_OK;

	(void)state;
	for (i = 5800; i < 6200 && r == PTN_OK; i++) {
		ptn_arena_reset(arena);
		memset(payload, 'x', i);
		memcpy(payload, "{\"a\":\"", 6);
		memcpy(payload + i - 2, "\"}", 3);
		r = ptn_jws_sign(signer, KID, arena, payload, &token);
		if (r != PTN_OK)
			break;
		assert_true(strlen(token) <= PTN_JWS_MAX);
		assert_int_equal(verify(token), PTN_ALLOW);
		last = i;
	}
	assert_int_equal(r, PTN_E_INTERNAL);
	assert_null(token);
	assert_int_equal(verify(forge(signer, H("ES256", ""), payload)),
	    PTN_DENY);
	assert_true(last > 5800);
}

/* A signature of any length, under the limit and over it. */
static void
long_signatures(void **state)
{
	static uint8_t sig[65536];
	char *head, *t;
	size_t len;

	(void)state;
	for (len = 0; len <= sizeof(sig); len += len < 200 ? 1 : 3001) {
		ptn_arena_reset(arena);
		head = ptn_arena_printf(arena, "%s.%s", b64(H("ES256", "")),
		    b64(claims));
		t = ptn_arena_printf(arena, "%s.%s", head,
		    ptn_b64url_encode(arena, PTN_BYTES(sig, len)));
		assert_int_equal(verify(t), PTN_DENY);
	}
}

/* A full arena is not a verdict on the token. */
static void
no_memory(void **state)
{
	struct ptn_arena *small = ptn_arena_new(4096);
	struct ptn_bytes payload;
	struct ptn_jws out;
	char *t, *token;

	(void)state;
	while (ptn_arena_alloc(small, 16) != NULL)
		continue;
	t = forge(signer, H("ES256", ""), claims);
	assert_int_equal(ptn_jws_read(small, ptn_bytes_of(t), &out),
	    PTN_E_NOMEM);
	assert_int_equal(ptn_jws_peek(small, ptn_bytes_of(t), &payload),
	    PTN_E_NOMEM);
	assert_int_equal(ptn_jws_sign(signer, KID, small, claims, &token),
	    PTN_E_NOMEM);
	assert_null(token);
	ptn_arena_free(&small);
}

#define T(f) cmocka_unit_test_setup(f, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(round_trip),
		T(algorithms),
		T(peeked),
		T(headers_refused),
		T(unsigned_refused),
		T(payloads_refused),
		T(wrong_key),
		T(mangled),
		T(shapes),
		T(limit),
		T(long_signatures),
		T(no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
