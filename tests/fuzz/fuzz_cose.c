#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto/cose.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_arena *arena;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/*
 * A key is read, or it is not; its canonical form is read as the same key,
 * and encodes to itself; checking it and a signature with it is safe.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_bytes in = PTN_BYTES(data, size), once, twice;
	struct ptn_cose_key key, again;
	enum ptn_verdict verdict;
	enum ptn_err r;

	if (arena == NULL)
		must((arena = ptn_arena_new(ARENA_MAX)) != NULL);
	ptn_arena_reset(arena);
	r = ptn_cose_parse(arena, in, &key);
	must(r == PTN_OK || r == PTN_E_INPUT);
	if (r != PTN_OK)
		return 0;
	must(ptn_cose_encode(arena, &key, &once) == PTN_OK);
	must(ptn_cose_parse(arena, once, &again) == PTN_OK);
	must(again.alg == key.alg && ptn_pubkey_equal(&again.key, &key.key));
	must(ptn_cose_encode(arena, &again, &twice) == PTN_OK);
	must(ptn_bytes_equal(once, twice));
	must(ptn_pubkey_fits(&key.key, key.alg));
	must(ptn_pubkey_check(&key.key, &verdict) == PTN_OK);
	must(ptn_pubkey_verify(&key.key, key.alg, in, in, &verdict) == PTN_OK);
	must(verdict == PTN_DENY);
	return 0;
}
