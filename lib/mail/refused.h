#ifndef PTN_MAIL_REFUSED_H
#define PTN_MAIL_REFUSED_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

/*
 * The mail server of this host does not take us, for what it said (cut to 255
 * bytes): a row that whoever asks for our health gets to see (health.h).
 */
enum ptn_err ptn_refused_put(struct ptn_db *db, struct ptn_arena *a,
    const char *said) PTN_MUST_USE;

/* It takes us, again. */
enum ptn_err ptn_refused_clear(struct ptn_db *db) PTN_MUST_USE;

#endif
