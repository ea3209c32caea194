#ifndef PTN_ACCOUNT_SEEN_H
#define PTN_ACCOUNT_SEEN_H

#include "lib/base/err.h"
#include "lib/db/scope.h"

/*
 * What a change is based on: it is not made if somebody else has changed the
 * same meanwhile.  A rule asks with what there is under the lock of its row, so
 * that of two who saw the same one is refused.
 */
struct ptn_seen {
	const char *tag; /* of the state that was seen; NULL: any */
	/* That of a state, whose type the rule says; NULL: out of memory. */
	const char *(*tag_of)(const struct ptn_scope *sc, const void *now);
};

/* PTN_OK; PTN_E_OUTDATED; PTN_E_NOMEM.  seen NULL: any state will do. */
enum ptn_err ptn_seen_still(const struct ptn_seen *seen,
    const struct ptn_scope *sc, const void *now) PTN_MUST_USE;

#endif
