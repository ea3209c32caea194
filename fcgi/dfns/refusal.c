#include "fcgi/dfns/dfns.h"

#include "lib/format/dfnsid.h"

/* THE table of refusals (specification 1.6 and 13); the texts are theirs. */
static const struct {
	enum ptn_err r;
	const char *message;
} refusals[PTN_DFNS__MAX] = {
	/* clang-format off */
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
	[PTN_DFNS_NOT_SIGNED] =     { PTN_E_FORBIDDEN, "user action signature is missing or invalid" },
	[PTN_DFNS_NO_TOTP] =        { PTN_E_INPUT, "a Password needs an active Totp" },
	[PTN_DFNS_ACTION_USED] =    { PTN_E_INPUT, "user action has already been used" },
	/* clang-format on */
};

enum ptn_err
ptn_dfns_refuse(struct ptn_reply *rep, enum ptn_dfns_refusal why)
{
	return ptn_reply_say(rep, refusals[why].r, refusals[why].message);
}

/* Operations have no names here: method and path stand for them. */
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
	return ptn_reply_say(rep, PTN_E_INPUT,
	    ptn_arena_printf(req->sc.arena, "%s%s%s%s is missing or malformed",
		req->family->problem, field, field[0] != '\0' ? "/" : "", why));
}

enum ptn_err
ptn_dfns_success(struct ptn_reply *rep)
{
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "message", "success");
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}
