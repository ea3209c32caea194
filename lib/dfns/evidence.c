#include "lib/dfns/evidence.h"

#include "lib/base/hex.h"
#include "lib/conf/conf.h"
#include "lib/crypto/cose.h"
#include "lib/crypto/crypto.h"
#include "lib/crypto/pem.h"
#include "lib/crypto/spki.h"
#include "lib/db/sql.h"
#include "lib/format/address.h"

/* What a signature is checked with. */
struct key {
	struct ptn_bytes spki;
	const char *digest; /* "" if the algorithm has none (Ed25519) */
};

/* The digest of a passkey follows from its algorithm. */
static const char *
digest_of(int32_t alg)
{
	switch (alg) {
	case PTN_COSE_ES256:
	case PTN_COSE_RS256:
		return "SHA256";
	case PTN_COSE_ES384:
		return "SHA384";
	default:
		return "";
	}
}

static enum ptn_err
read_passkey(struct ptn_arena *a, const struct ptn_dfns_cred *c,
    struct key *out)
{
	struct ptn_cose_key key;
	enum ptn_err r;

	if ((r = ptn_cose_parse(a, c->cose_key, &key)) != PTN_OK)
		return r;
	out->digest = digest_of(key.alg);
	return ptn_spki(a, &key.key, &out->spki);
}

static enum ptn_err
read_key(struct ptn_arena *a, const struct ptn_dfns_factor *factor,
    const struct ptn_dfns_cred *c, struct key *out)
{
	struct ptn_pem pem;
	enum ptn_err r;

	if ((r = ptn_pem_read(a, ptn_bytes_of(c->pem), &pem)) != PTN_OK)
		return r;
	out->digest =
	    ptn_keyassert_digest_used(&pem.key, factor->digest, c->digest);
	out->spki = pem.spki;
	return PTN_OK;
}

static enum ptn_err
put(const struct ptn_scope *sc, const struct ptn_evidence *e,
    const struct ptn_dfns_factor *factor, const struct ptn_dfns_cred *c,
    const struct key *key)
{
	uint8_t hash[PTN_SHA256_LEN];
	char hex[2 * PTN_SHA256_LEN + 1];
	const struct ptn_evidence_put_in in = {
		.id = ptn_uuid_new(),
		.tenant_id = sc->tenant_id,
		.action_id = e->action_id,
		.user_id = e->user_id,
		.username = e->username,
		.method = e->action->method,
		.path = e->action->path,
		.payload_hash = hex,
		.nonce = e->nonce,
		.credential_id = c->id,
		.kind = ptn_dfns_cred_kind_name(c->kind),
		.cred_id = c->cred_id,
		.public_key = key->spki,
		.digest = key->digest,
		.client_data = factor->client_data,
		.authenticator_data = factor->authenticator_data,
		.signature = factor->signature,
		.request_id = e->request_id,
	};

	ptn_crypto_sha256(e->action->payload, hash);
	ptn_hex_encode(PTN_BYTES(hash, sizeof(hash)), hex);
	return ptn_sql_evidence_put(sc->db, &in);
}

enum ptn_err
ptn_evidence_put(const struct ptn_scope *sc, const struct ptn_evidence *e,
    const struct ptn_dfns_factor *factor, const struct ptn_dfns_cred *c)
{
	struct ptn_evidence shown = *e;
	struct key key;
	enum ptn_err r;

	if (!sc->cf->audit_rows || ptn_dfns_cred_kind_secret(c->kind))
		return PTN_OK;
	r = c->kind == PTN_CRED_FIDO2 ? read_passkey(sc->arena, c, &key)
				      : read_key(sc->arena, factor, c, &key);
	if (r == PTN_E_INPUT)
		return PTN_E_INTERNAL; /* it was read before, to verify */
	if (r != PTN_OK)
		return r;
	if (sc->cf->audit_mask)
		shown.username = ptn_address_mask(sc->arena, e->username);
	if (shown.username == NULL)
		return PTN_E_NOMEM;
	return put(sc, &shown, factor, c, &key);
}

enum ptn_err
ptn_evidence_used(const struct ptn_scope *sc, const struct ptn_uuid *action)
{
	const struct ptn_evidence_used_in in = { sc->tenant_id, *action };
	uint64_t n;

	return sc->cf->audit_rows ? ptn_sql_evidence_used(sc->db, &in, &n)
				  : PTN_OK;
}

enum ptn_err
ptn_evidence_page(const struct ptn_scope *sc,
    const struct ptn_evidence_query *q, struct ptn_evidence_row **out,
    size_t *n, bool *more)
{
	const struct ptn_evidence_page_in in = { .tenant_id = sc->tenant_id,
		.since = q->since_us,
		.until = q->until_us,
		.user_id = q->user_id,
		.before_at = q->before_us,
		.before_id = q->before_id,
		.max = q->max + 1 };
	struct ptn_evidence_page_out *row;
	enum ptn_err r;
	size_t i;

	*out = NULL;
	*more = false;
	r = ptn_sql_evidence_page(sc->db, sc->arena, &in, &row, n);
	if (r != PTN_OK || *n == 0)
		return r;
	*more = *n > (size_t)q->max;
	*n -= *more;
	if ((*out = ptn_arena_calloc(sc->arena, *n, sizeof(**out))) == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_evidence_row){ row[i].id,
			row[i].action_id, row[i].user_id, row[i].username,
			row[i].method, row[i].path, row[i].payload_hash,
			row[i].nonce, row[i].credential_id, row[i].kind,
			row[i].public_key, row[i].signed_at, row[i].used_at,
			.client_data = { NULL, 0 } };
	return PTN_OK;
}

enum ptn_err
ptn_evidence_get(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_evidence_row *out)
{
	const struct ptn_evidence_get_in in = { sc->tenant_id, *id };
	struct ptn_evidence_get_out row;
	enum ptn_err r;

	r = ptn_sql_evidence_get(sc->db, sc->arena, &in, &row);
	if (r != PTN_OK)
		return r;
	*out = (struct ptn_evidence_row){ row.id, row.action_id, row.user_id,
		row.username, row.method, row.path, row.payload_hash, row.nonce,
		row.credential_id, row.kind, row.public_key, row.signed_at,
		row.used_at, row.client_data, row.authenticator_data,
		row.signature };
	return PTN_OK;
}
