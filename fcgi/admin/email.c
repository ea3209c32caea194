#include "fcgi/admin/admin.h"

#include "fcgi/userjson.h"
#include "lib/account/addresses.h"

enum { ADDRESS, PRIMARY, VERIFIED, EMAIL__MAX };

/* That one is the primary one is said by set_primary alone. */
static const struct ptn_field email_fields[EMAIL__MAX] = {
	[ADDRESS] = { "address", PTN_F_EMAIL, true, 1024, NULL, PTN_OK },
	[PRIMARY] = { "is_primary", PTN_F_BOOL, false, 0, NULL, PTN_OK },
	[VERIFIED] = { "is_verified", PTN_F_BOOL, false, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_email = { email_fields, EMAIL__MAX };

/* GET /users/{id}/emails: oldest first; of nobody none. */
enum ptn_err
ptn_admin_email_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid user;
	struct ptn_person p = { .emails = 0 };
	enum ptn_err r;
	size_t i;

	if ((r = ptn_admin_user_named(req, rep, &user)) != PTN_OK)
		return r;
	r = ptn_person_load(&req->sc, &user, &p);
	if (r != PTN_OK && r != PTN_E_NOT_FOUND)
		return r;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < p.emails; i++)
		ptn_userjson_email(&rep->json, &p.email[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

static enum ptn_err
write_email(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_uuid *user, const struct ptn_uuid *id)
{
	struct ptn_person p;
	enum ptn_err r;
	size_t i = 0;

	if ((r = ptn_person_load(&req->sc, user, &p)) != PTN_OK)
		return r;
	while (i < p.emails && !ptn_uuid_equal(&p.email[i].id, id))
		i++;
	if (i == p.emails)
		return PTN_E_NOT_FOUND;
	ptn_userjson_email(&rep->json, &p.email[i]);
	return PTN_OK;
}

/* GET /users/{id}/emails/{email_id} */
enum ptn_err
ptn_admin_email_show(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid user, id;
	enum ptn_err r;

	r = ptn_admin_user_has(req, rep, "email_id", &user, &id);
	if (r != PTN_OK)
		return r;
	return write_email(req, rep, &user, &id);
}

/* What became of it. */
static enum ptn_err
settle(struct ptn_reply *rep, enum ptn_addresses_result what)
{
	static const struct {
		enum ptn_err r;
		const char *message;
	} answers[PTN_ADDRESSES__MAX] = {
		[PTN_ADDRESSES_UNKNOWN] = { PTN_E_NOT_FOUND, NULL },
		[PTN_ADDRESSES_FULL] = { PTN_E_CONFLICT,
		    "they have as many addresses as email.limit lets them" },
		/* So it is upstream. */
		[PTN_ADDRESSES_OWNED] = { PTN_E_INPUT,
		    "the address has an owner" },
		[PTN_ADDRESSES_FOREIGN] = { PTN_E_INTERNAL, NULL },
		[PTN_ADDRESSES_PRIMARY] = { PTN_E_CONFLICT,
		    "the primary address stays: make another one primary "
		    "first" },
		[PTN_ADDRESSES_GUARDED] = { PTN_E_CONFLICT,
		    "codes of the Dfns API go to this address: choose another "
		    "one first, by postern org address" },
		[PTN_ADDRESSES_SERVICE] = { PTN_E_CONFLICT, PTN_ADMIN_SERVICE },
		[PTN_ADDRESSES_DONE] = { PTN_OK, NULL },
	};

	return ptn_reply_say(rep, answers[what].r, answers[what].message);
}

/* POST /users/{id}/emails: theirs at once; the first one is primary. */
enum ptn_err
ptn_admin_email_add(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_addresses_result what;
	struct ptn_email email;
	struct ptn_uuid user;
	enum ptn_err r;

	if ((r = ptn_admin_user_named(req, rep, &user)) != PTN_OK)
		return r;
	r = ptn_addresses_give(&req->sc, &user, req->in[ADDRESS].s,
	    req->in[VERIFIED].on, &email, &what);
	if (r != PTN_OK || (r = settle(rep, what)) != PTN_OK)
		return r;
	rep->done = PTN_DONE_CREATED;
	return write_email(req, rep, &user, &email.id);
}

typedef enum ptn_err change_fn(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    enum ptn_addresses_result *what);

static enum ptn_err
change(struct ptn_request *req, struct ptn_reply *rep, change_fn *fn)
{
	enum ptn_addresses_result what;
	struct ptn_uuid user, id;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	r = ptn_admin_user_has(req, rep, "email_id", &user, &id);
	if (r != PTN_OK ||
	    (r = fn(&req->sc, &user, &id, &what)) != PTN_OK)
		return r;
	return settle(rep, what);
}

/* DELETE /users/{id}/emails/{email_id}: not the primary one. */
enum ptn_err
ptn_admin_email_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	return change(req, rep, ptn_addresses_remove);
}

/* POST /users/{id}/emails/{email_id}/set_primary */
enum ptn_err
ptn_admin_email_set_primary(struct ptn_request *req, struct ptn_reply *rep)
{
	return change(req, rep, ptn_addresses_make_primary);
}
