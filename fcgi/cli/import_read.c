#include "fcgi/cli/import.h"

#include <string.h>

#include "lib/account/metadata.h"
#include "lib/account/person_text.h"
#include "lib/account/username.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/base/unicode.h"
#include "lib/crypto/cose.h"
#include "lib/crypto/totp.h"
#include "lib/format/address.h"
#include "lib/format/json.h"

#define DEPTH (PTN_METADATA_DEPTH + 2) /* of an entry, with metadata in it */
#define CRED_ID_MAX 1023
#define KEY_MAX 2048
#define TRANSPORTS_MAX 255
#define HANDLE_MAX 64 /* WebAuthn L3 section 5.4.3 */

/* An entry as it is read, and what is to be made of it. */
struct reading {
	struct ptn_arena *a;
	struct ptn_import *u;
};

static enum ptn_err
unfit(struct reading *rd, const char *why)
{
	rd->u->why = why;
	return PTN_E_INPUT;
}

/* A string of an object; *out NULL: there is none, or null. */
static enum ptn_err
text(struct reading *rd, const struct ptn_json *o, const char *name,
    const char **out, const char *why)
{
	const struct ptn_json *v = ptn_json_get(o, name);

	*out = NULL;
	if (v == NULL)
		return PTN_OK;
	*out = ptn_json_text(rd->a, v);
	return *out == NULL ? unfit(rd, why) : PTN_OK;
}

static enum ptn_err
date(struct reading *rd, const struct ptn_json *o, const char *name,
    int64_t *us)
{
	const struct ptn_json *v = ptn_json_get(o, name);

	*us = 0;
	/* The column has no room for other years. */
	if (v != NULL &&
	    (!ptn_clock_parse(ptn_json_string(v), us) || *us <= 0 ||
		*us > INT64_C(253402300799) * PTN_US_PER_S))
		return unfit(rd, "a time is not one of RFC 3339 after 1970");
	return PTN_OK;
}

/* False if there is none. */
static enum ptn_err
truth(struct reading *rd, const struct ptn_json *o, const char *name, bool *out)
{
	const struct ptn_json *v = ptn_json_get(o, name);

	*out = ptn_json_bool(v);
	return v == NULL || ptn_json_type(v) == PTN_JSON_BOOL
	    ? PTN_OK
	    : unfit(rd, "what is to be true or false is something else");
}

/* ---------------------------------------------------------------- addresses */

static enum ptn_err
read_address(struct reading *rd, const struct ptn_json *o,
    struct ptn_import_address *out, bool *primary)
{
	const char *s;
	char *canonical;
	enum ptn_err r;

	if ((r = text(rd, o, "address", &s, "an address is no string")) !=
		PTN_OK ||
	    (r = truth(rd, o, "is_primary", primary)) != PTN_OK ||
	    (r = truth(rd, o, "is_verified", &out->verified)) != PTN_OK)
		return r;
	r = s == NULL ? PTN_E_INPUT
		      : ptn_address_canonical(rd->a, s, &canonical);
	if (r == PTN_OK)
		out->address = canonical;
	return r == PTN_E_INPUT ? unfit(rd, "an address is none") : r;
}

static bool
is_twice(const struct ptn_import *u, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(u->address[i].address, u->address[n].address) == 0)
			return true;
	return false;
}

/* The primary one to the front. */
static enum ptn_err
put_first(struct reading *rd, size_t primaries, size_t which)
{
	struct ptn_import *u = rd->u;
	const struct ptn_import_address it = u->address[which];

	if (primaries != 1 && u->addresses > 1)
		return unfit(rd, "not exactly one address is the primary one");
	memmove(u->address + 1, u->address, which * sizeof(it));
	u->address[0] = it;
	return PTN_OK;
}

static enum ptn_err
read_addresses(struct reading *rd, const struct ptn_json *list)
{
	struct ptn_import *u = rd->u;
	size_t i, primaries = 0, which = 0;
	bool primary;
	enum ptn_err r;

	if (list == NULL)
		return PTN_OK;
	u->addresses = ptn_json_len(list);
	if (ptn_json_type(list) != PTN_JSON_ARRAY ||
	    u->addresses > PTN_IMPORT_LIST_MAX)
		return unfit(rd, "emails are no array of at most 1000");
	if (u->addresses == 0)
		return PTN_OK;
	u->address = ptn_arena_calloc(rd->a, u->addresses, sizeof(*u->address));
	if (u->address == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < u->addresses; i++) {
		r = read_address(rd, ptn_json_at(list, i), &u->address[i],
		    &primary);
		if (r != PTN_OK)
			return r;
		if (is_twice(u, i))
			return unfit(rd, "an address stands twice");
		primaries += primary;
		which = primary ? i : which;
	}
	return put_first(rd, primaries, which);
}

