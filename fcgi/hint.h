#ifndef PTN_HINT_H
#define PTN_HINT_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * Lines for the operator about what the web server likely does wrong, which
 * only show in what arrives.  Each is said once in ten minutes by a process,
 * however many requests there are.
 */

/* The request is not below server.public.base_path. */
void ptn_hint_outside(const struct ptn_request *req);

/*
 * Look whether Authorization never comes, though it is asked for; after the
 * request was answered.
 */
void ptn_hint_bearer(const struct ptn_request *req,
    const struct ptn_reply *rep);

#endif
