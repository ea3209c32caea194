#ifndef PTN_HEALTH_H
#define PTN_HEALTH_H

#include "arena.h"
#include "db.h"
#include "err.h"

/* Does the database answer?  One statement. */
enum ptn_err ptn_health(struct ptn_db *db, struct ptn_arena *a) PTN_MUST_USE;

#endif
