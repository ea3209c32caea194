#ifndef PTN_DFNS_LOOKUP_H
#define PTN_DFNS_LOOKUP_H

#include <stdbool.h>

#include "lib/account/limit.h"
#include "lib/account/org.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/dfns/decoy.h"
#include "lib/dfns/member.h"

/*
 * The organisation that a client named.  A text that is not the id of an
 * organisation gives a random id, which no organisation has.
 */
struct ptn_uuid ptn_dfns_lookup_org_id(const char *text);

/*
 * Read an organisation.  One that does not exist is returned as one that is
 * switched off, with the relying party of the configuration, and costs the
 * same statements.
 */
enum ptn_err ptn_dfns_lookup_org(const struct ptn_scope *sc,
    const struct ptn_uuid *id, struct ptn_org *out) PTN_MUST_USE;

/* The same of a row that was read with something else; zero: of none. */
enum ptn_err ptn_dfns_lookup_org_of(const struct ptn_scope *sc,
    const struct ptn_org_row *row, struct ptn_org *out) PTN_MUST_USE;

/*
 * The organisation and the member that a client named.  known is false if the
 * organisation does not exist or is switched off, or has no such member who
 * could ever log in; then org.id is one that nothing has, member.id is the
 * decoy's nobody, and the rest of member is zero.
 */
struct ptn_dfns_lookup {
	bool known;
	struct ptn_org org;
	struct ptn_member member;
	/* Both as one text: ptn_dfns_lookup_key(). */
	const char *key;
	struct ptn_dfns_decoy decoy;
	/*
	 * Whose credentials to read, in org: the member's, or if there is no
	 * such one somebody else's, which are good for nothing but that reading
	 * them takes as long.
	 */
	struct ptn_uuid read_as;
};

/*
 * Find them.  The same statements are run, and as many rows are read, whether
 * they are known or not.
 *
 * sc	gets the tenant, and its actor the user, if they are known.
 */
enum ptn_err ptn_dfns_lookup(struct ptn_scope *sc, const char *org,
    const char *username, struct ptn_dfns_lookup *who) PTN_MUST_USE;

/*
 * The same for a client who may know who exists: a member of the scope's
 * organisation, whose lock is taken.  Inside a transaction.  There is no decoy,
 * nor a key.  PTN_E_NOT_FOUND: nobody has the name; then org is set
 * nevertheless.
 */
enum ptn_err ptn_dfns_lookup_locked(const struct ptn_scope *sc,
    const char *username, struct ptn_dfns_lookup *who) PTN_MUST_USE;

/*
 * By what it is found what limits have counted of a member: their id, the name
 * by which they log in, and their mailbox.
 *
 * first	the default tenant (ptn_limit_keys())
 * n		how many there are
 */
enum ptn_err ptn_dfns_lookup_limits(const struct ptn_scope *sc,
    const struct ptn_member *m, const struct ptn_uuid *first,
    struct ptn_limit_key out[PTN_LIMIT_KEYS], size_t *n) PTN_MUST_USE;

/*
 * Whom a client named, in one spelling for all that finds the same member,
 * whether there is one or not: a text for limits.
 */
enum ptn_err ptn_dfns_lookup_key(const struct ptn_scope *sc, const char *org,
    const char *username, const char **key) PTN_MUST_USE;

#endif
