#include "lib/dfns/code.h"
#include "fcgi/client.h"
#include "fcgi/dfns/dfns.h"
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
 * The same row for every name and organisation; the courier finds out what
 * comes of it (codemail.h).
 */
static enum ptn_err
want(struct ptn_request *req, struct ptn_reply *rep, enum ptn_code_kind purpose)
{
	const struct ptn_uuid org = ptn_dfns_org_id(req->in[CODE_ORG].s);
	const struct ptn_scope at = ptn_scope_at(&req->sc, &org);
	struct ptn_codemail w = { .purpose = purpose,
		.username = req->in[CODE_USERNAME].s,
		.locale = ptn_locale_match(
		    ptn_request_param(req, "HTTP_ACCEPT_LANGUAGE")),
		.address = ptn_client_ip(req) };
	enum ptn_err r;

	r = ptn_codemail_want(&at, &w);
	if (r != PTN_OK)
		return r;
	ptn_request_wake_courier(req);
	return ptn_dfns_success(rep);
}

/* What the documentation says of names that cannot have a code. */
static enum ptn_err
tell(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_dfns_lookup who;
	enum ptn_err r;

	if (!ptn_dfns_discloses_accounts(req))
		return PTN_OK;
	r = ptn_dfns_lookup(req, req->in[CODE_ORG].s, req->in[CODE_USERNAME].s,
	    &who);
	if (r != PTN_OK || who.member.active)
		return r;
	return ptn_dfns_refuse_member(req, rep, PTN_EVENT_NONE, &who.member);
}

/* POST /auth/login/code: send a login code, if there is somebody to have it. */
enum ptn_err
ptn_dfns_login_code(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	if ((r = tell(req, rep)) != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_CODE_REQUESTED, "login");
	return want(req, rep, PTN_CODE_LOGIN);
}

/*
 * PUT /auth/registration/code: send another registration code.  To say the same
 * to everybody is what is documented.
 */
enum ptn_err
ptn_dfns_registration_code(struct ptn_request *req, struct ptn_reply *rep)
{
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_CODE_REQUESTED, "registration");
	return want(req, rep, PTN_CODE_REGISTRATION);
}

/* POST and PUT /auth/recover/user/code: send a code to begin a recovery. */
enum ptn_err
ptn_dfns_recovery_code(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	if ((r = tell(req, rep)) != PTN_OK)
		return r;
	ptn_event_note(&req->sc, PTN_EVENT_DFNS_CODE_REQUESTED, "recovery");
	return want(req, rep, PTN_CODE_RECOVERY);
}

enum ptn_err
ptn_dfns_check_code(struct ptn_request *req, const struct ptn_dfns_lookup *who,
    bool able, enum ptn_code_kind purpose, struct ptn_bytes typed, bool keep,
    enum ptn_passcode_result *what)
{
	const struct ptn_uuid nobody = ptn_uuid_new();
	char code[PTN_DFNS_CODE_STR];
	enum ptn_err r;

	if (!ptn_dfns_code_normal(PTN_DFNS_CODE_MAIL, typed, code))
		code[0] = '\0';
	r = ptn_code_check(&req->sc, able ? &who->member.id : &nobody, purpose,
	    code, keep, what);
	ptn_wipe(code, sizeof(code));
	return r;
}
