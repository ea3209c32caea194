#include "fcgi/public/public.h"

#include "fcgi/cookie.h"
#include "fcgi/issue.h"
#include "fcgi/jsonval.h"
#include "fcgi/profile.h"
#include "lib/account/signout.h"
#include "lib/base/clock.h"
#include "lib/crypto/jws.h"

enum { TOKEN, TOKEN__MAX };

static const struct ptn_field token_fields[TOKEN__MAX] = {
	[TOKEN] = { "session_token", PTN_F_SECRET, true, PTN_JWS_MAX, NULL,
	    PTN_OK },
};

const struct ptn_input ptn_in_session_token = { token_fields, TOKEN__MAX };

/*
 * POST /logout: what is presented ends, and if it is cookies of two users, of
 * which neither counts; other sessions go on.
 */
enum ptn_err
ptn_public_logout(struct ptn_request *req, struct ptn_reply *rep)
{
	enum ptn_err r;

	if ((r = ptn_signout_presented(&req->sc, &req->sessions)) != PTN_OK)
		return r;
	ptn_cookie_clear_session(req, rep);
	rep->done = PTN_DONE_EMPTY;
	return PTN_OK;
}

static void
write_validity(const struct ptn_request *req, struct ptn_reply *rep,
    const struct ptn_session *s)
{
	const int64_t idle_at = ptn_session_idle_at(req->sc.cf, s);
	struct ptn_jsonw *w = &rep->json;

	rep->no_store = true;
	ptn_jsonw_object(w, NULL);
	ptn_jsonw_bool(w, "is_valid", s->known);
	if (s->known) {
		ptn_profile_claims(w, req->sc.cf, &s->claims);
		ptn_jsonval_time(w, "expiration_time",
		    s->claims.exp * PTN_US_PER_S);
		ptn_jsonval_uuid(w, "user_id", &s->claims.sub);
	}
	if (s->known && idle_at != 0)
		ptn_jsonval_time(w, "idle_expires_at", idle_at);
	ptn_jsonw_end_object(w);
}

/*
 * GET /sessions/validate: is the presented session good?  Always 200; one
 * SELECT and nothing else.  The cookie of one that has died of idleness is
 * cleared, as where a session is required.
 */
enum ptn_err
ptn_public_session_validate(struct ptn_request *req, struct ptn_reply *rep)
{
	if (!req->session.known && req->sessions.idle_n > 0)
		ptn_cookie_clear_session(req, rep);
	write_validity(req, rep, &req->session);
	return PTN_OK;
}

/* POST /sessions/validate: the same for a token in the body, and notes use. */
enum ptn_err
ptn_public_token_validate(struct ptn_request *req, struct ptn_reply *rep)
{
	struct ptn_session s;
	enum ptn_err r;

	r = ptn_session_check(&req->sc, req->in[TOKEN].b, &s);
	if (r == PTN_OK && s.known)
		r = ptn_session_touch(&req->sc, &s);
	if (r != PTN_OK)
		return r;
	write_validity(req, rep, &s);
	return PTN_OK;
}

static void
write_row(struct ptn_jsonw *w, const struct ptn_session_row *s,
    const struct ptn_uuid *current)
{
	ptn_jsonw_object(w, NULL);
	ptn_profile_session(w, s, current);
	if (s->user_agent != NULL)
		ptn_jsonw_str(w, "user_agent", s->user_agent);
	ptn_jsonw_end_object(w);
}

/* GET /sessions: where am I logged in? */
enum ptn_err
ptn_public_session_list(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_claims *c = &req->session.claims;
	struct ptn_session_row *rows;
	enum ptn_err r;
	size_t i, n;

	if ((r = ptn_sessions_of(&req->sc, &c->sub, &rows, &n)) != PTN_OK)
		return r;
	rep->no_store = true;
	ptn_jsonw_array(&rep->json, NULL);
	for (i = 0; i < n; i++)
		write_row(&rep->json, &rows[i], &c->session_id);
	ptn_jsonw_end_array(&rep->json);
	return PTN_OK;
}

/* DELETE /sessions/{id}: end one session of mine, be it this one. */
enum ptn_err
ptn_public_session_remove(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_claims *c = &req->session.claims;
	struct ptn_uuid id;
	enum ptn_err r;

	if (!ptn_uuid_parse_any(req->arg, &id))
		return PTN_E_NOT_FOUND;
	if ((r = ptn_signout_one(&req->sc, &c->sub, &id)) != PTN_OK)
		return r;
	if (ptn_uuid_equal(&id, &c->session_id))
		ptn_cookie_clear_session(req, rep);
	rep->done = PTN_DONE_EMPTY;
	return PTN_OK;
}

/* DELETE /sessions: end all sessions of mine but this one. */
enum ptn_err
ptn_public_session_end_others(struct ptn_request *req, struct ptn_reply *rep)
{
	const struct ptn_claims *c = &req->session.claims;
	enum ptn_err r;

	r = ptn_signout_others(&req->sc, &c->sub, &c->session_id);
	if (r == PTN_OK)
		ptn_issue_device(req, rep);
	rep->done = PTN_DONE_EMPTY;
	return r;
}
