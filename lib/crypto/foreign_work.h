#ifndef PTN_CRYPTO_FOREIGN_WORK_H
#define PTN_CRYPTO_FOREIGN_WORK_H

#include "lib/crypto/foreign.h"

/*
 * How the digests of foreign.h are computed: for its table alone, with the
 * arguments of ptn_foreign_compute().  crypt(3) lives in foreign_work.c alone.
 */
#define PTN_FOREIGN_WORK_CORE 16 /* bytes of the digest of a setting, or more  \
				  */

enum ptn_err ptn_foreign_work_argon(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_bcrypt(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_crypt(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_wordpress(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_scrypt(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_firebase(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_pbkdf2(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_ldap(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_mysql(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;
enum ptn_err ptn_foreign_work_phpass(const struct ptn_foreign *f,
    const struct ptn_hashgate_slot *slot, struct ptn_bytes pw,
    struct ptn_foreign_digest *out) PTN_MUST_USE;

#endif
