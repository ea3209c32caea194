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
	bool service;		  /* a service account: nobody logs in as one */
	struct ptn_uuid email_id; /* where their codes go; nil: nowhere */
	/*
	 * Whom to tell of a change, there or here: by the address of email_id,
	 * or the primary one.
	 */
	struct ptn_notice_to tell;
};

/*
 * Read it.  One SELECT; a user who is no member has a zero one but for whom to
 * tell.  Inside a transaction that holds the lock of the user, so that it stays
 * true.  PTN_E_NOT_FOUND: there is no such user.
 */
enum ptn_err ptn_membership_get(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_membership *out) PTN_MUST_USE;

/*
 * What a rule of policy.h guards was to be changed, and was not: note it, with
 * what it was.  Outside of transactions.
 */
void ptn_membership_guarded(const struct ptn_scope *sc, const char *what);

#endif
