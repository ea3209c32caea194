#include "fcgi/public/public.h"

#include "fcgi/issue.h"
#include "fcgi/cookie.h"
#include "fcgi/jsonval.h"
#include "lib/account/signin_passcode.h"

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

/* Whose session it comes with, or NULL. */
static const struct ptn_uuid *
asked_by(const struct ptn_request *req)
{
	return req->session.known ? &req->session.claims.sub : NULL;
}

#define EMAIL_IDS_MAX 8 /* cookies of that name that are looked at */

/* Old clients name the address by a cookie, that of the longest path first. */
static enum ptn_err
cookie_email_id(const struct ptn_request *req, struct ptn_reply *rep,
    struct ptn_uuid *id)
{
	const char *value[EMAIL_IDS_MAX];
	size_t i, n;

	n = ptn_cookie_values(req, PTN_COOKIE_EMAIL_ID, value, EMAIL_IDS_MAX);
	for (i = 0; i < n; i++)
		if (ptn_uuid_parse_any(value[i], id))
			return PTN_OK;
	return ptn_reply_say(rep, PTN_E_INPUT,
	    n == 0 || *value[0] == '\0' ? "an emailId needs to be specified"
					: "failed to parse emailId as uuid");
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
	static const struct ptn_public_answer
	    answers[PTN_SIGNIN_PASSCODE__MAX] = {
		    [PTN_SIGNIN_PASSCODE_NO_USER] = { PTN_E_INPUT, NULL },
		    [PTN_SIGNIN_PASSCODE_NO_ADDRESS] = { PTN_E_INPUT,
			"the specified emailId is not available" },
		    [PTN_SIGNIN_PASSCODE_FOREIGN] = { PTN_E_FORBIDDEN, NULL },
		    [PTN_SIGNIN_PASSCODE_SENT] = { PTN_OK, NULL },
	    };
	struct ptn_signin_passcode_ask ask = { .user_id = req->in[INIT_USER].id,
		.email_id = req->in[INIT_EMAIL].id,
		.by = asked_by(req) };
	enum ptn_signin_passcode_sent what;
	enum ptn_err r;

	r = ptn_signin_passcode_send(&req->sc, &ask, &what);
	if (r == PTN_OK && what == PTN_SIGNIN_PASSCODE_NO_ADDRESS &&
	    ptn_uuid_is_nil(&ask.email_id)) {
		if ((r = cookie_email_id(req, rep, &ask.email_id)) != PTN_OK)
			return r;
		r = ptn_signin_passcode_send(&req->sc, &ask, &what);
	}
	if (r != PTN_OK)
		return r;
	if (what == PTN_SIGNIN_PASSCODE_SENT)
		write_passcode(rep, &ask.passcode);
	return ptn_reply_say(rep, answers[what].r, answers[what].message);
}

/*
 * POST /passcode/login/finalize: trade a code for a session, and prove the
 * address by the way.
 */
enum ptn_err
ptn_public_passcode_final(struct ptn_request *req, struct ptn_reply *rep)
{
	static const struct ptn_public_answer answers[PTN_PASSCODE__MAX] = {
		[PTN_PASSCODE_WRONG] = { PTN_E_DENIED, NULL },
		[PTN_PASSCODE_UNKNOWN] = { PTN_E_DENIED, "passcode not found" },
		[PTN_PASSCODE_EXPIRED] = { PTN_E_EXPIRED, NULL },
		[PTN_PASSCODE_USED_UP] = { PTN_E_GONE, NULL },
		[PTN_PASSCODE_CLAIMED] = { PTN_E_FORBIDDEN,
		    "email address has been claimed by another user" },
		/* As of a wrong one: nobody is told who is kept out. */
		[PTN_PASSCODE_NOBODY] = { PTN_E_DENIED, NULL },
		[PTN_PASSCODE_UNFIT] = { PTN_E_FORBIDDEN, NULL },
		[PTN_PASSCODE_HALF] = { PTN_E_FORBIDDEN,
		    PTN_PUBLIC_SECOND_FACTOR },
		[PTN_PASSCODE_RIGHT] = { PTN_OK, NULL },
	};
	struct ptn_signin_passcode p = { .api = PTN_API_HANKO,
		.id = req->in[FINAL_ID].id,
		.code = req->in[FINAL_CODE].s,
		.by = asked_by(req) };
	enum ptn_passcode_result what;
	enum ptn_err r;

	if ((r = ptn_signin_passcode(&req->sc, &p, &what)) != PTN_OK)
		return r;
	if (what != PTN_PASSCODE_RIGHT)
		return ptn_reply_say(rep, answers[what].r,
		    answers[what].message);
	write_passcode(rep, &p.passcode);
	return ptn_issue_token(req, rep, &p.claims);
}
