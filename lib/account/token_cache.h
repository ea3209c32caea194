#ifndef PTN_TOKEN_CACHE_H
#define PTN_TOKEN_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/token.h"
#include "lib/crypto/secrets.h"
#include "lib/db/scope.h"

/*
 * Tokens whose signature this process has verified already, by SHA-256 of them
 * and of whom they are for, until they expire or the key set changes: what is
 * left to ask is the row.
 */
struct ptn_token_cache;
struct ptn_token_cache *ptn_token_cache_new(size_t entries);
void ptn_token_cache_free(struct ptn_token_cache **c);

/* False: it is not there.  Texts of claims lie in the arena. */
bool ptn_token_cache_get(const struct ptn_scope *sc,
    const uint8_t digest[PTN_SHA256_LEN], struct ptn_claims *claims);

/* What is too long, or for which there is no memory, is not kept. */
void ptn_token_cache_put(const struct ptn_scope *sc,
    const uint8_t digest[PTN_SHA256_LEN], const struct ptn_claims *claims);

#endif
