#include "lib/account/signin.h"

#include "lib/account/asker.h"
#include "lib/account/email.h"
#include "lib/account/membership.h"
#include "lib/account/policy.h"
#include "lib/account/user.h"
#include "lib/db/sql.h"
#include "lib/event/actor.h"

/* Of the API by which they log in: a browser brings none of another. */
static enum ptn_err
end_brought(const struct ptn_scope *sc, const struct ptn_signin *s)
{
	const struct ptn_actor *actor = sc->actor;
	struct ptn_session_end_brought_in in = { .tenant_id = sc->tenant_id,
		.user_id = s->user_id,
		.api = ptn_api_name(s->api) };
	struct ptn_uuid *const id[PTN_ACTOR_BROUGHT_MAX] = { &in.first,
		&in.second, &in.third, &in.fourth };
	uint64_t n;
	size_t i, theirs = 0;
	enum ptn_err r = PTN_OK;

	for (i = 0; actor != NULL && i < actor->brought_n; i++)
		if (ptn_uuid_equal(&actor->brought[i].user_id, &s->user_id))
			*id[theirs++] = actor->brought[i].id;
	for (i = 0; r == PTN_OK && i < theirs; i++)
		r = ptn_event_session(sc, PTN_EVENT_SESSION_REVOKED,
		    &s->user_id, id[i]);
	return r != PTN_OK || theirs == 0
	    ? r
	    : ptn_sql_session_end_brought(sc->db, &in, &n);
}

enum ptn_err
ptn_signin_in(const struct ptn_scope *sc, struct ptn_signin *s)
{
	const struct ptn_email_claim none = { NULL, false, false };
	struct ptn_session_new new = { .api = s->api,
		.user_id = s->user_id,
		.user = &s->user };
	enum ptn_err r;

	if (s->epoch != NULL && *s->epoch != s->user.epoch)
		return PTN_E_DENIED;
	if (s->api == PTN_API_HANKO && !s->complete &&
	    ptn_policy_second_factor(sc->cf, &s->user.factors))
		return PTN_E_FORBIDDEN;
	if (s->prove != NULL && (r = s->prove(sc, s->arg)) != PTN_OK)
		return r;
	/* Webhooks hear of a user before they hear of the session. */
	if (s->event != PTN_EVENT_NONE &&
	    (r = ptn_event(sc, s->event, NULL)) != PTN_OK)
		return r;
	new.email = s->email != NULL ? *s->email : none;
	if ((r = end_brought(sc, s)) != PTN_OK ||
	    (r = ptn_session_open(sc, &new, &s->claims)) != PTN_OK ||
	    (r = ptn_asker_remember(sc, &s->user_id, s->user.epoch)) != PTN_OK)
		return r;
	s->claims.amr = s->amr;
	return PTN_OK;
}

enum ptn_err
ptn_signin_lock_in(const struct ptn_scope *sc, struct ptn_signin *s)
{
	enum ptn_err r;

	r = ptn_user_lock_state(sc, &s->user_id, &s->user);
	if (r != PTN_OK)
		return r;
	return ptn_signin_in(sc, s);
}

static enum ptn_err
sign_in(const struct ptn_scope *sc, void *arg)
{
	return ptn_signin_lock_in(sc, arg);
}

enum ptn_err
ptn_signin(const struct ptn_scope *sc, struct ptn_signin *s)
{
	return ptn_tx(sc, sign_in, s);
}

bool
ptn_signin_foreign(const struct ptn_uuid *by, const struct ptn_uuid *user)
{
	return by != NULL && !ptn_uuid_equal(by, user);
}

struct minting {
	const struct ptn_uuid *user;
	struct ptn_claims *claims;
};

/* Nobody who may log in: gone or kept out, or no person. */
static enum ptn_err
why_not(const struct ptn_scope *sc, const struct ptn_uuid *user)
{
	struct ptn_membership m;
	enum ptn_err r = ptn_membership_get(sc, user, &m);

	if (r != PTN_OK)
		return r;
	return m.service ? PTN_E_CONFLICT : PTN_E_NOT_FOUND;
}

static enum ptn_err
mint(const struct ptn_scope *sc, void *arg)
{
	const struct minting *m = arg;
	struct ptn_user_state state;
	struct ptn_session_new new = { .api = PTN_API_HANKO,
		.user_id = *m->user,
		.user = &state };
	enum ptn_err r;

	r = ptn_user_lock_state(sc, m->user, &state);
	if (r == PTN_E_NOT_FOUND)
		return why_not(sc, m->user);
	if (r != PTN_OK ||
	    (r = ptn_email_primary(sc, m->user, &new.email)) != PTN_OK ||
	    (r = ptn_session_open(sc, &new, m->claims)) != PTN_OK)
		return r;
	return ptn_event(sc, PTN_EVENT_SESSION_CREATED, NULL);
}

enum ptn_err
ptn_signin_mint(const struct ptn_scope *sc, const struct ptn_uuid *user,
    struct ptn_claims *claims)
{
	struct minting m = { user, claims };

	return ptn_tx(sc, mint, &m);
}
