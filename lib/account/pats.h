#ifndef PTN_PATS_H
#define PTN_PATS_H

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * The personal access tokens of the Dfns API (lib/dfns/pat.h), which end with
 * what their owner has, whoever ends that.
 *
 * End all of a user's, with their keys, or those that have expired.  One
 * statement, inside the caller's transaction, which holds the lock of the user.
 */
enum ptn_err ptn_pats_end(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;
enum ptn_err ptn_pats_end_expired(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

#endif
