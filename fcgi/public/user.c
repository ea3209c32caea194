#include <string.h>

#include "fcgi/cookie.h"
#include "fcgi/public/public.h"
#include "lib/address.h"
#include "lib/clock.h"
#include "lib/email.h"
#include "lib/user.h"

enum { EMAIL, EMAIL__MAX };

static const struct ptn_field email_fields[EMAIL__MAX] = {
	[EMAIL] = { "email", PTN_F_EMAIL, true, 1024, NULL },
};

const struct ptn_input ptn_in_email = { email_fields, EMAIL__MAX };

static void
write_uuid(struct ptn_jsonw *w, const char *name, const struct ptn_uuid *id)
{
	char text[PTN_UUID_STR];

	ptn_uuid_format(id, text);
	ptn_jsonw_str(w, name, text);
}

static void
write_time(struct ptn_jsonw *w, const char *name, int64_t us)
{
	char text[PTN_TIME_STR];

	ptn_time_format(us, text);
	ptn_jsonw_str(w, name, text);
}

/*
 * POST /user: is there an account for this address?  The contract tells (6.1);
 * an address that nobody has proved is no account.
 */
enum ptn_err
ptn_user_find(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_user_ref user;
	enum ptn_err r;

	r = ptn_user_by_address(req->db, req->arena, &req->tenant.id,
	    req->in[EMAIL].s, &user);
	if (r != PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	write_uuid(&rep->json, "id", &user.id);
	write_uuid(&rep->json, "email_id", &user.email_id);
	ptn_jsonw_bool(&rep->json, "verified", user.verified);
	ptn_jsonw_bool(&rep->json, "has_webauthn_credential", false);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

struct signing_up {
	struct ptn_request *req;
	struct ptn_user_ref user;
	struct ptn_claims claims;
};

static enum ptn_err
sign_up(struct ptn_db *db, void *arg)
{
	struct signing_up *s = arg;
	struct ptn_request *req = s->req;
	const bool own = !req->cf->email_verify;
	const char *address = req->in[EMAIL].s;
	const struct ptn_email_claim email = { address, true, false };
	enum ptn_err r;

	r = ptn_user_sign_up(db, req->arena, &req->tenant.id, address, own,
	    &s->user);
	if (r != PTN_OK || !own)
		return r;
	return ptn_issue_row(req, &s->user.id, &email, &s->claims);
}

/*
 * POST /users: sign up.  With verification the address stays unowned until
 * its passcode is entered; without, the new user is logged in at once.
 */
enum ptn_err
ptn_user_create(struct ptn_request *req, struct ptn_reply *rep)
{
	struct signing_up s = { .req = req };
	char email_id[PTN_UUID_STR];
	enum ptn_err r;

	if (!req->cf->allow_signup)
		return PTN_E_FORBIDDEN;
	if ((r = ptn_db_tx(req->db, sign_up, &s)) != PTN_OK)
		return r;
	req->audit.user_id = s.user.id;
	req->audit.email = req->in[EMAIL].s;
	ptn_audit_note(&req->audit, PTN_AUDIT_USER_CREATED, NULL);
	if (!req->cf->email_verify &&
	    (r = ptn_issue_token(req, rep, &s.claims)) != PTN_OK)
		return r;
	ptn_uuid_format(&s.user.email_id, email_id);
	ptn_cookie_set_email_id(req, rep, email_id);
	ptn_jsonw_object(&rep->json, NULL);
	write_uuid(&rep->json, "id", &s.user.id);
	write_uuid(&rep->json, "user_id", &s.user.id);
	ptn_jsonw_str(&rep->json, "email_id", email_id);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

struct profile {
	struct ptn_user user;
	struct ptn_email *email;
	size_t emails;
};

static enum ptn_err
load_profile(struct ptn_request *req, struct profile *p)
{
	const struct ptn_uuid *id = &req->session.claims.sub;
	enum ptn_err r;

	r = ptn_user_get(req->db, req->arena, &req->tenant.id, id, &p->user);
	if (r != PTN_OK)
		return r;
	return ptn_emails_of(req->db, req->arena, &req->tenant.id, id,
	    &p->email, &p->emails);
}

static void
write_emails(struct ptn_jsonw *w, const struct profile *p)
{
	size_t i;

	if (p->emails == 0)
		return;
	ptn_jsonw_array(w, "emails");
	for (i = 0; i < p->emails; i++) {
		ptn_jsonw_object(w, NULL);
		write_uuid(w, "id", &p->email[i].id);
		ptn_jsonw_str(w, "address", p->email[i].address);
		ptn_jsonw_bool(w, "is_verified", p->email[i].verified);
		ptn_jsonw_bool(w, "is_primary", p->email[i].is_primary);
		ptn_jsonw_end_object(w);
	}
	ptn_jsonw_end_array(w);
}

/* The members that both profile answers have (6.3). */
static void
write_profile(struct ptn_reply *rep, const struct profile *p)
{
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	write_uuid(w, "id", &p->user.id);
	write_uuid(w, "user_id", &p->user.id);
	ptn_jsonw_object(w, "mfa_config");
	ptn_jsonw_bool(w, "auth_app_set_up", false);
	ptn_jsonw_bool(w, "totp_enabled", false);
	ptn_jsonw_bool(w, "security_keys_enabled", false);
	ptn_jsonw_end_object(w);
	write_time(w, "created_at", p->user.created_at_us);
	write_time(w, "updated_at", p->user.updated_at_us);
	write_emails(w, p);
}

/* GET /me: the profile of whoever asks. */
enum ptn_err
ptn_user_me(struct ptn_request *req, struct ptn_reply *rep)
{
	struct profile p;
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
ptn_user_show(struct ptn_request *req, struct ptn_reply *rep)
{
	char self[PTN_UUID_STR];
	struct profile p;
	enum ptn_err r;
	size_t i;

	ptn_uuid_format(&req->session.claims.sub, self);
	if (strcmp(req->arg, self) != 0)
		return PTN_E_FORBIDDEN;
	if ((r = load_profile(req, &p)) != PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	write_profile(rep, &p);
	for (i = 0; i < p.emails; i++)
		if (p.email[i].is_primary)
			ptn_jsonw_str(&rep->json, "email", p.email[i].address);
	ptn_jsonw_null(&rep->json, "webauthn_credentials");
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

static enum ptn_err
remove_user(struct ptn_db *db, void *arg)
{
	const struct ptn_request *req = arg;

	return ptn_user_delete(db, &req->tenant.id, &req->session.claims.sub);
}

/*
 * DELETE /user: the account and all that belongs to it, sessions included, in
 * one transaction.
 */
enum ptn_err
ptn_user_remove(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	if ((r = ptn_db_tx(req->db, remove_user, req)) != PTN_OK)
		return r;
	ptn_audit_note(&req->audit, PTN_AUDIT_USER_DELETED, NULL);
	ptn_cookie_clear_session(req, rep);
	rep->done = PTN_DONE_EMPTY;
	return PTN_OK;
}
