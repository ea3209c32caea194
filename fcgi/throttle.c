#include "fcgi/throttle.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/device.h"
#include "fcgi/routes.h"
#include "lib/account/limits.h"
#include "lib/base/clock.h"
#include "lib/conf/conf.h"
#include "lib/crypto/crypto.h"
#include "lib/dfns/lookup.h"

/* Where the account stands in the input (throttle.h). */
#define ACCOUNT 0
#define ORGANISATION 1

#define TOLD_PLACES 256
#define TOLD_MS 60000

/* Whom a route names. */
enum named {
	NAMED_UNSET = 0,
	NAMES_NOBODY,
	NAMES_USER,
	NAMES_MEMBER,	  /* by name and organisation, or not at all */
	NAMED_BY_HANDLER, /* it calls ptn_throttle_account() */
	COUNTED_BY_RULE /* by ptn_limit_take(), where something is to change */
};

#define LIMITS_MAX 4

/* Which limits the routes of a class count; limit.def says what each counts. */
static const struct {
	enum named whom;
	enum ptn_limit limit[LIMITS_MAX];
} classes[PTN_RATE__MAX] = {
	[PTN_RATE_NONE] = { NAMES_NOBODY, { PTN_LIMIT_NONE } },
	[PTN_RATE_RULE] = { COUNTED_BY_RULE, { PTN_LIMIT_NONE } },
	[PTN_RATE_LOOKUP] = { NAMES_NOBODY, { PTN_LIMIT_LOOKUP } },
	[PTN_RATE_SIGNUP] = { NAMES_NOBODY, { PTN_LIMIT_SIGNUP } },
	[PTN_RATE_CHALLENGE] = { NAMES_NOBODY, { PTN_LIMIT_CHALLENGE } },
	[PTN_RATE_HASH] = { NAMES_NOBODY, { PTN_LIMIT_HASH } },
	[PTN_RATE_PASSCODE] = { NAMES_USER,
	    { PTN_LIMIT_MAIL_NETWORK, PTN_LIMIT_PASSCODE } },
	[PTN_RATE_PASSWORD] = { NAMES_USER,
	    { PTN_LIMIT_HASH, PTN_LIMIT_PASSWORD, PTN_LIMIT_ACCOUNT } },
	[PTN_RATE_CODE] = { NAMES_NOBODY, { PTN_LIMIT_WISH } },
	[PTN_RATE_LOGIN] = { NAMES_MEMBER,
	    { PTN_LIMIT_CHALLENGE, PTN_LIMIT_NAME } },
	[PTN_RATE_ANSWER] = { NAMES_NOBODY, { PTN_LIMIT_ANSWER } },
	[PTN_RATE_FACTOR] = { NAMED_BY_HANDLER,
	    { PTN_LIMIT_HASH, PTN_LIMIT_PASSWORD, PTN_LIMIT_ACCOUNT } },
	[PTN_RATE_TYPED] = { NAMES_NOBODY, { PTN_LIMIT_TYPED } },
	[PTN_RATE_STEP] = { NAMES_NOBODY, { PTN_LIMIT_NONE } },
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
	switch (classes[class].whom) {
	case NAMES_NOBODY:
	case NAMED_BY_HANDLER:
	case COUNTED_BY_RULE:
		return true;
	case NAMES_USER:
		return in->n > ACCOUNT && is_uuid(&in->field[ACCOUNT]);
	case NAMES_MEMBER:
		return in->n > ORGANISATION && is_text(&in->field[ACCOUNT]) &&
		    is_text(&in->field[ORGANISATION]) &&
		    in->field[ORGANISATION].required;
	case NAMED_UNSET:
		break;
	}
	return false;
}

/* For a user, where that matters, it is asked whether the network is known. */
static enum ptn_err
find_asker(const struct ptn_scope *sc, enum ptn_rate_class class,
    const struct ptn_uuid *user, struct ptn_asker *out)
{
	size_t i;

	for (i = 0; i < LIMITS_MAX; i++)
		if (user != NULL && ptn_limit_apart(classes[class].limit[i]))
			return ptn_asker_of(sc, user, NULL, out);
	ptn_asker_browser(sc, user, out);
	return PTN_OK;
}

