#ifndef PTN_ACCOUNT_TENANT_H
#define PTN_ACCOUNT_TENANT_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/uuid.h"
#include "lib/db/scope.h"
#include "lib/format/mount.h"

struct ptn_conf;

/* The one there is without configuration; the migration command makes it. */
#define PTN_TENANT_DEFAULT "default"

/* Whose accounts these are, and what holds for them. */
struct ptn_tenant {
	struct ptn_uuid id;
	/*
	 * The configuration as it is for them: relying party, origins and names
	 * are those of the row, where it has any.  A tenant that is not the
	 * default one has its relying party as audience, and on a host of its
	 * own cookies without a domain.
	 */
	const struct ptn_conf *cf;
	const char *path; /* cookies are for what is below it; "": for all */
	bool named;	  /* tokens name it: it is not the default one */
	bool own_origins; /* those of cf->rp_origins may call, and no others */
};

/*
 * The tenants that a process serves: the default one, those that the
 * configuration mounts somewhere, and those that paths name by id.  A row is
 * read when it is first needed.  That of the default tenant is kept for good;
 * the others are read again when they are older than cf->tenant_refresh_s, or
 * kept while the database is away.
 */
struct ptn_tenants;

/* cf is borrowed for its whole life.  NULL when out of memory. */
struct ptn_tenants *ptn_tenants_new(const struct ptn_conf *cf);
void ptn_tenants_free(struct ptn_tenants **ts);

/*
 * The mount that a request came to, or NULL for none: then it is the default
 * tenant's.
 *
 * host		as the header has it, or NULL.
 * path		moved on behind the path that names the tenant.
 */
const struct ptn_mount *ptn_tenants_by_host(const struct ptn_tenants *ts,
    const char *host);
const struct ptn_mount *ptn_tenants_by_path(const struct ptn_tenants *ts,
    const char **path);

/*
 * The same by a path that begins with the id of a tenant, a UUID, if
 * cf->tenant_ids is on: NULL for another, and for one that begins otherwise.
 * There is a mount for each id, whether it is of somebody or not; it lasts
 * until the next call.
 *
 * path		behind cf->base_path; moved on, to "/" at least.
 */
const struct ptn_mount *ptn_tenants_by_id_of(struct ptn_tenants *ts,
    const char **path);

/*
 * The tenant of a mount, or the default one for NULL.  out borrows from ts,
 * until the next call for that mount.  At most one statement.
 * PTN_E_NOT_FOUND: nobody has the id that the path begins with;
 * PTN_E_UNAVAILABLE, also if there is no such organisation (logged), or it is
 * switched off.
 */
enum ptn_err ptn_tenants_get(struct ptn_tenants *ts, const struct ptn_scope *sc,
    const struct ptn_mount *mount, struct ptn_tenant *out) PTN_MUST_USE;

/*
 * Whose a mount is, as last read, also of those that are not served; nil if
 * there is no such organisation.  False: it was never read.
 */
bool ptn_tenants_whose(struct ptn_tenants *ts, const struct ptn_mount *mount,
    struct ptn_uuid *id);

/*
 * The tenant that an id names, for an operator: also one that is mounted
 * nowhere, or switched off.  At most one statement.  PTN_E_NOT_FOUND.
 */
enum ptn_err ptn_tenants_by_id(struct ptn_tenants *ts,
    const struct ptn_scope *sc, const struct ptn_uuid *id,
    struct ptn_tenant *out) PTN_MUST_USE;

#endif
