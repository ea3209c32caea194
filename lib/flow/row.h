#ifndef PTN_FLOW_ROW_H
#define PTN_FLOW_ROW_H

#include "lib/flow/flow.h"

/*
 * The row of a flow.  Its data is sealed under a key that is not in the
 * database (AES-256-GCM), bound to the tenant and the id.
 */

/* Store a new one for ttl_s seconds, as the last statement of a transaction. */
enum ptn_err ptn_flow_row_put(const struct ptn_scope *sc,
    const struct ptn_flow *flow, int64_t ttl_s) PTN_MUST_USE;

/*
 * Read the flow of flow->id.  Its row is not locked: what is made of it is
 * stored only if it is of that version still.
 * PTN_E_NOT_FOUND: there is none, or what it holds cannot be opened any more;
 * PTN_E_EXPIRED.
 */
enum ptn_err ptn_flow_row_read(const struct ptn_scope *sc,
    struct ptn_flow *flow) PTN_MUST_USE;

/*
 * Lock the row of one that was read, for the rest of the transaction.
 * PTN_E_OUTDATED: another step was taken meanwhile.
 */
enum ptn_err ptn_flow_row_lock(const struct ptn_scope *sc,
    const struct ptn_flow *flow) PTN_MUST_USE;

/*
 * Store what became of it, over the version before its own, as the last
 * statement of the transaction.
 * PTN_E_OUTDATED: another step was taken meanwhile; nothing was stored.
 *
 * ttl_s	how long it lives, from its beginning
 */
enum ptn_err ptn_flow_row_update(const struct ptn_scope *sc,
    const struct ptn_flow *flow, int64_t ttl_s) PTN_MUST_USE;

/*
 * The token of a version of a flow: a MAC, in 32 letters and digits.  It is
 * good for that version alone, and no column has it.
 */
enum ptn_err ptn_flow_row_token(const struct ptn_scope *sc,
    const struct ptn_flow *flow, char token[PTN_SHA256_LEN + 1]) PTN_MUST_USE;

/* Is this the token?  By any secret, as they rotate; NULL is not. */
enum ptn_err ptn_flow_row_check(const struct ptn_scope *sc,
    const struct ptn_flow *flow, const char *token,
    enum ptn_verdict *verdict) PTN_MUST_USE;

#endif
