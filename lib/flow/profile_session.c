#include "lib/account/policy.h"
#include "lib/account/signout.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"

bool
ptn_flow_profile_can_end_session(const struct ptn_flow_step *step)
{
	/* The one that asks is one of them. */
	return ptn_policy_revocation(step->sc->cf) &&
	    step->person->sessions > 1;
}

enum ptn_err
ptn_flow_profile_end_session(struct ptn_flow_step *step)
{
	struct ptn_uuid id;
	enum ptn_err r = PTN_E_NOT_FOUND;

	if (ptn_uuid_parse(step->in[0].text, &id))
		r = ptn_signout_one_in(step->sc, &step->by->sub, &id);
	if (r == PTN_E_NOT_FOUND)
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_INVALID);
	return r == PTN_E_NOT_FOUND ? PTN_OK : r;
}
