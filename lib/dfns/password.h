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

/*
 * Check a password as the client sent it.  Always one hash, also for a nil user
 * and for one without a password.  If the password is right but the costs of
 * its hash are outdated, it is hashed again and stored.  Outside of
 * transactions.
 *
 * credential	the id of the password's credential, nil if the password is
 *		wrong.  (A password that is changed gets a new credential.)
 *
 * Returns PTN_OK, PTN_E_BUSY, PTN_E_NOMEM, PTN_E_UNAVAILABLE, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_password_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes pw,
    struct ptn_uuid *credential) PTN_MUST_USE;

#endif
