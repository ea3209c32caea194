#ifndef PTN_ACCOUNT_SIGNUP_H
#define PTN_ACCOUNT_SIGNUP_H

#include <stdbool.h>

#include "lib/account/session.h"
#include "lib/account/user.h"
#include "lib/base/api.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"

/* How an account begins. */
struct ptn_signup {
	enum ptn_api api;
	const char *address;  /* canonical; NULL: none */
	const char *username; /* NULL: none */
	bool proved; /* whoever signs up has read a mail that was sent there */
	struct ptn_uuid promised; /* the id that it is to have; nil: any */
	struct ptn_user_ref user; /* made */
	bool signed_in;		  /* at once: claims are its session's */
	struct ptn_claims claims;
	bool name_taken; /* inside */
};

enum ptn_signup_result {
	PTN_SIGNUP_CLOSED = 0, /* nobody may */
	PTN_SIGNUP_TAKEN,      /* the address has an owner */
	PTN_SIGNUP_NAME_TAKEN, /* the username has */
	PTN_SIGNUP_DONE,
	PTN_SIGNUP__MAX
};

/*
 * Make a user, and claim the address for them: one transaction, with the
 * event.  Where addresses are to be verified it stays nobody's until somebody
 * proves it; elsewhere it is theirs and their primary one, and the user is
 * logged in, and so it is, verified, with proved set.  Whoever has none is
 * logged in, too.
 *
 * Returns PTN_OK if the question was answered, either way.
 */
enum ptn_err ptn_signup(const struct ptn_scope *sc, struct ptn_signup *s,
    enum ptn_signup_result *what) PTN_MUST_USE;

/*
 * The same inside a transaction of the caller's.  TAKEN has changed nothing.
 * NAME_TAKEN has, since the name is the last of it: the caller undoes it
 * (ptn_tx_part()).
 */
enum ptn_err ptn_signup_in(const struct ptn_scope *sc, struct ptn_signup *s,
    enum ptn_signup_result *what) PTN_MUST_USE;

#endif
