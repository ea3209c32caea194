#ifndef PTN_DFNS_USERTOKEN_H
#define PTN_DFNS_USERTOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * The access tokens of a user as an operator sees them: personal ones (pat.h),
 * or that of a service account (service.h).
 */
struct ptn_usertoken {
	struct ptn_uuid id;
	const char *kind; /* of accesstoken.h, in words */
	bool service;	  /* of a service account */
	const char *name; /* NULL: none */
	const char *fingerprint; /* of the key that signs for it */
	bool owner;		 /* manages the organisation */
	bool active;		 /* neither switched off nor expired */
	int64_t created_at_us;
	int64_t expires_at_us;
	int64_t last_signed_us; /* 0: never */
};

/* Those that have not ended, oldest first, in the arena.  One SELECT. */
enum ptn_err ptn_usertokens_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_usertoken **out,
    size_t *n) PTN_MUST_USE;

/*
 * End one, with the event: a personal one, whose owner is told; or a service
 * account's, and with it the account, which is nothing without.
 * PTN_E_NOT_FOUND: it is none of theirs, or has ended.
 */
enum ptn_err ptn_usertoken_end(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id) PTN_MUST_USE;

#endif
