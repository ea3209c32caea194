#ifndef PTN_ACCOUNT_CLAIMS_H
#define PTN_ACCOUNT_CLAIMS_H

#include "lib/account/token.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"

struct ptn_json;

/*
 * What a session token says by session.jwt_template.claims, beside what every
 * token says.
 */
#define PTN_CLAIMS_DEPTH 24 /* levels of a payload, with all of them */

/*
 * Set claims->custom by the configuration.  One SELECT if something is of the
 * metadata, else none.
 */
enum ptn_err ptn_claims_render(const struct ptn_scope *sc,
    struct ptn_claims *claims) PTN_MUST_USE;

/* Those of a payload that are not the server's own; NULL: none. */
enum ptn_err ptn_claims_read(struct ptn_arena *a,
    const struct ptn_json *payload, const char **custom) PTN_MUST_USE;

#endif
