#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto/crypto.h"
#include "lib/webauthn/attestation.h"

#define ARENA_MAX ((size_t)4 << 20)
#define NOW_S INT64_C(1750000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ptn_arena *arena;

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static void
prepare(void)
{
	if (arena == NULL)
		must((arena = ptn_arena_new(ARENA_MAX)) != NULL &&
		    ptn_crypto_init() == PTN_OK);
	ptn_arena_reset(arena);
}

/* A refusal has its reason, and an acceptance has none. */
static void
verify(const struct ptn_attestation *object, struct ptn_authdata *ad,
    const struct ptn_cose_key *key)
{
	static const uint8_t hash[PTN_SHA256_LEN];
	struct ptn_bytes client = PTN_BYTES(hash, sizeof(hash));
	struct ptn_attest in = { .a = arena,
		.stmt = &object->stmt,
		.authdata = ad,
		.key = key,
		.client_data_hash = client,
		.now_s = NOW_S };
	struct ptn_finding out;
	uint8_t *msg;

	must(
	    (msg = ptn_arena_alloc(arena, ad->raw.len + sizeof(hash))) != NULL);
	memcpy(msg, ad->raw.p, ad->raw.len);
	in.to_be_signed = PTN_BYTES(msg, ad->raw.len + sizeof(hash));
	must(ptn_attestation_verify(object->fmt, &in, &out) == PTN_OK);
	must((out.verdict == PTN_ALLOW) == (out.why == NULL));
	if (!ptn_attestation_known(object->fmt))
		must(out.verdict == PTN_DENY);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ptn_attestation object;
	struct ptn_authdata ad;
	struct ptn_cose_key key;
	enum ptn_err r;

	prepare();
	r = ptn_attestation_parse(arena, PTN_BYTES(data, size), &object);
	must(r == PTN_OK || r == PTN_E_INPUT);
	if (r != PTN_OK)
		return 0;
	must(strlen(object.fmt) <= PTN_ATTESTATION_FMT_MAX);
	r = ptn_authdata_parse(arena, object.auth_data, &ad);
	must(r == PTN_OK || r == PTN_E_INPUT);
	if (r == PTN_OK && (ad.flags & PTN_AUTHDATA_AT) != 0 &&
	    ptn_cose_read(&ad.key, &key) == PTN_OK)
		verify(&object, &ad, &key);
	return 0;
}
