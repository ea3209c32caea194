#include "lib/crypto/argon2/fill.h"

#ifdef __aarch64__

#include <arm_neon.h>
#include <stddef.h>

#include "lib/base/bytes.h"

/* NEON, which every processor of arm64 has: two words a vector. */

typedef uint64x2_t vec;

#define ROW 8
#define ROWS 1
#define FILL ptn_fill_neon

#define vec_ror(x, n) vsriq_n_u64(vshlq_n_u64(x, 64 - (n)), x, n)

#define vec_add(x, y) vaddq_u64(x, y)
#define vec_xor(x, y) veorq_u64(x, y)
#define vec_mul(x, y) vmull_u32(vmovn_u64(x), vmovn_u64(y))
#define vec_ror32(x) \
	vreinterpretq_u64_u32(vrev64q_u32(vreinterpretq_u32_u64(x)))
#define vec_ror24(x) vec_ror(x, 24)
#define vec_ror16(x) vec_ror(x, 16)
#define vec_ror63(x) vec_ror(x, 63)
#define vec_next(x, y) vextq_u64(x, y, 1)

#include "lib/crypto/argon2/fill.inc"

#endif
