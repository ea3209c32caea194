#include <string.h>

#include "fcgi/cookie.h"
#include "fcgi/jsonval.h"
#include "fcgi/public/public.h"
#include "lib/account/email.h"
#include "lib/account/passcode.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/event/outbox.h"
#include "lib/event/tx.h"
#include "lib/format/locale.h"

enum { INIT_USER, INIT_EMAIL, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_USER] = { "user_id", PTN_F_UUID, true, 64, NULL, PTN_OK },
	[INIT_EMAIL] = { "email_id", PTN_F_UUID_LAX, false, 64,
	    "failed to parse emailId as uuid", PTN_OK },
};

const struct ptn_input ptn_in_passcode_init = { init_fields, INIT__MAX };

enum { FINAL_ID, FINAL_CODE, FINAL__MAX };

static const struct ptn_field final_fields[FINAL__MAX] = {
	[FINAL_ID] = { "id", PTN_F_UUID4, true, 64, NULL, PTN_OK },
	[FINAL_CODE] = { "code", PTN_F_DIGITS, true, PTN_PASSCODE_DIGITS, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_passcode_final = { final_fields, FINAL__MAX };

/*
 * Sessions of this API do not outlive a passcode request of somebody else:
 * a browser that is logged in as one user does not log in as another.
 */
static bool
someone_else(const struct ptn_request *req, const struct ptn_uuid *user)
{
	return req->session.known &&
	    !ptn_uuid_equal(&req->session.claims.sub, user);
}

/* The address named in the body, or by the cookie of old clients. */
static enum ptn_err
cookie_email_id(const struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_uuid *id)
{
	const char *value = ptn_cookie_get(req, PTN_COOKIE_EMAIL_ID);

	if (value == NULL || *value == '\0')
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "an emailId needs to be specified");
	if (!ptn_uuid_parse(value, id))
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "failed to parse emailId as uuid");
	return PTN_OK;
}

static enum ptn_err
find_target(struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_passcode_target *to)
{
	const struct ptn_uuid *user = &req->in[INIT_USER].id;
	struct ptn_uuid email = req->in[INIT_EMAIL].id;
	enum ptn_err r;

	r = ptn_passcode_find_target(&req->sc, user, &email, to);
	if (r == PTN_OK && to->address == NULL && ptn_uuid_is_nil(&email)) {
		if ((r = cookie_email_id(req, rep, &email)) != PTN_OK)
			return r;
		r = ptn_passcode_find_target(&req->sc, user, &email, to);
	}
	if (r == PTN_E_NOT_FOUND) {
		ptn_event_note(&req->sc, PTN_EVENT_PASSCODE_INIT_FAILED,
		    "unknown user");
		return PTN_E_INPUT;
	}
	if (r == PTN_OK && to->address == NULL)
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "the specified emailId is not available");
	return r;
}

struct sending {
	struct ptn_request *req;
	struct ptn_passcode *pc;
	struct ptn_outbox_mail mail;
};

/* The passcode and its mail exist together or not at all. */
static enum ptn_err
store_and_queue(const struct ptn_scope *sc, void *arg)
{
	struct sending *s = arg;
	const struct ptn_request *req = s->req;
	enum ptn_err r;

	r = ptn_passcode_put(sc, s->mail.code, s->pc);
	if (r != PTN_OK || !req->sc.cf->mail_enabled)
		return r;
	return ptn_outbox_put(sc, PTN_OUTBOX_MAIL, &s->mail);
}

static void
write_passcode(struct ptn_reply *rep, const struct ptn_passcode *pc)
{
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonval_uuid(&rep->json, "id", &pc->id);
	ptn_jsonw_int(&rep->json, "ttl", pc->ttl_s);
	ptn_jsonval_time(&rep->json, "created_at", pc->created_at_us);
	ptn_jsonw_end_object(&rep->json);
}

/*
 * POST /passcode/login/initialize: send a code to the user's address.  The
 * address may be nobody's yet (sign-up, adding one); somebody else's is
 * refused.  A new code kills the older one of this user and address.
 */
enum ptn_err
ptn_public_passcode_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_uuid *user = &req->in[INIT_USER].id;
	char code[PTN_PASSCODE_DIGITS + 1];
	struct ptn_passcode pc = { .user_id = *user,
		.ttl_s = req->sc.cf->passcode_ttl_s };
	struct ptn_passcode_target to;
	struct sending s = { .req = req, .pc = &pc };
	enum ptn_err r;

	req->actor.user_id = *user;
	if ((r = find_target(req, rep, &to)) != PTN_OK)
		return r;
	if (someone_else(req, user) ||
	    (!ptn_uuid_is_nil(&to.owner_id) &&
		!ptn_uuid_equal(&to.owner_id, user)))
		return PTN_E_FORBIDDEN;
	req->actor.email = to.address;
	pc.email_id = to.email_id;
	pc.created_at_us = to.now_us;
	ptn_passcode_draw(code);
	s.mail = (struct ptn_outbox_mail){ .template = "passcode",
		.to = to.address,
		.code = code,
		.ttl_s = pc.ttl_s,
		.service = req->sc.cf->service_name,
		.locale = ptn_locale_match(
		    ptn_request_param(req, "HTTP_ACCEPT_LANGUAGE")) };
	r = ptn_tx(&req->sc, store_and_queue, &s);
	ptn_wipe(code, sizeof(code));
	if (r != PTN_OK)
		return r;
	ptn_request_wake_courier(req);
	ptn_event_note(&req->sc, PTN_EVENT_PASSCODE_INIT_OK, NULL);
	write_passcode(rep, &pc);
	return PTN_OK;
}

