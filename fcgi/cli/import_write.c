#include "fcgi/cli/import.h"

#include <string.h>

#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/crypto/totp.h"
#include "lib/format/json.h"

void
ptn_cli_entry_date(struct ptn_jsonw *w, const char *name, int64_t us)
{
	char s[PTN_CLOCK_STR];

	if (us == 0)
		return;
	ptn_clock_format(us, s);
	ptn_jsonw_str(w, name, s);
}

static void
write_credential(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_credential *c)
{
	char aaguid[PTN_UUID_STR];
	const char *s = c->transports;
	size_t n;

	ptn_uuid_format(&c->aaguid, aaguid);
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "id", ptn_b64url_encode(a, c->id));
	ptn_jsonw_str(w, "public_key", ptn_b64url_encode(a, c->public_key));
	ptn_jsonw_str(w, "attestation_type", c->attestation);
	if (c->name != NULL)
		ptn_jsonw_str(w, "name", c->name);
	ptn_jsonw_str(w, "aaguid", aaguid);
	ptn_jsonw_int(w, "sign_count", c->sign_count);
	ptn_jsonw_array(w, "transports");
	for (; s != NULL && *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		ptn_jsonw_bytes(w, NULL, PTN_BYTES(s, n));
	}
	ptn_jsonw_end_array(w);
	if (c->backup_unknown)
		ptn_jsonw_null(w, "backup_eligible");
	else
		ptn_jsonw_bool(w, "backup_eligible", c->backup_eligible);
	ptn_jsonw_bool(w, "backup_state", c->backup_state);
	ptn_jsonw_bool(w, "mfa_only", c->mfa_only);
	if (c->user_handle.len > 0)
		ptn_jsonw_str(w, "user_handle_bytes",
		    ptn_b64url_encode(a, c->user_handle));
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

static void
write_texts(struct ptn_jsonw *w, const struct ptn_import *u)
{
	size_t i;

	for (i = 0; i < PTN_PERSON_TEXT__MAX; i++)
		if (u->text[i] != NULL)
			ptn_jsonw_str(w, ptn_person_text_names[i], u->text[i]);
}

enum ptn_err
ptn_cli_entry_write(struct ptn_arena *a, const struct ptn_import *u,
    const char **out)
{
	char id[PTN_UUID_STR];
	struct ptn_jsonw w;
	size_t i;

	ptn_uuid_format(&u->id, id);
	ptn_jsonw_init(&w, a);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "user_id", id);
	write_addresses(&w, u);
	if (u->username != NULL)
		ptn_jsonw_str(&w, "username", u->username);
	write_texts(&w, u);
	write_secrets(&w, a, u);
	ptn_jsonw_array(&w, "webauthn_credentials");
	for (i = 0; i < u->credentials; i++)
		write_credential(&w, a, &u->credential[i]);
	ptn_jsonw_end_array(&w);
	ptn_metadata_write(&w, "metadata", &u->metadata, true);
	ptn_cli_entry_date(&w, "locked_at", u->locked_at_us);
	ptn_cli_entry_date(&w, "created_at", u->created_at_us);
	ptn_cli_entry_date(&w, "updated_at", u->updated_at_us);
	ptn_jsonw_end_object(&w);
	*out = w.buf.p;
	return w.buf.bad ? PTN_E_NOMEM : PTN_OK;
}
