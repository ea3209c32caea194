#ifndef PTN_DFNS_ANSWER_H
#define PTN_DFNS_ANSWER_H

#include <stddef.h>

#include "lib/account/limit.h"
#include "lib/account/org.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/factor.h"

/* The answer to a challenge (challenge.h): one factor, or two. */
struct ptn_dfns_answer {
	/* Given. */
	struct ptn_dfns_factor factor[2];
	size_t nfactors;
	/* Set by ptn_dfns_answer_take(). */
	struct ptn_dfns_ceremony c;
	struct ptn_org org;
	/* What wrong codes are counted on; account NULL: they are not. */
	struct ptn_limit_on counted;
	/* The credential whose password was right; nil: none was checked. */
	struct ptn_uuid password;
	/* The credential that each factor was verified with. */
	const struct ptn_dfns_cred *used[2];
	struct ptn_dfns_denial denial;
};

/*
 * Take the ceremony that the identifier names, and read its organisation.  If
 * the ceremony is for any passkey, c.user_id becomes the user whom the user
 * handle of the first factor names.
 *
 * sc	gets the tenant of the ceremony.
 *
 * PTN_E_DENIED: there is no such ceremony.
 */
enum ptn_err ptn_dfns_answer_take(struct ptn_scope *sc,
    struct ptn_bytes identifier, enum ptn_dfns_ceremony_kind kind,
    struct ptn_dfns_answer *an) PTN_MUST_USE;

/*
 * Does the answer have a password?  Then account is set to the id for which it
 * is to be counted, which exists for unknown names too; NULL: it has
 * none.  PTN_E_DENIED: it cannot be right, because it comes without the code
 * of an authenticator app or answers a challenge for no name.
 */
enum ptn_err ptn_dfns_answer_password(const struct ptn_scope *sc,
    struct ptn_dfns_answer *an, const struct ptn_uuid **account) PTN_MUST_USE;

/*
 * Check the password, and count the code that came with one that is right
 * (PTN_LIMIT_CODE); ptn_dfns_answer_verify() gives a right code back.  Outside
 * of transactions, because a hash takes long; one hash whoever the user is.
 * PTN_E_DENIED: it is wrong, or there were too many codes; PTN_E_BUSY.
 *
 * The answers to a wrong password and to a wrong code are the same, but not
 * what they cost: behind a password that is right comes one statement for the
 * code, and the transaction of ptn_dfns_answer_verify() unless there were too
 * many.  So whoever can measure that learns that a password is right, though
 * not how to log in with it.
 */
enum ptn_err ptn_dfns_answer_check_password(const struct ptn_scope *sc,
    struct ptn_dfns_answer *an) PTN_MUST_USE;

/*
 * Verify every factor that was sent, and note that its credential was used.
 * Inside the caller's transaction, which holds the lock of the user.
 * PTN_E_DENIED: a factor does not hold.
 */
enum ptn_err ptn_dfns_answer_verify(const struct ptn_scope *sc,
    struct ptn_dfns_answer *an) PTN_MUST_USE;

#endif
