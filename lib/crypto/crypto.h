#ifndef PTN_CRYPTO_H
#define PTN_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/conf/conf_words.h"
#include "lib/crypto/secrets.h"

/*
 * OpenSSL lives in crypto.c, with its memory in ossl.c; the public keys of
 * others are in pubkey.c, x509.c.
 */

/* Fetch the algorithms once, before forking.  PTN_E_INTERNAL if one lacks. */
enum ptn_err ptn_crypto_init(void) PTN_MUST_USE;

void ptn_crypto_sha256(struct ptn_bytes in, uint8_t out[PTN_SHA256_LEN]);

enum ptn_err ptn_crypto_hmac_sha256(struct ptn_bytes key, struct ptn_bytes msg,
    uint8_t out[PTN_SHA256_LEN]) PTN_MUST_USE;

/* HKDF-SHA-256 without salt (RFC 5869 sections 2.2 and 3.1). */
enum ptn_err ptn_crypto_hkdf_sha256(struct ptn_bytes secret, const char *info,
    uint8_t out[PTN_KEY_LEN]) PTN_MUST_USE;

/*
 * AES-256-GCM (NIST SP 800-38D).  text and plain are as long as each other.  A
 * nonce is used once with a key.  verdict is PTN_ALLOW only when the tag is
 * right; otherwise plain is wiped.  Most callers want ptn_secrets_seal() of
 * secrets.h.
 */
#define PTN_GCM_NONCE_LEN 12
#define PTN_GCM_TAG_LEN 16

struct ptn_crypto_gcm {
	const uint8_t *key;   /* PTN_KEY_LEN bytes */
	const uint8_t *nonce; /* PTN_GCM_NONCE_LEN bytes */
	struct ptn_bytes aad;
};

enum ptn_err ptn_crypto_gcm_encrypt(const struct ptn_crypto_gcm *g,
    struct ptn_bytes plain, uint8_t *text,
    uint8_t tag[PTN_GCM_TAG_LEN]) PTN_MUST_USE;
enum ptn_err ptn_crypto_gcm_decrypt(const struct ptn_crypto_gcm *g,
    struct ptn_bytes text, const uint8_t tag[PTN_GCM_TAG_LEN], uint8_t *plain,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * A signature key pair.  RS256: RSA of 2048 bits (an
 * imported one up to 4096), SHA-256, PKCS#1 v1.5.
 * ES256: P-256, SHA-256; signatures are the 64 bytes R || S (RFC 7518 3.4).
 * EdDSA: Ed25519 (RFC 8037).  One key, one algorithm, for ever.
 */
struct ptn_key;
enum ptn_err ptn_key_generate(struct ptn_key **out, enum ptn_sign_alg alg)
    PTN_MUST_USE;
void ptn_key_free(struct ptn_key **k);
enum ptn_sign_alg ptn_key_alg(const struct ptn_key *k);
const char *ptn_crypto_alg_name(enum ptn_sign_alg alg); /* "RS256" ... */

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
