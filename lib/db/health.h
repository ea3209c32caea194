#ifndef PTN_DB_HEALTH_H
#define PTN_DB_HEALTH_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

/* That of a host which has not said so for longer is no news. */
#define PTN_HEALTH_NEWS_S 86400

struct ptn_health {
	bool mail_refused; /* a mail server does not take a host of ours */
};

/* Does the database answer?  PTN_E_UNAVAILABLE and others if not. */
enum ptn_err ptn_health(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_health *out) PTN_MUST_USE;

#endif
