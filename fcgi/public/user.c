#include "fcgi/public/public.h"

#include <string.h>

#include "fcgi/cookie.h"
#include "fcgi/jsonval.h"
#include "lib/account/credential.h"
#include "lib/account/email.h"
#include "lib/account/policy.h"
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
	r = ptn_credential_count(&req->sc, &user.id, &passkeys);
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
	    (r = ptn_public_issue_token(req, rep, &s.claims)) != PTN_OK)
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

struct profile {
	struct ptn_user user;
	struct ptn_email *email;
	size_t emails;
	struct ptn_credential *passkey;
	size_t passkeys;
};

static enum ptn_err
load_profile(struct ptn_request *req, struct profile *p)
{
	const struct ptn_uuid *id = &req->session.claims.sub;
	enum ptn_err r;

	r = ptn_user_get(&req->sc, id, &p->user);
	if (r != PTN_OK)
		return r;
	r = ptn_emails_of(&req->sc, id, &p->email, &p->emails);
	if (r != PTN_OK || !ptn_policy_passkeys(req->sc.cf))
		return r;
	return ptn_credentials_of(&req->sc, id, &p->passkey, &p->passkeys);
}

void
ptn_public_email(struct ptn_jsonw *w, const struct ptn_email *e)
{
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &e->id);
	ptn_jsonval_address(w, "address", e->address);
	ptn_jsonw_bool(w, "is_verified", e->verified);
	ptn_jsonw_bool(w, "is_primary", e->is_primary);
	ptn_jsonw_end_object(w);
}

static void
write_emails(struct ptn_jsonw *w, const struct profile *p)
{
	size_t i;

	if (p->emails == 0)
		return;
	ptn_jsonw_array(w, "emails");
	for (i = 0; i < p->emails; i++)
		ptn_public_email(w, &p->email[i]);
	ptn_jsonw_end_array(w);
}

static void
write_passkeys(struct ptn_jsonw *w, const struct profile *p)
{
	size_t i;

	if (p->passkeys == 0)
		return;
	ptn_jsonw_array(w, "passkeys");
	for (i = 0; i < p->passkeys; i++)
		ptn_public_credential(w, &p->passkey[i]);
	ptn_jsonw_end_array(w);
}

/* The members that both profile answers have. */
static void
write_profile(struct ptn_reply *rep, const struct profile *p)
{
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonval_uuid(w, "id", &p->user.id);
	ptn_jsonval_uuid(w, "user_id", &p->user.id);
	ptn_jsonw_object(w, "mfa_config");
	ptn_jsonw_bool(w, "auth_app_set_up", false);
	ptn_jsonw_bool(w, "totp_enabled", false);
	ptn_jsonw_bool(w, "security_keys_enabled", false);
	ptn_jsonw_end_object(w);
	ptn_jsonval_time(w, "created_at", p->user.created_at_us);
	ptn_jsonval_time(w, "updated_at", p->user.updated_at_us);
	write_emails(w, p);
	write_passkeys(w, p);
}

/* What GET /users/{id} shows of each passkey: the members clients read. */
static void
write_webauthn_credentials(struct ptn_jsonw *w, const struct profile *p)
{
	size_t i;

	if (p->passkeys == 0) {
		ptn_jsonw_null(w, "webauthn_credentials");
		return;
	}
	ptn_jsonw_array(w, "webauthn_credentials");
	for (i = 0; i < p->passkeys; i++)
		ptn_public_credential(w, &p->passkey[i]);
	ptn_jsonw_end_array(w);
}

/* GET /me: the profile of whoever asks. */
enum ptn_err
ptn_public_user_me(struct ptn_request *req, struct ptn_reply *rep)
{
	struct profile p = { .passkeys = 0 };
	enum ptn_err r;

	if ((r = load_profile(req, &p)) != PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	write_profile(rep, &p);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* GET /users/{id}: the same, for oneself alone; any other id is 403. */
enum ptn_err
ptn_public_user_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id;
	struct profile p = { .passkeys = 0 };
	enum ptn_err r;
	size_t i;

	if (!ptn_uuid_parse_any(req->arg, &id) ||
	    !ptn_uuid_equal(&id, &req->session.claims.sub))
		return PTN_E_FORBIDDEN;
	if ((r = load_profile(req, &p)) != PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	write_profile(rep, &p);
	for (i = 0; i < p.emails; i++)
		if (p.email[i].is_primary)
			ptn_jsonval_address(&rep->json, "email",
			    p.email[i].address);
	write_webauthn_credentials(&rep->json, &p);
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
