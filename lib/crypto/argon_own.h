#ifndef PTN_CRYPTO_ARGON_OWN_H
#define PTN_CRYPTO_ARGON_OWN_H

#include <stdbool.h>

#include "lib/crypto/argon.h"
#include "lib/crypto/argon2/kernel.h"

/*
 * As ptn_argon_compute(), by a kernel of ours.  On failure h->tag is as it was.
 * The slot's memory is wiped, as the library does: what a hash leaves there,
 * even the half of it, lets whoever reads it try passwords without its cost.
 * PTN_E_INTERNAL.
 */
enum ptn_err ptn_argon_own_compute(const struct ptn_kernel *k,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_argon *h) PTN_MUST_USE;

/*
 * Does a kernel answer what it should?  Asked are vectors of RFC 9106, others
 * with lanes and odd amounts of memory, and one of a random password, which
 * the library answers as well.  Two milliseconds; what is wrong is logged.
 */
bool ptn_argon_own_agrees(const struct ptn_kernel *k);

#endif
