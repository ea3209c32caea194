#ifndef PTN_FCGI_DEVICE_H
#define PTN_FCGI_DEVICE_H

#include "fcgi/reply.h"
#include "fcgi/request.h"

/*
 * The cookie by which a browser is known that users have logged in from
 * (lib/account/device.h): named like that of sessions, with "_device" behind.
 * Only limits look at it, and without limits there is none.
 */

/*
 * Read it, for req->sc.actor: of the first 20 of its name, from other paths or
 * domains as well, all that are ours.
 */
void ptn_device_load(struct ptn_request *req);

/*
 * Set it, for 90 days, if the request made the browser known of a user, or left
 * it the only one (sc.actor->remembered).
 */
void ptn_device_set(struct ptn_request *req, struct ptn_reply *rep);

#endif
