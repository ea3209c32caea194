#include "lib/account/ratelimit.h"

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/crypto/secrets.h"
#include "lib/db/sql.h"

#define STATE_BASE 1000000000000 /* see rate_limits in postern-schema(7) */
#define WHOM_LEN 16

/* The digests of a bucket, in its row. */
struct key {
	uint8_t bucket[PTN_SHA256_LEN];
	uint8_t whom[PTN_SHA256_LEN];
};

static enum ptn_err
digest(const struct ptn_scope *sc, const char *text,
    uint8_t mac[PTN_SHA256_LEN])
{
	return ptn_secrets_mac(sc->secrets, 0, PTN_KEY_USE_RATE,
	    ptn_bytes_of(text), mac);
}

/* "whom" is no bucket: its digest must not be that of one. */
static enum ptn_err
digest_whom(const struct ptn_scope *sc, const char *whom,
    uint8_t mac[PTN_SHA256_LEN])
{
	const char *text = ptn_arena_printf(sc->arena, "whom/%s", whom);

	return text != NULL ? digest(sc, text, mac) : PTN_E_NOMEM;
}

static struct ptn_bytes
whom_of(const struct ptn_ratelimit *rate, const struct key *k)
{
	return rate->whom != NULL ? PTN_BYTES(k->whom, WHOM_LEN)
				  : PTN_BYTES(NULL, 0);
}

static int64_t
step_us(const struct ptn_ratelimit *rate)
{
	return rate->interval_s * PTN_US_PER_S / rate->limit;
}

static int64_t
seconds_up(int64_t us)
{
	return (us + PTN_US_PER_S - 1) / PTN_US_PER_S;
}

static enum ptn_err
take_window(const struct ptn_scope *sc, const struct key *k,
    struct ptn_ratelimit *rate)
{
	const struct ptn_rate_take_in in = {
		.tenant_id = sc->tenant_id,
		.bucket = PTN_BYTES(k->bucket, sizeof(k->bucket)),
		.whom = whom_of(rate, k),
		.what = rate->what != NULL ? rate->what : "",
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

static enum ptn_err
take_falling(const struct ptn_scope *sc, const struct key *k,
    struct ptn_ratelimit *rate)
{
	const struct ptn_rate_fall_in in = {
		.tenant_id = sc->tenant_id,
		.bucket = PTN_BYTES(k->bucket, sizeof(k->bucket)),
		.whom = whom_of(rate, k),
		.what = rate->what != NULL ? rate->what : "",
		.step_us = step_us(rate),
		.span_us = step_us(rate) * rate->limit,
	};
	uint64_t state;
	int64_t level;
	enum ptn_err r;

	if ((r = ptn_sql_rate_fall(sc->db, &in, &state)) != PTN_OK)
		return r;
	if (state == 0) /* a new bucket */
		state = (uint64_t)in.step_us;
	level = (int64_t)(state % STATE_BASE);
	if (state >= STATE_BASE) {
		rate->reset_s = seconds_up(level + in.step_us - in.span_us);
		return PTN_OK;
	}
	rate->reset_s = seconds_up(level);
	rate->remaining = (in.span_us - level) / in.step_us;
	rate->verdict = PTN_ALLOW;
	return PTN_OK;
}

enum ptn_err
ptn_ratelimit_take(const struct ptn_scope *sc, const char *text,
    struct ptn_ratelimit *rate)
{
	struct key k;
	enum ptn_err r;

	rate->verdict = PTN_DENY;
	rate->remaining = 0;
	rate->reset_s = rate->interval_s;
	if (text == NULL)
		return PTN_E_NOMEM;
	if ((r = digest(sc, text, k.bucket)) != PTN_OK ||
	    (rate->whom != NULL &&
		(r = digest_whom(sc, rate->whom, k.whom)) != PTN_OK))
		return r;
	return rate->falls ? take_falling(sc, &k, rate)
			   : take_window(sc, &k, rate);
}

enum ptn_err
ptn_ratelimit_give_back(const struct ptn_scope *sc, const char *text,
    const struct ptn_ratelimit *rate)
{
	uint8_t bucket[PTN_SHA256_LEN];
	const struct ptn_rate_give_back_in in = { step_us(rate), sc->tenant_id,
		PTN_BYTES(bucket, sizeof(bucket)) };
	uint64_t n;
	enum ptn_err r;

	if (text == NULL)
		return PTN_E_NOMEM;
	if ((r = digest(sc, text, bucket)) != PTN_OK)
		return r;
	return ptn_sql_rate_give_back(sc->db, &in, &n);
}

enum ptn_err
ptn_ratelimits_of(const struct ptn_scope *sc, const char *whom,
    struct ptn_ratelimit_row **out, size_t *n)
{
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_rates_of_in in = { sc->tenant_id,
		PTN_BYTES(mac, WHOM_LEN) };
	struct ptn_rates_of_out *rows;
	enum ptn_err r;
	size_t i;

	*n = 0;
	if ((r = digest_whom(sc, whom, mac)) != PTN_OK ||
	    (r = ptn_sql_rates_of(sc->db, sc->arena, &in, &rows, n)) != PTN_OK)
		return r;
	*out = ptn_arena_calloc(sc->arena, *n + 1, sizeof(**out));
	if (*out == NULL)
		return PTN_E_NOMEM;
	for (i = 0; i < *n; i++)
		(*out)[i] = (struct ptn_ratelimit_row){ rows[i].what,
			rows[i].state, rows[i].left_us, rows[i].expires_at };
	return PTN_OK;
}

enum ptn_err
ptn_ratelimits_clear(const struct ptn_scope *sc, const char *whom, uint64_t *n)
{
	uint8_t mac[PTN_SHA256_LEN];
	const struct ptn_rates_clear_in in = { sc->tenant_id,
		PTN_BYTES(mac, WHOM_LEN) };
	enum ptn_err r;

	if ((r = digest_whom(sc, whom, mac)) != PTN_OK)
		return r;
	return ptn_sql_rates_clear(sc->db, &in, n);
}

int64_t
ptn_ratelimit_used(const struct ptn_ratelimit *rate,
    const struct ptn_ratelimit_row *row)
{
	const int64_t step = step_us(rate);
	const int64_t used = rate->falls ? (row->left_us + step - 1) / step
					 : row->state / STATE_BASE;

	return used < rate->limit ? used : rate->limit;
}
