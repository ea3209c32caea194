#include "fcgi/throttle.h"

#include <string.h>

#include "fcgi/client.h"
#include "fcgi/routes.h"
#include "lib/account/ratelimit.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"

/* Where the account stands in the input (throttle.h). */
#define ACCOUNT 0
#define ORGANISATION 1

/* What a limit counts, besides a network's. */
enum counted {
	COUNT_UNSET = 0,
	COUNT_NOTHING,	 /* there is no limit */
	COUNT_NETWORK,	 /* nothing else */
	COUNT_USER,	 /* guesses of a user, as the configuration has it */
	COUNT_NAME,	 /* tries of a username in an organisation */
	COUNT_BY_HANDLER /* it calls ptn_throttle_account() */
};

/* THE table of limits; the figures are those of the Dfns API. */
static const struct {
	enum counted what;
	int64_t account; /* in interval_s */
	int64_t network;
	int64_t interval_s;
} limits[PTN_RATE__MAX] = {
	[PTN_RATE_NONE] = { COUNT_NOTHING, 0, 0, 0 },
	[PTN_RATE_PASSCODE] = { COUNT_USER, 0, 0, 0 },
	[PTN_RATE_PASSWORD] = { COUNT_USER, 0, 0, 0 },
	[PTN_RATE_CODE] = { COUNT_NETWORK, 0, 20, 3600 },
	[PTN_RATE_LOGIN] = { COUNT_NAME, 20, 60, 60 },
	[PTN_RATE_ANSWER] = { COUNT_NETWORK, 0, 60, 60 },
	[PTN_RATE_FACTOR] = { COUNT_BY_HANDLER, 0, 0, 0 },
	[PTN_RATE_TYPED] = { COUNT_NETWORK, 0, 10, 60 },
};

static bool
is_uuid(const struct ptn_field *f)
{
	return f->required &&
	    (f->type == PTN_F_UUID || f->type == PTN_F_UUID4 ||
		f->type == PTN_F_UUID_LAX);
}

static bool
is_text(const struct ptn_field *f)
{
	return f->type == PTN_F_TEXT || f->type == PTN_F_EMAIL;
}

bool
ptn_throttle_fits(enum ptn_rate_class class, const struct ptn_input *in)
{
	switch (limits[class].what) {
	case COUNT_NOTHING:
	case COUNT_NETWORK:
	case COUNT_BY_HANDLER:
		return true;
	case COUNT_USER:
		return in->n > ACCOUNT && is_uuid(&in->field[ACCOUNT]);
	case COUNT_NAME:
		return in->n > ORGANISATION && is_text(&in->field[ACCOUNT]) &&
		    is_text(&in->field[ORGANISATION]) &&
		    in->field[ORGANISATION].required;
	case COUNT_UNSET:
		break;
	}
	return false;
}

static enum ptn_err
take(struct ptn_request *req, const char *what, const char *who,
    const char *network, struct ptn_ratelimit *rate)
{
	return ptn_ratelimit_take(&req->sc,
	    ptn_arena_printf(req->sc.arena, "%s/%s/%s", what, who, network),
	    rate);
}

/* A limit that the routes of a class share. */
static enum ptn_err
take_fixed(struct ptn_request *req, const char *who, const char *network,
    struct ptn_ratelimit *rate)
{
	const char *class =
	    ptn_arena_printf(req->sc.arena, "%d", req->route->rate);

	return class == NULL ? PTN_E_NOMEM
			     : take(req, class, who, network, rate);
}

/* The account in one spelling, whether it exists or not. */
static enum ptn_err
account_text(struct ptn_request *req, const char **out)
{
	const char *text = ptn_arena_printf(req->sc.arena, "%s %s",
	    req->in[ACCOUNT].s, req->in[ORGANISATION].s);
	char *folded = NULL;
	enum ptn_err r;

	if (text == NULL)
		return PTN_E_NOMEM;
	r = ptn_unicode_fold(req->sc.arena, text, &folded);
	*out = folded != NULL ? folded : "";
	return r == PTN_E_INPUT ? PTN_OK : r;
}

