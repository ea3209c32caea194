#include "lib/dfns/cred.h"

#include <stdlib.h>
#include <string.h>

#include "lib/account/credential.h"
#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/crypto/cose.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/spki.h"
#include "lib/db/sql.h"

/* The first bytes of the digest, in the form of a version 4 UUID. */
struct ptn_uuid
ptn_dfns_cred_passkey_id(struct ptn_bytes id_hash)
{
	struct ptn_uuid u;

	memcpy(u.b, id_hash.p, sizeof(u.b));
	u.b[6] = (uint8_t)((u.b[6] & 0x0f) | 0x40);
	u.b[8] = (uint8_t)((u.b[8] & 0x3f) | 0x80);
	return u;
}

static enum ptn_err
fingerprint(struct ptn_arena *a, struct ptn_bytes cose, const char **out)
{
	struct ptn_cose_key key;
	enum ptn_err r;

	*out = "";
	if ((r = ptn_cose_parse(a, cose, &key)) == PTN_OK)
		r = ptn_spki_fingerprint(a, &key.key, out);
	return r == PTN_E_INPUT ? PTN_OK : r;
}

enum ptn_err
ptn_dfns_creds_show(struct ptn_arena *a, struct ptn_dfns_cred *c, size_t n)
{
	enum ptn_err r = PTN_OK;
	size_t i;

	for (i = 0; i < n && r == PTN_OK; i++)
		if (c[i].kind == PTN_CRED_FIDO2)
			r = fingerprint(a, c[i].cose_key, &c[i].fingerprint);
	return r;
}

static enum ptn_err
fill_passkey(const struct ptn_scope *sc, const struct ptn_creds_of_out *row,
    struct ptn_dfns_cred *c)
{
	struct ptn_arena *a = sc->arena;

	*c = (struct ptn_dfns_cred){
		.id = ptn_dfns_cred_passkey_id(row->id_hash),
		.kind = PTN_CRED_FIDO2,
		.cred_id = ptn_b64url_encode(a, row->credential_id),
		.name = row->name != NULL ? row->name : PTN_DFNS_CRED_NAME,
		.active = row->active != 0,
		.admitted = row->admitted != 0 || sc->cf->dfns_trust,
		.api = ptn_api_of(row->api),
		.created_at_us = row->created_at,
		.raw_id = row->credential_id,
		.cose_key = row->public_key,
		.user_handle = row->user_handle,
		.sign_count = row->sign_count,
		.be = row->backup_eligible != 0,
		.be_unknown = row->backup_unknown != 0,
		.rp_id = row->rp_id,
		.origin = row->origin,
	};
	return c->cred_id != NULL ? PTN_OK : PTN_E_NOMEM;
}

static void
fill_key(const struct ptn_creds_of_out *row, struct ptn_dfns_cred *c)
{
	*c = (struct ptn_dfns_cred){
		.id = row->id,
		.kind = ptn_dfns_cred_kind_of(ptn_bytes_of(row->kind)),
		.cred_id = row->cred_id,
		.name = row->name,
		.fingerprint = row->fingerprint,
		.active = row->active != 0,
		.admitted = true,
		.api = PTN_API_DFNS,
		.created_at_us = row->created_at,
		.pem = row->pem,
		.digest = ptn_keyassert_digest_of(row->algorithm[0] != '\0'
			? ptn_bytes_of(row->algorithm)
			: PTN_BYTES(NULL, 0)),
		.encrypted_private_key = row->encrypted_private_key,
	};
}

/* Passkeys come first, then keys, each kind as they were made. */
static int
by_age(const void *a, const void *b)
{
	const struct ptn_creds_of_out *x = a, *y = b;

	if ((x->id_hash.p == NULL) != (y->id_hash.p == NULL))
		return x->id_hash.p == NULL ? 1 : -1;
	if (x->created_at != y->created_at)
		return x->created_at < y->created_at ? -1 : 1;
	return x->id_hash.p != NULL
	    ? memcmp(x->id_hash.p, y->id_hash.p, PTN_SHA256_LEN)
	    : memcmp(x->id.b, y->id.b, sizeof(x->id.b));
}

