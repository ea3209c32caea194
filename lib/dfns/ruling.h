#ifndef PTN_DFNS_RULING_H
#define PTN_DFNS_RULING_H

#include "lib/base/err.h"

/*
 * Why a credential, or what was made with it, is refused.  For the log and
 * the audit only: whoever asks learns that he was refused, never why.
 */
enum ptn_refusal {
	PTN_REFUSAL_NONE,	 /* nothing was, or it is not decided yet */
	PTN_REFUSAL_FORM,	 /* what is inside the encoding is malformed */
	PTN_REFUSAL_TYPE,	 /* client data of another ceremony */
	PTN_REFUSAL_CHALLENGE,	 /* client data of another challenge */
	PTN_REFUSAL_ORIGIN,	 /* a page that may not */
	PTN_REFUSAL_RP_ID,	 /* another relying party */
	PTN_REFUSAL_FLAGS,	 /* user not present, or not verified */
	PTN_REFUSAL_COUNTER,	 /* not greater than the last one */
	PTN_REFUSAL_USER_HANDLE, /* another user's, or missing */
	PTN_REFUSAL_CRED_ID,	 /* not one of those allowed */
	PTN_REFUSAL_KIND,	 /* not the kind that the credential is of */
	PTN_REFUSAL_KEY,	 /* not a public key to accept */
	PTN_REFUSAL_ATTESTATION, /* a statement that does not hold */
	PTN_REFUSAL_SIGNATURE,	 /* not by this key over these bytes */
	PTN_REFUSAL_CODE,	 /* a one-time code that is wrong or used */
	PTN_REFUSAL_PASSWORD,	 /* a password that is wrong */
	PTN_REFUSAL__MAX
};

/* A zeroed one refuses. */
struct ptn_ruling {
	enum ptn_verdict verdict;
	enum ptn_refusal refusal;
};

/* Both return PTN_OK: the question is answered. */
enum ptn_err ptn_ruling_deny(struct ptn_ruling *r, enum ptn_refusal why);
enum ptn_err ptn_ruling_allow(struct ptn_ruling *r);

/* A short constant name: "challenge", "credId".  Never NULL. */
const char *ptn_refusal_name(enum ptn_refusal why);

#endif
