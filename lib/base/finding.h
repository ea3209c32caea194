#ifndef PTN_BASE_FINDING_H
#define PTN_BASE_FINDING_H

#include "lib/base/err.h"

/*
 * What the verification of a credential, or of something that was made with
 * one, has found: is it accepted, and if not, why.  The reason is for logs and
 * the audit log; whoever sent it learns only that it was refused.
 */
enum ptn_finding_reason {
	PTN_REASON_NONE, /* it is accepted, or was not looked at */
	/* What was sent cannot be read. */
	PTN_REASON_CLIENT_DATA,
	PTN_REASON_ATTESTATION_OBJECT,
	PTN_REASON_AUTH_DATA,
	/* The client data are of... */
	PTN_REASON_TYPE,      /* another kind of ceremony */
	PTN_REASON_CHALLENGE, /* another challenge */
	PTN_REASON_ORIGIN,    /* a page that may not */
	PTN_REASON_CROSS_ORIGIN,
	PTN_REASON_TOP_ORIGIN,
	PTN_REASON_RP_ID,	     /* another relying party */
	PTN_REASON_RESERVED,	     /* a flag without meaning is set */
	PTN_REASON_UP,		     /* the user was not present */
	PTN_REASON_UV,		     /* the user was not verified */
	PTN_REASON_BACKUP,	     /* backed up, but not eligible for it */
	PTN_REASON_BE_CHANGED,	     /* eligibility for backup never changes */
	PTN_REASON_ALGORITHM,	     /* not one that was offered */
	PTN_REASON_KEY,		     /* not a public key, or a weak one */
	PTN_REASON_FORMAT,	     /* an attestation of an unknown format */
	PTN_REASON_ATTESTATION,	     /* an attestation that does not hold */
	PTN_REASON_CREDENTIAL_ID,    /* empty, or longer than 1023 bytes */
	PTN_REASON_OTHER_CREDENTIAL, /* not one of those allowed */
	PTN_REASON_KIND,	     /* a credential of another kind */
	PTN_REASON_USER_HANDLE,	     /* another user's, or missing */
	PTN_REASON_SIGNATURE,
	PTN_REASON_COUNTER, /* not greater than the last one */
	PTN_REASON_CODE,    /* a one-time code that is wrong or used */
	PTN_REASON_PASSWORD,
	PTN_REASON__MAX
};

/* A zeroed finding refuses. */
struct ptn_finding {
	enum ptn_verdict verdict;
	enum ptn_finding_reason reason;
	/* A constant English sentence without input; NULL: accepted. */
	const char *why;
};

/*
 * Set a finding; why is the reason's sentence, or a more exact one.  They
 * return PTN_OK, because the question was answered: "return
 * ptn_finding_deny(f, PTN_REASON_KEY)".
 */
enum ptn_err ptn_finding_deny(struct ptn_finding *f,
    enum ptn_finding_reason reason);
enum ptn_err ptn_finding_deny_why(struct ptn_finding *f,
    enum ptn_finding_reason reason, const char *why);
enum ptn_err ptn_finding_allow(struct ptn_finding *f);

/*
 * A word that stands for the reason in the audit log of the Dfns API:
 * "challenge".  Several reasons may share one.  Never NULL.
 */
const char *ptn_finding_word(enum ptn_finding_reason reason);

#endif
