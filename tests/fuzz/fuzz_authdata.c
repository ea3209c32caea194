#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/crypto/cose.h"
#include "lib/crypto/secrets.h"
#include "lib/webauthn/authdata.h"

#define ARENA_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_arena *arena;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static bool
inside(struct ptn_bytes part, const uint8_t *data, size_t size)
{
	return part.p >= data && part.len <= size &&
	    (size_t)(part.p - data) <= size - part.len;
}

/* What was accepted lies within the input; without its last byte it is not. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_authdata ad;
	struct ptn_cose_key key;
	enum ptn_err r;

	if (arena == NULL)
		must((arena = ptn_arena_new(ARENA_MAX)) != NULL);
	ptn_arena_reset(arena);
	r = ptn_authdata_parse(arena, PTN_BYTES(data, size), &ad);
	must(r == PTN_OK || r == PTN_E_INPUT);
	if (r != PTN_OK)
		return 0;
	must(ad.rp_id_hash.len == PTN_SHA256_LEN && ad.raw.len == size);
	must(ptn_authdata_parse(arena, PTN_BYTES(data, size - 1), &ad) ==
	    PTN_E_INPUT);
	must(ptn_authdata_parse(arena, PTN_BYTES(data, size), &ad) == PTN_OK);
	if ((ad.flags & PTN_AUTHDATA_AT) == 0)
		return 0;
	must(inside(ad.cred_id, data, size) && inside(ad.aaguid, data, size) &&
	    ad.aaguid.len == PTN_AAGUID_LEN && ad.key.type == PTN_CBOR_MAP);
	r = ptn_cose_read(&ad.key, &key);
	must(r == PTN_OK || r == PTN_E_INPUT);
	return 0;
}
