#include "fcgi/cli/from.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/uuid.h"
#include "lib/db/sql.h"
#include "lib/format/json.h"
#include "lib/format/metadata.h"

/* Tables that each of its versions has; and columns of all names. */
#define TABLES 10
#define NAMES 4

#define ID_MAX 64 /* of a user: a UUID as text */
#define METADATA_DEPTH 16

static const char first_tenant[] = "00000000-0000-0000-0000-000000000001";

enum { LEFT_IDENTITIES };

struct hanko {
	struct ptn_db *db;
	struct ptn_hanko_shape_out has;
	char tenant[PTN_UUID_STR];
	char after[ID_MAX]; /* the user who was the last one */
};

/* An entry that is being written, of one user. */
struct writing {
	struct hanko *h;
	struct ptn_cli_source *src;
	struct ptn_arena *a;
	struct ptn_jsonw w;
	const char *id;
};

static enum ptn_err
find_next(struct hanko *h, struct ptn_arena *a, struct ptn_hanko_user_out *u)
{
	const struct ptn_hanko_user_in in = { h->after };
	const struct ptn_hanko_user_of_in in_of = { h->tenant, h->after };
	struct ptn_hanko_user_of_out of;
	enum ptn_err r;

	if (h->has.tenants == 0)
		return ptn_sql_hanko_user(h->db, a, &in, u);
	if ((r = ptn_sql_hanko_user_of(h->db, a, &in_of, &of)) == PTN_OK)
		*u = (struct ptn_hanko_user_out){ of.id, of.created_at,
			of.updated_at, of.username, of.hash, of.otp };
	return r;
}

/* Without a primary one the oldest is it. */
static enum ptn_err
write_addresses(struct writing *e)
{
	const struct ptn_hanko_emails_in in = { e->id };
	struct ptn_hanko_emails_out *row;
	enum ptn_err r;
	size_t i, n;

	r = ptn_sql_hanko_emails(e->h->db, e->a, &in, &row, &n);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_array(&e->w, "emails");
	for (i = 0; i < n; i++) {
		ptn_jsonw_object(&e->w, NULL);
		ptn_jsonw_str(&e->w, "address", row[i].address);
		ptn_jsonw_bool(&e->w, "is_primary", i == 0);
		ptn_jsonw_bool(&e->w, "is_verified", row[i].verified != 0);
		ptn_jsonw_end_object(&e->w);
	}
	ptn_jsonw_end_array(&e->w);
	return PTN_OK;
}

static void
write_transports(struct ptn_jsonw *w, const char *s)
{
	size_t n;

	ptn_jsonw_array(w, "transports");
	for (; s != NULL && *s != '\0'; s += n + (s[n] == ',')) {
		n = strcspn(s, ",");
		ptn_jsonw_bytes(w, NULL, PTN_BYTES(s, n));
	}
	ptn_jsonw_end_array(w);
}

static void
write_credential(struct ptn_jsonw *w, const struct ptn_hanko_credentials_out *c)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "id", c->id);
	ptn_jsonw_str(w, "public_key", c->public_key);
	ptn_jsonw_str(w, "attestation_type", c->attestation);
	ptn_jsonw_str(w, "aaguid", c->aaguid);
	ptn_jsonw_int(w, "sign_count", c->sign_count);
	ptn_jsonw_str(w, "name", c->name);
	ptn_jsonw_bool(w, "backup_eligible", c->backup_eligible != 0);
	ptn_jsonw_bool(w, "backup_state", c->backup_state != 0);
	ptn_jsonw_bool(w, "mfa_only", c->mfa_only != 0);
	ptn_jsonw_str(w, "user_handle", c->handle);
	ptn_cli_entry_date(w, "created_at", c->created_at);
	ptn_cli_entry_date(w, "last_used_at", c->last_used_at);
	write_transports(w, c->transports);
	ptn_jsonw_end_object(w);
}

