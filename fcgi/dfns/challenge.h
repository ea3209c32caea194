#ifndef PTN_DFNS_CHALLENGE_H
#define PTN_DFNS_CHALLENGE_H

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/account/org.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/ruling.h"

/* A challenge for credentials that exist: to log in, or to sign an action. */
struct ptn_dfns_challenge {
	enum ptn_dfns_ceremony_kind purpose;
	const struct ptn_org *org;
	struct ptn_uuid user_id;   /* nil: nobody can answer it */
	struct ptn_uuid decoy;	   /* whose guesses are counted instead */
	struct ptn_dfns_cred *cred; /* those that may */
	size_t n;
	bool with_encrypted; /* hand encrypted private keys out */
	bool nameless;	     /* any passkey answers it, and tells whose it is */
	const char *challenge; /* NULL: a random one */
	const char *extra;     /* members of the state, as JSON; or NULL */
};

/*
 * The user's active credentials that log in or sign, into ch->cred: none if
 * they do not suffice for it.
 */
enum ptn_err ptn_dfns_challenge_signers(struct ptn_request *req,
    const struct ptn_uuid *user, struct ptn_dfns_challenge *ch) PTN_MUST_USE;

/*
 * Keep those that a ceremony allows by its state: those that it lists, or any
 * passkey if it is nameless.
 */
enum ptn_err ptn_dfns_challenge_allowed(struct ptn_request *req,
    const char *state, struct ptn_dfns_challenge *ch) PTN_MUST_USE;

/*
 * Credentials of somebody who has none: the same ones whenever the same name
 * is asked for, and nothing tells them from others.
 */
enum ptn_err ptn_dfns_challenge_decoy(struct ptn_request *req, const char *org,
    const char *username, struct ptn_dfns_challenge *ch) PTN_MUST_USE;

/* Which credentials may answer, as a ceremony keeps it; NULL: arena full. */
const char *ptn_dfns_challenge_state(struct ptn_arena *a,
    const struct ptn_dfns_challenge *ch);

/* Store it, and write it as the answer. */
enum ptn_err ptn_dfns_challenge_give(struct ptn_request *req,
    struct ptn_reply *rep, struct ptn_dfns_challenge *ch) PTN_MUST_USE;

/*
 * Take the ceremony that an identifier names; the request is one of its
 * organisation from then on.  PTN_E_NOT_FOUND for whatever is wrong with it.
 */
enum ptn_err ptn_dfns_challenge_take(struct ptn_request *req,
    struct ptn_bytes identifier, enum ptn_dfns_ceremony_kind purpose,
    struct ptn_dfns_ceremony *c) PTN_MUST_USE;

/* What answers a challenge: its identifier, and one factor or two. */
struct ptn_dfns_answer {
	struct ptn_org org;
	struct ptn_dfns_ceremony c;
	struct ptn_dfns_factor factor[2];
	size_t nfactors;
	struct ptn_uuid password; /* the credential that one was right for */
	const struct ptn_dfns_cred *used[2]; /* what each was verified with */
	struct ptn_ruling ruling;
};

/*
 * Read it from the input ptn_in_dfns_answer, take its ceremony, and check its
 * password if it has one: a hash is nothing to be computed in a transaction.
 * Where the ceremony names nobody, an->c.user_id is whom the handle of the
 * first factor names; ptn_dfns_challenge_allowed() knows whether they may.
 * PTN_E_NOT_FOUND if there is no such ceremony; PTN_E_DENIED, with an->ruling,
 * for a wrong password, which an unknown user has too; PTN_E_INPUT and
 * PTN_E_RATE are said already.
 */
enum ptn_err ptn_dfns_answer_read(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_dfns_ceremony_kind purpose,
    struct ptn_dfns_answer *an) PTN_MUST_USE;

/*
 * Verify each factor that was sent; none is ever ignored.  Inside the
 * caller's transaction, which holds the lock of the user.  PTN_E_DENIED, with
 * an->ruling, for what does not hold.
 */
enum ptn_err ptn_dfns_answer_verify(struct ptn_request *req,
    const struct ptn_scope *sc, struct ptn_dfns_answer *an) PTN_MUST_USE;

#endif
