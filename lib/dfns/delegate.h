#ifndef PTN_DFNS_DELEGATE_H
#define PTN_DFNS_DELEGATE_H

#include <stdbool.h>

#include "lib/account/session.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/recovery.h"

/*
 * What a service account does for the end users of its organisation, and for
 * nobody else.  The service account knows who they are, so no code is mailed to
 * them.  To change anything, an end user still signs with a credential of their
 * own.
 *
 * Each call uses up the user action by which the service account approves it,
 * even if the call is denied; the denial says why.
 */
struct ptn_dfns_delegate {
	/* Given. */
	struct ptn_uuid action; /* the user action that approves it */
	const char *username;	/* of the end user; an address to register */
	/* Given to register; external_id is the caller's own id, or NULL. */
	const char *external_id;
	bool restart; /* only a registration that was started before */
	/* Given to recover. */
	struct ptn_bytes credential_id; /* of the recovery key */
	/* Made: the user is recovery.who. */
	struct ptn_dfns_recovery_start recovery; /* start: to register, too */
	struct ptn_claims claims;		 /* of the new session */
	char *token;				 /* of the new session */
	struct ptn_dfns_denial denial;
};

/* Open a session for an end user.  PTN_E_DENIED. */
enum ptn_err ptn_dfns_delegate_log_in(const struct ptn_scope *sc,
    struct ptn_dfns_delegate *d) PTN_MUST_USE;

/*
 * Make an end user with this address, or find one who has not finished their
 * registration, and start a registration for them.  PTN_E_INPUT: that is not
 * an address; PTN_E_DENIED.
 */
enum ptn_err ptn_dfns_delegate_register(const struct ptn_scope *sc,
    struct ptn_dfns_delegate *d) PTN_MUST_USE;

/* Start a recovery for an end user.  PTN_E_DENIED. */
enum ptn_err ptn_dfns_delegate_recover(const struct ptn_scope *sc,
    struct ptn_dfns_delegate *d) PTN_MUST_USE;

#endif
