#include "lib/account/profile.h"

#include <string.h>

#include "lib/account/policy.h"
#include "lib/base/arena.h"
#include "lib/db/sql.h"

/* The rows have an address each, or there is one that has none. */
static enum ptn_err
take_emails(const struct ptn_scope *sc, const struct ptn_profile_of_out *row,
    size_t n, struct ptn_profile *p)
{
	size_t i;

	if (ptn_uuid_is_nil(&row[0].email_id))
		return PTN_OK;
	if ((p->email = ptn_arena_calloc(sc->arena, n, sizeof(*p->email))) ==
	    NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < n; i++)
		p->email[i] = (struct ptn_email){ .id = row[i].email_id,
			.user_id = p->user.id,
			.address = row[i].address,
			.verified = row[i].verified != 0,
			.is_primary = row[i].is_primary != 0 };
	p->emails = n;
	return PTN_OK;
}

static enum ptn_err
load_user(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_profile *p, bool *has_credentials)
{
	const struct ptn_profile_of_in in = { sc->tenant_id, *user };
	struct ptn_profile_of_out *row;
	enum ptn_err r;
	size_t n;

	r = ptn_sql_profile_of(sc->db, sc->arena, &in, &row, &n);
	if (r != PTN_OK || n == 0)
		return r != PTN_OK ? r : PTN_E_NOT_FOUND;
	p->user = (struct ptn_user){ .id = *user,
		.created_at_us = row->created_at,
		.updated_at_us = row->updated_at };
	p->username = (struct ptn_username){ .id = row->username_id,
		.name = ptn_policy_usernames(sc->cf) ? row->username : NULL,
		.created_at_us = row->named_at,
		.updated_at_us = row->renamed_at };
	p->metadata.text[PTN_METADATA_PUBLIC] = row->public_metadata;
	p->metadata.text[PTN_METADATA_UNSAFE] = row->unsafe_metadata;
	p->has_password = row->has_password != 0;
	p->has_otp = row->otp != 0;
	p->otp_on = ptn_policy_otp(sc->cf);
	p->security_keys_on = ptn_policy_security_keys(sc->cf);
	*has_credentials = row->credentials > 0;
	return take_emails(sc, row, n, p);
}

static enum ptn_err
load_credentials(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_profile *p)
{
	size_t passkeys;
	enum ptn_err r;

	if (!ptn_policy_passkeys(sc->cf) && !p->security_keys_on)
		return PTN_OK;
	r = ptn_credentials_of(sc, user, &p->credential, &p->credentials);
	if (r != PTN_OK || p->credentials == 0)
		return r;
	passkeys = ptn_credentials_passkeys(p->credential, p->credentials);
	p->passkey = p->credential;
	p->passkeys = ptn_policy_passkeys(sc->cf) ? passkeys : 0;
	p->security_key = p->credential + passkeys;
	p->security_keys = p->security_keys_on ? p->credentials - passkeys : 0;
	return PTN_OK;
}

enum ptn_err
ptn_profile_load(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_profile *p)
{
	bool has_credentials;
	enum ptn_err r;

	memset(p, 0, sizeof(*p));
	r = load_user(sc, user, p, &has_credentials);
	return r == PTN_OK && has_credentials ? load_credentials(sc, user, p)
					      : r;
}

struct ptn_ways
ptn_profile_ways(const struct ptn_profile *p)
{
	struct ptn_ways have;

	have.n[PTN_WAY_PASSWORD] = p->has_password;
	have.n[PTN_WAY_PASSKEY] = p->passkeys;
	have.n[PTN_WAY_ADDRESS] = p->emails;
	have.n[PTN_WAY_USERNAME] = p->username.name != NULL;
	return have;
}

struct ptn_factors
ptn_profile_factors(const struct ptn_profile *p)
{
	return (struct ptn_factors){ .password = p->has_password,
		.passkey = p->passkeys > 0,
		.otp = p->has_otp,
		.security_keys = p->security_keys };
}
