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
 * The tokens of the Dfns API.  They are signed with keys that only this API
 * uses, and each kind has an audience ("aud") of its own, so that a token of
 * one kind is not accepted as another.  A token names a row in the database; it
 * is good only as long as the row is.
 */
enum ptn_dfns_token_kind {
	PTN_DFNS_TOKEN_USER,	     /* a session */
	PTN_DFNS_TOKEN_REGISTRATION, /* the ceremony of a registration */
	PTN_DFNS_TOKEN_RECOVERY,     /* the ceremony of a recovery */
	PTN_DFNS_TOKEN_CHALLENGE,    /* any other ceremony */
	PTN_DFNS_TOKEN_ACTION,	     /* the approval of a request */
	PTN_DFNS_TOKEN_SERVICE,	     /* a service account (service.h) */
	PTN_DFNS_TOKEN_PAT,	     /* a personal one (pat.h) */
	PTN_DFNS_TOKEN__MAX
};

struct ptn_dfns_token {
	enum ptn_dfns_token_kind kind;
	struct ptn_uuid id; /* of the row */
	struct ptn_uuid org;
	struct ptn_uuid user; /* nil: it is not in the token */
	const char *username; /* NULL: it is not in the token */
	int64_t iat;	      /* seconds since the epoch */
	int64_t exp;
};

/* What its kind is called by clients ("tokenKind"); NULL: it has no name. */
const char *ptn_dfns_token_word(enum ptn_dfns_token_kind kind);

/* Sign a token with the keys of PTN_API_DFNS that its organisation has. */
enum ptn_err ptn_dfns_token_sign(const struct ptn_scope *sc,
    const struct ptn_dfns_token *t, char **token) PTN_MUST_USE;

/* The same from now on, for so many seconds: iat and exp are set here. */
enum ptn_err ptn_dfns_token_issue(const struct ptn_scope *sc,
    struct ptn_dfns_token *t, int64_t ttl_s, char **token) PTN_MUST_USE;

/*
 * Verify a token of this kind: form, iss, aud, exp and iat, and its signature
 * by the keys of the organisation that it names.  Its row is not looked at.
 *
 * out	of use with PTN_ALLOW alone
 */
enum ptn_err ptn_dfns_token_verify(const struct ptn_scope *sc,
    struct ptn_bytes token, enum ptn_dfns_token_kind kind,
    struct ptn_dfns_token *out, enum ptn_verdict *verdict) PTN_MUST_USE;

/*
 * Read from a token, without verifying anything, whether it says that it is one
 * that is looked up (accesstoken.h), and of which organisation.
 */
enum ptn_err ptn_dfns_token_claims(struct ptn_arena *a, struct ptn_bytes token,
    struct ptn_uuid *org, bool *claims) PTN_MUST_USE;

#endif
