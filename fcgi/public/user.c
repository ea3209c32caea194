#include "fcgi/public/public.h"

#include <string.h>

#include "fcgi/cookie.h"
#include "fcgi/issue.h"
#include "fcgi/jsonval.h"
#include "fcgi/profile.h"
#include "lib/account/credential.h"
#include "lib/account/signup.h"
#include "lib/account/user.h"

enum { EMAIL, EMAIL__MAX };

static const struct ptn_field email_fields[EMAIL__MAX] = {
	[EMAIL] = { "email", PTN_F_EMAIL, true, 1024, NULL, PTN_OK },
};

const struct ptn_input ptn_in_email = { email_fields, EMAIL__MAX };

/*
 * POST /user: is there an account for this address?  The contract tells;
 * an address that nobody has proved is no account.
 */
enum ptn_err
ptn_public_user_find(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_user_ref user;
	int64_t passkeys;
	enum ptn_err r;

	r = ptn_user_by_address(&req->sc, req->in[EMAIL].s, &user);
	if (r != PTN_OK)
		return r;
	r = ptn_credential_count(&req->sc, &user.id, false, &passkeys);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonval_uuid(&rep->json, "id", &user.id);
	ptn_jsonval_uuid(&rep->json, "email_id", &user.email_id);
	ptn_jsonw_bool(&rep->json, "verified", user.verified);
	ptn_jsonw_bool(&rep->json, "has_webauthn_credential", passkeys > 0);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/*
 * POST /users: sign up.  With verification the address stays unowned until
 * its passcode is entered; without, the new user is logged in at once.
 */
enum ptn_err
ptn_public_user_create(struct ptn_request *req, struct ptn_reply *rep)
{
	static const enum ptn_err answers[PTN_SIGNUP__MAX] = {
		[PTN_SIGNUP_CLOSED] = PTN_E_FORBIDDEN,
		[PTN_SIGNUP_TAKEN] = PTN_E_CONFLICT,
		[PTN_SIGNUP_NAME_TAKEN] = PTN_E_CONFLICT,
		[PTN_SIGNUP_DONE] = PTN_OK,
	};
	struct ptn_signup s = { .api = PTN_API_HANKO,
		.address = req->in[EMAIL].s };
	enum ptn_signup_result what;
	char email_id[PTN_UUID_STR];
	enum ptn_err r;

	if ((r = ptn_signup(&req->sc, &s, &what)) != PTN_OK ||
	    (r = answers[what]) != PTN_OK)
		return r;
	if (s.signed_in &&
	    (r = ptn_issue_token(req, rep, &s.claims)) != PTN_OK)
		return r;
	ptn_uuid_format(&s.user.email_id, email_id);
	ptn_cookie_set_email_id(req, rep, email_id);
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonval_uuid(&rep->json, "id", &s.user.id);
	ptn_jsonval_uuid(&rep->json, "user_id", &s.user.id);
	ptn_jsonw_str(&rep->json, "email_id", email_id);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* GET /me: the profile of whoever asks. */
enum ptn_err
ptn_public_user_me(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_profile p;
	enum ptn_err r;

	if ((r = ptn_profile_load(&req->sc, &req->session.claims.sub, &p)) !=
	    PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	rep->no_store = true;
	ptn_profile_members(&rep->json, &p);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* GET /users/{id}: the same, for oneself alone; any other id is 403. */
enum ptn_err
ptn_public_user_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id;
	struct ptn_profile p;
	enum ptn_err r;

	if (!ptn_uuid_parse_any(req->arg, &id) ||
	    !ptn_uuid_equal(&id, &req->session.claims.sub))
		return PTN_E_FORBIDDEN;
	if ((r = ptn_profile_load(&req->sc, &req->session.claims.sub, &p)) !=
	    PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	rep->no_store = true;
	ptn_profile_members_by_id(&rep->json, &p);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* DELETE /user: the account and all that belongs to it, sessions included. */
enum ptn_err
ptn_public_user_remove(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	r = ptn_user_close(&req->sc, &req->session.claims.sub);
	if (r == PTN_E_FORBIDDEN)
		return ptn_reply_say(rep, r,
		    "this account is registered with the Dfns API: only the "
		    "operator can delete it");
	if (r != PTN_OK)
		return r;
	ptn_cookie_clear_session(req, rep);
	rep->done = PTN_DONE_EMPTY;
	return PTN_OK;
}
