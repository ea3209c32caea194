#ifndef PTN_ADMIN_H
#define PTN_ADMIN_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "fcgi/routes.h"

/*
 * The Admin API: what an operator may do, by a key (lib/account/adminkey.h).
 * What each handler does stands above its definition; what it may rely on
 * stands in its line of routes.c.
 */
extern const struct ptn_family ptn_admin_family;

/*
 * Who may call.  The request is of the tenant that the key is for; or, if it is
 * for all of them, of the one that the path names, else of the default one.
 */
extern const struct ptn_auth ptn_admin_auth_reader;  /* any key */
extern const struct ptn_auth ptn_admin_auth_changer; /* not a read-only one */

enum ptn_err ptn_admin_user_delete(struct ptn_request *, struct ptn_reply *);

#endif
