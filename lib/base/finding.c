#include "lib/base/finding.h"

#include <stddef.h>

static const struct {
	const char *word;
	const char *why;
} reasons[PTN_REASON__MAX] = {
	// clang-format off
	[PTN_REASON_NONE] = { "none", NULL },
	[PTN_REASON_CLIENT_DATA] = { "form", "client data is malformed" },
	[PTN_REASON_ATTESTATION_OBJECT] = { "form", "attestation object is malformed" },
	[PTN_REASON_AUTH_DATA] = { "form", "authenticator data is malformed" },
	[PTN_REASON_TYPE] = { "type", "client data is of another ceremony" },
	[PTN_REASON_CHALLENGE] = { "challenge", "challenge is another" },
	[PTN_REASON_ORIGIN] = { "origin", "origin is not one of ours" },
	[PTN_REASON_CROSS_ORIGIN] = { "origin", "ceremony took place in a foreign page" },
	[PTN_REASON_TOP_ORIGIN] = { "origin", "top origin is not one of those allowed" },
	[PTN_REASON_RP_ID] = { "rpIdHash", "relying party id is another" },
	[PTN_REASON_RESERVED] = { "flags", "a reserved flag is set" },
	[PTN_REASON_UP] = { "flags", "user was not present" },
	[PTN_REASON_UV] = { "flags", "user was not verified" },
	[PTN_REASON_BACKUP] = { "flags", "backed up without being eligible" },
	[PTN_REASON_BE_CHANGED] = { "flags", "backup eligibility has changed" },
	[PTN_REASON_ALGORITHM] = { "key", "algorithm was not offered" },
	[PTN_REASON_KEY] = { "key", "credential public key is not usable" },
	[PTN_REASON_FORMAT] = { "attestation", "attestation format is unknown" },
	[PTN_REASON_ATTESTATION] = { "attestation", "attestation statement does not hold" },
	[PTN_REASON_CREDENTIAL_ID] = { "credId", "credential id is empty or too long" },
	[PTN_REASON_OTHER_CREDENTIAL] = { "credId", "credential is not one of those allowed" },
	[PTN_REASON_KIND] = { "kind", "credential is of another kind" },
	[PTN_REASON_USER_HANDLE] = { "userHandle", "user handle is not the user's" },
	[PTN_REASON_SIGNATURE] = { "signature", "signature is wrong" },
	[PTN_REASON_COUNTER] = { "counter", "signature counter did not grow" },
	[PTN_REASON_CODE] = { "code", "one-time code is wrong or used" },
	[PTN_REASON_PASSWORD] = { "password", "password is wrong" },
	// clang-format on
};

enum ptn_err
ptn_finding_deny_why(struct ptn_finding *f, enum ptn_finding_reason reason,
    const char *why)
{
	*f = (struct ptn_finding){ PTN_DENY, reason, why };
	return PTN_OK;
}

enum ptn_err
ptn_finding_deny(struct ptn_finding *f, enum ptn_finding_reason reason)
{
	return ptn_finding_deny_why(f, reason, reasons[reason].why);
}

enum ptn_err
ptn_finding_allow(struct ptn_finding *f)
{
	*f = (struct ptn_finding){ PTN_ALLOW, PTN_REASON_NONE, NULL };
	return PTN_OK;
}

const char *
ptn_finding_word(enum ptn_finding_reason reason)
{
	return reasons[(unsigned)reason < PTN_REASON__MAX ? reason
							  : PTN_REASON_NONE]
	    .word;
}
