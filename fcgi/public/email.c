#include "lib/account/email.h"
#include "fcgi/jsonval.h"
#include "fcgi/public/public.h"
#include "lib/account/user.h"
#include "lib/conf/conf.h"
#include "lib/event/tx.h"

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
		ptn_public_email(&rep->json, &email[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

struct adding {
	struct ptn_request *req;
	struct ptn_email email;
	bool full;
};

static enum ptn_err
add(const struct ptn_scope *sc, void *arg)
{
	struct adding *ad = arg;
	const struct ptn_request *req = ad->req;
	const struct ptn_uuid *user = &req->session.claims.sub;
	int64_t n;
	enum ptn_err r;

	ad->full = false;
	if ((r = ptn_user_lock(sc, user)) != PTN_OK ||
	    (r = ptn_email_count(sc, user, &n)) != PTN_OK)
		return r;
	if (n >= req->sc.cf->email_limit) {
		ad->full = true;
		return PTN_E_CONFLICT;
	}
	r = ptn_email_claim(sc, req->in[ADDRESS].s, &ad->email);
	if (r != PTN_OK)
		return r;
	if (!ptn_uuid_is_nil(&ad->email.user_id))
		return PTN_E_INPUT;
	if (req->sc.cf->email_verify)
		return PTN_OK;
	return ptn_email_own(sc, &ad->email, user, false);
}

/*
 * POST /emails: claim an address.  With verification it is the user's once
 * its passcode has been entered; an address with an owner, oneself included,
 * is 400, and more than email.limit are 409 (hanko-public 6.7).
 */
enum ptn_err
ptn_public_email_add(struct ptn_request *req, struct ptn_reply *rep)
{
	struct adding ad = { .req = req };
	struct ptn_jsonw *w = &rep->json;
	enum ptn_err r;

	r = ptn_tx(&req->sc, add, &ad);
	if (r == PTN_E_NOT_FOUND)
		return PTN_E_DENIED; /* the user has gone meanwhile */
	if (r == PTN_E_CONFLICT && !ad.full)
		return PTN_E_INPUT;
	if (r != PTN_OK)
		return r;
	req->actor.email = ad.email.address;
	ptn_event_note(&req->sc, PTN_EVENT_EMAIL_CREATED, NULL);
	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonval_uuid(w, "id", &ad.email.id);
	if (!ptn_uuid_is_nil(&ad.email.user_id))
		ptn_jsonval_uuid(w, "user_id", &ad.email.user_id);
	ptn_jsonw_str(w, "address", ad.email.address);
	ptn_jsonw_bool(w, "verified", ad.email.verified);
	ptn_jsonval_time(w, "created_at", ad.email.created_at_us);
	ptn_jsonval_time(w, "updated_at", ad.email.updated_at_us);
	ptn_jsonw_end_object(w);
	return PTN_OK;
}

struct changing {
	struct ptn_request *req;
	struct ptn_uuid id;
	bool changed;
};

static enum ptn_err
remove_email(const struct ptn_scope *sc, void *arg)
{
	struct changing *c = arg;
	const struct ptn_request *req = c->req;
	const struct ptn_uuid *user = &req->session.claims.sub;
	enum ptn_err r;

	r = ptn_user_lock(sc, user);
	if (r != PTN_OK)
		return r;
	return ptn_email_remove(sc, user, &c->id);
}

/* DELETE /emails/{id}: not the primary address (409), nor anybody else's. */
enum ptn_err
ptn_public_email_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct changing c = { .req = req };
	enum ptn_err r;

	if (!ptn_uuid_parse(req->arg, &c.id))
		return PTN_E_INPUT;
	if ((r = ptn_tx(&req->sc, remove_email, &c)) != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_EMAIL_DELETED, NULL);
	rep->done = PTN_DONE_EMPTY;
	return PTN_OK;
}

static enum ptn_err
make_primary(const struct ptn_scope *sc, void *arg)
{
	struct changing *c = arg;
	const struct ptn_request *req = c->req;
	const struct ptn_uuid *user = &req->session.claims.sub;
	enum ptn_err r;

	r = ptn_user_lock(sc, user);
	if (r != PTN_OK)
		return r;
	return ptn_email_set_primary(sc, user, &c->id, &c->changed);
}

/* POST /emails/{id}/set_primary. */
enum ptn_err
ptn_public_email_primary_set(struct ptn_request *req, struct ptn_reply *rep)
{
	struct changing c = { .req = req };
	enum ptn_err r;

	if (!ptn_uuid_parse(req->arg, &c.id))
		return PTN_E_INPUT;
	if ((r = ptn_tx(&req->sc, make_primary, &c)) != PTN_OK)
		return r;
	if (c.changed)
		ptn_event_note(&req->sc, PTN_EVENT_PRIMARY_EMAIL_CHANGED, NULL);
	rep->done = PTN_DONE_EMPTY;
	return PTN_OK;
}
