#ifndef PTN_DFNS_DENIAL_H
#define PTN_DFNS_DENIAL_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/finding.h"
#include "lib/db/scope.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/member.h"

/*
 * Why a rule of the Dfns API denied what was asked.  fcgi/dfns/refusal.c has
 * the status and the text of each, fcgi/dfns/enrolment.c those that name what
 * they are about.
 */
enum ptn_dfns_denial_reason {
	PTN_DFNS_NOT_DENIED,
	PTN_DFNS_BAD_TOKEN,
	PTN_DFNS_BAD_CODE,
	PTN_DFNS_BAD_CHALLENGE,
	PTN_DFNS_NOT_PROVED,
	PTN_DFNS_NO_USER,
	PTN_DFNS_NO_CREDENTIAL,
	PTN_DFNS_DEACTIVATED,
	PTN_DFNS_USER_EXISTS,
	PTN_DFNS_CODE_EXPIRED,
	PTN_DFNS_CREDENTIAL_EXISTS,
	PTN_DFNS_NO_RECOVERY,
	PTN_DFNS_NO_SUCH_CREDENTIAL,
	PTN_DFNS_LAST_CREDENTIAL,
	PTN_DFNS_LAST_TO_DELETE,
	PTN_DFNS_NO_SUCH_USER,
	PTN_DFNS_NO_SUCH_ACCOUNT,
	PTN_DFNS_NO_SUCH_LOG,
	PTN_DFNS_TOO_MANY_ACCOUNTS,
	PTN_DFNS_NO_SUCH_TOKEN,
	PTN_DFNS_TOO_MANY_TOKENS,
	PTN_DFNS_TOKEN_EXISTS, /* of that name */
	PTN_DFNS_NOT_OWNER,  /* any more */
	PTN_DFNS_ONESELF,    /* is not put out by oneself */
	PTN_DFNS_LAST_OWNER, /* stays */
	PTN_DFNS_NOT_SIGNED,
	PTN_DFNS_ACTION_USED,
	PTN_DFNS_NO_TOTP,
	PTN_DFNS_PASSWORD_ALONE, /* without an app beside it */
	PTN_DFNS_PASSWORD_UNFIT, /* the denial says why */
	PTN_DFNS_NOTHING_SIGNS,	 /* of the new credentials */
	PTN_DFNS_BAD_ALGORITHM,	 /* named in an attestation; at says which */
	PTN_DFNS_DENIAL__MAX
};

struct ptn_dfns_denial {
	enum ptn_dfns_denial_reason reason;
	const char *detail; /* for the audit log; NULL: not recorded there */
	const char *why;    /* PTN_DFNS_PASSWORD_UNFIT: password.h's text */
	unsigned at;	    /* PTN_DFNS_BAD_ALGORITHM: which of an enrolment */
};

/*
 * May a denial say whether an account exists?  dfns.enumeration decides: the
 * documented answers of the Dfns API do, the uniform ones do not.
 */
bool ptn_dfns_denial_discloses(const struct ptn_scope *sc);

/* Set it.  Returns PTN_E_DENIED, to be returned by the rule. */
enum ptn_err ptn_dfns_denial_set(struct ptn_dfns_denial *d,
    enum ptn_dfns_denial_reason reason, const char *detail);

/* The same for a new credential that verify.h has found wanting. */
enum ptn_err ptn_dfns_denial_of_new(struct ptn_dfns_denial *d,
    const struct ptn_finding *finding, enum ptn_dfns_cred_kind kind);

/*
 * The same for a member who cannot log in: not known (zeroed), archived or a
 * service account; deactivated; or without a credential.
 */
enum ptn_err ptn_dfns_denial_of_member(struct ptn_dfns_denial *d,
    const struct ptn_member *m);

/*
 * For transactions that are committed although they denied, because the user
 * action is spent: r, or PTN_E_DENIED if r is PTN_OK and d is set.
 */
enum ptn_err ptn_dfns_denial_after(const struct ptn_dfns_denial *d,
    enum ptn_err r) PTN_MUST_USE;

#endif
