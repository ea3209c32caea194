#ifndef PTN_DFNS_CHALLENGE_H
#define PTN_DFNS_CHALLENGE_H

#include <stdbool.h>

#include "lib/account/org.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/ceremony.h"
#include "lib/dfns/signers.h"

/* A challenge for existing credentials: to log in, or to approve a request. */
struct ptn_dfns_challenge {
	enum ptn_dfns_ceremony_kind kind;
	const struct ptn_org *org;
	/*
	 * Whose it is; nil at a log-in, where state.account says it: the rows
	 * of users and of names that nobody has are alike.
	 */
	struct ptn_uuid user_id;
	/* Shown to the client, and those that may answer. */
	struct ptn_dfns_signers signers;
	bool with_encrypted;   /* the client gets the encrypted private keys */
	const char *challenge; /* NULL: a random one is made */
	/* The caller sets any_passkey, the account and the action. */
	struct ptn_dfns_state state;
	char *identifier; /* made: the token that the answer names it by */
};

/*
 * Store the ceremony in the organisation, which need not exist, and make its
 * identifier.
 */
enum ptn_err ptn_dfns_challenge_start(const struct ptn_scope *sc,
    struct ptn_dfns_challenge *ch) PTN_MUST_USE;

/*
 * Read and delete the ceremony that an identifier names, at once and for good:
 * before what it is to prove is judged, so that nobody tries one twice, and
 * also if the database fails behind it.  Then the user begins anew.
 *
 * sc	gets the tenant of the ceremony.
 *
 * PTN_E_NOT_FOUND: the identifier is not valid, or there is no such ceremony.
 */
enum ptn_err ptn_dfns_challenge_take(struct ptn_scope *sc,
    struct ptn_bytes identifier, enum ptn_dfns_ceremony_kind kind,
    struct ptn_dfns_ceremony *c) PTN_MUST_USE;

/* The same, and its organisation, undeleted: ptn_dfns_ceremony_find(). */
enum ptn_err ptn_dfns_challenge_find(struct ptn_scope *sc,
    struct ptn_bytes identifier, enum ptn_dfns_ceremony_kind kind,
    struct ptn_dfns_ceremony *c, struct ptn_org_row *org) PTN_MUST_USE;

#endif