static enum ptn_err
answer(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_ratelimit *rate)
{
	ptn_reply_header_int(rep, "X-RateLimit-Limit", rate->limit);
	ptn_reply_header_int(rep, "X-RateLimit-Remaining", rate->remaining);
	ptn_reply_header_int(rep, "X-RateLimit-Reset", rate->reset_s);
	if (rate->verdict == PTN_ALLOW)
		return PTN_OK;
	ptn_reply_header_int(rep, "Retry-After", rate->reset_s);
	ptn_event_note(&req->sc, PTN_EVENT_RATE_LIMITED, req->route->path);
	return PTN_E_RATE;
}

/* By network, and by name where somebody is named. */
static enum ptn_err
throttle_fixed(struct ptn_request *req, struct ptn_reply *rep, bool named)
{
	const enum ptn_rate_class class = req->route->rate;
	struct ptn_ratelimit rate = { .limit = limits[class].network,
		.interval_s = limits[class].interval_s };
	struct ptn_ratelimit account = { .limit = limits[class].account,
		.interval_s = limits[class].interval_s };
	const char *who;
	enum ptn_err r;

	r = take_fixed(req, "*", ptn_client_network(req), &rate);
	if (r != PTN_OK)
		return r;
	if (!named || rate.verdict != PTN_ALLOW)
		return answer(req, rep, &rate);
	if ((r = account_text(req, &who)) != PTN_OK ||
	    (r = take_fixed(req, who, "*", &account)) != PTN_OK)
		return r;
	return answer(req, rep,
	    account.verdict == PTN_ALLOW ? &rate : &account);
}

/* Never below the limit of one network: an operator may raise that one. */
static int64_t
account_limit(const struct ptn_conf *cf)
{
	return cf->rate_account > cf->rate_password ? cf->rate_account
						    : cf->rate_password;
}

/*
 * Guesses of one account: from a network, and of passwords from everywhere,
 * so that many addresses are no way round the limit.
 */
static enum ptn_err
throttle_account(struct ptn_request *req, struct ptn_reply *rep,
    const char *what, const struct ptn_uuid *id, bool password)
{
	const struct ptn_conf *cf = req->sc.cf;
	struct ptn_ratelimit rate = {
		.limit = password ? cf->rate_password : cf->rate_passcode,
		.interval_s =
		    password ? cf->rate_password_s : cf->rate_passcode_s,
	};
	struct ptn_ratelimit account = {
		.limit = account_limit(cf),
		.interval_s = cf->rate_account_s,
	};
	char who[PTN_UUID_STR];
	enum ptn_err r;

	ptn_uuid_format(id, who);
	r = take(req, what, who, ptn_client_network(req), &rate);
	if (r != PTN_OK)
		return r;
	if (!password || rate.verdict != PTN_ALLOW)
		return answer(req, rep, &rate);
	if ((r = take(req, what, who, "*", &account)) != PTN_OK)
		return r;
	return answer(req, rep,
	    account.verdict == PTN_ALLOW ? &rate : &account);
}

enum ptn_err
ptn_throttle(struct ptn_request *req, struct ptn_reply *rep)
{
	const enum ptn_rate_class class = req->route->rate;

	if (!req->sc.cf->rate_enabled)
		return PTN_OK;
	switch (limits[class].what) {
	case COUNT_NOTHING:
	case COUNT_BY_HANDLER:
		return PTN_OK;
	case COUNT_NETWORK:
		return throttle_fixed(req, rep, false);
	case COUNT_NAME:
		return throttle_fixed(req, rep, req->in[ACCOUNT].set);
	case COUNT_USER:
		return throttle_account(req, rep, req->route->path,
		    &req->in[ACCOUNT].id, class == PTN_RATE_PASSWORD);
	case COUNT_UNSET:
		break;
	}
	return PTN_E_INTERNAL;
}

enum ptn_err
ptn_throttle_account(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_uuid *account)
{
	if (!req->sc.cf->rate_enabled)
		return PTN_OK;
	return throttle_account(req, rep, "factor", account, true);
}
