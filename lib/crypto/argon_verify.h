#ifndef PTN_CRYPTO_ARGON_VERIFY_H
#define PTN_CRYPTO_ARGON_VERIFY_H

#include "lib/crypto/argon.h"

struct ptn_kernel;

/*
 * Whether a password is that of a hash.  Hashes are made by the library alone
 * (ptn_argon_compute()); whether one fits may be found by a kernel of ours,
 * which is several times as fast.
 */

/*
 * By which kernel from now on, in this process and its children.  One that does
 * not answer as the library does is logged, and none is used.  NULL: none.
 */
void ptn_argon_verify_by(const struct ptn_kernel *k);

/* Its name; NULL: the library. */
const char *ptn_argon_verify_kernel(void);

/*
 * Compute the hash of pw with the costs and salt of want, and compare.
 *
 * verdict	set to PTN_DENY on entry, PTN_ALLOW only on an exact match
 *
 * PTN_E_INTERNAL.
 */
enum ptn_err ptn_argon_verify(const struct ptn_hashgate_slot *slot,
    struct ptn_bytes pw, const struct ptn_argon *want,
    enum ptn_verdict *verdict) PTN_MUST_USE;

#endif
