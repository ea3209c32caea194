#include "lib/crypto/argon2/kernel.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/crypto/argon2/blake2b.h"

#define BLOCK sizeof(struct ptn_fill_block)
#define SEED (PTN_BLAKE2B_MAX + 8) /* H0, and two numbers (RFC 9106, 3.2) */

static bool
always(void)
{
	/* Blocks are words, the least byte first. */
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
}

#ifdef __x86_64__
static bool
has_ssse3(void)
{
	return __builtin_cpu_supports("ssse3") != 0;
}

static bool
has_avx2(void)
{
	return __builtin_cpu_supports("avx2") != 0;
}
#endif

/* THE table of kernels, the fastest one first. */
static const struct ptn_kernel kernels[] = {
#ifdef __x86_64__
	{ "avx2", has_avx2, ptn_fill_avx2 },
	{ "ssse3", has_ssse3, ptn_fill_ssse3 },
	{ "sse2", always, ptn_fill_sse2 },
#endif
#ifdef __aarch64__
	{ "neon", always, ptn_fill_neon },
#endif
	{ "plain", always, ptn_fill_plain },
};

const struct ptn_kernel *
ptn_kernel_at(size_t i)
{
	return i < PTN_ARRAY_LEN(kernels) ? &kernels[i] : NULL;
}

static void
add_counted(struct ptn_blake2b *b, struct ptn_bytes in)
{
	ptn_blake2b_add32(b, (uint32_t)in.len);
	ptn_blake2b_add(b, in);
}

/* RFC 9106, 3.2, step 1: H0. */
static void
digest_input(const struct ptn_kernel_in *in, size_t tag_len, uint8_t *h0)
{
	struct ptn_blake2b b;

	ptn_blake2b_init(&b, PTN_BLAKE2B_MAX);
	ptn_blake2b_add32(&b, in->p);
	ptn_blake2b_add32(&b, (uint32_t)tag_len);
	ptn_blake2b_add32(&b, in->m_kib);
	ptn_blake2b_add32(&b, in->t);
	ptn_blake2b_add32(&b, in->version);
	ptn_blake2b_add32(&b, in->type);
	add_counted(&b, in->pw);
	add_counted(&b, in->salt);
	add_counted(&b, in->secret);
	add_counted(&b, in->data);
	ptn_blake2b_end(&b, h0);
}

/* RFC 9106, 3.3: a digest of any length, H'. */
static void
digest_long(struct ptn_bytes in, uint8_t *out, size_t len)
{
	const size_t half = PTN_BLAKE2B_MAX / 2;
	uint8_t v[PTN_BLAKE2B_MAX];
	struct ptn_blake2b b;
	size_t n = len <= PTN_BLAKE2B_MAX ? len : PTN_BLAKE2B_MAX;

	ptn_blake2b_init(&b, n);
	ptn_blake2b_add32(&b, (uint32_t)len);
	ptn_blake2b_add(&b, in);
	ptn_blake2b_end(&b, v);
	while (len > PTN_BLAKE2B_MAX) {
		memcpy(out, v, half);
		out += half;
		len -= half;
		n = len <= PTN_BLAKE2B_MAX ? len : PTN_BLAKE2B_MAX;
		ptn_blake2b_init(&b, n);
		ptn_blake2b_add(&b, PTN_BYTES(v, sizeof(v)));
		ptn_blake2b_end(&b, v);
	}
	memcpy(out, v, n);
	ptn_wipe(v, sizeof(v));
}

/* Steps 3 and 4: the first two blocks of each lane. */
static void
begin_lanes(const struct ptn_fill *f, uint8_t seed[SEED])
{
	uint8_t *number = seed + PTN_BLAKE2B_MAX;
	uint32_t lane;
	uint8_t j;

	memset(number, 0, 8);
	for (lane = 0; lane < f->lanes; lane++)
		for (j = 0; j < 2; j++) {
			number[0] = j;
			number[4] = (uint8_t)lane;
			number[5] = (uint8_t)(lane >> 8);
			number[6] = (uint8_t)(lane >> 16);
			digest_long(PTN_BYTES(seed, SEED),
			    (uint8_t *)f->mem[lane * (size_t)f->lane + j].w,
			    BLOCK);
		}
}

/* Steps 7 and 8: the last blocks of all lanes. */
static void
end_lanes(const struct ptn_fill *f, uint8_t *tag, size_t tag_len)
{
	struct ptn_fill_block c = f->mem[f->lane - 1];
	uint32_t lane;
	size_t i;

	for (lane = 1; lane < f->lanes; lane++)
		for (i = 0; i < PTN_FILL_WORDS; i++)
			c.w[i] ^=
			    f->mem[(lane + (size_t)1) * f->lane - 1].w[i];
	digest_long(PTN_BYTES(c.w, BLOCK), tag, tag_len);
	ptn_wipe(&c, sizeof(c));
}

static bool
is_allowed(const struct ptn_kernel_in *in, size_t mem_len, size_t tag_len)
{
	return in->type <= 2 && (in->version == 0x10 || in->version == 0x13) &&
	    in->p >= 1 && in->p < 1 << 24 && in->t >= 1 &&
	    in->m_kib / 8 >= in->p && in->m_kib <= mem_len / BLOCK &&
	    in->pw.len <= UINT32_MAX && in->salt.len >= 8 &&
	    in->salt.len <= UINT32_MAX && in->secret.len <= UINT32_MAX &&
	    in->data.len <= UINT32_MAX && tag_len >= 4 && tag_len <= UINT32_MAX;
}

enum ptn_err
ptn_kernel_hash(const struct ptn_kernel *k, void *mem, size_t mem_len,
    const struct ptn_kernel_in *in, uint8_t *tag, size_t tag_len)
{
	struct ptn_fill f;
	uint8_t seed[SEED];

	if (!is_allowed(in, mem_len, tag_len) ||
	    (uintptr_t)mem % _Alignof(struct ptn_fill_block) != 0)
		return PTN_E_INPUT;
	f.mem = mem;
	f.type = in->type;
	f.passes = in->t;
	f.lanes = in->p;
	f.segment = in->m_kib / (PTN_FILL_SLICES * in->p);
	f.lane = f.segment * PTN_FILL_SLICES;
	f.blocks = f.lane * in->p;
	f.xor = in->version == 0x13;
	digest_input(in, tag_len, seed);
	begin_lanes(&f, seed);
	ptn_wipe(seed, sizeof(seed));
	k->fill(&f);
	end_lanes(&f, tag, tag_len);
	return PTN_OK;
}
