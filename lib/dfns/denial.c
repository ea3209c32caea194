#include "lib/dfns/denial.h"

#include <stddef.h>

#include "lib/conf/conf.h"

bool
ptn_dfns_denial_discloses(const struct ptn_scope *sc)
{
	return sc->cf->dfns_enumeration == PTN_ENUMERATION_DOCUMENTED;
}

enum ptn_err
ptn_dfns_denial_set(struct ptn_dfns_denial *d,
    enum ptn_dfns_denial_reason reason, const char *detail)
{
	d->reason = reason;
	d->detail = detail;
	return PTN_E_DENIED;
}

/* Of a passkey, the algorithm is no word of the client's. */
enum ptn_err
ptn_dfns_denial_of_new(struct ptn_dfns_denial *d,
    const struct ptn_finding *finding, enum ptn_dfns_cred_kind kind)
{
	return ptn_dfns_denial_set(d,
	    finding->reason == PTN_REASON_ALGORITHM && kind != PTN_CRED_FIDO2
		? PTN_DFNS_BAD_ALGORITHM
		: PTN_DFNS_NOT_PROVED,
	    ptn_finding_word(finding->reason));
}

enum ptn_err
ptn_dfns_denial_of_member(struct ptn_dfns_denial *d, const struct ptn_member *m)
{
	if (m->username == NULL || m->archived || m->service_account)
		return ptn_dfns_denial_set(d, PTN_DFNS_NO_USER, "unknown user");
	if (!m->active)
		return ptn_dfns_denial_set(d, PTN_DFNS_DEACTIVATED,
		    "deactivated");
	return ptn_dfns_denial_set(d, PTN_DFNS_NO_CREDENTIAL, "no credential");
}

enum ptn_err
ptn_dfns_denial_after(const struct ptn_dfns_denial *d, enum ptn_err r)
{
	return r == PTN_OK && d->reason != PTN_DFNS_NOT_DENIED ? PTN_E_DENIED
							       : r;
}