/* -------------------------------------------------------------- credentials */

static enum ptn_err
bytes(struct reading *rd, const struct ptn_json *o, const char *name,
    size_t max, struct ptn_bytes *out, const char *why)
{
	const struct ptn_bytes s = ptn_json_string(ptn_json_get(o, name));
	enum ptn_err r = PTN_E_INPUT;

	if (s.p != NULL)
		r = ptn_b64any_decode(rd->a, s, out);
	if (r == PTN_E_NOMEM)
		return r;
	return r == PTN_OK && out->len > 0 && out->len <= max ? PTN_OK
							      : unfit(rd, why);
}

static enum ptn_err
read_key(struct reading *rd, const struct ptn_json *o, struct ptn_credential *c)
{
	static const char why[] = "public_key is none in COSE and base64url";
	struct ptn_cose_key key;
	enum ptn_verdict usable = PTN_DENY;
	enum ptn_err r;

	r = bytes(rd, o, "public_key", KEY_MAX, &c->public_key, why);
	if (r == PTN_OK)
		r = ptn_cose_parse(rd->a, c->public_key, &key);
	if (r == PTN_OK)
		r = ptn_pubkey_check(&key.key, &usable);
	if (r == PTN_E_INPUT || (r == PTN_OK && usable != PTN_ALLOW))
		return unfit(rd, why);
	return r;
}

static enum ptn_err
read_transports(struct reading *rd, const struct ptn_json *list,
    struct ptn_credential *c)
{
	struct ptn_buf b;
	const char *s;
	size_t i;

	ptn_buf_init(&b, rd->a);
	if (list != NULL && ptn_json_type(list) != PTN_JSON_ARRAY)
		return unfit(rd, "transports are no array");
	for (i = 0; i < ptn_json_len(list); i++) {
		s = ptn_json_text(rd->a, ptn_json_at(list, i));
		if (s == NULL || s[0] == '\0' ||
		    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_")] !=
			'\0')
			return unfit(rd, "a transport is none");
		ptn_buf_printf(&b, "%s%s", i > 0 ? "," : "", s);
	}
	if (b.bad)
		return PTN_E_NOMEM;
	c->transports = b.len > 0 ? b.p : "";
	return b.len <= TRANSPORTS_MAX
	    ? PTN_OK
	    : unfit(rd, "the transports are too long");
}

/*
 * The authenticators know them by it.  As a text it is Hanko's, which has made
 * handles of texts; such of any bytes are in base64url.
 */
static enum ptn_err
read_handle(struct reading *rd, const struct ptn_json *o,
    struct ptn_credential *c)
{
	static const char why[] = "a user handle is none of at most 64 bytes";
	const struct ptn_uuid *id = &rd->u->id;
	struct ptn_bytes handle = { NULL, 0 };
	const char *s;
	enum ptn_err r;

	r = text(rd, o, "user_handle", &s, why);
	if (r == PTN_OK && s != NULL)
		handle = ptn_bytes_of(s);
	else if (r == PTN_OK && ptn_json_get(o, "user_handle_bytes") != NULL)
		r = bytes(rd, o, "user_handle_bytes", HANDLE_MAX, &handle, why);
	if (r == PTN_OK && handle.len > HANDLE_MAX)
		r = unfit(rd, why);
	if (r == PTN_OK &&
	    !ptn_bytes_equal(handle, PTN_BYTES(id->b, sizeof(id->b))))
		c->user_handle = handle;
	return r;
}

static enum ptn_err
read_words(struct reading *rd, const struct ptn_json *o,
    struct ptn_credential *c)
{
	const struct ptn_json *count = ptn_json_get(o, "sign_count");
	const char *aaguid;
	enum ptn_err r;

	if ((r = text(rd, o, "name", &c->name, "a name is no string")) !=
		PTN_OK ||
	    (r = text(rd, o, "attestation_type", &c->attestation,
		 "an attestation_type is no string")) != PTN_OK ||
	    (r = text(rd, o, "aaguid", &aaguid, "an aaguid is no string")) !=
		PTN_OK)
		return r;
	if (c->name != NULL &&
	    ptn_utf8_length(ptn_bytes_of(c->name)) > PTN_CREDENTIAL_NAME_MAX)
		return unfit(rd, "a name is longer than 255 characters");
	if (c->attestation == NULL || c->attestation[0] == '\0')
		c->attestation = "none";
	if (strlen(c->attestation) > 32)
		return unfit(rd, "an attestation_type is too long");
	if (aaguid != NULL && !ptn_uuid_parse_any(aaguid, &c->aaguid))
		return unfit(rd, "an aaguid is no UUID");
	if (count != NULL &&
	    (!ptn_json_int(count, &c->sign_count) || c->sign_count < 0 ||
		c->sign_count > UINT32_MAX))
		return unfit(rd, "a sign_count is none of 32 bits");
	return PTN_OK;
}

