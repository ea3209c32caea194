#include "fcgi/dfns/dfns.h"

#include <stdio.h>
#include <time.h>

#include "lib/dfns/activation.h"
#include "lib/dfns/cred.h"
#include "lib/format/dfnsid.h"

#define US_PER_MS 1000
#define TIME_STR 32
#define NAME_BESIDE 32 /* bytes behind the name */

enum { UUID, UUID__MAX };

static const struct ptn_field uuid_fields[UUID__MAX] = {
	[UUID] = { "credentialUuid", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_dfns_uuid = { uuid_fields, UUID__MAX };

void
ptn_dfns_write_time(struct ptn_jsonw *w, const char *name, int64_t us)
{
	const time_t s = (time_t)(us / 1000000);
	char text[TIME_STR];
	struct tm tm;
	size_t n;

	if (gmtime_r(&s, &tm) == NULL)
		return;
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03dZ",
	    (int)(us / US_PER_MS % 1000));
	ptn_jsonw_str(w, name, text);
}

/* One that is not admitted says beside its name where it comes from. */
static void
write_name(struct ptn_jsonw *w, const struct ptn_dfns_cred *c)
{
	char name[PTN_CREDENTIAL_NAME_MAX + NAME_BESIDE];

	if (c->admitted) {
		ptn_jsonw_str(w, "name", c->name);
		return;
	}
	snprintf(name, sizeof(name), "%.*s (%s)", PTN_CREDENTIAL_NAME_MAX,
	    c->name, ptn_api_title(c->api));
	ptn_jsonw_str(w, "name", name);
}

void
ptn_dfns_write_credential(struct ptn_jsonw *w, const struct ptn_org *org,
    const struct ptn_dfns_cred *c)
{
	const bool passkey = c->kind == PTN_CRED_FIDO2;
	const char *rp_id = c->rp_id != NULL ? c->rp_id : org->rp_id;
	char id[PTN_DFNSID_STR];

	ptn_dfnsid_format(PTN_DFNSID_CREDENTIAL, &c->id, id);
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_str(w, "kind", ptn_dfns_cred_kind_name(c->kind));
	ptn_jsonw_str(w, "credentialId", c->cred_id);
	ptn_jsonw_str(w, "credentialUuid", id);
	ptn_dfns_write_time(w, "dateCreated", c->created_at_us);
	ptn_jsonw_bool(w, "isActive", ptn_dfns_cred_works(c));
	write_name(w, c);
	ptn_jsonw_str(w, "publicKey", c->fingerprint);
	ptn_jsonw_str(w, "relyingPartyId", passkey ? rp_id : "");
	ptn_jsonw_str(w, "origin",
	    passkey && c->origin != NULL ? c->origin : "");
	ptn_jsonw_end_object(w);
}

/* GET /auth/credentials: all of the user, active or not. */
enum ptn_err
ptn_dfns_credentials(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_cred *c;
	struct ptn_org org;
	enum ptn_err r;
	size_t i, n;

	r = ptn_org_get(&req->sc, &req->sc.tenant_id, &org);
	if (r == PTN_OK)
		r = ptn_dfns_creds_of(&req->sc, &req->session.claims.sub, &c,
		    &n);
	if (r == PTN_OK)
		r = ptn_dfns_creds_show(req->sc.arena, c, n);
	if (r != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_array(&rep->json, "items");
	for (i = 0; i < n; i++)
		ptn_dfns_write_credential(&rep->json, &org, &c[i]);
	ptn_jsonw_end_array(&rep->json);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}

/* A text that is not an id is refused like an unknown id. */
static enum ptn_err
change(struct ptn_request *req, struct ptn_bytes uuid,
    struct ptn_dfns_activation *k)
{
	k->user_id = req->session.claims.sub;
	k->action = req->action;
	if (ptn_dfnsid_parse(PTN_DFNSID_CREDENTIAL, uuid, &k->credential) !=
	    PTN_OK)
		k->credential = ptn_uuid_new();
	return ptn_dfns_activation(&req->sc, k);
}

static enum ptn_err
set_active(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_dfns_activation_kind kind)
{
	struct ptn_dfns_activation k = { .kind = kind };
	const enum ptn_err r = change(req, req->in[UUID].b, &k);

	return r == PTN_OK
	    ? ptn_dfns_success(rep)
	    : ptn_dfns_refuse_denied(req, rep, r, &k.denial, PTN_EVENT_NONE);
}

/* PUT /auth/credentials/activate */
enum ptn_err
ptn_dfns_credential_activate(struct ptn_request *req, struct ptn_reply *rep)
{
	return set_active(req, rep, PTN_ACTIVATION_ON);
}

/* PUT /auth/credentials/deactivate */
enum ptn_err
ptn_dfns_credential_deactivate(struct ptn_request *req, struct ptn_reply *rep)
{
	return set_active(req, rep, PTN_ACTIVATION_OFF);
}

/* DELETE /auth/credentials/{id}: archive it; the answer is what it was. */
enum ptn_err
ptn_dfns_credential_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_activation k = { .kind = PTN_ACTIVATION_DELETE };
	const enum ptn_err r = change(req, ptn_bytes_of(req->arg), &k);

	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &k.denial,
		    PTN_EVENT_NONE);
	rep->no_store = true;
	ptn_dfns_write_credential(&rep->json, &k.org, &k.cred);
	return PTN_OK;
}
