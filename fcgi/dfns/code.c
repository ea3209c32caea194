#include "fcgi/dfns/dfns.h"

#include "fcgi/client.h"
#include "lib/dfns/codemail.h"
#include "lib/format/dfnsid.h"
#include "lib/format/locale.h"

enum { CODE_USERNAME, CODE_ORG, CODE__MAX };

static const struct ptn_field code_fields[CODE__MAX] = {
	[CODE_USERNAME] = { "username", PTN_F_TEXT, true, PTN_USERNAME_MAX,
	    NULL, PTN_OK },
	[CODE_ORG] = { "orgId", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_dfns_code = { code_fields, CODE__MAX };

/*
 * The answer is the same for every name; the courier finds out later whether a
 * code may be sent (codemail.h).
 */
static enum ptn_err
request_code(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_code_kind kind)
{
	const struct ptn_codemail w = { .kind = kind,
		.username = req->in[CODE_USERNAME].s,
		.locale = ptn_locale_match(
		    ptn_request_param(req, "HTTP_ACCEPT_LANGUAGE")),
		.address = ptn_client_ip(req) };
	struct ptn_dfns_denial denial = { .reason = PTN_DFNS_NOT_DENIED };
	enum ptn_err r;

	r = ptn_codemail_request(&req->sc, req->in[CODE_ORG].s, &w, &denial);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &denial,
		    PTN_EVENT_NONE);
	return ptn_dfns_success(rep);
}

/* POST /auth/login/code: send a login code. */
enum ptn_err
ptn_dfns_login_code(struct ptn_request *req, struct ptn_reply *rep)
{
	return request_code(req, rep, PTN_CODE_LOGIN);
}

/* PUT /auth/registration/code: send another registration code. */
enum ptn_err
ptn_dfns_registration_code(struct ptn_request *req, struct ptn_reply *rep)
{
	return request_code(req, rep, PTN_CODE_REGISTRATION);
}

/* POST and PUT /auth/recover/user/code: send a code to start a recovery. */
enum ptn_err
ptn_dfns_recovery_code(struct ptn_request *req, struct ptn_reply *rep)
{
	return request_code(req, rep, PTN_CODE_RECOVERY);
}
