#include "lib/dfns/accesstoken.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/clock.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/pem.h"
#include "lib/db/sql.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/member.h"
#include "lib/format/dfnsid.h"

/* The key, as it is stored; the server gives it its id. */
static enum ptn_err
read_key(const struct ptn_scope *sc, struct ptn_accesstoken_new *t,
    struct ptn_dfns_cred *c)
{
	const struct ptn_uuid id = ptn_uuid_new();
	char text[PTN_DFNSID_STR];
	struct ptn_pem pem;
	enum ptn_err r;

	r = ptn_pem_read(sc->arena, ptn_bytes_of(t->pem), &pem);
	if (r != PTN_OK)
		return r == PTN_E_INPUT ? PTN_E_UNPROCESSABLE : r;
	ptn_dfnsid_format(PTN_DFNSID_KEY, &id, text);
	t->cred_id = ptn_b64url_encode(sc->arena, ptn_bytes_of(text));
	*c = (struct ptn_dfns_cred){ .kind = PTN_CRED_KEY,
		.cred_id = t->cred_id,
		.name = PTN_DFNS_CRED_NAME,
		.pem = t->pem,
		.fingerprint = ptn_arena_strdup(sc->arena, pem.fingerprint),
		.of_token = true };
	return c->cred_id != NULL && c->fingerprint != NULL ? PTN_OK
							    : PTN_E_NOMEM;
}

static enum ptn_err
put(const struct ptn_scope *sc, struct ptn_accesstoken_new *t,
    const struct ptn_uuid *credential)
{
	const int64_t now = ptn_db_clock_us(sc->db) / PTN_US_PER_S;
	const struct ptn_dfns_token says = { .kind = t->kind,
		.id = ptn_uuid_new(),
		.org = sc->tenant_id,
		.user = t->user,
		.username = t->username,
		.iat = now,
		.exp = now + t->ttl_s };
	uint8_t hash[PTN_SHA256_LEN];
	struct ptn_access_token_put_in in;
	enum ptn_err r;

	t->id = says.id;
	t->expires_s = says.exp;
	if ((r = ptn_dfns_token_sign(sc, &says, &t->token)) != PTN_OK)
		return r;
	ptn_crypto_sha256(ptn_bytes_of(t->token), hash);
	in = (struct ptn_access_token_put_in){ t->id, sc->tenant_id, t->user,
		ptn_dfns_token_word(t->kind), t->name, t->external_id,
		t->owner ? PTN_OWNER : NULL, *credential,
		PTN_BYTES(hash, sizeof(hash)), t->ttl_s };
	return ptn_sql_access_token_put(sc->db, &in);
}

enum ptn_err
ptn_accesstoken_put(const struct ptn_scope *sc, struct ptn_accesstoken_new *t)
{
	struct ptn_dfns_cred key;
	enum ptn_err r;

	if ((r = read_key(sc, t, &key)) != PTN_OK ||
	    (r = ptn_dfns_cred_put(sc, &t->user, &key)) != PTN_OK)
		return r;
	return put(sc, t, &key.id);
}

enum ptn_err
ptn_accesstoken_find(const struct ptn_scope *sc, struct ptn_bytes token,
    struct ptn_accesstoken_seen *out)
{
	struct ptn_access_token_find_in in = { .tenant_id = sc->tenant_id };
	struct ptn_access_token_find_out row;
	uint8_t hash[PTN_SHA256_LEN];
	enum ptn_err r;

	memset(out, 0, sizeof(*out));
	ptn_crypto_sha256(token, hash);
	in.hash = PTN_BYTES(hash, sizeof(hash));
	if ((r = ptn_sql_access_token_find(sc->db, sc->arena, &in, &row)) !=
	    PTN_OK)
		return r;
	out->user_id = row.user_id;
	out->id = row.id;
	out->credential_id = row.credential_id;
	out->username = row.username;
	out->kind = row.kind;
	out->owner = ptn_member_role_owns(row.role);
	out->service_account = strcmp(row.token_kind,
				   ptn_dfns_token_word(
				       PTN_DFNS_TOKEN_SERVICE)) == 0;
	return PTN_OK;
}
