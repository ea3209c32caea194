#ifndef PTN_CRYPTO_PUBKEY_H
#define PTN_CRYPTO_PUBKEY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * Public keys of others, in their raw members, and signatures made with them.
 * The numbers are those of COSE (RFC 9053; IANA COSE registries).
 */
enum ptn_kty { PTN_KTY_UNSET, PTN_KTY_OKP = 1, PTN_KTY_EC2 = 2,
	PTN_KTY_RSA = 3 };

enum ptn_crv { PTN_CRV_NONE, PTN_CRV_P256 = 1, PTN_CRV_P384 = 2,
	PTN_CRV_P521 = 3, PTN_CRV_ED25519 = 6, PTN_CRV_ED448 = 7,
	PTN_CRV_SECP256K1 = 8 };

#define PTN_COSE_ES256 (-7)
#define PTN_COSE_EDDSA (-8) /* with Ed25519 only */
#define PTN_COSE_ES384 (-35)
#define PTN_COSE_ES512 (-36)
#define PTN_COSE_ED448 (-53)
#define PTN_COSE_RS256 (-257)
#define PTN_COSE_RS1 (-65535) /* statements of TPMs only, never credentials */

/* Borrows its members. */
struct ptn_pubkey {
	enum ptn_kty kty;
	enum ptn_crv crv;   /* EC2, OKP */
	struct ptn_bytes x; /* EC2, OKP: as long as the curve's field */
	struct ptn_bytes y; /* EC2 */
	struct ptn_bytes n; /* RSA: big-endian, no leading zero */
	struct ptn_bytes e;
};

/* Bytes of a coordinate; 0 for a curve that we do not know. */
size_t ptn_pubkey_coord_len(enum ptn_crv crv);

/* An algorithm that we know, and the one kind of key it goes with. */
bool ptn_pubkey_fits(const struct ptn_pubkey *k, int32_t alg);

/*
 * Is it a key to accept?  A point on its curve, and of Ed25519 none of small
 * order (Edwards curves: whether it is a point shows when it verifies); RSA of
 * 2048 to 4096 bits with an odd modulus and an odd exponent from 3 to below
 * 2^32.
 * Returns PTN_OK if the question was answered, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_pubkey_check(const struct ptn_pubkey *k,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/* The same key, member by member. */
bool ptn_pubkey_equal(const struct ptn_pubkey *a, const struct ptn_pubkey *b);

/*
 * Check a signature, and the key as above.
 *
 * sig	ECDSA: an ECDSA-Sig-Value in DER (RFC 3279 section 2.2.3), strictly:
 *	shortest lengths and integers, both positive, nothing behind.  RSA
 *	(PKCS#1 v1.5): exactly as long as the modulus.  EdDSA: raw.
 *
 * verdict is PTN_ALLOW only for a signature of this key over msg; a key that
 * does not fit alg denies.  Returns PTN_OK, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_pubkey_verify(const struct ptn_pubkey *k, int32_t alg,
    struct ptn_bytes msg, struct ptn_bytes sig, enum ptn_verdict *verdict)
    PTN_MUST_USE;

/* A digest that is named apart from the key. */
enum ptn_md { PTN_MD_SHA256, PTN_MD_SHA512 };

/*
 * The same for the one algorithm that a key and a digest make, on any of our
 * curves, with any of these digests: ECDSA, RSA with PKCS#1 v1.5, or EdDSA,
 * which ignores md.
 */
enum ptn_err ptn_pubkey_verify_md(const struct ptn_pubkey *k, enum ptn_md md,
    struct ptn_bytes msg, struct ptn_bytes sig, enum ptn_verdict *verdict)
    PTN_MUST_USE;

/*
 * Hash with the algorithm's own function.  Returns the length, or 0 for an
 * algorithm without one (EdDSA) or that we do not know.
 */
#define PTN_DIGEST_MAX 64
size_t ptn_pubkey_digest(int32_t alg, struct ptn_bytes msg,
    uint8_t out[PTN_DIGEST_MAX]);

#endif
