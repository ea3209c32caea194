#include "lib/crypto/argon2/fill.h"

#ifdef __x86_64__

#include <stddef.h>
#include <tmmintrin.h>

#include "lib/base/bytes.h"

/* SSSE3: two words a vector, as SSE2, whose bytes can be put anywhere. */

typedef __m128i vec;

#define ROW 8
#define ROWS 1
#define FILL ptn_fill_ssse3

#define vec_add(x, y) _mm_add_epi64(x, y)
#define vec_xor(x, y) _mm_xor_si128(x, y)
#define vec_mul(x, y) _mm_mul_epu32(x, y)
#define vec_ror32(x) _mm_shuffle_epi32(x, 0xb1)
#define vec_ror24(x) \
	_mm_shuffle_epi8(x, \
	    _mm_setr_epi8(3, 4, 5, 6, 7, 0, 1, 2, 11, 12, 13, 14, 15, 8, 9, 10))
#define vec_ror16(x) \
	_mm_shuffle_epi8(x, \
	    _mm_setr_epi8(2, 3, 4, 5, 6, 7, 0, 1, 10, 11, 12, 13, 14, 15, 8, 9))
#define vec_ror63(x) \
	_mm_xor_si128(_mm_srli_epi64(x, 63), _mm_add_epi64(x, x))
#define vec_next(x, y) _mm_alignr_epi8(y, x, 8)

#include "lib/crypto/argon2/fill.inc"

#endif
