#include "lib/crypto/argon2/blake2b.h"

#include <stdbool.h>
#include <string.h>

/* RFC 7693, 2.6: the fractional parts of the roots of the first primes. */
static const uint64_t iv[8] = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
	0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
	0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 };

/* RFC 7693, 2.7; the rounds after the tenth begin anew. */
static const uint8_t sigma[10][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

#define ROUNDS 12

static uint64_t
load64(const uint8_t *p)
{
	uint64_t v = 0;
	int i;

	for (i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

static inline uint64_t
ror(uint64_t v, int n)
{
	return v >> n | v << (64 - n);
}

/* RFC 7693, 3.1: the mixing function, on the words a, b, c and d of v. */
static inline void
mix(uint64_t v[16], int a, int b, int c, int d, uint64_t x, uint64_t y)
{
	v[a] += v[b] + x;
	v[d] = ror(v[d] ^ v[a], 32);
	v[c] += v[d];
	v[b] = ror(v[b] ^ v[c], 24);
	v[a] += v[b] + y;
	v[d] = ror(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = ror(v[b] ^ v[c], 63);
}

/* Written out, so that v stays in registers. */
static void
mix_round(uint64_t v[16], const uint64_t m[16], const uint8_t s[16])
{
	mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
	mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
	mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
	mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
	mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
	mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
	mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
	mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
}

/* RFC 7693, 3.2: the compression of a block. */
static void
compress(struct ptn_blake2b *b, bool last)
{
	uint64_t v[16], m[16];
	int i;

	for (i = 0; i < 16; i++)
		m[i] = load64(b->block + 8 * i);
	memcpy(v, b->h, sizeof(b->h));
	memcpy(v + 8, iv, sizeof(iv));
	v[12] ^= b->total;
	if (last)
		v[14] = ~v[14];
	for (i = 0; i < ROUNDS; i++)
		mix_round(v, m, sigma[i % 10]);
	for (i = 0; i < 8; i++)
		b->h[i] ^= v[i] ^ v[i + 8];
	ptn_wipe(v, sizeof(v));
	ptn_wipe(m, sizeof(m));
}

void
ptn_blake2b_init(struct ptn_blake2b *b, size_t len)
{
	memset(b, 0, sizeof(*b));
	memcpy(b->h, iv, sizeof(iv));
	b->h[0] ^= 0x01010000 ^ len; /* no key; fanout and depth of one */
	b->len = len;
}

/* A full block is compressed when more comes: the last one is another case. */
void
ptn_blake2b_add(struct ptn_blake2b *b, struct ptn_bytes in)
{
	size_t n;

	while (in.len > 0) {
		if (b->used == sizeof(b->block)) {
			b->total += b->used;
			compress(b, false);
			b->used = 0;
		}
		n = sizeof(b->block) - b->used;
		if (n > in.len)
			n = in.len;
		memcpy(b->block + b->used, in.p, n);
		b->used += n;
		in.p += n;
		in.len -= n;
	}
}

void
ptn_blake2b_add32(struct ptn_blake2b *b, uint32_t v)
{
	const uint8_t le[4] = { (uint8_t)v, (uint8_t)(v >> 8),
		(uint8_t)(v >> 16), (uint8_t)(v >> 24) };

	ptn_blake2b_add(b, PTN_BYTES(le, sizeof(le)));
}

void
ptn_blake2b_end(struct ptn_blake2b *b, uint8_t *out)
{
	size_t i;

	b->total += b->used;
	memset(b->block + b->used, 0, sizeof(b->block) - b->used);
	compress(b, true);
	for (i = 0; i < b->len; i++)
		out[i] = (uint8_t)(b->h[i / 8] >> i % 8 * 8);
	ptn_wipe(b, sizeof(*b));
}
