#ifndef PTN_ACCOUNT_NOTICES_H
#define PTN_ACCOUNT_NOTICES_H

#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/event/outbox.h"

/*
 * Count a notice that the courier has claimed, so that no mailbox is filled:
 * rate_limiter.notice_limits.  In one transaction with that, a row that is
 * counted replaces it: that of its mail, or of the one that says that no more
 * will come, or none if there were too many.  So it is counted once, however
 * often its delivery is tried, and says the same each time.
 */
enum ptn_err ptn_notices_count(const struct ptn_scope *sc,
    const struct ptn_outbox_item *item) PTN_MUST_USE;

#endif
