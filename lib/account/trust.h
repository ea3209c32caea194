#ifndef PTN_ACCOUNT_TRUST_H
#define PTN_ACCOUNT_TRUST_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * Browsers that a user trusts: there no second factor is asked for, until
 * mfa.device_trust_duration is over.  A cookie has a random token for each user
 * who trusts it, "USER:TOKEN|USER:TOKEN", the latest in front; of a token the
 * database has the digest alone, with the epoch of the user (asker.h).  So all
 * of them are worth nothing once whoever was known of the user is a stranger: a
 * new password, sessions that were ended.  So they are when a second factor is
 * set up.
 */

/* Is it trusted by the user?  No statement, if the cookie does not name them.
 *
 * cookie	NULL: the browser brought none
 */
enum ptn_err ptn_trust_check(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *cookie,
    bool *trusted) PTN_MUST_USE;

/*
 * The user trusts it from now on, inside the caller's transaction.
 *
 * before	the cookie that it brought; NULL: none.  What it has of others
 *		stays, up to mfa.device_trust_max_users_per_device; what it has
 *		of the user is worth nothing any more
 * cookie	set to the new one, in the arena
 */
enum ptn_err ptn_trust_put_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *before,
    const char **cookie) PTN_MUST_USE;

#endif
