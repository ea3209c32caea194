#ifndef PTN_ACCOUNT_USERNAME_H
#define PTN_ACCOUNT_USERNAME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Usernames of the Hanko API, which has nothing to do with those of members of
 * the Dfns API.  In lower case, of ASCII letters, digits and "_" (so that none
 * looks like an address); how long one may be is the configuration's.
 */
#define PTN_USERNAME_MAX 128 /* bytes that a row can hold */

struct ptn_username {
	struct ptn_uuid id;
	const char *text; /* NULL: there is none */
	int64_t created_at_us;
	int64_t updated_at_us;
};

/* Has a text, of whatever length, the characters of one? */
bool ptn_username_valid(const char *text);

/* text NULL, and PTN_OK, if the user has none, or usernames are off. */
enum ptn_err ptn_username_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_username *out) PTN_MUST_USE;

/* Whose it is, and their primary address. */
struct ptn_username_owner {
	struct ptn_uuid user_id;
	struct ptn_uuid email_id; /* nil: none */
	const char *address;	  /* NULL: none */
};

/* PTN_E_NOT_FOUND: nobody's. */
enum ptn_err ptn_username_owner(const struct ptn_scope *sc, const char *text,
    struct ptn_username_owner *out) PTN_MUST_USE;

/*
 * Give one to a user who has none, inside a transaction that holds their lock.
 * PTN_E_CONFLICT: it is somebody's, or they have one.
 */
enum ptn_err ptn_username_put(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *text) PTN_MUST_USE;

#endif
