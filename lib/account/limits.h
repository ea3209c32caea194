#ifndef PTN_ACCOUNT_LIMITS_H
#define PTN_ACCOUNT_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/account/limit.h"

/* Several of them at once. */

/* All of a list that ends with PTN_LIMIT_NONE, in one transaction, or none. */
enum ptn_err ptn_limits_take(const struct ptn_scope *sc,
    const enum ptn_limit *list, const struct ptn_limit_on *on) PTN_MUST_USE;

/* The same as a part of the caller's transaction: all, or it cost nothing. */
enum ptn_err ptn_limits_take_in(const struct ptn_scope *sc,
    const enum ptn_limit *list, const struct ptn_limit_on *on) PTN_MUST_USE;

/*
 * Forget what was counted of somebody, and record it if there was something.
 *
 * user		the subject of the record; nil: it is not about a user
 * cleared	how many buckets there were
 */
enum ptn_err ptn_limits_clear(const struct ptn_scope *sc,
    const struct ptn_limit_key *key, size_t n, const struct ptn_uuid *user,
    uint64_t *cleared) PTN_MUST_USE;

#endif