enum ptn_err
ptn_dfns_creds_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_cred **out, size_t *n)
{
	const struct ptn_creds_of_in in = { sc->tenant_id, *user };
	struct ptn_creds_of_out *row;
	size_t i, found;
	enum ptn_err r;

	*n = 0;
	r = ptn_sql_creds_of(sc->db, sc->arena, &in, &row, &found);
	if (r != PTN_OK)
		return r;
	*out = ptn_arena_calloc(sc->arena, found + 1, sizeof(**out));
	if (*out == NULL)
		return PTN_E_NOMEM;
	if (found > 1)
		qsort(row, found, sizeof(*row), by_age);
	for (i = 0; i < found && r == PTN_OK; i++)
		if (row[i].id_hash.p != NULL)
			r = fill_passkey(sc, &row[i], &(*out)[(*n)++]);
		else
			fill_key(&row[i], &(*out)[(*n)++]);
	return r;
}

enum ptn_err
ptn_dfns_cred_of_token(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_uuid *id, struct ptn_dfns_cred *out)
{
	const struct ptn_key_credential_get_in in = { sc->tenant_id, *user,
		*id };
	struct ptn_key_credential_get_out row;
	enum ptn_err r;

	r = ptn_sql_key_credential_get(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		fill_key(
		    &(struct ptn_creds_of_out){ .id = row.id,
			.kind = row.kind,
			.cred_id = row.cred_id,
			.name = row.name,
			.pem = row.pem,
			.fingerprint = row.fingerprint,
			.algorithm = row.algorithm,
			.encrypted_private_key = row.encrypted_private_key,
			.active = row.active,
			.created_at = row.created_at },
		    out);
	return r;
}

bool
ptn_dfns_cred_works(const struct ptn_dfns_cred *c)
{
	return c->active && c->admitted;
}

bool
ptn_dfns_cred_signs(const struct ptn_dfns_cred *c)
{
	return c->kind == PTN_CRED_FIDO2 || c->kind == PTN_CRED_KEY ||
	    c->kind == PTN_CRED_PASSWORD_PROTECTED_KEY;
}

bool
ptn_dfns_creds_have(const struct ptn_dfns_cred *c, size_t n,
    enum ptn_dfns_cred_kind kind)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ptn_dfns_cred_works(&c[i]) && c[i].kind == kind)
			return true;
	return false;
}

bool
ptn_dfns_creds_suffice(const struct ptn_dfns_cred *c, size_t n, bool passwords)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ptn_dfns_cred_works(&c[i]) && ptn_dfns_cred_signs(&c[i]))
			return true;
	return passwords && ptn_dfns_creds_have(c, n, PTN_CRED_PASSWORD) &&
	    ptn_dfns_creds_have(c, n, PTN_CRED_TOTP);
}

static enum ptn_err
put_passkey(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_cred *c)
{
	const struct ptn_credential row = { .id = c->raw_id,
		.user_id = *user,
		.name = c->name,
		.public_key = c->cose_key,
		.attestation = c->attestation,
		.aaguid = c->aaguid,
		.sign_count = c->sign_count,
		.backup_eligible = c->be,
		.backup_state = c->bs,
		.transports = "",
		.api = PTN_API_DFNS,
		.admitted = true };
	uint8_t hash[PTN_SHA256_LEN];
	struct ptn_passkey_place_in place;
	uint64_t n;
	enum ptn_err r;

	ptn_crypto_sha256(c->raw_id, hash);
	c->id = ptn_dfns_cred_passkey_id(PTN_BYTES(hash, sizeof(hash)));
	place = (struct ptn_passkey_place_in){ c->rp_id, c->origin,
		sc->tenant_id, PTN_BYTES(hash, sizeof(hash)) };
	if ((r = ptn_credential_put(sc, &row)) != PTN_OK)
		return r;
	return ptn_sql_passkey_place(sc->db, &place, &n);
}

