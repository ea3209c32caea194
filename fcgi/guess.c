#include "fcgi/guess.h"

#include <string.h>

#include "fcgi/client.h"
#include "fcgi/routes.h"
#include "lib/crypto.h"
#include "lib/ratelimit.h"

/* By convention the account is the first field of a limited route. */
#define ACCOUNT 0

/*
 * A bucket's name is a MAC of what it counts, so that the table tells
 * nothing about who tried to log in from where.
 */
static enum ptn_err
bucket_name(struct ptn_request *req, const char *network,
    uint8_t out[PTN_SHA256_LEN])
{
	char user[PTN_UUID_STR];
	char *text;

	ptn_uuid_format(&req->in[ACCOUNT].id, user);
	text = ptn_arena_printf(req->arena, "%s/%s/%s", req->route->path, user,
	    network);
	if (text == NULL)
		return PTN_E_NOMEM;
	return ptn_secrets_mac(req->env->secrets, 0, PTN_FOR_RATE,
	    ptn_bytes_of(text), out);
}

static enum ptn_err
take(struct ptn_request *req, const char *network, struct ptn_rate *rate)
{
	uint8_t bucket[PTN_SHA256_LEN];
	enum ptn_err r;

	if ((r = bucket_name(req, network, bucket)) != PTN_OK)
		return r;
	return ptn_rate_take(req->db, &req->tenant.id,
	    PTN_BYTES(bucket, sizeof(bucket)), rate);
}

/* Never below the limit of one network: an operator may raise that one. */
static int64_t
account_limit(const struct ptn_conf *cf)
{
	return cf->rate_account > cf->rate_password ? cf->rate_account
						    : cf->rate_password;
}

static enum ptn_err
answer(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_rate *rate)
{
	ptn_reply_header_int(rep, "X-RateLimit-Limit", rate->limit);
	ptn_reply_header_int(rep, "X-RateLimit-Remaining", rate->remaining);
	ptn_reply_header_int(rep, "X-RateLimit-Reset", rate->reset_s);
	if (rate->verdict == PTN_ALLOW)
		return PTN_OK;
	ptn_reply_header_int(rep, "Retry-After", rate->reset_s);
	ptn_audit_note(&req->audit, PTN_AUDIT_RATE_LIMITED, req->route->path);
	return PTN_E_RATE;
}

enum ptn_err
ptn_guess(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_conf *cf = req->cf;
	const bool password = req->route->rate == PTN_RATE_PASSWORD;
	struct ptn_rate rate = {
		.limit = password ? cf->rate_password : cf->rate_passcode,
		.interval_s =
		    password ? cf->rate_password_s : cf->rate_passcode_s,
	};
	struct ptn_rate account = {
		.limit = account_limit(cf),
		.interval_s = cf->rate_account_s,
	};
	enum ptn_err r;

	if (req->route->rate == PTN_RATE_NONE || !cf->rate_enabled)
		return PTN_OK;
	if ((r = take(req, ptn_client_network(req), &rate)) != PTN_OK)
		return r;
	if (!password || rate.verdict != PTN_ALLOW)
		return answer(req, rep, &rate);
	if ((r = take(req, "*", &account)) != PTN_OK)
		return r;
	return answer(req, rep,
	    account.verdict == PTN_ALLOW ? &rate : &account);
}
