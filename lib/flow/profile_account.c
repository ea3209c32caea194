#include "lib/account/metadata.h"
#include "lib/account/policy.h"
#include "lib/account/user.h"
#include "lib/flow/person.h"
#include "lib/flow/profile.h"
#include "lib/format/json.h"

bool
ptn_flow_profile_can_close(const struct ptn_flow_step *step)
{
	return ptn_policy_deletion(step->sc->cf) &&
	    ptn_policy_close(step->sc->cf, &step->person->membership);
}

enum ptn_err
ptn_flow_profile_close(struct ptn_flow_step *step)
{
	enum ptn_err r = ptn_user_close_in(step->sc, &step->by->sub);

	if (r == PTN_E_FORBIDDEN) {
		step->error = PTN_FLOW_E_GUARDED;
		return PTN_OK;
	}
	ptn_flow_step_to(step, PTN_FLOW_AT_ACCOUNT_DELETED);
	return r;
}

/*
 * null takes all of it away; nothing at all is wrong.  Some clients send what
 * it is as text.
 */
enum ptn_err
ptn_flow_profile_patch(struct ptn_flow_step *step)
{
	const struct ptn_flow_value *in = &step->in[0];
	struct ptn_metadata_change c = { .changes = {
					     [PTN_METADATA_UNSAFE] = true } };
	const struct ptn_json **patch = &c.patch[PTN_METADATA_UNSAFE];
	enum ptn_metadata_result what = PTN_METADATA_UNFIT;
	struct ptn_json *own = NULL;
	const char *why;
	enum ptn_err r = PTN_OK;

	*patch = in->json;
	if (ptn_json_type(*patch) == PTN_JSON_STRING) {
		r = ptn_json_parse(ptn_json_string(*patch), PTN_METADATA_DEPTH,
		    &own, &why);
		*patch = own;
	}
	if (r == PTN_OK && in->set)
		r = ptn_metadata_patch_in(step->sc, &step->by->sub, &c, &what);
	ptn_json_free(&own);
	if (r != PTN_OK && r != PTN_E_INPUT)
		return r;
	if (what != PTN_METADATA_DONE)
		ptn_flow_step_wrong(step, 0, PTN_FLOW_E_METADATA);
	return PTN_OK;
}
