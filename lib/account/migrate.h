#ifndef PTN_ACCOUNT_MIGRATE_H
#define PTN_ACCOUNT_MIGRATE_H

#include <stdbool.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

/*
 * Bring the schema up to date, and make the default tenant.  Any number of
 * hosts may do so at once: one works, under a lock of the server (and in a
 * cluster under the claim that its row is), the others wait and find it done.
 * A migration that was interrupted goes on at its next statement, whether that
 * had been run already or not.
 *
 * db is of PTN_DB_MIGRATE; a is used and not reset; what happens is told on
 * out, and why it does not happen on err.  After ptn_crypto_init().
 *
 * Returns PTN_OK; PTN_E_CONFIG (a newer schema, or an applied migration with
 * another text), PTN_E_UNPROCESSABLE (a table that we would make is there, and
 * is not ours), PTN_E_UNAVAILABLE, PTN_E_BUSY (somebody holds the lock for too
 * long), PTN_E_INTERNAL (a statement failed; the log says why).
 */
enum ptn_err ptn_migrate_up(struct ptn_db *db, struct ptn_arena *a, FILE *out,
    FILE *err) PTN_MUST_USE;

/*
 * Write a line a migration to out: its name, and since when it is applied,
 * or "pending".  *pending is set if one is, or is applied in part.  Changes
 * nothing.  Errors as above.
 */
enum ptn_err ptn_migrate_status(struct ptn_db *db, struct ptn_arena *a,
    FILE *out, FILE *err, bool *pending) PTN_MUST_USE;

#endif
