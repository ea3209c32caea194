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

/* The challenge, and who is to answer it. */
struct ptn_dfns_verify {
	const struct ptn_org *org;
	const char *challenge;
	struct ptn_uuid user;
	struct ptn_bytes offered; /* of a new Totp: see ptn_dfns_totp_prove() */
};

/*
 * Verify a factor with the credential that it names.
 *
 * list	the active credentials that may answer; the one that is used gets its
 *	new counter.
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
 * Verify a recovery: the factor has signed the new credentials.  list, and what
 * is returned, are as above.
 */
enum ptn_err ptn_dfns_verify_recovery(const struct ptn_scope *sc,
    const struct ptn_dfns_factor *factor,
    const struct ptn_json *new_credentials, const struct ptn_dfns_cred *list,
    size_t n, struct ptn_finding *finding) PTN_MUST_USE;

/*
 * Verify a new credential.  Password and Totp are refused unless dfns.password
 * is on.  Returns as above.
 *
 * out	what is to be stored; a Password lacks its hash, which takes too long to
 *	be made here
 */
enum ptn_err ptn_dfns_verify_new(const struct ptn_scope *sc,
    const struct ptn_dfns_verify *v, const struct ptn_dfns_factor_new *in,
    struct ptn_dfns_cred *out, struct ptn_finding *finding) PTN_MUST_USE;

#endif
