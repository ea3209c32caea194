#include "fcgi/dfns/dfns.h"

#include <string.h>

#include "lib/crypto/pem.h"
#include "lib/dfns/manage_service.h"
#include "lib/dfns/people.h"
#include "lib/dfns/service.h"
#include "lib/format/dfnsid.h"

#define S_PER_DAY 86400

enum { NEW_NAME, NEW_KEY, NEW_DAYS, NEW_PERMISSION, NEW_EXTERNAL, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[NEW_NAME] = { "name", PTN_F_TEXT, true, PTN_USERNAME_MAX, NULL,
	    PTN_OK },
	[NEW_KEY] = { "publicKey", PTN_F_TEXT, true, PTN_PEM_MAX, NULL,
	    PTN_OK },
	[NEW_DAYS] = { "daysValid", PTN_F_COUNT, false, PTN_ACCESSTOKEN_DAYS_MAX,
	    NULL, PTN_OK },
	[NEW_PERMISSION] = { "permissionId", PTN_F_TEXT, false, PTN_DFNSID_MAX,
	    NULL, PTN_OK },
	[NEW_EXTERNAL] = { "externalId", PTN_F_TEXT, false, PTN_EXTERNAL_ID_MAX,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_service_account = { new_fields, NEW__MAX };

enum { SET_NAME, SET_EXTERNAL, SET__MAX };

static const struct ptn_field set_fields[SET__MAX] = {
	[SET_NAME] = { "name", PTN_F_TEXT, false, PTN_USERNAME_MAX, NULL,
	    PTN_OK },
	[SET_EXTERNAL] = { "externalId", PTN_F_TEXT, false, PTN_EXTERNAL_ID_MAX,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_service_change = { set_fields, SET__MAX };

/* ------------------------------------------------------------------ output */

/* text: the token itself, or NULL where it is not seen any more. */
static void
write_token(struct ptn_jsonw *w, const struct ptn_uuid *org,
    const struct ptn_dfns_people_row *p, const struct ptn_service_token *t,
    const char *text)
{
	const struct ptn_dfns_shown_token shown = { .id = t->id,
		.user = p->id,
		.kind = "ServiceAccount",
		.name = p->username,
		.cred_id = t->cred_id,
		.fingerprint = t->fingerprint,
		.active = t->good && p->active,
		.created_at_us = t->created_at_us,
		.grantee = p->id,
		.owner = p->owner,
		.text = text };

	ptn_dfns_write_token(w, org, &shown);
}

/* The tokens of p among those of several accounts. */
static void
write_account(struct ptn_jsonw *w, const struct ptn_uuid *org,
    const struct ptn_dfns_people_row *p, const struct ptn_service_token *t,
    size_t n, const char *text)
{
	size_t i;

	ptn_jsonw_object(w, NULL);
	ptn_dfns_write_person(w, "userInfo", org, p);
	ptn_jsonw_array(w, "accessTokens");
	for (i = 0; i < n; i++)
		if (ptn_uuid_equal(&t[i].user_id, &p->id))
			write_token(w, org, p, &t[i], text);
	ptn_jsonw_end_array(w);
	ptn_jsonw_end_object(w);
}

static enum ptn_err
answer(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_people_row *p, const char *text)
{
	struct ptn_service_token *t;
	enum ptn_err r;
	size_t n;

	r = ptn_service_tokens(&req->sc, &p->id, &t, &n);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	write_account(&rep->json, &req->sc.tenant_id, p, t, n, text);
	return PTN_OK;
}

/* ------------------------------------------------------------------ to read */

/* GET /auth/service-accounts: those of the organisation. */
enum ptn_err
ptn_dfns_service_accounts(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_people q = { .service_accounts = true };
	struct ptn_dfns_people_row *p;
	struct ptn_service_token *t;
	size_t i, n, tokens;
	int64_t after_us;
	enum ptn_err r;
	bool more;

	r = ptn_dfns_page_read(req, rep, PTN_DFNS_PAGE_MAX, &q.max, &q.place);
	if (r != PTN_OK)
		return r;
	after_us = q.place.at_us;
	if ((r = ptn_dfns_people_page(&req->sc, &q, &p, &n, &more)) != PTN_OK ||
	    (r = ptn_service_tokens_between(&req->sc, after_us, q.place.at_us,
		 &t, &tokens)) != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_array(&rep->json, "items");
	for (i = 0; i < n; i++)
		write_account(&rep->json, &req->sc.tenant_id, &p[i], t, tokens,
		    NULL);
	return ptn_dfns_page_write(req, rep, more, &q.place);
}

/* GET /auth/service-accounts/{id} */
enum ptn_err
ptn_dfns_service_account(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_uuid id = ptn_dfns_arg(req, PTN_DFNSID_USER);
	struct ptn_dfns_people_row p;
	enum ptn_err r;

	r = ptn_dfns_people_one(&req->sc, &id, true, &p);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_SUCH_ACCOUNT);
	return r == PTN_OK ? answer(req, rep, &p, NULL) : r;
}

/* ---------------------------------------------------------------- to change */

static struct ptn_dfns_manage
managing(const struct ptn_request *req)
{
	return (struct ptn_dfns_manage){ .action = req->action,
		.by = req->session.claims.sub,
		.service_account = true };
}

static enum ptn_err
settle(struct ptn_request *req, struct ptn_reply *rep, enum ptn_err r,
    const struct ptn_dfns_manage *m, const char *text)
{
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    "name cannot be that of a service account");
	if (r == PTN_E_UNPROCESSABLE)
		return ptn_dfns_malformed(req, rep, "",
		    "publicKey is no public key in PEM");
	return r == PTN_OK ? answer(req, rep, &m->person, text)
			   : ptn_dfns_refuse_managing(req, rep, r, &m->denial);
}

/* POST /auth/service-accounts: make one; its token is seen here alone. */
enum ptn_err
ptn_dfns_service_create(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *days = &req->in[NEW_DAYS],
			       *external = &req->in[NEW_EXTERNAL];
	struct ptn_dfns_manage_service s = { .manage = managing(req),
		.account = { .name = req->in[NEW_NAME].s,
		    .token.pem = req->in[NEW_KEY].s,
		    .token.ttl_s = S_PER_DAY *
			(days->set ? days->n : PTN_ACCESSTOKEN_DAYS_MAX) },
		.external_id = external->set ? external->s : NULL };
	enum ptn_err r;

	if (!ptn_dfns_read_permission(req, &req->in[NEW_PERMISSION], &s.owner))
		return ptn_dfns_malformed(req, rep, "",
		    new_fields[NEW_PERMISSION].name);
	r = ptn_dfns_manage_service_create(&req->sc, &s);
	return settle(req, rep, r, &s.manage, s.account.token.token);
}

/* PUT /auth/service-accounts/{id}: another name, another external id. */
enum ptn_err
ptn_dfns_service_change(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *name = &req->in[SET_NAME],
			       *external = &req->in[SET_EXTERNAL];
	struct ptn_dfns_manage_service s = { .manage = managing(req),
		.name = name->set ? name->s : NULL,
		.external_id = external->set ? external->s : NULL };
	enum ptn_err r;

	s.manage.who = ptn_dfns_arg(req, PTN_DFNSID_USER);
	r = ptn_dfns_manage_service_change(&req->sc, &s);
	return settle(req, rep, r, &s.manage, NULL);
}

typedef enum ptn_err (
    *manage_fn)(const struct ptn_scope *sc, struct ptn_dfns_manage *m);

static enum ptn_err
manage(struct ptn_request *req, struct ptn_reply *rep, manage_fn fn)
{
	struct ptn_dfns_manage m = managing(req);

	m.who = ptn_dfns_arg(req, PTN_DFNSID_USER);
	return settle(req, rep, fn(&req->sc, &m), &m, NULL);
}

/* PUT /auth/service-accounts/{id}/activate */
enum ptn_err
ptn_dfns_service_activate(struct ptn_request *req, struct ptn_reply *rep)
{
	return manage(req, rep, ptn_dfns_manage_activate);
}

/* PUT /auth/service-accounts/{id}/deactivate: its token is good no more. */
enum ptn_err
ptn_dfns_service_deactivate(struct ptn_request *req, struct ptn_reply *rep)
{
	return manage(req, rep, ptn_dfns_manage_deactivate);
}

/* DELETE /auth/service-accounts/{id}: end it; its name is free again. */
enum ptn_err
ptn_dfns_service_archive(struct ptn_request *req, struct ptn_reply *rep)
{
	return manage(req, rep, ptn_dfns_manage_archive);
}
