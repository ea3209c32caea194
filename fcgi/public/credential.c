#include "fcgi/public/public.h"

#include "fcgi/profile.h"
#include "lib/account/credential.h"
#include "lib/account/passkey.h"
#include "lib/base/base64.h"

enum { NAME, NAME__MAX };

static const struct ptn_field name_fields[NAME__MAX] = {
	[NAME] = { "name", PTN_F_TEXT, false, PTN_CREDENTIAL_NAME_MAX, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_credential_name = { name_fields, NAME__MAX };

/*
 * GET /webauthn/credentials: the passkeys of whoever asks, oldest first, and
 * behind them their security keys.
 */
enum ptn_err
ptn_public_credential_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_credential *c;
	enum ptn_err r;
	size_t i, n;

	r = ptn_credentials_of(&req->sc, &req->session.claims.sub, &c, &n);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < n; i++)
		ptn_profile_passkey(&rep->json, &c[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

/* An id of a path that is none is nobody's: 404. */
static enum ptn_err
id_of(const struct ptn_request *req, struct ptn_bytes *id)
{
	if (ptn_b64url_decode(req->sc.arena, ptn_bytes_of(req->arg), id) !=
	    PTN_OK)
		return PTN_E_NOT_FOUND;
	return PTN_OK;
}

/* Says where to go with a passkey that is not changed here, or why it stays. */
static enum ptn_err
settle(struct ptn_reply *rep, enum ptn_err r)
{
	if (r == PTN_E_FORBIDDEN)
		return ptn_reply_say(rep, r,
		    "this passkey is admitted to the Dfns API: it is switched "
		    "off there, by a signed PUT /auth/credentials/deactivate");
	if (r == PTN_E_UNPROCESSABLE)
		return ptn_reply_say(rep, PTN_E_FORBIDDEN,
		    "this is the last second factor, and one is demanded: set "
		    "up another one first");
	return r;
}

/* PATCH /webauthn/credentials/{id}: name it; absent or null leaves the name. */
enum ptn_err
ptn_public_credential_update(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *name = &req->in[NAME];
	struct ptn_bytes id;
	enum ptn_err r;

	if ((r = id_of(req, &id)) != PTN_OK)
		return r;
	return settle(rep,
	    ptn_passkey_rename(&req->sc, &req->session.claims.sub, id,
		name->set ? name->s : NULL));
}

/* DELETE /webauthn/credentials/{id}: the last one may go, too. */
enum ptn_err
ptn_public_credential_remove(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_bytes id;
	enum ptn_err r;

	if ((r = id_of(req, &id)) != PTN_OK)
		return r;
	rep->done = PTN_DONE_EMPTY;
	return settle(rep,
	    ptn_passkey_remove(&req->sc, &req->session.claims.sub, id));
}
