#ifndef PTN_ACCOUNT_MEMBERSHIP_H
#define PTN_ACCOUNT_MEMBERSHIP_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/event.h"

/*
 * What rules of other APIs must know of the Dfns API before they change a user:
 * policy.h asks it.  lib/dfns/member.h has all of a member.
 */
struct ptn_membership {
	bool registered;
	struct ptn_uuid email_id; /* where their codes go; nil: nowhere */
	/* Whom to tell of a change, there or here. */
	const char *address; /* that of email_id, or the primary one; or NULL */
	bool verified;
	const char *username; /* or NULL */
};

/*
 * Read it.  One SELECT; a user who is no member has a zero one but for whom to
 * tell.  Inside a transaction that holds the lock of the user, so that it stays
 * true.  PTN_E_NOT_FOUND: there is no such user.
 */
enum ptn_err ptn_membership_get(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_membership *out) PTN_MUST_USE;

/*
 * Record an event that has a notice, and send it to the user if they have a
 * proved address.  Inside the transaction of what it tells of.
 */
enum ptn_err ptn_membership_notify(const struct ptn_scope *sc,
    enum ptn_event event, const struct ptn_membership *m) PTN_MUST_USE;

#endif
