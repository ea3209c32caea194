#ifndef PTN_AUTHORIZER_H
#define PTN_AUTHORIZER_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * A web server asks whether a request of its own site may pass, for a folder
 * that only users may see.  As a FastCGI authorizer (section 6.3 of its
 * specification) it gets 200 with Variable-REMOTE_USER, POSTERN_USER_ID,
 * POSTERN_EMAIL and POSTERN_SESSION_ID for the program behind it, or 401 and
 * nothing else; path, method and body are the site's business.
 */
void ptn_authorizer_variables(const struct ptn_request *req,
    struct ptn_reply *rep);

/* GET /authorize: the same for nginx (auth_request), as headers. */
enum ptn_err ptn_authorizer_decide(struct ptn_request *req,
    struct ptn_reply *rep);

#endif
