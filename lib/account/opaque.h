#ifndef PTN_ACCOUNT_OPAQUE_H
#define PTN_ACCOUNT_OPAQUE_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/secrets.h"

/*
 * What somebody shows who is to be let in where operators are: a prefix that
 * says which kind it is, and, in base64url, the id of a row and 32 random
 * bytes, of which the row has the SHA-256 alone.
 */
struct ptn_opaque {
	struct ptn_uuid id;
	uint8_t digest[PTN_SHA256_LEN];
};

/* Make one; text, in the arena, is there this once. */
enum ptn_err ptn_opaque_make(struct ptn_arena *a, const char *prefix,
    struct ptn_opaque *out, char **text) PTN_MUST_USE;

/* Read what looks like one of that prefix.  PTN_E_NOT_FOUND: it does not. */
enum ptn_err ptn_opaque_read(struct ptn_arena *a, const char *prefix,
    const char *text, struct ptn_opaque *out) PTN_MUST_USE;

#endif
