#ifndef PTN_ACCESS_H
#define PTN_ACCESS_H

#include <stdint.h>

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * The line of a request in the access log (log.access), once its answer is
 * settled; us is how long that took.  A route is named by its pattern, so that
 * no id, token or query of a target is in the log.
 */
void ptn_access(const struct ptn_request *req, const struct ptn_reply *rep,
    int64_t us);

#endif
