#include "lib/account/password.h"
#include "fcgi/public/public.h"
#include "lib/account/signin.h"
#include "lib/account/user.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"

enum { USER, PASSWORD, PASSWORD__MAX };

static const struct ptn_field password_fields[PASSWORD__MAX] = {
	[USER] = { "user_id", PTN_F_UUID, true, 64, NULL, PTN_OK },
	[PASSWORD] = { "password", PTN_F_SECRET, true, 65536, NULL, PTN_OK },
};

const struct ptn_input ptn_in_password = { password_fields, PASSWORD__MAX };

static enum ptn_err
too_long(struct ptn_request *req, struct ptn_reply *rep)
{
	return ptn_reply_say(rep, PTN_E_INPUT,
	    ptn_arena_printf(req->sc.arena,
		"password must not be longer than %lld bytes",
		(long long)req->sc.cf->password_max_bytes));
}

static const char *
why_denied(const struct ptn_password_user *pu)
{
	if (!pu->known)
		return "unknown user";
	return pu->hash == NULL ? "user has no password credential"
				: "password hash not equal";
}

/*
 * POST /password/login: trade a password for a session.  An unknown user, one
 * without a password and a wrong password cost the same work and give the
 * same 401 (CWE-204, CWE-208).
 */
enum ptn_err
ptn_public_password_login(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_uuid *user = &req->in[USER].id;
	const struct ptn_bytes pw = req->in[PASSWORD].b;
	struct ptn_password_user pu;
	struct ptn_signin in = { .api = PTN_API_HANKO,
		.user_id = *user,
		.email = &pu.email,
		.event = PTN_EVENT_PASSWORD_LOGIN_OK };
	enum ptn_verdict verdict;
	enum ptn_err r;

	req->actor.user_id = *user;
	if (pw.len > (size_t)req->sc.cf->password_max_bytes) {
		ptn_event_note(&req->sc, PTN_EVENT_PASSWORD_LOGIN_FAILED,
		    "password too long");
		return too_long(req, rep);
	}
	r = ptn_password_find(&req->sc, user, &pu);
	if (r != PTN_OK)
		return r;
	req->actor.email = pu.email.address;
	r = ptn_password_check(&req->sc, user, &pu, pw, &verdict);
	if (r != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW) {
		ptn_event_note(&req->sc, PTN_EVENT_PASSWORD_LOGIN_FAILED,
		    why_denied(&pu));
		return PTN_E_DENIED;
	}
	r = ptn_signin(&req->sc, &in);
	if (r == PTN_E_NOT_FOUND) /* the user went while we hashed */
		return PTN_E_DENIED;
	if (r != PTN_OK)
		return r;
	ptn_jsonw_null(&rep->json, NULL);
	return ptn_public_issue_token(req, rep, &in.claims);
}

static enum ptn_err
set_failed(struct ptn_request *req, const char *why, enum ptn_err r)
{
	ptn_event_note(&req->sc, PTN_EVENT_PASSWORD_SET_FAILED, why);
	return r;
}

/* Length in code points below, in bytes above (hanko-public 4.2). */
static enum ptn_err
check_length(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_bytes pw = req->in[PASSWORD].b;
	const int64_t min = req->sc.cf->password_min;

	if (ptn_utf8_length(pw) < (size_t)min) {
		(void)set_failed(req, "password too short", PTN_E_INPUT);
		return ptn_reply_say(rep, PTN_E_INPUT,
		    ptn_arena_printf(req->sc.arena,
			"password must be at least %lld characters long",
			(long long)min));
	}
	if (pw.len > (size_t)req->sc.cf->password_max_bytes) {
		(void)set_failed(req, "password too long", PTN_E_INPUT);
		return too_long(req, rep);
	}
	return PTN_OK;
}

/*
 * An id of somebody else is 403, one of nobody 401: the contract's order,
 * in which existence comes first.
 */
static enum ptn_err
check_owner(struct ptn_request *req)
{
	const struct ptn_uuid *user = &req->in[USER].id;
	struct ptn_user found;
	enum ptn_err r;

	if (ptn_uuid_equal(user, &req->session.claims.sub))
		return PTN_OK;
	r = ptn_user_get(&req->sc, user, &found);
	if (r == PTN_E_NOT_FOUND)
		return set_failed(req, "unknown user", PTN_E_DENIED);
	if (r != PTN_OK)
		return r;
	return set_failed(req, "wrong user", PTN_E_FORBIDDEN);
}

/* PUT /password: set or change one's own password. */
enum ptn_err
ptn_public_password_update(struct ptn_request *req, struct ptn_reply *rep)
{
	bool created = false;
	enum ptn_err r;

	if ((r = check_length(req, rep)) != PTN_OK ||
	    (r = check_owner(req)) != PTN_OK)
		return r;
	r = ptn_password_set(&req->sc, &req->in[USER].id, req->in[PASSWORD].b,
	    &created);
	if (r == PTN_E_INPUT)
		return ptn_reply_say(rep, r,
		    "password must not contain control characters");
	if (r == PTN_E_NOT_FOUND)
		return PTN_E_DENIED;
	if (r != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_PASSWORD_SET_OK, NULL);
	rep->done = created ? PTN_DONE_CREATED : PTN_DONE_OK;
	ptn_jsonw_null(&rep->json, NULL);
	return PTN_OK;
}
