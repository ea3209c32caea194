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
	PTN_NEWCRED_FIRST,
	PTN_NEWCRED_SECOND,
	PTN_NEWCRED_RECOVERY,
	PTN_NEWCRED__MAX
};

struct ptn_dfns_newcreds {
	struct ptn_dfnsfactor_new in[PTN_NEWCRED__MAX];
	struct ptn_dfnscred cred[PTN_NEWCRED__MAX];
	struct ptn_ruling ruling; /* of the first that was refused */
	bool conflict;		  /* one of them is there already */
	const char *hash;	  /* of the first, if it is a Password */
};

/* What is to end with them: a ceremony, and the token that names it. */
struct ptn_dfns_beginning {
	const struct ptn_dfns_who *who;
	enum ptn_dfnstoken_kind token;
	struct ptn_ceremony_row c; /* given: purpose, state */
	const char *otp_url;	   /* made: "" if no app is offered any */
};

/*
 * Begin, for b->who; an earlier beginning of the same purpose dies.  The
 * second one runs inside the caller's transaction.
 */
enum ptn_err ptn_dfns_begin(struct ptn_request *req,
    struct ptn_dfns_beginning *b) PTN_MUST_USE;
enum ptn_err ptn_dfns_begin_in(struct ptn_request *req,
    const struct ptn_scope *sc, struct ptn_dfns_beginning *b) PTN_MUST_USE;

/* What is to be signed, in an object that stays open for more. */
enum ptn_err ptn_dfns_beginning_write(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_dfns_beginning *b) PTN_MUST_USE;

/*
 * The ceremony that the request's token names, with one try less, and its
 * organisation.  Refused if there is none.
 */
enum ptn_err ptn_dfns_ending(struct ptn_request *req, struct ptn_reply *rep,
    enum ptn_purpose_of purpose, struct ptn_ceremony_row *c,
    struct ptn_org *org) PTN_MUST_USE;

/* Read them from an object; PTN_E_INPUT is said already. */
enum ptn_err ptn_dfns_newcreds_read(struct ptn_request *req,
    struct ptn_reply *rep, const struct ptn_json *v,
    struct ptn_dfns_newcreds *n) PTN_MUST_USE;

/* Each has signed the challenge; PTN_E_DENIED, with n->ruling. */
enum ptn_err ptn_dfns_newcreds_verify(const struct ptn_scope *sc,
    const struct ptn_dfnsverify *v, struct ptn_dfns_newcreds *n) PTN_MUST_USE;

/* Hash a password among them, outside of any transaction; PTN_E_BUSY. */
enum ptn_err ptn_dfns_newcreds_hash(struct ptn_request *req,
    struct ptn_dfns_newcreds *n) PTN_MUST_USE;

/* Does one of them sign, so that it was made for this very challenge? */
bool ptn_dfns_newcreds_fresh(const struct ptn_dfns_newcreds *n);

/* Store them, inside the caller's transaction; PTN_E_CONFLICT. */
enum ptn_err ptn_dfns_newcreds_put(const struct ptn_scope *sc,
    const struct ptn_uuid *user, struct ptn_dfns_newcreds *n) PTN_MUST_USE;

/*
 * The answer: the first credential, and whose it is (5.5), in an object that
 * stays open for more.
 */
void ptn_dfns_newcreds_write(struct ptn_reply *rep, const struct ptn_uuid *org,
    const struct ptn_member *m, const struct ptn_dfns_newcreds *n);

#endif
