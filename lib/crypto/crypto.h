#ifndef PTN_CRYPTO_H
#define PTN_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/secrets.h"

/*
 * What OpenSSL computes for us with secrets, its memory in ossl.c; our
 * signature keys are in key.c, the public keys of others in pubkey.c, x509.c.
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

#endif
