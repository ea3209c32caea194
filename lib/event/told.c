#include "lib/event/told.h"

#include <string.h>

#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"
#include "lib/event/outbox.h"
#include "lib/format/address.h"
#include "lib/format/json.h"
#include "lib/format/metadata.h"

static void
put_id(struct ptn_jsonw *w, const char *name, const struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	ptn_uuid_format(id, text);
	ptn_jsonw_str(w, name, text);
}

static void
put_time(struct ptn_jsonw *w, const char *name, int64_t us)
{
	char text[PTN_CLOCK_STR];

	ptn_clock_format(us, text);
	ptn_jsonw_str(w, name, text);
}

static void
put_bytes(struct ptn_jsonw *w, const char *name, struct ptn_bytes bytes)
{
	const char *text = ptn_b64url_encode(w->buf.a, bytes);

	if (text == NULL)
		w->buf.bad = true;
	else
		ptn_jsonw_str(w, name, text);
}

static enum ptn_err
finish(struct ptn_jsonw *w, const char **json)
{
	*json = w->buf.p;
	return w->buf.bad ? PTN_E_NOMEM : PTN_OK;
}

/* "usb,nfc" */
static void
put_names(struct ptn_jsonw *w, const char *name, const char *joined)
{
	size_t len;

	ptn_jsonw_array(w, name);
	for (; joined != NULL && *joined != '\0'; joined += len) {
		joined += *joined == ',';
		len = strcspn(joined, ",");
		ptn_jsonw_bytes(w, NULL, PTN_BYTES(joined, len));
	}
	ptn_jsonw_end_array(w);
}

static void
put_credential(struct ptn_jsonw *w, const struct ptn_credentials_of_out *c)
{
	ptn_jsonw_object(w, NULL);
	put_bytes(w, "id", c->credential_id);
	if (c->name != NULL)
		ptn_jsonw_str(w, "name", c->name);
	put_bytes(w, "public_key", c->public_key);
	ptn_jsonw_str(w, "attestation_type", c->attestation);
	put_id(w, "aaguid", &c->aaguid);
	if (c->last_used_at != 0)
		put_time(w, "last_used_at", c->last_used_at);
	put_time(w, "created_at", c->created_at);
	put_names(w, "transports", c->transports);
	ptn_jsonw_bool(w, "backup_eligible", c->backup_eligible != 0);
	ptn_jsonw_bool(w, "backup_state", c->backup_state != 0);
	ptn_jsonw_bool(w, "mfa_only", c->mfa_only != 0);
	ptn_jsonw_end_object(w);
}

static enum ptn_err
put_credentials(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_jsonw *w)
{
	const struct ptn_credentials_of_in in = { sc->tenant_id, *user };
	struct ptn_credentials_of_out *row;
	enum ptn_err r;
	size_t i, n;

	r = ptn_sql_credentials_of(sc->db, sc->arena, &in, &row, &n);
	if (r != PTN_OK || n == 0)
		return r;
	ptn_jsonw_array(w, "webauthn_credentials");
	for (i = 0; i < n; i++)
		put_credential(w, &row[i]);
	ptn_jsonw_end_array(w);
	return PTN_OK;
}

