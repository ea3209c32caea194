#ifndef PTN_DFNS_RECOVERY_H
#define PTN_DFNS_RECOVERY_H

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/enrolment.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"
#include "lib/format/json.h"

/*
 * A user who has lost their credentials gets new ones, approved by a recovery
 * key that they have kept.  The recovery key signs the new credentials.
 */

struct ptn_dfns_recovery_start {
	/* Given. */
	const char *org; /* as the client wrote it */
	const char *username;
	struct ptn_bytes code;		/* that came by mail */
	struct ptn_bytes credential_id; /* of the recovery key */
	/* Made. */
	struct ptn_dfns_lookup who;
	const struct ptn_dfns_cred *key;
	struct ptn_dfns_enrolment_start start;
	struct ptn_dfns_denial denial;
};

/*
 * Start a recovery.  A code that is right is used up, unless the credential is
 * no recovery key of the user: then it was one of the code's tries.
 *
 * sc	gets the tenant, and its actor the user, if they are known.
 *
 * PTN_E_DENIED: the code is wrong, or the user has no such recovery key; or
 * nobody can recover by this name, which an observer cannot tell from a wrong
 * code unless denials disclose accounts.
 */
enum ptn_err ptn_dfns_recovery_start(struct ptn_scope *sc,
    struct ptn_dfns_recovery_start *s) PTN_MUST_USE;

/*
 * Find the recovery key of s->who, and make s->start ready for
 * ptn_dfns_enrolment_start_in().  s->key is NULL if the user has no such key.
 */
enum ptn_err ptn_dfns_recovery_prepare(const struct ptn_scope *sc,
    struct ptn_dfns_recovery_start *s) PTN_MUST_USE;

struct ptn_dfns_recovery {
	/* Given. */
	struct ptn_uuid ceremony;      /* that the client's token names */
	struct ptn_dfns_factor factor; /* of the recovery key */
	/* The new credentials, and their JSON, which the key has signed. */
	struct ptn_dfns_enrolment creds;
	const struct ptn_json *json;
	/* Made. */
	struct ptn_member member;
	struct ptn_dfns_denial denial;
};

/*
 * Verify the recovery key and the new credentials, archive all old ones, store
 * the new ones, end all sessions of the user and send them a notice.
 * PTN_E_DENIED, PTN_E_BUSY.
 */
enum ptn_err ptn_dfns_recovery_finish(const struct ptn_scope *sc,
    struct ptn_dfns_recovery *k) PTN_MUST_USE;

#endif
