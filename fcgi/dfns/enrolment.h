#ifndef PTN_DFNS_ENROLMENT_H
#define PTN_DFNS_ENROLMENT_H

#include "fcgi/dfns/dfns.h"
#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/member.h"
#include "lib/dfns/ruling.h"
#include "lib/dfns/token.h"
#include "lib/dfns/verify.h"

/*
 * The credentials of a registration or a recovery: "firstFactorCredential",
 * and perhaps "secondFactorCredential" and "recoveryCredential".
 */
enum {
	PTN_ENROLMENT_FIRST,
	PTN_ENROLMENT_SECOND,
	PTN_ENROLMENT_RECOVERY,
	PTN_ENROLMENT__MAX
};

struct ptn_dfns_enrolment {
	struct ptn_dfns_factor_new in[PTN_ENROLMENT__MAX];
	struct ptn_dfns_cred cred[PTN_ENROLMENT__MAX];
	struct ptn_ruling ruling; /* of the first that was refused */
	bool conflict;		  /* one of them is there already */
	const char *hash;	  /* of the first, if it is a Password */
};

/* What is to end with them: a ceremony, and the token that names it. */
struct ptn_dfns_ceremony_start {
	const struct ptn_dfns_lookup *who;
	enum ptn_dfns_token_kind token;
	struct ptn_dfns_ceremony c; /* given: purpose, state */
	const char *otp_url;	   /* made: "" if no app is offered any */
};

/*
 * Begin, for b->who; an earlier beginning of the same purpose dies.  The
 * second one runs inside the caller's transaction.
 */
enum ptn_err ptn_dfns_ceremony_start(struct ptn_request *req,
    struct ptn_dfns_ceremony_start *b) PTN_MUST_USE;
enum ptn_err ptn_dfns_ceremony_start_in(struct ptn_request *req,
    const struct ptn_scope *sc, struct ptn_dfns_ceremony_start *b) PTN_MUST_USE;

/* What is to be signed, in an object that stays open for more. */
enum ptn_err ptn_dfns_ceremony_start_write(struct ptn_request *req,
    struct ptn_reply *rep,
    const struct ptn_dfns_ceremony_start *b) PTN_MUST_USE;

/*
 * The ceremony that the request's token names, with one try less, and its
 * organisation.  Refused if there is none.
 */
enum ptn_err ptn_dfns_ceremony_finish(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_dfns_ceremony_kind purpose,
    struct ptn_dfns_ceremony *c, struct ptn_org *org) PTN_MUST_USE;

/* Read them from an object; PTN_E_INPUT is said already. */
enum ptn_err ptn_dfns_enrolment_read(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_json *v,
    struct ptn_dfns_enrolment *n) PTN_MUST_USE;

/* Each has signed the challenge; PTN_E_DENIED, with n->ruling. */
enum ptn_err ptn_dfns_enrolment_verify(const struct ptn_scope *sc,
    const struct ptn_dfns_verify *v, struct ptn_dfns_enrolment *n) PTN_MUST_USE;

/* Hash a password among them, outside of any transaction; PTN_E_BUSY. */
enum ptn_err ptn_dfns_enrolment_hash(struct ptn_request *req,
    struct ptn_dfns_enrolment *n) PTN_MUST_USE;

/* Does one of them sign, so that it was made for this very challenge? */
bool ptn_dfns_enrolment_fresh(const struct ptn_dfns_enrolment *n);

/* Store them, inside the caller's transaction; PTN_E_CONFLICT. */
enum ptn_err ptn_dfns_enrolment_put(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_enrolment *n) PTN_MUST_USE;

/*
 * The answer: the first credential, and whose it is (5.5), in an object that
 * stays open for more.
 */
void ptn_dfns_enrolment_write(struct ptn_reply *rep, const struct ptn_uuid *org,
    const struct ptn_member *m, const struct ptn_dfns_enrolment *n);

#endif
