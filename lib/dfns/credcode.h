#ifndef PTN_DFNS_CREDCODE_H
#define PTN_DFNS_CREDCODE_H

#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/code.h"
#include "lib/dfns/denial.h"

/*
 * A credential code: a user who is logged in reads it from one device and types
 * it on another, which has no credential yet and registers one with it.  The
 * code alone says who the user is, so its row is found by a MAC of the code,
 * with a key that is not in the database.
 *
 * Guessing: a code has 45 bits and lives for a minute, a user has one code at a
 * time, and a network has ten tries a minute (rate_limiter.typed_limits, by
 * default).  A thousand networks that guess while a thousand codes are alive
 * find one in about seven years.
 */
#define PTN_CREDCODE_TTL_S 60

struct ptn_credcode {
	struct ptn_uuid id;
	struct ptn_uuid tenant_id;
	struct ptn_uuid user_id;
	struct ptn_uuid session_id; /* the code ends with this session */
	int64_t expires_at_us;	    /* by the database's clock */
};

/*
 * Find the code that somebody typed and that has not expired: id, tenant and
 * user.  PTN_E_NOT_FOUND: there is none, or the text is not a code.
 */
enum ptn_err ptn_credcode_find(const struct ptn_scope *sc,
    struct ptn_bytes typed, struct ptn_credcode *out) PTN_MUST_USE;

/*
 * Use up a code, given by id, tenant and user, even if it has expired since it
 * was found.  Inside the caller's transaction.  PTN_E_NOT_FOUND: it is gone.
 */
enum ptn_err ptn_credcode_use(const struct ptn_scope *sc,
    const struct ptn_credcode *c) PTN_MUST_USE;

struct ptn_credcode_issue {
	/* Given; c.expires_at_us is when the user wants it to expire. */
	struct ptn_credcode c;
	struct ptn_uuid action; /* the user action that approves it */
	int64_t now_us;		/* the database's clock */
	/* Made: c.expires_at_us is at most PTN_CREDCODE_TTL_S from now. */
	char code[PTN_DFNS_CODE_STR]; /* to be wiped */
	struct ptn_dfns_denial denial;
};

/*
 * Draw a code and store it; an older code of the user is deleted.  PTN_E_INPUT:
 * it is to expire in the past; PTN_E_DENIED: the user action is used, or the
 * session has ended.
 */
enum ptn_err ptn_credcode_issue(const struct ptn_scope *sc,
    struct ptn_credcode_issue *k) PTN_MUST_USE;

#endif
