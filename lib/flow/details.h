#ifndef PTN_FLOW_DETAILS_H
#define PTN_FLOW_DETAILS_H

#include "lib/flow/step.h"

/*
 * The state in which somebody who has logged in is asked what they lack: a
 * username.  It is stored at the end of the flow.
 */
extern const struct ptn_flow_place ptn_flow_place_details_username;

/* Queue it, if it is asked for and lacks. */
enum ptn_err ptn_flow_details_queue(struct ptn_flow_step *step) PTN_MUST_USE;

/*
 * Is a name free, and may it be one?  PTN_FLOW_E_NONE, or what is wrong with
 * it.
 */
enum ptn_err ptn_flow_details_judge(const struct ptn_flow_step *step,
    const char *name, enum ptn_flow_error *why) PTN_MUST_USE;

#endif
