#ifndef PTN_ACCOUNT_USER_H
#define PTN_ACCOUNT_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/factors.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

struct ptn_user {
	struct ptn_uuid id;
	int64_t created_at_us;
	int64_t updated_at_us;
};

/* PTN_E_NOT_FOUND if the tenant has no such user. */
enum ptn_err ptn_user_get(const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_user *out) PTN_MUST_USE;

/*
 * Take the lock under which a user's addresses, primary address and sessions
 * change: first of all in a transaction, before any address is locked.
 * PTN_E_NOT_FOUND if there is no such user.
 */
enum ptn_err ptn_user_lock(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

/*
 * The same for a log-in, and what it asks of a user.  One whom an operator
 * keeps out (ptn_person_lock()), or a service account, is as one who has gone:
 * PTN_E_NOT_FOUND.
 */
struct ptn_user_state {
	int64_t epoch; /* asker.h */
	struct ptn_factors factors;
	bool counted;	  /* their sessions were, as by those who lock */
	int64_t sessions; /* of all APIs, with those that have expired */
};
enum ptn_err ptn_user_lock_state(const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_user_state *out) PTN_MUST_USE;

/* Whose address this is, if it has an owner; PTN_E_NOT_FOUND otherwise. */
struct ptn_user_ref {
	struct ptn_uuid id;
	struct ptn_uuid email_id;
	bool verified;
	int64_t epoch; /* of the user (asker.h); only of one that was found */
	bool locked;   /* an operator keeps them out; likewise */
};
enum ptn_err ptn_user_by_address(const struct ptn_scope *sc,
    const char *address, struct ptn_user_ref *out) PTN_MUST_USE;

/* How a new user comes by an address. */
enum ptn_user_address {
	PTN_USER_CLAIMS, /* it is nobody's until somebody proves it */
	PTN_USER_OWNS, /* it is theirs at once, their primary one, unverified */
	PTN_USER_PROVED /* the same, verified: they have read its mail */
};

/*
 * Sign up: a new user, and an address.  Inside the caller's transaction.
 * address NULL: none.  PTN_E_CONFLICT if it has an owner already: then there is
 * no user.
 */
enum ptn_err ptn_user_sign_up(const struct ptn_scope *sc, const char *address,
    enum ptn_user_address how, struct ptn_user_ref *out) PTN_MUST_USE;

/* The same, under an id that was promised before: out->id. */
enum ptn_err ptn_user_sign_up_as(const struct ptn_scope *sc,
    const char *address, enum ptn_user_address how,
    struct ptn_user_ref *out) PTN_MUST_USE;

/*
 * A user gives up their account: they and all that is theirs are deleted, in
 * a transaction of its own, with the event.  PTN_E_FORBIDDEN: it is not to be
 * closed in this way (ptn_policy_close()).
 */
enum ptn_err ptn_user_close(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

/* The same as a part of a transaction of the caller's. */
enum ptn_err ptn_user_close_in(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

/*
 * An operator deletes a user, and all that is theirs, of whichever API: a
 * transaction of its own, with the event.  PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_user_delete(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

#endif
