#ifndef PTN_CORS_H
#define PTN_CORS_H

#include <stdbool.h>

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * Cross-origin resource sharing (Fetch standard, section 3.2), by the origins
 * of the configuration.  Adds the headers every reply has; true if the request
 * is an OPTIONS and thereby answered (204).
 */
bool ptn_cors(const struct ptn_request *req, struct ptn_reply *rep);

/*
 * Does the request come from a page of ours?  True without an Origin, for
 * one on the request's own host, and for a configured one.  A cookie that
 * comes with any other origin is not looked at: it was the browser's idea to
 * send it, not the user's.
 */
bool ptn_cors_own_page(const struct ptn_request *req);

#endif