/* What a checked code is answered with, when it was not right. */
static enum ptn_err
refuse(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_passcode_result what)
{
	static const char *const why[] = {
		[PTN_PASSCODE_WRONG] = "passcode invalid",
		[PTN_PASSCODE_UNKNOWN] = "unknown passcode",
		[PTN_PASSCODE_EXPIRED] = "timed out passcode",
		[PTN_PASSCODE_USED_UP] = "max attempts reached",
		[PTN_PASSCODE_RIGHT] = NULL,
	};

	ptn_event_note(&req->sc, PTN_EVENT_PASSCODE_FINAL_FAILED, why[what]);
	switch (what) {
	case PTN_PASSCODE_EXPIRED:
		return PTN_E_EXPIRED;
	case PTN_PASSCODE_USED_UP:
		return PTN_E_GONE;
	case PTN_PASSCODE_UNKNOWN:
		return ptn_reply_say(rep, PTN_E_DENIED, "passcode not found");
	case PTN_PASSCODE_WRONG:
	case PTN_PASSCODE_RIGHT:
		break;
	}
	return PTN_E_DENIED;
}

struct logging_in {
	struct ptn_request *req;
	const struct ptn_passcode *pc;
	struct ptn_email email;
	struct ptn_claims claims;
	bool verified_now;
	bool claimed; /* the address has gone to somebody else */
};

/*
 * Who may use a right code (3.3): without a session its address must be the
 * user's own, or the user must have none yet; with one, it must be theirs,
 * and there must be room for one more address (several codes may wait).
 */
static enum ptn_err
authorise(const struct ptn_scope *sc, struct logging_in *l)
{
	const struct ptn_request *req = l->req;
	const struct ptn_uuid *user = &l->pc->user_id;
	int64_t n;
	enum ptn_err r;

	if (!ptn_uuid_is_nil(&l->email.user_id)) {
		if (ptn_uuid_equal(&l->email.user_id, user))
			return someone_else(req, user) ? PTN_E_FORBIDDEN
						       : PTN_OK;
		l->claimed = true;
		return PTN_E_FORBIDDEN;
	}
	if (someone_else(req, user))
		return PTN_E_FORBIDDEN;
	r = ptn_email_count(sc, user, &n);
	if (r != PTN_OK)
		return r;
	return n < (req->session.known ? req->sc.cf->email_limit : 1)
	    ? PTN_OK
	    : PTN_E_FORBIDDEN;
}

static enum ptn_err
log_in(const struct ptn_scope *sc, void *arg)
{
	struct logging_in *l = arg;
	struct ptn_request *req = l->req;
	const struct ptn_uuid *user = &l->pc->user_id;
	struct ptn_email_claim primary;
	enum ptn_err r;

	l->claimed = false;
	if ((r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_email_lock(sc, &l->pc->email_id, &l->email)) != PTN_OK ||
	    (r = authorise(sc, l)) != PTN_OK)
		return r;
	l->verified_now = !l->email.verified;
	if (l->verified_now &&
	    (r = ptn_email_own(sc, &l->email, user, true)) != PTN_OK)
		return r;
	r = ptn_email_primary(sc, user, &primary);
	if (r != PTN_OK)
		return r;
	return ptn_public_issue_row(req, user, &primary, &l->claims);
}

static void
note_success(struct ptn_request *req, const struct logging_in *l)
{
	if (l->email.is_primary)
		ptn_event_note(&req->sc, PTN_EVENT_PRIMARY_EMAIL_CHANGED, NULL);
	if (l->verified_now)
		ptn_event_note(&req->sc, PTN_EVENT_EMAIL_VERIFIED, NULL);
	ptn_event_note(&req->sc, PTN_EVENT_PASSCODE_FINAL_OK, NULL);
}

/*
 * POST /passcode/login/finalize: trade a code for a session, and prove the
 * address by the way.  The code is checked, and consumed, in a transaction of
 * its own before anything else happens: a refusal later does not give it
 * back.
 */
enum ptn_err
ptn_public_passcode_final(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_passcode_result what;
	struct ptn_passcode pc;
	struct logging_in l = { .req = req, .pc = &pc };
	enum ptn_err r;

	r = ptn_passcode_check(&req->sc, &req->in[FINAL_ID].id,
	    req->in[FINAL_CODE].s, &pc, &what);
	if (r != PTN_OK)
		return r;
	req->actor.user_id = pc.user_id;
	if (what != PTN_PASSCODE_RIGHT)
		return refuse(req, rep, what);
	r = ptn_tx(&req->sc, log_in, &l);
	if (r == PTN_E_NOT_FOUND) /* user or address went meanwhile */
		return refuse(req, rep, PTN_PASSCODE_UNKNOWN);
	if (r == PTN_E_FORBIDDEN) {
		ptn_event_note(&req->sc, PTN_EVENT_PASSCODE_FINAL_FAILED,
		    l.claimed ? "claimed address" : "not authorised");
		return l.claimed
		    ? ptn_reply_say(rep, r,
			  "email address has been claimed by another user")
		    : r;
	}
	if (r != PTN_OK)
		return r;
	req->actor.email = l.email.address;
	note_success(req, &l);
	write_passcode(rep, &pc);
	return ptn_public_issue_token(req, rep, &l.claims);
}
