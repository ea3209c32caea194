#ifndef PTN_INPUT_H
#define PTN_INPUT_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"

/*
 * Decode the request's JSON body by the route's declaration into req->in,
 * one value a field in the declaration's order.  An empty body and a literal
 * null leave all fields unset.  Unknown members are ignored; some fields have
 * a second name, and if both come, they must be the same.  Where a field is
 * a piece of the body itself, req->json keeps it; dispatch.c releases it.
 *
 * PTN_E_MEDIA for a body that is not application/json; PTN_E_INPUT, with a
 * message that names every bad field, for anything else that is wrong.
 */
enum ptn_err ptn_input(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_input *input) PTN_MUST_USE;

#endif
