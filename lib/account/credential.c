#include "lib/account/credential.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/home.h"
#include "lib/base/unicode.h"
#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"

#define AAGUID_LINE_MAX 256
#define BACKUP_UNKNOWN 2 /* as credential_put has it */

/*
 * An id of up to 1023 bytes is too long for a key of the table: its digest is.
 */
struct digest {
	uint8_t b[PTN_SHA256_LEN];
};

static struct digest
digest_of(struct ptn_bytes id)
{
	struct digest d;

	ptn_credential_digest(id, d.b);
	return d;
}

void
ptn_credential_digest(struct ptn_bytes id, uint8_t digest[PTN_SHA256_LEN])
{
	ptn_crypto_sha256(id, digest);
}

enum ptn_err
ptn_credential_put(const struct ptn_scope *sc, const struct ptn_credential *c)
{
	const struct digest d = digest_of(c->id);
	const struct ptn_credential_put_in in = {
		.id_hash = PTN_BYTES(d.b, sizeof(d.b)),
		.tenant_id = sc->tenant_id,
		.credential_id = c->id,
		.user_id = c->user_id,
		.name = c->name,
		.public_key = c->public_key,
		.attestation = c->attestation,
		.aaguid = c->aaguid,
		.sign_count = c->sign_count,
		.backup_eligible =
		    c->backup_unknown ? BACKUP_UNKNOWN : c->backup_eligible,
		.backup_state = c->backup_state,
		.transports = c->transports,
		.api = ptn_api_name(c->api),
		.admitted = c->admitted,
		.mfa_only = c->mfa_only,
		.user_handle = c->user_handle,
	};

	return ptn_sql_credential_put(sc->db, &in);
}

