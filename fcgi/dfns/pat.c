#include "fcgi/dfns/dfns.h"

#include "lib/crypto/pem.h"
#include "lib/dfns/pat.h"
#include "lib/dfns/people.h"
#include "lib/format/dfnsid.h"

#define S_PER_DAY 86400
#define TTL_MAX ((int64_t)PTN_ACCESSTOKEN_DAYS_MAX * S_PER_DAY)

enum {
	NEW_NAME,
	NEW_KEY,
	NEW_DAYS,
	NEW_SECONDS,
	NEW_PERMISSION,
	NEW_EXTERNAL,
	NEW__MAX
};

static const struct ptn_field new_fields[NEW__MAX] = {
	[NEW_NAME] = { "name", PTN_F_TEXT, true, PTN_CREDENTIAL_NAME_MAX, NULL,
	    PTN_OK },
	[NEW_KEY] = { "publicKey", PTN_F_TEXT, true, PTN_PEM_MAX, NULL,
	    PTN_OK },
	[NEW_DAYS] = { "daysValid", PTN_F_COUNT, false,
	    PTN_ACCESSTOKEN_DAYS_MAX, NULL, PTN_OK },
	[NEW_SECONDS] = { "secondsValid", PTN_F_COUNT, false, TTL_MAX, NULL,
	    PTN_OK },
	[NEW_PERMISSION] = { "permissionId", PTN_F_TEXT, false, PTN_DFNSID_MAX,
	    NULL, PTN_OK },
	[NEW_EXTERNAL] = { "externalId", PTN_F_TEXT, false, PTN_EXTERNAL_ID_MAX,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_pat = { new_fields, NEW__MAX };

enum { SET_NAME, SET_EXTERNAL, SET__MAX };

static const struct ptn_field set_fields[SET__MAX] = {
	[SET_NAME] = { "name", PTN_F_TEXT, false, PTN_CREDENTIAL_NAME_MAX, NULL,
	    PTN_OK },
	[SET_EXTERNAL] = { "externalId", PTN_F_TEXT, false, PTN_EXTERNAL_ID_MAX,
	    NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_pat_change = { set_fields, SET__MAX };

/* ------------------------------------------------------------------ output */

/* text: the token itself, or NULL where it is not seen any more. */
static void
write_pat(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_pat *p, const char *text)
{
	const struct ptn_dfns_shown_token t = { .id = p->id,
		.user = req->session.claims.sub,
		.kind = "Pat",
		.name = p->name,
		.cred_id = p->cred_id,
		.fingerprint = p->fingerprint,
		.active = p->active && !p->expired,
		.created_at_us = p->created_at_us,
		.grantee = p->id,
		.owner = p->owner,
		.text = text };

	rep->no_store = true;
	ptn_dfns_write_token(&rep->json, &req->sc.tenant_id, &t);
}

/* ------------------------------------------------------------------ to read */

/* GET /auth/pats: those of the caller; there are few. */
enum ptn_err
ptn_dfns_pats(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_pat *p;
	enum ptn_err r;
	size_t i, n;

	r = ptn_pats_of(&req->sc, &req->session.claims.sub, &p, &n);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_array(&rep->json, "items");
	for (i = 0; i < n; i++)
		write_pat(req, rep, &p[i], NULL);
	ptn_jsonw_end_array(&rep->json);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* GET /auth/pats/{id} */
enum ptn_err
ptn_dfns_pat(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_uuid id = ptn_dfns_arg(req, PTN_DFNSID_TOKEN);
	struct ptn_pat p;
	enum ptn_err r;

	r = ptn_pat_get(&req->sc, &req->session.claims.sub, &id, &p);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_NO_SUCH_TOKEN);
	if (r == PTN_OK)
		write_pat(req, rep, &p, NULL);
	return r;
}

/* ---------------------------------------------------------------- to change */

static struct ptn_pat_change
changing(const struct ptn_request *req)
{
	return (struct ptn_pat_change){ .action = req->action,
		.user = req->session.claims.sub,
		.session = req->session.claims.session_id };
}

static enum ptn_err
settle(struct ptn_request *req, struct ptn_reply *rep, enum ptn_err r,
    const struct ptn_pat_change *k)
{
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    "name cannot be that of a token");
	if (r == PTN_E_UNPROCESSABLE)
		return ptn_dfns_malformed(req, rep, "",
		    "publicKey is no public key in PEM");
	if (r == PTN_E_DENIED && k->denial.reason == PTN_DFNS_NOT_OWNER)
		return ptn_dfns_malformed(req, rep, "",
		    "permissionId is not the caller's to give");
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &k->denial,
		    PTN_EVENT_NONE);
	write_pat(req, rep, &k->pat, k->token.token);
	return PTN_OK;
}

static int64_t
ttl(const struct ptn_request *req)
{
	if (req->in[NEW_SECONDS].set)
		return req->in[NEW_SECONDS].n;
	return req->in[NEW_DAYS].set ? req->in[NEW_DAYS].n * S_PER_DAY
				     : TTL_MAX;
}

/*
 * POST /auth/pats: make one, which is seen here alone.  It may be given what
 * its owner has to give; what they lose later, it loses with them.
 */
enum ptn_err
ptn_dfns_pat_create(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *external = &req->in[NEW_EXTERNAL];
	struct ptn_pat_change k = changing(req);

	k.token = (struct ptn_accesstoken_new){ .name = req->in[NEW_NAME].s,
		.username = req->session.claims.email.address,
		.pem = req->in[NEW_KEY].s,
		.ttl_s = ttl(req),
		.external_id = external->set ? external->s : NULL };
	if (!ptn_dfns_read_permission(req, &req->in[NEW_PERMISSION],
		&k.token.owner))
		return ptn_dfns_malformed(req, rep, "",
		    new_fields[NEW_PERMISSION].name);
	return settle(req, rep, ptn_pat_create(&req->sc, &k), &k);
}

typedef enum ptn_err (
    *change_fn)(const struct ptn_scope *sc, struct ptn_pat_change *k);

static enum ptn_err
change(struct ptn_request *req, struct ptn_reply *rep, struct ptn_pat_change *k,
    change_fn fn)
{
	k->id = ptn_dfns_arg(req, PTN_DFNSID_TOKEN);
	return settle(req, rep, fn(&req->sc, k), k);
}

/* PUT /auth/pats/{id}: another name, another external id. */
enum ptn_err
ptn_dfns_pat_change(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *name = &req->in[SET_NAME],
			       *external = &req->in[SET_EXTERNAL];
	struct ptn_pat_change k = changing(req);

	k.name = name->set ? name->s : NULL;
	k.external_id = external->set ? external->s : NULL;
	return change(req, rep, &k, ptn_pat_update);
}

/* PUT /auth/pats/{id}/activate */
enum ptn_err
ptn_dfns_pat_activate(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_pat_change k = changing(req);

	return change(req, rep, &k, ptn_pat_activate);
}

/* PUT /auth/pats/{id}/deactivate: it is refused until it is on again. */
enum ptn_err
ptn_dfns_pat_deactivate(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_pat_change k = changing(req);

	return change(req, rep, &k, ptn_pat_deactivate);
}

/* DELETE /auth/pats/{id}: end it; its name is free again. */
enum ptn_err
ptn_dfns_pat_archive(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_pat_change k = changing(req);

	return change(req, rep, &k, ptn_pat_archive);
}
