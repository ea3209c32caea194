#ifndef PTN_DFNS_VERIFY_H
#define PTN_DFNS_VERIFY_H

#include "lib/account/org.h"
#include "lib/base/err.h"
#include "lib/base/finding.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"

struct ptn_conf;

/* Who answers which challenge, at which organisation. */
struct ptn_dfns_verify {
	const struct ptn_org *org;
	const char *challenge;
	struct ptn_uuid user;
	struct ptn_bytes offered; /* of a new Totp: what was, sealed */
};

/*
 * Judge a factor by the credential that it names.
 *
 * list	those that the challenge allows, active ones only; the one that was
 *	used has its counter moved on.
 * used	set with PTN_ALLOW, in list.
 *
 * Returns PTN_OK if the question was answered, PTN_E_INPUT for an unknown
 * algorithm, PTN_E_NOMEM, PTN_E_INTERNAL.
 */
enum ptn_err ptn_dfns_verify_factor(const struct ptn_scope *sc,
    const struct ptn_dfns_verify *v, const struct ptn_dfns_factor *factor,
    struct ptn_dfns_cred *list, size_t n, struct ptn_dfns_cred **used,
    struct ptn_finding *finding) PTN_MUST_USE;

/*
 * Judge a recovery: the factor has signed the new credentials.  list as
 * above, and what it returns.
 */
enum ptn_err ptn_dfns_verify_recovery(const struct ptn_scope *sc,
    const struct ptn_dfns_factor *factor,
    const struct ptn_json *new_credentials, const struct ptn_dfns_cred *list,
    size_t n, struct ptn_finding *finding) PTN_MUST_USE;

/*
 * Judge a new credential; out is what to store, of a Password all but the
 * hash, which costs too much to be made here.  Password and Totp are refused
 * unless dfns.password is on.  As above.
 */
enum ptn_err ptn_dfns_verify_new(const struct ptn_scope *sc,
    const struct ptn_dfns_verify *v, const struct ptn_dfns_factor_new *in,
    struct ptn_dfns_cred *out, struct ptn_finding *finding) PTN_MUST_USE;

#endif
