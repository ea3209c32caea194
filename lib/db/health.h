#ifndef PTN_DB_HEALTH_H
#define PTN_DB_HEALTH_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

/* Does the database answer?  One statement. */
enum ptn_err ptn_health(struct ptn_db *db, struct ptn_arena *a) PTN_MUST_USE;

#endif