static enum ptn_err
put_key(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_cred *c)
{
	const char *norm = ptn_b64any_norm(sc->arena, ptn_bytes_of(c->cred_id));
	uint8_t hash[PTN_SHA256_LEN];
	struct ptn_key_credential_put_in in;

	if (norm == NULL)
		return PTN_E_NOMEM;
	ptn_crypto_sha256(ptn_bytes_of(norm), hash);
	c->id = ptn_uuid_new();
	in = (struct ptn_key_credential_put_in){ c->id, sc->tenant_id, *user,
		ptn_dfns_cred_kind_name(c->kind), c->cred_id,
		PTN_BYTES(hash, sizeof(hash)), c->name, c->pem, c->fingerprint,
		ptn_keyassert_digest_name(c->digest), c->encrypted_private_key,
		c->of_token };
	return ptn_sql_key_credential_put(sc->db, &in);
}

/* The secrets of archived credentials are deleted. */
static enum ptn_err
forget_password(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_password_factor_delete_in in = { sc->tenant_id,
		*user };
	uint64_t n;

	return ptn_sql_password_factor_delete(sc->db, &in, &n);
}

static enum ptn_err
forget_totp(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_totp_factor_delete_in in = { sc->tenant_id, *user };
	uint64_t n;

	return ptn_sql_totp_factor_delete(sc->db, &in, &n);
}

static enum ptn_err
put_password(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_dfns_cred *c)
{
	const struct ptn_password_factor_put_in in = { *user, sc->tenant_id,
		c->id, c->hash, PTN_PASSWORD_NORM };
	enum ptn_err r;

	if (c->hash == NULL)
		return PTN_E_INTERNAL;
	if ((r = forget_password(sc, user)) != PTN_OK)
		return r;
	return ptn_sql_password_factor_put(sc->db, &in);
}

static enum ptn_err
put_totp(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_dfns_cred *c)
{
	const struct ptn_totp_factor_put_in in = { *user, sc->tenant_id, c->id,
		c->sealed, c->last_step };
	enum ptn_err r;

	if (c->sealed.p == NULL)
		return PTN_E_INTERNAL;
	if ((r = forget_totp(sc, user)) != PTN_OK)
		return r;
	return ptn_sql_totp_factor_put(sc->db, &in);
}

/*
 * A user has one password and one app at most.  The column cred_hash is unique
 * for a user: it gets the name of the kind, which cannot be a digest because it
 * has another length.
 */
static enum ptn_err
put_secret(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_cred *c)
{
	const char *kind = ptn_dfns_cred_kind_name(c->kind);
	const struct ptn_key_credentials_archive_kind_in old = { sc->tenant_id,
		*user, kind };
	struct ptn_key_credential_put_in in = { .tenant_id = sc->tenant_id,
		.user_id = *user,
		.kind = kind,
		.cred_id = c->cred_id,
		.cred_hash = ptn_bytes_of(kind),
		.name = c->name,
		.pem = "",
		.fingerprint = "",
		.algorithm = "" };
	uint64_t n;
	enum ptn_err r;

	in.id = c->id = ptn_uuid_new();
	if ((r = ptn_sql_key_credentials_archive_kind(sc->db, &old, &n)) !=
		PTN_OK ||
	    (r = ptn_sql_key_credential_put(sc->db, &in)) != PTN_OK)
		return r;
	return c->kind == PTN_CRED_PASSWORD ? put_password(sc, user, c)
					    : put_totp(sc, user, c);
}

enum ptn_err
ptn_dfns_cred_put(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_dfns_cred *c)
{
	if (c->kind == PTN_CRED_FIDO2)
		return put_passkey(sc, user, c);
	if (ptn_dfns_cred_kind_secret(c->kind))
		return put_secret(sc, user, c);
	return put_key(sc, user, c);
}

