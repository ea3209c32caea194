#ifndef PTN_ACCOUNT_EXPIRY_H
#define PTN_ACCOUNT_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * What is kept between rounds; zeroed for the first.  Users who signed up and
 * never came in are looked for by a walk through those of the last days, of
 * which a round does a part: "users" may be large.
 */
struct ptn_expiry {
	bool whole;    /* a round walks to the end: there will be no other */
	bool thorough; /* the next walk begins with the oldest user */
	bool more;     /* of something there was more than goes in a round */
	int64_t since_h;
	int64_t at_us; /* where the walk is; 0: at its beginning */
	struct ptn_uuid id;
};

/*
 * One round of housekeeping: rows whose time is over go, in small batches and
 * a bounded number of them, so that a backlog takes several rounds.  Any
 * number of hosts may do this at once.
 *
 * sc		of no tenant: all of them.  The superseded keys of its key sets
 *		go, too.  Its arena is reset as often as needed: nothing of the
 *		caller may be in it.
 * e		thorough is for the caller to set, when a process starts and
 *		once a day; it is taken when a walk begins.
 *
 * Goes: mail and sessions that expired; passcodes, a day after; rate limits,
 * an hour after; audit rows and signatures of actions beyond
 * audit_log.retention; access tokens, thirty days after their end, with the
 * keys that sign for them; superseded keys; addresses and users that nobody
 * proved within a day.  What went is logged at level debug.
 *
 * Returns PTN_OK, or the first error; what comes behind it in the list above
 * waits for the next round.
 */
enum ptn_err ptn_expiry_run(const struct ptn_scope *sc,
    struct ptn_expiry *e) PTN_MUST_USE;

#endif
