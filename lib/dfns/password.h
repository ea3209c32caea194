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
 * The password of the Dfns API, which is not that of password.h: there a
 * password alone opens a session, and that session may add a passkey that
 * logs in here, so that nothing would be left of the second factor; and its
 * owner changes it without a user action.
 */
#define PTN_DFNS_PASSWORD_MIN 12 /* code points, whatever the configuration */

/* Are passwords, and authenticator apps beside them, offered at all? */
bool ptn_dfns_password_offered(const struct ptn_conf *cf);

/*
 * Is a text fit to be one?  why is set to what is said of one that is not, in
 * the arena: "must be at least 12 characters long".  PTN_E_INPUT then.
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
 * Check a password as it was received.  A nil user, one without a password and
 * a wrong password cost the same single hash.  A match under old costs is
 * hashed and stored anew.  Never inside a transaction.
 *
 * credential	whose password it is; nil unless it was right.  A password
 *		that is changed is another credential.
 *
 * Returns PTN_OK, PTN_E_BUSY, PTN_E_NOMEM, PTN_E_UNAVAILABLE, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_password_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes pw,
    struct ptn_uuid *credential) PTN_MUST_USE;

#endif
