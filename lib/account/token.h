#ifndef PTN_ACCOUNT_TOKEN_H
#define PTN_ACCOUNT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/api.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"

struct ptn_jsonw;

/*
 * Tokens signed with the keys of an API (keysets.h, jws.h), and what those of
 * the public API say: a session as its client holds it.
 */

/*
 * Sign a payload with the key that signs for sc->tenant_id now.  PTN_E_CONFIG
 * if none does.
 */
enum ptn_err ptn_token_sign(const struct ptn_scope *sc, enum ptn_api api,
    const char *payload, char **token) PTN_MUST_USE;

/* The same of what is no token of a session: it has another typ (jws.h). */
enum ptn_err ptn_token_sign_as(const struct ptn_scope *sc, enum ptn_api api,
    const char *typ, const char *payload, char **token) PTN_MUST_USE;

/*
 * Verify form and signature by the keys of sc->tenant_id.  A key we do not know
 * may be one that another host just made: then they are loaded anew, once.
 *
 * payload	the claims as bytes in the arena, set only with PTN_ALLOW.
 * verdict	PTN_DENY for every fault of the token.
 */
enum ptn_err ptn_token_open(const struct ptn_scope *sc, enum ptn_api api,
    struct ptn_bytes token, struct ptn_bytes *payload,
    enum ptn_verdict *verdict) PTN_MUST_USE;

/* The e-mail claim: the primary address of the user. */
struct ptn_email_claim {
	const char *address; /* NULL: none */
	bool is_primary;
	bool is_verified;
};

/*
 * What was shown when a session began, as bits: the claim "amr" (RFC 8176), in
 * the words that clients know.  Their order is the one of the claim.
 */
enum ptn_amr {
	PTN_AMR_OTP = 1 << 0, /* a code from the mailbox */
	PTN_AMR_PWD = 1 << 1, /* a password */
	PTN_AMR_PASSKEY = 1 << 2,
	PTN_AMR_TOTP = 1 << 3, /* an authenticator app */
	PTN_AMR_SECURITY_KEY = 1 << 4
};

/* They as an array; of none, nothing. */
void ptn_token_amr(struct ptn_jsonw *w, const char *name, unsigned amr);

/* What a session token says; beside it iss and aud, by the configuration. */
struct ptn_claims {
	struct ptn_uuid sub;
	struct ptn_uuid session_id;
	struct ptn_uuid tenant_id; /* nil: the default tenant */
	int64_t iat;		   /* seconds since the epoch */
	int64_t exp;
	unsigned amr; /* enum ptn_amr */
	struct ptn_email_claim email;
	const char *username; /* NULL: none */
	const char *custom;   /* others, as members (claims.h); or NULL */
};

/* Whom tokens are for, as an array: session.audience, or the relying party. */
void ptn_token_audience(struct ptn_jsonw *w, const char *name,
    const struct ptn_conf *cf);

/*
 * The signed token of a session; after the transaction.  claims->custom is set
 * by ptn_claims_render(), if anything is to be in it.
 */
enum ptn_err ptn_token_issue(const struct ptn_scope *sc,
    const struct ptn_claims *claims, char **token) PTN_MUST_USE;

#define PTN_TOKENS_MAX 40 /* that one request may present */
#define PTN_TOKENS_GOOD 4 /* of them may be candidates */

/* A token that is good by itself, and which one it was. */
struct ptn_token_good {
	struct ptn_claims claims;
	size_t at;
};

/*
 * Verify session tokens, each by itself: form, signature, iss, aud, tenant,
 * exp, iat (60 s of leeway).  Needs sc->tokens.
 *
 * What is no token of ours, or was made for somebody else, or names a key that
 * there is none of, or has stood there before, is passed over.  The rest are
 * candidates: the first PTN_TOKENS_GOOD of them are judged, whether they were
 * verified before or not.
 *
 * n		at most PTN_TOKENS_MAX.
 * out		the good ones in the same order.
 * unjudged	the place of the first candidate that was not judged; n: all
 *		were.
 *
 * No statement, unless none is good and one names an unknown key: that may be
 * one that another host just made, and the key set is loaded anew, once.
 */
enum ptn_err ptn_tokens_verify(const struct ptn_scope *sc,
    const struct ptn_bytes *token, size_t n,
    struct ptn_token_good out[PTN_TOKENS_GOOD], size_t *good,
    size_t *unjudged) PTN_MUST_USE;

#endif
