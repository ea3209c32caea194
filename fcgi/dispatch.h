#ifndef PTN_DISPATCH_H
#define PTN_DISPATCH_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * The gate: all that is decided before and after a handler.  Takes a request
 * as gateway.c read it, leaves a reply as gateway.c sends it.  Never fails:
 * what goes wrong is the reply.
 */
void ptn_dispatch(struct ptn_request *req, struct ptn_reply *rep);

#endif
