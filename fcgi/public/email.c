#include "fcgi/public/public.h"

#include "fcgi/jsonval.h"
#include "fcgi/profile.h"
#include "lib/account/addresses.h"

enum { ADDRESS, ADDRESS__MAX };

/* Not 400: to the clients of this endpoint that means "exists already". */
static const struct ptn_field address_fields[ADDRESS__MAX] = {
	[ADDRESS] = { "address", PTN_F_EMAIL, true, 1024, NULL,
	    PTN_E_UNPROCESSABLE },
};

const struct ptn_input ptn_in_address = { address_fields, ADDRESS__MAX };

/* GET /emails: the addresses of whoever asks, oldest first. */
enum ptn_err
ptn_public_email_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_email *email;
	enum ptn_err r;
	size_t i, n;

	r = ptn_emails_of(&req->sc, &req->session.claims.sub, &email, &n);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < n; i++)
		ptn_profile_email(&rep->json, &email[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

static void
write_claim(struct ptn_reply *rep, const struct ptn_email *email)
{
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &email->id);
	if (!ptn_uuid_is_nil(&email->user_id))
		ptn_jsonval_uuid(w, "user_id", &email->user_id);
	ptn_jsonval_address(w, "address", email->address);
	ptn_jsonw_bool(w, "verified", email->verified);
	ptn_jsonval_time(w, "created_at", email->created_at_us);
	ptn_jsonval_time(w, "updated_at", email->updated_at_us);
	ptn_jsonw_end_object(w);
}

/*
 * POST /emails: claim an address.  With verification it is the user's once
 * its passcode has been entered; an address with an owner, oneself included,
 * is 400, and more than email.limit are 409.
 */
enum ptn_err
ptn_public_email_add(struct ptn_request *req, struct ptn_reply *rep)
{
	static const enum ptn_err answers[PTN_ADDRESSES__MAX] = {
		[PTN_ADDRESSES_UNKNOWN] = PTN_E_DENIED, /* gone meanwhile */
		[PTN_ADDRESSES_FULL] = PTN_E_CONFLICT,
		[PTN_ADDRESSES_OWNED] = PTN_E_INPUT,
		[PTN_ADDRESSES_FOREIGN] = PTN_E_FORBIDDEN,
		[PTN_ADDRESSES_PRIMARY] = PTN_E_CONFLICT,
		[PTN_ADDRESSES_GUARDED] = PTN_E_FORBIDDEN,
		[PTN_ADDRESSES_SERVICE] = PTN_E_FORBIDDEN,
		[PTN_ADDRESSES_DONE] = PTN_OK,
	};
	enum ptn_addresses_result what;
	struct ptn_email email;
	enum ptn_err r;

	r = ptn_addresses_add(&req->sc, &req->session.claims.sub,
	    req->in[ADDRESS].s, &email, &what);
	if (r != PTN_OK || (r = answers[what]) != PTN_OK)
		return r;
	write_claim(rep, &email);
	return PTN_OK;
}

/* What becomes of one address of the user, named in the path. */
typedef enum ptn_err change_fn(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_addresses_result *what);

static enum ptn_err
change(struct ptn_request *req, struct ptn_reply *rep, change_fn *fn)
{
	static const enum ptn_err answers[PTN_ADDRESSES__MAX] = {
		[PTN_ADDRESSES_UNKNOWN] = PTN_E_NOT_FOUND,
		[PTN_ADDRESSES_FULL] = PTN_E_CONFLICT,
		[PTN_ADDRESSES_OWNED] = PTN_E_NOT_FOUND,
		[PTN_ADDRESSES_FOREIGN] = PTN_E_FORBIDDEN,
		[PTN_ADDRESSES_PRIMARY] = PTN_E_CONFLICT,
		[PTN_ADDRESSES_GUARDED] = PTN_E_FORBIDDEN,
		[PTN_ADDRESSES_SERVICE] = PTN_E_FORBIDDEN,
		[PTN_ADDRESSES_DONE] = PTN_OK,
	};
	enum ptn_addresses_result what;
	struct ptn_uuid id;
	enum ptn_err r;

	if (!ptn_uuid_parse_any(req->arg, &id))
		return PTN_E_INPUT;
	rep->done = PTN_DONE_EMPTY;
	r = fn(&req->sc, &req->session.claims.sub, &id, &what);
	if (r != PTN_OK)
		return r;
	return ptn_reply_say(rep, answers[what],
	    what == PTN_ADDRESSES_GUARDED
		? "codes of the Dfns API go to this address: only the operator "
		  "can choose another one"
		: NULL);
}

/*
 * DELETE /emails/{id}: not the primary address (409), nor anybody else's, nor
 * the one that codes of the Dfns API go to.
 */
enum ptn_err
ptn_public_email_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	return change(req, rep, ptn_addresses_remove);
}

/* POST /emails/{id}/set_primary. */
enum ptn_err
ptn_public_email_primary_set(struct ptn_request *req, struct ptn_reply *rep)
{
	return change(req, rep, ptn_addresses_make_primary);
}
