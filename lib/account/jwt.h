#ifndef PTN_ACCOUNT_JWT_H
#define PTN_ACCOUNT_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/jwk.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/db/db.h"
#include "lib/format/json.h"

#define PTN_JWT_MAX 8192 /* bytes of a token we look at */

/*
 * Sign a payload: compact serialisation (RFC 7515 section 7.1), header
 * {"alg","kid","typ":"JWT"}.  The token is text in the arena.
 */
enum ptn_err ptn_jwt_sign(const struct ptn_jwks *keys, struct ptn_arena *a,
    const char *payload, char **token) PTN_MUST_USE;

/*
 * Verify form and signature: three strict base64url parts, strict JSON
 * without duplicates, kid of our own set, the key's own algorithm (the
 * header's alg must name just that), typ "JWT" if present, no crit (RFC 8725
 * 3.1-3.10).  Times and claims are the caller's business.
 *
 * payload	the claims as bytes in the arena, set only with PTN_ALLOW.
 * verdict	PTN_DENY for every fault of the token.
 * unknown_kid	true if well-formed but of a key we do not know: the caller
 *		may refresh the keys and ask again.
 */
enum ptn_err ptn_jwt_verify(const struct ptn_jwks *keys, struct ptn_arena *a,
    struct ptn_bytes token, struct ptn_bytes *payload,
    enum ptn_verdict *verdict, bool *unknown_kid) PTN_MUST_USE;

/*
 * The same, but a key we do not know may be one that another host just made:
 * the key set is loaded anew once.
 */
enum ptn_err ptn_jwt_verify_now(struct ptn_jwks *keys, struct ptn_db *db,
    struct ptn_arena *a, struct ptn_bytes token, struct ptn_bytes *payload,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * What a token says, of which nothing is verified but its form: for tokens
 * that are known by their digest.  PTN_E_INPUT for what is no token.
 */
enum ptn_err ptn_jwt_peek(struct ptn_arena *a, struct ptn_bytes token,
    struct ptn_bytes *payload) PTN_MUST_USE;

#endif