enum ptn_err
ptn_dfns_cred_used(const struct ptn_scope *sc, const struct ptn_dfns_cred *c)
{
	const struct ptn_credential passkey = { .id = c->raw_id,
		.sign_count = c->sign_count,
		.backup_eligible = c->be,
		.backup_state = c->bs,
		.admitted = true };
	const struct ptn_key_credential_used_in key = { sc->tenant_id, c->id };
	uint64_t n;

	if (c->kind == PTN_CRED_FIDO2)
		return ptn_credential_used(sc, &passkey);
	return ptn_sql_key_credential_used(sc->db, &key, &n);
}

enum ptn_err
ptn_dfns_cred_activate(const struct ptn_scope *sc,
    const struct ptn_dfns_cred *c, bool active)
{
	const struct ptn_key_credential_activate_in key = { active,
		sc->tenant_id, c->id };
	struct ptn_passkey_activate_in passkey = { .active = active,
		.tenant_id = sc->tenant_id };
	uint8_t hash[PTN_SHA256_LEN];
	uint64_t n;

	if (c->kind != PTN_CRED_FIDO2)
		return ptn_sql_key_credential_activate(sc->db, &key, &n);
	ptn_crypto_sha256(c->raw_id, hash);
	passkey.id_hash = PTN_BYTES(hash, sizeof(hash));
	return ptn_sql_passkey_activate(sc->db, &passkey, &n);
}

enum ptn_err
ptn_dfns_cred_admit(const struct ptn_scope *sc, const struct ptn_dfns_cred *c,
    bool *changed)
{
	uint8_t hash[PTN_SHA256_LEN];
	const struct ptn_passkey_admit_in in = { sc->tenant_id,
		PTN_BYTES(hash, sizeof(hash)) };
	enum ptn_err r;
	uint64_t n;

	ptn_crypto_sha256(c->raw_id, hash);
	r = ptn_sql_passkey_admit(sc->db, &in, &n);
	*changed = r == PTN_OK && n > 0;
	return r;
}

static enum ptn_err
archive_passkey(const struct ptn_scope *sc, const struct ptn_dfns_cred *c)
{
	uint8_t hash[PTN_SHA256_LEN];
	const struct ptn_passkey_archive_in in = { sc->tenant_id,
		PTN_BYTES(hash, sizeof(hash)) };
	uint64_t n;

	ptn_crypto_sha256(c->raw_id, hash);
	return ptn_sql_passkey_archive(sc->db, &in, &n);
}

static enum ptn_err
archive_secret(const struct ptn_scope *sc, const struct ptn_uuid *user,
    enum ptn_dfns_cred_kind kind)
{
	const struct ptn_key_credentials_archive_kind_in in = { sc->tenant_id,
		*user, ptn_dfns_cred_kind_name(kind) };
	uint64_t n;
	enum ptn_err r;

	r = ptn_sql_key_credentials_archive_kind(sc->db, &in, &n);
	if (r != PTN_OK)
		return r;
	return kind == PTN_CRED_PASSWORD ? forget_password(sc, user)
					 : forget_totp(sc, user);
}

enum ptn_err
ptn_dfns_cred_archive(const struct ptn_scope *sc, const struct ptn_uuid *user,
    const struct ptn_dfns_cred *c)
{
	const struct ptn_key_credential_archive_in in = { sc->tenant_id,
		c->id };
	uint64_t n;

	if (c->kind == PTN_CRED_FIDO2)
		return archive_passkey(sc, c);
	if (ptn_dfns_cred_kind_secret(c->kind))
		return archive_secret(sc, user, c->kind);
	return ptn_sql_key_credential_archive(sc->db, &in, &n);
}

enum ptn_err
ptn_dfns_creds_archive(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	const struct ptn_passkeys_archive_in passkeys_in = { sc->tenant_id,
		*user };
	const struct ptn_key_credentials_archive_in keys = { sc->tenant_id,
		*user };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_passkeys_archive(sc->db, &passkeys_in, &n)) !=
		PTN_OK ||
	    (r = forget_password(sc, user)) != PTN_OK ||
	    (r = forget_totp(sc, user)) != PTN_OK)
		return r;
	return ptn_sql_key_credentials_archive(sc->db, &keys, &n);
}
