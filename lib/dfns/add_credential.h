#ifndef PTN_DFNS_ADD_CREDENTIAL_H
#define PTN_DFNS_ADD_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/account/org.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/factor.h"

/*
 * One more credential for a registered user, in two steps: a challenge, and the
 * new credential that has signed it.  The user shows who they are by a session
 * and a signed user action, or by a credential code (credcode.h).
 */

struct ptn_dfns_add_credential_start {
	/* Given; user_id and username only with a session. */
	enum ptn_dfns_cred_kind kind;
	struct ptn_uuid user_id;
	const char *username;
	/* Made. */
	struct ptn_org org;
	struct ptn_dfns_ceremony c;
	struct ptn_dfns_cred *creds; /* that the user has already */
	size_t ncreds;
	const char *otp_url; /* for an authenticator app, or "" */
	char *token;	     /* names the ceremony */
	struct ptn_dfns_denial denial;
};

/* The first step, with a session.  PTN_E_INPUT: the kind is not offered. */
enum ptn_err ptn_dfns_add_credential_start(const struct ptn_scope *sc,
    struct ptn_dfns_add_credential_start *s) PTN_MUST_USE;

/*
 * The first step, with a credential code, which stays.  user_id and username
 * are set.
 *
 * sc	gets the tenant, and its actor the user, if the code is right.
 *
 * PTN_E_INPUT as above; PTN_E_DENIED: the code is wrong.
 */
enum ptn_err ptn_dfns_add_credential_start_by_code(struct ptn_scope *sc,
    struct ptn_bytes code,
    struct ptn_dfns_add_credential_start *s) PTN_MUST_USE;

struct ptn_dfns_add_credential {
	/* Given; user_id and action only with a session. */
	struct ptn_bytes identifier; /* the token of the first step */
	struct ptn_dfns_factor_new in;
	struct ptn_uuid user_id;
	struct ptn_uuid action; /* the user action that approves it */
	/* Made. */
	struct ptn_org org;
	struct ptn_dfns_ceremony c;
	struct ptn_dfns_cred cred;
	struct ptn_dfns_denial denial;
};

/*
 * The second step, with a session: verify the credential, store it, and send
 * the user a notice.  The user action is used up also if the credential is
 * denied when it is stored.  PTN_E_DENIED, PTN_E_BUSY.
 */
enum ptn_err ptn_dfns_add_credential_finish(const struct ptn_scope *sc,
    struct ptn_dfns_add_credential *k) PTN_MUST_USE;

/*
 * The same with a credential code, which is used up if the credential is
 * stored.
 *
 * sc	gets the tenant of the ceremony, and its actor the user.
 */
enum ptn_err ptn_dfns_add_credential_finish_by_code(struct ptn_scope *sc,
    struct ptn_dfns_add_credential *k) PTN_MUST_USE;

#endif
