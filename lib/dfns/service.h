#ifndef PTN_DFNS_SERVICE_H
#define PTN_DFNS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/accesstoken.h"

/*
 * A service account: a user of the Dfns API that is a program.  It has no
 * address and cannot log in.  It has one token (accesstoken.h).
 */

/* A new one.  Its token is printed once, and cannot be had again. */
struct ptn_service_new {
	const char *name; /* unique among the usernames; no e-mail address */
	/* Given are pem and ttl_s; ptn_service_put() does the rest. */
	struct ptn_accesstoken_new token;
	struct ptn_uuid id; /* made: of the user */
};

/*
 * Inside the caller's transaction; needs sc->keys[PTN_API_DFNS].  PTN_E_INPUT
 * for what cannot be a name, PTN_E_UNPROCESSABLE for what is no key,
 * PTN_E_CONFLICT if somebody has the name.
 */
enum ptn_err ptn_service_put(const struct ptn_scope *sc,
    struct ptn_service_new *s) PTN_MUST_USE;

/* What an operator wants to know of each, oldest first. */
struct ptn_service_row {
	struct ptn_uuid token_id;
	struct ptn_uuid user_id;
	const char *name;
	const char *state; /* "active", "inactive", "expired", "revoked" */
	int64_t created_at_us;
	int64_t expires_at_us;
	int64_t last_signed_us; /* 0: never */
};
enum ptn_err ptn_services_of(const struct ptn_scope *sc,
    struct ptn_service_row **out, size_t *n) PTN_MUST_USE;

/* What their owners see of the token of each. */
struct ptn_service_token {
	struct ptn_uuid id;
	struct ptn_uuid user_id;
	const char *cred_id;
	const char *fingerprint; /* of the key */
	bool good;		 /* not revoked, nor expired */
	int64_t created_at_us;
};

/* That of an account, ended or not.  One SELECT. */
enum ptn_err ptn_service_tokens(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_service_token **out,
    size_t *n) PTN_MUST_USE;

/*
 * Those of a page of ptn_dfns_people_page(): of the accounts between its place
 * before and behind.  One SELECT.
 */
enum ptn_err ptn_service_tokens_between(const struct ptn_scope *sc,
    int64_t after_us, int64_t until_us, struct ptn_service_token **out,
    size_t *n) PTN_MUST_USE;

/*
 * Give one another name; codes as of ptn_service_put().  Inside the caller's
 * transaction, which holds the lock of the user.
 */
enum ptn_err ptn_service_rename(const struct ptn_scope *sc,
    const struct ptn_uuid *user, const char *name) PTN_MUST_USE;

/*
 * Which account has this token.  PTN_E_NOT_FOUND, also for one that has ended.
 */
enum ptn_err ptn_service_owner(const struct ptn_scope *sc,
    const struct ptn_uuid *token_id, struct ptn_uuid *user) PTN_MUST_USE;

/*
 * End one: the name is free again.  Inside the caller's transaction, which
 * holds the lock of the user.  PTN_E_NOT_FOUND: it has ended.
 */
enum ptn_err ptn_service_end(const struct ptn_scope *sc,
    const struct ptn_uuid *user) PTN_MUST_USE;

#endif
