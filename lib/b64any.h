#ifndef PTN_B64ANY_H
#define PTN_B64ANY_H

#include <stdbool.h>

#include "arena.h"
#include "bytes.h"
#include "err.h"

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

/* Hexadecimal in either case.  PTN_OK, PTN_E_INPUT, PTN_E_NOMEM. */
enum ptn_err ptn_hex_decode(struct ptn_arena *a, struct ptn_bytes text,
    struct ptn_bytes *out) PTN_MUST_USE;

/*
 * The id that a client chose for its credential: 1..1024 characters of both
 * alphabets and padding.  It is stored and returned as it came; two are the
 * same credential when they differ only in alphabet and padding.
 */
#define PTN_CRED_ID_TEXT_MAX 1024
bool ptn_cred_id_ok(struct ptn_bytes text);
bool ptn_cred_id_same(struct ptn_bytes a, struct ptn_bytes b);

#endif
