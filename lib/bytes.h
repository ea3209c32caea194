#ifndef PTN_BYTES_H
#define PTN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct ptn_arena;

/*
 * Text versus bytes is a type: "const char *" is NUL-terminated UTF-8, this
 * is anything else.  It borrows; it never owns.
 */
struct ptn_bytes {
	const uint8_t *p;
	size_t len;
};

#define PTN_BYTES(ptr, n) ((struct ptn_bytes){ (const uint8_t *)(ptr), (n) })

/* The bytes of a string, without its NUL. */
struct ptn_bytes ptn_bytes_of(const char *s);

/* Same length and content; time depends on the lengths only. */
bool ptn_bytes_equal(struct ptn_bytes a, struct ptn_bytes b);

/* Overwrite memory in a way the compiler keeps. */
void ptn_wipe(void *p, size_t len);

/*
 * base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
 *
 * The encoded text is in the arena, NUL-terminated; NULL when it is full.
 * Decoding is strict: no padding, no white space, no foreign character, and
 * the unused low bits of the last character are zero, so that a value has
 * exactly one spelling.  PTN_E_INPUT otherwise, PTN_E_NOMEM.
 */
char *ptn_b64url_encode(struct ptn_arena *a, struct ptn_bytes in);
enum ptn_err ptn_b64url_decode(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_bytes *out) PTN_MUST_USE;

/*
 * The first code point of b into *cp.  Returns its length in bytes, 1..4, or
 * 0, with *cp unset, when b is empty or does not begin with well-formed UTF-8
 * (RFC 3629 section 4: no surrogates, no overlong forms).
 */
size_t ptn_utf8_decode(struct ptn_bytes b, uint32_t *cp);

/* Lower-case hexadecimal into out[2 * len + 1]. */
void ptn_hex(struct ptn_bytes in, char *out);

#endif
