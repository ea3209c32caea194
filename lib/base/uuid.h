#ifndef PTN_BASE_UUID_H
#define PTN_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

#define PTN_UUID_STR 37 /* 36 characters and the NUL */

/* A UUID (RFC 9562), in network order.  All zero is "none". */
struct ptn_uuid {
	uint8_t b[16];
};

/* A fresh version 4 UUID. */
struct ptn_uuid ptn_uuid_new(void);

/* Lower-case, hyphenated, into out. */
void ptn_uuid_format(const struct ptn_uuid *u, char out[PTN_UUID_STR]);

/*
 * Read the lower-case hyphenated form, of any version and variant.  False on
 * anything else.
 */
bool ptn_uuid_parse(const char *s, struct ptn_uuid *u) PTN_MUST_USE;

/* The same in letters of either case, as RFC 9562 section 4 has readers do. */
bool ptn_uuid_parse_any(const char *s, struct ptn_uuid *u) PTN_MUST_USE;

bool ptn_uuid_is_v4(const struct ptn_uuid *u);
bool ptn_uuid_is_nil(const struct ptn_uuid *u);
bool ptn_uuid_equal(const struct ptn_uuid *a, const struct ptn_uuid *b);

#endif
