#ifndef PTN_ACCOUNT_JWK_MAKE_H
#define PTN_ACCOUNT_JWK_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/jwk.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/db/sql.h"

/* A key that is to be there. */
struct ptn_jwk_make_wish {
	struct ptn_jwks_of of;
	int alg;
	const struct ptn_secrets *secrets;
	int64_t delay_s; /* until it signs */
	bool started;	 /* by a process that had loaded its set before */
	bool ordered;	 /* by an operator: also if there is one */
};

/*
 * Must a key be made?  There is none of the configured algorithm; or, asked
 * when a process starts, another algorithm has signed since the last one of
 * ours began: the configuration was changed there and back.  A new key then
 * keeps the order of the rows the order in which they signed, by which they
 * are deleted.
 */
bool ptn_jwk_make_wanted(const struct ptn_jwk_make_wish *w,
    const struct ptn_jwk_list_out *rows, size_t n);

/*
 * Make it, if it is still wanted when nobody else makes one; an event, if it
 * was ordered.  id, which may be NULL, is set then.
 */
enum ptn_err ptn_jwk_make(const struct ptn_scope *sc,
    const struct ptn_jwk_make_wish *w, struct ptn_uuid *id) PTN_MUST_USE;

#endif
