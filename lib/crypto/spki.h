#ifndef PTN_CRYPTO_SPKI_H
#define PTN_CRYPTO_SPKI_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/pubkey.h"

/*
 * Write a public key as SubjectPublicKeyInfo in DER (RFC 5280 section 4.1; RFC
 * 5480, RFC 8410, RFC 8017 appendix A.1): P-256, P-384, Ed25519 or RSA.
 * PTN_E_INPUT: it is a key of another type; PTN_E_NOMEM.
 */
enum ptn_err ptn_spki(struct ptn_arena *a, const struct ptn_pubkey *k,
    struct ptn_bytes *der) PTN_MUST_USE;

/* "SHA256:" and the SHA-256 of that DER, in base64 without padding. */
enum ptn_err ptn_spki_fingerprint(struct ptn_arena *a,
    const struct ptn_pubkey *k, const char **out) PTN_MUST_USE;

#endif
