#ifndef PTN_DFNS_ADD_CREDENTIAL_H
#define PTN_DFNS_ADD_CREDENTIAL_H

#include <stdbool.h>

#include "fcgi/reply.h"
#include "fcgi/request.h"
#include "lib/account/org.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/cred.h"
#include "lib/dfns/factor.h"
#include "lib/dfns/ruling.h"

/*
 * One more credential of somebody who has registered: it is begun with a
 * challenge, and created when it has signed that.  Who may is the business of
 * the handlers: a session of theirs, or a code.
 */
struct ptn_dfns_add_credential {
	enum ptn_dfns_ceremony_kind purpose;
	const struct ptn_org *org;
	struct ptn_uuid user_id;
	const char *username;
	enum ptn_dfns_cred_kind kind;
	struct ptn_uuid code; /* which begins it; nil: none */
};

/* May such a one be created? */
bool ptn_dfns_kind_offered(const struct ptn_request *req,
    enum ptn_dfns_cred_kind kind);

/* Store the challenge, and write it as the answer. */
enum ptn_err ptn_dfns_add_credential_start(struct ptn_request *req,
    struct ptn_reply *rep,
    const struct ptn_dfns_add_credential *m) PTN_MUST_USE;

struct ptn_dfns_new_credential {
	struct ptn_request *req;
	struct ptn_org org;
	struct ptn_dfns_ceremony c;
	struct ptn_uuid code; /* that began it; nil: none */
	struct ptn_dfns_factor_new in;
	struct ptn_dfns_cred cred;
	struct ptn_ruling ruling;
	bool conflict; /* it is there already */
	bool alone;    /* a password without an app */
};

/*
 * Read it from the input ptn_in_dfns_credential, and take its challenge; the
 * request is one of its organisation from then on.  PTN_E_NOT_FOUND if there
 * is no such challenge for such a credential; PTN_E_INPUT is said already.
 */
enum ptn_err ptn_dfns_new_credential_read(struct ptn_request *req,
    struct ptn_reply *rep, enum ptn_dfns_ceremony_kind purpose,
    struct ptn_dfns_new_credential *k) PTN_MUST_USE;

/*
 * Has it signed the challenge?  PTN_E_DENIED, with k->ruling.  A password is
 * hashed, too.
 */
enum ptn_err ptn_dfns_new_credential_verify(
    struct ptn_dfns_new_credential *k) PTN_MUST_USE;

/*
 * Store it, with a notice to its owner, inside the caller's transaction.
 * PTN_E_CONFLICT, with k->conflict or k->alone.
 */
enum ptn_err ptn_dfns_new_credential_put(const struct ptn_scope *sc,
    struct ptn_dfns_new_credential *k) PTN_MUST_USE;

/* It is stored: write it as the answer. */
void ptn_dfns_new_credential_write(struct ptn_reply *rep,
    struct ptn_dfns_new_credential *k);

#endif
