#ifndef PTN_ISSUE_H
#define PTN_ISSUE_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * Hand the token of a session out that has begun: X-Session-Lifetime, and the
 * cookie or X-Auth-Token.  A browser that takes cookies is known from now on
 * (fcgi/device.h).
 */
enum ptn_err ptn_issue_token(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_claims *claims) PTN_MUST_USE;

/*
 * The same, with X-Session-Retention: the cookie is as long-lived as the token,
 * or gone when the browser is closed, by session.cookie.retention, which may
 * leave it to whoever logs in.
 *
 * remembered	what they said
 */
enum ptn_err ptn_issue_retained(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_claims *claims, bool remembered) PTN_MUST_USE;

/* The same for such a browser that another request made known. */
void ptn_issue_device(struct ptn_request *req, struct ptn_reply *rep);

#endif
