#include "fcgi/profile.h"

#include <string.h>

#include "fcgi/jsonval.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"

void
ptn_profile_email(struct ptn_jsonw *w, const struct ptn_email *e)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &e->id);
	ptn_jsonval_address(w, "address", e->address);
	ptn_jsonw_bool(w, "is_verified", e->verified);
	ptn_jsonw_bool(w, "is_primary", e->is_primary);
	ptn_jsonw_end_object(w);
}

void
ptn_profile_passkey(struct ptn_jsonw *w, const struct ptn_credential *c)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_b64url(w, "id", c->id);
	if (c->name != NULL)
		ptn_jsonw_str(w, "name", c->name);
	ptn_jsonval_b64url(w, "public_key", c->public_key);
	ptn_jsonw_str(w, "attestation_type", c->attestation);
	ptn_jsonval_uuid(w, "aaguid", &c->aaguid);
	if (c->last_used_at_us != 0)
		ptn_jsonval_time(w, "last_used_at", c->last_used_at_us);
	ptn_jsonval_time(w, "created_at", c->created_at_us);
	ptn_jsonval_names(w, "transports", c->transports);
	ptn_jsonw_bool(w, "backup_eligible", c->backup_eligible);
	ptn_jsonw_bool(w, "backup_state", c->backup_state);
	ptn_jsonw_bool(w, "mfa_only", c->mfa_only);
	ptn_jsonw_end_object(w);
}

static void
write_emails(struct ptn_jsonw *w, const struct ptn_profile *p)
{
	size_t i;

	if (p->emails == 0)
		return;
	ptn_jsonw_array(w, "emails");
	for (i = 0; i < p->emails; i++)
		ptn_profile_email(w, &p->email[i]);
	ptn_jsonw_end_array(w);
}

static void
write_credentials(struct ptn_jsonw *w, const char *name,
    const struct ptn_credential *c, size_t n)
{
	size_t i;

	if (n == 0)
		return;
	ptn_jsonw_array(w, name);
	for (i = 0; i < n; i++)
		ptn_profile_passkey(w, &c[i]);
	ptn_jsonw_end_array(w);
}

void
ptn_profile_username(struct ptn_jsonw *w, const struct ptn_username *n)
{
	if (n->name == NULL)
		return;
	ptn_jsonw_object(w, "username");
	ptn_jsonval_uuid(w, "id", &n->id);
	ptn_jsonw_str(w, "username", n->name);
	ptn_jsonval_time(w, "created_at", n->created_at_us);
	ptn_jsonval_time(w, "updated_at", n->updated_at_us);
	ptn_jsonw_end_object(w);
}

/* What all of them say, whoever asks. */
static void
write_common(struct ptn_jsonw *w, const struct ptn_profile *p)
{
	ptn_jsonval_uuid(w, "id", &p->user.id);
	ptn_jsonval_uuid(w, "user_id", &p->user.id);
	ptn_jsonw_object(w, "mfa_config");
	ptn_jsonw_bool(w, "auth_app_set_up", p->has_otp);
	ptn_jsonw_bool(w, "totp_enabled", p->otp_on);
	ptn_jsonw_bool(w, "security_keys_enabled", p->security_keys_on);
	ptn_jsonw_end_object(w);
	ptn_jsonval_time(w, "created_at", p->user.created_at_us);
	ptn_jsonval_time(w, "updated_at", p->user.updated_at_us);
	write_emails(w, p);
	write_credentials(w, "passkeys", p->passkey, p->passkeys);
	write_credentials(w, "security_keys", p->security_key,
	    p->security_keys);
	ptn_metadata_write(w, "metadata", &p->metadata, false);
}

void
ptn_profile_members(struct ptn_jsonw *w, const struct ptn_profile *p)
{
	write_common(w, p);
	ptn_profile_username(w, &p->username);
}

static void
write_webauthn_credentials(struct ptn_jsonw *w, const struct ptn_profile *p)
{
	size_t i;

	if (p->passkeys == 0) {
		ptn_jsonw_null(w, "webauthn_credentials");
		return;
	}
	ptn_jsonw_array(w, "webauthn_credentials");
	for (i = 0; i < p->passkeys; i++)
		ptn_profile_passkey(w, &p->passkey[i]);
	ptn_jsonw_end_array(w);
}

void
ptn_profile_members_by_id(struct ptn_jsonw *w, const struct ptn_profile *p)
{
	size_t i;

	write_common(w, p);
	if (p->username.name != NULL)
		ptn_jsonw_str(w, "username", p->username.name);
	for (i = 0; i < p->emails; i++)
		if (p->email[i].is_primary)
			ptn_jsonval_address(w, "email", p->email[i].address);
	write_webauthn_credentials(w, p);
}

void
ptn_profile_session(struct ptn_jsonw *w, const struct ptn_session_row *s,
    const struct ptn_uuid *current)
{
	ptn_jsonval_uuid(w, "id", &s->id);
	ptn_jsonval_time(w, "created_at", s->created_at_us);
	ptn_jsonval_time(w, "last_used", s->last_used_us);
	ptn_jsonval_time(w, "expires_at", s->expires_at_us);
	if (s->ip_address != NULL)
		ptn_jsonw_str(w, "ip_address", s->ip_address);
	ptn_jsonw_bool(w, "current", ptn_uuid_equal(&s->id, current));
}

void
ptn_profile_claims(struct ptn_jsonw *w, const struct ptn_conf *cf,
    const struct ptn_claims *c)
{
	ptn_jsonw_object(w, "claims");
	ptn_token_amr(w, "amr", c->amr);
	ptn_jsonval_uuid(w, "subject", &c->sub);
	ptn_jsonval_time(w, "issued_at", c->iat * PTN_US_PER_S);
	ptn_jsonval_time(w, "expiration", c->exp * PTN_US_PER_S);
	ptn_token_audience(w, "audience", cf);
	if (cf->issuer[0] != '\0')
		ptn_jsonw_str(w, "issuer", cf->issuer);
	if (c->email.address != NULL) {
		ptn_jsonw_object(w, "email");
		ptn_jsonw_str(w, "address", c->email.address);
		ptn_jsonw_bool(w, "is_primary", c->email.is_primary);
		ptn_jsonw_bool(w, "is_verified", c->email.is_verified);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonval_uuid(w, "session_id", &c->session_id);
	if (c->username != NULL)
		ptn_jsonw_str(w, "username", c->username);
	if (c->custom != NULL)
		ptn_jsonw_members(w, c->custom);
	ptn_jsonw_end_object(w);
}
