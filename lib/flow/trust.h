#ifndef PTN_FLOW_TRUST_H
#define PTN_FLOW_TRUST_H

#include "lib/flow/step.h"

/* Browsers that are trusted (lib/account/trust.h), in a log-in. */

/* Look up whether this one is, for stash.trusted. */
enum ptn_err ptn_flow_trust_learn(struct ptn_flow_step *step) PTN_MUST_USE;

/* Queue the question whether it shall be, if it is asked. */
void ptn_flow_trust_ask(struct ptn_flow_step *step);

/* At the end: step->device_new, if it is from now on. */
enum ptn_err ptn_flow_trust_keep(struct ptn_flow_step *step) PTN_MUST_USE;

#endif
