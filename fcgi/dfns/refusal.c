#include "fcgi/dfns/dfns.h"

#include <string.h>

#include "lib/dfns/password.h"
#include "lib/format/dfnsid.h"

/* The status and text of each denial: those of Dfns, which clients compare. */
static const struct {
	enum ptn_err r;
	const char *message;
} refusals[PTN_DFNS_DENIAL__MAX] = {
	/* clang-format off */
	[PTN_DFNS_NOT_DENIED] =     { PTN_E_INTERNAL, NULL },
	[PTN_DFNS_BAD_TOKEN] =      { PTN_E_DENIED, "user token is missing or invalid" },
	[PTN_DFNS_BAD_CODE] =       { PTN_E_FORBIDDEN, "Invalid code" },
	[PTN_DFNS_BAD_CHALLENGE] =  { PTN_E_INPUT, "Challenge token is not valid." },
	[PTN_DFNS_NOT_PROVED] =     { PTN_E_DENIED, "Unauthorized" },
	[PTN_DFNS_NO_USER] =        { PTN_E_DENIED, "User not found" },
	[PTN_DFNS_NO_CREDENTIAL] =  { PTN_E_DENIED, "User does not have a credential that can be used for the application." },
	[PTN_DFNS_DEACTIVATED] =    { PTN_E_INPUT, "User account has been deactivated." },
	[PTN_DFNS_USER_EXISTS] =    { PTN_E_DENIED, "User already exists." },
	[PTN_DFNS_CODE_EXPIRED] =   { PTN_E_INPUT, "Registration code expired" },
	[PTN_DFNS_CREDENTIAL_EXISTS] = { PTN_E_INPUT, "credential already exists" },
	[PTN_DFNS_NO_RECOVERY] =    { PTN_E_DENIED, "Credential cannot be used as a recovery factor." },
	[PTN_DFNS_NO_SUCH_CREDENTIAL] = { PTN_E_NOT_FOUND, "credential not found" },
	[PTN_DFNS_LAST_CREDENTIAL] = { PTN_E_INPUT, "cannot deactivate the last active credential" },
	[PTN_DFNS_LAST_TO_DELETE] = { PTN_E_INPUT, "cannot delete the last active credential" },
	[PTN_DFNS_NO_SUCH_USER] =   { PTN_E_NOT_FOUND, "user not found" },
	[PTN_DFNS_NO_SUCH_LOG] =    { PTN_E_NOT_FOUND, "audit log not found" },
	[PTN_DFNS_NO_SUCH_ACCOUNT] = { PTN_E_NOT_FOUND, "service account not found" },
	[PTN_DFNS_TOO_MANY_ACCOUNTS] = { PTN_E_INPUT, "the organisation has as many service accounts as it may" },
	[PTN_DFNS_NO_SUCH_TOKEN] =  { PTN_E_NOT_FOUND, "personal access token not found" },
	[PTN_DFNS_TOO_MANY_TOKENS] = { PTN_E_INPUT, "the user has as many personal access tokens as they may" },
	[PTN_DFNS_TOKEN_EXISTS] =   { PTN_E_INPUT, "personal access token already exists" },
	[PTN_DFNS_ONESELF] =        { PTN_E_INPUT, "user cannot modify its own state" },
	[PTN_DFNS_LAST_OWNER] =     { PTN_E_INPUT, "the last owner of an organisation stays active" },
	/* Who it is, and what for: user.c. */
	[PTN_DFNS_NOT_OWNER] =      { PTN_E_INTERNAL, NULL },
	[PTN_DFNS_NOT_SIGNED] =     { PTN_E_FORBIDDEN, "user action signature is missing or invalid" },
	[PTN_DFNS_NO_TOTP] =        { PTN_E_INPUT, "a Password needs an active Totp" },
	[PTN_DFNS_BAD_ALGORITHM] =  { PTN_E_INPUT, "Invalid request: " PTN_DFNS_ALGORITHM_UNFIT },
	/* What is wrong with new credentials: enrolment.c and recovery.c. */
	[PTN_DFNS_PASSWORD_ALONE] = { PTN_E_INTERNAL, NULL },
	[PTN_DFNS_PASSWORD_UNFIT] = { PTN_E_INTERNAL, NULL },
	[PTN_DFNS_NOTHING_SIGNS] =  { PTN_E_INTERNAL, NULL },
	[PTN_DFNS_ACTION_USED] =    { PTN_E_INPUT, "user action has already been used" },
	/* clang-format on */
};

enum ptn_err
ptn_dfns_refuse(struct ptn_reply *rep, enum ptn_dfns_denial_reason reason)
{
	return ptn_reply_say(rep, refusals[reason].r, refusals[reason].message);
}

enum ptn_err
ptn_dfns_refuse_denied(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_err r, const struct ptn_dfns_denial *d, enum ptn_event event)
{
	if (r != PTN_E_DENIED)
		return r;
	if (event != PTN_EVENT_NONE && d->detail != NULL)
		ptn_event_note(&req->sc, event, d->detail);
	return ptn_dfns_refuse(rep, d->reason);
}

/* Our operations have no names: method and path stand in their place. */
enum ptn_err
ptn_dfns_refuse_kind(struct ptn_request *req, struct ptn_reply *rep,
    const char *kind)
{
	char user[PTN_DFNSID_STR];

	ptn_dfnsid_format(PTN_DFNSID_USER, &req->session.claims.sub, user);
	return ptn_reply_say(rep, PTN_E_FORBIDDEN,
	    ptn_arena_printf(req->sc.arena,
		"%s %s is not authorized to perform operation (%s %s)", kind,
		user, ptn_method_name(req->route->method), req->route->path));
}

enum ptn_err
ptn_dfns_malformed(struct ptn_request *req, struct ptn_reply *rep,
    const char *field, const char *why)
{
	const bool clause = strchr(why, ' ') != NULL;

	return ptn_reply_say(rep, PTN_E_INPUT,
	    ptn_arena_printf(req->sc.arena, "%s%s%s%s%s", req->family->problem,
		field, field[0] != '\0' ? "/" : "", why,
		clause ? "" : " is missing or malformed"));
}

enum ptn_err
ptn_dfns_refuse_unfit(struct ptn_request *req, struct ptn_reply *rep,
    const char *field, const char *why)
{
	return ptn_reply_say(rep, PTN_E_INPUT,
	    ptn_arena_printf(req->sc.arena, "%s%s%scredentialInfo/password %s",
		req->family->problem, field, field[0] != '\0' ? "/" : "", why));
}

enum ptn_err
ptn_dfns_refuse_password(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfns_factor_new *in)
{
	const char *why;
	enum ptn_err r;

	if (!ptn_dfns_password_on(&req->sc) || in->kind != PTN_CRED_PASSWORD)
		return PTN_OK;
	r = ptn_dfns_password_fit(req->sc.cf, req->sc.arena, in->secret, &why);
	return r == PTN_E_INPUT ? ptn_dfns_refuse_unfit(req, rep, "", why) : r;
}
