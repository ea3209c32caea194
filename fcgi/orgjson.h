#ifndef PTN_ORGJSON_H
#define PTN_ORGJSON_H

#include "lib/account/org.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/format/json.h"

/*
 * A tenant as an operator sees it, with its braces.  The configuration of the
 * scope is the file's.  PTN_E_NOMEM.
 */
enum ptn_err ptn_orgjson(struct ptn_jsonw *w, const struct ptn_scope *sc,
    const struct ptn_org_row *org) PTN_MUST_USE;

#endif
