#ifndef PTN_ACCOUNT_ADDRESSES_H
#define PTN_ACCOUNT_ADDRESSES_H

#include "lib/account/email.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Which addresses an account may have, and how it comes by them: each rule
 * with its transaction and its events.  The rows are email.h's.
 *
 * All return PTN_OK if the question was answered, either way.
 */
enum ptn_addresses_result {
	PTN_ADDRESSES_UNKNOWN = 0, /* no such user, or it is none of theirs */
	PTN_ADDRESSES_FULL,	   /* they have as many as they may */
	PTN_ADDRESSES_OWNED,	   /* it has an owner */
	PTN_ADDRESSES_FOREIGN,	   /* the session is somebody else's */
	PTN_ADDRESSES_PRIMARY,	   /* their primary one stays */
	PTN_ADDRESSES_GUARDED,	   /* ptn_policy_remove_address() */
	PTN_ADDRESSES_SERVICE,	   /* a service account has none */
	PTN_ADDRESSES_DONE,
	PTN_ADDRESSES__MAX
};

/*
 * Claim an address (canonical) for a user who has room for one more.  Where
 * addresses are to be verified it is theirs once it is proved, elsewhere at
 * once.  OWNED also if it is theirs already.  PTN_E_RATE: too many that were
 * new (PTN_LIMIT_CLAIM).
 */
enum ptn_err ptn_addresses_add(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *address, struct ptn_email *out,
    enum ptn_addresses_result *what) PTN_MUST_USE;

/* The same as a part of the caller's transaction: what is refused changes
 * nothing.  So it is of the other two. */
enum ptn_err ptn_addresses_add_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *address, struct ptn_email *out,
    enum ptn_addresses_result *what) PTN_MUST_USE;

/*
 * An operator gives an address (canonical) to a user who has room for one more:
 * theirs at once, verified or not, and their primary one if they had none.  One
 * that somebody has claimed and not proved is, too.  SERVICE: nobody shall log
 * in as one, which an address would let them.
 */
enum ptn_err ptn_addresses_give(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *address, bool verified,
    struct ptn_email *out, enum ptn_addresses_result *what) PTN_MUST_USE;

/*
 * An address of somebody who has just logged in and had none, as the log-in is
 * stored: theirs at once, proved or not.  Of a part of a transaction, which the
 * caller undoes unless it is DONE.
 */
enum ptn_err ptn_addresses_onboard(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *address, bool proved,
    enum ptn_addresses_result *what) PTN_MUST_USE;

/*
 * Give one up, with what hangs on it, but for the primary one, and the one that
 * codes of the Dfns API go to.
 */
enum ptn_err ptn_addresses_remove(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_addresses_result *what) PTN_MUST_USE;

/*
 * last	it is their only one, and may go: the caller has asked
 *	ptn_ways_may_give_up(), under the lock of the user
 */
enum ptn_err ptn_addresses_remove_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id, bool last,
    enum ptn_addresses_result *what) PTN_MUST_USE;

/* Make one of theirs the primary one.  If it is already, nothing happens. */
enum ptn_err ptn_addresses_make_primary(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_addresses_result *what) PTN_MUST_USE;
enum ptn_err ptn_addresses_make_primary_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_addresses_result *what) PTN_MUST_USE;

/* That somebody reads what is sent to an address. */
struct ptn_addresses_proof {
	struct ptn_uuid user_id;
	struct ptn_uuid email_id;
	const struct ptn_uuid *by; /* whose session; NULL: none */
	struct ptn_email email;	   /* made: as it is now */
};

/*
 * Take a proof: an address without an owner becomes the user's, one of theirs
 * is verified from now on.  Without a session it must be theirs already, or
 * they must have none yet; with one there must be room for it, as several
 * codes may wait.  Inside the caller's transaction, which holds the lock of
 * the user; what was refused has changed nothing.
 */
enum ptn_err ptn_addresses_prove(const struct ptn_scope *sc,
    struct ptn_addresses_proof *p,
    enum ptn_addresses_result *what) PTN_MUST_USE;

/*
 * The same of an address (canonical) that nobody need have claimed before.
 * Whoever has no room for one more is told so first, and nothing is stored.
 */
enum ptn_err ptn_addresses_prove_new(const struct ptn_scope *sc,
    struct ptn_addresses_proof *p, const char *address,
    enum ptn_addresses_result *what) PTN_MUST_USE;

#endif
