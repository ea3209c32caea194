#ifndef PTN_ACCOUNT_WAYS_H
#define PTN_ACCOUNT_WAYS_H

#include <stdbool.h>
#include <stddef.h>

struct ptn_conf;

/*
 * The ways into an account, and what of them its owner may give up: never the
 * last one, and nothing that the configuration says everybody has.
 */
enum ptn_ways_kind {
	PTN_WAY_PASSWORD = 0,
	PTN_WAY_PASSKEY,
	PTN_WAY_ADDRESS,
	PTN_WAY_USERNAME,
	PTN_WAY__MAX
};

/* What they have: how many of each. */
struct ptn_ways {
	size_t n[PTN_WAY__MAX];
};

/* Can somebody who has these log in? */
bool ptn_ways_lead_in(const struct ptn_conf *cf, const struct ptn_ways *have);

/* May one of a kind go?  False if there is none. */
bool ptn_ways_may_give_up(const struct ptn_conf *cf,
    const struct ptn_ways *have, enum ptn_ways_kind way);

#endif
