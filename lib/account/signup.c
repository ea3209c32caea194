#include "lib/account/signup.h"

#include "lib/account/policy.h"
#include "lib/account/signin.h"
#include "lib/account/username.h"
#include "lib/event/actor.h"
#include "lib/event/tx.h"

/* A user who is logged in at once is created by that log-in. */
static enum ptn_err
sign_in(const struct ptn_scope *sc, struct ptn_signup *s)
{
	const struct ptn_email_claim email = { s->address, s->address != NULL,
		s->proved };
	struct ptn_signin in = { .api = s->api,
		.user_id = s->user.id,
		.email = &email,
		.event = PTN_EVENT_USER_CREATED };
	enum ptn_err r;

	if ((r = ptn_signin_in(sc, &in)) == PTN_OK)
		s->claims = in.claims;
	return r;
}

static enum ptn_user_address
comes_by(const struct ptn_signup *s)
{
	if (s->proved)
		return PTN_USER_PROVED;
	return s->signed_in ? PTN_USER_OWNS : PTN_USER_CLAIMS;
}

static enum ptn_err
name_user(const struct ptn_scope *sc, struct ptn_signup *s)
{
	enum ptn_err r;

	if (s->username == NULL)
		return PTN_OK;
	r = ptn_username_sign_up_in(sc, &s->user.id, s->username);
	s->name_taken = r == PTN_E_CONFLICT;
	return r;
}

static enum ptn_err
sign_up(const struct ptn_scope *sc, void *arg)
{
	struct ptn_signup *s = arg;
	enum ptn_err r;

	s->user.id = s->promised;
	r = ptn_uuid_is_nil(&s->promised)
	    ? ptn_user_sign_up(sc, s->address, comes_by(s), &s->user)
	    : ptn_user_sign_up_as(sc, s->address, comes_by(s), &s->user);
	if (r != PTN_OK)
		return r;
	ptn_actor_is(sc, &s->user.id, s->address);
	if ((r = name_user(sc, s)) != PTN_OK)
		return r;
	return s->signed_in ? sign_in(sc, s)
			    : ptn_event(sc, PTN_EVENT_USER_CREATED, NULL);
}

static enum ptn_err
by(const struct ptn_scope *sc, ptn_tx_runner run, struct ptn_signup *s,
    enum ptn_signup_result *what)
{
	enum ptn_err r;

	*what = PTN_SIGNUP_CLOSED;
	if (!ptn_policy_signup(sc->cf))
		return PTN_OK;
	s->signed_in =
	    s->proved || s->address == NULL || !ptn_policy_verification(sc->cf);
	s->name_taken = false;
	r = run(sc, sign_up, s);
	if (r != PTN_OK && r != PTN_E_CONFLICT)
		return r;
	*what = r == PTN_OK ? PTN_SIGNUP_DONE
	    : s->name_taken ? PTN_SIGNUP_NAME_TAKEN
			    : PTN_SIGNUP_TAKEN;
	return PTN_OK;
}

enum ptn_err
ptn_signup(const struct ptn_scope *sc, struct ptn_signup *s,
    enum ptn_signup_result *what)
{
	return by(sc, ptn_tx, s, what);
}

enum ptn_err
ptn_signup_in(const struct ptn_scope *sc, struct ptn_signup *s,
    enum ptn_signup_result *what)
{
	return by(sc, ptn_tx_here, s, what);
}
