#ifndef PTN_GATEWAY_H
#define PTN_GATEWAY_H

#include <stdbool.h>

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * The only user of libfcgi: parameters and body in, status, headers and body
 * out.  One of these for each listening socket of a worker.
 *
 * libfcgi believes its peer: the socket must be reachable by the web server
 * alone, and a peer that stalls is the business of whoever watches the
 * worker (the supervisor's deadline, or an alarm).
 */
struct ptn_gateway;

#define PTN_BODY_MAX (128 * 1024)  /* bytes of a body; families allow less */
#define PTN_PARAMS_MAX (64 * 1024) /* bytes of all parameters, as sent */
#define PTN_PARAM_COUNT_MAX 256

/*
 * listen_fd	a listening, non-blocking socket; borrowed.
 * authorizes	it takes the authorizer role alone; others: both.
 *
 * After ptn_signals_block(), or libfcgi installs handlers of its own.
 * PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_gateway_new(struct ptn_gateway **out, int listen_fd,
    bool authorizes) PTN_MUST_USE;
void ptn_gateway_free(struct ptn_gateway **gw);

/*
 * Accept the next request and read it whole: the parameters that we use
 * copied into the arena (HTTP_PROXY never: httpoxy), STDIN read to its end,
 * whatever CONTENT_LENGTH says.  Call when the socket is readable; blocks for
 * as long as the peer takes to send.
 *
 * req	comes zeroed but for env, cf, db and arena; its first part is filled.
 *	body_too_large	the body went beyond PTN_BODY_MAX: read and dropped.
 *	params_too_large  beyond PTN_PARAMS_MAX or PTN_PARAM_COUNT_MAX: what
 *			is there is not all, uri may be "".
 *
 * Returns PTN_OK; PTN_E_NOT_FOUND if there was nothing to accept after all
 * (another worker took it, or the peer sent no FastCGI); PTN_E_INPUT if the
 * peer broke off, or sent no request we can answer: then that is done with,
 * too.  PTN_E_UNAVAILABLE: no descriptors or memory left; pause before the
 * next try.
 */
enum ptn_err ptn_gateway_accept(struct ptn_gateway *gw,
    struct ptn_request *req) PTN_MUST_USE;

/*
 * Send the reply, finish the request and close the connection, also when the
 * web server would keep it: a kept one would starve the others (libfcgi
 * serves one connection at a time).  Content-Length is settled here: never
 * with 204 and 304; with HEAD it stands for the body that is not sent.
 */
void ptn_gateway_send(struct ptn_gateway *gw, const struct ptn_request *req,
    const struct ptn_reply *rep);

#endif
