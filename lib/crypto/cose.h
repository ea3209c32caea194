#ifndef PTN_CRYPTO_COSE_H
#define PTN_CRYPTO_COSE_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/pubkey.h"
#include "lib/format/cbor.h"

/* The public key of a credential (RFC 9052 section 7, RFC 9053 section 7). */
struct ptn_cose_key {
	int32_t alg;
	struct ptn_pubkey key;
};

/*
 * The "alg" of a map, so that a policy can be asked before the key is read;
 * PTN_E_INPUT if it has none that int32_t holds.
 */
enum ptn_err ptn_cose_alg(const struct ptn_cbor *map, int32_t *alg)
    PTN_MUST_USE;

/*
 * A decoded map as a key.  It holds kty, alg and what the kty demands, and
 * nothing else (WebAuthn L3 section 6.5.1.1: no optional parameters); kty,
 * alg and curve belong together (section 5.8.5); points are uncompressed.
 * Whether the point is on the curve is for ptn_pubkey_check().
 *
 * Borrows from map.  Returns PTN_OK, PTN_E_INPUT.
 */
enum ptn_err ptn_cose_read(const struct ptn_cbor *map,
    struct ptn_cose_key *out) PTN_MUST_USE;

/* The same from bytes with nothing behind; also PTN_E_NOMEM. */
enum ptn_err ptn_cose_parse(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_cose_key *out) PTN_MUST_USE;

/* In CTAP2 canonical form, whatever it came in.  PTN_OK, PTN_E_NOMEM. */
enum ptn_err ptn_cose_encode(struct ptn_arena *a,
    const struct ptn_cose_key *k, struct ptn_bytes *out) PTN_MUST_USE;

#endif
