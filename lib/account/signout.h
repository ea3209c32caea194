#ifndef PTN_ACCOUNT_SIGNOUT_H
#define PTN_ACCOUNT_SIGNOUT_H

#include "lib/account/session.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/* How sessions end by the word of whoever has them, each with its event. */

/* Log out: this session ends.  That it has ended already is as good. */
enum ptn_err ptn_signout(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *session) PTN_MUST_USE;

/* The same for all sessions that a request presents, whosever they are. */
enum ptn_err ptn_signout_presented(const struct ptn_scope *sc,
    struct ptn_session_set *set) PTN_MUST_USE;

/*
 * The same for all sessions of the user, of both APIs.  Here and when all but
 * one end, nobody else is known of the user any more (asker.h).
 */
enum ptn_err ptn_signout_all(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

/* End one of the user's sessions; PTN_E_NOT_FOUND if it is none of theirs. */
enum ptn_err ptn_signout_one(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *session) PTN_MUST_USE;

/* The same inside a transaction of the caller's. */
enum ptn_err ptn_signout_one_in(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *session) PTN_MUST_USE;

/* End all of them but this one. */
enum ptn_err ptn_signout_others(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *session) PTN_MUST_USE;

#endif
