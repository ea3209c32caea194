#ifndef PTN_CRYPTO_PWHASH_H
#define PTN_CRYPTO_PWHASH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/crypto/hashgate.h"

struct ptn_conf;

#define PTN_PWHASH_PW_MAX 1024 /* bytes of a password */
#define PTN_PHC_MAX 256	       /* bytes of a stored hash, with the NUL */

/*
 * Once, before there are workers: which kernel verifies (password.kernel), of
 * those that the processor can run, after it was tried.  Without it, and for
 * hashes that are made, it is the library.  Some two milliseconds.
 */
void ptn_pwhash_begin(const struct ptn_conf *cf);

/*
 * Hash a password: Argon2id (RFC 9106), version 19, 16-byte random salt,
 * 32-byte tag, costs from cf, as a PHC string.  Works in the slot's memory.
 * pw is 1..1024 bytes; the caller wipes it.
 * Returns PTN_OK, PTN_E_BUSY (the gate is full), PTN_E_INTERNAL.
 */
enum ptn_err ptn_pwhash_make(const struct ptn_conf *cf, struct ptn_hashgate *g,
    struct ptn_bytes pw, char phc[PTN_PHC_MAX]) PTN_MUST_USE;

/*
 * Check a password against a stored hash: a PHC string of Argon2, one of the
 * kinds of foreign.h, or one that ptn_pwhash_take() made of such.  NULL stands
 * for "there is none": a decoy with today's costs is computed, so that an
 * unknown account is the same work (CWE-204, CWE-208).  A hash of another form,
 * or with costs above the ceilings, is not computed: the decoy is, instead of
 * it.  One that is less work than the decoy, or may be, is computed, and the
 * decoy too.
 *
 * verdict	set to PTN_DENY on entry, PTN_ALLOW only on an exact match.
 * stale	true if the hash should be made anew with today's costs.
 *
 * Returns PTN_OK if the question was answered, either way; PTN_E_BUSY;
 * PTN_E_INPUT (not a hash we take, or too expensive); PTN_E_INTERNAL.
 */
enum ptn_err ptn_pwhash_verify(const struct ptn_conf *cf,
    struct ptn_hashgate *g, const char *hash, struct ptn_bytes pw,
    enum ptn_verdict *verdict, bool *stale) PTN_MUST_USE;

/*
 * Make what is to be stored of a hash that another program made, or this one
 * elsewhere.  What is fast to guess is hashed once more: Argon2id, with today's
 * costs, of the first bytes of its digest ("$wrapped$argon2id$...$SETTING").
 * One that was hashed so elsewhere, with less than the least of today's costs
 * may be, is refused: it cannot be mended.  A signer key of Firebase is not
 * kept.
 *
 * g	NULL: it is judged alone, and out is worth nothing
 * why	on PTN_E_INPUT what is wrong with it, in words, as in "it is malformed"
 *
 * PTN_E_INPUT, PTN_E_BUSY, PTN_E_INTERNAL.
 */
enum ptn_err ptn_pwhash_take(const struct ptn_conf *cf, struct ptn_hashgate *g,
    const char *hash, char out[PTN_PHC_MAX], const char **why) PTN_MUST_USE;

/* Hashes computed by this process, foreign ones too, for tests and logs. */
uint64_t ptn_pwhash_count(void);

#endif
