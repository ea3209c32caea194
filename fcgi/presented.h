#ifndef PTN_PRESENTED_H
#define PTN_PRESENTED_H

#include <stdbool.h>

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * The session that a request presents (hanko-public 1.7): the first good one
 * of its bearer tokens, then its cookie.  A bad bearer token does not end the
 * search.  A cookie is looked at only for pages of our own (cors.h).
 * req->session.known tells; a request without any costs no statement.
 *
 * touch	note that the session was used, and delete one that died of
 *		idleness, cookie and row; otherwise nothing is written.
 */
enum ptn_err ptn_presented(struct ptn_request *req, struct ptn_reply *rep,
    bool touch) PTN_MUST_USE;

#endif
