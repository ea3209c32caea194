#ifndef PTN_FLOW_ONBOARDING_H
#define PTN_FLOW_ONBOARDING_H

#include "lib/event/tx.h"
#include "lib/flow/ceremony.h"
#include "lib/flow/step.h"

/*
 * The states in which somebody sets up a passkey or a password, at registration
 * and after a log-in; and the one in which a new security key is shown.  What
 * they make is kept in the flow, and stored at its end, with the account or
 * under what the log-in has proved: a flow that stops has changed nothing, and
 * one that was begun with a password that is none any more adds nothing.
 */
extern const struct ptn_flow_place ptn_flow_place_onboarding,
    ptn_flow_place_new_password, ptn_flow_place_new_passkey,
    ptn_flow_place_new_passkey_answer;

/*
 * Queue those that the policies ask for, by stash.has_passkey and has_password.
 * Who cannot do what is demanded ends here.
 */
void ptn_flow_onboarding_queue(struct ptn_flow_step *step);

/*
 * Ask for a new passkey, or a security key, in the state in which it is shown;
 * which of them it is, the ceremony says that is under way.
 */
enum ptn_err ptn_flow_onboarding_make(struct ptn_flow_step *step,
    enum ptn_flow_ceremony what) PTN_MUST_USE;

/*
 * Can who signs up log in again by what was said, and set up by now?  The rule
 * is the one for what an owner may give up: lib/account/ways.h.
 */
bool ptn_flow_onboarding_has_way_in(const struct ptn_flow_step *step);

/* The same after a log-in: what the user has is looked up, if it matters. */
enum ptn_err ptn_flow_onboarding_after_login(
    struct ptn_flow_step *step) PTN_MUST_USE;

/*
 * Store what was made, inside the transaction of a step.
 *
 * tell	the user gets a notice: not one whose account begins with it
 *
 * PTN_E_CONFLICT: there is a password by now, the passkey is registered, or the
 * name is taken; the step ends with which of them.
 */
enum ptn_err ptn_flow_onboarding_keep(struct ptn_flow_step *step,
    const struct ptn_uuid *user, bool tell) PTN_MUST_USE;

/*
 * Enter the end of a flow by end(), whose argument is the step.  If that is a
 * conflict, nothing of it has happened, and the flow ends in an error: the one
 * that end() has said, if any.  end() may be a part of the transaction, and has
 * none itself (ptn_tx_part()).
 */
enum ptn_err ptn_flow_onboarding_end(struct ptn_flow_step *step,
    ptn_tx_fn end) PTN_MUST_USE;

#endif