/* That nobody knows it is null; that it stands nowhere, false as Hanko's. */
static enum ptn_err
read_backup(struct reading *rd, const struct ptn_json *o,
    struct ptn_credential *c)
{
	c->backup_unknown = ptn_json_has(o, "backup_eligible") &&
	    ptn_json_get(o, "backup_eligible") == NULL;
	return truth(rd, o, "backup_eligible", &c->backup_eligible);
}

static enum ptn_err
read_credential(struct reading *rd, const struct ptn_json *o,
    struct ptn_credential *c)
{
	int64_t ignored;
	enum ptn_err r;

	c->api = PTN_API_HANKO;
	if ((r = bytes(rd, o, "id", CRED_ID_MAX, &c->id,
		 "the id of a credential is none in base64url")) != PTN_OK ||
	    (r = read_key(rd, o, c)) != PTN_OK ||
	    (r = read_words(rd, o, c)) != PTN_OK ||
	    (r = read_transports(rd, ptn_json_get(o, "transports"), c)) !=
		PTN_OK ||
	    (r = read_backup(rd, o, c)) != PTN_OK ||
	    (r = truth(rd, o, "backup_state", &c->backup_state)) != PTN_OK ||
	    (r = truth(rd, o, "mfa_only", &c->mfa_only)) != PTN_OK ||
	    (r = read_handle(rd, o, c)) != PTN_OK ||
	    (r = date(rd, o, "created_at", &c->created_at_us)) != PTN_OK ||
	    (r = date(rd, o, "updated_at", &ignored)) != PTN_OK)
		return r;
	return date(rd, o, "last_used_at", &c->last_used_at_us);
}

static enum ptn_err
read_credentials(struct reading *rd, const struct ptn_json *list)
{
	struct ptn_import *u = rd->u;
	enum ptn_err r = PTN_OK;
	size_t i, j;

	if (list == NULL)
		return PTN_OK;
	u->credentials = ptn_json_len(list);
	if (ptn_json_type(list) != PTN_JSON_ARRAY ||
	    u->credentials > PTN_IMPORT_LIST_MAX)
		return unfit(rd,
		    "webauthn_credentials are no array of at most 1000");
	if (u->credentials == 0)
		return PTN_OK;
	u->credential =
	    ptn_arena_calloc(rd->a, u->credentials, sizeof(*u->credential));
	if (u->credential == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < u->credentials && r == PTN_OK; i++) {
		r = read_credential(rd, ptn_json_at(list, i),
		    &u->credential[i]);
		for (j = 0; j < i && r == PTN_OK; j++)
			if (ptn_bytes_equal(u->credential[i].id,
				u->credential[j].id))
				r = unfit(rd, "a credential stands twice");
	}
	return r;
}

/* ------------------------------------------------------------------ the rest
 */

static enum ptn_err
read_id(struct reading *rd, const struct ptn_json *o)
{
	const char *s;
	enum ptn_err r;

	if ((r = text(rd, o, "user_id", &s, "user_id is no string")) != PTN_OK)
		return r;
	if (s != NULL && s[0] != '\0' &&
	    (!ptn_uuid_parse_any(s, &rd->u->id) || ptn_uuid_is_nil(&rd->u->id)))
		return unfit(rd, "user_id is no UUID");
	return PTN_OK;
}

static enum ptn_err
read_username(struct reading *rd, const struct ptn_json *o)
{
	const char *s, *name;
	enum ptn_err r;

	r = text(rd, o, "username", &s, "the username is no string");
	if (r != PTN_OK || s == NULL || s[0] == '\0')
		return r;
	if ((r = ptn_username_canonical(rd->a, s, &name)) != PTN_OK)
		return r;
	rd->u->username = name;
	return strlen(name) <= PTN_USERNAME_BYTES && ptn_username_is_well(name)
	    ? PTN_OK
	    : unfit(rd, "a username has letters, digits and \"_\" alone");
}

