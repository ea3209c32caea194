#ifndef PTN_BASE_BASE64_H
#define PTN_BASE_BASE64_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"

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

/* The same of a text with any number of "=" at its end. */
enum ptn_err ptn_b64url_decode_padded(struct ptn_arena *a, struct ptn_bytes in,
    struct ptn_bytes *out) PTN_MUST_USE;

/*
 * base64 as clients of several kinds write it: both alphabets (RFC 4648
 * sections 4 and 5, even mixed), with or without padding.  Still one value
 * has one spelling in each: padding is complete or absent, and the unused low
 * bits are zero.
 */

/* The same text in the URL alphabet, without padding; NULL: arena full. */
char *ptn_b64any_norm(struct ptn_arena *a, struct ptn_bytes text);

/* PTN_OK, PTN_E_INPUT, PTN_E_NOMEM. */
enum ptn_err ptn_b64any_decode(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_bytes *out) PTN_MUST_USE;

/* The standard alphabet without padding; NULL: arena full. */
char *ptn_b64std_encode(struct ptn_arena *a, struct ptn_bytes in);

/*
 * The id that a client chose for its credential: 1..1024 characters of both
 * alphabets and padding.  It is stored and returned as it came; two are the
 * same credential when they differ only in alphabet and padding.
 */
#define PTN_CRED_ID_TEXT_MAX 1024
bool ptn_cred_id_ok(struct ptn_bytes text);
bool ptn_cred_id_same(struct ptn_bytes a, struct ptn_bytes b);

#endif
