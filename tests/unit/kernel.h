#ifndef TEST_KERNEL_H
#define TEST_KERNEL_H

/* Questions to kernels of Argon2, and what the library answers. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <argon2.h>

#include "lib/crypto/argon2/kernel.h"

#define SALT_MAX 64
#define PW_MAX 1024
#define TAG_MAX 160

/* A question of its own, by a generator that a seed repeats. */
struct question {
	struct ptn_kernel_in in;
	size_t tag_len;
	uint8_t pw[PW_MAX], salt[SALT_MAX];
};

/* xorshift64*: it is only to be the same again for the same seed. */
static inline uint32_t
draw(uint64_t *state, uint32_t bound)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 0x2545f4914f6cdd1d) >> 33) % bound;
}

static inline void
draw_bytes(uint64_t *state, uint8_t *p, size_t len)
{
	while (len-- > 0)
		*p++ = (uint8_t)draw(state, 256);
}

/* Most are short, and small; lanes make memory larger. */
static inline void
draw_question(uint64_t *state, struct question *q)
{
	const uint32_t p = draw(state, 3) == 0 ? 1 + draw(state, 16) : 1;
	const uint32_t span = draw(state, 8) == 0 ? 1400 : 80;

	q->in = (struct ptn_kernel_in){ .type = draw(state, 3),
		.version = draw(state, 3) == 0 ? 0x10 : 0x13,
		.m_kib = 8 * p + draw(state, span),
		.t = 1 + draw(state, 4),
		.p = p,
		.pw = PTN_BYTES(q->pw,
		    draw(state, draw(state, 4) == 0 ? PW_MAX + 1 : 80)),
		.salt = PTN_BYTES(q->salt, 8 + draw(state, SALT_MAX - 7)) };
	q->tag_len = 4 + draw(state, TAG_MAX - 3);
	draw_bytes(state, q->pw, q->in.pw.len);
	draw_bytes(state, q->salt, q->in.salt.len);
}

/* In memory that is there, and without threads: quick, and nothing can leak. */
#define LIBRARY_KIB 4096
static struct ptn_fill_block library_mem[LIBRARY_KIB];

static inline int
library_alloc(uint8_t **p, size_t len)
{
	*p = (uint8_t *)library_mem;
	return len <= sizeof(library_mem) ? ARGON2_OK
					  : ARGON2_MEMORY_ALLOCATION_ERROR;
}

static inline void
library_free(uint8_t *p, size_t len)
{
	(void)p;
	(void)len;
}

/* What the library says. */
static inline int
ask_library(const struct ptn_kernel_in *in, uint8_t *tag, size_t tag_len)
{
	static const argon2_type types[] = { Argon2_d, Argon2_i, Argon2_id };
	argon2_context c = { .out = tag,
		.outlen = (uint32_t)tag_len,
		.pwd = (uint8_t *)(uintptr_t)in->pw.p,
		.pwdlen = (uint32_t)in->pw.len,
		.salt = (uint8_t *)(uintptr_t)in->salt.p,
		.saltlen = (uint32_t)in->salt.len,
		.t_cost = in->t,
		.m_cost = in->m_kib,
		.lanes = in->p,
		.threads = 1,
		.version = in->version,
		.allocate_cbk = library_alloc,
		.free_cbk = library_free };

	return argon2_ctx(&c, types[in->type]);
}

#endif
