#ifndef PTN_CRYPTO_ARGON2_FILL_H
#define PTN_CRYPTO_ARGON2_FILL_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The memory of Argon2 (RFC 9106, 3.1 to 3.6), filled.  Each instruction set
 * has a file of its own, which includes fill.inc, the one text of them all.
 */

#define PTN_FILL_WORDS 128 /* of a block: 1 KiB */
#define PTN_FILL_SLICES 4

struct ptn_fill_block {
	uint64_t w[PTN_FILL_WORDS];
} __attribute__((aligned(64)));

struct ptn_fill {
	struct ptn_fill_block *mem;
	uint32_t type; /* 0: d, 1: i, 2: id, as RFC 9106 numbers them */
	uint32_t passes;
	uint32_t lanes;
	uint32_t blocks;  /* of all lanes: m' */
	uint32_t lane;	  /* blocks of a lane */
	uint32_t segment; /* blocks of a lane in a slice */
	bool xor;	  /* a later pass keeps what it finds: version 0x13 */
};

/* All passes, from the first two blocks of each lane, which are there. */
typedef void ptn_fill_fn(const struct ptn_fill *f);

ptn_fill_fn ptn_fill_plain;
#ifdef __x86_64__
ptn_fill_fn ptn_fill_sse2;
ptn_fill_fn ptn_fill_ssse3;
ptn_fill_fn ptn_fill_avx2;
#endif
#ifdef __aarch64__
ptn_fill_fn ptn_fill_neon;
#endif

#endif
