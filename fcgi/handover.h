#ifndef PTN_HANDOVER_H
#define PTN_HANDOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/arrival.h"
#include "lib/base/err.h"

/*
 * Connections go from one process to another: from a worker to the receiver
 * if the request is not whole, and from there to any worker when it is.
 */

/*
 * The ends of a way: [0] is taken from, [1] sent into; both non-blocking.
 *
 * few	how many may wait in it, or some more: nobody counts the memory of what
 *	they are read from.  0: as many as the system lets.
 */
enum ptn_err ptn_handover_open(int way[2], size_t few) PTN_MUST_USE;

/* Whether there is room for one more, or nobody who could take it. */
bool ptn_handover_has_room(int way);

/*
 * Send an arrival.  The descriptors stay open here, and are the caller's to
 * close.  Returns PTN_OK; PTN_E_BUSY if nobody has taken what was sent
 * before: try again soon; PTN_E_GONE if nobody can.
 */
enum ptn_err ptn_handover_send(int way,
    const struct ptn_arrival *a) PTN_MUST_USE;

/*
 * Take the next one; the descriptors are the caller's.  Returns PTN_OK,
 * PTN_E_NOT_FOUND (another process took it), PTN_E_GONE (nobody is left who
 * could send), PTN_E_UNAVAILABLE.
 */
enum ptn_err ptn_handover_take(int way, struct ptn_arrival *a) PTN_MUST_USE;

#endif
