#ifndef PTN_ACCOUNT_SIGNIN_H
#define PTN_ACCOUNT_SIGNIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/session.h"
#include "lib/account/user.h"
#include "lib/base/api.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/event/event.h"
#include "lib/event/tx.h"

/*
 * A log-in by whatever was proved: the one transaction in which sessions
 * begin.  What is proved, and how, is in signin_passcode.h, signin_password.h
 * and signin_passkey.h; signup.h needs no proof.
 */
struct ptn_signin {
	enum ptn_api api;
	struct ptn_uuid user_id;
	struct ptn_user_state user; /* by whoever takes the lock */
	bool complete; /* no second factor is asked for: it was proved */
	/*
	 * Must be the user's still, whose was read before all else: then what
	 * was proved since is worth as much as it was.  NULL: any.
	 */
	const int64_t *epoch;
	/*
	 * What is proved under the lock of the user, and what else changes
	 * with the log-in: anything but PTN_OK refuses, and undoes it.  May be
	 * run several times, with arg; NULL: all was proved before.
	 */
	ptn_tx_fn prove;
	void *arg;
	/* What the token says of the user; prove may fill it.  NULL: nothing.
	 */
	const struct ptn_email_claim *email;
	unsigned amr; /* what was shown (enum ptn_amr) */
	/* Of success; PTN_EVENT_NONE: the caller records one with a notice. */
	enum ptn_event event;
	struct ptn_claims claims; /* made: what the token is to say */
};

/*
 * Lock the user, prove, open the session, record the event.  Those that the
 * request brought end, if they are the user's: whoever had got hold of one does
 * not get in by it any more (sc->actor->brought).  What is known of
 * the client goes with the session, as far as the configuration lets it.
 *
 * Returns what prove returned; PTN_E_NOT_FOUND: the user has gone meanwhile;
 * PTN_E_DENIED: they are in another epoch (asker.h);
 * PTN_E_FORBIDDEN: they have a second factor, which was not proved
 * (ptn_policy_second_factor()), and nothing else was asked; errors of the
 * database.
 */
enum ptn_err ptn_signin(const struct ptn_scope *sc,
    struct ptn_signin *s) PTN_MUST_USE;

/* The same inside a transaction of the caller's, who holds the lock. */
enum ptn_err ptn_signin_in(const struct ptn_scope *sc,
    struct ptn_signin *s) PTN_MUST_USE;

/* The same, which takes the lock. */
enum ptn_err ptn_signin_lock_in(const struct ptn_scope *sc,
    struct ptn_signin *s) PTN_MUST_USE;

/*
 * An operator opens a session of a user of the public API, to hand it on:
 * nothing is proved, and nobody becomes known by it (asker.h).
 * PTN_E_NOT_FOUND: there is no such user, or they are kept out; PTN_E_CONFLICT:
 * a service account.
 */
enum ptn_err ptn_signin_mint(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_claims *claims) PTN_MUST_USE;

/*
 * A browser that is logged in as one user does not log in, nor ask for codes,
 * as another.
 *
 * by	whose session it has; NULL: none
 */
bool ptn_signin_foreign(const struct ptn_uuid *by, const struct ptn_uuid *user);

#endif
