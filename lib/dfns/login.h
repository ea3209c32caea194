#ifndef PTN_DFNS_LOGIN_H
#define PTN_DFNS_LOGIN_H

#include "lib/account/session.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/db/scope.h"
#include "lib/dfns/answer.h"
#include "lib/dfns/challenge.h"
#include "lib/dfns/denial.h"
#include "lib/dfns/lookup.h"
#include "lib/dfns/member.h"

/* The first step of a log-in: a challenge for the credentials of a user. */
struct ptn_dfns_login_start {
	/* Given. */
	const char *org;       /* as the client wrote it */
	const char *username;  /* NULL: any passkey of the organisation */
	struct ptn_bytes code; /* that came by mail; p NULL: none was sent */
	/* Made. */
	struct ptn_dfns_lookup who;
	struct ptn_dfns_challenge ch;
	struct ptn_dfns_denial denial;
};

/*
 * Start a log-in.  A code that is right is used up, and only with one the
 * client gets the encrypted private keys.  Unless denials disclose accounts
 * (denial.h), a user who does not exist or cannot log in gets a challenge of
 * the same form, by the same statements, which nobody can answer.
 *
 * sc	gets the tenant, and its actor the user, if they are known.
 *
 * PTN_E_INPUT: the name is empty, or NULL where dfns.usernameless is off.
 * PTN_E_DENIED: the code is wrong, or the user cannot log in.
 */
enum ptn_err ptn_dfns_login_start(struct ptn_scope *sc,
    struct ptn_dfns_login_start *l) PTN_MUST_USE;

/* The second step: the answer to the challenge. */
struct ptn_dfns_login {
	struct ptn_dfns_answer an; /* given: taken, its password checked */
	/* Made. */
	struct ptn_member member;
	struct ptn_claims claims;
	char *token;
};

/*
 * Verify the answer and open a session.  A user who does not exist costs the
 * same statements.  PTN_E_DENIED, with an.denial: the answer does not hold, or
 * the user cannot log in.
 */
enum ptn_err ptn_dfns_login_finish(const struct ptn_scope *sc,
    struct ptn_dfns_login *l) PTN_MUST_USE;

#endif