static enum ptn_err
take(struct ptn_request *req, enum ptn_rate_class class,
    const struct ptn_uuid *user, struct ptn_limit_on *on)
{
	enum ptn_err r;

	if ((r = find_asker(&req->sc, class, user, &on->asker)) != PTN_OK)
		return r;
	return ptn_limits_take(&req->sc, classes[class].limit, on);
}

static enum ptn_err
take_user(struct ptn_request *req, enum ptn_rate_class class,
    const struct ptn_uuid *user, struct ptn_limit_on *on)
{
	char text[PTN_UUID_STR];

	ptn_uuid_format(user, text);
	on->account = ptn_arena_strdup(req->sc.arena, text);
	return on->account != NULL ? take(req, class, user, on) : PTN_E_NOMEM;
}

/* As whoever is looked up, whether they exist or not. */
static enum ptn_err
take_member(struct ptn_request *req, struct ptn_limit_on *on)
{
	enum ptn_err r;

	if (!req->in[ACCOUNT].set)
		return take(req, PTN_RATE_CHALLENGE, NULL, on);
	r = ptn_dfns_lookup_key(&req->sc, req->in[ORGANISATION].s,
	    req->in[ACCOUNT].s, &on->name);
	return r == PTN_OK ? take(req, req->route->rate, NULL, on) : r;
}

enum ptn_err
ptn_throttle(struct ptn_request *req)
{
	const enum ptn_rate_class class = req->route->rate;
	struct ptn_limit_on on = { .account = NULL };

	if (!req->sc.cf->rate_enabled)
		return PTN_OK;
	ptn_device_load(req);
	switch (classes[class].whom) {
	case NAMED_BY_HANDLER:
	case COUNTED_BY_RULE:
		return PTN_OK;
	case NAMES_NOBODY:
		return take(req, class, NULL, &on);
	case NAMES_USER:
		return take_user(req, class, &req->in[ACCOUNT].id, &on);
	case NAMES_MEMBER:
		return take_member(req, &on);
	case NAMED_UNSET:
		break;
	}
	return PTN_E_INTERNAL;
}

enum ptn_err
ptn_throttle_account(struct ptn_request *req, const struct ptn_uuid *account,
    struct ptn_limit_on *on)
{
	return req->sc.cf->rate_enabled
	    ? take_user(req, PTN_RATE_FACTOR, account, on)
	    : PTN_OK;
}

/*
 * Has the log been told a moment ago, by this process, that this limit is
 * reached by this network?  Whoever goes on all the same fills no log, and
 * costs no row.  Two who share a place are told more often.
 */
static bool
told_lately(const struct ptn_actor *a)
{
	static struct {
		uint8_t whom[PTN_SHA256_LEN];
		int64_t until_ms;
	} told[TOLD_PLACES];
	const int64_t now = ptn_clock_mono_ms();
	uint8_t whom[PTN_SHA256_LEN];
	char text[160];
	size_t at;

	(void)snprintf(text, sizeof(text), "%s %s", a->limit.what,
	    a->network_wide != NULL ? a->network_wide : "");
	ptn_crypto_sha256(ptn_bytes_of(text), whom);
	at = whom[0] % TOLD_PLACES;
	if (now < told[at].until_ms &&
	    memcmp(told[at].whom, whom, sizeof(whom)) == 0)
		return true;
	memcpy(told[at].whom, whom, sizeof(whom));
	told[at].until_ms = now + TOLD_MS;
	return false;
}

void
ptn_throttle_tell(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_err r)
{
	const struct ptn_actor_limit *limit = &req->actor.limit;
	const char *path;

	if (limit->what == NULL)
		return;
	ptn_reply_header_int(rep, "X-RateLimit-Limit", limit->limit);
	ptn_reply_header_int(rep, "X-RateLimit-Remaining", limit->remaining);
	ptn_reply_header_int(rep, "X-RateLimit-Reset", limit->reset_s);
	if (r != PTN_E_RATE)
		return;
	ptn_reply_header_int(rep, "Retry-After", limit->reset_s);
	if (told_lately(req->sc.actor))
		return;
	path = req->route != NULL ? req->route->path : "no such path";
	ptn_limit_log(&req->sc, path);
	ptn_event_note(&req->sc, PTN_EVENT_RATE_LIMITED, path);
}
