#ifndef PTN_CRYPTO_ARGON_H
#define PTN_CRYPTO_ARGON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/hashgate.h"

/* Argon2 (RFC 9106).  libargon2 lives in argon.c alone. */

#define PTN_ARGON_FIELD_MAX 64 /* bytes of a stored salt or tag */
#define PTN_ARGON_TEXT_MAX 256 /* of a PHC string of these, with the NUL */

enum ptn_argon_type { PTN_ARGON_ID = 0, PTN_ARGON_I, PTN_ARGON_D };

/* A hash, taken apart. */
struct ptn_argon {
	enum ptn_argon_type type;
	uint32_t version; /* 0x10 or 0x13 */
	uint32_t m_kib, t, p;
	size_t salt_len, tag_len;
	uint8_t salt[PTN_ARGON_FIELD_MAX];
	uint8_t tag[PTN_ARGON_FIELD_MAX];
};

/*
 * Read $argon2id$v=19$m=M,t=T,p=P$SALT$TAG, moving the cursor behind it, or the
 * same of the other types and the older version (without "v=": that one).
 * Costs above the ceilings make it malformed: a doctored row cannot exhaust the
 * machine.
 *
 * max_kib	the most memory
 * bare		there is no tag, and tag_len stays 0
 */
bool ptn_argon_read(const char **s, uint32_t max_kib, bool bare,
    struct ptn_argon *h);

/* Write it, and a NUL; its end. */
char *ptn_argon_write(const struct ptn_argon *h, char out[PTN_ARGON_TEXT_MAX]);

/*
 * Compute h->tag, of h->tag_len bytes, from the rest of h, in the slot's
 * memory.  PTN_E_INTERNAL.
 */
enum ptn_err ptn_argon_compute(const struct ptn_hashgate_slot *slot,
    struct ptn_bytes pw, struct ptn_argon *h) PTN_MUST_USE;

/* Which library and build is linked, for "postern config print". */
const char *ptn_argon_kernel(void);

#endif
