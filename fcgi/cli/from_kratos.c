#include "fcgi/cli/from.h"

#include <string.h>

#include "fcgi/cli/user.h"
#include "lib/account/username.h"
#include "lib/base/array.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/base/uuid.h"
#include "lib/format/json.h"

#define DEPTH 24 /* of an identity, with traits and metadata in it */

enum {
	LEFT_SERVICES,
	LEFT_CODES,
	LEFT_PHONES,
	LEFT_NAMES,
	LEFT_METADATA,
	LEFT_APPS
};

const struct ptn_cli_left ptn_cli_from_kratos_left[PTN_CLI_LEFT_MAX + 1] = {
	[LEFT_SERVICES] = { "log-ins by another service", 0 },
	[LEFT_CODES] = { "sets of recovery codes", 0 },
	[LEFT_PHONES] = { "addresses that are no e-mail", 0 },
	[LEFT_NAMES] = { "usernames of other characters than "
			 "letters, digits and \"_\"",
	    0 },
	[LEFT_METADATA] = { "public or admin metadata", 0 },
	[LEFT_APPS] = { "apps with codes of another kind", 0 }
};

/* An entry that is being written, of one identity. */
struct writing {
	struct ptn_cli_source *src;
	struct ptn_arena *a;
	struct ptn_jsonw w;
	const struct ptn_json *traits;
	const struct ptn_json *credentials;
};

/* A member that is a string, or NULL. */
static const char *
text(struct writing *e, const struct ptn_json *o, const char *name)
{
	return ptn_json_text(e->a, ptn_json_get(o, name));
}

/* What a kind of credential is made of; NULL if it was not exported. */
static const struct ptn_json *
config(const struct writing *e, const char *kind)
{
	return ptn_json_get(ptn_json_get(e->credentials, kind), "config");
}

/* A time; what is none, or Go's zero, says nothing. */
static void
write_time(struct writing *e, const char *as, const struct ptn_json *o,
    const char *name)
{
	int64_t us;

	if (ptn_clock_parse(ptn_json_string(ptn_json_get(o, name)), &us) &&
	    us > 0)
		ptn_cli_entry_date(&e->w, as, us);
}

/* -------------------------------------------------------------- who they are
 */

static void
write_address(struct writing *e, const char *text_of, bool primary,
    bool verified)
{
	ptn_jsonw_object(&e->w, NULL);
	ptn_jsonw_str(&e->w, "address", text_of);
	ptn_jsonw_bool(&e->w, "is_primary", primary);
	ptn_jsonw_bool(&e->w, "is_verified", verified);
	ptn_jsonw_end_object(&e->w);
}

static bool
is_email(const struct ptn_json *one)
{
	return ptn_bytes_equal(ptn_json_string(ptn_json_get(one, "via")),
	    ptn_bytes_of("email"));
}

static const struct ptn_json *
value(const struct ptn_json *one)
{
	return ptn_json_get(one, "value");
}

/*
 * An address in lower case, or NULL: Kratos keeps traits as they were typed,
 * and what it verifies in lower case.
 */
static const char *
address(struct writing *e, const struct ptn_json *v)
{
	const char *s = ptn_json_text(e->a, v);

	if (s != NULL && ptn_cli_user_lower(e->a, &s) != PTN_OK)
		e->w.buf.bad = true;
	return s;
}

/* Of the list, whether the first one is verified; it may be the first there. */
static bool
first_of(struct writing *e, const struct ptn_json *list, const char **first)
{
	const struct ptn_json *one;
	bool verified = false;
	const char *s;
	size_t i;

	*first = address(e, ptn_json_get(e->traits, "email"));
	for (i = 0; i < ptn_json_len(list); i++) {
		one = ptn_json_at(list, i);
		e->src->left[LEFT_PHONES].n += !is_email(one);
		s = is_email(one) ? address(e, value(one)) : NULL;
		if (s != NULL && *first == NULL)
			*first = s;
		if (s != NULL && strcmp(s, *first) == 0)
			verified = ptn_json_bool(ptn_json_get(one, "verified"));
	}
	return verified;
}

/*
 * The addresses that can be verified; the first one is that of the traits, be
 * it among them or not.
 */
static void
write_addresses(struct writing *e, const struct ptn_json *list)
{
	const struct ptn_json *one;
	const char *first, *s;
	const bool verified = first_of(e, list, &first);
	size_t i;

	if (first == NULL)
		return;
	ptn_jsonw_array(&e->w, "emails");
	write_address(e, first, true, verified);
	for (i = 0; i < ptn_json_len(list); i++) {
		one = ptn_json_at(list, i);
		s = is_email(one) ? address(e, value(one)) : NULL;
		if (s != NULL && strcmp(s, first) != 0)
			write_address(e, s, false,
			    ptn_json_bool(ptn_json_get(one, "verified")));
	}
	ptn_jsonw_end_array(&e->w);
}

