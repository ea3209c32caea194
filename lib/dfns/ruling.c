#include "lib/dfns/ruling.h"

static const char *const names[PTN_REFUSAL__MAX] = {
	[PTN_REFUSAL_NONE] = "none",
	[PTN_REFUSAL_FORM] = "form",
	[PTN_REFUSAL_TYPE] = "type",
	[PTN_REFUSAL_CHALLENGE] = "challenge",
	[PTN_REFUSAL_ORIGIN] = "origin",
	[PTN_REFUSAL_RP_ID] = "rpIdHash",
	[PTN_REFUSAL_FLAGS] = "flags",
	[PTN_REFUSAL_COUNTER] = "counter",
	[PTN_REFUSAL_USER_HANDLE] = "userHandle",
	[PTN_REFUSAL_CRED_ID] = "credId",
	[PTN_REFUSAL_KIND] = "kind",
	[PTN_REFUSAL_KEY] = "key",
	[PTN_REFUSAL_ATTESTATION] = "attestation",
	[PTN_REFUSAL_SIGNATURE] = "signature",
	[PTN_REFUSAL_CODE] = "code",
	[PTN_REFUSAL_PASSWORD] = "password",
};

enum ptn_err
ptn_ruling_deny(struct ptn_ruling *r, enum ptn_refusal why)
{
	r->verdict = PTN_DENY;
	r->refusal = why;
	return PTN_OK;
}

enum ptn_err
ptn_ruling_allow(struct ptn_ruling *r)
{
	r->verdict = PTN_ALLOW;
	r->refusal = PTN_REFUSAL_NONE;
	return PTN_OK;
}

const char *
ptn_refusal_name(enum ptn_refusal why)
{
	return (unsigned)why < PTN_REFUSAL__MAX ? names[why] : "none";
}
