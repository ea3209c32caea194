#include <string.h>

#include "lib/account/username.h"
#include "lib/conf/conf.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"

static bool
has_name(const struct ptn_flow_step *step)
{
	return step->person->profile.username.name != NULL;
}

bool
ptn_flow_profile_has_no_name(const struct ptn_flow_step *step)
{
	return step->sc->cf->username_enabled && !has_name(step);
}

bool
ptn_flow_profile_has_name(const struct ptn_flow_step *step)
{
	return step->sc->cf->username_enabled && has_name(step);
}

bool
ptn_flow_profile_can_drop_name(const struct ptn_flow_step *step)
{
	return ptn_flow_profile_has_name(step) &&
	    ptn_flow_person_may_give_up(step, PTN_WAY_USERNAME);
}

/* The one that they have is somebody's, too. */
enum ptn_err
ptn_flow_profile_set_name(struct ptn_flow_step *step)
{
	const char *name = step->in[0].text;
	enum ptn_err r = PTN_E_CONFLICT;

	if (!has_name(step) ||
	    strcmp(name, step->person->profile.username.name) != 0)
		r = ptn_username_set_in(step->sc, &step->by->sub, name);
	if (r == PTN_E_CONFLICT)
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_NAME_TAKEN);
	return r == PTN_E_CONFLICT ? PTN_OK : r;
}

enum ptn_err
ptn_flow_profile_drop_name(struct ptn_flow_step *step)
{
	return ptn_username_drop_in(step->sc, &step->by->sub);
}
