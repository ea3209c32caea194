#include "lib/account/policy.h"

#include "lib/account/factors.h"
#include "lib/account/membership.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"

bool
ptn_policy_signup(const struct ptn_conf *cf)
{
	return cf->allow_signup;
}

bool
ptn_policy_deletion(const struct ptn_conf *cf)
{
	return cf->allow_deletion;
}

bool
ptn_policy_passcodes(const struct ptn_conf *cf)
{
	return cf->email_enabled && cf->email_auth;
}

bool
ptn_policy_passwords(const struct ptn_conf *cf)
{
	return cf->password_enabled;
}

bool
ptn_policy_passkeys(const struct ptn_conf *cf)
{
	return cf->passkey_enabled;
}

bool
ptn_policy_recovery(const struct ptn_conf *cf)
{
	return cf->password_recovery && ptn_policy_passwords(cf) &&
	    cf->email_enabled;
}

bool
ptn_policy_session_list(const struct ptn_conf *cf)
{
	return cf->session_list;
}

bool
ptn_policy_revocation(const struct ptn_conf *cf)
{
	return cf->session_revocation;
}

bool
ptn_policy_usernames(const struct ptn_conf *cf)
{
	return cf->username_enabled;
}

bool
ptn_policy_by_username(const struct ptn_conf *cf)
{
	return cf->username_enabled && cf->username_identifies;
}

bool
ptn_policy_by_address(const struct ptn_conf *cf)
{
	return cf->email_enabled && cf->email_identifies;
}

bool
ptn_policy_verification(const struct ptn_conf *cf)
{
	return cf->email_verify;
}

bool
ptn_policy_tells_taken(const struct ptn_conf *cf)
{
	return cf->privacy_hints || !ptn_policy_verification(cf);
}

int64_t
ptn_policy_addresses(const struct ptn_conf *cf, bool logged_in)
{
	return logged_in ? cf->email_limit : 1;
}

bool
ptn_policy_short(const struct ptn_conf *cf, struct ptn_bytes password)
{
	return ptn_utf8_length(password) < (size_t)cf->password_min;
}

bool
ptn_policy_long(const struct ptn_conf *cf, struct ptn_bytes password)
{
	return password.len > (size_t)cf->password_max_bytes;
}

/* What they have there is not for others to change. */
static bool
is_guarded(const struct ptn_conf *cf, const struct ptn_membership *m)
{
	return m->registered && !cf->dfns_trust;
}

bool
ptn_policy_close(const struct ptn_conf *cf, const struct ptn_membership *m)
{
	return !is_guarded(cf, m);
}

bool
ptn_policy_change_passkey(const struct ptn_conf *cf,
    const struct ptn_membership *m, bool admitted)
{
	return !admitted || !is_guarded(cf, m);
}

bool
ptn_policy_remove_address(const struct ptn_conf *cf,
    const struct ptn_membership *m, const struct ptn_uuid *email_id)
{
	return !ptn_uuid_equal(&m->email_id, email_id) || !is_guarded(cf, m);
}

bool
ptn_policy_otp(const struct ptn_conf *cf)
{
	return cf->mfa_enabled && cf->mfa_totp;
}

bool
ptn_policy_security_keys(const struct ptn_conf *cf)
{
	return cf->mfa_enabled && cf->mfa_keys;
}

bool
ptn_policy_second_factor(const struct ptn_conf *cf, const struct ptn_factors *f)
{
	return (ptn_policy_otp(cf) && f->otp) ||
	    (ptn_policy_security_keys(cf) && f->security_keys > 0);
}

bool
ptn_policy_drop_factor(const struct ptn_conf *cf,
    const struct ptn_factors *left)
{
	return !cf->mfa_enabled || cf->mfa_optional ||
	    ptn_policy_second_factor(cf, left);
}

bool
ptn_policy_passkey_room(const struct ptn_conf *cf, int64_t n)
{
	return ptn_policy_passkeys(cf) && n < cf->passkey_limit;
}

bool
ptn_policy_uv(const struct ptn_conf *cf)
{
	return cf->passkey_uv == PTN_UV_REQUIRED;
}

bool
ptn_policy_security_key_room(const struct ptn_conf *cf, int64_t n)
{
	return ptn_policy_security_keys(cf) && n < cf->mfa_key_limit;
}

bool
ptn_policy_security_key_uv(const struct ptn_conf *cf)
{
	return cf->mfa_key_uv == PTN_UV_REQUIRED;
}
