#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/crypto/crypto.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/useraction.h"

#define ARENA_MAX ((size_t)8 << 20)
#define CHALLENGE "NzdmODYwNTc1MDM2YjM5NQ"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
			  "MCowBQYDK2VwAyEArlY0IpFL4mqcp9f6y/Ncfqm7BAGNfCamqSJM"
			  "dM0zXzE=\n-----END PUBLIC KEY-----\n";

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

static void
check(enum ptn_err r, const struct ptn_finding *finding)
{
	if (r != PTN_OK && r != PTN_E_INPUT)
		abort();
	if ((finding->verdict == PTN_ALLOW) !=
		(r == PTN_OK && finding->reason == PTN_REASON_NONE) ||
	    (unsigned)finding->reason >= PTN_REASON__MAX)
		abort();
}

/* Nobody can sign here, so nothing may be allowed. */
static void
verify_parts(struct ptn_bytes client_data, struct ptn_bytes rest,
    const struct ptn_json *fresh)
{
	const struct ptn_keyassert_stored stored = { pem, PTN_KEYASSERT_UNSET };
	const struct ptn_keyassert_assertion in = { client_data, rest,
		PTN_KEYASSERT_UNSET };
	const struct ptn_keyassert_creation creation = { client_data, rest };
	struct ptn_keyassert_created out;
	struct ptn_finding finding;

	check(ptn_keyassert_verify(arena, &stored, &in, CHALLENGE, &finding),
	    &finding);
	if (finding.verdict == PTN_ALLOW)
		abort();
	check(ptn_keyassert_recover(arena, &stored, &in, fresh, &finding),
	    &finding);
	check(ptn_keyassert_create(arena, &creation, CHALLENGE, &out, &finding),
	    &finding);
	if ((finding.verdict == PTN_ALLOW) != (out.pem != NULL))
		abort();
}

static void
verify_json(const struct ptn_json *v)
{
	struct ptn_dfns_factor_new c;
	struct ptn_dfns_factor f;
	const char *why;
	unsigned i;

	for (i = 0; i < PTN_FACTOR__MAX; i++) {
		if (ptn_dfns_factor_read(arena, v,
			(enum ptn_dfns_factor_place)i, &f, &why) == PTN_OK &&
		    f.cred_id != NULL)
			verify_parts(f.client_data, f.signature, v);
		if (ptn_dfns_factor_read_new(arena, v,
			(enum ptn_dfns_factor_place)i, &c, &why) == PTN_OK &&
		    c.cred_id != NULL)
			verify_parts(c.client_data, c.attestation, v);
	}
}

/* A payload matches itself, whatever it is. */
static void
verify_payload(struct ptn_bytes in)
{
	const struct ptn_useraction a = { "PUT", "/", in };
	enum ptn_verdict verdict;

	if (ptn_useraction_match(&a, &a, &verdict) != PTN_OK ||
	    verdict != PTN_ALLOW)
		abort();
}

/* A factor or a credential; or client data, a line feed, and the rest. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *lf = size == 0 ? NULL : memchr(data, '\n', size);
	size_t n = lf == NULL ? size : (size_t)(lf - data);
	struct ptn_json *v = NULL;
	const char *why;

	prepare();
	if (ptn_json_parse(PTN_BYTES(data, size), 32, &v, &why) == PTN_OK)
		verify_json(v);
	verify_parts(PTN_BYTES(data, n),
	    PTN_BYTES(data + n + (lf != NULL), size - n - (lf != NULL)), v);
	verify_payload(PTN_BYTES(data, size));
	ptn_json_free(&v);
	return 0;
}
