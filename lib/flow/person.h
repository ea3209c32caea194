#ifndef PTN_FLOW_PERSON_H
#define PTN_FLOW_PERSON_H

#include "lib/account/membership.h"
#include "lib/account/profile.h"
#include "lib/account/session.h"
#include "lib/flow/step.h"

/* All that somebody has who looks at their profile, and may change. */
struct ptn_flow_person {
	struct ptn_profile profile;
	struct ptn_membership membership;
	struct ptn_session_row *session; /* in the arena, newest first */
	size_t sessions;
	struct ptn_uuid current; /* the session that asks */
};

/* Read it into step->person.  PTN_E_DENIED: the user has gone. */
enum ptn_err ptn_flow_person_read(struct ptn_flow_step *step) PTN_MUST_USE;

/*
 * By what they know themselves: their primary address, or their name; and the
 * other way round, for people.  False: they have neither.
 */
bool ptn_flow_person_names(const struct ptn_flow_step *step, const char **name,
    const char **shown);

/* May one of a kind go (ptn_ways_may_give_up())? */
bool ptn_flow_person_may_give_up(const struct ptn_flow_step *step,
    enum ptn_ways_kind way);

/* May this address of theirs go?  Not the primary one of several. */
bool ptn_flow_person_may_drop(const struct ptn_flow_step *step,
    const struct ptn_email *email);

/* Those that may. */
enum ptn_err ptn_flow_person_addresses(const struct ptn_flow_step *step,
    struct ptn_flow_choices *out) PTN_MUST_USE;

/* Their sessions but the one that asks. */
enum ptn_err ptn_flow_person_sessions(const struct ptn_flow_step *step,
    struct ptn_flow_choices *out) PTN_MUST_USE;

#endif
