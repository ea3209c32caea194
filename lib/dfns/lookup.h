#ifndef PTN_DFNS_LOOKUP_H
#define PTN_DFNS_LOOKUP_H

#include <stdbool.h>

#include "lib/account/org.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
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

/*
 * The organisation and the member that a client named.  known is false if the
 * organisation does not exist or is switched off, or has no such member who
 * could ever log in; then org.id and member.id are ids that nothing has, and
 * the rest of member is zero.
 */
struct ptn_dfns_lookup {
	bool known;
	struct ptn_org org;
	struct ptn_member member;
	/* Both as one text: ptn_dfns_lookup_key(). */
	const char *key;
};

/*
 * Find them.  The same statements are run whether they are known or not.
 *
 * sc	gets the tenant, and its actor the user, if they are known.
 */
enum ptn_err ptn_dfns_lookup(struct ptn_scope *sc, const char *org,
    const char *username, struct ptn_dfns_lookup *who) PTN_MUST_USE;

/*
 * Whom a client named, in one spelling for all that finds the same member,
 * whether there is one or not: a text for limits.
 */
enum ptn_err ptn_dfns_lookup_key(const struct ptn_scope *sc, const char *org,
    const char *username, const char **key) PTN_MUST_USE;

#endif
