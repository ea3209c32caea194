#ifndef PTN_FLOW_MFA_H
#define PTN_FLOW_MFA_H

#include "lib/flow/step.h"

/* The second factor of a log-in, and the offer to set one up. */

/*
 * Look up what whoever logs in has, for the keys of the stash that say so: one
 * SELECT a flow.
 */
enum ptn_err ptn_flow_mfa_learn(struct ptn_flow_step *step) PTN_MUST_USE;

/*
 * Of a log-in whose first factor is proved: what is to be done about the
 * second.  Looks up what they have, where there are second factors.  It ends
 * where this browser cannot do what is asked for.
 */
enum ptn_err ptn_flow_mfa_next(struct ptn_flow_step *step,
    enum ptn_flow_at *at) PTN_MUST_USE;

/*
 * Queue the offer to set one up, if it is to be made.  The flow ends where one
 * is demanded that this browser cannot set up.
 */
void ptn_flow_mfa_offer(struct ptn_flow_step *step);

/* Are there apps at all; and has whoever logs in one, which counts? */
bool ptn_flow_mfa_otp_is_on(const struct ptn_flow_step *step);
bool ptn_flow_mfa_has_otp(const struct ptn_flow_step *step);

/* Are there security keys, and can this browser make and show them? */
bool ptn_flow_mfa_can_use_keys(const struct ptn_flow_step *step);

/* Nothing more is asked of a log-in (lib/account/signin.h). */
bool ptn_flow_mfa_complete(const struct ptn_flow *flow);

/* The second factor that was proved, as clients know it; NULL, or 0: none. */
const char *ptn_flow_mfa_word(const struct ptn_flow *flow);
unsigned ptn_flow_mfa_amr(const struct ptn_flow *flow);

#endif
