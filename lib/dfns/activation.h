#ifndef PTN_DFNS_ACTIVATION_H
#define PTN_DFNS_ACTIVATION_H

#include "lib/account/org.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/denial.h"

/*
 * A user switches one of their credentials off or on again, or gives it up, and
 * gets a notice.  One that is off is still listed, but proves nothing; one that
 * is given up is archived.  To switch on a passkey of the other API is to admit
 * it.
 */
enum ptn_dfns_activation_kind {
	PTN_ACTIVATION_OFF = 0,
	PTN_ACTIVATION_ON,
	PTN_ACTIVATION_DELETE
};

struct ptn_dfns_activation {
	/* Given. */
	struct ptn_uuid user_id;
	struct ptn_uuid action;	    /* the user action that approves it */
	struct ptn_uuid credential; /* need not exist */
	enum ptn_dfns_activation_kind kind;
	/* Made. */
	struct ptn_dfns_cred cred; /* as it is now */
	struct ptn_org org;	   /* read for PTN_ACTIVATION_DELETE alone */
	struct ptn_dfns_denial denial;
};

/*
 * PTN_E_DENIED: the user has no such credential, or could not log in without
 * it.  The user action is used up also then.
 */
enum ptn_err ptn_dfns_activation(const struct ptn_scope *sc,
    struct ptn_dfns_activation *k) PTN_MUST_USE;

#endif
