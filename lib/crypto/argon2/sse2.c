#include "lib/crypto/argon2/fill.h"

#ifdef __x86_64__

#include <emmintrin.h>
#include <stddef.h>

#include "lib/base/bytes.h"

/* SSE2, which every processor of x86-64 has: two words a vector. */

typedef __m128i vec;

#define ROW 8
#define ROWS 1
#define FILL ptn_fill_sse2

#define vec_add(x, y) _mm_add_epi64(x, y)
#define vec_xor(x, y) _mm_xor_si128(x, y)
#define vec_mul(x, y) _mm_mul_epu32(x, y)
#define vec_ror32(x) _mm_shuffle_epi32(x, 0xb1)
#define vec_ror24(x) \
	_mm_xor_si128(_mm_srli_epi64(x, 24), _mm_slli_epi64(x, 40))
#define vec_ror16(x) \
	_mm_shufflehi_epi16(_mm_shufflelo_epi16(x, 0x39), 0x39)
#define vec_ror63(x) \
	_mm_xor_si128(_mm_srli_epi64(x, 63), _mm_add_epi64(x, x))
#define vec_next(x, y) \
	_mm_castpd_si128( \
	    _mm_shuffle_pd(_mm_castsi128_pd(x), _mm_castsi128_pd(y), 1))

#include "lib/crypto/argon2/fill.inc"

#endif
