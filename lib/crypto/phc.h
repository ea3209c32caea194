#ifndef PTN_CRYPTO_PHC_H
#define PTN_CRYPTO_PHC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"

/*
 * What strings of password hashes are made of, read from left to right and
 * without slack: "PHC string format", and the older forms of others.  Each
 * moves the cursor behind what it has read; of one that returns false or 0 the
 * cursor is of no use any more.
 */

/* This text, as it stands. */
bool ptn_phc_text(const char **s, const char *text);

/* A number in 1..max, without sign or leading zero. */
bool ptn_phc_number(const char **s, uint32_t max, uint32_t *out);

/* The alphabet of RFC 4648, that with "." for "+", and that of crypt(5). */
#define PTN_PHC_STD                                                            \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define PTN_PHC_DOT                                                            \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./"
#define PTN_PHC_CRYPT                                                          \
	"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/*
 * Base64 without padding up to a foreign character; unused low bits are zero.
 * The length in bytes, or 0 if it is malformed, or longer than max.
 */
size_t ptn_phc_base64(const char **s, const char *alphabet, uint8_t *out,
    size_t max);

/* The same, with the padding that completes it (RFC 4648 section 4). */
size_t ptn_phc_padded(const char **s, uint8_t *out, size_t max);

/* Write standard base64 without padding, and a NUL; its end. */
char *ptn_phc_put(char *out, struct ptn_bytes in);

#endif
