#include "lib/account/passkey.h"
#include "lib/account/policy.h"
#include "lib/base/base64.h"
#include "lib/base/unicode.h"
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
