#ifndef PTN_ACCOUNT_KEYSETS_H
#define PTN_ACCOUNT_KEYSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/jwk.h"
#include "lib/base/api.h"

/*
 * The key sets of all APIs, in an array that enum ptn_api indexes.  Those of
 * an API that is switched off exist, but are neither loaded, shown nor
 * expired.  What each does to one set stands in jwk.h.
 */

/* keys is zeroed; free it after an error, too. */
enum ptn_err ptn_keysets_new(struct ptn_jwks *keys[PTN_API__MAX],
    const struct ptn_conf *cf, const struct ptn_secrets *s) PTN_MUST_USE;
void ptn_keysets_free(struct ptn_jwks *keys[PTN_API__MAX]);

/* The first that fails ends it. */
enum ptn_err ptn_keysets_refresh(const struct ptn_scope *sc,
    bool force) PTN_MUST_USE;

/* Before they are shown: ptn_jwks_look() of each.  What fails shows later. */
void ptn_keysets_look(const struct ptn_scope *sc);

/* expired	of all sets together. */
enum ptn_err ptn_keysets_expire(const struct ptn_scope *sc,
    uint64_t *expired) PTN_MUST_USE;

/* One set of what all publish: {"keys":[...]}; NULL when the arena is full. */
const char *ptn_keysets_json(const struct ptn_scope *sc);

#endif
