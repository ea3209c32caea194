#ifndef PTN_DFNS_CREDCODE_H
#define PTN_DFNS_CREDCODE_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/crypto/secrets.h"
#include "lib/db/db.h"
#include "lib/db/scope.h"

/*
 * A code that somebody who is logged in shows to a device of theirs, which has
 * no credential yet and makes one by it.  Nothing else names the user, so the
 * row is found by the code: by its MAC, under a key that is not in the
 * database.
 *
 * Guessing: 45 bits, a life of a minute, one code a user, and ten tries a
 * minute from one network.  A thousand networks that try while a thousand
 * codes are alive hit one in about seven years.
 */
#define PTN_CREDCODE_TTL_S 60

struct ptn_credcode {
	struct ptn_uuid id;
	struct ptn_uuid tenant_id;
	struct ptn_uuid user_id;
	struct ptn_uuid session_id; /* whose end is the code's, too */
	int64_t expires_at_us;	    /* by the database's clock */
};

/*
 * Store one; c->id is made here, all else is given.  The user's older one
 * dies.  Inside the caller's transaction, which holds the lock of the user.
 *
 * code	as it was drawn (lib/dfns/code.h)
 *
 * PTN_E_CONFLICT if the session has ended.
 */
enum ptn_err ptn_credcode_put(const struct ptn_scope *sc, const char *code,
    struct ptn_credcode *c) PTN_MUST_USE;

/*
 * The one that is alive and means what somebody typed: id, tenant and user.
 * PTN_E_NOT_FOUND, also for what is no code at all.
 */
enum ptn_err ptn_credcode_find(const struct ptn_scope *sc,
    struct ptn_bytes typed, struct ptn_credcode *out) PTN_MUST_USE;

/*
 * Use one up by id, tenant and user, also when it has expired meanwhile.
 * Inside the caller's transaction.  PTN_E_NOT_FOUND if it is gone.
 */
enum ptn_err ptn_credcode_use(const struct ptn_scope *sc,
    const struct ptn_credcode *c) PTN_MUST_USE;

#endif
