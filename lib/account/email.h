#ifndef PTN_ACCOUNT_EMAIL_H
#define PTN_ACCOUNT_EMAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/session.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/* An address, in the canonical form of address.h. */
struct ptn_email {
	struct ptn_uuid id;
	struct ptn_uuid user_id; /* nil: nobody has proved it yet */
	const char *address;
	bool verified;
	bool is_primary;       /* set by ptn_emails_of() and ptn_email_own() */
	bool is_new;	       /* these three by ptn_email_claim() alone */
	int64_t created_at_us;
	int64_t updated_at_us;
};

/* The user's addresses, oldest first, in the arena. */
enum ptn_err ptn_emails_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_email **out,
    size_t *n) PTN_MUST_USE;

/*
 * Store an address if it is new, which out->is_new tells, and lock its row.
 * Inside the caller's transaction.
 */
enum ptn_err ptn_email_claim(const struct ptn_scope *sc, const char *address,
    struct ptn_email *out) PTN_MUST_USE;

/* Lock an address by its id, inside a transaction; PTN_E_NOT_FOUND. */
enum ptn_err ptn_email_lock(const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_email *out) PTN_MUST_USE;

/*
 * Make a locked address the user's, and their primary one if they have none
 * (email->is_primary tells).  Inside the caller's transaction, which holds
 * the lock of the user too.
 */
enum ptn_err ptn_email_own(const struct ptn_scope *sc, struct ptn_email *email,
    const struct ptn_uuid *user, bool verified) PTN_MUST_USE;

/* How many addresses the user owns. */
enum ptn_err ptn_email_count(const struct ptn_scope *sc,
    const struct ptn_uuid *user, int64_t *n) PTN_MUST_USE;

/*
 * The primary address as a token's claim; claim->address is NULL when the
 * user has none.
 */
enum ptn_err ptn_email_primary(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_email_claim *claim) PTN_MUST_USE;

/*
 * Make one of the user's addresses their primary one; already is one gives
 * PTN_OK and changed false.  PTN_E_NOT_FOUND if it is none of theirs.  Inside
 * the caller's transaction, which holds the lock of the user.
 */
enum ptn_err ptn_email_set_primary(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    bool *changed) PTN_MUST_USE;

/*
 * Delete one of the user's addresses, and what belongs to it.  PTN_E_CONFLICT
 * for the primary one, unless it may go, too; PTN_E_NOT_FOUND for none of
 * theirs.  Inside the caller's transaction, which holds the lock of the user.
 */
enum ptn_err ptn_email_remove(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    bool primary_too) PTN_MUST_USE;

#endif
