#include <stdio.h>

#include "lib/account/factors.h"
#include "lib/account/otp.h"
#include "lib/account/policy.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"

/* Where they are not asked for, none is set up; who has one may give it up. */
bool
ptn_flow_profile_can_make_otp(const struct ptn_flow_step *step)
{
	const char *name, *shown;

	return ptn_policy_otp(step->sc->cf) && !step->person->profile.has_otp &&
	    ptn_flow_person_names(step, &name, &shown);
}

bool
ptn_flow_profile_can_drop_otp(const struct ptn_flow_step *step)
{
	struct ptn_factors left = ptn_profile_factors(&step->person->profile);

	left.otp = false;
	return step->person->profile.has_otp &&
	    ptn_policy_drop_factor(step->sc->cf, &left);
}

/* The app shows whose codes it has. */
enum ptn_err
ptn_flow_profile_make_otp(struct ptn_flow_step *step)
{
	struct ptn_flow_stash *stash = &step->flow->stash;
	const char *name, *shown;

	(void)ptn_flow_person_names(step, &name, &shown);
	snprintf(stash->address, sizeof(stash->address), "%s", name);
	ptn_flow_step_to(step, PTN_FLOW_AT_OTP_CREATION);
	return PTN_OK;
}

enum ptn_err
ptn_flow_profile_drop_otp(struct ptn_flow_step *step)
{
	return ptn_otp_remove_in(step->sc, &step->by->sub);
}