enum ptn_err
ptn_credentials_of(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_credential **out, size_t *n)
{
	const struct ptn_credentials_of_in in = { sc->tenant_id, *user };
	struct ptn_credentials_of_out *row;
	struct ptn_credential *c;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	r = ptn_sql_credentials_of(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	if ((c = ptn_arena_calloc(sc->arena, *n, sizeof(*c))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		c[i] = (struct ptn_credential){
			.id = row[i].credential_id,
			.user_id = *user,
			.name = row[i].name,
			.public_key = row[i].public_key,
			.attestation = row[i].attestation,
			.aaguid = row[i].aaguid,
			.sign_count = row[i].sign_count,
			.backup_eligible = row[i].backup_eligible != 0,
			.backup_unknown = row[i].backup_unknown != 0,
			.backup_state = row[i].backup_state != 0,
			.transports = row[i].transports,
			.mfa_only = row[i].mfa_only != 0,
			.user_handle = row[i].user_handle,
			.last_used_at_us = row[i].last_used_at,
			.created_at_us = row[i].created_at,
			.updated_at_us = row[i].updated_at,
		};
	*out = c;
	return PTN_OK;
}

size_t
ptn_credentials_passkeys(const struct ptn_credential *c, size_t n)
{
	while (n > 0 && c[n - 1].mfa_only)
		n--;
	return n;
}

enum ptn_err
ptn_credential_count(const struct ptn_scope *sc, const struct ptn_uuid *user,
    bool mfa_only, int64_t *n)
{
	const struct ptn_credential_count_in in = { sc->tenant_id, *user,
		mfa_only };
	struct ptn_credential_count_out row;
	enum ptn_err r;

	if ((r = ptn_sql_credential_count(sc->db, sc->arena, &in, &row)) !=
	    PTN_OK)
		return r;
	*n = row.n;
	return PTN_OK;
}

enum ptn_err
ptn_credential_lock_owner(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_bytes id,
    struct ptn_credential_owner *owner, struct ptn_credential *out)
{
	const struct digest d = digest_of(id);
	const struct ptn_credential_lock_owner_in in = {
		PTN_BYTES(d.b, sizeof(d.b)), sc->tenant_id, *user
	};
	struct ptn_credential_lock_owner_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	r = ptn_sql_credential_lock_owner(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	owner->user = (struct ptn_user_state){ row.known_epoch,
		{ .otp = row.otp != 0,
		    .security_keys = (size_t)row.security_keys },
		true, row.sessions };
	owner->email = (struct ptn_email_claim){ row.address,
		row.address != NULL, row.verified != 0 };
	*out = (struct ptn_credential){ .id = row.credential_id,
		.user_id = row.user_id,
		.public_key = row.public_key,
		.sign_count = row.sign_count,
		.backup_eligible = row.backup_eligible != 0,
		.backup_unknown = row.backup_unknown != 0,
		.mfa_only = row.mfa_only != 0,
		.user_handle = row.user_handle };
	return PTN_OK;
}

enum ptn_err
ptn_credential_by_handle(const struct ptn_scope *sc, struct ptn_bytes id,
    struct ptn_bytes handle, struct ptn_uuid *user)
{
	const struct digest d = digest_of(id);
	const struct ptn_credential_by_handle_in in = { sc->tenant_id,
		PTN_BYTES(d.b, sizeof(d.b)), handle };
	struct ptn_credential_by_handle_out row;
	enum ptn_err r;

	r = ptn_sql_credential_by_handle(sc->db, sc->arena, &in, &row);
	if (r == PTN_OK)
		*user = row.user_id;
	return r;
}

enum ptn_err
ptn_credential_used(const struct ptn_scope *sc, const struct ptn_credential *c)
{
	const struct digest d = digest_of(c->id);
	const struct ptn_credential_used_in in = { c->sign_count,
		c->backup_eligible, c->backup_state, c->admitted, sc->tenant_id,
		PTN_BYTES(d.b, sizeof(d.b)) };
	uint64_t n;

	return ptn_sql_credential_used(sc->db, &in, &n);
}

enum ptn_err
ptn_credential_find(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id, struct ptn_credential *out)
{
	const struct digest d = digest_of(id);
	const struct ptn_credential_find_in in = { sc->tenant_id, *user,
		PTN_BYTES(d.b, sizeof(d.b)) };
	struct ptn_credential_find_out row;
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	out->admitted = true;
	r = ptn_sql_credential_find(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	out->admitted = row.admitted != 0;
	out->name = row.name;
	out->mfa_only = row.mfa_only != 0;
	return PTN_OK;
}

enum ptn_err
ptn_credential_alive(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes digest)
{
	const struct ptn_credential_find_in in = { sc->tenant_id, *user,
		digest };
	struct ptn_credential_find_out row;

	return ptn_sql_credential_find(sc->db, sc->arena, &in, &row);
}

enum ptn_err
ptn_credential_rename(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id, const char *name)
{
	const struct digest d = digest_of(id);
	const struct ptn_credential_rename_in in = { name, sc->tenant_id, *user,
		PTN_BYTES(d.b, sizeof(d.b)) };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_credential_rename(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

enum ptn_err
ptn_credential_delete(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_bytes id)
{
	const struct digest d = digest_of(id);
	const struct ptn_credential_delete_in in = { sc->tenant_id, *user,
		PTN_BYTES(d.b, sizeof(d.b)) };
	uint64_t n;
	enum ptn_err r;

	if ((r = ptn_sql_credential_delete(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_NOT_FOUND;
}

const char *
ptn_credential_aaguid_name(struct ptn_arena *a, const char *path,
    const struct ptn_uuid *aaguid)
{
	char wanted[PTN_UUID_STR], buf[AAGUID_LINE_MAX];
	const char *name = NULL, *line;
	FILE *f;

	if (*path == '\0')
		path = ptn_arena_printf(a, "%s/aaguids", ptn_home_data());
	if (path == NULL)
		return NULL;
	if (ptn_uuid_is_nil(aaguid) || (f = fopen(path, "re")) == NULL)
		return NULL;
	ptn_uuid_format(aaguid, wanted);
	while (name == NULL && fgets(buf, sizeof(buf), f) != NULL) {
		buf[strcspn(buf, "\r\n")] = '\0';
		line = (const char *)ptn_utf8_text(ptn_bytes_of(buf)).p;
		if (strncmp(line, wanted, PTN_UUID_STR - 1) != 0 ||
		    line[PTN_UUID_STR - 1] != ' ')
			continue;
		name = ptn_arena_strdup(a, line + PTN_UUID_STR);
	}
	(void)fclose(f);
	return name;
}
