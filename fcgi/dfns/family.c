#include "fcgi/dfns/dfns.h"

#include <stdio.h>
#include <string.h>

#include "fcgi/bearer.h"
#include "fcgi/family.h"
#include "lib/crypto/crypto.h"
#include "lib/dfns/accesstoken.h"
#include "lib/dfns/token.h"

#define ID_STR 24 /* of 63 bits in decimal */

const struct ptn_auth ptn_dfns_auth_member = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_signed = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_caller = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_service = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_owner = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_managing = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_granting = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_recovery = { &ptn_dfns_family };
const struct ptn_auth ptn_dfns_auth_newcomer = { &ptn_dfns_family };

/* Dfns has a number here: ours is computed from the request id. */
static void
error_id(const struct ptn_request *req, char out[ID_STR])
{
	uint8_t digest[PTN_SHA256_LEN];
	uint64_t n = 0;
	size_t i;

	ptn_crypto_sha256(ptn_bytes_of(req->request_id), digest);
	for (i = 0; i < sizeof(n); i++)
		n = n << 8 | digest[i];
	snprintf(out, ID_STR, "%llu", (unsigned long long)(n >> 1));
}

static void
write_error(struct ptn_reply *rep, const struct ptn_request *req, int status,
    const char *message)
{
	char id[ID_STR];

	error_id(req, id);
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_object(&rep->json, "error");
	ptn_jsonw_str(&rep->json, "id", id);
	ptn_jsonw_int(&rep->json, "status", status);
	ptn_jsonw_str(&rep->json, "message", message);
	ptn_jsonw_object(&rep->json, "details");
	ptn_jsonw_end_object(&rep->json);
	ptn_jsonw_end_object(&rep->json);
	ptn_jsonw_end_object(&rep->json);
}

/* PTN_E_NOT_FOUND for any fault of the token. */
static enum ptn_err
verify(struct ptn_request *req, struct ptn_bytes token,
    enum ptn_dfns_token_kind kind, struct ptn_dfns_token *t)
{
	enum ptn_verdict verdict;
	enum ptn_err r;

	r = ptn_dfns_token_verify(&req->sc, token, kind, t, &verdict);
	return r == PTN_OK && verdict != PTN_ALLOW ? PTN_E_NOT_FOUND : r;
}

/* From now on the request belongs to this organisation and user. */
static void
set_caller(struct ptn_request *req, const struct ptn_uuid *org,
    const struct ptn_uuid *user, const struct ptn_uuid *token)
{
	req->sc.tenant_id = *org;
	req->session.claims.sub = *user;
	req->session.claims.session_id = *token;
	ptn_actor_is(&req->sc, user, NULL);
}

/* The token names a ceremony, which the handler reads later. */
static enum ptn_err
find_ceremony(struct ptn_request *req, struct ptn_bytes token,
    enum ptn_dfns_token_kind kind)
{
	struct ptn_dfns_token t;
	enum ptn_err r;

	if ((r = verify(req, token, kind, &t)) == PTN_OK)
		set_caller(req, &t.org, &t.user, &t.id);
	return r;
}

/*
 * Session, user and organisation are read by one SELECT.  PTN_E_FORBIDDEN: the
 * user is switched off.
 */
static enum ptn_err
find_session(struct ptn_request *req, const struct ptn_dfns_token *t,
    struct ptn_member *who)
{
	struct ptn_member_seen seen;
	enum ptn_err r;

	r = ptn_member_of_session(&req->sc, &t->id, &seen);
	if (r != PTN_OK)
		return r;
	*who = (struct ptn_member){ .username = seen.username,
		.kind = seen.kind,
		.owner = seen.owner,
		.archived = seen.archived };
	if (!ptn_uuid_equal(&seen.user_id, &t->user))
		return PTN_E_NOT_FOUND;
	if (!seen.usable)
		return PTN_E_FORBIDDEN;
	req->session.known = true;
	req->actor.session_of = &req->session.claims.sub;
	req->session.last_used_us = seen.last_used_us;
	req->session.now_us = seen.now_us;
	req->session.claims.email.address = seen.username;
	return ptn_session_touch(&req->sc, &req->session);
}

static enum ptn_err
find_user(struct ptn_request *req, struct ptn_bytes token,
    struct ptn_member *who)
{
	struct ptn_dfns_token t;
	enum ptn_err r;

	if ((r = verify(req, token, PTN_DFNS_TOKEN_USER, &t)) != PTN_OK)
		return r;
	set_caller(req, &t.org, &t.user, &t.id);
	return find_session(req, &t, who);
}

/* One SELECT, too: only the row says who it is and whether it is good. */
static enum ptn_err
find_token(struct ptn_request *req, struct ptn_bytes token,
    const struct ptn_uuid *org, struct ptn_member *who)
{
	const struct ptn_scope at = ptn_scope_at(&req->sc, org);
	struct ptn_accesstoken_seen seen;
	enum ptn_err r;

	r = ptn_accesstoken_find(&at, token, &seen);
	if (r != PTN_OK)
		return r;
	set_caller(req, org, &seen.user_id, &seen.id);
	req->signer = seen.credential_id;
	req->session.claims.email.address = seen.username;
	who->kind = seen.kind;
	who->owner = seen.owner;
	who->service_account = seen.service_account;
	return PTN_OK;
}

