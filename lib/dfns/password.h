#ifndef PTN_DFNS_PASSWORD_H
#define PTN_DFNS_PASSWORD_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/factor.h"

struct ptn_conf;

/*
 * Passwords of the Dfns API.  A user's password here is not the one of the
 * other API (lib/account/password.h).  There the password alone opens a
 * session, by which its owner may change the password or add a passkey, and
 * the passkey logs in here: with one password for both, the second factor and
 * the user action that this API demands could be avoided.
 */
#define PTN_DFNS_PASSWORD_MIN 12 /* code points, or password.min_length */

/* Does this API offer passwords, with authenticator apps: dfns.password. */
bool ptn_dfns_password_on(const struct ptn_scope *sc);

/*
 * May a text become a password?
 *
 * why	on PTN_E_INPUT the reason, in the arena: "must be at least 12 characters
 *	long"
 */
enum ptn_err ptn_dfns_password_fit(const struct ptn_conf *cf,
    struct ptn_arena *a, struct ptn_bytes pw, const char **why) PTN_MUST_USE;

/*
 * Hash a new credential, if it is a password and dfns.password is on; NULL for
 * others.  Outside of transactions, because it takes long.  PTN_E_BUSY.
 */
enum ptn_err ptn_dfns_password_hash(const struct ptn_scope *sc,
    const struct ptn_dfns_factor_new *in, const char **hash) PTN_MUST_USE;

/* What a password that was checked is. */
struct ptn_dfns_password {
	/* Its credential's id; a changed one has another.  Nil: it is wrong. */
	struct ptn_uuid credential;
	const char *stale; /* its hash, if that is to be renewed */
};

/*
 * Check a password as the client sent it.  Always one hash, also for a nil user
 * and for one without a password.  Outside of transactions.
 *
 * Returns PTN_OK, PTN_E_BUSY, PTN_E_NOMEM, PTN_E_UNAVAILABLE, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_password_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes pw,
    struct ptn_dfns_password *out) PTN_MUST_USE;

/*
 * If the costs of its hash are outdated, hash it again and store that.  It is
 * one hash and one statement more: so only where the answer tells that the
 * password was right.  Outside of transactions.
 */
void ptn_dfns_password_renew(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes pw,
    const struct ptn_dfns_password *right);

#endif
