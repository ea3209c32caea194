#include "lib/flow/row.h"

#include <string.h>

#include "lib/base/log.h"
#include "lib/db/sql.h"
#include "lib/flow/codec.h"

#define BOUND_TO (2 * sizeof(struct ptn_uuid))

static struct ptn_bytes
bound_to(const struct ptn_scope *sc, const struct ptn_flow *flow,
    uint8_t aad[BOUND_TO])
{
	memcpy(aad, sc->tenant_id.b, sizeof(sc->tenant_id.b));
	memcpy(aad + sizeof(sc->tenant_id.b), flow->id.b, sizeof(flow->id.b));
	return PTN_BYTES(aad, BOUND_TO);
}

static enum ptn_err
seal(const struct ptn_scope *sc, const struct ptn_flow *flow,
    struct ptn_bytes *sealed)
{
	uint8_t aad[BOUND_TO];
	struct ptn_bytes plain;
	enum ptn_err r;

	if ((r = ptn_flow_codec_write(flow, sc->arena, &plain)) != PTN_OK)
		return r;
	return ptn_secrets_seal(sc->secrets, sc->arena, PTN_KEY_USE_FLOW,
	    bound_to(sc, flow, aad), plain, sealed);
}

enum ptn_err
ptn_flow_row_put(const struct ptn_scope *sc, const struct ptn_flow *flow,
    int64_t ttl_s)
{
	struct ptn_flow_put_in in = { .id = flow->id,
		.tenant_id = sc->tenant_id,
		.ttl_s = ttl_s };
	enum ptn_err r;

	if ((r = seal(sc, flow, &in.data)) != PTN_OK)
		return r;
	ptn_db_last(sc->db);
	return ptn_sql_flow_put(sc->db, &in);
}

/* A secret that is gone, or a newer version's: it can only be begun again. */
static enum ptn_err
unreadable(const struct ptn_flow *flow)
{
	char id[PTN_UUID_STR];

	ptn_uuid_format(&flow->id, id);
	ptn_warn("flow %s cannot be read", id);
	return PTN_E_NOT_FOUND;
}

static enum ptn_err
unseal(const struct ptn_scope *sc, struct ptn_flow *flow,
    struct ptn_bytes sealed)
{
	uint8_t aad[BOUND_TO];
	struct ptn_bytes plain;
	enum ptn_err r;

	r = ptn_secrets_open(sc->secrets, sc->arena, PTN_KEY_USE_FLOW,
	    bound_to(sc, flow, aad), sealed, &plain);
	if (r == PTN_OK)
		r = ptn_flow_codec_read(plain, flow);
	return r == PTN_E_DENIED || r == PTN_E_INPUT ? unreadable(flow) : r;
}

enum ptn_err
ptn_flow_row_read(const struct ptn_scope *sc, struct ptn_flow *flow)
{
	const struct ptn_flow_get_in in = { sc->tenant_id, flow->id };
	struct ptn_flow_get_out row;
	enum ptn_err r;

	if ((r = ptn_sql_flow_get(sc->db, sc->arena, &in, &row)) != PTN_OK)
		return r;
	flow->version = row.version;
	flow->now_us = row.now;
	if (row.expired)
		return PTN_E_EXPIRED;
	return unseal(sc, flow, row.data);
}

enum ptn_err
ptn_flow_row_lock(const struct ptn_scope *sc, const struct ptn_flow *flow)
{
	const struct ptn_flow_lock_in in = { sc->tenant_id, flow->id };
	struct ptn_flow_lock_out row;
	enum ptn_err r = ptn_sql_flow_lock(sc->db, sc->arena, &in, &row);

	if (r == PTN_OK)
		return row.version == flow->version ? PTN_OK : PTN_E_OUTDATED;
	return r == PTN_E_NOT_FOUND ? PTN_E_OUTDATED : r;
}

enum ptn_err
ptn_flow_row_update(const struct ptn_scope *sc, const struct ptn_flow *flow,
    int64_t ttl_s)
{
	struct ptn_flow_update_in in = { .tenant_id = sc->tenant_id,
		.id = flow->id,
		.version = flow->version - 1,
		.ttl_s = ttl_s };
	uint64_t n;
	enum ptn_err r;

	if ((r = seal(sc, flow, &in.data)) != PTN_OK)
		return r;
	ptn_db_last(sc->db);
	if ((r = ptn_sql_flow_update(sc->db, &in, &n)) != PTN_OK)
		return r;
	return n == 1 ? PTN_OK : PTN_E_OUTDATED;
}

static enum ptn_err
token_by(const struct ptn_scope *sc, size_t secret, const struct ptn_flow *flow,
    char token[PTN_SHA256_LEN + 1])
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";
	uint8_t msg[sizeof(flow->id.b) + sizeof(uint64_t)];
	uint8_t mac[PTN_SHA256_LEN];
	enum ptn_err r;
	size_t i;

	memcpy(msg, flow->id.b, sizeof(flow->id.b));
	for (i = 0; i < sizeof(uint64_t); i++)
		msg[sizeof(flow->id.b) + i] =
		    (uint8_t)((uint64_t)flow->version >> 8 * i);
	r = ptn_secrets_mac(sc->secrets, secret, PTN_KEY_USE_FLOW_TOKEN,
	    PTN_BYTES(msg, sizeof(msg)), mac);
	for (i = 0; i < sizeof(mac); i++)
		token[i] = digits[mac[i] % (sizeof(digits) - 1)];
	token[sizeof(mac)] = '\0';
	return r;
}

enum ptn_err
ptn_flow_row_token(const struct ptn_scope *sc, const struct ptn_flow *flow,
    char token[PTN_SHA256_LEN + 1])
{
	return token_by(sc, 0, flow, token);
}

enum ptn_err
ptn_flow_row_check(const struct ptn_scope *sc, const struct ptn_flow *flow,
    const char *token, enum ptn_verdict *verdict)
{
	char right[PTN_SHA256_LEN + 1];
	enum ptn_err r;
	size_t i;

	*verdict = PTN_DENY;
	for (i = 0; token != NULL && i < ptn_secrets_count(sc->secrets); i++) {
		if ((r = token_by(sc, i, flow, right)) != PTN_OK)
			return r;
		if (ptn_bytes_equal(ptn_bytes_of(token), ptn_bytes_of(right)))
			*verdict = PTN_ALLOW;
	}
	return PTN_OK;
}
