#ifndef PTN_DFNS_SERVICE_H
#define PTN_DFNS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/account/session.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * A service account: a user of the Dfns API that is a program.  It has no
 * address and cannot log in.  It has one token, which it sends with every
 * request, and one key, by which it approves those that change something.  Of
 * the token only the digest is stored, and the row says how long it is good: it
 * stays good when signature keys or the issuer change.
 */
#define PTN_SERVICE_DAYS_MAX 730

/* A new one.  Its token is printed once, and cannot be had again. */
struct ptn_service_new {
	const char *name; /* unique among the usernames; no e-mail address */
	const char *pem;
	int64_t ttl_s;
	/* Made by ptn_service_put(). */
	struct ptn_uuid id; /* of the user */
	struct ptn_uuid token_id;
	const char *cred_id;
	char *token;
	int64_t expires_s;
};

/*
 * Inside the caller's transaction; needs sc->keys[PTN_API_DFNS].  PTN_E_INPUT
 * for what cannot be a name, PTN_E_UNPROCESSABLE for what is no key,
 * PTN_E_CONFLICT if somebody has the name.
 */
enum ptn_err ptn_service_put(const struct ptn_scope *sc,
    struct ptn_service_new *s) PTN_MUST_USE;

/* Whose token it is, and by which key they sign. */
struct ptn_service_seen {
	struct ptn_uuid user_id;
	struct ptn_uuid token_id;
	struct ptn_uuid credential_id;
	const char *username;
	const char *kind;
	bool owner;
};

/*
 * One SELECT.  PTN_E_NOT_FOUND: there is no such token, it is expired or
 * revoked, or the account or the tenant is switched off.
 */
enum ptn_err ptn_service_find(const struct ptn_scope *sc,
    struct ptn_bytes token, struct ptn_service_seen *out) PTN_MUST_USE;

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

/*
 * That of an account, ended or not; or those of all that have not ended, where
 * user is nil.  One SELECT.
 */
enum ptn_err ptn_service_tokens(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_service_token **out,
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
