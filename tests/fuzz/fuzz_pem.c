#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/pem.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_arena *arena;

static void
prepare(void)
{
	if (arena == NULL &&
	    ((arena = ptn_arena_new(ARENA_MAX)) == NULL ||
		ptn_crypto_init() != PTN_OK))
		abort();
	ptn_arena_reset(arena);
}

/* A key that is taken has a fingerprint, and can be asked about anything. */
static void
judge(struct ptn_bytes text)
{
	enum ptn_verdict verdict = PTN_ALLOW;
	struct ptn_pem pem;
	enum ptn_err r;

	r = ptn_pem_read(arena, text, &pem);
	if (r == PTN_E_INPUT)
		return;
	if (r != PTN_OK || pem.spki.len == 0 ||
	    strlen(pem.fingerprint) != PTN_FINGERPRINT_STR - 1 ||
	    ptn_pubkey_check(&pem.key, &verdict) != PTN_OK ||
	    verdict != PTN_ALLOW)
		abort();
	if (ptn_pubkey_verify_md(&pem.key, PTN_MD_SHA256, text, pem.spki,
		&verdict) != PTN_OK ||
	    verdict != PTN_DENY)
		abort();
}

/* The input as text, and as the DER inside of one. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body, *text;

	prepare();
	judge(PTN_BYTES(data, size));
	if (size > PTN_PEM_MAX)
		return 0;
	if ((body = ptn_b64std_encode(arena, PTN_BYTES(data, size))) == NULL ||
	    (text = ptn_arena_printf(arena,
		 "-----BEGIN PUBLIC KEY-----%s-----END PUBLIC KEY-----",
		 body)) == NULL)
		abort();
	judge(ptn_bytes_of(text));
	return 0;
}
