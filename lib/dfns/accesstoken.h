#ifndef PTN_DFNS_ACCESSTOKEN_H
#define PTN_DFNS_ACCESSTOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/token.h"

/*
 * A token that is handed out once and sent with every request, and the one key
 * that approves what such requests change: of a service account (service.h), or
 * a personal one (pat.h).  Of the token only the digest is stored, and the row
 * says how long it is good: it stays good when signature keys or the issuer
 * change.
 */
#define PTN_ACCESSTOKEN_DAYS_MAX 730

struct ptn_accesstoken_new {
	enum ptn_dfns_token_kind kind; /* PTN_DFNS_TOKEN_SERVICE or _PAT */
	struct ptn_uuid user;
	const char *username;
	const char *name;	 /* or NULL */
	const char *external_id; /* or NULL */
	bool owner;		 /* of a personal one: see pat.h */
	const char *pem;
	int64_t ttl_s;
	/* Made. */
	struct ptn_uuid id;
	const char *cred_id;
	char *token;
	int64_t expires_s;
};

/*
 * Store it and its key.  Inside the caller's transaction; needs
 * sc->keys[PTN_API_DFNS].  PTN_E_UNPROCESSABLE: that is no key.
 */
enum ptn_err ptn_accesstoken_put(const struct ptn_scope *sc,
    struct ptn_accesstoken_new *t) PTN_MUST_USE;

/* Whose token it is, and by which key they sign. */
struct ptn_accesstoken_seen {
	struct ptn_uuid user_id;
	struct ptn_uuid id;
	struct ptn_uuid credential_id;
	const char *username;
	const char *kind; /* of the user */
	bool owner;	  /* may manage the organisation by it */
	bool service_account;
};

/*
 * One SELECT.  PTN_E_NOT_FOUND: there is no such token, it is expired, switched
 * off or revoked, or its user or the tenant is.
 */
enum ptn_err ptn_accesstoken_find(const struct ptn_scope *sc,
    struct ptn_bytes token, struct ptn_accesstoken_seen *out) PTN_MUST_USE;

#endif
