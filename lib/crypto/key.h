#ifndef PTN_KEY_H
#define PTN_KEY_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/conf/conf_words.h"

/*
 * A signature key pair.  RS256: RSA of 2048 bits (an
 * imported one up to 4096), SHA-256, PKCS#1 v1.5.
 * ES256: P-256, SHA-256; signatures are the 64 bytes R || S (RFC 7518 3.4).
 * EdDSA: Ed25519 (RFC 8037).  One key, one algorithm, for ever.
 */
struct ptn_key;
enum ptn_err ptn_key_generate(struct ptn_key **out,
    enum ptn_sign_alg alg) PTN_MUST_USE;
void ptn_key_free(struct ptn_key **k);
enum ptn_sign_alg ptn_key_alg(const struct ptn_key *k);
const char *ptn_key_alg_name(enum ptn_sign_alg alg); /* "RS256" ... */

/* PKCS#8 DER, in the arena; load checks type and strength for alg. */
enum ptn_err ptn_key_export(const struct ptn_key *k, struct ptn_arena *a,
    struct ptn_bytes *der) PTN_MUST_USE;
enum ptn_err ptn_key_import(struct ptn_key **out, enum ptn_sign_alg alg,
    struct ptn_bytes der) PTN_MUST_USE;

/* The public JWK (RFC 7517) as JSON text in the arena, with kid, alg, use. */
enum ptn_err ptn_key_jwk(const struct ptn_key *k, struct ptn_arena *a,
    const char *kid, char **json) PTN_MUST_USE;

enum ptn_err ptn_key_sign(const struct ptn_key *k, struct ptn_arena *a,
    struct ptn_bytes msg, struct ptn_bytes *sig) PTN_MUST_USE;

/* verdict is PTN_ALLOW only for a signature of this key over msg. */
enum ptn_err ptn_key_verify(const struct ptn_key *k, struct ptn_bytes msg,
    struct ptn_bytes sig, enum ptn_verdict *verdict) PTN_MUST_USE;

#endif
