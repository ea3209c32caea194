#include "fcgi/admin/admin.h"

#include "fcgi/client.h"
#include "fcgi/userjson.h"
#include "lib/account/claims.h"
#include "lib/account/signin.h"
#include "lib/account/signout.h"

/* GET /users/{id}/sessions: those that are alive, of both APIs. */
enum ptn_err
ptn_admin_session_list(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_session_row *s;
	struct ptn_uuid user;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_admin_user_found(req, rep, &user)) != PTN_OK ||
	    (r = ptn_sessions_of(&req->sc, &user, &s, &n)) != PTN_OK)
		return r;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < n; i++)
		ptn_userjson_session(&rep->json, &user, &s[i]);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

/* DELETE /users/{id}/sessions/{session_id} */
enum ptn_err
ptn_admin_session_delete(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid user, id;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	r = ptn_admin_user_has(req, rep, "session_id", &user, &id);
	if (r != PTN_OK)
		return r;
	return ptn_signout_one(&req->sc, &user, &id);
}

/* DELETE /users/{id}/sessions: all of them. */
enum ptn_err
ptn_admin_session_delete_all(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_uuid user;
	enum ptn_err r;

	rep->done = PTN_DONE_EMPTY;
	if ((r = ptn_admin_user_found(req, rep, &user)) != PTN_OK)
		return r;
	return ptn_signout_all(&req->sc, &user);
}

enum { USER, AGENT, ADDRESS, SESSION__MAX };

static const struct ptn_field session_fields[SESSION__MAX] = {
	[USER] = { "user_id", PTN_F_UUID_LAX, true, 64, NULL, PTN_OK },
	[AGENT] = { "user_agent", PTN_F_TEXT, false, 255, NULL, PTN_OK },
	[ADDRESS] = { "ip_address", PTN_F_TEXT, false, 45, NULL, PTN_OK },
};

const struct ptn_input ptn_in_admin_session = { session_fields, SESSION__MAX };

/* With what is said of the client, who is not the one that asks here. */
static enum ptn_err
mint(struct ptn_request *req, struct ptn_claims *claims)
{
	struct ptn_actor *actor = &req->actor;
	const char *agent = actor->user_agent, *ip = actor->ip;
	enum ptn_err r;

	ptn_actor_is(&req->sc, &req->in[USER].id, NULL);
	actor->user_agent = req->in[AGENT].s;
	actor->ip = req->in[ADDRESS].s;
	r = ptn_signin_mint(&req->sc, &req->in[USER].id, claims);
	actor->user_agent = agent;
	actor->ip = ip;
	return r;
}

/* POST /sessions: a session of a user, for whoever asks to hand on. */
enum ptn_err
ptn_admin_session_create(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_value *ip = &req->in[ADDRESS];
	struct ptn_claims claims;
	char *token;
	enum ptn_err r;

	if (ip->set &&
	    ptn_client_network_of(req->sc.arena, ip->s, false) == NULL)
		return ptn_reply_say(rep, PTN_E_INPUT,
		    "ip_address must be a valid ip address (v4 or v6)");
	if ((r = ptn_admin_user_reached(req, rep, &req->in[USER].id)) !=
	    PTN_OK)
		return r;
	if ((r = mint(req, &claims)) == PTN_E_NOT_FOUND)
		return ptn_reply_say(rep, r, "user not found");
	if (r == PTN_E_CONFLICT)
		return ptn_reply_say(rep, r, PTN_ADMIN_SERVICE);
	if (r != PTN_OK ||
	    (r = ptn_claims_render(&req->sc, &claims)) != PTN_OK ||
	    (r = ptn_token_issue(&req->sc, &claims, &token)) != PTN_OK)
		return r;
	ptn_jsonw_object(&rep->json, NULL);
	ptn_jsonw_str(&rep->json, "session_token", token);
	ptn_jsonw_end_object(&rep->json);
	return PTN_OK;
}
