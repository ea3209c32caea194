#ifndef PTN_CRYPTO_ARGON2_KERNEL_H
#define PTN_CRYPTO_ARGON2_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/argon2/fill.h"

/*
 * Argon2 (RFC 9106) by kernels of our own, one for each instruction set.  None
 * of them is an authority: who uses one has asked it first what the library
 * answers (lib/crypto/argon_verify.h).
 */
struct ptn_kernel {
	const char *name;
	bool (*runs)(void); /* on this processor */
	ptn_fill_fn *fill;
};

/* What is hashed, and how; borrowed. */
struct ptn_kernel_in {
	uint32_t type; /* 0: d, 1: i, 2: id */
	uint32_t version;
	uint32_t m_kib, t, p;
	struct ptn_bytes pw, salt, secret, data;
};

/* The kernel of that number, the fastest one first; NULL beyond the last. */
const struct ptn_kernel *ptn_kernel_at(size_t i);

/*
 * Compute the tag in mem, of at least m_kib KiB, aligned to 64 bytes.  What it
 * holds before is of no matter: no block is read that was not written here.
 * What it holds afterwards is as good as the password to whoever guesses: it is
 * for the caller to wipe.
 * PTN_E_INPUT: not what RFC 9106 allows, or there is not enough memory; the tag
 * is as it was.
 */
enum ptn_err ptn_kernel_hash(const struct ptn_kernel *k, void *mem,
    size_t mem_len, const struct ptn_kernel_in *in, uint8_t *tag,
    size_t tag_len) PTN_MUST_USE;

#endif
