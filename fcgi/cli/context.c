#include "fcgi/cli/context.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fcgi/cli/option.h"
#include "lib/account/keysets.h"
#include "lib/account/tenant.h"
#include "lib/base/log.h"
#include "lib/conf/conf.h"
#include "lib/event/event.h"

#define ARENA_MAX ((size_t)256 << 20) /* of addresses: a page of users */

/* Who gave the command: behind sudo(8), whoever called that. */
static void
name_operator(struct ptn_cli_context *d)
{
	const char *name = getenv("SUDO_USER");
	const uid_t uid = getuid();
	const struct passwd *pw;

	if (name == NULL || name[0] == '\0') {
		pw = getpwuid(uid);
		name = pw != NULL ? pw->pw_name : NULL;
	}
	if (name != NULL)
		(void)snprintf(d->operator_name, sizeof(d->operator_name), "%s",
		    name);
	else
		(void)snprintf(d->operator_name, sizeof(d->operator_name),
		    "uid %lu", (unsigned long)uid);
	d->actor.operator_name = d->operator_name;
	d->sc.actor = &d->actor;
}

enum ptn_err
ptn_cli_context_open(struct ptn_cli_context *d, const char *name,
    enum ptn_api api, const char *conf_path, const char *const *set)
{
	enum ptn_err r;

	memset(d, 0, sizeof(*d));
	d->api = api;
	name_operator(d);
	ptn_cli_log_begin(name);
	r = ptn_conf_load(&d->cf, conf_path, set, stderr);
	if (r != PTN_OK)
		return ptn_cli_context_fail(d, r,
		    "it needs a configuration that is right");
	ptn_log_init((enum ptn_log_level)d->cf->log_level, name);
	if ((r = ptn_secrets_new(&d->secrets, &d->cf->secrets)) != PTN_OK ||
	    (r = ptn_keysets_new(&d->sc.keys, d->cf, d->secrets)) != PTN_OK)
		return r;
	d->sc.cf = d->cf;
	d->sc.secrets = d->secrets;
	d->sc.db = ptn_db_new(d->cf, PTN_DB_SERVE);
	d->sc.arena = ptn_arena_new(ARENA_MAX);
	return d->sc.db == NULL || d->sc.arena == NULL ? PTN_E_NOMEM : PTN_OK;
}

void
ptn_cli_context_close(struct ptn_cli_context *d)
{
	/* Their rows are there; what is left are lines. */
	if (d->actor.n > 0 && ptn_events_settle(&d->sc) != PTN_OK)
		ptn_warn("audit: a row was lost");
	ptn_db_free(&d->sc.db);
	if (d->sc.arena != NULL)
		ptn_arena_free(&d->sc.arena);
	ptn_keysets_free(&d->sc.keys);
	ptn_tenants_free(&d->tenants);
	ptn_secrets_free(&d->secrets);
	ptn_conf_free(&d->cf);
}

enum ptn_err
ptn_cli_context_fail(struct ptn_cli_context *d, enum ptn_err r, const char *why)
{
	d->why = why;
	return r;
}

enum ptn_err
ptn_cli_context_org(struct ptn_cli_context *d, const char *text,
    struct ptn_org_row *out)
{
	enum ptn_err r;

	r = ptn_org_find(&d->sc, text, out);
	if (r == PTN_E_NOT_FOUND)
		return ptn_cli_context_fail(d, r,
		    "there is no such organisation");
	if (r != PTN_OK)
		return r;
	d->sc.tenant_id = out->id;
	d->sc.tenant_named = strcmp(out->name, PTN_TENANT_DEFAULT) != 0;
	return PTN_OK;
}

enum ptn_err
ptn_cli_context_tenant(struct ptn_cli_context *d, const char *text)
{
	struct ptn_tenant tenant;
	struct ptn_org_row row;
	enum ptn_err r;

	r = ptn_cli_context_org(d, text != NULL ? text : PTN_TENANT_DEFAULT,
	    &row);
	if (r != PTN_OK || !d->sc.tenant_named)
		return r;
	if ((d->tenants = ptn_tenants_new(d->cf)) == NULL)
		return PTN_E_NOMEM;
	r = ptn_tenants_by_id(d->tenants, &d->sc, &row.id, &tenant);
	if (r != PTN_OK)
		return ptn_cli_context_fail(d, r,
		    "what it has of its own does not go with the configuration "
		    "(\"postern config check\")");
	d->sc.cf = tenant.cf;
	return PTN_OK;
}
