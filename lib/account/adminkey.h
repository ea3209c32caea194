#ifndef PTN_ACCOUNT_ADMINKEY_H
#define PTN_ACCOUNT_ADMINKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Keys of the administration.  A key is PTN_ADMINKEY_PREFIX and, in base64url,
 * its id and 32 random bytes, of which the table has the SHA-256 alone: it is
 * seen once, when it is made.
 */
#define PTN_ADMINKEY_PREFIX "ptna_"
#define PTN_ADMINKEY_NAME_MAX 48 /* characters: the column */

struct ptn_adminkey {
	struct ptn_uuid id;
	struct ptn_uuid tenant_id; /* nil: it is for all of them */
	const char *org; /* by ptn_adminkeys(): that tenant's name, or NULL */
	const char *name;
	bool read_only;
	bool expired;
	int64_t created_at_us; /* by ptn_adminkeys() */
	int64_t expires_at_us; /* 0: never */
};

/*
 * Make one of name, tenant_id, read_only and expires_at_us, with the event:
 * one transaction.
 *
 * text	the key, in the arena
 *
 * PTN_E_INPUT: that is no name, of letters, digits and "._-"; PTN_E_CONFLICT:
 * there is one of that name.
 */
enum ptn_err ptn_adminkey_create(const struct ptn_scope *sc,
    struct ptn_adminkey *key, char **text) PTN_MUST_USE;

/* All of them, oldest first, in the arena. */
enum ptn_err ptn_adminkeys(const struct ptn_scope *sc,
    struct ptn_adminkey **out, size_t *n) PTN_MUST_USE;

/* The key is worth nothing any more, with the event.  PTN_E_NOT_FOUND. */
enum ptn_err ptn_adminkey_revoke(const struct ptn_scope *sc,
    const char *name) PTN_MUST_USE;

/*
 * Whose key it is that somebody shows: one SELECT by its id, then the digests
 * are compared, in a time that tells nothing.  out->expired is for the caller
 * to heed.  PTN_E_NOT_FOUND: there is none.
 */
enum ptn_err ptn_adminkey_find(const struct ptn_scope *sc, const char *text,
    struct ptn_adminkey *out) PTN_MUST_USE;

#endif
