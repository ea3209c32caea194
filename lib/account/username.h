#ifndef PTN_ACCOUNT_USERNAME_H
#define PTN_ACCOUNT_USERNAME_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * The name that a user chose: of ASCII letters, digits and "_", in lower case,
 * and nobody else's in the tenant; of 128 bytes at most, as its column.
 */
#define PTN_USERNAME_BYTES 128 /* at most */

struct ptn_arena;

struct ptn_username {
	struct ptn_uuid id;
	const char *name; /* NULL: they have none */
	int64_t created_at_us;
	int64_t updated_at_us;
};

/*
 * As it is stored, and looked for: in lower case, in the arena.  *out NULL for
 * NULL.  PTN_E_NOMEM.
 */
enum ptn_err ptn_username_canonical(struct ptn_arena *a, const char *text,
    const char **out) PTN_MUST_USE;

/* Is it one, as to its letters? */
bool ptn_username_is_well(const char *name);

/* name NULL, and PTN_OK, if the user has none, or usernames are off. */
enum ptn_err ptn_username_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_username *out) PTN_MUST_USE;

/* Whose it is, and their primary address. */
struct ptn_username_owner {
	struct ptn_uuid user_id;
	struct ptn_uuid email_id; /* nil: none */
	const char *address;	  /* NULL: none */
	int64_t epoch;		  /* of the user (asker.h) */
	bool locked;		  /* an operator keeps them out */
};

/* PTN_E_NOT_FOUND: nobody's. */
enum ptn_err ptn_username_owner(const struct ptn_scope *sc, const char *name,
    struct ptn_username_owner *out) PTN_MUST_USE;

/*
 * Choose one, or another one, with the event; the user has changed then, too.
 * Inside a transaction of the caller's, who holds the lock of the user.
 * PTN_E_CONFLICT: somebody else has it, and nothing has changed.
 */
enum ptn_err ptn_username_set_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *name) PTN_MUST_USE;

/* The same of a user who is being made: webhooks hear of it with the user. */
enum ptn_err ptn_username_sign_up_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *name) PTN_MUST_USE;

/* Give it up; PTN_E_NOT_FOUND: there is none. */
enum ptn_err ptn_username_drop_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

#endif
