#ifndef PTN_BASE_HEX_H
#define PTN_BASE_HEX_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

/* The value of a hexadecimal digit in either case, or -1. */
int ptn_hex_digit(char c);

/* Lower-case digits, NUL-terminated, into out[2 * in.len + 1]. */
void ptn_hex_encode(struct ptn_bytes in, char *out);

/* Digits in either case.  PTN_OK, PTN_E_INPUT, PTN_E_NOMEM. */
enum ptn_err ptn_hex_decode(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_bytes *out) PTN_MUST_USE;

#endif