/* What they log in by, that is no address: of the traits, or the first one. */
static const char *
find_username(struct writing *e)
{
	const struct ptn_json *list = ptn_json_get(
	    ptn_json_get(e->credentials, "password"), "identifiers");
	const char *name = text(e, e->traits, "username");
	size_t i;

	for (i = 0; name == NULL && i < ptn_json_len(list); i++) {
		name = ptn_json_text(e->a, ptn_json_at(list, i));
		if (name != NULL && strpbrk(name, "@+") != NULL)
			name = NULL;
	}
	return name;
}

static enum ptn_err
write_names(struct writing *e)
{
	const struct ptn_json *name = ptn_json_get(e->traits, "name");
	const char *username = find_username(e);
	enum ptn_err r = ptn_cli_user_lower(e->a, &username);

	if (r != PTN_OK)
		return r;
	if (username != NULL && ptn_username_is_well(username))
		ptn_jsonw_str(&e->w, "username", username);
	else
		e->src->left[LEFT_NAMES].n += username != NULL;
	if (ptn_json_type(name) == PTN_JSON_STRING)
		ptn_jsonw_str(&e->w, "name", text(e, e->traits, "name"));
	ptn_jsonw_str(&e->w, "given_name", text(e, name, "first"));
	ptn_jsonw_str(&e->w, "family_name", text(e, name, "last"));
	return PTN_OK;
}

/* ------------------------------------------------------- what they log in by
 */

static void
write_password(struct writing *e)
{
	const char *hash = text(e, config(e, "password"), "hashed_password");

	if (hash == NULL)
		return;
	ptn_jsonw_object(&e->w, "password");
	ptn_jsonw_str(&e->w, "password", hash);
	ptn_jsonw_end_object(&e->w);
}

/* The value of a parameter of a URL, which is written as it is; or NULL. */
static const char *
parameter(struct writing *e, const char *url, const char *name)
{
	const size_t len = strlen(name);
	const char *s = strchr(url, '?');

	for (; s != NULL; s = strchr(s, '&')) {
		s++;
		if (strncmp(s, name, len) == 0 && s[len] == '=')
			return ptn_arena_strndup(e->a, s + len + 1,
			    strcspn(s + len + 1, "&#"));
	}
	return NULL;
}

static bool
is_usual(const char *value, const char *usual)
{
	return value == NULL || strcmp(value, usual) == 0;
}

/* "otpauth://totp/...?secret=...", with codes as ours are. */
static void
write_app(struct writing *e)
{
	const char *url = text(e, config(e, "totp"), "totp_url");
	const char *secret;

	if (url == NULL)
		return;
	secret = parameter(e, url, "secret");
	if (secret == NULL || strncmp(url, "otpauth://totp/", 15) != 0 ||
	    !is_usual(parameter(e, url, "period"), "30") ||
	    !is_usual(parameter(e, url, "digits"), "6") ||
	    !is_usual(parameter(e, url, "algorithm"), "SHA1")) {
		e->src->left[LEFT_APPS].n++;
		return;
	}
	ptn_jsonw_object(&e->w, "otp_secret");
	ptn_jsonw_str(&e->w, "secret", secret);
	ptn_jsonw_end_object(&e->w);
}

/* 16 bytes in base64, as a UUID; what is none says nothing. */
static void
write_aaguid(struct writing *e, const struct ptn_json *authenticator)
{
	const struct ptn_bytes s =
	    ptn_json_string(ptn_json_get(authenticator, "aaguid"));
	struct ptn_bytes raw = { NULL, 0 };
	char out[PTN_UUID_STR];
	struct ptn_uuid id;

	if (s.p == NULL || ptn_b64any_decode(e->a, s, &raw) != PTN_OK ||
	    raw.len != sizeof(id.b))
		return;
	memcpy(id.b, raw.p, sizeof(id.b));
	ptn_uuid_format(&id, out);
	ptn_jsonw_str(&e->w, "aaguid", out);
}

/* Older ones have no flags: what the first use says is taken. */
static void
write_flags(struct writing *e, const struct ptn_json *flags)
{
	if (flags == NULL) {
		ptn_jsonw_null(&e->w, "backup_eligible");
		return;
	}
	ptn_jsonw_bool(&e->w, "backup_eligible",
	    ptn_json_bool(ptn_json_get(flags, "backup_eligible")));
	ptn_jsonw_bool(&e->w, "backup_state",
	    ptn_json_bool(ptn_json_get(flags, "backup_state")));
}

static void
write_transports(struct writing *e, const struct ptn_json *list)
{
	size_t i;

	ptn_jsonw_array(&e->w, "transports");
	for (i = 0; i < ptn_json_len(list); i++)
		ptn_jsonw_bytes(&e->w, NULL,
		    ptn_json_string(ptn_json_at(list, i)));
	ptn_jsonw_end_array(&e->w);
}

