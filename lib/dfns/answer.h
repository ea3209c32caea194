#ifndef PTN_DFNS_ANSWER_H
#define PTN_DFNS_ANSWER_H

#include <stdbool.h>
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
#include "lib/dfns/password.h"

/* The answer to a challenge (challenge.h): one factor, or two. */
struct ptn_dfns_answer {
	/* Given. */
	struct ptn_dfns_factor factor[2];
	size_t nfactors;
	struct ptn_uuid signer; /* the key of a token; nil: of a user */
	/* Set by ptn_dfns_answer_take(). */
	struct ptn_dfns_ceremony c;
	struct ptn_org org;
	bool spent; /* the challenge: nobody else can answer it */
	/* What wrong codes are counted on; account NULL: they are not. */
	struct ptn_limit_on counted;
	struct ptn_dfns_password password; /* zero: wrong, or none came */
	bool barred; /* after too many codes nothing that it proves counts */
	/* The credential that each factor was verified with. */
	const struct ptn_dfns_cred *used[2];
	struct ptn_dfns_denial denial;
};

/*
 * Find the ceremony that the identifier names, and its organisation.  If the
 * ceremony is for any passkey, c.user_id becomes the user whom the user handle
 * of the first factor names.
 *
 * It is spent here, before a secret is judged, which could be guessed: nobody
 * tries one challenge twice, also if the database fails behind it.  Where all
 * factors are signatures ptn_dfns_answer_verify() spends it together with what
 * is achieved by it, or else ptn_dfns_answer_drop().
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
 * Check the password, and count the code that came with it (PTN_LIMIT_CODE):
 * for the account if the password is right, else for nobody, by the same
 * statements.  ptn_dfns_answer_verify() gives a right code back.  Outside of
 * transactions, because a hash takes long; one hash whoever the user is.
 *
 * PTN_E_BUSY and others.  That the password is wrong, or that there were too
 * many codes, is for ptn_dfns_answer_verify() to say: to a client who does not
 * get in, whether the password was right is told neither by the answer nor by
 * what it cost.
 */
enum ptn_err ptn_dfns_answer_check_password(const struct ptn_scope *sc,
    struct ptn_dfns_answer *an) PTN_MUST_USE;

/*
 * Spend the challenge, verify every factor that was sent, and if all hold, note
 * that their credentials were used.  If one does not, the others are checked
 * all the same, and nothing more is written: which of them it was, or whether
 * the user has such a credential, is not told by the statements.  Inside the
 * caller's transaction, which holds the lock of the user.
 * PTN_E_DENIED: a factor does not hold, there were too many codes, or another
 * request has spent the challenge.
 */
enum ptn_err ptn_dfns_answer_verify(const struct ptn_scope *sc,
    struct ptn_dfns_answer *an) PTN_MUST_USE;

/*
 * What was denied, or undone, has spent the challenge nevertheless.  Outside of
 * the transaction, which ended with why; returns that, or a worse fault.
 */
enum ptn_err ptn_dfns_answer_drop(const struct ptn_scope *sc,
    const struct ptn_dfns_answer *an, enum ptn_err why) PTN_MUST_USE;

/*
 * After it, and outside of the transaction: renew the hash of the password, if
 * that is due.
 */
void ptn_dfns_answer_renew(const struct ptn_scope *sc,
    const struct ptn_dfns_answer *an);

#endif
