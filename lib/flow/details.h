#ifndef PTN_FLOW_DETAILS_H
#define PTN_FLOW_DETAILS_H

#include "lib/flow/step.h"

/*
 * The states in which somebody who has logged in is asked what they lack: a
 * username, an address.  It is stored at the end of the flow.
 */
extern const struct ptn_flow_place ptn_flow_place_details_username,
    ptn_flow_place_details_email;

/* Queue those that are asked for and lack. */
enum ptn_err ptn_flow_details_queue(struct ptn_flow_step *step) PTN_MUST_USE;

/*
 * Is a name free, and may it be one?  PTN_FLOW_E_NONE, or what is wrong with
 * it.
 */
enum ptn_err ptn_flow_details_judge(const struct ptn_flow_step *step,
    const char *name, enum ptn_flow_error *why) PTN_MUST_USE;

/*
 * Store what was said, inside the transaction of a step that holds the lock of
 * the user, and say it in the claims.  PTN_E_CONFLICT: the step ends with what
 * speaks against it, and nothing of it may stay.
 */
enum ptn_err ptn_flow_details_keep(struct ptn_flow_step *step,
    const struct ptn_uuid *user) PTN_MUST_USE;

#endif
