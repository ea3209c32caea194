#ifndef PTN_DFNS_REGISTRATION_H
#define PTN_DFNS_REGISTRATION_H

#include <stdbool.h>

#include "lib/account/session.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/enrolment.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"

/*
 * The first credentials of a member who was invited, who signed up through the
 * other API, or whom a service account registers (delegate.h).
 */

struct ptn_dfns_registration_start {
	/* Given. */
	const char *org; /* as the client wrote it */
	const char *username;
	struct ptn_bytes code; /* that came by mail */
	/* Made. */
	struct ptn_dfns_lookup who;
	struct ptn_dfns_enrolment_start start;
	struct ptn_dfns_denial denial;
};

/*
 * Start a registration.  The code stays until the registration is finished.
 *
 * sc	gets the tenant, and its actor the user, if they are known.
 *
 * PTN_E_DENIED: the code is wrong or expired, or nobody can register by this
 * name, which an observer cannot tell apart unless denials disclose accounts.
 */
enum ptn_err ptn_dfns_registration_start(struct ptn_scope *sc,
    struct ptn_dfns_registration_start *s) PTN_MUST_USE;

struct ptn_dfns_registration {
	/* Given. */
	struct ptn_uuid ceremony; /* that the client's token names */
	bool end_user; /* only for an end user, who is logged in as well */
	struct ptn_dfns_enrolment creds;
	/* Made. */
	struct ptn_member member;
	struct ptn_claims claims; /* of an end user's session */
	char *token;		  /* of an end user's session */
	struct ptn_dfns_denial denial;
};

/*
 * Verify and store the credentials, and send the member a notice.
 * PTN_E_DENIED, PTN_E_BUSY.
 */
enum ptn_err ptn_dfns_registration_finish(const struct ptn_scope *sc,
    struct ptn_dfns_registration *k) PTN_MUST_USE;

#endif
