#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/key.h"
#include "lib/crypto/jws.h"
#include "lib/format/json.h"

#define ARENA_MAX ((size_t)1 << 20)
#define KID "7b1f0a52-3c7e-4a57-9a0e-0d2f5f0e4a11"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The key of RFC 7515 A.3 as PKCS#8. */
static const uint8_t der[] = { 0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06,
	0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
	0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01,
	0x01, 0x04, 0x20, 0x8e, 0x9b, 0x10, 0x9e, 0x71, 0x90, 0x98, 0xbf, 0x98,
	0x04, 0x87, 0xdf, 0x1f, 0x5d, 0x77, 0xe9, 0xcb, 0x29, 0x60, 0x6e, 0xbe,
	0xd2, 0x26, 0x3b, 0x5f, 0x57, 0xc2, 0x13, 0xdf, 0x84, 0xf4, 0xb2 };

static struct ptn_arena *arena;
static struct ptn_key *key;

static void
prepare(void)
{
	if (arena == NULL &&
	    ((arena = ptn_arena_new(ARENA_MAX)) == NULL ||
		ptn_crypto_init() != PTN_OK ||
		ptn_key_import(&key, PTN_ALG_ES256,
		    PTN_BYTES(der, sizeof(der))) != PTN_OK))
		abort();
	ptn_arena_reset(arena);
}

/* A token is refused, or its payload is an object: never anything else. */
static enum ptn_verdict
judge(struct ptn_bytes token)
{
	enum ptn_verdict verdict = PTN_DENY;
	struct ptn_json *v = NULL;
	struct ptn_bytes peeked;
	struct ptn_jws t;
	const char *why;
	enum ptn_err r;

	r = ptn_jws_read(arena, token, &t);
	if (r == PTN_OK && strcmp(t.kid, KID) == 0 &&
	    ptn_jws_verify(&t, key, &verdict) != PTN_OK)
		abort();
	if ((r != PTN_OK && r != PTN_E_INPUT) ||
	    (r == PTN_OK && token.len > PTN_JWS_MAX))
		abort();
	if ((ptn_jws_peek(arena, token, &peeked) == PTN_OK) !=
		(peeked.p != NULL) ||
	    (verdict == PTN_ALLOW && !ptn_bytes_equal(t.payload, peeked)))
		abort();
	if (verdict == PTN_ALLOW &&
	    (ptn_json_parse(t.payload, 16, &v, &why) != PTN_OK ||
		ptn_json_type(v) != PTN_JSON_OBJECT))
		abort();
	ptn_json_free(&v);
	return verdict;
}

/* The input as header, line feed, payload, with an honest signature. */
static void
judge_signed(const uint8_t *data, size_t size)
{
	const uint8_t *lf = memchr(data, '\n', size);
	struct ptn_bytes sig;
	char *text;

	if (lf == NULL || size > PTN_JWS_MAX)
		return;
	text = ptn_arena_printf(arena, "%s.%s",
	    ptn_b64url_encode(arena, PTN_BYTES(data, lf - data)),
	    ptn_b64url_encode(arena,
		PTN_BYTES(lf + 1, size - (size_t)(lf - data) - 1)));
	if (text == NULL ||
	    ptn_key_sign(key, arena, ptn_bytes_of(text), &sig) != PTN_OK)
		abort();
	text = ptn_arena_printf(arena, "%s.%s", text,
	    ptn_b64url_encode(arena, sig));
	if (text == NULL)
		abort();
	(void)judge(ptn_bytes_of(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	prepare();
	(void)judge(PTN_BYTES(data, size));
	if (size > 0)
		judge_signed(data, size);
	return 0;
}