static enum ptn_err
read_texts(struct reading *rd, const struct ptn_json *o)
{
	struct ptn_import *u = rd->u;
	enum ptn_err r = PTN_OK;
	const char *s;
	size_t i;

	for (i = 0; i < PTN_PERSON_TEXT__MAX && r == PTN_OK; i++) {
		r = text(rd, o, ptn_person_text_names[i], &s,
		    "one of the names, or picture, is no string");
		if (r != PTN_OK || s == NULL)
			continue;
		r = ptn_person_text_read(rd->a, i, s, &u->text[i]);
		if (r == PTN_E_INPUT)
			return unfit(rd,
			    i == PTN_PERSON_PICTURE
				? "picture is no URL of http(s), or too long"
				: "one of the names is too long");
	}
	return r;
}

static enum ptn_err
read_password(struct reading *rd, const struct ptn_json *o)
{
	const struct ptn_json *pw = ptn_json_get(o, "password"), *norm;
	struct ptn_import *u = rd->u;
	enum ptn_err r;

	if (pw == NULL)
		return PTN_OK;
	r = text(rd, pw, "password", &u->hash, "a password is no string");
	if (r == PTN_OK && u->hash == NULL)
		r = unfit(rd, "the password has no hash");
	norm = ptn_json_get(pw, "norm");
	if (r == PTN_OK && norm != NULL &&
	    (!ptn_json_int(norm, &u->norm) || u->norm < 0 ||
		u->norm > PTN_PASSWORD_NORM))
		r = unfit(rd, "norm is unknown");
	return r;
}

static enum ptn_err
read_otp(struct reading *rd, const struct ptn_json *o)
{
	const struct ptn_json *otp = ptn_json_get(o, "otp_secret"), *step;
	struct ptn_import *u = rd->u;
	const char *s;
	enum ptn_err r;

	u->otp_step = -1;
	if (otp == NULL)
		return PTN_OK;
	r = text(rd, otp, "secret", &s, "a secret is no string");
	if (r != PTN_OK)
		return r;
	r = s == NULL ? PTN_E_INPUT : ptn_totp_read(rd->a, s, &u->otp);
	if (r == PTN_E_INPUT)
		return unfit(rd, "otp_secret is none in base32");
	step = ptn_json_get(otp, "last_step");
	if (r == PTN_OK && step != NULL &&
	    (!ptn_json_int(step, &u->otp_step) || u->otp_step < -1))
		r = unfit(rd, "last_step is none");
	return r;
}

static enum ptn_err
read_metadata(struct reading *rd, const struct ptn_json *o)
{
	const struct ptn_json *m = ptn_json_get(o, "metadata");
	enum ptn_metadata_result what;
	enum ptn_err r;

	if (m != NULL && ptn_json_type(m) != PTN_JSON_OBJECT)
		return unfit(rd, "metadata is no object");
	r = ptn_metadata_read(rd->a, m, &rd->u->metadata, NULL, &what);
	return r != PTN_OK || what == PTN_METADATA_DONE
	    ? r
	    : unfit(rd, "what metadata has is no object, or too long");
}

static enum ptn_err
read_user(struct reading *rd, const struct ptn_json *o)
{
	struct ptn_import *u = rd->u;
	enum ptn_err r;

	if (ptn_json_type(o) != PTN_JSON_OBJECT)
		return unfit(rd, "it is no object");
	if ((r = read_id(rd, o)) != PTN_OK ||
	    (r = read_addresses(rd, ptn_json_get(o, "emails"))) != PTN_OK ||
	    (r = read_username(rd, o)) != PTN_OK ||
	    (r = read_texts(rd, o)) != PTN_OK ||
	    (r = read_password(rd, o)) != PTN_OK ||
	    (r = read_otp(rd, o)) != PTN_OK ||
	    (r = read_credentials(rd,
		 ptn_json_get(o, "webauthn_credentials"))) != PTN_OK ||
	    (r = read_metadata(rd, o)) != PTN_OK ||
	    (r = date(rd, o, "locked_at", &u->locked_at_us)) != PTN_OK ||
	    (r = date(rd, o, "created_at", &u->created_at_us)) != PTN_OK ||
	    (r = date(rd, o, "updated_at", &u->updated_at_us)) != PTN_OK)
		return r;
	return u->addresses > 0 || u->username != NULL
	    ? PTN_OK
	    : unfit(rd, "it has neither emails nor a username");
}

enum ptn_err
ptn_cli_entry_read(struct ptn_arena *a, struct ptn_bytes entry,
    struct ptn_import *u)
{
	struct reading rd = { a, u };
	struct ptn_json *v = NULL;
	enum ptn_err r;

	memset(u, 0, sizeof(*u));
	r = ptn_json_parse(entry, DEPTH, &v, &u->why);
	if (r != PTN_OK)
		return r;
	r = v == NULL ? PTN_E_NOT_FOUND : read_user(&rd, v);
	ptn_json_free(&v);
	return r;
}
