#include "lib/account/passkey.h"
#include "lib/account/policy.h"
#include "lib/base/arena.h"
#include "lib/base/base64.h"
#include "lib/base/unicode.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"
#include "lib/flow/ceremony.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"

enum { ID, NAME };

bool
ptn_flow_profile_has_passkey(const struct ptn_flow_step *step)
{
	return ptn_policy_passkeys(step->sc->cf) &&
	    step->person->profile.passkeys > 0;
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

/* None that they have is to be made again. */
enum ptn_err
ptn_flow_profile_make_passkey(struct ptn_flow_step *step)
{
	const struct ptn_conf *cf = step->sc->cf;
	struct ptn_passkey_options *o;

	if ((o = ptn_arena_calloc(step->sc->arena, 1, sizeof(*o))) == NULL)
		return PTN_E_NOMEM;
	(void)ptn_flow_person_names(step, &o->name, &o->shown_name);
	o->uv = (enum ptn_user_verification)cf->passkey_uv;
	o->timeout_ms =
	    ptn_flow_ceremony_timeout(cf->webauthn_registration_ms, o->uv);
	o->challenge.user_id = step->by->sub;
	o->excluded = step->person->profile.passkey;
	o->n = step->person->profile.passkeys;
	ptn_flow_ceremony_creation(step, PTN_FLOW_CEREMONY_PASSKEY, o);
	ptn_flow_step_to(step, PTN_FLOW_AT_NEW_CREDENTIAL);
	return ptn_event(step->sc, PTN_EVENT_REGISTRATION_INIT_OK, NULL);
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
	struct ptn_credential c;
	enum ptn_err r;

	r = ptn_flow_ceremony_attest(step, PTN_FLOW_CEREMONY_PASSKEY,
	    &step->by->sub, &c);
	return r == PTN_OK && step->error == PTN_FLOW_E_NONE ? keep(step, &c)
							     : r;
}

bool
ptn_flow_profile_can_drop_passkey(const struct ptn_flow_step *step)
{
	return ptn_flow_profile_has_passkey(step) &&
	    ptn_flow_person_may_give_up(step, PTN_WAY_PASSKEY);
}

/* What the rule said; an id that is none is nobody's. */
static enum ptn_err
settle(struct ptn_flow_step *step, enum ptn_err r)
{
	if (r == PTN_E_NOT_FOUND || r == PTN_E_INPUT)
		step->error = PTN_FLOW_E_NOT_FOUND;
	else if (r == PTN_E_FORBIDDEN)
		step->error = PTN_FLOW_E_GUARDED;
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

enum ptn_err
ptn_flow_profile_drop_passkey(struct ptn_flow_step *step)
{
	struct ptn_bytes id;
	enum ptn_err r;

	r = ptn_b64url_decode(step->sc->arena, ptn_bytes_of(step->in[ID].text),
	    &id);
	if (r == PTN_OK)
		r = ptn_passkey_remove_in(step->sc, &step->by->sub, id);
	return settle(step, r);
}
