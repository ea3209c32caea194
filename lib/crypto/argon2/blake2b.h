#ifndef PTN_CRYPTO_ARGON2_BLAKE2B_H
#define PTN_CRYPTO_ARGON2_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"

/*
 * BLAKE2b (RFC 7693) without a key, in plain C: a hash of Argon2 spends a
 * thousandth of its time here.  OpenSSL has it for one length of digest alone.
 */

#define PTN_BLAKE2B_MAX 64 /* bytes of a digest */

struct ptn_blake2b {
	uint64_t h[8];
	uint64_t total; /* bytes compressed so far */
	size_t used;	/* bytes of block that wait */
	size_t len;	/* of the digest */
	uint8_t block[128];
};

/* len: 1 to PTN_BLAKE2B_MAX. */
void ptn_blake2b_init(struct ptn_blake2b *b, size_t len);
void ptn_blake2b_add(struct ptn_blake2b *b, struct ptn_bytes in);

/* Four bytes, the least first. */
void ptn_blake2b_add32(struct ptn_blake2b *b, uint32_t v);

/* The digest, b->len bytes; b is wiped. */
void ptn_blake2b_end(struct ptn_blake2b *b, uint8_t *out);

#endif
