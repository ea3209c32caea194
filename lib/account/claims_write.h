#ifndef PTN_ACCOUNT_CLAIMS_WRITE_H
#define PTN_ACCOUNT_CLAIMS_WRITE_H

#include "lib/account/token.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/format/metadata.h"

struct ptn_json;
struct ptn_jsonw;
struct ptn_tree;

/*
 * Write the claims of session.jwt_template.claims, which was settled, into an
 * object, each of the type that it has in JSON.
 *
 * of		whose: sub, email and username
 * metadata	objects, or NULL
 *
 * What names something that the user has not is left out, and so is what has a
 * name of the server's own, and what there is no room for
 * (PTN_CLAIMTEXT_TOKEN_MAX), which is logged.
 */
enum ptn_err ptn_claims_write(struct ptn_jsonw *w, struct ptn_arena *a,
    const struct ptn_tree *tree, const struct ptn_claims *of,
    const struct ptn_json *const metadata[PTN_METADATA__MAX]) PTN_MUST_USE;

#endif