static enum ptn_err
write_credentials(struct writing *e)
{
	const struct ptn_hanko_credentials_in in = { e->id };
	struct ptn_hanko_credentials_out *row;
	enum ptn_err r;
	size_t i, n;

	r = ptn_sql_hanko_credentials(e->h->db, e->a, &in, &row, &n);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_array(&e->w, "webauthn_credentials");
	for (i = 0; i < n; i++)
		write_credential(&e->w, &row[i]);
	ptn_jsonw_end_array(&e->w);
	return PTN_OK;
}

static enum ptn_err
write_names(struct writing *e)
{
	const struct ptn_hanko_names_in in = { e->id };
	struct ptn_hanko_names_out row;
	enum ptn_err r;

	if (e->h->has.names < NAMES)
		return PTN_OK;
	r = ptn_sql_hanko_names(e->h->db, e->a, &in, &row);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_str(&e->w, "name", row.name);
	ptn_jsonw_str(&e->w, "given_name", row.given_name);
	ptn_jsonw_str(&e->w, "family_name", row.family_name);
	ptn_jsonw_str(&e->w, "picture", row.picture);
	return PTN_OK;
}

static bool
says_something(const char *json)
{
	return json != NULL && json[0] != '\0' && strcmp(json, "{}") != 0 &&
	    strcmp(json, "null") != 0;
}

/* It goes into the entry as it is, so it must be one value of JSON. */
static enum ptn_err
write_metadata_of(struct writing *e, const char *name, const char *json)
{
	struct ptn_json *v = NULL;
	enum ptn_err r;

	if (!says_something(json))
		return PTN_OK;
	r = ptn_json_parse(ptn_bytes_of(json), METADATA_DEPTH, &v,
	    &e->src->why);
	ptn_json_free(&v);
	if (r == PTN_E_INPUT)
		e->src->why = "its metadata are no JSON";
	if (r == PTN_OK)
		ptn_jsonw_raw(&e->w, name, json);
	return r;
}

static enum ptn_err
write_metadata(struct writing *e)
{
	const struct ptn_hanko_metadata_in in = { e->id };
	struct ptn_hanko_metadata_out row;
	struct ptn_metadata all;
	enum ptn_err r;
	int i;

	if (e->h->has.metadata == 0)
		return PTN_OK;
	r = ptn_sql_hanko_metadata(e->h->db, e->a, &in, &row);
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	all = (struct ptn_metadata){ { row.public_metadata,
	    row.private_metadata, row.unsafe_metadata } };
	ptn_jsonw_object(&e->w, "metadata");
	for (i = 0; i < PTN_METADATA__MAX && r == PTN_OK; i++)
		r = write_metadata_of(e, ptn_metadata_names[i], all.text[i]);
	ptn_jsonw_end_object(&e->w);
	return r;
}

static enum ptn_err
write_otp(struct writing *e, const char *secret)
{
	const struct ptn_hanko_step_in in = { e->id };
	struct ptn_hanko_step_out row = { -1 };
	enum ptn_err r = PTN_OK;

	if (secret == NULL)
		return PTN_OK;
	if (e->h->has.steps > 0)
		r = ptn_sql_hanko_step(e->h->db, e->a, &in, &row);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	ptn_jsonw_object(&e->w, "otp_secret");
	ptn_jsonw_str(&e->w, "secret", secret);
	ptn_jsonw_int(&e->w, "last_step", row.last_step);
	ptn_jsonw_end_object(&e->w);
	return PTN_OK;
}

static enum ptn_err
count_identities(struct writing *e)
{
	const struct ptn_hanko_identities_in in = { e->id };
	const struct ptn_hanko_identities_of_in in_of = { e->id };
	struct ptn_hanko_identities_out row = { 0 };
	struct ptn_hanko_identities_of_out row_of = { 0 };
	enum ptn_err r;

	r = e->h->has.owners > 0
	    ? ptn_sql_hanko_identities_of(e->h->db, e->a, &in_of, &row_of)
	    : ptn_sql_hanko_identities(e->h->db, e->a, &in, &row);
	e->src->left[LEFT_IDENTITIES].n += (uint64_t)(row.n + row_of.n);
	return r;
}

