#include "fcgi/admin/admin.h"

#include <string.h>

#include "fcgi/profile.h"
#include "fcgi/userjson.h"
#include "lib/account/otp.h"
#include "lib/account/passkey.h"
#include "lib/account/password.h"
#include "lib/account/password_change.h"
#include "lib/base/base64.h"

/* The user that the path names, with all that is theirs. */
static enum ptn_err
load(struct ptn_request *req, struct ptn_reply *rep, struct ptn_person *p)
{
	struct ptn_uuid id;
	enum ptn_err r = ptn_admin_user_named(req, rep, &id);

	return r == PTN_OK ? ptn_person_load(&req->sc, &id, p) : r;
}

/* ----------------------------------------------------------------- password */

enum { PASSWORD, PASSWORD__MAX };

static const struct ptn_field password_fields[PASSWORD__MAX] = {
	[PASSWORD] = { "password", PTN_F_SECRET, true, 4096, NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_password = { password_fields,
	PASSWORD__MAX };

/* GET /users/{id}/password: that there is one, and since when. */
enum ptn_err
ptn_admin_password_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_person p;
	enum ptn_err r;

	if ((r = load(req, rep, &p)) != PTN_OK)
		return r;
	if (p.password_at_us == 0)
		return PTN_E_NOT_FOUND;
	ptn_userjson_password(&rep->json, NULL, &req->sc, &p);
	return PTN_OK;
}

static enum ptn_err
settle(struct ptn_reply *rep, enum ptn_password_change_result what)
{
	static const struct {
		enum ptn_err r;
		const char *message;
	} answers[PTN_PASSWORD_CHANGE__MAX] = {
		[PTN_PASSWORD_CHANGE_NO_USER] = { PTN_E_NOT_FOUND, NULL },
		[PTN_PASSWORD_CHANGE_FOREIGN] = { PTN_E_INTERNAL, NULL },
		[PTN_PASSWORD_CHANGE_SHORT] = { PTN_E_INPUT,
		    "password is shorter than password.min_length" },
		[PTN_PASSWORD_CHANGE_LONG] = { PTN_E_INPUT,
		    "password is longer than password.max_bytes" },
		[PTN_PASSWORD_CHANGE_UNFIT] = { PTN_E_INPUT,
		    "password has characters that may not stand in one" },
		[PTN_PASSWORD_CHANGE_FIRST] = { PTN_OK, NULL },
		[PTN_PASSWORD_CHANGE_DONE] = { PTN_OK, NULL },
	};

	return ptn_reply_say(rep, answers[what].r, answers[what].message);
}

static enum ptn_err
set_password(struct ptn_request *req, struct ptn_reply *rep, bool first)
{
	enum ptn_password_change_result what;
	struct ptn_uuid id;
	enum ptn_err r;

	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK)
		return r;
	r = ptn_password_change_give(&req->sc, &id, req->in[PASSWORD].b, first,
	    &what);
	if (r == PTN_E_CONFLICT)
		return ptn_reply_say(rep, r, "the user has a password");
	if (r != PTN_OK || (r = settle(rep, what)) != PTN_OK)
		return r;
	return ptn_admin_password_show(req, rep);
}

/* POST /users/{id}/password: a first one. */
enum ptn_err
ptn_admin_password_create(struct ptn_request *req, struct ptn_reply *rep)
{
	return set_password(req, rep, true);
}

/* PUT /users/{id}/password: in the place of another. */
enum ptn_err
ptn_admin_password_update(struct ptn_request *req, struct ptn_reply *rep)
{
	return set_password(req, rep, false);
}

/* DELETE /users/{id}/password */
enum ptn_err
ptn_admin_password_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK)
		return r;
	return ptn_password_drop(&req->sc, &id);
}

/* --------------------------------------------------------------------- app */

/* GET /users/{id}/otp: that there is one, and since when. */
enum ptn_err
ptn_admin_otp_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_person p;
	enum ptn_err r;

	if ((r = load(req, rep, &p)) != PTN_OK)
		return r;
	if (p.otp_at_us == 0)
		return PTN_E_NOT_FOUND;
	ptn_userjson_otp(&rep->json, NULL, &p);
	return PTN_OK;
}

/* DELETE /users/{id}/otp: whoever has lost the phone with it. */
enum ptn_err
ptn_admin_otp_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid id;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	if ((r = ptn_admin_user_named(req, rep, &id)) != PTN_OK)
		return r;
	return ptn_otp_remove(&req->sc, &id);
}

/* ------------------------------------------------- passkeys, security keys */

/* GET /users/{id}/webauthn_credentials */
enum ptn_err
ptn_admin_credential_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_person p;
	enum ptn_err r;
	size_t i;

	if ((r = load(req, rep, &p)) != PTN_OK)
		return r;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < p.credentials; i++)
		ptn_profile_passkey(&rep->json, &p.credential[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

static enum ptn_err
id_of(struct ptn_request *req, struct ptn_reply *rep, struct ptn_bytes *id)
{
	enum ptn_err r;

	r = ptn_b64url_decode(req->sc.arena, ptn_bytes_of(req->arg2), id);
	return r != PTN_E_INPUT
	    ? r
	    : ptn_reply_say(rep, r, "credential_id must be base64url");
}

/* GET /users/{id}/webauthn_credentials/{credential_id} */
enum ptn_err
ptn_admin_credential_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_person p;
	struct ptn_bytes id;
	enum ptn_err r;
	size_t i = 0;

	if ((r = load(req, rep, &p)) != PTN_OK ||
	    (r = id_of(req, rep, &id)) != PTN_OK)
		return r;
	while (i < p.credentials && !ptn_bytes_equal(p.credential[i].id, id))
		i++;
	if (i == p.credentials)
		return ptn_reply_say(rep, PTN_E_NOT_FOUND,
		    "webauthn credential not found");
	ptn_profile_passkey(&rep->json, &p.credential[i]);
	return PTN_OK;
}

/* DELETE /users/{id}/webauthn_credentials/{credential_id}: any of theirs. */
enum ptn_err
ptn_admin_credential_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid user;
	struct ptn_bytes id;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	if ((r = ptn_admin_user_named(req, rep, &user)) != PTN_OK ||
	    (r = id_of(req, rep, &id)) != PTN_OK)
		return r;
	r = ptn_passkey_take_away(&req->sc, &user, id);
	return r != PTN_E_NOT_FOUND
	    ? r
	    : ptn_reply_say(rep, r, "webauthn credential not found");
}
