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
 * Count the request against the limits of its route (lib/account/limit.h).
 * Runs for unknown accounts too, before anything tells that they are.
 * PTN_E_RATE when one is reached.  A limit that cannot be counted refuses.
 */
enum ptn_err ptn_throttle(struct ptn_request *req) PTN_MUST_USE;

/*
 * The limits of a route of PTN_RATE_FACTOR or any other whose account is not
 * in the input: the handler names it, of somebody who does not exist too.
 *
 * on	what was counted on; account NULL where nothing is limited
 */
struct ptn_limit_on;
enum ptn_err ptn_throttle_account(struct ptn_request *req,
    const struct ptn_uuid *account, struct ptn_limit_on *on) PTN_MUST_USE;

/*
 * Say what a limit made of the request: the X-RateLimit headers, and where it
 * was refused Retry-After, a line in the log and an event.
 */
void ptn_throttle_tell(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_err r);

#endif
