#ifndef PTN_EVENT_TX_H
#define PTN_EVENT_TX_H

#include "lib/base/err.h"
#include "lib/db/scope.h"

/*
 * Run fn inside a transaction: what a rule changes, all of it or nothing.  fn
 * may be run several times, see ptn_db_tx().
 */
typedef enum ptn_err (*ptn_tx_fn)(const struct ptn_scope *sc, void *arg);
enum ptn_err ptn_tx(const struct ptn_scope *sc, ptn_tx_fn fn,
    void *arg) PTN_MUST_USE;

#endif
