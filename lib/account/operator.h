#ifndef PTN_ACCOUNT_OPERATOR_H
#define PTN_ACCOUNT_OPERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Operators: users who may log in where operators are.  Only a command marks
 * somebody as one.  The mark opens to those passkeys alone that they had by
 * then: whoever logs in as them by a mailed code may add another, which is to
 * lead nowhere.
 */
struct ptn_operator {
	struct ptn_uuid user_id;
	const char *tenant;   /* whose user they are: its name */
	const char *username; /* or NULL */
	const char *address;  /* their primary one, or NULL */
	bool everywhere;      /* for all tenants; else for their own */
	bool read_only;
	bool locked;
	int64_t marked_at_us;
	int64_t passkeys; /* that open the way */
	int64_t sessions;
};

/* A passkey that opens the way. */
struct ptn_operator_passkey {
	const char *name; /* or NULL */
	int64_t created_at_us;
	int64_t last_used_at_us;
};

/*
 * Mark a user, or mark them anew, with the event: one transaction.
 *
 * key, n	which of theirs open the way from now on, oldest first, in the
 *		arena: one of them may be somebody else's, who was let in by a
 *		mailed code or a key, and whoever marks them is to see that
 *
 * PTN_E_NOT_FOUND: there is no such user.
 */
enum ptn_err ptn_operator_add(const struct ptn_scope *sc,
    const struct ptn_uuid *user, bool everywhere, bool read_only,
    struct ptn_operator_passkey **key, size_t *n) PTN_MUST_USE;

/* Take the mark away; their sessions end.  PTN_E_NOT_FOUND: there is none. */
enum ptn_err ptn_operator_remove(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/* All of them, of all tenants, oldest first, in the arena. */
enum ptn_err ptn_operators(const struct ptn_scope *sc,
    struct ptn_operator **out, size_t *n) PTN_MUST_USE;

/* Is that user of the tenant one? */
enum ptn_err ptn_operator_is(const struct ptn_scope *sc,
    const struct ptn_uuid *user, bool *is) PTN_MUST_USE;

#endif
