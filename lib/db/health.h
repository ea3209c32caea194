#ifndef PTN_DB_HEALTH_H
#define PTN_DB_HEALTH_H

#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

struct ptn_health {
	bool mail_refused; /* a mail server does not take a host of ours */
};

/* Does the database answer?  PTN_E_UNAVAILABLE and others if not. */
enum ptn_err ptn_health(struct ptn_db *db, struct ptn_arena *a,
    struct ptn_health *out) PTN_MUST_USE;

/*
 * This host's mail server does not take us, for what it said (cut to 255
 * bytes); or it does, again.
 */
enum ptn_err ptn_health_mail_refused(struct ptn_db *db, struct ptn_arena *a,
    const char *said) PTN_MUST_USE;
enum ptn_err ptn_health_mail_taken(struct ptn_db *db) PTN_MUST_USE;

#endif
