#include "fcgi/cli/import.h"

#include "fcgi/jsonval.h"
#include "lib/crypto/totp.h"
#include "lib/format/json.h"

void
ptn_cli_entry_date(struct ptn_jsonw *w, const char *name, int64_t us)
{
	if (us != 0)
		ptn_jsonval_time(w, name, us);
}

static void
write_credential(struct ptn_jsonw *w, const struct ptn_credential *c)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_b64url(w, "id", c->id);
	ptn_jsonval_b64url(w, "public_key", c->public_key);
	ptn_jsonw_str(w, "attestation_type", c->attestation);
	if (c->name != NULL)
		ptn_jsonw_str(w, "name", c->name);
	ptn_jsonval_uuid(w, "aaguid", &c->aaguid);
	ptn_jsonw_int(w, "sign_count", c->sign_count);
	ptn_jsonval_names(w, "transports",
	    c->transports != NULL ? c->transports : "");
	if (c->backup_unknown)
		ptn_jsonw_null(w, "backup_eligible");
	else
		ptn_jsonw_bool(w, "backup_eligible", c->backup_eligible);
	ptn_jsonw_bool(w, "backup_state", c->backup_state);
	ptn_jsonw_bool(w, "mfa_only", c->mfa_only);
	if (c->user_handle.len > 0)
		ptn_jsonval_b64url(w, "user_handle_bytes", c->user_handle);
	ptn_cli_entry_date(w, "last_used_at", c->last_used_at_us);
	ptn_cli_entry_date(w, "created_at", c->created_at_us);
	ptn_cli_entry_date(w, "updated_at", c->updated_at_us);
	ptn_jsonw_end_object(w);
}

static void
write_addresses(struct ptn_jsonw *w, const struct ptn_import *u)
{
	size_t i;

	ptn_jsonw_array(w, "emails");
	for (i = 0; i < u->addresses; i++) {
		ptn_jsonw_object(w, NULL);
		ptn_jsonw_str(w, "address", u->address[i].address);
		ptn_jsonw_bool(w, "is_primary", i == 0);
		ptn_jsonw_bool(w, "is_verified", u->address[i].verified);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

static void
write_secrets(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_import *u)
{
	if (u->hash != NULL) {
		ptn_jsonw_object(w, "password");
		ptn_jsonw_str(w, "password", u->hash);
		ptn_jsonw_int(w, "norm", u->norm);
		ptn_jsonw_end_object(w);
	}
	if (u->otp.len > 0) {
		ptn_jsonw_object(w, "otp_secret");
		ptn_jsonw_str(w, "secret", ptn_totp_text(a, u->otp));
		ptn_jsonw_int(w, "last_step", u->otp_step);
		ptn_jsonw_end_object(w);
	}
}

enum ptn_err
ptn_cli_entry_write(struct ptn_arena *a, const struct ptn_import *u,
    const char **out)
{
	struct ptn_jsonw w;
	size_t i;

	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonval_uuid(&w, "user_id", &u->id);
	write_addresses(&w, u);
	if (u->username != NULL)
		ptn_jsonw_str(&w, "username", u->username);
	ptn_person_text_write(&w, u->text);
	write_secrets(&w, a, u);
	ptn_jsonw_array(&w, "webauthn_credentials");
	for (i = 0; i < u->credentials; i++)
		write_credential(&w, &u->credential[i]);
	ptn_jsonw_end_array(&w);
	ptn_metadata_write(&w, "metadata", &u->metadata, true);
	ptn_cli_entry_date(&w, "locked_at", u->locked_at_us);
	ptn_cli_entry_date(&w, "created_at", u->created_at_us);
	ptn_cli_entry_date(&w, "updated_at", u->updated_at_us);
	ptn_jsonw_end_object(&w);
	*out = w.buf.p;
	return w.buf.bad ? PTN_E_NOMEM : PTN_OK;
}