static enum ptn_err
put_emails(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_jsonw *w)
{
	const struct ptn_emails_told_in in = { sc->tenant_id, *user };
	struct ptn_emails_told_out *row;
	enum ptn_err r;
	size_t i, n;

	r = ptn_sql_emails_told(sc->db, sc->arena, &in, &row, &n);
	if (r != PTN_OK || n == 0)
		return r;
	ptn_jsonw_array(w, "emails");
	for (i = 0; i < n; i++) {
		ptn_jsonw_object(w, NULL);
		put_id(w, "id", &row[i].id);
		ptn_jsonw_str(w, "address",
		    ptn_address_shown(sc->arena, row[i].address));
		ptn_jsonw_bool(w, "is_verified", row[i].verified != 0);
		ptn_jsonw_bool(w, "is_primary", row[i].is_primary != 0);
		put_time(w, "created_at", row[i].created_at);
		put_time(w, "updated_at", row[i].updated_at);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
	return PTN_OK;
}

static void
put_username(struct ptn_jsonw *w, const struct ptn_user_told_out *u)
{
	if (u->username == NULL)
		return;
	ptn_jsonw_object(w, "username");
	put_id(w, "id", &u->username_id);
	ptn_jsonw_str(w, "username", u->username);
	put_time(w, "created_at", u->named_at);
	put_time(w, "updated_at", u->renamed_at);
	ptn_jsonw_end_object(w);
}

static void
put_names_of(struct ptn_jsonw *w, const struct ptn_user_told_out *u)
{
	const struct {
		const char *name, *value;
	} all[] = { { "given_name", u->given_name },
		{ "family_name", u->family_name }, { "name", u->name },
		{ "picture", u->picture } };
	size_t i;

	for (i = 0; i < PTN_ARRAY_LEN(all); i++)
		if (all[i].value != NULL)
			ptn_jsonw_str(w, all[i].name, all[i].value);
}

/* That there are such, and since when: at most one a user, so it is theirs. */
static void
put_factors(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_jsonw *w, const struct ptn_user_told_out *u)
{
	if (u->password_at != 0) {
		ptn_jsonw_object(w, "password");
		put_id(w, "id", user);
		put_id(w, "tenant_id", &sc->tenant_id);
		put_time(w, "created_at", u->password_at);
		put_time(w, "updated_at", u->password_updated);
		ptn_jsonw_end_object(w);
	}
	if (u->otp_at != 0) {
		ptn_jsonw_object(w, "otp");
		put_id(w, "id", user);
		put_time(w, "created_at", u->otp_at);
		ptn_jsonw_end_object(w);
	}
}

static void
put_client(const struct ptn_scope *sc, struct ptn_jsonw *w)
{
	const struct ptn_actor *a = sc->actor;

	if (a == NULL || a->operator_name != NULL)
		return;
	if (sc->cf->acquire_ip && a->ip != NULL)
		ptn_jsonw_str(w, "ip_address", a->ip);
	if (sc->cf->acquire_agent && a->user_agent != NULL)
		ptn_jsonw_str(w, "user_agent",
		    ptn_utf8_fit(sc->arena, a->user_agent, PTN_AGENT_MAX));
}

/* How much of a user is told. */
enum part { WHOLE, WITHOUT_CREDENTIALS, WITHOUT_METADATA, ID_ALONE };

static void
put_metadata(struct ptn_jsonw *w, const struct ptn_user_told_out *u)
{
	const struct ptn_metadata m = { { u->public_metadata,
	    u->private_metadata, u->unsafe_metadata } };

	ptn_metadata_write(w, "metadata", &m, true);
}

static enum ptn_err
put_rest(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_user_told_out *u, enum part part, struct ptn_jsonw *w)
{
	enum ptn_err r;

	if ((r = put_emails(sc, user, w)) != PTN_OK)
		return r;
	put_username(w, u);
	put_time(w, "created_at", u->created_at);
	put_time(w, "updated_at", u->updated_at);
	if (u->locked_at != 0)
		put_time(w, "locked_at", u->locked_at);
	put_factors(sc, user, w, u);
	put_client(sc, w);
	if (part < WITHOUT_METADATA)
		put_metadata(w, u);
	put_names_of(w, u);
	return PTN_OK;
}

static enum ptn_err
write_user(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_user_told_out *u, enum part part, const char **json)
{
	struct ptn_jsonw w;
	enum ptn_err r = PTN_OK;

	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	put_id(&w, "id", user);
	if (part == WHOLE)
		r = put_credentials(sc, user, &w);
	if (r == PTN_OK && part != ID_ALONE)
		r = put_rest(sc, user, u, part, &w);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_end_object(&w);
	return finish(&w, json);
}

static bool
is_too_long(enum ptn_err r, const char *json)
{
	return r == PTN_E_NOMEM ||
	    (r == PTN_OK && strlen(json) > PTN_TOLD_MAX);
}

static void
say_too_long(const struct ptn_uuid *user, enum part part)
{
	static const char *const what[] = {
		[WHOLE] = "with its credentials",
		[WITHOUT_CREDENTIALS] = "with its metadata",
		[WITHOUT_METADATA] = "but for its id",
	};
	char id[PTN_UUID_STR];

	ptn_uuid_format(user, id);
	ptn_warn("webhook: user %s: too long to be told %s", id, what[part]);
}

enum ptn_err
ptn_told_user(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const char **json)
{
	const struct ptn_user_told_in in = { sc->tenant_id, *user };
	struct ptn_user_told_out u;
	enum part part = WHOLE;
	enum ptn_err r;

	r = ptn_sql_user_told(sc->db, sc->arena, &in, &u);
	if (r != PTN_OK)
		return r;
	for (;; part++) {
		r = write_user(sc, user, &u, part, json);
		if (part == ID_ALONE || !is_too_long(r, *json))
			return r;
		say_too_long(user, part);
	}
}

enum ptn_err
ptn_told_session(const struct ptn_scope *sc,
    const struct ptn_session_told_out *row, const char **json)
{
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	put_id(&w, "id", &row->id);
	put_id(&w, "user_id", &row->user_id);
	ptn_jsonw_str(&w, "user_agent", row->user_agent);
	ptn_jsonw_str(&w, "ip_address", row->ip_address);
	put_time(&w, "created_at", row->created_at);
	put_time(&w, "updated_at", row->last_used);
	put_time(&w, "expires_at", row->expires_at);
	put_time(&w, "last_used", row->last_used);
	ptn_jsonw_end_object(&w);
	return finish(&w, json);
}

enum ptn_err
ptn_told_mail(const struct ptn_scope *sc, const struct ptn_outbox_mail *mail,
    const char **json)
{
	const bool code = mail->code[0] != '\0';
	struct ptn_jsonw w;

	ptn_jsonw_init(&w, sc->arena);
	ptn_jsonw_object(&w, NULL);
	ptn_jsonw_str(&w, "to_email_address",
	    ptn_address_shown(sc->arena, mail->to));
	ptn_jsonw_bool(&w, "delivered_by_hanko", true);
	ptn_jsonw_str(&w, "accept_language", code ? mail->locale : "");
	ptn_jsonw_str(&w, "language", mail->locale);
	ptn_jsonw_str(&w, "type",
	    code ? mail->template : "security_notification");
	ptn_jsonw_object(&w, "data");
	if (!code)
		ptn_jsonw_str(&w, "template", mail->template);
	ptn_jsonw_str(&w, "service_name",
	    mail->service != NULL ? mail->service : sc->cf->service_name);
	if (code) {
		ptn_jsonw_int(&w, "ttl", mail->ttl_s);
		ptn_jsonw_int(&w, "valid_until",
		    ptn_clock_us() / PTN_US_PER_S + mail->ttl_s);
	}
	ptn_jsonw_end_object(&w);
	ptn_jsonw_end_object(&w);
	return finish(&w, json);
}
