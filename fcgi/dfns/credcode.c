#include "fcgi/dfns/dfns.h"

#include "lib/dfns/add_credential.h"
#include "lib/dfns/code.h"
#include "lib/dfns/credcode.h"

enum { NEW_EXPIRATION, NEW__MAX };

static const struct ptn_field new_fields[NEW__MAX] = {
	[NEW_EXPIRATION] = { "expiration", PTN_F_TIME, true, 0, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_expiration = { new_fields, NEW__MAX };

enum { INIT_CODE, INIT_KIND, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_CODE] = { "code", PTN_F_SECRET, true, PTN_DFNS_CODE_TYPED_MAX,
	    NULL, PTN_OK },
	[INIT_KIND] = { "credentialKind", PTN_F_TEXT, true, 32, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_credcode = { init_fields, INIT__MAX };

static void
write_code(struct ptn_reply *rep, const struct ptn_credcode_issue *k)
{
	rep->no_store = true;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "code", k->code);
	ptn_dfns_write_time(&rep->json, "expiration", k->c.expires_at_us);
	ptn_jsonw_end_object(&rep->json);
}

/*
 * POST /auth/credentials/code: a code with which another device of the user
 * registers a credential.  It expires after a minute at the latest.
 */
enum ptn_err
ptn_dfns_credcode(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_credcode_issue k = {
		.c = { .tenant_id = req->sc.tenant_id,
		    .user_id = req->session.claims.sub,
		    .session_id = req->session.claims.session_id,
		    .expires_at_us = req->in[NEW_EXPIRATION].us },
		.action = req->action,
		.now_us = req->session.now_us,
	};
	enum ptn_err r;

	r = ptn_credcode_issue(&req->sc, &k);
	if (r == PTN_OK)
		write_code(rep, &k);
	ptn_wipe(k.code, sizeof(k.code));
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    new_fields[NEW_EXPIRATION].name);
	return ptn_dfns_refuse_denied(req, rep, r, &k.denial, PTN_EVENT_NONE);
}

/*
 * POST /auth/credentials/code/init: what the credential of the other device is
 * to sign.  The code stays until the credential is created.
 */
enum ptn_err
ptn_dfns_credcode_init(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_add_credential_start s = {
		.kind = ptn_dfns_cred_kind_of(req->in[INIT_KIND].b)
	};
	enum ptn_err r;

	r = ptn_dfns_add_credential_start_by_code(&req->sc,
	    req->in[INIT_CODE].b, &s);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    init_fields[INIT_KIND].name);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &s.denial,
		    PTN_EVENT_DFNS_CREDENTIAL_CODE_FAILED);
	ptn_dfns_write_add_credential(req, rep, &s);
	return PTN_OK;
}

/*
 * POST /auth/credentials/code/verify: store the credential.  The challenge is
 * used up in any case, the code only if the credential is stored.
 */
enum ptn_err
ptn_dfns_credcode_verify(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_add_credential k = { .identifier = { NULL, 0 } };
	enum ptn_err r;

	if ((r = ptn_dfns_read_add_credential(req, rep, &k)) != PTN_OK)
		return r;
	r = ptn_dfns_add_credential_finish_by_code(&req->sc, &k);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &k.denial,
		    PTN_EVENT_DFNS_CREDENTIAL_CODE_FAILED);
	rep->no_store = true;
	ptn_dfns_write_credential(&rep->json, &k.org, &k.cred);
	return PTN_OK;
}
