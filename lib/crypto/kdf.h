#ifndef PTN_CRYPTO_KDF_H
#define PTN_CRYPTO_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"

/*
 * What others hash passwords with, by OpenSSL.  The costs are the caller's to
 * bound.  All return PTN_OK, PTN_E_NOMEM or PTN_E_INTERNAL.
 */
enum ptn_kdf_md { PTN_KDF_SHA1 = 0, PTN_KDF_SHA256, PTN_KDF_SHA512 };

/* Bytes of a digest. */
size_t ptn_kdf_md_len(enum ptn_kdf_md md);

/* The digest of the password and the salt behind it. */
enum ptn_err ptn_kdf_salted(enum ptn_kdf_md md, struct ptn_bytes pw,
    struct ptn_bytes salt, uint8_t *out) PTN_MUST_USE;

/* PBKDF2 with HMAC (RFC 8018 section 5.2). */
enum ptn_err ptn_kdf_pbkdf2(enum ptn_kdf_md md, struct ptn_bytes pw,
    struct ptn_bytes salt, uint32_t iterations, uint8_t *out,
    size_t len) PTN_MUST_USE;

/* scrypt (RFC 7914): N is 2 to the power of ln.  Takes 128 * N * r bytes. */
struct ptn_kdf_scrypt {
	uint32_t ln, r, p;
};
enum ptn_err ptn_kdf_scrypt(const struct ptn_kdf_scrypt *costs,
    struct ptn_bytes pw, struct ptn_bytes salt, uint8_t *out,
    size_t len) PTN_MUST_USE;

/* len bytes of the keystream of AES-256-CTR, from a counter of 0. */
enum ptn_err ptn_kdf_keystream(const uint8_t key[32], uint8_t *out,
    size_t len) PTN_MUST_USE;

/*
 * MD5 of salt and password, and count times more of the last digest and the
 * password.
 */
enum ptn_err ptn_kdf_md5_chain(struct ptn_bytes pw, struct ptn_bytes salt,
    uint32_t count, uint8_t out[16]) PTN_MUST_USE;

/* HMAC-SHA-384. */
enum ptn_err ptn_kdf_hmac_sha384(struct ptn_bytes key, struct ptn_bytes msg,
    uint8_t out[48]) PTN_MUST_USE;

#endif
