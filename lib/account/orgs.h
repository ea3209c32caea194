#ifndef PTN_ACCOUNT_ORGS_H
#define PTN_ACCOUNT_ORGS_H

#include <stdint.h>

#include "lib/account/org.h"
#include "lib/account/seen.h"
#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/conf/own.h"
#include "lib/db/scope.h"

struct ptn_json;

/*
 * What an operator does to tenants as a whole, by the Admin API or a command.
 * The configuration of the scope is that of the file.  Each is an event of the
 * tenant, but for the last, which is one of the default tenant.
 */

/* What is wrong with a wish, in words; in the arena of the scope. */
struct ptn_orgs_why {
	const char *text;
};

/*
 * A new tenant, with what it has of its own.
 *
 * org		name NULL: its id; id nil: a new one.  The rest is set.
 * config	an object (lib/conf/own.h), or NULL
 *
 * PTN_E_INPUT with why; PTN_E_CONFLICT: name or id is taken.
 */
enum ptn_err ptn_orgs_create(const struct ptn_scope *sc,
    struct ptn_org_row *org, const struct ptn_json *config,
    struct ptn_orgs_why *why) PTN_MUST_USE;

/*
 * In place of what it has of its own: what is not in config is the file's
 * again.  Workers go by it within cf->tenant_refresh_s.
 *
 * seen		the row that this is based on, a struct ptn_org_row; or NULL
 * out		as it is then
 *
 * PTN_E_NOT_FOUND; PTN_E_INPUT with why; PTN_E_OUTDATED; PTN_E_CONFLICT: the
 * default tenant is configured by the file.
 */
enum ptn_err ptn_orgs_configure(const struct ptn_scope *sc,
    const struct ptn_uuid *id, const struct ptn_json *config,
    const struct ptn_seen *seen,
    struct ptn_org_row *out, struct ptn_orgs_why *why) PTN_MUST_USE;

/*
 * With all that is its own: users and what they have, keys, hooks, mail that
 * waits, limits, records.  One with few rows goes in one transaction, or stays;
 * one with many is closed first, and goes a batch at a time.
 *
 * PTN_E_BUSY: it is closed, and there is more of it: call again.
 * PTN_E_NOT_FOUND.  PTN_E_CONFLICT: the default tenant, whose are all accounts
 * that have no other.
 */
enum ptn_err ptn_orgs_delete(const struct ptn_scope *sc,
    const struct ptn_uuid *id) PTN_MUST_USE;

/*
 * All that a tenant has of its own, its relying party included; also of a row
 * that the file of today would not take.  PTN_E_NOMEM.
 */
enum ptn_err ptn_orgs_own(const struct ptn_scope *sc,
    const struct ptn_org_row *org, struct ptn_own **out) PTN_MUST_USE;

#endif
