#ifndef PTN_DFNS_TOKEN_H
#define PTN_DFNS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/account/session.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

/*
 * The tokens of the Dfns API: signed with keys that are its own, each kind
 * with an audience that is its own, so that none is ever taken for another.
 * A token names a row, and is worth what that row is.
 */
enum ptn_dfns_token_kind {
	PTN_DFNS_TOKEN_USER,	     /* a session */
	PTN_DFNS_TOKEN_REGISTRATION, /* a ceremony that may be completed */
	PTN_DFNS_TOKEN_RECOVERY,     /* another such */
	PTN_DFNS_TOKEN_CHALLENGE,    /* a ceremony to be answered */
	PTN_DFNS_TOKEN_ACTION,	     /* a request that was approved */
	PTN_DFNS_TOKEN_SERVICE,	     /* a service account; see service.h */
	PTN_DFNS_TOKEN__MAX
};

struct ptn_dfns_token {
	enum ptn_dfns_token_kind kind;
	struct ptn_uuid id; /* of the row */
	struct ptn_uuid org;
	struct ptn_uuid user; /* nil: nobody */
	const char *username; /* NULL: not told */
	int64_t iat;	      /* seconds since the epoch */
	int64_t exp;
};

/* Sign a token with the keys of PTN_API_DFNS. */
enum ptn_err ptn_dfns_token_sign(const struct ptn_scope *sc,
    const struct ptn_dfns_token *t, char **token) PTN_MUST_USE;

/* The same from now on, for so many seconds: iat and exp are set here. */
enum ptn_err ptn_dfns_token_issue(const struct ptn_scope *sc,
    struct ptn_dfns_token *t, int64_t ttl_s, char **token) PTN_MUST_USE;

/*
 * Verify one of a kind by itself: form, signature, iss, aud, exp, iat.
 * verdict PTN_DENY for every fault of the token; out is set with PTN_ALLOW.
 */
enum ptn_err ptn_dfns_token_verify(const struct ptn_scope *sc,
    struct ptn_bytes token, enum ptn_dfns_token_kind kind,
    struct ptn_dfns_token *out, enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * Does it claim to be of this kind, and of which organisation?  Nothing of it
 * is verified: this says how it is to be verified, and where its row would be.
 */
enum ptn_err ptn_dfns_token_claims(struct ptn_arena *a, struct ptn_bytes token,
    enum ptn_dfns_token_kind kind, struct ptn_uuid *org,
    bool *claims) PTN_MUST_USE;

#endif
