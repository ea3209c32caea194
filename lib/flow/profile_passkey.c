#include "lib/account/passkey.h"
#include "lib/account/policy.h"
#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/flow/ceremony.h"
#include "lib/flow/mfa.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"

enum { ID, NAME };

static bool
has_any(const struct ptn_flow_step *step)
{
	const struct ptn_profile *p = &step->person->profile;

	return p->passkeys + p->security_keys > 0;
}

/* A security key is named by this, too. */
bool
ptn_flow_profile_has_credential(const struct ptn_flow_step *step)
{
	return ptn_policy_passkeys(step->sc->cf) && has_any(step);
}

bool
ptn_flow_profile_can_make_passkey(const struct ptn_flow_step *step)
{
	const char *name, *shown;

	return ptn_flow_step_has_webauthn(step) &&
	    ptn_policy_passkey_room(step->sc->cf,
		(int64_t)step->person->profile.passkeys) &&
	    ptn_flow_person_names(step, &name, &shown);
}

bool
ptn_flow_profile_can_make_key(const struct ptn_flow_step *step)
{
	const char *name, *shown;

	return ptn_flow_mfa_can_use_keys(step) &&
	    ptn_policy_security_key_room(step->sc->cf,
		(int64_t)step->person->profile.security_keys) &&
	    ptn_flow_person_names(step, &name, &shown);
}

/* None that they have is to be made again. */
static enum ptn_err
make(struct ptn_flow_step *step, enum ptn_flow_ceremony what)
{
	struct ptn_passkey_options *o;

	if ((o = ptn_arena_calloc(step->sc->arena, 1, sizeof(*o))) == NULL)
		return PTN_E_NOMEM;
	(void)ptn_flow_person_names(step, &o->name, &o->shown_name);
	o->challenge.user_id = step->by->sub;
	o->excluded = step->person->profile.credential;
	o->n = step->person->profile.credentials;
	ptn_flow_ceremony_creation(step, what, o);
	ptn_flow_step_to(step, PTN_FLOW_AT_NEW_CREDENTIAL);
	return ptn_event(step->sc, PTN_EVENT_REGISTRATION_INIT_OK, NULL);
}

enum ptn_err
ptn_flow_profile_make_passkey(struct ptn_flow_step *step)
{
	return make(step, PTN_FLOW_CEREMONY_PASSKEY);
}

enum ptn_err
ptn_flow_profile_make_key(struct ptn_flow_step *step)
{
	return make(step, PTN_FLOW_CEREMONY_KEY);
}

static enum ptn_err
keep(struct ptn_flow_step *step, const struct ptn_credential *c)
{
	const enum ptn_err r = ptn_passkey_keep(step->sc, c, true);

	if (r == PTN_E_FORBIDDEN) {
		step->error = PTN_FLOW_E_FORBIDDEN;
		return PTN_OK;
	}
	if (r != PTN_E_CONFLICT)
		return r;
	ptn_event_note(step->sc, PTN_EVENT_REGISTRATION_FINAL_FAILED,
	    "id is registered");
	step->error = PTN_FLOW_E_PASSKEY;
	return PTN_OK;
}

enum ptn_err
ptn_flow_profile_made_passkey(struct ptn_flow_step *step)
{
	const bool is_key = ptn_flow_ceremony_of(step) == PTN_FLOW_CEREMONY_KEY;
	struct ptn_credential c;
	enum ptn_err r;

	r = ptn_flow_ceremony_attest(step,
	    is_key ? PTN_FLOW_CEREMONY_KEY : PTN_FLOW_CEREMONY_PASSKEY,
	    &step->by->sub, &c);
	return r == PTN_OK && step->error == PTN_FLOW_E_NONE ? keep(step, &c)
							     : r;
}

static bool
may_drop_passkey(const struct ptn_flow_step *step)
{
	return ptn_policy_passkeys(step->sc->cf) &&
	    ptn_flow_person_may_give_up(step, PTN_WAY_PASSKEY);
}

bool
ptn_flow_profile_can_drop_key(const struct ptn_flow_step *step)
{
	struct ptn_factors left = ptn_profile_factors(&step->person->profile);

	return left.security_keys-- > 0 &&
	    ptn_policy_drop_factor(step->sc->cf, &left);
}

/*
 * Pages of Hanko look for this one before they let anybody remove a security
 * key, by the other one.
 */
bool
ptn_flow_profile_can_drop_passkey(const struct ptn_flow_step *step)
{
	return may_drop_passkey(step) ||
	    (ptn_policy_passkeys(step->sc->cf) &&
		ptn_flow_profile_can_drop_key(step));
}

/* What the rule said; an id that is none is nobody's. */
static enum ptn_err
settle(struct ptn_flow_step *step, enum ptn_err r)
{
	if (r == PTN_E_NOT_FOUND || r == PTN_E_INPUT)
		step->error = PTN_FLOW_E_NOT_FOUND;
	else if (r == PTN_E_FORBIDDEN)
		step->error = PTN_FLOW_E_GUARDED;
	else if (r == PTN_E_UNPROCESSABLE)
		step->error = PTN_FLOW_E_FORBIDDEN;
	else
		return r;
	return PTN_OK;
}

enum ptn_err
ptn_flow_profile_rename_passkey(struct ptn_flow_step *step)
{
	const char *name = step->in[NAME].text;
	struct ptn_bytes id;
	enum ptn_err r;

	if (ptn_utf8_length(ptn_bytes_of(name)) > PTN_CREDENTIAL_NAME_MAX) {
		ptn_flow_step_wrong(step, NAME, PTN_FLOW_E_LONG);
		return PTN_OK;
	}
	r = ptn_b64url_decode(step->sc->arena, ptn_bytes_of(step->in[ID].text),
	    &id);
	if (r == PTN_OK)
		r = ptn_passkey_rename_in(step->sc, &step->by->sub, id, name);
	return settle(step, r);
}

/* Which of a list is meant; NULL: none. */
static const struct ptn_credential *
find(const struct ptn_credential *c, size_t n, struct ptn_bytes id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (ptn_bytes_equal(c[i].id, id))
			return &c[i];
	return NULL;
}

/* The one that is named, of those that they have of its kind. */
static enum ptn_err
drop(struct ptn_flow_step *step, const struct ptn_credential *list, size_t n,
    bool may)
{
	const struct ptn_credential *c;
	struct ptn_bytes id;
	enum ptn_err r;

	r = ptn_b64url_decode(step->sc->arena, ptn_bytes_of(step->in[ID].text),
	    &id);
	if (r != PTN_OK)
		return settle(step, r);
	if ((c = find(list, n, id)) == NULL)
		return settle(step, PTN_E_NOT_FOUND);
	if (!may) {
		step->error = PTN_FLOW_E_FORBIDDEN;
		return PTN_OK;
	}
	return settle(step,
	    ptn_passkey_remove_in(step->sc, &step->by->sub, c->id));
}

enum ptn_err
ptn_flow_profile_drop_passkey(struct ptn_flow_step *step)
{
	const struct ptn_profile *p = &step->person->profile;

	return drop(step, p->passkey, p->passkeys, may_drop_passkey(step));
}

enum ptn_err
ptn_flow_profile_drop_key(struct ptn_flow_step *step)
{
	const struct ptn_profile *p = &step->person->profile;

	return drop(step, p->security_key, p->security_keys,
	    ptn_flow_profile_can_drop_key(step));
}
