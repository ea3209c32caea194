#include "lib/account/password.h"
#include "lib/account/password_change.h"
#include "lib/account/policy.h"
#include "lib/conf/conf.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"

bool
ptn_flow_profile_has_no_password(const struct ptn_flow_step *step)
{
	return ptn_policy_passwords(step->sc->cf) &&
	    !step->person->profile.has_password;
}

bool
ptn_flow_profile_has_password(const struct ptn_flow_step *step)
{
	return ptn_policy_passwords(step->sc->cf) &&
	    step->person->profile.has_password;
}

bool
ptn_flow_profile_can_drop_password(const struct ptn_flow_step *step)
{
	return ptn_flow_profile_has_password(step) &&
	    ptn_flow_person_may_give_up(step, PTN_WAY_PASSWORD);
}

enum ptn_err
ptn_flow_profile_set_password(struct ptn_flow_step *step)
{
	enum ptn_password_change_result what = step->work.change;
	enum ptn_err r = PTN_OK;

	if (what == PTN_PASSWORD_CHANGE_DONE)
		r = ptn_password_change_in(step->sc, step->by, step->work.hash,
		    &what);
	if (r == PTN_OK && ptn_flow_step_unfit(what) != PTN_FLOW_E_NONE)
		ptn_flow_step_wrong(step, 0, ptn_flow_step_unfit(what));
	return r;
}

enum ptn_err
ptn_flow_profile_drop_password(struct ptn_flow_step *step)
{
	return ptn_password_drop_in(step->sc, &step->by->sub,
	    &step->by->session_id);
}
