#ifndef PTN_ACCOUNT_CLAIMS_WRITE_H
#define PTN_ACCOUNT_CLAIMS_WRITE_H

#include "lib/account/token.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

struct ptn_json;
struct ptn_jsonw;
struct ptn_tree;

#define PTN_CLAIMS_WRITE_MAX 1536 /* bytes, so that a cookie holds the token   \
				   */

/*
 * Write the claims of session.jwt_template.claims, which was settled, into an
 * object, each of the type that it has in JSON.
 *
 * of		whose: sub, email and username
 * metadata	an object, or NULL
 *
 * What names something that the user has not is left out, and so is what has a
 * name of the server's own, and what there is no room for (which is logged).
 */
enum ptn_err ptn_claims_write(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_tree *tree, const struct ptn_claims *of,
    const struct ptn_json *metadata) PTN_MUST_USE;

#endif
