#include "lib/account/ways.h"

#include "lib/account/policy.h"
#include "lib/conf/conf.h"

/* A log-in that begins with who it is can begin. */
static bool
can_be_named(const struct ptn_conf *cf, const struct ptn_ways *have)
{
	return (ptn_policy_by_address(cf) && have->n[PTN_WAY_ADDRESS] > 0) ||
	    (ptn_policy_by_username(cf) && have->n[PTN_WAY_USERNAME] > 0);
}

bool
ptn_ways_lead_in(const struct ptn_conf *cf, const struct ptn_ways *have)
{
	if (ptn_policy_passkeys(cf) && have->n[PTN_WAY_PASSKEY] > 0)
		return true;
	if (!can_be_named(cf, have))
		return false;
	return (ptn_policy_passwords(cf) && have->n[PTN_WAY_PASSWORD] > 0) ||
	    (ptn_policy_passcodes(cf) && have->n[PTN_WAY_ADDRESS] > 0);
}

/* May there be none of it? */
static bool
is_optional(const struct ptn_conf *cf, enum ptn_ways_kind way)
{
	const bool optional[PTN_WAY__MAX] = {
		[PTN_WAY_PASSWORD] = cf->password_optional,
		[PTN_WAY_PASSKEY] = cf->passkey_optional,
		[PTN_WAY_ADDRESS] = cf->email_optional,
		[PTN_WAY_USERNAME] = cf->username_optional,
	};

	return optional[way];
}

bool
ptn_ways_may_give_up(const struct ptn_conf *cf, const struct ptn_ways *have,
    enum ptn_ways_kind way)
{
	struct ptn_ways left = *have;

	if (left.n[way] == 0 || (--left.n[way] == 0 && !is_optional(cf, way)))
		return false;
	return ptn_ways_lead_in(cf, &left);
}