/* The token says whether it is one of a session. */
static enum ptn_err
find_caller(struct ptn_request *req, struct ptn_bytes token,
    struct ptn_member *who)
{
	struct ptn_uuid org;
	bool stored;
	enum ptn_err r;

	r = ptn_dfns_token_claims(req->sc.arena, token, &org, &stored);
	if (r != PTN_OK)
		return r;
	return stored ? find_token(req, token, &org, who)
		      : find_user(req, token, who);
}

/* Who asks; who->kind stays NULL if the token names a ceremony. */
static enum ptn_err
find(struct ptn_request *req, const struct ptn_auth *auth,
    struct ptn_member *who)
{
	const char *bearer = ptn_bearer_token(req);
	struct ptn_bytes token;

	memset(who, 0, sizeof(*who));
	if (bearer == NULL)
		return PTN_E_NOT_FOUND;
	token = ptn_bytes_of(bearer);
	if (auth == &ptn_dfns_auth_newcomer)
		return find_ceremony(req, token, PTN_DFNS_TOKEN_REGISTRATION);
	if (auth == &ptn_dfns_auth_recovery)
		return find_ceremony(req, token, PTN_DFNS_TOKEN_RECOVERY);
	return find_caller(req, token, who);
}

/* Shown a personal token, which is no account of its own? */
static bool
is_personal(const struct ptn_request *req, const struct ptn_member *who)
{
	return !ptn_uuid_is_nil(&req->signer) && !who->service_account;
}

/*
 * Is the endpoint for callers like this?  What is for those who are logged in
 * is for no token that is not of a session: none makes another one, nor a
 * credential.  Nor does a personal one make an account's, which would outlive
 * it.
 */
static bool
is_for_caller(const struct ptn_request *req, const struct ptn_auth *auth,
    const struct ptn_member *who)
{
	if (auth == &ptn_dfns_auth_owner || auth == &ptn_dfns_auth_managing)
		return who->owner;
	if (auth == &ptn_dfns_auth_granting)
		return who->owner && !is_personal(req, who);
	if (auth == &ptn_dfns_auth_service)
		return who->service_account;
	return auth == &ptn_dfns_auth_caller ||
	    ptn_uuid_is_nil(&req->signer);
}

/*
 * The token of a member who is switched off is refused like any bad token.
 * Only at the endpoints of user actions, and where denials disclose accounts,
 * the answer says why.
 */
static enum ptn_err
refuse_member(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_auth *auth, const struct ptn_member *who)
{
	struct ptn_dfns_denial denial;
	enum ptn_err r;

	if (auth != &ptn_dfns_auth_caller ||
	    !ptn_dfns_denial_discloses(&req->sc))
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	r = ptn_dfns_denial_of_member(&denial, who);
	return ptn_dfns_refuse_denied(req, rep, r, &denial,
	    PTN_EVENT_DFNS_ACTION_FAILED);
}

static bool
needs_action(const struct ptn_auth *auth)
{
	return auth == &ptn_dfns_auth_signed ||
	    auth == &ptn_dfns_auth_service ||
	    auth == &ptn_dfns_auth_managing ||
	    auth == &ptn_dfns_auth_granting;
}

static enum ptn_err
authenticate(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_auth *auth)
{
	struct ptn_member who;
	enum ptn_err r;

	if (auth == &ptn_auth_anybody)
		return PTN_OK; /* a token is ignored */
	r = find(req, auth, &who);
	if (r == PTN_E_FORBIDDEN)
		return refuse_member(req, rep, auth, &who);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	if (r != PTN_OK)
		return r;
	if (who.kind != NULL && !is_for_caller(req, auth, &who))
		return ptn_dfns_refuse_kind(req, rep, who.kind);
	return needs_action(auth) ? ptn_dfns_require_action(req, rep) : PTN_OK;
}

const struct ptn_family ptn_dfns_family = {
	.side = PTN_PUBLIC,
	.prefix = "/auth/",
	.api = PTN_API_DFNS,
	.on = ptn_feature_dfns,
	.rate = { [PTN_RATE_NONE] = true,
	    [PTN_RATE_RULE] = true,
	    [PTN_RATE_CODE] = true,
	    [PTN_RATE_LOGIN] = true,
	    [PTN_RATE_ANSWER] = true,
	    [PTN_RATE_FACTOR] = true,
	    [PTN_RATE_TYPED] = true },
	.body_max = (size_t)128 * 1024,
	.depth = 32,
	.type = "application/json; charset=utf-8",
	.problem = "Invalid request: ",
	.last_resort = "{\"error\":{\"id\":\"0\",\"status\":500,\"message\":"
		       "\"Internal Server Error\",\"details\":{}}}\n",
	.allow_methods = "GET, POST, PUT, DELETE",
	.allow_headers = "authorization, content-type, x-dfns-useraction, "
			 "x-dfns-sdk-version, x-dfns-appid, x-dfns-nonce, "
			 "x-dfns-appsecret, x-dfns-apisignature",
	.preflight_body = "{\"message\":\"success\"}\n",
	.write_error = write_error,
	.authenticate = authenticate,
};