static enum ptn_err
write_user(struct writing *e, const struct ptn_hanko_user_out *u)
{
	enum ptn_err r;

	ptn_jsonw_init(&e->w, e->a);
	ptn_jsonw_object(&e->w, NULL);
	ptn_jsonw_str(&e->w, "user_id", u->id);
	ptn_jsonw_str(&e->w, "username", u->username);
	ptn_cli_entry_date(&e->w, "created_at", u->created_at);
	ptn_cli_entry_date(&e->w, "updated_at", u->updated_at);
	if (u->hash != NULL) {
		ptn_jsonw_object(&e->w, "password");
		ptn_jsonw_str(&e->w, "password", u->hash);
		ptn_jsonw_end_object(&e->w);
	}
	if ((r = write_addresses(e)) != PTN_OK ||
	    (r = write_names(e)) != PTN_OK ||
	    (r = write_otp(e, u->otp)) != PTN_OK ||
	    (r = write_credentials(e)) != PTN_OK ||
	    (r = write_metadata(e)) != PTN_OK ||
	    (r = count_identities(e)) != PTN_OK)
		return r;
	ptn_jsonw_end_object(&e->w);
	return e->w.buf.bad ? PTN_E_NOMEM : PTN_OK;
}

static enum ptn_err
next(struct ptn_cli_source *src, struct ptn_cli_context *d,
    enum ptn_cli_entry *what)
{
	struct hanko *h = src->of;
	struct writing e = { .h = h, .src = src, .a = d->sc.arena };
	struct ptn_hanko_user_out u;
	enum ptn_err r = find_next(h, e.a, &u);

	*what = r == PTN_OK ? PTN_CLI_ENTRY_HERE : PTN_CLI_ENTRY_END;
	if (r != PTN_OK)
		return r == PTN_E_NOT_FOUND ? PTN_OK : r;
	if (strlen(u.id) >= sizeof(h->after)) /* it would come again */
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "a user there has an id that is none");
	(void)snprintf(h->after, sizeof(h->after), "%s", u.id);
	e.id = u.id;
	if ((src->whose = ptn_arena_printf(e.a, "user %s", u.id)) == NULL)
		return PTN_E_NOMEM;
	r = write_user(&e, &u);
	if (r == PTN_E_INPUT)
		*what = PTN_CLI_ENTRY_UNFIT;
	src->text = PTN_BYTES(e.w.buf.p, e.w.buf.len);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

static enum ptn_err
choose_tenant(struct ptn_cli_context *d, struct hanko *h, const char *tenant)
{
	struct ptn_uuid id;

	if (tenant != NULL && h->has.tenants == 0)
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "that version of Hanko has no tenants");
	if (!ptn_uuid_parse_any(tenant != NULL ? tenant : first_tenant, &id))
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "a tenant of Hanko is named by its id, a UUID");
	ptn_uuid_format(&id, h->tenant);
	return PTN_OK;
}

enum ptn_err
ptn_cli_from_hanko(struct ptn_cli_context *d,
    const struct ptn_cli_from_way *way, struct ptn_cli_source *src)
{
	static struct hanko h;
	enum ptn_err r;

	memset(&h, 0, sizeof(h));
	h.db = way->db;
	r = ptn_sql_hanko_shape(h.db, d->sc.arena, &h.has);
	if (r != PTN_OK)
		return r;
	if (h.has.tables < TABLES)
		return ptn_cli_context_fail(d, PTN_E_INPUT,
		    "there is no database of Hanko 2 or 3, or its user may not "
		    "read all of it");
	*src = (struct ptn_cli_source){ .next = next,
		.of = &h,
		.left = {
		    [LEFT_IDENTITIES] = { "log-ins by another service", 0 } } };
	return choose_tenant(d, &h, way->tenant);
}
