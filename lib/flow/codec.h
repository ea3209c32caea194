#ifndef PTN_FLOW_CODEC_H
#define PTN_FLOW_CODEC_H

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/flow/flow.h"

/*
 * A flow as bytes, for its row: a version of the form, the name, the position,
 * the stash as pairs of a key's number and its value, and the history, whose
 * entries lack the sticky keys.
 */
#define PTN_FLOW_CODEC_MAX 24576 /* bytes: one with all that it can have */

/*
 * name, position, stash and history of a flow; PTN_E_NOMEM.  PTN_E_INTERNAL:
 * the tables let it have more than PTN_FLOW_CODEC_MAX.
 */
enum ptn_err ptn_flow_codec_write(const struct ptn_flow *flow,
    struct ptn_arena *a, struct ptn_bytes *out) PTN_MUST_USE;

/*
 * The same back; what else is in the struct stays.  PTN_E_INPUT for anything
 * that the other one does not write, be it what a newer version wrote.
 */
enum ptn_err ptn_flow_codec_read(struct ptn_bytes bytes,
    struct ptn_flow *flow) PTN_MUST_USE;

/* Give the sticky keys of one stash to another. */
void ptn_flow_codec_keep(const struct ptn_flow_stash *from,
    struct ptn_flow_stash *to);

#endif
