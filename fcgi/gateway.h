#ifndef PTN_GATEWAY_H
#define PTN_GATEWAY_H

#include <stdbool.h>

#include "fcgi/arrival.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * The only user of libfcgi: parameters and body in, status, headers and body
 * out.  One a worker, for one request at a time.
 *
 * libfcgi believes its peer, and waits for it.  So it gets what the walker of
 * records has seen whole, and within the limits of record.h (arrival.h,
 * intake.h): it never waits, and allocates no more than they allow.
 */
struct ptn_gateway;

/*
 * After ptn_signals_block(), or libfcgi installs handlers of its own.
 * PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_gateway_new(struct ptn_gateway **out) PTN_MUST_USE;
void ptn_gateway_free(struct ptn_gateway **gw);

/*
 * Read a request: the parameters that we use copied into the arena
 * (HTTP_PROXY never: httpoxy), STDIN read to its end, whatever CONTENT_LENGTH
 * says.
 *
 * a	a whole request; taken over, also on failure.
 * req	comes zeroed but for env, cf, db and arena; its first part is filled.
 *	body_too_large	the body went beyond PTN_BODY_MAX and was dropped.
 *	params_too_large  beyond PTN_PARAMS_MAX or PTN_PARAM_COUNT_MAX: what
 *			is there is not all, uri may be "".
 *
 * Returns PTN_OK; PTN_E_INPUT if this is no request we can answer: then that
 * is done with, too.
 */
enum ptn_err ptn_gateway_take(struct ptn_gateway *gw, struct ptn_arrival *a,
    struct ptn_request *req) PTN_MUST_USE;

/*
 * Send the reply, finish the request and close the connection, also when the
 * web server would keep it: a kept one would starve the others (libfcgi
 * serves one connection at a time).  Content-Length is settled here: never
 * with 204 and 304; with HEAD it stands for the body that is not sent.
 */
void ptn_gateway_send(struct ptn_gateway *gw, const struct ptn_request *req,
    const struct ptn_reply *rep);

/* Send an answer, from "Status:" on, and close the connection. */
void ptn_gateway_put(struct ptn_gateway *gw, const char *text);

#endif
