#include "lib/crypto/argon2/fill.h"

#include <stddef.h>

#include "lib/base/bytes.h"

/* Any processor: what the compiler makes of two words. */

typedef uint64_t vec __attribute__((vector_size(16), may_alias));

#define ROW 8
#define ROWS 1
#define FILL ptn_fill_plain

#define LOWER 0xffffffff
#define vec_ror(x, n) ((x) >> (n) | (x) << (64 - (n)))

#define vec_add(x, y) ((x) + (y))
#define vec_xor(x, y) ((x) ^ (y))
#define vec_mul(x, y) (((x)&LOWER) * ((y)&LOWER))
#define vec_ror32(x) vec_ror(x, 32)
#define vec_ror24(x) vec_ror(x, 24)
#define vec_ror16(x) vec_ror(x, 16)
#define vec_ror63(x) vec_ror(x, 63)
#define vec_next(x, y) ((vec){ (x)[1], (y)[0] })

#include "lib/crypto/argon2/fill.inc"
