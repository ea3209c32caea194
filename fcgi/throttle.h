#ifndef PTN_THROTTLE_H
#define PTN_THROTTLE_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"

/*
 * Does an input have what a limit counts?  By convention an account stands
 * first: the UUID of a user, which is required, or a username, which need not
 * be there, and an organisation, which is.
 */
bool ptn_throttle_fits(enum ptn_rate_class class, const struct ptn_input *in);

/*
 * The guess limit of the request's route, counted per account and client
 * network, and for passwords per account alone, so that
 * many addresses are no way round it.  Runs for unknown accounts too, before
 * anything tells that they are.  Adds the X-RateLimit headers; PTN_E_RATE
 * when the limit is reached.  A limit that cannot be counted refuses.
 */
enum ptn_err ptn_throttle(struct ptn_request *req,
    struct ptn_reply *rep) PTN_MUST_USE;

/*
 * The limits of password guesses, for a route of PTN_RATE_FACTOR or any other
 * whose account is not in the input: the handler names it, of somebody who
 * does not exist too.  What it adds, and refuses, is as above.
 */
enum ptn_err ptn_throttle_account(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_uuid *account) PTN_MUST_USE;

#endif
