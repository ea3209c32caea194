#ifndef PTN_ACCOUNT_NONCE_H
#define PTN_ACCOUNT_NONCE_H

#include "lib/base/err.h"
#include "lib/db/scope.h"

#define PTN_NONCE_LIFE_S 20
#define PTN_NONCE_STR 44 /* 32 bytes in base64url, and the NUL */

/*
 * Something that only who has both secrets.keys and the database can have
 * made, just now, and that is good for one request: 16 random bytes and as
 * many of their MAC, and a row of rate_limits that the rest of the MAC names.
 * What carries no such MAC is told apart without the database.
 *
 * PTN_E_NOMEM, PTN_E_UNAVAILABLE, PTN_E_INTERNAL.
 */
enum ptn_err ptn_nonce_put(const struct ptn_scope *sc,
    char out[PTN_NONCE_STR]) PTN_MUST_USE;

/*
 * Use it up: one statement at most.  PTN_E_NOT_FOUND for what is none, was
 * used, or has expired; PTN_E_NOMEM, PTN_E_UNAVAILABLE, PTN_E_INTERNAL.
 */
enum ptn_err ptn_nonce_use(const struct ptn_scope *sc,
    const char *text) PTN_MUST_USE;

#endif
