#ifndef PTN_ACCOUNT_EXPIRY_H
#define PTN_ACCOUNT_EXPIRY_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/db/scope.h"

/*
 * One round of housekeeping: rows whose time is over go, in small batches and
 * a bounded number of them, so that a backlog takes several rounds.  Any
 * number of hosts may do this at once.
 *
 * sc		of no tenant: all of them.  The superseded keys of its key sets
 *		go, too.  Its arena is reset as often as needed: nothing of the
 *		caller may be in it.
 * thorough	also look for abandoned users who signed up long ago (reads
 *		the whole of "users"): once when a process starts and once a
 *		day.  Otherwise only those of the last days are looked at.
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
    bool thorough) PTN_MUST_USE;

#endif
