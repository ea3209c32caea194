#ifndef PTN_CLI_CONTEXT_H
#define PTN_CLI_CONTEXT_H

#include <stdbool.h>

#include "lib/account/org.h"
#include "lib/base/api.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/crypto/secrets.h"
#include "lib/db/scope.h"
#include "lib/event/actor.h"

#define PTN_CLI_OPERATOR_MAX 64 /* bytes; the rest is cut off */

struct ptn_conf;
struct ptn_tenants;

/* What a sub-command that deals with rows works with. */
struct ptn_cli_context {
	struct ptn_scope sc; /* of no tenant yet */
	struct ptn_conf *cf; /* to be released; sc has it, or a tenant's */
	struct ptn_tenants *tenants; /* whose sc.cf may be; or NULL */
	struct ptn_secrets *secrets;
	enum ptn_api api;
	struct ptn_actor actor; /* of sc: who gave the command */
	char operator_name[PTN_CLI_OPERATOR_MAX + 1];
	const char *why; /* it failed, in words; or NULL */
	bool misused;	 /* show how it is used, and leave with 2 */
};

/*
 * name		of the sub-command, for the log
 * conf_path, set	as cli.h has them
 *
 * d is zeroed first, so that it may be closed whatever this returns; it is
 * not to be moved.
 */
enum ptn_err ptn_cli_context_open(struct ptn_cli_context *d, const char *name,
    enum ptn_api api, const char *conf_path,
    const char *const *set) PTN_MUST_USE;

/* Write the lines of what was done (event.h), and let go of everything. */
void ptn_cli_context_close(struct ptn_cli_context *d);

/* Say what is wrong, and return r. */
enum ptn_err ptn_cli_context_fail(struct ptn_cli_context *d, enum ptn_err r,
    const char *why);

/*
 * Find an organisation by name or id, and let the command be about it; says so
 * if there is none.
 */
enum ptn_err ptn_cli_context_org(struct ptn_cli_context *d, const char *text,
    struct ptn_org_row *out) PTN_MUST_USE;

/*
 * The same by --tenant, and what it has of its own holds; NULL: it is about the
 * default one.
 */
enum ptn_err ptn_cli_context_tenant(struct ptn_cli_context *d,
    const char *text) PTN_MUST_USE;

#endif
