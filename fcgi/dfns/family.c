#include "fcgi/family.h"

#include <stdio.h>

#include "fcgi/dfns/dfns.h"
#include "fcgi/presented.h"
#include "lib/crypto.h"

#define ID_STR 24 /* of 63 bits in decimal */

static bool
enabled(const struct ptn_conf *cf)
{
	return cf->dfns_enabled;
}

/* A number that stands for the request id, by which the log is searched. */
static void
error_id(const struct ptn_request *req, char out[ID_STR])
{
	uint8_t digest[PTN_SHA256_LEN];
	uint64_t n = 0;
	size_t i;

	ptn_sha256(ptn_bytes_of(req->request_id), digest);
	for (i = 0; i < sizeof(n); i++)
		n = n << 8 | digest[i];
	snprintf(out, ID_STR, "%llu", (unsigned long long)(n >> 1));
}

/* Specification 1.6. */
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

static enum ptn_err
bearer_token(struct ptn_request *req, enum ptn_dfnstoken_kind kind,
    struct ptn_dfnstoken *t, enum ptn_verdict *verdict)
{
	const struct ptn_token_env env = ptn_request_tokens(req);
	const char *token = ptn_presented_bearer(req);

	*verdict = PTN_DENY;
	if (token == NULL)
		return PTN_OK;
	return ptn_dfnstoken_verify(&env, ptn_bytes_of(token), kind, t,
	    verdict);
}

/* From here on the request is one of this organisation, and of this user. */
static void
settle(struct ptn_request *req, const struct ptn_dfnstoken *t)
{
	req->tenant.id = t->org;
	req->session.claims.sub = t->user;
	req->session.claims.session_id = t->id;
	req->audit.user_id = t->user;
}

/* One SELECT tells all: session, user and organisation. */
static enum ptn_err
find_session(struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_dfnstoken *t)
{
	struct ptn_member_seen seen;
	struct ptn_token_env env;
	enum ptn_err r;

	r = ptn_member_of_session(req->db, req->arena, &t->org, &t->id, &seen);
	if (r == PTN_E_NOT_FOUND)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	if (r != PTN_OK)
		return r;
	if (!ptn_uuid_equal(&seen.user_id, &t->user) || !seen.usable)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	req->session.known = true;
	req->session.last_used_us = seen.last_used_us;
	req->session.now_us = seen.now_us;
	req->session.claims.email.address = seen.username;
	env = ptn_request_tokens(req);
	return ptn_session_touch(&env, &req->session);
}

static enum ptn_err
authenticate(struct ptn_request *req, struct ptn_reply *rep, enum ptn_auth auth)
{
	const enum ptn_dfnstoken_kind kind = auth == PTN_AUTH_REGISTRANT
	    ? PTN_DFNSTOKEN_REGISTRATION
	    : auth == PTN_AUTH_RECOVERY ? PTN_DFNSTOKEN_RECOVERY
					: PTN_DFNSTOKEN_USER;
	enum ptn_verdict verdict;
	struct ptn_dfnstoken t;
	enum ptn_err r;

	if (auth == PTN_AUTH_NONE)
		return PTN_OK; /* a token that came all the same is ignored */
	if ((r = bearer_token(req, kind, &t, &verdict)) != PTN_OK)
		return r;
	if (verdict != PTN_ALLOW)
		return ptn_dfns_refuse(rep, PTN_DFNS_BAD_TOKEN);
	settle(req, &t);
	if (kind != PTN_DFNSTOKEN_USER)
		return PTN_OK;
	if ((r = find_session(req, rep, &t)) != PTN_OK)
		return r;
	return auth == PTN_AUTH_SIGNED ? ptn_dfns_action_check(req, rep)
				       : PTN_OK;
}

const struct ptn_family ptn_dfns_family = {
	.prefix = "/auth/",
	.api = PTN_API_DFNS,
	.on = enabled,
	.body_max = (size_t)128 * 1024,
	.depth = 32,
	.type = "application/json; charset=utf-8",
	.fault = "Invalid request: ",
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
