#include "fcgi/feature.h"

#include "lib/account/policy.h"
#include "lib/conf/conf.h"

bool
ptn_feature_always(const struct ptn_conf *cf)
{
	(void)cf;
	return true;
}

bool
ptn_feature_operators(const struct ptn_conf *cf)
{
	return cf->admin_origins.n > 0;
}

bool
ptn_feature_passcodes(const struct ptn_conf *cf)
{
	return ptn_policy_passcodes(cf);
}

bool
ptn_feature_passwords(const struct ptn_conf *cf)
{
	return ptn_policy_passwords(cf);
}

bool
ptn_feature_passkeys(const struct ptn_conf *cf)
{
	return ptn_policy_passkeys(cf);
}

bool
ptn_feature_deletion(const struct ptn_conf *cf)
{
	return ptn_policy_deletion(cf);
}

bool
ptn_feature_sessions(const struct ptn_conf *cf)
{
	return ptn_policy_session_list(cf);
}

bool
ptn_feature_revocation(const struct ptn_conf *cf)
{
	return ptn_policy_revocation(cf);
}

bool
ptn_feature_dfns(const struct ptn_conf *cf)
{
	return cf->dfns_enabled;
}

bool
ptn_feature_dfns_mail(const struct ptn_conf *cf)
{
	return cf->dfns_enabled && cf->mail_enabled;
}
