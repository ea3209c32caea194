#ifndef PTN_DFNS_PAT_H
#define PTN_DFNS_PAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/accesstoken.h"
#include "lib/dfns/denial.h"
#include "lib/event/event.h"

/*
 * Personal access tokens: by one, a program acts as somebody who can log in,
 * and signs with the key of the token.  It does less than they do: what is
 * theirs alone (credentials, tokens, sessions) it does not touch, and their
 * organisation it manages only if it was made for that.
 *
 * All end for good when their owner recovers, is locked, switched off or
 * archived (lib/account/pats.h).
 */
struct ptn_pat {
	struct ptn_uuid id;
	const char *name;
	const char *cred_id;
	const char *fingerprint; /* of the key */
	bool owner;		 /* manages, if its owner does */
	bool active;		 /* not switched off */
	bool expired;
	int64_t created_at_us;
	int64_t expires_at_us;
	int64_t last_signed_us; /* 0: never */
};

/* Those of a user that have not ended, oldest first.  One SELECT. */
enum ptn_err ptn_pats_of(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_pat **out, size_t *n) PTN_MUST_USE;

/* One of them.  PTN_E_NOT_FOUND: they have no such token. */
enum ptn_err ptn_pat_get(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id,
    struct ptn_pat *out) PTN_MUST_USE;

/* What their owner does to them, each by a signed user action. */
struct ptn_pat_change {
	/* Given. */
	struct ptn_uuid action; /* the user action that approves it */
	struct ptn_uuid user;
	struct ptn_uuid session; /* of the user, by which they ask */
	struct ptn_uuid id;	 /* not to create */
	/* To create: username, pem, ttl_s, name, external_id and owner. */
	struct ptn_accesstoken_new token;
	/* To update; NULL: it stays. */
	const char *name;
	const char *external_id;
	/* Made. */
	struct ptn_pat pat; /* as it is then */
	struct ptn_dfns_denial denial;
};

/*
 * Make one.  A user has so many that have not expired (dfns.access_tokens).
 * PTN_E_INPUT: that is no name; PTN_E_UNPROCESSABLE: that is no key;
 * PTN_E_DENIED, where a name is taken or there are too many with the action
 * used up.
 */
enum ptn_err ptn_pat_create(const struct ptn_scope *sc,
    struct ptn_pat_change *k) PTN_MUST_USE;

/* Give it another name or external id; codes as above. */
enum ptn_err ptn_pat_update(const struct ptn_scope *sc,
    struct ptn_pat_change *k) PTN_MUST_USE;

/* Switch it on or off: one that is off is refused.  PTN_E_DENIED. */
enum ptn_err ptn_pat_activate(const struct ptn_scope *sc,
    struct ptn_pat_change *k) PTN_MUST_USE;
enum ptn_err ptn_pat_deactivate(const struct ptn_scope *sc,
    struct ptn_pat_change *k) PTN_MUST_USE;

/* End it for good: its name is free again.  PTN_E_DENIED. */
enum ptn_err ptn_pat_archive(const struct ptn_scope *sc,
    struct ptn_pat_change *k) PTN_MUST_USE;

/*
 * For others who end it: inside their transaction, which holds the lock of the
 * user.  PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_pat_end(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const struct ptn_uuid *id) PTN_MUST_USE;

#endif
