#include "lib/account/ratelimit.h"

#include "lib/base/clock.h"
#include "lib/crypto/crypto.h"
#include "lib/db/sql.h"

#define STATE_BASE 1000000000000 /* see rate_limits in postern-schema(7) */

static enum ptn_err
take(const struct ptn_scope *sc, struct ptn_bytes bucket,
    struct ptn_ratelimit *rate)
{
	const struct ptn_rate_take_in in = {
		.tenant_id = sc->tenant_id,
		.bucket = bucket,
		.interval_us = rate->interval_s * PTN_US_PER_S,
		.limit = rate->limit,
	};
	uint64_t state;
	int64_t used;
	enum ptn_err r;

	if ((r = ptn_sql_rate_take(sc->db, &in, &state)) != PTN_OK)
		return r;
	if (state == 0) /* a new bucket */
		state = STATE_BASE + (uint64_t)in.interval_us - 1;
	used = (int64_t)(state / STATE_BASE);
	rate->reset_s = (int64_t)(state % STATE_BASE) / PTN_US_PER_S;
	if (used > rate->limit)
		return PTN_OK;
	rate->remaining = rate->limit - used;
	rate->verdict = PTN_ALLOW;
	return PTN_OK;
}

enum ptn_err
ptn_ratelimit_take(const struct ptn_scope *sc, const char *text,
    struct ptn_ratelimit *rate)
{
	uint8_t bucket[PTN_SHA256_LEN];
	enum ptn_err r;

	rate->verdict = PTN_DENY;
	rate->remaining = 0;
	rate->reset_s = rate->interval_s;
	if (text == NULL)
		return PTN_E_NOMEM;
	r = ptn_secrets_mac(sc->secrets, 0, PTN_KEY_USE_RATE,
	    ptn_bytes_of(text), bucket);
	if (r != PTN_OK)
		return r;
	return take(sc, PTN_BYTES(bucket, sizeof(bucket)), rate);
}