static void
write_credential(struct writing *e, const struct ptn_json *c,
    const char *handle, bool passkey)
{
	const struct ptn_json *authenticator = ptn_json_get(c, "authenticator");
	int64_t count = 0;

	if (!ptn_json_int(ptn_json_get(authenticator, "sign_count"), &count))
		count = 0;
	ptn_jsonw_object(&e->w, NULL);
	ptn_jsonw_str(&e->w, "id", text(e, c, "id"));
	ptn_jsonw_str(&e->w, "public_key", text(e, c, "public_key"));
	ptn_jsonw_str(&e->w, "attestation_type",
	    text(e, c, "attestation_type"));
	ptn_jsonw_str(&e->w, "name", text(e, c, "display_name"));
	ptn_jsonw_int(&e->w, "sign_count", count);
	ptn_jsonw_bool(&e->w, "mfa_only",
	    !passkey && !ptn_json_bool(ptn_json_get(c, "is_passwordless")));
	ptn_jsonw_str(&e->w, "user_handle_bytes", handle);
	write_time(e, "created_at", c, "added_at");
	write_aaguid(e, authenticator);
	write_flags(e, ptn_json_get(c, "flags"));
	write_transports(e, ptn_json_get(c, "transport"));
	ptn_jsonw_end_object(&e->w);
}

static void
write_credentials(struct writing *e)
{
	static const char *const kinds[] = { "webauthn", "passkey" };
	const struct ptn_json *cf, *list;
	size_t i, k;

	ptn_jsonw_array(&e->w, "webauthn_credentials");
	for (k = 0; k < 2; k++) {
		cf = config(e, kinds[k]);
		list = ptn_json_get(cf, "credentials");
		for (i = 0; i < ptn_json_len(list); i++)
			write_credential(e, ptn_json_at(list, i),
			    text(e, cf, "user_handle"), k == 1);
	}
	ptn_jsonw_end_array(&e->w);
}

/* -------------------------------------------------------------- the identity
 */

static size_t
identifiers(const struct writing *e, const char *kind)
{
	return ptn_json_len(
	    ptn_json_get(ptn_json_get(e->credentials, kind), "identifiers"));
}

static void
count_left(struct writing *e, const struct ptn_json *o)
{
	struct ptn_cli_left *left = e->src->left;

	left[LEFT_SERVICES].n +=
	    identifiers(e, "oidc") + identifiers(e, "saml");
	left[LEFT_CODES].n +=
	    ptn_json_get(e->credentials, "lookup_secret") != NULL;
	left[LEFT_METADATA].n +=
	    (uint64_t)(ptn_json_get(o, "metadata_public") != NULL) +
	    (uint64_t)(ptn_json_get(o, "metadata_admin") != NULL);
}

static enum ptn_err
write_identity(struct writing *e, const struct ptn_json *o)
{
	const struct ptn_bytes state =
	    ptn_json_string(ptn_json_get(o, "state"));
	enum ptn_err r;

	e->traits = ptn_json_get(o, "traits");
	e->credentials = ptn_json_get(o, "credentials");
	ptn_jsonw_init(&e->w, e->a);
	ptn_jsonw_object(&e->w, NULL);
	ptn_jsonw_str(&e->w, "user_id", text(e, o, "id"));
	write_time(e, "created_at", o, "created_at");
	write_time(e, "updated_at", o, "updated_at");
	if (ptn_bytes_equal(state, ptn_bytes_of("inactive")))
		ptn_cli_entry_date(&e->w, "locked_at", ptn_clock_us());
	write_addresses(e, ptn_json_get(o, "verifiable_addresses"));
	if ((r = write_names(e)) != PTN_OK)
		return r;
	write_password(e);
	write_app(e);
	write_credentials(e);
	count_left(e, o);
	ptn_jsonw_end_object(&e->w);
	return e->w.buf.bad ? PTN_E_NOMEM : PTN_OK;
}

/* An export that has what is secret left out would lock everybody out. */
static const char *
what_is_missing(const struct ptn_json *o)
{
	static const struct {
		const char *kind;
		const char *why;
	} secret[] = {
		{ "password",
		    "its password was not exported: "
		    "include_credential=password" },
		{ "totp", "its app was not exported: include_credential=totp" },
		{ "webauthn",
		    "its security keys were not exported: "
		    "include_credential=webauthn" },
		{ "passkey",
		    "its passkeys were not exported: "
		    "include_credential=passkey" },
	};
	const struct ptn_json *all = ptn_json_get(o, "credentials"), *one;
	size_t i;

	if (ptn_json_type(o) != PTN_JSON_OBJECT)
		return "it is no object";
	if (ptn_json_get(o, "schema_id") == NULL)
		return "it is no identity of Kratos";
	for (i = 0; i < PTN_ARRAY_LEN(secret); i++)
		if ((one = ptn_json_get(all, secret[i].kind)) != NULL &&
		    ptn_json_get(one, "config") == NULL)
			return secret[i].why;
	return NULL;
}

enum ptn_err
ptn_cli_from_kratos_read(struct ptn_arena *a, struct ptn_bytes identity,
    struct ptn_cli_source *src)
{
	struct writing e = { .src = src, .a = a };
	struct ptn_json *v = NULL;
	enum ptn_err r;

	r = ptn_json_parse(identity, DEPTH, &v, &src->why);
	if (r != PTN_OK)
		return r;
	src->why = what_is_missing(v);
	r = src->why != NULL ? PTN_E_INPUT : write_identity(&e, v);
	src->text = PTN_BYTES(e.w.buf.p, e.w.buf.len);
	ptn_json_free(&v);
	return r;
}
