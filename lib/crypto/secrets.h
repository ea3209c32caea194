#ifndef PTN_CRYPTO_SECRETS_H
#define PTN_CRYPTO_SECRETS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/strs.h"

#define PTN_SHA256_LEN 32
#define PTN_KEY_LEN 32

/*
 * The keys derived from secrets.keys: HKDF-SHA-256 (RFC 5869) of each secret
 * for each purpose, so that no key is used for two.  The first secret seals and
 * MACs; all of them open and verify.
 */
enum ptn_key_use {
	PTN_KEY_USE_JWK,
	PTN_KEY_USE_OUTBOX,
	PTN_KEY_USE_PASSCODE,
	PTN_KEY_USE_RATE,
	PTN_KEY_USE_DECOY,
	PTN_KEY_USE_TOTP,
	PTN_KEY_USE_CREDCODE,
	PTN_KEY_USE_DEVICE,
	PTN_KEY_USE_NONCE,
	PTN_KEY_USE_FLOW,
	PTN_KEY_USE_FLOW_TOKEN,
	PTN_KEY_USE_WEBHOOK,
	PTN_KEY_USE__MAX
};

struct ptn_secrets; /* derived keys, wiped when freed */
enum ptn_err ptn_secrets_new(struct ptn_secrets **out,
    const struct ptn_strs *secrets) PTN_MUST_USE;
void ptn_secrets_free(struct ptn_secrets **s);
size_t ptn_secrets_count(const struct ptn_secrets *s);

/* HMAC-SHA-256 under the i-th secret's key for a purpose. */
enum ptn_err ptn_secrets_mac(const struct ptn_secrets *s, size_t i,
    enum ptn_key_use purpose, struct ptn_bytes msg,
    uint8_t out[PTN_SHA256_LEN]) PTN_MUST_USE;

/*
 * AES-256-GCM, version byte 1, random 12-byte nonce, tag of 16 bytes behind
 * the text.  aad binds the sealed value to its row (its id): opening it for
 * another one fails.  ptn_secrets_open: PTN_E_DENIED when no secret opens it.
 */
enum ptn_err ptn_secrets_seal(const struct ptn_secrets *s, struct ptn_arena *a,
    enum ptn_key_use purpose, struct ptn_bytes aad, struct ptn_bytes plain,
    struct ptn_bytes *sealed) PTN_MUST_USE;
enum ptn_err ptn_secrets_open(const struct ptn_secrets *s, struct ptn_arena *a,
    enum ptn_key_use purpose, struct ptn_bytes aad, struct ptn_bytes sealed,
    struct ptn_bytes *plain) PTN_MUST_USE;

#endif
