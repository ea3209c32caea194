#ifndef PTN_EVENT_TX_H
#define PTN_EVENT_TX_H

#include "lib/base/err.h"
#include "lib/db/scope.h"

/*
 * Run fn inside a transaction: what a rule changes, and the events of it, all
 * or nothing.  fn may be run several times, see ptn_db_tx(); the events of a
 * run that was rolled back are forgotten with it.
 */
typedef enum ptn_err (*ptn_tx_fn)(const struct ptn_scope *sc, void *arg);
enum ptn_err ptn_tx(const struct ptn_scope *sc, ptn_tx_fn fn,
    void *arg) PTN_MUST_USE;

/*
 * Run fn as a part of the caller's transaction: what it refuses has changed
 * nothing, events included, and the rest goes on, see ptn_db_part().
 */
enum ptn_err ptn_tx_part(const struct ptn_scope *sc, ptn_tx_fn fn,
    void *arg) PTN_MUST_USE;

/* Run fn inside the caller's transaction, who undoes what it refuses. */
enum ptn_err ptn_tx_here(const struct ptn_scope *sc, ptn_tx_fn fn,
    void *arg) PTN_MUST_USE;

/* One of these three, where a rule is asked for in more than one way. */
typedef enum ptn_err (
    *ptn_tx_runner)(const struct ptn_scope *sc, ptn_tx_fn fn, void *arg);

/*
 * The same as ptn_tx() for an fn that changes something by a single statement,
 * which needs no transaction of its own: it gets one only where a row of the
 * audit log goes with it, or one for a webhook.
 */
enum ptn_err ptn_tx_single(const struct ptn_scope *sc, ptn_tx_fn fn,
    void *arg) PTN_MUST_USE;

#endif
