#ifndef PTN_FLOW_WIRE_H
#define PTN_FLOW_WIRE_H

#include "fcgi/family.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/flow/flow.h"

/*
 * The Flow API.  Whatever becomes of a request, its answer is the envelope of
 * a flow, with the status in it that the answer has: clients look at nothing
 * else.
 */
extern const struct ptn_family ptn_flow_family;

/* Who may call. */
extern const struct ptn_auth
    ptn_flow_auth_login,   /* anybody; the session brought ends by it */
    ptn_flow_auth_session; /* a valid session, 401 otherwise */

/*
 * POST /login, /registration, /profile: begin a flow, or with ?action=NAME@ID
 * take a step of one.
 */
enum ptn_err ptn_flow_serve_login(struct ptn_request *, struct ptn_reply *);
enum ptn_err ptn_flow_serve_registration(struct ptn_request *,
    struct ptn_reply *);
enum ptn_err ptn_flow_serve_profile(struct ptn_request *, struct ptn_reply *);

/*
 * POST /token_exchange: what those who come from an identity provider begin.
 * There is none, and so it is switched off.
 */
enum ptn_err ptn_flow_serve_token_exchange(struct ptn_request *,
    struct ptn_reply *);

/* The envelope of an answer that was not refused. */
enum ptn_err ptn_flow_envelope(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_flow_answer *answer) PTN_MUST_USE;

/* That of what was refused before it was a step. */
void ptn_flow_envelope_refused(struct ptn_reply *rep, int status,
    const char *code, const char *message);

#endif
