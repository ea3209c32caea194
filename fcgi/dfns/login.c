#include "fcgi/dfns/dfns.h"

#include "fcgi/device.h"
#include "lib/dfns/code.h"
#include "lib/dfns/login.h"
#include "lib/format/dfnsid.h"

enum { INIT_USERNAME, INIT_ORG, INIT_CODE, INIT__MAX };

static const struct ptn_field init_fields[INIT__MAX] = {
	[INIT_USERNAME] = { "username", PTN_F_TEXT, false, PTN_USERNAME_MAX,
	    NULL, PTN_OK },
	[INIT_ORG] = { "orgId", PTN_F_TEXT, true, PTN_DFNSID_MAX, NULL,
	    PTN_OK },
	[INIT_CODE] = { "loginCode", PTN_F_SECRET, false,
	    PTN_DFNS_CODE_TYPED_MAX, NULL, PTN_OK },
};

const struct ptn_input ptn_in_dfns_login_init = { init_fields, INIT__MAX };

/*
 * POST /auth/login/init: what is to be signed, and by which credentials.  The
 * encrypted private keys are given out only with a code that came by mail.
 */
enum ptn_err
ptn_dfns_login_init(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *in = req->in;
	struct ptn_dfns_login_start l = { .org = in[INIT_ORG].s,
		.username = in[INIT_USERNAME].set ? in[INIT_USERNAME].s : NULL,
		.code = in[INIT_CODE].b };
	enum ptn_err r;

	r = ptn_dfns_login_start(&req->sc, &l);
	if (r == PTN_E_INPUT)
		return ptn_dfns_malformed(req, rep, "",
		    init_fields[INIT_USERNAME].name);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &l.denial,
		    PTN_EVENT_DFNS_LOGIN_FAILED);
	ptn_dfns_write_challenge(req, rep, &l.ch);
	return PTN_OK;
}

/* POST /auth/login: give a user token for a signed challenge. */
enum ptn_err
ptn_dfns_login(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_login l = { .token = NULL };
	enum ptn_err r;

	r = ptn_dfns_read_answer(req, rep, PTN_DFNS_CEREMONY_LOGIN, &l.an);
	if (r == PTN_OK)
		r = ptn_dfns_login_finish(&req->sc, &l);
	else if (r == PTN_E_DENIED)
		ptn_actor_is(&req->sc, &l.an.c.user_id, NULL);
	if (r != PTN_OK)
		return ptn_dfns_refuse_denied(req, rep, r, &l.an.denial,
		    PTN_EVENT_DFNS_LOGIN_FAILED);
	ptn_dfns_write_session(rep, NULL, l.token);
	ptn_device_set(req, rep);
	return PTN_OK;
}
