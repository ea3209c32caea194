#include "lib/crypto/argon2/fill.h"

#ifdef __x86_64__

#include <immintrin.h>
#include <stddef.h>

#include "lib/base/bytes.h"

/* AVX2: four words a vector. */

typedef __m256i vec;

#define ROW 4
#define ROWS 2
#define FILL ptn_fill_avx2

/* Of each word, bytes turned to the right. */
#define BYTES(n, lane) \
	(char)((lane) + (0 + (n)) % 8), (char)((lane) + (1 + (n)) % 8), \
	    (char)((lane) + (2 + (n)) % 8), (char)((lane) + (3 + (n)) % 8), \
	    (char)((lane) + (4 + (n)) % 8), (char)((lane) + (5 + (n)) % 8), \
	    (char)((lane) + (6 + (n)) % 8), (char)((lane) + (7 + (n)) % 8)
#define vec_ror_bytes(x, n) \
	_mm256_shuffle_epi8(x, \
	    _mm256_setr_epi8(BYTES(n, 0), BYTES(n, 8), BYTES(n, 0), \
		BYTES(n, 8)))

#define vec_add(x, y) _mm256_add_epi64(x, y)
#define vec_xor(x, y) _mm256_xor_si256(x, y)
#define vec_mul(x, y) _mm256_mul_epu32(x, y)
#define vec_ror32(x) _mm256_shuffle_epi32(x, 0xb1)
#define vec_ror24(x) vec_ror_bytes(x, 3)
#define vec_ror16(x) vec_ror_bytes(x, 2)
#define vec_ror63(x) \
	_mm256_xor_si256(_mm256_srli_epi64(x, 63), _mm256_add_epi64(x, x))
#define vec_next(x, y) _mm256_alignr_epi8(y, x, 8)
#define vec_turn1(x) _mm256_permute4x64_epi64(x, 0x93)
#define vec_turn2(x) _mm256_permute4x64_epi64(x, 0x4e)
#define vec_turn3(x) _mm256_permute4x64_epi64(x, 0x39)

#include "lib/crypto/argon2/fill.inc"

#endif
