#ifndef PTN_DFNS_SESSION_H
#define PTN_DFNS_SESSION_H

#include "lib/account/session.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/member.h"
#include "lib/event/event.h"

/*
 * Open a session of the Dfns API and record the event (PTN_EVENT_NONE: it is
 * the caller's), inside the caller's transaction, which holds the lock of the
 * user.  A member who signed up through the other API and has no row yet gets
 * one.
 */
enum ptn_err ptn_dfns_session_open(const struct ptn_scope *sc,
    const struct ptn_member *m, enum ptn_event event,
    struct ptn_claims *claims) PTN_MUST_USE;

/* The token of a session, to be made after the transaction. */
enum ptn_err ptn_dfns_session_token(const struct ptn_scope *sc,
    const struct ptn_uuid *org, const struct ptn_member *m,
    const struct ptn_claims *claims, char **token) PTN_MUST_USE;

#endif
